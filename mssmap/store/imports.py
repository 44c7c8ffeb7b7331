"""
Imports in the store: saved, removed and brought back, each a change with its audit row in the same transaction.

The audit row holds what is said about an import and the hash of its rows; the rows themselves are Parquet, kept once
under that hash. Everything else (lock, request id, chain) is as for plans.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import audit, ledger, payloads, roles, sound, tables
from mssmap.store.ledger import Change, GoneError, Store

ENTITY: Final = "import"


@dataclass(frozen=True)
class Import:
    """
    An import as stored.

    Attributes
    ----------
    body
        What is said about it; `sha256` is the hash of its rows.
    removed
        True if it was taken away; it can be brought back.
    """

    import_id: str
    name: str
    version: int
    removed: bool
    body: dict[str, Any]
    changed_at: str
    changed_by: str


def listed(store: Store, *, removed: bool = False) -> list[Import]:
    """Return the imports in the order of their names, with the removed ones only if asked for."""
    query = sa.select(tables.imports).order_by(tables.imports.c.name, tables.imports.c.import_id)
    if not removed:
        query = query.where(~tables.imports.c.removed)
    return store.read(lambda connection: [_import(row) for row in connection.execute(query)])


def find(store: Store, import_id: str) -> Import:
    """
    Return an import, removed or not.

    Raises
    ------
    NotFoundError
        If there never was one with this id.
    """
    row = store.read(lambda connection: _row(connection, import_id))
    if row is None:
        raise NotFoundError(
            _("import {import_id!r}: there is none. `mssmap layers` lists those there are.").format(import_id=import_id)
        )
    return _import(row)


def content(store: Store, item: Import) -> bytes:
    """
    Return the rows of an import as Parquet.

    Raises
    ------
    DataError
        If they are not in the store, or are not what was stored.
    """
    found = payloads.get(store, str(item.body.get("sha256")))
    if isinstance(found, str):
        raise DataError(
            f"import {item.name!r}: found {found} in the store, required those of its hash. Import it again."
        )
    return found


def faults(store: Store) -> list[str]:
    """Return a line for whatever the store should keep under a hash, and which is missing or was changed."""
    needed = {str(item.body.get("sha256")): f"import {item.name!r}" for item in listed(store, removed=True)}
    for entry in store.trail():
        if entry.action == audit.MERGE and entry.body:
            needed[str(entry.body.get("trail"))] = f"trail of {entry.body.get('origin')!r}"
    return [
        f"{needed.get(name, f'rows {name[:12]}')}: found {found} in the store, required those of its hash"
        for name in sorted({*needed, *payloads.names(store)})
        if isinstance(found := payloads.get(store, name), str)
    ]


def save(
    store: Store, body: dict[str, Any], rows: bytes, *, actor: str | None = None, request_id: str | None = None
) -> Import:
    """
    Store an import; one that was removed comes back, one whose rows were damaged is mended.

    Parameters
    ----------
    body
        What is said about it, with `id` and `name`.
    rows
        Its rows as Parquet.

    Raises
    ------
    InputError
        If it is there already.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    body = {**body, "sha256": payloads.digest(rows), "bytes": len(rows)}

    def write(connection: Connection, before: Any) -> Import:
        if before is not None and not before.removed and payloads.is_whole(connection, str(body["sha256"])):
            raise InputError(
                _("import {name!r}: the same content is in the store already. Nothing was changed.").format(
                    name=before.name
                )
            )
        payloads.put(connection, rows)
        return _next(str(body["id"]), before, body, removed=False, actor=store.signs(actor))

    return _change(store, str(body["id"]), audit.EDIT, write, actor, request_id)


def remove(
    store: Store, import_id: str, *, version: int, actor: str | None = None, request_id: str | None = None
) -> Import:
    """
    Take an import away; `restore` brings it back.

    Raises
    ------
    GoneError
        If it has another version now: somebody else removed it or brought it back meanwhile.
    """

    def write(_session: Connection, before: Any) -> Import:
        _require(before, import_id, version, removed=False)
        return _next(import_id, before, sound.body(before.body), removed=True, actor=store.signs(actor))

    return _change(store, import_id, audit.DELETE, write, actor, request_id)


def restore(
    store: Store, import_id: str, *, version: int, actor: str | None = None, request_id: str | None = None
) -> Import:
    """
    Bring a removed import back, as it was.

    Raises
    ------
    GoneError
        If it has another version now.
    """

    def write(_session: Connection, before: Any) -> Import:
        _require(before, import_id, version, removed=True)
        return _next(import_id, before, sound.body(before.body), removed=False, actor=store.signs(actor))

    return _change(store, import_id, audit.UNDO, write, actor, request_id)


def _require(before: Any, import_id: str, version: int, *, removed: bool) -> None:
    if before is None or before.version != version or before.removed is not removed:
        raise GoneError(
            _("import {import_id!r}: it was changed meanwhile. Look at the list again; nothing was changed.").format(
                import_id=import_id
            )
        )


def _next(import_id: str, before: Any, body: dict[str, Any], *, removed: bool, actor: str) -> Import:
    version = (sound.whole(before.version) if before is not None else 0) + 1
    named = str(body.get("name") or sound.text(before.name))[:200]
    return Import(import_id, named, version, removed, body, ledger.now(), actor)


def _change(
    store: Store,
    import_id: str,
    action: str,
    make: Callable[[Connection, Any], Import],
    actor: str | None,
    request_id: str | None,
) -> Import:
    """Run one change in one transaction; the same request id again only answers what the first one did."""
    request_id = request_id or str(uuid.uuid4())

    def write(connection: Connection) -> Import:
        row = _row(connection, import_id)
        if ledger.entry_of(connection, request_id) is not None:
            return _import(row)
        after = make(connection, row)
        values = {**vars(after)}
        if row is None:
            connection.execute(sa.insert(tables.imports).values(**values))
        else:
            connection.execute(
                sa.update(tables.imports).where(tables.imports.c.import_id == import_id).values(**values)
            )
        said = None if action == audit.DELETE else after.body
        by = store.signs(actor)
        change = Change(action, ENTITY, import_id, after.version, said, by, request_id, after.changed_at)
        ledger.append(connection, change)
        return after

    return store.write(write, needs=roles.NEEDED["import"])


def _import(row: Any) -> Import:
    """Return a row as an import, whatever stands in it: what is about to be used is checked where it is used."""
    texts = [sound.text(value) for value in (row.import_id, row.name, row.changed_at, row.changed_by)]
    version, body = sound.whole(row.version), sound.body(row.body)
    return Import(texts[0], texts[1], version, bool(row.removed), body, texts[2], texts[3])


def _row(connection: Connection, import_id: str) -> Any:
    return connection.execute(sa.select(tables.imports).where(tables.imports.c.import_id == import_id)).one_or_none()
