"""The situation map: what was true on a day, as far as it was known on another."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.maps import view
from mssmap.ui import cache, components, state

EVENT_WINDOW_DAYS = 120

components.page_style()
notes = state.address_notes()

with st.sidebar:
    clocks = components.dials()
    layer_slot = st.container()
    with st.expander(_("Filters")):
        filters = components.filters()
    window = components.event_window(filters, EVENT_WINDOW_DAYS)
    shown = cache.shown(filters.within(window))
    with st.expander(_("Background and shading")):
        basemap = components.basemap_choice()
        shading = components.shading_choice(shown)
with layer_slot:
    components.layer_list(shown)

options = view.Options(
    on=state.layers_on(),
    tiles=basemap,
    choropleth=shading,
    selected=st.session_state.get("record"),
    focus=st.session_state.get("focus"),
    notes=components.window_note(window),
)
components.heading(filters, window, notes)
components.key_figures(cache.key_figures(clocks, filters.grade, filters.region))
main, side = st.columns([0.72, 0.28], gap="small")
with main:
    components.operations_map(shown, options)
with side:
    components.record_card(clocks)
components.event_strip(filters, window)
components.table_twin()
components.data_faults()
