"""Opening a store by its address: SQLite (in WAL mode, `synchronous=FULL`) or PostgreSQL, its tables kept current."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import identity, migrations, sound
from mssmap.store.ledger import BUSY_TIMEOUT_MS, LOCK_KEY, Store, StoreAwayError, reported


class NoStoreError(MssmapError, LookupError):
    """There is no store at the address of the settings."""

    def __init__(self, url: str) -> None:
        super().__init__(
            _(
                "MSSMAP_DATABASE_URL: found no store at {address}, required one that is there. Set it to yours, or "
                "start mssmap serve, which makes a new one."
            ).format(address=address(url))
        )


def open_store(url: str, *, make: bool = True) -> Store:
    """
    Open the store at an SQLAlchemy URL and bring its tables up to date.

    Parameters
    ----------
    make
        Whether to make one that is not there.

    Raises
    ------
    InputError
        If the URL is not one of SQLite or PostgreSQL.
    NoStoreError
        If there is none and none is to be made.
    StoreAwayError
        If it cannot be reached or written.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise InputError(
            _("MSSMAP_DATABASE_URL: found no SQLAlchemy URL, required sqlite:///... or postgresql://...")
        ) from error
    if not make and not exists(url):
        raise NoStoreError(url)
    name = parsed.get_backend_name()
    if name == "sqlite":
        engine = sqlite(parsed)
    elif name == "postgresql":
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=5, json_deserializer=sound.loads
        )
    else:
        raise InputError(
            _("MSSMAP_DATABASE_URL: found {name}, required sqlite:///... or postgresql://...").format(name=name)
        )
    store = Store(engine)
    with reported(engine):
        store.made_now = migrations.is_empty(engine)
        if store.made_now and not make:
            raise NoStoreError(url)
        migrations.upgrade(engine)
        identity.name_again(engine, LOCK_KEY)
    store.read(store.identity.learn)
    return store


def address(url: str) -> str:
    """
    Return a URL as it may be shown.

    >>> address("postgresql://map:hunter2@db/map?password=hunter2")
    'postgresql://map:***@db/map'
    """
    return sa.make_url(url).set(query={}).render_as_string(hide_password=True)


def exists(url: str) -> bool:
    """Whether there may be a store to read: always so for a server, for SQLite if its file is there."""
    parsed = sa.make_url(url)
    return parsed.get_backend_name() != "sqlite" or bool(parsed.database and Path(parsed.database).exists())


def sqlite(url: sa.URL) -> Engine:
    """Return an engine for a file of SQLite; its folder is made if it is not there."""
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreAwayError(
                _("{database}: the folder of the store cannot be made ({strerror}).").format(
                    database=url.database, strerror=error.strerror
                )
            ) from error
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, json_deserializer=sound.loads)

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")  # half a sign ends no list
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
