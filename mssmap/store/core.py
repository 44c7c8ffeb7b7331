"""
The store itself: short transactions that check a version, write the row, its audit entry, and commit to disk.

SQLite runs in WAL mode with `synchronous=FULL`, every write begins with `BEGIN IMMEDIATE`, and writers of one process
queue at a lock. On PostgreSQL an advisory lock of the transaction orders the audit chain. A request id makes a retry
harmless: the second time nothing happens and the first answer is returned.
"""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import audit, migrations, roles
from mssmap.store.models import AuditRow, PlanRow, ProposalRow, SettingRow

BUSY_TIMEOUT_MS = 5_000
LOCK_KEY = 20250118
"""Advisory lock of PostgreSQL that orders writers."""

Result = TypeVar("Result")


class StoreAwayError(MssmapError, OSError):
    """The store cannot be reached or written; what was asked for did not happen."""


@dataclass(frozen=True)
class Plan:
    """A plan as stored: its version, its content as plain values, and who changed it when."""

    plan_id: str
    name: str
    version: int
    body: dict[str, Any]
    changed_at: str
    changed_by: str


class ConflictError(MssmapError, RuntimeError):
    """
    Somebody else changed the plan meanwhile.

    Attributes
    ----------
    theirs
        The plan as it is in the store now.
    yours
        The content that was not written.
    """

    def __init__(self, theirs: Plan, yours: dict[str, Any], version: int) -> None:
        super().__init__(
            _(
                "plan {name!r}: you changed version {yours}, but {somebody} has saved version {theirs} at {at}. "
                "Nothing was overwritten: keep theirs, or save yours over it."
            ).format(
                name=theirs.name,
                yours=version,
                somebody=theirs.changed_by,
                theirs=theirs.version,
                at=theirs.changed_at,
            )
        )
        self.theirs = theirs
        self.yours = yours


class NoStoreError(MssmapError, LookupError):
    """There is no store at the address of the settings."""

    def __init__(self, url: str) -> None:
        super().__init__(
            _(
                "MSSMAP_DATABASE_URL: found no store at {address}, required one that is there. Set it to yours, or "
                "start mssmap serve, which makes a new one."
            ).format(address=address(url))
        )


class GoneError(MssmapError, LookupError):
    """The plan was deleted meanwhile."""


