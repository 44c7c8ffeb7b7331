"""The canonical form of geometries (see `canonical`), for the reading process too: it needs no pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

DECIMALS = 7
"""Decimals of a coordinate that count: about a centimetre in degrees."""


def geometries(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> list[str | None]:
    """Return the canonical form of geometries; missing and empty ones are None."""
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kept = shapes[present]
    if (shapely.get_type_id(kept) == shapely.GeometryType.POINT).all():
        found = _points(kept)
    else:
        found = shapely.to_wkb(_normal(kept), hex=True, output_dimension=2, byte_order=1).tolist()
    if present.all():
        return found
    filled: list[str | None] = [None] * len(shapes)
    for i, text in zip(np.flatnonzero(present).tolist(), found, strict=True):
        filled[i] = text
    return filled


_POINT = bytes([1]) + int(shapely.GeometryType.POINT + 1).to_bytes(4, "little")
"""Head of a point in little-endian WKB: byte order and type."""


def _points(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> list[Any]:
    """Return the canonical form of points; five times as fast as the way of all others, and the same."""
    size = len(_POINT) + 16
    rows = np.empty((len(shapes), size), dtype=np.uint8)
    rows[:, : len(_POINT)] = np.frombuffer(_POINT, dtype=np.uint8)
    rows[:, len(_POINT) :] = _rounded(shapely.get_coordinates(shapes)).astype("<f8").view(np.uint8).reshape(-1, 16)
    text = rows.tobytes().hex().upper()
    return [text[i : i + 2 * size] for i in range(0, len(text), 2 * size)]


def _normal(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> Any:
    """Return geometries rounded, flat, in the normal form, a collection of one as that one."""
    alone = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON)
    single = np.where(alone, shapely.get_geometry(shapes, 0), shapes)
    return shapely.normalize(shapely.transform(shapely.force_2d(single), _rounded))


def _rounded(coordinates: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.round(coordinates, DECIMALS) + 0.0  # the sum makes -0.0 a plain zero


def from_texts(cells: Sequence[Any]) -> list[str | None]:
    """Return the canonical form of geometries in WKT; what is no such text counts as none."""
    shapes = [shapely.from_wkt(text, on_invalid="ignore") if isinstance(text, str) and text else None for text in cells]
    return geometries(np.array(shapes, dtype=object))
