"""The record card beside the map."""

from __future__ import annotations

from typing import Final

import streamlit as st

from mssmap import errors
from mssmap.records import views
from mssmap.records.submissions.submission import ADD_SOURCE, CORRECT, WRONG
from mssmap.records.timeline import Clocks
from mssmap.telling import cards
from mssmap.ui import cache, permits, plain, state
from mssmap.ui.components import component
from mssmap.ui.desk import draft, subjects, words

LEAVING: Final = "card_leaving"


def record_card(clocks: Clocks) -> None:
    """The chosen record in full; without one the column beside the map gives its room to the map."""
    record_id = st.session_state.get("record")
    with st.container(key="side" if record_id else "side_empty"):
        if not record_id:
            st.empty()
            return
        try:
            record = views.record(cache.data(), record_id, clocks)
        except errors.NotFoundError as error:
            plain.say("info", str(error))
            return
        _to_desk(record_id)
        component(
            "record",
            key="record_card",
            data=cards.card(cache.data(), record, clocks, state.today(), cache.kept_sources()),
            on_closed_change=_close_card,
        )


def _to_desk(record_id: str) -> None:
    """What may be said about the record at the desk; nothing of an event that only an import has."""
    if st.session_state.pop(LEAVING, False):
        st.switch_page(draft.PAGE)
    if record_id not in subjects.titles():
        return
    titles = words.changes()
    with st.container(key="card_desk", horizontal=True, gap="small"):
        for change in (CORRECT, ADD_SOURCE, WRONG):
            needs = "report" if change == WRONG else "submit"
            st.button(
                plain.label(titles[change]),
                key=f"card {change}",
                type="tertiary",
                on_click=_leave,
                args=(record_id, change),
                disabled=not permits.may(needs),
                help=permits.reason(needs),
            )


def _leave(record_id: str, change: str) -> None:
    draft.turn_to(f"about {record_id}", {"change": change})
    st.session_state[LEAVING] = True


def _close_card() -> None:
    st.session_state["record"] = None
