"""
Curves and surfaces in well-known binary, made straight: circular arcs become lines, surfaces become polygons.

GEOS reads some of them and can do little with any; files of QGIS and of surveyors hold them all the same (ISO 13249-3).
"""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

STEP: Final = math.radians(2)
"""Angle of an arc that one straight line stands for: off by less than a part in six thousand of the radius."""

POINT, LINE, POLYGON = 1, 2, 3
MULTI: Final = {4: shapely.MultiPoint, 5: shapely.MultiLineString, 6: shapely.MultiPolygon}
CIRCULAR, COMPOUND, CURVE_POLYGON, MULTI_CURVE, MULTI_SURFACE = 8, 9, 10, 11, 12
POLYHEDRAL, TIN, TRIANGLE = 15, 16, 17
CURVED: Final = frozenset((*range(CIRCULAR, MULTI_SURFACE + 1), 13, 14, POLYHEDRAL, TIN, TRIANGLE))


class NotReadableError(ValueError):
    """It is cut off, nested too deep, or of a kind that is not known."""


@dataclass
class _Blob:
    content: bytes
    at: int = 0

    def take(self, form: str) -> Any:
        size = struct.calcsize(form)
        if self.at + size > len(self.content):
            raise NotReadableError("cut off")
        found = struct.unpack_from(form, self.content, self.at)
        self.at += size
        return found[0]

    def positions(self, order: str, count: int, size: int) -> Any:
        end = self.at + count * size * 8
        if end > len(self.content):
            raise NotReadableError("cut off")
        found = np.frombuffer(self.content, f"{order}f8", count * size, self.at).reshape(count, size)
        self.at = end
        return found[:, :2].astype("float64")


def straight(blob: bytes, depth: int) -> Any:
    """
    Return a shape of straight lines for well-known binary that may hold curves; heights and measures are left out.

    Raises
    ------
    NotReadableError
        If it is no such thing or nested deeper than `depth`.
    """
    return _shape(_Blob(blob), depth)


def _head(blob: _Blob) -> tuple[str, int, int]:
    """Return byte order, kind and numbers a position."""
    order = "<" if blob.take("B") else ">"
    said = blob.take(f"{order}I")
    if said & 0x20000000:
        blob.take(f"{order}I")
    plain = said & 0x0FFFFFFF
    more = (plain // 1000 in (1, 2)) + 2 * (plain // 1000 == 3) + bool(said & 0x80000000) + bool(said & 0x40000000)
    return order, plain % 1000, 2 + more


def _shape(blob: _Blob, depth: int) -> Any:
    if depth < 0:
        raise NotReadableError("nested too deep")
    order, kind, size = _head(blob)
    if kind == POINT:
        return shapely.Point(blob.positions(order, 1, size)[0])
    count = blob.take(f"{order}I")
    if kind == LINE:
        return shapely.LineString(blob.positions(order, count, size))
    if kind == CIRCULAR:
        return shapely.LineString(_arcs(blob.positions(order, count, size)))
    if kind in (POLYGON, TRIANGLE):
        rings = [blob.positions(order, blob.take(f"{order}I"), size) for _ in range(min(count, len(blob.content)))]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
    parts = [_shape(blob, depth - 1) for _ in range(min(count, len(blob.content)))]
    if kind == COMPOUND:
        return shapely.LineString(_joined([shapely.get_coordinates(part) for part in parts]))
    if kind == CURVE_POLYGON:
        rings = [shapely.get_coordinates(part) for part in parts]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
    if kind == MULTI_CURVE:
        return shapely.MultiLineString(parts)
    if kind in (MULTI_SURFACE, POLYHEDRAL, TIN):
        return shapely.MultiPolygon(parts)
    if kind in MULTI:
        return MULTI[kind](parts)
    if kind == 7:
        return shapely.GeometryCollection(parts)
    raise NotReadableError(f"a shape of kind {kind}")


def _joined(parts: list[Any]) -> Any:
    found = parts[:1] + [part[1:] if len(part) and (part[0] == before[-1]).all() else part
                         for before, part in itertools.pairwise(parts)]  # fmt: skip
    return np.concatenate(found) if found else np.empty((0, 2))


def _arcs(points: Any) -> Any:
    """
    Return the positions of a chain of arcs, each given by its ends and a point between them.

    >>> found = _arcs(np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    >>> bool(np.allclose(np.hypot(*found.T), 1)), len(found) > 80
    (True, True)
    """
    found = [points[:1]]
    for i in range(0, len(points) - 2, 2):
        found.append(_arc(*points[i : i + 3])[1:])
    return np.concatenate(found)


def _arc(start: Any, through: Any, end: Any) -> Any:
    (ax, ay), (bx, by), (cx, cy) = start, through, end
    if ax == cx and ay == cy:  # a whole circle: the point between is opposite
        x, y = (ax + bx) / 2, (ay + by) / 2
        first, turn = math.atan2(ay - y, ax - x), 2 * math.pi
    else:
        bx, by, dx, dy = bx - ax, by - ay, cx - ax, cy - ay
        across = 2 * (bx * dy - by * dx)
        if abs(across) < 1e-18:
            return np.array([start, through, end])
        x = ax + (dy * (bx * bx + by * by) - by * (dx * dx + dy * dy)) / across
        y = ay + (bx * (dx * dx + dy * dy) - dx * (bx * bx + by * by)) / across
        first = math.atan2(ay - y, ax - x)
        turn = (math.atan2(cy - y, cx - x) - first) % (2 * math.pi)
        if across < 0:
            turn -= 2 * math.pi
    radius = math.hypot(ax - x, ay - y)
    angles = first + np.linspace(0, turn, max(2, math.ceil(abs(turn) / STEP)) + 1)
    found = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
    found[0], found[-1] = start, end
    return found
