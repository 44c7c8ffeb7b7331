"""
Canonical rows: one way to write a record, whatever the format it came from, so that two can be compared by hash.

A row is a JSON array without spaces, in UTF-8: its cells in the order of the columns, then its geometry if the layer
has one.

- Nothing, empty text, NaN and NaT are null.
- Text is as it is, line ends as a line feed; a day is ISO text; true and false are themselves.
- A whole number is as it is, also 3.0, which is 3; another is rounded to 12 significant digits and written in the
  shortest form.
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

from mssmap.exports import canonical_shapes
from mssmap.records import views

if TYPE_CHECKING:
    from mssmap.exports.parts import Column

DIGITS = 12
"""Significant digits of a number that count: what every format keeps."""

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
    if kind in ("number", "integer"):
        return _numbers(values)
    if kind == "geometry":
        return canonical_shapes.from_texts(values.tolist())
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


def _numbers(values: pd.Series) -> list[Any]:
    """Return canonical numbers: whole ones as they are, others rounded, what is no number as text."""
    if values.dtype == np.float64:
        return _floats(values.to_numpy())
    found = [_number(value) for value in values.tolist()]
    at = [i for i, value in enumerate(found) if value.__class__ is float]
    for i, value in zip(at, _floats(np.array([found[i] for i in at], dtype=np.float64)), strict=True):
        found[i] = value
    return found


def _number(value: Any) -> int | float | str | None:
    if isinstance(value, int | float):  # true and false are numbers too
        return value if value.__class__ is float else int(value)
    if _is_missing(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def _floats(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[Any]:
    """Round what is not whole to `DIGITS` significant digits: scaled by a power of ten, which is exact up to 10^22."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        power = np.clip(DIGITS - 1 - np.floor(np.log10(np.abs(values))), -22, 22)
        up, down = 10.0 ** np.maximum(power, 0), 10.0 ** np.maximum(-power, 0)
        short = np.where(values == np.rint(values), values, np.rint(values * up / down) / up * down)
    return [
        int(value) if value.is_integer() else value if math.isfinite(value) else None if value != value else str(value)
        for value in short.tolist()
    ]


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
    "boolean": _boolean,
    "date": _date,
    "list": _list,
}


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
        found.append(canonical_shapes.geometries(shapes))
    return found


def lines(found: Iterable[Sequence[Any]]) -> list[str]:
    """
    Return the canonical rows from the cells of their columns.

    >>> lines([["a", "b"], [1.5, None], [True, 3]])
    ['["a",1.5,true]', '["b",null,3]']
    """
    columns = [[_quoted(cell) if cell.__class__ is str else _plain(cell) for cell in column] for column in found]
    return [f"[{','.join(row)}]" for row in zip(*columns, strict=True)]


_quoted = json.encoder.encode_basestring
"""JSON text of a text: what json.dumps makes, at a tenth of the time."""


def _plain(cell: float | bool | None) -> str:
    return "null" if cell is None else "true" if cell is True else "false" if cell is False else repr(cell)


def short_hashes(rows: Iterable[str]) -> list[str]:
    """Return the hash of each canonical row."""
    blake = hashlib.blake2b
    return [blake(row.encode(), digest_size=6).hexdigest() for row in rows]


def digest(ids: Sequence[str], rows: Sequence[str]) -> str:
    """Return the hash of canonical rows, whatever their order; ids are unique."""
    ordered = [rows[i] for i in sorted(range(len(rows)), key=ids.__getitem__)]
    return hashlib.sha256("\n".join([*ordered, ""]).encode()).hexdigest()


def document_text(document: dict[str, Any]) -> tuple[str, str]:
    """Return a JSON document with sorted keys and no spaces, without its member `checksum`; and its hash."""
    content = {key: value for key, value in document.items() if key != "checksum"}
    text = _encode_sorted(content)
    return text, hashlib.sha256(text.encode()).hexdigest()
