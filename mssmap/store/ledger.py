"""
The ledger: short transactions that check who writes, do the work, append to the audit trail, and commit to disk.

Every write of SQLite begins with `BEGIN IMMEDIATE`, and writers of one process queue at a lock. On PostgreSQL an
advisory lock of the transaction orders the audit chain. What is written stands in modules of its own: `plans`,
`notes`, `imports`, `people` and the like are functions that take a store, read and write with it, and append.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import audit, identity, roles, sound, tables
from mssmap.store.identity import StoreAwayError as StoreAwayError

BUSY_TIMEOUT_MS = 5_000
LOCK_KEY = 20250118
"""Advisory lock of PostgreSQL that orders writers."""

Result = TypeVar("Result")


class GoneError(MssmapError, LookupError):
    """What was to be changed was taken away meanwhile."""


@dataclass(frozen=True)
class Change:
    """
    A change for the trail.

    Attributes
    ----------
    body
        What the record holds after it; None if it was taken away.
    request_id
        Of the request; no two changes have the same.
    at
        When it was made; now if empty.
    """

    action: str
    entity: str
    entity_id: str
    version: int
    body: dict[str, Any] | None
    actor: str
    request_id: str
    at: str = ""


@contextmanager
def reported(engine: Engine) -> Iterator[None]:
    """Turn what a database driver says into one line that a person can act on."""
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).splitlines()[0]
        full = "disk is full" in reason or "No space left" in reason
        hint = (
            _("Free some space and try again.") if full else _("Check that it runs and can be written, then try again.")
        )
        raise StoreAwayError(
            _("The store ({found}) did not take it: {reason}. {hint}").format(
                found=engine.url.get_backend_name(), reason=reason, hint=hint
            )
        ) from error
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreAwayError(
            _("The store did not take it: {found}.").format(found=str(error.orig).splitlines()[0])
        ) from error


class Store:
    """
    A store that was opened, and for whom; safe to share between threads.

    Attributes
    ----------
    actor
        Who signs a write that names nobody.
    identity
        Which store it is, and whether it still is.
    made_now
        Whether it was not there before it was opened.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.identity = identity.Identity(engine)
        self.actor = roles.LOCAL
        self.made_now = False
        self._writing = threading.Lock()
        self._checked = False
        self._default_role = roles.NONE

    def acting(self, person_id: str, *, default_role: str = roles.NONE) -> Store:
        """
        Return the same store for one person: each write is signed by them, and checks their role when it is made.

        Parameters
        ----------
        default_role
            Role of a person to whom nobody ever gave or took one.
        """
        own = copy.copy(self)
        own.actor, own._checked, own._default_role = person_id, True, default_role
        return own

    def signs(self, actor: str | None = None) -> str:
        """Return who signs a write: the person for whom the store was opened, whatever else is asked for."""
        return self.actor if self._checked or actor is None else actor

    def trail(self, entity_id: str | None = None) -> list[audit.Entry]:
        """Return the audit trail in order, of everything or of one record."""
        query = sa.select(tables.trail).order_by(tables.trail.c.seq)
        if entity_id is not None:
            query = query.where(tables.trail.c.entity_id == entity_id)
        return self.read(lambda connection: [as_entry(row) for row in connection.execute(query)])

    def require_same(self) -> None:
        """Raise `StoreAwayError` unless this is the store that was opened, with all in it that was acknowledged."""
        self.read(self.identity.prove)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run work that only reads, on one connection."""
        with reported(self.engine), self.engine.connect() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], Result], *, needs: str = roles.ADMIN, tries: int = 3) -> Result:
        """
        Run one transaction; a lost connection or a busy file is tried again, which the request id makes harmless.

        Parameters
        ----------
        needs
            The least role of the person for whom the store was opened, looked up inside the transaction.
        """
        for attempt in range(tries):
            try:
                with (
                    reported(self.engine),
                    self._writing,
                    self.engine.connect().execution_options(writes=True) as connection,
                ):
                    with connection.begin():
                        if self.engine.dialect.name == "postgresql":
                            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
                        self.identity.prove(connection)
                        if self._checked:
                            roles.require(connection, self.actor, needs, self._default_role)
                        done = work(connection)
                    self.identity.acknowledge(connection)
                    return done
            except StoreAwayError:
                if attempt == tries - 1:
                    raise
                time.sleep(0.1 * (attempt + 1))
        raise AssertionError  # pragma: no cover -- the last try returns or raises


def append(connection: Connection, change: Change) -> None:
    """Add a change to the trail within the transaction that makes it, chained to the one before."""
    columns = tables.trail.c
    last = connection.execute(sa.select(columns.seq, columns.hash).order_by(columns.seq.desc()).limit(1)).one_or_none()
    fields = {
        **vars(change),
        "seq": (last.seq if last else 0) + 1,
        "at": change.at or now(),
        "before": last.hash if last else audit.START,
    }
    own_hash = audit.digest(fields)
    connection.execute(sa.insert(tables.trail).values(**fields, hash=own_hash))
    connection.info[identity.HEAD] = (fields["seq"], own_hash)


def now() -> str:
    """Return the time as changes are marked with it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def entries_of(connection: Connection, entity_id: str) -> list[audit.Entry]:
    """Return the changes of a record, oldest first."""
    query = sa.select(tables.trail).where(tables.trail.c.entity_id == entity_id).order_by(tables.trail.c.seq)
    return [as_entry(row) for row in connection.execute(query)]


def entry_of(connection: Connection, request_id: str) -> audit.Entry | None:
    """Return the change that an earlier try of the same request made, if there was one."""
    row = connection.execute(sa.select(tables.trail).where(tables.trail.c.request_id == request_id)).one_or_none()
    return None if row is None else as_entry(row)


def as_entry(row: Any) -> audit.Entry:
    """Return a row of the trail; one that was damaged is given in the right types, and its hash then tells it."""
    found: dict[str, Any] = {name: sound.text(value) for name, value in row._mapping.items()}
    found |= {"seq": sound.whole(row.seq), "version": sound.whole(row.version)}
    return audit.Entry(**found | {"body": None if row.body is None else sound.body(row.body)})
