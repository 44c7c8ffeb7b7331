"""
What accepting a submission does: the rows that it adds, what they change, and the data with them.

A correction is a new revision of the whole record; nothing that was recorded is overwritten. Only what has no
revisions, a source or the place of a record, is replaced by its new row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import WGS84
from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.records import evidence, kinds, schema, submission, timeline
from mssmap.records.catalog import Data
from mssmap.records.submission import ADD_SOURCE, CORRECT, NEW, WITHDRAW, WRONG, Submission, cell

Rows = Mapping[str, Sequence[Mapping[str, str]]]
"""Table or layer -> rows, their cells as text; a layer's rows have `lon` and `lat`."""

PLACE: Final = ("lon", "lat")
STATUS_OF_RECORD: Final = ("operator", "armed_group", "coalition", "share_pct")


@dataclass(frozen=True)
class Accepted:
    """Rows that were accepted: under which name they are told, and the day on which they were."""

    name: str
    rows: Rows
    recorded_on: str = ""


# ----------------------------------------------------------------------------------------------------- from it to rows


def rows(item: Submission, data: Data) -> dict[str, list[dict[str, str]]]:
    """
    Return the rows that accepting a submission adds to the data as they stand.

    Raises
    ------
    InputError
        If what they would hold breaks the rules of their table; the text says what, each fault in a sentence.
    """
    if item.change == WRONG:
        return {}
    made: dict[str, list[dict[str, str]]] = {}
    ids = _sources(item.sources, data, made)
    if item.kind == "source":
        _of_source(item, data, made)
    elif item.kind == "record":
        _of_record(item, data, ids, made)
    elif item.change == NEW:
        _new(item, data, ids, made)
    else:
        _revision(item, data, ids, made)
    if faults := faults_of(made, data):
        raise InputError(" ".join(faults))
    return made


def _sources(given: Iterable[Mapping[str, str]], data: Data, made: dict[str, list[dict[str, str]]]) -> list[str]:
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
            new = submission.source_row(cells, data)
            new["source_id"] = _free(new["source_id"], {*data["sources"]["source_id"], *(r["source_id"] for r in added)})
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


def _new(item: Submission, data: Data, ids: list[str], made: dict[str, list[dict[str, str]]]) -> None:
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
        words = submission.slug(cells.get("title_en", ""), 40)
        cells[column] = _free(f"ev-{cells.get('valid_from', '')}-{words}", taken)
    else:
        content = json.dumps(submission.as_dict(item), sort_keys=True, ensure_ascii=False)
        prefix = {"indicator": "ind", "strength": "str", "figure": "fig"}[item.kind]
        cells[column] = _free(f"{prefix}-{hashlib.sha256(content.encode()).hexdigest()[:8]}", taken)
    made.setdefault(item.table, []).append(_of_table(cells, data, item.table))
    _figures(item, cells[column], cells, data, made)


def _ends(status_id: str) -> bool:
    return status_id.rpartition(".")[2].isdigit()


def _close_before(
    cells: Mapping[str, str], data: Data, ids: list[str], made: dict[str, list[dict[str, str]]]
) -> None:
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


def _revision(item: Submission, data: Data, ids: list[str], made: dict[str, list[dict[str, str]]]) -> None:
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
    if item.change == ADD_SOURCE:
        earlier = cell(latest["known_from"])
        if not item.fields.get("known_from"):
            cells["known_from"] = earlier
    made.setdefault(item.table, []).append(_of_table(cells, data, item.table))
    _figures(item, item.record_id, cells, data, made)


def _figures(
    item: Submission, record_id: str, cells: Mapping[str, str], data: Data, made: dict[str, list[dict[str, str]]]
) -> None:
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


def _of_source(item: Submission, data: Data, made: dict[str, list[dict[str, str]]]) -> None:
    """A new source, or its row in place of the one before."""
    if item.change == NEW:
        row = submission.source_row(item.fields, data)
        row["source_id"] = _free(row["source_id"], data["sources"]["source_id"])
    else:
        latest = submission.latest_row(data, "sources", item.record_id) or {}
        row = {**{key: cell(value) for key, value in latest.items()}, **item.fields}
    made.setdefault("sources", []).append(_of_table(row, data, "sources"))


