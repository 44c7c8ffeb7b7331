"""
Back-up and restore: the whole store in one file, the same for SQLite and PostgreSQL.

A back-up is a zip with one file of JSON lines for each table, the rows of each archive as they lie beside the store
(`archives/NAME.parquet`), and `manifest.json`: versions, rows and SHA-256 of each member, and the head of the audit
trail. An archive whose rows are not in the file stands in the manifest with the reason.

It is read in one transaction that sees one state (a snapshot of SQLite's write-ahead log, REPEATABLE READ on
PostgreSQL), so people go on writing meanwhile; SQLite's own back-up call would begin anew at every write of another
process. A restore is one transaction too: it makes the tables as they were, fills them, migrates them and proves the
audit trail, or leaves the store as it was.
"""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import mssmap
from mssmap import disk
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import archived, audit, core, identity, migrations
from mssmap.store.core import Store
from mssmap.store.models import AuditRow, Base, IdentityRow, PayloadRow, Point

FORMAT: Final = "mssmap-backup"
VERSION: Final = 2
"""Of the file's layout; a file with a higher one is refused. The first one held no archives."""

MANIFEST: Final = "manifest.json"
ARCHIVES: Final = "archives/"
ROWS_AT_ONCE: Final = 200
CHUNK: Final = 1 << 20
LEFT_OUT, NO_FILE, CHANGED = "left out", "no file", "changed"
"""Why the rows of an archive are not in a back-up: not wanted, not there, or not those that were written."""

DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # a flipped bit says that the file is encrypted, or of a zip yet to come
    ValueError,
)
"""What zipfile raises over a damaged file."""


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


Gather = Callable[[list[audit.Entry]], list[Shelved]]
"""Finds the archives for a back-up: those that a trail promises, and what else lies on the shelf."""


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
    tables: dict[str, dict[str, Any]]
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


def without_archives(trail: list[audit.Entry]) -> list[Shelved]:
    """Return what a trail promises, with nothing of it for the file."""
    return [Shelved(about, LEFT_OUT) for about in archived.promised(trail).values()]


def backup(store: Store, path: Path, gather: Gather = without_archives) -> Manifest:
    """
    Write everything in a store to a file that is not there yet.

    Parameters
    ----------
    path
        Where to; it appears there only when it is complete and on disk.
    gather
        Which archives go in; `mssmap.archive.copies` knows where they are.

    Raises
    ------
    DataError
        If an archive changes under our hands.
    InputError
        If the file is there already or cannot be written.
    StoreAwayError
        If the store cannot be read.
    """
    isolation = {"isolation_level": "REPEATABLE READ"} if store.engine.dialect.name == "postgresql" else {}
    with core._reported(store.engine), store.engine.connect().execution_options(**isolation) as session:
        return _dump(session, path, gather)


def restore(
    store: Store,
    path: Path,
    manifest: Manifest | None = None,
    *,
    replace: bool = False,
    gather: Gather = without_archives,
    finish: Callable[[], None] = lambda: None,
) -> tuple[Manifest, Path | None]:
    """
    Fill the tables of a store from a back-up.

    Parameters
    ----------
    manifest
        What `read` returned for the file, so that it is not read once more.
    replace
        Give up what is in the store; it is backed up to a file beside `path` first.
    gather
        Which archives go into that file.
    finish
        Called before the commit, to put the archives in their place; if it raises, the store is as it was.

    Returns
    -------
    manifest, kept
        What was restored, and the back-up of what was there before, None if the store was empty.

    Raises
    ------
    DataError
        If the file is damaged or its audit trail is not whole; the store is as it was.
    InputError
        If it is no back-up or was made by a newer mssmap, or if the store is not empty and `replace` is not set.
    StoreAwayError
        If the store cannot be written; it is as it was.
    """
    known = manifest or read(path)

    def work(session: Connection) -> Path | None:
        kept = None
        if _filled(session):
            if not replace:
                raise InputError(
                    _("restore: found a store that holds something already, required an empty one. Add --replace.")
                )
            kept = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.zip")
            _dump(session, kept, gather)
        _remake(session, path, known)
        finish()
        return kept

    return known, store._write(work, tries=1)


def read(path: Path) -> Manifest:
    """
    Check a back-up to its last byte and return what it says about itself.

    Raises
    ------
    DataError
        If a part is missing or is not what was written.
    InputError
        If the file cannot be read, is no back-up, or was made by a newer mssmap.
    """
    with opened(path) as file:
        manifest = _said(file, path)
        for item in manifest.held:
            _require_size(file, path, item)
        if sum(item.about["bytes"] for item in manifest.held) > path.stat().st_size:  # the same bytes for several
            raise DataError(
                _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
                    path=path, reason=_("it holds less than it says")
                )
            )
        for table, expected in manifest.tables.items():
            _check(file, path, table, expected)
        for item in manifest.held:
            copy_rows(file, path, item)
    return manifest


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """
    Open a back-up for `copy_rows`.

    Raises
    ------
    InputError, DataError
        As `read` does, from whatever is read inside.
    """
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except MssmapError:
        raise
    except OSError as error:
        raise InputError(
            _("{path}: it cannot be read ({reason}).").format(path=path, reason=error.strerror or error)
        ) from error
    except DAMAGE as error:
        raise DataError(
            _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
                path=path, reason=error
            )
        ) from error


