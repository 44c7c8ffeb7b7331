"""
What became of an exported file: unchanged, edited, or overtaken by a revision of the data.

The rows of the file are compared with the hashes in its proof: that finds edits without any data. The export is then
made again at the filter the proof names: where its row still has the hash in the proof, the fields that were edited
are told; where it has another, the data were revised since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import pandas as pd
import shapely

from mssmap.errors import InputError, MssmapError
from mssmap.exports import canonical, canonical_shapes, extract, proof, sheets
from mssmap.exports.claimed import BOUNDS
from mssmap.exports.formats import FORMATS
from mssmap.exports.parts import Column
from mssmap.exports.proof import Claim, Entry
from mssmap.exports.selection import Form, Selection
from mssmap.i18n import gettext as _
from mssmap.ingest import answer
from mssmap.ingest.answer import Header, Summary
from mssmap.ingest.table import GEOMETRY as SHAPES
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import printable
from mssmap.records import released
from mssmap.records.catalog import Data
from mssmap.records.differences import FieldChange

UNCHANGED: Final = "unchanged"
EDITED: Final = "edited"
REVISED: Final = "revised"

GEOMETRY: Final = "geometry"


@dataclass(frozen=True)
class PartChange:
    """
    A row of a part that differs.

    Attributes
    ----------
    kind
        In the file: `edited`, `missing`, `added`. In the data: `changed`, `gone`, `new`.
    fields
        Those that differ, as far as they can be told; geometry is told in words.
    release
        The first release in which the data differ so; empty if they do in none.
    """

    part: str
    record_id: str
    kind: str
    fields: tuple[FieldChange, ...] = ()
    release: str = ""


@dataclass(frozen=True)
class Verdict:
    """
    What became of an exported file.

    Attributes
    ----------
    state
        `unchanged`, `edited` (perhaps revised too) or `revised`.
    edits, revisions
        What differs in the file and in the data.
    notes
        What else is to be known, one sentence each.
    selection, form
        What the file holds, for making it again.
    release, since
        Of the data that it was made from, empty if the proof is of before; and those that came after, oldest first.
    """

    state: str
    edits: tuple[PartChange, ...]
    revisions: tuple[PartChange, ...]
    notes: tuple[str, ...]
    selection: Selection
    form: Form
    rows: int
    release: str = ""
    since: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """Address, below that of the app, which opens the view of the file."""
        return self.selection.link


@dataclass(frozen=True)
class _Rows:
    """Rows of a part in canonical form, by id."""

    columns: tuple[str, ...]
    cells: dict[str, tuple[Any, ...]]
    hashes: dict[str, str]
    twice: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Given:
    """A table of the file as the reading process gives it: its geometry in canonical form, from the CRS named."""

    frame: pd.DataFrame
    crs: str = ""


@dataclass(frozen=True)
class Releases:
    """The releases that are here, oldest first, and how their data are read."""

    versions: tuple[str, ...] = ()
    data: Callable[[str], Data] | None = None

    def after(self, version: str) -> tuple[str, ...]:
        """Return those that are later, none if it is not known after which."""
        return tuple(one for one in self.versions if version and released.order(one) > released.order(version))


def check(data: Data, tables: Mapping[str, Given], document: Any, releases: Releases = Releases()) -> Verdict:
    """
    Compare the tables of a file with its proof, and the proof with the data.

    Parameters
    ----------
    tables
        By name, as read from the file.
    document
        The proof, as found in the file.
    releases
        For telling in which of them a record was overtaken.

    Raises
    ------
    InputError
        If the proof cannot be used.
    """
    claim = proof.read(document)
    edits: list[PartChange] = []
    notes: list[str] = [] if claim["is_whole"] else [_("The proof itself was edited; what it says may be wrong.")]
    again, trouble = _made_again(data, claim)
    found: dict[str, _Rows] = {}
    for entry in claim["parts"]:
        table = _table_of(entry, tables, claim)
        if table is None and not entry["row_hashes"]:
            continue  # an empty layer need not be there
        if table is None:
            edits.append(PartChange(entry["name"], "", "missing"))
            continue
        frame, told = _prepared(table, entry, claim["form"])
        notes += told
        found[entry["name"]] = rows = _as_given(frame, proof.columns_of(entry), entry["geometry"])
        edits += _edits(entry, rows, again.get(entry["name"]))
        edits += _column_edits(entry, frame)
    revisions = [] if trouble else _revisions(claim, again, found)
    since = releases.after(claim["release"])
    revisions = _by_release(claim, revisions, since, releases)
    untold = [trouble] if trouble else _silent_revisions(claim, again, revisions)
    text = _("{layer}: the data have the columns {names} since; they were not compared.")
    new = [text.format(layer=name, names=", ".join(part.added)) for name, part in again.items() if part.added]
    is_edited = bool(edits) or not claim["is_whole"]
    is_revised = bool(revisions) or bool(untold)
    return Verdict(
        state=EDITED if is_edited else REVISED if is_revised else UNCHANGED,
        edits=tuple(edits),
        revisions=tuple(revisions),
        notes=tuple(dict.fromkeys([*notes, *untold, *new])),
        selection=claim["selection"],
        form=claim["form"],
        rows=sum(len(rows.hashes) for rows in found.values()),
        release=claim["release"],
        since=since,
    )


def _by_release(
    claim: Claim, revisions: Sequence[PartChange], since: Sequence[str], releases: Releases
) -> list[PartChange]:
    """Say of each row of the data that differs in which release it does first."""
    told: dict[tuple[str, str], str] = {}
    stored = {entry["name"]: entry["row_hashes"] for entry in claim["parts"]}
    for version in since if revisions and releases.data else ():
        again, _trouble = _made_again(releases.data(version), claim) if releases.data else ({}, "")
        for change in revisions:
            key, part = (change.part, change.record_id), again.get(change.part)
            now = part.rows.hashes.get(change.record_id) if part else None
            if now != stored.get(change.part, {}).get(change.record_id):
                told.setdefault(key, version)
    return [replace(change, release=told.get((change.part, change.record_id), "")) for change in revisions]


@dataclass(frozen=True)
class _Again:
    """
    A part made again from the data: what its proof would say now, and its rows.

    `added` are the columns that the data have since; they count for nothing, or each row would be another.
    """

    entry: Entry
    rows: _Rows
    added: tuple[str, ...] = ()


def _made_again(data: Data, claim: Claim) -> tuple[dict[str, _Again], str]:
    """Return the parts of a file made again, and why that is not possible, if so."""
    try:
        built = extract.build(data, claim["selection"], claim["form"])
    except MssmapError as error:
        return {}, _("The data do not hold this view any more: {reason}").format(reason=str(error))
    made = {}
    claimed = {entry["name"]: {column["name"] for column in entry["columns"]} for entry in claim["parts"]}
    for part, entry in zip(built.parts, built.entries, strict=True):
        known = claimed.get(part.name, {column.written for column in part.columns})
        columns = tuple(column for column in part.columns if column.written in known)
        added = tuple(column.written for column in part.columns if column.written not in known)
        cells = canonical.columns_of(part.frame, columns, part.has_geometry)
        rows = _rows(cells, columns, part.has_geometry, hashes=None if added else entry["row_hashes"])
        made[part.name] = _Again(entry, rows, added)
    return made, ""


def _table_of(entry: Entry, tables: Mapping[str, Given], claim: Claim) -> Given | None:
    """Return the table of a part: by its name, or the only one there is."""
    if entry["name"] in tables:
        return tables[entry["name"]]
    short = {name[:31].lower(): table for name, table in tables.items()}
    if entry["name"][:31].lower() in short:
        return short[entry["name"][:31].lower()]
    return next(iter(tables.values())) if len(tables) == 1 and len(claim["parts"]) == 1 else None


def _prepared(given: Given, entry: Entry, form: Form) -> tuple[pd.DataFrame, list[str]]:
    """Undo what the format did to a table: the row of hashtags, the apostrophes before formulas; tell another CRS."""
    notes, table = [], given.frame
    if given.crs and entry["geometry"] and given.crs != form.crs:
        text = _("{layer}: the file is in {found}, it was exported in {crs}.")
        notes.append(text.format(layer=entry["name"], found=given.crs, crs=form.crs))
    columns = proof.columns_of(entry)
    first = columns[0].written
    if form.schema == "hxl" and first in table and len(table) and str(table[first].iloc[0]).startswith("#"):
        table = table.iloc[1:]
    in_csv = FORMATS[form.format] is FORMATS["csv"] or not (entry["geometry"] or FORMATS[form.format].tables)
    if in_csv:
        texts = [c.written for c in columns if c.type == "string" and c.written in table]
        table = table.assign(**{name: [_unguarded(v) for v in table[name].tolist()] for name in texts})
    return table, notes


def _unguarded(value: Any) -> Any:
    return sheets.unguard(value) if isinstance(value, str) else value


def _as_given(frame: pd.DataFrame, columns: Sequence[Column], geometry: bool) -> _Rows:
    """Return the rows of the file; its geometries are texts already."""
    texts = [replace(column, type="string") if column.type == "geometry" else column for column in columns]
    found = canonical.columns_of(frame, texts, geometry=False)
    if geometry:
        found.append(canonical.cells(frame[SHAPES], "string") if SHAPES in frame else [None] * len(frame))
    return _rows(found, columns, geometry)


def _rows(
    found: list[list[Any]], columns: Sequence[Column], geometry: bool, hashes: Mapping[str, str] | None = None
) -> _Rows:
    names = (*(column.written for column in columns), *([GEOMETRY] if geometry else []))
    ids = ["" if value is None else str(value) for value in found[0]]
    cells = dict(zip(reversed(ids), reversed(list(zip(*found, strict=True))), strict=True))  # the first of an id counts
    if hashes is None:
        short = canonical.short_hashes(canonical.lines(found))
        hashes = dict(zip(reversed(ids), reversed(short), strict=True))
    seen: set[str] = set()
    twice = tuple(name for name in ids if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return _Rows(names, cells, dict(hashes), twice)


def _edits(entry: Entry, rows: _Rows, again: _Again | None) -> list[PartChange]:
    """Return the rows of a file that differ from the hashes in its proof."""
    name, stored = entry["name"], entry["row_hashes"]
    edits = []
    for record_id, hashed in stored.items():
        if record_id not in rows.hashes:
            edits.append(PartChange(name, record_id, "missing"))
        elif rows.hashes[record_id] != hashed:
            known = again is not None and again.rows.hashes.get(record_id) == hashed
            fields = _differing(again.rows, rows, record_id) if again is not None and known else ()
            edits.append(PartChange(name, record_id, "edited", fields))
    edits += [PartChange(name, record_id, "added") for record_id in rows.hashes if record_id not in stored]
    return edits + [PartChange(name, record_id, "added") for record_id in rows.twice]


def _differing(before: _Rows, after: _Rows, record_id: str) -> tuple[FieldChange, ...]:
    """Return the fields of a record that differ between two sets of rows."""
    old = dict(zip(before.columns, before.cells[record_id], strict=True))
    new = dict(zip(after.columns, after.cells[record_id], strict=True))
    return tuple(
        FieldChange(column, _told(column, old.get(column)), _told(column, new.get(column)))
        for column in dict.fromkeys([*old, *new])
        if old.get(column) != new.get(column)
    )


def _told(column: str, cell: Any) -> Any:
    """Return a cell as it is told: a geometry as its point or its size."""
    if column not in (GEOMETRY, "wkt") or not isinstance(cell, str):
        return cell
    shape = shapely.from_wkb(cell)
    if shape.geom_type == "Point":
        return shapely.to_wkt(shape, trim=True, rounding_precision=canonical_shapes.DECIMALS)
    west, south, *_east_north = shape.bounds
    points = shapely.get_num_coordinates(shape)
    return f"{shape.geom_type} of {points} points from {west:.5f} {south:.5f}"


def _revisions(claim: Claim, again: Mapping[str, _Again], found: Mapping[str, _Rows]) -> list[PartChange]:
    """Return the rows of the data that differ from those in the proof."""
    changes = []
    for entry in claim["parts"]:
        name, stored = entry["name"], entry["row_hashes"]
        if name not in again:
            changes.append(PartChange(name, "", "gone"))
            continue
        now = again[name].rows
        for record_id, hashed in stored.items():
            if record_id not in now.hashes:
                changes.append(PartChange(name, record_id, "gone"))
            elif now.hashes[record_id] != hashed:
                rows = found.get(name)
                as_exported = rows is not None and rows.hashes.get(record_id) == hashed
                fields = _differing(rows, now, record_id) if rows is not None and as_exported else ()
                changes.append(PartChange(name, record_id, "changed", fields))
        changes += [PartChange(name, record_id, "new") for record_id in now.hashes if record_id not in stored]
    return changes


def _silent_revisions(claim: Claim, again: Mapping[str, _Again], revisions: Sequence[PartChange]) -> list[str]:
    """Say which layers were revised only where the format keeps nothing."""
    told = {change.part for change in revisions} | {name for name, part in again.items() if part.added}
    return [
        _("{layer}: the data were revised since, in fields that this format does not keep.").format(layer=entry["name"])
        for entry in claim["parts"]
        if entry["name"] in again and entry["name"] not in told and again[entry["name"]].entry["hash"] != entry["hash"]
    ]


def _column_edits(entry: Entry, frame: pd.DataFrame) -> list[PartChange]:
    """Return the columns that the file gained; what it lost shows in the rows."""
    wanted = {column.written for column in proof.columns_of(entry)}
    added = [str(name) for name in frame.columns if name not in wanted and name != SHAPES]
    return [PartChange(entry["name"], "", "added", (FieldChange(name, None, _("a column")),)) for name in added]


def file(data: Data, source: Path | BinaryIO, name: str = "", releases: Releases = Releases()) -> Verdict:
    """
    Open an exported file and say what became of it.

    Parameters
    ----------
    source
        Path, or an open file of the system; it is opened in a process of its own (`claimed`).
    name
        What messages call it.
    releases
        For telling in which of them a record was overtaken.

    Raises
    ------
    InputError
        If it cannot be read, or carries no proof.
    """
    called = name or Path(str(getattr(source, "name", source))).name
    answered = box.run(source, Order("proof", printable(called), BOUNDS))
    summary = Summary.of(answered.said)
    if summary.proof is None:
        raise InputError(
            _(
                "{called}: found no proof, required a file that mssmap export wrote, or the whole zip with "
                "its sidecar. A file exported with --no-sidecar cannot be verified."
            ).format(called=called)
        )
    headers = [Header.of(table.about) for table in answered.tables]
    tables = {
        header.name: Given(answer.plain(table.content, ()), header.crs)
        for header, table in zip(headers, answered.tables, strict=True)
    }
    verdict = check(data, tables, summary.proof, releases)
    said = (*summary.notes, *(note for header in headers for note in header.notes))
    return replace(verdict, notes=(*verdict.notes, *said))
