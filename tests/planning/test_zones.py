"""What zones do to roads: the share of an edge in a named unit, or within the uncertainty of a place."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from toy import toy_grid

from mssmap.crs import METRIC, WGS84
from mssmap.planning.ground import roads
from mssmap.planning.ground.roads import RoadSettings


@pytest.fixture
def road():
    """Return a grid and a straight road between the middles of its first and last cells."""
    grid = toy_grid()
    places = gpd.GeoSeries(shapely.points(grid.xy[[0, -1]]), crs=METRIC).to_crs(WGS84)
    nodes = pd.DataFrame({"node": ["a", "b"], "lon": places.x.tolist(), "lat": places.y.tolist()})
    km = float(shapely.distance(*shapely.points(grid.xy[[0, -1]]))) / 1000
    edge = {"road_id": "r", "ref": "", "class": "national", "from": "a", "to": "b", "length_km": km}
    return grid, roads.links(grid, nodes, pd.DataFrame([edge])), places, km


EVERYWHERE = shapely.box(-85, -5, -70, 5)


def zones(shape: Any, **more: Any) -> gpd.GeoDataFrame:
    row = {
        "zone_id": "z",
        "status": "controlled",
        "extent": "units",
        "uncertainty_m": None,
        "location_precision": "commune",
    }
    frame = gpd.GeoDataFrame([row | more], geometry=[shape], crs=WGS84)
    return frame.astype({"uncertainty_m": "float64"})


def table(road: Any, zone: gpd.GeoDataFrame, effect: str = "slower") -> Any:
    grid, steps, *_ = road
    return roads.network(grid, steps, RoadSettings(zones=effect), zone).roads.iloc[0]


def test_the_share_of_a_road_within_the_uncertainty_of_a_place_slows_it(road):
    _grid, _steps, places, km = road
    spot = zones(places.iloc[0], extent="spot", uncertainty_m=km * 500)  # half of the way from its first end
    found = table(road, spot)
    assert found["zone_share"] == pytest.approx(0.5, abs=0.02)
    assert found["minutes"] == pytest.approx(1.5 * found["minutes_low"], rel=0.02)


def test_a_road_in_a_named_unit_is_slowed_as_a_whole_or_closed(road):
    unit = zones(EVERYWHERE)
    assert table(road, unit)["zone_share"] == pytest.approx(1)
    closed = table(road, unit, "closed")
    assert pd.isna(closed["minutes"])
    assert closed["minutes_low"] > 0


@pytest.mark.parametrize("extent", ["count", "share"])
def test_a_count_or_a_share_says_not_where_and_does_nothing(road, extent):
    found = table(road, zones(EVERYWHERE, extent=extent))
    assert found["zone_share"] == 0
    assert found["minutes"] == found["minutes_low"]
