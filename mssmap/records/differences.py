"""
What was learnt between two days: new, corrected and withdrawn records, and records whose status changed.

Applying the changes from one known date to another to the rows known on the first gives the rows known on the second;
`apply` does that and a test holds it. (The module is not called `changes`, for that is the function of the package.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import LANGUAGES, written
from mssmap.i18n import gettext as _
from mssmap.records import evidence, kinds, schema, timeline, views
from mssmap.records.catalog import Data

TABLES = ("status", "events", "figures", "strength", "indicators")
"""Tables with revisions, in the order in which their changes are told."""

TITLES = [f"title_{code}" for code in LANGUAGES]

BOOKKEEPING = ("revision", "known_from", "known_precision", "recorded_on")
"""Columns that say when something was known, not what; a difference in them alone is not told as a field."""

TIMES = ("valid_from", "period_end", "date")
"""Columns that say when something was; a table has one of them."""

NEW, STATUS, CORRECTED, WITHDRAWN = "new", "status", "corrected", "withdrawn"


@dataclass(frozen=True)
class RowChange:
    """One row before and after; None where there was no row."""

    table: str
    row_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class FieldChange:
    """One value that is now another."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Dated:
    """A day and how exactly it is known."""

    day: date
    precision: str


@dataclass(frozen=True)
class Change:
    """
    One thing that was learnt about one record.

    Attributes
    ----------
    kind
        `new`, `status` (the record now has another status), `corrected` (anything else about it is now told
        otherwise, as who runs or holds it) or `withdrawn`.
    record_id
        The base, prison, facility, zone or event; for strength and indicators the row itself.
    row_id
        The row it is about; for a state that of the new one.
    happened
        Day that it is about, None if none is stated: when the new state began, not when it was last corrected.
    known_from
        Day on which it was learnt: a new record or state when it was first known, a correction when the latest of it
        was, a withdrawal when it was withdrawn.
    fields
        What differs, without bookkeeping; empty for a new or withdrawn record.
    rows
        The rows behind it, enough to redo the change.
    """

    kind: str
    table: str
    record_id: str
    row_id: str
    happened: Dated | None
    known_from: Dated | None
    fields: tuple[FieldChange, ...]
    rows: tuple[RowChange, ...]


def changes(data: Data, since: date, until: date, as_of: date | None = None, *, plans: bool = False) -> list[Change]:
    """
    Return what was learnt after `since` and up to `until`.

    Parameters
    ----------
    since, until
        Two known dates; the day `since` itself is not included.
    as_of
        If given, rows about later days are left out on both sides (plans excepted).
    plans
        True adds events that were announced, not reported as done, and their figures; without them an announced event
        is new once it is reported as done.

    Returns
    -------
    changes
        By table in the order of `TABLES`, then by the day they were known. A base that is handed over is one change
        of kind `status`, although its old spell ends and a new one begins.

    Raises
    ------
    InputError
        If `until` is before `since`.
    """
    if until < since:
        raise InputError(
            _("until: found {until}, required a day not before since ({since}). Swap them.").format(
                until=until, since=since
            )
        )
    found: list[Change] = []
    for table in TABLES:
        if table in data.datasets:
            id_column = data.dataset(table).id_column
            before, after = (state(data[table], day, id_column, as_of) for day in (since, until))
            if not plans:
                before, after = _facts(data, before, since), _facts(data, after, until)
            deltas = differences(before, after, table, id_column)
            if table == "status":
                told = _status_changes(deltas, _latest_spells(before, as_of), _latest_spells(after, as_of))
            else:
                told = [_change(delta) for delta in deltas]
            if table == "figures":
                told = _as_exact_as_events(told, [views.known(data, "events", day) for day in (since, until)])
            revisions = _revisions(data[table], id_column, (since, until))
            told = [_dated(change, revisions) for change in told]
            found += sorted(told, key=lambda change: (_learnt_on(change, until), change.record_id))
    return found


def _facts(data: Data, rows: pd.DataFrame, known_on: date) -> pd.DataFrame:
    """Leave out events that were announced, and their figures."""
    key = next((column for column in ("event_id", "record_id") if column in rows), None)
    return rows[~rows[key].isin(views.planned(data, known_on))] if key else rows


def _learnt_on(change: Change, otherwise: date) -> date:
    return change.known_from.day if change.known_from else otherwise


def state(rows: pd.DataFrame, known_on: date, id_column: str, as_of: date | None = None) -> pd.DataFrame:
    """Return the rows known on a day, indexed by id and sorted by it; with `as_of` without those begun later."""
    known = timeline.known(rows, known_on, id_column)
    start = next((column for column in TIMES if column in known), None)
    if as_of is not None and start:
        later = known[start] > pd.Timestamp(as_of)
        if "claim" in known:
            later &= known["claim"] != timeline.PLANNED
        known = known[~later]
    return known.set_index(id_column, drop=False).rename_axis(None).sort_index()


