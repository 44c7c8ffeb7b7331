"""The frame of the app: pages, look, one error boundary. No logic."""

from __future__ import annotations

import streamlit as st

from mssmap import settings
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ui import cache, components, controls, live, permits, plain, state, turns

st.set_page_config(page_title="mssmap · Haiti", page_icon=str(settings.ROOT / "docs/icon.png"), layout="wide")
st.logo((settings.ROOT / "docs/logo.svg").read_text(encoding="utf-8"), size="large")

turns.install()
state.arrive()
state.speak()
if permits.let_in(cache.opened):
    page = st.navigation(
        [
            st.Page("pages/situation.py", title=_("Situation map"), default=True),
            st.Page("pages/timeline.py", title=_("Timeline"), url_path="timeline"),
            st.Page("pages/planner.py", title=_("FOB planner"), url_path="planner"),
            st.Page("pages/briefing.py", title=_("Briefing"), url_path="briefing"),
            st.Page("pages/export.py", title=_("Export"), url_path="export"),
            st.Page("pages/desk.py", title=_("Desk"), url_path="desk"),
            st.Page("pages/data.py", title=_("Data and sources"), url_path="data"),
        ],
        position="top",
    )
    try:
        page.run()
        with st.sidebar:
            controls.language_choice()
            controls.release_choice()
            controls.light_page()
            permits.signed_in()
    except MssmapError as error:
        plain.say("error", str(error))
    live.mount(page.url_path)
    components.note_without_scripts(page.url_path)
