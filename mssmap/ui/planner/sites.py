"""Best sites on the planner's page: one search, how sure it is, and the front proven in the background."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from mssmap.errors import MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import on_data
from mssmap.planning.siting import solver, studies
from mssmap.planning.siting.model import MODELS
from mssmap.planning.siting.studies import MAX_K, FrontPoint
from mssmap.telling import charts
from mssmap.ui import cache, plain, state
from mssmap.ui.jobs import Job
from mssmap.ui.planner.inputs import act_button
from mssmap.ui.planner.travel import Judged

SECONDS_A_NUMBER: Final = 6.0
"""How long the front is proven for each number of bases before it goes on to the next."""


def model_titles() -> dict[str, str]:
    """Location models in words."""
    return {name: _(model.title) for name, model in MODELS.items()}


def show(judged: Judged) -> None:
    """Search form, its answer, and the front."""
    plan, matrix = judged.plan, judged.matrix
    titles = model_titles()
    with st.form("best_sites"):
        first, second, third = st.columns([0.5, 0.2, 0.3])
        model = first.selectbox(_("Model"), list(titles), format_func=titles.__getitem__, key="model")
        k = second.number_input(_("Bases to add"), 1, 15, 3, key="k")
        keep = third.checkbox(_("Keep what is on"), value=True, key="keep", help=_("Off: a clean sheet."))
        several = third.checkbox(_("How sure (some 11 cases, slower)"), key="several")
        asked = st.form_submit_button(_("Find the best sites"))
    if asked:
        st.session_state["solution"] = None
        with st.status(_("Searching ..."), expanded=True) as status:
            try:
                bases = int(k) if MODELS[model].has_k else None
                phases = {"search": _("Best so far"), "bound": _("Best so far, its bound being worked out")}
                tell = solver.Effort(
                    progress=lambda phase, value, _bound: status.update(
                        label=f"{phases[phase]}: {text.number(round(value))}"
                    )
                )
                solution = on_data.site(
                    cache.data(),
                    plan,
                    bases,
                    model,
                    keep_active=keep,
                    effort=tell,
                    matrix=matrix,
                    language=current(),
                )
                frequency = None
                if several:
                    frequency = on_data.site_frequency(
                        cache.data(),
                        plan,
                        bases,
                        model,
                        keep_active=keep,
                        on_case=lambda done, total: status.update(label=f"{done} / {total}"),
                        matrix=matrix,
                    )
            except MssmapError as error:
                status.update(label=str(error), state="error")
                return
            st.session_state["solution"] = {"plan": plan, "answer": solution, "frequency": frequency, "keep": keep}
            status.update(label=_("Done"), state="complete", expanded=False)
    found = st.session_state.get("solution")
    if found and found["plan"] == plan:
        _solution(judged, found)
    _front(judged)


def _solution(judged: Judged, found: dict[str, Any]) -> None:
    answer: solver.Solution = found["answer"]
    plain.say("caption", described(answer))
    if answer.unreachable_people:
        plain.say("warning", unreachable(answer))
    rows = pd.DataFrame(list(answer.sites))
    frequency = found["frequency"]
    if frequency is not None and len(rows):
        plain.say(
            "caption",
            _(
                "How often each site was chosen over {n} cases, and its rivals; mean overlap of the sets {overlap}."
            ).format(n=len(frequency.steps), overlap=text.number(round(frequency.jaccard, 2))),
        )
        st.dataframe(chosen_in(frequency), hide_index=True, key="frequency_table")
    st.dataframe(rows, hide_index=True, key="solution_table")
    left, right = st.columns(2)
    if len(rows):
        with left:
            act_button("adopt", _("Take them into the plan"), _adopt(rows, clean=not found["keep"]))
    if right.button(_("Swaps that cost little"), key="swaps") and MODELS[answer.model].has_swaps:
        st.dataframe(
            on_data.site_swaps(cache.data(), judged.plan, answer, keep_active=found["keep"], matrix=judged.matrix),
            hide_index=True,
            key="swap_table",
        )


def chosen_in(frequency: studies.Frequency) -> pd.DataFrame:
    """How often each site was chosen, those of the answer first, and which other sites stood in for it."""
    own = {site["id"] for site in frequency.steps[0].answer.sites}
    rows = frequency.sites.assign(own=frequency.sites["id"].isin(own)).sort_values(
        "own", ascending=False, kind="stable"
    )
    return pd.DataFrame(
        {
            _("Site"): rows["name"],
            _("In the answer"): rows["own"].map({True: _("yes"), False: ""}),
            _("Chosen in cases"): rows["chosen"],
            _("Of"): len(frequency.steps),
            _("Rivals (cases)"): [
                ", ".join(f"{name} ({n})" for name, n in rivals.items()) for rivals in rows["rivals"]
            ],
        }
    )


def described(answer: solver.Solution) -> str:
    """Objective, whom no site reaches, bound and proof in one line."""
    proof = (
        _("proven optimal")
        if answer.proven
        else _("not proven: at most {gap} % better is possible").format(gap=text.number(round(answer.gap_pct, 2)))
    )
    return _("{objective} {unit}; {n} people cannot be reached; bound {bound}; {proof}; {seconds} s. {method}").format(
        objective=text.number(round(answer.objective)),
        n=text.number(round(answer.unreachable_people)),
        unit=text.unit(answer.unit),
        bound=text.number(round(answer.bound)),
        proof=proof,
        seconds=text.number(round(answer.seconds, 2)),
        method=answer.method,
    )


def unreachable(answer: solver.Solution) -> str:
    """Who cannot be reached, by commune."""
    where = "; ".join(f"{name} {text.number(people)}" for name, people in answer.unreachable_by_commune.items())
    words = (
        _("Not within the standard of any candidate: {n} people ({where}).")
        if not MODELS[answer.model].has_k
        else _("No way to any base or site: {n} people ({where}). They are not in the objective.")
    )
    return words.format(n=text.number(round(answer.unreachable_people)), where=where)


def _adopt(rows: pd.DataFrame, *, clean: bool) -> dict[str, Any]:
    """Return the act that takes the answer into the plan; of a clean sheet only the answer stays on."""
    sites = [
        {"id": row.id, "name": str(row.name)[:120], "lon": row.lon, "lat": row.lat}
        for row in rows.itertuples(index=False)
    ]
    return {"kind": "adopt", "sites": sites, "clean": clean}


def _front(judged: Judged) -> None:
    """The front of k against coverage: painted by greedy at once, proven in the background."""
    st.caption(_("More bases, more people: each number of bases with its best known and its proven coverage."))
    job: Job[FrontPoint] | None = st.session_state.get("front_job")
    if not st.toggle(_("Show the gain per extra base, 1 to 15"), key="front"):
        if job is not None:
            job.cancel()
        return
    if job is None or job.name != judged.plan:
        if job is not None:
            job.cancel()
        job = st.session_state["front_job"] = Job(lambda go_on: _prove(judged, go_on), judged.plan)
        job.wait(0.4)  # the greedy front is there by then
    st.fragment(state.spoken(_front_so_far), run_every=0.7 if job.running else None)(job)


def _prove(judged: Judged, go_on: Any) -> Any:
    effort = solver.Effort(time_limit_s=SECONDS_A_NUMBER, go_on=go_on)
    return on_data.site_front(cache.data(), judged.plan, effort=effort, matrix=judged.matrix)


def _front_so_far(job: Job[FrontPoint]) -> None:
    running = job.running
    rows = front_rows(job.steps)
    if rows:
        st.altair_chart(charts.front(pd.DataFrame(rows)), key="front_chart", alt=_("Coverage by number of bases."))
    proven = sum(row["bound"] is not None for row in rows)
    if job.error:
        plain.say("warning", job.error)
    elif running:
        left, right = st.columns([0.75, 0.25])
        left.progress(
            proven / MAX_K, plain.label(_("Proving: {k} of {n} numbers of bases done.").format(k=proven, n=MAX_K))
        )
        right.button(_("Stop"), key="front_stop", on_click=job.cancel, width="stretch")
    else:
        words = _("Stopped: {k} of {n} done.") if job.cancelled else _("Done: {k} of {n}.")
        plain.say("caption", words.format(k=proven, n=len(rows)))
        if st.session_state.get("front_ended") is not job:
            st.session_state["front_ended"] = job
            st.rerun()  # once more as a whole, so that nothing asks again every second


def front_rows(steps: list[FrontPoint]) -> list[dict[str, Any]]:
    """Rows of the chart: for each k the answer that was proven, else the best known."""
    rows: dict[int, dict[str, Any]] = {}
    for point in steps:
        rows[point.k] = {
            "k": point.k,
            "value": point.solution.objective,
            "bound": point.solution.bound if point.phase == "proven" else None,
            "state": _("proven") if point.solution.proven else _("best known"),
        }
    return [rows[k] for k in sorted(rows)]