def differences(before: pd.DataFrame, after: pd.DataFrame, table: str, id_column: str) -> list[RowChange]:
    """
    Compare two states of a table row by row.

    Parameters
    ----------
    before, after
        Frames from `state`, indexed by unique id.

    Returns
    -------
    differences
        Rows that are only in one of them or differ in any column, by id.
    """
    both = before.index.intersection(after.index)
    old, new = before.loc[both], after.loc[both]
    same = pd.Series(True, index=both)
    for column in after.columns:
        same &= (old[column] == new[column]).fillna(False).astype(bool) | (old[column].isna() & new[column].isna())
    touched = sorted(set(both[~same]) | set(before.index.symmetric_difference(after.index)))
    old_rows, new_rows = _dicts(before, touched), _dicts(after, touched)
    return [RowChange(table, row_id, old_rows.get(row_id), new_rows.get(row_id)) for row_id in touched]


def _dicts(frame: pd.DataFrame, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    part = frame[frame.index.isin(ids)]
    return dict(zip(part.index, part.to_dict("records"), strict=True))


def apply(rows: pd.DataFrame, changed: Iterable[Change], table: str, id_column: str) -> pd.DataFrame:
    """
    Redo changes on a state of a table.

    Returns
    -------
    rows
        The state after the changes, sorted by id, with the types of `rows`.
    """
    deltas = [delta for change in changed for delta in change.rows if delta.table == table]
    kept = rows[~rows.index.isin([delta.row_id for delta in deltas])]
    added = [delta.after for delta in deltas if delta.after is not None]
    if added:
        extra = pd.DataFrame(added, columns=rows.columns).astype(rows.dtypes.to_dict())
        kept = pd.concat([kept, extra.set_index(id_column, drop=False).rename_axis(None)])
    return kept.sort_index()


def _change(delta: RowChange) -> Change:
    row = delta.after or delta.before or {}
    record_id = str(row["record_id"] if delta.table == "figures" else delta.row_id)
    kind = NEW if delta.before is None else WITHDRAWN if delta.after is None else CORRECTED
    fields = _fields(delta.before, delta.after) if delta.before and delta.after else ()
    return Change(kind, delta.table, record_id, delta.row_id, _happened(row), None, fields, (delta,))


def _happened(row: Mapping[str, Any]) -> Dated | None:
    day = next((row[column] for column in TIMES if column in row), None)
    return None if day is None or pd.isna(day) else Dated(day.date(), str(row.get("date_precision") or "day"))


def _as_exact_as_events(figures: list[Change], known: Sequence[pd.DataFrame]) -> list[Change]:
    """Give a figure that is dated by an end of its event the precision of the event."""
    exact = {
        (event_id, end): precision
        for events in known
        for ends in ("valid_from", "valid_to")
        for event_id, end, precision in zip(events["event_id"], events[ends], events["date_precision"], strict=True)
    }
    return [
        replace(figure, happened=replace(when, precision=exact.get((figure.record_id, pd.Timestamp(when.day)), "day")))
        if (when := figure.happened)
        else figure
        for figure in figures
    ]


def _status_changes(
    deltas: list[RowChange], before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """Tell the changed spells of each record as one change, comparing its latest spell on both days."""
    by_record: dict[str, list[RowChange]] = {}
    for delta in deltas:
        by_record.setdefault((delta.after or delta.before or {})["record_id"], []).append(delta)
    return [
        _status_change(record_id, rows, before.get(record_id), after.get(record_id))
        for record_id, rows in by_record.items()
    ]


def _status_change(
    record_id: str, deltas: list[RowChange], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Change:
    kind = CORRECTED
    fields: tuple[FieldChange, ...] = ()
    if before is None:
        kind = NEW
    elif after is None:
        kind = WITHDRAWN
    elif before["status_id"] != after["status_id"]:
        kind = CORRECTED if before["status"] == after["status"] else STATUS
        fields = _fields(before, after, skip=("status_id",))
    else:
        both = [(delta.before, delta.after) for delta in deltas if delta.before and delta.after]
        fields = tuple(field for old, new in both for field in _fields(old, new))
    touched = [delta.after or delta.before or {} for delta in deltas]
    if kind == NEW:
        about = min(touched, key=lambda row: row["valid_from"])
    elif before is not None and after is not None and before["status_id"] != after["status_id"]:
        about = after
    else:
        about = max(touched, key=lambda row: row["known_from"])
    return Change(kind, "status", record_id, str(about["status_id"]), _happened(about), None, fields, tuple(deltas))


def _latest_spells(spells: pd.DataFrame, as_of: date | None) -> dict[str, Mapping[str, Any]]:
    """Return, by record, the spell valid on a day, or the last begun if none is or no day is given."""
    rows = spells.sort_values(["valid_from", "known_from"], kind="stable")
    latest = rows.drop_duplicates("record_id", keep="last")
    if as_of is not None:
        now = timeline.valid(rows, as_of).drop_duplicates("record_id", keep="last")
        latest = pd.concat([latest[~latest["record_id"].isin(now["record_id"])], now])
    listed: list[dict[Any, Any]] = latest.to_dict("records")
    return {str(row["record_id"]): row for row in listed}


def _revisions(table: pd.DataFrame, id_column: str, days: tuple[date, date]) -> dict[str, list[Dated]]:
    """Return when the revisions between two days were made known, the earliest first, by row."""
    since, until = (pd.Timestamp(day) for day in days)
    rows = table[(table["known_from"] > since) & (table["known_from"] <= until)]
    rows = rows.sort_values("known_from", kind="stable")
    found: dict[str, list[Dated]] = {}
    for row_id, day, precision in zip(rows[id_column], rows["known_from"], rows["known_precision"], strict=True):
        found.setdefault(row_id, []).append(Dated(day.date(), str(precision)))
    return found


def _dated(change: Change, revisions: Mapping[str, Sequence[Dated]]) -> Change:
    """Add the day on which a change was learnt: that of the first revision of what is new, else of the last."""
    if change.kind in (NEW, STATUS) and change.row_id in revisions:
        return replace(change, known_from=revisions[change.row_id][0])
    made = [dated for delta in change.rows for dated in revisions.get(delta.row_id, ())]
    return replace(change, known_from=max(made, key=lambda dated: dated.day))


def _fields(before: Mapping[str, Any], after: Mapping[str, Any], skip: tuple[str, ...] = ()) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, before[name], after[name])
        for name in after
        if name not in (*BOOKKEEPING, *skip) and not _same(before[name], after[name])
    )


def _same(one: Any, other: Any) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one)) and bool(pd.isna(other))
    return bool(one == other)


