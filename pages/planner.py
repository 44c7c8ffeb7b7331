"""Toggle forward operating base proposals, see who is covered, find the best sites; every change is kept."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.records.shown import Filters
from mssmap.ui import components, controls, state
from mssmap.ui.planner import compare, editing, figures, inputs, sure, travel, views

components.page_style()
notes = state.address_notes()
held = editing.in_hand()

with st.sidebar:
    editing.plan_bar(held)
    inputs.assumptions(held)
    inputs.placing(held)
    inputs.proposals(held)
    with st.expander(_("File")):
        editing.files(held)
    with st.expander(_("Day and layers")):
        controls.dials()
editing.agree(held)
state.keep_address()

judged = travel.judged(held.plan)
coverage = judged.evaluate()
components.heading(_("FOB planner"), Filters(held.plan.clocks), notes)
editing.saved(held, judged.note)
sure.key_figures(judged, coverage)
main, side = st.columns([0.68, 0.32], gap="small")
with main:
    shown = figures.shown(held.plan)
    options = figures.map_options(held.plan, coverage, controls.planner_layers(), compare.agreement(judged))
    components.operations_map(shown, options)
with side, st.container(key="side"):
    figures.base_table(held, coverage)
views.show(held, judged, coverage)
sure.start(judged)
components.data_faults()
