"""Streets in print, from the scale of the inset on, and in the page without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from mssmap.brief.drawing import frame, labels, streets
from mssmap.maps import streets as on_the_map
from mssmap.streets import adding, reading, shelf

from .made import BON_REPOS, CAPITAL


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


def test_names_are_printed_along_their_streets_and_over_nothing():
    close = frame.fit((-72.36, 18.525, -72.31, 18.56), 10, 20, 180, 130)
    symbol = (60.0, 60.0, 100.0, 100.0)
    bare, beside = labels.Room(close.box), labels.Room(close.box, [symbol])
    written, fewer = streets.lettered(close, bare), streets.lettered(close, beside)
    assert "Rue du Centre" in written
    assert 8 < fewer.count("<text") < written.count("<text")
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', fewer)
    assert not [at for at in found if 61 < float(at[0]) < 99 and 61 < float(at[1]) < 99]
    assert streets.lettered(frame.fit(frame.HAITI, 0, 0, 180, 130), labels.Room((0, 0, 180, 130))) == ""


def test_buildings_are_printed_at_the_largest_scales_only(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    west, south, east, north = adding.add(BON_REPOS).box
    middle = ((west + east) / 2, (south + north) / 2)
    near = frame.fit((middle[0] - 0.005, middle[1] - 0.004, middle[0] + 0.005, middle[1] + 0.004), 0, 0, 180, 130)
    wide = frame.fit((middle[0] - 0.1, middle[1] - 0.08, middle[0] + 0.1, middle[1] + 0.08), 0, 0, 180, 130)
    assert streets.BUILDING in streets.drawn(near)
    assert streets.BUILDING not in streets.drawn(wide)


def test_the_coarse_roads_are_left_out_where_the_streets_are():
    close = frame.fit(frame.CAPITAL, 0, 0, 180, 130)
    west, south, east, north = shelf.drawn().box
    line = shapely.LineString([(west - 0.05, (south + north) / 2), (east + 0.05, (south + north) / 2)])
    roads = np.array([shapely.transform(line, frame.to_metres)], dtype=object)
    left = streets.beside(close, roads)[0]
    assert left.geom_type == "MultiLineString"
    assert left.length == pytest.approx(roads[0].length * 0.1 / (0.1 + east - west), rel=0.01)
    country = frame.fit(frame.HAITI, 0, 0, 180, 130)
    assert streets.beside(country, roads)[0].length == roads[0].length


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
