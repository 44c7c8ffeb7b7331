"""People and their roles, for administrators."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.store import people, roles
from mssmap.ui import cache, permits, plain, told


def tab() -> None:
    """Who has which role, and a form that gives or takes one."""
    if permits.lacking("people"):
        return
    listed = people.listed(cache.plans())
    st.dataframe(
        pd.DataFrame(
            {
                _("Person"): [one.person_id for one in listed],
                _("Role"): [_(roles.WORDS.get(one.role, one.role)) for one in listed],
                _("Changed"): [text.day(one.changed_at) for one in listed],
                _("Changed by"): [one.changed_by for one in listed],
            }
        ),
        hide_index=True,
        key="people",
    )
    told.store_faults("person")
    with st.form("person", border=False):
        who, role, give = st.columns([0.5, 0.3, 0.2], vertical_alignment="bottom")
        who.text_input(_("E-mail address, or sub: and the provider's id"), key="person_id", max_chars=people.LONGEST)
        role.selectbox(
            _("Role"), [*roles.ROLES[1:], roles.NONE], format_func=lambda one: _(roles.WORDS[one]), key="person_role"
        )
        give.form_submit_button(_("Save"), on_click=_give, width="stretch")
    st.caption(_("A role counts at once: at the person's next write and at the next thing they open."))


def _give() -> None:
    who, role = st.session_state["person_id"], st.session_state["person_role"]
    if permits.attempt(lambda: people.grant(cache.plans(), who, role)):
        st.toast(plain.label(f"{who}: {_(roles.WORDS[role])}"))
