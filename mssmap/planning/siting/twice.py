"""
Everybody is covered once, and the people covered twice are as many as k sites can.

This is BACOP1 of Hogan and ReVelle (1986, Management Science 32 (11), 1434-1444): with x_j for an open site, N_i the
sites that reach point i and a_i its people, maximise the sum of a_i u_i subject to sum_{j in N_i} x_j - u_i >= 1 for
every i, sum_j x_j = k, and x, u in {0, 1}.

Whoever has no way at all to any candidate (an island) is left out and told; whoever has one, but a longer one than the
standard, must be covered, and it is an error if nobody can.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning.method import Sentence
from mssmap.planning.siting import exact, heuristics
from mssmap.planning.siting.model import Effort, Problem, Solution, answer, distinct

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def solve(problem: Problem, effort: Effort, deadline: float) -> Solution:
    """
    Solve a checked problem of the model `backup`.

    Raises
    ------
    InputError
        If k sites cannot cover everybody, or no such set was found in time.
    """
    within = (problem.times <= problem.standard) & problem.free[:, None]
    _require_in_reach(problem, within)
    merged, people = heuristics.merge_points(within, problem.people.astype("float64"))
    chosen = _good(problem, merged, people, lambda: time.monotonic() < deadline and effort.go_on())
    value, bound = -math.inf if chosen is None else _value(merged, people, chosen), float(people.sum())
    how = [Sentence(mark("greedy and interchange"))]
    effort.progress("search", value, bound)
    if value < bound and (effort.prove or chosen is None):
        must = np.zeros(len(merged), dtype="bool")
        must[list(problem.required)] = True
        task = {"table": merged, "people": people, "k": np.array(problem.k), "must": must, "must_not": ~problem.free}
        report = exact.run("backup", task, deadline - time.monotonic(), go_on=effort.go_on)
        how.append(Sentence(mark("then branching")))
        if report is not None:
            if report.sites is not None and report.value > value:
                chosen, value = report.sites, report.value
            if report.bound == -math.inf:
                raise InputError(_never(problem))
            bound = min(bound, report.bound)
    if chosen is None:
        raise InputError(
            _(
                "site: found no set of {k} sites that covers everybody within {standard} in the time given, standing "
                "bases included. Raise k or the standard; the model lscp finds how few sites it takes."
            ).format(k=problem.k, standard=_standard(problem))
        )
    whole = math.floor(bound + 1e-6 * max(1.0, bound)) if problem.whole else bound
    return answer(problem, chosen, value, max(value, whole), distinct(len(people), how))


def _require_in_reach(problem: Problem, within: Bools) -> None:
    has_way = np.isfinite(problem.times[problem.free]).any(axis=0)
    if lost := float(problem.people[has_way & ~within.any(axis=0)].sum()):
        raise InputError(
            _(
                "site: found {n} people whom no candidate reaches within {standard}, required none: with the model "
                "backup everybody must be covered once. Raise the standard or take the model mclp."
            ).format(n=f"{lost:,.0f}", standard=_standard(problem))
        )


def _never(problem: Problem) -> str:
    return _(
        "site: no set of {k} sites covers everybody within {standard}, standing bases included. Raise k or the "
        "standard; the model lscp finds how few sites it takes."
    ).format(k=problem.k, standard=_standard(problem))


def _standard(problem: Problem) -> str:
    return f"{problem.standard:g} {problem.unit}"


def _value(within: Bools, people: Floats, chosen: Sequence[int]) -> float:
    return float(people @ (within[list(chosen)].sum(axis=0) >= 2))


def _good(problem: Problem, within: Bools, people: Floats, running: Callable[[], bool]) -> list[int] | None:
    """Return a good set of k sites that covers everybody, None if greedy needs more."""
    chosen = heuristics.cover_all(within, problem.required, problem.free)
    if chosen is None or len(chosen) > problem.k:
        return None
    while len(chosen) < problem.k:
        gain = _gains(problem, within, people, chosen)
        chosen.append(int(gain.argmax()))
    while running() and (better := _swapped(problem, within, people, chosen)) is not None:
        chosen = better
    return sorted(chosen)


def _gains(problem: Problem, within: Bools, people: Floats, chosen: Sequence[int]) -> Floats:
    """Return whom each site would cover for the second time; minus 1 for those that cannot be taken."""
    once = within[list(chosen)].sum(axis=0) == 1
    gain = within @ (people * once)
    gain[~problem.free] = -1.0
    gain[list(chosen)] = -1.0
    return np.asarray(gain, dtype="float64")


def _swapped(problem: Problem, within: Bools, people: Floats, chosen: list[int]) -> list[int] | None:
    """Return the best set that differs by one site and covers everybody; None if none is better (Teitz and Bart)."""
    best, value = None, _value(within, people, chosen)
    for site in chosen:
        if site in problem.required:
            continue
        rest = [one for one in chosen if one != site]
        alone = ~within[rest].any(axis=0) if rest else np.ones(within.shape[1], dtype="bool")
        gain = _gains(problem, within, people, rest) if rest else np.where(problem.free, 0.0, -1.0)
        gain[~within[:, alone].all(axis=1)] = -1.0
        new = int(gain.argmax())
        reached = _value(within, people, [*rest, new])
        if gain[new] >= 0 and reached > value:
            best, value = [*rest, new], reached
    return best
