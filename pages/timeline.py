"""Events and spells over time, with a map that follows."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.maps import view
from mssmap.ui import card, components, controls, lanes, over_time, state, told

components.page_style()
notes = state.address_notes()

with st.sidebar:
    clocks = controls.dials(lanes.TRAIL_DAYS, lanes.fixed_days())
    mode = controls.timeline_mode(lanes.TRAIL_DAYS)
    layer_slot = st.container()
    filters = controls.filters()
shown, window = lanes.linked_view(filters, mode)
with layer_slot:
    controls.layer_list()
state.keep_address()

components.heading(_("Timeline"), filters, notes)
main, side = st.columns([0.72, 0.28], gap="small")
with main, st.container(key="linked"):
    options = view.Options(
        on=state.layers_on(),
        selected=st.session_state.get("record"),
        focus=st.session_state.get("focus"),
    )
    components.map_frame()
    components.feed_map(shown, options, filters=filters, window=window)
with side:
    card.record_card(clocks)
lanes.chart(filters, mode)
over_time.views(filters)
told.summary(filters, window)
components.table_twin()
components.data_faults()
