"""
Small SVG: elements as text, every value escaped, one unit a millimetre, coordinates to a hundredth of it.

Text stays text, so that what is drawn can be searched for and copied in the PDF.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.brief.drawing import typeface

INK: Final = "#1c2730"
SOFT: Final = "#51606b"
FAINT: Final = "#c6d1d8"
HALO_MM: Final = 0.55


def tag(name: str, content: str = "", **attributes: Any) -> str:
    """
    Return an element; `content` is taken as it is, attributes are escaped, `stroke_width` becomes `stroke-width`.

    >>> tag("path", d="M0 0", stroke_width=0.5), tag("g", "x", id='a"b')
    ('<path d="M0 0" stroke-width="0.5"/>', '<g id=\\'a"b\\'>x</g>')
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def number(value: Any) -> str:
    """
    Write a number short, anything else as it is.

    >>> number(1.5), number(2.0), number(1 / 3), number(-0.0001), number("M0 0")
    ('1.5', '2', '0.33', '0', 'M0 0')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def text(
    x: float,
    y: float,
    words: str,
    size_pt: float,
    *,
    cut: str = typeface.REGULAR,
    fill: str = INK,
    anchor: str = "start",
    halo: str | None = None,
    **more: Any,
) -> str:
    """Return a line of text whose baseline begins (or is centred, or ends) at a point."""
    around = {"stroke": halo, "stroke_width": HALO_MM, "stroke_linejoin": "round", "paint_order": "stroke"}
    return tag(
        "text",
        escape(words),
        x=x,
        y=y,
        font_family=typeface.FAMILY,
        font_size=size_pt * typeface.POINT_MM,
        font_weight=600 if cut == typeface.SEMIBOLD else None,
        font_style="italic" if cut == typeface.ITALIC else None,
        fill=fill,
        text_anchor=None if anchor == "start" else anchor,
        **(around if halo else {}),
        **more,
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 0.2, **more: Any) -> str:
    """Return a straight line."""
    return tag("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", **_stroked(colour, width), **more)


def _stroked(colour: str, width: float) -> dict[str, Any]:
    return {"fill": "none", "stroke": colour, "stroke_width": width}


def rectangle(x: float, y: float, width: float, height: float, **more: Any) -> str:
    """Return a rectangle by its upper left corner."""
    return tag("rect", x=x, y=y, width=width, height=height, **more)


def shape(geometries: Iterable[BaseGeometry], **more: Any) -> str:
    """Return lines and areas, already in millimetres of the sheet, as one path; nothing for none."""
    parts = shapely.get_parts(np.array([g for g in geometries if g is not None], dtype=object))
    written = "".join(_path(part) for part in parts)
    return tag("path", d=written, **more) if written else ""


def _path(part: BaseGeometry) -> str:
    if part.geom_type == "Polygon":
        return "".join(_run(ring, "Z") for ring in shapely.get_rings(part))
    return _run(part, "") if part.geom_type == "LineString" else ""


def _run(part: BaseGeometry, end: str) -> str:
    """Write a line or ring; points that fall on the one before are left out."""
    points = np.round(shapely.get_coordinates(part), 2)
    if len(points) < 2:
        return ""
    moved = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
    points = points[moved]
    if end:
        points = points[:-1] if (points[0] == points[-1]).all() else points
    if len(points) < (3 if end else 2):
        return ""
    cells = [f"{number(float(x))} {number(float(y))}" for x, y in points]
    return f"M{cells[0]}L{' '.join(cells[1:])}{end}"


def sheet(width: float, height: float, *parts: str) -> str:
    """Return a whole drawing of a size in millimetres."""
    return tag(
        "svg",
        "".join(parts) or " ",
        xmlns="http://www.w3.org/2000/svg",
        width=f"{number(width)}mm",
        height=f"{number(height)}mm",
        viewBox=f"0 0 {number(width)} {number(height)}",
    )
