"""The frame of the app: pages, look, one error boundary. No logic."""

from __future__ import annotations

import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _

st.set_page_config(page_title="mssmap · Haiti", page_icon="docs/icon.png", layout="wide")

page = st.navigation(
    [
        st.Page("pages/situation.py", title=_("Situation map"), url_path="", default=True),
        st.Page("pages/data.py", title=_("Data and sources"), url_path="data"),
    ],
    position="top",
)
try:
    page.run()
except MssmapError as error:
    st.error(str(error))
