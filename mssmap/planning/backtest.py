"""
What a plan would have meant for the recorded past: the share of events within the standard, month by month.

Recorded events are those that were reported, not all that happened: the share says where a plan stands towards the
reported pattern, and must not be read as events prevented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning import reach
from mssmap.planning.access import Standard, Travel, require_unit
from mssmap.planning.covering import MAX_SNAP_M
from mssmap.planning.ground.grid import Grid
from mssmap.planning.method import Method, say
from mssmap.planning.scenario import Plan
from mssmap.records import evidence, timeline

if TYPE_CHECKING:
    from mssmap.records.catalog import Data

COARSE_PLACES = ("department", "country")
"""Events no finer than this have no place that could be within a standard; they are counted apart."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """
    The events of a period against one plan.

    Attributes
    ----------
    events
        One row an event with a place: `event_id`, `month`, `category`, `grade`, `cell`, `time` (to the nearest active
        base), `covered`, `certain` and `possible` (over the speed cases).
    by_month
        `month`, `events`, `covered`, `share`, `low`, `high`; every month of the period, share missing without events.
    by_category, by_grade
        `category` or `grade`, then as `by_month`.
    summary
        `events`, `covered`, `share`, `low`, `high` of the whole period, `unplaced` (events without a usable place).
    """

    standard: Standard
    events: pd.DataFrame
    by_month: pd.DataFrame
    by_category: pd.DataFrame
    by_grade: pd.DataFrame
    summary: Mapping[str, float]
    method: Method


def place_events(grid: Grid, events: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Put reported events on the grid.

    Parameters
    ----------
    events
        As `views.events` returns them. Planned ones are not history and are left out.

    Returns
    -------
    placed
        `event_id`, `month` (first day), `category`, `grade`, `cell` (-1 if the place is unknown, coarser than a
        commune, or farther than `covering.MAX_SNAP_M` from every cell).
    """
    rows = events[events["claim"] != timeline.PLANNED]
    cell = np.full(len(rows), -1, dtype="int64")
    at_home = rows["country"] == "HTI" if "country" in rows else True
    usable = (rows.geometry.notna() & ~rows["location_precision"].isin(COARSE_PLACES) & at_home).to_numpy()
    if usable.any():
        points = rows.geometry[usable]
        found, distance = grid.nearest(points.x.to_numpy(), points.y.to_numpy())
        cell[usable] = np.where(distance <= MAX_SNAP_M, found, -1)
    return pd.DataFrame(
        {
            "event_id": rows["event_id"].to_numpy(),
            "month": rows["valid_from"].dt.to_period("M").dt.start_time.to_numpy(),
            "category": rows["category"].to_numpy(),
            "grade": rows["grade"].to_numpy(),
            "cell": cell,
        }
    )


def run(
    placed: pd.DataFrame,
    travel: Travel,
    bases: pd.DataFrame,
    standard: Standard,
    *,
    speeds: Mapping[str, float] | None = None,
) -> Backtest:
    """
    Test one plan against placed events.

    Parameters
    ----------
    placed
        See `place_events`.
    bases
        See `covering.evaluate`; only active ones count, the same through all months.
    speeds
        Speed cases for the band; none gives no band.

    Raises
    ------
    InputError
        If the travel times are in another unit than the standard.
    """
    require_unit(travel, standard)
    known = placed[placed["cell"] >= 0].reset_index(drop=True)
    table = travel.table(bases[bases["active"]])
    at = known["cell"].to_numpy(dtype="int64")
    time = table[:, at].min(axis=0).astype("float64") if len(table) else np.full(len(at), np.inf)
    factors = list(speeds.values()) if speeds and standard.unit == "min" else [1.0]
    reached: reach.Bools = np.array([time <= np.float32(standard.value * factor) for factor in factors])
    events = known.assign(
        time=np.round(time, 3),
        covered=time <= np.float32(standard.value),
        certain=np.asarray(reached.all(axis=0)),
        possible=np.asarray(reached.any(axis=0)),
    )
    unplaced = len(placed) - len(known)
    return Backtest(
        standard=standard,
        events=events,
        by_month=_every_month(_shares(events, "month")),
        by_category=_shares(events, "category").sort_values(["events", "category"], ascending=[False, True]),
        by_grade=_shares(events, "grade"),
        summary={**_share(events), "unplaced": unplaced},
        method=say(
            mark(
                "Share of the reported events with a place of commune or finer ({events}; {unplaced} without are left "
                "out) whose cell lies within {standard} of an active base. Reported is not all that happened, and "
                "within reach is not prevented."
            ),
            events=len(events),
            unplaced=unplaced,
            standard=standard,
        )
        + travel.method,
    )


def _share(events: pd.DataFrame) -> dict[str, float]:
    n = len(events)
    covered, low, high = (int(events[name].sum()) for name in ("covered", "certain", "possible"))
    return {
        "events": n,
        "covered": covered,
        "share": reach.percent(covered, n) if n else float("nan"),
        "low": reach.percent(low, n) if n else float("nan"),
        "high": reach.percent(high, n) if n else float("nan"),
    }


