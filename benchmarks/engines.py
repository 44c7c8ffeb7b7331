"""
What an archive costs on DuckDB, PostGIS and Spark: `python -m benchmarks.engines [ROWS]`.

One run on the same rows; every answer is compared with that of DuckDB, row by row. Starts a PostgreSQL and a Spark
cluster of two workers on loopback, as the tests do.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import psycopg
import pyarrow.parquet as pq
from archive.samples import PRESS, asking
from archive.spark_cluster import cluster
from archive.test_engines import assert_the_same
from store.conftest import Postgres

from benchmarks import archive_data
from mssmap.archive import columns, engine, writer
from mssmap.archive.engine import Archives
from mssmap.archive.queries import Query
from mssmap.archive.shelf import Shelf

ROUNDS = 5
YEAR = asking(start=date(2019, 1, 1), end=date(2019, 12, 31), as_of=date(2019, 12, 31), known_on=date(2020, 1, 31))
CAPITAL = replace(YEAR, box=(-72.4, 18.48, -72.2, 18.62))
QUESTIONS: list[tuple[str, str, tuple[Any, ...]]] = [
    ("cells of the whole country, all years", "cells", (Query(), 5)),
    ("cells of the capital, one year", "cells", (CAPITAL, 8)),
    ("points of the capital, one year", "points", (CAPITAL, 2_000)),
    ("histogram by month, all years", "histogram", (Query(), "month")),
]


def main() -> None:
    """Measure and print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shelf = Shelf(folder / "archives")
        took, made = timed(lambda: _written(shelf, rows))
        print(f"{rows:,} events written as GeoParquet in {took:.1f} s, {made.bytes / 1e6:.0f} MB\n")
        engines: dict[str, dict[str, float]] = {}
        expected: dict[str, Any] = {}
        _measure("DuckDB", engine.connect(shelf), made.name, engines, expected)
        server = Postgres()
        address = server.database("bench")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        _measure("PostGIS", engine.connect(shelf, address), made.name, engines, expected)
        server.end()
        (folder / "spark").mkdir()
        with cluster(folder / "spark") as found:
            _measure("Spark, 2 workers", engine.connect(shelf, found.url), made.name, engines, expected)
        engines["pandas, the naive way"] = _naive(shelf.parquet(made.name))
    names = ["first", *(title for title, _kind, _arguments in QUESTIONS)]
    print("| seconds | " + " | ".join(engines) + " |\n|---" + "|---:" * len(engines) + "|")
    for title in names:
        print(
            f"| {title} | " + " | ".join(f"{row[title]:.3f}" if title in row else "" for row in engines.values()) + " |"
        )


def _written(shelf: Shelf, rows: int) -> Any:
    with writer.writing(shelf, PRESS) as out:
        for batch in archive_data.batches(rows):
            out.add(batch)
        return out.finish("Made-up events", file="made-up.csv")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something took, in seconds, and what came out."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def _measure(
    title: str, archives: Archives, name: str, engines: dict[str, dict[str, float]], expected: dict[str, Any]
) -> None:
    """Open an archive and ask everything, a few times; the median counts, and the answer has to be that of DuckDB."""
    first, _ = timed(lambda: archives.ask(name, "count", Query()))
    engines[title] = {"first": first}
    for words, kind, arguments in QUESTIONS:
        times = []
        for _round in range(ROUNDS):
            took, found = timed(lambda kind=kind, arguments=arguments: archives.ask(name, kind, *arguments))
            times.append(took)
        assert_the_same(found, expected.setdefault(words, found))
        engines[title][words] = statistics.median(times)


def _naive(path: Path) -> dict[str, float]:
    """Read the whole file into pandas for each question, as a page without a database does."""

    def months() -> Any:
        frame = pq.read_table(path, columns=list(columns.ASKED)).to_pandas()
        begins = frame["valid_from"].astype("datetime64[ns]").dt.to_period("M")
        return frame.groupby([begins, "category"]).size()

    return {"histogram by month, all years": statistics.median(timed(months)[0] for _ in range(3))}


if __name__ == "__main__":
    main()
