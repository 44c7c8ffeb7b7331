"""
How far it is from each site to each cell: over the road model, in a straight line, or from a matrix of one's own.

All three answer `table(sites)` with a matrix of sites by cells, in minutes or kilometres, infinite where there is no
way. Speed cases scale a whole matrix, so one search serves optimistic, central and pessimistic alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.jail.jobs import Order
from mssmap.jail.limits import MB, Limits, printable
from mssmap.planning.ground.grid import Grid, Ints
from mssmap.planning.ground.roads import Network, kilometres
from mssmap.planning.method import Method, say

Matrix = NDArray[np.float32]

SPEED_CASES = {"pessimistic": 0.6, "central": 1.0, "optimistic": 1.25}
"""What multiplies every speed, by case."""

DETOUR = 1.4
STRAIGHT_KMH = 30.0
"""The fallback: distance as the crow flies, lengthened by `DETOUR`, at one speed."""

DECIMALS = 3
"""Times are rounded to 0.001 min (0.06 s), so that "exactly 60 minutes" does not hang on the last bit."""

MAX_PAIRS = 20_000_000
UNITS = ("min", "km")


@dataclass(frozen=True)
class Standard:
    """
    A service standard: a point is covered if it is reached in `value` or less; equality counts.

    Raises
    ------
    InputError
        If the value is not greater than 0 or the unit is neither `min` nor `km`.
    """

    value: float = 60.0
    unit: str = "min"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError(_("standard: unit {unit!r}, required min or km.").format(unit=self.unit))
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not number or not 0 < self.value < math.inf:
            raise InputError(
                _("standard: found {value} {unit}, required more than 0. Use for example 30, 60, 90 or 120.").format(
                    value=self.value, unit=self.unit
                )
            )

    def __str__(self) -> str:
        """Return for example `60 min`."""
        return f"{self.value:g} {self.unit}"


class Travel(Protocol):
    """Anything that knows the way from sites to cells."""

    @property
    def unit(self) -> str:
        """`min` or `km`."""

    @property
    def method(self) -> Method:
        """How it knows."""

    def table(self, sites: pd.DataFrame) -> Matrix:
        """Return sites by cells; `sites` has `base_id` and `cell`."""


def require_unit(travel: Travel, standard: Standard) -> None:
    """
    Stop if times are compared with kilometres.

    Raises
    ------
    InputError
        If the travel model gives another unit than the standard has.
    """
    if travel.unit != standard.unit:
        raise InputError(
            _("standard: found {standard}, but the travel model gives {unit}. Use the same unit.").format(
                standard=standard, unit=travel.unit
            )
        )


@dataclass(frozen=True, eq=False)
class RoadTravel:
    """Shortest ways through the travel graph; what was once searched is kept, so a toggle searches nothing."""

    network: Network
    unit: str = "min"
    _rows: dict[int, Matrix] = field(default_factory=dict, repr=False)

    @property
    def method(self) -> Method:
        """How the graph was built."""
        return self.network.method if self.unit == "min" else self.network.km_method + self.network.method

    def table(self, sites: pd.DataFrame) -> Matrix:
        """Return sites by cells."""
        return self.from_cells(sites["cell"].to_numpy(dtype="int64"))

    def from_cells(self, cells: Ints | Sequence[int]) -> Matrix:
        """Return the way from each cell given to all cells (about 2 ms a new one)."""
        wanted = [int(cell) for cell in cells]
        new = sorted(set(wanted) - self._rows.keys())
        if new:
            if self.unit == "min":
                away = dijkstra(self.network.minutes, indices=new)
            else:
                away = kilometres(dijkstra(self.network.ways, indices=new))
            found = np.round(away, DECIMALS).astype("float32")
            self._rows.update(zip(new, found, strict=True))
        return np.stack([self._rows[cell] for cell in wanted]) if wanted else _nothing(self.network.grid)


@dataclass(frozen=True, eq=False)
class StraightTravel:
    """The fallback: straight line x detour, on one piece of land; disagrees with the roads for 3 town pairs in 10."""

    grid: Grid
    unit: str = "min"
    detour: float = DETOUR
    kmh: float = STRAIGHT_KMH

    @property
    def method(self) -> Method:
        """How it is computed, and that it is a fallback."""
        return say(_FALLBACK[self.unit], detour=self.detour, kmh=self.kmh)

    def table(self, sites: pd.DataFrame) -> Matrix:
        """Return sites by cells."""
        return self.from_cells(sites["cell"].to_numpy(dtype="int64"))

    def from_cells(self, cells: Ints | Sequence[int]) -> Matrix:
        """Return the way from each cell given to all cells."""
        if len(cells) == 0:
            return _nothing(self.grid)
        at = np.asarray(cells, dtype="int64")
        away = self.grid.xy[at, None, :] - self.grid.xy[None, :, :]
        km = np.hypot(away[..., 0], away[..., 1]) / 1_000 * self.detour
        value = km if self.unit == "km" else km / self.kmh * 60
        value[self.grid.piece[at][:, None] != self.grid.piece[None, :]] = np.inf
        return np.round(value, DECIMALS).astype("float32")


@dataclass(frozen=True, eq=False)
class MatrixTravel:
    """
    Times that somebody computed elsewhere, by site id.

    Attributes
    ----------
    lacking
        Sites that it knows nothing about, and whose rows say that there is no way; see `with_bases`.
    newer
        How many cells it was not made for, which have the times of the nearest one that it was; see `fitted`.
    """

    site_ids: tuple[str, ...]
    values: Matrix
    source: str = "a matrix of one's own"
    unit: str = "min"
    lacking: tuple[str, ...] = ()
    newer: int = 0

    @property
    def method(self) -> Method:
        """Where the times come from, and for whom there are none."""
        text = say(_BROUGHT[self.unit], source=self.source)
        if self.newer:
            text += say(mark("Cells newer than it: {n}; they have the times of the nearest older one."), n=self.newer)
        if not self.lacking:
            return text
        first, more = self.lacking[:3], len(self.lacking) - 3
        none = (
            mark("None for {names} and {more:,} more: switched off, and counted as reaching nobody.")
            if more > 0
            else mark("None for {names}: switched off, and counted as reaching nobody.")
        )
        return text + say(none, names=first, more=more)

    def with_bases(self, bases: pd.DataFrame) -> MatrixTravel:
        """
        Return the matrix with a row for every base of a plan.

        Parameters
        ----------
        bases
            `base_id`, `active` and `rule`; the ones that are on, or that a search must choose, have to be known.

        Raises
        ------
        InputError
            Naming all of those that the matrix does not know.
        """
        ids = bases["base_id"].astype("str")
        known = ids.isin(self.site_ids)
        _require_known(ids[(bases["active"] | (bases["rule"] == "required")) & ~known].tolist())
        lacking = tuple(ids[~known])
        nowhere = np.full((len(lacking), self.values.shape[1]), np.inf, dtype="float32")
        return replace(
            self, site_ids=(*self.site_ids, *lacking), values=np.vstack([self.values, nowhere]), lacking=lacking
        )

    def table(self, sites: pd.DataFrame) -> Matrix:
        """
        Return sites by cells.

        Raises
        ------
        InputError
            Naming all sites that the matrix does not know.
        """
        row = {site: i for i, site in enumerate(self.site_ids)}
        wanted = sites["base_id"].astype("str").tolist()
        _require_known([site for site in wanted if site not in row])
        return self.values[[row[site] for site in wanted]]


def _require_known(missing: list[str]) -> None:
    if missing:
        raise InputError(
            _("matrix: no times for {found}. Add their rows, or use the road model.").format(found=_some(missing))
        )


def _nothing(grid: Grid) -> Matrix:
    return np.empty((0, len(grid)), dtype="float32")


def read_matrix(
    path: str | Path, grid: Grid, site_ids: Sequence[str] | None = None, *, unit: str = "min"
) -> MatrixTravel:
    """
    Read a matrix of travel times.

    Parameters
    ----------
    path
        CSV or Parquet with `site_id`, `demand_id` (H3 index of a cell) and `minutes` (or `km`): every site with every
        cell once; `inf` says that there is no way.
    site_ids
        Sites that must be there and no others; None takes those of the file.

    Raises
    ------
    InputError
        One line with all that is wrong: columns, values that are no numbers or negative, unknown ids, pairs that are
        missing or given twice.
    """
    path = Path(path)
    column = "minutes" if unit == "min" else "km"
    rows = _matrix_rows(path, ["site_id", "demand_id", column])
    return matrix_from_rows(rows, grid.ids, site_ids, unit=unit, name=path.name)


def _matrix_rows(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read the rows of a matrix; the file is opened in the reading process."""
    from mssmap.jail import box

    answer = box.run(path, Order("tables", printable(path.name), MATRIX_BOUNDS))
    if answer.said["format"] not in MATRIX_FORMATS or len(answer.tables) != 1:
        raise InputError(
            _("{name}: found {format}, required a CSV or Parquet file.").format(
                name=path.name, format=answer.said["format"]
            )
        )
    (table,) = answer.tables
    if table.about["faults"]:
        fault = f"{path.name}: {Fault(*table.about['faults'][0])}"
        raise InputError(fault)
    found = table.content
    _require_columns(path.name, [name for name in found.column_names if not name.startswith("\x00")], columns)
    _require_pairs(path.name, found.num_rows)
    return pd.DataFrame(found.select(columns).to_pandas())


