"""
Room on the sheet: symbols that stand beside each other instead of on each other, and labels that touch nothing.

Greedy, in the order of what matters most; what finds no room is left out and counted. All lengths are millimetres of
the sheet, a box is left, top, right, bottom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mssmap.brief.drawing import typeface

Box = tuple[float, float, float, float]

GAP_MM: Final = 0.25
LEADING: Final = 1.12
ASCENT, DESCENT = 0.75, 0.22
"""Height of letters above and below the baseline, in parts of the size."""
BADGE: Final = 1.3
"""Width of the disc behind a number, in parts of the size of the number."""


def overlap(one: Box, other: Box) -> bool:
    """
    Whether two boxes have room in common; touching edges do not count.

    >>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), overlap((0, 0, 2, 2), (2, 0, 3, 2))
    (True, False)
    """
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class Room:
    """The free room of a frame: boxes are taken one after the other."""

    def __init__(self, frame: Box, taken: Iterable[Box] = ()) -> None:
        self.frame = frame
        self._boxes: NDArray[np.float64] = np.empty((0, 4))
        for box in taken:
            self.take(box)

    def take(self, box: Box) -> None:
        """Mark a box as taken."""
        self._boxes = np.vstack([self._boxes, box])

    def is_free(self, box: Box) -> bool:
        """Whether a box lies inside the frame and touches nothing that is taken."""
        left, top, right, bottom = self.frame
        if box[0] < left or box[1] < top or box[2] > right or box[3] > bottom:
            return False
        taken = self._boxes
        hit = (taken[:, 0] < box[2]) & (box[0] < taken[:, 2]) & (taken[:, 1] < box[3]) & (box[1] < taken[:, 3])
        return not hit.any()


@dataclass(frozen=True)
class Symbol:
    """A symbol that is to be drawn: its glyph, its true place and its size."""

    name: str
    x: float
    y: float
    size: float
    key: str = ""
    faded: bool = False


@dataclass(frozen=True)
class PlacedSymbol:
    """A symbol and where its centre came to stand; `moved` if that is not its true place."""

    symbol: Symbol
    x: float
    y: float

    @property
    def moved(self) -> bool:
        return math.hypot(self.x - self.symbol.x, self.y - self.symbol.y) > 0.01

    @property
    def box(self) -> Box:
        half = self.symbol.size / 2
        return (self.x - half, self.y - half, self.x + half, self.y + half)


def place_symbols(
    wanted: Sequence[Symbol], room: Room, *, reach: float = 17.0, step: float = 1.1
) -> tuple[list[PlacedSymbol], list[Symbol]]:
    """
    Put symbols side by side, each as near to its place as there is room.

    Parameters
    ----------
    wanted
        The most telling first: it gets its true place.
    room
        What is free; the places taken are marked in it.
    reach
        A symbol moves so far at most.

    Returns
    -------
    placed, left_out
    """
    placed, left_out = [], []
    offsets = list(_spiral(reach, step))
    for symbol in wanted:
        half = symbol.size / 2
        for dx, dy in offsets:
            x, y = symbol.x + dx, symbol.y + dy
            box = (x - half, y - half, x + half, y + half)
            if room.is_free(box):
                room.take(box)
                placed.append(PlacedSymbol(symbol, x, y))
                break
        else:
            left_out.append(symbol)
    return placed, left_out


def _spiral(reach: float, step: float) -> Iterable[tuple[float, float]]:
    """Yield offsets ring by ring, the first one none."""
    yield 0.0, 0.0
    for ring in range(1, int(reach / step) + 1):
        count = 8 + 4 * ring
        for turn in range(count):
            angle = 2 * math.pi * turn / count - math.pi / 2
            yield ring * step * math.cos(angle), ring * step * math.sin(angle)


@dataclass(frozen=True)
class Label:
    """
    Words beside (or over) a point.

    Attributes
    ----------
    clear
        Half of the size of what stands at the point; the words keep so far away.
    spread
        Room between letters in parts of the size, for names of areas.
    over
        True for the name of an area: the words may stand on the point.
    dot
        A point is drawn where the label belongs.
    badge
        The words, a number, stand on a dark disc.
    """

    words: tuple[str, ...]
    x: float
    y: float
    size_pt: float
    cut: str = typeface.REGULAR
    fill: str = "#1c2730"
    clear: float = 0.0
    spread: float = 0.0
    over: bool = False
    dot: bool = False
    badge: bool = False

    @property
    def width(self) -> float:
        size = self.size_pt * typeface.POINT_MM
        if self.badge:
            return self.height
        return max(typeface.width(line, size, self.cut) + self.spread * size * len(line) for line in self.words)

    @property
    def height(self) -> float:
        size = self.size_pt * typeface.POINT_MM
        if self.badge:
            return size * BADGE
        return size * (ASCENT + DESCENT + LEADING * (len(self.words) - 1))


@dataclass(frozen=True)
class PlacedLabel:
    """A label with the box it fills; `anchor` says which side its lines are set to."""

    label: Label
    box: Box
    anchor: str


def place_labels(wanted: Iterable[Label], room: Room) -> list[PlacedLabel]:
    """Place the labels that find room, the most telling first; those boxes are then taken in `room`."""
    placed = []
    for label in wanted:
        for box, anchor in _candidates(label):
            grown = (box[0] - GAP_MM, box[1] - GAP_MM, box[2] + GAP_MM, box[3] + GAP_MM)
            if room.is_free(grown):
                room.take(box)
                placed.append(PlacedLabel(label, box, anchor))
                break
    return placed


AROUND: Final = ((1, 0), (1, -1), (1, 1), (-1, 0), (-1, -1), (-1, 1), (0, -1), (0, 1))
"""Sides of a point on which its label may stand, the best first: right, upper right, lower right, left, ..."""

ASIDE: Final = (
    *((0.0, 0.0), (0.0, -4.0), (0.0, 4.0), (-8.0, 0.0), (8.0, 0.0), (-7.0, -5.0), (7.0, -5.0), (-7.0, 5.0)),
    *((7.0, 5.0), (0.0, -8.0), (0.0, 8.0), (-14.0, 0.0), (14.0, 0.0)),
)
"""How far, in millimetres, the name of an area may move from its middle."""


def _candidates(label: Label) -> Iterable[tuple[Box, str]]:
    width, height = label.width, label.height
    if label.over:
        for dx, dy in ASIDE:
            x, y = label.x + dx, label.y + dy
            yield (x - width / 2, y - height / 2, x + width / 2, y + height / 2), "middle"
        return
    for far in (0.0, 1.2, 2.6):
        reach = label.clear + 0.5 + far
        for side, down in AROUND:
            diagonal = 0.72 if side and down else 1.0
            x, y = label.x + side * reach * diagonal, label.y + down * (reach * diagonal + height / 2)
            if side == 0:
                yield (x - width / 2, y - height / 2, x + width / 2, y + height / 2), "middle"
            elif side > 0:
                yield (x, y - height / 2, x + width, y + height / 2), "start"
            else:
                yield (x - width, y - height / 2, x, y + height / 2), "end"
