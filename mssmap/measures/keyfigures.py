"""
The row of key figures: few numbers, each with its range, date, source and how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mssmap.i18n import LANGUAGES, mark
from mssmap.records import citations, evidence, regions, schema, states, units, views
from mssmap.records.catalog import Data
from mssmap.records.revisions import Bools, Ints
from mssmap.records.selected import Selected, Values
from mssmap.records.states import GRADE
from mssmap.records.timeline import Clocks

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

LONG_AGO = np.datetime64("0001-01-01", "s")
"""Before every day in the data."""

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


UNKNOWN, BELOW_GRADE, NO_RECORD = "unknown", "grade", "region"
"""Why there is no number: nothing was known then, all that was is below the grade, the region has no record."""


@dataclass(frozen=True)
class Reported:
    """Strength of the whole mission as last reported, on a day known as precisely as `precision` says."""

    low: float
    high: float
    day: date
    precision: str
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyFigure:
    """
    One number.

    Attributes
    ----------
    value
        None if there is none; `absent` says why.
    low, high
        The range that imprecise dates and places, disagreeing sources or records below the grade leave, equal to
        `value` if there is none.
    date, date_precision
        Day the number is about, and how exactly it is known.
    note
        One sentence on how it was made.
    total
        Of how many, None if that makes no sense.
    absent
        `UNKNOWN`, `BELOW_GRADE` or `NO_RECORD`; empty if there is a value.
    grade, lost
        Threshold, and how many records below it the number would rest on without it.
    national
        True if a region was asked and the number is that of the whole country.
    reported
        For the strength, the level it stands beside.
    titles
        Of the events that the number is counted from, by language.
    qualifier
        As the source words the number, such as "about".
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
    date_precision: str = "day"
    absent: str = ""
    grade: str = evidence.LOWEST
    lost: int = 0
    national: bool = False
    reported: Reported | None = None
    titles: tuple[tuple[tuple[str, str], ...], ...] = ()
    qualifier: str = ""


