"""
Good sets of sites, quickly: greedy, then interchange from several starts. No proof; `exact` gives the bound.

Sites are rows, demand points columns. `kept` sites are in every set and never exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mssmap.planning.reach import sum_by

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SWAP_TOLERANCE = 1e-9
"""A swap must gain more than this share of the value, so that rounding cannot make the search go in circles."""


def merge_points(within: Bools, people: Floats) -> tuple[Bools, Floats]:
    """
    Merge points that the same sites reach, and drop those that none does or that have no people; exact for coverage.

    >>> within = np.array([[True, True, False], [False, False, False]])
    >>> merge_points(within, np.array([2.0, 3.0, 9.0]))[1]
    array([5.])
    """
    useful = within.any(axis=0) & (people > 0)
    within, people = within[:, useful], people[useful]
    if within.shape[1] == 0:
        return within, people
    first, group = kinds(within)
    return within[:, first], sum_by(group, people, len(first))


def kinds(within: Bools) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first point of each kind, a kind being those that the same sites reach, and the kind of each point."""
    if within.shape[1] == 0:
        return np.empty(0, dtype="int64"), np.empty(0, dtype="int64")
    packed = np.ascontiguousarray(np.packbits(within, axis=0).T)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return first, group


class Cover:
    """
    Maximal covering: people reached once, plus `backup` times those reached twice or more.

    Parameters
    ----------
    within
        Sites by points.
    backup
        Weight of the second cover, 0-1 (Curtin et al. 2010); within that range the value has falling returns.
    """

    def __init__(self, within: Bools, people: Floats, backup: float = 0.0) -> None:
        self.within = within
        self.people = people
        self.backup = backup
        self.rows = csr_array(within.astype("float64"))
        self.columns = csr_array(self.rows.T)
        self.size = within.shape[0]

    def counts(self, chosen: Sequence[int]) -> Floats:
        """Return how many chosen sites reach each point."""
        on = np.zeros(self.size)
        on[list(chosen)] = 1.0
        found: Floats = self.columns @ on
        return found

    def value(self, chosen: Sequence[int]) -> float:
        """Return the value of a set."""
        c = self.counts(chosen)
        return float(self.people @ ((c >= 1) + self.backup * (c >= 2)))

    def gains(self, c: Floats) -> Floats:
        """Return what each site would add at counts c."""
        gain: Floats = self.rows @ (self.people * ((c < 1) + self.backup * ((c >= 1) & (c < 2))))
        return gain

    def greedy(self, k: int, kept: Sequence[int], free: Bools) -> list[int]:
        """Return `kept` and the sites that add most one after the other, k in all; ties take the first."""
        chosen, c = list(kept), self.counts(kept)
        while len(chosen) < k:
            gain = np.where(free, self.gains(c), -1.0)
            gain[chosen] = -1.0
            best = int(gain.argmax())
            chosen.append(best)
            c += self._row(best)
        return chosen

    def interchange(self, start: Sequence[int], kept: Sequence[int], free: Bools) -> tuple[list[int], float]:
        """Swap one site at a time while that helps (Teitz and Bart 1968)."""
        chosen, value = list(start), self.value(start)
        c = self.counts(chosen)
        movable = [site for site in chosen if site not in set(kept)]
        improved = True
        while improved:
            improved = False
            for site in list(movable):
                without = c - self._row(site)
                rest = float(self.people @ ((without >= 1) + self.backup * (without >= 2)))
                gain = np.where(free, self.gains(without), -1.0)
                gain[[other for other in chosen if other != site]] = -1.0
                best = int(gain.argmax())
                if best != site and rest + gain[best] > value * (1 + SWAP_TOLERANCE) + SWAP_TOLERANCE:
                    chosen[chosen.index(site)] = movable[movable.index(site)] = best
                    c, value, improved = without + self._row(best), rest + float(gain[best]), True
        return chosen, value

    def _row(self, site: int) -> Floats:
        start, end = self.rows.indptr[site], self.rows.indptr[site + 1]
        row = np.zeros(self.rows.shape[1])
        row[self.rows.indices[start:end]] = 1.0
        return row


