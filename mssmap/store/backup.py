"""
Back-up and restore: the whole store in one file, the same for SQLite and PostgreSQL.

A back-up is a zip with one file of JSON lines for each table and `manifest.json`: versions, rows and SHA-256 of each
member, and the head of the audit trail. It is read in one transaction that sees one state (a snapshot of SQLite's
write-ahead log, REPEATABLE READ on PostgreSQL), so people go on writing meanwhile; SQLite's own back-up call would
begin anew at every write of another process. A restore is one transaction too: it makes the tables as they were,
fills them, migrates them and proves the audit trail, or leaves the store as it was.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import mssmap
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import audit, core, identity, migrations
from mssmap.store.core import Store
from mssmap.store.models import AuditRow, Base, IdentityRow, PayloadRow, Point

FORMAT: Final = "mssmap-backup"
VERSION: Final = 1
"""Of the file's layout; a file with a higher one is refused."""

MANIFEST: Final = "manifest.json"
ROWS_AT_ONCE: Final = 200
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
class Manifest:
    """
    What a back-up says about itself.

    Attributes
    ----------
    revision
        Alembic revision of the tables.
    tables
        Table -> number of rows and SHA-256 of its member.
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


def backup(store: Store, path: Path) -> Manifest:
    """
    Write everything in a store to a file that is not there yet.

    Parameters
    ----------
    path
        Where to; it appears there only when it is complete and on disk.

    Raises
    ------
    InputError
        If the file is there already or cannot be written.
    StoreAwayError
        If the store cannot be read.
    """
    isolation = {"isolation_level": "REPEATABLE READ"} if store.engine.dialect.name == "postgresql" else {}
    with core._reported(store.engine), store.engine.connect().execution_options(**isolation) as session:
        return _dump(session, path)


def restore(store: Store, path: Path, *, replace: bool = False) -> tuple[Manifest, Path | None]:
    """
    Fill a store from a back-up.

    Parameters
    ----------
    replace
        Give up what is in the store; it is backed up to a file beside `path` first.

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
    manifest = read(path)

    def work(session: Connection) -> Path | None:
        kept = None
        if _filled(session):
            if not replace:
                raise InputError(
                    _("restore: found a store that holds something already, required an empty one. Add --replace.")
                )
            kept = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.zip")
            _dump(session, kept)
        _remake(session, path, manifest)
        return kept

    return manifest, store._write(work, tries=1)


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
    with _opened(path) as file:
        manifest = _said(file, path)
        for table, expected in manifest.tables.items():
            _check(file, path, table, expected)
    return manifest


def _said(file: zipfile.ZipFile, path: Path) -> Manifest:
    """Return the manifest of a file that this mssmap can restore."""
    try:
        manifest = Manifest(**json.loads(file.read(MANIFEST)))
    except (KeyError, TypeError, ValueError):
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


def _check(file: zipfile.ZipFile, path: Path, table: str, expected: dict[str, Any]) -> None:
    """Compare a member with the manifest: number of rows and hash."""
    mark, rows = hashlib.sha256(), 0
    try:
        with file.open(_member(table)) as lines:
            for line in lines:
                mark.update(line)
                rows += 1
    except KeyError:
        raise DataError(
            _("{path}: {table} is missing. Use another back-up; the store was not touched.").format(
                path=path, table=table
            )
        ) from None
    if (rows, mark.hexdigest()) != (expected["rows"], expected["sha256"]):
        raise _changed(path, table)


def _changed(path: Path, table: str) -> DataError:
    return DataError(
        _("{path}: {table} is not what was written. Use another back-up; the store was not touched.").format(
            path=path, table=table
        )
    )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
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


# ---------------------------------------------------------------------------------------------------------- writing


def _dump(session: Connection, path: Path) -> Manifest:
    """Write what a transaction sees: to a file of another name, to disk, then under its own name."""
    if path.exists():
        raise InputError(_("{path}: found a file already, required a new name.").format(path=path))
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                manifest = _fill(session, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            _("{path}: it cannot be written ({reason}).").format(path=path, reason=error.strerror or error)
        ) from error
    return manifest


def _fill(session: Connection, target: Any) -> Manifest:
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
        manifest = _manifest(session, tables)
        file.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def _tables() -> list[sa.Table]:
    """Return the tables that a back-up holds: all but the id of the store, which belongs to its place."""
    return [table for table in Base.metadata.sorted_tables if table is not IdentityRow.__table__]


def _streamed(session: Connection, table: sa.Table) -> Iterator[Any]:
    """Rows in the order of their key, some at a time."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    yield from session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})


def _manifest(session: Connection, tables: dict[str, dict[str, Any]]) -> Manifest:
    entries = _entries(session)
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
    )


def _line(table: sa.Table, row: Any) -> bytes:
    """Write a row as JSON: bytes in base64, a point as longitude and latitude."""
    values = {
        column.name: base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
        for column, value in zip(table.columns, row, strict=True)
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    """Put the new name on disk, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --------------------------------------------------------------------------------------------------------- restoring


def _remake(session: Connection, path: Path, manifest: Manifest) -> None:
    """Make the tables as they were when the back-up was made, fill them, migrate them, prove the trail."""
    own = session.execute(sa.select(IdentityRow.store_id)).scalar_one()
    Base.metadata.drop_all(session)
    session.execute(sa.text("DROP TABLE alembic_version"))
    migrations.migrate(session, manifest.revision)
    with _opened(path) as file:
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
