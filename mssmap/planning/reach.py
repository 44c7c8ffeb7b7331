"""
The mathematics of coverage, on plain arrays: no geometry, no files.

Notation of the literature: a_i people at point i, t_ij minutes from site j, S the standard, A the active sites, c_i the
number of active sites within S of i. A point exactly on the standard counts (t <= S).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mssmap.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def require_times(times: Any, name: str = "times") -> NDArray[Any]:
    """
    Return a matrix of sites by points as an array.

    Raises
    ------
    InputError
        If it is not a matrix of numbers >= 0; infinite means that there is no way, NaN is refused.
    """
    matrix = np.asarray(times)
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
        raise InputError(f"{name}: found shape {matrix.shape} of {matrix.dtype}, required numbers of sites by points.")
    bad = ~(matrix >= 0)
    if bad.any():
        missing = int(np.isnan(matrix).sum()) if matrix.dtype.kind == "f" else 0
        raise InputError(
            f"{name}: found {missing} values that are not numbers and {int(bad.sum()) - missing} negative, required "
            "0 or more. Write infinity where there is no way."
        )
    return matrix


def require_weights(people: Any, points: int, name: str = "people") -> NDArray[Any]:
    """
    Return the weight of each point as an array of the same kind of number.

    Raises
    ------
    InputError
        If their number is not `points` or one is negative or not a number.
    """
    weights = np.asarray(people)
    if weights.shape != (points,):
        raise InputError(f"{name}: found shape {weights.shape}, required one number for each of {points} points.")
    if weights.dtype.kind not in "fiub" or not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError(f"{name}: found values that are negative or not numbers, required 0 or more.")
    return weights


class CoverageIndex:
    """
    How many active sites reach each point, kept up to date while sites are switched on and off.

    A toggle adds or subtracts one row of the reach matrix and never looks at a distance again.

    Parameters
    ----------
    within
        Sites by points: True where t <= S.
    people
        Weight of each point; whole numbers keep the sums exact.
    active
        Sites that are on at the start.
    """

    def __init__(self, within: Bools, people: NDArray[Any], active: Iterable[int] = ()) -> None:
        self._rows = np.ascontiguousarray(within, dtype="bool").view("int8")
        self.people = people
        self.active = np.zeros(len(self._rows), dtype="bool")
        self.counts = np.zeros(self._rows.shape[1], dtype="int16")
        for site in active:
            if not self.active[site]:
                self.toggle(site)

    @classmethod
    def from_matrix(cls, times: Any, people: Any, standard: float, active: Iterable[int] = ()) -> CoverageIndex:
        """
        Build the index from times.

        Raises
        ------
        InputError
            If times, people or the standard cannot be used.
        """
        matrix = require_times(times)
        if not standard > 0:
            raise InputError(f"standard: found {standard}, required more than 0.")
        return cls(matrix <= standard, require_weights(people, matrix.shape[1]), active)

    def toggle(self, site: int) -> bool:
        """Switch one site; return whether it is on now. Twice is the identity."""
        on = not self.active[site]
        change = np.add if on else np.subtract
        change(self.counts, self._rows[site], out=self.counts)
        self.active[site] = on
        return bool(on)

    @property
    def covered(self) -> int | float:
        """Weight of the points that at least one active site reaches."""
        return _plain(self.people[self.counts > 0].sum())

    def gain(self, site: int) -> int | float:
        """Weight that would be added by switching one site on."""
        return _plain(self.people[(self.counts == 0) & self._rows[site].view("bool")].sum())


def _plain(value: Any) -> int | float:
    found: int | float = value.item()
    return found


def counts(within: Bools) -> Ints:
    """Return c: how many of the sites reach each point."""
    found: Ints = within.sum(axis=0, dtype="int64")
    return found


def unique_people(within: Bools, people: NDArray[Any]) -> NDArray[Any]:
    """Return for each site C(A) - C(A without it): those whom nobody else reaches."""
    alone = counts(within) == 1
    found: NDArray[Any] = within[:, alone] @ people[alone]
    return found


def fair_share(within: Bools, people: NDArray[Any]) -> Floats:
    """Return for each site its Shapley value: everybody it reaches, divided by how many reach them."""
    c = counts(within)
    found: Floats = within @ np.divide(people, c, out=np.zeros(len(c)), where=c > 0)
    return found


def expected_people(c: Ints, people: NDArray[Any], outage: float) -> float:
    """
    Return the people covered on average if each site is out with probability `outage`, independently (Daskin 1983).

    >>> expected_people(np.array([0, 1, 2]), np.array([5, 10, 100]), 0.1)
    108.0
    """
    return float(people @ np.where(c > 0, 1 - outage ** c.astype("float64"), 0.0))


def worst_losses(within: Bools, people: NDArray[Any]) -> tuple[tuple[float, list[int]], tuple[float, list[int]]]:
    """
    Return the largest loss of coverage if one site fails, and if two do, each with the sites (none: 0, []).

    With a single site the double loss equals the single.
    """
    n = len(within)
    if n == 0:
        return (0.0, []), (0.0, [])
    c = counts(within)
    once, twice = c == 1, c == 2
    alone = (within[:, once] @ people[once]).astype("float64")
    single = int(alone.argmax())
    if n == 1:
        return (float(alone[0]), [0]), (float(alone[0]), [0])
    shared = within[:, twice].astype("float64")
    both = (shared * people[twice]) @ shared.T
    loss = np.triu(alone[:, None] + alone[None, :] + both, k=1)
    loss[np.tril_indices(n)] = -1
    first, second = np.unravel_index(int(loss.argmax()), loss.shape)
    return (float(alone[single]), [single]), (float(loss[first, second]), [int(first), int(second)])


def weighted_quantile(values: Floats, people: NDArray[Any], q: float) -> float:
    """
    Return the smallest value that at least a share q of the people do not exceed; NaN if there are none.

    >>> weighted_quantile(np.array([10.0, 20.0, 90.0]), np.array([50, 40, 10]), 0.9)
    20.0
    """
    order = np.argsort(values, kind="stable")
    running = np.cumsum(people[order], dtype="float64")
    if len(running) == 0 or running[-1] <= 0:
        return float("nan")
    # Rounding must not push a share that is met exactly to the next value.
    at = int(np.searchsorted(running, q * running[-1] * (1 - 1e-12)))
    return float(values[order[at]])


def mean_and_p90(nearest: Floats, people: NDArray[Any]) -> tuple[float, float, float]:
    """Return mean and P90 over the people who can be reached (NaN if none), and the share who cannot."""
    reachable = np.isfinite(nearest)
    reached, total = people[reachable], people.sum()
    inside = reached.sum()
    mean = float(nearest[reachable] @ reached / inside) if inside > 0 else float("nan")
    return mean, weighted_quantile(nearest[reachable], reached, 0.9), float(1 - inside / total) if total > 0 else 0.0


def gini(rates: Floats, people: NDArray[Any]) -> float:
    """
    Return the people-weighted Gini coefficient of coverage rates: 0 if all are equal (or all zero).

    >>> gini(np.array([0.0, 1.0]), np.array([50, 50])), gini(np.array([0.3, 0.3]), np.array([1, 9]))
    (0.5, 0.0)
    """
    weight = people / people.sum() if people.sum() > 0 else np.zeros(len(people))
    mean = float(weight @ rates)
    if mean <= 0:
        return 0.0
    return float(weight @ np.abs(rates[:, None] - rates[None, :]) @ weight / (2 * mean))


def sum_by(groups: Ints, values: NDArray[Any], size: int) -> Floats:
    """Add up values by group number; whole numbers below 2^53 stay exact."""
    found: Floats = np.bincount(groups, weights=values.astype("float64"), minlength=size).astype("float64")
    return found


def percent(part: float, whole: float) -> float:
    """Return a share in percent, 0 of nothing."""
    return 100 * part / whole if whole > 0 else 0.0


def band(values: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and the largest of some values that are numbers, NaN if there are none."""
    known = [value for value in values if value == value]
    return (min(known), max(known)) if known else (float("nan"), float("nan"))