def _of_record(item: Submission, data: Data, ids: list[str], made: dict[str, list[dict[str, str]]]) -> None:
    """A new place with its first status, or its row in place of the one before."""
    layer = kinds.LAYERS[item.table]
    status = {key: item.fields[key] for key in item.fields if key in data.dataset("status").contract.columns}
    if item.change == NEW:
        wanted = f"{layer.prefix}-{submission.slug(item.fields.get('name_en', ''), 40)}"
        cells = {**item.fields, layer.id_column: _free(wanted, data[item.table][layer.id_column])}
        spell = {**status, "status_id": f"{cells[layer.id_column]}.1", "record_id": cells[layer.id_column]}
        spell |= {"revision": "1", "source_ids": ";".join(ids)}
        made.setdefault("status", []).append(_of_table(spell, data, "status"))
    else:
        latest = submission.latest_row(data, item.table, item.record_id) or {}
        shape = latest.pop("geometry", None)
        cells = {key: cell(value) for key, value in latest.items()}
        if shape is not None and not shape.is_empty:
            cells |= {"lon": f"{shape.centroid.x:.5f}", "lat": f"{shape.centroid.y:.5f}"}
        cells |= dict(item.fields)
    columns = [*data.dataset(item.table).contract.columns, *PLACE]
    made.setdefault(item.table, []).append({name: cells.get(name, "") for name in dict.fromkeys(columns)})


def _of_table(cells: Mapping[str, str], data: Data, table: str) -> dict[str, str]:
    return {name: cells.get(name, "") for name in data.dataset(table).contract.columns}


# ----------------------------------------------------------------------------------------------------- from rows to data


def faults_of(made: Rows, data: Data) -> list[str]:
    """Return what is wrong with rows that are to be added, in sentences: cells, ids that do not exist, their order."""
    checked = _checked([Accepted("", made)], data)
    return [str(fault).removeprefix(f"{fault.file} ") for part in checked.values() for fault in part.faults]


def checked(raw: Any, data: Data, today: date) -> Submission:
    """Read a submission, and add to its faults what is wrong with the rows that it would make."""
    item = submission.read(raw, data, today)
    if item.faults:
        return item
    try:
        rows(item, data)
    except InputError as error:
        return replace(item, faults=(str(error),))
    return item


def with_rows(data: Data, batches: Sequence[Accepted]) -> Data:
    """
    Return the data with the rows that were accepted.

    Rows that break the contract of their table, or that have the key of another, are faults and left out; all others
    are there.
    """
    if not batches:
        return data
    datasets, frames = dict(data.datasets), dict(data.frames)
    faults: list[Fault] = []
    for name, part in _checked(batches, data).items():
        faults += part.faults
        added = part.frame[part.good]
        if isinstance(frames[name], gpd.GeoDataFrame):
            added = gpd.GeoDataFrame(added, geometry=_points(part)[part.good], crs=WGS84)
        frames[name] = _joined(frames[name], added, data.dataset(name).contract)
        mark = hashlib.sha256(pd.util.hash_pandas_object(added.drop(columns="geometry", errors="ignore")).to_numpy())
        before = datasets[name]
        digest = hashlib.sha256(f"{before.sha256} {mark.hexdigest()}".encode()).hexdigest()
        datasets[name] = replace(before, rows=len(frames[name]), sha256=digest)
    return replace(
        data,
        datasets=MappingProxyType(datasets),
        frames=MappingProxyType(frames),
        faults=(*data.faults, *faults),
    )


@dataclass
class _Part(schema.Typed):
    """The rows of one table, typed, with the places of a layer's."""

    places: tuple[Sequence[str], Sequence[str]] = ((), ())


def _checked(batches: Sequence[Accepted], data: Data) -> dict[str, _Part]:
    """Give rows their types and say what is wrong with them, in the order of the tables of the data."""
    touched = [name for name in data.datasets if any(batch.rows.get(name) for batch in batches)]
    fields = [column for name in touched for column in data.dataset(name).contract.fields]
    known = {}
    for target in {target for column in fields for target in column.references}:
        name, _dot, column_name = target.partition(".")
        if name in data.datasets:
            known[target] = {*data[name][column_name], *_cells(batches, name, column_name)}
    found = {}
    for name in touched:
        added = [(n, row) for n, batch in enumerate(batches, start=1) for row in batch.rows.get(name, ())]
        rules = data.dataset(name).contract
        cells = {column: [row.get(column, "") for _n, row in added] for column in rules.columns}
        made = schema.typed(cells, [n for n, _row in added], rules, file=name)
        part = _Part(made.frame, made.rows, made.good, made.faults)
        part.places = tuple([str(row.get(key, "")) for _n, row in added] for key in PLACE)  # type: ignore[assignment]
        schema.check_references(part, rules, known, file=name)
        _blame_taken(part, data[name], rules, name)
        found[name] = part
    return found


def _cells(batches: Sequence[Accepted], name: str, column: str) -> list[str]:
    return [str(row[column]) for batch in batches for row in batch.rows.get(name, ()) if column in row]


