"""The tiles of a set as shapes, for what is drawn without a browser, and as plain JSON for a page without a server."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
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
    areas = {name: _Lines(level) for name in ("w", "p", "b")}
    streams, roads = _Lines(level), _Lines(level)
    ranks: list[int] = []
    names: list[str] = []
    points: list[Point] = []
    for x, y, content in tiles_in(found, box, level) if found else ():
        called = [*content.get("n", ()), ""]  # -1, no name, is the last one
        for name, rings in areas.items():
            rings.take([ring for ring in content.get(name, ()) if len(ring) >= 6], x, y)
        streams.take([line for _rank, line in content.get("s", ())], x, y)
        roads.take([line for _rank, _name, line in content.get("r", ())], x, y)
        ranks += [rank for rank, _name, _line in content.get("r", ())]
        names += [called[name] for _rank, name, _line in content.get("r", ())]
        for kind in ("l", "t"):
            for rank, name, *xy in content.get(kind, ()):
                lon, lat = _in_degrees(np.array([[x * UNITS + xy[0], y * UNITS + xy[1]]]), level)[0].tolist()
                points.append(Point(kind, rank, called[name], lon, lat))
    return Streets(
        {name: _polygons(rings.made(shapely.linearrings)) for name, rings in areas.items()},
        streams.made(shapely.linestrings),
        roads.made(shapely.linestrings),
        np.array(ranks, dtype="int64"),
        tuple(names),
        tuple(points),
    )


class _Lines:
    """Lines or rings of steps, tile by tile, that become shapes all at once."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._flat: list[int] = []
        self._lengths: list[int] = []
        self._starts: list[tuple[int, int]] = []

    def take(self, lines: list[list[int]], x: int, y: int) -> None:
        """Add the lines of a tile."""
        for line in lines:
            self._flat += line
        self._lengths += [len(line) // 2 for line in lines]
        self._starts += [(x * UNITS, y * UNITS)] * len(lines)

    def made(self, make: Callable[..., Any]) -> Shapes:
        """Return them as shapes in degrees, made by `shapely.linestrings` or `shapely.linearrings`."""
        if not self._lengths:
            return np.empty(0, dtype=object)
        walked = np.cumsum(np.array(self._flat, dtype="int64").reshape(-1, 2), axis=0)
        ends = np.cumsum(self._lengths)
        before = np.vstack([[0, 0], walked[ends[:-1] - 1]])
        each = np.repeat(np.array(self._starts) - before, self._lengths, axis=0)
        of = np.repeat(np.arange(len(ends)), self._lengths)
        return np.asarray(make(_in_degrees(walked + each, self._level), indices=of), dtype=object)


def _polygons(rings: Shapes) -> Shapes:
    """Return the areas of rings: outlines against the clock on the ground, each followed by its holes."""
    if not len(rings):
        return rings
    outer = shapely.is_ccw(rings)
    outer[0] = True
    which = np.flatnonzero(outer)
    found = shapely.polygons(rings[outer])
    for i in np.unique(np.cumsum(outer)[~outer] - 1):  # those with holes
        end = which[i + 1] if i + 1 < len(which) else len(rings)
        found[i] = shapely.polygons(rings[which[i]], holes=rings[which[i] + 1 : end])
    return np.asarray(found, dtype=object)


def _in_degrees(units: NDArray[Any], level: int) -> NDArray[np.float64]:
    size = UNITS * 2.0**level
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * units[:, 1] / size))))
    return np.column_stack([units[:, 0] / size * 360 - 180, lat])


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
