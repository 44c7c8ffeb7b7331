"""What the product rests on: a search over everything, every table in full, every file with its licence."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ui import components, data_page, field_copies, people_page, permits, state
from mssmap.ui.imports import page

components.page_style()
state.keep_address()
st.title(_("Data and sources"))
data_page.search_box()
titles = [_("Tables"), _("Files and licences"), _("Import"), _("Field copies")]
tables, files, own, field, *more = st.tabs([*titles, *([_("People and roles")] if permits.people_sign_in() else [])])
with tables:
    data_page.full_table()
with files:
    data_page.catalog_table()
with own:
    page.tab()
with field:
    field_copies.tab()
for people in more:
    with people:
        people_page.tab()
data_page.about()
components.data_faults()
