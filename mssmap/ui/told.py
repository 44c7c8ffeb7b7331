"""What is told in words on the pages: the text twin of the map, and what changed between two known dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from mssmap.brief import history
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records.shown import Filters
from mssmap.store import damaged
from mssmap.telling import twin
from mssmap.ui import cache, controls, permits, plain, state
from mssmap.ui.components import component

MOST_FAULTS = 20
"""Lines beside a list; `mssmap check` prints all of them."""


def summary(filters: Filters, window: tuple[date, date]) -> None:
    """The map in words, with a button that copies them."""
    words("twin", cache.text(filters.within(window), tuple(state.layers_on()), current()))


def store_faults(kind: str) -> None:
    """Which records of the store are not what mssmap writes, beside the list in which they stand."""
    for line in damaged.faults(cache.plans(), kind)[:MOST_FAULTS]:
        plain.say("warning", line)


def words(key: str, lines: list[str]) -> None:
    """Sentences with a button that copies them; those of the map follow the hand."""
    data = {"lines": lines, "copy": _("Copy"), "copied": _("Copied"), "follows": key == "twin"}
    component("words", key=f"words_{key}", data=data)


def since_choice() -> date | None:
    """The day from which changes are told: any, or that of the last brief; empty for none."""
    drawer = st.expander(_("What changed"), key="changes", on_change="rerun")
    if drawer.open or st.session_state["since"]:
        with drawer:
            controls.day_field(
                _("What changed since"),
                "since",
                _("Compares what was known on that day with what is known by the day under “Known by”."),
            )
            _last_brief()
    chosen = st.session_state["since"]
    return chosen if isinstance(chosen, date) else None


def _last_brief() -> None:
    if day := history.last(cache.plans()):
        label = _("Since my last brief ({day})").format(day=text.day(day))
        st.button(plain.label(label), key="since_brief", on_click=_since, args=(day,), width="stretch")
    st.button(
        _("Remember this as my last brief"),
        key="briefed",
        help=permits.reason("brief") or _("Keeps the day under “Known by”, to compare with next time."),
        on_click=_briefed,
        disabled=not permits.may("brief"),
        width="stretch",
    )


def _since(day: date) -> None:
    st.session_state["since"] = day


def _briefed() -> None:
    permits.attempt(lambda: history.keep_last(cache.plans(), state.clocks().known_on))


def changed(filters: Filters, since: date | None) -> list[dict[str, Any]]:
    """Changes learnt since a day, up to the second dial; none without a day or if it is later than the dial."""
    if since is None or since > filters.clocks.known_on:
        return []
    return cache.changes(since, filters.clocks.known_on)


def on_map(records: list[dict[str, Any]]) -> dict[str, str]:
    """Kind of the most telling change of each record, for its mark on the map."""
    ranked = sorted(records, key=lambda r: twin.ORDER[r["kind"]], reverse=True)
    return {record["record_id"]: record["kind"] for record in ranked}


def change_list(records: list[dict[str, Any]], since: date | None, known_on: date) -> None:
    """Counts, five lines, and every change field by field."""
    if since is None:
        return
    if since > known_on:
        st.caption(_("What changed since: the day is later than “Known by”, so there is nothing to compare."))
        return
    st.subheader(_("What changed"), divider="gray")
    if not records:
        st.caption(_("Nothing was learnt between the two days."))
        return
    lines = [twin.change_counts(records), *twin.change_lines(records)]
    words("changes", lines)
    with st.expander(_("Every change, field by field")):
        kinds = twin.kinds()
        st.dataframe(
            pd.DataFrame(
                {
                    _("Happened"): [twin.happened(record) for record in records],
                    _("Learnt"): [twin.learnt(record) for record in records],
                    _("Kind"): [kinds[record["kind"]] for record in records],
                    _("Record"): [record["title"] for record in records],
                    _("Fields"): ["; ".join(_field(field) for field in record["fields"]) for record in records],
                    _("Sources"): ["; ".join(source["title"] for source in record["sources"]) for record in records],
                }
            ),
            hide_index=True,
            key="change_table",
        )


def _field(field: dict[str, Any]) -> str:
    before, after = (_("nothing") if field[end] is None else str(field[end]) for end in ("before", "after"))
    return f"{field['field']}: {before} → {after}"
