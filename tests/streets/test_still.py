"""Streets on the first picture and on the light page: those of the live map, named, with where they are from."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mssmap.maps import placing, still_streets
from mssmap.maps.still_lines import WindowClass
from mssmap.server.opening import Opening
from mssmap.streets import adding, names, reading, shelf

from .made import CAPITAL

CLOSE = "lat=18.545&lon=-72.335&zoom=15&as_of=2025-01-18&known_on=2025-02-10"


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    client = TestClient(Opening(Starlette(), people_sign_in=False, public_url=""), base_url="http://localhost:8501")
    return lambda path: client.get(path).text


@pytest.mark.parametrize("page", ["/", "/light"])
def test_close_by_there_are_streets_with_names_and_credit_as_soon_as_a_set_is_added(ask, page):
    assert "Rue du Centre" not in ask(f"{page}?{CLOSE}")
    adding.add(CAPITAL)
    close = ask(f"{page}?{CLOSE}").replace("'", '"')
    for wanted in (
        "Rue du Centre",
        'class="mm-street avenue"',
        "contributors, ODbL, state of 7 Jun 2017",
    ):
        assert wanted in close
    far = ask(f"{page}?{CLOSE.replace('zoom=15', 'zoom=12')}")
    assert "mm-street " not in far
    assert "state of 7 Jun 2017" not in far


def test_names_stand_along_their_streets_and_on_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    made = adding.add(CAPITAL)
    step = WindowClass("0", 15.0, placing.pixels(18.545, -72.335, 15.0), None)
    found = reading.read(made.set_id, (-72.36, 18.52, -72.31, 18.57), 14)
    x0, y0 = step.origin
    symbol = (x0 - 200, y0 - 200, x0, y0)
    taken = [symbol]
    written = still_streets.lettered(found, step, taken, (2600, 1500), lambda words, size, _bold: len(words) * size / 2)
    assert written.count("<text") > 8
    boxes = [shapely.box(*box) for box in taken]
    assert not any(shapely.box(*symbol).overlaps(box) or shapely.box(*symbol).contains(box) for box in boxes[1:])
    lines = {}
    for line, name in zip(found.roads, found.names, strict=True):
        at = [placing.pixels(lat, lon, 15.0) for lon, lat in shapely.get_coordinates(line)]
        lines.setdefault(name, []).append(shapely.LineString(np.array(at) - step.origin))
    told = re.findall(r'class="mm-l street" x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]+)<', written)
    assert len(told) > 5
    for x, y, name in told:
        point = shapely.Point(float(x), float(y))
        assert min(line.distance(point) for line in lines[name.replace("&#x27;", "'")]) < 6


def test_a_page_for_a_slow_line_has_the_main_roads_first(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    window, step = (-72.36, 18.52, -72.31, 18.57), WindowClass("0", 15.0, placing.pixels(18.545, -72.335, 15.0), None)
    found = reading.read(adding.add(CAPITAL).set_id, window, 14)
    whole = still_streets.drawn(found, step, window, 10**6)
    less = still_streets.drawn(found, step, window, len(whole) // 4)
    assert 0 < len(less) < len(whole) / 2
    assert "avenue" in less
    assert 'class="mm-street path"' in whole
    assert 'class="mm-street path"' not in less
    assert shelf.drawn() is not None


def test_a_ring_inside_another_is_a_hole():
    outer, inner = [(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (1, 2), (2, 2), (2, 1)]
    rings = [shapely.LinearRing(ring) for ring in (outer, inner, np.array(outer) + 10)]
    polygons = reading._polygons(np.array(rings, dtype=object))
    assert [polygon.area for polygon in polygons] == [15, 16]


def test_the_longest_stretch_ends_at_a_corner_and_reads_from_the_left():
    line = np.array([(10.0, 0), (6, 0.2), (0, 0), (0, 5)])
    found = names.longest_stretch(line)
    assert found is not None
    assert (found.x, found.y, round(found.length, 6)) == (5, 0, 10)
    assert abs(found.angle) < math.pi / 2
    assert names.longest_stretch(np.array([(1.0, 1.0), (1.0, 1.0)])) is None


def test_names_that_are_markup_stay_names():
    name = "</text><script>window.pwned=1</script>&\"'"
    line = shapely.LineString([(-72.34, 18.545), (-72.33, 18.545)])
    none = np.empty(0, dtype=object)
    found = reading.Streets(
        areas={"w": none, "p": none, "b": none},
        streams=none,
        roads=np.array([line], dtype=object),
        ranks=np.array([5]),
        names=(name,),
        points=(reading.Point("t", 2, name, -72.335, 18.55), reading.Point("l", 4, name, -72.338, 18.541)),
    )
    step = WindowClass("0", 17.0, placing.pixels(18.545, -72.335, 17.0), None)
    written = still_streets.lettered(found, step, [], (2600, 1500), lambda _words, size, _bold: size * 10)
    assert ElementTree.fromstring(f"<svg>{written}</svg>").findall("text")[0].text == name
    assert written.count("<text") == 3
    assert "<script" not in written
