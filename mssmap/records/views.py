"""
What users see: records joined with their status, sources and grade on two clocks.

Every function takes the data and the two clocks and returns new frames or plain values. Nothing here shows a row, a
figure or a source that was not yet public on `known_on`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap.errors import InputError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.records import citations, evidence, kinds, regions, states, timeline
from mssmap.records.catalog import Data
from mssmap.records.evidence import SourceRecord
from mssmap.records.revisions import Ints, day_number
from mssmap.records.selected import Selected
from mssmap.records.states import STATUS_COLUMNS as STATUS_COLUMNS
from mssmap.records.timeline import Clocks


@lru_cache(maxsize=8)
def last_reported(data: Data, today: date) -> date:
    """Return the latest day up to today on which something was reported: the default for `as_of`."""
    events = data["events"]
    columns = [events["valid_from"][events["claim"] != timeline.PLANNED], data["status"]["valid_from"]]
    columns += [data["strength"]["date"]] if "strength" in data.datasets else []
    days = pd.concat(columns)
    days = days[days <= pd.Timestamp(today)]
    return today if days.empty else days.max().date()


def layer(
    data: Data, name: str, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None
) -> gpd.GeoDataFrame:
    """
    Return a layer as it was on `as_of` according to what was known on `known_on`.

    Parameters
    ----------
    name
        A layer of the catalog.
    grade
        Threshold; records below it are left out (`hidden_by_grade` counts them).
    region
        P-code or name; records that do not surely lie in it are left out.

    Returns
    -------
    layer
        In `crs.WGS84`. For `kinds.LAYERS` one row for each record that has a status then: its attributes, the
        columns of `STATUS_COLUMNS`, `status_to_precision` (of the end), `certain` (the status surely held, see
        `timeline.is_certain`), `last_seen`, `age_days`, `stale`, `grade`, `sources` (see `evidence.cited`);
        `source_ids` names the sources then public.
        Other layers are reference and come as they are; those of
        imported events without what was later or not yet known.

    Raises
    ------
    NotFoundError
        If there is no such layer or region.
    InputError
        If `name` is a table or the threshold is not a grade.
    """
    dataset = data.dataset(name)
    if not dataset.is_layer:
        raise InputError(_("{name}: is a table, not a layer. Use table().").format(name=name))
    if name in kinds.LAYERS:
        return gpd.GeoDataFrame(records(data, name, clocks, grade, region).frame)
    rows = data[name]
    if "known_from" in rows and "valid_from" in rows:
        rows = rows[rows["known_from"] <= pd.Timestamp(clocks.known_on)]
        rows = rows[rows["valid_from"] <= pd.Timestamp(clocks.as_of)]
    return _in_region(data, rows, region)


def _in_region(data: Data, rows: pd.DataFrame, region: str | None) -> Any:
    if region:
        rows = rows[states.within(data, rows, regions.find(data, region).pcode)]
    return rows.reset_index(drop=True)


def records(data: Data, name: str, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> Selected:
    """Return the rows of `layer`, for a layer of `kinds.LAYERS`, without making a frame of them."""
    rows = states.layer(data, name, clocks)
    return states.inside(data, rows.only(citations.reaching(rows[states.GRADE], grade)), region)


@lru_cache(maxsize=16)
def known(data: Data, name: str, known_on: date) -> pd.DataFrame:
    """Return `timeline.known` of a table; cached, for who moves the dial mostly leaves the second clock where it is."""
    return data[name].iloc[states.known(data, name, known_on)]


def table(
    data: Data,
    name: str,
    clocks: Clocks,
    grade: str = evidence.LOWEST,
    region: str | None = None,
    *,
    plans: bool = False,
) -> pd.DataFrame:
    """
    Return a table as known on `known_on`, without rows dated after `as_of`.

    Parameters
    ----------
    plans
        True adds events that were announced, not reported as done, and their figures.

    Returns
    -------
    table
        The latest revision then of each id, with `grade` and `sources` where rows cite any. Events come with the
        columns of `events`. `status` gives every spell begun by then, not only the present one.

    Raises
    ------
    NotFoundError
        If there is no such table or region.
    InputError
        If the threshold is not a grade, or the rows have no place to lie in a region.
    """
    if name == "events":
        return pd.DataFrame(events(data, clocks, grade=grade, region=region, plans=plans).drop(columns="geometry"))
    if name == "sources":
        return evidence.public(data[name], clocks.known_on).reset_index(drop=True)
    if data.dataset(name).group == "import" and "event_id" not in data[name]:  # its columns mean what its file says
        return _in_region(data, data[name], region)
    return rows_of(data, name, clocks, grade, region, plans=plans).frame


def rows_of(
    data: Data,
    name: str,
    clocks: Clocks,
    grade: str = evidence.LOWEST,
    region: str | None = None,
    *,
    plans: bool = False,
) -> Selected:
    """Return the rows of `table` without making a frame of them; not of `events` and `sources`."""
    rows = states.table(data, name, clocks)
    if name == "figures" and not plans:
        ahead = planned(data, clocks.known_on)
        rows = rows.only(np.array([key not in ahead for key in rows["record_id"]], dtype=bool))
    if "grade" in rows:
        rows = rows.only(citations.reaching(rows[states.GRADE], grade))
    return states.inside(data, rows, region)


def events(
    data: Data,
    clocks: Clocks,
    *,
    start: date | None = None,
    end: date | None = None,
    category: str | Iterable[str] | None = None,
    region: str | None = None,
    grade: str = evidence.LOWEST,
    plans: bool = False,
) -> gpd.GeoDataFrame:
    """
    Return the events begun by `as_of`, as known on `known_on`, in order of their date.

    Parameters
    ----------
    start, end
        Only events that touch these days, both included.
    category
        One or several categories.
    plans
        True adds what was announced, not reported as done, for days before and after `as_of`.

    Returns
    -------
    events
        Points in `crs.WGS84`, missing for events without a place. Besides the columns of the table: `figures` (a list
        of {measure, min, max, unit, qualifier, date, stated, source, source_id, publisher, url} for each number
        reported by a source then public), `outcome_unknown` (planned, and the date has passed),
        `day_announced` (planned, and the date is only that of the announcement), `last_seen`, `age_days`,
        `grade`, `sources`.

    Raises
    ------
    NotFoundError
        If there is no such category or region.
    InputError
        If `end` is before `start` or the threshold is not a grade.
    """
    found = happened(data, clocks, start=start, end=end, category=category, region=region, grade=grade, plans=plans)
    return gpd.GeoDataFrame(found.frame)


def happened(
    data: Data,
    clocks: Clocks,
    *,
    start: date | None = None,
    end: date | None = None,
    category: str | Iterable[str] | None = None,
    region: str | None = None,
    grade: str = evidence.LOWEST,
    plans: bool = False,
) -> Selected:
    """Return the rows of `events` without making a frame of them."""
    rows, every = states.events(data, clocks, partial(_figures, data, clocks.known_on)), states.happenings(data)
    keep = citations.reaching(rows[states.GRADE], grade)
    if not plans:
        keep &= ~every.plan[rows.at]
    if category:
        keep &= np.isin(every.category[rows.at], [every.categories[name] for name in _categories(data, category)])
    timeline.require_window(start, end)
    if start:
        keep &= every.end[rows.at] >= day_number(start)
    if end:
        keep &= every.start[rows.at] <= day_number(end)
    return states.inside(data, rows.only(keep), region)


@lru_cache(maxsize=16)
def planned(data: Data, known_on: date) -> frozenset[str]:
    """Return the ids of the events that are plans, as known on a day."""
    every = states.happenings(data)
    return frozenset(every.prepared.column("event_id")[every.plan & every.known(known_on)])


@lru_cache(maxsize=16)
def announced(data: Data, known_on: date) -> dict[str, date]:
    """Return the days of the events that are plans of which only the day of the announcement is known, by id."""
    every = states.happenings(data)
    rows = every.prepared.frame[every.known(known_on) & every.prepared.column("day_announced")]
    return dict(zip(rows["event_id"], rows["valid_from"].dt.date, strict=True))


def _categories(data: Data, category: str | Iterable[str]) -> list[str]:
    wanted = [category] if isinstance(category, str) else list(category)
    present = sorted(set(data["events"]["category"]))
    unknown = [name for name in wanted if name not in present]
    if unknown:
        raise NotFoundError(
            _("category: {found!r} does not exist; there are {choices}.").format(
                found=unknown[0], choices=", ".join(present)
            )
        )
    return wanted


def _figures(data: Data, known_on: date, at: Ints) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the list of figures then known of each event."""
    listed, ids = _listed_figures(data, known_on), states.happenings(data).prepared.column("event_id")[at]
    return citations.objects([listed.get(record_id, []) for record_id in ids])


