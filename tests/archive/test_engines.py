"""The same questions on DuckDB, on a real PostGIS and on a real Spark cluster of two workers: the same answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from store.conftest import Postgres, postgres  # noqa: F401, a fixture

from archive.samples import PRESS, TEN, asking, rows, write
from archive.spark_cluster import Cluster, cluster
from benchmarks import archive_data
from mssmap.archive import engine, spark, writer
from mssmap.archive.engine import Archives
from mssmap.archive.queries import Query
from mssmap.archive.question import Question
from mssmap.archive.shelf import Shelf
from mssmap.archive.writer import StoppedError
from mssmap.errors import DataError

ROWS = int(os.environ.get("MSSMAP_ENGINE_ROWS", "20000"))
"""The comparison on a million rows: MSSMAP_ENGINE_ROWS=1000000."""

DAYS = {
    "start": date(2019, 1, 1),
    "end": date(2019, 12, 31),
    "as_of": date(2019, 12, 31),
    "known_on": date(2020, 1, 31),
}
YEAR = asking(**DAYS)
PORT_AU_PRINCE = (-72.4, 18.48, -72.2, 18.62)
QUESTIONS: list[tuple[str, tuple[Any, ...]]] = [
    ("count", (Query(),)),
    ("count", (asking(**DAYS, categories=("riot", "battle"), actor="GANG", grade="C3"),)),
    ("count", (asking(**DAYS, actor="100%_'"),)),
    ("cells", (Query(), 5)),
    ("cells", (asking(**DAYS, box=PORT_AU_PRINCE), 7)),
    ("points", (asking(**DAYS, box=PORT_AU_PRINCE), 500)),
    ("histogram", (YEAR, "week")),
    ("histogram", (Query(), "year")),
    ("histogram", (YEAR, "month")),
    ("totals", (YEAR, "category")),
    ("actors", (YEAR, "", 20)),
    ("actors", (Query(), "POLICE", 1)),
    ("record", (ROWS // 2,)),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, str, str]:
    """Return a shelf with `ROWS` made-up events and the ten that can be counted by hand."""
    found = Shelf(tmp_path_factory.mktemp("shelf"))
    ten = write(found.folder, rows(TEN))
    with writer.writing(found, PRESS) as out:
        for batch in archive_data.batches(ROWS):
            out.add(batch)
        made = out.finish("Made-up events", file="made-up.csv")
    return found, made.name, ten.name


@pytest.fixture(scope="module")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with cluster(tmp_path_factory.mktemp("spark")) as found:
        yield found


@pytest.fixture(scope="module", params=["postgis", "spark"])
def other(request: pytest.FixtureRequest, shelf: tuple[Shelf, str]) -> Archives:
    """Return the archives on an engine that is not DuckDB."""
    if request.param == "postgis":
        server: Postgres = request.getfixturevalue("postgres")
        address = server.database("archive")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        return engine.connect(shelf[0], address)
    found: Cluster = request.getfixturevalue("spark_cluster")
    return engine.connect(shelf[0], f"{found.url}{shelf[0].folder}")


def assert_the_same(found: pa.Table, expected: pa.Table) -> None:
    """Compare row by row; a mean may differ by a billionth of a degree, for it depends on the order of adding."""
    assert found.schema == expected.schema
    assert found.num_rows == expected.num_rows
    for name in expected.column_names:
        if pa.types.is_floating(expected.schema.field(name).type):
            np.testing.assert_allclose(found[name].to_numpy(), expected[name].to_numpy(), rtol=0, atol=1e-9)
        else:
            assert found[name].to_pylist() == expected[name].to_pylist(), name


@pytest.mark.parametrize(("kind", "arguments"), QUESTIONS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_answer_is_that_of_duckdb_row_by_row(shelf, other, kind, arguments):
    expected = engine.connect(shelf[0]).ask(shelf[1], kind, *arguments)
    found = other.ask(shelf[1], kind, *arguments)
    assert_the_same(found, expected)
    if "actor" not in str(arguments) or kind != "count":
        assert expected.num_rows, "an empty answer would prove nothing"


def test_ten_events_are_counted_as_by_hand(shelf, other):
    found = other.ask(shelf[2], "count", asking(known_on=date(2024, 12, 31), plans=True)).to_pylist()
    assert found == [{"total": 7, "placed": 6}]


def test_a_question_is_stopped_before_it_runs(shelf, other):
    question = Question()
    question.cancel()
    with pytest.raises(StoppedError, match="stopped"):
        other.ask(shelf[1], "count", Query(), question=question)


def test_a_question_is_stopped_while_it_runs(shelf, other, monkeypatch):
    """Cancelled the moment the engine begins with it; the engine can be asked again."""
    question = Question()
    slow = {
        "postgres": "SELECT pg_sleep(20)",
        "pyspark": "SELECT COUNT(*) FROM range(0, 100000000000, 1, 2) WHERE hash(id) % 7 = 9",
    }[other.engine.dialect]
    threading.Timer(1.5, question.cancel).start()
    with pytest.raises(StoppedError, match="stopped"):
        other.engine.run(slow, question)
    assert other.ask(shelf[2], "count", Query()).num_rows == 1


def test_postgis_copies_a_file_once_and_anew_when_it_is_another(tmp_path: Path, postgres: Postgres):  # noqa: F811
    address = postgres.database("again")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        made = write(tmp_path, rows(TEN))
        engine.connect(Shelf(tmp_path), address).opened(made.name)
        table = f'archive."{made.name}"'
        first = connection.execute("SELECT to_regclass(%s)::oid", (table,)).fetchone()
        engine.connect(Shelf(tmp_path), address).opened(made.name)
        assert connection.execute("SELECT to_regclass(%s)::oid", (table,)).fetchone() == first
        Shelf(tmp_path).remove(made.name)
        other = write(tmp_path, rows(TEN[:4]))
        again = engine.connect(Shelf(tmp_path), address)
        assert again.ask(other.name, "count", Query()).to_pylist() == [{"total": 4, "placed": 4}]
        texts = connection.execute(
            f'SELECT note, geom IS NULL FROM archive."{other.name}.rows" WHERE row = 1'
        ).fetchone()
        assert texts == ("", False), "an empty text is not a missing one"


@pytest.mark.parametrize("address", ["postgresql://127.0.0.1:9/none", "spark://127.0.0.1:9/tmp"])
def test_an_engine_that_is_away_is_told_in_one_line(tmp_path: Path, address: str):
    made = write(tmp_path, rows(TEN))
    with pytest.raises(
        DataError, match=r"^archive ten-events-.*: could not be read \(.*\)\. Check that the engine"
    ) as told:
        engine.connect(Shelf(tmp_path), address).ask(made.name, "count", Query())
    assert "\n" not in str(told.value)


def test_a_cluster_that_goes_away_is_told(shelf, spark_cluster, monkeypatch):
    """The last to ask this cluster: its context is of no use to this process any more."""
    archives = engine.connect(shelf[0], f"{spark_cluster.url}{shelf[0].folder}")
    assert archives.ask(shelf[2], "count", asking(plans=True)).to_pylist() == [{"total": 7, "placed": 6}]
    spark_cluster.stop()
    monkeypatch.setattr(spark, "PATIENCE_S", 10)
    with pytest.raises(DataError) as away:
        archives.ask(shelf[2], "count", Query())
    assert str(away.value).startswith(f"archive {shelf[2]}: could not be read (")
    assert str(away.value).endswith("Check that the engine of MSSMAP_ARCHIVE_URL runs, then ask again.")
