"""
Best sites: the location models of the literature, always with a bound.

- `mclp`: k sites that cover most people (maximal covering; Church and ReVelle 1974), backup cover weighted if asked;
- `lscp`: the fewest sites that cover everybody who can be covered (Toregas et al. 1971);
- `pmedian`: k sites with the shortest total way (Hakimi 1964);
- `pcenter`: k sites with the shortest longest way (Hakimi 1965);
- `backup`: k sites that cover everybody, and most people twice (BACOP1; Hogan and ReVelle 1986).

`pmedian` and `pcenter` first leave as few people as k sites can without any way to one of them (`siting_reach`).

`from_matrix` takes plain arrays, `from_frames` candidates and a grid. First a good set by greedy and interchange, then
a bound by cutting planes on the sites, then branching in a worker that can be killed, only if a gap is left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning.access import Standard, Travel, require_unit
from mssmap.planning.ground.grid import Grid
from mssmap.planning.method import Method, Sentence, say
from mssmap.planning.siting import benders, exact, heuristics, network, twice
from mssmap.planning.siting.heuristics import Cover, Median
from mssmap.planning.siting.model import MODELS, Effort, Problem, Solution, Wanted, answer, check, distinct, left_out
from mssmap.planning.siting.network import Reach

__all__ = [
    "MODELS",
    "Candidates",
    "Effort",
    "Problem",
    "Solution",
    "Wanted",
    "answer",
    "check",
    "described",
    "from_frames",
    "from_matrix",
    "prepare",
    "solve",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SETTLED_GAP = 1e-6
"""Gap, as a share, from which no branching is started."""

MEDIAN_GROUPS = 400
"""Points up to which each has its own value in the linear program of the p-median; more share `SHARED_GROUPS`."""
SHARED_GROUPS = 24
MEDIAN_CELLS = 4_000_000
"""Sites x points up to which the p-median is handed to branching."""


def from_matrix(times: Any, people: Any, *, effort: Effort | None = None, **wanted: Any) -> Solution:
    """
    Solve a location model on plain arrays.

    Parameters
    ----------
    times
        Sites by points, >= 0; infinite where there is no way.
    people
        Weight of each point, >= 0.
    wanted
        Fields of `Wanted`.

    Raises
    ------
    InputError
        If any of it cannot be used.
    """
    return solve(check(times, people, Wanted(**wanted)), effort or Effort())


def solve(problem: Problem, effort: Effort) -> Solution:
    """Solve a checked problem."""
    started = time.monotonic()
    solution = _SOLVERS[problem.model](problem, effort, started + effort.time_limit_s)
    standard = f"{problem.standard:g} {problem.unit}" if MODELS[problem.model].has_standard else ""
    sites = tuple({"site": site} for site in solution.chosen)
    return replace(solution, seconds=time.monotonic() - started, standard=standard, sites=sites)


def cover_model(problem: Problem) -> Cover:
    """Return the covering model of a problem, identical points merged."""
    within = (problem.times <= problem.standard) & problem.free[:, None]
    merged, people = heuristics.merge_points(within, problem.people.astype("float64"))
    return Cover(merged, people, problem.backup)


def median_model(problem: Problem, deadline: float = math.inf) -> tuple[Median, Reach]:
    """Return the p-median model of a problem, where no way is far enough to come after all others."""
    reach = network.most(problem, deadline)
    times = problem.times[:, reach.points].astype("float64")
    people = problem.people[reach.points].astype("float64")
    return Median(np.where(np.isfinite(times), times, reach.far), people), reach


def ceiling(problem: Problem, model: Cover | Median) -> float:
    """Return a value that no number of sites can beat (negative for the p-median: larger is better)."""
    if isinstance(model, Cover):
        return float(model.people.sum()) * (1 + problem.backup)
    return -float(model.times[problem.free].min(axis=0) @ model.people)


def _solve_mclp(problem: Problem, effort: Effort, deadline: float) -> Solution:
    model = cover_model(problem)
    table = {"table": model.within, "people": model.people, "backup": np.array(problem.backup)}
    step = 1.0 if problem.whole and problem.backup == 0 else 0.0
    chosen, value, bound, how = _prove(
        problem, effort, deadline, model, lambda: benders.CoverOracle(model), table, step=step
    )
    return answer(problem, chosen, value, bound, distinct(len(model.people), how))


def _solve_pmedian(problem: Problem, effort: Effort, deadline: float) -> Solution:
    model, reach = median_model(problem, deadline)
    points = len(model.people)
    groups = points if points <= MEDIAN_GROUPS else SHARED_GROUPS
    whole = problem.whole and bool((np.mod(model.times, 1) == 0).all())
    table = {"table": model.times, "people": model.people}
    chosen, value, bound, how = _prove(
        problem,
        effort,
        deadline,
        model,
        lambda: benders.MedianOracle(model, groups),
        table,
        step=1.0 if whole else 0.0,
        start=reach.sites,
    )
    objective = max(0.0, -value - reach.constant)
    lowest = min(objective, max(0.0, -bound - reach.constant)) if reach.proven else 0.0
    return answer(problem, chosen, objective, lowest, *how)


def _prove(
    problem: Problem,
    effort: Effort,
    deadline: float,
    model: Cover | Median,
    oracle: Callable[[], benders.Oracle],
    arrays: exact.Arrays,
    *,
    step: float,
    start: Sequence[int] = (),
) -> tuple[list[int], float, float, list[Sentence]]:
    """Return sites, value, bound (larger is better in both models) and how they were found."""

    def running() -> bool:
        return time.monotonic() < deadline and effort.go_on()

    def report_bound(reached: float) -> bool:
        effort.progress("bound", value, reached)
        return running()

    k, kept, free = problem.k, problem.required, problem.free
    chosen, value = heuristics.search(
        model, k, kept, free, start=start, starts=effort.starts, seed=effort.seed, go_on=running
    )
    how = [Sentence(mark("greedy and interchange"))]
    top = ceiling(problem, model)
    effort.progress("search", value, top)
    if not effort.prove or len(model.people) == 0 or top <= value or not running():
        return chosen, value, max(top, value), how
    low, high = np.zeros(model.size), free.astype("float64")
    low[list(kept)] = 1.0
    best = np.zeros(model.size)
    best[chosen] = 1.0
    proof = benders.bound(
        oracle(),
        k,
        low,
        high,
        best,
        value,
        deadline=deadline,
        step=step,
        go_on=report_bound,
    )
    how.append(Sentence(mark("then {n} rounds of Benders cuts on the sites"), {"n": proof.rounds}))
    bound = _rounded(min(proof.value, top), value, step)
    effort.progress("bound", value, bound)
    worthwhile = isinstance(model, Cover) or model.times.size <= MEDIAN_CELLS
    if _open(value, bound) and running() and worthwhile:
        task = arrays | {"k": np.array(k), "must": proof.must, "must_not": proof.must_not}
        left = deadline - time.monotonic()
        report = exact.run(problem.model, task, left, go_on=effort.go_on)
        left_open = int((~proof.must & ~proof.must_not).sum())
        how.append(Sentence(mark("then branching over {n} sites that were left open"), {"n": left_open}))
        if report is not None:
            if report.sites is not None and report.value > value:
                chosen, value = report.sites, report.value
            # What the cuts excluded is worth no more than the set already known.
            bound = _rounded(min(bound, max(report.bound, value)), value, step)
    return chosen, value, bound, how


def _open(value: float, bound: float) -> bool:
    return bound - value > SETTLED_GAP * max(abs(value), abs(bound))


def _rounded(bound: float, value: float, step: float) -> float:
    """Return the bound, rounded down to whole people if all weights are whole, never below what was reached."""
    tolerance = 1e-7 * max(1.0, abs(bound))
    return max(value, math.floor(bound + tolerance) if step == 1.0 else bound)


def _solve_lscp(problem: Problem, effort: Effort, deadline: float) -> Solution:
    within = (problem.times <= problem.standard) & problem.free[:, None]
    reachable = np.asarray(within.any(axis=0))
    merged, _ = heuristics.merge_points(within, problem.people.astype("float64"))
    chosen = heuristics.cover_all(merged, problem.required, problem.free) or []
    value, bound = float(len(chosen)), float(max(len(problem.required), merged.shape[1] > 0))
    how = [Sentence(mark("greedy"))]
    effort.progress("search", value, bound)
    if effort.prove and value > bound:
        must = np.zeros(len(merged), dtype="bool")
        must[list(problem.required)] = True
        task = {"table": merged, "must": must, "must_not": ~problem.free}
        report = exact.run("lscp", task, deadline - time.monotonic(), go_on=effort.go_on)
        how.append(Sentence(mark("then branching")))
        if report is not None:
            bound = min(value, max(bound, -report.bound))
            if report.sites is not None and len(report.sites) <= value:
                chosen, value = report.sites, float(len(report.sites))
    solution = answer(problem, chosen, value, min(bound, value), distinct(merged.shape[1], how))
    return left_out(replace(solution, k=len(chosen)), problem, ~reachable)


def _solve_pcenter(problem: Problem, effort: Effort, deadline: float) -> Solution:
    reach = network.most(problem, deadline)
    times = problem.times[:, reach.points].astype("float64")
    if times.shape[1] == 0:
        return answer(problem, reach.sites, 0.0, 0.0, Sentence(mark("nobody to reach")))
    if reach.tied:
        chosen, radius, least = network.nearest_ring(problem, reach, deadline)
        return answer(problem, chosen, radius, least, Sentence(mark("halving over maximal covers")))
    lower = float(times[problem.free].min(axis=0).max())
    found = _center_by_greedy(problem, times, lower) or list(reach.sites)
    upper = float(times[found].min(axis=0).max())
    how = [Sentence(mark("halving over greedy covers"))]
    effort.progress("search", upper, lower)
    bound = lower
    if effort.prove and upper > lower:
        must = np.zeros(len(times), dtype="bool")
        must[list(problem.required)] = True
        task = {"table": times, "k": np.array(problem.k), "must": must, "must_not": ~problem.free}
        task |= {"lower": np.array(lower), "upper": np.array(upper)}
        report = exact.run("pcenter", task, deadline - time.monotonic(), go_on=effort.go_on)
        how.append(Sentence(mark("then set covering for each radius in question")))
        if report is not None:
            bound = min(upper, max(bound, -report.bound))
            if report.sites and -report.value <= upper:
                found, upper = report.sites, -report.value
    return answer(problem, _padded(problem, found), upper, min(bound, upper) if reach.proven else 0.0, *how)


def _center_by_greedy(problem: Problem, times: Floats, lower: float) -> list[int] | None:
    radii = np.unique(times[np.isfinite(times) & (times >= lower)])
    best: list[int] | None = None
    low, high = 0, len(radii) - 1
    while low <= high:
        middle = (low + high) // 2
        within = (times <= radii[middle]) & problem.free[:, None]
        found = heuristics.cover_all(within, problem.required, problem.free)
        if found is not None and len(found) <= problem.k:
            best, high = found, middle - 1
        else:
            low = middle + 1
    return best


def _padded(problem: Problem, chosen: list[int]) -> list[int]:
    """Fill up to k sites; one more site never makes a way longer."""
    spare = [site for site in np.flatnonzero(problem.free).tolist() if site not in set(chosen)]
    return sorted([*chosen, *spare[: problem.k - len(chosen)]])


_SOLVERS: dict[str, Callable[[Problem, Effort, float], Solution]] = {
    "mclp": _solve_mclp,
    "lscp": _solve_lscp,
    "pmedian": _solve_pmedian,
    "pcenter": _solve_pcenter,
    "backup": twice.solve,
}


@dataclass(frozen=True, eq=False)
class Candidates:
    """
    Where bases may stand, and on what they are judged.

    Attributes
    ----------
    rows
        `base_id`, `name`, `cell`, `rule`: `candidate`, `required`, `excluded`, or `existing` for a base that stands
        and is kept; existing ones do not count towards k and are not among the sites of the answer.
    people_case, speed_case
        Which population, and name and factor of the speeds.
    """

    grid: Grid
    travel: Travel
    rows: pd.DataFrame
    standard: Standard
    people_case: str = "central"
    speed_case: tuple[str, float] = ("central", 1.0)


def from_frames(
    candidates: Candidates, wanted: Wanted, *, effort: Effort | None = None, names: Mapping[str, str] | None = None
) -> Solution:
    """
    Solve a location model on the grid.

    Parameters
    ----------
    wanted
        Model, k (required sites included) and backup; the rest follows from the candidates.
    names
        Names of communes by P-code.

    Raises
    ------
    InputError
        See `from_matrix`.
    """
    return described(solve(prepare(candidates, wanted), effort or Effort()), candidates, names)


def prepare(candidates: Candidates, wanted: Wanted) -> Problem:
    """Turn candidates on a grid into a checked problem; times are divided by the speed factor."""
    travel, standard, k = candidates.travel, candidates.standard, wanted.k
    require_unit(travel, standard)
    rule = candidates.rows["rule"].to_numpy(dtype="object")
    existing, required, excluded = (np.flatnonzero(rule == word) for word in ("existing", "required", "excluded"))
    usable = int((rule != "existing").sum() - len(excluded))
    if isinstance(k, int) and k > usable and (wanted.model not in MODELS or MODELS[wanted.model].has_k):
        raise InputError(
            _("site: found k {k}, but only {usable} candidates. Lower k or exclude fewer.").format(k=k, usable=usable)
        )
    factor = candidates.speed_case[1] if standard.unit == "min" else 1.0
    placed = replace(
        wanted,
        k=None if k is None else k + len(existing),
        standard=standard.value * factor,
        required=[*existing.tolist(), *required.tolist()],
        excluded=excluded.tolist(),
        unit=standard.unit,
    )
    return check(travel.table(candidates.rows), candidates.grid.people[candidates.people_case], placed)


def described(solution: Solution, candidates: Candidates, names: Mapping[str, str] | None = None) -> Solution:
    """Return a solution with its sites as records, existing bases left out."""
    rows, grid, standard = candidates.rows, candidates.grid, candidates.standard
    chosen = [row for row in solution.chosen if rows["rule"].iloc[row] != "existing"]
    picked = rows.iloc[chosen]
    sites = tuple(
        {
            "id": str(row["base_id"]),
            "name": str(row["name"]),
            "lon": round(float(grid.lon[row["cell"]]), 5),
            "lat": round(float(grid.lat[row["cell"]]), 5),
            "commune_pcode": str(grid.commune[row["cell"]]),
            "required": row["rule"] == "required",
        }
        for row in picked.to_dict("records")
    )
    existing = len(solution.chosen) - len(chosen)
    unreachable = _by_commune(solution, grid, candidates.people_case, names or {})
    kept = say(mark("{n} standing bases are kept and count in the objective."), n=existing) if existing else Method()
    return replace(
        solution,
        k=len(chosen),
        chosen=tuple(chosen),
        sites=sites,
        standard=str(standard) if MODELS[solution.model].has_standard else "",
        cases={"people": candidates.people_case, "speed": candidates.speed_case[0]},
        method=solution.method + kept + _nowhere(solution, unreachable) + candidates.travel.method,
        unreachable_by_commune=unreachable,
    )


def _by_commune(solution: Solution, grid: Grid, people_case: str, names: Mapping[str, str]) -> dict[str, int]:
    at = np.array(solution.unreachable, dtype="int64")
    people = pd.Series(grid.people[people_case][at]).groupby(grid.commune[at]).sum()
    ranked = people.sort_values(ascending=False, kind="stable")
    return {names.get(str(pcode), str(pcode)): int(count) for pcode, count in ranked.items()}


def _nowhere(solution: Solution, by_commune: Mapping[str, int]) -> Method:
    if not by_commune:
        return Method()
    text = (
        mark("Not within the standard of any candidate: {n:,.0f} people ({where}).")
        if not MODELS[solution.model].has_k
        else mark("Not with a way to any of these sites: {n:,.0f} people ({where}).")
    )
    where = tuple(Sentence("{name} {n:,}", {"name": name, "n": count}) for name, count in by_commune.items())
    return say(text, n=solution.unreachable_people, where=where)