class Median:
    """
    p-median: people times the way to their nearest site, to be as small as possible; `value` is its negative.

    Parameters
    ----------
    times
        Sites by points, finite.
    """

    def __init__(self, times: Floats, people: Floats) -> None:
        self.times = times
        self.people = people
        self.size = len(times)

    def value(self, chosen: Sequence[int]) -> float:
        """Return minus the weighted sum of times."""
        return -float(self.times[list(chosen)].min(axis=0) @ self.people)

    def greedy(self, k: int, kept: Sequence[int], free: Bools) -> list[int]:
        """Return `kept` and the sites that shorten most one after the other, k in all."""
        chosen = list(kept)
        near = self.times[chosen].min(axis=0) if chosen else np.full(self.times.shape[1], self.times.max(initial=0.0))
        while len(chosen) < k:
            total = np.minimum(self.times, near) @ self.people
            total[~free] = np.inf
            total[chosen] = np.inf
            best = int(total.argmin())
            chosen.append(best)
            near = np.minimum(near, self.times[best])
        return chosen

    def interchange(self, start: Sequence[int], kept: Sequence[int], free: Bools) -> tuple[list[int], float]:
        """Make the best swap while it helps, all swaps at once from the nearest and second nearest (Whitaker 1983)."""
        chosen, value = list(start), self.value(start)
        fixed = np.isin(chosen, list(kept))
        while not fixed.all():
            table = self.times[chosen]
            order = np.argsort(table, axis=0, kind="stable")[:2]
            first = np.take_along_axis(table, order[:1], axis=0)[0]
            second = (
                np.take_along_axis(table, order[1:2], axis=0)[0] if len(chosen) > 1 else np.full_like(first, np.inf)
            )
            nearer = np.minimum(self.times, first)
            saved = (first - nearer) @ self.people
            own = np.zeros((len(self.people), len(chosen)))
            own[np.arange(len(self.people)), order[0]] = self.people
            lost = (np.minimum(self.times, second) - nearer) @ own
            change = lost - saved[:, None]
            change[:, fixed] = np.inf
            change[~free] = np.inf
            change[chosen] = np.inf
            site, place = np.unravel_index(int(change.argmin()), change.shape)
            if not change[site, place] < -SWAP_TOLERANCE * abs(value) - SWAP_TOLERANCE:
                break
            chosen[int(place)] = int(site)
            value = self.value(chosen)
        return chosen, value


def search(
    model: Cover | Median,
    k: int,
    kept: Sequence[int],
    free: Bools,
    *,
    start: Sequence[int] = (),
    starts: int = 4,
    seed: int = 0,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[list[int], float]:
    """
    Return the best set found: greedy with interchange, then again from shaken copies of the best.

    Parameters
    ----------
    k
        Sites in all, those of `kept` included.
    free
        Sites that may be chosen.
    start
        A set to search from besides the greedy one.
    starts
        How many shaken copies to try.
    seed
        The same seed gives the same set.
    go_on
        Asked before each start.
    """
    best, value = model.interchange(model.greedy(k, kept, free), kept, free)
    if start:
        best, value = max((best, value), model.interchange(start, kept, free), key=lambda found: found[1])
    random = np.random.default_rng(seed)
    others = np.flatnonzero(free)
    movable = k - len(kept)
    for _ in range(starts):
        unused = np.setdiff1d(others, best)
        shake = min(max(1, movable // 3), movable, len(unused))
        if shake == 0 or not go_on():
            break
        places = random.choice(np.flatnonzero(~np.isin(best, list(kept))), size=shake, replace=False)
        shaken = list(best)
        for place, site in zip(places.tolist(), random.choice(unused, size=shake, replace=False).tolist(), strict=True):
            shaken[place] = site
        found, reached = model.interchange(shaken, kept, free)
        if reached > value * (1 + np.sign(value) * SWAP_TOLERANCE):
            best, value = found, reached
    return sorted(best), value


def cover_all(within: Bools, kept: Sequence[int], free: Bools) -> list[int] | None:
    """Return sites that together reach every point, few by greedy and without needless ones; None if impossible."""
    chosen = list(kept)
    count = within[chosen].sum(axis=0) if chosen else np.zeros(within.shape[1], dtype="int64")
    table: Any = csr_array(within.astype("float64"))
    while (count == 0).any():
        gain = np.where(free, table @ (count == 0).astype("float64"), 0.0)
        best = int(gain.argmax())
        if gain[best] <= 0:
            return None
        chosen.append(best)
        count = count + within[best]
    for site in list(chosen):
        if site not in set(kept) and (count - within[site] >= 1).all():
            chosen.remove(site)
            count = count - within[site]
    return sorted(chosen)
