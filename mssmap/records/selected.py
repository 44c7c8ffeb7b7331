"""Rows of a layer or table on two clocks, before a frame is made of them: positions and a few arrays."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap.crs import WGS84
from mssmap.records.revisions import Bools, Ints

Values = np.ndarray[Any, Any]
Work = Callable[[Ints], Values]
"""Gives what a column holds at some rows; it depends on the clocks."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """All rows that a view can ever show, side by side with all that does not depend on the clocks."""

    frame: pd.DataFrame
    _columns: dict[str, Values] = field(default_factory=dict)

    def column(self, name: str) -> Values:
        """Return a column as an array of plain values."""
        if name not in self._columns:
            self._columns[name] = self.frame[name].to_numpy(dtype=object if self.frame[name].dtype == "str" else None)
        return self._columns[name]


def _plain(values: Values) -> list[Any]:
    return list(pd.DatetimeIndex(values)) if values.dtype.kind == "M" else values.tolist()


class Selected:
    """
    Some rows of what was prepared.

    Parameters
    ----------
    at
        Positions of the rows.
    work
        What the columns hold that depend on the clocks.
    """

    def __init__(self, prepared: Prepared, at: Ints, work: Mapping[str, Work]) -> None:
        self.prepared, self.at, self._work = prepared, at, work
        self._worked: dict[str, Values] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Selected:
        """Return all rows of a frame."""
        return cls(Prepared(frame), np.arange(len(frame)), {})

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.at)

    def __getitem__(self, name: str) -> Values:
        """Return a column as an array of plain values; no frame is made for it."""
        if name not in self._worked:
            work = self._work.get(name)
            self._worked[name] = work(self.at) if work else self.prepared.column(name)[self.at]
        return self._worked[name]

    def __contains__(self, name: str) -> bool:
        """Say whether there is such a column."""
        return name in self.prepared.frame

    def only(self, keep: Bools | Ints | slice) -> Selected:
        """Return some of these rows."""
        return Selected(self.prepared, self.at[keep], self._work)

    def rows(self, *names: str) -> Iterator[Any]:
        """Give the rows one by one, each with some columns as its attributes."""
        row = namedtuple("row", names)  # type: ignore[misc]
        return map(row._make, zip(*(_plain(self[name]) for name in names), strict=True))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame of their own; with a geometry in `crs.WGS84` if there is one."""
        every = self.prepared.frame
        if not self._work and len(self.at) == len(every):
            return every
        columns = {name: self._array(str(name), every[name].array) for name in every.columns}
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)), copy=False)
        return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84) if "geometry" in columns else frame

    def _array(self, name: str, every: Any) -> Any:
        if name in self._work:
            return pd.array(self[name], dtype=every.dtype)
        return every.take(self.at)
