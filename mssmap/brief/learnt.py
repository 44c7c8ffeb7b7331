"""What was learnt since the last brief, in the language of the pack, and the highlights that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from mssmap.brief.cited import Cited
from mssmap.brief.spec import MOST_HIGHLIGHTS, Brief
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.measures import keyfigures, series
from mssmap.records import differences, kinds, timeline, views
from mssmap.records.catalog import Data
from mssmap.telling import figure_words, twin

MOST_LINES: Final = 14
MOST_EVENTS: Final = 9
"""So many events have a number on the map and a line of their own."""


@dataclass(frozen=True)
class Told:
    """Changes between two known dates: how many of each kind, the most telling one by one, how many more."""

    counts: str
    lines: tuple[str, ...]
    more: int


def records(data: Data, brief: Brief) -> list[dict[str, Any]]:
    """Return the changes of the view, with titles in the language of the pack."""
    found = differences.changes(data, brief.compared_with, brief.clocks.known_on, brief.clocks.as_of, plans=True)
    listed = differences.as_records(data, found, brief.clocks.known_on)
    seen = _in_view(data, brief) if brief.filters.region or brief.filters.grade != "F6" else None
    named = _titles(data)
    return [
        {**record, "title": named.get(record["record_id"], record["title"])}
        for record in listed
        if seen is None or record["record_id"] in seen
    ]


def _in_view(data: Data, brief: Brief) -> set[str]:
    """Return the ids of the records that reach the grade in the region; rows without a place are in no region."""
    seen: set[str] = set()
    for name in (*kinds.LAYERS, "events"):
        id_column = data.dataset(name).id_column
        rows = (
            views.events(data, brief.clocks, grade=brief.filters.grade, region=brief.filters.region, plans=True)
            if name == "events"
            else views.layer(data, name, brief.clocks, brief.filters.grade, brief.filters.region)
        )
        seen |= set(rows[id_column])
    if not brief.filters.region:
        for name, id_column in (("strength", "strength_id"), ("indicators", "indicator_id")):
            seen |= set(views.table(data, name, brief.clocks, brief.filters.grade)[id_column])
    return seen


def _titles(data: Data) -> dict[str, str]:
    """Return what a record is called in the language spoken, by id."""
    found: dict[str, str] = {}
    for name, key in kinds.KEYS.items():
        found |= {getattr(row, key): twin.title(row) for row in data[name].itertuples(index=False)}
    for row in data["events"].itertuples(index=False):
        found[row.event_id] = twin.title(row, "title")
    for row in data["strength"].itertuples(index=False):
        number = "" if pd.isna(row.personnel) else f" {text.number(row.personnel)}"
        found[row.strength_id] = f"{row.country}: {text.plain_word(row.record_type).lower()}{number}"
    return found


def told(changes: list[dict[str, Any]]) -> Told:
    """Tell changes; those of single figures are counted but not told one by one."""
    main = sum(record["table"] != "figures" for record in changes)
    lines = twin.change_lines(changes, most=MOST_LINES)
    return Told(twin.change_counts(changes), tuple(lines), max(0, main - len(lines)))


def main_events(events: gpd.GeoDataFrame, most: int = MOST_EVENTS) -> list[Any]:
    """Return the events that weigh most, in the order of their days."""
    rows = list(events.itertuples(index=False))
    ranked = sorted(rows, key=lambda row: (-_weight(row), -row.valid_from.toordinal(), row.event_id))
    return sorted(ranked[:most], key=lambda row: (row.valid_from, row.event_id))


WEIGHTS: Final = {
    "killed": 1.0,
    "personnel_arrived": 0.5,
    "inmates_escaped": 0.2,
    "people_displaced": 0.005,
    "injured": 0.3,
}
"""Measure of a figure -> what one of it weighs when events are ranked."""

TELLING: Final = {"prison_break": 40.0, "fob": 20.0, "deployment": 10.0, "mission_status": 10.0, "airport": 8.0}


def _weight(row: Any) -> float:
    weighed = [WEIGHTS.get(figure["measure"], 0.0) * (figure["max"] or 0) for figure in row.figures]
    if row.country != "HTI" or row.claim == timeline.PLANNED:
        return 0.0
    return max(weighed, default=0.0) + TELLING.get(row.category, 0.0)


def killed(row: Any) -> tuple[float, float] | None:
    """Return the lowest and the highest number of people killed that is reported for an event."""
    ends = [end for f in row.figures if f["measure"] == "killed" for end in (f["min"], f["max"]) if end is not None]
    return (min(ends), max(ends)) if ends else None


def cite(row: Any, cited: Cited) -> tuple[int, ...]:
    """Cite who holds what `event_line` tells: of people killed the sources of both ends, else those of the event."""
    deaths = killed(row)
    if not deaths:
        return cited.records(row.sources)
    counts = [figure for figure in row.figures if figure["measure"] == "killed" and figure["source_id"]]
    lowest = cited.ids(figure["source_id"] for figure in counts if figure["min"] == deaths[0])
    highest = cited.ids(figure["source_id"] for figure in counts if figure["max"] == deaths[1])
    return tuple(dict.fromkeys(lowest + highest))


def event_line(row: Any) -> str:
    """Tell an event: title, people killed, what it rests on if that is not a plain report."""
    deaths = killed(row)
    parts = [twin.title(row, "title")]
    if deaths:
        parts.append(_("{n} killed").format(n=text.figure(*deaths, None)))
    if row.claim == timeline.PLANNED:
        parts.append(text.plan(row))
    elif row.claim != "reported":
        parts.append(text.claims().get(row.claim, ""))
    return " · ".join(part for part in parts if part)


def highlights(
    data: Data, brief: Brief, events: gpd.GeoDataFrame, changes: Iterable[Mapping[str, Any]], cited: Cited
) -> list[str]:
    """
    Propose two to five sentences from what changed, one theme after the other.

    Who arrived, the gravest attacks, the bases, what else changed its state; with less to tell, how things stand.
    """
    found = [_arrivals(data, brief, cited), *_attacks(events, cited), _bases(data, brief, changes, cited)]
    found += _other_changes(data, brief, changes, cited)
    found.append(_displaced(data, brief, cited))
    said = [line for line in found if line]
    if len(said) < 2:
        listed = list(changes)
        since = text.day(brief.compared_with)
        news = _("Changes learnt since {day}: {counts}.").format(day=since, counts=twin.change_counts(listed))
        nothing = _("Nothing new was reported since {day}.").format(day=since)
        said += [news if listed else nothing, _quiet(data, brief)]
    return said[:MOST_HIGHLIGHTS]


def _arrivals(data: Data, brief: Brief, cited: Cited) -> str:
    """Tell how many personnel arrived since, from where, and how many there are."""
    if brief.filters.region:
        return ""
    rows = views.table(data, "strength", brief.clocks, brief.filters.grade)
    rows = rows[rows["record_type"].isin(["arrival", "departure"]) & rows["net_change"].notna()]
    rows = rows[rows["date"] >= pd.Timestamp(brief.start)]
    total = keyfigures.strength(data, brief.clocks, brief.filters.grade)
    if rows.empty or total.value is None or series.moves_below(data, brief.clocks, brief.filters.grade):
        return ""
    by_country = rows.groupby("country", sort=False)["net_change"].sum().sort_values(ascending=False, kind="stable")
    countries = ", ".join(f"{country} {text.number(int(n))}" for country, n in by_country.items())
    sentence = _("{n} more personnel since {day} ({countries}); {total} are deployed.").format(
        n=text.number(int(by_country.sum())),
        day=text.day(brief.start),
        countries=countries,
        total=figure_words.spread(total) or figure_words.number(total),
    )
    level = cited.ids(total.reported.source_ids) if total.reported else ()
    return f"{sentence} {cited.publishers((*cited.each(rows.iloc[::-1]), *level))}".strip()


def _attacks(events: gpd.GeoDataFrame, cited: Cited, most: int = 2) -> list[str]:
    rows = [
        (deaths, row)
        for row in events.itertuples(index=False)
        if row.claim != timeline.PLANNED and (deaths := killed(row))
    ]
    rows = sorted(rows, key=lambda pair: -pair[0][1])[:most]
    return [
        f"{text.span(row.valid_from, row.valid_to, row.date_precision)}: {event_line(row)} "
        f"{cited.publishers(cite(row, cited), row.grade)}".strip()
        for _deaths, row in rows
    ]


def _bases(data: Data, brief: Brief, changes: Iterable[Mapping[str, Any]], cited: Cited) -> str:
    rows = views.layer(data, "fobs", brief.clocks, brief.filters.grade, brief.filters.region)
    used = rows[rows["status"].isin(keyfigures.BASES_IN_USE)]
    touched = {r["record_id"] for r in changes if r["kind"] in (differences.NEW, differences.STATUS)}
    new = used[used["fob_id"].isin(touched) & (used["status_from"] >= pd.Timestamp(brief.start))]
    if new.empty:
        return ""
    names = "; ".join(twin.title(row).split(",")[0] for row in new.itertuples(index=False))
    sentence = _("Bases in use: {n}, of these new or changed: {names}.").format(n=len(used), names=names)
    return f"{sentence} {cited.publishers(cited.rows(new))}".strip()


def _other_changes(data: Data, brief: Brief, changes: Iterable[Mapping[str, Any]], cited: Cited) -> list[str]:
    """Tell prisons, services and zones that changed their state in the days of the brief, the newest first."""
    before = {
        record["record_id"]: field["before"]
        for record in changes
        if record["kind"] == differences.STATUS
        for field in record["fields"]
        if field["field"] == "status"
    }
    found = []
    for layer, key in kinds.KEYS.items():
        if layer == "fobs":
            continue  # told by `_bases`
        rows = views.layer(data, layer, brief.clocks, brief.filters.grade, brief.filters.region)
        rows = rows[rows[key].isin(before) & (rows["status_from"] >= pd.Timestamp(brief.start))]
        for row in rows.itertuples(index=False):
            was, now = text.status(layer, before[getattr(row, key)] or ""), text.status(layer, row.status)
            day = text.day(row.status_from, row.status_precision)
            sentence = f"{day}: {twin.title(row)}, {was.lower()} → {now.lower()}"
            found.append((row.status_from, f"{sentence} {cited.publishers(cited.records(row.sources), row.grade)}"))
    return [line for _day, line in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _displaced(data: Data, brief: Brief, cited: Cited) -> str:
    figure = keyfigures.displaced(data, brief.clocks, brief.filters.grade)
    if figure.value is None:
        return ""
    sentence = _("{n} displaced people in the country ({day}).").format(
        n=figure_words.worded(figure), day=text.day(figure.date, figure.date_precision)
    )
    return f"{sentence} {cited.publishers(cited.ids(figure.source_ids))}".strip()


def _quiet(data: Data, brief: Brief) -> str:
    figures = {f.key: f for f in keyfigures.key_figures(data, brief.clocks, brief.filters.grade, brief.filters.region)}
    return f"{figure_words.told(figures['fobs_operational'])}. " + _(
        "That nothing is reported is not the same as calm."
    )
