"""Streets in print, from the scale of the inset on, and in the page without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from mssmap.brief.drawing import frame, streets
from mssmap.maps import streets as on_the_map
from mssmap.streets import adding, reading

from .made import CAPITAL


@pytest.fixture(scope="module", autouse=True)
def set_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
        adding.add(CAPITAL)
        yield


def test_the_inset_of_the_capital_has_streets_and_the_country_has_none():
    inset = frame.fit(frame.CAPITAL, 10, 20, 70, 45)
    drawn = streets.drawn(inset)
    assert drawn.count("<path") >= 2
    points = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn)
    left, top, right, bottom = inset.box
    assert all(left - 3 <= float(x) <= right + 3 and top - 3 <= float(y) <= bottom + 3 for x, y in points)
    assert streets.drawn(frame.fit(frame.HAITI, 0, 0, 180, 130)) == ""


def test_print_draws_nothing_without_a_set(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert streets.drawn(frame.fit(frame.CAPITAL, 0, 0, 70, 45)) == ""
    assert on_the_map.drawn() is None
    assert on_the_map.carried(on_the_map.CAPITAL) == (None, {})


def test_a_page_without_a_server_names_the_tiles_that_it_holds():
    found, tiles = on_the_map.carried(on_the_map.CAPITAL)
    assert found is not None
    assert found["credit"] == "Streets © OpenStreetMap contributors, ODbL, state of 7 Jun 2017"
    assert {f"{key}.json" for key in found["held"]} == set(tiles)
    assert len(json.dumps(tiles)) < reading.MOST_BYTES
    assert on_the_map.carried((-74.5, 19.9, -74.4, 20.0)) == (None, {}), "no set where none of its tiles are"
