"""The text twin of the charts: what a curve, a grid or a timeline shows, in a few plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.measures import silence
from mssmap.records import evidence, timeline


def strength(
    curve: pd.DataFrame, levels: pd.DataFrame, day: date, grade: str = evidence.LOWEST, below: int = 0
) -> list[str]:
    """
    Tell the strength on a day: by country what arrivals less departures give, then the level last reported.

    Parameters
    ----------
    curve, levels
        As `series.strength_by_country` and `series.strength_levels` give them.
    grade, below
        Threshold, and how many arrivals and departures it hides.
    """
    return [_moved(curve, day, grade, below), *_level(levels, day)]


def _moved(curve: pd.DataFrame, day: date, grade: str, below: int) -> str:
    if below:
        return _(
            "Arrivals minus departures on {day}: not available at grade {grade}, for {n} of them are below it."
        ).format(day=text.day(day), grade=grade, n=below)
    known = curve[curve["day"] <= pd.Timestamp(day)]
    now = known.groupby("country")["personnel"].last()
    now = now[now > 0].sort_values(ascending=False, kind="stable")
    if now.empty:
        return _("No arrivals were known on {day}.").format(day=text.day(day))
    by_country = ", ".join(f"{country} {text.number(people)}" for country, people in now.items())
    return _("Arrivals minus departures on {day}: {n} ({countries}).").format(
        day=text.day(day), n=text.number(now.sum()), countries=by_country
    )


def _level(levels: pd.DataFrame, day: date) -> list[str]:
    reported = levels[levels["day"] <= pd.Timestamp(day)]
    if reported.empty:
        return []
    last = reported[reported["day"] == reported["day"].max()]
    vaguest = max(last["precision"])  # day, month, year: by chance their order in the alphabet
    return [
        _("Last reported strength of the whole mission: {n} ({day}).").format(
            n=text.figure(last["low"].min(), last["high"].max(), ""), day=text.day(last["day"].iloc[0], vaguest)
        )
    ]


def figures(values: pd.DataFrame) -> list[str]:
    """
    Tell the first and the latest value of each series, and how it moved.

    Parameters
    ----------
    values
        As `series.indicators` gives them, with `label`.
    """
    lines = []
    for label, mine in values.groupby("label", sort=False):
        last = mine.iloc[-1]
        told = _("{label}: {value} ({day})").format(
            label=label,
            value=text.figure(last["value"], last["value_max"], last["unit"], last["qualifier"]),
            day=_when(last),
        )
        if len(mine) > 1:
            first = mine.iloc[0]
            told += _("; first of {n} values {value} ({day})").format(
                n=len(mine),
                value=text.figure(first["value"], first["value_max"], first["unit"], first["qualifier"]),
                day=_when(first),
            )
        lines.append(f"{told}.")
    return lines


def _when(value: pd.Series) -> str:
    """Write the day of a point in time, or the period of a total: as whole years or months where it is these."""
    start, end, precision = value["start"], value["day"], value["precision"]
    if value["period_type"] == "point":
        return text.day(end, precision)
    if pd.isna(start):
        return _("until {day}").format(day=text.day(end, precision))
    if start.is_year_start and end.is_year_end:
        precision = "year"
    elif start.is_month_start and end.is_month_end and precision == "day":
        precision = "month"
    return text.span(start, end, precision)


def services(share: pd.DataFrame, titles: Mapping[str, str], words: Mapping[str, str]) -> list[str]:
    """
    Tell how many services of each group are in and out of service on the last day, and on the first.

    Parameters
    ----------
    share
        As `recovery.share` gives it.
    titles, words
        Names of the groups and of the states.
    """
    if share.empty:
        return []
    first, last = share["day"].min(), share["day"].max()
    lines = []
    for group, mine in share.groupby("group", sort=False):
        row = mine[mine["day"] == last].iloc[0]
        told = ", ".join(f"{words[state].lower()} {row[state]}" for state in words if row[state])
        before = mine[mine["day"] == first].iloc[0]
        lines.append(
            _("{group} on {day}: {told}; out of service on {first}: {n} of {total}.").format(
                group=titles[str(group)],
                day=text.day(last),
                told=told,
                first=text.day(first),
                n=before["out"],
                total=before["total"],
            )
        )
    return lines


def silent(departments: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """
    Tell which departments nobody reported about, and where assessments have gone stale.

    Parameters
    ----------
    departments
        As `silence.now` gives them.
    names
        Names of the departments by P-code.
    """
    quiet = departments[departments["silent"]].sort_values("days", ascending=False, na_position="first")
    told = [_quiet(row, names[row.department_pcode]) for row in quiet.itertuples(index=False)]
    lines = (
        [_("Without a report for more than {n} days: {names}.").format(n=silence.SILENT_DAYS, names=", ".join(told))]
        if told
        else [_("Every department was reported about in the last {n} days.").format(n=silence.SILENT_DAYS)]
    )
    stale = departments[departments["stale_zones"] > 0]
    if len(stale):
        where = ", ".join(
            _("{name} {n} of {total}").format(name=names[row.department_pcode], n=row.stale_zones, total=row.zones)
            for row in stale.itertuples(index=False)
        )
        lines.append(_("Zones whose assessment has gone stale: {where}.").format(where=where))
    return [*lines, _("That nothing is reported is not the same as calm.")]


def _quiet(row: Any, name: str) -> str:
    if pd.isna(row.days):
        return _("{name} (no report on record)").format(name=name)
    if row.precision in timeline.IMPRECISE:
        return _("{name} (last report {day})").format(name=name, day=text.day(row.last_report, row.precision))
    return _("{name} ({n} days)").format(name=name, n=text.number(row.days))


def days_since(days: Any, precision: str) -> str:
    """Write the days since a report; from a month or a year they are counted only about."""
    n = text.number(days)
    return _("about {n}").format(n=n) if n and precision in timeline.IMPRECISE else n


def lanes(lanes_of: Iterable[str], titles: Mapping[str, str], window: Sequence[date | None]) -> list[str]:
    """
    Tell how many events and spells the timeline holds, lane by lane.

    Parameters
    ----------
    lanes_of
        Lane of each item that touches the window.
    titles
        Names of the lanes.
    window
        First and last day, None where open.
    """
    counts = Counter(lanes_of)
    told = ", ".join(f"{titles[lane].lower()} {n}" for lane, n in counts.most_common())
    start, end = (text.day(day) if day else "" for day in window)
    n = counts.total()
    if start and end:
        head = _("Events and spells from {start} to {end}: {n}").format(start=start, end=end, n=n)
    else:
        head = _("Events and spells on the timeline: {n}").format(n=n)
    return [f"{head} ({told})." if told else f"{head}."]
