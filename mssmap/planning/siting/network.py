"""
Who can be reached at all: the fewest people without any way come before every distance.

Points that the same sites can reach are one kind (on roads: an island, or the mainland). Where k sites cannot reach all
kinds, those are left out that leave the fewest people; where several choices leave equally few, the kinds are tied.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mssmap.planning.siting import exact, heuristics
from mssmap.planning.siting.heuristics import Cover
from mssmap.planning.siting.model import Problem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_KINDS = 60
"""Kinds up to which each is tried for being the only choice."""

TIME_LIMIT_S = 10.0


@dataclass(frozen=True, eq=False)
class Reach:
    """
    What the fewest unreachable people mean for a problem.

    Attributes
    ----------
    sites
        A set of k sites that leaves the fewest.
    points
        Those that count: all that every such set reaches; if tied, all that any site reaches.
    tied
        Several choices of kinds leave equally few people.
    far
        By point that counts: what no way is worth, so that leaving more people than needed is worse than any distance.
    constant
        What `far` adds to the total of every set that leaves the fewest; 0 unless tied.
    people
        Reached by `sites`.
    proven
        No k sites reach more.
    """

    sites: tuple[int, ...]
    points: Bools
    tied: bool
    far: Floats
    constant: float
    people: float
    proven: bool


def most(problem: Problem, deadline: float) -> Reach:
    """Return whom k sites can reach at best."""
    finite = np.isfinite(problem.times) & problem.free[:, None]
    used = finite.any(axis=0) & (problem.people > 0)
    first, kind = heuristics.kinds(finite[:, used])
    table = finite[:, used][:, first]
    weight = np.bincount(kind, weights=problem.people[used], minlength=len(first)).astype("float64")
    sites, value, bound = _largest_cover(problem, table, weight, deadline)
    least = _least_difference(problem)
    reached = table[sites].any(axis=0)
    tied = not reached.all() and not _only_choice(problem, table, weight, reached, value - least / 2, deadline)
    points = used.copy()
    if not tied:
        points[np.flatnonzero(used)[~reached[kind]]] = False
    times = problem.times[:, points].astype("float64")
    finite = np.isfinite(times)
    near = times[sites].min(axis=0)
    known = np.isfinite(near)
    worst = 1.0 + 1.001 * float(near[known] @ problem.people[points][known])
    longest = float(times[finite].max(initial=0.0))
    share = np.full(len(near), least) if tied else weight[kind][points[used]]
    far = np.maximum(worst / share, longest)
    left = problem.people[points][~known].astype("float64")
    return Reach(tuple(sites), points, tied, far, float(far[~known] @ left), value, bound < value + least)


def nearest_ring(problem: Problem, reach: Reach, deadline: float) -> tuple[list[int], float, float]:
    """
    Return sites, longest way and a bound of it where the kinds are tied: the smallest radius within which k sites
    reach as many people as can be reached at all.
    """
    times = problem.times[:, reach.points].astype("float64")
    people = problem.people[reach.points].astype("float64")
    least = _least_difference(problem)
    chosen, radius = list(reach.sites), _longest(times, reach.sites)
    radii = np.unique(times[np.isfinite(times) & (times <= radius)])
    low, high = 0, len(radii) - 1
    while low < high:
        middle = (low + high) // 2
        table, weight = heuristics.merge_points((times <= radii[middle]) & problem.free[:, None], people)
        sites, value, bound = _largest_cover(problem, table, weight, deadline)
        if value > reach.people - least / 2:
            chosen, high = sites, middle
        elif bound < reach.people - least / 2:
            low = middle + 1
        else:
            break
    return chosen, _longest(times, chosen), float(radii[low]) if reach.proven else 0.0


def _longest(times: Floats, sites: Any) -> float:
    near = times[list(sites)].min(axis=0)
    return float(near[np.isfinite(near)].max(initial=0.0))


def _least_difference(problem: Problem) -> float:
    """Return by how much two numbers of people differ if they differ."""
    return 1.0 if problem.whole else max(1e-6 * float(problem.people.sum()), 1e-12)


def _largest_cover(problem: Problem, table: Bools, weight: Floats, deadline: float) -> tuple[list[int], float, float]:
    """Return the k sites that reach most, how much that is, and what none can beat."""
    chosen, value = heuristics.search(Cover(table, weight), problem.k, problem.required, problem.free)
    bound = float(weight.sum())
    if value >= bound:
        return chosen, value, value
    must = np.zeros(len(table), dtype="bool")
    must[list(problem.required)] = True
    task = {"table": table, "people": weight, "backup": np.array(0.0), "k": np.array(problem.k)}
    left = min(TIME_LIMIT_S, max(0.0, deadline - time.monotonic()))
    report = exact.run("mclp", task | {"must": must, "must_not": ~problem.free}, left)
    if report is not None:
        if report.sites is not None and report.value > value:
            chosen, value = report.sites, report.value
        bound = min(bound, max(report.bound, value))
    return chosen, value, bound


def _only_choice(
    problem: Problem, table: Bools, weight: Floats, reached: Bools, enough: float, deadline: float
) -> bool:
    """Whether a set that misses any of the kinds reached leaves more people."""
    if len(weight) > MAX_KINDS:
        return False
    for kind in np.flatnonzero(reached).tolist():
        others = weight.copy()
        others[kind] = 0.0
        if _largest_cover(problem, table, others, deadline)[2] > enough:
            return False
    return True
