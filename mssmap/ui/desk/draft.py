"""
What was typed at the desk and not handed in yet, by form: `event`, `status`, `record`, `about ID`.

It is kept in the session across pages, and with each pause in the store for whoever may hand in, so that neither
another page, nor a reload, nor a refusal loses it.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from mssmap.brief import history
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.ui import cache, permits

HELD: Final = "desk_held"
NOTE: Final = "desk"
"""Which of a person's drafts in the store it is."""
BAR: Final = "|"
MOST: Final = 400
"""So many values are kept; those of the oldest forms go first."""

CELL: Final = "cell "
"""How the name of a field begins that holds a cell of the record as it stands."""
UNTOUCHED: Final = "desk_untouched"
"""What fields hold before anybody typed, by key."""

PAGE: Final = "pages/desk.py"


def held() -> dict[str, Any]:
    """Return everything that was typed, by form and name; read from the store once a visit."""
    if HELD not in st.session_state:
        kept = history.draft(cache.plans(), NOTE) if permits.may("submit") else {}
        st.session_state[HELD] = {k: v for k, v in kept.items() if isinstance(v, str | bool)}
    found: dict[str, Any] = st.session_state[HELD]
    return found


def value(form: str, name: str) -> Any:
    """Return one value, an empty text if nothing was typed."""
    return held().get(form + BAR + name, "")


def values(form: str) -> dict[str, Any]:
    """Return what was typed into a form, by name."""
    start = form + BAR
    return {
        name.removeprefix(start): one for name, one in held().items() if name.startswith(start) and _says(name, one)
    }


def _says(name: str, one: Any) -> bool:
    """Whether a value says something; a cell of a record does also when it was emptied."""
    return bool(one) or (BAR + CELL in name and one == "")


def key(form: str, name: str) -> str:
    """Return the key of a field."""
    return f"desk {form}{BAR}{name}"


def field(form: str, name: str, default: Any = "") -> dict[str, Any]:
    """Return the arguments of a field that is kept: its key, and what it does when something was typed."""
    st.session_state.setdefault(UNTOUCHED, {})[key(form, name)] = default
    if key(form, name) not in st.session_state:
        st.session_state[key(form, name)] = held().get(form + BAR + name, default)
    return {"key": key(form, name), "on_change": _typed, "args": (form, name)}


def _typed(form: str, name: str) -> None:
    held()[form + BAR + name] = st.session_state.get(key(form, name))
    keep()


def take(form: str) -> None:
    """Take over what the fields of a form hold just now, and keep it."""
    start = key(form, "")
    for name in list(st.session_state):
        if isinstance(name, str) and name.startswith(start):
            own, found = form + BAR + name.removeprefix(start), st.session_state[name]
            if own in held() or found != st.session_state.get(UNTOUCHED, {}).get(name):
                held()[own] = found
    keep()


def keep() -> None:
    """Write everything into the store, for whoever may hand in."""
    now = held()
    for name in list(now)[: max(0, len(now) - MOST)]:
        del now[name]
    if permits.may("submit"):
        permits.attempt(lambda: history.keep_draft(cache.plans(), {k: v for k, v in now.items() if _says(k, v)}, NOTE))


def clear(form: str) -> None:
    """Forget what was typed into a form."""
    for name in [name for name in held() if name.startswith(form + BAR)]:
        del held()[name]
    start = key(form, "")
    for name in [name for name in st.session_state if isinstance(name, str) and name.startswith(start)]:
        del st.session_state[name]
    keep()


def put(form: str, given: dict[str, Any]) -> None:
    """Fill fields of a form; before they are shown, as in the callback of a button."""
    for name, one in given.items():
        held()[form + BAR + name] = one
        st.session_state[key(form, name)] = one
    keep()


def turn_to(form: str, given: dict[str, Any]) -> None:
    """Open the desk on a form, with some of its fields filled."""
    mode, _blank, record_id = form.partition(" ")
    put("desk", {"mode": mode, **({"record": record_id} if record_id else {})})
    put(form, given)
    st.session_state[tab_key()] = _("Enter")


def tab_key() -> str:
    """Return the key of the tabs, which Streamlit knows by their words."""
    return f"desk_tab {current()}"
