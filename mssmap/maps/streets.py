"""The streets that the map draws: which set, and the line that names where it comes from."""

from __future__ import annotations

from typing import Any, Final

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.settings import parse_date
from mssmap.streets import reading, shelf
from mssmap.streets.manifest import Manifest


def drawn() -> dict[str, Any] | None:
    """Return the set that the map draws, as the browser takes it; None if there is none."""
    found = shelf.drawn()
    return None if found is None else described(found)


CAPITAL: Final = (-72.42, 18.47, -72.17, 18.63)
"""West, south, east, north of the capital in degrees: the box of its extent among `assets.JUMPS`."""


def carried(box: tuple[float, float, float, float]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the set for a page without a server, and its tiles in a box by the name that the page asks for."""
    found = shelf.drawn()
    tiles = reading.carried(found, box) if found else {}
    if found is None or not tiles:
        return None, {}
    return {**described(found), "held": list(tiles)}, {f"{key}.json": content for key, content in tiles.items()}


def described(found: Manifest) -> dict[str, Any]:
    """Return what the browser is told of a set."""
    return {"id": found.set_id, "levels": found.levels, "box": found.box, "credit": credit(found), "held": None}


def credit(found: Manifest) -> str:
    """Name the contributors, the licence and the state of a set."""
    if not found.newest:
        return _("Streets {who}, {licence}").format(who=found.attribution, licence="ODbL")
    day = text.day(parse_date(found.newest, "newest"))
    return _("Streets {who}, {licence}, state of {day}").format(who=found.attribution, licence="ODbL", day=day)
