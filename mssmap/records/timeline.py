"""
Two clocks: when something was true, and when it was known.

Rows carry a valid time (`valid_from` to `valid_to`, both days included, open if `valid_to` is empty) and a known time
(`known_from`). A correction is a row with the same id and a higher `revision`; its `known_from` is the day on which its
source was public, which may lie before that of the row it corrects. A withdrawal is one with status `retracted`. A view
is: rows known by `known_on`, the latest revision of each id, then the intervals that contain `as_of`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.records import kinds

RETRACTED = "retracted"
"""Status of a revision that withdraws its record."""

PLANNED = "planned"
"""Claim of an event that was announced, not reported as done."""

FOREVER: Final = date(2100, 1, 1)
"""A day after all that is recorded; an open end lasts until then."""

IMPRECISE = ("month", "year")
"""Precisions of a date that stand for several days."""


@dataclass(frozen=True)
class Clocks:
    """
    The two dials: what was true on `as_of`, as far as it was known on `known_on`.

    Raises
    ------
    InputError
        If one of them is not a date.
    """

    as_of: date
    known_on: date

    def __post_init__(self) -> None:
        for name in ("as_of", "known_on"):
            if not isinstance(getattr(self, name), date):
                raise InputError(
                    _("{name}: found {found!r}, required a date.").format(name=name, found=getattr(self, name))
                )


def known(rows: pd.DataFrame, known_on: date, id_column: str) -> pd.DataFrame:
    """
    Return what was known at the end of a day: the latest revision then of each id, without withdrawn ones.

    Parameters
    ----------
    rows
        All revisions, with `id_column`, `revision` and `known_from`; an empty `known_from` counts as never known.
        With a column `status`, rows with `RETRACTED` withdraw their id.

    Returns
    -------
    known
        At most one row an id, in the order and with the index of `rows`.
    """
    seen = np.flatnonzero((rows["known_from"] <= pd.Timestamp(known_on)).to_numpy())
    revision = rows["revision"].to_numpy(dtype="float64", na_value=0)[seen]
    newest_last = seen[np.argsort(revision, kind="stable")]
    superseded = rows[id_column].iloc[newest_last].duplicated(keep="last").to_numpy()
    kept = np.sort(newest_last[~superseded])
    if "status" in rows:
        kept = kept[(rows["status"].iloc[kept] != RETRACTED).to_numpy()]
    return rows.iloc[kept]


def valid(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the rows whose interval contains a day; both ends count, an empty `valid_to` means still true."""
    return rows[_contains(rows, pd.Timestamp(as_of))]


