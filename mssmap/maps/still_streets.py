"""
Streets on the still map: what client/map/streets.js draws, as paths, and the names that find room.

A page has to come by a slow line, so what matters least is left to the live map once there is too much.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from mssmap.maps import placing
from mssmap.maps.still_lines import FINE, WindowClass, n
from mssmap.streets import names, reading, shelf
from mssmap.streets.names import Stretch
from mssmap.streets.reading import LEVELS, Streets

STREETS_FROM: Final = 12.5
"""From this zoom on there are streets; as in client/map/streets_draw.js."""

MOST_CHARS: Final = (60_000, 160_000)
"""Of paths in a small drawing (`Look.size`) and in one for every window."""
MOST_NAMES, MOST_TRIED = 120, 400
LEAST_STRETCH_PX: Final = 30
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
        line = _path(_within(shapes, window), step, most - sum(map(len, lines.values())))
        if line is None:
            break
        lines[name] = line
    return "".join(_styled(lines, step.zoom))


def _within(shapes: reading.Shapes, window: Box) -> reading.Shapes:
    """Return the shapes that reach into a window; they are short, so none is cut."""
    west, south, east, north = shapely.bounds(shapes).T
    reaches = (west < window[2]) & (east > window[0]) & (south < window[3]) & (north > window[1])
    return np.asarray(shapes[reaches], dtype=object)


def _path(shapes: reading.Shapes, step: WindowClass, most: int) -> str | None:
    """Return lines or areas as the data of one path, in `FINE` steps of a pixel; None if it has more characters."""
    parts = shapely.get_parts(shapes)
    is_area = len(parts) and parts[0].geom_type == "Polygon"
    at, of = shapely.get_coordinates(shapely.get_rings(parts) if is_area else parts, return_index=True)
    if not len(at) or 4 * len(at) > most:  # no point takes less
        return None if len(at) else ""
    xy = np.rint((_pixels(at, step.zoom) - step.origin) * FINE).astype("int64")
    moves = np.diff(xy, axis=0, prepend=xy[:1])
    first = np.r_[True, of[1:] != of[:-1]]
    kept = first | (moves != 0).any(axis=1)
    kept[first & np.r_[first[1:], True]] = False
    xy, moves, first = xy[kept], moves[kept], first[kept]
    end = "z" if is_area else ""
    told = "".join(
        f"{end}M{x} {y}l" if starts else f"{dx:+d}{dy:+d}"
        for (x, y), (dx, dy), starts in zip(xy.tolist(), moves.tolist(), first.tolist(), strict=True)
    )
    line = _EMPTY.sub("", told.removeprefix(end) + end)
    return line if len(line) <= most else None


_EMPTY: Final = re.compile(r"M-?\d+ -?\d+lz?(?=M|$)")
"""A line whose points all fall together."""


def _pixels(lonlat: NDArray[np.float64], zoom: float) -> NDArray[np.float64]:
    """Return places in pixels of the world at a zoom, as `placing.pixels` does for one."""
    size = placing.TILE_PX * 2**zoom
    north = np.arcsinh(np.tan(np.radians(lonlat[:, 1])))
    return np.column_stack([(lonlat[:, 0] / 360 + 0.5) * size, (0.5 - north / (2 * np.pi)) * size])


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
    used: dict[str, list[Stretch]] = {}
    written = []
    near = [*_points(found, step, width), *_along(found, step, seen, width)]
    for name in sorted(near, key=lambda one: (-one.rank, -one.at.length)):
        if not all(abs(at - middle) < side / 2 for at, middle, side in zip(name.at, step.origin, seen, strict=False)):
            continue
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


def _points(found: Streets, step: WindowClass, width: Width) -> Iterator[_Name]:
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


def _along(found: Streets, step: WindowClass, seen: tuple[float, float], width: Width) -> Iterator[_Name]:
    """Yield the names of streets in sight, those of the main and long ones first, some hundreds at most."""
    least = next(rank for zoom, rank in NAMED_FROM if step.zoom >= zoom)
    wanted = np.array([bool(name) for name in found.names], dtype=bool) & (found.ranks >= least)
    lines, ranks = found.roads[wanted], found.ranks[wanted]
    lines = shapely.transform(lines, lambda at: _pixels(at, step.zoom) - step.origin)
    box = shapely.box(-seen[0] / 2, -seen[1] / 2, seen[0] / 2, seen[1] / 2)
    length = np.where(shapely.intersects(lines, box), shapely.length(lines), 0)
    size, bold, height = LETTERS["street"]
    names_of = np.array(found.names, dtype=object)[wanted]
    for i in np.lexsort([-length, -ranks])[:MOST_TRIED].tolist():
        if length[i] <= LEAST_STRETCH_PX:
            continue
        along = names.longest_stretch(shapely.get_coordinates(lines[i]))
        if along and along.length > LEAST_STRETCH_PX:
            at = along._replace(x=along.x + step.origin[0], y=along.y + step.origin[1])
            yield _Name(names_of[i], int(ranks[i]), "street", at, width(names_of[i], size, bold) + 8, height)


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
