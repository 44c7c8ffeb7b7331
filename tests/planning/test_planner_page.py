"""What the planner's page computes by itself: edited roads, steady sites, work beside the page."""

from __future__ import annotations

import dataclasses
import threading

from mssmap import i18n
from mssmap.errors import InputError
from mssmap.maps import assets
from mssmap.maps import plan as plan_map
from mssmap.planning import covering, on_data, scenario
from mssmap.planning.ground.roads import RoadSettings, RoadStatus
from mssmap.planning.siting import solver
from mssmap.planning.siting.studies import FrontPoint
from mssmap.ui.jobs import Job
from mssmap.ui.planner import compare, sites, views


def test_steady_sites_reach_at_most_what_was_recorded(haiti):
    rows = on_data.robust_sites(haiti.data, haiti.plan)
    assert (rows["months_in_top"] <= rows["months"]).all()
    assert rows["months_in_top"].is_monotonic_decreasing
    assert rows["share"].between(0, 100).all()
    wider = on_data.robust_sites(haiti.data, dataclasses.replace(haiti.plan, standard=on_data.access.Standard(120)))
    assert wider["events"].sum() >= rows["events"].sum()


def test_a_job_keeps_what_it_found_when_it_is_stopped():
    started, told = threading.Event(), []

    def work(go_on):
        while go_on():
            yield len(told)
            told.append(i18n.current())
            started.set()

    i18n.use("ht")
    try:
        job = Job(work, "counting")
    finally:
        i18n.use("en")
    assert started.wait(5)
    assert job.running
    job.cancel()
    assert job.wait(5)
    assert job.cancelled
    assert job.steps == list(range(len(job.steps)))
    assert set(told) == {"ht"}, "it speaks the language of the page that asked"


def test_a_job_says_why_it_failed():
    def work(_go_on):
        yield 1
        raise InputError("k: found 0, required 1 to 15.")

    job = Job(work, "x")
    assert job.wait(5)
    assert (job.steps, job.error) == ([1], "k: found 0, required 1 to 15.")


def test_the_front_starts_with_every_number_and_ends_proven(haiti):
    job: Job[FrontPoint] = Job(lambda go_on: on_data.site_front(haiti.data, haiti.plan, max_k=3), "front")
    assert job.wait(60)
    assert [(p.k, p.phase) for p in job.steps] == [(k, phase) for phase in ("greedy", "proven") for k in (1, 2, 3)]
    values = [p.solution.objective for p in job.steps[3:]]
    assert values == sorted(values)


def test_the_page_says_whom_no_site_reaches_and_never_that_nothing_is_not_proven(haiti):
    found = on_data.site(haiti.data, haiti.plan, 1, "pmedian", effort=solver.Effort(prove=False, starts=0))
    first, people = next(iter(found.unreachable_by_commune.items()))
    assert f"{found.unreachable_people:,.0f} people cannot be reached" in sites.described(found)
    assert f"{first} {people:,}" in sites.unreachable(found)
    for bound in (100.0, 99.9999, 99.996, 99.99, 90.0):
        one = solver.Solution("pmedian", 1, (0,), 100.0, bound, "people x min", "", 0.0)
        assert "at most 0 %" not in sites.described(one)


def closed_everywhere(haiti):
    every = tuple(RoadStatus(road, "closed") for road in on_data.links_of(haiti.data).edges["road_id"])
    return dataclasses.replace(haiti.plan, roads=dataclasses.replace(haiti.plan.roads, status=every, zones="closed"))


def test_closed_roads_are_on_the_map_and_in_its_legend(haiti):
    status = (RoadStatus("CapHaitien--Limbe", "closed"), RoadStatus("Limbe--Plaisance", "restricted"))
    known = set(on_data.links_of(haiti.data).edges["road_id"])
    status = tuple(dataclasses.replace(row, road_id=road) for row, road in zip(status, sorted(known), strict=False))
    plan = dataclasses.replace(haiti.plan, roads=dataclasses.replace(haiti.plan.roads, status=status))
    closed = plan_map.closures(on_data.network_of(haiti.data, plan))
    assert closed == (status[0].road_id,)
    assert closed[0] in {feature["properties"]["id"] for feature in assets._layers(haiti.data)[0]["roads"]["features"]}
    assert [row["label"] for row in plan_map.legend(closed=True)[0]["items"]][-1] == "Road closed or cut by a zone"
    assert "plan.closure" not in str(plan_map.legend())
    assert len(plan_map.closures(on_data.network_of(haiti.data, closed_everywhere(haiti)))) == 136


def test_no_table_of_a_plan_says_infinity(haiti):
    """All roads and zones closed, kilometres and minutes: what cannot be reached is empty or said, never a number."""
    for unit in ("min", "km"):
        plan = dataclasses.replace(closed_everywhere(haiti), standard=on_data.access.Standard(30, unit))
        result = on_data.evaluate(haiti.data, plan)
        tables = [result.figures, result.by_department, result.by_commune, result.by_base, result.facilities]
        tables += [result.cells, on_data.network_of(haiti.data, plan).roads]
        tables += [views._regions(result.by_commune, unit), covering.compare({"a": result, "b": result})]
        for table in tables:
            shown = "\n".join(str(row) for row in table.to_dict("records"))
            assert "inf" not in shown.lower().replace("influence", ""), table.columns.tolist()


def test_compared_plans_have_bands_and_names_and_what_they_assume_is_said(haiti):
    longer = dataclasses.replace(haiti.plan, standard=on_data.access.Standard(90), name="Longer")
    plans = {"Ours": haiti.plan, "Longer": longer}
    words = compare.assumptions_in_words(scenario.differing(plans))
    assert words.to_dict("records") == [{"Assumption": "Service standard", "Ours": "60 min", "Longer": "90 min"}]
    assert compare.bases_of_assumptions(plans) == ["Ours", "Longer"], "figures of two standards stand apart"
    same = plans | {"Longer": dataclasses.replace(haiti.plan, roads=RoadSettings(zones="ignored"))}
    assert compare.bases_of_assumptions(same) == [compare.OWN, "Ours", "Longer"]
    results = {name: on_data.evaluate(haiti.data, plan) for name, plan in same.items()}
    rows = compare.side_by_side(results).set_index("Figure")
    figure = results["Ours"].figure("people_covered")
    assert rows.loc["People covered", "Ours"] == "{:,.0f} ({:,.0f} – {:,.0f})".format(
        *(figure[end] for end in ("value", "low", "high"))
    )
    assert rows.loc["Mean time to a base", "Ours"].endswith("min)")
    assert rows.loc["People covered", "Longer - Ours"].startswith("+")
