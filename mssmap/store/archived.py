"""Archives in the audit trail: their rows are files beside the store, who added or removed them stands in its chain."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.store import audit, ledger, roles, tables
from mssmap.store.audit import Entry
from mssmap.store.backup_zip import SHELVED
from mssmap.store.ledger import Change, Store

ENTITY: Final = "archive"


def added(store: Store, manifest: dict[str, Any], *, actor: str | None = None, request_id: str | None = None) -> None:
    """
    Note that an archive was made; its manifest holds the hash of its rows.

    Parameters
    ----------
    request_id
        Id of the request; the same id again notes nothing.

    Raises
    ------
    NotAllowedError
        If the person may not import.
    StoreAwayError
        If it could not be written.
    """
    _note(store, audit.EDIT, str(manifest["name"]), manifest, actor, request_id)


def removed(store: Store, name: str, *, actor: str | None = None) -> None:
    """Note that an archive was removed; raises as `added` does."""
    _note(store, audit.DELETE, name, None, actor)


def restored(store: Store, manifest: dict[str, Any], *, actor: str | None = None) -> None:
    """Note that a removed archive was put back; raises as `added` does."""
    _note(store, audit.UNDO, str(manifest["name"]), manifest, actor)


def is_said(about: Mapping[str, Any]) -> bool:
    """Whether a manifest says what it has to."""
    return all(isinstance(about.get(key), kind) for key, kind in SHELVED.items())


def promised(trail: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """
    Return the manifests of the archives that stand by a trail, by name.

    What a field copy has taken away stays here, and stands in the trail under a name with `~`.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in trail:
        if entry.entity != ENTITY or "~" in entry.entity_id:
            continue
        found.pop(entry.entity_id, None)
        if entry.body is not None and is_said(entry.body):  # the check of the chain tells what was damaged
            found[entry.entity_id] = {**entry.body, "name": entry.entity_id}
    return found


def _note(
    store: Store, action: str, name: str, body: dict[str, Any] | None, actor: str | None, request_id: str | None = None
) -> None:
    request_id = request_id or str(uuid.uuid4())  # one for all tries of the write

    def write(connection: Connection) -> None:
        if ledger.entry_of(connection, request_id) is not None:
            return
        before = connection.execute(sa.select(sa.func.count()).where(tables.trail.c.entity_id == name)).scalar_one()
        ledger.append(connection, Change(action, ENTITY, name, before + 1, body, store.signs(actor), request_id))

    store.write(write, needs=roles.NEEDED["import"])
