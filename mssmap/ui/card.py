"""The record card beside the map."""

from __future__ import annotations

import streamlit as st

from mssmap import errors
from mssmap.records import views
from mssmap.records.timeline import Clocks
from mssmap.telling import cards
from mssmap.ui import cache, plain, state
from mssmap.ui.components import component


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
        component(
            "record",
            key="record_card",
            data=cards.card(cache.data(), record, clocks, state.today()),
            on_closed_change=_close_card,
        )


def _close_card() -> None:
    st.session_state["record"] = None
