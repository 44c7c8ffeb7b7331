"""
The file of a back-up: a zip that says what is in it, and is believed only after every byte of it was compared.

One file of JSON lines for each table, the rows of each archive as they lie beside the store (`archives/NAME.parquet`),
and `manifest.json`: versions, rows and SHA-256 of each member, and the head of the audit trail. An archive whose rows
are not in the file stands in the manifest with the reason. It is opened in the reading process only (`backup_zip`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, Literal

import pyarrow as pa
import pydantic
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from mssmap.errors import DataError, InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import printable
from mssmap.store import backup_zip, migrations
from mssmap.store.backup_zip import ARCHIVES, CHUNK, FORMAT, LIMITS, MANIFEST, TYPES, VERSION, Bounds
from mssmap.store.tables import Point, metadata
from mssmap.version import __version__

__all__ = ["BOUNDS", "CHUNK", "FORMAT", "MANIFEST", "VERSION", "Bounds", "Manifest", "Shelved", "read"]

BOUNDS: Final = Bounds()
UNTOUCHED: Final = mark("Use another back-up; the store was not touched.")
LEFT_OUT, NO_FILE, CHANGED = "left out", "no file", "changed"
"""Why the rows of an archive are not in a back-up: not wanted, not there, or not those that were written."""


TableSaid = dict[str, Any]
"""What a manifest says about a table: `rows` and `sha256`."""


@dataclass(frozen=True)
class Shelved:
    """
    An archive in a back-up.

    Attributes
    ----------
    about
        Its manifest, with `name`, `title`, `rows`, `bytes` and `sha256`.
    why
        Why its rows are not in the file; empty if they are.
    file
        Where they are while the back-up is made.
    """

    about: dict[str, Any]
    why: str = ""
    file: Path | None = None

    @property
    def name(self) -> str:
        """Name of the archive."""
        return str(self.about["name"])

    @property
    def member(self) -> str:
        """Name of its rows in the file."""
        return f"{ARCHIVES}{self.name}.parquet"


@dataclass(frozen=True)
class Manifest:
    """
    What a back-up says about itself.

    Attributes
    ----------
    revision
        Alembic revision of the tables.
    tables
        Table -> number of rows and SHA-256 of its member.
    archives
        Those whose rows are in the file, and those that should be.
    changes, head
        Number of rows of the audit trail, and the hash of the last.
    faults
        What was wrong with the trail when the back-up was made; empty if it was whole.
    """

    format: str
    version: int
    made_at: str
    made_by: str
    revision: str
    tables: dict[str, TableSaid]
    changes: int
    head: str
    faults: list[str]
    archives: list[Shelved] = field(default_factory=list)

    @property
    def absent(self) -> list[Shelved]:
        """Archives whose rows are not in the file."""
        return [item for item in self.archives if item.why]

    @property
    def held(self) -> list[Shelved]:
        """Archives whose rows are in the file."""
        return [item for item in self.archives if not item.why]


class _About(BaseModel):
    """What a manifest says about an archive in any case; the rest belongs to those who use it."""

    model_config = ConfigDict(strict=True, extra="allow")

    name: str
    title: str
    rows: int
    bytes: int
    sha256: str


class _Archive(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    about: _About
    why: str


class _Table(BaseModel):
    model_config = ConfigDict(strict=True)

    rows: int
    sha256: str


class _Said(BaseModel):
    """A manifest as the reading process hands it over."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: str
    version: int
    made_at: str
    made_by: str
    revision: str
    tables: dict[str, _Table]
    changes: int
    head: str
    faults: list[str]
    archives: list[_Archive] = Field(default_factory=list)

    def manifest(self) -> Manifest:
        """Return it as the store uses it."""
        said = self.model_dump()
        return Manifest(**{**said, "archives": [Shelved(item["about"], item["why"]) for item in said["archives"]]})


