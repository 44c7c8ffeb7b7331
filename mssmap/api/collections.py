"""Collections and their features: the frames of `views` as GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.api.query import CRS84, Query
from mssmap.errors import NotFoundError
from mssmap.records import evidence, timeline, views
from mssmap.records.catalog import Data, Dataset
from mssmap.records.shown import rows as rows_of
from mssmap.telling import listing

TIMES: Final = (
    ("status_from", "status_to"),
    ("valid_from", "valid_to"),
    ("period_start", "period_end"),
    ("date", "date"),
)
"""Pairs of columns that are the time of a record, the first pair present counts."""


def rows(data: Data, name: str, query: Query) -> pd.DataFrame:
    """
    Return what a request asks of a collection, before paging.

    Raises
    ------
    NotFoundError
        If there is no such collection or region.
    InputError
        If the records of the collection have no place to lie in a region.
    """
    filters = query.filters
    found = _within(rows_of(data, name, filters), query)
    for start, end in TIMES:
        if (filters.start or filters.end) and _is_time(found, start) and _is_time(found, end):
            timed = found.rename(columns={start: "valid_from", end: "valid_to"}) if start != "valid_from" else found
            return found.loc[timeline.window(timed[["valid_from", "valid_to"]], filters.start, filters.end).index]
    return found


def below_grade(data: Data, name: str, query: Query) -> int:
    """Return how many records the threshold of a request hides."""
    if query.filters.grade == evidence.LOWEST:
        return 0
    every = replace(query, filters=replace(query.filters, grade=evidence.LOWEST))
    return len(rows(data, name, every)) - len(rows(data, name, query))


def _within(found: pd.DataFrame, query: Query) -> pd.DataFrame:
    """Keep what touches the box, and what has no geometry (OGC 17-069r4, requirement fc-bbox-response C)."""
    if query.bbox is None or not isinstance(found, gpd.GeoDataFrame):
        return found
    west, south, east, north = query.bbox
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    shapes = found.geometry.to_numpy()
    hit = np.zeros(len(found), dtype=bool)
    for low, high in parts:
        hit |= shapely.intersects(shapes, shapely.box(low, south, high, north))
    return found[hit | shapely.is_missing(shapes)]


def features(dataset: Dataset, found: pd.DataFrame) -> list[dict[str, Any]]:
    """Return records as GeoJSON features; a table has features without a geometry."""
    placed = isinstance(found, gpd.GeoDataFrame)
    made = (
        listing.collection(found)["features"]
        if placed
        else [{"type": "Feature", "properties": properties, "geometry": None} for properties in listing.records(found)]
    )
    key = dataset.id_column
    ids = found[key].tolist() if key in found else range(len(found))
    return [{**feature, "id": str(name)} for feature, name in zip(made, ids, strict=True)]


def feature(data: Data, name: str, feature_id: str, query: Query) -> dict[str, Any]:
    """
    Return one feature.

    Raises
    ------
    NotFoundError
        If there is none of that id at these dials.
    """
    dataset = data.dataset(name)
    found = rows(data, name, query)
    made = features(dataset, found)
    for one in made:
        if one["id"] == feature_id:
            return one
    if feature_id in views.planned(data, query.filters.clocks.known_on) and not query.filters.plans:
        raise NotFoundError(f"{name}: {feature_id!r} was announced, not reported as done; ask with plans=true.")
    raise NotFoundError(f"{name}: there is no record {feature_id!r} at these dates.")


def described(dataset: Dataset, found: pd.DataFrame, address: str) -> dict[str, Any]:
    """Return what is said about a collection."""
    links = [
        {"rel": "self", "type": "application/json", "href": address, "title": dataset.title},
        {"rel": "items", "type": "application/geo+json", "href": f"{address}/items", "title": "Records"},
    ]
    if dataset.licence_url:
        links.append({"rel": "license", "href": dataset.licence_url, "title": dataset.licence})
    return {
        "id": dataset.name,
        "title": dataset.title,
        "description": dataset.description,
        "attribution": dataset.attribution,
        "license": dataset.licence,
        "itemType": "feature",
        "extent": _extent(found),
        "crs": [CRS84],
        "links": links,
    }


def _is_time(found: pd.DataFrame, column: str) -> bool:
    """Whether a column holds days; one of a file that was imported may have the name and hold text."""
    return column in found and pd.api.types.is_datetime64_any_dtype(found[column].dtype)


def _extent(found: pd.DataFrame) -> Mapping[str, Any]:
    extent: dict[str, Any] = {}
    if isinstance(found, gpd.GeoDataFrame) and found.geometry.notna().any():
        box = [round(float(number), 6) for number in found.total_bounds]
        extent["spatial"] = {"bbox": [box], "crs": CRS84}
    for start, end in TIMES:
        if _is_time(found, start) and _is_time(found, end) and found[start].notna().any():
            last = found[end].max()
            ends = [found[start].min(), None if pd.isna(last) or found[end].isna().any() else last]
            interval = [day if day is None else f"{day:%Y-%m-%d}T00:00:00Z" for day in ends]
            extent["temporal"] = {"interval": [interval]}
            break
    return extent
