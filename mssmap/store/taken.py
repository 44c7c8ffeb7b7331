"""
Releases of the data that were taken over from another installation: one setting each, its file among the payloads.

What a release does to submissions (those that stand in it are published, those that stand against it are decided) is
written in the same transaction, so that there is never a part of it.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import DataError
from mssmap.i18n import gettext as _
from mssmap.store import audit, inbox, ledger, notes, payloads, roles, sound, tables
from mssmap.store.ledger import Change, GoneError, Store

PREFIX: Final = "release-"
"""How the keys of these settings begin; a field copy brings none, for nobody has checked their signature here."""
VERSION: Final = "version"
SIZE_LIMIT: Final = payloads.MOST_BYTES


@dataclass(frozen=True)
class Decided:
    """What becomes of a submission: its state from now on, and what is said and kept of it."""

    number: int
    state: str
    more: Mapping[str, Any]


def key_of(version: str) -> str:
    """
    Return the key of a release; a dot before its last number would make it one of a numbered series.

    >>> key_of("2026.11.2")
    'release-2026-11-2'
    """
    return PREFIX + version.replace(".", "-")


def listed(store: Store) -> list[dict[str, Any]]:
    """Return what is kept of each release that was taken over: `release`, `sha256` of its rows, `origin`."""
    return list(notes.listed(store, PREFIX).values())


def content(store: Store, said: Mapping[str, Any]) -> bytes:
    """
    Return the file of a release.

    Raises
    ------
    DataError
        If it is not in the store, or is not what was taken over.
    """
    found = payloads.get(store, str(said.get("sha256")))
    unpack = zlib.decompressobj()
    try:
        plain = b"" if isinstance(found, str) else unpack.decompress(found, SIZE_LIMIT)
    except zlib.error:
        plain = b""
    if not plain or not unpack.eof:
        raise DataError(
            _("Release {version}: found {found} in the store, required its file. Take it over again.").format(
                version=sound.body(said.get("release")).get(VERSION),
                found=found if isinstance(found, str) else "no rows",
            )
        )
    return plain


def take(
    store: Store,
    release: Mapping[str, Any],
    file: bytes,
    decided: list[Decided],
    *,
    origin: str,
    seen: tuple[int, int],
    actor: str | None = None,
) -> None:
    """
    Take a release over, with what it does to submissions: all of it or nothing.

    Parameters
    ----------
    release
        As `records.released.Release` has it.
    seen
        `inbox.mark_of` the store when it was worked out what becomes of the submissions.

    Raises
    ------
    GoneError
        If something was accepted or published meanwhile.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    rows = zlib.compress(file, 9)
    body = {"release": dict(release), "sha256": payloads.digest(rows), "origin": origin}
    request_id, by, key = str(uuid.uuid4()), store.signs(actor), key_of(str(release[VERSION]))

    def write(connection: Connection) -> None:
        if ledger.entry_of(connection, request_id) is not None:
            return
        if inbox.mark_within(connection) != seen:
            raise GoneError(_("Something was accepted meanwhile. Nothing was changed; take the release over again."))
        payloads.put(connection, rows)
        settings = tables.settings
        row = connection.execute(sa.select(settings).where(settings.c.key == key)).one_or_none()
        version = (sound.whole(row.version) if row else 0) + 1
        connection.execute(sa.delete(settings).where(settings.c.key == key))
        connection.execute(sa.insert(settings).values(key=key, value=body, version=version))
        ledger.append(connection, Change(audit.EDIT, notes.ENTITY, key, version, body, by, request_id))
        for one in decided:
            inbox.keep(connection, one.number, one.state, one.more, by)

    store.write(write, needs=roles.NEEDED["accept"])
