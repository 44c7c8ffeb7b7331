"""
What the sources of each row say on any day, worked out once for the data.

The sources of a row become public one after the other. Between two such days its grade, its list of sources and the
latest of them stay the same: one step. All steps of all rows stand in one sorted array, so that a day is looked up for
many rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from mssmap.records import evidence, schema
from mssmap.records.catalog import Data
from mssmap.records.evidence import SourceRecord
from mssmap.records.revisions import ALWAYS, SPAN, Bools, Ints, day_numbers

GRADES: Final = np.array(
    [f"{letter}{number}" for letter in evidence.RELIABILITIES for number in range(1, 7)], dtype=object
)
"""Text of a grade by its code."""

LOWEST: Final = len(GRADES) - 1


@dataclass(frozen=True, eq=False)
class Citations:
    """
    The steps of all rows of a table.

    Attributes
    ----------
    cell
        For each row, which set of sources it cites.
    floor
        For each row, the best credibility that it can have.
    keys
        Where each step begins: its set times `SPAN`, and its day; sorted.
    days
        Latest publication of each step, `ALWAYS` if none has a date.
    best, credibility
        Of each step: letter (0 for A) and number.
    listed, ids
        Of each step: its sources, best and newest first, and their ids joined.
    """

    cell: Ints
    floor: Ints
    keys: Ints
    days: Ints
    best: Ints
    credibility: Ints
    listed: np.ndarray[Any, np.dtype[np.object_]]
    ids: np.ndarray[Any, np.dtype[np.object_]]

    def steps(self, at: Ints, day: int) -> Ints:
        """Return which step rows are on at the end of a day."""
        return np.searchsorted(self.keys, self.cell[at] * SPAN + day, side="right") - 1

    def grades(self, at: Ints, day: int) -> Ints:
        """Return the codes of the grades of rows, see `evidence`."""
        step = self.steps(at, day)
        return self.best[step] * 6 + np.maximum(self.credibility[step], self.floor[at]) - 1

    def latest(self, at: Ints, day: int) -> Ints:
        """Return the last publication up to a day, `ALWAYS` if there is none."""
        return self.days[self.steps(at, day)]


def reaching(codes: Ints, threshold: str) -> Bools:
    """
    Say which grades reach a threshold in both reliability and credibility, as `evidence.passes` does.

    Raises
    ------
    InputError
        If the threshold is not a grade.
    """
    wanted = evidence.parse_threshold(threshold)
    return (codes // 6 <= evidence.RELIABILITIES.index(wanted[0])) & (codes % 6 < int(wanted[1]))


@lru_cache(maxsize=32)
def of(data: Data, name: str) -> Citations:
    """Return the steps of a table of the data."""
    return citations(data[name], data["sources"])


def citations(rows: pd.DataFrame, sources: pd.DataFrame) -> Citations:
    """Work out the steps of rows that cite sources; ids that are not in `sources` do not count."""
    cell, cells = pd.factorize(rows["source_ids" if "source_ids" in rows else "source_id"], use_na_sentinel=False)
    records = evidence.source_records(sources)
    published = day_numbers(sources["published_on"], ALWAYS).tolist()
    by_id = {record["source_id"]: (record, day) for record, day in zip(records, published, strict=True)}
    steps = [
        (number * SPAN + day, day, *_weight(listed), listed, ";".join(record["source_id"] for record in listed))
        for number, text in enumerate(cells)
        for day, listed in _steps([by_id[name] for name in schema.items(text) if name in by_id])
    ]
    keys, days, best, credibility, listed, ids = zip(*steps, strict=True) if steps else ((),) * 6
    return Citations(
        cell=cell.astype("int64"),
        floor=_floors(rows),
        keys=np.array(keys, dtype="int64"),
        days=np.array(days, dtype="int64"),
        best=np.array(best, dtype="int64"),
        credibility=np.array(credibility, dtype="int64"),
        listed=objects(listed),
        ids=objects(ids),
    )


def _steps(cited: list[tuple[SourceRecord, int]]) -> Iterator[tuple[int, list[SourceRecord]]]:
    """Give each day on which something becomes public, with all that is public then; first the time before."""
    days = {id(record): day for record, day in cited}
    listed = evidence.ordered(record for record, _day in cited)
    for day in sorted({ALWAYS, *days.values()}):
        yield day, [record for record in listed if days[id(record)] <= day]


def _weight(listed: list[SourceRecord]) -> tuple[int, int]:
    code = GRADES.tolist().index(evidence.grade_of(listed))
    return code // 6, code % 6 + 1


def _floors(rows: pd.DataFrame) -> Ints:
    floor = np.ones(len(rows), dtype="int64")
    for column, value, limit in evidence.NOT_BETTER_THAN:
        if column in rows:
            floor = np.where((rows[column] == value).to_numpy(dtype=bool), np.maximum(floor, limit), floor)
    return floor


def objects(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return an array that holds the values as they are, lists too."""
    return np.fromiter(values, dtype=object, count=len(values))
