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
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import audit, identity, migrations, roles, sound
from mssmap.store.identity import StoreAwayError as StoreAwayError
from mssmap.store.models import AnswerRow, AuditRow, PlanRow, ProposalRow, SettingRow

BUSY_TIMEOUT_MS = 5_000
LOCK_KEY = 20250118
"""Advisory lock of PostgreSQL that orders writers."""

Result = TypeVar("Result")

Entries = Callable[[], list[audit.Entry]]
"""Gives the changes of a plan, oldest first; read only by those who need them."""


@dataclass(frozen=True)
class Plan:
    """A plan as stored: its version, its content as plain values, and who changed it when."""

    plan_id: str
    name: str
    version: int
    body: dict[str, Any]
    changed_at: str
    changed_by: str
    deleted: bool = False


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
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=5, json_deserializer=sound.loads
        )
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
        identity.name_again(engine, LOCK_KEY)
    store._read(store.identity.learn)
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
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, json_deserializer=sound.loads)

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")  # half a sign ends no list
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
        plan = self.stored(plan_id)
        if plan is None or plan.deleted:
            raise NotFoundError(
                _("plan {plan_id!r}: there is none, or it was deleted. Choose one from the list.").format(
                    plan_id=plan_id
                )
            )
        return plan

    def stored(self, plan_id: str) -> Plan | None:
        """Return a plan, also one that was deleted; None if there never was one with this id."""
        row = self._read(lambda session: _row(session, plan_id))
        return None if row is None else _plan(row)

    def has(self, request_id: str) -> bool:
        """Whether a change with this id was made, or an act that changed nothing."""
        return self._read(lambda session: _entry(session, request_id) is not None or _answered(session, request_id))

    def deleted(self) -> list[Plan]:
        """Return the plans that were deleted and can be brought back, the latest first."""
        gone = PlanRow.deleted.is_not(sa.false())  # whatever else stands there: each plan is in one of the lists
        query = sa.select(PlanRow.__table__).where(gone).order_by(PlanRow.changed_at.desc(), PlanRow.plan_id)
        return self._read(lambda session: [_plan(row) for row in session.execute(query)])

    def steps(self, plan_id: str) -> tuple[bool, bool]:
        """Return whether there is something to undo in a plan, and something to redo."""
        query = sa.select(AuditRow.action).where(AuditRow.entity_id == plan_id).order_by(AuditRow.seq)
        done, undone = audit.stacks(self._read(lambda session: list(session.execute(query))))
        return len(done) > 1, bool(undone) and undone[-1].action != audit.DELETE

    def history(self, plan_id: str) -> list[audit.Entry]:
        """Return the changes of a plan, oldest first."""
        return self.trail(plan_id)

    def trail(self, entity_id: str | None = None) -> list[audit.Entry]:
        """Return the audit trail in order, of everything or of one record."""
        query = sa.select(AuditRow.__table__).order_by(AuditRow.seq)
        if entity_id is not None:
            query = query.where(AuditRow.entity_id == entity_id)
        return self._read(lambda session: [as_entry(row) for row in session.execute(query)])

    def setting(self, key: str) -> dict[str, Any] | None:
        """Return a remembered value, None if there is none."""
        query = sa.select(SettingRow.value).where(SettingRow.key == key)
        found = self._read(lambda session: session.execute(query).scalar_one_or_none())
        return None if found is None else sound.body(found)

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
            Content with `id` and `name`, as `plan_file.to_dict` gives it.
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
        return self._change(str(body["id"]), audit.EDIT, lambda _body, _entries: body, version, actor, request_id)

    def act(
        self,
        plan_id: str,
        change: Callable[[dict[str, Any] | None], dict[str, Any]],
        *,
        request_id: str,
        actor: str | None = None,
    ) -> Plan:
        """
        Change a plan as it stands at this moment, whoever changed it last.

        Parameters
        ----------
        change
            Gets the content of the plan, None if there is none yet, and returns the new one.
        request_id
            Id of the act; one that arrives again changes nothing.

        Returns
        -------
        plan
            As this act left it. One that changes nothing makes no version.

        Raises
        ------
        GoneError
            If the plan was deleted.
        StoreAwayError
            If it could not be written; nothing has changed then.
        """
        return self._change(plan_id, audit.EDIT, lambda body, _entries: change(body), None, actor, request_id)

    def undo(
        self, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
    ) -> Plan:
        """
        Take the last change of a plan back; that is a change of its own, and can be redone.

        Parameters
        ----------
        version
            The version that the person saw; None takes back whatever was done last.

        Raises
        ------
        InputError
            If there is nothing to undo.
        """

        def earlier(_body: dict[str, Any] | None, entries: Entries) -> dict[str, Any]:
            done, _undone = audit.stacks(entries())
            if len(done) < 2 or done[-2].body is None:
                raise InputError(_("undo: there is no earlier state of plan {plan_id!r}.").format(plan_id=plan_id))
            return done[-2].body

        return self._change(plan_id, audit.UNDO, earlier, version, actor, request_id)

    def redo(
        self, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
    ) -> Plan:
        """
        Bring back what was undone last; `version` as in `undo`.

        Raises
        ------
        InputError
            If nothing was undone since the last edit.
        """

        def later(_body: dict[str, Any] | None, entries: Entries) -> dict[str, Any]:
            _done, undone = audit.stacks(entries())
            if not undone or undone[-1].body is None:
                raise InputError(
                    _("redo: nothing was undone in plan {plan_id!r} since its last change.").format(plan_id=plan_id)
                )
            return undone[-1].body

        return self._change(plan_id, audit.REDO, later, version, actor, request_id)

    def delete(
        self, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
    ) -> Plan:
        """Take a plan off the list and return it; its history stays in the trail, and it can be brought back."""
        return self._change(plan_id, audit.DELETE, lambda _body, _entries: None, version, actor, request_id)

    def bring_back(self, plan_id: str, *, actor: str | None = None, request_id: str | None = None) -> Plan:
        """Take the deletion of a plan back; one that is there stays as it is."""
        return self._change(plan_id, audit.UNDO, lambda body, _entries: body, None, actor, request_id, revive=True)

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
                return done.entity_id, sound.body(done.body)
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
        version = (sound.whole(row.version) if row else 0) + 1
        if row:
            session.execute(sa.update(SettingRow).where(SettingRow.key == key).values(value=value, version=version))
        else:
            session.execute(sa.insert(SettingRow).values(key=key, value=value, version=version))
        self._append(session, audit.EDIT, "setting", key, version, value, self.signs(actor), request_id)

    def _change(
        self,
        plan_id: str,
        action: str,
        make: Callable[[dict[str, Any] | None, Entries], dict[str, Any] | None],
        version: int | None,
        actor: str | None,
        request_id: str | None,
        *,
        revive: bool = False,
    ) -> Plan:
        request_id, by = request_id or str(uuid.uuid4()), self.signs(actor)

        def write(session: Connection) -> Plan:
            if (done := _written(session, request_id)) is not None:
                return done
            row = _row(session, plan_id)
            if version is None and _answered(session, request_id):
                return _plan(row)
            if row is not None and row.deleted and action != audit.DELETE and not revive:
                raise GoneError(
                    _("plan {name!r} was deleted meanwhile. Bring it back, or save yours as a new plan.").format(
                        name=sound.text(row.name)
                    )
                )
            body = make(sound.body(row.body) if row else None, lambda: _entries(session, plan_id))
            if row is None and body is None:
                raise _absent(plan_id)
            if version is not None:
                _require_version(row, plan_id, version, body)
            elif row is not None and _stands(row, body):
                answer = {"request_id": request_id, "plan_id": plan_id, "version": sound.whole(row.version)}
                session.execute(sa.insert(AnswerRow).values(answer))
                return _plan(row)
            return self._write_plan(session, row, plan_id, action, body, by, request_id)

        return self._write(write, needs=roles.NEEDED["plan"])

    def _write_plan(
        self,
        session: Connection,
        row: Any,
        plan_id: str,
        action: str,
        body: dict[str, Any] | None,
        by: str,
        request_id: str,
    ) -> Plan:
        """Write the next version of a plan, its proposals and its entry in the trail; without a body it is deleted."""
        kept = body if body is not None else sound.body(row.body) if row else {}
        version = (sound.whole(row.version) if row else 0) + 1
        name = str(kept.get("name") or sound.text(row.name if row else plan_id))
        plan = Plan(plan_id, name[:200], version, kept, _now(), by, deleted=body is None)
        values = {name: value for name, value in vars(plan).items() if name != "plan_id"}
        if row is None:
            session.execute(sa.insert(PlanRow).values(plan_id=plan_id, **values))
        else:
            session.execute(sa.update(PlanRow).where(PlanRow.plan_id == plan_id).values(**values))
        _project(session, plan_id, kept)
        self._append(session, action, "plan", plan_id, version, body, by, request_id, plan.changed_at)
        return plan

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
        mark = audit.digest(fields)
        session.execute(sa.insert(AuditRow).values(**fields, hash=mark))
        session.info[identity.HEAD] = (fields["seq"], mark)

    # ------------------------------------------------------------------ transactions

    def require_same(self) -> None:
        """Raise `StoreAwayError` unless this is the store that was opened, with all in it that was acknowledged."""
        self._read(self.identity.prove)

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
                ):
                    with session.begin():
                        if self.engine.dialect.name == "postgresql":
                            session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
                        self.identity.prove(session)
                        if self._checked:
                            roles.require(session, self.actor, needs, self._default_role)
                        done = work(session)
                    self.identity.acknowledge(session)
                    return done
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
    said = (sound.time(row.changed_at), sound.text(row.changed_by))
    kept = sound.whole(row.version), sound.body(row.body)
    return Plan(sound.text(row.plan_id), sound.text(row.name), *kept, *said, deleted=bool(row.deleted))


