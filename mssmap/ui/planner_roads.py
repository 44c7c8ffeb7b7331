"""Roads of a plan: what is reported about each of them, editable, with source and date."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import streamlit as st

from mssmap import planning, roads
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.roads import RoadStatus
from mssmap.scenario import Scenario
from mssmap.ui import cache
from mssmap.ui.planner import change

EDITED = ("status", "source", "date", "note")


def status_titles() -> dict[str, str]:
    """Statuses of a road in words."""
    return {
        "open": _("Open"),
        "restricted": _("Restricted"),
        "closed": _("Closed"),
        "unknown": _("Not known"),
    }


def show(plan: Scenario) -> None:
    """Every road with its status, factor and minutes; a change of a status is a change of the plan."""
    network = planning.network_of(cache.data(), plan)
    st.caption(network.method)
    if network.model:
        st.info(_("Statuses are about the roads of the coarse model; travel is by the OpenStreetMap extract here."))
        return
    if not plan.roads.use_status:
        st.info(_("The status of roads is not counted: switch it on under travel, roads and zones."))
    bare = sum(not (row.source and row.date) for row in plan.roads.status if row.status != "unknown")
    if bare:
        st.warning(_("Statuses without a source and a day: {n}. Say who reported them, and when.").format(n=bare))
    titles = status_titles()
    rows = network.roads.reset_index(drop=True)
    table = pd.DataFrame(
        {
            "road": rows["from"] + " – " + rows["to"],
            "ref": rows["ref"],
            "km": rows["length_km"].round(1),
            "status": rows["status"],
            "source": rows["source"],
            "date": pd.to_datetime(rows["date"], errors="coerce").dt.date,
            "note": rows["note"],
            "zones": (100 * rows["zone_share"]).round(),
            "minutes": rows["minutes"].round(),
        }
    )
    key = f"roads {cache.mark([plan.id, [dataclasses.astuple(row) for row in plan.roads.status]])}"
    column = st.column_config
    st.data_editor(
        table,
        hide_index=True,
        key=key,
        height=430,
        disabled=["road", "ref", "km", "zones", "minutes"],
        column_config={
            "road": column.TextColumn(_("Road"), pinned=True),
            "ref": _("Number"),
            "km": column.NumberColumn(_("km")),
            "status": column.SelectboxColumn(
                _("Status"), options=list(titles), format_func=lambda word: titles[str(word)], required=True
            ),
            "source": column.TextColumn(_("Source"), max_chars=400),
            "date": column.DateColumn(_("Day of the report")),
            "note": column.TextColumn(_("Note"), max_chars=400),
            "zones": column.NumberColumn(_("In zones %")),
            "minutes": column.NumberColumn(_("Minutes")),
        },
        on_change=_edited,
        args=(key, plan, rows["road_id"].tolist()),
    )


def _edited(key: str, plan: Scenario, road_ids: list[str]) -> None:
    edits: dict[int, dict[str, Any]] = st.session_state[key]["edited_rows"]
    try:
        change(edited(plan, {road_ids[row]: cells for row, cells in edits.items()}))
    except InputError as error:
        st.session_state["plan_note"] = str(error)


def edited(plan: Scenario, edits: dict[str, dict[str, Any]]) -> Scenario:
    """
    Return a plan with edited roads; one that is back to not known and says nothing else is forgotten.

    Raises
    ------
    InputError
        If a status is none of `roads.STATUSES`.
    """
    known = {row.road_id: row for row in plan.roads.status}
    for road_id, cells in edits.items():
        words = {name: str(cells[name] or "") for name in EDITED if name in cells}
        known[road_id] = dataclasses.replace(known.get(road_id, RoadStatus(road_id, roads.STATUSES[-1])), **words)
    kept = [row for row in known.values() if dataclasses.replace(row, road_id="") != RoadStatus("", roads.STATUSES[-1])]
    return dataclasses.replace(plan, roads=dataclasses.replace(plan.roads, status=tuple(kept)))
