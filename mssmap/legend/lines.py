"""One line about a record, an event or a view, in the language of the reader."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mssmap.i18n import gettext as _
from mssmap.legend import extents, layers, text
from mssmap.legend.tiles import TILES
from mssmap.records import kinds, timeline, units
from mssmap.records.shown import Shown
from mssmap.records.timeline import Clocks


def symbol(layer: str, row: Any) -> str:
    """Symbol of a record: `fobs.planned`, `court.closed`."""
    if kinds.LAYERS[layer].switched_by == "kind":
        return f"{kinds.SERVICE_OF_KIND.get(row.kind, 'police')}.{row.status}"
    return f"{layer}.{row.status}"


def line(layer: str, row: Any) -> str:
    """One line about the state of a record: status, who, since when, how old the knowledge is."""
    who = getattr(row, kinds.LAYERS[layer].who)
    parts = [
        text.status(layer, row.status),
        who if isinstance(who, str) and who else "",
        extents.words(row) if layer == units.ZONES else "",
        text.span(row.status_from, row.status_to, row.status_precision, row.status_to_precision),
        _("last report {age}").format(age=text.age(row.age_days)) if row.stale else "",
    ]
    return " · ".join(part for part in parts if part)


def event_line(row: Any) -> str:
    """One line about an event: when, where, what it rests on if that is not a plain report."""
    if row.claim == timeline.PLANNED:
        parts = [text.plan(row), row.place]
    else:
        when = text.span(row.valid_from, row.valid_to, row.date_precision)
        parts = [when, row.place, "" if row.claim == "reported" else text.claims().get(row.claim, "")]
    return " · ".join(part for part in parts if isinstance(part, str) and part)


def banner(clocks: Clocks, tiles: str = "local") -> dict[str, str]:
    """
    Title, second dial and source line that stay in view on the map.

    `same` and `other` tell the second dial on its own day and on any other, for a browser that moves the first.
    """
    same = _("as known the same day")
    other = _("as known on {day}").format(day=text.day(clocks.known_on))
    source = _(
        "Unofficial, compiled from public reporting · "
        "boundaries CNIGS/OCHA COD-AB 2018 (CC BY 3.0 IGO, modified), places © OpenStreetMap, waters GSHHG"
    )
    if tiles in TILES:
        source = f"{source} · {TILES[tiles]['attribution']}"
    sub = same if clocks.known_on == clocks.as_of else other
    return {"title": text.day(clocks.as_of), "sub": sub, "source": source, "same": same, "other": other}


def tally(shown: Shown) -> dict[str, int]:
    """Number of records of each layer that are there at the clocks, whether on the map or not."""
    found = dict.fromkeys(layers.ALL, 0)
    for layer in layers.BY_STATUS:
        found |= {f"{layer}.{status}": n for status, n in Counter(shown.cells(layer)["status"]).items()}
    services = Counter(map(kinds.SERVICE_OF_KIND.get, shown.cells("facilities")["kind"]))
    groups = Counter(layers.groups_of(shown.cells("events")))
    return found | {name: n for name, n in (services + groups).items() if name}
