"""Alembic migrations of the store, run when it is opened: once, under a lock, and only if something is to do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

LOCK_KEY = 20250119


def config() -> Config:
    """Return the configuration of Alembic for this folder."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    return found


def scripts() -> ScriptDirectory:
    """Return the migrations that this mssmap knows."""
    return ScriptDirectory.from_config(config())


def current(connection: Connection) -> str | None:
    """Return the revision of the tables, None if there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def is_empty(engine: Engine) -> bool:
    """Whether there are no tables of ours."""
    with engine.connect() as connection:
        return current(connection) is None


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, inside the transaction of a connection."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)


def upgrade(engine: Engine) -> None:
    """
    Bring the tables to the newest version; replicas that start together take turns.

    Raises
    ------
    InputError
        If a newer mssmap has written the store: its tables are not touched.
    """
    directory = scripts()
    with engine.connect() as connection:
        found = current(connection)
    if found == directory.get_current_head():
        return
    known = {script.revision for script in directory.walk_revisions()}
    if found is not None and found not in known:
        raise InputError(
            _(
                "MSSMAP_DATABASE_URL: found a store of a newer mssmap (tables {found}), required at most {known}. "
                "Update mssmap, or choose another store."
            ).format(found=found, known=max(known))
        )
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
        migrate(connection)
