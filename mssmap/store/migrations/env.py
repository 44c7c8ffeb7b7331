"""Alembic's entry: migrates on the connection it was handed, inside that transaction."""

from __future__ import annotations

from alembic import context

from mssmap.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
