"""Projections, parts and rounding of shapes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geodata.base import DIGITS, METRIC, WGS84, GeodataError


def to_metric(geometry: BaseGeometry) -> BaseGeometry:
    """WGS 84 degrees to UTM 18N metres."""
    return gpd.GeoSeries([geometry], crs=WGS84).to_crs(METRIC).iloc[0]


def to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    """UTM 18N metres to WGS 84 degrees."""
    return gpd.GeoSeries([geometry], crs=METRIC).to_crs(WGS84).iloc[0]


def parts_of(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The single geometries a geometry is made of, polygons and lines only where they have area or length."""
    return [part for part in shapely.get_parts(geometry) if not part.is_empty]


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons among the parts of a geometry."""
    flat = itertools.chain.from_iterable(shapely.get_parts(part) for part in parts_of(geometry))
    return [part for part in flat if part.geom_type == "Polygon"]


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Round every vertex to `DIGITS` decimals; equal vertices of two geometries stay equal."""
    snapped = shapely.transform(geometry, lambda xy: np.round(xy, DIGITS))
    return shapely.remove_repeated_points(snapped)


def rounded_coverage(geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """
    Round a polygon coverage given in degrees without opening gaps.

    Rounding moves a shared vertex the same way on both sides; the rare polygon that folds over itself is repaired and
    the coverage cleaned and rounded again.
    """
    current = np.array(geometries, dtype=object)
    for _ in range(8):
        current = np.array([rounded(geometry) for geometry in current], dtype=object)
        if shapely.is_valid(current).all() and shapely.coverage_is_valid(current):
            return list(current)
        current = shapely.coverage_clean(shapely.make_valid(current))
    raise GeodataError("rounding does not leave a valid coverage. Change SIMPLIFY_M or DIGITS.")
