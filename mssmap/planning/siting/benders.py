"""
Bounds by cutting planes on the site variables alone (Benders decomposition).

Coverage and p-median are sums over points of simple functions of the chosen sites. A linear program over the sites,
with one value for each group of points and a cut for each set tried, bounds them from outside; the points themselves
never enter it (Cordeau, Furini and Ljubic 2019; Duran-Mateluna, Ales and Elloumi 2023).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

from mssmap.planning.reach import sum_by
from mssmap.planning.siting.heuristics import Cover, Median

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RELATIVE_GAP = 1e-7
MAX_ROUNDS = 400
PATIENCE = 6
"""Rounds in which the bound must come down by `PROGRESS` of its distance to the floor; else branching is due."""
PROGRESS = 0.05
MAX_IDLE = 3
INFEASIBLE = 2


class Oracle(Protocol):
    """A concave function of the sites, as a sum over groups."""

    groups: int

    def cut(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Return for each group its value at x, and constant and coefficients (groups by sites) of a bound."""


class CoverOracle:
    """
    Covering: each point is worth 1 for the first unit of sites that reach it and `backup` for the second.

    Points are grouped by the first site that reaches them: about 60 groups settle in a tenth of the rounds of one.
    """

    def __init__(self, model: Cover, groups: int = 60) -> None:
        self.model = model
        points = len(model.people)
        self.groups = max(1, min(groups, points))
        first = model.columns.indices[model.columns.indptr[:-1]]
        self.group = np.empty(points, dtype="int64")
        self.group[np.argsort(first, kind="stable")] = np.arange(points) * self.groups // max(1, points)

    def cut(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Cut at x; see `Oracle`."""
        reach = self.model.columns @ x
        w, people = self.model.backup, self.model.people
        slope = np.where(reach < 1 - 1e-9, 1.0, np.where(reach < 2 - 1e-9, w, 0.0))
        height = np.minimum(reach, 1) + w * np.clip(reach - 1, 0, 1)
        at = (np.arange(len(people)), self.group)
        spread = csr_array((people * slope, at), shape=(len(people), self.groups))
        return (
            sum_by(self.group, people * height, self.groups),
            sum_by(self.group, people * (height - slope * reach), self.groups),
            (self.model.rows @ spread).toarray().T,
        )


class MedianOracle:
    """p-median: minus the way to the nearest sites that together make one unit; a group is one point or several."""

    def __init__(self, model: Median, groups: int) -> None:
        self.model = model
        self.order = np.argsort(model.times, axis=0, kind="stable")
        self.sorted = np.take_along_axis(model.times, self.order, axis=0)
        self.group = np.arange(model.times.shape[1]) * groups // max(1, model.times.shape[1])
        self.starts = np.searchsorted(self.group, np.arange(groups))
        self.groups = groups

    def cut(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Cut at x; see `Oracle`."""
        points = np.arange(self.model.times.shape[1])
        running = np.cumsum(x[self.order], axis=0)
        last = np.minimum((running < 1 - 1e-9).sum(axis=0), len(x) - 1)
        critical = self.sorted[last, points]
        # The dual of one point: the critical time, less what nearer sites save.
        save = np.maximum(critical - self.model.times, 0) * self.model.people
        coefficients = np.add.reduceat(save, self.starts, axis=1).T
        constant = -np.add.reduceat(critical * self.model.people, self.starts)
        return constant + coefficients @ x, constant, coefficients


@dataclass
class Bound:
    """
    What the linear program proves.

    Attributes
    ----------
    value
        No set of sites is worth more.
    sites
        The fractional sites of the last program.
    must, must_not
        Sites that every set better than `floor` must have, or must not have.
    rounds
        Programs solved.
    """

    value: float
    sites: Floats
    must: Bools
    must_not: Bools
    rounds: int


def bound(
    oracle: Oracle,
    k: int,
    low: Floats,
    high: Floats,
    start: Floats,
    floor: float,
    *,
    deadline: float,
    step: float = 0.0,
    go_on: Callable[[float], bool] = lambda value: True,
) -> Bound:
    """
    Bound the value of any k sites from above.

    Parameters
    ----------
    low, high
        Limits of each site, 0 or 1; equal if it is fixed.
    start
        A set known to be good, as 0 and 1.
    floor
        Its value; the search stops when the bound comes down to it.
    deadline
        `time.monotonic()` at which to stop.
    step
        Values differ by at least this if they differ (1 for whole people): a better set is worth floor + step.
    go_on
        Called with the bound after every round; False stops.
    """
    cuts = _Cuts(oracle.groups, len(low))
    inner = np.where(high > low, (low + high) / 2, low)
    inner = _onto(inner, k, low, high)
    best = float(oracle.cut(start)[0].sum())
    for point in (start, inner):
        cuts.add(*oracle.cut(point)[1:])
    result = Bound(np.inf, start, low > 0.5, high < 0.5, 0)
    trace: list[float] = []
    for rounds in range(1, MAX_ROUNDS + 1):
        solved = _solve(cuts, k, low, high, deadline)
        if solved is None:
            break
        if isinstance(solved, float):
            return replace(result, value=floor)
        x, value, lower, upper = solved
        must, must_not = _fixed(low, high, value, lower, upper, floor + step)
        result = Bound(min(value, result.value), x, must, must_not, rounds)
        # From here on only sets better than the floor are looked for.
        low, high = np.where(must, 1.0, low), np.where(must_not, 0.0, high)
        if (low > high).any() or low.sum() > k or high.sum() < k:
            return replace(result, value=floor)
        tolerance = RELATIVE_GAP * max(1.0, abs(value))
        if result.value < floor + step - tolerance or result.value <= floor + tolerance:
            break
        heights, constant, coefficients = oracle.cut(x)
        if value - heights.sum() <= tolerance:
            break
        trace.append(result.value)
        if len(trace) > PATIENCE and trace[-PATIENCE - 1] - trace[-1] < PROGRESS * (trace[-1] - floor):
            break
        if not go_on(result.value) or time.monotonic() >= deadline:
            break
        cuts.add(constant, coefficients)
        # In-out: cutting between the program's answer and a good inner point settles in far fewer rounds.
        middle = (x + inner) / 2
        heights, constant, coefficients = oracle.cut(middle)
        cuts.add(constant, coefficients)
        if heights.sum() > best:
            best, inner = float(heights.sum()), middle
        else:
            inner = 0.9 * inner + 0.1 * x
    return result


def _onto(x: Floats, k: int, low: Floats, high: Floats) -> Floats:
    """Return a point with the sum k, free sites sharing equally."""
    free = high > low
    if free.any():
        x = x.copy()
        x[free] = (k - low[~free].sum()) / free.sum()
    return x


class _Cuts:
    """Bounds on the group values; one that did not matter for `MAX_IDLE` programs running is dropped."""

    def __init__(self, groups: int, sites: int) -> None:
        self.groups = groups
        self.constant: Floats = np.empty(0)
        self.coefficients: Floats = np.empty((0, sites))
        self.group: NDArray[np.int64] = np.empty(0, dtype="int64")
        self.idle: NDArray[np.int64] = np.empty(0, dtype="int64")

    def add(self, constant: Floats, coefficients: Floats) -> None:
        self.constant = np.r_[self.constant, constant]
        self.coefficients = np.vstack([self.coefficients, coefficients])
        self.group = np.r_[self.group, np.arange(self.groups)]
        self.idle = np.r_[self.idle, np.zeros(self.groups, dtype="int64")]

    def drop(self, slack: Floats) -> None:
        self.idle = np.where(slack > 1e-6, self.idle + 1, 0)
        keep = self.idle < MAX_IDLE
        self.constant, self.coefficients = self.constant[keep], self.coefficients[keep]
        self.group, self.idle = self.group[keep], self.idle[keep]


def _solve(
    cuts: _Cuts, k: int, low: Floats, high: Floats, deadline: float
) -> tuple[Floats, float, Floats, Floats] | float | None:
    """Maximise the group values under all cuts; None if time is up or it fails, minus infinity if no set is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        return None
    g, free = cuts.groups, np.flatnonzero(high > low)
    n = len(free)
    constant = cuts.constant + cuts.coefficients @ np.where(high > low, 0.0, low)
    scale = max(1.0, float(np.abs(constant).max(initial=0.0)))
    values = csr_array((np.ones(len(constant)), (np.arange(len(constant)), cuts.group)), shape=(len(constant), g))
    answer = linprog(
        np.r_[np.zeros(n), -np.ones(g)],
        A_ub=hstack([csr_array(-cuts.coefficients[:, free] / scale), values]),
        b_ub=constant / scale,
        A_eq=np.r_[np.ones(n), np.zeros(g)][None, :],
        b_eq=[k - float(low[high <= low].sum())],
        bounds=np.column_stack([np.r_[low[free], np.full(g, -np.inf)], np.r_[high[free], np.full(g, np.inf)]]),
        method="highs",
        options={"time_limit": max(left, 0.01)},
    )
    if answer.status == INFEASIBLE:
        return -np.inf
    if answer.status != 0:
        return None
    x, lower, upper = low.copy(), np.zeros(len(low)), np.zeros(len(low))
    x[free] = np.clip(answer.x[:n], low[free], high[free])
    lower[free], upper[free] = answer.lower.marginals[:n] * scale, answer.upper.marginals[:n] * scale
    cuts.drop(answer.ineqlin.residual)
    return x, -float(answer.fun) * scale, lower, upper


def _fixed(low: Floats, high: Floats, value: float, lower: Floats, upper: Floats, better: float) -> tuple[Bools, Bools]:
    """Return sites that reduced costs prove to be in, or out of, every set worth at least `better`."""
    slack = value - better + RELATIVE_GAP * max(1.0, abs(value))
    return (low > 0.5) | (-upper > slack), (high < 0.5) | (lower > slack)
