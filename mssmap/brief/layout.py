"""
How the first page is divided, in millimetres and points, and what must be shortened for it.

Every block has a height that is known before the page is set, and the map takes the rest: nothing can overflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mssmap.brief.drawing import typeface
from mssmap.brief.spec import PAPERS

MARGIN_X, MARGIN_TOP, MARGIN_BOTTOM = 14.0, 11.0, 9.0
GUTTER: Final = 3.0

TITLE_PT, TITLE_MM, TITLE_LINES = 20.0, 8.2, 2
NUMBER_MM: Final = 42.0
"""Width of the column with number and version beside the title."""
LINE_PT, LINE_MM = 9.4, 4.45
"""Size and leading of a highlight."""
BETWEEN_MM: Final = 0.9
HIGHLIGHT_LINES: Final = 3
BULLET_MM: Final = 4.0
FIGURES_MM: Final = 17.0
LEGEND_ROW_MM, LEGEND_HEAD_MM = 4.0, 4.4
LEGEND_ROWS: Final = 7
"""Rows of the longest column of a full legend: services and events have seven kinds each."""
FOOT_MM: Final = 19.0
SMALLEST_MAP_MM: Final = 80.0


@dataclass(frozen=True)
class Page:
    """The first page: its paper, and the height of each block."""

    width: float
    height: float
    title: float
    figures: float
    highlights: float
    map: float
    legend: float

    @property
    def column(self) -> float:
        """Width between the margins."""
        return self.width - 2 * MARGIN_X


def column(paper: str) -> float:
    """Return the width between the margins of a paper."""
    return PAPERS[paper][0] - 2 * MARGIN_X


def page(paper: str, *, title: str, highlights: tuple[str, ...], figures: bool, legend_rows: int) -> Page:
    """
    Divide the first page.

    Parameters
    ----------
    title, highlights
        As they will be printed, shortened already.
    legend_rows
        Rows of the longest column of the legend.
    """
    width, height = PAPERS[paper]
    title_lines = len(typeface.wrap(title, TITLE_PT, column(paper) - NUMBER_MM, typeface.SEMIBOLD))
    head = 5.0 + TITLE_MM * title_lines + 5.0
    lines = sum(len(_lines(line, paper)) for line in highlights)
    said = lines * LINE_MM + max(0, len(highlights) - 1) * BETWEEN_MM - 1.2 if highlights else 0.0
    row = FIGURES_MM if figures else 0.0
    legend = LEGEND_HEAD_MM + LEGEND_ROW_MM * legend_rows
    taken = MARGIN_TOP + MARGIN_BOTTOM + head + row + said + legend + FOOT_MM + 4 * GUTTER + 1.0
    return Page(width, height, head, row, said, max(SMALLEST_MAP_MM, height - taken), legend)


def _lines(text: str, paper: str) -> list[str]:
    return typeface.wrap(text, LINE_PT, column(paper) - BULLET_MM)


def fit_title(text: str, paper: str) -> str:
    """Return a title that fits its lines."""
    return typeface.fit(text, TITLE_PT, column(paper) - NUMBER_MM, TITLE_LINES, typeface.SEMIBOLD)


def fit_highlight(text: str, paper: str) -> str:
    """Return a highlight that fits its lines."""
    return typeface.fit(text, LINE_PT, column(paper) - BULLET_MM, HIGHLIGHT_LINES)


def fit_line(text: str, size_pt: float, width_mm: float) -> str:
    """Return a text that fits one line."""
    return typeface.fit(text, size_pt, width_mm)
