"""
Archives in PostgreSQL with PostGIS: each is copied into a table of the schema `archive` when it is first opened.

The GeoParquet file on the shelf stays what counts. The comment of a view is the hash of the file it was copied from,
so a file is copied once, and anew when it is another. Questions go to a view of the archive's name; the table behind
it, `<name>.rows`, has a column `geom` too, which QGIS draws.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg import sql

from mssmap.archive import columns
from mssmap.archive.question import Question, stopped
from mssmap.archive.shelf import Manifest

SCHEMA: Final = "archive"
LOCK_KEY: Final = 20250120
"""Advisory lock of PostgreSQL under which a file is copied: replicas take turns."""
BATCH: Final = 50_000
TYPES: Final = {
    pa.string(): "text",
    pa.date32(): "date",
    pa.float64(): "double precision",
    pa.int32(): "integer",
    pa.int64(): "bigint",
}


class PostgisEngine:
    """Tables of a PostgreSQL; see `engine.Engine`."""

    dialect = "postgres"
    faults: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url).set(drivername="postgresql")
        self._address = parsed.render_as_string(hide_password=False)

    def open(self, item: Manifest, rows: Path) -> None:
        """See `Engine`."""
        with self._connected() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
            there = connection.execute(
                "SELECT obj_description(to_regclass(%s), 'pg_class')", (f'"{SCHEMA}"."{item.name}"',)
            ).fetchone()
            if there != (item.sha256,):
                _copy(connection, item, rows)

    def run(self, text: str, question: Question) -> pa.Table:
        """See `Engine`."""
        with self._connected() as connection, question.running(_Stop(connection)):
            try:
                found = connection.execute(text.encode())
            except psycopg.errors.QueryCanceled as error:
                raise stopped() from error
            names = [column.name for column in found.description or ()]
            values = list(zip(*found.fetchall(), strict=True)) or [()] * len(names)
            return pa.table(dict(zip(names, map(list, values), strict=True)))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(
            self._address, connect_timeout=5, options=f"-c search_path={SCHEMA},public -c timezone=UTC"
        ) as connection:
            yield connection


class _Stop:
    """What `Question` calls to stop a statement."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def interrupt(self) -> None:
        self._connection.cancel_safe()


def _copy(connection: psycopg.Connection[tuple[Any, ...]], item: Manifest, rows: Path) -> None:
    """Copy a file into a table, some rows at a time, and make the indexes that questions use."""
    table, view = sql.Identifier(SCHEMA, f"{item.name}.rows"), sql.Identifier(SCHEMA, item.name)
    fields = [columns.STORED.field(name) for name in columns.ASKED]
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(TYPES[field.type])) for field in fields
    )
    connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(view))
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
    geom = sql.SQL("geom geometry(Point, 4326) GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED")
    connection.execute(sql.SQL("CREATE TABLE {} ({}, {})").format(table, listed, geom))
    names = sql.SQL(", ").join(map(sql.Identifier, columns.ASKED))
    written = pc.WriteOptions(include_header=False, quoting_style="all_valid")  # so that no text is not a missing one
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, names)) as into,
    ):
        for batch in pq.ParquetFile(rows).iter_batches(BATCH, columns=list(columns.ASKED)):
            text = io.BytesIO()
            pc.write_csv(pa.Table.from_batches([batch]).select(columns.ASKED), text, written)
            into.write(text.getbuffer())
    for made in ("(row)", "(valid_from)", "USING brin (lon, lat)", "USING gist (geom)"):
        connection.execute(sql.SQL("CREATE INDEX ON {} ").format(table) + sql.SQL(made))
    connection.execute(sql.SQL("CREATE VIEW {} AS SELECT {} FROM {}").format(view, names, table))
    connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(view, sql.Literal(item.sha256)))
    connection.execute(sql.SQL("ANALYZE {}").format(table))