def open_store(url: str, *, make: bool = True) -> Store:
    """
    Open the store at an SQLAlchemy URL and bring its tables up to date.

    Parameters
    ----------
    make
        Whether to make one that is not there.

    Raises
    ------
    InputError
        If the URL is not one of SQLite or PostgreSQL.
    NoStoreError
        If there is none and none is to be made.
    StoreAwayError
        If it cannot be reached or written.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise InputError(
            _("MSSMAP_DATABASE_URL: found no SQLAlchemy URL, required sqlite:///... or postgresql://...")
        ) from error
    if not make and not exists(url):
        raise NoStoreError(url)
    name = parsed.get_backend_name()
    if name == "sqlite":
        engine = _sqlite(parsed)
    elif name == "postgresql":
        engine = sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=5)
    else:
        raise InputError(
            _("MSSMAP_DATABASE_URL: found {name}, required sqlite:///... or postgresql://...").format(name=name)
        )
    store = Store(engine)
    with _reported(engine):
        store.made_now = migrations.is_empty(engine)
        if store.made_now and not make:
            raise NoStoreError(url)
        migrations.upgrade(engine)
    return store


def address(url: str) -> str:
    """
    Return a URL as it may be shown.

    >>> address("postgresql://map:hunter2@db/map?password=hunter2")
    'postgresql://map:***@db/map'
    """
    return sa.make_url(url).set(query={}).render_as_string(hide_password=True)


def exists(url: str) -> bool:
    """Whether there may be a store to read: always so for a server, for SQLite if its file is there."""
    parsed = sa.make_url(url)
    return parsed.get_backend_name() != "sqlite" or bool(parsed.database and Path(parsed.database).exists())


def _sqlite(url: sa.URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreAwayError(
                _("{database}: the folder of the store cannot be made ({strerror}).").format(
                    database=url.database, strerror=error.strerror
                )
            ) from error
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _reported(engine: Engine) -> Iterator[None]:
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
    Plans, settings and their audit trail; safe to share between threads.

    Attributes
    ----------
    actor
        Who signs a write that names nobody.
    made_now
        Whether it was not there before it was opened.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
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

    # ------------------------------------------------------------------ reading

    def plans(self) -> list[Plan]:
        """Return all plans that are not deleted, the latest changed first."""
        newest = sa.select(sa.func.max(AuditRow.seq)).where(AuditRow.entity_id == PlanRow.plan_id).scalar_subquery()
        query = sa.select(PlanRow).where(~PlanRow.deleted).order_by(newest.desc(), PlanRow.plan_id)
        return self._read(lambda session: [_plan(row) for row in session.execute(query)])

    def plan(self, plan_id: str) -> Plan:
        """
        Return a plan.

        Raises
        ------
        NotFoundError
            If there is none with this id, or it was deleted.
        """
        row = self._read(lambda session: _row(session, plan_id))
        if row is None or row.deleted:
            raise NotFoundError(
                _("plan {plan_id!r}: there is none, or it was deleted. Choose one from the list.").format(
                    plan_id=plan_id
                )
            )
        return _plan(row)

    def history(self, plan_id: str) -> list[audit.Entry]:
        """Return the changes of a plan, oldest first."""
        return self.trail(plan_id)

    def trail(self, entity_id: str | None = None) -> list[audit.Entry]:
        """Return the audit trail in order, of everything or of one record."""
        query = sa.select(AuditRow.__table__).order_by(AuditRow.seq)
        if entity_id is not None:
            query = query.where(AuditRow.entity_id == entity_id)
        return self._read(lambda session: [audit.Entry(**row._mapping) for row in session.execute(query)])

    def setting(self, key: str) -> dict[str, Any] | None:
        """Return a remembered value, None if there is none."""
        query = sa.select(SettingRow.value).where(SettingRow.key == key)
        return self._read(lambda session: session.execute(query).scalar_one_or_none())

    def settings(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Return all remembered values whose key begins with `prefix`, by key, in the order of the keys."""
        return self._read(lambda session: _settings(session, prefix))

    # ------------------------------------------------------------------ writing

    def save(
        self, body: dict[str, Any], *, version: int, actor: str | None = None, request_id: str | None = None
    ) -> Plan:
        """
        Write a plan.

        Parameters
        ----------
        body
            Content with `id` and `name`, as `scenario.to_dict` gives it.
        version
            The version that was changed; 0 for a new plan.
        request_id
            Id of the request; the same id again changes nothing and returns what the first one wrote.

        Returns
        -------
        plan
            As it is on disk now.

        Raises
        ------
        ConflictError
            If the plan has another version now.
        GoneError
            If it was deleted.
        StoreAwayError
            If it could not be written; nothing has changed then.
        """
        return self._change(str(body["id"]), audit.EDIT, lambda _entries: body, version, actor, request_id)

    def undo(self, plan_id: str, *, version: int, actor: str | None = None, request_id: str | None = None) -> Plan:
        """
        Take the last change of a plan back; that is a change of its own, and can be redone.

        Raises
        ------
        InputError
            If there is nothing to undo.
        """

        def earlier(entries: list[audit.Entry]) -> dict[str, Any]:
            done, _undone = audit.stacks(entries)
            if len(done) < 2 or done[-2].body is None:
                raise InputError(_("undo: there is no earlier state of plan {plan_id!r}.").format(plan_id=plan_id))
            return done[-2].body

        return self._change(plan_id, audit.UNDO, earlier, version, actor, request_id)

    def redo(self, plan_id: str, *, version: int, actor: str | None = None, request_id: str | None = None) -> Plan:
        """
        Bring back what was undone last.

        Raises
        ------
        InputError
            If nothing was undone since the last edit.
        """

        def later(entries: list[audit.Entry]) -> dict[str, Any]:
            _done, undone = audit.stacks(entries)
            if not undone or undone[-1].body is None:
                raise InputError(
                    _("redo: nothing was undone in plan {plan_id!r} since its last change.").format(plan_id=plan_id)
                )
            return undone[-1].body

        return self._change(plan_id, audit.REDO, later, version, actor, request_id)

    def delete(self, plan_id: str, *, version: int, actor: str | None = None, request_id: str | None = None) -> None:
        """Take a plan off the list; its history stays in the trail."""
        self._change(plan_id, audit.DELETE, lambda _entries: None, version, actor, request_id)

    def remember(self, key: str, value: dict[str, Any], *, actor: str | None = None) -> None:
        """Keep a small value, such as the day of the last brief."""
        request_id = str(uuid.uuid4())  # one for all tries of the write
        self._write(lambda session: self._remember(session, key, value, actor, request_id), needs=roles.NEEDED["brief"])

    def remember_next(
        self,
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

        def write(session: Connection) -> tuple[str, dict[str, Any]]:
            if (done := _entry(session, request_id)) is not None:
                return done.entity_id, done.body
            key, value = make(_settings(session, prefix))
            self._remember(session, key, value, actor, request_id)
            return key, value

        return self._write(write, needs=roles.NEEDED["brief"])

    def _remember(
        self, session: Connection, key: str, value: dict[str, Any], actor: str | None, request_id: str
    ) -> None:
        if _entry(session, request_id) is not None:
            return
        row = session.execute(sa.select(SettingRow.__table__).where(SettingRow.key == key)).one_or_none()
        version = (row.version if row else 0) + 1
        if row:
            session.execute(sa.update(SettingRow).where(SettingRow.key == key).values(value=value, version=version))
        else:
            session.execute(sa.insert(SettingRow).values(key=key, value=value, version=version))
        self._append(session, audit.EDIT, "setting", key, version, value, self.signs(actor), request_id)

    def _change(
        self,
        plan_id: str,
        action: str,
        make: Callable[[list[audit.Entry]], dict[str, Any] | None],
        version: int,
        actor: str | None,
        request_id: str | None,
    ) -> Plan:
        request_id, by = request_id or str(uuid.uuid4()), self.signs(actor)

        def write(session: Connection) -> Plan:
            if (done := _answered(session, request_id)) is not None:
                return done
            row = _row(session, plan_id)
            if row is not None and row.deleted:
                raise GoneError(
                    _("plan {name!r} was deleted meanwhile. Save yours as a new plan to keep it.").format(name=row.name)
                )
            if (row.version if row else 0) != version:
                if row is None:
                    raise GoneError(
                        _("plan {plan_id!r} is not in the store. Save it as a new plan.").format(plan_id=plan_id)
                    )
                raise ConflictError(_plan(row), make(_entries(session, plan_id)) or {}, version)
            body = make(_entries(session, plan_id))
            kept = body if body is not None else row.body if row else {}
            now = _now()
            values = {
                "name": str(kept["name"])[:200],
                "version": version + 1,
                "deleted": body is None,
                "body": kept,
                "changed_at": now,
                "changed_by": by,
            }
            if row is None:
                session.execute(sa.insert(PlanRow).values(plan_id=plan_id, **values))
            else:
                session.execute(sa.update(PlanRow).where(PlanRow.plan_id == plan_id).values(**values))
            _project(session, plan_id, kept)
            self._append(session, action, "plan", plan_id, version + 1, body, by, request_id, now)
            return Plan(plan_id, str(values["name"]), version + 1, kept, now, by)

        return self._write(write, needs=roles.NEEDED["plan"])

    def _append(
        self,
        session: Connection,
        action: str,
        entity: str,
        entity_id: str,
        version: int,
        body: dict[str, Any] | None,
        actor: str,
        request_id: str,
        at: str | None = None,
    ) -> None:
        last = session.execute(
            sa.select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
        ).one_or_none()
        fields = {
            "seq": (last.seq if last else 0) + 1,
            "request_id": request_id,
            "at": at or _now(),
            "actor": actor,
            "action": action,
            "entity": entity,
            "entity_id": entity_id,
            "version": version,
            "body": body,
            "before": last.hash if last else audit.START,
        }
        session.execute(sa.insert(AuditRow).values(**fields, hash=audit.digest(fields)))

    # ------------------------------------------------------------------ transactions

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with _reported(self.engine), self.engine.connect() as session:
            return work(session)

    def _write(self, work: Callable[[Connection], Result], *, needs: str = roles.ADMIN, tries: int = 3) -> Result:
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
                    _reported(self.engine),
                    self._writing,
                    self.engine.connect().execution_options(writes=True) as session,
                    session.begin(),
                ):
                    if self.engine.dialect.name == "postgresql":
                        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
                    if self._checked:
                        roles.require(session, self.actor, needs, self._default_role)
                    return work(session)
            except StoreAwayError:
                if attempt == tries - 1:
                    raise
                time.sleep(0.1 * (attempt + 1))
        raise AssertionError  # pragma: no cover -- the last try returns or raises


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _row(session: Connection, plan_id: str) -> Any:
    return session.execute(sa.select(PlanRow.__table__).where(PlanRow.plan_id == plan_id)).one_or_none()


