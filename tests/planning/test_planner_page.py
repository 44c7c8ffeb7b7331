"""What the planner's page computes by itself: edited roads, steady sites, work beside the page."""

from __future__ import annotations

import dataclasses
import threading

from mssmap import i18n, planning, siting
from mssmap.errors import InputError
from mssmap.siting_studies import FrontPoint
from mssmap.ui import planner_sites
from mssmap.ui.jobs import Job


def test_steady_sites_reach_at_most_what_was_recorded(haiti):
    rows = planning.robust_sites(haiti.data, haiti.plan)
    assert (rows["months_in_top"] <= rows["months"]).all()
    assert rows["months_in_top"].is_monotonic_decreasing
    assert rows["share"].between(0, 100).all()
    wider = planning.robust_sites(haiti.data, dataclasses.replace(haiti.plan, standard=planning.access.Standard(120)))
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
    job: Job[FrontPoint] = Job(lambda go_on: planning.site_front(haiti.data, haiti.plan, max_k=3), "front")
    assert job.wait(60)
    assert [(p.k, p.phase) for p in job.steps] == [(k, phase) for phase in ("greedy", "proven") for k in (1, 2, 3)]
    values = [p.solution.objective for p in job.steps[3:]]
    assert values == sorted(values)


def test_the_page_says_whom_no_site_reaches_and_never_that_nothing_is_not_proven(haiti):
    found = planning.site(haiti.data, haiti.plan, 1, "pmedian", effort=siting.Effort(prove=False, starts=0))
    first, people = next(iter(found.unreachable_by_commune.items()))
    assert f"{found.unreachable_people:,.0f} people cannot be reached" in planner_sites.described(found)
    assert f"{first} {people:,}" in planner_sites.unreachable(found)
    for bound in (100.0, 99.9999, 99.996, 99.99, 90.0):
        one = siting.Solution("pmedian", 1, (0,), 100.0, bound, "people x min", "", 0.0)
        assert "at most 0 %" not in planner_sites.described(one)