@lru_cache(maxsize=16)
def _listed_figures(data: Data, known_on: date) -> dict[str, list[dict[str, Any]]]:
    rows = known(data, "figures", known_on)
    listed = figure_records(data, rows, Clocks(known_on, known_on))
    by_record: dict[str, list[dict[str, Any]]] = {}
    for record_id, figure in zip(rows["record_id"].tolist(), listed, strict=True):
        by_record.setdefault(record_id, []).append(figure)
    return by_record


def figure_records(data: Data, figures: pd.DataFrame, clocks: Clocks) -> list[dict[str, Any]]:
    """Return figures as plain records, each with its source; a source not yet public is not named."""
    if figures.empty:
        return []
    cited = data["sources"][data["sources"]["source_id"].isin(figures["source_id"])]
    public = evidence.public(cited, clocks.known_on)
    sources = {source["source_id"]: source for source in evidence.source_records(public)}
    records = []
    columns = ["figure_id", "measure", "value_min", "value_max", "unit", "qualifier", "date"]
    columns += ["stated", "source_id", "note"]
    figures = figures if "stated" in figures else figures.assign(stated="")  # a folder of earlier data lacks it
    for figure_id, measure, low, high, unit, qualifier, day, stated, source_id, note in zip(
        *(figures[column].tolist() for column in columns), strict=True
    ):
        source = sources.get(source_id)
        records.append(
            {
                "figure_id": figure_id,
                "measure": measure,
                "min": plain(low),
                "max": plain(low if pd.isna(high) else high),
                "unit": unit,
                "qualifier": qualifier,
                "date": plain(day),
                "stated": stated,
                "source": source["title"] if source else None,
                "source_id": source["source_id"] if source else None,
                "publisher": source["publisher"] if source else None,
                "url": source["url"] if source else None,
                "note": note,
            }
        )
    return records


