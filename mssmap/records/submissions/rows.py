"""
The rows that accepting a submission adds.

A correction is a new revision of the whole record; nothing that was recorded is overwritten. Only what has no
revisions, a source or the place of a record, is replaced by its new row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import written
from mssmap.records import kinds, schema, timeline
from mssmap.records.catalog import Data
from mssmap.records.submissions import completing, joined, reading, submission
from mssmap.records.submissions.submission import CORRECT, NEW, WITHDRAW, WRONG, Submission, cell

Made = dict[str, list[dict[str, str]]]
"""Table or layer -> the rows made for it so far."""


def rows(item: Submission, data: Data) -> Made:
    """
    Return the rows that accepting a submission adds to the data as they stand.

    Raises
    ------
    InputError
        If what they would hold breaks the rules of their table; the text says what, each fault in a sentence.
    """
    if item.change == WRONG:
        return {}
    made: Made = {}
    ids = _sources(item.sources, data, made)
    if item.kind == "source":
        _of_source(item, data, made)
    elif item.kind == "record":
        _of_record(item, data, ids, made)
    elif item.change == NEW:
        _new(item, data, ids, made)
    else:
        _revision(item, data, ids, made)
    if told := " ".join(joined.faults_of(made, data)):
        raise InputError(told)
    return made


def checked(raw: Any, data: Data, today: date) -> Submission:
    """Read a submission, and add to its faults what is wrong with the rows that it would make."""
    item = reading.read(raw, data, today)
    if item.faults:
        return item
    try:
        rows(item, data)
    except InputError as error:
        return replace(item, faults=(str(error),))
    return item


def _sources(given: Iterable[Mapping[str, str]], data: Data, made: Made) -> list[str]:
    """Add the rows of sources that are not there yet, and return the ids of all."""
    ids, added = [], made.get("sources", [])
    there = dict(zip(data["sources"]["url"], data["sources"]["source_id"], strict=True))
    for cells in given:
        row: Mapping[str, str] | None = cells if cells.get("source_id") else None
        if row is None:
            same = {one["url"]: one["source_id"] for one in added} | there
            found = same.get(cells.get("url", ""))
            row = {"source_id": found} if found else None
        if row is None:
            new = completing.source_row(cells, data)
            new["source_id"] = _free(
                new["source_id"], {*data["sources"]["source_id"], *(r["source_id"] for r in added)}
            )
            added.append(new)
            row = new
            made["sources"] = added
        ids.append(str(row["source_id"]))
    return list(dict.fromkeys(ids))


def _free(wanted: str, taken: Iterable[str]) -> str:
    """
    Return an id that nobody has.

    >>> _free("a", {"a", "a-2"}), _free("b", {"a"})
    ('a-3', 'b')
    """
    there, n, found = set(taken), 1, wanted
    while found in there:
        n += 1
        found = f"{wanted}-{n}"
    return found


def _new(item: Submission, data: Data, ids: list[str], made: Made) -> None:
    """A new event, status, indicator, strength or figure."""
    cells = {**item.fields, "revision": "1", "source_ids": ";".join(ids), "source_id": ids[0] if ids else ""}
    column = data.dataset(item.table).id_column
    taken = set(data[item.table][column])
    if item.kind == "status":
        record_id = cells.get("record_id", "")
        numbers = [int(one.rpartition(".")[2]) for one in taken if one.startswith(f"{record_id}.") and _ends(one)]
        cells[column] = f"{record_id}.{max(numbers, default=0) + 1}"
        _close_before(cells, data, ids, made)
    elif item.kind == "event":
        words = submission.slug(written(cells.get, "title", "en")[0], 40)
        cells[column] = _free(f"ev-{cells.get('valid_from', '')}-{words}", taken)
    else:
        content = json.dumps(submission.as_dict(item), sort_keys=True, ensure_ascii=False)
        prefix = {"indicator": "ind", "strength": "str", "figure": "fig"}[item.kind]
        cells[column] = _free(f"{prefix}-{hashlib.sha256(content.encode()).hexdigest()[:8]}", taken)
    made.setdefault(item.table, []).append(_of_table(cells, data, item.table))
    _figures(item, cells[column], cells, data, made)


def _ends(status_id: str) -> bool:
    return status_id.rpartition(".")[2].isdigit()


def _close_before(cells: Mapping[str, str], data: Data, ids: list[str], made: Made) -> None:
    """End the open spell of a record on the day before its new one begins."""
    spells = data["status"]
    spells = spells[spells["record_id"] == cells.get("record_id")]
    latest = spells.sort_values("revision", kind="stable").drop_duplicates("status_id", keep="last")
    start = pd.to_datetime(cells.get("valid_from"), errors="coerce")
    ended = latest["valid_to"].notna() & (latest["valid_to"] < start)
    open_ = latest[(latest["status"] != timeline.RETRACTED) & ~ended & (latest["valid_from"] < start)]
    for _index, row in open_.iterrows():
        before = {str(key): cell(value) for key, value in row.to_dict().items()}
        before |= {
            "revision": str(int(row["revision"]) + 1),
            "valid_to": (start - timedelta(days=1)).strftime("%Y-%m-%d"),
            "known_from": cells.get("known_from", ""),
            "known_precision": cells.get("known_precision", ""),
            "source_ids": ";".join(dict.fromkeys([*schema.items(before["source_ids"]), *ids])),
        }
        made.setdefault("status", []).append(_of_table(before, data, "status"))


def _revision(item: Submission, data: Data, ids: list[str], made: Made) -> None:
    """The next revision of a record, whole."""
    latest = submission.latest_row(data, item.table, item.record_id)
    if latest is None:
        raise InputError(_("{record}: is not there any more. Nothing was changed.").format(record=item.record_id))
    cells = {key: cell(value) for key, value in latest.items()}
    before = schema.items(cells.get("source_ids", ""))
    cells |= dict(item.fields)
    cells["revision"] = str(int(latest["revision"]) + 1)
    cells["source_ids"] = ";".join(ids if item.instead and ids else dict.fromkeys([*before, *ids]))
    cells["source_id"] = ids[0] if ids and item.change == CORRECT else cells.get("source_id", "")
    if item.change == WITHDRAW:
        cells["status"] = timeline.RETRACTED
    if item.figures and item.table == "events" and not {"figure_min", "figure_max"} & set(item.fields):
        cells |= _range(item, cells, data)
    made.setdefault(item.table, []).append(_of_table(cells, data, item.table))
    _figures(item, item.record_id, cells, data, made)


def _range(item: Submission, cells: Mapping[str, str], data: Data) -> dict[str, str]:
    """Return the range of an event with the figures that come with it, of the measure that its range is of."""
    there = timeline.known(data["figures"], date.max, "figure_id")
    there = there[there["record_id"] == item.record_id]
    added = [one for one in item.figures if one.get("measure") and one.get("value_min")]
    for measure, of_measure in there[there["unit"] == cells.get("figure_unit")].groupby("measure", sort=False):
        before = [*of_measure["value_min"], *of_measure["value_max"].dropna()]
        if [cell(min(before)), cell(max(before))] != [cells.get("figure_min"), cells.get("figure_max")]:
            continue
        same = [one for one in added if one["measure"] == measure and one.get("unit") == cells.get("figure_unit")]
        try:
            ends = [float(one[key]) for one in same for key in ("value_min", "value_max") if one.get(key)]
        except ValueError:  # told as a fault of the figure
            return {}
        if ends:
            low, high = min(*before, *ends), max(*before, *ends)
            disputed = (
                {"dispute": cells.get("dispute") or "figures"} if (low, high) != (min(before), max(before)) else {}
            )
            return {"figure_min": cell(low), "figure_max": cell(high), **disputed}
    return {}


def _figures(item: Submission, record_id: str, cells: Mapping[str, str], data: Data, made: Made) -> None:
    numbers = data["figures"]["figure_id"][data["figures"]["record_id"] == record_id]
    n = max((int(tail) for one in numbers if (tail := one.rpartition(".f")[2]).isdigit()), default=0)
    for one in item.figures:
        ids = _sources(one.get("sources", ()), data, made)
        for source_id in ids:
            n += 1
            row = {
                **{key: value for key, value in one.items() if key != "sources"},
                "figure_id": f"{record_id}.f{n:02}",
                "record_id": record_id,
                "revision": "1",
                "source_id": source_id,
            }
            row["date"] = row.get("date") or cells.get("valid_from", "")
            row["known_from"] = row.get("known_from") or cells.get("known_from", "")
            row["known_precision"] = row.get("known_precision") or cells.get("known_precision", "")
            made.setdefault("figures", []).append(_of_table(row, data, "figures"))


def _of_source(item: Submission, data: Data, made: Made) -> None:
    """A new source, or its row in place of the one before."""
    if item.change == NEW:
        row = completing.source_row(item.fields, data)
        row["source_id"] = _free(row["source_id"], data["sources"]["source_id"])
    else:
        latest = submission.latest_row(data, "sources", item.record_id) or {}
        row = {**{key: cell(value) for key, value in latest.items()}, **item.fields}
    made.setdefault("sources", []).append(_of_table(row, data, "sources"))


def _of_record(item: Submission, data: Data, ids: list[str], made: Made) -> None:
    """A new place with its first status, or its row in place of the one before."""
    layer = kinds.LAYERS[item.table]
    # unit and uncertainty of a zone are its own; an assessment has them only where it names another unit
    mine = set(data.dataset(item.table).contract.columns) - {"note"}
    columns = [name for name in data.dataset("status").contract.columns if name not in mine]
    status = {key: item.fields[key] for key in item.fields if key in columns}
    if item.change == NEW:
        # `kind` says what a submission is about: that of a place is its `type`
        wanted = f"{layer.prefix}-{submission.slug(item.fields.get('name_en', ''), 40)}"
        cells = {**item.fields, layer.id_column: _free(wanted, data[item.table][layer.id_column])}
        spell = {**status, "status_id": f"{cells[layer.id_column]}.1", "record_id": cells[layer.id_column]}
        spell |= {"revision": "1", "source_ids": ";".join(ids)}
        made.setdefault("status", []).append(_of_table(spell, data, "status"))
    else:
        latest = submission.latest_row(data, item.table, item.record_id) or {}
        shape = latest.pop("geometry", None)
        cells = {key: cell(value) for key, value in latest.items()}
        if shape is not None and not shape.is_empty and not all(cells.get(name) for name in joined.PLACE):
            cells |= {"lon": f"{shape.centroid.x:.5f}", "lat": f"{shape.centroid.y:.5f}"}
        cells |= dict(item.fields)
    cells["kind"] = cells.pop("type", cells.get("kind", ""))
    columns = [*data.dataset(item.table).contract.columns, *joined.PLACE]
    made.setdefault(item.table, []).append({name: cells.get(name, "") for name in dict.fromkeys(columns)})


def _of_table(cells: Mapping[str, str], data: Data, table: str) -> dict[str, str]:
    columns = data.dataset(table).contract.columns
    return {name: cells.get(name, "") if name != joined.RECORDED else "" for name in columns}
