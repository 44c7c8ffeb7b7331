"""Plans side by side on the planner's page: what they assume, what each gives with its band, and where they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import backtest, covering, on_data, plan_file, scenario
from mssmap.planning.covering import Coverage
from mssmap.planning.scenario import Plan
from mssmap.store import plans as kept_plans
from mssmap.ui import cache, choices, plain
from mssmap.ui.planner import editing, sure, travel
from mssmap.ui.planner.figures import amount, figure_titles
from mssmap.ui.planner.travel import Judged

OWN: Final = ""
"""In place of the id of a plan: each under its own assumptions."""


def tested(judged: Judged) -> backtest.Backtest:
    """The back-test of a plan on its own grade."""
    return on_data.back_test(cache.data(), judged.plan, grade=judged.plan.grade, matrix=judged.matrix)


def _others(plan: Plan) -> dict[str, str]:
    """Titles of the plans that one may compare with, by id; no two alike."""
    named = {editing.BASELINE: (_("Baseline"), "")}
    named |= {stored.plan_id: (stored.name, editing.changed(stored)) for stored in kept_plans.listed(cache.plans())}
    named.pop(plan.id, None)
    return choices.told_apart(named)


def asked(plan: Plan) -> dict[str, Plan]:
    """Return the plan in hand and those it is compared with as they are, by a title of their own."""
    titles = _others(plan)
    plans = {plan.id: plan}
    for plan_id in st.session_state.get("compare_with", []):
        if plan_id in titles and (other := _other(plan, plan_id)) is not None:
            plans[f"other {plan_id}"] = other
    named = choices.told_apart({key: (other.name, "") for key, other in plans.items()})
    return {named[key]: other for key, other in plans.items()}


def _other(plan: Plan, plan_id: str) -> Plan | None:
    """Return a plan to compare with; None for one that was damaged, which the list of plans tells."""
    if plan_id == editing.BASELINE:
        return scenario.baseline(cache.data(), plan.clocks, plan.grade)
    try:
        return plan_file.from_dict(kept_plans.find(cache.plans(), plan_id).body)
    except MssmapError:
        return None


def bases_of_assumptions(plans: Mapping[str, Plan]) -> list[str]:
    """Return what the plans may be compared under: each its own where the standards allow it, or one of them."""
    standards = {str(plan.standard) for plan in plans.values()}
    return [*([OWN] if len(standards) == 1 else []), *plans]


def compared(first: Judged) -> dict[str, Judged]:
    """Return the plans that are compared, judged as the page says: each under its own assumptions or all under one."""
    plans = asked(first.asked)
    if scenario.differing(plans).empty:
        chosen = OWN
    else:
        offered = bases_of_assumptions(plans)
        chosen = st.session_state.get("compare_under", offered[0])
        chosen = chosen if chosen in offered else offered[0]
    if chosen != OWN:
        plans = {name: scenario.under(plan, plans[chosen]) for name, plan in plans.items()}
    return {name: first if plan == first.asked else travel.judged(plan) for name, plan in plans.items()}


def agreement(judged: Judged) -> pd.DataFrame | None:
    """How many of the compared plans cover each cell, if the map is to show it; else None."""
    if not st.session_state.get("consensus_on_map"):
        return None
    plans = compared(judged)
    if len(plans) < 2:
        return None
    results = [other.evaluate() for other in plans.values()]
    return covering.consensus(results).assign(of=len(plans))


def show(judged: Judged, coverage: Coverage) -> None:
    """Choose plans and see them side by side."""
    names = _others(judged.asked)
    st.multiselect(_("Compare with"), list(names), format_func=names.__getitem__, max_selections=3, key="compare_with")
    plans = asked(judged.asked)
    if len(plans) < 2:
        st.caption(_("Choose up to three plans; the columns of differences are against the plan in hand."))
        return
    _assumptions(plans)
    judged_plans = compared(judged)
    st.toggle(_("Show on the map where they agree"), key="consensus_on_map")
    for name, other in judged_plans.items():
        for note in (other.note if other is not judged else "", missing(name, other)):
            if note:
                plain.say("warning", note)
    results = {
        name: sure.whole(judged, coverage)
        if other is judged
        else on_data.evaluate_sure(cache.data(), other.plan, other.matrix)
        for name, other in judged_plans.items()
    }
    st.dataframe(side_by_side(results), hide_index=True, key="comparison", height=430)
    _tests(judged_plans)
    _agreed(results)
    st.dataframe(agreed_bases(judged_plans), hide_index=True, key="consensus")


def _assumptions(plans: Mapping[str, Plan]) -> None:
    """Say in what the plans are not judged alike, and offer to judge them alike."""
    rows = scenario.differing(plans)
    if rows.empty:
        return
    st.warning(
        _(
            "These plans do not rest on the same assumptions: what differs below comes from that too. Compare them "
            "under the assumptions of one of them to see what their bases do."
        )
    )
    st.dataframe(assumptions_in_words(rows), hide_index=True, key="assumptions")
    st.radio(
        _("Compare under"),
        bases_of_assumptions(plans),
        format_func=lambda name: plain.label(
            _("the assumptions of {name}").format(name=name) if name else _("each its own")
        ),
        horizontal=True,
        key="compare_under",
    )


def assumptions_in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Return differing assumptions as a reader wants them."""
    titles = {
        "standard": _("Service standard"),
        "travel": _("Travel"),
        "grade": _("Lowest grade"),
        "matrix": _("Matrix of travel times"),
        "as_of": _("True on"),
        "known_on": _("Known on"),
        "cases.people": _("Cases of population"),
        "cases.speed": _("Cases of speed"),
        "cases.outage": _("Share of time a base is out"),
        "roads.offroad_kmh": _("Speed off the road (km/h)"),
        "roads.use_status": _("Count the status of roads"),
        "roads.status": _("Status of roads"),
        "roads.restricted_factor": _("Times as long on a restricted road"),
        "roads.zones": _("Gang-affected zones on a road"),
        "roads.zone_factor": _("Times as long in a zone"),
        "roads.zone_levels": _("Zones that count"),
        "roads.streets": _("Roads of a street set"),
    }
    words = {column: rows[column].map(_in_words) for column in rows.columns[1:]}
    return pd.DataFrame({_("Assumption"): rows["assumption"].map(lambda key: titles.get(key, key)), **words})


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{text.plain_word(key)} {_in_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        shown = [f"{item['road_id']} {item['status']}" if isinstance(item, Mapping) else str(item) for item in value]
        more = _("and {n} more").format(n=len(shown) - 5) if len(shown) > 5 else ""
        return ", ".join([*shown[:5], *([more] if more else [])]) or _("none")
    return text.number(value) if isinstance(value, int | float) else str(value)


def missing(name: str, judged: Judged) -> str:
    """Say which bases of a plan are on but not there on the day that it is judged on."""
    listed = editing.bases(judged.plan)
    gone = scenario.absent(judged.plan, listed)
    if not gone:
        return ""
    return _("{name}: not there on this day, and not counted: {bases}.").format(name=f"“{name}”", bases=", ".join(gone))


def side_by_side(results: Mapping[str, Coverage]) -> pd.DataFrame:
    """Return every figure of some plans with its band, in words, and the differences against the first."""
    rows = covering.compare(results)
    titles = figure_titles()
    first, *others = results
    columns = {_("Figure"): rows["name"].map(lambda name: titles.get(name, text.plain_word(name)))}
    for plan in results:
        columns[plan] = pd.Series(
            [
                _banded(value, low, high, unit)
                for value, low, high, unit in zip(
                    rows[plan], rows[f"{plan} low"], rows[f"{plan} high"], rows["unit"], strict=True
                )
            ]
        )
    for plan in others:
        change = zip(rows[f"{plan} - {first}"], rows["unit"], strict=True)
        columns[f"{plan} - {first}"] = pd.Series([_signed(value, unit) for value, unit in change])
    return pd.DataFrame(columns)


def _banded(value: float, low: float, high: float, unit: str) -> str:
    if pd.isna(value):
        return _("nobody can be reached")
    if low == high:
        return amount(value, unit)
    return f"{amount(value, unit)} ({amount(low, unit)} – {amount(high, unit)})"


def _signed(value: float, unit: str) -> str:
    return "" if pd.isna(value) else f"{'+' if value > 0 else ''}{amount(value, unit)}"


def _tests(plans: Mapping[str, Judged]) -> None:
    st.caption(_("Share of recorded events in reach"))
    days = {(other.plan.clocks, other.plan.grade) for other in plans.values()}
    if len(days) > 1:
        st.caption(_("Not compared: the plans are judged on other days or grades, so on other events."))
        return
    tests = {name: tested(other) for name, other in plans.items()}
    rows = backtest.compare(tests).rename(columns={"month": _("Month"), "events": _("Events")})
    st.dataframe(rows.round(3), hide_index=True, key="backtest_comparison", height=220)


def _agreed(results: Mapping[str, Coverage]) -> None:
    agreed = covering.consensus(list(results.values()))
    everywhere = agreed.loc[agreed["plans"] == len(results), "people"].sum()
    somewhere = agreed.loc[agreed["plans"] > 0, "people"].sum()
    plain.say(
        "caption",
        _("{all} people are covered by all of these plans, {some} by at least one.").format(
            all=text.number(round(everywhere)), some=text.number(round(somewhere))
        ),
    )


def agreed_bases(plans: Mapping[str, Judged]) -> pd.DataFrame:
    """Return the bases that are on by name, with the number of plans that have them."""
    rows = backtest.consensus_sites([other.asked for other in plans.values()])
    names: dict[str, str] = {}
    for other in plans.values():
        listed = editing.bases(other.plan)
        names |= dict(zip(listed["base_id"], listed["name"], strict=True))
    return pd.DataFrame(
        {
            _("Base"): rows["base_id"].map(lambda base: names.get(base, base)),
            _("Plans"): rows["plans"],
            _("Of"): rows["of"],
        }
    )
