"""
People and their roles: given, changed and taken away, each with its audit row in the same transaction.

A person is named by the e-mail address that the provider has verified, or by `sub:` and the provider's own id.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.store import audit, ledger, roles, sound, tables
from mssmap.store.ledger import Change, Store

ENTITY: Final = "person"
LONGEST: Final = 200
"""Characters of an id; nobody with a longer one gets in."""


@dataclass(frozen=True)
class Person:
    """A person with a role, `none` if it was taken away; `version` grows by one with each change."""

    person_id: str
    role: str
    version: int
    changed_at: str
    changed_by: str


def listed(store: Store) -> list[Person]:
    """Return everybody who has or had a role, by id."""
    query = sa.select(tables.people).order_by(tables.people.c.person_id)
    return store.read(lambda connection: [_person(row) for row in connection.execute(query)])


def role(store: Store, person_id: str, default: str = roles.NONE) -> str:
    """Return the role of a person now; `default` if nobody ever gave or took one."""
    return store.read(lambda connection: roles.found(connection, person_id, default))


def grant(store: Store, person_id: str, new: str) -> Person:
    """
    Give a person a role, or another one.

    Raises
    ------
    InputError
        If there is no such role, the id is empty or too long, or the last administrator would lose the role.
    NotAllowedError
        If the one who gives it may not.
    """
    person_id = person_id.strip() if person_id.startswith("sub:") else person_id.strip().lower()
    if new not in roles.ROLES:
        raise InputError(
            _("role: found {found!r}, required one of {choices}.").format(found=new, choices=", ".join(roles.ROLES[1:]))
        )
    if not 0 < len(person_id) <= LONGEST or not person_id.isprintable():
        raise InputError(
            _("person: found {found!r}, required an e-mail address, or sub: and the provider's id.").format(
                found=person_id[:60]
            )
        )
    return store.write(lambda connection: _set(store, connection, person_id, new), needs=roles.NEEDED["people"])


def revoke(store: Store, person_id: str) -> Person:
    """
    Take a person's role away; it counts at their next write and at the next thing they open.

    Raises
    ------
    InputError
        If the person is the last administrator.
    """
    return grant(store, person_id, roles.NONE)


def first_admin(store: Store, person_id: str) -> bool:
    """Make a person administrator if there is none, and say whether that was so."""

    def write(connection: Connection) -> bool:
        if _admins(connection):
            return False
        _set(store, connection, person_id.strip().lower(), roles.ADMIN)
        return True

    return store.write(write, needs=roles.NEEDED["people"])


def sign_out(store: Store, mark: str, now_s: float, lifetime_s: float) -> None:
    """Remember a cookie with which somebody has signed out for as long as it would count; older ones are forgotten."""

    def write(connection: Connection) -> None:
        connection.execute(
            sa.delete(tables.signed_out).where(
                (tables.signed_out.c.at < now_s - lifetime_s) | (tables.signed_out.c.mark == mark)
            )
        )
        connection.execute(sa.insert(tables.signed_out).values(mark=mark, at=now_s))

    store.write(write)


def has_signed_out(store: Store, mark: str) -> bool:
    """Whether somebody has signed out with a cookie, at whichever server."""
    query = sa.select(tables.signed_out.c.mark).where(tables.signed_out.c.mark == mark)
    return store.read(lambda connection: connection.execute(query).one_or_none() is not None)


def own_key(person_id: str) -> str:
    """Return what names a person in the key of a setting, at most 32 characters."""
    return person_id if person_id == roles.LOCAL else hashlib.sha256(person_id.encode()).hexdigest()[:32]


def _person(row: Any) -> Person:
    kept = sound.whole(row.version), sound.time(row.changed_at), sound.text(row.changed_by)
    return Person(sound.text(row.person_id), sound.text(row.role), *kept)


def _admins(connection: Connection) -> list[str]:
    query = sa.select(tables.people.c.person_id).where(tables.people.c.role == roles.ADMIN)
    return [sound.text(found) for found in connection.execute(query).scalars()]


def _set(store: Store, connection: Connection, person_id: str, new: str) -> Person:
    row: Any = connection.execute(sa.select(tables.people).where(tables.people.c.person_id == person_id)).one_or_none()
    if row is not None and row.role == new:
        return _person(row)
    if new != roles.ADMIN and _admins(connection) == [person_id]:
        raise InputError(
            _("{person}: is the last administrator. Make somebody else administrator first.").format(person=person_id)
        )
    made = Person(person_id, new, (sound.whole(row.version) if row else 0) + 1, ledger.now(), store.signs())
    if row is None:
        connection.execute(sa.insert(tables.people).values(**vars(made)))
    else:
        connection.execute(sa.update(tables.people).where(tables.people.c.person_id == person_id).values(**vars(made)))
    action = audit.DELETE if new == roles.NONE else audit.EDIT
    entity_id = own_key(person_id)
    body = {"person": person_id, "role": new}
    request_id = str(uuid.uuid4())
    change = Change(action, ENTITY, entity_id, made.version, body, made.changed_by, request_id, made.changed_at)
    ledger.append(connection, change)
    return made
