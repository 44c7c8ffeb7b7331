"""A part as an Arrow table: typed columns that GDAL and Parquet write without a detour; missing values are null."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mssmap.exports import canonical
from mssmap.exports.parts import Column, Part
from mssmap.ingest import geoparquet

TYPES = {
    "string": pa.string(),
    "geometry": pa.string(),
    "list": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}

GEOMETRY = "geometry"
"""Name of the geometry column in every format that has names for it."""


def table(part: Part, geometry_type: str = "") -> pa.Table:
    """
    Return a part as an Arrow table; lists are JSON text, the geometry is WKB, last.

    Parameters
    ----------
    geometry_type
        As `kind_of` says; single geometries become collections if it is one.
    """
    arrays = [_array(part.frame[column.written], column) for column in part.columns]
    fields = [pa.field(c.written, TYPES[c.type]) for c in part.columns]
    if part.has_geometry:
        shapes = part.frame.geometry.to_numpy()
        wkb = shapely.to_wkb(_promoted(shapes) if geometry_type.startswith("Multi") else shapes)
        arrays.append(pa.array(wkb, type=pa.binary()))
        fields.append(pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"}))
    return pa.table(arrays, schema=pa.schema(fields))


def _array(values: pd.Series, column: Column) -> pa.Array:
    kind = TYPES[column.type]
    if column.type == "list":
        return pa.array(canonical.cells(values, "list"), type=kind)
    if column.type == "date" and not pd.api.types.is_datetime64_dtype(values.dtype):
        values = pd.to_datetime(values)
    if column.type in ("string", "geometry") and values.dtype == "str":
        text = pa.Array.from_pandas(values, type=kind)
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, kind), text)
    if column.type in ("string", "geometry"):
        return pa.array([value if isinstance(value, str) and value else None for value in values.tolist()], type=kind)
    return pa.Array.from_pandas(values, type=kind, safe=False)


def kind_of(part: Part) -> str:
    """
    Return the geometry type of a layer: Point, LineString, Polygon or a collection of it, Unknown if mixed or empty.
    """
    shapes = part.frame.geometry.to_numpy()
    names = {str(shapely.GeometryType(number).name) for number in np.unique(shapely.get_type_id(shapes)) if number >= 0}
    single = {name.removeprefix("MULTI") for name in names}
    if len(single) != 1 or not single <= set(_WORDS):
        return "Unknown"
    word = _WORDS[single.pop()]
    return f"Multi{word}" if any(name.startswith("MULTI") for name in names) else word


def with_heights(part: Part, kind: str) -> str:
    """Return the geometry type of `kind_of` as GDAL names it: with Z if all have a height, Unknown if only some do."""
    shapes = part.frame.geometry.to_numpy()
    high = shapely.has_z(shapes[~shapely.is_missing(shapes)])
    if not high.any() or kind == "Unknown":
        return kind
    return f"{kind} Z" if high.all() else "Unknown"


_WORDS = {"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon"}

_COLLECT = {
    shapely.GeometryType.POINT: shapely.multipoints,
    shapely.GeometryType.LINESTRING: shapely.multilinestrings,
    shapely.GeometryType.POLYGON: shapely.multipolygons,
}


def _promoted(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return single geometries as collections of one."""
    found = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for kind, collect in _COLLECT.items():
        single = kinds == kind
        if single.any():
            found[single] = collect(shapes[single, np.newaxis])
    return found


def geo_metadata(part: Part) -> bytes:
    """Return the metadata of GeoParquet 1.1 about the geometry of a part."""
    shapes = part.frame.geometry
    kinds = sorted({str(name) for name in shapes.geom_type.dropna()})
    bounds = shapes.total_bounds.tolist()
    box = bounds if all(value == value for value in bounds) else None
    return json.dumps(geoparquet.about_geometry(kinds, box, crs=shapes.crs.to_json_dict())).encode()
