"""The ground of the printed map: land, waters, roads, boundaries, the graticule, and the names of all that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import shapely

from mssmap.brief.drawing import draw, frame, streets, typeface
from mssmap.brief.drawing.draw import INK, SOFT
from mssmap.brief.drawing.frame import Frame
from mssmap.brief.drawing.labels import ASCENT, LEADING, Box, Label, PlacedLabel, Room
from mssmap.i18n import current
from mssmap.maps import assets
from mssmap.records.catalog import Data
from mssmap.telling import twin

SEA: Final = "#e3eef4"
LAND, NEIGHBOUR, COAST = "#faf8f3", "#ebebe7", "#7f9aaa"
RIVER, WATER_NAME = "#a3c6da", "#4f7d9b"
ROAD, MINOR = "#c3a775", "#ddd0b4"
DEPARTMENT, COMMUNE, AREA_NAME = "#8b98a1", "#b9c2c8", "#7d8a94"

PLACE_SIZES: Final = {1: (7.6, typeface.SEMIBOLD), 2: (6.6, typeface.REGULAR), 3: (5.8, typeface.REGULAR)}
"""Rank of a town -> size and cut of its name."""

WATER_SCALE: Final = 600_000
"""At a larger scale than 1 to this the seas and the neighbour are not named."""

SMALL_RANK_SCALE: Final = {3: 1_200_000, 4: 220_000}
"""Rank -> denominator below which places of this rank are named."""


def ground(data: Data, at: Frame, regions: Iterable[str]) -> str:
    """Draw what lies under the records."""
    wanted = set(regions)
    roads = data.frames.get("roads")
    lines = streets.beside(at, frame.metric(data, "roads"))
    national = (roads["class"] == "national").to_numpy() if roads is not None else np.zeros(0, dtype=bool)

    def layer(name: str, **style: Any) -> str:
        return draw.shape(at.shapes(frame.metric(data, name)), stroke_linejoin="round", **style)

    def road(which: Any, colour: str, width: float) -> str:
        return draw.shape(at.shapes(lines[which]), fill="none", stroke=colour, stroke_width=width,
                          stroke_linecap="round", stroke_linejoin="round")  # fmt: skip

    parts = [
        layer("neighbours", fill=NEIGHBOUR, stroke=COAST, stroke_width=0.15),
        layer("land", fill=LAND, stroke=COAST, stroke_width=0.25),
        layer("islets", fill=LAND, stroke=COAST, stroke_width=0.25),
        _graticule(at),
        layer("lakes", fill=SEA, stroke=COAST, stroke_width=0.15),
        layer("rivers", fill="none", stroke=RIVER, stroke_width=0.22),
        streets.drawn(at),
        road(~national, MINOR, 0.28),
        road(national, "#ffffff", 0.75),
        road(national, ROAD, 0.45),
    ]
    if "communes" in wanted:
        parts.append(layer("communes", fill="none", stroke=COMMUNE, stroke_width=0.15, stroke_dasharray="0.9 0.6"))
    if "departments" in wanted:
        parts.append(layer("departments", fill="none", stroke=DEPARTMENT, stroke_width=0.28))
    return "".join(parts)


def _graticule(at: Frame) -> str:
    lines = (
        "M" + "L".join(f"{draw.number(float(x))} {draw.number(float(y))}" for x, y in meridian.points)
        for meridian in frame.graticule(at)
    )
    return draw.tag("path", d="".join(lines), fill="none", stroke="#9db4c1", stroke_width=0.1)


def graticule_labels(at: Frame, room: Room) -> str:
    """Write the coordinates inside the frame, meridians below and parallels at the left, and take their room."""
    left, top, right, bottom = at.box
    written = []
    for meridian in frame.graticule(at):
        line = shapely.LineString(meridian.points)
        side = shapely.LineString(
            [(left, bottom), (right, bottom)] if meridian.upright else [(left, top), (left, bottom)]
        )
        cross = line.intersection(side)
        if cross.is_empty:
            continue
        wide = typeface.width(meridian.words, 5.4 * typeface.POINT_MM)
        x = cross.x - wide / 2 if meridian.upright else left + 0.9
        y = bottom - 0.9 if meridian.upright else cross.y - 0.5
        box = (x - 0.3, y - 1.7, x + wide + 0.3, y + 0.4)
        if room.is_free(box):
            room.take(box)
            written.append(draw.text(x, y, meridian.words, 5.4, fill=SOFT, halo="#ffffff"))
    return "".join(written)


def labels(data: Data, at: Frame, *, small: bool, without: Box | None = None) -> list[Label]:
    """
    Return the names of the ground, the most telling first.

    Parameters
    ----------
    small
        True for an inset: no names of departments, waters and countries.
    without
        Box whose towns an inset names.
    """
    towns = [town for town in _towns(data, at) if without is None or not _within(town, without)]
    if small:
        return towns
    return [*towns[:4], *_waters(at), *_departments(data, at), *towns[4:]]


def _within(label: Label, box: Box) -> bool:
    return box[0] < label.x < box[2] and box[1] < label.y < box[3]


def _towns(data: Data, at: Frame) -> list[Label]:
    places = data.frames.get("places")
    if places is None or places.empty:
        return []
    most = max([2, *(rank for rank, scale in SMALL_RANK_SCALE.items() if at.scale < scale)])
    rows = places[places["rank"] <= most].sort_values(["rank", "place_id"], kind="stable")
    spots = at.points(rows.geometry.x, rows.geometry.y)
    left, top, right, bottom = at.box
    found = []
    for row, (x, y) in zip(rows.itertuples(index=False), spots, strict=True):
        if left < x < right and top < y < bottom:
            size, cut = PLACE_SIZES.get(int(row.rank), (5.4, typeface.REGULAR))
            name = (typeface.printable(twin.title(row)),)
            found.append(Label(name, float(x), float(y), size, cut, clear=0.5, dot=True))
    return found


def _waters(at: Frame) -> list[Label]:
    if at.scale < WATER_SCALE:
        return []
    found = []
    for label in assets.LABELS:
        if label["from"] > 9:  # a bay, for large scales only
            continue
        lat, lon = label["at"]
        x, y = at.points(lon, lat)[0]
        words = label["n"].get(current(), label["n"]["en"])
        cut, fill = (typeface.ITALIC, WATER_NAME) if label["kind"] == "water" else (typeface.REGULAR, AREA_NAME)
        found.append(Label((words,), float(x), float(y), 7.4, cut, fill=fill, over=True))
    return found


def _departments(data: Data, at: Frame) -> list[Label]:
    rows = data.frames.get("departments")
    if rows is None:
        return []
    found = []
    for row, outline in zip(rows.itertuples(index=False), frame.metric(data, "departments"), strict=True):
        seen = at.shapes(np.array([outline], dtype=object))
        if not seen or seen[0].area < 60:
            continue
        middle = shapely.maximum_inscribed_circle(seen[0], tolerance=0.5).coords[0]
        words = (typeface.printable(twin.title(row)).upper(),)
        found.append(Label(words, middle[0], middle[1], 6.4, fill=AREA_NAME, spread=0.12, over=True))
    return found


def written(placed: PlacedLabel, *, dots: bool = True) -> str:
    """Draw a label in its box, with the dot where it belongs."""
    label, (left, top, right, bottom) = placed.label, placed.box
    size = label.size_pt * typeface.POINT_MM
    x = {"start": left, "middle": (left + right) / 2, "end": right}[placed.anchor]
    if label.badge:
        disc = draw.tag("circle", cx=(left + right) / 2, cy=(top + bottom) / 2, r=(right - left) / 2, fill=INK)
        middle = {"cut": label.cut, "fill": label.fill, "anchor": "middle"}
        return disc + draw.text((left + right) / 2, (top + bottom) / 2 + 0.33 * size, label.words[0], label.size_pt,
                                **middle)  # fmt: skip
    spread = {"letter_spacing": label.spread * size} if label.spread else {}
    lines = [
        draw.text(x, top + size * (ASCENT + LEADING * i), words, label.size_pt, cut=label.cut, fill=label.fill,
                  anchor=placed.anchor, halo="#ffffff", **spread)
        for i, words in enumerate(label.words)
    ]  # fmt: skip
    dot = draw.tag("circle", cx=label.x, cy=label.y, r=0.42, fill="#ffffff", stroke=INK, stroke_width=0.22)
    return (dot if label.dot and dots else "") + "".join(lines)
