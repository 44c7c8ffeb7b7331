"""Compose a briefing pack, see it as it will print, download it."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.records.shown import Filters
from mssmap.ui import briefing_page, components, controls, state, told

components.page_style()
notes = state.address_notes()

with st.sidebar:
    clocks = controls.dials()
    filters = controls.filters()
    told.since_choice()
    with st.expander(_("Layers")):
        controls.layer_list()
state.keep_address()

components.heading(_("Briefing pack"), Filters(clocks, filters.grade, filters.region), notes)
fields, sheet = st.columns([0.4, 0.6], gap="medium")
with fields:
    briefing_page.composer()
    briefing_page.maker()
    briefing_page.packs()
with sheet:
    briefing_page.preview()
components.data_faults()
