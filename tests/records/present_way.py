"""
The same views worked out apart, row by row with pandas, as mssmap did before `records.states`.

Slow and plain; the quick way is held against it on any day (`test_states.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import WGS84
from mssmap.records import evidence, kinds, regions, timeline, units
from mssmap.records.catalog import Data
from mssmap.records.states import DATE_COLUMNS, STATUS_COLUMNS
from mssmap.records.timeline import Clocks
from mssmap.records.views import figure_records


def weigh(rows: pd.DataFrame, sources: pd.DataFrame, known_on: date, seen_by: date) -> pd.DataFrame:
    found = evidence.cited(rows, sources, known_on)
    limit = seen_by.isoformat()
    days = [[source["published_on"] for source in records if source["published_on"]] for records in found]
    latest = [max((day for day in dates if day <= limit), default="NaT") for dates in days]
    published = pd.Series(np.array(latest, dtype="datetime64[s]"), index=rows.index)
    added = {
        "grade": pd.Series(evidence._grades(rows, found), index=rows.index, dtype="str"),
        "sources": found,
        "last_seen": rows["known_from"].where(~(published > rows["known_from"]), published),
    }
    if "source_ids" in rows:
        ids = [";".join(source["source_id"] for source in records) for records in found]
        added["source_ids"] = pd.Series(ids, index=rows.index, dtype="str")
    return rows.assign(**added)


def layer(
    data: Data, name: str, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None
) -> gpd.GeoDataFrame:
    dataset = data.dataset(name)
    if not dataset.is_layer:
        raise AssertionError(name)
    rows = data[name]
    if name in kinds.LAYERS:
        rows = _records(data, name, clocks)
        rows = rows[evidence.passes(rows["grade"], grade)]
    elif "known_from" in rows and "valid_from" in rows:
        rows = rows[rows["known_from"] <= pd.Timestamp(clocks.known_on)]
        rows = rows[rows["valid_from"] <= pd.Timestamp(clocks.as_of)]
    return _inside(data, rows, region).reset_index(drop=True)


def _records(data: Data, name: str, clocks: Clocks) -> gpd.GeoDataFrame:
    """Return all records of a layer that have a status then; cached like `_current_spells`."""
    rows = _with_status(data, data[name], data.dataset(name).id_column, clocks, zones=name == units.ZONES)
    return rows.assign(stale=timeline.is_stale(rows["age_days"], name))


def known(data: Data, name: str, known_on: date) -> pd.DataFrame:
    """Return `timeline.known` of a table; cached, for who moves the dial mostly leaves the second clock where it is."""
    return timeline.known(data[name], known_on, data.dataset(name).id_column)


def _with_status(
    data: Data, records: pd.DataFrame, id_column: str, clocks: Clocks, *, zones: bool = False
) -> pd.DataFrame:
    """Join the spell valid then to each record; records without one are left out."""
    spells = _current_spells(data, clocks)
    at = spells.index.get_indexer(pd.Index(records[id_column]))
    present = np.flatnonzero(at >= 0)
    rows, told = records.iloc[present].reset_index(drop=True), spells.iloc[at[present]].reset_index(drop=True)
    if zones:
        rows = units.placed(data, units.completed(rows), told)
    extra = ["status_to_precision", "certain", "last_seen", "age_days", "grade", "sources"]
    told = told.rename(columns=STATUS_COLUMNS)[[*STATUS_COLUMNS.values(), *extra]]
    return rows.assign(**{str(name): column.array for name, column in told.items()})


def _current_spells(data: Data, clocks: Clocks) -> pd.DataFrame:
    spells = known(data, "status", clocks.known_on)
    spells = timeline.valid(spells.assign(status_to_precision=timeline.end_precision(spells)), clocks.as_of)
    if not spells["record_id"].is_unique:
        spells = spells.sort_values(["valid_from", "known_from"], kind="stable")
        spells = spells.drop_duplicates("record_id", keep="last")
    spells = spells.assign(certain=timeline.is_certain(spells, clocks.as_of))
    return _with_evidence(data, spells, clocks).set_index("record_id")


def _with_evidence(data: Data, rows: pd.DataFrame, clocks: Clocks) -> pd.DataFrame:
    """Add grade, sources and age; reduce `source_ids` to the sources then public."""
    rows = weigh(rows, data["sources"], clocks.known_on, min(clocks.as_of, clocks.known_on))
    return rows.assign(age_days=timeline.age_days(rows["last_seen"], clocks.as_of))


def _inside(data: Data, rows: pd.DataFrame, region: str | None) -> pd.DataFrame:
    """Return the rows that surely lie in a region; a row about a record lies where the record does."""
    if not region:
        return rows
    pcode = regions.find(data, region).pcode
    if "record_id" not in rows:
        return rows[regions.within(rows, pcode)]
    places = [data[name] for name in (*kinds.LAYERS, "events") if name in data.datasets]
    ids = [rows_of.iloc[:, 0][regions.within(rows_of, pcode)] for rows_of in places]
    return rows[rows["record_id"].isin(pd.concat(ids))]


def table(
    data: Data,
    name: str,
    clocks: Clocks,
    grade: str = evidence.LOWEST,
    region: str | None = None,
    *,
    plans: bool = False,
) -> pd.DataFrame:
    if name == "events":
        return pd.DataFrame(events(data, clocks, grade=grade, region=region, plans=plans).drop(columns="geometry"))
    rows = data[name]
    if name == "sources":
        return evidence.public(rows, clocks.known_on).reset_index(drop=True)
    if "known_from" in rows:
        rows = known(data, name, clocks.known_on)
    if name in DATE_COLUMNS:
        rows = rows[~(rows[DATE_COLUMNS[name]] > pd.Timestamp(clocks.as_of))]
    if name == "figures" and not plans:
        rows = rows[~rows["record_id"].isin(planned(data, clocks.known_on))]
    if "source_ids" in rows or "source_id" in rows:
        rows = _with_evidence(data, rows, clocks)
        rows = rows[evidence.passes(rows["grade"], grade)]
    return _inside(data, rows, region).reset_index(drop=True)


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
    rows = _events(data, clocks)
    keep = evidence.passes(rows["grade"], grade)
    if not plans:
        keep &= ~timeline.is_plan(rows)
    if category:
        keep &= rows["category"].isin(category)
    rows = _inside(data, timeline.window(rows[keep], start, end), region)
    return rows.reset_index(drop=True)


def _events(data: Data, clocks: Clocks) -> gpd.GeoDataFrame:
    """Return all events of a view in their order; cached like `_current_spells`."""
    rows = known(data, "events", clocks.known_on)
    rows = rows[(rows["valid_from"] <= pd.Timestamp(clocks.as_of)) | timeline.is_plan(rows)]
    rows = rows.sort_values(["valid_from", "event_id"], kind="stable").reset_index(drop=True)
    rows = _with_figures(data, _with_evidence(data, rows, clocks), clocks)
    rows = rows.assign(
        outcome_unknown=timeline.outcome_unknown(rows, clocks.as_of), day_announced=_day_announced(data, rows)
    )
    placed = (rows["lon"].notna() & rows["lat"].notna()).to_numpy()
    points = np.full(len(rows), None, dtype=object)
    points[placed] = shapely.points(rows.loc[placed, ["lon", "lat"]].to_numpy(dtype="float64"))
    return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84)


def planned(data: Data, known_on: date) -> frozenset[str]:
    """Return the ids of the events that are plans, as known on a day."""
    rows = known(data, "events", known_on)
    return frozenset(rows["event_id"][timeline.is_plan(rows)])


def _day_announced(data: Data, rows: pd.DataFrame) -> pd.Series:
    first = data["events"].sort_values("known_from", kind="stable").drop_duplicates("event_id").set_index("event_id")
    return timeline.day_announced(rows, first)


def _with_figures(data: Data, rows: pd.DataFrame, clocks: Clocks) -> pd.DataFrame:
    """Add the list of figures then known."""
    known = timeline.known(data["figures"], clocks.known_on, "figure_id")
    known = known[known["record_id"].isin(rows["event_id"])]
    listed = figure_records(data, known, clocks)
    by_record: dict[str, list[dict[str, Any]]] = {}
    for record_id, figure in zip(known["record_id"].tolist(), listed, strict=True):
        by_record.setdefault(record_id, []).append(figure)
    figures = [by_record.get(record_id, []) for record_id in rows["event_id"].tolist()]
    return rows.assign(figures=pd.Series(figures, index=rows.index, dtype=object))


def counts(data: Data, clocks: Clocks, grade: str = evidence.LOWEST, region: str | None = None) -> pd.DataFrame:
    pcode = regions.find(data, region).pcode if region else regions.COUNTRY_PCODE
    counted: list[tuple[str, str, int, int, int, int]] = []
    for name in kinds.LAYERS:
        if name in data.datasets:
            rows = layer(data, name, clocks)
            inside, reached = regions.within(rows, pcode), evidence.passes(rows["grade"], grade)
            value = Counter(rows["status"][inside & reached])
            low = Counter(rows["status"][inside & reached & rows["certain"]])
            high = value + Counter(rows["status"][regions.maybe_within(rows, pcode) & reached])
            below = Counter(rows["status"][inside & ~reached])
            words = sorted(sorted(high | below), key=value.__getitem__, reverse=True)
            counted += [(name, word, value[word], low[word], high[word], below[word]) for word in words]
    return pd.DataFrame(counted, columns=["layer", "status", "value", "low", "high", "below"])


def hidden_by_grade(data: Data, clocks: Clocks, grade: str, region: str | None = None) -> dict[str, int]:
    """Count, by layer (and `events`), the records that a threshold hides; zero is left out."""
    names = [name for name in kinds.LAYERS if name in data.datasets]
    grades = {name: layer(data, name, clocks, region=region)["grade"] for name in names}
    grades["events"] = events(data, clocks, region=region, plans=True)["grade"]
    hidden = {name: int((~evidence.passes(column, grade)).sum()) for name, column in grades.items()}
    return {name: count for name, count in hidden.items() if count}
