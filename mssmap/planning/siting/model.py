"""A location problem, how hard to work on it, and its answer; the models and their solvers are in `siting`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning.method import Method, Sentence, say
from mssmap.planning.reach import require_times, require_weights

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Model:
    """
    A location model: what it is called, and what is asked with it. Its solver has the same key in `solver`.

    Attributes
    ----------
    title
        Words for a person who chooses.
    name
        At the beginning of its method.
    unit
        Of the objective; `{unit}` is that of the ways.
    has_k
        Whether the number of sites is given.
    has_standard
        Whether a way longer than the standard does not count.
    is_gain
        Whether more is better.
    has_swaps
        Whether near-optimal exchanges can be told.
    any_k
        Whether every number of sites has an answer.
    """

    title: str
    name: str
    unit: str
    has_k: bool = True
    has_standard: bool = False
    is_gain: bool = False
    has_swaps: bool = False
    any_k: bool = True


MODELS: Final = {
    "mclp": Model(
        mark("Most people within the standard (MCLP)"),
        mark("Maximal covering"),
        "people",
        has_standard=True,
        is_gain=True,
        has_swaps=True,
    ),
    "lscp": Model(
        mark("Fewest bases for everybody (LSCP)"), mark("Set covering"), "sites", has_k=False, has_standard=True
    ),
    "pmedian": Model(mark("Least mean time (p-median)"), mark("p-median"), "people x {unit}", has_swaps=True),
    "pcenter": Model(mark("Least longest time (p-center)"), mark("p-center"), "{unit}"),
    "backup": Model(
        mark("Everybody once, most people twice (BACOP1)"),
        mark("Backup covering"),
        "people covered twice",
        has_standard=True,
        is_gain=True,
        any_k=False,
    ),
}
"""Location models by their key, in the order in which they are offered."""

PROVEN_GAP = 5e-5
"""Half of the last digit that a gap is told with (0.01 %): what is told as 0 % is proven."""


@dataclass(frozen=True)
class Solution:
    """
    The answer of a location model.

    Attributes
    ----------
    chosen
        Rows of the sites, ascending, required ones included.
    sites
        The same as records; from arrays only their row.
    objective, bound
        What the sites reach, and what no set of sites can beat.
    gap_pct
        Distance of the two in percent of the bound (of the objective where less is better); proven if it rounds to
        0.00.
    unit
        Of objective and bound.
    unreachable_people
        Those who have no way at all to the sites chosen (for lscp: whom no candidate reaches within the standard). They
        are not in the objective; pmedian and pcenter leave as few of them as k sites can.
    unreachable
        Their points.
    unreachable_by_commune
        People by commune, most first: its name, or its P-code where no names were given.
    """

    model: str
    k: int
    chosen: tuple[int, ...]
    objective: float
    bound: float
    unit: str
    method: Method
    seconds: float
    standard: str = ""
    cases: Mapping[str, str] = field(default_factory=dict)
    sites: tuple[Mapping[str, Any], ...] = ()
    unreachable_people: float = 0.0
    unreachable: tuple[int, ...] = ()
    unreachable_by_commune: Mapping[str, int] = field(default_factory=dict)

    @property
    def gap_pct(self) -> float:
        """Distance of objective and bound in percent."""
        larger = max(abs(self.objective), abs(self.bound))
        return 100 * abs(self.bound - self.objective) / larger if larger > 0 else 0.0

    @property
    def proven(self) -> bool:
        """True if no set of sites is better."""
        return self.gap_pct <= 100 * PROVEN_GAP

    def to_json(self) -> dict[str, Any]:
        """Return the object that `mssmap site --json` prints."""
        return {
            "model": self.model,
            "k": self.k,
            "sites": [dict(site) for site in self.sites],
            "objective": _plain(self.objective),
            "unreachable_people": _plain(self.unreachable_people),
            "bound": _plain(self.bound),
            "gap_pct": round(self.gap_pct, 6),
            "proven": self.proven,
            "unit": self.unit,
            "standard": self.standard,
            "cases": dict(self.cases),
            "method": str(self.method),
            "seconds": round(self.seconds, 3),
        }


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


@dataclass(frozen=True, eq=False)
class Problem:
    """A checked location problem; see `from_matrix`."""

    times: NDArray[Any]
    people: NDArray[Any]
    model: str
    k: int
    standard: float
    required: tuple[int, ...]
    free: Bools
    backup: float
    unit: str

    @property
    def whole(self) -> bool:
        """True if all weights are whole numbers, so that better means better by one."""
        return bool((np.mod(self.people, 1) == 0).all())


@dataclass(frozen=True)
class Effort:
    """
    How hard to try.

    Attributes
    ----------
    time_limit_s
        Hard limit: a worker that is not done by then is killed.
    prove
        False stops after greedy and interchange; the bound is then a trivial one.
    starts, seed
        Shaken copies of the best set to search from; the same seed gives the same answer.
    go_on
        Asked often; False stops and returns what there is.
    progress
        Called with a word for the phase and the state (objective, bound).
    """

    time_limit_s: float = 20.0
    prove: bool = True
    starts: int = 4
    seed: int = 0
    go_on: Callable[[], bool] = lambda: True
    progress: Callable[[str, float, float], None] = lambda phase, objective, bound: None


@dataclass(frozen=True)
class Wanted:
    """
    What a location model is asked for, not checked yet.

    Attributes
    ----------
    model
        One of `MODELS`.
    k
        Number of sites, required ones included; not used by lscp.
    standard
        Needed by mclp, lscp and backup, > 0; a point exactly on it counts.
    required, excluded
        Rows that must be in, or must not.
    backup
        For mclp: weight of the second cover, 0 to 1.
    unit
        Of the times, for the text.
    """

    model: str = "mclp"
    k: int | None = None
    standard: float | None = None
    required: Iterable[int] = ()
    excluded: Iterable[int] = ()
    backup: float = 0.0
    unit: str = "min"


def check(times: Any, people: Any, wanted: Wanted) -> Problem:
    """Check the arguments of `from_matrix`; all faults are in one error."""
    model, k, standard, backup = wanted.model, wanted.k, wanted.standard, wanted.backup
    matrix = require_times(times)
    weights = require_weights(people, matrix.shape[1])
    n = len(matrix)
    forced, banned = sorted(set(wanted.required)), sorted(set(wanted.excluded))
    faults = []
    if model not in MODELS:
        faults.append(_("model {model!r}, required one of {choices}").format(model=model, choices=", ".join(MODELS)))
    if model in MODELS and MODELS[model].has_standard and not (standard is not None and 0 < standard < math.inf):
        faults.append(_("standard {standard}, required more than 0 for {model}").format(standard=standard, model=model))
    if outside := [site for site in [*forced, *banned] if not 0 <= site < n]:
        faults.append(_("site {site}, required a row from 0 to {last}").format(site=outside[0], last=n - 1))
    if both := sorted(set(forced) & set(banned)):
        faults.append(_("site {found} both required and excluded").format(found=both[0]))
    if not 0 <= backup <= 1:
        faults.append(_("backup {backup}, required a weight from 0 to 1").format(backup=backup))
    allowed = n - len(banned)
    if model not in MODELS or MODELS[model].has_k:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            faults.append(_("k {k}, required a whole number of at least 1").format(k=k))
        elif k > allowed:
            faults.append(
                _("k {k}, but only {allowed} candidates (lower k or exclude fewer)").format(k=k, allowed=allowed)
            )
        elif k < len(forced):
            faults.append(
                _("k {k}, but {count} sites are required (raise k or require fewer)").format(k=k, count=len(forced))
            )
    if faults:
        raise InputError(_("site: found {found}.").format(found="; ".join(faults)))
    free = np.ones(n, dtype="bool")
    free[banned] = False
    return Problem(matrix, weights, model, int(k or 0), float(standard or 0), tuple(forced), free, backup, wanted.unit)


def answer(problem: Problem, chosen: Sequence[int], value: float, bound: float, *steps: Sentence) -> Solution:
    """Return a solution in the unit of its model."""
    model = MODELS[problem.model]
    backup = f", second cover x {problem.backup:g}" if problem.model == "mclp" and problem.backup else ""
    nowhere = ~np.isfinite(problem.times[list(chosen)]).any(axis=0)
    return left_out(
        Solution(
            model=problem.model,
            k=problem.k,
            chosen=tuple(sorted(int(site) for site in chosen)),
            objective=value,
            bound=bound,
            unit=model.unit.format(unit=problem.unit) + backup,
            method=say(mark("{model}: {steps}."), model=Sentence(model.name), steps=steps),
            seconds=0.0,
        ),
        problem,
        nowhere,
    )


def distinct(points: int, how: Sequence[Sentence]) -> Sentence:
    """Say how many points were left to solve for, and in which steps."""
    return Sentence(mark("{n:,} distinct points; {steps}"), {"n": points, "steps": tuple(how)})


def left_out(solution: Solution, problem: Problem, points: Bools) -> Solution:
    """Return a solution that says whom it does not reach."""
    nobody = points & (problem.people > 0)
    return replace(
        solution,
        unreachable_people=float(problem.people[nobody].sum()),
        unreachable=tuple(np.flatnonzero(nobody).tolist()),
    )
