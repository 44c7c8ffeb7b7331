"""The data with the rows that were accepted, and what is wrong with rows that are to be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import WGS84
from mssmap.errors import Fault
from mssmap.i18n import gettext as _
from mssmap.records import schema
from mssmap.records.catalog import Data
from mssmap.records.submissions.submission import cell

Rows = Mapping[str, Sequence[Mapping[str, str]]]
"""Table or layer -> rows, their cells as text; a layer's rows have `lon` and `lat`."""

PLACE: Final = ("lon", "lat")

RECORDED: Final = "recorded_on"
"""Column of the day on which a row was accepted."""

ROW_WITHOUT_COPY: Final = {"archive_url": "", "archive_note": "No copy was looked for."}


@dataclass(frozen=True)
class Accepted:
    """Rows that were accepted, and under which name they are told."""

    name: str
    rows: Rows


def dated(rows: Rows, day: str) -> Rows:
    """
    Return rows that were accepted on a day with that day, and new sources with what is known of a copy of them.

    A column that a table does not have is not read from them later.
    """
    found: dict[str, list[Mapping[str, str]]] = {}
    for name, given in rows.items():
        found[name] = [{**row, RECORDED: row.get(RECORDED) or day} for row in given]
        if name == "sources":
            found[name] = [{**ROW_WITHOUT_COPY, "archived_on": day, **_filled(row)} for row in found[name]]
    return found


def _filled(row: Mapping[str, str]) -> Mapping[str, str]:
    told = any(row.get(name) for name in ("archive_url", "archive_note"))
    return {name: cell for name, cell in row.items() if told or not name.startswith("archive")}


def faults_of(made: Rows, data: Data) -> list[str]:
    """Return what is wrong with rows that are to be added, in sentences: cells, ids that do not exist, their order."""
    checked = _checked([Accepted("", made)], data)
    return [str(fault).removeprefix(f"{fault.file} ") for part in checked.values() for fault in part.faults]


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
        rules = data.dataset(name).contract
        added = [(n, row) for n, batch in enumerate(batches, start=1) for row in batch.rows.get(name, ())]
        added = _not_there(added, data[name], rules)
        if "revision" not in rules.primary_key:
            added = list({row.get(rules.primary_key[0]): (n, row) for n, row in added}.values())
        cells = {column: [row.get(column, "") for _n, row in added] for column in rules.columns}
        made = schema.typed(cells, [n for n, _row in added], rules, file=name)
        part = _Part(made.frame, made.rows, made.good, made.faults)
        part.places = tuple([str(row.get(key, "")) for _n, row in added] for key in PLACE)  # type: ignore[assignment]
        schema.check_references(part, rules, known, file=name)
        _blame_taken(part, data[name], rules, name)
        found[name] = part
    return found


def _not_there(
    added: list[tuple[int, Mapping[str, str]]], there: pd.DataFrame, rules: schema.Contract
) -> list[tuple[int, Mapping[str, str]]]:
    """Leave out revisions that stand in the data as they are, as after a release that was interrupted."""
    if "revision" not in rules.primary_key:
        return added
    keys = list(rules.primary_key)
    known = there[there[keys[0]].isin({row.get(keys[0]) for _n, row in added})]
    taken = {tuple(map(cell, key)) for key in known[keys].itertuples(index=False, name=None)}
    if not taken:
        return added
    same = {tuple(map(cell, row)) for row in known[rules.columns].itertuples(index=False, name=None)}
    return [
        (n, row)
        for n, row in added
        if tuple(row.get(key, "") for key in keys) not in taken or _plain(row, rules) not in same
    ]


def _plain(row: Mapping[str, str], rules: schema.Contract) -> tuple[str, ...]:
    """Return the cells of a row as they read once they have their types: 0.50 is 0.5."""
    cells = {name: [row.get(name, "")] for name in rules.columns}
    return tuple(map(cell, schema.typed(cells, [1], rules, file="").frame.iloc[0].tolist()))


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
