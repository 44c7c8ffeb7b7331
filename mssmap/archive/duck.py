"""Archives in this process, by DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from mssmap.archive import columns
from mssmap.archive.question import Question, stopped
from mssmap.archive.shelf import NAME, Manifest
from mssmap.errors import DataError

MEMORY: Final = "512MB"


THREADS: Final = 2


AT_ONCE: Final = 4
"""Questions that run at the same time; more wait for their turn."""


class DuckEngine:
    """Parquet files of one folder, read by DuckDB within `MEMORY`."""

    dialect = "duckdb"
    faults: tuple[type[Exception], ...] = (duckdb.Error,)

    def __init__(self, folder: Path) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": False,
            "temp_directory": "",
        }
        self._database = duckdb.connect(":memory:", config=config)
        for statement in (
            "enable_progress_bar = false",
            f"allowed_directories = [{_text(folder)}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._database.execute(f"SET {statement}")
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def open(self, item: Manifest, rows: Path) -> None:
        """See `Engine`."""
        if not NAME.fullmatch(item.name):
            raise DataError(f"archive: found the name {item.name[:60]!r}, required small letters, digits and dashes.")
        wanted = ", ".join(columns.ASKED)
        with self._cursor() as cursor:
            cursor.execute(f'CREATE OR REPLACE VIEW "{item.name}" AS SELECT {wanted} FROM read_parquet({_text(rows)})')

    def run(self, sql: str, question: Question) -> pa.Table:
        """See `Engine`."""
        with self._turns, self._cursor() as cursor, question.running(cursor):
            try:
                return cursor.sql(sql).to_arrow_table()
            except duckdb.InterruptException as error:
                raise stopped() from error

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        cursor = self._database.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


def _text(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return f"'{quoted}'"
