"""
Run questions: by default DuckDB in this process, on the files of the shelf and nothing else.

The database can read no other folder, loads no extension and asks no network; each question has a connection of its
own, which `Question.cancel` interrupts. What another engine needs is `Engine`: a dialect of SQL and a way to run it;
`postgis` and `spark` are two.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from mssmap import settings
from mssmap.archive import queries
from mssmap.archive.duck import DuckEngine
from mssmap.archive.question import Engine, Question
from mssmap.archive.shelf import NAME, ChangedError, Manifest, Shelf, digest
from mssmap.archive.shelf import default as shelf_of_settings
from mssmap.errors import DataError
from mssmap.i18n import gettext as _

Signature = tuple[int, int, int]


@dataclass
class Archives:
    """
    The archives of a shelf, opened when first asked.

    A file is checked against the hash of its manifest when it is opened, and its time and size before and after each
    question.
    """

    shelf: Shelf
    engine: Engine
    _open: dict[str, tuple[Manifest, Signature]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self, name: str) -> Manifest:
        """
        Return an archive that is sound now.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        ChangedError
            If it is another than when it was opened; the next call opens it anew.
        DataError
            If it is not the file that was written.
        """
        with self._lock:
            held = self._open.get(name)
            now = self._signature(name)
            if held is not None and held[1] != now:
                del self._open[name]
                raise _changed(name)
            if held is not None:
                return held[0]
            item = self.shelf.find(name)
            rows = self.shelf.parquet(name)
            if now is None or digest(rows) != item.sha256:
                found = _("no file") if now is None else _("another content")
                raise DataError(
                    _("archive {name}: found {found}, required the file that was written. Remove it and add it again.")
                    .format(name=name, found=found)
                )  # fmt: skip
            with self._reading(name):
                self.engine.open(item, rows)
            self._open[name] = (item, now)
            return item

    def ask(self, name: str, kind: str, *arguments: Any, question: Question | None = None) -> pa.Table:
        """
        Answer a question of `queries.KINDS`.

        Raises
        ------
        StoppedError
            If it was cancelled.
        ChangedError
            If the archive changed meanwhile.
        DataError
            If it cannot be read.
        """
        self.opened(name)
        text, schema = queries.compiled(self.engine.dialect, name, kind, *arguments)
        try:
            with self._reading(name):
                found = self.engine.run(text, question or Question())
        except DataError:
            self.opened(name)  # says so if the file changed under our hands
            raise
        self.opened(name)
        return found.cast(
            schema
        )  # engines differ in small things, such as whether a month begins on a day or at an hour

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except self.engine.faults as error:
            line = " ".join(str(error).split())[:160]
            hint = (
                _("Remove it and add it again.")
                if self.engine.dialect == "duckdb"
                else _("Check that the engine of MSSMAP_ARCHIVE_URL runs, then ask again.")
            )
            raise DataError(
                _("archive {name}: could not be read ({line}). {hint}").format(name=name, line=line, hint=hint)
            ) from error

    def _signature(self, name: str) -> Signature | None:
        try:
            found = self.shelf.parquet(name).stat() if NAME.fullmatch(name) else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None


def _changed(name: str) -> ChangedError:
    return ChangedError(
        _("archive {name}: changed on disk while it was open. Ask again to reopen it.").format(name=name)
    )


def connect(shelf: Shelf, address: str = "") -> Archives:
    """
    Return the archives of a shelf on an engine.

    Parameters
    ----------
    address
        `postgresql://...` or `spark://host:port`; DuckDB in this process otherwise.

    Raises
    ------
    InputError
        If what the engine needs is not installed.
    """
    if address.startswith("postgresql"):
        from mssmap.archive.postgis import PostgisEngine

        return Archives(shelf, PostgisEngine(address))
    if address.startswith("spark://"):
        from mssmap.archive.spark import SparkEngine

        at = urlsplit(address)
        return Archives(shelf, SparkEngine(f"spark://{at.netloc}"))
    return Archives(shelf, DuckEngine(shelf.folder))


def default() -> Archives:
    """Return the archives of the settings, on the engine of the settings."""
    return connect(shelf_of_settings(), settings.load().archive_url)
