"""The tiles of a set as shapes, for what is drawn without a browser, and as plain JSON for a page without a server."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from mssmap.streets import cutting, shelf, tile
from mssmap.streets.features import LEVELS
from mssmap.streets.manifest import Manifest
from mssmap.streets.tile import UNITS

__all__ = ["LEVELS", "carried", "roads", "tiles_in", "waters"]

Box = tuple[float, float, float, float]
Shapes = NDArray[np.object_]

MOST_BYTES: Final = 5_000_000
"""Of tiles in a page that carries them."""


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


def roads(found: Manifest, box: Box, level: int) -> tuple[Shapes, NDArray[np.int64]]:
    """Return the roads of a level in a box as lines in degrees, and the rank of each; as `features.Kind` has it."""
    lines, ranks = [], []
    for x, y, content in tiles_in(found, box, level):
        for rank, _name, steps in content.get("r", ()):
            lines.append(_in_degrees(steps, level, x, y))
            ranks.append(rank)
    return _array([shapely.LineString(line) for line in lines]), np.array(ranks, dtype="int64")


def waters(found: Manifest, box: Box, level: int) -> Shapes:
    """Return the waters of a level in a box as areas in degrees."""
    return _array([
        shapely.Polygon(_in_degrees(ring, level, x, y))
        for x, y, content in tiles_in(found, box, level)
        for ring in content.get("w", ())
        if len(ring) >= 6
    ])  # fmt: skip


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
