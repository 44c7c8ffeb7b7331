"""What was typed into the forms of the desk, as a submission in the columns of our tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mssmap.ingest import whereabouts
from mssmap.records import kinds
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.records.submissions.completing import whole_day
from mssmap.records.submissions.submission import ADD_SOURCE, CORRECT, NEW, WITHDRAW, WRONG
from mssmap.ui.desk.draft import CELL

Typed = Mapping[str, Any]
"""Name of a field -> what stands in it; empty fields are left out, but for cells of a record."""

SOURCE: Final = ("url", "title", "publisher", "published_on")
FIGURES: Final = 6
"""Figures of one event at the desk; more come by file."""

_LEAST: Final = re.compile(r"(?P<word>at least|more than|up to|fewer than|about|>=|>|<=|<|~|≈)?\s*(?P<number>.+)", re.I)
_SIGNS: Final = {">=": "at least", ">": "more than", "<=": "up to", "<": "fewer than", "~": "about", "≈": "about"}
_RANGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-|–|to|\.\.)\s*(\d+(?:\.\d+)?)")


def new_event(typed: Typed, data: Data, language: str) -> dict[str, Any]:
    """Return a new event; its title stands in the language in which the person works."""
    raw = {"kind": "event", "change": NEW, **_filled(typed, "category", "actors", "claim", "confidence", "note")}
    raw |= {f"title_{code}": typed[f"title_{code}"] for code in ("en", "fr", "ht", "es") if typed.get(f"title_{code}")}
    if typed.get("headline"):
        raw[f"title_{language}"] = typed["headline"]
    raw |= days(typed) | where(typed, data) | {"sources": sources(typed)}
    return raw | figures(typed)


def new_status(typed: Typed) -> dict[str, Any]:
    """Return a new status of a place that is there."""
    raw = {"kind": "status", "change": NEW, "record_id": typed.get("record_id", ""), "sources": sources(typed)}
    return {**raw, **_filled(typed, "status", "operator", "armed_group", "confidence", "note"), **days(typed)}


def new_place(typed: Typed, data: Data, language: str) -> dict[str, Any]:
    """Return a new place with its first status."""
    raw = {"kind": "record", "change": NEW, "layer": typed.get("layer", ""), "sources": sources(typed)}
    raw |= _filled(typed, "type", "status", "operator", "confidence", "note")
    if typed.get("name"):
        raw[f"name_{language}"] = typed["name"]
    return {**raw, **days(typed), **where(typed, data)}


def about(typed: Typed, subject: str, change: str, now: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a change of a record that is there.

    Parameters
    ----------
    subject
        Kind and id of what it is about, parted by a blank: `event ev-01`, `status fob-01.2`, `record fob-01`.
    now
        Cells of the record as it stands.
    """
    kind, _blank, record_id = subject.partition(" ")
    raw: dict[str, Any] = {"kind": kind, "id": record_id, "change": change}
    if change == CORRECT:
        raw |= corrected(typed, now)
        raw |= {"instead": True} if typed.get("instead") else {}
    if change in (WRONG, WITHDRAW) and typed.get("note"):
        raw["note"] = typed["note"]
    if kind == "event" and change in (CORRECT, ADD_SOURCE):
        raw |= figures(typed)
    given = sources(typed)
    return raw | ({"sources": given} if given or change != WRONG else {})


def corrected(typed: Typed, now: Mapping[str, str]) -> dict[str, str]:
    """Return the cells that were changed, against the record as it stands."""
    cells = {name.removeprefix(CELL): str(found).strip() for name, found in typed.items() if name.startswith(CELL)}
    return {name: found for name, found in cells.items() if found != now.get(name, "")}


def table_of(kind: str, record_id: str) -> str:
    """
    Return the table or layer that a submission of a kind changes.

    >>> table_of("status", "fob-01.1"), table_of("record", "pris-01")
    ('status', 'prisons')
    """
    layer = kinds.layer_of(record_id) if kind == "record" else None
    return layer.name if layer else submission.TABLES.get(kind, "events")


def days(typed: Typed) -> dict[str, str]:
    """
    Return a day and how exact it is, as one writes it: a day, a month or a year.

    >>> days({"day": "2026-11"}), days({"day": "last week"})
    ({'valid_from': '2026-11-01', 'date_precision': 'month'}, {'valid_from': 'last week'})
    """
    text = str(typed.get("day", "")).strip()
    day, exact = whole_day(text)
    return {"valid_from": day, "date_precision": exact} if exact else {"valid_from": text} if text else {}


def where(typed: Typed, data: Data) -> dict[str, str]:
    """Return the place that was written in one line."""
    return whereabouts.read(str(typed.get("where", "")), data)


def sources(typed: Typed, prefix: str = "") -> list[dict[str, str]]:
    """Return the source that was written; none if its fields are empty."""
    row = {name: str(typed[prefix + name]).strip() for name in SOURCE if typed.get(prefix + name)}
    if known := typed.get(f"{prefix}source_id"):
        row = {"source_id": str(known)}
    return [row] if row else []


def figures(typed: Typed) -> dict[str, Any]:
    """Return the figures that were written, under their key; nothing if there are none."""
    found = [one for n in range(1, FIGURES + 1) if (one := figure(typed, n))]
    return {"figures": found} if found else {}


def figure(typed: Typed, n: int) -> dict[str, Any] | None:
    """Return a figure with its own source, that of the report if it has none; None for an empty line."""
    measure, number = typed.get(f"measure {n}", ""), str(typed.get(f"number {n}", "")).strip()
    if not measure and not number:
        return None
    unit = typed.get(f"unit {n}") or "people"
    own = sources(typed, f"figure {n} ")
    return {"measure": measure, **amount(number), "unit": unit, "stated": "page", "sources": own or sources(typed)}


def amount(text: str) -> dict[str, str]:
    """
    Return a number as one writes it: lowest, highest and a qualifier.

    >>> amount("12"), amount("12-15")
    ({'value_min': '12', 'value_max': '12'}, {'value_min': '12', 'value_max': '15'})
    >>> amount("at least 3,000")
    {'value_min': '3000', 'qualifier': 'at least'}
    """
    found = _LEAST.fullmatch(text.strip())
    if found is None:
        return {}
    word = (found["word"] or "").lower()
    plain = re.sub(r"(?<=\d)[, \u202f](?=\d{3}\b)", "", found["number"].strip())
    both = _RANGE.fullmatch(plain)
    low, high = both.groups() if both else (plain, plain)
    qualifier = _SIGNS.get(word, word)
    if qualifier in ("at least", "more than"):
        return {"value_min": low, "qualifier": qualifier}
    return {"value_min": low, "value_max": high, **({"qualifier": qualifier} if qualifier else {})}


def _filled(typed: Typed, *names: str) -> dict[str, Any]:
    return {name: typed[name] for name in names if typed.get(name)}
