"""Work that is done once for everybody who asks at the same time, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """
    Results by what was asked; who asks for one that is being worked out waits for it.

    Parameters
    ----------
    most
        So many are kept, those asked for last.
    """

    def __init__(self, work: Callable[..., T], most: int) -> None:
        self._work, self._most = work, most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Future[T]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def __call__(self, *asked: Hashable) -> T:
        """Return the result; an error is raised to all who waited, and not kept."""
        with self._lock:
            coming = self._kept.get(asked)
            if coming is not None:
                self._kept.move_to_end(asked)
            else:
                own: Future[T] = Future()
                self._kept[asked] = own
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        if coming is not None:
            return coming.result()
        try:
            own.set_result(self._work(*asked))
        except BaseException as error:
            own.set_exception(error)
            with self._lock:
                self._kept.pop(asked, None)
            raise
        return own.result()
