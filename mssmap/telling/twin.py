"""
The text twin: what a map or a list of changes shows, as a few plain sentences in the language of the reader.

The sentences are made from the very frames that are drawn, so that they cannot say something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import LANGUAGES, current, written
from mssmap.i18n import gettext as _
from mssmap.legend import layers, lines, text
from mssmap.legend.layers import PLANS
from mssmap.measures import keyfigures
from mssmap.records import differences, evidence
from mssmap.records.kinds import EVENTS, LAYERS, SERVICE_OF_KIND, layer_of
from mssmap.records.revisions import Bools
from mssmap.records.selected import Selected
from mssmap.records.shown import Shown
from mssmap.records.timeline import Clocks
from mssmap.telling import figure_words

NAMED: Final = 6
"""A sentence names so many records at most and counts the rest."""

ORDER: Final = {
    differences.STATUS: 0,
    differences.NEW: 1,
    differences.WITHDRAWN: 2,
    differences.CORRECTED: 3,
}
WEIGHT: Final = ("fob", "pris", "ev", "str", "zone", "fac", "ind")
"""Kinds of records by the beginning of their id, the most telling first."""


def title(row: Any, stem: str = "name") -> str:
    """Name of a record in the language of the reader, else in the first in which it is written."""
    return written(lambda column: getattr(row, column, ""), stem)[0]


def titles(rows: Selected, stem: str = "name") -> list[str]:
    """Names of records, as `title` gives each of them."""
    columns = [name for name in dict.fromkeys(f"{stem}_{code}" for code in (current(), *LANGUAGES)) if name in rows]
    return [next((str(one) for one in texts if one), "") for texts in zip(*(rows[n] for n in columns), strict=True)]


def _listed(names: Sequence[str]) -> str:
    """
    Join names, at most `NAMED` of them.

    >>> _listed(["a", "b"]), _listed([str(i) for i in range(8)])
    ('a; b', '0; 1; 2; 3; 4; 5 and 2 more')
    """
    shown = "; ".join(names[:NAMED])
    rest = len(names) - NAMED
    return _("{names} and {n} more").format(names=shown, n=rest) if rest > 0 else shown


def situation(
    shown: Shown,
    figures: Iterable[keyfigures.KeyFigure],
    on: Iterable[str],
    window: tuple[Any, Any],
    grade: str = evidence.LOWEST,
    hidden: Mapping[str, int] | None = None,
) -> list[str]:
    """
    Tell what the map shows.

    Parameters
    ----------
    on
        Ids of the layers that are switched on; the others are not told.
    window
        First and last day of the events on the map.
    grade, hidden
        Threshold, and what it hides by layer.

    Returns
    -------
    sentences
        Date first, then key figures, bases, prisons, zones, services, events, and what has no place on the map.
    """
    wanted = set(on)
    known = lines.banner(shown.clocks)["sub"]
    sentences = [_("Situation on {day}, {known}.").format(day=text.day(shown.clocks.as_of), known=known)]
    sentences += left_out(hidden or {}, grade)
    numbers = [figure_words.told(figure) for figure in figures]
    if numbers:
        sentences.append("; ".join(numbers) + ".")
    names = layers.titles()
    for layer in layers.BY_STATUS:
        sentences += _by_status(shown.cells(layer), layer, names[layer], wanted)
    sentences += _services(shown.cells("facilities"), wanted)
    if wanted & {layer.id for layer in layers.GROUPS["events"]}:
        sentences += _events(shown.cells("events"), wanted, window)
    return sentences


def left_out(hidden: Mapping[str, int], grade: str) -> list[str]:
    """
    Tell what a threshold hides, as `views.hidden_by_grade` counts it.

    >>> left_out({"fobs": 11}, "B2")
    ['Below grade B2 and left out: bases 11.']
    """
    if not hidden:
        return []
    names = layers.titles()
    told = ", ".join(f"{names.get(name, name).lower()} {n}" for name, n in hidden.items())
    return [_("Below grade {grade} and left out: {told}.").format(grade=grade, told=told)]


def layer(rows: pd.DataFrame, name: str, clocks: Clocks, grade: str = evidence.LOWEST, hidden: int = 0) -> list[str]:
    """
    Tell the records of one layer, or the events, one line each, after what the threshold hides.

    Raises
    ------
    InputError
        If the layer has no records with a status.
    """
    there = (*LAYERS, EVENTS.name)
    if name not in there:
        raise InputError(
            _("{name}: cannot be told in sentences; use one of {names}.").format(name=name, names=", ".join(there))
        )
    known = lines.banner(clocks)["sub"]
    head = _("{layer} on {day}, {known}: {n}.").format(
        layer=layers.titles().get(name, name), day=text.day(clocks.as_of), known=known, n=len(rows)
    )
    aside = left_out({name: hidden} if hidden else {}, grade)
    if name == "events":
        return [
            head,
            *aside,
            *(f"{title(row, 'title')}: {lines.event_line(row)} · {row.grade}" for row in rows.itertuples(index=False)),
        ]
    return [
        head,
        *aside,
        *(f"{title(row)}: {lines.line(name, row)} · {row.grade}" for row in rows.itertuples(index=False)),
    ]


def _by_status(rows: Selected, layer: str, name: str, wanted: set[str]) -> list[str]:
    names: dict[str, list[str]] = {}
    for status, record in zip(rows["status"], titles(rows), strict=True):
        names.setdefault(str(status), []).append(record)
    parts = [
        f"{text.status(layer, status).lower()} {len(mine)} ({_listed(mine)})"
        for status, mine in names.items()
        if f"{layer}.{status}" in wanted
    ]
    return [f"{name}: " + ", ".join(parts) + "."] if parts else []


def _services(rows: Selected, wanted: set[str]) -> list[str]:
    rows = rows.only(_among([SERVICE_OF_KIND.get(kind) for kind in rows["kind"]], wanted))
    if not len(rows):
        return []
    counts = Counter(text.status("facilities", status).lower() for status in rows["status"])
    told = ", ".join(f"{word} {n}" for word, n in counts.most_common())
    closed = _listed(titles(rows.only(rows["status"] == "closed")))
    lines = _("Public services: {told}.").format(told=told)
    return [lines + (" " + _("Closed: {names}.").format(names=closed) if closed else "")]


def _among(words: list[Any], wanted: set[str]) -> Bools:
    return np.array([word in wanted for word in words], dtype=bool)


def _events(rows: Selected, wanted: set[str], window: tuple[Any, Any]) -> list[str]:
    groups = layers.groups_of(rows)
    plans = _plans(rows.only(_among(groups, {PLANS}))) if PLANS in wanted else []
    counted = wanted - {PLANS}
    rows = rows.only(_among(groups, counted))
    when = {"start": text.day(window[0]), "end": text.day(window[1])}
    if not len(rows):
        return [
            _("No events on the map from {start} to {end}; that nothing is reported is not the same as calm.").format(
                **when
            ),
            *plans,
        ]
    groups_told = layers.titles()
    counts = Counter(groups_told[group].lower() for group in groups if group in counted)
    told = ", ".join(f"{word} {n}" for word, n in counts.most_common())
    latest = [f"{text.span(*days)} {name}" for name, *days in _named(rows.only(slice(-3, None)))][::-1]
    return [
        _("Events from {start} to {end}: {n} ({told}).").format(n=len(rows), told=told, **when),
        _("Latest: {events}.").format(events="; ".join(latest)),
        *plans,
    ]


def _named(rows: Selected) -> Iterator[tuple[Any, ...]]:
    """Give title, first and last day and precision of events."""
    days = rows.rows("valid_from", "valid_to", "date_precision")
    return ((name, *day) for name, day in zip(titles(rows, "title"), days, strict=True))


def _plans(rows: Selected) -> list[str]:
    """Tell what was announced, apart from what happened."""
    fields = ("valid_from", "valid_to", "date_precision", "day_announced", "outcome_unknown")
    named = zip(titles(rows, "title"), rows.rows(*fields), strict=True)
    told = [f"{name} ({text.plan(row)})" for name, row in named]
    return [_("Announced, not counted: {plans}.").format(plans=_listed(told))] if told else []


def kinds() -> Mapping[str, str]:
    """Kinds of change in words."""
    return {
        differences.NEW: _("New"),
        differences.STATUS: _("Status changed"),
        differences.CORRECTED: _("Corrected"),
        differences.WITHDRAWN: _("Withdrawn"),
    }


def change_lines(records: Sequence[Mapping[str, Any]], *, most: int = 5) -> list[str]:
    """
    Tell the most telling changes, one line each.

    Parameters
    ----------
    records
        As `differences.as_records` gives them.
    most
        Number of lines.
    """
    main = [record for record in records if record["table"] != "figures"]
    main = sorted(main, key=lambda r: r["known_from"] or "", reverse=True)
    main = sorted(main, key=lambda r: (ORDER[r["kind"]], _weight(r["record_id"])))
    return [change_line(record) for record in main[:most]]


def _weight(record_id: str) -> int:
    return next((i for i, head in enumerate(WEIGHT) if record_id.startswith(head)), len(WEIGHT))


def change_line(record: Mapping[str, Any]) -> str:
    """One change as a line: when it happened and was learnt, kind, title, and for a status what it was and is."""
    head = f"{change_days(record)} · {kinds()[record['kind']]}: {record['title']}"
    told = {field["field"]: field for field in record["fields"]}
    of = layer_of(record["record_id"])
    if "status" in told:
        before, after = (text.status(of.name if of else "", told["status"][end] or "") for end in ("before", "after"))
        who = f", {told['operator']['after']}" if told.get("operator", {}).get("after") else ""
        return f"{head} ({before.lower()} → {after.lower()}{who})"
    if record["kind"] == differences.CORRECTED and told:
        return f"{head} ({', '.join(text.plain_word(name).lower() for name in told)})"
    return head


def happened(record: Mapping[str, Any]) -> str:
    """When it happened or, marked so, was announced or is planned for; empty if no day is stated."""
    when = text.day(record["happened"], record["happened_precision"] or "day")
    if not when or not record["planned"]:
        return when
    return (_("announced on {day}") if record["day_announced"] else _("planned for {day}")).format(day=when)


def learnt(record: Mapping[str, Any]) -> str:
    """When it became public, as precisely as it is known."""
    return text.known(record["known_from"], record["known_precision"])


def change_days(record: Mapping[str, Any]) -> str:
    """
    Both days of a change.

    >>> change_days({"happened": "2024-11-11", "happened_precision": "day", "planned": False,
    ...              "known_from": "2024-11-11", "known_precision": "month"})
    '11 Nov 2024 (learnt Nov 2024)'
    """
    when, known = happened(record), _("learnt {day}").format(day=learnt(record))
    return f"{when} ({known})" if when else known


def change_counts(records: Iterable[Mapping[str, Any]]) -> str:
    """
    Count changes by kind.

    >>> new = {"kind": "new", "table": "events"}
    >>> change_counts([{**new, "planned": False}, {**new, "planned": False}, {**new, "planned": True}])
    'new 2, plans 1'
    """
    listed = list(records)
    counts = Counter(record["kind"] for record in listed if not record["planned"])
    plans = sum(record["planned"] for record in listed)
    words = kinds()
    told = [f"{words[kind].lower()} {counts[kind]}" for kind in ORDER if counts[kind]]
    return ", ".join([*told, *([_("plans {n}").format(n=plans)] if plans else [])])
