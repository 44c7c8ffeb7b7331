"""How often somebody may ask: a bucket of tokens for each client and kind of request, filled at a steady rate."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rate:
    """So many at once, and then so many a second."""

    burst: int
    per_second: float


RATES: Final = {
    "sign-in": Rate(60, 1.0),
    "upload": Rate(20, 0.5),
    "api": Rate(100, 10.0),
    "socket": Rate(30, 0.5),
    "page": Rate(600, 100.0),
}
"""By kind of request. A page of the app asks for some eighty files when it is opened for the first time."""

CLIENTS: Final = 20_000
"""Buckets kept; the one that was not used for longest makes room."""


class Limiter:
    """
    Buckets of one process; replicas count for themselves.

    Parameters
    ----------
    rates
        Rates by kind.
    most
        Buckets kept at most, which bounds the memory.
    """

    def __init__(self, rates: dict[str, Rate] = RATES, most: int = CLIENTS) -> None:
        self._rates = rates
        self._most = most
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self._buckets)

    def wait(self, client: str, kind: str, now: float) -> int:
        """
        Take a token and return 0, or return the whole seconds after which there is one.

        Parameters
        ----------
        now
            Seconds of a clock that only goes forward.
        """
        rate = self._rates[kind]
        tokens, then = self._buckets.pop((client, kind), (float(rate.burst), now))
        tokens = min(rate.burst, tokens + (now - then) * rate.per_second)
        allowed = tokens >= 1
        self._buckets[(client, kind)] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) / rate.per_second))
