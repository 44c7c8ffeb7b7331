"""Location models: brute force on small instances, published optima on known ones, honest bounds on all."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mssmap.errors import InputError
from mssmap.planning import on_data
from mssmap.planning.siting import exact, heuristics, solver
from mssmap.planning.siting.solver import Effort, from_matrix

FIXTURES = Path(__file__).parent / "fixtures"
QUICK = Effort(prove=False, starts=0)
PMED = {"pmed1": (5819, 127), "pmed6": (7824, 84), "pmed11": (7696, 59)}
"""Published optima of p-median and p-center (OR-Library; Pullan)."""

# Three sites, four points: 0 sees a b, 1 sees b c, 2 sees c d.
TIMES = np.array([[5, 10, 90, 90], [90, 10, 10, 90], [90, 90, 10, 5]])
PEOPLE = np.array([10, 1, 5, 8])


@st.composite
def instances(draw, sites=7, points=10):
    m, n = draw(st.integers(2, sites)), draw(st.integers(1, points))
    times = draw(arrays.arrays("int64", (m, n), elements=st.integers(0, 60)))
    people = draw(arrays.arrays("int64", n, elements=st.integers(0, 30)))
    required = draw(st.sets(st.integers(0, m - 1), max_size=1))
    excluded = draw(st.sets(st.integers(0, m - 1), max_size=1)) - required
    k = draw(st.integers(max(1, len(required)), m - len(excluded)))
    return times, people, required, excluded, k


def allowed_sets(m, k, required, excluded):
    free = [site for site in range(m) if site not in excluded]
    return [set(choice) for choice in itertools.combinations(free, k) if required <= set(choice)]


def covered(times, people, chosen, standard, backup=0.0):
    c = (times[sorted(chosen)] <= standard).sum(axis=0)
    return float(people @ ((c >= 1) + backup * (c >= 2)))


def test_mclp_by_hand():
    one = from_matrix(TIMES, PEOPLE, k=1, standard=10)
    assert (one.chosen, one.objective, one.bound, one.proven) == ((2,), 13, 13, True)
    two = from_matrix(TIMES, PEOPLE, k=2, standard=10)
    assert (two.chosen, two.objective) == ((0, 2), 24)
    assert from_matrix(TIMES, PEOPLE, k=2, standard=10, excluded=[2]).chosen == (0, 1)
    assert from_matrix(TIMES, PEOPLE, k=2, standard=10, required=[1]).objective == 16


@pytest.mark.parametrize(("standard", "people"), [(9.999, 10), (10, 13)], ids=["short of it", "exactly on it counts"])
def test_the_standard_is_inclusive(standard, people):
    assert from_matrix(TIMES, PEOPLE, k=1, standard=standard).objective == people


def test_other_models_by_hand():
    cover = from_matrix(TIMES, PEOPLE, model="lscp", standard=10)
    assert (cover.chosen, cover.objective, cover.unit) == ((0, 2), 2, "sites")
    median = from_matrix(TIMES, PEOPLE, model="pmedian", k=2)
    assert (median.chosen, median.objective, median.proven) == ((0, 2), 50 + 10 + 50 + 40, True)
    center = from_matrix(TIMES, PEOPLE, model="pcenter", k=2)
    assert (center.objective, center.proven) == (10, True)


def test_lscp_leaves_out_whom_nobody_reaches_and_says_so():
    found = from_matrix([[1, 99], [1, 99]], [3, 4], model="lscp", standard=10)
    assert (found.objective, found.unreachable_people, found.proven) == (1, 4, True)


def test_the_fewest_unreachable_people_come_before_the_way():
    islands = [[1, np.inf], [np.inf, 1]]
    for model, objective in (("pmedian", 8), ("pcenter", 1)):
        both = from_matrix(islands, [5, 3], model=model, k=2)
        assert (both.chosen, both.objective, both.unreachable_people, both.proven) == ((0, 1), objective, 0, True)
        one = from_matrix(islands, [5, 3], model=model, k=1)
        assert (one.chosen, one.unreachable_people, one.unreachable) == ((0,), 3, (1,))
        assert one.to_json()["unreachable_people"] == 3
    far = [[0, 5, np.inf], [5, 0, np.inf], [np.inf, np.inf, 0]]
    median = from_matrix(far, [10, 8, 1], model="pmedian", k=1)
    assert (median.chosen, median.objective, median.unreachable_people) == ((0,), 40, 1)
    center = from_matrix(far, [10, 8, 1], model="pcenter", k=1)
    assert (center.objective, center.unreachable_people) == (5, 1)
    # One person on an island outweighs any way on the mainland.
    both = from_matrix([[0, 900, np.inf], [900, 0, np.inf], [np.inf, np.inf, 0]], [900, 800, 1], model="pmedian", k=2)
    assert (both.chosen, both.objective, both.unreachable_people) == ((0, 2), 720_000, 0)


def test_every_model_says_whom_it_does_not_reach():
    cover = from_matrix([[1, np.inf], [np.inf, 1]], [5, 3], k=1, standard=10)
    assert (cover.objective, cover.unreachable_people) == (5, 3)


def test_nobody_in_reach_is_an_answer():
    found = from_matrix([[99, 99]], [1, 2], k=1, standard=10)
    assert (found.objective, found.bound, found.proven) == (0, 0, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 4}, "k 4, but only 3 candidates"),
        ({"k": 3, "excluded": [0]}, "k 3, but only 2 candidates"),
        ({"k": 0}, "k 0, required a whole number of at least 1"),
        ({"k": 1, "required": [0, 1]}, "k 1, but 2 sites are required"),
        ({"k": None}, "k None, required a whole number"),
        ({"standard": 0}, "standard 0, required more than 0 for mclp"),
        ({"standard": None}, "standard None, required more than 0"),
        ({"model": "magic"}, "model 'magic', required one of mclp, lscp, pmedian, pcenter"),
        ({"required": [9]}, "site 9, required a row from 0 to 2"),
        ({"required": [0], "excluded": [0]}, "site 0 both required and excluded"),
        ({"backup": 2}, "backup 2, required a weight from 0 to 1"),
        ({"times": np.where(TIMES == 5, np.nan, TIMES)}, "2 values that are not numbers"),
        ({"times": -TIMES}, "12 negative"),
        ({"people": [1, 2]}, "required one number for each of 4 points"),
        ({"k": 9, "standard": -1, "backup": -1}, "standard -1.*backup -1.*k 9"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"times": TIMES, "people": PEOPLE, "k": 1, "standard": 10} | change
    with pytest.raises(InputError, match=message) as caught:
        from_matrix(arguments.pop("times"), arguments.pop("people"), **arguments)
    assert "\n" not in str(caught.value)


@given(instances(), st.integers(1, 60), st.sampled_from([0.0, 0.25, 1.0]))
@settings(max_examples=150)
def test_mclp_equals_brute_force(instance, standard, backup):
    times, people, required, excluded, k = instance
    found = from_matrix(times, people, k=k, standard=standard, required=required, excluded=excluded, backup=backup)
    best = max(covered(times, people, s, standard, backup) for s in allowed_sets(len(times), k, required, excluded))
    assert found.objective == pytest.approx(best)
    assert found.proven
    assert covered(times, people, found.chosen, standard, backup) == pytest.approx(found.objective)
    assert set(found.chosen) >= required
    assert not set(found.chosen) & excluded
    assert len(found.chosen) == k


@given(instances(), st.integers(1, 60))
@settings(max_examples=100)
def test_lscp_equals_brute_force(instance, standard):
    times, people, required, excluded, _ = instance
    found = from_matrix(times, people, model="lscp", standard=standard, required=required, excluded=excluded)
    free = [site for site in range(len(times)) if site not in excluded]
    within = times <= standard
    wanted = within[free].any(axis=0) & (people > 0)
    sizes = (
        len(chosen)
        for k in range(len(required), len(free) + 1)
        for chosen in allowed_sets(len(times), k, required, excluded)
        if within[sorted(chosen)].any(axis=0)[wanted].all() or not wanted.any()
    )
    assert found.objective == next(sizes)
    assert found.proven
    assert found.unreachable_people == people[~within[free].any(axis=0)].sum()


@given(instances())
@settings(max_examples=100)
def test_pmedian_equals_brute_force(instance):
    times, people, required, excluded, k = instance
    assume(people.sum() > 0)
    found = from_matrix(times, people, model="pmedian", k=k, required=required, excluded=excluded)
    best = min(times[sorted(s)].min(axis=0) @ people for s in allowed_sets(len(times), k, required, excluded))
    assert found.objective == pytest.approx(best)
    assert found.proven
    assert times[list(found.chosen)].min(axis=0) @ people == pytest.approx(best)


@given(instances())
@settings(max_examples=100)
def test_pcenter_equals_brute_force(instance):
    times, people, required, excluded, k = instance
    assume(people.sum() > 0)
    found = from_matrix(times, people, model="pcenter", k=k, required=required, excluded=excluded)
    used = times[:, people > 0]
    best = min(used[sorted(s)].min(axis=0).max() for s in allowed_sets(len(times), k, required, excluded))
    assert found.objective == best
    assert found.proven
    assert len(found.chosen) == k


@st.composite
def broken_instances(draw, *, islands):
    """Return an instance without a way between islands, or without a way here and there."""
    times, people, required, excluded, k = draw(instances(sites=6, points=8))
    times = times.astype("float64")
    if islands:
        site, point = (draw(arrays.arrays("int64", n, elements=st.integers(0, 3))) for n in times.shape)
        times[site[:, None] != point[None, :]] = np.inf
    else:
        times[draw(arrays.arrays("bool", times.shape))] = np.inf
    return times, people, required, excluded, k


@pytest.mark.parametrize("islands", [True, False])
@given(data=st.data())
@settings(max_examples=100)
def test_median_and_center_with_unreachable_people_equal_brute_force(islands, data):
    times, people, required, excluded, k = data.draw(broken_instances(islands=islands))

    def worth(chosen):
        near = times[sorted(chosen)].min(axis=0)
        there = np.isfinite(near)
        known = near[there & (people > 0)]
        return people[~there].sum(), near[there] @ people[there], known.max(initial=0)

    every = [worth(chosen) for chosen in allowed_sets(len(times), k, required, excluded)]
    fewest = min(unreachable for unreachable, _, _ in every)
    for model, place in (("pmedian", 1), ("pcenter", 2)):
        found = from_matrix(times, people, model=model, k=k, required=required, excluded=excluded)
        assert found.unreachable_people == fewest
        assert found.objective == pytest.approx(min(row[place] for row in every if row[0] == fewest), abs=1e-6)
        assert worth(found.chosen)[place] == pytest.approx(found.objective, abs=1e-6)
        assert (len(found.chosen), found.proven) == (k, True)
        quick = from_matrix(times, people, model=model, k=k, required=required, excluded=excluded, effort=QUICK)
        assert quick.unreachable_people == fewest
        assert quick.bound - 1e-6 <= found.objective <= quick.objective + 1e-6


@given(instances(sites=12, points=25), st.integers(1, 60))
def test_the_objective_is_never_above_the_bound(instance, standard):
    times, people, required, excluded, k = instance
    for effort in (QUICK, Effort(time_limit_s=1e-9), Effort()):
        rest = {"required": required, "excluded": excluded, "effort": effort}
        cover = from_matrix(times, people, k=k, standard=standard, **rest)
        assert cover.objective <= cover.bound
        assert cover.objective == covered(times, people, cover.chosen, standard)
        median = from_matrix(times, people, model="pmedian", k=k, **rest)
        assert median.objective >= median.bound - 1e-9
        assert cover.gap_pct >= 0


@given(instances(), st.integers(1, 60))
def test_the_same_seed_gives_the_same_answer(instance, standard):
    times, people, required, excluded, k = instance
    one, two = (
        from_matrix(times, people, k=k, standard=standard, required=required, excluded=excluded) for _ in range(2)
    )
    assert one.chosen == two.chosen


@given(instances(sites=5, points=20), st.integers(1, 60))
def test_merging_points_is_exact(instance, standard):
    times, people, *_ = instance
    within = times <= standard
    merged, weights = heuristics.merge_points(within, people.astype("float64"))
    for size in range(len(times) + 1):
        for chosen in itertools.combinations(range(len(times)), size):
            full = people[within[list(chosen)].any(axis=0)].sum()
            assert weights[merged[list(chosen)].any(axis=0)].sum() == full


def random_instance(sites, points, seed=0):
    random = np.random.default_rng(seed)
    a, b = random.random((sites, 2)), random.random((points, 2))
    return np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1]), random.integers(1, 1000, points)


@pytest.mark.parametrize(("radius", "k"), [(0.1, 10), (0.15, 5), (0.05, 15)])
def test_mid_size_mclp_is_proven_and_agrees_with_a_plain_program(radius, k):
    """The full model without merging, cuts or fixing, solved by HiGHS."""
    times, people = random_instance(60, 400)
    found = from_matrix(times, people, k=k, standard=radius)
    task = {"table": times <= radius, "people": people, "backup": np.array(0.0), "k": np.array(k)}
    none = np.zeros(60, dtype=bool)
    report = exact.run("mclp", task | {"must": none, "must_not": none}, 60, isolate=False)
    assert found.proven
    assert report.value == pytest.approx(found.objective)


def test_a_worker_gives_the_same_answer_and_can_be_killed():
    times, people = random_instance(60, 400)
    none = np.zeros(60, dtype=bool)
    task = {"table": times <= 0.1, "people": people, "backup": np.array(0.0), "k": np.array(8)}
    task |= {"must": none, "must_not": none}
    inside = exact.run("mclp", task, 60, isolate=False)
    outside = exact.run("mclp", task, 60, isolate=True)
    assert outside.value == pytest.approx(inside.value)
    started = time.monotonic()
    assert exact.run("mclp", task, 0.05, isolate=True) is None
    assert exact.run("mclp", task, 60, isolate=True, go_on=lambda: False) is None
    assert time.monotonic() - started < 5


def test_time_is_a_hard_limit():
    times, people = random_instance(400, 3000)
    started = time.monotonic()
    found = from_matrix(times, people, model="pmedian", k=12, effort=Effort(time_limit_s=1.0, starts=0))
    assert time.monotonic() - started < 8
    assert found.bound <= found.objective
    assert len(found.chosen) == 12


def test_cancelling_keeps_what_there_is():
    times, people = random_instance(100, 500)
    phases = []
    effort = Effort(go_on=lambda: False, progress=lambda phase, value, bound: phases.append((phase, value <= bound)))
    found = from_matrix(times, people, k=5, standard=0.1, effort=effort)
    assert len(found.chosen) == 5
    assert phases == [("search", True)]


@pytest.fixture(scope="module")
def san_francisco():
    rows = pd.read_csv(FIXTURES / "san_francisco.csv", index_col="tract")
    return rows.drop(columns="people").to_numpy().T, rows["people"].to_numpy()


def test_san_francisco_has_the_published_optima(san_francisco):
    """spopt, facloc-real-world: standard 5,000 m, 4 stores."""
    times, people = san_francisco
    assert from_matrix(times, people, model="lscp", standard=5_000).objective == 8
    cover = from_matrix(times, people, k=4, standard=5_000)
    assert cover.objective == 875_247
    reached = (times[list(cover.chosen)] <= 5_000).any(axis=0)
    assert 100 * reached.mean() == pytest.approx(89.75609756)
    median = from_matrix(times, people, model="pmedian", k=4)
    assert median.objective == pytest.approx(2_848_268_129.7145104, rel=1e-9)
    center = from_matrix(times, people, model="pcenter", k=4)
    assert center.objective == pytest.approx(7403.06, abs=0.01)
    assert cover.proven
    assert median.proven
    assert center.proven


def orlib(name):
    folder = os.environ.get("MSSMAP_BENCHMARKS")
    path = Path(folder or "", "orlib_pmed", f"{name}.txt")
    if not folder or not path.is_file():
        pytest.skip("set MSSMAP_BENCHMARKS to the folder that holds orlib_pmed")
    rows = [[int(word) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    n, _, p = rows[0]
    times = np.full((n, n), np.inf)
    for i, j, cost in rows[1:]:
        times[i - 1, j - 1] = times[j - 1, i - 1] = cost  # A repeated edge counts by its last row.
    np.fill_diagonal(times, 0)
    for via in range(n):
        times = np.minimum(times, times[:, via, None] + times[via])
    return times, p


@pytest.mark.parametrize("name", PMED)
def test_or_library_optima(name):
    times, p = orlib(name)
    people = np.ones(len(times), dtype="int64")
    median = from_matrix(times, people, model="pmedian", k=p, effort=Effort(time_limit_s=60))
    center = from_matrix(times, people, model="pcenter", k=p, effort=Effort(time_limit_s=60))
    assert (median.objective, center.objective) == PMED[name]
    assert median.proven
    assert center.proven


def test_spopt_agrees(san_francisco):
    """The test oracle; installed for development only."""
    spopt = pytest.importorskip("spopt.locate")
    pulp = pytest.importorskip("pulp")
    times, people = san_francisco
    for k, standard in ((2, 3_000), (5, 4_000)):
        model = spopt.MCLP.from_cost_matrix(times.T, people, service_radius=standard, p_facilities=k)
        oracle = model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value()
        assert from_matrix(times, people, k=k, standard=standard).objective == pytest.approx(oracle)


def test_haiti_three_more_bases(haiti):
    found = on_data.site(haiti.data, haiti.plan, 3)
    assert found.proven
    assert len(found.sites) == found.k == 3
    with_them = haiti.plan
    from mssmap.planning.scenario import Proposal

    for i, site in enumerate(found.sites):
        with_them = with_them.place(Proposal(f"own-{i}", site["name"], site["lon"], site["lat"]))
    result = on_data.evaluate(haiti.data, with_them)
    assert result.figure("people_covered")["value"] == found.objective == 4_645_312
    shape = found.to_json()
    assert list(shape) == [
        "model",
        "k",
        "sites",
        "objective",
        "unreachable_people",
        "bound",
        "gap_pct",
        "proven",
        "unit",
        "standard",
        "cases",
        "method",
        "seconds",
    ]
    assert shape["standard"] == "60 min"


def test_haiti_names_whom_no_site_reaches(haiti):
    found = on_data.site(haiti.data, haiti.plan, 1, "pmedian", effort=QUICK)
    assert found.sites[0]["commune_pcode"] in ("HT0151", "HT0152"), "the island with most people, La Gonave"
    assert sum(found.unreachable_by_commune.values()) == found.unreachable_people > 0
    assert {"La Tortue"} <= set(found.unreachable_by_commune)
    for name, people in found.unreachable_by_commune.items():
        assert f"{name} {people:,}" in found.to_json()["method"]
    none_within = on_data.site(haiti.data, haiti.plan, None, "lscp", effort=QUICK)
    assert f"Not within the standard of any candidate: {none_within.unreachable_people:,.0f}" in str(none_within.method)


def test_haiti_rules_are_kept(haiti):
    import dataclasses

    first = on_data.site(haiti.data, haiti.plan, 2)
    place = first.sites[0]
    from mssmap.planning.scenario import Proposal

    banned = haiti.plan.place(Proposal("ban", "Not here", place["lon"], place["lat"], rule="excluded"), active=False)
    assert place["id"] not in [site["id"] for site in on_data.site(haiti.data, banned, 2).sites]
    forced = haiti.plan.place(Proposal("must", "Here", -74.11, 18.64, rule="required"), active=False)
    found = on_data.site(haiti.data, forced, 2)
    assert [site["id"] for site in found.sites if site["required"]] == ["must"]
    clean = on_data.site(haiti.data, haiti.plan, 2, keep_active=False)
    assert clean.objective < first.objective
    closed = dataclasses.replace(haiti.plan, roads=dataclasses.replace(haiti.plan.roads, zones="closed"))
    assert on_data.site(haiti.data, closed, 2).proven


@pytest.mark.parametrize("k", [0, 16, None, True])
def test_haiti_k_is_one_to_fifteen(haiti, k):
    with pytest.raises(InputError, match="required a whole number from 1 to 15"):
        on_data.site(haiti.data, haiti.plan, k)


def test_gaps_are_in_percent():
    found = solver.Solution("mclp", 1, (0,), 90.0, 100.0, "people", "", 0.0)
    assert found.gap_pct == pytest.approx(10)
    assert not found.proven


@pytest.mark.parametrize(("bound", "proven"), [(99.996, True), (99.99, False)])
def test_what_is_told_as_no_gap_is_proven(bound, proven):
    """99.996 of 100 is 0.00 % away, 99.99 is 0.01 %."""
    found = solver.Solution("pmedian", 1, (0,), 100.0, bound, "people x min", "", 0.0)
    assert (round(found.gap_pct, 2) == 0, found.proven) == (proven, proven)


def test_two_equal_sites_end_the_swaps():
    """Each pair stands in the same place: a swap within it changes nothing and is never made."""
    times = np.array([[0, 9, 9], [0, 9, 9], [9, 0, 5], [9, 0, 5]])
    found = from_matrix(times, [3, 2, 1], k=2, model="pmedian")
    assert (found.objective, found.proven) == (5, True)
    model = heuristics.Median(times.astype("float64"), np.array([3.0, 2.0, 1.0]))
    assert model.interchange([1, 3], [], np.ones(4, dtype="bool"))[0] in ([1, 3], [0, 2], [0, 3], [1, 2])


@given(instances(sites=5, points=6))
def test_the_bound_of_the_exact_median_is_its_optimum(instance):
    """Read from the program itself, before anything is made of it."""
    times, people, required, excluded, k = instance
    assume(people.sum() > 0)
    best = min(
        float(times[sorted(chosen)].min(axis=0) @ people) for chosen in allowed_sets(len(times), k, required, excluded)
    )
    must = np.isin(np.arange(len(times)), list(required))
    never = np.isin(np.arange(len(times)), list(excluded))
    task = {"table": times, "people": people, "must": must, "must_not": never, "k": np.array(k)}
    *_others, last = exact.median(task, time.monotonic() + 60)
    assert last.value == pytest.approx(-best)
    assert last.bound == pytest.approx(-best)


# ------------------------------------------------------------------------------------ everybody once, most people twice


# Sites 0 and 2 alone reach all four points (24 people). With three sites b and c (6 people) are covered twice.
# A fourth site, which sees all, makes 24 twice with the two that cover all.
SEES_ALL = np.vstack([TIMES, [[10, 10, 10, 10]]])


def test_backup_by_hand():
    two = from_matrix(TIMES, PEOPLE, model="backup", k=2, standard=10)
    assert (two.chosen, two.objective, two.bound, two.proven, two.unit) == ((0, 2), 0, 0, True, "people covered twice")
    three = from_matrix(TIMES, PEOPLE, model="backup", k=3, standard=10)
    assert (three.chosen, three.objective, three.proven) == ((0, 1, 2), 6, True)
    # With 3, which sees all, and one more: 0 gives a b (11), 1 gives b c (6), 2 gives c d (13).
    pair = from_matrix(SEES_ALL, PEOPLE, model="backup", k=2, standard=10)
    assert (pair.chosen, pair.objective) == ((2, 3), 13)
    assert from_matrix(SEES_ALL, PEOPLE, model="backup", k=2, standard=10, required=[0]).objective == 11
    assert from_matrix(SEES_ALL, PEOPLE, model="backup", k=3, standard=10, excluded=[1]).objective == 24


def test_backup_needs_not_cover_where_nobody_lives():
    found = from_matrix([[1, 99, 1], [99, 99, 1]], [5, 0, 2], model="backup", k=2, standard=10)
    assert (found.chosen, found.objective, found.proven) == ((0, 1), 2, True)


def test_backup_leaves_out_who_has_no_way_at_all_and_says_so():
    islands = [[1, 5, np.inf], [5, 1, np.inf]]
    found = from_matrix(islands, [3, 4, 2], model="backup", k=2, standard=10)
    assert (found.chosen, found.objective, found.unreachable_people, found.proven) == ((0, 1), 7, 2, True)


def test_backup_says_when_not_everybody_can_be_covered():
    with pytest.raises(
        InputError, match=r"site: found 8 people whom no candidate reaches within 10 min, required none"
    ):
        from_matrix(TIMES[:2], PEOPLE, model="backup", k=2, standard=10)
    with pytest.raises(InputError, match=r"site: no set of 1 sites covers everybody within 10 min, standing bases"):
        from_matrix(TIMES, PEOPLE, model="backup", k=1, standard=10)


@given(instances())
@settings(max_examples=60, deadline=None)
def test_backup_is_the_best_of_all_sets_that_cover_everybody(instance):
    times, people, required, excluded, k = instance
    whole = [
        chosen
        for chosen in allowed_sets(len(times), k, required, excluded)
        if covered(times, people, chosen, 30) == people.sum()
    ]
    try:
        found = from_matrix(times, people, model="backup", k=k, standard=30, required=required, excluded=excluded)
    except InputError:
        assert whole == []
        return
    twice = {tuple(sorted(one)): float(people @ ((times[sorted(one)] <= 30).sum(axis=0) >= 2)) for one in whole}
    assert found.proven
    assert found.objective == twice[found.chosen] == max(twice.values())


def test_backup_without_a_proof_is_bounded_honestly():
    found = from_matrix(SEES_ALL, PEOPLE, model="backup", k=2, standard=10, effort=QUICK)
    assert found.objective <= 13 <= found.bound
