"""The picture that a chat shows of a link: the printed map of the asked view."""

from __future__ import annotations

from typing import Final

from mssmap.brief import pdf
from mssmap.brief.drawing import figure
from mssmap.ui import asked as asking
from mssmap.ui import cache
from mssmap.ui.asked import Asked

WIDTH_PX, HEIGHT_PX = 1200, 630
PPI: Final = 144
MM: Final = 25.4 / PPI


def picture(asked: Asked) -> bytes:
    """Draw the records of a view as a PNG of the size that chats ask for."""
    shown = asking.view(asked)
    west_south, east_north = shown.look.bounds[:2], shown.look.bounds[2:]
    drawn = figure.compose(
        cache.data(),
        shown.shown,
        width=WIDTH_PX * MM,
        height=HEIGHT_PX * MM,
        extent=(west_south[1], west_south[0], east_north[1], east_north[0]),
        regions=[name for name in ("departments", "communes") if name in asked.on],
    )
    return pdf.picture(drawn, ppi=PPI)
