"""What is shortened in a pack that is too full, kept as it happens and told at the end."""

from __future__ import annotations

from typing import Any, Final

from mssmap.brief.drawing import typeface
from mssmap.i18n import mark

SHORTENED: Final = {
    "title": mark("The title was shortened to two lines."),
    "highlight": mark("Highlight {n} was shortened to three lines."),
    "highlights": mark("Only the first {n} highlights are printed."),
    "title_elsewhere": mark("The title was written for another question: {question}. Read it again."),
    "elsewhere": mark("Highlight {n} was written for another question: {question}. Its mark says so; read it again."),
    "contact": mark("The contact line was shortened."),
    "classification": mark("The classification line was shortened."),
    "signs": mark("Signs that the typeface of the pack does not have are printed as □."),
    "map": mark("{n} records found no room on the map; they are in the tables and the data."),
    "rows": mark("Of the table {title} the first {n} rows are printed; the data have all."),
    "sources": mark("The first {n} sources are printed; the data have all."),
}
"""What can happen to a pack that is too full, and how it is told."""


class Notes:
    """Keeps what was shortened."""

    def __init__(self) -> None:
        self.all: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()

    def add(self, what: str, **values: Any) -> None:
        entry = (what, tuple(sorted(values.items())))
        self.all += () if entry in self.all else (entry,)

    def clean(self, words: str) -> str:
        """Return what can be printed of a text that a person typed."""
        printed = typeface.printable(words)
        if typeface.MISSING in printed and typeface.MISSING not in words:
            self.add("signs")
        return printed
