"""The mathematics of coverage: numbers worked out by hand, and what must hold for any numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mssmap.errors import InputError
from mssmap.planning import reach
from mssmap.planning.reach import CoverageIndex

# Three sites, four points: 0 sees a b; 1 sees b c; 2 sees c. Nobody sees d.
WITHIN = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]], dtype=bool)
PEOPLE = np.array([100, 10, 5, 1])


@st.composite
def instances(draw, sites=6, points=12):
    shape = (draw(st.integers(1, sites)), draw(st.integers(1, points)))
    times = draw(arrays.arrays("int64", shape, elements=st.integers(0, 100)))
    people = draw(arrays.arrays("int64", shape[1], elements=st.integers(0, 1000)))
    return times, people


def test_coverage_by_hand():
    index = CoverageIndex(WITHIN, PEOPLE, active=[0, 1])
    assert index.covered == 115
    assert index.counts.tolist() == [1, 2, 1, 0]
    assert index.gain(2) == 0
    index.toggle(1)
    assert index.covered == 110
    assert index.gain(1) == 5


def test_contributions_by_hand():
    assert reach.unique_people(WITHIN, PEOPLE).tolist() == [100, 0, 0]
    assert reach.fair_share(WITHIN, PEOPLE).tolist() == [105, 7.5, 2.5]


def test_losses_by_hand():
    assert reach.worst_losses(WITHIN, PEOPLE) == ((100.0, [0]), (110.0, [0, 1]))
    assert reach.worst_losses(WITHIN[:1], PEOPLE) == ((110.0, [0]), (110.0, [0]))
    assert reach.worst_losses(WITHIN[:0], PEOPLE) == ((0.0, []), (0.0, []))


def test_expected_coverage_by_hand():
    """One base: 0.9; two: 1 - 0.01 = 0.99."""
    assert reach.expected_people(np.array([1, 2, 0]), np.array([100, 100, 7]), 0.1) == pytest.approx(189)
    assert reach.expected_people(np.array([1, 2, 0]), np.array([100, 100, 7]), 0.0) == 200


def test_mean_and_p90_leave_out_who_cannot_be_reached():
    mean, p90, unreachable = reach.mean_and_p90(np.array([10.0, 20.0, np.inf]), np.array([90, 10, 100]))
    assert (mean, p90, unreachable) == (11.0, 10.0, 0.5)
    mean, p90, unreachable = reach.mean_and_p90(np.array([np.inf]), np.array([3]))
    assert np.isnan(mean)
    assert np.isnan(p90)
    assert unreachable == 1


@pytest.mark.parametrize(
    ("standard", "covered"), [(59.999, 0), (60, 7)], ids=["just short of it", "exactly on the standard counts"]
)
def test_the_standard_is_inclusive(standard, covered):
    assert CoverageIndex.from_matrix([[60.0]], [7], standard, active=[0]).covered == covered


@pytest.mark.parametrize(
    ("times", "people", "standard", "message"),
    [
        ([[1.0, np.nan]], [1, 1], 1, "times: found 1 values that are not numbers and 0 negative, required 0 or more"),
        ([[1.0, -2.0]], [1, 1], 1, "0 values that are not numbers and 1 negative"),
        ([1.0, 2.0], [1, 1], 1, "found shape"),
        ([[1.0, 2.0]], [1], 1, "required one number for each of 2 points"),
        ([[1.0]], [-1], 1, "negative or not numbers"),
        ([[1.0]], [1], 0, "standard: found 0, required more than 0"),
    ],
)
def test_bad_input_is_one_clear_line(times, people, standard, message):
    with pytest.raises(InputError, match=message):
        CoverageIndex.from_matrix(times, people, standard)


@given(instances(), st.data())
def test_toggling_twice_is_the_identity(instance, data):
    times, people = instance
    start = data.draw(st.sets(st.integers(0, len(times) - 1)))
    site = data.draw(st.integers(0, len(times) - 1))
    index = CoverageIndex.from_matrix(times, people, 50, active=start)
    before, covered = index.counts.copy(), index.covered
    index.toggle(site)
    index.toggle(site)
    assert (index.counts == before).all()
    assert index.covered == covered
    assert set(np.flatnonzero(index.active).tolist()) == start


@given(instances(), st.data())
def test_incremental_equals_full_in_any_order(instance, data):
    times, people = instance
    order = data.draw(st.lists(st.integers(0, len(times) - 1), max_size=12))
    index = CoverageIndex.from_matrix(times, people, 50)
    for site in order:
        index.toggle(site)
    on = [site for site in range(len(times)) if order.count(site) % 2]
    full = (times[on] <= 50).sum(axis=0)
    assert (index.counts == full).all()
    assert index.covered == people[full > 0].sum()
    shuffled = CoverageIndex.from_matrix(times, people, 50)
    for site in data.draw(st.permutations(order)):
        shuffled.toggle(site)
    assert (shuffled.counts == index.counts).all()


@given(instances(), st.integers(1, 100), st.integers(0, 50))
def test_coverage_is_monotone_in_standard_and_sites(instance, standard, more):
    times, people = instance

    def covered(sites, limit):
        return CoverageIndex.from_matrix(times, people, limit, active=sites).covered

    everybody = range(len(times))
    assert covered(everybody, standard) <= covered(everybody, standard + more)
    values = [covered(range(n), standard) for n in range(len(times) + 1)]
    assert values == sorted(values)


@given(instances(), st.integers(1, 100))
def test_fair_shares_add_up_and_lie_between_unique_and_reach(instance, standard):
    times, people = instance
    within = times <= standard
    fair, alone = reach.fair_share(within, people), reach.unique_people(within, people)
    assert fair.sum() == pytest.approx(people[within.any(axis=0)].sum())
    assert (alone <= fair + 1e-9).all()
    assert (fair <= within @ people + 1e-9).all()


@given(instances(sites=4), st.integers(1, 100))
def test_fair_share_is_the_shapley_value(instance, standard):
    times, people = instance
    within = times <= standard
    orders = list(itertools.permutations(range(len(times))))
    share = np.zeros(len(times))
    for order in orders:
        for i, site in enumerate(order):
            before = people[within[list(order[:i])].any(axis=0)].sum() if i else 0
            share[site] += people[within[list(order[: i + 1])].any(axis=0)].sum() - before
    assert reach.fair_share(within, people) == pytest.approx(share / len(orders))


@given(instances(), st.integers(1, 100))
def test_worst_losses_equal_trying_all(instance, standard):
    times, people = instance
    within = times <= standard
    total = people[within.any(axis=0)].sum()

    def left(lost):
        return people[np.delete(within, lost, axis=0).any(axis=0)].sum()

    (single, at), (double, pair) = reach.worst_losses(within, people)
    assert single == max(total - left([j]) for j in range(len(times))) == total - left(at)
    if len(times) > 1:
        assert double == max(total - left(list(p)) for p in itertools.combinations(range(len(times)), 2))
        assert double == total - left(pair)


@given(instances(), st.floats(0, 0.99))
def test_expected_coverage_never_exceeds_coverage(instance, outage):
    times, people = instance
    c = reach.counts(times <= 50)
    assert reach.expected_people(c, people, outage) <= people[c > 0].sum() + 1e-6
