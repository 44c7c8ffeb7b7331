"""The streets that the map draws: which set, and the line that names where it comes from."""

from __future__ import annotations

from typing import Any

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.settings import parse_date
from mssmap.streets import shelf
from mssmap.streets.manifest import Manifest


def drawn() -> dict[str, Any] | None:
    """Return the set that the map draws, as the browser takes it; None if there is none."""
    found = shelf.drawn()
    return None if found is None else described(found)


def described(found: Manifest) -> dict[str, Any]:
    """Return what the browser is told of a set."""
    return {"id": found.set_id, "levels": found.levels, "box": found.box, "credit": credit(found), "held": None}


def credit(found: Manifest) -> str:
    """Name the contributors, the licence and the state of a set."""
    if not found.newest:
        return _("Streets {who}, {licence}").format(who=found.attribution, licence="ODbL")
    day = text.day(parse_date(found.newest, "newest"))
    return _("Streets {who}, {licence}, state of {day}").format(who=found.attribution, licence="ODbL", day=day)
