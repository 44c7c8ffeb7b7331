"""Rows of imports and matrices: Parquet, kept once under the hash that an import or a plan names."""

from __future__ import annotations

import hashlib
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.store import tables
from mssmap.store.ledger import Store

MOST_BYTES: Final = 100_000_000
"""Of the rows under one hash: what a back-up can give back."""


def digest(content: bytes) -> str:
    """Return the name under which rows are kept."""
    return hashlib.sha256(content).hexdigest()


def put(connection: Connection, content: bytes) -> None:
    """
    Keep rows within a transaction, unless they are there already as they should be.

    Raises
    ------
    InputError
        If they are more than a back-up can give back.
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            _("rows: found {found} bytes, required at most {most}. Store a part of them; nothing was changed.").format(
                found=f"{len(content):,}", most=f"{MOST_BYTES:,}"
            )
        )
    name = digest(content)
    there = connection.execute(
        sa.select(tables.payloads.c.content).where(tables.payloads.c.sha256 == name)
    ).one_or_none()
    if there is None:
        connection.execute(sa.insert(tables.payloads).values(sha256=name, content=content))
    elif there.content != content:  # damaged meanwhile: who brings the rows again mends them
        connection.execute(sa.update(tables.payloads).where(tables.payloads.c.sha256 == name).values(content=content))


def is_whole(connection: Connection, name: str) -> bool:
    """Say whether rows are there as they were kept."""
    content = connection.execute(
        sa.select(tables.payloads.c.content).where(tables.payloads.c.sha256 == name)
    ).scalar_one_or_none()
    return isinstance(content, bytes) and digest(content) == name


def names(store: Store) -> list[str]:
    """Return the hashes of all rows that are kept."""
    return store.read(lambda connection: list(connection.execute(sa.select(tables.payloads.c.sha256)).scalars()))


def get(store: Store, name: str) -> bytes | str:
    """Return the rows of a hash; if there are none, or others, a text that says which of both."""
    query = sa.select(tables.payloads.c.content).where(tables.payloads.c.sha256 == name)
    found = store.read(lambda connection: connection.execute(query).scalar_one_or_none())
    if found is None:
        return "no rows"
    return (
        bytes(found)
        if isinstance(found, bytes | memoryview) and digest(bytes(found)) == name
        else "rows that were changed"
    )
