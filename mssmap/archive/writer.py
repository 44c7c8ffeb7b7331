"""
Write an archive row batch by row batch, in bounded memory.

Batches go to a file of their own as they come. At the end DuckDB sorts them by place, spilling to disk beyond its
memory limit, and the sorted rows are written a row group at a time. Everything happens in a hidden folder beside the
archives, which is gone whatever ends the work; only finished files are renamed to their place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from mssmap.archive import columns
from mssmap.archive.shelf import WORK, Manifest, Shelf, digest
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.ingest.mapping import Source
from mssmap.records import evidence, regions
from mssmap.store import disk

ROW_GROUP: Final = 65_536
MEMORY: Final = "256MB"
THREADS: Final = 2

Progress = Callable[[int, str], None]
"""Called with rows done and what is being done; raises `StoppedError` to stop."""

SORT: Final = """
SELECT * EXCLUDE (seq, turn, nth, is_again) FROM (
    SELECT *, min(known_from) OVER (
        PARTITION BY event_id ORDER BY revision ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS known_until
    FROM (
        SELECT * REPLACE (CASE WHEN is_again THEN nth ELSE revision END AS revision),
            is_again AND nth <> revision AS is_moved
        FROM (
            SELECT *,
                max(turn > 1) OVER (PARTITION BY event_id) AS is_again,
                CAST(row_number() OVER (PARTITION BY event_id ORDER BY revision, seq)
                    + min(revision) OVER (PARTITION BY event_id) - 1 AS INTEGER) AS nth
            FROM (
                SELECT *, row_number() OVER (PARTITION BY event_id, revision ORDER BY seq) AS turn
                FROM batches
                QUALIFY row_number() OVER (PARTITION BY event_id, revision, {content} ORDER BY seq) = 1
            )
        )
    )
) ORDER BY h3 NULLS LAST, valid_from, event_id, revision
"""


class StoppedError(MssmapError):
    """Somebody stopped the work; nothing of it is kept."""


@dataclass
class Writer:
    """
    An archive in the making; use `writing`.

    Attributes
    ----------
    rows
        Rows taken in so far.
    corrected
        Once it is finished: rows with the id of an earlier row, which became newer revisions.
    """

    shelf: Shelf
    folder: Path
    source: Source
    progress: Progress
    rows: int = 0
    corrected: int = 0
    _out: pq.ParquetWriter | None = None
    _graded: dict[str, str] = field(default_factory=dict)

    def add(self, events: pd.DataFrame) -> None:
        """
        Take in a batch of rows with the columns of our events; own columns `grade` are kept.

        Raises
        ------
        InputError
            If the batch lacks columns.
        """
        table = _table(events, self._grades(events), self.rows)
        if self._out is None:
            self._out = pq.ParquetWriter(self.folder / "batches.parquet", table.schema, compression="zstd")
        self._out.write_table(table)
        self.rows += len(events)
        self.progress(self.rows, _("rows read"))

    def _grades(self, events: pd.DataFrame) -> pd.Series:
        if "grade" in events:
            return events["grade"].astype("str")
        keys = events["claim"].astype("str") + "|" + events["dispute"] + "|" + events["confidence"]
        for key in set(keys.unique()) - set(self._graded):
            self._graded[key] = _grade(self.source, *key.split("|"))
        return keys.map(self._graded)

    def finish(self, title: str, account: Callable[[int], dict[str, Any]] = lambda again: {}, **said: Any) -> Manifest:
        """
        Sort, write and put on the shelf.

        Parameters
        ----------
        title
            What people call it; the name is made of it and the hash of the file.
        account
            Called with how many rows stood twice; returns fields of the manifest.
        **said
            Further fields of the manifest.
        """
        if self._out is None or not self.rows:
            raise InputError(_("archive: found no row that can be used, required at least one."))
        self._out.close()
        path = self.folder / "rows.parquet"
        notes = said.pop("notes", [])
        with _sorted(self.folder) as found:
            self.corrected = self._write(found, path)
        counted = told(path)
        if self.corrected:
            corrected = phrase(
                "{n:,} rows have the id of an earlier row and other content: they were taken as corrections, newer "
                "revisions of the same event.",
                n=self.corrected,
            )
            notes = [*notes, corrected]
        sha256 = digest(path)
        slug = re.sub(r"[^a-z0-9]+", "-", regions.normalise(title))[:40].strip("-") or "archive"
        item = Manifest(
            name=f"{slug}-{sha256[:8]}",
            title=title[:120],
            bytes=path.stat().st_size,
            sha256=sha256,
            columns=columns.STORED.names,
            source={key: value for key, value in asdict(self.source).items() if value},
            created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            notes=notes,
            **counted,
            **account(self.rows - counted["rows"]),
            **said,
        )
        return self.shelf.keep(item, path)

    def _write(self, found: Any, path: Path) -> int:
        """Write sorted batches with row numbers, points and boxes; return how many rows became newer revisions."""
        box = found.box
        types = ["Point"] if box else []
        schema = columns.metadata(columns.STORED, geo=columns.geo(types, box))
        done = moved = 0
        with pq.ParquetWriter(
            path, schema, compression="zstd", write_page_index=True, use_dictionary=_repeated(), version="2.6"
        ) as out:
            for batch in found.batches:
                out.write_table(_stored(pa.Table.from_batches([batch]), done).cast(schema), row_group_size=ROW_GROUP)
                done += batch.num_rows
                moved += int(pc.sum(batch["is_moved"]).as_py() or 0)
                self.progress(done, _("rows written"))
        return moved


@contextmanager
def writing(shelf: Shelf, source: Source, *, progress: Progress = lambda rows, what: None) -> Iterator[Writer]:
    """
    Give a writer whose work folder is gone afterwards, whatever happened.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True)
        held = ExitStack()
        folder = held.enter_context(disk.work_folder(WORK, shelf.folder))
    except OSError as error:
        raise DataError(f"archive: {shelf.folder} cannot be written ({error.strerror or error}).") from error
    writer = Writer(shelf, folder, source, progress)
    try:
        yield writer
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        raise DataError("archive: there is not enough memory. Close other programs, or split the file.") from error
    except (OSError, duckdb.Error, pa.ArrowException) as error:
        full = " Is the disk full?" if isinstance(error, OSError | duckdb.IOException) else ""
        raise DataError(f"archive: could not be written ({str(error).splitlines()[0][:200]}).{full}") from error
    finally:
        if writer._out is not None and writer._out.is_open:
            writer._out.close()
        held.close()


