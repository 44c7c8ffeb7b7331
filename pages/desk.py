"""The desk: facts enter, are reviewed and become part of the record."""

from __future__ import annotations

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ui import components, permits, plain, state
from mssmap.ui.desk import acts, draft, form, review

components.page_style()
left = state.unpin()
acts.go_on()
state.keep_address()
st.title(_("Desk"))
if left:
    words = _("Release {version} is not shown here: the desk works on the data as they stand.")
    plain.say("info", words.format(version=left))
acts.told()
enter, inbox = st.tabs([_("Enter"), _("Inbox")], key=draft.tab_key(), on_change="rerun")
if enter.open:
    with enter:
        if not permits.lacking("report"):
            form.tab()
if inbox.open:
    with inbox:
        review.tab()
components.data_faults()
