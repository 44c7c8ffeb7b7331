"""
Plans in the store: each change is checked against the version that was seen, and has its audit row.

An act changes a plan as it stands at its moment, whoever changed it last. A request id makes a retry harmless: the
second time nothing happens and the first answer is returned.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import audit, ledger, roles, sound, tables
from mssmap.store.ledger import Change, GoneError, Store

ENTITY: Final = "plan"

Entries = Callable[[], list[audit.Entry]]
"""Gives the changes of a plan, oldest first; read only by those who need them."""


@dataclass(frozen=True)
class StoredPlan:
    """A plan as stored: its version, its content as plain values, and who changed it when."""

    plan_id: str
    name: str
    version: int
    body: dict[str, Any]
    changed_at: str
    changed_by: str
    deleted: bool = False


@dataclass(frozen=True)
class _Asked:
    """How a change was asked for: the version that was seen (None for whatever stands), by whom, under which id."""

    version: int | None
    actor: str | None
    request_id: str | None


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

    def __init__(self, theirs: StoredPlan, yours: dict[str, Any], version: int) -> None:
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


def listed(store: Store) -> list[StoredPlan]:
    """Return all plans that are not deleted, the latest changed first."""
    newest = (
        sa.select(sa.func.max(tables.trail.c.seq))
        .where(tables.trail.c.entity_id == tables.plans.c.plan_id)
        .scalar_subquery()
    )
    query = sa.select(tables.plans).where(~tables.plans.c.deleted).order_by(newest.desc(), tables.plans.c.plan_id)
    return store.read(lambda connection: [_plan(row) for row in connection.execute(query)])


def find(store: Store, plan_id: str) -> StoredPlan:
    """
    Return a plan.

    Raises
    ------
    NotFoundError
        If there is none with this id, or it was deleted.
    """
    plan = stored(store, plan_id)
    if plan is None or plan.deleted:
        raise NotFoundError(
            _("plan {plan_id!r}: there is none, or it was deleted. Choose one from the list.").format(plan_id=plan_id)
        )
    return plan


def stored(store: Store, plan_id: str) -> StoredPlan | None:
    """Return a plan, also one that was deleted; None if there never was one with this id."""
    row = store.read(lambda connection: _row(connection, plan_id))
    return None if row is None else _plan(row)


def has(store: Store, request_id: str) -> bool:
    """Whether a change with this id was made, or an act that changed nothing."""
    return store.read(
        lambda connection: ledger.entry_of(connection, request_id) is not None or _answered(connection, request_id)
    )


def deleted(store: Store) -> list[StoredPlan]:
    """Return the plans that were deleted and can be brought back, the latest first."""
    gone = tables.plans.c.deleted.is_not(sa.false())  # whatever else stands there: each plan is in one of the lists
    query = sa.select(tables.plans).where(gone).order_by(tables.plans.c.changed_at.desc(), tables.plans.c.plan_id)
    return store.read(lambda connection: [_plan(row) for row in connection.execute(query)])


def steps(store: Store, plan_id: str) -> tuple[bool, bool]:
    """Return whether there is something to undo in a plan, and something to redo."""
    query = sa.select(tables.trail.c.action).where(tables.trail.c.entity_id == plan_id).order_by(tables.trail.c.seq)
    done, undone = audit.stacks(store.read(lambda connection: list(connection.execute(query))))
    return len(done) > 1, bool(undone) and undone[-1].action != audit.DELETE


def save(
    store: Store, body: dict[str, Any], *, version: int, actor: str | None = None, request_id: str | None = None
) -> StoredPlan:
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
    return _change(store, str(body["id"]), audit.EDIT, lambda _body, _entries: body, _Asked(version, actor, request_id))


def act(
    store: Store,
    plan_id: str,
    change: Callable[[dict[str, Any] | None], dict[str, Any]],
    *,
    request_id: str,
    actor: str | None = None,
) -> StoredPlan:
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
    return _change(store, plan_id, audit.EDIT, lambda body, _entries: change(body), _Asked(None, actor, request_id))


def undo(
    store: Store, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
) -> StoredPlan:
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

    return _change(store, plan_id, audit.UNDO, earlier, _Asked(version, actor, request_id))


def redo(
    store: Store, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
) -> StoredPlan:
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

    return _change(store, plan_id, audit.REDO, later, _Asked(version, actor, request_id))


def delete(
    store: Store, plan_id: str, *, version: int | None = None, actor: str | None = None, request_id: str | None = None
) -> StoredPlan:
    """Take a plan off the list and return it; its history stays in the trail, and it can be brought back."""
    return _change(store, plan_id, audit.DELETE, lambda _body, _entries: None, _Asked(version, actor, request_id))


def bring_back(store: Store, plan_id: str, *, actor: str | None = None, request_id: str | None = None) -> StoredPlan:
    """Take the deletion of a plan back; one that is there stays as it is."""
    return _change(
        store, plan_id, audit.UNDO, lambda body, _entries: body, _Asked(None, actor, request_id), revive=True
    )


def _change(
    store: Store,
    plan_id: str,
    action: str,
    make: Callable[[dict[str, Any] | None, Entries], dict[str, Any] | None],
    asked: _Asked,
    *,
    revive: bool = False,
) -> StoredPlan:
    """Run one change of a plan in one transaction; `make` gets its content and returns the new one, None to delete."""
    request_id, by = asked.request_id or str(uuid.uuid4()), store.signs(asked.actor)

    def write(connection: Connection) -> StoredPlan:
        if (done := _written(connection, request_id)) is not None:
            return done
        row = _row(connection, plan_id)
        if asked.version is None and _answered(connection, request_id):
            return _plan(row)
        if row is not None and row.deleted and action != audit.DELETE and not revive:
            raise GoneError(
                _("plan {name!r} was deleted meanwhile. Bring it back, or save yours as a new plan.").format(
                    name=sound.text(row.name)
                )
            )
        body = make(sound.body(row.body) if row else None, lambda: ledger.entries_of(connection, plan_id))
        if row is None and body is None:
            raise _absent(plan_id)
        if asked.version is not None:
            _require_version(row, plan_id, asked.version, body)
        elif row is not None and _stands(row, body):
            answer = {"request_id": request_id, "plan_id": plan_id, "version": sound.whole(row.version)}
            connection.execute(sa.insert(tables.answers).values(answer))
            return _plan(row)
        plan = _next(row, plan_id, body, by)
        _write(connection, plan, new=row is None)
        change = Change(action, ENTITY, plan_id, plan.version, body, by, request_id, plan.changed_at)
        ledger.append(connection, change)
        return plan

    return store.write(write, needs=roles.NEEDED["plan"])


def _next(row: Any, plan_id: str, body: dict[str, Any] | None, by: str) -> StoredPlan:
    """Return the next version of a plan; without a body it is deleted, and keeps what it was."""
    kept = body if body is not None else sound.body(row.body) if row else {}
    version = (sound.whole(row.version) if row else 0) + 1
    name = str(kept.get("name") or sound.text(row.name if row else plan_id))
    return StoredPlan(plan_id, name[:200], version, kept, ledger.now(), by, deleted=body is None)


def _write(connection: Connection, plan: StoredPlan, *, new: bool) -> None:
    """Write a plan as it is now, and its proposals."""
    values = dict(vars(plan))
    if new:
        connection.execute(sa.insert(tables.plans).values(**values))
    else:
        connection.execute(sa.update(tables.plans).where(tables.plans.c.plan_id == plan.plan_id).values(**values))
    write_proposals(connection, plan.plan_id, plan.body)


def _row(connection: Connection, plan_id: str) -> Any:
    return connection.execute(sa.select(tables.plans).where(tables.plans.c.plan_id == plan_id)).one_or_none()


def _plan(row: Any) -> StoredPlan:
    said = (sound.time(row.changed_at), sound.text(row.changed_by))
    kept = sound.whole(row.version), sound.body(row.body)
    return StoredPlan(sound.text(row.plan_id), sound.text(row.name), *kept, *said, deleted=bool(row.deleted))


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


def _written(connection: Connection, request_id: str) -> StoredPlan | None:
    """The plan as an earlier try of the same request wrote it."""
    entry = ledger.entry_of(connection, request_id)
    if entry is None:
        return None
    body = entry.body or {}
    name = str(body.get("name", ""))
    return StoredPlan(entry.entity_id, name, entry.version, body, entry.at, entry.actor, deleted=entry.body is None)


def _answered(connection: Connection, request_id: str) -> bool:
    """Whether an act was here before and changed nothing."""
    query = sa.select(tables.answers.c.request_id).where(tables.answers.c.request_id == request_id)
    return connection.execute(query).one_or_none() is not None


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


def write_proposals(connection: Connection, plan_id: str, body: dict[str, Any]) -> None:
    """Write the proposals of a plan as points, for maps outside mssmap."""
    connection.execute(sa.delete(tables.proposals).where(tables.proposals.c.plan_id == plan_id))
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
        connection.execute(sa.insert(tables.proposals), rows)
