"""The inbox at the desk: what was handed in, beside the record as it stands, and the decision."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pandas as pd
import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import deciding
from mssmap.legend import text
from mssmap.records import kinds
from mssmap.records.submissions import effects, rows, submission
from mssmap.records.submissions.submission import Submission
from mssmap.store import inbox
from mssmap.store.inbox import Submitted
from mssmap.ui import cache, permits, plain, state, told
from mssmap.ui.desk import acts, draft, onmap, subjects, words

WAITING: Final = "waiting"
ALL: Final = "all"
REASON: Final = "desk_reason"
LISTED: Final = 6
"""So many rows are shown without a bar to scroll."""


def tab() -> None:
    """The list, one of it in full, and what may be decided about it."""
    told.store_faults(inbox.ENTITY)
    found = _filtered()
    if not found:
        st.info(_("Nothing here. What is handed in at this desk, by file or by a field copy comes here."))
        return
    chosen = _list(found)
    if len(chosen) == 1:
        _one(chosen[0])
    _decide(chosen)


def _filtered() -> list[Submitted]:
    """Ask which submissions are listed."""
    left, right = st.columns(2)
    states = {WAITING: _("to be decided"), **{name: words.state(name) for name in inbox.STATES}, ALL: _("all")}
    wanted = left.selectbox(plain.label(_("State")), list(states), format_func=states.__getitem__, key="desk_state")
    known = words.submission_kinds()
    kind = right.selectbox(
        plain.label(_("Kind")), [ALL, *known], format_func=lambda one: known.get(one, _("all")), key="desk_kind"
    )
    of_state = {WAITING: (inbox.OPEN, inbox.RETURNED), ALL: ()}.get(wanted, (wanted,))
    found = inbox.listed(cache.plans(), *of_state)
    return [item for item in found if kind in (ALL, item.content.get("kind"))]


def _list(found: list[Submitted]) -> list[Submitted]:
    """List submissions; without a choice the first of them is meant."""
    changes, known = words.changes(), words.submission_kinds()
    contents = [item.content for item in found]
    frame = pd.DataFrame(
        {
            _("Submission"): [item.number for item in found],
            _("State"): [words.state(item.state) for item in found],
            _("What"): [
                f"{known.get(str(c.get('kind')), '')} · {changes.get(str(c.get('change')), '')}" for c in contents
            ],
            _("Title"): [_title(item) for item in found],
            _("Who"): [str(item.body.get("submitted_by", "")) for item in found],
            _("When"): [text.day(str(item.body.get("submitted_at", ""))[:10]) for item in found],
        }
    )
    held = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height="content" if len(found) <= LISTED else 260,
        key="desk_list",
    )
    picked = [n for n in held["selection"]["rows"] if n < len(found)]
    return [found[n] for n in picked] or found[:1]


def _one(item: Submitted) -> None:
    """One submission in full."""
    content = submission.from_dict(item.content)
    with st.container(border=True, key="desk_one"):
        change = words.changes().get(content.change, content.change)
        plain.say("strong", _("Number {n}: {title}").format(n=item.number, title=_title(item)))
        said = [change, content.record_id, words.state(item.state), *_who(item)]
        plain.say("caption", " · ".join(filter(None, said)))
        if reason := str(item.body.get("reason", "")):
            plain.say("info", _("Said by {who}: {reason}").format(who=item.body.get("decided_by", ""), reason=reason))
        if content.change == submission.WRONG:
            plain.say("warning", str(content.fields.get("note", "")))
            _to_correct(content)
        if item.state in (inbox.OPEN, inbox.RETURNED):
            _compared(item, content)
        else:
            _added(item)
        _sources(content)


def _title(item: Submitted) -> str:
    content = item.content
    cells = content.get("fields")
    new = cells.get("record_id", "") if isinstance(cells, dict) else ""
    return subjects.title_of(item.name, str(content.get("record_id") or new))


def _who(item: Submitted) -> list[str]:
    at = text.day(str(item.body.get("submitted_at", ""))[:10])
    return [str(item.body.get("submitted_by", "")), at, str(item.body.get("origin", ""))]


def _to_correct(content: Submission) -> None:
    """Lead from a report of an error to the correction of what it is about."""
    record_id = content.record_id.rpartition(".")[0] if content.kind == "status" else content.record_id
    if record_id in subjects.titles():
        given = {"change": submission.CORRECT, "subject": f"{content.kind} {content.record_id}"}
        st.button(
            _("Correct that record"), key="desk_correct", on_click=draft.turn_to, args=(f"about {record_id}", given)
        )


def _compared(item: Submitted, content: Submission) -> None:
    """Show the submission beside the record as it stands, and what accepting it would change."""
    data = cache.data()
    try:
        submission.require_unchanged(content, data)
        made = rows.rows(content, data)
    except MssmapError as error:
        plain.say("error", str(error))
        return
    layer = kinds.layer_of(content.record_id or content.fields.get("record_id", ""))
    name = layer.name if layer else ""
    if changed := effects.differences(content, made, data):
        plain.table(
            [_("Field"), _("As it stands"), _("As handed in")],
            [
                [words.column(one), words.cell(one, old, name) or "–", words.cell(one, new, name) or "–"]
                for one, old, new in changed
            ],
        )
    onmap.compare(content, made, data, f"submission {item.number}")
    for one in effects.moved(made, data, state.today()):
        plain.say("caption", moved(one))
    for other in deciding.likely(content, data)[:5]:
        plain.say(
            "warning", _("Perhaps on record already: {title} ({id}).").format(title=other["title"], id=other["id"])
        )


def moved(one: effects.Moved) -> str:
    """Say what accepting changes of a count or a grade."""
    if one.layer:
        what = f"{words.layer_title(one.layer)}: {text.status(one.layer, one.status)}"
        return f"{what} {one.before} → {one.after}"
    if one.unit:
        return f"{one.record_id}: {text.unit(one.unit)} {one.before or '–'} → {one.after or '–'}"
    return _("Grade of {record}: {before} → {after}").format(
        record=one.record_id, before=one.before or "–", after=one.after or "–"
    )


def _added(item: Submitted) -> None:
    """Show the rows that an accepted submission added."""
    for added in item.rows.values():
        for row in added:
            filled = [[words.column(name), words.cell(name, one)] for name, one in row.items() if one]
            plain.table([_("Field"), _("As accepted")], filled)


def _sources(content: Submission) -> None:
    known = cache.data()["sources"].set_index("source_id")
    for row in [*content.sources, *(one for figure in content.figures for one in figure.get("sources", []))]:
        source_id = str(row.get("source_id", ""))
        if source_id in known.index:
            row = {name: str(known.loc[source_id, name]) for name in ("title", "publisher", "url")}
        plain.say("caption", " · ".join(filter(None, [str(row.get(n, "")) for n in ("title", "publisher", "url")])))


# --------------------------------------------------------------------------------------------------------- decide


def _decide(chosen: list[Submitted]) -> None:
    """The reason and the buttons; several at once only where they touch different records."""
    if not all(item.state in (inbox.OPEN, inbox.RETURNED) for item in chosen):
        return
    if permits.lacking("accept"):
        return
    if twice := touched_twice(chosen):
        plain.say(
            "warning", _("Several of those chosen change {records}: decide these one by one.").format(records=twice)
        )
    st.text_input(
        plain.label(_("Reason or question")),
        key=REASON,
        live=True,
        persist_state="session",
        placeholder=_("needed to send back, to reject, and to accept one's own"),
    )
    numbers = [item.number for item in chosen]
    accept, back, reject = st.columns(3)
    label = _("Accept") if len(numbers) == 1 else _("Accept all {n}").format(n=len(numbers))
    accept.button(
        plain.label(label),
        key="desk_accept",
        type="primary",
        on_click=_accept,
        args=(numbers,),
        disabled=bool(twice),
        width="stretch",
    )
    several = len(numbers) > 1
    back.button(
        _("Send back with the question"),
        key="desk_return",
        on_click=_decline,
        args=(numbers[0], inbox.RETURNED),
        disabled=several,
        width="stretch",
    )
    reject.button(
        _("Reject"),
        key="desk_reject",
        on_click=_decline,
        args=(numbers[0], inbox.REJECTED),
        disabled=several,
        width="stretch",
    )


def touched_twice(chosen: list[Submitted]) -> str:
    """Return the records that several submissions change."""
    ids = [str(item.content.get("record_id") or "") for item in chosen]
    return ", ".join(one for one, n in Counter(filter(None, ids)).items() if n > 1)


def _accept(numbers: list[int]) -> None:
    acts.accept(numbers, str(st.session_state.get(REASON, "")))
    _forget()


def _decline(number: int, outcome: str) -> None:
    acts.decline(number, outcome, str(st.session_state.get(REASON, "")))
    _forget()


def _forget() -> None:
    """Empty the reason once it was used; one that was refused stays."""
    kind, _lines = st.session_state[acts.TOLD]
    if kind == "success":
        st.session_state[REASON] = ""
