"""Roads of an OpenStreetMap extract, on the two communes of the small data folder."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mssmap.crs import WGS84
from mssmap.errors import InputError
from mssmap.planning import access, on_data
from mssmap.planning.ground import grid, osm, roads
from mssmap.planning.ground.grid import Grid, to_metric
from mssmap.planning.ground.roads import RoadSettings, RoadStatus


@pytest.fixture(scope="module")
def cells(small) -> Grid:
    nowhere = gpd.GeoDataFrame({"name_fr": [], "rank": [], "commune_pcode": []}, geometry=[], crs=WGS84)
    land = gpd.GeoDataFrame(geometry=[small["communes"].union_all()], crs=WGS84)
    return grid.build(small["communes"].assign(population=1_000), nowhere, land)


Point = tuple[float, float]


def extract(folder: Path, *ways: tuple[list[Point], dict[str, str]], name: str = "roads.osm") -> Path:
    """Write an extract; points that are equal are one node."""
    points = list(dict.fromkeys(point for course, _ in ways for point in course))
    text = ['<osm version="0.6">']
    text += [f'<node id="{i}" version="1" lon="{lon}" lat="{lat}"/>' for i, (lon, lat) in enumerate(points, 1)]
    for i, (course, tags) in enumerate(ways, 1):
        text.append(f'<way id="{i}" version="1">')
        text += [f'<nd ref="{points.index(point) + 1}"/>' for point in course]
        text += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        text.append("</way>")
    path = folder / name
    path.write_text("".join([*text, "</osm>"]), encoding="utf-8")
    return path


def linked(folder: Path, cells: Grid, *ways: tuple[list[Point], dict[str, str]]) -> roads.Links:
    path = extract(folder, *ways)
    return osm.links(osm.read(path), cells, path.name)


def km_between(a: Point, b: Point) -> float:
    x, y = to_metric([a[0], b[0]], [a[1], b[1]])
    return float(np.hypot(x[1] - x[0], y[1] - y[0]) / 1_000)


def neighbours(cells: Grid, steps: int = 1) -> list[int]:
    """Cells in a row, each the neighbour of the one before."""
    near = {i: set() for i in range(len(cells))}
    for a, b in cells.pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    middle = int(np.argmin(np.hypot(*(cells.xy - cells.xy.mean(axis=0)).T)))
    row = [middle]
    for _ in range(steps):
        row.append(
            max(near[row[-1]] - set(row), key=lambda i: cells.xy[i, 0] - abs(cells.xy[i, 1] - cells.xy[middle, 1]))
        )
    return row


def centre(cells: Grid, i: int) -> Point:
    return round(float(cells.lon[i]), 7), round(float(cells.lat[i]), 7)


def between(a: Point, b: Point, share: float) -> Point:
    return round(a[0] + share * (b[0] - a[0]), 7), round(a[1] + share * (b[1] - a[1]), 7)


def minutes_between(steps: roads.Links, cells: Grid, a: int, b: int) -> float:
    """Minutes from cell to cell over the roads alone."""
    on = steps.road >= 0
    took = steps.km[on] / steps.edges["kmh"].to_numpy()[steps.road[on]] * 60
    for (i, j), minutes in zip(steps.ends[on].tolist(), took.tolist(), strict=True):
        if {i, j} == {a, b}:
            return minutes
    return float("inf")


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"highway": "primary"}, 52),
        ({"highway": "secondary_link"}, 44),
        ({"highway": "residential", "oneway": "yes"}, 16),
        ({"highway": "primary", "maxspeed": "30"}, 30),
        ({"highway": "track", "maxspeed": "80"}, 12),
        ({"highway": "primary", "access": "no", "motor_vehicle": "yes"}, 52),
        ({"highway": "primary", "maxspeed": "signals"}, 52),
    ],
)
def test_minutes_of_a_way_between_two_cells_are_its_length_by_its_speed(tmp_path, cells, tags, kmh):
    a, b = neighbours(cells)
    start, end = centre(cells, a), centre(cells, b)
    steps = linked(tmp_path, cells, ([start, end], tags))
    assert minutes_between(steps, cells, a, b) == pytest.approx(60 * km_between(start, end) / kmh)
    assert steps.edges["length_km"].tolist() == pytest.approx([km_between(start, end)])


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "construction"},
        {"highway": "primary", "access": "no"},
        {"highway": "primary", "motor_vehicle": "no", "access": "yes"},
        {"highway": "primary", "route": "ferry"},
        {"highway": "service", "area": "yes"},
        {"route": "ferry"},
    ],
)
def test_ways_that_no_car_may_take_do_not_count(tmp_path, cells, tags):
    a, b, c = neighbours(cells, 2)
    open_ = ([centre(cells, a), centre(cells, b)], {"highway": "primary"})
    steps = linked(tmp_path, cells, open_, ([centre(cells, b), centre(cells, c)], tags))
    assert len(steps.edges) == 1
    assert minutes_between(steps, cells, b, c) == np.inf


@given(cuts=some.sets(some.integers(1, 38), max_size=38))
def test_a_chain_of_short_ways_takes_as_long_as_one_long_way(tmp_path_factory, cells, cuts):
    folder = tmp_path_factory.mktemp("chain")
    row = neighbours(cells, 3)
    start, end = centre(cells, row[0]), centre(cells, row[3])
    course = [between(start, end, i / 39) for i in range(40)]
    pieces = [course[i : j + 1] for i, j in itertools.pairwise([0, *sorted(cuts), 39])]
    whole = linked(folder, cells, (course, {"highway": "tertiary"}))
    chain = linked(folder, cells, *[(piece, {"highway": "tertiary"}) for piece in pieces])
    assert chain.ends.tolist() == whole.ends.tolist()
    assert chain.km == pytest.approx(whole.km)
    assert chain.edges["kmh"].to_numpy() == pytest.approx(whole.edges["kmh"].to_numpy())


@given(nodes=some.integers(0, 60))
def test_no_number_of_nodes_makes_a_road_faster_or_jumps_over_a_cell(tmp_path_factory, cells, nodes):
    row = neighbours(cells, 3)
    start, end = centre(cells, row[0]), centre(cells, row[3])
    course = [between(start, end, i / (nodes + 1)) for i in range(nodes + 2)]
    steps = linked(tmp_path_factory.mktemp("nodes"), cells, (course, {"highway": "primary"}))
    network = roads.network(cells, steps, RoadSettings())
    way = access.RoadTravel(network).from_cells([row[0]])[0, row[3]]
    assert way == pytest.approx(60 * km_between(start, end) / 52, abs=0.01)


def test_a_way_that_leaves_the_cell_and_comes_back_is_one_way(tmp_path, cells):
    a, b, c = neighbours(cells, 2)
    course = [centre(cells, b), centre(cells, a), between(centre(cells, a), centre(cells, b), 0.9), centre(cells, c)]
    steps = linked(tmp_path, cells, (course, {"highway": "primary"}))
    out = km_between(course[0], course[1])
    back = km_between(course[1], course[2])
    assert minutes_between(steps, cells, a, b) == pytest.approx(60 * out / 52)
    # From b one drives to a first and back past one's own door: both ends of the detour are paid.
    assert minutes_between(steps, cells, b, c) == pytest.approx(
        60 * (out + back + km_between(course[2], course[3])) / 52, rel=1e-6
    )


def test_a_road_that_leaves_the_country_is_cut_at_its_border(tmp_path, cells):
    a, b = neighbours(cells)
    start, end = centre(cells, a), centre(cells, b)
    abroad = (start[0], start[1] + 1)
    steps = linked(tmp_path, cells, ([start, abroad, end], {"highway": "motorway"}))
    assert minutes_between(steps, cells, a, b) == np.inf


def test_nodes_that_the_extract_lacks_break_the_way_and_nothing_else(tmp_path, cells):
    a, b, c = neighbours(cells, 2)
    path = extract(tmp_path, ([centre(cells, i) for i in (a, b, c)], {"highway": "primary"}))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('<nd ref="3"/>', '<nd ref="99"/>'), encoding="utf-8")
    steps = osm.links(osm.read(path), cells, "cut.osm")
    assert np.isfinite(minutes_between(steps, cells, a, b))
    assert minutes_between(steps, cells, b, c) == np.inf


def test_the_fastest_of_two_ways_counts_with_its_own_length(tmp_path, cells):
    a, b = neighbours(cells)
    start, end = centre(cells, a), centre(cells, b)
    detour = (between(start, end, 0.5)[0], round(start[1] + 0.003, 7))
    steps = linked(
        tmp_path, cells, ([start, end], {"highway": "track"}), ([start, detour, end], {"highway": "primary"})
    )
    km = km_between(start, detour) + km_between(detour, end)
    assert steps.edges["length_km"].tolist() == pytest.approx([km])
    assert minutes_between(steps, cells, a, b) == pytest.approx(60 * km / 52)


def test_a_lane_at_the_centre_does_not_slow_the_road_through_the_cell(tmp_path, cells):
    a, b, c = neighbours(cells, 2)
    road = [(lon, round(lat + 0.003, 7)) for lon, lat in (centre(cells, i) for i in (a, b, c))]
    lane = [road[1], centre(cells, b)]
    steps = linked(tmp_path, cells, (road, {"highway": "primary"}), (lane, {"highway": "service"}))
    through = minutes_between(steps, cells, a, b) + minutes_between(steps, cells, b, c)
    # The ends may lie one piece of 250 m further; along the lane it would be 2.5 minutes more.
    assert through <= 60 * (km_between(road[0], road[1]) + km_between(road[1], road[2]) + 0.5) / 52


def test_links_are_a_network_with_the_lattice_and_zones_and_no_statuses(tmp_path, cells, small):
    a, b = neighbours(cells)
    steps = linked(tmp_path, cells, ([centre(cells, a), centre(cells, b)], {"highway": "primary"}))
    settings = RoadSettings(status=(RoadStatus("rn1-coarse", "closed"),), zone_levels=roads.ZONE_LEVELS)
    found = roads.network(cells, steps, settings)
    assert found.minutes.nnz == 2 * len(cells.pairs), "every pair of neighbours is joined, off road if not by road"
    assert str(found.method).startswith("Roads of roads.osm (OpenStreetMap, ODbL")
    assert "Road statuses do not act" in str(found.method)
    whole = small["gang_zones"].assign(
        status="controlled", location_precision="site", geometry=cells.polygons.union_all()
    )
    slowed = roads.network(cells, steps, settings, whole)
    assert slowed.minutes[a, b] == pytest.approx(2 * found.minutes[a, b])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda folder: folder / "none.osm.pbf", r"none\.osm\.pbf cannot be read \(No such file"),
        (lambda folder: folder, r"cannot be read \(Is a directory"),
        (lambda folder: write(folder / "x.osm.pbf", b"not a map"), r"x\.osm\.pbf is not OpenStreetMap data"),
        (lambda folder: write(folder / "x.osm", b"<osm version='0.6'><node"), r"x\.osm is not OpenStreetMap data"),
        (lambda folder: write(folder / "x.csv", b"a,b\n1,2\n"), r"x\.csv is not OpenStreetMap data"),
        (lambda folder: write(folder / "x.osm", b"<osm version='0.6'></osm>"), r"x\.osm has no roads inside Haiti"),
        (
            lambda folder: extract(folder, ([(2.3, 48.8), (2.4, 48.8)], {"highway": "primary"})),
            r"roads\.osm has no roads inside Haiti",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path, cells, monkeypatch, make, text):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(InputError, match=rf"^MSSMAP_ROADS: .*{text}.*\. Give .*$"):
        osm.links_from_file(make(tmp_path), cells)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_the_second_start_reads_what_was_kept(tmp_path, cells, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    a, b = neighbours(cells)
    path = extract(tmp_path, ([centre(cells, a), centre(cells, b)], {"highway": "primary"}))
    first = osm.links_from_file(path, cells)
    (kept,) = (tmp_path / "mssmap").iterdir()
    with monkeypatch.context() as broken:
        broken.setattr(osm, "read", None)
        again = osm.links_from_file(path, cells)
    assert again.ends.tolist() == first.ends.tolist()
    assert again.edges.equals(first.edges)
    assert again.model == first.model
    kept.write_bytes(kept.read_bytes()[:100])
    assert osm.links_from_file(path, cells).edges.equals(first.edges), "a damaged file is worked out again"
    extract(tmp_path, ([centre(cells, a), centre(cells, b)], {"highway": "track"}))
    assert osm.links_from_file(path, cells).edges["kmh"].tolist() == pytest.approx([12])


def test_the_setting_makes_plans_travel_on_the_extract(tmp_path, haiti, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    cells = haiti.ground.grid
    a, b = neighbours(cells)
    path = extract(tmp_path, ([centre(cells, a), centre(cells, b)], {"highway": "primary"}))
    closed = RoadStatus(haiti.ground.network.roads["road_id"].iloc[0], "closed")
    plan = dataclasses.replace(haiti.plan, roads=RoadSettings(status=(closed,)))
    monkeypatch.setenv("MSSMAP_ROADS", str(path))
    found = on_data.ground(haiti.data, plan)
    assert str(found.travel.method).startswith("Roads of roads.osm")
    assert len(found.network.roads) == 1
    monkeypatch.setenv("MSSMAP_ROADS", str(tmp_path / "none.osm"))
    with pytest.raises(InputError, match=r"^MSSMAP_ROADS: .*none\.osm cannot be read"):
        on_data.evaluate(haiti.data, plan)
    monkeypatch.delenv("MSSMAP_ROADS")
    assert str(on_data.ground(haiti.data, plan).travel.method).startswith("Coarse road model")