MATRIX_FORMATS: Final = ("csv", "parquet")
MATRIX_BOUNDS: Final = Limits(
    **{"file_bytes": 300 * MB, "unpacked_bytes": 1_000 * MB, "rows": MAX_PAIRS, "cells": 4 * MAX_PAIRS, "columns": 60},
    **{"memory_bytes": 4_000 * MB, "cpu_s": 240, "wall_s": 300, "reply_bytes": 1_000 * MB},
)
"""A matrix is longer than what people import; it is given on the command line or in Python only."""


def _require_columns(name: str, found: Sequence[str], required: Sequence[str]) -> None:
    if set(required) - set(found):
        raise InputError(
            _("{name}: found columns {found}, required {required}. Rename or add them.").format(
                name=name, found=", ".join(found[:8]), required=", ".join(required)
            )
        )


def _require_pairs(name: str, pairs: int) -> None:
    if pairs > MAX_PAIRS:
        raise InputError(
            _("{name}: found {pairs:,} pairs, required at most {max_pairs:,}. Leave out sites.").format(
                name=name, pairs=pairs, max_pairs=MAX_PAIRS
            )
        )


def matrix_from_rows(
    rows: pd.DataFrame,
    demand_ids: Sequence[str],
    site_ids: Sequence[str] | None = None,
    *,
    unit: str = "min",
    name: str = "matrix",
) -> MatrixTravel:
    """
    Check and arrange rows of `site_id`, `demand_id` and `minutes` or `km`; see `read_matrix`.

    Raises
    ------
    InputError
        One line with all that is wrong.
    """
    column = "minutes" if unit == "min" else "km"
    _require_columns(name, rows.columns.tolist(), ["site_id", "demand_id", column])
    site, demand = rows["site_id"].astype("str"), rows["demand_id"].astype("str")
    value = pd.to_numeric(rows[column], errors="coerce").to_numpy(dtype="float64")
    sites = list(dict.fromkeys(site)) if site_ids is None else [str(item) for item in site_ids]
    _require_pairs(name, len(sites) * len(demand_ids))
    row = pd.Index(sites).get_indexer(pd.Index(site))
    at = pd.Index([str(item) for item in demand_ids]).get_indexer(pd.Index(demand))
    known = (row >= 0) & (at >= 0)
    times = np.zeros((len(sites), len(demand_ids)), dtype="int64")
    np.add.at(times, (row[known], at[known]), 1)
    faults = [
        _count(np.isnan(value), site + "/" + demand, f"{column} that are not numbers"),
        _count(value < 0, site + "/" + demand, f"negative {column}"),
        _count(row < 0, site, "unknown site_id", unique=True),
        _count(at < 0, demand, "unknown demand_id", unique=True),
        _count_pairs(times == 0, sites, demand_ids, "missing"),
        _count_pairs(times > 1, sites, demand_ids, "given more than once"),
    ]
    if found := [fault for fault in faults if fault]:
        raise InputError(
            _("{name}: found {found}; required every site with every cell once, inf if no way.").format(
                name=name, found="; ".join(found)
            )
        )
    values = np.zeros(times.shape, dtype="float32")
    values[row, at] = value
    return MatrixTravel(tuple(sites), values, source=name, unit=unit)


