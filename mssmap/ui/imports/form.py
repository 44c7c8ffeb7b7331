"""The form in which a person says how a foreign table is read; what it gives can be saved and used again."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ingest import mapping
from mssmap.ingest.mapping import JOINED, Mapping, Source
from mssmap.legend import text
from mssmap.ui import plain, state


def fields() -> dict[str, str]:
    """What a column may be, in words."""
    return {
        "id": _("Its own id"),
        "title": _("What happened"),
        "date_from": _("Date, or first day"),
        "date_to": _("Last day"),
        "known_from": _("Day it became public"),
        "category": _("Category"),
        "place": _("Place, in words"),
        "commune": _("Commune, name or P-code"),
        "department": _("Department, name or P-code"),
        "lon": _("Longitude"),
        "lat": _("Latitude"),
        "precision": _("How exact the place is"),
        "date_precision": _("How exact the date is"),
        "actors": _("Who took part"),
        "figure_min": _("Number, or lowest number"),
        "figure_max": _("Highest number"),
        "note": _("Remarks"),
    }


def formats() -> dict[str, str]:
    """Ways to write dates, in words."""
    return {
        "auto": _("Find out"),
        "ymd": "2025-01-18",
        "dmy": "18/01/2025",
        "mdy": "01/18/2025",
        "compact": "20250118",
        "words": "18 January 2025",
    }


def form(frame: pd.DataFrame, proposed: Mapping, *, key: str, opened: bool) -> Mapping:
    """
    Show how a table is read and let a person change it.

    Parameters
    ----------
    proposed
        As recognised or guessed; a saved mapping that is dropped here takes its place.
    key
        Names the table, so that another one begins anew.
    """
    with st.expander(_("How it is read"), expanded=opened):
        saved = st.file_uploader(_("A mapping saved before (JSON)"), key=f"mapping {key}", type="json")
        if saved is not None:
            held = f"mapping read {saved.file_id}"
            if held not in st.session_state:
                st.session_state[held] = mapping.from_file(saved.getvalue(), saved.name)
            proposed = st.session_state[held]
            mapping.require_columns(proposed, frame, saved.name)
            key = f"{key} {saved.file_id}"
        kinds = {"events": _("Events"), "layer": _("A layer"), "boundaries": _("Official boundaries")}
        known = [kind for kind in kinds if kind != "boundaries" or proposed.kind == kind]
        kind = st.radio(
            _("Import as"),
            known,
            index=known.index(proposed.kind),
            format_func=kinds.__getitem__,
            horizontal=True,
            key=f"kind {key}",
        )
        columns = _columns(frame, proposed, kind, key)
        changed = dataclasses.replace(proposed, kind=kind, columns=columns)
        if kind == "events":
            changed = _event_fields(changed, key)
        return dataclasses.replace(changed, source=_source(proposed.source, key))


def _columns(frame: pd.DataFrame, proposed: Mapping, kind: str, key: str) -> dict[str, list[str]]:
    there = [str(column) for column in frame.columns if column != "geometry"]
    wanted = {"layer": ("lon", "lat"), "boundaries": ("commune", "department")}.get(kind, tuple(fields()))
    if "geometry" in frame:
        wanted = tuple(ours for ours in wanted if ours not in ("lon", "lat"))
    chosen = {}
    slots = st.columns(3)
    for i, ours in enumerate(wanted):
        before = [column for column in proposed.columns.get(ours, []) if column in there]
        label, slot = fields()[ours], slots[i % 3]
        if ours in JOINED or len(before) > 1:
            picked = slot.multiselect(
                plain.label(label), there, default=before, key=f"{ours} {key}", placeholder=_("None")
            )
        else:
            index = there.index(before[0]) if before else None
            one = slot.selectbox(plain.label(label), there, index=index, key=f"{ours} {key}", placeholder=_("None"))
            picked = [one] if one else []
        if picked:
            chosen[ours] = list(picked)
    return chosen


def _event_fields(changed: Mapping, key: str) -> Mapping:
    slots = st.columns(4)
    ways = formats()
    ways.setdefault(changed.dates, changed.dates)
    dates = slots[0].selectbox(
        _("Dates are written"),
        list(ways),
        index=list(ways).index(changed.dates),
        format_func=ways.__getitem__,
        key=f"dates {key}",
    )
    categories = [*dict.fromkeys([changed.category, *state.categories(), "other"])]
    category = slots[1].selectbox(
        _("Category of rows without one"), categories, format_func=text.category, key=f"rest {key}"
    )
    words = text.precisions()
    exact = list(words)
    precision = slots[2].selectbox(
        _("A point is exact to"),
        exact,
        index=exact.index(changed.precision),
        format_func=words.__getitem__,
        key=f"exact {key}",
    )
    unit = slots[3].text_input(_("The number counts"), changed.unit, max_chars=40, key=f"unit {key}")
    return dataclasses.replace(changed, dates=dates, category=category, precision=precision, unit=unit)


def _source(source: Source, key: str) -> Source:
    st.caption(_("Where it comes from: shown with every record and in every export."))
    slots = st.columns(3)

    def words(slot: Any, label: str, name: str) -> str:
        return str(
            slot.text_input(plain.label(label), getattr(source, name), max_chars=300, key=f"source {name} {key}")
        )

    kinds = {"": _("not known"), **{kind: text.plain_word(kind) for kind in mapping.PUBLISHER_KINDS}}
    return Source(
        title=words(slots[0], _("Title of the source"), "title"),
        publisher=words(slots[1], _("Publisher"), "publisher"),
        publisher_kind=slots[2].selectbox(
            _("Kind of publisher"),
            list(kinds),
            index=list(kinds).index(source.publisher_kind),
            format_func=kinds.__getitem__,
            key=f"source kind {key}",
        ),
        url=words(slots[0], _("Address"), "url"),
        licence=words(slots[1], _("Licence"), "licence"),
        attribution=words(slots[2], _("Words of attribution"), "attribution"),
        licence_url=source.licence_url,
    )


def save_mapping(chosen: Mapping) -> None:
    """Offer the mapping for the next time; `mssmap import --mapping` takes it too."""
    st.download_button(
        _("Save how it is read (JSON)"),
        mapping.dumps(chosen),
        file_name="mapping.json",
        mime="application/json",
        key="import_mapping",
    )
