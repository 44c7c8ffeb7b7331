"""What buttons of the desk do to submissions, and what is told about it at the head of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import deciding
from mssmap.store import inbox
from mssmap.store.inbox import Submitted
from mssmap.ui import cache, plain, state

TOLD: Final = "desk_told"
SHOW: Final = "desk_show"
"""Record that was accepted last, and its first day."""
LEAVING: Final = "desk_leaving"


def tell(kind: plain.Kind, *lines: str) -> None:
    """Tell something at the head of the page at its next run, until the next act."""
    st.session_state[TOLD] = (kind, lines)
    st.session_state.pop(SHOW, None)


def told() -> None:
    """Show what was told last, with a way to the map."""
    if TOLD not in st.session_state:
        return
    kind, lines = st.session_state[TOLD]
    plain.say(kind, *lines)
    if SHOW in st.session_state:
        st.button(_("Show on the map"), key="desk_to_map", type="primary", on_click=_to_map)


def go_on() -> None:
    """Leave for the map if a button said so."""
    if st.session_state.pop(LEAVING, False):
        st.switch_page("pages/situation.py")


def _to_map() -> None:
    record_id, first = st.session_state.pop(SHOW)
    st.session_state.pop(TOLD)
    if first and first > state.clocks().as_of:
        state.set_day("as_of", first)
    st.session_state["record"] = record_id
    st.session_state[LEAVING] = True


def accept(numbers: Sequence[int], reason: str) -> None:
    """Accept one after the other; what is refused is told with its reason, the others are accepted."""
    done: list[Submitted] = []
    refused: list[str] = []
    for number in numbers:
        try:
            done.append(
                deciding.accept(cache.plans(), number, reason=reason.strip(), load=cache.data_now, today=state.today())
            )
        except MssmapError as error:
            refused.append(str(error))
    cache.refresh()
    lines = [_("Accepted: number {n}.").format(n=item.number) for item in done]
    tell("error" if refused else "success", *refused, *lines)
    if done and not refused and (shown := _to_show(done[-1])):
        st.session_state[SHOW] = shown


def _to_show(item: Submitted) -> tuple[str, date | None] | None:
    """Return the record that an accepted submission is about and its first day; None if the map does not show it."""
    for row in item.rows.get("events", []):
        return row["event_id"], _day(row["valid_from"])
    for row in item.rows.get("status", []):
        return row["record_id"], None
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def decline(number: int, outcome: str, reason: str) -> None:
    """Send one back with a question, or reject it with a reason."""
    try:
        done = inbox.decline(cache.plans(), number, outcome, reason=reason)
    except MssmapError as error:
        tell("error", str(error))
        return
    tell(
        "success",
        _("Number {n}, {title}: {state}.").format(n=done.number, title=done.name, state=_(inbox.WORDS[outcome])),
    )
