"""The key figures worked out apart, with pandas, as mssmap did before `records.states`; see `present_way`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from mssmap.i18n import LANGUAGES, mark
from mssmap.measures.keyfigures import (
    BASES_IN_USE,
    BELOW_GRADE,
    CURVE_RECORDS,
    DISPLACED_INDICATOR,
    DISPLACED_SERIES,
    MISSION_SCOPES,
    NATIONAL,
    NO_RECORD,
    RECORD_FIGURES,
    REOPENINGS,
    SAME_REOPENING_DAYS,
    UNKNOWN,
    KeyFigure,
    Reported,
)
from mssmap.records import evidence, regions, schema, timeline
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

from . import present_way as views


def key_figures(data: Data, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> list[KeyFigure]:
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
    rows = views.table(data, "strength", clocks)
    moves = rows[rows["record_type"].isin(CURVE_RECORDS) & rows["net_change"].notna()]
    levels = rows[(rows["record_type"] == "strength") & rows["scope"].isin(MISSION_SCOPES) & rows["personnel"].notna()]
    levels = levels.sort_values(["date", "known_from"], kind="stable")
    whole = bool(evidence.passes(moves["grade"], grade).all()) and len(moves) > 0
    latest, reached = (_last_day(some) for some in (levels, levels[evidence.passes(levels["grade"], grade)]))
    level = reached if not whole or reached["date"].isin(latest["date"]).any() else reached.iloc[:0]
    summed = [float(moves["net_change"].sum())] if whole else []
    basis = pd.concat([moves, level]) if whole else level
    lost = _below(pd.concat([moves, latest]), grade)
    numbers = summed + [float(n) for n in (*level["personnel"], *level["personnel_max"].dropna())]
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
        reported=_reported(level),
    )


def _last_day(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the levels of the latest day; those that disagree stand side by side."""
    return levels[levels["date"] == levels["date"].max()]


def _reported(levels: pd.DataFrame) -> Reported | None:
    if levels.empty:
        return None
    ends = [*levels["personnel"].dropna(), *levels["personnel_max"].dropna()]
    day, precision = levels["date"].iloc[-1].date(), str(levels["date_precision"].iloc[-1])
    return Reported(float(min(ends)), float(max(ends)), day, precision, _sources(levels))


def displaced(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> KeyFigure:
    """Return the latest count of internally displaced people in the whole country that reaches the grade."""
    rows = views.table(data, "indicators", clocks)
    rows = rows[(rows["indicator"] == DISPLACED_INDICATOR) & (rows["series"] == DISPLACED_SERIES)]
    rows = rows[rows["period_type"] == "point"]
    rows = rows[rows["area_pcode"].isin(["", regions.COUNTRY_PCODE]) & rows["area"].str.casefold().isin(NATIONAL)]
    reached = rows[evidence.passes(rows["grade"], grade)]
    last = reached[reached["period_end"] == reached["period_end"].max()]
    ends = [*last["value"].dropna().tolist(), *last["value_max"].dropna().tolist()]
    row = last.iloc[-1] if len(last) else None
    later = rows if row is None else rows[rows["period_end"] > row["period_end"]]
    return KeyFigure(
        key="displaced",
        label=mark("Displaced people"),
        value=float(row["value"]) if row is not None else None,
        low=min(ends, default=None),
        high=max(ends, default=None),
        unit="persons",
        **_dated(last["period_end"], clocks, last["date_precision"]),
        note=mark("No count was known.") if rows.empty else mark("Counted by IOM."),
        source_ids=_sources(last),
        qualifier=str(row["qualifier"]) if row is not None else "",
        **_absence(row is not None, _below(later, grade), grade),
    )


def _records(data: Data, clocks: Clocks, grade: str, pcode: str, name: str, statuses: tuple[str, ...]) -> KeyFigure:
    """Return how many records of a layer are in one of some statuses."""
    rows = views.layer(data, name, clocks)
    inside, maybe = regions.within(rows, pcode), regions.maybe_within(rows, pcode)
    reached, wanted = evidence.passes(rows["grade"], grade), rows["status"].isin(statuses)
    used = rows[inside & wanted & reached]
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
        **_dated(used["last_seen"], clocks, seen_precision(used)),
        note=note,
        source_ids=_sources(used),
        total=int(inside.sum()) if name == "prisons" and known else None,
        **_absence(known, lost, grade, NO_RECORD if len(rows) else UNKNOWN),
    )


