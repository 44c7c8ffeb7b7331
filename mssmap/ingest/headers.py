"""Where a table begins: titles, comments and units around its header, and a header in two rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from mssmap.i18n.phrases import phrase

LOOKED_AT: Final = 40
"""Rows at the beginning of a table in which its header is looked for."""

NUMERIC: Final = re.compile(r"[-+]?[\d.,\s'’]*\d[\d.,\s'’]*%?")
DATED: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?")
TAG: Final = re.compile(r"#[a-z][a-z0-9_]*(\s*\+[a-z0-9_]+)*")
"""A hashtag of HXL; a row is one of tags only if every filled cell is one."""

TAGS: Final = phrase("a row of HXL tags")

Cells = Sequence[Any]


@dataclass
class Header:
    """
    Where the header is.

    Attributes
    ----------
    names
        Of the columns; empty texts where the header says nothing.
    body
        Position of the first row behind the header.
    tags
        Whether a row of HXL tags stands between the two.
    notes
        What stands around it, in sentences.
    """

    names: list[str]
    body: int
    tags: bool = False
    notes: list[str] = field(default_factory=list)


def text_of(cell: Any) -> str:
    """Return a cell of a header as text, empty if there is nothing in it."""
    return "" if cell is None else str(cell).strip()


CORE: Final = frozenset(
    (
        *("access", "activity", "adm1", "adm2", "adm3", "adm4", "adm5", "affected", "beneficiary", "capacity", "cause"),
        *("channel", "code", "contact", "country", "crisis", "currency", "date", "delivery", "description", "event"),
        *("frequency", "geo", "group", "id", "impact", "indicator", "inneed", "item", "loc", "meta", "modality"),
        *("need", "operations", "org", "output", "population", "reached", "region", "respondee", "sector", "service"),
        *("severity", "status", "subsector", "targeted", "tx", "value"),
    )
)
"""Hashtags of the HXL dictionary: a row without any of them is one of words that begin with #."""


def is_tags(cells: Cells) -> bool:
    """
    Say whether a row is one of HXL tags: nothing else stands in it, and it is long or has one of the HXL dictionary.

    >>> is_tags(["#date", "", "#affected +killed"]), is_tags(["2025-01-05", "#haiti : attaque"])
    (True, False)
    """
    filled = [text.lower() for cell in cells if (text := text_of(cell))]
    if len(filled) < 2 or not all(TAG.fullmatch(text) for text in filled):
        return False
    return len(filled) > 3 or any(re.split(r"[\s+]", text[1:])[0] in CORE for text in filled)


_as_it_stands: ContextVar[bool] = ContextVar("as it stands", default=False)


@contextmanager
def as_it_stands() -> Iterator[None]:
    """Read tables as they stand, for comparing: the header is the first row, and every column is what it is."""
    token = _as_it_stands.set(True)
    try:
        yield
    finally:
        _as_it_stands.reset(token)


def is_as_it_stands() -> bool:
    """Say whether tables are read for comparing."""
    return _as_it_stands.get()


def find(rows: Sequence[Cells]) -> Header:
    """
    Find the header in the first rows of a table.

    >>> found = find([["Incidents"], ["date", "title"], ["2025-01-05", "Attack"]])
    >>> found.names, found.body, found.notes
    (['date', 'title'], 2, ["Above the header stands 'Incidents'."])
    """
    if is_as_it_stands():
        return Header([text_of(cell) for cell in rows[0]], 1)
    at = _first(rows)
    above = [_shown(row) for row in rows[:at] if _filled(row)]
    notes: list[str] = [phrase("Above the header stands {line!r}.", line=line) for line in above]
    names = [text_of(cell) for cell in rows[at]]
    body = at + 1
    if _second(rows, at):
        names = _joined(names, [text_of(cell) for cell in rows[body]])
        notes.append(phrase("The header has two rows, which were joined."))
        body += 1
    if _units(rows, body, names):
        notes.append(phrase("Under the header stand units, which are no row: {what!r}.", what=_shown(rows[body])))
        body += 1
    tags = body < len(rows) and is_tags(rows[body])
    return Header(names, body + tags, tags, notes)


def _filled(cells: Cells) -> int:
    return sum(text_of(cell) != "" for cell in cells)


def _shown(cells: Cells) -> str:
    return ", ".join(text for cell in cells if (text := text_of(cell)))[:120]


