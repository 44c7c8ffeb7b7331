"""Who has a plan open, and whether it is still the version they see; told by their windows every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from mssmap.store import ledger, sound, tables
from mssmap.store.ledger import Store, StoreAwayError

AGAIN_S: Final = 8
"""Seconds after which a window is written down again; in between it only reads."""
GONE_S: Final = 20
"""Seconds without a word after which a window counts as closed."""

QUICK_MS: Final = 100
"""Milliseconds to wait for other writers."""


@dataclass(frozen=True)
class Watched:
    """A plan as it is now, and the other windows in which it is open, by the name of their person (may be empty)."""

    version: int
    changed_by: str
    changed_at: str
    deleted: bool
    others: tuple[str, ...]


def watch(store: Store, plan_id: str, *, tab: str, name: str = "", now: float) -> Watched | None:
    """
    Say that a window has a plan open, and return how the plan is; None if it is not in the store.

    Parameters
    ----------
    tab
        Id of the window.
    name
        Name of its person, as the others see it.
    now
        Seconds since 1970.
    """
    plan, windows = store.read(lambda connection: (_plan(connection, plan_id), _windows(connection, plan_id)))
    mine = windows.pop(tab, None)
    if mine is None or abs(now - mine[1]) >= AGAIN_S:
        _quickly(store, lambda connection: _here(connection, plan_id, tab, name, now))
    if plan is None:
        return None
    others = tuple(sorted(who for who, seen in windows.values() if abs(now - seen) < GONE_S))
    said = sound.whole(plan.version), sound.text(plan.changed_by), sound.time(plan.changed_at), bool(plan.deleted)
    return Watched(*said, others)


def leave(store: Store, tab: str) -> None:
    """Say that a window was closed."""
    _quickly(
        store, lambda connection: connection.execute(sa.delete(tables.presence).where(tables.presence.c.tab == tab))
    )


def _quickly(store: Store, work: Callable[[Connection], object]) -> None:
    """
    Write without waiting for others, or not at all: a plan never waits for this, and the next time comes soon.

    Nor is it a fault if the same window has asked twice at once: one of them has said it.
    """
    with suppress(StoreAwayError, IntegrityError), ledger.reported(store.engine), store.engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        if store.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {QUICK_MS}")
            work(connection)
            connection.commit()
            return
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout={QUICK_MS}")
        try:
            work(connection)
            connection.commit()
        finally:
            connection.rollback()
            driver.execute(f"PRAGMA busy_timeout={ledger.BUSY_TIMEOUT_MS}")


def _plan(connection: Connection, plan_id: str) -> Any:
    query = sa.select(
        tables.plans.c.version, tables.plans.c.changed_by, tables.plans.c.changed_at, tables.plans.c.deleted
    )
    return connection.execute(query.where(tables.plans.c.plan_id == plan_id)).one_or_none()


def _windows(connection: Connection, plan_id: str) -> dict[str, tuple[str, float]]:
    query = sa.select(tables.presence.c.tab, tables.presence.c.name, tables.presence.c.seen_at).where(
        tables.presence.c.plan_id == plan_id
    )
    rows = [row for row in connection.execute(query) if isinstance(row.seen_at, int | float)]
    return {sound.text(row.tab): (sound.text(row.name), row.seen_at) for row in rows}


def _here(connection: Connection, plan_id: str, tab: str, name: str, now: float) -> None:
    silent = sa.func.abs(tables.presence.c.seen_at - now) > GONE_S
    connection.execute(sa.delete(tables.presence).where((tables.presence.c.tab == tab) | silent))
    connection.execute(sa.insert(tables.presence).values(tab=tab, plan_id=plan_id, name=name[:200], seen_at=now))