def copy_rows(file: zipfile.ZipFile, path: Path, item: Shelved, target: BinaryIO | None = None) -> None:
    """
    Read the rows of an archive, some at a time, into a file if there is one.

    Raises
    ------
    DataError
        If they are not those that were written.
    """
    mark = hashlib.sha256()
    with file.open(item.member) as rows:
        while chunk := rows.read(CHUNK):
            mark.update(chunk)
            if target is not None:
                target.write(chunk)
    if mark.hexdigest() != item.about["sha256"]:
        raise _changed(path, f"archive {item.name}")


def _require_size(file: zipfile.ZipFile, path: Path, item: Shelved) -> None:
    """Compare the size of an archive with the manifest; it is not packed, so it unpacks to what it takes here."""
    try:
        there = file.getinfo(item.member)
    except KeyError:
        raise _missing(path, f"archive {item.name}") from None
    if there.compress_type != zipfile.ZIP_STORED:
        raise _changed(path, f"archive {item.name}")
    if there.file_size != item.about["bytes"] or there.compress_size != there.file_size:
        raise DataError(
            _(
                "{path}: archive {name} is cut off: found {found} bytes, required {required}. Use another back-up; the "
                "store was not touched."
            ).format(path=path, name=item.name, found=there.file_size, required=item.about["bytes"])
        )


def _said(file: zipfile.ZipFile, path: Path) -> Manifest:
    """Return the manifest of a file that this mssmap can restore."""
    try:
        said = json.loads(file.read(MANIFEST))
        said["archives"] = [_shelved(item["about"], item["why"]) for item in said.get("archives", ())]
        manifest = Manifest(**said)
    except (AttributeError, KeyError, TypeError, ValueError):
        manifest = None
    if manifest is None or manifest.format != FORMAT:
        raise InputError(_("{path}: found no back-up of mssmap, required a file of mssmap backup.").format(path=path))
    known = {script.revision for script in migrations.scripts().walk_revisions()}
    if manifest.version > VERSION or manifest.revision not in known or manifest.tables.keys() - Base.metadata.tables:
        raise InputError(
            _("{path}: found a back-up of a newer mssmap ({found}), required at most {known}. Update mssmap.").format(
                path=path, found=manifest.made_by, known=mssmap.__version__
            )
        )
    return manifest


def _shelved(about: dict[str, Any], why: str) -> Shelved:
    if not archived.is_said(about) or not isinstance(why, str):
        raise ValueError
    return Shelved(about, why)


def _check(file: zipfile.ZipFile, path: Path, table: str, expected: dict[str, Any]) -> None:
    """Compare a member with the manifest: number of rows and hash."""
    mark, rows = hashlib.sha256(), 0
    try:
        with file.open(_member(table)) as lines:
            for line in lines:
                mark.update(line)
                rows += 1
    except KeyError:
        raise _missing(path, table) from None
    if (rows, mark.hexdigest()) != (expected["rows"], expected["sha256"]):
        raise _changed(path, table)


def _missing(path: Path, table: str) -> DataError:
    return DataError(
        _("{path}: {table} is missing. Use another back-up; the store was not touched.").format(path=path, table=table)
    )


def _changed(path: Path, table: str) -> DataError:
    return DataError(
        _("{path}: {table} is not what was written. Use another back-up; the store was not touched.").format(
            path=path, table=table
        )
    )


# ---------------------------------------------------------------------------------------------------------- writing


def _dump(session: Connection, path: Path, gather: Gather) -> Manifest:
    """Write what a transaction sees: to a file of another name, to disk, then under its own name."""
    if path.exists():
        raise InputError(_("{path}: found a file already, required a new name.").format(path=path))
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                manifest = _fill(session, file, gather)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            disk.sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            _("{path}: it cannot be written ({reason}).").format(path=path, reason=error.strerror or error)
        ) from error
    return manifest


def _fill(session: Connection, target: Any, gather: Gather) -> Manifest:
    tables: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for table in _tables():
            mark, rows = hashlib.sha256(), 0
            with file.open(_member(table.name), "w", force_zip64=True) as member:
                for row in _streamed(session, table):
                    line = _line(table, row)
                    mark.update(line)
                    member.write(line)
                    rows += 1
            tables[table.name] = {"rows": rows, "sha256": mark.hexdigest()}
        entries = _entries(session)
        archives = gather(entries)
        for item in archives:
            if item.file is not None:
                _add_rows(file, item, item.file)
        manifest = _manifest(session, tables, entries, archives)
        told = {**vars(manifest), "archives": [{"about": item.about, "why": item.why} for item in archives]}
        file.writestr(MANIFEST, json.dumps(told, indent=1))
    return manifest


