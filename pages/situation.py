"""The situation map: what was true on a day, as far as it was known on another."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.maps import view
from mssmap.records.shown import WINDOW_DAYS
from mssmap.ui import cache, card, components, controls, lanes, state, told

components.page_style()
notes = state.address_notes()

heading, figures = st.container(), st.container()
main, side = st.columns([0.72, 0.28], gap="small")
with main:
    components.map_frame()  # first of all: the browser gets it ready while the rest is worked out

with st.sidebar:
    clocks = controls.dials()
    layer_slot = st.container()
    filters = controls.filters()
    window = controls.event_window(filters)
    shown = cache.shown(filters.within(window))
    since = told.since_choice()
    basemap, shading = controls.picture(shown)
with layer_slot:
    controls.layer_list()
state.keep_address()

changes = told.changed(filters, since)
options = view.Options(
    on=state.layers_on(),
    tiles=basemap,
    choropleth=shading,
    selected=st.session_state.get("record"),
    focus=st.session_state.get("focus"),
    changed=told.on_map(changes),
)
with main:
    components.feed_map(shown, options, filters=filters, window=window)
with heading:
    components.heading(_("Situation map of the security mission in Haiti"), filters, notes)
with figures:
    components.key_figures(cache.key_figures(clocks, filters.grade, filters.region), filters)
with side:
    card.record_card(clocks)
lanes.strip(filters, window, WINDOW_DAYS)
told.change_list(changes, since, clocks.known_on)
told.summary(filters, window)
components.table_twin()
components.data_faults()
