"""What was typed into the forms of the desk, as a submission in the columns of our tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mssmap.ingest import whereabouts
from mssmap.records import kinds
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.records.submissions.completing import last_day, whole_day
from mssmap.records.submissions.submission import ADD_SOURCE, CORRECT, NEW, WITHDRAW, WRONG
from mssmap.ui.desk.draft import CELL

Typed = Mapping[str, Any]
"""Name of a field -> what stands in it; empty fields are left out, but for cells of a record."""

SOURCE: Final = ("url", "title", "publisher", "published_on")
FIGURES: Final = 6
"""Figures of one event at the desk; more come by file."""

UNITS: Final = 8
"""Units of one zone at the desk; more come by file."""

_LEAST: Final = re.compile(r"(?P<word>at least|more than|up to|fewer than|about|>=|>|<=|<|~|≈)?\s*(?P<number>.+)", re.I)
_SIGNS: Final = {">=": "at least", ">": "more than", "<=": "up to", "<": "fewer than", "~": "about", "≈": "about"}
_TO: Final = re.compile(r"\s+(?:to|au|à|al?|rive)\s+|\s*(?:\.\.|/|–)\s*")
"""What parts the two days of a period, in the languages of the desk."""
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
    raw |= _filled(typed, "status", "operator", "armed_group", "coalition", "share_pct", "confidence", "note")
    return {**raw, **extent(typed), **days(typed)}


def new_place(typed: Typed, data: Data, language: str) -> dict[str, Any]:
    """Return a new place with its first status."""
    raw = {"kind": "record", "change": NEW, "layer": typed.get("layer", ""), "sources": sources(typed)}
    raw |= _filled(typed, "type", "status", "operator", "capacity", "armed_group", "coalition", "confidence", "note")
    if typed.get("name"):
        raw[f"name_{language}"] = typed["name"]
    return {**raw, **extent(typed), **days(typed), **where(typed, data)}


def extent(typed: Typed) -> dict[str, str]:
    """
    Return where a zone is: the P-codes of its units, or for a place the metres that it may be away.

    >>> extent({"unit 1": "HT0111", "unit 2": "HT0112", "uncertainty_m": "5"}), extent({"uncertainty_m": "500"})
    ({'unit_pcodes': 'HT0111;HT0112'}, {'uncertainty_m': '500'})
    """
    codes = list(dict.fromkeys(filter(None, (typed.get(f"unit {n}") for n in range(1, UNITS + 1)))))
    return {"unit_pcodes": ";".join(codes)} if codes else _filled(typed, "uncertainty_m")


def new_number(kind: str, typed: Typed, data: Data) -> dict[str, Any]:
    """Return a new indicator value, strength, figure or source; `kind` says which."""
    raw: dict[str, Any] = {"kind": kind, "change": NEW}
    if kind == "source":
        return raw | _filled(typed, *SOURCE, "publisher_kind", "reliability", "language", "note")
    raw["sources"] = sources(typed)
    found = amount(str(typed.get("number", "")))
    if kind == "figure":
        raw |= _filled(typed, "record_id", "measure", "unit") | found | {"stated": "page"}
        day = whole_day(str(typed.get("day", "")).strip())[0] or typed.get("day", "")
        return raw | ({"date": day} if day else {})
    low, high = found.get("value_min", ""), found.get("value_max", "")
    names = ("value", "value_max") if kind == "indicator" else ("personnel", "personnel_max")
    raw |= {name: one for name, one in zip(names, (low, "" if high == low else high), strict=True) if one}
    raw |= _filled(typed, "confidence", "note")
    if kind == "strength":
        given = days(typed)
        raw |= {name: given[key] for key, name in (("valid_from", "date"), ("date_precision",) * 2) if key in given}
        return raw | _filled(typed, "record_type", "country", "scope", "reported_total")
    return raw | _filled(typed, "indicator", "area") | _series(typed, found, data)


def _series(typed: Typed, found: Mapping[str, str], data: Data) -> dict[str, str]:
    """Return series, unit, qualifier and period of an indicator; a series of states stays one, whatever the day."""
    indicator = str(typed.get("indicator", ""))
    of_it = {name: typed[f"{name} {indicator}"] for name in ("series", "unit") if typed.get(f"{name} {indicator}")}
    qualifier = {"qualifier": found["qualifier"]} if found.get("qualifier") else {}
    when = period(str(typed.get("day", "")))
    rows = data["indicators"]
    rows = rows[(rows["indicator"] == indicator) & (rows["series"] == of_it.get("series"))]
    if when.get("period_type") == "month" and len(rows) and (rows["period_type"] == "point").all():
        when["period_type"] = "point"
    codes = rows.loc[rows["area"] == typed.get("area"), "area_pcode"].dropna()
    code = {"area_pcode": str(codes.iloc[-1])} if len(codes) and codes.iloc[-1] else {}
    return of_it | qualifier | when | code


def period(text: str) -> dict[str, str]:
    """
    Return the period of a value as one writes it: a day, a month, a year, or from a day to a day.

    >>> period("2026-10")
    {'period_type': 'month', 'period_start': '2026-10-01', 'period_end': '2026-10-31', 'date_precision': 'month'}
    >>> period("2026-07-01 to 2026-09-30")["period_type"], period("2026-10-31")["period_type"], period("soon")
    ('quarter', 'point', {'period_end': 'soon'})
    """
    written = text.strip()
    begin, *rest = _TO.split(written, maxsplit=1)
    end = rest[0] if rest else ""
    (first, exact), last = whole_day(begin), last_day(*whole_day(end or begin))
    if not first or not last:
        return {"period_end": written} if written else {}
    if not end and exact == "day":
        return {"period_type": "point", "period_start": first, "period_end": first, "date_precision": "day"}
    months = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7]) + 1
    lengths = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}
    return {
        "period_type": lengths.get(months, "other"),
        "period_start": first,
        "period_end": last,
        "date_precision": exact,
    }


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
    own = sources(typed, f"figure {n} ") if typed.get(f"apart {n}") else []
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