def _absent(plan_id: str) -> GoneError:
    return GoneError(_("plan {plan_id!r} is not in the store. Save it as a new plan.").format(plan_id=plan_id))


def _stands(row: Any, body: dict[str, Any] | None) -> bool:
    """Whether a plan is already as it should be: with this content, or deleted if there is none."""
    return bool(row.deleted) if body is None else not row.deleted and body == row.body


def _require_version(row: Any, plan_id: str, version: int, body: dict[str, Any] | None) -> None:
    """Refuse a change of another version than the one that stands."""
    if (sound.whole(row.version) if row else 0) == version:
        return
    if row is None:
        raise _absent(plan_id)
    raise ConflictError(_plan(row), body or {}, version)


def _entries(session: Connection, plan_id: str) -> list[audit.Entry]:
    query = sa.select(AuditRow.__table__).where(AuditRow.entity_id == plan_id).order_by(AuditRow.seq)
    return [as_entry(row) for row in session.execute(query)]


def as_entry(row: Any) -> audit.Entry:
    """Return a row of the trail; one that was damaged is given in the right types, and its hash then tells it."""
    found: dict[str, Any] = {name: sound.text(value) for name, value in row._mapping.items()}
    found |= {"seq": sound.whole(row.seq), "version": sound.whole(row.version)}
    return audit.Entry(**found | {"body": None if row.body is None else sound.body(row.body)})


