"""
Where a zone is: the administrative units that its source names, or a place with its uncertainty.

A source says that a group was reported in a communal section, a commune, a department, or at a place without a
published outline. A zone is never finer than that: its geometry is the named units, or a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.crs import METRIC, WGS84
from mssmap.records import schema
from mssmap.records.catalog import Data

ZONES: Final = "gang_zones"
"""Name of the layer whose records are units or places."""

PLACE: Final = "place"
LAYER_OF: Final = {"department": "departments", "commune": "communes", "section": "sections"}
"""Unit that a source can name -> the layer that has its outline."""

UNITS: Final = (*LAYER_OF, PLACE)
CODE_LENGTH: Final = {"department": 4, "commune": 6, "section": 9}
"""Length of the P-code of a unit, such as HT0111-03 of a section."""

COLUMNS: Final = ("unit", "unit_pcodes", "uncertainty_m")
"""Columns of a zone that an assessment, a row of the table `status`, overrides where it names another unit."""

AREA, SPOT, COUNT, SHARE = "units", "spot", "count", "share"
EXTENTS: Final = (AREA, SPOT, COUNT, SHARE)
"""How a zone is drawn: as its units, as a soft spot, as a border with a number of communes, as a figure."""

ROUND_M: Final = 100
"""An uncertainty that was worked out is a multiple of so many metres."""

PLACED: Final = ("extent", "commune_pcodes")
"""Columns that are worked out here: how the zone is drawn, and the communes that it may lie in."""


def codes(cell: Any) -> tuple[str, ...]:
    """
    Return the P-codes of a cell.

    >>> codes("HT0111;HT0112"), codes("")
    (('HT0111', 'HT0112'), ())
    """
    return tuple(schema.items(cell))


def extent(unit: str, share_pct: Any, communes_affected: Any) -> str:
    """
    Say how a zone is drawn; see `EXTENTS`.

    >>> extent("commune", None, None), extent("place", 80, None), extent("commune", 80, None)
    ('units', 'spot', 'share')
    >>> extent("department", None, 3), extent("department", None, None)
    ('count', 'units')
    """
    if unit not in LAYER_OF:
        return SPOT
    if not _is_missing(share_pct):
        return SHARE
    return AREA if unit != "department" or _is_missing(communes_affected) else COUNT


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


@lru_cache(maxsize=4)
def outlines(data: Data) -> Mapping[str, BaseGeometry]:
    """Return the outline of every unit by its P-code, in `crs.WGS84`."""
    found: dict[str, BaseGeometry] = {}
    for layer in LAYER_OF.values():
        if layer in data.datasets:
            rows = data[layer]
            found |= zip(rows["pcode"].tolist(), rows.geometry.tolist(), strict=True)
    return {pcode: shape for pcode, shape in found.items() if shape is not None}


@lru_cache(maxsize=512)
def shape_of(data: Data, pcodes: tuple[str, ...]) -> BaseGeometry | None:
    """Return the named units as one shape in `crs.WGS84`, None if none of them has an outline."""
    known = outlines(data)
    parts = [known[pcode] for pcode in pcodes if pcode in known]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts) if parts else None


@lru_cache(maxsize=4)
def _communes(data: Data) -> gpd.GeoDataFrame:
    return data["communes"][["pcode", "geometry"]].to_crs(METRIC) if "communes" in data.datasets else gpd.GeoDataFrame()


def to_metric(lon: float, lat: float) -> BaseGeometry:
    """Return a point in `crs.METRIC`."""
    return gpd.GeoSeries([shapely.Point(lon, lat)], crs=WGS84).to_crs(METRIC).iloc[0]


@lru_cache(maxsize=512)
def reach_m(data: Data, lon: float, lat: float, pcodes: tuple[str, ...]) -> float | None:
    """Return how far the named units go from a point, in metres rounded up; None if none has an outline."""
    whole = shape_of(data, pcodes)
    if whole is None or not (math.isfinite(lon) and math.isfinite(lat)):
        return None
    metric = gpd.GeoSeries([whole], crs=WGS84).to_crs(METRIC).iloc[0]
    far = shapely.hausdorff_distance(to_metric(lon, lat), metric)
    return float(math.ceil(far / ROUND_M) * ROUND_M)


@lru_cache(maxsize=512)
def communes_near(data: Data, lon: float, lat: float, uncertainty_m: float) -> tuple[str, ...]:
    """Return the communes that a place may lie in: those within its uncertainty."""
    communes = _communes(data)
    if communes.empty or not (math.isfinite(lon) and math.isfinite(lat)):
        return ()
    at = communes.sindex.query(to_metric(lon, lat), predicate="dwithin", distance=uncertainty_m)
    return tuple(sorted(communes["pcode"].iloc[at]))


def communes_named(unit: str, pcodes: Iterable[str], commune_pcode: str) -> tuple[str, ...]:
    """
    Return the communes that a zone surely lies in.

    >>> communes_named("section", ("HT0532-03", "HT0532-04"), "HT0532"), communes_named("place", (), "HT0111")
    (('HT0532',), ('HT0111',))
    >>> communes_named("department", ("HT05",), "")
    ()
    """
    if unit == PLACE:
        return (commune_pcode,) if commune_pcode else ()
    return tuple(dict.fromkeys(pcode[:6] for pcode in pcodes if len(pcode) >= CODE_LENGTH["commune"]))


def completed(records: pd.DataFrame) -> pd.DataFrame:
    """
    Return zones with the columns of `COLUMNS`: a package of before has circles, each of which becomes a place.

    The radius of a circle is taken for the uncertainty, for it is the only width that was stated.
    """
    if set(COLUMNS) <= set(records.columns):
        return records
    radius = records["radius_km"] * 1000 if "radius_km" in records else pd.Series(np.nan, index=records.index)
    return records.assign(unit=PLACE, unit_pcodes="", uncertainty_m=radius.astype("float64"))


def placed(data: Data, zones: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """
    Put zones where their assessments say.

    Parameters
    ----------
    zones
        Records of the layer, one for each assessment; `completed`.
    spells
        The assessments, in the same order.

    Returns
    -------
    zones
        With the columns of `COLUMNS` as the assessment overrides them, those of `PLACED`, `communes_affected`, and the
        geometry: the named units, or a point. An uncertainty that nobody stated is how far the units go.
    """
    count = spells["communes_affected"].array if "communes_affected" in spells else [None] * len(zones)
    own = [dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*(zones[c] for c in COLUMNS), strict=True)]
    said = [_overriding(mine, spell) for mine, spell in zip(own, spells.to_dict("records"), strict=True)]
    found = [
        _where(data, zone, says, share, number)
        for zone, says, share, number in zip(
            zones.to_dict("records"), said, spells["share_pct"].array, count, strict=True
        )
    ]
    columns: dict[str, Any] = {name: [row[name] for row in found] for name in (*COLUMNS, *PLACED, "geometry")}
    columns["uncertainty_m"] = np.array(columns["uncertainty_m"], dtype="float64")
    for name in ("unit", "unit_pcodes", *PLACED):
        columns[name] = pd.array(columns[name], dtype="str")
    shapes = gpd.array.from_shapely(np.array([*columns.pop("geometry"), None], dtype=object)[:-1], crs=WGS84)
    return zones.assign(**columns, communes_affected=pd.array(count, dtype="Int64"), geometry=shapes)


def _overriding(own: Mapping[str, Any], spell: Mapping[Any, Any]) -> dict[str, Any]:
    """Return unit, P-codes and uncertainty as an assessment leaves them."""
    radius = spell.get("uncertainty_m")
    if spell.get("unit"):
        return {"unit": spell["unit"], "unit_pcodes": spell.get("unit_pcodes", ""), "uncertainty_m": radius}
    return {**own, "uncertainty_m": own["uncertainty_m"] if _is_missing(radius) else radius}


def _where(data: Data, zone: Mapping[Any, Any], says: dict[str, Any], share: Any, number: Any) -> dict[str, Any]:
    lon, lat = (float(zone[name]) if not _is_missing(zone.get(name)) else math.nan for name in ("lon", "lat"))
    unit, pcodes = says["unit"], codes(says["unit_pcodes"])
    how = extent(unit, share, number)
    uncertainty_m = says["uncertainty_m"]
    if _is_missing(uncertainty_m):
        uncertainty_m = reach_m(data, lon, lat, pcodes) if pcodes else None
    uncertainty_m = math.nan if uncertainty_m is None else float(uncertainty_m)
    point = shapely.Point(lon, lat) if math.isfinite(lon) and math.isfinite(lat) else _middle(zone.get("geometry"))
    whole = shape_of(data, pcodes) if how in (AREA, COUNT) else None
    maybe = communes_named(unit, pcodes, zone.get("commune_pcode", "")) if how != SHARE else ()
    if how == SPOT and math.isfinite(uncertainty_m):
        maybe = tuple(dict.fromkeys([*maybe, *communes_near(data, lon, lat, uncertainty_m)]))
    return {
        "unit": unit,
        "unit_pcodes": ";".join(pcodes),
        "uncertainty_m": uncertainty_m,
        "extent": how,
        "commune_pcodes": ";".join(maybe),
        "geometry": point if whole is None else whole,
    }


def _middle(shape: BaseGeometry | None) -> BaseGeometry | None:
    return None if shape is None else shape.representative_point()
