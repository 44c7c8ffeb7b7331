"""The grid: exact totals, one commune a cell, the same every time."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import CrsError, InputError
from mssmap.planning.ground import grid


def test_communes_add_up_exactly_in_every_case(haiti):
    cells = haiti.ground.grid
    official = haiti.data["communes"].set_index("pcode")["population"].astype("int64")
    codes, group = cells.communes
    assert codes.tolist() == sorted(official.index)
    for people in cells.people.values():
        sums = np.bincount(group, weights=people)
        assert sums.tolist() == official[codes].tolist()
        assert people.dtype == "int64"
        assert (people >= 0).all()


def test_the_grid_is_the_measured_one_and_fast(haiti):
    started = time.process_time()
    again = grid.from_data(haiti.data)
    assert time.process_time() - started < 2
    cells = haiti.ground.grid
    assert len(cells) == 6926
    assert (again.cells == cells.cells).all()
    assert all((again.people[case] == cells.people[case]).all() for case in cells.people)
    assert again.candidates.equals(cells.candidates)


def test_more_lambda_moves_people_to_places(haiti):
    cells = haiti.ground.grid
    near = cells.candidates["cell"].to_numpy()
    share = [cells.people[case][near].sum() for case in ("area", "central", "places")]
    assert share == sorted(share)
    assert share[0] < share[2]


def test_nobody_lives_in_a_lake(haiti):
    cells = haiti.ground.grid
    assert cells.water.sum() > 10
    assert all((people[cells.water] == 0).all() for people in cells.people.values())
    assert not cells.water[cells.pairs].any()
    assert not cells.water[cells.candidates["cell"]].any()
    assert not cells.water[cells.nearest(cells.lon, cells.lat)[0]].any()


def test_neighbours_share_a_piece_of_land(haiti):
    cells = haiti.ground.grid
    assert (cells.piece[cells.pairs[:, 0]] == cells.piece[cells.pairs[:, 1]]).all()
    assert (cells.pairs[:, 0] < cells.pairs[:, 1]).all()
    assert cells.pair_km.min() > 1.8
    assert cells.pair_km.max() < 2.4


def test_a_point_snaps_to_its_hexagon(haiti):
    cells = haiti.ground.grid
    cell, distance = cells.nearest(-72.339, 18.543)
    assert cells.polygons.iloc[cell[0]].contains(shapely.Point(-72.339, 18.543))
    assert distance[0] < 1_400


@given(st.integers(0, 10_000), st.floats(0, 1), st.lists(st.floats(0.1, 10), min_size=1, max_size=9), st.data())
def test_spreading_keeps_the_total(total, share, area, data):
    n = len(area)
    density = data.draw(st.lists(st.floats(0, 5), min_size=n, max_size=n))
    people = grid.spread({"A": total}, np.array(["A"] * n), np.array(area), np.array(density), share)
    assert people.sum() == total
    assert (people >= 0).all()


def test_degrees_and_populations_are_required(haiti):
    communes, places, land = (haiti.data[name] for name in ("communes", "places", "land"))
    with pytest.raises(CrsError, match="communes: distances need EPSG:4326"):
        grid.build(communes.to_crs("EPSG:32618"), places, land)
    with pytest.raises(InputError, match="no population for HT0111"):
        grid.build(
            communes.assign(population=communes["population"].where(communes["pcode"] != "HT0111")), places, land
        )
    with pytest.raises(InputError, match="communes: found no rows"):
        grid.build(gpd.GeoDataFrame(communes.iloc[:0]), places, land)
