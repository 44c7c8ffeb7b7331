"""
Where the name of a street may stand: along its longest stretch that bends little. As in client/map/streets_names.js.

Lengths are in the unit of the drawing, angles in radians, clockwise from the east, for y points down.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

STRAIGHT: Final = 0.93
"""Cosine below which a corner ends a stretch."""

LANDMARKS: Final = ("school", "market", "police", "court", "hospital")
"""Rank of a landmark -> its kind; see `features.LANDMARKS`."""

Box = tuple[float, float, float, float]


class Stretch(NamedTuple):
    """The middle of a stretch, its direction, and its length."""

    x: float
    y: float
    angle: float
    length: float


def longest_stretch(line: NDArray[np.float64] | Any) -> Stretch | None:
    """
    Return the longest stretch of a line that bends little; None for a line without length.

    >>> longest_stretch(np.array([(0, 0), (3, 0), (3, 10), (3, 20)]))
    Stretch(x=3.0, y=10.0, angle=1.5707963267948966, length=20.0)
    """
    best, start = None, 0
    for i in range(1, len(line)):
        if i < len(line) - 1 and _cosine(line[i] - line[start], line[i + 1] - line[i]) > STRAIGHT:
            continue
        (x0, y0), (x1, y1) = line[start].tolist(), line[i].tolist()
        length = math.hypot(x1 - x0, y1 - y0)
        if length > (best.length if best else 0):
            best = Stretch((x0 + x1) / 2, (y0 + y1) / 2, upright(math.atan2(y1 - y0, x1 - x0)), length)
        start = i
    return best


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(one @ other) / (math.hypot(*one) * math.hypot(*other) or 1.0)


def upright(angle: float) -> float:
    """
    Return the same direction, so that a text along it is not upside down.

    >>> upright(math.pi) == 0, upright(-math.pi / 2) == math.pi / 2, upright(1.0)
    (True, True, 1.0)
    """
    if angle > math.pi / 2:
        return angle - math.pi
    return angle + math.pi if angle <= -math.pi / 2 else angle


def boxes_along(at: Stretch, width: float, height: float) -> list[Box]:
    """
    Return boxes that a text along a stretch takes: small ones in a row, for it stands at an angle.

    >>> boxes_along(Stretch(10, 0, 0.0, 50), 4, 2)
    [(8.0, -1.0, 10.0, 1.0), (10.0, -1.0, 12.0, 1.0)]
    """
    count = max(1, math.ceil(width / height))
    steps = [((i + 0.5) / count - 0.5) * width for i in range(count)]
    middles = [(at.x + step * math.cos(at.angle), at.y + step * math.sin(at.angle)) for step in steps]
    return [(x - height / 2, y - height / 2, x + height / 2, y + height / 2) for x, y in middles]
