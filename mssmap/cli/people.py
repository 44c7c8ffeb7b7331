"""Roles of the people who sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from mssmap.cli.common import open_store, tell, write
from mssmap.errors import InputError


def people(
    action: Annotated[str, typer.Argument(metavar="list|grant|revoke", help="What to do.")] = "list",
    person: Annotated[str, typer.Argument(help="E-mail address, or sub: and the provider's id.")] = "",
    role: Annotated[str, typer.Argument(help="viewer, briefer, planner, editor or admin.")] = "",
) -> None:
    """List who has which role, give one, or take it away; it counts at the person's next write."""
    from mssmap.store import people as kept

    if action not in {"list", "grant", "revoke"}:
        raise InputError(f"people: found {action!r}, required list, grant or revoke.")
    opened = open_store()
    if action == "list":
        lines = [
            f"{one.role:<8} {one.person_id}  {one.changed_at[:19]}  by {one.changed_by}" for one in kept.listed(opened)
        ]
        write("\n".join(lines) or "(none)", None)
        return
    made = kept.grant(opened, person, role) if action == "grant" else kept.revoke(opened, person)
    tell(f"{made.person_id}: {made.role}")
