"""How many reading processes there are at once: the others wait in the order in which they came."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.jail.limits import LIMITS

LONGEST_S: Final = 300.0
"""How long somebody waits for a place."""
TELL_S: Final = 1.0
"""How often somebody who waits is told so, and may leave."""
MOST: Final = 4

Waiting = Generator[None, None, None]
"""Asked for its next value every second of waiting; what it raises gives the turn to the next."""


def at_once() -> int:
    """Return how many processes this machine bears: one for each core, and twice their memory for all else."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MOST, cores, _memory_bytes() // (2 * LIMITS.memory_bytes)))


def _memory_bytes() -> int:
    """Return the memory of this machine, or what its control group is allowed."""
    if not hasattr(os, "sysconf"):
        return 4 * LIMITS.memory_bytes
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        allowed = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(allowed)) if allowed.isdecimal() else whole


def silently() -> Waiting:
    """Tell nobody."""
    while True:
        yield


class Places:
    """
    A number of places, and who waits for one.

    Attributes
    ----------
    tell
        Makes what is asked every second of waiting; the pages put their own here.
    """

    def __init__(self, number: int, longest_s: float = LONGEST_S) -> None:
        self.tell: Callable[[], Waiting] = silently
        self._free = number
        self._longest_s = longest_s
        self._waiting: deque[object] = deque()
        self._turn = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """
        Hold a place as long as the block lasts.

        Raises
        ------
        InputError
            If none became free in time.
        """
        ticket = object()
        with self._turn:
            self._waiting.append(ticket)
        try:
            self._wait(ticket)
        except BaseException:
            self._leave(ticket)
            raise
        try:
            yield
        finally:
            with self._turn:
                self._free += 1
                self._turn.notify_all()

    def _leave(self, ticket: object) -> None:
        """Give up waiting, or the place that has just become this one's."""
        with self._turn:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            else:
                self._free += 1
            self._turn.notify_all()

    def _wait(self, ticket: object) -> None:
        end = time.monotonic() + self._longest_s
        if self._is_taken(ticket, 0.0):
            return
        gc.collect()  # a reading that was given up in the middle, in an error that is kept, holds its place until then
        with closing(self.tell()) as told:
            while not self._is_taken(ticket, TELL_S):
                if time.monotonic() > end:
                    raise InputError(
                        _(
                            "the file was not read: other files have been read for more than {minutes} minutes. Try "
                            "again in some minutes."
                        ).format(minutes=round(self._longest_s / 60))
                    )
                next(told)

    def _is_taken(self, ticket: object, wait_s: float) -> bool:
        """Whether a place became this one's within some seconds."""
        with self._turn:
            if not self._turn.wait_for(lambda: self._free > 0 and self._waiting[0] is ticket, wait_s):
                return False
            self._waiting.popleft()
            self._free -= 1
            self._turn.notify_all()
            return True