def _plan(row: Any) -> Plan:
    row = getattr(row, "PlanRow", row)
    return Plan(row.plan_id, row.name, row.version, row.body, row.changed_at, row.changed_by)


def _entries(session: Connection, plan_id: str) -> list[audit.Entry]:
    query = sa.select(AuditRow.__table__).where(AuditRow.entity_id == plan_id).order_by(AuditRow.seq)
    return [audit.Entry(**row._mapping) for row in session.execute(query)]


def _entry(session: Connection, request_id: str) -> Any:
    """The change that an earlier try of the same request made, if there was one."""
    return session.execute(sa.select(AuditRow.__table__).where(AuditRow.request_id == request_id)).one_or_none()


def _answered(session: Connection, request_id: str) -> Plan | None:
    """The plan as an earlier try of the same request wrote it."""
    row = _entry(session, request_id)
    if row is None:
        return None
    body = row.body or {}
    return Plan(row.entity_id, str(body.get("name", "")), row.version, body, row.at, row.actor)


def _settings(session: Connection, prefix: str) -> dict[str, dict[str, Any]]:
    query = sa.select(SettingRow.key, SettingRow.value).where(SettingRow.key.startswith(prefix, autoescape=True))
    return dict(sorted((row.key, row.value) for row in session.execute(query)))


def _project(session: Connection, plan_id: str, body: dict[str, Any]) -> None:
    """Write the proposals of a plan as points, for maps outside mssmap."""
    session.execute(sa.delete(ProposalRow).where(ProposalRow.plan_id == plan_id))
    active = set(body.get("active", ()))
    rows = [
        {
            "plan_id": plan_id,
            "proposal_id": item["id"],
            "name": item["name"],
            "kind": item["kind"],
            "rule": item["rule"],
            "active": item["id"] in active,
            "capacity": item.get("capacity"),
            "note": item.get("note", ""),
            "place": (float(item["lon"]), float(item["lat"])),
        }
        for item in body.get("proposals", ())
    ]
    if rows:
        session.execute(sa.insert(ProposalRow), rows)
