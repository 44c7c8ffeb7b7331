"""
Who may do what: the roles in order, and the check that every write makes inside its own transaction.

A role reaches everything that the ones before it reach. Whoever works on a store that was not opened for a person, as
the local person and the command line do, may do everything.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import NotAllowedError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.store import sound, tables

NONE, VIEWER, BRIEFER, PLANNER, EDITOR, ADMIN = "none", "viewer", "briefer", "planner", "editor", "admin"
ROLES: Final = (NONE, VIEWER, BRIEFER, PLANNER, EDITOR, ADMIN)
"""From the least to the most."""

WORDS: Final = {
    NONE: mark("no role"),
    VIEWER: mark("viewer"),
    BRIEFER: mark("briefer"),
    PLANNER: mark("planner"),
    EDITOR: mark("editor"),
    ADMIN: mark("administrator"),
}

NEEDED: Final = {
    "look": VIEWER,
    "report": VIEWER,
    "brief": BRIEFER,
    "submit": BRIEFER,
    "plan": PLANNER,
    "import": PLANNER,
    "upload": PLANNER,
    "accept": EDITOR,
    "people": ADMIN,
}
"""The least role for what people do; a write that names nothing needs an administrator."""

LOCAL: Final = "local"
"""Who acts where nobody signs in."""


def reaches(role: str, needed: str) -> bool:
    """
    Whether a role is the one needed or a higher one; an unknown role reaches nothing.

    >>> reaches("planner", "briefer"), reaches("viewer", "briefer"), reaches("king", "none")
    (True, False, False)
    """
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def found(connection: Connection, person_id: str, default: str) -> str:
    """Return the role of a person now; `default` if nobody ever gave or took one."""
    query = sa.select(tables.people.c.role).where(tables.people.c.person_id == person_id)
    role = connection.execute(query).scalar_one_or_none()
    return default if role is None else sound.text(role)


def require(connection: Connection, person_id: str, needed: str, default: str) -> None:
    """
    Check a person within the transaction of a write, so that a role taken away counts at once.

    Raises
    ------
    NotAllowedError
        If the role does not reach; the text says which is needed, which one there is, and whom to ask.
    """
    role = found(connection, person_id, default)
    if not reaches(role, needed):
        raise refusal(connection, needed, role)


def refusal(connection: Connection, needed: str, role: str) -> NotAllowedError:
    """Return the error that tells a person with a role that another one is needed."""
    query = (
        sa.select(tables.people.c.person_id)
        .where(tables.people.c.role == ADMIN)
        .order_by(tables.people.c.person_id)
        .limit(3)
    )
    # who has no role learns no names
    admins = ", ".join(map(sound.text, connection.execute(query).scalars())) if reaches(role, VIEWER) else ""
    return NotAllowedError(
        _("This needs the role {needed}; yours is {role}. Nothing was changed. Ask {whom}.").format(
            needed=_(WORDS[needed]), role=_(WORDS.get(role, role)), whom=admins or _("whoever runs this server")
        ),
        needed=needed,
        role=role,
    )