def _shares(events: pd.DataFrame, column: str) -> pd.DataFrame:
    groups = {key: _share(rows) for key, rows in events.groupby(column, sort=True)}
    columns = [column, "events", "covered", "share", "low", "high"]
    return pd.DataFrame([{column: key, **share} for key, share in groups.items()], columns=columns)


def _every_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill in the months without events, so that a chart shows the silence."""
    if rows.empty:
        return rows
    months = pd.date_range(rows["month"].min(), rows["month"].max(), freq="MS")
    filled = rows.set_index("month").reindex(pd.DatetimeIndex(months, name="month")).reset_index()
    return filled.fillna({"events": 0, "covered": 0}).astype({"events": "int64", "covered": "int64"})


def from_data(
    data: Data,
    plan: Plan,
    travel: Travel,
    grid: Grid,
    bases: pd.DataFrame,
    *,
    start: date | None = None,
    end: date | None = None,
    grade: str = evidence.LOWEST,
) -> Backtest:
    """Test a plan against the events of a period, as known on the clock of the plan."""
    from mssmap.records import views

    rows = views.events(data, plan.clocks, start=start, end=end, grade=grade)
    return run(place_events(grid, rows), travel, bases, plan.standard, speeds=plan.cases.speed)


def compare(results: Mapping[str, Backtest]) -> pd.DataFrame:
    """
    Put two to four plans side by side, month by month.

    Returns
    -------
    compared
        `month`, `events`, then a share for each plan and `<plan> - <first>` for each but the first.

    Raises
    ------
    InputError
        If there are fewer than two or more than four, or they were not tested on the same events and standard.
    """
    if not 2 <= len(results) <= 4:
        raise InputError(_("compare: found {count} plans, required two to four.").format(count=len(results)))
    first, *others = results
    same = all(
        results[plan].standard == results[first].standard
        and results[plan].events["event_id"].tolist() == results[first].events["event_id"].tolist()
        for plan in others
    )
    if not same:
        raise InputError(
            _("compare: found plans tested on other events or another standard, required the same for all.")
        )
    rows = results[first].by_month[["month", "events"]].copy()
    for plan, result in results.items():
        rows[plan] = result.by_month["share"].to_numpy()
    for plan in others:
        rows[f"{plan} - {first}"] = rows[plan] - rows[first]
    return rows


def robust_sites(
    placed: pd.DataFrame, travel: Travel, candidates: pd.DataFrame, standard: Standard, *, top: int = 10
) -> pd.DataFrame:
    """
    Return how steadily each candidate is among the best over the months.

    Parameters
    ----------
    top
        A candidate scores in a month if it is among this many with most events in reach (ties included, none with
        no event).

    Returns
    -------
    robust
        `base_id`, `name`, `cell`, `events` (in reach, all months), `share` (of all events), `months_in_top`,
        `months` (with events), `worst_month_share`; steadiest first.
    """
    known = placed[placed["cell"] >= 0]
    within = travel.table(candidates) <= np.float32(standard.value)
    months, group = np.unique(known["month"].to_numpy(), return_inverse=True)
    total = np.bincount(group, minlength=len(months))
    in_reach = np.zeros((len(candidates), len(months)), dtype="int64")
    hits = within[:, known["cell"].to_numpy(dtype="int64")]
    for month in range(len(months)):
        in_reach[:, month] = hits[:, group == month].sum(axis=1)
    limit = -np.sort(-in_reach, axis=0)[min(top, len(candidates)) - 1] if len(candidates) and len(months) else 0
    best = (in_reach >= limit) & (in_reach > 0)
    rows = candidates[["base_id", "name", "cell"]].assign(
        events=in_reach.sum(axis=1),
        share=100 * in_reach.sum(axis=1) / max(1, int(total.sum())),
        months_in_top=best.sum(axis=1),
        months=len(months),
        worst_month_share=(100 * in_reach / np.maximum(total, 1)).min(axis=1) if len(months) else 0.0,
    )
    return rows.sort_values(
        ["months_in_top", "events", "base_id"], ascending=[False, False, True], kind="stable"
    ).reset_index(drop=True)


def consensus_sites(plans: Sequence[Plan]) -> pd.DataFrame:
    """Return how many plans have each base on: `base_id`, `plans`, `of`, most agreed first."""
    if not plans:
        raise InputError(_("consensus: found no plans, required at least one."))
    ids = sorted(set().union(*(plan.active for plan in plans)))
    rows = pd.DataFrame(
        {"base_id": ids, "plans": [sum(base in plan.active for plan in plans) for base in ids], "of": len(plans)}
    )
    return rows.sort_values(["plans", "base_id"], ascending=[False, True], kind="stable").reset_index(drop=True)
