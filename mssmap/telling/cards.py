"""The record card: everything about one record, as plain JSON for client/page/record.js."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

from mssmap.i18n import current, written
from mssmap.i18n import gettext as _
from mssmap.legend import extents, lines, text
from mssmap.legend.layers import PLANS, layer_group
from mssmap.records import kinds, regions, states, timeline, units, views
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks


def card(data: Data, record: views.Record, clocks: Clocks, today: date, kept: Collection[str] = ()) -> dict[str, Any]:
    """
    Write the record card as plain JSON; see client/page/record.js.

    Parameters
    ----------
    today
        Notes about places are not dated: they are told only if `known_on` is today or later.
    kept
        Sources of which whoever runs this keeps a copy.
    """
    a = record.attributes
    is_event = record.layer == "events"
    title, language = written(a.get, "title" if is_event else "name")
    return {
        "id": record.record_id,
        "title": title or record.record_id,
        "lang": _other(language) if is_event else "",
        "kind": text.category(a["category"])
        if is_event
        else text.kinds().get(a.get("kind", ""), _("Gang-affected zone")),
        "symbol": _card_symbol(record),
        "close": _("Close the record"),
        "badges": _badges(record),
        "facts": _facts(data, record),
        "figures": _figure_tables(record),
        "note": _note(record, hindsight=clocks.known_on >= today),
        "history": _history(record),
        "revisions": _revisions(record) if is_event else [],
        "sources": [_source_line(source, kept) for source in record.sources],
        "labels": {
            "note": _("Note"),
            "history": _("History of its status"),
            "revisions": _("How the report changed"),
            "sources": _("Who says so"),
        },
    }


def _note(record: views.Record, *, hindsight: bool) -> str:
    """Caveats; those of places are not dated, so without hindsight they are left out rather than tell the future."""
    a = record.attributes
    names = ["note"] if record.layer == "events" else ["extent_note"]
    if record.layer != "events" and hindsight:
        names = ["note", "capacity_note", "extent_note"]
    return " ".join(dict.fromkeys(str(a[name]) for name in names if a.get(name)))


def _other(language: str) -> str:
    """Return a language in which a text stands, empty for that of the reader."""
    return "" if language == current() else language


def _card_symbol(record: views.Record) -> str:
    if record.layer == "events":
        plan = record.attributes["claim"] == timeline.PLANNED
        return PLANS if plan else layer_group(record.attributes["category"])
    word = (record.status or {}).get("status") or str(record.history.iloc[-1]["status"])
    return lines.symbol(record.layer, SimpleNamespace(kind=record.attributes.get("kind"), status=word))


def _badges(record: views.Record) -> list[dict[str, str]]:
    badges = []
    if record.layer == "events":
        claim = record.attributes["claim"]
        badges.append({"text": text.claims().get(claim, claim), "tone": "strong" if claim == "reported" else "warn"})
    elif record.status:
        badges.append({"text": text.status(record.layer, record.status["status"]), "tone": "strong"})
    else:
        badges.append({"text": _("No status on this day"), "tone": "warn"})
    badges.append(
        {"text": _("Grade {grade}").format(grade=record.grade), "tone": "", "help": grade_words(record.grade)}
    )
    if record.stale:
        badges.append({"text": _("Last report {age}").format(age=text.age(record.age_days)), "tone": "warn"})
    if record.outcome_unknown:
        badges.append({"text": _("Outcome not known"), "tone": "warn"})
    if record.attributes.get("dispute"):
        badges.append({"text": _("Sources disagree"), "tone": "warn"})
    return badges


def grade_words(grade: str) -> str:
    """What a grade means, in words."""
    reliability = {
        "A": _("completely reliable source"),
        "B": _("usually reliable source"),
        "C": _("fairly reliable source"),
        "D": _("source not usually reliable"),
        "E": _("unreliable source"),
        "F": _("reliability cannot be judged"),
    }
    credibility = {
        "1": _("confirmed by several publishers"),
        "2": _("probably true"),
        "3": _("possibly true"),
        "4": _("doubtful"),
        "5": _("improbable"),
        "6": _("truth cannot be judged"),
    }
    return f"{reliability[grade[0]]}; {credibility[grade[1]]}"


SPAN: Final = ("valid_from", "valid_to", "date_precision", "status_to_precision")
"""Columns of a spell that say when it was."""


def _when(record: views.Record) -> str:
    a = record.attributes
    if a["claim"] == timeline.PLANNED:
        return text.plan(SimpleNamespace(**a, outcome_unknown=record.outcome_unknown))
    return text.span(a["valid_from"], a["valid_to"], a["date_precision"])


def _facts(data: Data, record: views.Record) -> list[list[str]]:
    a, status = record.attributes, record.status or {}
    is_event = record.layer == "events"
    when = _when(record) if is_event else text.span(*(status[name] for name in SPAN)) if status else ""
    place = ", ".join(
        dict.fromkeys(
            str(part)
            for part in (
                a.get("place"),
                _region_name(data, a.get("commune_pcode")),
                _region_name(data, a.get("department_pcode")),
            )
            if part
        )
    )
    facts = [
        (_("When"), when),
        (_("Where"), place),
        (_("Precision"), text.precisions().get(record.location_precision, "")),
        (_("Zone"), extents.words(_zone(data, record)) if record.layer == units.ZONES and status else ""),
        (_("Run by"), status.get("operator")),
        (_("Armed group"), status.get("armed_group")),
        (_("Coalition"), status.get("coalition")),
        (_("Share held"), f"{text.number(status['share_pct'])} %" if status.get("share_pct") else ""),
        (_("Capacity"), text.number(a["capacity"]) if a.get("capacity") else ""),
        (_("Who"), a.get("actors")),
        (_("Public since"), text.known(record.public_since, record.public_precision)),
    ]
    return [[name, str(value)] for name, value in facts if value]


def _zone(data: Data, record: views.Record) -> Any:
    """Return where the zone of a record is by its present assessment, in the columns of `units.placed`."""
    told = record.status or {}
    rows = states.every_spell(data, units.ZONES)
    mine = rows[(rows["status_id"] == told["status_id"]) & (rows["revision"] == told["revision"])]
    return next(mine.itertuples(index=False))


def _region_name(data: Data, pcode: Any) -> str:
    return regions.find(data, str(pcode)).name(current()) if pcode else ""


def _figure_tables(record: views.Record) -> list[dict[str, Any]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    ends = {record.attributes.get("valid_from"), record.attributes.get("valid_to")}
    for figure in record.figures:
        exact = record.date_precision if figure["date"] in ends else "day"
        said = (text.day(figure["date"], exact), text.stated().get(figure["stated"]), figure["note"])
        note = " · ".join(part for part in said if part)
        tables.setdefault(figure["measure"], []).append(
            {
                "value": text.figure(figure["min"], figure["max"], figure["unit"], figure["qualifier"]),
                "source": figure["publisher"] or _("source not yet public"),
                "url": figure["url"],
                "note": note,
            }
        )
    return [{"label": text.plain_word(measure), "rows": rows} for measure, rows in tables.items()]


def _history(record: views.Record) -> list[dict[str, Any]]:
    rows = []
    for spell in record.history.iloc[::-1].itertuples(index=False):
        who = getattr(spell, kinds.LAYERS[record.layer].who)
        now = record.status is not None and spell.status_id == record.status["status_id"]
        words = [text.status(record.layer, spell.status), who, _("grade {grade}").format(grade=spell.grade)]
        rows.append(
            {
                "when": text.span(*(getattr(spell, name) for name in SPAN)),
                "what": " · ".join(str(word) for word in words if word),
                "note": spell.note,
                "now": now,
            }
        )
    return rows


def _revisions(record: views.Record) -> list[dict[str, Any]]:
    if len(record.revisions) < 2:
        return []
    return [
        {
            "when": _("known {day}").format(day=text.known(row.known_from, row.known_precision)),
            "what": written(row._asdict().get, "title")[0],
            "note": row.note,
            "now": position == 0,
        }
        for position, row in enumerate(record.revisions.itertuples(index=False))
    ]


def _source_line(source: Mapping[str, Any], kept: Collection[str]) -> dict[str, str]:
    published = source.get("published_on")
    by = ", ".join(
        part
        for part in (
            source.get("publisher"),
            text.day(published, source.get("published_precision") or "day") if published else "",
        )
        if part
    )
    return {
        "title": source.get("title") or source.get("publisher") or "",
        "url": source.get("url") or "",
        "by": by,
        "kept": _("a copy is kept here") if source.get("source_id") in kept else "",
        "grade": source.get("reliability") or "F",
    }
