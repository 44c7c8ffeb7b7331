"""Alembic migrations of the store, run when it is opened: once, under a lock, and only if something is to do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

LOCK_KEY = 20250119


def config() -> Config:
    """Return the configuration of Alembic for this folder."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    return found


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest version; replicas that start together take turns."""
    settings = config()
    head = ScriptDirectory.from_config(settings).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
