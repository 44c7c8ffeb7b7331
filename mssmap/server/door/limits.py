"""How often somebody may ask: a bucket of tokens for each client and kind of request, filled at a steady rate."""

from __future__ import annotations

import hashlib
import math
import mmap
import os
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

try:
    import fcntl
except ImportError:  # Windows, where one process serves
    fcntl = None  # type: ignore[assignment]


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
    Buckets of one process; replicas count for themselves, processes that serve together do not (`SharedLimiter`).

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


SLOTS: Final = 1 << 15
WAYS: Final = 8
"""A bucket lies in one of so many neighbouring slots; the one that was not used for longest makes room."""
SLOT: Final = struct.Struct("<Qdd")
"""Client and kind as a number, tokens, and when they were counted."""


def shared_memory() -> int:
    """Return a file descriptor of memory for the buckets of a `SharedLimiter`; processes that inherit it share it."""
    handle = os.memfd_create("mssmap-rates")
    os.ftruncate(handle, SLOTS * SLOT.size)
    return handle


class SharedLimiter:
    """
    Buckets that several processes share; the clock is that of the system, which all of them read.

    Parameters
    ----------
    handle
        From `shared_memory`.
    """

    def __init__(self, handle: int, rates: dict[str, Rate] = RATES) -> None:
        self._rates = rates
        self._handle = handle
        self._memory = mmap.mmap(handle, SLOTS * SLOT.size)

    def wait(self, client: str, kind: str, now: float) -> int:
        """Take a token and return 0, or return the whole seconds after which there is one; see `Limiter`."""
        key = int.from_bytes(hashlib.blake2b(f"{kind} {client}".encode(), digest_size=8).digest(), "little") or 1
        begin, size = key % (SLOTS // WAYS) * WAYS * SLOT.size, WAYS * SLOT.size
        fcntl.lockf(self._handle, fcntl.LOCK_EX, size, begin)
        try:
            slots = list(SLOT.iter_unpack(self._memory[begin : begin + size]))
            at = min(range(WAYS), key=lambda n: (slots[n][0] != key, slots[n][2]))
            rate, (owner, tokens, then) = self._rates[kind], slots[at]
            if owner != key:
                tokens, then = float(rate.burst), now
            tokens = min(rate.burst, tokens + (now - then) * rate.per_second)
            left = tokens - 1 if tokens >= 1 else tokens
            SLOT.pack_into(self._memory, begin + at * SLOT.size, key, left, now)
        finally:
            fcntl.lockf(self._handle, fcntl.LOCK_UN, size, begin)
        return 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / rate.per_second))
