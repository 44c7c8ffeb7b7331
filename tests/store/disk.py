"""
A disk that notes every write and every sync of SQLite, and says what of them is left after a power cut.

SQLite (that of `apsw`, whose file system can be written in Python) runs on real files; `Notes` keeps what it asked of
them, in order, together with the moments at which the store acknowledged a write. For a cut at any moment `after_cut`
makes the files as they may be found: all that was synced, and of what was written since then any part, in sectors of
512 bytes. `as_driver` lets SQLAlchemy use it in the place of `sqlite3`, so that the real store runs on it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

SECTOR = 512
OTHER_ERRORS = ("InterfaceError", "DataError", "InternalError", "ProgrammingError", "NotSupportedError")


def left_beside(store: Path) -> list[str]:
    """Return what stands beside the file of a store that was opened again and closed: nothing should."""
    return sorted(path.name for path in store.parent.iterdir() if path != store)


class Notes:
    """What happened, in order: (what, file, offset, content)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, int, bytes]] = []
        self._lock = threading.Lock()

    def add(self, what: str, file: str = "", offset: int = 0, content: bytes = b"") -> None:
        with self._lock:
            self.events.append((what, Path(file).name, offset, content))

    def acknowledged(self, name: str, count: int) -> None:
        """Note that the store has said "saved" to a writer for the n-th time."""
        self.add("ack", name, count)

    def promised(self, cut: int) -> dict[str, int]:
        """Last count each writer was promised before a moment."""
        return {name: count for what, name, count, _ in self.events[:cut] if what == "ack"}

    def after_cut(self, cut: int, folder: Path, chance: random.Random) -> None:
        """Make the files as they may be found after the power went away before event number `cut`."""
        files: dict[str, tuple[bytearray, list[tuple[int, bytes]]]] = {}
        for what, name, offset, content in self.events[:cut]:
            if what == "ack":
                continue
            synced, waiting = files.setdefault(name, (bytearray(), []))
            if what == "write":
                waiting.append((offset, content))
            elif what == "truncate":
                waiting.append((offset, b""))
            elif what == "sync":
                for step in waiting:
                    _apply(synced, *step)
                waiting.clear()
            elif what == "delete":
                del files[name]
        for name, (synced, waiting) in files.items():
            _apply_some(synced, waiting, chance)
            if synced:
                (folder / name).write_bytes(synced)


def _apply(image: bytearray, offset: int, content: bytes) -> None:
    if not content:
        del image[offset:]
        return
    image.extend(bytes(max(0, offset + len(content) - len(image))))
    image[offset : offset + len(content)] = content


def _apply_some(image: bytearray, waiting: list[tuple[int, bytes]], chance: random.Random) -> None:
    """Apply nothing, all, a beginning, or any sectors of what was not synced: a disk may write in any order."""
    way = chance.choice(["nothing", "nothing", "all", "beginning", "any"])
    kept = (
        waiting if way in {"all", "any"} else waiting[: chance.randint(0, len(waiting))] if way == "beginning" else []
    )
    for offset, content in kept:
        if not content:
            _apply(image, offset, content)
        for at in range(0, len(content), SECTOR):
            if way != "any" or chance.random() < 0.5:
                _apply(image, offset + at, content[at : at + SECTOR])


# --------------------------------------------------------------------------------------------------- SQLite on a disk


class _File(apsw.VFSFile):  # type: ignore[misc]
    def __init__(self, notes: Notes, name: Any, flags: Any) -> None:
        self._notes = notes
        self._name = name if isinstance(name, str) else name.filename() if name else ""
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._notes.add("write", self._name, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._notes.add("truncate", self._name, size)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._notes.add("sync", self._name)


class _Disk(apsw.VFS):  # type: ignore[misc]
    def __init__(self, notes: Notes, name: str) -> None:
        self._notes = notes
        super().__init__(name, "", maxpathname=1024)

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802
        return _File(self._notes, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        self._notes.add("delete", name)
        super().xDelete(name, sync)


# ------------------------------------------------------------------------------------------------ a driver over apsw


class _Cursor:
    """As much of a DB-API cursor as SQLAlchemy needs."""

    arraysize = 1
    lastrowid = None
    rowcount = -1
    description: Any = None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    def execute(self, text: str, values: Any = ()) -> _Cursor:
        cursor = self._connection.cursor()
        cursor.exec_trace = self._describe  # the only moment at which columns are known when there are no rows
        self._rows = list(cursor.execute(text, tuple(values)))
        self.rowcount = self._connection.changes()
        return self

    def _describe(self, cursor: Any, *_: Any) -> bool:
        columns = cursor.get_description()
        self.description = [(*column, None, None, None, None, None)[:7] for column in columns] or None
        return True

    def executemany(self, text: str, many: Any) -> None:
        for values in many:
            self.execute(text, values)

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    def fetchall(self) -> list[Any]:
        found, self._rows = self._rows, []
        return found

    def close(self) -> None:
        self._rows = []


class _Connection:
    """As much of a connection of `sqlite3` as SQLAlchemy and the store need; the store begins and ends transactions."""

    isolation_level = None

    def __init__(self, path: str, vfs: str, timeout: float) -> None:
        self._connection = apsw.Connection(path, vfs=vfs)
        self._connection.set_busy_timeout(int(timeout * 1000))

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def create_function(self, name: str, count: int, function: Any, **_options: Any) -> None:
        self._connection.create_scalar_function(name, function, count)


class _Error(Exception):
    """Stands for the kinds of errors that SQLAlchemy asks a driver for and apsw does not tell apart."""


@contextmanager
def as_driver(notes: Notes) -> Iterator[None]:
    """Let every SQLite engine made inside run on a disk that keeps notes."""
    name = f"notes-{id(notes)}"
    disk = _Disk(notes, name)
    driver = SimpleNamespace(
        connect=lambda path, timeout=5.0, **_options: _Connection(path, name, timeout),
        sqlite_version_info=tuple(map(int, apsw.sqlite_lib_version().split("."))),
        paramstyle="qmark",
        Error=apsw.Error,
        DatabaseError=apsw.Error,
        OperationalError=apsw.BusyError,
        IntegrityError=apsw.ConstraintError,
        **dict.fromkeys(
            ("InterfaceError", "DataError", "InternalError", "ProgrammingError", "NotSupportedError"), _Error
        ),
        PARSE_COLNAMES=0,
        PARSE_DECLTYPES=0,
        Binary=bytes,
    )
    before = SQLiteDialect_pysqlite.import_dbapi
    SQLiteDialect_pysqlite.import_dbapi = classmethod(lambda _cls: driver)  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        SQLiteDialect_pysqlite.import_dbapi = before  # type: ignore[method-assign]
        disk.unregister()