@dataclass(frozen=True)
class Record:
    """
    Everything about one record, for a detail panel.

    Attributes
    ----------
    attributes
        Plain values by column; for an event the columns of `events` without the joined ones.
    status
        The spell valid then, in plain values, None for an event or if there was none.
    history
        All spells then known, oldest first, each with grade and sources; empty for an event.
    figures
        All numbers then known, side by side, each with its source.
    revisions
        All revisions then known of the rows behind the record, newest first.
    public_since, public_precision
        First day on which the present spell, or the event, was public, and how exactly it is known; None without one.
    certain
        False if the status may have begun later, for its date is imprecise.
    """

    record_id: str
    layer: str
    attributes: dict[str, Any]
    status: dict[str, Any] | None
    history: pd.DataFrame
    figures: list[dict[str, Any]]
    revisions: pd.DataFrame
    sources: list[SourceRecord]
    grade: str
    location_precision: str
    date_precision: str
    public_since: date | None
    public_precision: str
    certain: bool
    age_days: int | None
    stale: bool
    outcome_unknown: bool


def record(data: Data, record_id: str, clocks: Clocks) -> Record:
    """
    Return all that was known about a base, prison, facility, zone or event.

    Raises
    ------
    NotFoundError
        If there is no such id, or nothing was known of it on `known_on`.
    """
    name = layer_of(data, record_id)
    figures, places = _known_figures(data, clocks.known_on)
    listed = figure_records(data, figures.iloc[places.get(record_id, NOWHERE)], clocks)
    if name == "events":
        return _event_record(data, record_id, clocks, listed)
    spells, places = _histories(data, clocks)
    history = spells.iloc[places.get(record_id, NOWHERE)].reset_index(drop=True)
    if history.empty:
        raise NotFoundError(
            _("{record_id}: nothing was known of it on {known_on}. Choose a later known date.").format(
                record_id=record_id, known_on=clocks.known_on
            )
        )
    history["stale"] = timeline.is_stale(history["age_days"], name)
    attributes = _row_of(data, name, record_id)
    revisions = _revisions(data, "status", "record_id", record_id, clocks)
    now = timeline.valid(history, clocks.as_of)
    spell = now.iloc[-1] if len(now) else None
    best = spell if spell is not None else history.iloc[-1]
    return Record(
        record_id=record_id,
        layer=name,
        attributes={str(key): plain(value) for key, value in attributes.items()},
        status={str(key): plain(value) for key, value in spell.items()} if spell is not None else None,
        history=history,
        figures=listed,
        revisions=revisions,
        sources=_all_sources(history, listed, data, clocks),
        grade=str(best["grade"]),
        location_precision=str(attributes.get("location_precision", "")),
        date_precision=str(best["date_precision"]),
        **_public(revisions[revisions["status_id"] == spell["status_id"]] if spell is not None else revisions[:0]),
        certain=bool(timeline.is_certain(now.tail(1), clocks.as_of).all()),
        age_days=plain(best["age_days"]),
        stale=bool(best["stale"]),
        outcome_unknown=False,
    )


