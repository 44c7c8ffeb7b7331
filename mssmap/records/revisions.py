"""When each row of a table was known: days as plain numbers, worked out once for the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from mssmap.records.catalog import Data
from mssmap.records.timeline import RETRACTED

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

ALWAYS: Final = -(10**7)
NEVER: Final = 10**7
"""Days before and after all that a date can say."""

SPAN: Final = 4 * 10**7
"""More than the days between them: a number times this, and a day, sort by the number first."""

EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """
    Days since 1 January 1970.

    >>> day_number(date(1970, 1, 3))
    2
    """
    return day.toordinal() - EPOCH


def day_numbers(days: pd.Series, missing: int) -> Ints:
    """Return dates as days since 1 January 1970; those that are missing as `ALWAYS` or `NEVER`."""
    exact = days.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(exact), missing, np.clip(exact.astype("int64"), ALWAYS, NEVER))


@dataclass(frozen=True, eq=False)
class Revisions:
    """
    From when until before when each row is the latest revision of its record that is known.

    Attributes
    ----------
    first, until
        Days; `until` is `NEVER` for a row that nothing has replaced.
    """

    first: Ints
    until: Ints

    def known(self, day: int) -> Bools:
        """Say which rows are what was known at the end of a day, see `timeline.known`."""
        return (self.first <= day) & (day < self.until)


def revisions(rows: pd.DataFrame, id_column: str) -> Revisions:
    """
    Work out when rows are known.

    A row is replaced on the first day on which one of the same id with a higher revision is known, of equal revisions
    one further down. One that withdraws its record is never known itself.
    """
    first = day_numbers(rows["known_from"], NEVER)
    group = pd.factorize(rows[id_column], use_na_sentinel=False)[0].astype("int64")
    order = np.lexsort((rows["revision"].to_numpy(dtype="float64", na_value=0), group))
    # the earliest day of the rows behind each in its group: from the end, as a later group weighs more
    weighed = first[order] + group[order] * SPAN
    earliest = np.minimum.accumulate(weighed[::-1])[::-1]
    behind = np.append(earliest[1:], (group.max(initial=0) + 1) * SPAN + NEVER) - group[order] * SPAN
    until = np.empty_like(first)
    until[order] = np.minimum(behind, NEVER)
    if "status" in rows:
        first = np.where((rows["status"] == RETRACTED).to_numpy(dtype=bool), NEVER, first)
    return Revisions(first, until)


@lru_cache(maxsize=32)
def of(data: Data, name: str) -> Revisions:
    """Return when the rows of a table of the data are known."""
    return revisions(data[name], data.dataset(name).id_column)
