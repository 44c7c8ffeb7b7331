"""A question to an archive, which can be stopped, and what an engine has to be able to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from mssmap.archive.shelf import Manifest
from mssmap.archive.writer import StoppedError
from mssmap.i18n import gettext as _


@dataclass
class Question:
    """A question on its way, which another thread may stop."""

    cancelled: bool = False
    late: bool = False
    """True if it is stopped because it took too long."""
    _running: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Stop it: at once if it runs, or before it begins."""
        with self._lock:
            self.cancelled = True
            if self._running is not None:
                self._running.interrupt()

    @contextmanager
    def running(self, connection: Any) -> Iterator[None]:
        """While this lasts, `cancel` interrupts the connection."""
        with self._lock:
            if self.cancelled:
                raise stopped()
            self._running = connection
        try:
            yield
        finally:
            with self._lock:
                self._running = None


def stopped() -> StoppedError:
    """Return the error of a question that somebody stopped."""
    return StoppedError(_("archive: the question was stopped."))


class Engine(Protocol):
    """What runs SQL of a dialect on archives by name."""

    dialect: str
    faults: tuple[type[Exception], ...]
    """What it raises when it cannot answer."""

    def open(self, item: Manifest, rows: Path) -> None:
        """Make an archive known under its name."""

    def run(self, sql: str, question: Question) -> pa.Table:
        """Answer a question."""