def as_records(data: Data, found: Iterable[Change], known_on: date) -> list[dict[str, Any]]:
    """
    Return changes as plain values in the shape of the public contract.

    Returns
    -------
    records
        {kind, table, record_id, title, happened, happened_precision, known_from, known_precision, fields: [{field,
        before, after}], sources, planned, day_announced}; `title` in English, `planned` true for what was announced
        and not reported as done, or whose day lies ahead of what was known (a projection), `day_announced` true if
        `happened` is only the day on which a plan was announced, `sources` those of the rows behind the change that
        were public on `known_on`.
    """
    titles, plans, announced = _titles(data), views.planned(data, known_on), views.announced(data, known_on)
    sources = {
        source["source_id"]: source for source in evidence.source_records(evidence.public(data["sources"], known_on))
    }
    return [
        {
            "kind": change.kind,
            "table": change.table,
            "record_id": change.record_id,
            "title": titles.get(change.record_id, change.record_id) + _number(change),
            "happened": change.happened.day.isoformat() if change.happened else None,
            "happened_precision": change.happened.precision if change.happened else None,
            "known_from": change.known_from.day.isoformat() if change.known_from else None,
            "known_precision": change.known_from.precision if change.known_from else None,
            "fields": [
                {"field": field.field, "before": views.plain(field.before), "after": views.plain(field.after)}
                for field in change.fields
            ],
            "sources": [sources[name] for name in _cited(change) if name in sources],
            "planned": change.record_id in plans or _planned(change),
            "day_announced": change.happened is not None and announced.get(change.record_id) == change.happened.day,
        }
        for change in found
    ]


def _planned(change: Change) -> bool:
    rows = [delta.after or delta.before or {} for delta in change.rows if delta.row_id == change.row_id]
    ahead = change.happened and change.known_from and change.happened.day > change.known_from.day
    return bool(ahead) or any(row.get("claim") == timeline.PLANNED for row in rows)


def _number(change: Change) -> str:
    """Return the number that a new or withdrawn figure gives, nothing for other tables."""
    row = change.rows[0].after or change.rows[0].before
    if change.table != "figures" or row is None:
        return ""
    ends = dict.fromkeys(f"{end:,g}" for end in (row["value_min"], row["value_max"]) if pd.notna(end))
    words = [row["measure"], row["qualifier"], "-".join(ends), row["unit"]]
    return ": " + " ".join(word for word in words if word)


def _cited(change: Change) -> list[str]:
    """Return the ids of the sources of the rows after a change, of those before if there are none, each once."""
    rows = [delta.after for delta in change.rows if delta.after] or [
        delta.before for delta in change.rows if delta.before
    ]
    ids = [name for row in rows for name in schema.items(row.get("source_ids") or row.get("source_id"))]
    return list(dict.fromkeys(ids))


def _titles(data: Data) -> dict[str, str]:
    """Return what a record is called, by id: in English if it is written in it."""
    titles: dict[str, str] = {}
    for name in kinds.LAYERS:
        if name in data.datasets:
            rows = data[name]
            titles |= dict(zip(rows[data.dataset(name).id_column], rows["name_en"], strict=True))
    events = data["events"]
    texts = (written(row.get, "title", "en")[0] for row in events[TITLES].to_dict("records"))
    titles |= dict(zip(events["event_id"], texts, strict=True))
    for name, id_column, columns in (
        ("strength", "strength_id", ["country", "scope", "record_type", "personnel"]),
        ("indicators", "indicator_id", ["indicator", "area", "value", "unit"]),
    ):
        if name in data.datasets:
            cells = (map(views.plain, row) for row in data[name][columns].itertuples(index=False, name=None))
            texts = (" ".join(str(cell) for cell in row if cell is not None) for row in cells)
            titles |= dict(zip(data[name][id_column], texts, strict=True))
    return titles
