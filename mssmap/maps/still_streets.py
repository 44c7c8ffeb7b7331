"""
Streets on the still map: what client/map/streets.js draws, as paths, and the names that find room.

A page has to come by a slow line, so what matters least is left to the live map once there is too much.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import shapely

from mssmap.maps import placing
from mssmap.maps.still_lines import WindowClass, n, run
from mssmap.streets import names, reading, shelf
from mssmap.streets.names import Stretch
from mssmap.streets.reading import LEVELS, Streets

STREETS_FROM: Final = 12.5
"""From this zoom on there are streets; as in client/map/streets_draw.js."""

MOST_CHARS: Final = (60_000, 160_000)
"""Of paths in a small drawing (`Look.size`) and in one for every window."""
MOST_NAMES: Final = 120
SAME_PX: Final = 320
AT_16_PX: Final = (1.2, 3.2, 7.0, 9.0, 11.0, 13.0)
LEAST_PX: Final = (0.5, 0.6, 0.9, 1.5, 2.0, 2.5)
"""Rank of a road -> width at zoom 16, and the least; as in client/map/streets_draw.js."""
NAMED_FROM: Final = ((15, 0), (14, 2), (0, 3))
"""Zoom -> least rank of a street that has its name."""
LETTERS: Final = {"street": (11.0, False, 12.0), "part": (12.0, True, 15.0)}
LANDMARK: Final = (11.0, False, 13.0)
"""Size of a name, whether it is bold, and the room that a line takes; all in pixels, as client/map has them."""
ASIDE_PX: Final = 6.0

Box = tuple[float, float, float, float]
Width = Callable[[str, float, bool], float]


def read(step: WindowClass, window: Box | None) -> Streets | None:
    """Return the streets of a window (degrees) at the zoom of a class; None where the live map has none."""
    made = shelf.drawn()
    if made is None or window is None or step.zoom < STREETS_FROM:
        return None
    level = max(LEVELS[0], min(LEVELS[-1], math.floor(step.zoom - 0.5)))
    found = reading.read(made.set_id, window, level)
    return found if len(found.roads) else None


def width_px(rank: int, zoom: float) -> float:
    """
    Return the width of a road.

    >>> width_px(5, 16), width_px(0, 12.5)
    (13.0, 0.5)
    """
    return float(max(AT_16_PX[rank] * 2 ** ((zoom - 16) * 0.75), LEAST_PX[rank]))


def drawn(found: Streets, step: WindowClass, window: Box, most: int) -> str:
    """Draw areas and roads, up to some characters: the main roads come first."""
    wanted = {f"r{rank}": found.roads[found.ranks == rank] for rank in range(5, -1, -1)}
    wanted |= {"w": found.areas["w"], "p": found.areas["p"], "s": found.streams, "b": found.areas["b"]}
    lines: dict[str, str] = {}
    for name, shapes in wanted.items():
        line = run(shapely.clip_by_rect(shapes, *window), step)
        if sum(map(len, lines.values())) + len(line) > most:
            break
        lines[name] = line
    return "".join(_styled(lines, step.zoom))


def _styled(lines: dict[str, str], zoom: float) -> Iterator[str]:
    """Yield the paths in the order in which they lie: areas, casings, roads, the small ones below."""
    for name in "pwbs":
        if lines.get(name):
            yield f'<path class="mm-street {name}" d="{lines[name]}"/>'
    roads = [(rank, lines[f"r{rank}"]) for rank in range(6) if lines.get(f"r{rank}")]
    for rank, line in roads:
        if rank and width_px(rank, zoom) > 1.6:
            yield f'<path class="mm-street kerb" style="stroke-width:{n(width_px(rank, zoom) + 1.4)}" d="{line}"/>'
    for rank, line in roads:
        wide = width_px(rank, zoom)
        kind = "avenue" if rank >= 4 else "path" if not rank else "kerb" if wide <= 1.6 else "road"
        yield f'<path class="mm-street {kind}" style="stroke-width:{n(wide)}" d="{line}"/>'


class _Name(NamedTuple):
    words: str
    rank: int
    kind: str
    at: Stretch
    width: float
    height: float


def lettered(found: Streets, step: WindowClass, taken: list[Box], seen: tuple[float, float], width: Width) -> str:
    """
    Write the names that find room between what is there; theirs is taken.

    Parameters
    ----------
    taken
        Boxes in pixels of the world at the zoom of the class.
    seen
        Width and height of the drawing in pixels.
    """
    x0, y0 = step.origin
    near = [
        name
        for name in _names(found, step, width)
        if abs(name.at.x - x0) < seen[0] / 2 and abs(name.at.y - y0) < seen[1] / 2
    ]
    used: dict[str, list[Stretch]] = {}
    written = []
    for name in sorted(near, key=lambda one: (-one.rank, -one.at.length)):
        others = used.setdefault(name.words, [])
        boxes = names.boxes_along(name.at, name.width, name.height)
        is_near = any(math.hypot(one.x - name.at.x, one.y - name.at.y) < SAME_PX for one in others)
        if name.width > name.at.length or is_near or any(_overlap(box, other) for box in boxes for other in taken):
            continue
        taken += boxes
        others.append(name.at)
        written.append(_written(name, step.origin))
        if len(written) == MOST_NAMES:
            break
    return "".join(written)


def _names(found: Streets, step: WindowClass, width: Width) -> Iterator[_Name]:
    for point in found.points:
        x, y = placing.pixels(point.lat, point.lon, step.zoom)
        is_part = point.kind == "t"
        kind = "part" if is_part else names.LANDMARKS[point.rank]
        size, bold, height = LETTERS.get(kind, LANDMARK)
        wide = width(point.name, size, bold) + 8
        if is_part:
            yield _Name(point.name, point.rank + 20, kind, Stretch(x, y, 0, math.inf), wide, height)
        else:
            whole = wide + ASIDE_PX
            at = Stretch(x + whole / 2 - 4, y, 0, math.inf)
            yield _Name(point.name, point.rank + 10, kind, at, whole, height)
    least = next(rank for zoom, rank in NAMED_FROM if step.zoom >= zoom)
    size, bold, height = LETTERS["street"]
    for line, rank, words in zip(found.roads, found.ranks.tolist(), found.names, strict=True):
        if not words or rank < least:
            continue
        lonlat = shapely.get_coordinates(line)
        along = names.longest_stretch(np.array([placing.pixels(lat, lon, step.zoom) for lon, lat in lonlat.tolist()]))
        if along and along.length > 30:
            yield _Name(words, rank, "street", along, width(words, size, bold) + 8, height)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _written(name: _Name, origin: tuple[float, float]) -> str:
    x, y = name.at.x - origin[0], name.at.y - origin[1]
    words = html.escape(name.words)
    if name.kind in LETTERS:
        turned = f' transform="rotate({math.degrees(name.at.angle):.1f} {n(x)} {n(y)})"' if name.at.angle else ""
        return f'<text class="mm-l {name.kind}" x="{n(x)}" y="{n(y)}"{turned}>{words}</text>'
    left = x - name.width / 2 + 4
    said = f'<text class="mm-l landmark" x="{n(left + ASIDE_PX)}" y="{n(y)}">{words}</text>' if words else ""
    return f'<path class="mm-landmark" d="{_mark(name.kind, left, y)}"/>{said}'


def _mark(kind: str, x: float, y: float) -> str:
    """Return the plain mark of a landmark: a cross for health, else a square."""
    if kind == "hospital":
        return f"M{n(x - 3)} {n(y)}h6M{n(x)} {n(y - 3)}v6"
    return f"M{n(x - 2)} {n(y)}h4"
