"""
Where symbols find their places on the still map, in pixels: the rule of `client/map/placing.js`.

The live map follows the hand, so it has the rule in the browser; a test feeds both and compares.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

TILE_PX: Final = 256
Spot = tuple[float, float]


def pixels(lat: float, lon: float, zoom: float) -> Spot:
    """
    Return where a place lies on the world of a zoom, as Leaflet projects it (EPSG:3857).

    >>> pixels(0, 0, 0)
    (128.0, 128.0)
    """
    size = TILE_PX * 2**zoom
    north = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
    return size * (lon / 360 + 0.5), size * (0.5 - north / (2 * math.pi))


def degrees(x: float, y: float, zoom: float) -> Spot:
    """
    Return latitude and longitude of a place on the world of a zoom.

    >>> [round(value, 6) for value in degrees(*pixels(19.0, -72.9, 8), 8)]
    [19.0, -72.9]
    """
    size = TILE_PX * 2**zoom
    north = (0.5 - y / size) * 2 * math.pi
    return math.degrees(2 * math.atan(math.exp(north)) - math.pi / 2), (x / size - 0.5) * 360


def whole(value: float) -> int:
    """
    Round as JavaScript does, halves upwards.

    >>> whole(2.5), whole(-2.5)
    (3, -2)
    """
    return math.floor(value + 0.5)


@dataclass(frozen=True)
class Mark:
    """A record or event that has a symbol on the map."""

    id: str
    symbol: str
    kind: str
    at: Spot
    """Latitude and longitude."""
    dim: bool
    grade: str
    precision: str
    title: str = ""


@dataclass
class Stack:
    """Marks in one place: `xy` is where they are, `place` where they are drawn."""

    kind: str
    xy: Spot
    place: Spot
    radius: float = 0.0
    items: list[Mark] = field(default_factory=list)


def stacks(marks: Iterable[Mark], zoom: float, sizes: Mapping[str, float]) -> list[Stack]:
    """
    Return the marks of a zoom as stacks that do not collide.

    Parameters
    ----------
    sizes
        Width in pixels by kind, in the order in which the kinds find their places.
    """
    order = {kind: place for place, kind in enumerate(sizes)}
    found: list[Stack] = []
    for mark in sorted(marks, key=lambda mark: (order[mark.kind], mark.id)):
        x, y = pixels(*mark.at, zoom)
        _stack(mark, (whole(x), whole(y)), found, sizes)
    _spread(found, sizes)
    return found


def _stack(mark: Mark, xy: Spot, found: list[Stack], sizes: Mapping[str, float]) -> None:
    reach = sizes[mark.kind] * (1.25 if mark.kind == "events" else 0.8)
    home = next((one for one in found if one.kind == mark.kind and math.dist(one.xy, xy) < reach), None)
    if home is None:
        home = Stack(mark.kind, xy, xy)
        found.append(home)
    home.items.append(mark)


def _spread(found: list[Stack], sizes: Mapping[str, float]) -> None:
    taken: list[Stack] = []
    for stack in found:
        stack.radius = sizes[stack.kind] / 2 + 1.5 + (2 if len(stack.items) > 1 else 0)
        stack.place = _free_place(stack, taken)
        taken.append(stack)


def _free_place(stack: Stack, taken: list[Stack]) -> Spot:
    x, y = stack.xy
    near = [other for other in taken if math.dist(other.place, stack.xy) < 70 + other.radius + stack.radius]

    def is_clear(xy: Spot) -> bool:
        return all(math.dist(other.place, xy) >= other.radius + stack.radius for other in near)

    if is_clear(stack.xy):
        return stack.xy
    for ring in range(1, 8):
        away = ring * 9 + 6
        for step in range(16):
            angle = (-1 if step % 2 else 1) * math.ceil(step / 2) * math.pi / 8 - math.pi / 4
            xy = (x + away * math.cos(angle), y + away * math.sin(angle))
            if is_clear(xy):
                return xy
    return stack.xy


def top_of(stack: Stack) -> Mark:
    """Return the mark that stands for a stack: the first, of events one of the most frequent symbol."""
    if stack.kind != "events":
        return stack.items[0]
    [(most, _n)] = Counter(mark.symbol for mark in stack.items).most_common(1)
    return next(mark for mark in stack.items if mark.symbol == most)
