"""Ways to the cells: roads laid over the lattice, what slows or closes them, the fallback, matrices from outside."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from toy import MINUTES, toy_grid

from mssmap.errors import InputError
from mssmap.planning import access, covering, on_data, scenario
from mssmap.planning.access import RoadTravel, Standard, StraightTravel
from mssmap.planning.ground import roads
from mssmap.planning.ground.roads import RoadSettings, RoadStatus

BACK = Transformer.from_crs("EPSG:32618", "EPSG:4326", always_xy=True)
OPEN = RoadSettings(zones="ignored")
ROOT = Path(__file__).resolve().parent.parent.parent
ALL_CLOSED = 2_187_520


def toy_links(grid, **edge):
    """Return the lattice of the toy grid and one road from cell 0 to cell 2, 20 km of communal road (24 km/h)."""
    at = [BACK.transform(*grid.xy[cell]) for cell in (0, 2)]
    nodes = pd.DataFrame({"node": ["a", "b"], "lon": [p[0] for p in at], "lat": [p[1] for p in at]})
    row = {"road_id": "a--b", "ref": "", "class": "communal", "from": "a", "to": "b", "length_km": 20.0} | edge
    return roads.links(grid, nodes, pd.DataFrame([row]))


def zone(grid, start_m, end_m, status="controlled", precision="commune"):
    """Return a zone over the road from one distance to another."""
    box = shapely.box(start_m, -2_000, end_m, 2_000)
    frame = gpd.GeoDataFrame(
        {"zone_id": ["z"], "status": [status], "location_precision": [precision]}, geometry=[box], crs="EPSG:32618"
    )
    return frame.to_crs("EPSG:4326")


def minutes(grid, settings=OPEN, zones=None, **edge):
    network = roads.network(grid, toy_links(grid, **edge), settings, zones)
    return RoadTravel(network).from_cells([0])[0].tolist()


def test_the_road_beats_the_lattice_and_islands_stay_out_of_reach(grid):
    """20 km at 30 x 0.8 = 24 km/h: 25 min to each next cell; the lattice alone takes 10 km at 12 km/h: 50 min."""
    assert minutes(grid) == pytest.approx([0, 25, 50, np.inf], rel=0.02)


def test_a_slow_road_is_not_used(grid):
    assert minutes(grid, kmh=6.0) == pytest.approx([0, 50, 100, np.inf], rel=0.02)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("open", 50), ("unknown", 50), ("restricted", 100), ("closed", np.inf)],
)
def test_status_of_a_road(grid, status, expected):
    """Twice 50 min is as slow as the lattice; closed leaves no way, for there is no land beside it."""
    settings = dataclasses.replace(OPEN, status=(RoadStatus("a--b", status, "a report", "2026-01-01"),))
    assert minutes(grid, settings)[2] == pytest.approx(expected, rel=0.02)
    assert minutes(grid, dataclasses.replace(settings, use_status=False))[2] == pytest.approx(50, rel=0.02)


def test_status_carries_source_and_date(grid):
    settings = RoadSettings(status=(RoadStatus("a--b", "restricted", "a report", "2026-01-01", "two checkpoints"),))
    row = roads.network(grid, toy_links(grid), settings).roads.iloc[0]
    assert row[["status", "source", "date", "note"]].tolist() == [
        "restricted",
        "a report",
        "2026-01-01",
        "two checkpoints",
    ]
    assert row["factor"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("zone_at", "expected"),
    [
        pytest.param((0, 10_000), 25 * 1 + 25 * 2, id="half the road covered: that half takes twice as long"),
        pytest.param((0, 5_000), 25 * 1.5 + 25, id="half of the first step: 1 + 0.5"),
        pytest.param((50_000, 60_000), 50, id="elsewhere"),
    ],
)
def test_zones_slow_by_the_share_they_cover(grid, zone_at, expected):
    settings = RoadSettings(zones="slower", zone_factor=2)
    assert minutes(grid, settings, zone(grid, *zone_at))[2] == pytest.approx(expected, rel=0.01)


def test_zones_close_what_they_cover_by_half_or_more(grid):
    closed = RoadSettings(zones="closed")
    assert minutes(grid, closed, zone(grid, 0, 6_000))[1] == np.inf
    assert minutes(grid, closed, zone(grid, 0, 4_000))[1] == pytest.approx(25, rel=0.02)


def test_zones_that_do_not_count(grid):
    settings = RoadSettings(zones="closed")
    assert minutes(grid, settings, zone(grid, 0, 20_000, status="influence"))[2] == pytest.approx(50, rel=0.02)
    assert minutes(grid, settings, zone(grid, 0, 20_000, precision="department"))[2] == pytest.approx(50, rel=0.02)
    assert minutes(grid, OPEN, zone(grid, 0, 20_000))[2] == pytest.approx(50, rel=0.02)


def test_distances_by_road_add_up_to_its_length(grid):
    network = roads.network(grid, toy_links(grid, length_km=18.0), OPEN)
    assert RoadTravel(network, "km").from_cells([0])[0, 2] == pytest.approx(18, rel=0.02)


def test_distances_are_by_road_not_across_the_country(grid):
    """The road takes 60 km for what is 20 km across; it is driven all the same, whatever its speed."""
    network = roads.network(grid, toy_links(grid, length_km=60.0), OPEN)
    assert RoadTravel(network, "km").from_cells([0])[0].tolist() == pytest.approx([0, 30, 60, np.inf], rel=0.02)


def test_the_way_to_the_road_is_added_and_stated(grid):
    """The road ends in cell 1; cell 2 is 10 km from it and 30 people of 180 live there (the island of 20 has none)."""
    at = [BACK.transform(*grid.xy[cell]) for cell in (0, 1)]
    nodes = pd.DataFrame({"node": ["a", "b"], "lon": [p[0] for p in at], "lat": [p[1] for p in at]})
    edge = {"road_id": "a--b", "ref": "", "class": "communal", "from": "a", "to": "b", "length_km": 25.0}
    travel = RoadTravel(roads.network(grid, roads.links(grid, nodes, pd.DataFrame([edge])), OPEN), "km")
    assert travel.from_cells([0])[0].tolist() == pytest.approx([0, 25, 35, np.inf], rel=0.001)
    assert travel.network.to_road_km.tolist() == pytest.approx([0, 0, 10, np.inf])
    assert "75 % of the people live in a cell with a road, the others 10.0 km from one on average" in str(travel.method)


def test_kilometres_between_towns_are_those_of_our_own_table(haiti):
    """Port-au-Prince to Jacmel is 86 km by the lengths of the roads (46 km across the mountains)."""
    nodes, edges = haiti.data["road_nodes"], haiti.data["road_edges"]
    place = pd.Index(nodes["node"])
    size = (len(place), len(place))
    ends = (place.get_indexer(edges["from"]), place.get_indexer(edges["to"]))
    by_table = dijkstra(csr_array((edges["length_km"], ends), shape=size), directed=False)
    network = roads.network(haiti.ground.grid, on_data.links_of(haiti.data), OPEN)
    cell, _ = haiti.ground.grid.nearest(nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
    towns = place.get_indexer(["PAP", "Jacmel", "LesCayes", "CapHaitien"])
    by_cells = RoadTravel(network, "km").from_cells(cell[towns])[:, cell[towns]]
    expected = by_table[np.ix_(towns, towns)]
    assert expected[0, 1] == pytest.approx(86, abs=1)
    assert by_cells == pytest.approx(expected, rel=0.05)


def street():
    """
    Return links of three rows of three cells 10 km apart: a road through the middle one (3, 4, 5), land on both sides.

    Lattice: 0-1-2, 3-4-5 and 6-7-8 along, 0-3-6, 1-4-7 and 2-5-8 across; 10 km at 12 km/h is 50 min.
    """
    grid = toy_grid((10, 20, 30, 100, 200, 400, 1, 2, 3))
    xy = np.array([[x * 10_000.0, y * 10_000.0] for y in (1, 0, -1) for x in (0, 1, 2)])
    pairs = np.array([[0, 1], [1, 2], [3, 4], [4, 5], [6, 7], [7, 8], [0, 3], [1, 4], [2, 5], [3, 6], [4, 7], [5, 8]])
    grid = dataclasses.replace(grid, xy=xy, piece=np.zeros(9, dtype="int64"), pairs=pairs, pair_km=np.full(12, 10.0))
    at = [BACK.transform(*xy[cell]) for cell in (3, 5)]
    nodes = pd.DataFrame({"node": ["a", "b"], "lon": [p[0] for p in at], "lat": [p[1] for p in at]})
    edge = {"road_id": "a--b", "ref": "", "class": "national", "from": "a", "to": "b", "length_km": 20.0}
    return grid, roads.links(grid, nodes, pd.DataFrame([edge]))


def test_a_closed_road_is_not_driven_beside_but_crossed():
    """
    From cell 3, the road open (52 km/h): 11.5 min a cell. Closed: out to the side (50), along (50), back (50).

    Its cells 4 and 5 take 150 and 200 min, 50 and 100 if one drove beside it; across it, from 1 to 7, stays 100.
    """
    grid, steps = street()
    closed = dataclasses.replace(OPEN, status=(RoadStatus("a--b", "closed"),))
    assert RoadTravel(roads.network(grid, steps, OPEN)).from_cells([3])[0][4] == pytest.approx(600 / 52, rel=0.02)
    network = roads.network(grid, steps, closed)
    table = RoadTravel(network).from_cells([3, 1])
    assert table[0].tolist() == pytest.approx([50, 100, 150, 0, 150, 200, 50, 100, 150])
    assert table[1][7] == pytest.approx(100)
    assert "crossing it is possible" in str(network.method)
    assert not network.on_road.any()
    assert np.isinf(network.to_road_km).all()
    assert RoadTravel(network, "km").from_cells([3])[0][4] == pytest.approx(30)


def test_all_closed_worked_out_by_hand():
    """
    Within 60 min of cell 3: with the road open all of 3, 4, 5 and 0, 6; 711. Closed: its own cell and 0, 6; 111.

    By driving beside the road cell 4 was reached too: 311.
    """
    grid, steps = street()
    bases = pd.DataFrame({"base_id": ["b"], "name": ["b"], "cell": [3], "active": [True]})
    closed = dataclasses.replace(OPEN, status=(RoadStatus("a--b", "closed"),))
    covered = {
        name: covering.evaluate(grid, RoadTravel(roads.network(grid, steps, rules)), bases, Standard(60))
        for name, rules in {"open": OPEN, "closed": closed}.items()
    }
    people = {name: result.figure("people_covered")["value"] for name, result in covered.items()}
    assert people == {"open": 711, "closed": 111}


def test_haiti_with_all_roads_closed(haiti):
    """Of the frozen data; README.md states that of the shipped ones."""
    every = tuple(RoadStatus(road, "closed") for road in on_data.links_of(haiti.data).edges["road_id"])
    plan = dataclasses.replace(haiti.plan, roads=dataclasses.replace(haiti.plan.roads, status=every))
    people = on_data.evaluate(haiti.data, plan).figure("people_covered")["value"]
    assert people == ALL_CLOSED


def test_readme_states_who_is_reached_with_all_roads_open_and_closed(real, haiti):
    """On the shipped data, on the days of the frozen baseline."""
    plan = scenario.baseline(real, haiti.clocks)
    every = tuple(RoadStatus(road, "closed") for road in on_data.links_of(real).edges["road_id"])
    closed = dataclasses.replace(plan, roads=dataclasses.replace(plan.roads, status=every))
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    reached = [on_data.evaluate(real, one).figure("people_covered")["value"] for one in (closed, plan)]
    assert [f"{people:,.0f}" in told for people in reached] == [True, True], reached


def test_published_anchors(haiti):
    """Times by road that travellers know, within 15 %."""
    network = roads.network_from_data(
        haiti.data, haiti.clocks, haiti.ground.grid, roads.links_from_data(haiti.data, haiti.ground.grid), OPEN
    )
    nodes = haiti.data["road_nodes"].set_index("node")
    cell, _ = haiti.ground.grid.nearest(nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
    cell = dict(zip(nodes.index, cell.tolist(), strict=True))
    from_capital = RoadTravel(network).from_cells([cell["PAP"]])[0]
    for town, hours in (("Jacmel", 2.0), ("LesCayes", 4.2), ("CapHaitien", 5.1)):
        assert from_capital[cell[town]] / 60 == pytest.approx(hours, rel=0.15), town


def test_la_gonave_has_no_road(haiti):
    gonave, _ = haiti.ground.grid.nearest(-72.86, 18.83)
    capital, _ = haiti.ground.grid.nearest(-72.34, 18.54)
    assert haiti.ground.travel.from_cells(capital)[0, gonave[0]] == np.inf
    assert haiti.ground.travel.from_cells(gonave)[0, gonave[0]] == 0


def test_all_candidates_are_searched_in_three_seconds_and_kept(haiti):
    travel = RoadTravel(haiti.ground.network)
    cells = haiti.ground.grid.candidates["cell"].to_numpy()
    started = time.process_time()
    table = travel.from_cells(cells)
    assert time.process_time() - started < 3
    assert table.shape == (len(cells), len(haiti.ground.grid))
    started = time.process_time()
    travel.from_cells(cells[:6])
    assert time.process_time() - started < 0.05


@given(st.sets(st.integers(0, 135), max_size=6))
def test_closing_roads_never_shortens_a_time(haiti, rows):
    grid_, links_ = on_data.cells_of(haiti.data), on_data.links_of(haiti.data)
    names = links_.edges["road_id"]
    closed = tuple(RoadStatus(names[row], "closed") for row in sorted(rows))
    sources = [100, 3000, 5642]
    before = RoadTravel(roads.network(grid_, links_, OPEN)).from_cells(sources)
    after = RoadTravel(roads.network(grid_, links_, dataclasses.replace(OPEN, status=closed))).from_cells(sources)
    assert (after >= before).all()


def test_straight_line_is_labelled_and_stays_on_land(grid):
    fallback = StraightTravel(grid, detour=1.5, kmh=30)
    assert fallback.from_cells([0])[0].tolist() == pytest.approx([0, 30, 60, np.inf])
    assert StraightTravel(grid, "km", detour=1.5).from_cells([0])[0].tolist() == pytest.approx([0, 15, 30, np.inf])
    assert str(fallback.method).startswith("FALLBACK, not by road")


@pytest.mark.parametrize(("value", "unit"), [(0, "min"), (-5, "min"), (np.nan, "min"), (np.inf, "km"), (True, "min")])
def test_standards_that_make_no_sense(value, unit):
    with pytest.raises(InputError, match="required more than 0"):
        Standard(value, unit)


def test_standard_units():
    assert str(Standard(90)) == "90 min"
    with pytest.raises(InputError, match="unit 'hours', required min or km"):
        Standard(1, "hours")


def test_settings_name_all_faults_at_once():
    with pytest.raises(InputError, match=r"offroad_kmh 99.*zones 'maybe'.*zone_levels 'rumour'"):
        RoadSettings(offroad_kmh=99, zones="maybe", zone_levels=("rumour",))
    with pytest.raises(InputError, match="status 'shut', required one of open, restricted, closed, unknown"):
        RoadStatus("a--b", "shut")
    with pytest.raises(InputError, match="two statuses for a--b"):
        RoadSettings(status=(RoadStatus("a--b", "open"), RoadStatus("a--b", "closed")))


def test_roads_that_do_not_exist(grid):
    with pytest.raises(InputError, match="nowhere is not the id of a road"):
        roads.network(grid, toy_links(grid), RoadSettings(status=(RoadStatus("nowhere", "closed"),)))
    with pytest.raises(InputError, match=r"a--b: node c does not exist; a--b: length_km 0"):
        toy_links(grid, to="c", length_km=0.0)


def matrix_rows(grid):
    return pd.DataFrame(
        [
            {"site_id": site, "demand_id": cell, "minutes": value}
            for site, values in MINUTES.items()
            for cell, value in zip(grid.ids, values, strict=True)
        ]
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_matrix_of_ones_own(tmp_path, grid, suffix):
    path = tmp_path / f"times{suffix}"
    rows = matrix_rows(grid).sample(frac=1, random_state=1)
    rows.to_csv(path, index=False) if suffix == ".csv" else rows.to_parquet(path)
    travel = access.read_matrix(path, grid, list(MINUTES))
    assert travel.table(pd.DataFrame({"base_id": ["east", "west"]})).tolist() == [
        list(MINUTES["east"]),
        list(MINUTES["west"]),
    ]
    assert path.name in str(travel.method)
    with pytest.raises(InputError, match="no times for north"):
        travel.table(pd.DataFrame({"base_id": ["north"]}))


def test_a_bad_matrix_names_everything_in_one_line(grid):
    rows = matrix_rows(grid)
    rows.loc[0, "minutes"] = np.nan
    rows.loc[1, "minutes"] = -1
    rows.loc[2, "demand_id"] = "moon"
    rows.loc[5, "site_id"] = "north"
    rows = pd.concat([rows.drop(index=8), rows.iloc[[11]]])
    with pytest.raises(InputError) as caught:
        access.matrix_from_rows(rows, grid.ids, list(MINUTES))
    text, (a, b, _, d) = str(caught.value), grid.ids
    assert "\n" not in text
    for part in (
        f"1 minutes that are not numbers (west/{a})",
        f"1 negative minutes (west/{b})",
        "1 unknown site_id (north)",
        "1 unknown demand_id (moon)",
        f"3 pairs missing (west/{grid.ids[2]}, middle/{b}, east/{a})",
        f"1 pairs given more than once (east/{d})",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"site_id,demand_id\na,b\n", "found columns site_id, demand_id, required site_id, demand_id, minutes"),
        (b"", "times.csv: found an empty file"),
        (b"\xff\xfe\x00", "times.csv: found "),
    ],
)
def test_files_that_are_no_matrix(tmp_path, grid, content, message):
    path = tmp_path / "times.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        access.read_matrix(path, grid)


def test_a_file_that_is_not_there_or_no_parquet(tmp_path, grid):
    with pytest.raises(InputError, match=r"times.csv: found no readable file \(No such file"):
        access.read_matrix(tmp_path / "times.csv", grid)
    (tmp_path / "times.parquet").write_bytes(b"PAR1 no parquet")
    with pytest.raises(InputError, match=r"times\.parquet: found a Parquet file that cannot be read"):
        access.read_matrix(tmp_path / "times.parquet", grid)


def test_a_site_for_each_row_does_not_take_the_memory(tmp_path, grid, monkeypatch):
    """Sites by cells is what is held, whatever the number of rows."""
    monkeypatch.setattr(access, "MAX_PAIRS", 1_000)
    rows = "".join(f"site{i},{grid.ids[0]},5\n" for i in range(900))
    (tmp_path / "times.csv").write_text("site_id,demand_id,minutes\n" + rows)
    with pytest.raises(InputError, match=rf"found {900 * len(grid):,} pairs, required at most 1,000"):
        access.read_matrix(tmp_path / "times.csv", grid)


def test_a_matrix_that_unpacks_to_very_much_is_refused_by_the_reader(tmp_path, grid):
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, dtype="int32")), pa.array(["x" * 100_000]))
    table = pa.table({"site_id": word, "demand_id": [grid.ids[0]] * 50_000, "minutes": [1.0] * 50_000})
    pq.write_table(table, tmp_path / "times.parquet")
    with pytest.raises(InputError, match=r"times\.parquet: (found .* bytes unpacked|needs more than)"):
        access.read_matrix(tmp_path / "times.parquet", grid)


def test_too_large_a_matrix_is_refused(tmp_path, grid, monkeypatch):
    monkeypatch.setattr(access, "MAX_PAIRS", 3)
    matrix_rows(grid).to_csv(tmp_path / "times.csv", index=False)
    with pytest.raises(InputError, match="found 12 pairs, required at most 3"):
        access.read_matrix(tmp_path / "times.csv", grid)


def test_the_toy_is_what_it_says():
    assert len(toy_grid()) == 4
