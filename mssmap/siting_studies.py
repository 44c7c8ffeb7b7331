"""
How sure a set of best sites is: how often a site is chosen over the input cases, what could stand in for it, and what
one more base would bring.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mssmap import siting
from mssmap.errors import InputError
from mssmap.heuristics import Cover, Median
from mssmap.siting import Effort, Problem, Solution

if TYPE_CHECKING:
    from mssmap.access import Standard, Travel
    from mssmap.covering_tables import Cases
    from mssmap.grid import Grid

MAX_K = 15
MODES = ("clean", "phased")


@dataclass(frozen=True)
class FrontPoint:
    """One k of the front: `phase` is `greedy` (painted at once), then `proven` (settled, whether proven or not)."""

    k: int
    phase: str
    solution: Solution


def front(
    problem: Problem, ks: Sequence[int] = range(1, MAX_K + 1), *, mode: str = "clean", effort: Effort | None = None
) -> Iterator[FrontPoint]:
    """
    Yield the front of k against the objective: first every k by greedy, then every k solved.

    Parameters
    ----------
    ks
        Numbers of sites, ascending; those above the number of candidates or below the required ones are left out.
    mode
        `clean`: each k from scratch; `phased`: each k keeps the sites of the one before, as bases are built one after
        the other (optimal sets are nested in only a third to two thirds of steps).
    effort
        Per k. Its `go_on` cancels the generator between and within steps.

    Raises
    ------
    InputError
        If the model has no k (lscp) or the mode does not exist.
    """
    if problem.model == "lscp" or mode not in MODES:
        raise InputError(
            f"front: found {problem.model}, {mode!r}; required a model with k and one of {', '.join(MODES)}."
        )
    effort = effort or Effort()
    wanted = [k for k in sorted(set(ks)) if max(1, len(problem.required)) <= k <= int(problem.free.sum())]
    yield from _greedy(problem, wanted, effort)
    kept: tuple[int, ...] = problem.required
    for k in wanted:
        if not effort.go_on():
            return
        solution = siting.solve(replace(problem, k=k, required=kept if mode == "phased" else problem.required), effort)
        kept = solution.chosen
        yield FrontPoint(k, "proven", solution)


def _greedy(problem: Problem, ks: Sequence[int], effort: Effort) -> Iterator[FrontPoint]:
    """Yield the greedy answer for every k: greedy covers are nested, so one run gives them all."""
    if problem.model != "mclp" or not ks:
        quick = replace(effort, prove=False, starts=0)
        for k in ks:
            if not effort.go_on():
                return
            yield FrontPoint(k, "greedy", siting.solve(replace(problem, k=k), quick))
        return
    model = siting.cover_model(problem)
    order = model.greedy(ks[-1], problem.required, problem.free)
    ceiling = siting.ceiling(problem, model)
    for k in ks:
        chosen = order[:k]
        solution = siting.answer(problem, chosen, model.value(chosen), ceiling, "greedy")
        yield FrontPoint(k, "greedy", replace(solution, k=k))


def phased_order(steps: Sequence[Solution]) -> list[int]:
    """
    Return the sites of a phased front in the order in which they come in; those that come together by their row.

    >>> from mssmap.siting import from_matrix
    >>> one = from_matrix([[0, 9], [9, 0]], [1, 2], k=1, standard=1)
    >>> two = from_matrix([[0, 9], [9, 0]], [1, 2], k=2, standard=1)
    >>> phased_order([one, two])
    [1, 0]
    """
    return list(dict.fromkeys(itertools.chain.from_iterable(step.chosen for step in steps)))


def swaps(problem: Problem, solution: Solution, within_pct: float = 1.0) -> pd.DataFrame:
    """
    Return the single exchanges that cost little.

    Parameters
    ----------
    within_pct
        Largest loss, in percent of the objective.

    Returns
    -------
    swaps
        `site` (of the solution), `instead`, `objective`, `loss_pct` (negative if the exchange is better), smallest
        loss first. Required sites are not exchanged.

    Raises
    ------
    InputError
        If the model is neither mclp nor pmedian.
    """
    if problem.model not in ("mclp", "pmedian"):
        raise InputError(f"swaps: found {problem.model}, required mclp or pmedian.")
    model, constant = _model(problem)
    rows: list[tuple[int, int, float]] = []
    for site in [site for site in solution.chosen if site not in problem.required]:
        rest = [other for other in solution.chosen if other != site]
        values = _with_one_more(model, rest)
        allowed = problem.free.copy()
        allowed[list(solution.chosen)] = False
        rows += [(site, other, float(values[other]) - constant) for other in np.flatnonzero(allowed).tolist()]
    found = pd.DataFrame(rows, columns=["site", "instead", "objective"])
    sign = -1.0 if problem.model == "pmedian" else 1.0
    found["loss_pct"] = 100 * sign * (solution.objective - found["objective"]) / max(abs(solution.objective), 1e-12)
    found = found[found["loss_pct"] <= within_pct]
    return found.sort_values(["loss_pct", "site", "instead"], kind="stable").reset_index(drop=True)


def _model(problem: Problem) -> tuple[Cover | Median, float]:
    """Return the model of a problem, and what its values hold besides the objective."""
    if problem.model == "mclp":
        return siting.cover_model(problem), 0.0
    model, reach = siting.median_model(problem)
    return model, reach.constant


def _with_one_more(model: Cover | Median, chosen: Sequence[int]) -> Any:
    """Return the objective of a set with each site added."""
    if isinstance(model, Cover):
        return model.value(chosen) + model.gains(model.counts(chosen))
    if not chosen:
        return model.times @ model.people
    return np.minimum(model.times, model.times[list(chosen)].min(axis=0)) @ model.people


def input_cases(cases: Cases, unit: str) -> list[tuple[str, tuple[str, float]]]:
    """Return every combination of a population case and a speed case, the central one first."""
    every = list(itertools.product(cases.people, cases.speeds(unit).items()))
    return sorted(every, key=lambda case: (case[0] != "central") + (case[1][0] != "central"))


@dataclass(frozen=True, eq=False)
class Frequency:
    """
    How a choice of sites holds over the input cases.

    Attributes
    ----------
    sites
        `base_id`, `name`, `cell`, `chosen` (number of cases), `share`, most chosen first.
    solutions
        By population and speed case.
    jaccard
        Mean overlap of the sets of any two cases, 0 to 1; NaN with fewer than two.
    """

    sites: pd.DataFrame
    solutions: Mapping[tuple[str, str], Solution]
    jaccard: float


def frequency(
    grid: Grid,
    travel: Travel,
    candidates: pd.DataFrame,
    standard: Standard,
    cases: Cases,
    *,
    model: str = "mclp",
    k: int | None = None,
    backup: float = 0.0,
    effort: Effort | None = None,
    on_case: Callable[[int, int], None] = lambda done, total: None,
) -> Frequency:
    """
    Solve every input case and count how often each site is chosen; see `siting.from_frames` for the parameters.

    Parameters
    ----------
    on_case
        Called with the number of cases done and of all, for a progress bar.
    """
    effort = effort or Effort(time_limit_s=5.0)
    every = input_cases(cases, standard.unit)
    found: dict[tuple[str, str], Solution] = {}
    for done, (people_case, speed_case) in enumerate(every):
        if not effort.go_on():
            break
        on_case(done, len(every))
        found[people_case, speed_case[0]] = siting.from_frames(
            grid,
            travel,
            candidates,
            standard,
            model=model,
            k=k,
            people_case=people_case,
            speed_case=speed_case,
            backup=backup,
            effort=effort,
        )
    return Frequency(
        _counted(candidates, list(found.values())), found, jaccard([set(s.chosen) for s in found.values()])
    )


def _counted(candidates: pd.DataFrame, solutions: Sequence[Solution]) -> pd.DataFrame:
    chosen = np.bincount(
        np.array([row for solution in solutions for row in solution.chosen], dtype="int64"), minlength=len(candidates)
    )
    rows = candidates[["base_id", "name", "cell"]].assign(chosen=chosen, share=chosen / max(1, len(solutions)))
    rows = rows[rows["chosen"] > 0]
    return rows.sort_values(["chosen", "base_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def jaccard(sets: Sequence[set[int]]) -> float:
    """
    Return the mean overlap of any two sets.

    >>> jaccard([{1, 2}, {2, 3}])
    0.3333333333333333
    """
    pairs = list(itertools.combinations(sets, 2))
    return float(np.mean([len(a & b) / len(a | b) for a, b in pairs if a | b])) if pairs else float("nan")
