"""Streets of an extract on the printed map: from the scale of the inset of the capital on, under all of ours."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import shapely

from mssmap.brief.drawing import draw, frame, typeface
from mssmap.brief.drawing.draw import SOFT
from mssmap.brief.drawing.frame import Frame
from mssmap.brief.drawing.labels import Room
from mssmap.streets import names, reading, shelf
from mssmap.streets.names import Stretch
from mssmap.streets.reading import Streets

LEVEL_BELOW: Final = ((60_000, 14), (400_000, 13), (600_000, 12))
"""Denominator of a scale below which the streets of a level are drawn; at smaller scales there are none."""

LARGE_SCALE: Final = 150_000
BUILDING_SCALE: Final = 30_000
MOST_LINES: Final = 40_000
"""With more lines the level before is drawn: a sheet of paper has to be sent by a slow line."""

WATER, PARK, BUILDING = "#e3eef4", "#e3eedb", "#e6e0d6"
STYLES: Final = {
    0: ("#c9c4ba", 0.05),
    1: ("#c4beb2", 0.06),
    2: ("#b4ab9b", 0.08),
    3: ("#a39883", 0.14),
    4: ("#998a6c", 0.22),
    5: ("#8d7442", 0.3),
}
"""Rank of a road -> colour and width in millimetres in the inset; twice as wide where streets are large."""

NAME_PT, PART_PT = 5.4, 6.0
PART: Final = "#4a5a66"
APART_MM: Final = 60.0
"""Between two places of one name."""


def level_at(scale: float) -> int | None:
    """
    Return the level that a scale shows.

    >>> level_at(430_000), level_at(50_000), level_at(1_500_000)
    (12, 14, None)
    """
    return next((level for below, level in LEVEL_BELOW if scale < below), None)


@lru_cache(maxsize=4)
def _read(set_id: str, at: Frame) -> Streets | None:
    """Return the streets that a frame shows; None at a small scale."""
    level = level_at(at.scale)
    if level is None:
        return None
    window = frame.degrees_of(at)
    found = reading.read(set_id, window, level)
    if len(found.roads) > MOST_LINES and level > reading.LEVELS[0]:
        return reading.read(set_id, window, level - 1)
    return found


def shown(at: Frame) -> Streets | None:
    """Return what of the set that the map draws is shown in a frame; None without one or at a small scale."""
    made = shelf.drawn()
    return _read(made.set_id, at) if made else None


def drawn(at: Frame) -> str:
    """Draw parks, waters, buildings and roads; nothing without a set or at a small scale."""
    found = shown(at)
    if found is None:
        return ""
    parts = [
        draw.shape(at.shapes(_metric(found.areas["p"])), fill=PARK),
        draw.shape(at.shapes(_metric(found.areas["w"])), fill=WATER),
    ]
    if at.scale < BUILDING_SCALE:
        parts.append(draw.shape(at.shapes(_metric(found.areas["b"]), smallest_mm=0.03), fill=BUILDING))
    parts.append(draw.shape(at.shapes(_metric(found.streams)), fill="none", stroke="#a3c6da", stroke_width=0.12))
    for rank, (colour, width) in STYLES.items():
        shapes = at.shapes(_metric(found.roads[found.ranks == rank]), smallest_mm=0.04)
        wide = width * (2 if at.scale < LARGE_SCALE else 1)
        parts.append(draw.shape(shapes, fill="none", stroke=colour, stroke_width=wide, stroke_linecap="round"))
    return "".join(parts)


def beside(at: Frame, roads: reading.Shapes) -> reading.Shapes:
    """Return roads (UTM) without what lies where the streets are: the coarse ones would run beside the true ones."""
    made = shelf.drawn()
    if made is None or level_at(at.scale) is None or not len(roads):
        return roads
    box = shapely.transform(shapely.segmentize(shapely.box(*made.box), 0.05), frame.to_metres)
    return np.asarray(shapely.difference(roads, box), dtype=object)


def _metric(shapes: reading.Shapes) -> reading.Shapes:
    """Bring shapes in degrees to metres."""
    if not len(shapes):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.transform(shapes, frame.to_metres), dtype=object)


# --------------------------------------------------------------------------------------------------------------- names


@dataclass(frozen=True)
class _Name:
    """A name that wants room: `rank` first, then the longest stretch."""

    words: str
    rank: int
    kind: str
    at: Stretch

    @property
    def size_pt(self) -> float:
        return PART_PT if self.kind == "part" else NAME_PT

    @property
    def cut(self) -> str:
        return typeface.SEMIBOLD if self.kind == "part" else typeface.REGULAR

    @property
    def width(self) -> float:
        return typeface.width(self.words, self.size_pt * typeface.POINT_MM, self.cut) + 0.8

    @property
    def height(self) -> float:
        return self.size_pt * typeface.POINT_MM * 1.05


def lettered(at: Frame, room: Room) -> str:
    """Write the names of parts of towns, landmarks and streets that find room; their room is taken."""
    found = shown(at)
    if found is None:
        return ""
    wanted = [*_points(found, at), *_along(found, at)]
    used: dict[str, list[Stretch]] = {}
    written = []
    for name in sorted(wanted, key=lambda one: (-one.rank, -one.at.length, one.words, one.at)):
        others = used.setdefault(name.words, [])
        near = any(math.hypot(other.x - name.at.x, other.y - name.at.y) < APART_MM for other in others)
        boxes = names.boxes_along(name.at, name.width, name.height)
        if name.width > name.at.length or near or not all(map(room.is_free, boxes)):
            continue
        for box in boxes:
            room.take(box)
        others.append(name.at)
        written.append(_written(name))
    return "".join(written)


def _along(found: Streets, at: Frame) -> Iterator[_Name]:
    """Yield the names of streets; at a small scale those of the main ones only."""
    least = 0 if at.scale < BUILDING_SCALE else 2 if at.scale < LARGE_SCALE else 3
    wanted = [i for i, words in enumerate(found.names) if words and found.ranks[i] >= least]
    cut = shapely.clip_by_rect(_metric(found.roads[wanted]), at.west, at.south, at.east, at.north)
    for line, i in zip(*shapely.get_parts(cut, return_index=True), strict=True):
        stretch = names.longest_stretch(at.on_sheet(shapely.get_coordinates(line)))
        if stretch:
            which = wanted[i]
            yield _Name(typeface.printable(found.names[which]), int(found.ranks[which]), "street", stretch)


def _points(found: Streets, at: Frame) -> Iterator[_Name]:
    """Yield parts of towns and, at the largest scales, landmarks with their marks."""
    for point in found.points:
        is_part = point.kind == "t"
        if not point.name or not (is_part or at.scale < LARGE_SCALE / 2):
            continue
        x, y = at.points(point.lon, point.lat)[0].tolist()
        kind = "part" if is_part else names.LANDMARKS[point.rank]
        rank = point.rank + (20 if is_part else 10)
        name = _Name(typeface.printable(point.name), rank, kind, Stretch(x, y, 0, math.inf))
        # The name of a landmark stands at the right of its mark.
        yield name if is_part else replace(name, at=name.at._replace(x=x + name.width / 2 + 0.4))


def _written(name: _Name) -> str:
    x, y, angle, _length = name.at
    size = name.size_pt * typeface.POINT_MM
    look = {"cut": name.cut, "fill": PART if name.kind == "part" else SOFT, "halo": "#ffffff"}
    if name.kind not in ("street", "part"):
        left = x - name.width / 2
        mark = draw.rectangle(left - 0.1, y - 0.35, 0.7, 0.7, fill=PART)
        return mark + draw.text(left + 1.1, y + 0.35 * size, name.words, name.size_pt, **look)
    turned = {"transform": f"rotate({math.degrees(angle):.1f} {x:.2f} {y:.2f})"} if angle else {}
    return draw.text(x, y + 0.35 * size, name.words, name.size_pt, anchor="middle", **look, **turned)
