"""Toggle forward operating base proposals, see who is covered, find the best sites; every change is kept."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ui import (
    cache,
    components,
    controls,
    planner,
    planner_figures,
    planner_inputs,
    planner_travel,
    planner_views,
    state,
)

components.page_style()
notes = state.address_notes()
plan = planner_figures.with_late_click(planner.in_hand())

with st.sidebar:
    planner.picker(plan)
    planner_inputs.assumptions(plan)
    planner_inputs.placing()
    planner_inputs.own_proposals(plan)
    with st.expander(_("Day and layers")):
        controls.dials()
state.keep_address()

judged = planner_travel.judged(plan)
coverage = judged.evaluate()
components.heading(_("FOB planner"), cache.Filters(plan.clocks), notes)
planner.status_line(judged.note)
planner_figures.key_figures(coverage)
main, side = st.columns([0.68, 0.32], gap="small")
with main:
    shown = planner_figures.shown(plan)
    options = planner_figures.map_options(plan, coverage, controls.planner_layers(), planner_views.agreement(judged))
    components.operations_map(shown, options, on_placed=planner_inputs.map_placed)
with side, st.container(key="side"):
    planner_figures.base_table(plan, coverage)
planner_views.show(judged, coverage)
components.data_faults()