def _blame_taken(part: schema.Typed, there: pd.DataFrame, rules: schema.Contract, name: str) -> None:
    """Tell the rows whose key, id and revision, another row has already."""
    if "revision" not in rules.primary_key:
        return
    keys = list(rules.primary_key)
    taken = set(there[keys].itertuples(index=False, name=None))
    bad = np.array([key in taken for key in part.frame[keys].itertuples(index=False, name=None)], dtype=bool)
    part.blame(
        bad,
        ", ".join(keys),
        file=name,
        found=lambda i: " revision ".join(map(str, part.frame[keys].iloc[i])),
        required=_("a revision that nobody has recorded"),
        hint=_("The record has changed meanwhile; look at it again."),
        id_column=keys[0],
    )


def _points(part: _Part) -> Any:
    lon, lat = (pd.to_numeric(pd.Series(list(cells), dtype=object), errors="coerce") for cells in part.places)
    placed = (lon.notna() & lat.notna()).to_numpy()
    points = np.full(len(part.frame), None, dtype=object)
    points[placed] = shapely.points(lon[placed], lat[placed])
    return points


def _joined(before: pd.DataFrame, added: pd.DataFrame, rules: schema.Contract) -> pd.DataFrame:
    """Add rows; of what has no revisions the last row of an id counts, where the first one stood."""
    if "revision" in rules.primary_key or not rules.primary_key:
        return pd.concat([before, added.astype(_types(before, added))], ignore_index=True)
    column = rules.primary_key[0]
    every = pd.concat([before, added.astype(_types(before, added))], ignore_index=True)
    first = every.groupby(column, sort=False).ngroup()
    kept = every.assign(_at=first).drop_duplicates(column, keep="last").sort_values("_at", kind="stable")
    return kept.drop(columns="_at").reset_index(drop=True)


def _types(before: pd.DataFrame, added: pd.DataFrame) -> dict[str, Any]:
    return {name: kind for name, kind in before.dtypes.items() if name in added and name != "geometry"}


# --------------------------------------------------------------------------------------------------------- what changes


def differences(item: Submission, made: Rows, data: Data) -> list[tuple[str, str, str]]:
    """Return field, before and after of the row that a submission adds, against the record as it stands."""
    found = []
    record = next((row for row in made.get(item.table, ()) if not item.record_id or _is(row, item, data)), {})
    latest = submission.latest_row(data, item.table, item.record_id) if item.record_id else None
    for name, after in record.items():
        before = cell(latest.get(name)) if latest is not None else ""
        if name not in ("revision", data.dataset(item.table).id_column) and before != after and name not in PLACE:
            found.append((name, before, after))
    return found


def _is(row: Mapping[str, str], item: Submission, data: Data) -> bool:
    return row.get(data.dataset(item.table).id_column) == item.record_id


def effects(made: Rows, data: Data, today: date) -> list[str]:
    """
    Return what accepting rows changes of the counts and grades of today, a line each.

    Such as `prisons functioning 11 -> 10` or `fob-03.3 grade C3 -> C2`.
    """
    if not made:
        return []
    after = with_rows(data, [Accepted("", made)])
    clocks = timeline.Clocks(today, today)
    layers = [kinds.layer_of(row["record_id"]) for row in made.get("status", ())]
    lines = []
    for name in dict.fromkeys(layer.name for layer in layers if layer is not None):
        moved = _moved(_counted(data, name, clocks), _counted(after, name, clocks))
        lines += [f"{name} {status} {old} → {new}" for status, (old, new) in sorted(moved.items())]
    for name in ("events", "status", "strength", "indicators"):
        if ids := {row[data.dataset(name).id_column] for row in made.get(name, ())}:
            grades = _moved(_grades(data, name, ids, clocks), _grades(after, name, ids, clocks))
            lines += [f"{key} grade {old or '-'} → {new or '-'}" for key, (old, new) in sorted(grades.items())]
    return lines


def _counted(data: Data, layer: str, clocks: timeline.Clocks) -> dict[str, int]:
    """Count the records of a layer by status."""
    known = timeline.known(data["status"], clocks.known_on, "status_id")
    known = timeline.valid(known[known["record_id"].isin(data[layer].iloc[:, 0])], clocks.as_of)
    known = known.sort_values(["valid_from", "known_from"], kind="stable").drop_duplicates("record_id", keep="last")
    return {str(status): int(n) for status, n in known["status"].value_counts().items()}


def _grades(data: Data, name: str, ids: set[str], clocks: timeline.Clocks) -> dict[str, str]:
    column = data.dataset(name).id_column
    rows_of = data[name]
    known = timeline.known(rows_of[rows_of[column].isin(ids)], clocks.known_on, column)
    return dict(zip(known[column], evidence.grade(known, data["sources"], clocks.known_on), strict=True))


def _moved(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    blank: Any = 0 if any(isinstance(value, int) for value in (*before.values(), *after.values())) else ""
    pairs = {key: (before.get(key, blank), after.get(key, blank)) for key in {*before, *after}}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