def key_figures(data: Data, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> list[KeyFigure]:
    """
    Return the key figures on two clocks; each rests only on records that reach the grade.

    A figure that a hidden record would change is not made from the rest: it is missing, or its range is open above.

    Parameters
    ----------
    region
        P-code or name. Bases, prisons and zones are counted in it; strength, displaced people and reopenings are
        national figures and stay so.
    """
    pcode = regions.find(data, region).pcode if region else regions.COUNTRY_PCODE
    national = [strength(data, clocks, grade), displaced(data, clocks, grade)]
    national += [_reopening(data, clocks, grade, row) for row in REOPENINGS]
    staff, people, *days = (replace(figure, national=pcode != regions.COUNTRY_PCODE) for figure in national)
    return [
        staff,
        _records(data, clocks, grade, pcode, "fobs", BASES_IN_USE),
        _records(data, clocks, grade, pcode, "prisons", ("functioning",)),
        _communes(data, clocks, grade, pcode),
        people,
        *days,
    ]


def strength(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> KeyFigure:
    """
    Return the personnel deployed: arrivals minus departures, beside the latest level reported for the mission.

    The two disagree for most dates, because departures are rarely reported; together they are the range. If an
    arrival or departure is below the grade there is no sum, and the latest level that reaches it stands alone.
    """
    rows = views.rows_of(data, "strength", clocks)
    kind, reached = rows["record_type"], citations.reaching(rows[GRADE], grade)
    is_move = np.isin(kind, CURVE_RECORDS) & ~pd.isna(rows["net_change"])
    is_level = (kind == "strength") & np.isin(rows["scope"], MISSION_SCOPES) & ~pd.isna(rows["personnel"])
    whole = bool(reached[is_move].all()) and bool(is_move.any())
    latest, trusted = (_last_day(rows, some) for some in (is_level, is_level & reached))
    days = rows["date"]
    counts = not whole or bool(np.isin(days[trusted], days[latest]).any())
    level = trusted if counts else trusted[:0]
    moves = np.flatnonzero(is_move)
    basis = rows.only(np.concatenate([moves, level])) if whole else rows.only(level)
    lost = int((~reached[moves]).sum() + (~reached[latest]).sum())
    summed = [float(sum(rows["net_change"][moves]))] if whole else []
    numbers = summed + [float(n) for n in _ends(rows.only(level), "personnel", "personnel_max")]
    return KeyFigure(
        key="strength_deployed",
        label=mark("Personnel deployed"),
        value=numbers[0] if numbers else None,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        unit="persons",
        **_dated(basis["date"], clocks, basis["date_precision"]),
        note=mark("Sum of reported arrivals minus departures.") if whole else mark("Strength as reported."),
        source_ids=_sources(basis),
        **_absence(bool(numbers), lost, grade),
        reported=_reported(rows.only(level)),
    )


def _last_day(rows: Selected, some: Bools) -> Ints:
    """Return the levels of the latest day, those learnt first in front; those that disagree stand side by side."""
    at = np.flatnonzero(some)
    at = at[rows["date"][at] == _newest(rows["date"][at])]
    found: Ints = at[np.argsort(rows["known_from"][at], kind="stable")]
    return found


def _ends(rows: Selected, *columns: str) -> list[Any]:
    """Return the numbers in some columns, one column after the other."""
    return [n for column in columns for n in rows[column][~pd.isna(rows[column])].tolist()]


def _reported(levels: Selected) -> Reported | None:
    if not len(levels):
        return None
    ends = _ends(levels, "personnel", "personnel_max")
    day, precision = _day(levels["date"][-1]), str(levels["date_precision"][-1])
    return Reported(float(min(ends)), float(max(ends)), day, precision, _sources(levels))


def displaced(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> KeyFigure:
    """Return the latest count of internally displaced people in the whole country that reaches the grade."""
    rows = views.rows_of(data, "indicators", clocks)
    wanted = (rows["indicator"] == DISPLACED_INDICATOR) & (rows["series"] == DISPLACED_SERIES)
    wanted &= (rows["period_type"] == "point") & np.isin(rows["area_pcode"], ["", regions.COUNTRY_PCODE])
    wanted &= np.array([name.casefold() in NATIONAL for name in rows["area"]], dtype=bool)
    rows = rows.only(wanted)
    reached, days = citations.reaching(rows[GRADE], grade), rows["period_end"]
    newest = _newest(days[reached])
    last = rows.only(reached & (days == newest))
    ends = _ends(last, "value", "value_max")
    later = ~reached & (days > newest)
    return KeyFigure(
        key="displaced",
        label=mark("Displaced people"),
        value=float(last["value"][-1]) if len(last) else None,
        low=min(ends, default=None),
        high=max(ends, default=None),
        unit="persons",
        **_dated(last["period_end"], clocks, last["date_precision"]),
        note=mark("Counted by IOM.") if len(rows) else mark("No count was known."),
        source_ids=_sources(last),
        qualifier=str(last["qualifier"][-1]) if len(last) else "",
        **_absence(len(last) > 0, int(later.sum()), grade),
    )


NATIONAL = ("national", "haiti", "")
"""Names of the area of an indicator that mean the whole country."""


def _records(data: Data, clocks: Clocks, grade: str, pcode: str, name: str, statuses: tuple[str, ...]) -> KeyFigure:
    """Return how many records of a layer are in one of some statuses."""
    rows = states.layer(data, name, clocks)
    inside, maybe = states.surely(data, rows, pcode), states.maybe(rows, pcode)
    reached, wanted = citations.reaching(rows[GRADE], grade), np.isin(rows["status"], statuses)
    used = rows.only(inside & wanted & reached)
    lost = int((inside & ~reached).sum())
    known = len(used) > 0 or (not lost and bool((inside | (maybe & wanted)).any()))
    label, note = RECORD_FIGURES[name]
    return KeyFigure(
        key=f"{name}_{statuses[0]}",
        label=label,
        value=len(used) if known else None,
        low=int(used["certain"].sum()) if known else None,
        high=int(((inside | maybe) & wanted).sum()) if known else None,
        unit="",
        **_dated(used["last_seen"], clocks, _seen_precision(used)),
        note=note,
        source_ids=_sources(used),
        total=int(inside.sum()) if name == "prisons" and known else None,
        **_absence(known, lost, grade, NO_RECORD if len(rows) else UNKNOWN),
    )


RECORD_FIGURES = {
    "fobs": (
        mark("Bases in use"),
        mark("Operational or handed over to another contingent; plans and proposals do not count."),
    ),
    "prisons": (mark("Prisons functioning"), mark("Of the prisons and police stations used as prisons on record.")),
}


def _communes(data: Data, clocks: Clocks, grade: str, pcode: str) -> KeyFigure:
    """Return how many communes have at least one zone in which gangs were reported."""
    every = states.layer(data, "gang_zones", clocks)
    near = every.only(states.surely(data, every, pcode))
    reached = citations.reaching(near[GRADE], grade)
    zones, lost = near.only(reached), int((~reached).sum())
    surely = zones.only(zones["certain"] & ~zones["stale"])
    known = bool(len(zones))
    return KeyFigure(
        key="communes_affected",
        label=mark("Communes with gang zones"),
        value=len(_named(zones)) if known else None,
        low=len(_named(surely)) if known else None,
        high=_most_communes(near) if known else None,
        unit="communes",
        **_dated(zones["last_seen"], clocks, _seen_precision(zones)),
        note=mark(
            "Communes that a source names or that hold a named place. Stale zones, places near a border and "
            "departments of which a source only counts the communes make the range."
        ),
        source_ids=_sources(zones),
        **_absence(known, lost, grade, NO_RECORD if len(every) else UNKNOWN),
    )


def _named(zones: Selected) -> set[str]:
    """Return the communes that zones surely lie in; a share of several communes names none of them."""
    return {
        pcode
        for zone in zones.rows("extent", "unit", "unit_pcodes", "commune_pcode")
        if zone.extent != units.SHARE
        for pcode in units.communes_named(zone.unit, units.codes(zone.unit_pcodes), zone.commune_pcode)
    }


def _most_communes(zones: Selected) -> int:
    """Return how many communes zones lie in at most: wherever a place may be, and those that are only counted."""
    may_be = {pcode for cell in zones["commune_pcodes"] for pcode in units.codes(cell)} | _named(zones)
    unnamed = 0
    for zone in zones.rows("extent", "unit_pcodes", "communes_affected"):
        if zone.extent == units.COUNT:
            there = sum(pcode.startswith(units.codes(zone.unit_pcodes)) for pcode in may_be)
            unnamed += max(0, int(zone.communes_affected) - there)
    return len(may_be) + unnamed


def _reopening(data: Data, clocks: Clocks, grade: str, row: tuple[str, str, str]) -> KeyFigure:
    """Return the days since schools or courts reopened for the last time; None before."""
    key, label, category = row
    events = views.happened(data, clocks)
    events = events.only(events["category"] == category)
    events = events.only(np.argsort(states.happenings(data).written[events.at]))
    newest = _newest(events["valid_from"])
    events = events.only(events["valid_from"] >= newest - np.timedelta64(SAME_REOPENING_DAYS, "D"))
    reached = citations.reaching(events[GRADE], grade)
    lost = int((~reached).sum())
    events = events.only(reached)
    days = sorted({(clocks.as_of - _day(day)).days for day in events["valid_from"]})
    return KeyFigure(
        key=key,
        label=label,
        value=days[0] if days else None,
        low=min(days, default=None),
        high=max(days, default=None),
        unit="days",
        **_dated(events["valid_from"], clocks, events["date_precision"]),
        note="" if days or lost else mark("No reopening was known by then."),
        source_ids=_as_written(events),
        **_absence(bool(days), lost, grade),
        titles=_titles(events),
    )


def _titles(events: Selected) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the titles of events by language."""
    languages = [lang for lang in LANGUAGES if f"title_{lang}" in events]
    written = zip(*(events[f"title_{lang}"] for lang in languages), strict=True)
    return tuple(
        tuple((lang, str(word)) for lang, word in zip(languages, words, strict=True) if word) for words in written
    )


def _absence(known: bool, lost: int, grade: str, otherwise: str = UNKNOWN) -> dict[str, Any]:
    """Return the threshold, what it hides, and why there is no number if there is none."""
    return {"absent": "" if known else BELOW_GRADE if lost else otherwise, "grade": grade, "lost": lost}


def _dated(days: Values, clocks: Clocks, precision: Values | list[str]) -> dict[str, Any]:
    """Return the latest of some days, how exactly it is known, and its age; None if there is none."""
    known = np.where(np.isnat(days), LONG_AGO, days)
    if not (known > LONG_AGO).any():
        return {"date": None, "age_days": None}
    last = int(known.argmax())
    latest = min(_day(known[last]), clocks.as_of)
    return {"date": latest, "date_precision": str(precision[last]), "age_days": max(0, (clocks.as_of - latest).days)}


def _newest(days: Values) -> Any:
    return np.fmax.reduce(days, initial=LONG_AGO)


def _day(day: Any) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found


def _seen_precision(rows: Selected) -> list[str]:
    """Return how exactly `last_seen` is known: as its publication, or as `known_from`."""
    found = []
    seen = np.datetime_as_string(rows["last_seen"].astype("datetime64[D]")).tolist()
    for day, exact, sources in zip(seen, rows["known_precision"], rows["sources"], strict=True):
        told = {source["published_precision"] for source in sources if source["published_on"] == day}
        found.append("day" if "day" in told else min(told, default=exact))
    return found


def _sources(rows: Selected) -> tuple[str, ...]:
    """Return the sources of some rows once, in the order of the rows."""
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in schema.items(cell)))


def _as_written(rows: Selected) -> tuple[str, ...]:
    """Return the same sources in the order in which the rows name them."""
    cells = zip(rows.prepared.column("source_ids")[rows.at], rows["source_ids"], strict=True)
    return tuple(
        dict.fromkeys(
            name for written, public in cells for name in schema.items(written) if name in schema.items(public)
        )
    )
