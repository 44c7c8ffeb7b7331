"""
Tiles of streets: compact JSON that a canvas draws from, packed.

A tile has up to seven lists, by the names of `features.Kind`: water `w`, parks `p` and buildings `b` are rings
(outlines against the clock, holes with it); streams `s` are [rank, line]; roads `r` are [rank, name, line]; landmarks
`l` and parts of towns `t` are [rank, name, x, y]. A name is a place in the list `n`, -1 for none. A line or ring is
x, y of its first point and then steps, in units of `UNITS` to the side of the tile, y to the south.
"""

from __future__ import annotations

import gzip
import json
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

UNITS: Final = 2_048
LISTS: Final = ("w", "p", "b", "s", "r", "l", "t")

Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]


def packed(content: dict[str, Any]) -> bytes:
    """Return a tile as it is kept; the same content gives the same bytes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode("utf-8", "replace"), 9, mtime=0)


def unpacked(tile: bytes) -> bytes:
    """Return the JSON of a tile."""
    return gzip.decompress(tile)


def lines(shapes: Shapes, origin: tuple[float, float], least: int = 2) -> tuple[list[list[int]], Ints]:
    """
    Return lines or rings as steps, and which of `shapes` each is: those of fewer than `least` points are left out.

    >>> lines(np.array([shapely.LineString([(10, 10), (12, 11), (12.2, 11)])]), (10, 10))
    ([[0, 0, 2, 1]], array([0]))
    """
    at, of = shapely.get_coordinates(shapes, return_index=True)
    if not len(at):
        return [], np.zeros(0, dtype="int64")
    xy = np.rint(at - origin).astype("int64")
    first = np.r_[True, of[1:] != of[:-1]]
    steps = np.diff(xy, axis=0, prepend=xy[:1])
    steps[first] = xy[first]
    kept = first | (steps != 0).any(axis=1)
    steps, of = steps[kept], of[kept]
    ends = np.cumsum(np.bincount(of, minlength=len(shapes))).tolist()
    flat = steps.ravel().tolist()
    cut = [flat[2 * start : 2 * end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    which = [i for i, line in enumerate(cut) if len(line) >= 2 * least]
    return [cut[i] for i in which], np.array(which, dtype="int64")


def rings(polygons: Shapes, origin: tuple[float, float]) -> list[list[int]]:
    """Return the rings of polygons as steps, without the point that closes each."""
    turned = shapely.orient_polygons(polygons, exterior_cw=True)  # y to the south turns them round
    made, _which = lines(shapely.get_rings(turned), origin, least=4)
    return [ring[:-2] if _is_closed(ring) else ring for ring in made]


def _is_closed(ring: list[int]) -> bool:
    return sum(ring[2::2]) == 0 and sum(ring[3::2]) == 0


def is_sound(content: Any) -> bool:
    """
    Whether plain JSON is a tile of ours: known lists of whole numbers, names that are there.

    >>> is_sound({"r": [[2, 0, [0, 0, 5, 5]]], "n": ["Rue X"]}), is_sound({"r": [[2, 1, [0, 0, 5, 5]]], "n": ["Rue X"]})
    (True, False)
    """
    if not isinstance(content, dict) or not set(content) <= {*LISTS, "n"}:
        return False
    if not all(isinstance(rows, list) for rows in content.values()):
        return False
    names = content.get("n", [])
    if not all(isinstance(name, str) and len(name) <= 200 for name in names):
        return False
    checks = {"r": (3, True), "s": (2, True), "l": (4, False), "t": (4, False)}
    for name in set(content) & set(LISTS):
        for row in content[name]:
            if not isinstance(row, list):
                return False
            length, has_line = checks.get(name, (0, False))
            numbers = row[: length - 1] if has_line else row
            if length and (len(row) != length or (has_line and not _is_line(row[-1]))):
                return False
            if not all(type(value) is int for value in numbers) or (not length and not _is_line(row)):
                return False
            if name in ("r", "l", "t") and not -1 <= row[1] < len(names):
                return False
    return True


def _is_line(line: Any) -> bool:
    return isinstance(line, list) and len(line) >= 4 and len(line) % 2 == 0 and all(type(at) is int for at in line)
