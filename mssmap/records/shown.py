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
from mssmap.records.selected import Selected
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
    """
    What is true and known at the clocks: the rows of each layer of `kinds.SHOWN` by its name.

    A frame is made when it is first asked for, and kept.
    """

    def __init__(self, clocks: Clocks, rows: Mapping[str, gpd.GeoDataFrame | Selected]) -> None:
        self.clocks = clocks
        self._rows = {
            name: rows[name] if isinstance(rows[name], Selected) else Selected.of(rows[name]) for name in kinds.SHOWN
        }

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        return self._rows[name].frame

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def cells(self, name: str) -> Selected:
        """Return the rows of a layer column by column; no frame is made of them."""
        return self._rows[name]

    def only(self, names: Iterable[str]) -> Shown:
        """Return the same layers, with rows in those named only."""
        named = set(names)
        return Shown(
            self.clocks,
            {name: rows if name in named else rows.only(slice(0, 0)) for name, rows in self._rows.items()},
        )


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
    return Shown(filters.clocks, {name: _selected(data, name, filters) for name in kinds.SHOWN})


def _selected(data: Data, name: str, filters: Filters) -> Selected:
    if name != kinds.EVENTS.name:
        return views.records(data, name, filters.clocks, filters.grade, filters.region)
    return views.happened(
        data,
        filters.clocks,
        start=filters.start,
        end=filters.end,
        category=filters.categories or None,
        region=filters.region,
        grade=filters.grade,
        plans=filters.plans,
    )


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
        return _selected(data, name, filters).frame
    if data.dataset(name).is_layer:
        return views.layer(data, name, clocks, grade, region)
    return views.table(data, name, clocks, grade, region, plans=filters.plans)
