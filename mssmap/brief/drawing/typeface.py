"""
The typeface of the pack: what it can print, how wide a text is, and how to make one fit.

The cuts are kept beside this module, so that a pack has the same bytes on every machine. Widths are sums of advances
without kerning, a little more than what is set.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FAMILY: Final = "Mssmap Sans"
REGULAR, SEMIBOLD, ITALIC = "Regular", "Semibold", "Italic"
FALLBACK_EM: Final = 0.62
"""Width of a character of the typefaces that step in, in parts of the size: those of DejaVu Sans Mono."""

BREAK: Final = "\u200b"
"""A place, without width, at which a very long word may be broken."""
LONG_WORD, PIECE = 28, 7
MISSING: Final = "□"
ELLIPSIS: Final = "…"
POINT_MM: Final = 25.4 / 72

FALLBACK: Final = frozenset(
    chr(code)
    for first, last in (
        *((0x5B0, 0x5C7), (0x5D0, 0x5EA), (0x60C, 0x60C), (0x61B, 0x61B), (0x61F, 0x61F), (0x621, 0x63A)),
        *((0x640, 0x652), (0x660, 0x66D), (0x67E, 0x67E), (0x686, 0x686), (0x698, 0x698), (0x6A9, 0x6A9)),
        *((0x6AF, 0x6AF), (0x6CC, 0x6CC), (0x6F0, 0x6F9)),
    )
    for code in range(first, last + 1)
)
"""Hebrew and Arabic, which two typefaces inside typst have."""


def folder() -> Path:
    """Return the folder of the cuts."""
    return Path(str(resources.files("mssmap.brief").joinpath("fonts")))


@cache
def _advances(cut: str) -> dict[str, float]:
    """Return the advance of each character in parts of the size."""
    with TTFont(folder() / f"MssmapSans-{cut}.ttf", lazy=True) as font:
        em = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        return {BREAK: 0.0} | {chr(code): metrics[glyph][0] / em for code, glyph in font.getBestCmap().items()}


def width(text: str, size: float, cut: str = REGULAR) -> float:
    """
    Return how long a text is, in the unit of `size`.

    >>> width("", 10), 19 < width("Haiti", 10) < 24
    (0.0, True)
    """
    advances = _advances(cut)
    return size * sum((advances.get(sign, FALLBACK_EM) for sign in text), start=0.0)


def printable(text: str) -> str:
    """
    Return a text on one line with only what can be printed.

    Signs that no typeface of the pack has become `MISSING`; signs that are not seen (controls, joiners, direction
    marks) are left out. Very long words get places at which they may be broken.

    >>> printable("Lopital  è \\u202eevil"), printable("launch \\U0001f680!")
    ('Lopital è evil', 'launch □!')
    """
    known = _advances(REGULAR)
    seen = []
    for sign in unicodedata.normalize("NFC", text):
        if sign in known or sign in FALLBACK:
            seen.append(sign)
        elif sign.isspace():
            seen.append(" ")
        elif unicodedata.category(sign) not in {"Cc", "Cf", "Mn", "Me", "Cs"}:
            seen.append(MISSING)
    return " ".join(map(_breakable, "".join(seen).replace(BREAK, "").split()))


def _breakable(word: str) -> str:
    if len(word) <= LONG_WORD:
        return word
    return BREAK.join(word[i : i + PIECE] for i in range(0, len(word), PIECE))


def wrap(text: str, size_pt: float, width_mm: float, cut: str = REGULAR) -> list[str]:
    """
    Break a text into lines as typst does: greedily, at blanks and at `BREAK`.

    >>> wrap("a b", 10, 100), wrap("", 10, 100)
    (['a b'], [])
    """
    room = width_mm / POINT_MM
    lines: list[str] = []
    line = ""
    for word in text.split():
        for i, piece in enumerate(word.split(BREAK)):
            longer = f"{line} {piece}".strip() if i == 0 else line + piece
            if width(longer, size_pt, cut) <= room:
                line = longer
            else:
                lines += [line] if line else []
                line = piece
    return [*lines, line] if line else lines


def fit(text: str, size_pt: float, width_mm: float, lines: int = 1, cut: str = REGULAR) -> str:
    """
    Return as much of a text as fits on some lines, with an ellipsis if something is left out.

    >>> fit("short", 10, 100), fit("one two three four", 10, 18)
    ('short', 'one two…')
    """
    if len(wrap(text, size_pt, width_mm, cut)) <= lines:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if len(wrap(text[:middle].rstrip() + ELLIPSIS, size_pt, width_mm, cut)) <= lines:
            low = middle
        else:
            high = middle - 1
    cutting = text[:low].rstrip()
    space = cutting.rfind(" ")
    if low < len(text) and not text[low].isspace() and space >= 0.5 * len(cutting):
        cutting = cutting[:space]  # not inside a word
    return cutting.rstrip(" ,;:.") + ELLIPSIS