def _add_rows(file: zipfile.ZipFile, item: Shelved, rows: Path) -> None:
    """Copy the rows of an archive as they are, some at a time: they are packed already."""
    mark = hashlib.sha256()
    with rows.open("rb") as source, file.open(zipfile.ZipInfo(item.member), "w", force_zip64=True) as member:
        while chunk := source.read(CHUNK):
            mark.update(chunk)
            member.write(chunk)
    if mark.hexdigest() != item.about["sha256"]:
        raise DataError(
            _("archive {name}: it was changed while the back-up was made. Make the back-up again.").format(
                name=item.name
            )
        )


def _tables() -> list[sa.Table]:
    """Return the tables that a back-up holds: all but the id of the store, which belongs to its place."""
    return [table for table in Base.metadata.sorted_tables if table is not IdentityRow.__table__]


def _streamed(session: Connection, table: sa.Table) -> Iterator[Any]:
    """Rows in the order of their key, some at a time."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    yield from session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})


def _manifest(
    session: Connection, tables: dict[str, dict[str, Any]], entries: list[audit.Entry], archives: list[Shelved]
) -> Manifest:
    return Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=core._now(),
        made_by=mssmap.__version__,
        revision=migrations.current(session) or "",
        tables=tables,
        changes=len(entries),
        head=entries[-1].hash if entries else audit.START,
        faults=audit.faults(entries),
        archives=archives,
    )


def _line(table: sa.Table, row: Any) -> bytes:
    """Write a row as JSON: bytes in base64, a point as longitude and latitude."""
    values = {
        column.name: base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
        for column, value in zip(table.columns, row, strict=True)
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


# --------------------------------------------------------------------------------------------------------- restoring


def _remake(session: Connection, path: Path, manifest: Manifest) -> None:
    """Make the tables as they were when the back-up was made, fill them, migrate them, prove the trail."""
    own = session.execute(sa.select(IdentityRow.store_id)).scalar_one()
    Base.metadata.drop_all(session)
    session.execute(sa.text("DROP TABLE alembic_version"))
    migrations.migrate(session, manifest.revision)
    with opened(path) as file:
        for name in manifest.tables:
            try:
                with file.open(_member(name)) as lines:
                    _insert(session, name, lines)
            except (sa.exc.IntegrityError, KeyError, TypeError, ValueError) as error:  # made by hand, manifest and all
                raise _changed(path, name) from error
    migrations.migrate(session)
    session.execute(sa.update(IdentityRow).values(store_id=own))
    session.info[identity.HEAD] = (manifest.changes, manifest.head) if manifest.changes else None
    entries = _entries(session)
    faults = audit.faults(entries)
    if not faults and (len(entries), entries[-1].hash if entries else audit.START) != (manifest.changes, manifest.head):
        faults = ["it ends otherwise than the manifest says"]
    if faults:
        raise DataError(
            _("{path}: the audit trail is not whole: {fault}. Use another back-up; the store was not touched.").format(
                path=path, fault=faults[0]
            )
        )
    promised = archived.promised(entries)
    for item in manifest.held:
        if promised.get(item.name, item.about)["sha256"] != item.about["sha256"]:
            raise _changed(path, f"archive {item.name}")


def _insert(session: Connection, name: str, lines: Any) -> None:
    """Insert rows with the columns they were written with; an older back-up has fewer."""
    known = Base.metadata.tables[name].columns
    rows: list[dict[str, Any]] = []
    target: Any = None
    for line in lines:
        row = json.loads(line)
        if target is None:
            target = sa.insert(sa.table(name, *(sa.column(key, known[key].type) for key in row)))
        rows.append({key: _value(known[key].type, value) for key, value in row.items()})
        if len(rows) == ROWS_AT_ONCE:
            session.execute(target, rows)
            rows = []
    if rows:
        session.execute(target, rows)


def _value(kind: Any, value: Any) -> Any:
    if value is not None and isinstance(kind, Point):
        return tuple(value)
    if value is not None and isinstance(kind, sa.LargeBinary):
        return base64.b64decode(value)
    return value


def _filled(session: Connection) -> bool:
    """Whether anybody has written to the store: every change has its audit row, and a matrix its rows."""
    return any(
        session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in (AuditRow.__table__, PayloadRow.__table__)
    )


def _entries(session: Connection) -> list[audit.Entry]:
    rows = session.execute(sa.select(AuditRow.__table__).order_by(AuditRow.seq))
    return [audit.Entry(**row._mapping) for row in rows]


def _member(table: str) -> str:
    return f"{table}.jsonl"
