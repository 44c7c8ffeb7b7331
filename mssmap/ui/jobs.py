"""Long work beside the page: it goes on while the person does, can be stopped, and keeps what it found."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from mssmap.errors import MssmapError

Step = TypeVar("Step")


class Job(Generic[Step]):
    """
    Steps that are worked out in a thread of their own.

    Parameters
    ----------
    work
        Called with a function that says whether to go on; yields the steps.
    name
        What the work is about; two jobs of the same name are the same work.

    Attributes
    ----------
    steps
        What was found so far; only ever grows.
    error
        Why it stopped, empty if it did not fail.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], Iterator[Step]], name: Any) -> None:
        self.name = name
        self.steps: list[Step] = []
        self.error = ""
        self._cancelled = threading.Event()
        # the words of the work are those of the page that asked for it
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run, work), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Callable[[], bool]], Iterator[Step]]) -> None:
        try:
            for step in work(lambda: not self._cancelled.is_set()):
                self.steps.append(step)
        except MssmapError as error:
            self.error = str(error)

    @property
    def running(self) -> bool:
        """True while there may be more steps."""
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """True if somebody asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask to stop; what was found stays."""
        self._cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it is done, at most for a time; True if it is."""
        self._thread.join(seconds)
        return not self.running
