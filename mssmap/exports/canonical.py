"""
Canonical rows: one way to write a record, whatever the format it came from, so that two can be compared by hash.

A row is a JSON array without spaces, in UTF-8: its cells in the order of the columns, then its geometry if the layer
has one.

- Nothing, empty text, NaN and NaT are null.
- Text is as it is, line ends as a line feed; a day is ISO text; true and false are themselves.
- A number is rounded to 12 significant digits and written in the shortest form; 3.0 is 3.
- A list is its JSON text with sorted keys.
- A geometry is little-endian two-dimensional WKB in hex: coordinates rounded to 7 decimals, rings and parts in the
  normal form of GEOS, a collection of one polygon (line, point) as that one.

The hash of a part is SHA-256 over its rows sorted by id, each followed by a line feed; the hash of a row is BLAKE2b
with 6 bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap import views

if TYPE_CHECKING:
    from mssmap.exports.parts import Column

DECIMALS = 7
"""Decimals of a coordinate that count: about a centimetre in degrees."""

DIGITS = 12
"""Significant digits of a number that count: what every format keeps."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_sorted = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def cells(values: pd.Series, kind: str) -> list[Any]:
    """
    Return the canonical cells of a column; a value that is not of its type is kept as text.

    Parameters
    ----------
    kind
        string, integer, number, boolean, date, list or geometry (text in WKT).
    """
    if kind == "date" and pd.api.types.is_datetime64_dtype(values.dtype):
        days = np.datetime_as_string(values.to_numpy(), unit="D").tolist()
        return [None if day == "NaT" else day for day in days]
    if kind == "geometry":
        return geometries(np.array([_from_wkt(value) for value in values.tolist()], dtype=object))
    convert = _CONVERT[kind]
    return [convert(value) for value in values.tolist()]


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value == "" or value != value


def _text(value: Any) -> str | None:
    if value.__class__ is str:
        return (value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value) or None
    if _is_missing(value):
        return None
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> int | float | str | None:
    if value.__class__ is not float:
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return value
        if _is_missing(value):
            return None
        try:
            value = float(value)
        except (TypeError, ValueError):
            return str(value)
    if not math.isfinite(value):
        return None if value != value else str(value)
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False, "t": True, "f": False}


def _boolean(value: Any) -> bool | str | None:
    if value is True or value is False:
        return bool(value)
    return None if _is_missing(value) else _BOOLEANS.get(str(value).strip().lower(), str(value))


def _date(value: Any) -> str | None:
    if _is_missing(value):
        return None
    text = value.isoformat() if isinstance(value, date) else str(value)
    day, rest = text[:10], text[10:].lstrip("T ").rstrip("Z").removesuffix("+00:00")
    return day.replace("/", "-") if not rest.strip("0:.") else text


def _list(value: Any) -> str | None:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else None
        except ValueError:
            return str(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    value = views.plain(value) if isinstance(value, list | tuple | dict) else value
    return None if _is_missing(value) or not value else _encode_sorted(value)


_CONVERT = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "list": _list,
}


def _from_wkt(value: Any) -> Any:
    if not isinstance(value, str):
        return None if _is_missing(value) else value
    return shapely.from_wkt(value, on_invalid="ignore") if value else None


def geometries(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> list[str | None]:
    """Return the canonical form of geometries; missing and empty ones are None."""
    found: np.ndarray[Any, np.dtype[np.object_]] = np.full(len(shapes), None, dtype=object)
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found[present] = shapely.to_wkb(_normal(shapes[present]), hex=True, output_dimension=2, byte_order=1)
    return list(found)


def _normal(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> Any:
    """Return geometries rounded, flat, in the normal form, a collection of one as that one."""
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():  # five times as fast
        return shapely.points(_rounded(shapely.get_coordinates(shapes)))
    alone = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON)
    single = np.where(alone, shapely.get_geometry(shapes, 0), shapes)
    return shapely.normalize(shapely.transform(shapely.force_2d(single), _rounded))


def _rounded(coordinates: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.round(coordinates, DECIMALS) + 0.0  # the sum makes -0.0 a plain zero


def columns_of(frame: pd.DataFrame, columns: Sequence[Column], geometry: bool) -> list[list[Any]]:
    """
    Return the canonical cells of a frame by column, the geometry last if there should be one.

    Columns are found by the name they have in the file; one that is not there is null in every row.
    """
    found = [
        cells(frame[column.written], column.type) if column.written in frame else [None] * len(frame)
        for column in columns
    ]
    if geometry:
        placed = isinstance(frame, gpd.GeoDataFrame)
        shapes = frame.geometry.to_numpy() if placed else np.full(len(frame), None, dtype=object)
        found.append(geometries(shapes))
    return found


def lines(found: Iterable[Sequence[Any]]) -> list[str]:
    """Return the canonical rows from the cells of their columns."""
    return [_encode(row) for row in zip(*found, strict=True)]


def short_hashes(rows: Iterable[str]) -> list[str]:
    """Return the hash of each canonical row."""
    blake = hashlib.blake2b
    return [blake(row.encode(), digest_size=6).hexdigest() for row in rows]


def digest(ids: Sequence[Any], rows: Sequence[str]) -> str:
    """Return the hash of canonical rows, whatever their order."""
    ordered = [row for _, row in sorted(zip(map(str, ids), rows, strict=True))]
    return hashlib.sha256("".join(f"{row}\n" for row in ordered).encode()).hexdigest()


def checksum(document: dict[str, Any]) -> str:
    """Return the hash of a JSON document without its member `checksum`."""
    content = {key: value for key, value in document.items() if key != "checksum"}
    return hashlib.sha256(_encode_sorted(content).encode()).hexdigest()
