"""
How sure a set of best sites is: how often a site is chosen over the input cases, what could stand in for it, and what
one more base would bring.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from mssmap.errors import InputError
from mssmap.i18n import mark
from mssmap.planning.ground.grid import to_metric
from mssmap.planning.method import Sentence
from mssmap.planning.siting import solver
from mssmap.planning.siting.heuristics import Cover, Median
from mssmap.planning.siting.model import MODELS
from mssmap.planning.siting.solver import Effort, Problem, Solution
from mssmap.planning.sureness import Step

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
    model = MODELS[problem.model]
    if not (model.has_k and model.any_k) or mode not in MODES:
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
        solution = solver.solve(replace(problem, k=k, required=kept if mode == "phased" else problem.required), effort)
        kept = solution.chosen
        yield FrontPoint(k, "proven", solution)


def _greedy(problem: Problem, ks: Sequence[int], effort: Effort) -> Iterator[FrontPoint]:
    """Yield the greedy answer for every k: greedy covers are nested, so one run gives them all."""
    if problem.model != "mclp" or not ks:
        quick = replace(effort, prove=False, starts=0)
        for k in ks:
            if not effort.go_on():
                return
            yield FrontPoint(k, "greedy", solver.solve(replace(problem, k=k), quick))
        return
    model = solver.cover_model(problem)
    order = model.greedy(ks[-1], problem.required, problem.free)
    ceiling = solver.ceiling(problem, model)
    for k in ks:
        chosen = order[:k]
        solution = solver.answer(problem, chosen, model.value(chosen), ceiling, Sentence(mark("greedy")))
        yield FrontPoint(k, "greedy", replace(solution, k=k))


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
    if not MODELS[problem.model].has_swaps:
        able = " or ".join(name for name, model in MODELS.items() if model.has_swaps)
        raise InputError(f"swaps: found {problem.model}, required {able}.")
    model, constant = _model(problem)
    rows: list[tuple[int, int, float]] = []
    for site in [site for site in solution.chosen if site not in problem.required]:
        rest = [other for other in solution.chosen if other != site]
        values = _with_one_more(model, rest)
        allowed = problem.free.copy()
        allowed[list(solution.chosen)] = False
        rows += [(site, other, float(values[other]) - constant) for other in np.flatnonzero(allowed).tolist()]
    found = pd.DataFrame(rows, columns=["site", "instead", "objective"])
    sign = 1.0 if MODELS[problem.model].is_gain else -1.0
    found["loss_pct"] = 100 * sign * (solution.objective - found["objective"]) / max(abs(solution.objective), 1e-12)
    found = found[found["loss_pct"] <= within_pct]
    return found.sort_values(["loss_pct", "site", "instead"], kind="stable").reset_index(drop=True)


def _model(problem: Problem) -> tuple[Cover | Median, float]:
    """Return the model of a problem, and what its values hold besides the objective."""
    if problem.model == "mclp":
        return solver.cover_model(problem), 0.0
    model, reach = solver.median_model(problem)
    return model, reach.constant


def _with_one_more(model: Cover | Median, chosen: Sequence[int]) -> Any:
    """Return the objective of a set with each site added."""
    if isinstance(model, Cover):
        return model.value(chosen) + model.gains(model.counts(chosen))
    if not chosen:
        return model.times @ model.people
    return np.minimum(model.times, model.times[list(chosen)].min(axis=0)) @ model.people


@dataclass(frozen=True, eq=False)
class Frequency:
    """
    How a choice of sites holds over the cases of `sureness.vary`.

    Attributes
    ----------
    sites
        `id`, `name`, `chosen` (number of cases), `share`, `rivals` (name -> cases in which it stands in for the site),
        most chosen first. In each case every site that is new stands in for one that is missing, the nearest together.
    steps
        The cases and their answers.
    jaccard
        Mean overlap of the sets of any two cases, 0 to 1; NaN with fewer than two.
    """

    sites: pd.DataFrame
    steps: Sequence[Step[Solution]]
    jaccard: float


def frequency(steps: Sequence[Step[Solution]]) -> Frequency:
    """Count how often each site was chosen, and which took the place of which."""
    sets = [{site["id"]: site for site in step.answer.sites} for step in steps]
    every = {key: site for chosen in sets for key, site in chosen.items()}
    rivals: dict[str, Counter[str]] = {key: Counter() for key in every}
    for chosen in sets[1:]:
        missing, new = sorted(sets[0].keys() - chosen.keys()), sorted(chosen.keys() - sets[0].keys())
        apart = np.array([[_apart(every[one], every[other]) for other in new] for one in missing])
        for i, j in zip(*linear_sum_assignment(apart.reshape(len(missing), len(new))), strict=True):
            rivals[missing[i]][every[new[j]]["name"]] += 1
    rows = pd.DataFrame(
        [
            {
                "id": key,
                "name": site["name"],
                "chosen": (count := sum(key in chosen for chosen in sets)),
                "share": count / len(sets),
                "rivals": dict(rivals[key].most_common()),
            }
            for key, site in every.items()
        ],
        columns=["id", "name", "chosen", "share", "rivals"],
    )
    rows = rows.sort_values(["chosen", "id"], ascending=[False, True], kind="stable").reset_index(drop=True)
    return Frequency(rows, steps, jaccard([set(chosen) for chosen in sets]))


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    x, y = to_metric([one["lon"], other["lon"]], [one["lat"], other["lat"]])
    return float(np.hypot(x[1] - x[0], y[1] - y[0]))


def jaccard(sets: Sequence[set[int]]) -> float:
    """
    Return the mean overlap of any two sets.

    >>> jaccard([{1, 2}, {2, 3}])
    0.3333333333333333
    """
    pairs = list(itertools.combinations(sets, 2))
    return float(np.mean([len(a & b) / len(a | b) for a, b in pairs if a | b])) if pairs else float("nan")