MOST_NEWER: Final = 0.02
"""Share of the cells that a stored matrix may lack: boundaries were made better, it is not another country."""


def fitted(rows: pd.DataFrame, grid: Grid, *, unit: str, name: str) -> MatrixTravel:
    """
    Arrange rows that were stored for the cells of their time, as `matrix_from_rows` does.

    Cells that are no more are left out, a new one has the times of the nearest cell of then.

    Raises
    ------
    InputError
        One line with all that is wrong; also if more than `MOST_NEWER` of the cells are new.
    """
    then = list(dict.fromkeys(rows["demand_id"].astype("str")))
    at = pd.Index(then).get_indexer(pd.Index(grid.ids))
    newer = np.flatnonzero(at < 0)
    if not len(newer) and len(then) == len(grid):
        return matrix_from_rows(rows, grid.ids, unit=unit, name=name)
    known = np.flatnonzero(at >= 0)
    if len(newer) > MOST_NEWER * len(grid):
        return matrix_from_rows(rows, grid.ids, unit=unit, name=name)  # raises, and says which are missing
    at[newer] = at[known[cKDTree(grid.xy[known]).query(grid.xy[newer])[1]]]
    matrix = matrix_from_rows(rows, then, unit=unit, name=name)
    return replace(matrix, values=matrix.values[:, at], newer=len(newer))