class _Fault(BaseModel):
    """What is wrong with a file, see `backup_zip.asked`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    kind: Literal[
        "members", "packing", "unpacked", "row", "all", "damaged", "less", "missing", "changed", "cut off", "other",
        "newer",
    ]  # fmt: skip
    name: Annotated[str, Field(max_length=100_000)] = ""
    what: Literal["", "bytes", "values", "rows"] = ""
    found: int = 0
    most: int = 0
    reason: str = ""


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    fault: _Fault | None = None
    manifest: _Said | None = None


def read(path: Path, bounds: Bounds = BOUNDS) -> Manifest:
    """
    Check a back-up to its last byte and return what it says about itself.

    Raises
    ------
    DataError
        If a part is missing or is not what was written.
    InputError
        If the file cannot be read, is no back-up, is larger than the bounds, or was made by a newer mssmap.
    """
    asked = _asked(path, backup_zip.order("manifest", bounds, tables=known_columns(), revisions=_revisions()))
    while True:
        try:
            next(asked)
        except StopIteration as done:
            said: _Answer = done.value
            break
    if said.manifest is None:
        raise _no_back_up(path)
    return said.manifest.manifest()


def rows(path: Path, bounds: Bounds = BOUNDS) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """
    Yield the rows of a back-up, some of one table at a time, as its columns hold them.

    Raises
    ------
    DataError, InputError
        As `read` does; what came before is not to be used.
    """
    known = known_columns()
    asked = _asked(path, backup_zip.order("rows", bounds, tables=known, revisions=_revisions()))
    for about, batch in asked:
        table = str(about["table"])
        kinds = {name: kind for name, kind, *_rest in known[table]}
        if batch.schema != pa.schema([(name, TYPES[kinds[name]]) for name in batch.schema.names]):
            raise changed(path, table)
        yield table, [_row(row, kinds) for row in batch.to_pylist()]


def _row(row: dict[str, Any], kinds: dict[str, str]) -> dict[str, Any]:
    for name, kind in kinds.items():
        if row.get(name) is not None and kind == "json":
            row[name] = json.loads(row[name])
        elif row.get(name) is not None and kind == "point":
            row[name] = (row[name]["lon"], row[name]["lat"])
    return row


def copy_archives(path: Path, items: Collection[Shelved], to: Callable[[Shelved], Path]) -> None:
    """
    Write the rows of archives to files, some at a time.

    Raises
    ------
    DataError
        If they are not those that were written.
    OSError
        If a file cannot be written.
    """
    due = {item.name: item for item in items}
    parts = _asked(path, backup_zip.order("archives", BOUNDS, names=list(due)))
    for item in due.values():
        to(item).touch()
    for about, batch in parts:
        with to(due[about["archive"]]).open("ab") as target:
            for chunk in batch.column(0):
                target.write(chunk.as_buffer())
            if target.tell() > due[about["archive"]].about["bytes"]:
                raise changed(path, f"archive {about['archive']}")
    for item in due.values():
        with to(item).open("rb") as written:
            if hashlib.file_digest(written, "sha256").hexdigest() != item.about["sha256"]:
                raise changed(path, f"archive {item.name}")


def known_columns() -> dict[str, list[tuple[str, str, bool, int | None]]]:
    """Return name, kind (`backup_zip.TYPES`), whether it may be empty and the longest text of each column."""
    return {
        name: [
            (one.name, _kind(one.type), bool(one.nullable), getattr(one.type, "length", None)) for one in table.columns
        ]
        for name, table in metadata.tables.items()
    }


def _kind(column: sa.types.TypeEngine[Any]) -> str:
    if isinstance(column, sa.JSON):
        return "json"
    if isinstance(column, Point):
        return "point"
    if isinstance(column, sa.LargeBinary):
        return "bytes"
    return {str: "text", bool: "boolean", int: "integer", float: "number"}[column.python_type]


def _revisions() -> list[str]:
    return [script.revision for script in migrations.scripts().walk_revisions()]


# ------------------------------------------------------------------------------------------------ the reading process

_Batches = Generator[tuple[Any, pa.RecordBatch], None, _Answer]


def _asked(path: Path, given: dict[str, Any]) -> _Batches:
    """Have the reading process do something with a back-up; raises what is wrong with it as `read` does."""
    with _file(path) as file:
        said = yield from box.stream(file, Order("backup", printable(str(path)), LIMITS, given))
    try:
        answer = _Answer.model_validate(said)
    except pydantic.ValidationError as error:
        raise _no_back_up(path) from error
    if answer.fault is not None:
        raise _told(path, answer.fault)
    return answer


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file, without waiting for somebody who writes into it should it be a pipe."""
    try:
        with open(path, "rb", opener=box.without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(
                    _("{path}: it cannot be read ({reason}).").format(path=path, reason=_("no plain file"))
                )
            yield file
    except OSError as error:
        reason = error.strerror or error
        raise InputError(_("{path}: it cannot be read ({reason}).").format(path=path, reason=reason)) from error


def _told(path: Path, fault: _Fault) -> DataError | InputError:
    """Return the error that says what is wrong with a file."""
    words: dict[str, Callable[[Path, _Fault], DataError | InputError]] = {
        "packing": _packing,
        "damaged": lambda path, fault: _damaged(path, fault.reason),
        "less": lambda path, _fault: _damaged(path, _("it holds less than it says")),
        "missing": lambda path, fault: _missing(path, fault.name),
        "changed": lambda path, fault: changed(path, fault.name),
        "cut off": _cut_off,
        "other": lambda path, _fault: _no_back_up(path),
        "newer": lambda path, fault: _newer(path, fault.name),
    }
    return words.get(fault.kind, _too_much)(path, fault)


def _too_much(path: Path, fault: _Fault) -> InputError:
    most, what = f"{fault.most:,}", {"bytes": _("bytes"), "values": _("values"), "rows": _("rows")}.get(fault.what, "")
    found = {
        "members": _("a zip with more than {most} members").format(most=most),
        "unpacked": _("found {count} bytes unpacked").format(count=f"{fault.found:,}"),
        "row": _("found a row of more than {most} {what}").format(most=most, what=what),
        "all": _("found more than {most} {what}").format(most=most, what=what),
    }[fault.kind]
    named = f"{printable(fault.name)}: {found}" if fault.name else found
    return InputError(
        _("{path}: {found}, required at most {most}. {untouched}").format(
            path=path, found=named, most=most, untouched=_(UNTOUCHED)
        )
    )


def _packing(path: Path, _fault: _Fault) -> InputError:
    return InputError(
        _("{path}: found members packed in another way, required those of mssmap backup. {untouched}").format(
            path=path, untouched=_(UNTOUCHED)
        )
    )


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
            path=path, reason=printable(reason)
        )
    )


