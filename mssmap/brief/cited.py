"""Sources numbered in the order in which a pack cites them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from mssmap.brief.drawing import typeface
from mssmap.legend import text
from mssmap.records import evidence, schema
from mssmap.records.catalog import Data
from mssmap.records.evidence import SourceRecord
from mssmap.records.timeline import Clocks

MOST_PER_RECORD: Final = 2
"""A line of print names so many of its sources, the best and newest; the data in the pack name all."""


@dataclass(frozen=True)
class Source:
    """A numbered source as it is printed."""

    number: int
    reliability: str
    publisher: str
    title: str
    day: str
    url: str
    source_id: str


class Cited:
    """Gives each source its number when it is first cited; only sources public by then exist."""

    def __init__(self, data: Data, clocks: Clocks) -> None:
        public = evidence.public(data["sources"], clocks.known_on)
        self._by_id: dict[str, SourceRecord] = {s["source_id"]: s for s in evidence.source_records(public)}
        self._numbers: dict[str, int] = {}

    def records(self, sources: Iterable[SourceRecord]) -> tuple[int, ...]:
        """Cite the best of some sources that are already ordered."""
        return tuple(self._number(source["source_id"]) for source in list(sources)[:MOST_PER_RECORD])

    def rows(self, rows: pd.DataFrame) -> tuple[int, ...]:
        """Cite the best sources of some rows with `source_ids`."""
        return self.ids(name for cell in rows["source_ids"] for name in schema.items(cell))

    def each(self, rows: pd.DataFrame) -> tuple[int, ...]:
        """Cite the best source of each of some rows: a sum rests on all of them."""
        named = [schema.items(cell) for cell in rows["source_ids"]]
        known = [evidence.ordered(self._by_id[name] for name in names if name in self._by_id) for names in named]
        return tuple(dict.fromkeys(number for sources in known for number in self.records(sources[:1])))

    def ids(self, ids: Iterable[str]) -> tuple[int, ...]:
        """Cite the best of some sources."""
        known = [self._by_id[name] for name in dict.fromkeys(ids) if name in self._by_id]
        return self.records(evidence.ordered(known))

    def publishers(self, numbers: Iterable[int], grade: str = "") -> str:
        """Name the publishers of some sources in brackets, behind a grade; a sentence with it can be edited freely."""
        names = {number: name for name, number in self._numbers.items()}
        said = dict.fromkeys(self._by_id[names[number]]["publisher"] for number in numbers)
        inside = ", ".join(part for part in (grade, "; ".join(said)) if part)
        return f"({inside})" if inside else ""

    def _number(self, source_id: str) -> int:
        return self._numbers.setdefault(source_id, len(self._numbers) + 1)

    def listed(self) -> tuple[Source, ...]:
        """Return what was cited, by number."""
        return tuple(self._source(number, self._by_id[name]) for name, number in self._numbers.items())

    @staticmethod
    def _source(number: int, source: SourceRecord) -> Source:
        clean: Any = typeface.printable
        return Source(
            number=number,
            reliability=source["reliability"],
            publisher=clean(source["publisher"]),
            title=clean(source["title"]),
            day=text.day(source["published_on"], source["published_precision"]),
            url=clean(source["url"] or ""),
            source_id=source["source_id"],
        )


def marks(numbers: Iterable[int]) -> str:
    """
    Write the numbers of sources as they stand behind a sentence.

    >>> marks((3, 1)), marks(())
    ('[1, 3]', '')
    """
    listed = ", ".join(str(number) for number in sorted(numbers))
    return f"[{listed}]" if listed else ""
