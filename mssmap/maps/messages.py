"""
The fields of the messages to the map; `client/shared/messages.js` declares the same for the browser.

A test compares both declarations with each other and with what is sent. Days are numbers, see `view.day_number`.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Row = list[Any]
"""
Id or place in the published list, symbol or level, whether dim, line, grade; events have no symbol, zones say last at
which of their published places they are.
"""

Spell = TypedDict(
    "Spell",
    {
        "id": str,
        "layer": str,
        "zone": bool,
        "status": str,
        "from": int,
        "to": int | None,
        "known": int,
        "reports": list[int],
        "refresh": int,
        "sure": int,
        "maybe": bool,
        "line": str,
        "grade": str,
        "place": int | None,
    },
)
"""A spell of a record, see `history.compose`."""

Happening = TypedDict(
    "Happening",
    {
        "row": int,
        "from": int,
        "to": int | None,
        "end": int,
        "planned": bool,
        "g": str,
        "line": str,
        "passed": str | None,
        "grade": str,
        "sure": list[int] | None,
        "maybe": bool,
    },
)
"""An event of the history, see `history.compose`."""


class History(TypedDict):
    """All that is known on one day."""

    known_on: int
    spells: list[Spell]
    events: list[Happening]
    words: dict[str, str]


class Fixed(TypedDict):
    """The part of a view that only depends on the language."""

    names: str
    zone_layer: str
    lang: str
    legend: list[dict[str, Any]]
    text: dict[str, str]
    months: list[str]
    history: History | None


class Rows(TypedDict):
    """The records of a view."""

    records: list[Row]
    zones: list[Row]
    events: list[Row]


class Light(TypedDict):
    """The part of a view that changes with each step."""

    day: int
    start: int
    end: int
    on: list[str]
    listed: bool
    grade: str
    selected: str | None
    focus: dict[str, Any] | None
    tiles: dict[str, Any] | None
    streets: dict[str, Any] | None
    choropleth: dict[str, Any] | None
    changed: dict[str, str]
    archives: dict[str, Any] | None
    extra: list[dict[str, Any]]
    preview: list[dict[str, Any]]
    cells: str
    closures: list[str]
    agreement: bool
    placing: Literal["", "base", "spot"]
    more_legend: list[dict[str, Any]]
    notes: list[str]
    banner: dict[str, str]
    described: str
