"""Pieces of the page that lets layers and tables out as files, and looks at such a file again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from mssmap.crs import METRIC, WGS84
from mssmap.errors import MssmapError
from mssmap.exports import bundle
from mssmap.exports import verify as checking
from mssmap.exports.extract import Extract
from mssmap.exports.formats import FORMATS
from mssmap.exports.selection import SCHEMAS, Form, Selection
from mssmap.exports.verify import PartChange, Verdict
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import layers, text
from mssmap.records.shown import Filters
from mssmap.ui import cache, choices, permits, plain, state

SHOWN = 500
"""Changed rows that the page lists."""


def choose_layers() -> tuple[str, ...]:
    """The layers and tables that go out: at first those on the map."""
    titles = choices.told_apart({name: (item.title, name) for name, item in cache.data().datasets.items()})
    if "export_names" not in st.session_state:
        st.session_state["export_names"] = _on_the_map(titles)
    # an import may have been taken out since
    st.session_state["export_names"] = [name for name in st.session_state["export_names"] if name in titles]
    chosen: list[str] = st.multiselect(
        _("Layers and tables"),
        list(titles),
        key="export_names",
        persist_state="session",
        format_func=titles.__getitem__,
        placeholder=_("Choose layers and tables"),
    )
    if {"events", "figures"} & set(chosen):
        words = _("With events that were announced, not reported as done")
        st.checkbox(plain.label(words), key="export_plans", persist_state="session")
    return tuple(chosen)


def _on_the_map(known: dict[str, str]) -> list[str]:
    on = set(state.layers_on())
    groups = [name for name, members in layers.GROUPS.items() if on & {layer.id for layer in members}]
    return [name for name in groups if name in known]


def choose_form() -> Form:
    """Format, coordinates and names of columns; what does not go together cannot be chosen."""
    st.session_state.setdefault("export_format", "gpkg")
    key = st.radio(
        _("Format"),
        list(FORMATS),
        key="export_format",
        persist_state="session",
        format_func=lambda name: FORMATS[name].title,
        horizontal=True,
    )
    chosen = FORMATS[key]
    plain.say("caption", _(chosen.note))
    left, right, _rest = st.columns([0.3, 0.3, 0.4])
    systems = {WGS84: _("Degrees (EPSG:4326)"), METRIC: _("Metres, UTM 18N (EPSG:32618)")}
    with left:
        crs = _choice(_("Coordinates"), "export_crs", systems if chosen.metric else {WGS84: systems[WGS84]})
    titles = {"mssmap": _("Own names"), "cod-ab": _("Boundaries as in COD-AB"), "hxl": _("Own, with HXL hashtags")}
    able = {name: titles[name] for name in SCHEMAS if name != "hxl" or chosen.hxl}
    with right:
        schema = _choice(_("Names of columns"), "export_columns", able)
    return Form(key, crs, schema)


def _choice(label: str, key: str, titles: dict[str, str]) -> str:
    """A choice of which some words may not be offered now: the first is taken then."""
    if st.session_state.get(key) not in titles:
        st.session_state[key] = next(iter(titles))
    chosen: str = st.selectbox(
        plain.label(label),
        list(titles),
        key=key,
        persist_state="session",
        format_func=titles.__getitem__,
        disabled=len(titles) == 1,
    )
    return chosen


def build(names: Sequence[str], form: Form, filters: Filters) -> Extract:
    """The export at the dials and filters of the page; a window that ends before it starts is turned round."""
    start, end = filters.start, filters.end
    if start and end:
        filters = filters.within((min(start, end), max(start, end)))
    filters = replace(filters, plans=bool(st.session_state.get("export_plans")))
    return cache.extract(Selection(tuple(names), filters), form, current())


def contents(extract: Extract) -> None:
    """Rows, licence and file of each layer."""
    file_of = {part.name: file.name for file in bundle.files(extract) for part in file.parts}
    rows = pd.DataFrame(
        {
            _("Layer or table"): [part.title for part in extract.parts],
            _("Rows"): [len(part.frame) for part in extract.parts],
            _("Licence"): [part.licence for part in extract.parts],
            _("File"): [file_of[part.name] for part in extract.parts],
            _("Attribution"): [part.attribution for part in extract.parts],
        }
    )
    st.dataframe(rows, hide_index=True, key="export_contents", height="content")
    if any(part.is_apart for part in extract.parts):
        st.caption(_("Layers under the ODbL stay in a file of their own; who passes them on keeps that licence."))


def losses(extract: Extract) -> None:
    """What the format cannot keep."""
    if not extract.losses:
        st.caption(_("The format keeps everything."))
        return
    with st.expander(
        plain.label(_("What {format} does not keep ({n})").format(format=extract.format.title, n=len(extract.losses)))
    ):
        for loss in extract.losses:
            st.text(loss)


def download(extract: Extract) -> None:
    """The button; the file is made when it is pressed."""
    name = bundle.file_name(extract)
    rows = sum(len(part.frame) for part in extract.parts)
    st.download_button(
        plain.label(_("Download {file}").format(file=name)),
        data=lambda: bundle.pack(extract),
        file_name=name,
        mime=bundle.media_type(extract),
        key="export_download",
        type="primary",
        on_click="ignore",
    )
    plain.say(
        "caption",
        _("{n} rows. Inside: filter, both dates, sources with grades, licences, and a hash of every row.").format(
            n=text.number(rows)
        ),
    )


def verify() -> None:
    """The place to drop an exported file, and what became of it."""
    st.header(_("Check an exported file"))
    uploaded = st.file_uploader(
        _("Drop a file that was exported here, or its zip"),
        key="verify_file",
        disabled=permits.lacking("upload"),
        help=_("It is opened in a process of its own that can reach nothing, compared with its proof, and not kept."),
    )
    if uploaded is None:
        return
    try:
        with tempfile.TemporaryFile() as file:
            file.write(uploaded.getbuffer())
            file.seek(0)
            here = checking.Releases(tuple(reversed(cache.known_releases())), cache.release_data)
            verdict = checking.file(cache.data_now(), file, uploaded.name, here)
    except MssmapError as error:
        plain.say("error", str(error))
        return
    _tell(verdict)


def _tell(verdict: Verdict) -> None:
    clocks = verdict.selection.filters.clocks
    dates = _("as of {as_of}, known on {known_on}").format(
        as_of=text.day(clocks.as_of), known_on=text.day(clocks.known_on)
    )
    n = text.number(verdict.rows)
    if verdict.state == checking.UNCHANGED:
        plain.say(
            "success",
            _("Unchanged: all {n} rows are as exported, and as the data say ({dates}).").format(n=n, dates=dates),
        )
    elif verdict.state == checking.EDITED:
        plain.say("warning", _("Edited: the file is not as it was exported ({dates}).").format(dates=dates))
    else:
        plain.say(
            "info",
            _("Revised: the file is as exported, but the data were revised since ({dates}).").format(dates=dates),
        )
    for note in verdict.notes:
        st.text(note)
    if verdict.release:
        since = ", ".join(verdict.since) or _("there is none")
        plain.say(
            "caption", _("Of release {version}; released since: {since}.").format(version=verdict.release, since=since)
        )
    _changes(_("What differs in the file"), verdict.edits, "verify_edits")
    _changes(_("What the data say now"), verdict.revisions, "verify_revisions")
    st.button(
        _("Show this view"),
        key="verify_restore",
        on_click=_restore,
        args=(verdict.selection, verdict.form),
        help=_("Sets the dates, filters, layers and format of the file on this page and on the map."),
    )


def _changes(title: str, changes: Sequence[PartChange], key: str) -> None:
    if not changes:
        return
    kinds = {
        "edited": _("edited"),
        "missing": _("missing"),
        "added": _("added"),
        "changed": _("changed"),
        "gone": _("gone"),
        "new": _("new"),
    }
    lines = [
        (change.part, change.record_id, kinds[change.kind], change.release, *field)
        for change in changes
        for field in ([(f.field, _shown(f.before), _shown(f.after)) for f in change.fields] or [("", "", "")])
    ]
    heads = [_("Layer"), _("Record"), _("What"), _("Release"), _("Field"), _("Before"), _("After")]
    head = f"{title}: {len(changes)}"
    plain.say("caption", head)
    st.dataframe(pd.DataFrame(lines[:SHOWN], columns=heads), hide_index=True, key=key, height="content")


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _restore(selection: Selection, form: Form) -> None:
    """
    Set dates, filters, layers and format to those of a checked file.

    What the page has no field for (a grade between those offered, a day beyond the dials) is left as it is.
    """
    held, filters = st.session_state, selection.filters
    days = {"as_of": filters.clocks.as_of, "known_on": filters.clocks.known_on}
    held.update({key: day for key, day in days.items() if _is_offered(day)})
    window = {"from": filters.start, "to": filters.end}
    held.update({key: day if day and _is_offered(day) else None for key, day in window.items()})
    if filters.grade in state.GRADES:
        held["grade"] = filters.grade
    held["region"] = filters.region if filters.region in state.region_codes() else None
    held["category"] = [name for name in filters.categories if name in state.categories()]
    held["release"] = selection.release if selection.release in cache.known_releases() else None
    held["export_names"] = [name for name in selection.names if name in cache.data().datasets]
    held["export_format"], held["export_crs"], held["export_columns"] = form.format, form.crs, form.schema
    on_map = [name for name in layers.GROUPS if name in selection.names]
    if on_map:
        state.set_layers([layer.id for name in on_map for layer in layers.GROUPS[name]])


def _is_offered(day: date) -> bool:
    return state.earliest() <= day <= state.latest()
