"""
Back-up and restore: the whole store in one file, the same for SQLite and PostgreSQL.

The store is read in one transaction that sees one state (a snapshot of SQLite's write-ahead log, REPEATABLE READ on
PostgreSQL), so people go on writing meanwhile; SQLite's own back-up call would begin anew at every write of another
process. A restore is one transaction too: it makes the tables as they were, fills them, migrates them and proves the
audit trail, or leaves the store as it was. What the file looks like says `backup_file`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import DataError, InputError
from mssmap.i18n import gettext as _
from mssmap.store import archived, audit, damaged, disk, identity, ledger, migrations, tables
from mssmap.store.backup_file import (
    BOUNDS,
    FORMAT,
    LEFT_OUT,
    MANIFEST,
    VERSION,
    Bounds,
    Manifest,
    Shelved,
    TableSaid,
    add_rows,
    changed,
    member,
    read,
    rows,
)
from mssmap.store.ledger import Store
from mssmap.store.tables import Point, lon_lat, metadata
from mssmap.version import __version__

PART: Final = ".mssmap-backup-"
"""How the name of a back-up begins while it is written."""
ROWS_AT_ONCE: Final = 200

Gather = Callable[[list[audit.Entry]], list[Shelved]]
"""Finds the archives for a back-up: those that a trail promises, and what else lies on the shelf."""


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
    with ledger.reported(store.engine), store.engine.connect().execution_options(**isolation) as connection:
        return _dump(connection, path, gather)


def restore(
    store: Store,
    path: Path,
    manifest: Manifest | None = None,
    *,
    replace: bool = False,
    gather: Gather = without_archives,
    finish: Callable[[], None] = lambda: None,
    bounds: Bounds = BOUNDS,
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
    bounds
        How much the file may be.

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
    known = manifest or read(path, bounds)

    def work(connection: Connection) -> Path | None:
        kept = None
        if _filled(connection):
            if not replace:
                raise InputError(
                    _("restore: found a store that holds something already, required an empty one. Add --replace.")
                )
            kept = path.with_name(f"{path.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.zip")
            _dump(connection, kept, gather)
        _remake(connection, path, known, bounds)
        finish()
        return kept

    return known, store.write(work, tries=1)


# ---------------------------------------------------------------------------------------------------------- writing


def _dump(connection: Connection, path: Path, gather: Gather) -> Manifest:
    """Write what a transaction sees: to a file of another name, to disk, then under its own name."""
    if path.exists():
        raise InputError(_("{path}: found a file already, required a new name.").format(path=path))
    try:
        with disk.written(path, PART) as file:
            manifest = _fill(connection, file, gather)
    except OSError as error:
        raise InputError(
            _("{path}: it cannot be written ({reason}).").format(path=path, reason=error.strerror or error)
        ) from error
    return manifest


def _fill(connection: Connection, target: Any, gather: Gather) -> Manifest:
    held: dict[str, TableSaid] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for table in _tables():
            mark, rows = hashlib.sha256(), 0
            with file.open(member(table.name), "w", force_zip64=True) as target_lines:
                for row in _streamed(connection, table):
                    line = _line(table, row)
                    mark.update(line)
                    target_lines.write(line)
                    rows += 1
            held[table.name] = {"rows": rows, "sha256": mark.hexdigest()}
        entries = _entries(connection)
        archives = gather(entries)
        for item in archives:
            if item.file is not None:
                add_rows(file, item, item.file)
        manifest = _manifest(connection, held, entries, archives)
        told = {**vars(manifest), "archives": [{"about": item.about, "why": item.why} for item in archives]}
        file.writestr(MANIFEST, json.dumps(told, indent=1))
    return manifest


def _tables() -> list[sa.Table]:
    """Return the tables that a back-up holds: all but the id of the store and sign-outs, which belong to its place."""
    own = (tables.identity, tables.signed_out)
    return [table for table in metadata.sorted_tables if table not in own]


def _streamed(connection: Connection, table: sa.Table) -> Iterator[Any]:
    """Rows in the order of their key, some at a time."""
    if table.name in damaged.SPARE:
        yield from _sound(connection, table)
        return
    query = sa.select(table).order_by(*table.primary_key.columns)
    yield from connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})


def _sound(connection: Connection, table: sa.Table) -> Iterator[Any]:
    """Rows of a table that is written anew by itself, without those that were damaged or belong to no plan."""
    query = sa.select(*map(damaged.raw, table.columns)).order_by(*table.primary_key.columns)
    for key in table.foreign_keys:
        query = query.where(key.parent.in_(sa.select(key.column)))
    as_kept: list[Callable[[Any], Any]] = [
        _AS_KEPT.get(type(column.type), lambda value: value) for column in table.columns
    ]
    for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        if damaged.is_sound(table, dict(row._mapping)):
            yield [turn(value) for turn, value in zip(as_kept, row, strict=True)]


_AS_KEPT: Final[dict[type, Callable[[Any], Any]]] = {sa.Boolean: bool, Point: lon_lat}


def _manifest(
    connection: Connection, held: dict[str, TableSaid], entries: list[audit.Entry], archives: list[Shelved]
) -> Manifest:
    return Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=ledger.now(),
        made_by=__version__,
        revision=migrations.current(connection) or "",
        tables=held,
        changes=len(entries),
        head=entries[-1].hash if entries else audit.START,
        faults=audit.faults(entries),
        archives=archives,
    )


def _line(table: sa.Table, row: Any) -> bytes:
    """Write a row as JSON: bytes in base64, a point as longitude and latitude."""
    values = {column.name: _kept(value) for column, value in zip(table.columns, row, strict=True)}
    line = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return line.encode(errors="replace") + b"\n"  # half a sign is damage, and told as such


def _kept(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


# --------------------------------------------------------------------------------------------------------- restoring


def _remake(connection: Connection, path: Path, manifest: Manifest, bounds: Bounds) -> None:
    """Make the tables as they were when the back-up was made, fill them, migrate them, prove the trail."""
    own = (
        connection.execute(sa.select(tables.identity.c.store_id).order_by(tables.identity.c.store_id)).scalars().first()
    )
    ended = [
        {"mark": mark, "at": at}
        for mark, at in connection.execute(sa.select(tables.signed_out.c.mark, tables.signed_out.c.at))
    ]
    for row in ended:  # whoever has signed out stays so, whatever stands there of when
        row["at"] = row["at"] if isinstance(row["at"], int | float) else time.time()
    metadata.drop_all(connection)
    connection.execute(sa.text("DROP TABLE alembic_version"))
    migrations.migrate(connection, manifest.revision)
    name = ""
    try:
        for name, values in rows(path, bounds):
            columns = [sa.column(key, metadata.tables[name].columns[key].type) for key in values[0]]
            connection.execute(sa.insert(sa.table(name, *columns)), values)
    except (sa.exc.IntegrityError, RecursionError) as error:  # made by hand, manifest and all
        raise changed(path, name) from error
    migrations.migrate(connection)
    connection.execute(sa.update(tables.identity).values(store_id=own))
    if ended:
        connection.execute(sa.insert(tables.signed_out), ended)
    connection.info[identity.HEAD] = (manifest.changes, manifest.head) if manifest.changes else None
    entries = _entries(connection)
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
            raise changed(path, f"archive {item.name}")


def _filled(connection: Connection) -> bool:
    """Whether anybody has written to the store: every change has its audit row, and a matrix its rows."""
    return any(
        connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in (tables.trail, tables.payloads)
    )


def _entries(connection: Connection) -> list[audit.Entry]:
    rows = connection.execute(sa.select(tables.trail).order_by(tables.trail.c.seq))
    return [audit.Entry(**row._mapping) for row in rows]
