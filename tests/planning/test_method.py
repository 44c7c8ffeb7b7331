"""How a figure came about: a value, whose words are those of whoever reads it."""

from __future__ import annotations

import dataclasses
import re

import pytest

from mssmap import i18n
from mssmap.planning import on_data
from mssmap.planning.access import MatrixTravel, StraightTravel
from mssmap.planning.covering import Cases
from mssmap.planning.ground.roads import RoadSettings
from mssmap.planning.method import Sentence, say


@pytest.fixture(scope="module")
def everything_told(haiti) -> list:
    """Return the methods of a plan under other roads, of a back-test, of each search, and of the other travel."""
    roads = (RoadSettings(zones="closed"), RoadSettings(zones="ignored", use_status=False), RoadSettings())
    plans = [dataclasses.replace(haiti.plan, roads=one) for one in roads]
    found = [on_data.evaluate(haiti.data, plan).method for plan in plans]
    found.append(on_data.evaluate_sure(haiti.data, haiti.plan).method)
    found.append(on_data.back_test(haiti.data, haiti.plan).method)
    found += [on_data.site(haiti.data, haiti.plan, 2, model).method for model in ("mclp", "pmedian", "pcenter")]
    found.append(StraightTravel(haiti.ground.grid).method)
    found.append(MatrixTravel(("a",), haiti.ground.travel.from_cells([0]), lacking=("b",), source="ours.csv").method)
    return found


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_no_sentence_of_a_method_stays_english(everything_told, language):
    """Sentence by sentence: what is said in another language is nowhere what is said in English."""
    told = [sentence for method in everything_told for sentence in method.sentences]
    english = {str(sentence) for sentence in told}
    assert len(english) > 15
    left = re.compile(r"\b(the|roads|within|people|by|pessimistic|controlled|greedy|then)\b", re.IGNORECASE)
    with i18n.speaking(language):
        assert english & {str(sentence) for sentence in told} == set()
        assert [str(one) for one in told if left.search(str(one)) and "names" not in one.values] == []


def test_one_value_is_read_in_two_languages(haiti):
    method = on_data.evaluate(haiti.data, haiti.plan).method
    assert "Off road 12 km/h." in str(method)
    with i18n.speaking("fr"):
        assert "Hors route 12 km/h." in str(method)
        assert str(say("{n:,} and {x:.1f}", n=1234, x=0.5)) == "1\u202f234 and 0,5"


def test_a_name_with_signs_of_a_format_is_only_a_name(haiti):
    """A speed case is called as its maker likes, also `{0}`."""
    cases = Cases(speed={"central": 1.0, "{0.__class__} {n": 0.5})
    told = str(on_data.evaluate(haiti.data, dataclasses.replace(haiti.plan, cases=cases)).method)
    assert "{0.__class__} {n x 0.5" in told
    assert str(Sentence("{name}", {"name": "{x}"})) == "{x}"
