"""Entering at the desk: a new event, status or place, and what is to be said about a record that is there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.ingest import deciding
from mssmap.legend import text
from mssmap.records import kinds, units
from mssmap.records.submissions import reading, rows, submission
from mssmap.records.submissions.submission import ADD_SOURCE, CORRECT, WITHDRAW, WRONG, Submission
from mssmap.store import inbox
from mssmap.ui import cache, permits, plain, state
from mssmap.ui.desk import acts, areas, draft, fields, numbers, onmap, subjects, words, written

DESK: Final = "desk"
"""Form of which kind of submission is open, and about which record."""
TRIED: Final = "desk_tried"
"""Form that was refused; what is wrong with it stays to be seen until it is right."""
PLACES: Final = tuple(kinds.LAYERS)
"""Layers to which the desk adds a place or a zone."""


def tab() -> None:
    """One form at a time, with what was typed into it."""
    modes = {
        "event": _("New event"),
        "about": _("About a record"),
        "status": _("New status"),
        "record": _("New place or zone"),
        "number": _("New number or source"),
    }
    if permits.lacking("submit"):
        modes = {"about": modes["about"]}
    held = draft.field(DESK, "mode", next(iter(modes)))
    if st.session_state[held["key"]] not in modes:
        st.session_state[held["key"]] = next(iter(modes))
    mode = st.segmented_control(
        plain.label(_("What you enter")), list(modes), format_func=modes.__getitem__, required=True, **held
    )
    {"event": _event, "about": _about, "status": _status, "record": _record, "number": _number}[str(mode or "event")]()


# ------------------------------------------------------------------------------------------------------------ new


def _event() -> None:
    form = "event"
    left, right = st.columns(2, gap="large")
    with left:
        categories = sorted(kinds.CATEGORIES, key=text.category)
        fields.choice(form, "category", words.column("category"), categories, text.category)
        fields.line(form, "headline", words.column("title"))
        fields.day(form)
        fields.place(form)
        where = st.empty()
        with st.expander(_("Figures")):
            fields.figures(form)
        with st.expander(_("Other languages, who took part, note")):
            for code in ("en", "fr", "ht", "es"):
                if code != current():
                    fields.line(form, f"title_{code}", words.column(f"title_{code}"))
            fields.line(form, "actors", words.column("actors"))
            fields.choice(
                form, "claim", words.column("claim"), list(text.claims()), text.claims().__getitem__, default="reported"
            )
            fields.sure(form)
    with right:
        fields.source(form)
        raw = written.new_event(draft.values(form), cache.data(), current())
        item = reading.read(raw, cache.data(), state.today())
        with where.container():
            fields.understood(item, str(draft.value(form, "where")))
            onmap.choose(form, item, "where")
        _likely(item)
        _send(form, raw, item)


def _status() -> None:
    form = "status"
    left, right = st.columns(2, gap="large")
    with left:
        titles = {key: title for key, title in subjects.titles().items() if kinds.layer_of(key) is not None}
        record_id = fields.choice(form, "record_id", words.column("record"), list(titles), titles.__getitem__)
        if layer := kinds.layer_of(record_id):
            name = layer.name
            fields.choice(
                form, "status", words.column("status"), list(layer.statuses), lambda one: text.status(name, one)
            )
            if name == units.ZONES:
                areas.asked(form, new=False)
            else:
                fields.line(form, layer.who, words.column(layer.who))
        fields.day(form)
        fields.sure(form)
    with right:
        fields.source(form)
        raw = written.new_status(draft.values(form))
        _send(form, raw, reading.read(raw, cache.data(), state.today()))


def _record() -> None:
    form = "record"
    left, right = st.columns(2, gap="large")
    with left:
        layer = fields.choice(form, "layer", _("Layer"), PLACES, words.layer_title)
        fields.line(form, "name", words.column("name"))
        if layer:
            _of_layer(form, layer)
        named = layer == units.ZONES and draft.value(form, "unit 1")  # a zone lies where its units do
        if not named:
            fields.place(form)
        where = st.empty()
        fields.day(form)
        fields.sure(form)
    with right:
        fields.source(form)
        raw = written.new_place(draft.values(form), cache.data(), current())
        item = reading.read(raw, cache.data(), state.today())
        if not named:
            with where.container():
                fields.understood(item, str(draft.value(form, "where")))
                onmap.choose(form, item, "where")
        _send(form, raw, item)


def _of_layer(form: str, layer: str) -> None:
    """What is asked of a new place or zone of a layer: its kind, its first status, and who or where."""
    contract = {one.name: one for one in cache.data().dataset(layer).contract.fields}
    if "kind" in contract:
        kind = list(contract["kind"].enum)
        fields.choice(form, "type", words.column("type"), kind, lambda one: words.cell("kind", one))
    statuses = list(kinds.LAYERS[layer].statuses)
    fields.choice(form, "status", words.column("status"), statuses, lambda one: text.status(layer, one))
    if layer == units.ZONES:
        areas.asked(form, new=True)
    if "capacity" in contract:
        fields.line(form, "capacity", words.column("capacity"))
    if layer == "fobs":
        fields.line(form, "operator", words.column("operator"))


def _number() -> None:
    form = "number"
    left, right = st.columns(2, gap="large")
    with left:
        numbers.form(form)
    with right:
        fields.source(form)
        if numbers.kind_of(form) == numbers.SOURCE:
            numbers.source(form)
        raw = written.new_number(numbers.kind_of(form), numbers.typed(form), cache.data())
        _send(form, raw, reading.read(raw, cache.data(), state.today()))


def _likely(item: Submission) -> None:
    """Offer events that the new one may be, as its second source or to be corrected."""
    cells = item.fields
    if not (cells.get("category") and cells.get("title_en") and cells.get("valid_from")):
        return
    found = deciding.likely(item, cache.data())
    if not found:
        return
    plain.say("warning", _("Perhaps on record already:"))
    for one in found[:5]:
        apart = "" if one["distance_km"] is None else _("{n} km away").format(n=text.number(one["distance_km"]))
        plain.say("strong", " · ".join(filter(None, [one["title"], apart])))
        left, right = st.columns(2)
        for column, change in ((left, ADD_SOURCE), (right, CORRECT)):
            label = _("Add as second source") if change == ADD_SOURCE else _("Correct that record")
            column.button(
                plain.label(label),
                key=f"{change} {one['id']}",
                on_click=_into,
                args=(one["id"], change),
                width="stretch",
            )


def _into(record_id: str, change: str) -> None:
    """Turn what was typed for a new event into something about an event that is there."""
    draft.take("event")
    typed = draft.values("event")
    draft.turn_to(f"about {record_id}", {"change": change, **{name: typed.get(name, "") for name in written.SOURCE}})


# ---------------------------------------------------------------------------------------------------------- about


def _about() -> None:
    titles = subjects.titles()
    record_id = fields.choice(DESK, "record", words.column("record"), list(titles), titles.__getitem__)
    if not record_id:
        return
    form = f"about {record_id}"
    data = cache.data()
    of_it = subjects.of_record(record_id, data)
    left, right = st.columns(2, gap="large")
    with left:
        subject = fields.choice(
            form, "subject", _("What of it"), list(of_it), of_it.__getitem__, default=next(iter(of_it))
        )
        kind, _blank, its_id = (subject or next(iter(of_it))).partition(" ")
        change = _change(form, kind)
        table = written.table_of(kind, its_id)
        now = subjects.now(kind, table, its_id, data)
        if change == CORRECT:
            _cells(form, kind, table, its_id, now)
        elif change in (WRONG, WITHDRAW):
            fields.line(form, "note", _("What is wrong in a sentence") if change == WRONG else words.column("note"))
    with right:
        if kind != "source":
            fields.source(form)
        if kind == "event" and change in (CORRECT, ADD_SOURCE):
            with st.expander(_("Figures")):
                fields.figures(form)
        if change == CORRECT:
            moved = st.container()
            st.checkbox(
                plain.label(_("This source takes the place of those before")),
                **draft.field(form, "instead", default=False),
            )
        raw = written.about(_typed_about(form, its_id), f"{kind} {its_id}", change, now)
        item = reading.read(raw, data, state.today())
        if change == CORRECT and "lon" in now:
            with moved:
                onmap.choose(form, item, f"{draft.CELL}{its_id} lon", f"{draft.CELL}{its_id} lat")
        _send(form, raw, item, needs="report" if change == WRONG else "submit")


def _typed_about(form: str, its_id: str) -> dict[str, Any]:
    """Return what was typed; of the cells those of one of the things that a record has, without its id."""
    start = f"{draft.CELL}{its_id} "
    typed = draft.values(form)
    rest = {name: one for name, one in typed.items() if not name.startswith(draft.CELL)}
    return rest | {draft.CELL + name.removeprefix(start): one for name, one in typed.items() if name.startswith(start)}


def _change(form: str, kind: str) -> str:
    """What is done about the record."""
    allowed = [
        CORRECT,
        *([ADD_SOURCE] if kind != "source" else []),
        *([WITHDRAW] if kind in ("event", "status") else []),
        WRONG,
    ]
    if not permits.may("submit"):
        allowed = [WRONG]
    titles = words.changes()
    held = draft.field(form, "change", allowed[0])
    if st.session_state[held["key"]] not in allowed:
        st.session_state[held["key"]] = allowed[0]
    chosen = st.segmented_control(
        plain.label(words.column("change")), allowed, format_func=titles.__getitem__, required=True, **held
    )
    return str(chosen or allowed[0])


def _cells(form: str, kind: str, table: str, its_id: str, now: Mapping[str, str]) -> None:
    """The record as it stands, each cell to be changed."""
    contract = {column.name: column for column in cache.data().dataset(table).contract.fields}
    layer = kinds.layer_of(its_id) if kind == "status" else None
    for name in subjects.editable(kind, cache.data(), table, its_id):
        enum = contract[name].enum if name in contract else ()
        if name == "category":
            enum = tuple(kinds.CATEGORIES)
        if name == "status" and layer is not None:
            enum = tuple(layer.statuses)
        field, label, before = f"{draft.CELL}{its_id} {name}", words.column(name), now.get(name, "")
        if enum:
            options = list(dict.fromkeys(["", *enum, before]))
            title = partial(_cell_title, name, layer.name if layer else "")
            fields.choice(form, field, label, options, title, default=before)
        else:
            fields.line(form, field, label, default=before)


def _cell_title(column: str, layer: str, word: str) -> str:
    return words.cell(column, word, layer) or "–"


# ----------------------------------------------------------------------------------------------------------- send


def _missing(raw: Mapping[str, Any]) -> list[str]:
    """Say what a new record cannot be without."""
    needed: dict[str, tuple[str, ...]] = {
        "event": ("category", "title", "valid_from"),
        "status": ("record_id", "status", "valid_from"),
        "record": ("layer", "name", "type", "status", "valid_from"),
        "indicator": ("indicator", "series", "value", "unit", "period_end"),
        "strength": ("record_type", "country", "personnel", "date"),
        "figure": ("record_id", "measure", "value_min"),
        "source": ("title", "publisher", "url"),
    }
    if raw.get("change") != submission.NEW:
        return []
    return [
        _("{where}: found {found}, required {required}.").format(where=name, found=_("nothing"), required=_("text"))
        for name in needed[raw["kind"]]
        if not (name == "type" and raw.get("layer") == units.ZONES)
        if not any(raw.get(one) for one in (name, *(f"{name}_{code}" for code in ("en", "fr", "ht", "es"))))
    ]


def faults_of(raw: Mapping[str, Any], item: Submission) -> list[str]:
    """Return all that is wrong with a submission, with the fields as the form calls them."""
    missing = _missing(raw)
    told = {line.partition(":")[0] for line in missing}
    found = [*missing, *(line for line in item.faults if line.partition(":")[0] not in told)]
    if not found:
        found = list(rows.checked(dict(raw), cache.data(), state.today()).faults)
    return [words.fault(line, new=raw.get("change") == submission.NEW) for line in found]


def _send(form: str, raw: dict[str, Any], item: Submission, *, needs: str = "submit") -> None:
    """The way into the inbox; whoever may accept can do both at once, with a reason."""
    if st.session_state.get(TRIED) == form and (found := faults_of(raw, item)):
        plain.say("error", _("Not handed in. What you typed is kept."), *found)
    barred = not permits.may(needs)
    reason = ""
    if permits.may("accept") and raw.get("change") != WRONG:
        reason = fields.line(form, "reason", _("Reason to accept it yourself at once"), placeholder=_("stays visible"))
    one, other, third = st.columns([0.4, 0.4, 0.2])
    one.button(
        _("Hand in"),
        key=f"send {form}",
        type="primary",
        on_click=_hand_in,
        args=(form, needs, False),
        disabled=barred,
        help=permits.reason(needs),
        width="stretch",
    )
    if permits.may("accept") and raw.get("change") != WRONG:
        other.button(
            _("Hand in and accept"),
            key=f"accept {form}",
            on_click=_hand_in,
            args=(form, needs, True),
            disabled=not reason,
            width="stretch",
        )
    third.button(_("Clear"), key=f"clear {form}", on_click=_clear, args=(form,), width="stretch")


def _clear(form: str) -> None:
    draft.clear(form)
    st.session_state[TRIED] = None


def _raw(form: str) -> dict[str, Any]:
    """Return what stands in a form just now."""
    typed = draft.values(form)
    if form == "event":
        return written.new_event(typed, cache.data(), current())
    if form == "status":
        return written.new_status(typed)
    if form == "number":
        return written.new_number(numbers.kind_of(form), numbers.typed(form), cache.data())
    if form == "record":
        return written.new_place(typed, cache.data(), current())
    record_id = form.partition(" ")[2]
    subject = str(typed.get("subject") or next(iter(subjects.of_record(record_id, cache.data()))))
    kind, _blank, its_id = subject.partition(" ")
    now = subjects.now(kind, written.table_of(kind, its_id), its_id, cache.data())
    change = str(typed.get("change") or (CORRECT if permits.may("submit") else WRONG))
    return written.about(_typed_about(form, its_id), subject, change, now)


def _hand_in(form: str, needs: str, accept: bool) -> None:
    draft.take(form)
    st.session_state[TRIED] = form
    raw, reason = _raw(form), str(draft.value(form, "reason"))
    data = cache.data_now()
    item = rows.checked(raw, data, state.today())
    if item.faults or _missing(raw):
        return
    content = submission.as_dict(item)
    try:
        kept = inbox.submit(cache.plans(), [(item.title, content)], origin="typed", needs=needs)[0]
    except MssmapError as error:
        acts.tell("error", str(error))
        return
    _clear(form)
    if accept:
        acts.accept([kept.number], reason)
    elif kept.state == inbox.OPEN:
        acts.tell("success", _("Handed in as number {n}.").format(n=kept.number))
    else:
        said = _("The same was handed in before, as number {n}: {state}.")
        acts.tell("info", said.format(n=kept.number, state=words.state(kept.state)))
