"""A plan travels on the roads of a set once it chose them, and says which."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mssmap.errors import InputError
from mssmap.planning import on_data, plan_file, scenario
from mssmap.planning.ground.roads import RoadSettings
from mssmap.streets import adding

from .made import CAPITAL


@pytest.fixture
def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return adding.add(CAPITAL).set_id


def test_a_plan_names_the_roads_that_it_chose(streets, frozen, on):
    plan = scenario.baseline(frozen, on("2025-01-18"))
    assert on_data.network_of(frozen, plan).roads["class"].tolist()[0] != "osm", "off until somebody chooses them"
    chosen = dataclasses.replace(plan, roads=RoadSettings(streets=streets))
    method = str(on_data.evaluate(frozen, chosen).method)
    assert f"capital_2017, 2017-06-07, {streets} (OpenStreetMap, ODbL" in method
    assert "% of the cells only: beyond them nobody travels by road" in method
    written = plan_file.to_dict(chosen)
    assert written["roads"]["streets"] == streets
    assert "streets" not in plan_file.to_dict(plan)["roads"], "a plan without is written as before"


def test_roads_that_are_not_here_are_one_line(streets, frozen, on):
    plan = scenario.baseline(frozen, on("2025-01-18"))
    lacking = dataclasses.replace(plan, roads=RoadSettings(streets="0123456789ab"))
    with pytest.raises(InputError, match=r"streets 0123456789ab: there is no such set here\. mssmap streets list"):
        on_data.evaluate(frozen, lacking)
    with pytest.raises(InputError, match=r"streets '\.\./x', required an id"):
        RoadSettings(streets="../x")