def _cut_off(path: Path, fault: _Fault) -> DataError:
    return DataError(
        _(
            "{path}: archive {name} is cut off: found {found} bytes, required {required}. Use another back-up; the "
            "store was not touched."
        ).format(path=path, name=printable(fault.name), found=fault.found, required=fault.most)
    )


def _no_back_up(path: Path) -> InputError:
    return InputError(_("{path}: found no back-up of mssmap, required a file of mssmap backup.").format(path=path))


def _newer(path: Path, found: str) -> InputError:
    return InputError(
        _("{path}: found a back-up of a newer mssmap ({found}), required at most {known}. Update mssmap.").format(
            path=path, found=printable(found), known=__version__
        )
    )


def _missing(path: Path, name: str) -> DataError:
    return DataError(
        _("{path}: {table} is missing. Use another back-up; the store was not touched.").format(
            path=path, table=printable(name)
        )
    )


def changed(path: Path, name: str) -> DataError:
    """Return the error that says what is not as it was written."""
    return DataError(
        _("{path}: {table} is not what was written. Use another back-up; the store was not touched.").format(
            path=path, table=printable(name)
        )
    )


# -------------------------------------------------------------------------------------------------------- writing one


def add_rows(file: zipfile.ZipFile, item: Shelved, rows: Path) -> None:
    """Copy the rows of an archive as they are, some at a time: they are packed already."""
    digest = hashlib.sha256()
    with rows.open("rb") as source, file.open(zipfile.ZipInfo(item.member), "w", force_zip64=True) as member:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            member.write(chunk)
    if digest.hexdigest() != item.about["sha256"]:
        raise DataError(
            _("archive {name}: it was changed while the back-up was made. Make the back-up again.").format(
                name=item.name
            )
        )


def member(table: str) -> str:
    """Return the name of a table in the file."""
    return f"{table}.jsonl"
