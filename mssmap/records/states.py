"""
The state of all records on two clocks: worked out once for the data as sorted arrays, looked up for any day.

Nothing here makes a frame until somebody asks for one. `views` says what the columns mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import WGS84
from mssmap.records import citations, kinds, regions, revisions, timeline, units
from mssmap.records.catalog import Data
from mssmap.records.citations import Citations
from mssmap.records.revisions import ALWAYS, NEVER, SPAN, Bools, Ints, Revisions, day_number, day_numbers
from mssmap.records.selected import Prepared, Selected, Values, Work
from mssmap.records.timeline import Clocks

STATUS_COLUMNS = {
    "status": "status",
    "valid_from": "status_from",
    "valid_to": "status_to",
    "date_precision": "status_precision",
    "operator": "operator",
    "armed_group": "armed_group",
    "coalition": "coalition",
    "share_pct": "share_pct",
    "confidence": "confidence",
    "known_from": "known_from",
    "known_precision": "known_precision",
    "source_ids": "source_ids",
    "note": "status_note",
}
"""Columns of a status spell and their names in a layer."""

DATE_COLUMNS = {"strength": "date", "indicators": "period_end", "status": "valid_from", "figures": "date"}
"""Column by which rows of a table dated after `as_of` are left out."""

EVIDENCE = {
    "grade": pd.array([], dtype="str"),
    "sources": np.empty(0, dtype=object),
    "last_seen": np.empty(0, dtype="datetime64[s]"),
    "source_ids": pd.array([], dtype="str"),
    "age_days": pd.array([], dtype="Int64"),
}
"""Columns that follow from the sources then public, with their types."""

GRADE = "grade_code"
"""The grade as a number, see `citations.reaching`; only `Selected` has it."""


@dataclass(frozen=True, eq=False)
class Cited:
    """
    What is known of rows, and what their sources say.

    Attributes
    ----------
    learnt
        Day on which each row became known.
    """

    revisions: Revisions
    citations: Citations
    learnt: Ints

    @classmethod
    def of(cls, data: Data, name: str, at: Ints | slice = slice(None)) -> Cited:
        """Return it for rows of a table, in another order if `at` is given."""
        known, cited = revisions.of(data, name), citations.of(data, name)
        return cls(
            replace(known, first=known.first[at], until=known.until[at]),
            replace(cited, cell=cited.cell[at], floor=cited.floor[at]),
            day_numbers(data[name]["known_from"], NEVER)[at],
        )

    def work(self, clocks: Clocks) -> dict[str, Work]:
        """Return what the columns of `EVIDENCE` hold on two clocks."""
        as_of, known_on = day_number(clocks.as_of), day_number(clocks.known_on)
        cited = self.citations

        def seen(at: Ints) -> Ints:
            return np.maximum(self.learnt[at], cited.latest(at, min(as_of, known_on)))

        return {
            GRADE: lambda at: cited.grades(at, known_on),
            "grade": lambda at: citations.GRADES[cited.grades(at, known_on)],
            "sources": lambda at: cited.listed[cited.steps(at, known_on)],
            "last_seen": lambda at: seen(at).astype("datetime64[D]").astype("datetime64[s]"),
            "source_ids": lambda at: cited.ids[cited.steps(at, known_on)],
            "age_days": lambda at: np.maximum(as_of - seen(at), 0),
        }


def moved(work: dict[str, Work], rows: Ints) -> dict[str, Work]:
    """Return the same work for a frame whose rows stand for other ones."""
    return {name: partial(_at, one, rows) for name, one in work.items()}


def _at(work: Work, rows: Ints, at: Ints) -> Values:
    return work(rows[at])


# -------------------------------------------------------------------------------------------------------- the spells


@dataclass(frozen=True, eq=False)
class Spells:
    """
    All spells of all records.

    Attributes
    ----------
    record
        Number of the record of each spell.
    ids
        Number of each record by its id.
    start, end, sure
        First and last day, and the first on which it surely holds.
    order
        Positions, of overlapping spells the one that counts last.
    ending, following
        Pairs of spells of one record, the second of which begins on the day after the end of the first.
    """

    rows: pd.DataFrame
    cited: Cited
    record: Ints
    ids: dict[str, int]
    start: Ints
    end: Ints
    sure: Ints
    order: Ints
    ending: Ints
    following: Ints

    def current(self, clocks: Clocks) -> Ints:
        """Return the spell of each record, -1 for none; of overlapping ones the latest begun."""
        day = day_number(clocks.as_of)
        there = self.cited.revisions.known(day_number(clocks.known_on)) & (self.start <= day) & (day <= self.end)
        at = self.order[there[self.order]]
        chosen = np.full(len(self.ids), -1)
        chosen[self.record[at]] = at
        return chosen

    def end_precisions(self, known_on: int) -> Values:
        """Return how exactly the end of each spell is known, see `timeline.end_precision`."""
        own: Values = self.rows["date_precision"].to_numpy(dtype=object)
        known = self.cited.revisions.known(known_on)[self.following]
        found = own.copy()
        found[self.ending[known]] = own[self.following[known]]
        return found

    def work(self, clocks: Clocks) -> dict[str, Work]:
        """Return what the columns that depend on the clocks hold."""
        as_of, known_on = day_number(clocks.as_of), day_number(clocks.known_on)
        return {
            **self.cited.work(clocks),
            "certain": lambda at: self.sure[at] <= as_of,
            "status_to_precision": lambda at: self.end_precisions(known_on)[at],
        }


@lru_cache(maxsize=4)
def spells(data: Data) -> Spells:
    """Return the spells of the data."""
    rows = data["status"]
    record, names = pd.factorize(rows["record_id"], use_na_sentinel=False)
    start, end = day_numbers(rows["valid_from"], NEVER), day_numbers(rows["valid_to"], NEVER)
    cited = Cited.of(data, "status")
    begun = record * SPAN + start
    by_begin = np.argsort(begun, kind="stable")
    after = record * SPAN + end + 1
    first, last = (np.searchsorted(begun[by_begin], after, side) for side in ("left", "right"))
    counts = np.where(end < NEVER, last - first, 0)
    ending = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(ending)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Spells(
        rows=rows,
        cited=cited,
        record=record.astype("int64"),
        ids={str(name): number for number, name in enumerate(names)},
        start=start,
        end=end,
        sure=day_numbers(timeline.earliest_latest(rows["valid_from"], rows["date_precision"])[1], NEVER),
        order=np.lexsort((cited.learnt, start)),
        ending=ending,
        following=by_begin[first[ending] + within],
    )


@lru_cache(maxsize=16)
def _current(data: Data, clocks: Clocks) -> Ints:
    """Return `Spells.current`; cached, for the layers, counts and figures of one screen all start from it."""
    return spells(data).current(clocks)


@dataclass(frozen=True, eq=False)
class LayerRows:
    """
    Every record of a layer beside every spell that it ever had.

    Attributes
    ----------
    record
        Number of each record of the layer among those that have spells, -1 if it has none.
    pairs
        Record (its position in the layer) and spell of each row as one number; sorted.
    spell
        Spell of each row.
    """

    prepared: Prepared
    record: Ints
    pairs: Ints
    spell: Ints


@lru_cache(maxsize=16)
def _layer_rows(data: Data, name: str) -> LayerRows:
    every, records = spells(data), data[name]
    record = np.array([every.ids.get(key, -1) for key in records[data.dataset(name).id_column].tolist()], dtype="int64")
    by_record = np.argsort(every.record, kind="stable")
    first, last = (np.searchsorted(every.record[by_record], record, side) for side in ("left", "right"))
    counts = last - first
    at = np.repeat(np.arange(len(records)), counts)
    within = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    spell = by_record[np.repeat(first, counts) + within]
    status = every.rows.iloc[spell]
    extra = {
        "status_to_precision": EVIDENCE["grade"],
        "certain": np.empty(0, dtype=bool),
        **{column: EVIDENCE[column] for column in ("last_seen", "age_days", "grade", "sources")},
        "stale": np.empty(0, dtype=bool),
    }
    frame = records.iloc[at].reset_index(drop=True)
    if name == units.ZONES:
        frame = units.placed(data, units.completed(frame), status.reset_index(drop=True))
    frame = frame.assign(**{new: status[old].array for old, new in STATUS_COLUMNS.items()})
    frame = frame.assign(**{column: _empty(values, len(at)) for column, values in extra.items()})
    return LayerRows(Prepared(frame), record, at * len(every.rows) + spell, spell)


def _empty(values: Any, length: int) -> Any:
    """Return a column of the type of some values, filled when a view is made."""
    if values.dtype == bool:
        return np.zeros(length, dtype=bool)
    if isinstance(values, np.ndarray):
        return np.empty(length, dtype=values.dtype)
    return pd.array([None] * length, dtype=values.dtype)


def every_spell(data: Data, name: str) -> pd.DataFrame:
    """Return the records of a layer, one row for each revision of each spell they ever had; `status_id` tells which."""
    rows = _layer_rows(data, name)
    told = spells(data).rows.iloc[rows.spell]
    return rows.prepared.frame.assign(status_id=told["status_id"].array, revision=told["revision"].array)


def layer(data: Data, name: str, clocks: Clocks) -> Selected:
    """Return the records of a layer with a history that have a status then, with the columns of `views.layer`."""
    rows, every = _layer_rows(data, name), spells(data)
    spell = np.append(_current(data, clocks), -1)[rows.record]
    there = np.flatnonzero(spell >= 0)
    at = np.searchsorted(rows.pairs, there * len(every.rows) + spell[there])
    work = moved(every.work(clocks), rows.spell)
    limit = kinds.LAYERS[name].refresh_days
    ages = work["age_days"]
    return Selected(rows.prepared, at, {**work, "stale": lambda at: ages(at) > limit})


# -------------------------------------------------------------------------------------------------------- the events


@dataclass(frozen=True, eq=False)
class Happenings:
    """
    All revisions of all events in the order of their days.

    Attributes
    ----------
    start, end, over
        First day, last day (`NEVER` if open) and the day after which one should know what came of a plan.
    plan
        Whether it was announced, not reported as done.
    category, categories
        Number of the category of each, and the numbers by name.
    written
        Where each stands in the table.
    """

    prepared: Prepared
    cited: Cited
    start: Ints
    end: Ints
    over: Ints
    plan: Bools
    category: Ints
    categories: dict[str, int]
    written: Ints

    def known(self, day: date) -> Bools:
        """Say which rows are what was known at the end of a day."""
        return self.cited.revisions.known(day_number(day))


@lru_cache(maxsize=4)
def happenings(data: Data) -> Happenings:
    """Return the events of the data."""
    order = (
        data["events"].reset_index(drop=True).sort_values(["valid_from", "event_id"], kind="stable").index.to_numpy()
    )
    rows = data["events"].iloc[order].reset_index(drop=True)
    empty = {name: _empty(values, len(rows)) for name, values in EVIDENCE.items() if name != "source_ids"}
    frame = rows.assign(
        **empty,
        figures=np.empty(len(rows), dtype=object),
        outcome_unknown=np.zeros(len(rows), dtype=bool),
        day_announced=timeline.day_announced(rows, _first_revisions(data)).to_numpy(dtype=bool),
        geometry=_points(rows),
    )
    category, names = pd.factorize(rows["category"], use_na_sentinel=False)
    return Happenings(
        prepared=Prepared(frame),
        cited=Cited.of(data, "events", order),
        start=day_numbers(rows["valid_from"], NEVER),
        end=day_numbers(rows["valid_to"], NEVER),
        over=day_numbers(rows["valid_to"].fillna(rows["valid_from"]), NEVER),
        plan=timeline.is_plan(rows).to_numpy(dtype=bool),
        category=category.astype("int64"),
        categories={str(name): number for number, name in enumerate(names)},
        written=order,
    )


def _first_revisions(data: Data) -> pd.DataFrame:
    rows = data["events"].sort_values("known_from", kind="stable")
    return rows.drop_duplicates("event_id").set_index("event_id")


def _points(rows: pd.DataFrame) -> Any:
    placed = (rows["lon"].notna() & rows["lat"].notna()).to_numpy()
    points = np.full(len(rows), None, dtype=object)
    points[placed] = shapely.points(rows.loc[placed, ["lon", "lat"]].to_numpy(dtype="float64"))
    return gpd.GeoSeries(points, crs=WGS84).array


def events(data: Data, clocks: Clocks, figures: Work) -> Selected:
    """
    Return all events of a view in their order, with the columns of `views.events`.

    Parameters
    ----------
    figures
        Gives the figures then known of events.
    """
    every = happenings(data)
    as_of = day_number(clocks.as_of)
    there = every.known(clocks.known_on) & ((every.start <= as_of) | every.plan)
    work = {
        **every.cited.work(clocks),
        "figures": figures,
        "outcome_unknown": lambda at: every.plan[at] & (every.over[at] < as_of),
    }
    return Selected(every.prepared, np.flatnonzero(there), work)


# -------------------------------------------------------------------------------------------------------- the tables


@dataclass(frozen=True, eq=False)
class TableRows:
    """
    All revisions of all rows of a table.

    Attributes
    ----------
    cited
        None if the rows cite no sources.
    day
        Day that each row is about, `ALWAYS` if none is stated.
    """

    prepared: Prepared
    revisions: Revisions
    cited: Cited | None
    day: Ints


@lru_cache(maxsize=16)
def _table_rows(data: Data, name: str) -> TableRows:
    rows = data[name]
    frame, cites = rows.reset_index(drop=True), "source_ids" in rows or "source_id" in rows
    if cites:
        made = [column for column in EVIDENCE if column != "source_ids"]
        frame = frame.assign(**{column: _empty(EVIDENCE[column], len(rows)) for column in made})
    if "known_from" in rows:
        known = revisions.of(data, name)
    else:
        known = Revisions(np.full(len(rows), ALWAYS), np.full(len(rows), NEVER))
    day = day_numbers(rows[DATE_COLUMNS[name]], ALWAYS) if name in DATE_COLUMNS else np.full(len(rows), ALWAYS)
    return TableRows(Prepared(frame), known, Cited.of(data, name) if cites else None, day)


def table(data: Data, name: str, clocks: Clocks) -> Selected:
    """Return the rows of a table known then and not dated after `as_of`, with the columns of `views.table`."""
    rows = _table_rows(data, name)
    there = rows.revisions.known(day_number(clocks.known_on)) & (rows.day <= day_number(clocks.as_of))
    return Selected(rows.prepared, np.flatnonzero(there), rows.cited.work(clocks) if rows.cited else {})


def history(data: Data, clocks: Clocks) -> Selected:
    """Return every spell known then, also those that begin after `as_of`."""
    rows, cited = _table_rows(data, "status"), Cited.of(data, "status")
    return Selected(rows.prepared, known(data, "status", clocks.known_on), cited.work(clocks))


def known(data: Data, name: str, known_on: date) -> Ints:
    """Return the positions of the rows of a table that were known at the end of a day, see `timeline.known`."""
    return np.flatnonzero(revisions.of(data, name).known(day_number(known_on)))


# ------------------------------------------------------------------------------------------------------- the regions


def inside(data: Data, rows: Selected, region: str | None) -> Selected:
    """Return the rows that surely lie in a region; a row about a record lies where the record does."""
    if not region:
        return rows
    return rows.only(surely(data, rows, regions.find(data, region).pcode))


def surely(data: Data, rows: Selected, pcode: str) -> Bools:
    """Say which rows surely lie in a region."""
    return _within(data, rows.prepared, pcode)[rows.at]


def maybe(rows: Selected, pcode: str) -> Bools:
    """Say which rows may lie in a region, see `regions.maybe_within`."""
    return _maybe_within(rows.prepared, pcode)[rows.at]


@lru_cache(maxsize=64)
def _within(data: Data, prepared: Prepared, pcode: str) -> Bools:
    found: Bools = within(data, prepared.frame, pcode).to_numpy(dtype=bool)
    return found


@lru_cache(maxsize=64)
def _maybe_within(prepared: Prepared, pcode: str) -> Bools:
    found: Bools = regions.maybe_within(prepared.frame, pcode).to_numpy(dtype=bool)
    return found


def within(data: Data, rows: pd.DataFrame, pcode: str) -> pd.Series:
    """Say which rows of a frame surely lie in a region; a row about a record lies where the record does."""
    if "record_id" not in rows:
        return regions.within(rows, pcode)
    places = [data[name] for name in (*kinds.LAYERS, "events") if name in data.datasets]
    ids = [rows_of.iloc[:, 0][regions.within(rows_of, pcode)] for rows_of in places]
    return rows["record_id"].isin(pd.concat(ids))