Places = Mapping[str, np.ndarray]
"""Where the rows of each id stand in a frame."""

NOWHERE = np.empty(0, dtype=np.intp)


def _places(rows: pd.DataFrame, column: str) -> Places:
    return dict(pd.DataFrame(rows[column]).groupby(column, sort=False).indices)


@lru_cache(maxsize=8)
def _attributes(data: Data, name: str) -> tuple[pd.DataFrame, Places]:
    rows = pd.DataFrame(data[name].drop(columns="geometry"))
    return rows, _places(rows, data.dataset(name).id_column)


def _row_of(data: Data, name: str, record_id: str) -> pd.Series:
    rows, places = _attributes(data, name)
    return rows.iloc[places[record_id][0]]


@lru_cache(maxsize=4)
def _known_figures(data: Data, known_on: date) -> tuple[pd.DataFrame, Places]:
    figures = known(data, "figures", known_on)
    return figures, _places(figures, "record_id")


@lru_cache(maxsize=4)
def _histories(data: Data, clocks: Clocks) -> tuple[pd.DataFrame, Places]:
    """Return every spell then known with its evidence, those of a record in order of their beginning."""
    spells = states.history(data, clocks).frame
    spells = spells.sort_values(["valid_from", "status_id"], kind="stable")
    spells = spells.assign(status_to_precision=timeline.end_precision(spells))
    return spells, _places(spells, "record_id")


@lru_cache(maxsize=4)
def _placed_events(data: Data, clocks: Clocks) -> tuple[pd.DataFrame, Places]:
    events = pd.DataFrame(happened(data, clocks, plans=True).frame.drop(columns="geometry"))
    return events, _places(events, "event_id")


def _event_record(data: Data, record_id: str, clocks: Clocks, figures: list[dict[str, Any]]) -> Record:
    everything = Clocks(max(clocks.as_of, timeline.FOREVER), clocks.known_on)
    events, places = _placed_events(data, everything)
    rows = events.iloc[places.get(record_id, NOWHERE)]
    if rows.empty:
        raise NotFoundError(
            _("{record_id}: nothing was known of it on {known_on}. Choose a later known date.").format(
                record_id=record_id, known_on=clocks.known_on
            )
        )
    row = rows.iloc[0]
    revisions = _revisions(data, "events", "event_id", record_id, clocks)
    joined = ["figures", "sources", "outcome_unknown", "last_seen", "age_days"]
    return Record(
        record_id=record_id,
        layer="events",
        attributes={str(key): plain(value) for key, value in row.drop(labels=joined).items()},
        status=None,
        history=data["status"].iloc[:0],
        figures=figures,
        revisions=revisions,
        sources=row["sources"],
        grade=row["grade"],
        location_precision=row["location_precision"],
        date_precision=row["date_precision"],
        **_public(revisions),
        certain=row["date_precision"] == "day",
        age_days=plain(timeline.age_days(rows["last_seen"], clocks.as_of).iloc[0]),
        stale=False,
        outcome_unknown=bool(timeline.outcome_unknown(rows, clocks.as_of).iloc[0]),
    )


@lru_cache(maxsize=8)
def _revisions_of(data: Data, name: str, column: str, known_on: date) -> tuple[pd.DataFrame, Places]:
    """Return the revisions of a table then known, the latest first, and where those of each record stand."""
    rows = data[name]
    rows = rows[rows["known_from"] <= pd.Timestamp(known_on)]
    rows = rows.sort_values(["known_from", "revision"], ascending=False, kind="stable")
    return rows, _places(rows, column)


