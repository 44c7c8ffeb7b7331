"""
What is drawn cut into tiles, a block of them at a time, so that no country has to fit into memory.

Everything is brought to the units of the last level (Web Mercator); each level before it has half of them. Roads of one
name and rank are joined where they meet, lines and areas are simplified to what a screen can show and cut with a margin
for the width of their lines. A building stays whole in the tile of its middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from mssmap.streets import tile
from mssmap.streets.features import LAST, LEVELS
from mssmap.streets.tile import UNITS, Shapes

RULES: Final = 1
"""Grows with every change here or in `features` that changes a tile."""

BLOCK: Final = 11
"""Zoom of the tile that is a block."""

MARGIN: Final = 64
"""Units that a tile reaches beyond its edge."""

TOLERANCE: Final = {12: 3.0, 13: 3.0, LAST: 1.0}
"""Units of each level: at most a pixel."""
LEAST_AREA: Final = {12: 60.0, 13: 60.0, LAST: 6.0}
"""Square units: smaller waters and parks are left out."""

MOST_LAT: Final = 85.0

Place = tuple[int, int, int]
"""Level, column and row of a tile."""


def to_units(lonlat: NDArray[np.float64], level: int = LAST) -> NDArray[np.float64]:
    """
    Return places in degrees as units of a level, from the north-west corner of the world.

    >>> to_units(np.array([[0.0, 0.0]]), 0).tolist()
    [[1024.0, 1024.0]]
    """
    size = UNITS * 2.0**level
    lat = np.radians(np.clip(lonlat[:, 1], -MOST_LAT, MOST_LAT))
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2
    return np.column_stack([(lonlat[:, 0] + 180) / 360 * size, y * size])


def to_degrees(place: Place) -> tuple[float, float, float, float]:
    """
    Return west, south, east, north of a tile.

    >>> [round(value, 3) for value in to_degrees((1, 0, 0))]
    [-180.0, 0.0, 0.0, 85.051]
    """
    level, x, y = place
    count = 2.0**level
    south, north = (float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / count))))) for row in (y + 1, y))
    return x / count * 360 - 180, south, (x + 1) / count * 360 - 180, north


def blocks_of(shapes: Shapes) -> NDArray[np.int32]:
    """Return first column, first row, last column, last row of the blocks that each shape touches; -1 for none."""
    box = shapely.bounds(shapes)
    known = np.isfinite(box).all(axis=1)
    side = UNITS * 2.0 ** (LAST - BLOCK)
    found = np.full((len(shapes), 4), -1, dtype="int32")
    north_west = to_units(box[known][:, [0, 3]]) - MARGIN
    south_east = to_units(box[known][:, [2, 1]]) + MARGIN
    found[known] = np.floor(np.column_stack([north_west, south_east]) / side).astype("int32")
    return found


def cut(block: tuple[int, int], rows: pa.Table) -> Iterator[tuple[Place, bytes]]:
    """
    Yield the tiles of a block.

    Parameters
    ----------
    block
        Column and row at zoom `BLOCK`.
    rows
        What touches it, with the columns of `extract_job.DRAWN`.
    """
    drawn = _Drawn.of(rows)
    for level in LEVELS:
        at_level = drawn.at(level)
        if not len(at_level.shapes):
            continue
        tree = shapely.STRtree(at_level.shapes)
        side = 2 ** (level - BLOCK)
        for x in range(block[0] * side, (block[0] + 1) * side):
            for y in range(block[1] * side, (block[1] + 1) * side):
                content = _tile(at_level, tree, x, y)
                if content:
                    yield (level, x, y), tile.packed(content)


class _Drawn:
    """Shapes in units of one level with what they are, as arrays of the same length."""

    def __init__(self, shapes: Shapes, lists: Shapes, rank: Any, level: Any, name: Shapes) -> None:
        self.shapes, self.lists, self.rank, self.level, self.name = shapes, lists, rank, level, name

    @classmethod
    def of(cls, rows: pa.Table) -> _Drawn:
        """Read shapes in degrees; lines are joined, areas taken apart."""
        shapes = shapely.from_wkb(rows["shape"].to_numpy(zero_copy_only=False))
        shapes = shapely.transform(shapes, to_units)
        columns = [rows[name].to_numpy(zero_copy_only=False) for name in ("list", "rank", "level", "name")]
        whole = cls(shapes, *columns)
        lines = np.isin(whole.lists, ["r", "s"])
        points = np.isin(whole.lists, ["l", "t"])
        middle = whole.only(points)
        middle.shapes = shapely.centroid(middle.shapes)
        return _together(_joined(whole.only(lines)), middle, whole.only(~lines & ~points).parts())

    def only(self, which: Any) -> _Drawn:
        return _Drawn(self.shapes[which], self.lists[which], self.rank[which], self.level[which], self.name[which])

    def parts(self) -> _Drawn:
        """Return shapes of one part each."""
        parts, of = shapely.get_parts(self.shapes, return_index=True)
        found = self.only(of)
        found.shapes = parts
        return found

    def at(self, level: int) -> _Drawn:
        """Return what a level shows, in its units and simplified."""
        found = self.only(self.level <= level)
        scale = 2.0 ** (level - LAST)
        shapes = found.shapes if scale == 1 else shapely.transform(found.shapes, lambda at: at * scale)
        areas = np.isin(found.lists, ["w", "p"])
        large = ~areas | (shapely.area(shapes) >= LEAST_AREA[level])
        found = found.only(large)
        found.shapes = shapely.simplify(shapes[large], TOLERANCE[level], preserve_topology=False)
        return found.only(~shapely.is_empty(found.shapes)).parts()


def _together(*parts: _Drawn) -> _Drawn:
    fields = ("shapes", "lists", "rank", "level", "name")
    return _Drawn(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def _joined(lines: _Drawn) -> _Drawn:
    """Join lines that are the same but for their place, where they meet."""
    if not len(lines.shapes):
        return lines
    lines = lines.parts()
    keys = np.array([f"{a}|{b}|{c}|{d}" for a, b, c, d in zip(
        lines.lists.tolist(), lines.rank.tolist(), lines.level.tolist(), lines.name.tolist(), strict=True
    )])  # fmt: skip
    __, first, of = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(of, kind="stable")
    made = lines.only(first)
    made.shapes = shapely.line_merge(shapely.multilinestrings(lines.shapes[order], indices=of[order]))
    return made.parts()


def _tile(drawn: _Drawn, tree: shapely.STRtree, x: int, y: int) -> dict[str, Any]:
    """Return the content of a tile; empty if there is nothing on it."""
    west, north = x * UNITS, y * UNITS
    box = (west - MARGIN, north - MARGIN, west + UNITS + MARGIN, north + UNITS + MARGIN)
    near = np.sort(tree.query(shapely.box(*box)))
    if not len(near):
        return {}
    content: dict[str, Any] = {}
    names: dict[str, int] = {}
    here = drawn.only(near)
    for name in tile.LISTS:
        found = _list(name, here.only(here.lists == name), box, names)
        if found:
            content[name] = found
    return content | ({"n": list(names)} if names else {})


def _list(name: str, here: _Drawn, box: tuple[float, ...], names: dict[str, int]) -> list[Any]:
    if not len(here.shapes):
        return []
    origin = (box[0] + MARGIN, box[1] + MARGIN)
    if name in ("l", "t", "b"):
        here = here.only(_is_in(shapely.get_coordinates(shapely.centroid(here.shapes)) - origin))
    if name in ("l", "t"):
        return _points(here, origin, names)
    if name == "b":
        return tile.rings(here.shapes, origin)
    here.shapes = _clipped(here.shapes, box)
    here = here.parts()
    kind = shapely.GeometryType.POLYGON if name in ("w", "p") else shapely.GeometryType.LINESTRING
    here = here.only(shapely.get_type_id(here.shapes) == kind)
    if name in ("w", "p"):
        return tile.rings(here.shapes, origin)
    lines, which = tile.lines(here.shapes, origin)
    ranks, called = here.rank[which].tolist(), here.name[which].tolist()
    order = sorted(range(len(lines)), key=lambda i: ranks[i])
    if name == "s":
        return [[ranks[i], lines[i]] for i in order]
    return [[ranks[i], _index(called[i], names), lines[i]] for i in order]


def _is_in(at: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(((at >= 0) & (at < UNITS)).all(axis=1))


def _points(here: _Drawn, origin: tuple[float, float], names: dict[str, int]) -> list[Any]:
    at = np.rint(shapely.get_coordinates(here.shapes) - origin).astype("int64").tolist()
    rows = zip(here.rank.tolist(), here.name.tolist(), at, strict=True)
    found = [[rank, _index(name, names), *xy] for rank, name, xy in rows if name or rank >= 0]
    return sorted(found, key=lambda row: -row[0])


def _index(name: str, names: dict[str, int]) -> int:
    return names.setdefault(name, len(names)) if name else -1


def _clipped(shapes: Shapes, box: tuple[float, ...]) -> Shapes:
    """Cut shapes that reach over a box; the others are left as they are."""
    bounds = shapely.bounds(shapes)
    over = (bounds[:, 0] < box[0]) | (bounds[:, 1] < box[1]) | (bounds[:, 2] > box[2]) | (bounds[:, 3] > box[3])
    made = shapes.copy()
    made[over] = shapely.clip_by_rect(shapes[over], *box)
    return made
