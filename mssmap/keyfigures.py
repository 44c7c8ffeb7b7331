"""
The row of key figures: few numbers, each with its range, date, source and how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from mssmap import evidence, regions, schema, timeline, views
from mssmap.catalog import Data
from mssmap.i18n import mark
from mssmap.timeline import Clocks

CURVE_RECORDS = ("arrival", "departure", "rotation")
"""Record types of the table `strength` whose `net_change` adds up to the number deployed."""

MISSION_SCOPES = ("MSS", "GSF")
"""Scopes of a reported strength level that count the whole mission, not one contingent."""

BASES_IN_USE = ("operational", "handed_over")
"""Statuses of a base that is in use: one that was handed over has a new operator."""

DISPLACED_INDICATOR, DISPLACED_SERIES = "idps", "iom_dtm"
"""Displaced people as counted by the Displacement Tracking Matrix of IOM."""

REOPENINGS = (
    ("days_schools_open", mark("Days since schools reopened"), "school_reopening"),
    ("days_courts_open", mark("Days since courts reopened"), "court_reopening"),
)
"""Key, label and category of the events that the days are counted from."""

SAME_REOPENING_DAYS = 14
"""Reopenings reported for dates this close are one reopening whose date is disputed."""


RESTS_ON = {
    "strength_deployed": "strength",
    "fobs_operational": "fobs",
    "prisons_functioning": "prisons",
    "communes_affected": "gang_zones",
    "displaced": "indicators",
    "days_schools_open": "events",
    "days_courts_open": "events",
}
"""Key of a figure -> the layer or table that it is counted from."""


@dataclass(frozen=True)
class KeyFigure:
    """
    One number.

    Attributes
    ----------
    value
        None if nothing was known.
    low, high
        The range that imprecise dates and places or disagreeing sources leave, equal to `value` if there is none.
    date
        Day the number is about.
    note
        One sentence on how it was made.
    total
        Of how many, None if that makes no sense.
    """

    key: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    date: date | None
    age_days: int | None
    note: str
    source_ids: tuple[str, ...]
    total: int | None = None


def key_figures(data: Data, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> list[KeyFigure]:
    """
    Return the key figures on two clocks; each rests only on records that reach the grade.

    Parameters
    ----------
    region
        P-code or name. Bases, prisons and zones are counted in it; strength, displaced people and reopenings are
        national figures and stay so.
    """
    counted = views.counts(data, clocks, grade, region)
    return [
        strength(data, clocks, grade),
        _records(data, clocks, grade, region, counted, "fobs", BASES_IN_USE),
        _records(data, clocks, grade, region, counted, "prisons", ("functioning",)),
        _communes(data, clocks, grade, region),
        displaced(data, clocks, grade),
        *(_reopening(data, clocks, grade, row) for row in REOPENINGS),
    ]


def strength(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> KeyFigure:
    """
    Return the personnel deployed: arrivals minus departures, beside the latest level reported for the mission.

    The two disagree for most dates, because departures are rarely reported; together they are the range.
    """
    rows = views.table(data, "strength", clocks, grade)
    moves = rows[rows["record_type"].isin(CURVE_RECORDS) & rows["net_change"].notna()]
    levels = rows[(rows["record_type"] == "strength") & rows["scope"].isin(MISSION_SCOPES) & rows["personnel"].notna()]
    level = levels.sort_values(["date", "known_from"], kind="stable").tail(1)
    summed = [float(moves["net_change"].sum())] if len(moves) else []
    reported = level["personnel"].tolist() + level["personnel_max"].dropna().tolist()
    numbers = summed + [float(number) for number in reported]
    note = mark("Sum of reported arrivals minus departures.")
    if len(level):
        note += (
            f" The latest reported strength of the mission was {_range(reported)} on {level['date'].iloc[0]:%Y-%m-%d}."
        )
    basis = pd.concat([moves, level])
    return KeyFigure(
        key="strength_deployed",
        label=mark("Personnel deployed"),
        value=summed[0] if summed else numbers[0] if numbers else None,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        unit="persons",
        **_dated(basis["date"], clocks),
        note=note,
        source_ids=_sources(basis),
    )


def displaced(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> KeyFigure:
    """Return the latest count of internally displaced people in the whole country dated by then."""
    rows = views.table(data, "indicators", clocks, grade)
    rows = rows[(rows["indicator"] == DISPLACED_INDICATOR) & (rows["series"] == DISPLACED_SERIES)]
    rows = rows[rows["period_type"] == "point"]
    rows = rows[rows["area_pcode"].isin(["", regions.COUNTRY_PCODE]) & rows["area"].str.casefold().isin(NATIONAL)]
    last = rows[rows["period_end"] == rows["period_end"].max()]
    ends = [*last["value"].dropna().tolist(), *last["value_max"].dropna().tolist()]
    row = last.iloc[-1] if len(last) else None
    return KeyFigure(
        key="displaced",
        label=mark("Displaced people"),
        value=float(row["value"]) if row is not None else None,
        low=min(ends, default=None),
        high=max(ends, default=None),
        unit="persons",
        **_dated(last["period_end"], clocks),
        note=f"Counted by IOM{', ' + row['qualifier'] if row['qualifier'] else ''}."
        if row is not None
        else mark("No count was known."),
        source_ids=_sources(last),
    )


NATIONAL = ("national", "haiti", "")
"""Names of the area of an indicator that mean the whole country."""


def _records(
    data: Data,
    clocks: Clocks,
    grade: str,
    region: str | None,
    counted: pd.DataFrame,
    name: str,
    statuses: tuple[str, ...],
) -> KeyFigure:
    """Return how many records of a layer are in one of some statuses."""
    rows = counted[(counted["layer"] == name) & counted["status"].isin(statuses)]
    records = views.layer(data, name, clocks, grade, region)
    used = records[records["status"].isin(statuses)]
    label, note = RECORD_FIGURES[name]
    return KeyFigure(
        key=f"{name}_{statuses[0]}",
        label=label,
        value=int(rows["value"].sum()),
        low=int(rows["low"].sum()),
        high=int(rows["high"].sum()),
        unit="",
        **_dated(used["last_seen"], clocks),
        note=note,
        source_ids=_sources(used),
        total=len(records) if name == "prisons" else None,
    )


RECORD_FIGURES = {
    "fobs": (
        mark("Bases in use"),
        mark("Operational or handed over to another contingent; plans and proposals do not count."),
    ),
    "prisons": (mark("Prisons functioning"), mark("Of the prisons and police stations used as prisons on record.")),
}


def _communes(data: Data, clocks: Clocks, grade: str, region: str | None) -> KeyFigure:
    """Return how many communes have at least one zone in which gangs were reported."""
    zones = views.layer(data, "gang_zones", clocks, grade, region)
    placed = zones[zones["commune_pcode"] != ""]
    count = placed["commune_pcode"].nunique()
    return KeyFigure(
        key="communes_affected",
        label=mark("Communes with gang zones"),
        value=count,
        low=placed.loc[placed["certain"] & ~placed["stale"], "commune_pcode"].nunique(),
        high=count + int((zones["commune_pcode"] == "").sum()),
        unit="communes",
        **_dated(zones["last_seen"], clocks),
        note=mark("Communes that hold the centre of a zone; stale zones and zones without a commune make the range."),
        source_ids=_sources(zones),
    )


def _reopening(data: Data, clocks: Clocks, grade: str, row: tuple[str, str, str]) -> KeyFigure:
    """Return the days since schools or courts reopened for the last time; None before."""
    key, label, category = row
    events = views.known(data, "events", clocks.known_on)
    events = events[(events["category"] == category) & (events["claim"] != timeline.PLANNED)]
    events = events[events["valid_from"] <= pd.Timestamp(clocks.as_of)]
    events = events[evidence.passes(evidence.grade(events, data["sources"], clocks.known_on), grade)]
    events = events[events["valid_from"] >= events["valid_from"].max() - pd.Timedelta(days=SAME_REOPENING_DAYS)]
    days = sorted({(clocks.as_of - day.date()).days for day in events["valid_from"]})
    return KeyFigure(
        key=key,
        label=label,
        value=days[0] if days else None,
        low=min(days, default=None),
        high=max(days, default=None),
        unit="days",
        **_dated(events["valid_from"], clocks),
        note=" / ".join(events["title_en"]) if days else mark("No reopening was known by then."),
        source_ids=_sources(events),
    )


def _dated(days: pd.Series, clocks: Clocks) -> dict[str, Any]:
    """Return the latest of some days and its age, both None if there is none."""
    if days.dropna().empty:
        return {"date": None, "age_days": None}
    latest = min(days.max().date(), clocks.as_of)
    return {"date": latest, "age_days": max(0, (clocks.as_of - latest).days)}


def _sources(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the sources of some rows once, in the order of the rows."""
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in schema.items(cell)))


def _range(numbers: list[Any]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,.0f}" if low == high else f"{low:,.0f}-{high:,.0f}"