def _entry(session: Connection, request_id: str) -> Any:
    """The change that an earlier try of the same request made, if there was one."""
    return session.execute(sa.select(AuditRow.__table__).where(AuditRow.request_id == request_id)).one_or_none()


def _written(session: Connection, request_id: str) -> Plan | None:
    """The plan as an earlier try of the same request wrote it."""
    row = _entry(session, request_id)
    if row is None:
        return None
    entry = as_entry(row)
    body = entry.body or {}
    name = str(body.get("name", ""))
    return Plan(entry.entity_id, name, entry.version, body, entry.at, entry.actor, deleted=entry.body is None)


def _answered(session: Connection, request_id: str) -> bool:
    """Whether an act was here before and changed nothing."""
    query = sa.select(AnswerRow.request_id).where(AnswerRow.request_id == request_id)
    return session.execute(query).one_or_none() is not None


def _settings(session: Connection, prefix: str) -> dict[str, dict[str, Any]]:
    query = sa.select(SettingRow.key, SettingRow.value).where(SettingRow.key.startswith(prefix, autoescape=True))
    return dict(sorted((sound.text(row.key), sound.body(row.value)) for row in session.execute(query)))


def _has_proposals(body: dict[str, Any]) -> bool:
    """Whether what a plan proposes can be written as points; what cannot be read is in the trail alone."""
    words = {"id": str, "name": str, "kind": str, "rule": str, "lon": int | float, "lat": int | float}
    found, active = body.get("proposals", ()), body.get("active", ())
    return (
        all(isinstance(part, list | tuple) for part in (found, active))
        and all(
            isinstance(item, dict) and all(isinstance(item.get(name), kind) for name, kind in words.items())
            for item in found
        )
        and all(isinstance(name, str) for name in active)
    )


def _project(session: Connection, plan_id: str, body: dict[str, Any]) -> None:
    """Write the proposals of a plan as points, for maps outside mssmap."""
    session.execute(sa.delete(ProposalRow).where(ProposalRow.plan_id == plan_id))
    if not _has_proposals(body):
        return
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