def _revisions(data: Data, name: str, column: str, record_id: str, clocks: Clocks) -> pd.DataFrame:
    rows, places = _revisions_of(data, name, column, clocks.known_on)
    return rows.iloc[places.get(record_id, NOWHERE)].reset_index(drop=True)


def _public(revisions: pd.DataFrame) -> dict[str, Any]:
    """Return when the first revision of a row was public."""
    if revisions.empty:
        return {"public_since": None, "public_precision": "day"}
    first, precision = revisions["known_from"].iloc[-1], revisions["known_precision"].iloc[-1]
    return {"public_since": first.date(), "public_precision": str(precision)}


def _all_sources(
    history: pd.DataFrame, figures: list[dict[str, Any]], data: Data, clocks: Clocks
) -> list[SourceRecord]:
    """Return every source of the history and the figures once, best and newest first."""
    found = {source["source_id"]: source for sources in history["sources"] for source in sources}
    cited = {figure["source_id"] for figure in figures if figure["source_id"]} - set(found)
    if cited:
        rows = evidence.public(data["sources"], clocks.known_on)
        for source in evidence.source_records(rows[rows["source_id"].isin(cited)]):
            found[source["source_id"]] = source
    return evidence.ordered(found.values())


@lru_cache(maxsize=4)
def _layers_by_id(data: Data) -> dict[str, str]:
    names = [name for name in (*kinds.LAYERS, "events") if name in data.datasets]
    return {key: name for name in reversed(names) for key in data[name][data.dataset(name).id_column].tolist()}


def layer_of(data: Data, record_id: str) -> str:
    """
    Return the name of the layer or table that an id belongs to.

    Raises
    ------
    NotFoundError
        If the id is in none.
    """
    name = _layers_by_id(data).get(record_id)
    if name is not None:
        return name
    raise NotFoundError(
        _("{record_id!r} is not the id of a record; mssmap show fobs lists those of the bases.").format(
            record_id=record_id
        )
    )


def counts(data: Data, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> pd.DataFrame:
    """
    Count records by layer and status, as a range where dates or places are imprecise.

    Returns
    -------
    counts
        `layer`, `status`, `value` (records that, by the dates and places stated, have the status in the region),
        `low` (those that surely do), `high` (those that may) and `below` (those that have it by evidence below the
        grade). Largest first within a layer.
    """
    pcode = regions.find(data, region).pcode if region else regions.COUNTRY_PCODE
    counted: list[tuple[str, str, int, int, int, int]] = []
    for name in kinds.LAYERS:
        if name in data.datasets:
            rows = states.layer(data, name, clocks)
            status, reached = rows["status"], citations.reaching(rows[states.GRADE], grade)
            inside = states.surely(data, rows, pcode)
            value = Counter(status[inside & reached])
            low = Counter(status[inside & reached & rows["certain"]])
            high = value + Counter(status[states.maybe(rows, pcode) & reached])
            below = Counter(status[inside & ~reached])
            words = sorted(sorted(high | below), key=value.__getitem__, reverse=True)
            counted += [(name, word, value[word], low[word], high[word], below[word]) for word in words]
    return pd.DataFrame(counted, columns=["layer", "status", "value", "low", "high", "below"])


def hidden_by_grade(data: Data, clocks: Clocks, grade: str, region: str | None = None) -> dict[str, int]:
    """Count, by layer (and `events`), the records that a threshold hides; zero is left out."""
    rows = {name: records(data, name, clocks, region=region) for name in kinds.LAYERS if name in data.datasets}
    rows["events"] = happened(data, clocks, region=region, plans=True)
    hidden = {name: int((~citations.reaching(one[states.GRADE], grade)).sum()) for name, one in rows.items()}
    return {name: count for name, count in hidden.items() if count}


def plain(value: Any) -> Any:
    """
    Return a cell as a value that JSON can hold: dates as ISO text, missing and empty as None.

    >>> plain(pd.Timestamp("2025-01-18")), plain(""), plain(3.0)
    ('2025-01-18', None, 3)
    """
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if value is None or value is pd.NaT or value is pd.NA or value == "":
        return None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    return value