def _grade(source: Source, claim: str, dispute: str, confidence: str) -> str:
    """Grade a row that has this one source, by the rule of `evidence`."""
    row = {"source_ids": "s", "claim": claim, "dispute": dispute, "confidence": confidence}
    told = {
        **{"source_id": "s", "title": source.title, "publisher": source.publisher or source.title, "url": source.url},
        **{"reliability": evidence.RELIABILITY_OF_KIND.get(source.publisher_kind, "F")},
        **{"published_on": pd.NaT, "published_precision": "", "publisher_kind": source.publisher_kind},
    }
    sources = pd.DataFrame([told]).astype({"published_on": "datetime64[s]"})
    return str(evidence.grade(pd.DataFrame([row]), sources).iloc[0])


def _table(events: pd.DataFrame, grades: pd.Series, before: int) -> pa.Table:
    if missing := [name for name in columns.EVENTS.names if name not in events]:
        raise InputError(
            _("archive: found no column {missing}, required the columns of our events.").format(
                missing=", ".join(missing[:6])
            )
        )
    arrays = [
        pa.array(events[name], type=kind, from_pandas=True)
        for name, kind in zip(columns.EVENTS.names, columns.EVENTS.types, strict=True)
    ]
    lon, lat = (events[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("lon", "lat"))
    arrays += [pa.array(grades, pa.string()), pa.array(_cells(lon, lat), pa.int64(), from_pandas=True)]
    arrays.append(pa.array(np.arange(before, before + len(events)), pa.int64()))
    return pa.table(arrays, names=[*columns.EVENTS.names, *columns.ADDED.names, "seq"])


def _cells(lon: Any, lat: Any) -> list[int | None]:
    there = np.isfinite(lon) & np.isfinite(lat)
    return [
        h3.latlng_to_cell(y, x, columns.FINEST) if here else None
        for x, y, here in zip(lon.tolist(), lat.tolist(), there.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class _Sorted:
    batches: Iterator[pa.RecordBatch]
    box: tuple[float, float, float, float] | None


@contextmanager
def _sorted(folder: Path) -> Iterator[_Sorted]:
    """Give the batches in the order of the file: near each other what lies near, then by day."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CREATE VIEW batches AS FROM read_parquet('{_quoted(folder / 'batches.parquet')}')")
        box = connection.execute(
            "SELECT min(lon), min(lat), max(lon), max(lat) FROM batches WHERE h3 IS NOT NULL"
        ).fetchall()[0]
        content = ", ".join(name for name in columns.EVENTS.names if name not in ("event_id", "revision"))
        reader = connection.sql(SORT.format(content=f"hash({content})")).to_arrow_reader(ROW_GROUP)
        yield _Sorted(iter(reader), box if box[0] is not None else None)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _repeated() -> list[str]:
    """Columns of few different values; the others are not worth a dictionary."""
    return [
        name for name in columns.STORED.names if name not in ("row", "h3", "geometry", "event_id", "note", "lon", "lat")
    ]


def _stored(batch: pa.Table, before: int) -> pa.Table:
    lon, lat = (batch[name].to_numpy() for name in ("lon", "lat"))
    there = batch["h3"].is_valid().to_numpy()
    points = np.full(len(lon), None, dtype=object)
    points[there] = shapely.to_wkb(shapely.points(lon[there], lat[there]), flavor="iso")
    x, y = pa.array(lon, mask=~there), pa.array(lat, mask=~there)
    added = {
        "row": pa.array(np.arange(before, before + len(lon)), pa.int32()),
        "geometry": pa.array(points, pa.binary()),
        "bbox": pa.StructArray.from_arrays([x, y, x, y], names=columns.BOX.names),
    }
    given = {
        name: added.get(name, batch[name] if name in batch.column_names else None) for name in columns.STORED.names
    }
    return pa.table(list(given.values()), names=list(given))


def told(path: Path) -> dict[str, Any]:
    """Work out what the manifest says about the rows."""
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": THREADS}) as connection:
        connection.execute(f"CREATE VIEW rows AS SELECT * EXCLUDE (geometry) FROM read_parquet('{_quoted(path)}')")
        rows, placed, first, last, *box = connection.execute(
            "SELECT count(*), count(h3), min(valid_from), max(coalesce(valid_to, valid_from)), "
            "min(bbox.xmin), min(bbox.ymin), max(bbox.xmax), max(bbox.ymax) FROM rows"
        ).fetchall()[0]

        def counts(column: str) -> dict[str, int]:
            query = f"SELECT coalesce({column}, ''), count(*) FROM rows GROUP BY 1 ORDER BY 2 DESC, 1"
            return {str(key): int(n) for key, n in connection.execute(query).fetchall()}

        return {
            **{"rows": rows, "placed": placed, "categories": counts("category")},
            **{"departments": counts("department_pcode"), "box": [] if box[0] is None else box},
            **{"first": first.isoformat() if first else "", "last": last.isoformat() if last else ""},
        }
