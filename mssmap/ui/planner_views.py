"""Under the planner's map: who is not covered, best sites, the back-test, and plans side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mssmap import backtest, charts, covering, planning, scenario, siting, text
from mssmap.covering import Coverage
from mssmap.errors import MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.scenario import Proposal, Scenario
from mssmap.ui import cache, planner


def show(plan: Scenario, coverage: Coverage) -> None:
    """One view at a time."""
    titles = {
        "gaps": _("Who is not covered"),
        "figures": _("All figures"),
        "sites": _("Best sites"),
        "backtest": _("Back-test"),
        "compare": _("Compare plans"),
        "roads": _("Roads"),
    }
    chosen = st.segmented_control(
        _("Under the map"),
        list(titles),
        default="gaps",
        key="planner_view",
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    views = {
        "figures": lambda: _figures(coverage),
        "sites": lambda: _sites(plan),
        "backtest": lambda: _backtest(plan),
        "compare": lambda: _compare(plan, coverage),
        "roads": lambda: _roads(plan),
    }
    views.get(chosen or "gaps", lambda: _gaps(coverage))()
    with st.expander(_("How these figures are made")):
        st.text(coverage.method)


def _regions(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Region"): rows["name"],
            _("People"): rows["people"].round().astype("int64"),
            _("Not covered"): rows["uncovered_people"].round().astype("int64"),
            _("Covered %"): rows["covered_pct"].round(1),
            _("Low %"): rows["low"].round(1),
            _("High %"): rows["high"].round(1),
            _("By two or more %"): rows["backup_pct"].round(1),
            _("Mean minutes"): rows["mean_time"].round(0),
        }
    )


def _gaps(coverage: Coverage) -> None:
    left, right = st.columns(2)
    with left:
        st.caption(_("Departments"))
        st.dataframe(_regions(coverage.by_department), hide_index=True, key="by_department")
    with right:
        st.caption(_("Communes, the largest gap first"))
        st.dataframe(_regions(coverage.by_commune), hide_index=True, key="by_commune", height=388)


def _figures(coverage: Coverage) -> None:
    rows = coverage.figures
    st.dataframe(
        pd.DataFrame(
            {
                _("Figure"): rows["name"].map(text.plain_word),
                _("Central"): rows["value"].round(1),
                _("Low"): rows["low"].round(1),
                _("High"): rows["high"].round(1),
                _("Unit"): rows["unit"],
                _("Of"): rows["of"],
            }
        ),
        hide_index=True,
        key="all_figures",
        height=430,
    )


def model_titles() -> dict[str, str]:
    """Location models in words."""
    return {
        "mclp": _("Most people within the standard (MCLP)"),
        "lscp": _("Fewest bases for everybody (LSCP)"),
        "pmedian": _("Least mean time (p-median)"),
        "pcenter": _("Least longest time (p-center)"),
    }


def _sites(plan: Scenario) -> None:
    titles = model_titles()
    with st.form("best_sites"):
        first, second, third = st.columns([0.5, 0.2, 0.3])
        model = first.selectbox(_("Model"), list(titles), format_func=titles.__getitem__, key="model")
        k = second.number_input(_("Bases to add"), 1, 15, 3, key="k")
        keep = third.checkbox(_("Keep what is on"), value=True, key="keep", help=_("Off: a clean sheet."))
        several = third.checkbox(_("How sure (nine input cases, slower)"), key="several")
        asked = st.form_submit_button(_("Find the best sites"))
    if asked:
        st.session_state["solution"] = None
        with st.status(_("Searching ..."), expanded=True) as status:
            try:
                bases = int(k) if model != "lscp" else None
                tell = siting.Effort(progress=lambda phase, value, bound: status.update(label=f"{phase}: {value:,.0f}"))
                solution = planning.site(cache.data(), plan, bases, model, keep_active=keep, effort=tell)
                frequency = None
                if several:
                    frequency = planning.site_frequency(
                        cache.data(),
                        plan,
                        bases,
                        model,
                        keep_active=keep,
                        on_case=lambda done, total: status.update(label=f"{done} / {total}"),
                    )
            except MssmapError as error:
                status.update(label=str(error), state="error")
                return
            st.session_state["solution"] = {"plan": plan, "answer": solution, "frequency": frequency, "keep": keep}
            status.update(label=_("Done"), state="complete", expanded=False)
    found = st.session_state.get("solution")
    if found and found["plan"] == plan:
        _solution(plan, found)
    _front(plan)


def _solution(plan: Scenario, found: dict[str, Any]) -> None:
    answer: siting.Solution = found["answer"]
    proof = (
        _("proven optimal")
        if answer.proven
        else _("not proven: at most {gap} % better is possible").format(gap=text.number(round(answer.gap_pct, 2)))
    )
    st.caption(
        _("{objective} {unit}; bound {bound}; {proof}; {seconds} s. {method}").format(
            objective=text.number(round(answer.objective)),
            unit=answer.unit,
            bound=text.number(round(answer.bound)),
            proof=proof,
            seconds=text.number(round(answer.seconds, 2)),
            method=answer.method,
        )
    )
    rows = pd.DataFrame(list(answer.sites))
    frequency = found["frequency"]
    if frequency is not None and len(rows):
        share = frequency.sites.set_index("base_id")["share"]
        rows["chosen_pct"] = (rows["id"].map(share).fillna(0) * 100).round()
        st.caption(
            _("Chosen in % of nine input cases; mean overlap of the sets {overlap}.").format(
                overlap=text.number(round(frequency.jaccard, 2))
            )
        )
    st.dataframe(rows, hide_index=True, key="solution_table")
    left, right = st.columns(2)
    if len(rows) and left.button(_("Take them into the plan"), key="adopt"):
        _adopt(plan, rows)
    if right.button(_("Near-optimal exchanges"), key="swaps") and answer.model in {"mclp", "pmedian"}:
        st.dataframe(
            planning.site_swaps(cache.data(), plan, answer, keep_active=found["keep"]),
            hide_index=True,
            key="swap_table",
        )


def _adopt(plan: Scenario, rows: pd.DataFrame) -> None:
    have = {proposal.id for proposal in plan.proposals}
    for row in rows.itertuples(index=False):
        if row.id in have:
            plan = plan if row.id in plan.active else plan.toggle(row.id)
        else:
            plan = plan.place(
                Proposal(f"site-{row.id}", str(row.name)[:120], row.lon, row.lat, note=_("Found by the search."))
            )
    planner.change(plan)
    st.rerun()


def _front(plan: Scenario) -> None:
    st.caption(_("More bases, more people: each number of bases with its best known and its proven coverage."))
    if not st.toggle(_("Show the front of 1 to 15 bases"), key="front"):
        return
    rows: dict[int, dict[str, Any]] = {}
    place, bar = st.empty(), st.progress(0.0, _("Switch the front off to stop."))
    for point in planning.site_front(cache.data(), plan, effort=siting.Effort(time_limit_s=6)):
        rows[point.k] = {
            "k": point.k,
            "value": point.solution.objective,
            "bound": point.solution.bound if point.phase == "proven" else None,
            "state": _("proven") if point.solution.proven else _("best known"),
        }
        place.altair_chart(charts.front(pd.DataFrame(rows.values())), key=f"front {point.phase} {point.k}")
        if point.phase == "proven":
            bar.progress(point.k / 15, _("Proving {k} of 15; switch the front off to stop.").format(k=point.k))
    bar.empty()


def _backtest(plan: Scenario) -> None:
    result = planning.back_test(cache.data(), plan, grade=plan.grade)
    s = result.summary
    st.caption(
        _(
            "Of {n} recorded events with a place, {covered} ({share} %) lay within the standard of this plan "
            "({low} to {high} % over the speed cases). It says what the plan would have had in reach, not what it "
            "would have prevented."
        ).format(
            n=text.number(s["events"]),
            covered=text.number(s["covered"]),
            share=text.number(round(100 * s["share"], 1)),
            low=text.number(round(100 * s["low"], 1)),
            high=text.number(round(100 * s["high"], 1)),
        )
    )
    st.altair_chart(charts.backtest(result.by_month), key="backtest_chart", alt=_("Share of events in reach by month."))
    left, right = st.columns(2)
    left.dataframe(_shares(result.by_category, "category"), hide_index=True, key="by_category", height=260)
    right.dataframe(_shares(result.by_grade, "grade"), hide_index=True, key="by_grade", height=260)


def _shares(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text.plain_word(column): rows[column].map(text.plain_word) if column == "category" else rows[column],
            _("Events"): rows["events"],
            _("In reach"): rows["covered"],
            _("Share %"): (100 * rows["share"]).round(1),
        }
    )


def _compare(plan: Scenario, coverage: Coverage) -> None:
    stored = {p.plan_id: p for p in cache.plans().plans() if p.plan_id != plan.id}
    names = {"baseline": _("Baseline"), **{p.plan_id: p.name for p in stored.values()}}
    names.pop(plan.id, None)
    others = st.multiselect(
        _("Compare with"), list(names), format_func=names.__getitem__, max_selections=3, key="compare_with"
    )
    if not others:
        st.caption(_("Choose up to three plans; the columns of differences are against the plan in hand."))
        return
    plans = {plan.name: plan}
    for plan_id in others:
        other = (
            scenario.baseline(cache.data(), plan.clocks, plan.grade)
            if plan_id == "baseline"
            else scenario.from_dict(stored[plan_id].body)
        )
        plans[_unique(other.name, plans)] = other
    results = {plan.name: coverage}
    for name, other in plans.items():
        results.setdefault(name, planning.evaluate(cache.data(), other, language=current()))
    figures = covering.compare(results)
    figures["name"] = figures["name"].map(text.plain_word)
    st.dataframe(figures.round(1), hide_index=True, key="comparison", height=430)
    tests = {name: planning.back_test(cache.data(), other, grade=other.grade) for name, other in plans.items()}
    st.caption(_("Share of recorded events in reach"))
    st.dataframe(backtest.compare(tests).round(3), hide_index=True, key="backtest_comparison", height=220)
    agreed = covering.consensus(list(results.values()))
    everywhere = agreed.loc[agreed["plans"] == len(results), "people"].sum()
    somewhere = agreed.loc[agreed["plans"] > 0, "people"].sum()
    st.caption(
        _("{all} people are covered by all of these plans, {some} by at least one.").format(
            all=text.number(round(everywhere)), some=text.number(round(somewhere))
        )
    )
    st.dataframe(backtest.consensus_sites(list(plans.values())), hide_index=True, key="consensus")


def _unique(name: str, taken: dict[str, Any]) -> str:
    return name if name not in taken else f"{name} (2)"


def _roads(plan: Scenario) -> None:
    network = planning.ground(cache.data(), plan).network
    st.caption(network.method)
    st.dataframe(network.roads, hide_index=True, key="roads", height=430)
