"""What a reader of the map needs around it: scale, north, where the inset lies."""

from __future__ import annotations

from typing import Final

from mssmap.brief.drawing import draw, frame, typeface
from mssmap.brief.drawing.draw import INK
from mssmap.brief.drawing.frame import Frame
from mssmap.brief.drawing.labels import Box
from mssmap.i18n import gettext as _
from mssmap.legend import text

SCALE_BOX_MM: Final = (54.0, 11.5)


def scale_bar(at: Frame, box: Box) -> str:
    """Draw the scale bar with the arrow to true north."""
    left, top, right, bottom = box
    _zero, half, whole = frame.bar(at, right - left - 19)
    per_km = 1e6 / at.scale
    x, y = left + 2.5, bottom - 4.4
    written = [
        draw.rectangle(left, top, right - left, bottom - top, fill="#ffffff", fill_opacity=0.86, rx=0.8),
        draw.rectangle(x, y, half * per_km, 1.1, fill=INK),
        draw.rectangle(x + half * per_km, y, half * per_km, 1.1, fill="#ffffff", stroke=INK, stroke_width=0.18),
    ]
    for value in (0.0, half, whole):
        end = f"{text.number(value)}" + (" km" if value == whole else "")
        shift = 1.6 if value == whole else 0
        written.append(draw.text(x + value * per_km + shift, y + 3.5, end, 6, anchor="middle"))
    ratio = f"1:{text.number(rounded(at.scale))}"
    written.append(draw.text(x, top + 3.9, ratio, 7, cut=typeface.SEMIBOLD))
    return "".join(written) + _north(at, right - 5.2, (top + bottom) / 2)


def rounded(scale: float) -> int:
    """
    Round a scale to two digits.

    >>> rounded(1_763_412)
    1800000
    """
    return int(float(f"{scale:.1e}"))


def _north(at: Frame, x: float, y: float) -> str:
    arrow = (
        f'<path d="M0 -4.4 1.7 1.6 0 0.5Z" fill="{INK}"/>'
        f'<path d="M0 -4.4 -1.7 1.6 0 0.5Z" fill="#ffffff" stroke="{INK}" stroke-width="0.18"/>'
    )
    letter = draw.text(0, 4.5, _("N"), 7, cut=typeface.SEMIBOLD, anchor="middle")
    return draw.tag("g", arrow + letter, transform=f"translate({x:.2f} {y:.2f}) rotate({frame.convergence(at):.2f})")


def locator(away: Box) -> str:
    """Draw on the map where the inset lies."""
    left, top, right, bottom = away
    white = {"fill": "#ffffff", "fill_opacity": 0.35}
    return draw.rectangle(left, top, right - left, bottom - top, stroke=INK, stroke_width=0.35, **white)


def inset_title(at: Frame) -> str:
    words = _("Port-au-Prince") + f"  1:{text.number(rounded(at.scale))}"
    wide = typeface.width(words, 6.5 * typeface.POINT_MM, typeface.SEMIBOLD) + 3
    box = draw.rectangle(at.left + 0.15, at.top + 0.15, wide, 3.9, fill="#ffffff", fill_opacity=0.92)
    _zero, _half, whole = frame.bar(at, 16)
    length = whole * 1e6 / at.scale
    x, y = at.left + at.width - length - 2, at.top + at.height - 1.6
    ticks = f"M{x:.2f} {y - 0.9:.2f}V{y:.2f}H{x + length:.2f}V{y - 0.9:.2f}"
    words_km = draw.text(x + length / 2, y - 0.7, f"{text.number(whole)} km", 5.8, anchor="middle", halo="#ffffff")
    bar = draw.tag("path", d=ticks, fill="none", stroke=INK, stroke_width=0.25)
    return box + draw.text(at.left + 1.5, at.top + 3, words, 6.5, cut=typeface.SEMIBOLD) + words_km + bar
