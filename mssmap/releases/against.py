"""What a release changes, record by record, and what it does to that which was accepted here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
import shapely

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.records import released, schema
from mssmap.records.catalog import Data, Dataset
from mssmap.records.differences import FieldChange
from mssmap.records.submissions import joined
from mssmap.records.submissions.joined import PLACE, Accepted
from mssmap.records.submissions.submission import cell
from mssmap.store import inbox
from mssmap.store.inbox import Submitted
from mssmap.store.taken import Decided

NEW, CHANGED, GONE = "new", "changed", "gone"
KEPT_APART: Final = (joined.RECORDED, "archived_on", "archive_url", "archive_note")
"""Columns in which two of the same fact may differ: when and with which copy each place has accepted it."""

DECIMALS: Final = 7
"""Of a degree: a centimetre."""

Key = tuple[str, ...]
Row = Mapping[str, str]


@dataclass(frozen=True)
class RowChange:
    """A row that a release has otherwise: table, id, revision (empty where there are none), and the fields."""

    table: str
    record_id: str
    revision: str
    kind: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Clash:
    """A row that was accepted here and that the release has otherwise."""

    number: int
    table: str
    record_id: str
    revision: str
    fields: tuple[FieldChange, ...]

    def __str__(self) -> str:
        """Return it in a line: where, what the release says, what was accepted here."""
        both = "; ".join(
            _("{field} is {theirs!r} in the release, {ours!r} here").format(
                field=change.field, theirs=str(change.before)[:80], ours=str(change.after)[:80]
            )
            for change in self.fields
        )
        where = " ".join(filter(None, [self.table, self.record_id, self.revision and f"revision {self.revision}"]))
        return _("submission {number}, {where}: {both}").format(number=self.number, where=where, both=both)


@dataclass
class Effect:
    """What becomes of the submissions once a release is here."""

    decided: list[Decided] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


# ------------------------------------------------------------------------------------------------------- the difference


def difference(before: Data, after: Data) -> list[RowChange]:
    """Return the rows that differ between two data packages, in the order of the newer one."""
    found: list[RowChange] = []
    for name in dict.fromkeys([*after.datasets, *before.datasets]):
        old, new = (_Table(data, name) if name in data.datasets else None for data in (before, after))
        if old and new and old.dataset.sha256 == new.dataset.sha256:
            continue
        found += _differing(old, new, name)
    return found


def _differing(old: _Table | None, new: _Table | None, name: str) -> Iterator[RowChange]:
    before, after = (table.rows if table else {} for table in (old, new))
    for key, row in after.items():
        record_id, revision = key[0], "".join(key[1:])
        if key not in before:
            yield RowChange(name, record_id, revision, NEW)
        elif fields := _fields(before[key], row):
            yield RowChange(name, record_id, revision, CHANGED, fields)
    for key in before:
        if key not in after:
            yield RowChange(name, key[0], "".join(key[1:]), GONE)


def _fields(old: Row, new: Row) -> tuple[FieldChange, ...]:
    """Return the columns that both have and that differ."""
    return tuple(FieldChange(name, old[name], new[name]) for name in old if name in new and old[name] != new[name])


class _Table:
    """The rows of a dataset as cells of text, by id and revision; a place is a cell as well."""

    def __init__(self, data: Data, name: str) -> None:
        self.dataset: Dataset = data.dataset(name)
        frame = data[name]
        self.keys = self.dataset.contract.primary_key
        self.rows: dict[Key, Row] = dict(self._rows(frame))

    def _rows(self, frame: pd.DataFrame) -> Iterator[tuple[Key, Row]]:
        columns = self.dataset.contract.columns
        cells = [[cell(value) for value in frame[name].tolist()] for name in columns]
        shapes = [None] * len(frame)
        if self.dataset.is_layer:
            shapes = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=DECIMALS).tolist()
        for n, (values, shape) in enumerate(zip(zip(*cells, strict=True), shapes, strict=True)):
            row = {**dict(zip(columns, values, strict=True)), "geometry": shape or ""}
            yield tuple(row[name] for name in self.keys) or (str(n),), row


# ----------------------------------------------------------------------------------------------- what was accepted here


class Judged:
    """
    What was accepted or published here, judged by a release.

    Parameters
    ----------
    before, after
        The data here without what was accepted, and those of the release.
    items
        Submissions that were accepted or published, in the order of their numbers.
    """

    def __init__(self, before: Data, after: Data, items: Sequence[Submitted]) -> None:
        self._before, self._after, self._items = before, after, items
        self._tables: dict[tuple[int, str], _Table] = {}
        self._last = {
            (name, row.get(self._id_column(name), "")): item.number
            for item in items
            for name, rows in item.rows.items()
            for row in rows
        }

    def effect(self, ours: Collection[str], theirs: Collection[str]) -> Effect:
        """
        Return what becomes of the submissions.

        Rows that stand in the release as they were accepted are published; those that do not stay on top of it. A row
        that the release has otherwise is decided by a person: `ours` puts it on top as the next revision, `theirs`
        sends its submission back to the inbox.

        Parameters
        ----------
        ours, theirs
            Ids of records.

        Raises
        ------
        InputError
            If an id is named against which nothing stands.
        """
        found, against, raised = Effect(), set[str](), dict[tuple[str, str], int]()
        for item in self._items:
            clashes, left = self._sorted(item)
            ids = {clash.record_id for clash in clashes}
            against |= ids
            found.clashes += [clash for clash in clashes if clash.record_id not in {*ours, *theirs}]
            if ids & set(theirs):
                found.decided.append(self._sent_back(item, clashes))
            else:
                kept = self._raised(left, {(clash.table, clash.record_id) for clash in clashes}, raised)
                found.decided += self._kept(item, kept)
        if unknown := sorted({*ours, *theirs} - against):
            raise InputError(
                _("--ours, --theirs: found {found}, required records that the release has otherwise: {ids}.").format(
                    found=", ".join(unknown), ids=", ".join(sorted(against)) or _("there is none")
                )
            )
        return found

    def _sorted(self, item: Submitted) -> tuple[list[Clash], dict[str, list[dict[str, str]]]]:
        """Return which rows of a submission the release has otherwise, and those that are to stay on top of it."""
        clashes: list[Clash] = []
        left: dict[str, list[dict[str, str]]] = {}
        for name, rows in item.rows.items():
            for row in rows:
                fields = self._compared(name, row, item)
                if fields == ():
                    continue
                left.setdefault(name, []).append(row)
                if fields:
                    record_id = row.get(self._id_column(name), "")
                    clashes.append(Clash(item.number, name, record_id, row.get("revision", ""), fields))
        return clashes, left

    def _compared(self, name: str, row: Row, item: Submitted) -> tuple[FieldChange, ...] | None:
        """
        Return in which fields the release has a row otherwise.

        None of them if it has the same, or the row counts no more, as another took its place; None if the release does
        not have it, so that it stays.
        """
        if name not in self._after.datasets:
            return None
        after, before = self._table(self._after, name), self._table(self._before, name)
        plain = {**_typed(row, after.dataset), "geometry": _point(row) if after.dataset.is_layer else ""}
        key = tuple(plain[column] for column in after.keys)
        here, theirs = before.rows.get(key), after.rows.get(key)
        if "revision" not in after.keys and self._last[name, key[0]] != item.number:
            return ()
        if not self._is_on_top(item) and (here is None or _facts(here, plain)):
            return ()
        if theirs is None:
            return None
        fields = _facts(theirs, plain)
        if fields and "revision" not in after.keys:
            if not self._is_on_top(item):  # published, and the release is later
                return ()
            if here is not None and not _facts(here, theirs):  # the release has it as it was before it was edited here
                return None
        return fields

    def _is_on_top(self, item: Submitted) -> bool:
        """Say whether the rows of a submission stand on top of the data here, not in them."""
        release = released.order(str(item.body.get("release", "")))
        return item.state == inbox.ACCEPTED or release > released.order(self._before.release)

    def _kept(self, item: Submitted, left: dict[str, list[dict[str, str]]]) -> list[Decided]:
        """Return a submission as published if the release has all of it, else as accepted with the rest of it."""
        if not left:
            if item.state == inbox.PUBLISHED:
                return []
            return [Decided(item.number, inbox.PUBLISHED, {"release": self._after.release})]
        if item.state == inbox.ACCEPTED and left == item.rows:
            return []
        return [Decided(item.number, inbox.ACCEPTED, {"rows": left})]

    def _sent_back(self, item: Submitted, clashes: Sequence[Clash]) -> Decided:
        reason = _("Release {version} says otherwise. {what}").format(
            version=self._after.release, what=" ".join(map(str, clashes))
        )
        return Decided(item.number, inbox.RETURNED, {"reason": reason[:2000], "rows": {}})

    def _raised(
        self, rows: dict[str, list[dict[str, str]]], ids: set[tuple[str, str]], raised: dict[tuple[str, str], int]
    ) -> dict[str, list[dict[str, str]]]:
        """Give the rows of records that stand against the release the next revisions above its own."""
        found: dict[str, list[dict[str, str]]] = {}
        for name, listed in rows.items():
            for row in listed:
                key = (name, row.get(self._id_column(name), ""))
                if row.get("revision") and (key in ids or key in raised):
                    table = self._table(self._after, name)
                    highest = max((int(k[1]) for k in table.rows if k[0] == key[1]), default=0)
                    raised[key] = max(raised.get(key, 0), highest) + 1
                    row = {**row, "revision": str(raised[key])}
                found.setdefault(name, []).append(row)
        return found

    def _id_column(self, name: str) -> str:
        return self._before.datasets[name].id_column if name in self._before.datasets else ""

    def _table(self, data: Data, name: str) -> _Table:
        key = (id(data), name)
        if key not in self._tables:
            self._tables[key] = _Table(data, name)
        return self._tables[key]


def _facts(old: Row, new: Row) -> tuple[FieldChange, ...]:
    """Return the fields that differ, but for when and with which copy each place has accepted it."""
    areas = any(row["geometry"] and not row["geometry"].startswith("POINT") for row in (old, new))
    apart = {*KEPT_APART, "geometry"} if areas else {*KEPT_APART}  # an area is drawn when it is published
    return tuple(change for change in _fields(old, new) if change.field not in apart)


def _typed(row: Row, dataset: Dataset) -> dict[str, str]:
    """Return the cells of a row as they read once they have their types: 0.50 is 0.5."""
    columns = dataset.contract.columns
    made = schema.typed({name: [row.get(name, "")] for name in columns}, [1], dataset.contract, file="").frame
    return dict(zip(columns, map(cell, made.iloc[0].tolist()), strict=True))


def _point(row: Row) -> str:
    if not all(row.get(name) for name in PLACE):
        return ""
    return str(shapely.to_wkt(shapely.Point(*(float(row[name]) for name in PLACE)), rounding_precision=DECIMALS))


def on_top(after: Data, items: Sequence[Submitted], decided: Sequence[Decided]) -> list[str]:
    """Return why rows that were accepted here do not fit on a release, in sentences; nothing if all do."""
    new: dict[int, Mapping[str, Any]] = {one.number: {"state": one.state, **one.more} for one in decided}
    batches = []
    for item in items:
        state = new.get(item.number, {}).get("state", item.state)
        if state == inbox.ACCEPTED:
            rows = new.get(item.number, {}).get("rows", item.rows)
            batches.append(
                Accepted(f"submission {item.number}", joined.dated(rows, str(item.body.get(joined.RECORDED))))
            )
    before = set(map(str, after.faults))
    return [str(fault) for fault in joined.with_rows(after, batches).faults if str(fault) not in before]
