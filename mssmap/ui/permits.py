"""
Who is at the page and what they may do; where nobody signs in, the local person, who may do everything.

What a role does not reach is shown disabled with the reason. That is a courtesy: each write asks the store again.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mssmap import settings
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import Store, people, roles
from mssmap.ui import identity, plain

_ROLE = "role"


def people_sign_in() -> bool:
    """Whether people sign in."""
    return settings.people_sign_in()


def person() -> str:
    """Return who acts in this run; empty if people sign in and nobody has, or the sign-in has ended meanwhile."""
    if not people_sign_in():
        return roles.LOCAL
    return identity.from_cookies(st.context.cookies, settings.load())


def own(store: Store) -> Store:
    """Return the store for the person of this run."""
    if not people_sign_in():
        return store
    return store.acting(person(), default_role=settings.load().default_role)


def let_in(store: Callable[[], Store]) -> bool:
    """
    Say whether the page may go on, which it may only for somebody with a role; the role is read anew at each run.

    The run of a page that may not ends by itself: one that is stopped keeps its fragments, which then would write into
    a page that is gone.
    """
    if not people_sign_in():
        return True
    who = "" if identity.has_ended_anywhere(st.context.cookies, store()) else person()
    role = people.role(store(), who, settings.load().default_role) if who else roles.NONE
    st.session_state[_ROLE] = role
    allowed = roles.reaches(role, roles.NEEDED["look"])
    if not allowed:
        st.error(_("Your sign-in or your role has ended. What you see is no longer kept up to date."))
        st.link_button(_("Sign in"), "/signin")
    return allowed


def may(what: str) -> bool:
    """Whether the person may do something of `roles.NEEDED`."""
    if not people_sign_in():
        return True
    return bool(person()) and roles.reaches(str(st.session_state.get(_ROLE, roles.NONE)), roles.NEEDED[what])


def reason(what: str) -> str | None:
    """Return why a control is disabled, None if it is not."""
    if may(what):
        return None
    return _("This needs the role {needed}; yours is {role}.").format(
        needed=_(roles.WORDS[roles.NEEDED[what]]), role=_(roles.WORDS[st.session_state.get(_ROLE, roles.NONE)])
    )


def lacking(what: str) -> bool:
    """Say above disabled controls why they are, and whether they are."""
    why = reason(what)
    if why:
        plain.say("caption", why)
    return why is not None


def attempt(write: Callable[[], object]) -> bool:
    """Make a write from a button; what the store says no to is told beside the page, which goes on."""
    try:
        write()
    except MssmapError as error:
        st.toast(plain.label(str(error)), duration="long")
        return False
    return True


def signed_in() -> None:
    """Name and role of the person, and the way out."""
    if not people_sign_in():
        return
    role = _(roles.WORDS[st.session_state[_ROLE]])
    with st.container(key="signed_in"):
        st.text(_("{person}, {role}").format(person=str(st.user.get("name") or person()), role=role))
        st.button(_("Sign out"), key="sign_out", on_click=st.logout, width="stretch")
