"""Tell a person whose file waits for its turn in the reading process, at whatever page."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mssmap.i18n import gettext as _
from mssmap.jail import box, places
from mssmap.jail.places import Waiting


def install() -> None:
    """Let whoever waits be told from now on."""
    box.PLACES.tell = told_to_wait


def told_to_wait() -> Waiting:
    """
    Write that the file waits, where the page is just now, and take it away at the end.

    Writing stops the run of a visitor who has left, so the turn goes to the next.
    """
    if get_script_run_ctx(suppress_warning=True) is None:  # work beside the pages
        yield from places.silently()
    line = st.empty()
    try:
        while True:
            line.caption(_("Other files are being read; yours comes as soon as it is its turn."))
            yield
    finally:
        line.empty()
