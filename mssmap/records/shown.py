"""What a reader asks of the records, and what is true and known then, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from mssmap.records import evidence, kinds, views
from mssmap.records.catalog import Data
from mssmap.records.timeline import FOREVER, Clocks

WINDOW_DAYS: Final = 120
"""Without a first day, the events of so many days before the last are shown."""


@dataclass(frozen=True)
class Filters:
    """
    What a reader asks: the two dials, and what narrows the records down.

    Attributes
    ----------
    grade
        Threshold, see `evidence`.
    region
        P-code or name; None for all of Haiti.
    start, end
        First and last day that an event has to touch; None leaves a side open.
    categories
        Of events; empty for all.
    plans
        True adds events that were announced, not reported as done.
    """

    clocks: Clocks
    grade: str = evidence.LOWEST
    region: str | None = None
    start: date | None = None
    end: date | None = None
    categories: tuple[str, ...] = ()
    plans: bool = False

    def within(self, window: tuple[date, date]) -> Filters:
        """Return the same filters with a window of events."""
        return replace(self, start=window[0], end=window[1])

    def on_any_day(self) -> Filters:
        """Return what stays of the filters while day, window and grade move in the browser, which has all plans."""
        clocks = Clocks(FOREVER, self.clocks.known_on)
        return replace(self, clocks=clocks, grade=evidence.LOWEST, start=None, end=None, plans=True)

    def to_json(self) -> dict[str, Any]:
        """Return the filters as plain values, by the names that they have in an address."""
        return {
            "as_of": self.clocks.as_of.isoformat(),
            "known_on": self.clocks.known_on.isoformat(),
            "grade": self.grade,
            "region": self.region,
            "from": self.start.isoformat() if self.start else None,
            "to": self.end.isoformat() if self.end else None,
            "category": list(self.categories),
            "plans": self.plans,
        }


class Shown(Mapping[str, gpd.GeoDataFrame]):
    """What is true and known at the clocks: the rows of each layer of `kinds.SHOWN` by its name."""

    def __init__(self, clocks: Clocks, frames: Mapping[str, gpd.GeoDataFrame]) -> None:
        self.clocks = clocks
        self._frames = {name: frames[name] for name in kinds.SHOWN}

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def only(self, names: Iterable[str]) -> Shown:
        """Return the same layers, with rows in those named only."""
        named = set(names)
        return Shown(self.clocks, {name: rows if name in named else rows.iloc[:0] for name, rows in self.items()})


def shown(data: Data, filters: Filters) -> Shown:
    """
    Return what the map shows.

    Raises
    ------
    NotFoundError
        If there is no such category or region.
    InputError
        If the window ends before it starts or the threshold is not a grade.
    """
    return Shown(filters.clocks, {name: rows(data, name, filters) for name in kinds.SHOWN})


def rows(data: Data, name: str, filters: Filters) -> pd.DataFrame:
    """
    Return the rows of a layer or table that pass the filters; window and categories narrow events only.

    Raises
    ------
    NotFoundError
        If there is no such layer, table, region or category.
    InputError
        If the window ends before it starts, the threshold is not a grade, or the rows have no place to lie in a region.
    """
    clocks, grade, region = filters.clocks, filters.grade, filters.region
    if name == kinds.EVENTS.name:
        return views.events(
            data,
            clocks,
            start=filters.start,
            end=filters.end,
            category=filters.categories or None,
            region=region,
            grade=grade,
            plans=filters.plans,
        )
    if data.dataset(name).is_layer:
        return views.layer(data, name, clocks, grade, region)
    return views.table(data, name, clocks, grade, region, plans=filters.plans)
