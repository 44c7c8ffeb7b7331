"""Toggle forward operating base proposals, see who is covered, find the best sites; every change is kept."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ui import (
    cache,
    components,
    controls,
    planner,
    planner_compare,
    planner_figures,
    planner_inputs,
    planner_sure,
    planner_travel,
    planner_views,
    state,
)

components.page_style()
notes = state.address_notes()
held = planner.in_hand()

with st.sidebar:
    planner.hand(held)
    planner_inputs.assumptions(held)
    planner_inputs.placing(held)
    planner_inputs.proposals(held)
    with st.expander(_("File")):
        planner.files(held)
    with st.expander(_("Day and layers")):
        controls.dials()
planner.agree(held)
state.keep_address()

judged = planner_travel.judged(held.plan)
coverage = judged.evaluate()
components.heading(_("FOB planner"), cache.Filters(held.plan.clocks), notes)
planner.saved(held, judged.note)
planner_sure.key_figures(judged, coverage)
main, side = st.columns([0.68, 0.32], gap="small")
with main:
    shown = planner_figures.shown(held.plan)
    options = planner_figures.map_options(
        held.plan, coverage, controls.planner_layers(), planner_compare.agreement(judged)
    )
    components.operations_map(shown, options)
with side, st.container(key="side"):
    planner_figures.base_table(held, coverage)
planner_views.show(held, judged, coverage)
planner_sure.start(judged)
components.data_faults()
