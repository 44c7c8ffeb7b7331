"""What the plan in hand gives: figures with their bands, what each base adds, and the map."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.maps import plan as plan_map
from mssmap.maps import view
from mssmap.planning import on_data
from mssmap.planning.covering import Coverage
from mssmap.planning.scenario import Plan
from mssmap.records.shown import Filters, Shown
from mssmap.ui import cache, components, plain
from mssmap.ui.planner.editing import bases
from mssmap.ui.planner.hand import PlanInHand


def figure_titles() -> dict[str, str]:
    """Names of the figures in the row above the map."""
    return {
        "people_covered": _("People covered"),
        "backup_covered_pct": _("By two bases or more"),
        "expected_covered": _("Expected if bases fail"),
        "worst_single_loss": _("Lost with the worst base"),
        "mean_time": _("Mean time to a base"),
        "department_min_pct": _("Least covered department"),
        "prisons_covered": _("Prisons covered"),
        "hospitals_covered": _("Hospitals covered"),
    }


def key_figures(coverage: Coverage, ask: int | None = None) -> None:
    """
    The row of figures, each with its band.

    Parameters
    ----------
    ask
        Given while the bands are not whole, another number each time: the browser asks for more, and the fragment it
        stands in runs again.
    """
    items = []
    for name, title in figure_titles().items():
        figure = coverage.figure(name)
        if pd.isna(figure["value"]):
            items.append({"label": title, "value": "–", "of": "", "sub": _("nobody can be reached"), "help": ""})
            continue
        items.append(_card(title, figure, coverage))
    components.component(
        "figures", key="plan_figures", data={"items": items, "live": True, "ask": ask}, on_more_change=_more
    )


def _more() -> None:
    """Nothing to do: that the browser asked makes the fragment run again."""


def _card(title: str, figure: dict[str, Any], coverage: Coverage) -> dict[str, str]:
    of = ""
    if figure["name"] == "people_covered":
        of = f"{coverage.figure('people_covered_pct')['value']:.0f} %"
    elif pd.notna(figure["of"]):
        of = _("of {n}").format(n=text.number(figure["of"]))
    return {
        "label": title,
        "value": amount(figure["value"], figure["unit"]),
        "of": of,
        "sub": f"{amount(figure['low'], figure['unit'])} – {amount(figure['high'], figure['unit'])}",
        "help": str(coverage.method),
    }


def amount(value: float, unit: str) -> str:
    if unit == "%":
        return f"{text.number(round(value, 1))} %"
    rounded = text.number(round(value))
    return f"{rounded} {unit}" if unit in {"min", "km"} else rounded


def base_table(held: PlanInHand, coverage: Coverage) -> None:
    """Switches of all bases and proposals, with what each of them adds."""
    listed = bases(held.plan).set_index("base_id")
    kinds = plan_map.kinds()
    stated = int(coverage.by_base["capacity"].notna().any())
    rows = [
        {
            "id": row.base_id,
            "name": row.name,
            "kind": kinds[listed.loc[row.base_id, "kind"]],
            "symbol": plan_map.symbol(listed.loc[row.base_id, "kind"], bool(row.active)),
            "on": bool(row.active),
            "cells": [
                text.number(round(row.unique_people if row.active else row.marginal_people)),
                text.number(round(row.fair_share_people)) if row.active else "",
                *[text.number(round(row.people_per_officer)) if row.people_per_officer > 0 else ""][:stated],
            ],
        }
        for row in coverage.by_base.itertuples(index=False)
    ]
    columns = [_("Base"), _("Only by it / would add"), _("Fair share"), *[_("for each officer")][:stated]]
    data = {"rows": rows, "columns": columns, "caption": _("Bases and proposals"), **held.shown}
    components.component("reach", key="reach", data=plan_map.reach(coverage))
    components.component("bases", key="bases", data=data)
    if left_out := on_data.bases_left_out(cache.data(), held.plan):
        plain.say("caption", str(left_out))


def map_options(
    plan: Plan, coverage: Coverage, on: tuple[str, ...], agreement: pd.DataFrame | None = None
) -> view.Options:
    """The plan as the map draws it, or where the compared plans agree."""
    closed = plan_map.closures(on_data.network_of(cache.data(), plan)) if plan.travel == "road" else ()
    return view.Options(
        on=(*on, plan_map.LAYER),
        selected=None,
        focus=st.session_state.get("focus"),
        extra=tuple(plan_map.points(coverage.by_base, bases(plan))),
        agreement=agreement is not None,
        cells=plan_map.cells(coverage) if agreement is None else plan_map.agreed_cells(agreement),
        closures=closed,
        placing="base" if st.session_state.get("placing") else "",
        more_legend=tuple(plan_map.legend(agreement=agreement is not None, closed=bool(closed))),
    )


def shown(plan: Plan) -> Shown:
    """Records of the day of the plan, without the bases: those are drawn as the plan has them."""
    found = cache.shown(Filters(plan.clocks, plan.grade))
    return found.only(set(found) - {"fobs", "events"})