def _contains(rows: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    return (rows["valid_from"] <= day) & ~(rows["valid_to"] < day)


def window(rows: pd.DataFrame, start: date | None = None, end: date | None = None) -> pd.DataFrame:
    """
    Return the rows whose interval touches the days from `start` to `end`, both included.

    A missing `start` or `end` leaves that side open.

    Raises
    ------
    InputError
        If `end` is before `start`.
    """
    require_window(start, end)
    keep = pd.Series(True, index=rows.index)
    if start:
        keep &= ~(rows["valid_to"] < pd.Timestamp(start))
    if end:
        keep &= rows["valid_from"] <= pd.Timestamp(end)
    return rows[keep]


def require_window(start: date | None, end: date | None) -> None:
    """
    Refuse days that are the wrong way round.

    Raises
    ------
    InputError
        If `end` is before `start`.
    """
    if start and end and end < start:
        raise InputError(
            _("to: found {end}, required a day not before from ({start}). Swap them.").format(end=end, start=start)
        )


def earliest_latest(days: pd.Series, precision: pd.Series) -> tuple[pd.Series, pd.Series]:
    """
    Return the first and the last day that an imprecise date may mean.

    A date of precision `month` means any day of its month, `year` any day of its year; `before` means a day not later
    than the one given, so that it is certain from there on.
    """
    start = days.to_numpy(dtype="datetime64[D]")
    month, year = start.astype("datetime64[M]"), start.astype("datetime64[Y]")
    is_month, is_year = (precision == "month").to_numpy(), (precision == "year").to_numpy()
    first = np.where(is_month, month.astype("datetime64[D]"), np.where(is_year, year.astype("datetime64[D]"), start))
    month_end = (month + 1).astype("datetime64[D]") - 1
    year_end = (year + 1).astype("datetime64[D]") - 1
    last = np.where(is_month, month_end, np.where(is_year, year_end, start))
    return (
        pd.Series(first.astype("datetime64[s]"), index=days.index),
        pd.Series(last.astype("datetime64[s]"), index=days.index),
    )


def end_precision(spells: pd.DataFrame) -> list[str]:
    """Return how exactly the end of each spell is known: as the start of the next that follows, else as its own."""
    begun = zip(spells["record_id"], spells["valid_from"], strict=True)
    exact = dict(zip(begun, spells["date_precision"], strict=True))
    next_days = spells["valid_to"] + pd.Timedelta(days=1)
    ends = zip(spells["record_id"], next_days, spells["date_precision"], strict=True)
    return [str(exact.get((record_id, day), own)) for record_id, day, own in ends]


def is_certain(rows: pd.DataFrame, as_of: date) -> pd.Series:
    """
    Say for each row that is valid on `as_of` whether its start, as precise as it is, surely lies before.

    A spell that began "in May 2025" is uncertain through 30 May and certain from 31 May.
    """
    _, last = earliest_latest(rows["valid_from"], rows["date_precision"])
    return last <= pd.Timestamp(as_of)


def possible_days(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day that each row may mean; an open end is taken as its start."""
    first = earliest_latest(rows["valid_from"], rows["date_precision"])[0]
    last = earliest_latest(rows["valid_to"].fillna(rows["valid_from"]), rows["date_precision"])[1]
    return first, last


def surely_within(rows: pd.DataFrame, start: date, end: date) -> pd.Series:
    """
    Say for each row that touches the days from `start` to `end` whether it surely does.

    An event of "May 2025" surely happened in a window that holds the whole month, and may have in one that cuts it.
    """
    first, last = possible_days(rows)
    exact = ~rows["date_precision"].isin(IMPRECISE)
    return exact | ((first >= pd.Timestamp(start)) & (last <= pd.Timestamp(end)))


def age_days(last_seen: pd.Series, as_of: date) -> pd.Series:
    """Return the days between the last report of a status and `as_of`, never below 0, missing if there is none."""
    days: pd.Series = (pd.Timestamp(as_of) - last_seen).dt.days
    return days.clip(lower=0).astype("Int64")


def is_stale(ages: pd.Series, layer: str) -> pd.Series:
    """
    Say which statuses are older than the refresh period of their layer; an age equal to the period is not stale.

    Layers without a refresh period are never stale.
    """
    limit = kinds.LAYERS[layer].refresh_days if layer in kinds.LAYERS else np.iinfo("int64").max
    return (ages > limit).fillna(False).astype(bool)


def is_plan(rows: pd.DataFrame) -> pd.Series:
    """Say which events were announced, not reported as done."""
    return rows["claim"] == PLANNED


def day_announced(rows: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    """
    Say which planned rows have no day but that of their announcement: it did not lie ahead when they became known.

    Parameters
    ----------
    first
        The first revision of each event, by event id. An assumed `known_from` says nothing.
    """
    first = first.reindex(rows["event_id"]).set_axis(rows.index)
    learnt = earliest_latest(first["known_from"], first["known_precision"])[1]
    return is_plan(rows) & (possible_days(rows)[1] <= learnt) & (first["known_precision"] != "assumed")


def outcome_unknown(rows: pd.DataFrame, as_of: date) -> pd.Series:
    """Say which planned rows have a date that passed before `as_of`, so that one should know but does not."""
    end = rows["valid_to"].fillna(rows["valid_from"])
    return (rows["claim"] == PLANNED) & (end < pd.Timestamp(as_of))