def _communes(data: Data, clocks: Clocks, grade: str, pcode: str) -> KeyFigure:
    """Return how many communes have at least one zone in which gangs were reported."""
    every = views.layer(data, "gang_zones", clocks)
    near = every[regions.within(every, pcode)]
    reached = evidence.passes(near["grade"], grade)
    zones, lost = near[reached], int((~reached).sum())
    known = bool(len(zones))
    return KeyFigure(
        key="communes_affected",
        label=mark("Communes with gang zones"),
        value=len(_named(zones)) if known else None,
        low=len(_named(zones[zones["certain"] & ~zones["stale"]])) if known else None,
        high=_most(near) if known else None,
        unit="communes",
        **_dated(zones["last_seen"], clocks, seen_precision(zones)),
        note=mark(
            "Communes that a source names or that hold a named place. Stale zones, places near a border and "
            "departments of which a source only counts the communes make the range."
        ),
        source_ids=_sources(zones),
        **_absence(known, lost, grade, NO_RECORD if len(every) else UNKNOWN),
    )


def _named(zones: pd.DataFrame) -> set[str]:
    """Return communes by name: that of a place, and those of communes and sections that are no share."""
    places = zones.loc[(zones["unit"] == "place") & (zones["commune_pcode"] != ""), "commune_pcode"]
    areas = zones.loc[zones["unit"].isin(["commune", "section"]) & (zones["extent"] != "share"), "unit_pcodes"]
    return set(places) | {code.strip()[:6] for cell in areas for code in cell.split(";")}


def _most(zones: pd.DataFrame) -> int:
    """Return how many communes there are at most: where a place may be, and those that are only counted."""
    may_be = _named(zones) | {code for cell in zones["commune_pcodes"] for code in cell.split(";") if code}
    counted = zones[zones["extent"] == "count"]
    more = [
        max(0, int(count) - sum(code.startswith(tuple(cell.split(";"))) for code in may_be))
        for cell, count in zip(counted["unit_pcodes"], counted["communes_affected"], strict=True)
    ]
    return len(may_be) + sum(more)


def _reopening(data: Data, clocks: Clocks, grade: str, row: tuple[str, str, str]) -> KeyFigure:
    """Return the days since schools or courts reopened for the last time; None before."""
    key, label, category = row
    events = views.known(data, "events", clocks.known_on)
    events = events[(events["category"] == category) & (events["claim"] != timeline.PLANNED)]
    events = events[events["valid_from"] <= pd.Timestamp(clocks.as_of)]
    events = events[events["valid_from"] >= events["valid_from"].max() - pd.Timedelta(days=SAME_REOPENING_DAYS)]
    events = events.assign(grade=evidence.grade(events, data["sources"], clocks.known_on))
    lost = _below(events, grade)
    events = events[evidence.passes(events["grade"], grade)]
    days = sorted({(clocks.as_of - day.date()).days for day in events["valid_from"]})
    return KeyFigure(
        key=key,
        label=label,
        value=days[0] if days else None,
        low=min(days, default=None),
        high=max(days, default=None),
        unit="days",
        **_dated(events["valid_from"], clocks, events["date_precision"]),
        note="" if days or lost else mark("No reopening was known by then."),
        source_ids=_sources(events),
        **_absence(bool(days), lost, grade),
        titles=tuple(_titles(row) for row in events.to_dict("records")),
    )


def _titles(row: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    """Return the title of an event by language."""
    return tuple((lang, str(row[f"title_{lang}"])) for lang in LANGUAGES if row.get(f"title_{lang}"))


def _below(rows: pd.DataFrame, grade: str) -> int:
    return int((~evidence.passes(rows["grade"], grade)).sum())


def _absence(known: bool, lost: int, grade: str, otherwise: str = UNKNOWN) -> dict[str, Any]:
    """Return the threshold, what it hides, and why there is no number if there is none."""
    return {"absent": "" if known else BELOW_GRADE if lost else otherwise, "grade": grade, "lost": lost}


def _dated(days: pd.Series, clocks: Clocks, precision: pd.Series) -> dict[str, Any]:
    """Return the latest of some days, how exactly it is known, and its age; None if there is none."""
    known = days.dropna()
    if known.empty:
        return {"date": None, "age_days": None}
    last = known.reset_index(drop=True).idxmax()
    exact = str(precision[days.notna()].iloc[int(last)])
    latest = min(known.iloc[int(last)].date(), clocks.as_of)
    return {"date": latest, "date_precision": exact, "age_days": max(0, (clocks.as_of - latest).days)}


def _sources(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the sources of some rows once, in the order of the rows."""
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in schema.items(cell)))


def seen_precision(rows: pd.DataFrame) -> pd.Series:
    """Return how exactly `last_seen` of rows from `weigh` is known: as its publication, or as `known_from`."""
    found = []
    for seen, exact, sources in zip(
        rows["last_seen"].dt.strftime("%Y-%m-%d"), rows["known_precision"], rows["sources"], strict=True
    ):
        told = {source["published_precision"] for source in sources if source["published_on"] == seen}
        found.append("day" if "day" in told else min(told, default=exact))
    return pd.Series(found, index=rows.index, dtype="str")
