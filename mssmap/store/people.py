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
from mssmap.store import audit, core, roles, sound
from mssmap.store.core import Store
from mssmap.store.models import PersonRow, SignedOutRow

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
    query = sa.select(PersonRow.__table__).order_by(PersonRow.person_id)
    return store._read(lambda session: [_person(row) for row in session.execute(query)])


def role(store: Store, person_id: str, default: str = roles.NONE) -> str:
    """Return the role of a person now; `default` if nobody ever gave or took one."""
    return store._read(lambda session: roles.found(session, person_id, default))


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
    return store._write(lambda session: _set(store, session, person_id, new), needs=roles.NEEDED["people"])


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

    def write(session: Connection) -> bool:
        if _admins(session):
            return False
        _set(store, session, person_id.strip().lower(), roles.ADMIN)
        return True

    return store._write(write, needs=roles.NEEDED["people"])


def sign_out(store: Store, mark: str, now_s: float, lifetime_s: float) -> None:
    """Remember a cookie with which somebody has signed out for as long as it would count; older ones are forgotten."""

    def write(session: Connection) -> None:
        session.execute(
            sa.delete(SignedOutRow).where((SignedOutRow.at < now_s - lifetime_s) | (SignedOutRow.mark == mark))
        )
        session.execute(sa.insert(SignedOutRow).values(mark=mark, at=now_s))

    store._write(write)


def has_signed_out(store: Store, mark: str) -> bool:
    """Whether somebody has signed out with a cookie, at whichever server."""
    query = sa.select(SignedOutRow.mark).where(SignedOutRow.mark == mark)
    return store._read(lambda session: session.execute(query).one_or_none() is not None)


def own_key(person_id: str) -> str:
    """Return what names a person in the key of a setting, at most 32 characters."""
    return person_id if person_id == roles.LOCAL else hashlib.sha256(person_id.encode()).hexdigest()[:32]


def _person(row: Any) -> Person:
    kept = sound.whole(row.version), sound.time(row.changed_at), sound.text(row.changed_by)
    return Person(sound.text(row.person_id), sound.text(row.role), *kept)


def _admins(session: Connection) -> list[str]:
    query = sa.select(PersonRow.person_id).where(PersonRow.role == roles.ADMIN)
    return [sound.text(found) for found in session.execute(query).scalars()]


def _set(store: Store, session: Connection, person_id: str, new: str) -> Person:
    row: Any = session.execute(sa.select(PersonRow.__table__).where(PersonRow.person_id == person_id)).one_or_none()
    if row is not None and row.role == new:
        return _person(row)
    if new != roles.ADMIN and _admins(session) == [person_id]:
        raise InputError(
            _("{person}: is the last administrator. Make somebody else administrator first.").format(person=person_id)
        )
    made = Person(person_id, new, (sound.whole(row.version) if row else 0) + 1, core._now(), store.signs())
    if row is None:
        session.execute(sa.insert(PersonRow).values(**vars(made)))
    else:
        session.execute(sa.update(PersonRow).where(PersonRow.person_id == person_id).values(**vars(made)))
    action = audit.DELETE if new == roles.NONE else audit.EDIT
    entity_id = own_key(person_id)
    body = {"person": person_id, "role": new}
    store._append(
        session, action, ENTITY, entity_id, made.version, body, made.changed_by, str(uuid.uuid4()), made.changed_at
    )
    return made
