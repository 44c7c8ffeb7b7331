"""Layers and tables out as files that carry their proof, and the check of such a file."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ui import components, controls, export_page, state

components.page_style()
notes = state.address_notes()

with st.sidebar:
    controls.dials()
    filters = controls.filters()
state.keep_address()

st.title(_("Export"))
components.note_line(filters, notes)
names = export_page.choose_layers()
form = export_page.choose_form()
if names:
    extract = export_page.build(names, form, filters)
    export_page.contents(extract)
    export_page.losses(extract)
    export_page.download(extract)
else:
    st.info(_("Choose at least one layer or table."))
with st.container(key="verify"):
    export_page.verify()
components.data_faults()
