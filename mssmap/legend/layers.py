"""
The layers a person can switch, in groups, and how a set of them stands in an address.

`layers=fobs,prisons.emptied` means all bases and the emptied prisons; `layers=none` means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.records import kinds, timeline
from mssmap.records.selected import Selected


@dataclass(frozen=True)
class Switch:
    """One switch: id in the address, and the symbol that stands for it in lists."""

    id: str
    symbol: str


def _switch(name: str) -> Switch:
    return Switch(name, name)


BY_STATUS: Final = tuple(layer.name for layer in kinds.LAYERS.values() if layer.switched_by == "status")
"""Layers of records with a switch for each status."""

GROUPS: Final = {
    "regions": (_switch("departments"), _switch("communes")),
    **{name: tuple(_switch(f"{name}.{status}") for status in kinds.LAYERS[name].statuses) for name in BY_STATUS},
    "facilities": tuple(Switch(name, f"{name}.open") for name in kinds.SERVICES),
    "events": tuple(_switch(f"events.{group}") for group in (*kinds.EVENT_GROUPS, "planned")),
    "imports": (_switch("imports.points"), _switch("imports.shapes"), _switch("imports.archives")),
}
"""Group -> its layers, in the order of the list."""

ALL: Final = tuple(layer.id for layers in GROUPS.values() for layer in layers)
ON_REQUEST: Final = {
    "communes",
    *(f"{layer.name}.{status}" for layer in kinds.LAYERS.values() for status in layer.on_request),
    *(f"events.{name}" for name, group in kinds.EVENT_GROUPS.items() if group.on_request),
}
DEFAULT: Final = tuple(name for name in ALL if name not in ON_REQUEST)


def titles() -> dict[str, str]:
    """Names of groups and layers in the language of the reader."""
    return {
        "regions": _("Boundaries"),
        "departments": _("Departments"),
        "communes": _("Communes"),
        **{name: _(kind.title) for name, kind in kinds.SHOWN.items()},
        **{f"{name}.{status}": _(words) for name in BY_STATUS for status, words in kinds.LAYERS[name].statuses.items()},
        **{f"events.{name}": _(group.title) for name, group in kinds.EVENT_GROUPS.items()},
        **{name: _(service.title) for name, service in kinds.SERVICES.items()},
        "events.planned": _("Announced, not reported as done"),
        "imports": _("Imported layers"),
        "imports.points": _("Imported points"),
        "imports.shapes": _("Imported lines and areas"),
        "imports.archives": _("Archives of many events"),
    }


def layer_of(symbol: str) -> str:
    """
    Layer that a symbol belongs to: services have one layer for all their states.

    >>> layer_of("fobs.planned"), layer_of("court.closed")
    ('fobs.planned', 'court')
    """
    head = symbol.split(".")[0]
    return head if head in ALL else symbol


def parse(text: str | None) -> tuple[tuple[str, ...], list[str]]:
    """
    Read a set of layers from an address.

    Returns
    -------
    on, unknown
        Ids in the order of the list, and the words that name no layer. No text gives the default.

    >>> parse("prisons.emptied,regions")
    (('departments', 'communes', 'prisons.emptied'), [])
    >>> parse("none,moon")
    ((), ['moon'])
    """
    if text is None or not text.strip():
        return DEFAULT, []
    words = [word.strip() for word in text.split(",") if word.strip()]
    wanted: set[str] = set()
    unknown = []
    for word in words:
        if word in GROUPS:
            wanted.update(layer.id for layer in GROUPS[word])
        elif word in ALL:
            wanted.add(word)
        elif word != "none":
            unknown.append(word)
    if unknown and not wanted and "none" not in words:
        return DEFAULT, unknown
    return tuple(name for name in ALL if name in wanted), unknown


def write(on: Iterable[str]) -> str | None:
    """
    Write a set of layers for an address, None for the default set.

    >>> write(["fobs.operational", "departments", "communes"])
    'regions,fobs.operational'
    >>> write([]), write(DEFAULT)
    ('none', None)
    """
    chosen = set(on)
    if chosen == set(DEFAULT):
        return None
    words: list[str] = []
    for group, layers in GROUPS.items():
        ids = [layer.id for layer in layers]
        words += [group] if chosen.issuperset(ids) else [name for name in ids if name in chosen]
    return ",".join(words) or "none"


PLANS: Final = "events.planned"
"""Symbol group of events that were announced, not reported as done, whatever their category."""


def event_groups(events: pd.DataFrame) -> pd.Series:
    """Return the symbol group of each event."""
    groups: pd.Series = events["category"].map(layer_group).astype("object")
    return groups.mask(timeline.is_plan(events), PLANS)


def groups_of(events: Selected) -> list[str]:
    """Return the symbol group of each event."""
    claimed = zip(events["claim"].tolist(), events["category"].tolist(), strict=True)
    return [PLANS if claim == timeline.PLANNED else layer_group(category) for claim, category in claimed]


def event_group(event: Any) -> str:
    """Return the symbol group of an event."""
    return PLANS if event.claim == timeline.PLANNED else layer_group(event.category)


def layer_group(category: str) -> str:
    """
    Symbol group of an event category.

    >>> layer_group("gang_attack")
    'events.violence'
    """
    return f"events.{kinds.category(category).group}"