def _first(rows: Sequence[Cells]) -> int:
    """Return the position of the header: the first row about as wide as most, behind titles and comments."""
    counts = [_filled(row) for row in rows[:LOOKED_AT]]
    filled = [count for count in counts if count]
    if not filled:
        return 0
    most, _times = max(Counter(filled).items(), key=lambda item: (item[0] * item[1], item[0]))
    start = next(at for at, count in enumerate(counts) if count)
    if most < 2 or (counts[start] * 2 > most and not _is_comment(rows[start])):
        return start
    for at in range(start, len(counts)):
        if counts[at] * 2 > most and not _is_comment(rows[at]) and not _holds_data(rows[at]):
            return at
    return start


def _is_comment(cells: Cells) -> bool:
    first = text_of(cells[0]) if cells else ""
    return first.startswith("#") and not is_tags(cells)


def is_data(cell: Any) -> bool:
    """Say whether a cell is a number or a day rather than a word."""
    text = text_of(cell)
    return bool(text) and bool(NUMERIC.fullmatch(text) or DATED.fullmatch(text))


def _holds_data(cells: Cells) -> bool:
    return any(is_data(cell) for cell in cells)


def _second(rows: Sequence[Cells], at: int) -> bool:
    """Whether a header goes on in the row below: it fills gaps of the first, and has words where rows have numbers."""
    if at + 2 >= len(rows):
        return False
    first, second, third = (_padded(row, rows) for row in rows[at : at + 3])
    gaps = [i for i, cell in enumerate(first) if not text_of(cell) and text_of(second[i])]
    if not gaps or _holds_data(second) or is_tags(second):
        return False
    under = [i for i in range(len(second)) if text_of(second[i])]
    return any(is_data(third[i]) for i in under)


def _padded(row: Cells, rows: Sequence[Cells]) -> list[Any]:
    width = max(map(len, rows[:LOOKED_AT]))
    return [*row, *[None] * (width - len(row))]


def _joined(first: list[str], second: list[str]) -> list[str]:
    """
    Join a header of two rows; a word of the first row reaches over the gaps to its right.

    >>> _joined(["date", "place", ""], ["", "lon", "lat"])
    ['date', 'place lon', 'place lat']
    """
    width, above, found = max(len(first), len(second)), "", []
    for i in range(width):
        upper, lower = (row[i] if i < len(row) else "" for row in (first, second))
        above = upper or above
        found.append(f"{above} {lower}".strip() if lower and above != lower else upper or lower)
    return found


def _units(rows: Sequence[Cells], body: int, names: list[str]) -> bool:
    """Whether the row below the header says units: words where the rows after it have numbers or days."""
    after = [_padded(row, rows) for row in rows[body + 1 : LOOKED_AT] if _filled(row)]
    if len(after) < 1 or body >= len(rows):
        return False
    row = _padded(rows[body], rows)
    if _holds_data(row) or is_tags(row):
        return False
    filled = [i for i in range(len(row)) if text_of(row[i])]
    of_data = [i for i in range(len(row)) if _mostly_data(after, i)]
    words = [i for i in of_data if text_of(row[i]) and not text_of(row[i]).upper().startswith(("NA", "N/A", "NULL"))]
    all_words = len(words) >= 2 and len(words) == len(of_data) and len(filled) <= len(names)
    return all_words or _only_units(row, of_data)


def _mostly_data(rows: Sequence[Cells], i: int) -> bool:
    cells = [row[i] for row in rows if text_of(row[i])]
    return bool(cells) and sum(map(is_data, cells)) * 2 > len(cells)


UNIT: Final = re.compile(
    r"\(.*\)|\[.*\]|degrees?|degr[eé]s?|grados|people|persons?|personnes|personas|%|km2?|m2?|"
    r"[dDjJaAyYmM]{1,4}[-/.][dDjJaAyYmM]{1,4}[-/.][dDjJaAyYmM]{1,4}|"
    r"text|texte|date|number|nombre|count|unit[eé]?s?"
)


def _only_units(row: Cells, of_data: list[int]) -> bool:
    """Whether every filled cell is the name of a unit, at least one over numbers."""
    filled = [i for i in range(len(row)) if text_of(row[i])]
    return bool(set(filled) & set(of_data)) and all(UNIT.fullmatch(text_of(row[i])) for i in filled)
