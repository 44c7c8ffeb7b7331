"""Fronts, frequencies and exchanges of best sites."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from test_siting import PEOPLE, TIMES, covered, instances

from mssmap.errors import InputError
from mssmap.planning import on_data, sureness
from mssmap.planning.siting import solver, studies
from mssmap.planning.siting.solver import Effort, Wanted


def problem(k=1, model="mclp", times=TIMES, people=PEOPLE, required=()):
    return solver.check(times, people, Wanted(model, k, 10, required))


def test_the_front_paints_all_by_greedy_before_it_proves():
    points = list(studies.front(problem(), range(1, 9)))
    assert [(p.phase, p.k) for p in points] == [(w, k) for w in ("greedy", "proven") for k in (1, 2, 3)]
    assert [p.solution.objective for p in points[3:]] == [13, 24, 24]
    assert all(p.solution.proven for p in points[3:])


@given(instances())
def test_a_phased_front_is_nested_and_never_above_the_clean_one(instance):
    times, people, *_ = instance
    ks = range(1, len(times) + 1)
    start = solver.check(times, people, Wanted("mclp", 1, 30))
    fronts = {
        mode: [p.solution for p in studies.front(start, ks, mode=mode) if p.phase == "proven"]
        for mode in ("clean", "phased")
    }
    steps = fronts["phased"]
    assert all(set(a.chosen) < set(b.chosen) for a, b in itertools.pairwise(steps))
    assert all(p.objective <= c.objective for p, c in zip(steps, fronts["clean"], strict=True))
    assert steps[-1].chosen == tuple(range(len(times)))


def test_a_front_can_be_cancelled():
    asked = iter([True] * 4 + [False] * 100)
    points = list(studies.front(problem(), [1, 2, 3], effort=Effort(go_on=lambda: next(asked))))
    assert len(points) < 6
    assert [p.phase for p in points[:3]] == ["greedy"] * 3


def test_a_front_needs_a_model_with_k():
    with pytest.raises(InputError, match="found lscp"):
        list(studies.front(problem(model="lscp")))


@pytest.mark.parametrize("model", ["mclp", "pmedian", "pcenter"])
def test_fronts_of_every_model_only_get_better(model):
    values = [p.solution.objective for p in studies.front(problem(model=model), [1, 2, 3]) if p.phase == "proven"]
    assert values == sorted(values, reverse=model != "mclp")


def test_exchanges_by_hand():
    """The best pair 0, 2 covers all 24; 1 instead of 2 covers 16 (loss 1/3), instead of 0 covers 14."""
    best = solver.solve(problem(2), Effort())
    rows = studies.swaps(problem(2), best, within_pct=50)
    assert rows[["site", "instead", "objective"]].values.tolist() == [[2, 1, 16], [0, 1, 14]]
    assert rows["loss_pct"].tolist() == pytest.approx([100 * 8 / 24, 100 * 10 / 24])
    assert studies.swaps(problem(2), best, within_pct=1).empty
    assert studies.swaps(problem(2, required=[0]), best, 50)["site"].tolist() == [2]


@given(instances())
def test_exchanges_have_the_value_they_claim(instance):
    times, people, required, excluded, k = instance
    start = solver.check(times, people, Wanted("mclp", k, 30, required, excluded))
    best = solver.solve(start, Effort())
    for row in studies.swaps(start, best, within_pct=100).to_dict("records"):
        changed = set(best.chosen) - {row["site"]} | {row["instead"]}
        assert covered(times, people, changed, 30) == pytest.approx(row["objective"])
        assert row["loss_pct"] >= -1e-9


def test_overlap_of_choices():
    assert studies.jaccard([{1, 2}, {1, 2}, {3, 4}]) == pytest.approx(1 / 3)
    assert np.isnan(studies.jaccard([{1}]))


def test_haiti_frequency_and_exchanges(haiti):
    """In a straight line speed and people are what acts: 7 cases; the worked example in docs has all 11."""
    done = []
    plan = dataclasses.replace(haiti.plan, travel="straight")
    found = on_data.site_frequency(haiti.data, plan, 3, on_case=lambda i, n: done.append((i, n)))
    assert done == [(i, 7) for i in range(8)]
    assert [step.varied for step in found.steps][-2:] == ["worst", "best"]
    assert found.sites["chosen"].sum() == 21
    assert 0 <= found.jaccard <= 1
    best = found.steps[0].answer
    assert best.objective == on_data.site(haiti.data, plan, 3).objective
    own = found.sites[found.sites["id"].isin([site["id"] for site in best.sites])]
    for row in own.itertuples(index=False):
        assert row.chosen + sum(row.rivals.values()) == 7, "in each case the site itself or one in its place"
    swaps = on_data.site_swaps(haiti.data, plan, best)
    assert (swaps["loss_pct"].between(0, 1)).all()
    assert set(swaps["site"]) <= {site["id"] for site in best.sites}


def test_rivals_by_hand():
    """A and B are best. Case 2 has a near A in place of A; case 3 has b, c: the nearer pairing is a's side with A."""
    places = {"A": (-72.0, 18.5), "B": (-73.0, 18.5), "a": (-72.1, 18.5), "b": (-73.1, 18.5), "c": (-72.2, 18.5)}

    def step(varied, *names):
        sites = tuple({"id": name, "name": name, "lon": places[name][0], "lat": places[name][1]} for name in names)
        answer = solver.Solution("mclp", len(names), (), 1.0, 1.0, "people", "", 0.0, sites=sites)
        return sureness.Step(varied, sureness.Levels("central", "central", 12.0, "slower"), answer)

    found = studies.frequency([step("central", "A", "B"), step("speed", "a", "B"), step("zones", "b", "c")])
    rows = found.sites.set_index("id")
    assert rows["chosen"].to_dict() == {"B": 2, "A": 1, "a": 1, "b": 1, "c": 1}
    assert rows.loc[["A", "B"], "rivals"].tolist() == [{"a": 1, "c": 1}, {"b": 1}]
    assert found.jaccard == pytest.approx((1 / 3 + 0 + 0) / 3)


def test_haiti_front(haiti):
    points = list(on_data.site_front(haiti.data, haiti.plan, max_k=4))
    assert [p.k for p in points] == [1, 2, 3, 4, 1, 2, 3, 4]
    greedy, proven = points[:4], points[4:]
    assert all(
        g.solution.objective <= p.solution.objective <= g.solution.bound for g, p in zip(greedy, proven, strict=True)
    )
    assert all(p.solution.proven for p in proven)
    assert [len(p.solution.sites) for p in points] == [1, 2, 3, 4] * 2


def test_a_front_that_is_stopped_proves_no_further_number_of_bases():
    proven: list[int] = []
    for point in studies.front(problem(), [1, 2, 3], effort=Effort(go_on=lambda: not proven)):
        if point.phase == "proven":
            proven.append(point.k)
    assert proven == [1]
