"""What accepting a submission changes: of its record, of the counts and of the grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from mssmap.records import evidence, kinds, schema, timeline
from mssmap.records.catalog import Data, Dataset
from mssmap.records.submissions import submission
from mssmap.records.submissions.joined import PLACE, RECORDED, Accepted, Rows, with_rows
from mssmap.records.submissions.submission import Submission, cell


def differences(item: Submission, made: Rows, data: Data) -> list[tuple[str, str, str]]:
    """Return field, before and after of the row that a submission adds, against the record as it stands."""
    found = []
    record = next((row for row in made.get(item.table, ()) if not item.record_id or _is(row, item, data)), {})
    latest = submission.latest_row(data, item.table, item.record_id) if item.record_id else None
    for name, after in record.items():
        before = cell(latest.get(name)) if latest is not None else ""
        of_a_shape = name in PLACE and latest is not None and name not in latest
        if (
            name not in ("revision", RECORDED, data.dataset(item.table).id_column)
            and before != after
            and not of_a_shape
        ):
            found.append((name, before, after))
    return found


def _is(row: Mapping[str, str], item: Submission, data: Data) -> bool:
    return row.get(data.dataset(item.table).id_column) == item.record_id


@dataclass(frozen=True)
class Moved:
    """
    A count, a grade or a number that accepting changes.

    Attributes
    ----------
    layer, status
        Of a count: how many records of the layer have the status; empty for the others.
    record_id
        Of a grade or a number: of what.
    before, after
        As text; empty where there was none.
    unit
        Of a number: what it counts; empty for a grade.
    """

    layer: str
    status: str
    record_id: str
    before: str
    after: str
    unit: str = ""


GRADED: Final = ("events", "status", "strength", "indicators")
"""Tables whose rows have a grade by their sources."""

NEEDED: Final = (
    *("revision", "record_id", "status", "valid_from", "valid_to", "known_from", "source_ids"),
    *("claim", "dispute", "confidence", "stated"),
    *("title", "publisher", "url", "published_on", "published_precision", "reliability"),
)
"""Columns, besides the id, from which a count and a grade follow."""

NUMBERS: Final = {
    "events": ("figure_min", "figure_max", "figure_unit"),
    "indicators": ("value", "value_max", "unit"),
    "strength": ("personnel", "personnel_max", "scope"),
}
"""Table -> the columns of its number, of the upper end of it, and of what it counts."""


def moved(made: Rows, data: Data, today: date) -> list[Moved]:
    """Return what accepting rows changes of the counts and grades of today."""
    if not made:
        return []
    before = _touched(made, data)
    after = with_rows(before, [Accepted("", {name: made[name] for name in before.datasets if name in made})])
    clocks = timeline.Clocks(today, today)
    found = []
    for name in _layers(made):
        stands, old, new = (_counted(one["status"], name, clocks) for one in (data, before, after))
        counts = _moved(stands, {key: stands[key] + new[key] - old[key] for key in {*stands, *new}})
        found += [Moved(name, status, "", str(one), str(other)) for status, (one, other) in sorted(counts.items())]
    for name in GRADED:
        if ids := {row[data.dataset(name).id_column] for row in made.get(name, ())}:
            grades = _moved(_grades(before, name, ids, clocks), _grades(after, name, ids, clocks))
            found += [Moved("", "", key, one, other) for key, (one, other) in sorted(grades.items())]
    return [*found, *_numbers(made, data)]


def _layers(made: Rows) -> list[str]:
    """Return the layers of which rows change a status."""
    layers = [kinds.layer_of(row["record_id"]) for row in made.get("status", ())]
    return list(dict.fromkeys(layer.name for layer in layers if layer is not None))


def _touched(made: Rows, data: Data) -> Data:
    """
    Return only what counts and grades are made of: the rows that others are about, their sources, and `NEEDED`.

    So that what changes is worked out as fast in a large record as in a small one.
    """
    datasets, frames = _narrow(data, (*GRADED, "sources"))
    cited: set[str] = set()
    for name in GRADED:
        column = "record_id" if name == "status" else data.dataset(name).id_column
        rows = made.get(name, ())
        frames[name] = _of(frames[name], column, {row[column] for row in rows})
        listed = [*frames[name]["source_ids"].tolist(), *(row["source_ids"] for row in rows)]
        cited |= {key for several in listed for key in schema.items(several)}
    frames["sources"] = _of(frames["sources"], "source_id", cited)
    return replace(data, datasets=MappingProxyType(datasets), frames=MappingProxyType(frames))


def _narrow(data: Data, names: Sequence[str]) -> tuple[dict[str, Dataset], dict[str, pd.DataFrame]]:
    """Return some tables with those of their columns that are needed."""
    datasets, frames = {}, {}
    for name in names:
        dataset = data.dataset(name)
        kept = tuple(one for one in dataset.contract.fields if one.name in (dataset.id_column, *NEEDED))
        datasets[name] = replace(dataset, contract=replace(dataset.contract, fields=kept))
        frames[name] = data[name][datasets[name].contract.columns]
    return datasets, frames


def _of(rows: pd.DataFrame, column: str, ids: set[str]) -> pd.DataFrame:
    return rows[rows[column].isin(ids).to_numpy()] if ids else rows.iloc[:0]


def _numbers(made: Rows, data: Data) -> list[Moved]:
    """Return the numbers that change: the range of an event, the last value of an indicator, a strength."""
    found = []
    for name, (low, high, unit) in NUMBERS.items():
        column = data.dataset(name).id_column
        for row in made.get(name, ()):
            latest = submission.latest_row(data, name, row[column]) or _value_before(row, name, data)
            before = {key: cell(value) for key, value in latest.items()} if latest else {}
            old, new = (_range(cells.get(low, ""), cells.get(high, "")) for cells in (before, row))
            if old != new and row.get("status") != timeline.RETRACTED:
                found.append(Moved("", "", row[column], old, new, row.get(unit, "") or name))
    return found


def _value_before(row: Mapping[str, str], name: str, data: Data) -> dict[str, Any] | None:
    """Return the last value of the series of a new indicator before it, None if there is none."""
    if name != "indicators":
        return None
    rows = data[name]
    for key in ("indicator", "series", "area", "period_type"):
        rows = rows[rows[key] == row.get(key, "")]
    rows = rows[rows["period_end"].map(cell) < row.get("period_end", "")]
    return rows.sort_values(["period_end", "revision"], kind="stable").iloc[-1].to_dict() if len(rows) else None


def _range(low: str, high: str) -> str:
    """
    Write a number, or both ends of a range.

    >>> _range("12", "15"), _range("12", "12"), _range("", "")
    ('12-15', '12', '')
    """
    return low if high in ("", low) else f"{low}-{high}"


def effects(made: Rows, data: Data, today: date) -> list[str]:
    """
    Return what accepting rows changes of the counts and grades of today, a line each.

    Such as `prisons functioning 11 -> 10` or `fob-03.3 grade C3 -> C2`.
    """
    return [
        f"{one.layer} {one.status} {one.before} → {one.after}"
        if one.layer
        else f"{one.record_id} {one.unit or 'grade'} {one.before or '-'} → {one.after or '-'}"
        for one in moved(made, data, today)
    ]


def _counted(rows: pd.DataFrame, layer: str, clocks: timeline.Clocks) -> Counter[str]:
    """Count the records of a layer by status."""
    columns = ["status_id", "record_id", "revision", "status", "valid_from", "valid_to", "known_from"]
    rows = rows.loc[rows["record_id"].str.startswith(kinds.LAYERS[layer].prefix).to_numpy(dtype=bool), columns]
    known = timeline.valid(timeline.known(rows, clocks.known_on, "status_id"), clocks.as_of)
    known = known.sort_values(["valid_from", "known_from"], kind="stable").drop_duplicates("record_id", keep="last")
    return Counter(known["status"].tolist())


def _grades(data: Data, name: str, ids: set[str], clocks: timeline.Clocks) -> dict[str, str]:
    column = data.dataset(name).id_column
    rows_of = data[name]
    known = timeline.known(rows_of[rows_of[column].isin(ids)], clocks.known_on, column)
    return dict(zip(known[column], evidence.grade(known, data["sources"], clocks.known_on), strict=True))


def _moved(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    blank: Any = 0 if any(isinstance(value, int) for value in (*before.values(), *after.values())) else ""
    pairs = {key: (before.get(key, blank), after.get(key, blank)) for key in {*before, *after}}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
