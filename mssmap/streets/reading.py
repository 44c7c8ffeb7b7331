"""The tiles of a set as shapes, for what is drawn without a browser, and as plain JSON for a page without a server."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from mssmap.streets import cutting, shelf, tile
from mssmap.streets.features import LEVELS
from mssmap.streets.manifest import Manifest
from mssmap.streets.tile import UNITS

__all__ = ["LEVELS", "Point", "Streets", "carried", "read", "tiles_in"]

Box = tuple[float, float, float, float]
Shapes = NDArray[np.object_]

MOST_BYTES: Final = 5_000_000
"""Of tiles in a page that carries them."""


class Point(NamedTuple):
    """A landmark (list `l` of a tile) or a part of a town (`t`), at a place in degrees."""

    kind: str
    rank: int
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, eq=False)
class Streets:
    """
    What is in a box, in degrees.

    Attributes
    ----------
    areas
        `w`, `p` and `b` (waters, parks, buildings) -> polygons.
    streams
        Lines.
    roads, ranks, names
        Lines, the rank of each as `features.Kind` has it, and its name, "" for none.
    points
        Landmarks and parts of towns.
    """

    areas: dict[str, Shapes]
    streams: Shapes
    roads: Shapes
    ranks: NDArray[np.int64]
    names: tuple[str, ...]
    points: tuple[Point, ...]


def tiles_in(found: Manifest, box: Box, level: int) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield column, row and content of the tiles of a level that a box (degrees) touches, row by row."""
    west, south, east, north = (
        max(box[0], found.box[0]), max(box[1], found.box[1]), min(box[2], found.box[2]), min(box[3], found.box[3])
    )  # fmt: skip
    if west >= east or south >= north:
        return
    at = cutting.to_units(np.array([[west, north], [east, south]]), level) / UNITS
    (x0, y0), (x1, y1) = np.floor(at).astype("int64").tolist()
    for y in range(y0, y1 + 1):
        for x in range(x0, x1 + 1):
            packed = shelf.tile(found.set_id, level, x, y)
            if packed is not None:
                yield x, y, json.loads(tile.unpacked(packed))


@lru_cache(maxsize=4)
def read(set_id: str, box: Box, level: int) -> Streets:
    """Return what the tiles of a level in a box have; nothing if the set is not there."""
    found = next((one for one in shelf.listed() if one.set_id == set_id), None)
    areas: dict[str, list[Any]] = {"w": [], "p": [], "b": []}
    streams, roads, points = [], [], []
    for x, y, content in tiles_in(found, box, level) if found else ():
        called = [*content.get("n", ()), ""]  # -1, no name, is the last one

        def at(steps: list[int], x: int = x, y: int = y) -> NDArray[np.float64]:
            return _in_degrees(steps, level, x, y)

        for name, polygons in areas.items():
            polygons += _polygons(map(at, content.get(name, ())))
        streams += [shapely.LineString(at(line)) for _rank, line in content.get("s", ())]
        roads += [(shapely.LineString(at(line)), rank, called[name]) for rank, name, line in content.get("r", ())]
        for kind in ("l", "t"):
            points += [Point(kind, rank, called[name], *at([*xy])[0]) for rank, name, *xy in content.get(kind, ())]
    return Streets(
        {name: _array(polygons) for name, polygons in areas.items()},
        _array(streams),
        _array([line for line, _rank, _name in roads]),
        np.array([rank for _line, rank, _name in roads], dtype="int64"),
        tuple(name for _line, _rank, name in roads),
        tuple(points),
    )


def _polygons(rings: Iterable[NDArray[np.float64]]) -> list[shapely.Polygon]:
    """Return the areas of rings: outlines against the clock on the ground, each followed by its holes."""
    found: list[tuple[Any, list[Any]]] = []
    for ring in rings:
        if len(ring) < 3:
            continue
        line = shapely.LinearRing(ring)
        if line.is_ccw or not found:
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return [shapely.Polygon(outline, holes) for outline, holes in found]


def _in_degrees(steps: list[int], level: int, x: int, y: int) -> NDArray[np.float64]:
    units = np.cumsum(np.array(steps, dtype="float64").reshape(-1, 2), axis=0) + np.array([x * UNITS, y * UNITS])
    size = UNITS * 2.0**level
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * units[:, 1] / size))))
    return np.column_stack([units[:, 0] / size * 360 - 180, lat])


def _array(shapes: list[Any]) -> Shapes:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def carried(found: Manifest, box: Box, most: int = MOST_BYTES) -> dict[str, Any]:
    """
    Return the tiles of a box for a page that carries them: level by level, from the middle outward, up to `most` bytes.

    Returns
    -------
    tiles
        `14-4860-7404` -> content.
    """
    held: dict[str, Any] = {}
    size = 0
    for level in found.levels:
        middle = cutting.to_units(np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]), level)[0] / UNITS
        near = sorted(
            tiles_in(found, box, level), key=lambda at: math.hypot(at[0] + 0.5 - middle[0], at[1] + 0.5 - middle[1])
        )
        for x, y, content in near:
            size += len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
            if size > most:
                return held
            held[f"{level}-{x}-{y}"] = content
    return held
