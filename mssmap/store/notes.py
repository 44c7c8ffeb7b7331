"""Notes: small values that the app remembers under a key, such as the day of the last brief."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.store import audit, ledger, roles, sound, tables
from mssmap.store.ledger import Change, Store

ENTITY: Final = "setting"


def find(store: Store, key: str) -> dict[str, Any] | None:
    """Return a remembered value, None if there is none."""
    query = sa.select(tables.settings.c.value).where(tables.settings.c.key == key)
    value = store.read(lambda connection: connection.execute(query).scalar_one_or_none())
    return None if value is None else sound.body(value)


def listed(store: Store, prefix: str) -> dict[str, dict[str, Any]]:
    """Return all remembered values whose key begins with `prefix`, by key, in the order of the keys."""
    return store.read(lambda connection: under(connection, prefix))


def under(connection: Connection, prefix: str) -> dict[str, dict[str, Any]]:
    """Return what `listed` does, within a transaction."""
    columns = tables.settings.c
    query = sa.select(columns.key, columns.value).where(columns.key.startswith(prefix, autoescape=True))
    return dict(sorted((sound.text(row.key), sound.body(row.value)) for row in connection.execute(query)))


def remember(store: Store, key: str, value: dict[str, Any], *, actor: str | None = None) -> None:
    """Keep a small value, such as the day of the last brief."""
    request_id = str(uuid.uuid4())  # one for all tries of the write
    store.write(
        lambda connection: _remember(connection, key, value, store.signs(actor), request_id),
        needs=roles.NEEDED["brief"],
    )


def remember_next(
    store: Store,
    prefix: str,
    make: Callable[[dict[str, dict[str, Any]]], tuple[str, dict[str, Any]]],
    *,
    actor: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """
    Keep a value whose key or content follows from the others, such as a running number.

    Parameters
    ----------
    make
        Gets the values under `prefix` by key and returns the key and the value to keep; nobody else writes in
        between.

    Returns
    -------
    key, value
        What was kept.
    """
    request_id = str(uuid.uuid4())

    def write(connection: Connection) -> tuple[str, dict[str, Any]]:
        if (done := ledger.entry_of(connection, request_id)) is not None:
            return done.entity_id, sound.body(done.body)
        key, value = make(under(connection, prefix))
        _remember(connection, key, value, store.signs(actor), request_id)
        return key, value

    return store.write(write, needs=roles.NEEDED["brief"])


def _remember(connection: Connection, key: str, value: dict[str, Any], by: str, request_id: str) -> None:
    if ledger.entry_of(connection, request_id) is not None:
        return
    settings = tables.settings
    row = connection.execute(sa.select(settings).where(settings.c.key == key)).one_or_none()
    version = (sound.whole(row.version) if row else 0) + 1
    if row:
        connection.execute(sa.update(settings).where(settings.c.key == key).values(value=value, version=version))
    else:
        connection.execute(sa.insert(settings).values(key=key, value=value, version=version))
    ledger.append(connection, Change(audit.EDIT, ENTITY, key, version, value, by, request_id))
