"""Roads of a plan: what is reported about each of them, editable, with source and date."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import on_data
from mssmap.ui import cache, plain
from mssmap.ui.components import component
from mssmap.ui.planner.hand import PlanInHand


def status_titles() -> dict[str, str]:
    """Statuses of a road in words."""
    return {
        "open": _("Open"),
        "restricted": _("Restricted"),
        "closed": _("Closed"),
        "unknown": _("Not known"),
    }


def show(held: PlanInHand) -> None:
    """Every road with its status, factor and minutes; a change of a status is an act of the browser."""
    plan = held.plan
    network = on_data.network_of(cache.data(), plan)
    plain.say("caption", str(network.method))
    if network.model:
        st.info(_("Statuses are about the roads of the coarse model; travel is by the OpenStreetMap extract here."))
        return
    if not plan.roads.use_status:
        st.info(_("The status of roads is not counted: switch it on under travel, roads and zones."))
    bare = sum(not (row.source and row.date) for row in plan.roads.status if row.status != "unknown")
    if bare:
        plain.say(
            "warning", _("Statuses without a source and a day: {n}. Say who reported them, and when.").format(n=bare)
        )
    rows = [
        {
            "id": row.road_id,
            "road": f"{start} – {end}",
            "cells": [row.ref, text.number(round(row.length_km, 1)), _share(row.zone_share), _range(row)],
            "values": {"status": row.status, "source": row.source, "date": row.date, "note": row.note},
        }
        for row, start, end in zip(
            network.roads.itertuples(index=False), network.roads["from"], network.roads["to"], strict=True
        )
    ]
    component(
        "roads",
        key="roads",
        data={
            **held.shown,
            "rows": rows,
            "columns": [_("Road"), _("Number"), _("km"), _("In zones %"), _("Minutes")],
            "fields": [
                ["status", _("Status"), list(status_titles().items())],
                ["source", _("Source"), None],
                ["date", _("Day of the report"), None],
                ["note", _("Note"), None],
            ],
            "caption": _("Roads and what is reported about them"),
        },
    )


def _share(share: float) -> str:
    """Write the share of a road in zones: at least nothing, for each lies only somewhere in its unit."""
    return f"0–{round(100 * share)}" if share else ""


def _range(row: Any) -> str:
    """Write the minutes of a road: without any zone on it, and with all of its share in zones."""
    low, high = _minutes(row.minutes_low), _minutes(row.minutes)
    return high if low == high else f"{low}–{high}"


def _minutes(minutes: float) -> str:
    return _("closed") if pd.isna(minutes) else text.number(round(minutes))
