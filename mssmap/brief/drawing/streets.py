"""Streets of an extract on the printed map: from the scale of the inset of the capital on, under all of ours."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from mssmap.brief.drawing import draw, frame
from mssmap.brief.drawing.frame import Frame
from mssmap.streets import reading, shelf

LEVEL_BELOW: Final = ((60_000, 14), (400_000, 13), (600_000, 12))
"""Denominator of a scale below which the streets of a level are drawn; at smaller scales there are none."""

LARGE_SCALE: Final = 150_000
MOST_LINES: Final = 40_000
"""With more lines the level before is drawn: a sheet of paper has to be sent by a slow line."""

WATER: Final = "#e3eef4"
STYLES: Final = {
    0: ("#c9c4ba", 0.05),
    1: ("#c4beb2", 0.06),
    2: ("#b4ab9b", 0.08),
    3: ("#a39883", 0.14),
    4: ("#998a6c", 0.22),
    5: ("#8d7442", 0.3),
}
"""Rank of a road -> colour and width in millimetres in the inset; twice as wide where streets are large."""


def level_at(scale: float) -> int | None:
    """
    Return the level that a scale shows.

    >>> level_at(430_000), level_at(50_000), level_at(1_500_000)
    (12, 14, None)
    """
    return next((level for below, level in LEVEL_BELOW if scale < below), None)


def drawn(at: Frame) -> str:
    """Draw the waters and roads of the set that the map draws; nothing without one or at a small scale."""
    level, found = level_at(at.scale), shelf.drawn()
    if level is None or found is None:
        return ""
    window = frame.degrees_of(at)
    lines, ranks = reading.roads(found, window, level)
    if len(lines) > MOST_LINES and level > reading.LEVELS[0]:
        level -= 1
        lines, ranks = reading.roads(found, window, level)
    waters = at.shapes(_metric(reading.waters(found, window, level)))
    parts = [draw.shape(waters, fill=WATER)]
    for rank, (colour, width) in STYLES.items():
        shapes = at.shapes(_metric(lines[ranks == rank]), smallest_mm=0.04)
        wide = width * (2 if at.scale < LARGE_SCALE else 1)
        parts.append(draw.shape(shapes, fill="none", stroke=colour, stroke_width=wide, stroke_linecap="round"))
    return "".join(parts)


def _metric(shapes: reading.Shapes) -> reading.Shapes:
    """Bring shapes in degrees to metres."""
    if not len(shapes):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.transform(shapes, frame.to_metres), dtype=object)
