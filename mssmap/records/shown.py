"""What is true and known at the clocks, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from mssmap.records.timeline import Clocks


@dataclass(frozen=True)
class Shown:
    """What is true and known at the clocks, as `views` gives it."""

    clocks: Clocks
    fobs: gpd.GeoDataFrame
    prisons: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    gang_zones: gpd.GeoDataFrame
    events: gpd.GeoDataFrame
