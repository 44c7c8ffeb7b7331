"""
Boundaries as the browser gets them: a line that areas share is sent once.

A line (an arc) runs between two corners, points at which more than two lines meet, and is told by its first point and
the way from each point to the next, in whole steps of `STEP_DEG`. An area is told by the numbers of its arcs, `~n` for
arc n backwards, as TopoJSON does. Levels that share their vertices in `data/` share their arcs, and fit at every zoom,
also where arcs were simplified.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

STEP_DEG: Final = 1e-4
"""Length of a step: 11 m, as `data/` has it."""

OVERVIEW_STEPS: Final = 12.0
"""How far a line may move where the whole country is seen: 130 m, less than a pixel at zoom 10."""

Refs = list[list[list[int]]]
"""Numbers of arcs by polygon and ring."""

_WIDE: Final = 1 << 24
"""More than there are steps around the globe: two of them make one whole number of a point."""


@dataclass
class Arcs:
    """
    The lines of some layers, numbered as areas ask for them.

    Attributes
    ----------
    corners
        Points at which a line ends, ascending.
    lines
        The arcs, each as its points.
    """

    corners: NDArray[np.int64]
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    _numbers: dict[bytes, int] = field(default_factory=dict)

    def of(self, shape: Any) -> Refs:
        """Return the arcs of an area in degrees."""
        return [[self._ring(ring) for ring in rings] for rings in _polygons(shape)]

    def _ring(self, ring: NDArray[np.int64]) -> list[int]:
        """Return the arcs of a closed ring; one without a corner is an arc itself, from its smallest point on."""
        at = np.flatnonzero(self._ends(ring[:-1]))
        if not len(at):
            at = np.array([ring.argmin()])
        turned = np.concatenate([ring[at[0] : -1], ring[: at[0] + 1]])
        cuts = [*(at - at[0]).tolist(), len(turned) - 1]
        return [self._arc(turned[i : j + 1]) for i, j in itertools.pairwise(cuts)]

    def _ends(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each point is a corner."""
        if not len(self.corners):
            return np.zeros(len(points), dtype=bool)
        at = np.searchsorted(self.corners, points).clip(max=len(self.corners) - 1)
        found: NDArray[np.bool_] = self.corners[at] == points
        return found

    def _arc(self, line: NDArray[np.int64]) -> int:
        """Return the number of a line, negative if it is known the other way round."""
        known = self._numbers.get(line.tobytes())
        if known is None:
            known = len(self.lines)
            self.lines.append(line)
            self._numbers[line[::-1].tobytes()] = ~known
            self._numbers[line.tobytes()] = known
        return known

    def told(self, since: int = 0, *, tolerance: float = 0.0) -> list[list[int]]:
        """
        Return the arcs from a number on as steps; the first two are where an arc begins.

        Parameters
        ----------
        tolerance
            How far a line may move when it is simplified, in steps; its ends stay. A ring keeps four points.
        """
        points = [np.column_stack(np.divmod(line, _WIDE)) - _WIDE // 2 for line in self.lines[since:]]
        lines = np.array([shapely.LineString(line) for line in points], dtype=object)
        thin = shapely.simplify(lines, tolerance, preserve_topology=True) if tolerance else lines
        return [
            np.diff(shapely.get_coordinates(line).astype("int64"), axis=0, prepend=[[0, 0]]).ravel().tolist()
            for line in thin
        ]


def arcs(layers: Iterable[Sequence[Any]]) -> Arcs:
    """Return the lines of all areas (in degrees) of some layers, none of them cut yet."""
    rings = [ring for shapes in layers for shape in shapes for rings in _polygons(shape) for ring in rings]
    if not rings:
        return Arcs(np.empty(0, dtype="int64"))
    start, end = np.concatenate([ring[:-1] for ring in rings]), np.concatenate([ring[1:] for ring in rings])
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    once = np.append(True, (np.diff(low) != 0) | (np.diff(high) != 0))
    points, lines = np.unique(np.concatenate([low[once], high[once]]), return_counts=True)
    return Arcs(points[lines != 2])


def _polygons(shape: Any) -> list[list[NDArray[np.int64]]]:
    """Return the rings of each polygon, their points as whole numbers; what is smaller than a step is left out."""
    found = []
    for polygon in shapely.get_parts(shape).tolist():
        if polygon.is_empty:
            continue
        rings = [_whole(ring) for ring in (polygon.exterior, *polygon.interiors)]
        if len(rings[0]) > 3:
            found.append([ring for ring in rings if len(ring) > 3])
    return found


def _whole(ring: Any) -> NDArray[np.int64]:
    steps = np.rint(shapely.get_coordinates(ring) / STEP_DEG).astype("int64") + _WIDE // 2
    points: NDArray[np.int64] = steps[:, 0] * _WIDE + steps[:, 1]
    differs: NDArray[np.bool_] = np.append(True, points[1:] != points[:-1])
    return np.asarray(points[differs], dtype="int64")


def areas(lines: Arcs, shapes: Sequence[Any], words: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return areas as what is said of each (`p`) and its arcs (`a`)."""
    return [{"p": dict(said), "a": lines.of(shape)} for shape, said in zip(shapes, words, strict=True)]
