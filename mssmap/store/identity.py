"""
Which store a process has opened, and whether it is still that one: nothing is acknowledged into another.

A store has an id, made once with its tables; a back-up does not hold it, so a restored store keeps its own. A SQLite
file is known by its device and inode too, and so are the two files beside it (`-wal`, `-shm`): a connection goes on
writing into a file that was removed or replaced, and all of that would be gone at the next start. They are compared
each time a connection is taken, and again after a commit. The id, and the last change that this process wrote, are
looked for on each new connection and inside each write: so an earlier state of the same store is noticed too.

A connection to a file that was replaced is given up. If what stands there now is the same store, with everything in it
that was acknowledged, work goes on by itself; otherwise the person who replaced it has to put it right, or to start
the server again with what there is.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import tables

HEAD: Final = "head"
"""Where a write leaves, in the notes of its connection, the last change of the trail as it will be."""
_FILES: Final = "files"
_FIRST: Final = " ORDER BY store_id LIMIT 1"
"""Of several ids, which only damage leaves, each server takes the same."""

Inode = tuple[int, int]


class StoreAwayError(MssmapError, OSError):
    """The store cannot be reached or written; what was asked for did not happen."""


@dataclass(frozen=True)
class Files:
    """Device and inode of a SQLite file, its log and the index of the log; None where there is none."""

    store: Inode | None
    log: Inode | None
    index: Inode | None

    def agree(self, now: Files) -> bool:
        """Whether a connection to these leads to what stands there; the first write to a new file makes its log."""
        return now == self or (self.log is None and now.store == self.store)


@dataclass
class _Place:
    """What all stores of this process know of a path: the files of the last connection, and why it is given up."""

    path: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    engines: WeakSet[Engine] = field(default_factory=WeakSet)
    files: Files | None = None
    fault: str = ""

    def found(self) -> Files:
        """Return the files that stand there now."""
        return Files(*(_inode(f"{self.path}{end}") for end in ("", "-wal", "-shm")))

    def give_up(self, files: Files) -> None:
        """Close what is open on files of which another has taken the name, and remove their log, which is empty."""
        for end, inode in (("-wal", files.log), ("-shm", files.index)):
            if inode is not None and _inode(f"{self.path}{end}") == inode:
                Path(f"{self.path}{end}").unlink()
        for engine in list(self.engines):
            engine.dispose()


_places: WeakValueDictionary[str, _Place] = WeakValueDictionary()


def _inode(path: str) -> Inode | None:
    try:
        there = Path(path).stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino


def name_again(engine: Engine, lock: int) -> None:
    """
    Give an id to a store whose own was lost.

    Parameters
    ----------
    lock
        Advisory lock of PostgreSQL that orders writers.
    """
    lost = ~sa.exists(sa.select(tables.identity.c.store_id))
    with engine.connect() as connection:
        if not connection.execute(sa.select(lost)).scalar_one():
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        made = sa.select(sa.literal(str(uuid.uuid4()))).where(lost)
        connection.execute(sa.insert(tables.identity).from_select(["store_id"], made))


class Identity:
    """
    Which store an engine has opened.

    Attributes
    ----------
    store_id
        Its id, empty before it is known.
    """

    def __init__(self, engine: Engine) -> None:
        self.store_id = ""
        self._name = engine.url.database or ""
        self._head: tuple[int, str] | None = None
        self._driver = engine.dialect.loaded_dbapi
        self._place: _Place | None = None
        if engine.dialect.name == "sqlite" and self._name not in ("", ":memory:"):
            self._name = str(Path(self._name).absolute())
            self._place = _places.setdefault(self._name, _Place(self._name))
            self._place.engines.add(engine)
        sa.event.listen(engine, "do_connect", self._before_connection)
        sa.event.listen(engine, "connect", self._when_connected)
        sa.event.listen(engine, "checkout", self._when_taken)

    # ------------------------------------------------------------------------------------------ id and last change

    def learn(self, connection: Connection) -> None:
        """Note which store this is and how far its trail goes."""
        row = connection.exec_driver_sql("SELECT store_id, (SELECT max(seq) FROM audit) FROM identity" + _FIRST).one()
        self.store_id, self._head = row[0], None
        if row[1]:
            last = connection.exec_driver_sql(f"SELECT hash FROM audit WHERE seq = {row[1]}").scalar_one()
            self._head = (row[1], last)

    def prove(self, connection: Connection) -> None:
        """
        Make sure that a connection leads to the store that was opened, and that what was acknowledged is in it.

        Raises
        ------
        StoreAwayError
            If not.
        """
        if not self.store_id:
            self.learn(connection)
        connection.info.pop(HEAD, None)
        self._compare(lambda text: connection.exec_driver_sql(text).one_or_none())

    def acknowledge(self, connection: Connection) -> None:
        """Raise as `prove` does if the files were replaced while a transaction was committed, else note its changes."""
        if self._place is not None:
            now, then = self._place.found(), connection.info[_FILES]
            if not then.agree(now):
                raise StoreAwayError(self._without_log(saved=False) if now.store == then.store else self._moved(now))
        self._head = connection.info.pop(HEAD, self._head)

    def _compare(self, ask: Callable[[str], Any]) -> None:
        seq, last = self._head or (0, None)
        try:
            row = ask(f"SELECT store_id, (SELECT hash FROM audit WHERE seq = {seq}) FROM identity{_FIRST}")
        except (DBAPIError, self._driver.Error) as error:
            if not _is_without_table(getattr(error, "orig", error)):
                raise
            row = None
        if row is None or row[0] != self.store_id:
            raise StoreAwayError(
                _(
                    "{store}: another store was put in the place of the one that was opened. Nothing is stored: put "
                    "the right one back, or restart mssmap to work with this one."
                ).format(store=self._name)
            )
        if row[1] != last:
            raise StoreAwayError(
                _(
                    "{store}: an earlier state of the store was put in its place, change {seq} is not in it. Nothing "
                    "is stored: put the right one back, or restart mssmap to go on from this state."
                ).format(store=self._name, seq=seq)
            )

    # ------------------------------------------------------------------------------------------- files and connections

    def _before_connection(self, *_arguments: Any) -> None:
        """Refuse to connect where SQLite would make an empty file, or replay the log of another one."""
        place = self._place
        if place is None:
            return
        with place.lock:
            if place.fault:
                raise StoreAwayError(place.fault)
            now, before = place.found(), place.files
            if self.store_id and now.store is None:
                raise StoreAwayError(self._moved(now))
            if before is not None and before.store != now.store and before.log == now.log is not None:
                if Path(f"{self._name}-wal").stat().st_size:
                    raise StoreAwayError(self._moved(now))
                place.give_up(before)

    def _when_connected(self, connection: Any, record: Any) -> None:
        if self._place is not None:
            with self._place.lock:
                record.info[_FILES] = self._place.files = self._place.found()
        if not self.store_id:
            return
        cursor = connection.cursor()

        def ask(text: str) -> Any:
            cursor.execute(text)
            return cursor.fetchone()

        try:
            self._compare(ask)
        finally:
            cursor.close()
            connection.rollback()

    def _when_taken(self, connection: Any, record: Any, _proxy: Any) -> None:
        """Compare the files of a connection with those that stand there now; give it up if it leads elsewhere."""
        place = self._place
        if place is None:
            return
        with place.lock:
            if place.fault:
                raise StoreAwayError(place.fault)
            now = place.found()
            then = record.info.setdefault(_FILES, now)
            if then.agree(now):
                record.info[_FILES] = now
                return
            if now.store == then.store:
                saved = now.log == then.log or (now.log is None and self._empties_log(connection))
                place.fault = self._without_log(saved=saved)
                raise StoreAwayError(place.fault)
            # SQLite would replay the log into any other file of that name: it goes into its own, wherever that is now
            if (now.log == then.log and not self._empties_log(connection)) or now.store is None:
                raise StoreAwayError(self._moved(now))
            place.give_up(then)
        raise DisconnectionError

    def _empties_log(self, connection: Any) -> bool:
        """Write what is in the log into the file, and say whether that could be done."""
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return bool(cursor.fetchone()[0] == 0)
        except self._driver.Error:
            return False
        finally:
            cursor.close()

    # ------------------------------------------------------------------------------------------------------- in words

    def _moved(self, now: Files) -> str:
        if now.store is None:
            return _(
                "{store}: the file of the store was removed or moved while it was open. Nothing is stored: put it "
                "back, and mssmap goes on by itself; started again without it, it begins with an empty store."
            ).format(store=self._name)
        return _(
            "{store}: the file of the store was replaced while it was open. Nothing is stored: put the right one back, "
            "or restart mssmap to work with this one."
        ).format(store=self._name)

    def _without_log(self, *, saved: bool) -> str:
        if saved:
            return _(
                "{store}: a file beside it (-wal, -shm) was removed while it was open. What was saved is in it, "
                "nothing more is stored: restart mssmap."
            ).format(store=self._name)
        return _(
            "{store}: a file beside it (-wal, -shm) was removed or replaced while it was open, and the newest changes "
            "may be lost. Nothing more is stored: restart mssmap and look at them, or restore a back-up."
        ).format(store=self._name)


def _is_without_table(error: Any) -> bool:
    return getattr(error, "sqlstate", None) == "42P01" or "no such table" in str(error)
