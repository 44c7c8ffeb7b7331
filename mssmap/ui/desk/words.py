"""What the columns of a record and the words in them are called at the desk."""

from __future__ import annotations

from collections.abc import Mapping

from mssmap.i18n import LANGUAGES, current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import kinds
from mssmap.records.submissions import submission
from mssmap.store import inbox


def columns() -> Mapping[str, str]:
    """Columns, and the fields of the form, in words."""
    return {
        "category": _("Category"),
        "title": _("What happened in one line"),
        **{f"title_{code}": _("Title in {language}").format(language=name) for code, name in LANGUAGES.items()},
        **{f"name_{code}": _("Name in {language}").format(language=name) for code, name in LANGUAGES.items()},
        "name": _("Name"),
        "type": _("Kind"),
        "kind": _("Kind"),
        "day": _("Day"),
        "where": _("Where"),
        "valid_from": _("First day"),
        "valid_to": _("Last day"),
        "date": _("Day"),
        "date_precision": _("How exact the day is"),
        "place": _("Place"),
        "commune_pcode": _("Commune"),
        "department_pcode": _("Department"),
        "lon": _("Longitude"),
        "lat": _("Latitude"),
        "lon, lat": _("Where"),
        "location_precision": _("How exact the place is"),
        "actors": _("Who took part"),
        "claim": _("What it rests on"),
        "dispute": _("What sources disagree about"),
        "confidence": _("How sure the editor is"),
        "status": _("Status"),
        "operator": _("Who runs it"),
        "armed_group": _("Armed group"),
        "coalition": _("Coalition"),
        "share_pct": _("Share in percent"),
        "communes_affected": _("Number of communes"),
        "unit_pcodes": _("Units, by P-code"),
        "uncertainty_m": _("Metres that it may be away"),
        "extent_note": _("How to read the extent"),
        "capacity": _("Capacity"),
        "capacity_note": _("Note on the capacity"),
        "layer": _("Layer"),
        "known_from": _("Known from"),
        "known_precision": _("How exact that day is"),
        "recorded_on": _("Recorded on"),
        "source_ids": _("Sources"),
        "source_id": _("Source"),
        "sources": _("Source"),
        "figure_min": _("Lowest figure"),
        "figure_max": _("Highest figure"),
        "figure_unit": _("Unit"),
        "unit": _("Unit"),
        "note": _("Note"),
        "record": _("Record"),
        "record_id": _("Record"),
        "id": _("Record"),
        "change": _("What you do"),
        "url": _("Address"),
        "publisher": _("Publisher"),
        "published_on": _("Published on"),
        "submission": _("What you hand in"),
    }


def column(name: str) -> str:
    """
    Return a column in words; one without words is shown as it is.

    >>> column("valid_from"), column("net_change")
    ('First day', 'Net change')
    """
    return columns().get(name) or text.plain_word(name)


def fault(line: str, *, new: bool = True) -> str:
    """
    Return what is wrong with a submission, with the field as the form calls it.

    >>> fault("sources 1, url: found nothing, required its address.")
    'Source 1, Address: found nothing, required its address.'

    Parameters
    ----------
    new
        Whether it is about a new record, of which the form asks the title in the language of the page, and one day.
    """
    where, colon, rest = line.partition(": ")
    known = dict(columns())
    if new:
        known |= {f"title_{current()}": known["title"], f"name_{current()}": known["name"], "valid_from": known["day"]}
    if not colon or len(where) > 60:
        return line
    if where in known:
        return f"{known[where]}: {rest}"
    parts = []
    for part in where.split(", "):
        word, _blank, n = part.partition(" ")
        named = {"figures": _("Figure"), "title": _("Title of the source")}.get(word) or known.get(word)
        if named is None or (n and not n.isdigit()):
            return line
        parts.append(f"{named} {n}".strip())
    return f"{', '.join(parts)}: {rest}"


def changes() -> Mapping[str, str]:
    """What a submission does, in words."""
    return {
        submission.NEW: _("New"),
        submission.CORRECT: _("Correct"),
        submission.ADD_SOURCE: _("Add a source"),
        submission.WITHDRAW: _("Withdraw"),
        submission.WRONG: _("Report as wrong"),
    }


def submission_kinds() -> Mapping[str, str]:
    """What a submission is about, in words."""
    return {
        "event": _("Event"),
        "status": _("Status"),
        "record": _("Place"),
        "indicator": _("Indicator"),
        "strength": _("Strength"),
        "figure": _("Figure"),
        "source": _("Source"),
    }


def state(name: str) -> str:
    """State of a submission in words."""
    return _(inbox.WORDS[name])


def cell(column_name: str, value: str, layer: str = "") -> str:
    """Return a value of a closed list in words; any other as it stands."""
    if column_name == "source_ids":
        return value.replace(";", ", ")
    if column_name == "category":
        return text.category(value) if value else ""
    if column_name == "status" and layer:
        return text.status(layer, value) if value else ""
    lists = {"claim": text.claims(), "location_precision": text.precisions(), "kind": text.kinds()}
    if column_name in ("date_precision", "known_precision", "confidence", "dispute", "status", "publisher_kind"):
        return grades().get(value) or text.plain_word(value)
    return lists.get(column_name, {}).get(value, value)


def grades() -> Mapping[str, str]:
    """How exact and how sure, in words."""
    return {
        "day": _("to the day"),
        "month": _("to the month"),
        "year": _("to the year"),
        "before": _("began before"),
        "assumed": _("assumed"),
        "high": _("high"),
        "medium": _("medium"),
        "low": _("low"),
        "figures": _("the figures"),
        "fact": _("the fact itself"),
        "retracted": _("retracted"),
    }


def layer_title(name: str) -> str:
    """Title of a layer of records."""
    return _(kinds.LAYERS[name].title) if name in kinds.LAYERS else text.plain_word(name)
