"""Pieces the pages share: our own components, the map, the key figures, the table twin, notes about the data."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from mssmap import client, errors
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.maps import panels, view
from mssmap.maps.assets import URL
from mssmap.measures import keyfigures
from mssmap.records.shown import Filters, Shown
from mssmap.ui import answer, cache, frame, plain, state


def page_style() -> None:
    """The few rules that make the map the page, and a look at whether the data are new; every page begins with it."""
    if PagesManager.uses_pages_directory:
        # The first visit to a new server came in by a link to a page: Streamlit then takes the folder pages/ for
        # the old kind of navigation and leaves app.py out. Once told, it keeps to app.py.
        PagesManager.uses_pages_directory = False
        st.rerun()
    cache.refresh()
    st.html(f"<style>{client.read('page/page.css')}</style>")


@lru_cache(maxsize=32)
def _component(name: str) -> Any:
    """Register a component; what it is and where its script lies comes with its data, see client/page/loader.js."""
    return st.components.v2.component(f"mssmap_{name}", js=client.plain(client.LOADER))


def component(name: str, *, data: Any, **arguments: Any) -> Any:
    """Mount one of our own components, see `COMPONENTS` in client/page/main.js."""
    files = cache.published()
    script, style = files.page
    where = {"script": URL + script, "style": URL + style, "manifest": URL + files.manifest}
    data = {"name": name, **where, "given": data, "heard": _heard(arguments["key"])}
    return _component(name)(data=data, **arguments)


def _heard(key: str) -> int:
    """Return the number of the last act that this run knows of; see `Telling` in client/shared/rest.js."""
    held = (st.session_state.get(key) or {}).values()
    return max((told["at"] for told in held if isinstance(told, dict) and "at" in told), default=_heard_before())


def _heard_before() -> int:
    return int(st.session_state.get("heard", 0))


WITH_SCRIPTS: Final = ("", "timeline", "planner")
"""Pages with components of ours, by their address."""


def note_without_scripts(page: str) -> None:
    """
    Say that our script modules could not start; the last element of a page, so that it moves nothing.

    The line is always there and seen by nobody: the style of the page shows it after a while, unless the script of the
    page has started by then. So it costs no run, and needs no script.
    """
    if page in WITH_SCRIPTS:
        words = _(
            "The map controls could not start in this browser. Allow scripts of this address or use a newer browser; "
            "text, tables and exports work without."
        )
        st.html(f'<p class="mm-aside mm-unscripted">{html.escape(words)}</p>')


def data_faults() -> None:
    """Say which files are not sound and why; the sound layers are shown all the same."""
    faults = cache.data().faults
    if not faults:
        return
    plain.say(
        "warning",
        _("Some data files are not sound: {summary}. The rest is shown.").format(summary=errors.summarise(faults)),
    )
    with st.expander(_("What is wrong")):
        for fault in faults[:50]:
            st.text(str(fault))
        if len(faults) > 50:
            st.text(_("... and {n} more. `mssmap check` lists all of them.").format(n=len(faults) - 50))


def heading(title: str, filters: Filters, notes: list[str]) -> None:
    """Title of the page, and one line of notes that always has its place (the map must not move)."""
    with st.container(key="unseen"):
        st.title(title)
    note_line(filters, notes)


def note_line(filters: Filters, notes: list[str]) -> None:
    """One element with all that is to be said about dials and filters; empty if there is nothing."""
    if lines := note_lines(filters, notes):
        plain.say("info", *lines)
    else:
        st.empty()


def note_lines(filters: Filters, notes: Sequence[str]) -> list[str]:
    """Return all that is to be said about dials and filters, after notes about the address."""
    lines = list(notes)
    if release := cache.pin():
        lines.append(
            _(
                "Release {version} of the data, as it was published: what was accepted, imported or released since is "
                "not shown."
            ).format(version=release)
        )
    if filters.start and filters.end and filters.end < filters.start:
        lines.append(_("Events from is after to: the two were swapped."))
    newest = state.default_as_of()
    if filters.clocks.as_of > newest:
        lines.append(
            _(
                "The latest report in the data is of {day}; what is shown for later days is the last known state."
            ).format(day=text.day(newest))
        )
    hidden = sum(cache.hidden(filters.clocks, filters.grade, filters.region).values())
    if filters.region and not hidden and cache.nothing_on_record(filters):
        lines.append(_("Nothing on record surely lies in this region on these days; that is not the same as calm."))
    if hidden:
        lines.append(_("{n} records below grade {grade} are hidden.").format(n=hidden, grade=filters.grade))
    return lines


def look_at(**target: Any) -> None:
    """Ask the map to move there with its next view: `id=` a record, or `bounds=` a box in degrees."""
    st.session_state["focus_n"] = st.session_state.get("focus_n", 0) + 1
    st.session_state["focus"] = {**target, "n": st.session_state["focus_n"]}


def key_figures(figures: list[keyfigures.KeyFigure], filters: Filters) -> None:
    """The row of key figures; it follows the hand by `answer.view`."""
    component(
        "figures",
        key="figures",
        data={**panels.figure_cards(figures), "view": answer.query(filters, state.layers_on())},
    )


def operations_map(shown: Shown, options: view.Options) -> None:
    """The map itself, and the bridge that carries the view to it and clicks back; see `view.Options.placing`."""
    map_frame()
    feed_map(shown, options)


def preview_map(options: view.Options) -> None:
    """A map without records, for what is looked at before it is stored; lower than that of a page."""
    with st.container(key="linked"):
        map_frame()
    feed_map(cache.shown(Filters(state.clocks())).only(()), options)


def map_frame() -> None:
    """The frame of the map; it holds no data, so a page puts it first and fills it when the rest is worked out."""
    with st.container(key="map"):
        frame.mount(cache.base_frame(), cache.published(), key="operations-map")


def feed_map(
    shown: Shown,
    options: view.Options,
    *,
    filters: Filters | None = None,
    window: tuple[date, date] | None = None,
) -> None:
    """
    Send the view to the map in two parts, for the large one seldom changes.

    Parameters
    ----------
    filters
        If given, the browser gets all that is known at these filters and works out day and grade by itself; else it
        gets the records of this day only.
    """
    if filters is not None:
        options = replace(options, archives=cache.asked_archives(filters), grade=filters.grade)
        large, mark = cache.told(filters.on_any_day(), current())
    else:
        large = {**view.fixed(cache.published()), **view.records(shown, cache.published())}
        mark = cache.mark(large)
    small = {**view.light(shown, options, window), "body": mark}
    component("body", key="body", data={**large, "body": mark})
    component(
        "bridge",
        key="bridge",
        data={**small, "seq": cache.mark(small)},
        on_selected_change=_map_clicked,
    )


def chosen(key: str, name: str) -> Any:
    """Return what a person chose in a component that tells each choice, see `Telling` in client/shared/rest.js."""
    told = st.session_state[key].get(name)
    if not told:
        return None
    st.session_state["heard"] = max(told["at"], _heard_before())
    return told["value"]


def _map_clicked() -> None:
    chosen = st.session_state["bridge"].get("selected")
    if isinstance(chosen, str):
        st.session_state["record"] = chosen


def table_twin() -> None:
    """The table of what the map shows; it reads the same message in the browser."""
    component("twin", key="twin", data={}, on_picked_change=_row_picked)


def _row_picked() -> None:
    chosen = st.session_state["twin"].get("picked")
    if isinstance(chosen, str):
        st.session_state["record"] = chosen
        look_at(id=chosen)