def matrix_rows(matrix: MatrixTravel, grid: Grid) -> pd.DataFrame:
    """Return a matrix as the rows that `matrix_from_rows` takes, in the order of sites and cells."""
    column = "minutes" if matrix.unit == "min" else "km"
    return pd.DataFrame(
        {
            "site_id": pd.Categorical(np.repeat(list(matrix.site_ids), len(grid))),
            "demand_id": pd.Categorical(np.tile(grid.ids, len(matrix.site_ids))),
            column: matrix.values.ravel(),
        }
    )


def _count(bad: NDArray[np.bool_], labels: pd.Series, what: str, *, unique: bool = False) -> str:
    named = labels[bad].tolist()
    named = list(dict.fromkeys(named)) if unique else named
    return f"{len(named):,} {what} ({_some(named)})" if named else ""


def _count_pairs(bad: NDArray[np.bool_], sites: Sequence[str], demand: Sequence[str], what: str) -> str:
    at = np.argwhere(bad)
    named = [f"{sites[i]}/{demand[j]}" for i, j in at[:4].tolist()]
    return f"{len(at):,} pairs {what} ({_some(named, len(at))})" if len(at) else ""


_FALLBACK = {
    "min": mark(
        "FALLBACK, not by road: straight line x {detour:g} at {kmh:g} km/h, no roads, rivers, mountains or zones."
    ),
    "km": mark("FALLBACK, not by road: straight line x {detour:g}, no roads, rivers, mountains or zones."),
}
_BROUGHT = {
    "min": mark("Times from {source}; road status and zones do not act on them."),
    "km": mark("Distances from {source}; road status and zones do not act on them."),
}


def _some(names: Sequence[str], total: int | None = None) -> str:
    """Name the first three and say how many more."""
    total = len(names) if total is None else total
    return ", ".join(names[:3]) + (f" and {total - 3:,} more" if total > 3 else "")
