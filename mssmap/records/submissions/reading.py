"""
Submissions as people and programs write them: objects in the columns of our tables.

What follows from the rest is filled in (`completing`), and all that is wrong is said at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.records import kinds, timeline
from mssmap.records.catalog import Data
from mssmap.records.submissions import completing, rules, zones
from mssmap.records.submissions.faults import Faults
from mssmap.records.submissions.submission import ADD_SOURCE, CHANGES, KINDS, NEW, TABLES, Submission, cell, latest_row

LONGEST: Final = 4_000
MOST_SOURCES: Final = 50
MARKUP: Final = re.compile(r"<\s*[A-Za-z/!?]")

MADE: Final = ("revision", "source_ids", "source_id", "recorded_on")
"""Columns that nobody writes: they follow from the rest."""
ABOUT: Final = ("kind", "change", "id", "layer", "sources", "figures", "instead")
"""Keys of a submission that are no columns."""
TYPE: Final = "type"
"""Key for the column `kind` of a place: `kind` says what a submission is about."""
SOURCE_KEYS: Final = (
    *("source_id", "title", "publisher", "publisher_kind", "url"),
    *("published_on", "published_precision", "language", "reliability"),
    *("archive_url", "archived_on", "archive_note", "note"),
)


def read(raw: Any, data: Data, today: date) -> Submission:
    """
    Read a submission.

    Parameters
    ----------
    raw
        An object in the columns of our tables, with `kind`, for a record that is there `id` and `change`, `sources`,
        for an event `figures`.
    today
        Nothing that is reported can be of a later day.

    Returns
    -------
    submission
        With all that is wrong in `faults`; one with faults is not to be kept.
    """
    faults = Faults()
    if not isinstance(raw, dict):
        faults.add("submission", type(raw).__name__, _("an object with kind, its columns and sources"))
        return Submission("", "", "", "", faults=tuple(faults.found))
    raw = _of_its_status(raw, data)
    kind, table = _kind(raw, data, faults)
    if not table:
        return Submission(kind, "", "", "", faults=tuple(faults.found))
    record_id, change, latest = _record(raw, data, table, faults)
    fields = _fields(raw, data, table, faults)
    sources = _sources(raw.get("sources", []), data, "sources", faults)
    figures = _figures(raw.get("figures", []), data, faults)
    item = Submission(
        kind,
        change,
        table,
        record_id,
        fields,
        tuple(sources),
        tuple(figures),
        int(latest.get("revision") or 0) if latest is not None else 0,
        raw.get("instead") is True,
    )
    item = completing.completed(item, data)
    rules.check(item, latest, today, faults)
    before = {key: cell(value) for key, value in latest.items()} if latest is not None else {}
    zones.check(item, {**before, **item.fields}, data, faults)
    return replace(item, faults=tuple(faults.found))


def _of_its_status(raw: Mapping[str, Any], data: Data) -> Mapping[str, Any]:
    """
    Take a second source of a place for one of its status: a place has no sources but those of its history.

    It is the status in force on the day on which the first source was published, or the first one if that is later.
    """
    record_id = raw.get("id")
    if raw.get("kind") != "record" or raw.get("change") != ADD_SOURCE or not isinstance(record_id, str):
        return raw
    spells = timeline.known(data["status"], date.max, "status_id")
    spells = spells[spells["record_id"] == record_id].sort_values("valid_from", kind="stable")
    if spells.empty:
        return raw
    given = raw.get("sources")
    days = (
        [str(one.get("published_on", "")) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    )
    day = pd.to_datetime(completing.whole_day(days[0] if days else "")[0] or None, errors="coerce")
    begun = spells if pd.isna(day) else spells[spells["valid_from"] <= day]
    spell = begun.iloc[-1] if len(begun) else spells.iloc[0]
    return {**{key: value for key, value in raw.items() if key != "layer"}, "kind": "status", "id": spell["status_id"]}


def _kind(raw: Mapping[str, Any], data: Data, faults: Faults) -> tuple[str, str]:
    """Return kind and table, the table empty if there is none such."""
    kind = raw.get("kind")
    if kind not in KINDS:
        faults.add("kind", kind, _("one of {words}").format(words=", ".join(KINDS)))
        return str(kind), ""
    layer = raw.get("layer")
    if kind == "record" and layer is None and isinstance(raw.get("id"), str):
        found = kinds.layer_of(raw["id"])
        layer = found.name if found else None
    table = layer if kind == "record" else TABLES[kind]
    if not isinstance(table, str) or table not in data.datasets or (kind == "record" and table not in kinds.LAYERS):
        faults.add("layer", layer, _("one of {words}").format(words=", ".join(kinds.LAYERS)))
        return kind, ""
    return kind, str(table)


def _record(
    raw: Mapping[str, Any], data: Data, table: str, faults: Faults
) -> tuple[str, str, Mapping[str, Any] | None]:
    """Return the id of the record that it is about, the change, and the latest row of the record."""
    record_id, change = raw.get("id", ""), raw.get("change", NEW)
    if change not in CHANGES:
        faults.add("change", change, _("one of {words}").format(words=", ".join(CHANGES)))
        return "", NEW, None
    if change == NEW:
        if record_id:
            faults.add("change", "", _("one of {words}, as there is an id").format(words=", ".join(CHANGES[1:])))
        return "", NEW, None
    if not isinstance(record_id, str) or not record_id:
        faults.add("id", record_id, _("the id of the record that is meant"))
        return "", change, None
    latest = latest_row(data, table, record_id)
    if latest is None:
        faults.add("id", record_id, _("the id of a record of {table}").format(table=table))
    return record_id, change, latest


def _fields(raw: Mapping[str, Any], data: Data, table: str, faults: Faults) -> dict[str, str]:
    """Return the cells that were written, by column."""
    dataset = data.dataset(table)
    allowed = list(dataset.contract.columns)
    if dataset.is_layer:  # a place comes with its first status
        allowed += [*data.dataset("status").contract.columns, "lon", "lat", *([TYPE] if "kind" in allowed else [])]
    made = {*MADE, dataset.id_column, *(("kind", "status_id", "record_id") if dataset.is_layer else ())}
    allowed = [name for name in dict.fromkeys(allowed) if name not in made]
    cells = {}
    for key, value in raw.items():
        if key in ABOUT:
            continue
        if key not in allowed:
            faults.add(str(key)[:60], cell(value) if not isinstance(value, list | dict) else "...", _columns(allowed))
        else:
            cells[key] = _text(key, value, faults)
    return cells


def _columns(allowed: Sequence[str]) -> str:
    return _("one of the columns {words}").format(words=", ".join(allowed))


def _text(where: str, value: Any, faults: Faults) -> str:
    """Return a value as a cell; text that cannot be one is a fault."""
    if isinstance(value, list | dict):
        faults.add(where, "...", _("text or a number"))
        return ""
    text = cell(value).strip()
    if len(text) > LONGEST:
        faults.add(where, text, _("text of at most 4,000 characters"))
    elif MARKUP.search(text):
        faults.add(where, text, _("plain text without markup"))
    elif any(not sign.isprintable() and sign not in "\n\t" for sign in text):
        faults.add(where, text, _("text that can be printed"))
    else:
        return text
    return ""


def _sources(raw: Any, data: Data, where: str, faults: Faults) -> list[dict[str, str]]:
    if not isinstance(raw, list) or len(raw) > MOST_SOURCES:
        faults.add(where, type(raw).__name__, _("a list of at most {most} sources").format(most=MOST_SOURCES))
        return []
    return [row for i, one in enumerate(raw, start=1) if (row := _source(one, data, f"{where} {i}", faults))]


def _source(raw: Any, data: Data, where: str, faults: Faults) -> dict[str, str]:
    if not isinstance(raw, dict) or set(raw) - set(SOURCE_KEYS):
        faults.add(where, "...", _columns(SOURCE_KEYS))
        return {}
    cells = {key: _text(f"{where}, {key}", value, faults) for key, value in raw.items()}
    known = data["sources"]
    if given := cells.get("source_id"):
        if not (known["source_id"] == given).any():
            faults.add(f"{where}, source_id", given, _("the id of a source that is there"))
        return {"source_id": given}
    same = known[known["url"] == cells.get("url", "")]
    if cells.get("url") and len(same):
        return {"source_id": str(same["source_id"].iloc[0])}
    if not cells.get("publisher"):
        cells["publisher"] = completing.publishers(known).get(completing.host(cells.get("url", "")), "")
    day, exact = completing.whole_day(cells.get("published_on", ""))
    needed = (("title", cells.get("title")), ("publisher", cells.get("publisher")), ("published_on", day))
    for key, value in needed:
        if not value:
            faults.add(f"{where}, {key}", cells.get(key, ""), _("a day") if key == "published_on" else _("text"))
    if not re.fullmatch(r"https?://\S+", cells.get("url", "")):
        faults.add(f"{where}, url", cells.get("url", ""), _("its address, beginning with https:// or http://"))
    return {**cells, "published_on": day, "published_precision": cells.get("published_precision") or exact}


def _figures(raw: Any, data: Data, faults: Faults) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or len(raw) > MOST_SOURCES:
        faults.add("figures", type(raw).__name__, _("a list of at most {most} figures").format(most=MOST_SOURCES))
        return []
    made = ("figure_id", "record_id", *MADE)
    allowed = [name for name in data.dataset("figures").contract.columns if name not in made]
    found = []
    for i, one in enumerate(raw, start=1):
        where = f"figures {i}"
        if not isinstance(one, dict) or set(one) - {*allowed, "sources"}:
            faults.add(where, "...", _columns([*allowed, "sources"]))
            continue
        cells = {key: _text(f"{where}, {key}", value, faults) for key, value in one.items() if key != "sources"}
        sources = _sources(one.get("sources", []), data, f"{where}, sources", faults)
        if not sources:
            faults.add(where, cells.get("measure", ""), _("at least one source of its own"))
        found.append({**cells, "sources": sources})
    return found
