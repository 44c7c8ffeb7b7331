"""
The one reader of every door: a file from outside, part by part, each as the reading process gives it.

A long CSV is cut between its records into parts of some megabytes, a long Parquet file into batches; every other file,
and every short one, is one part for each of its tables. What is said about a part, and how many rows of it were left
out before anything was made of them, comes with it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely

from mssmap.crs import WGS84
from mssmap.errors import Fault
from mssmap.i18n.phrases import phrase
from mssmap.ingest import answer, headers, sniff
from mssmap.ingest.reading import Reading
from mssmap.ingest.rows import BOUNDS
from mssmap.ingest.table import GEOMETRY, MARKS
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import LIMITS, MB, RefusedError, printable, refused

PART_BYTES: Final = 12 * MB
RECORD_BYTES: Final = 4 * MB
"""A record longer than this is an open quote."""


@dataclass(frozen=True, eq=False)
class Part:
    """
    Rows of a file.

    Attributes
    ----------
    frame
        Indexed by the row of the whole file.
    left_out
        Reason -> rows of the file that are not in the frame.
    """

    name: str
    frame: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    marks: pd.Series | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)


def parts(file: BinaryIO, name: str) -> Iterator[Part]:
    """
    Read an open file of any format.

    Raises
    ------
    RefusedError
        If it cannot be used; one line says why.
    """
    start = file.read(4096)
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    if start.startswith(b"PAR1"):
        yield from parquet(file, name)
    elif size > PART_BYTES and _is_csv(start):
        yield from _csv(file, name)
    elif size > LIMITS.file_bytes:
        found = phrase("{what:,.0f} MB", what=size / MB)
        raise refused(
            found, phrase("at most {what:,.0f} MB, or CSV or Parquet of any length", what=LIMITS.file_bytes / MB)
        )
    else:
        yield from _whole(file, name)


def _is_csv(start: bytes) -> bool:
    try:
        return sniff.sniff(start) == "csv" and not start.startswith((b"\xff\xfe", b"\xfe\xff"))
    except RefusedError:
        return False


def _whole(file: BinaryIO, name: str) -> Iterator[Part]:
    """Read a file at once; several tables must have the same columns to be parts of one list."""
    from mssmap import ingest

    reading = ingest.read(file, name=name)
    tables = list(reading.tables.items())
    wanted = set(map(str, tables[0][1].columns))
    if other := next((table for table, frame in tables if set(map(str, frame.columns)) != wanted), None):
        found = phrase(
            "{n} tables of different columns ({what}, {other})",
            n=len(tables),
            what=printable(tables[0][0], 40),
            other=printable(other, 40),
        )
        raise refused(found, phrase("one list of events"), phrase("Save each as a file of its own."))
    yield from _parts_of(reading)


def _parts_of(reading: Reading) -> list[Part]:
    return [
        Part(
            table,
            frame,
            tuple(fault for fault in reading.faults if fault.file == table),
            () if number else reading.notes,
            reading.marks.get(table),
            reading.left_out.get(table, {}),
        )
        for number, (table, frame) in enumerate(reading.tables.items())
    ]


# ---------------------------------------------------------------------------------------------------------------- CSV


def cut(file: BinaryIO, part_bytes: int = PART_BYTES) -> Iterator[bytes]:
    """
    Cut a CSV between records: never inside quotes.

    Raises
    ------
    RefusedError
        If a record does not end.
    """
    rest = b""
    while chunk := file.read(part_bytes):
        rest += chunk
        cut = _last_end(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > RECORD_BYTES:
            raise refused(
                phrase("a quote that is never closed"),
                phrase("every quote closed"),
                phrase("Correct the line and try again."),
            )
    if rest:
        yield rest


def _last_end(text: bytes) -> int:
    """Return the position after the last line end that has an even number of quotes before it; 0 if it is too far."""
    end, quotes = len(text), text.count(b'"')
    while (at := text.rfind(b"\n", max(0, len(text) - RECORD_BYTES), end)) >= 0:
        quotes -= text.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at
    return 0


def _csv(file: BinaryIO, name: str) -> Iterator[Part]:
    """Read part by part; what stands above the first row is put before each part, and rows are counted through."""
    from mssmap import ingest

    head, last = b"", 0
    for number, content in enumerate(cut(file)):
        with tempfile.TemporaryFile() as held:
            held.write(head + content)
            held.seek(0)
            reading = ingest.read(held, name=name)
        (part,) = _parts_of(reading)
        above, first, end = reading.span
        if not number:
            head = b"".join(content.splitlines(keepends=True)[:above])
        yield _moved(part, last + 1 - first) if number else part
        last = last + end - first + 1 if number else end


def _moved(part: Part, by: int) -> Part:
    """Return a later part with its rows counted from the beginning of the file."""
    faults = tuple(replace(fault, row=fault.row + by) if fault.row else fault for fault in part.faults)
    left_out = {reason: count for reason, count in part.left_out.items() if reason != headers.TAGS}
    moved = part.frame.set_axis(part.frame.index + by, axis=0)
    marks = part.marks.set_axis(moved.index) if part.marks is not None else None
    return Part(part.name, moved, faults, part.notes, marks, left_out)


# ------------------------------------------------------------------------------------------------------------ Parquet


def parquet(file: BinaryIO, name: str = "") -> Iterator[Part]:
    """
    Read a Parquet file a batch at a time (`rows`).

    Raises
    ------
    RefusedError
        If its footer, a row group, a type of a column, the CRS, a date or a coordinate cannot be used.
    """
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the reading process begins where the system stands, not the buffer here
    before = 0
    for about, batch in box.stream(file, Order("archive", printable(name), BOUNDS)):
        plain = [item for item in batch.schema if item.name not in (GEOMETRY, MARKS)]
        if unknown := [item.name for item in plain if item.type.id not in TYPES]:
            raise refused(
                phrase("a column {what} of another type", what=printable(unknown[0])),
                phrase("texts, numbers, days and times"),
            )
        index = pd.RangeIndex(before + 1, before + batch.num_rows + 1)
        frame = batch.select([item.name for item in plain]).to_pandas(types_mapper=_dtype, date_as_object=False)
        frame, marks = _placed(frame.set_axis(index), batch)
        notes = tuple(str(note) for note in about.get("notes", ())) if not before else ()
        yield Part(Path(name).stem, frame, (), notes, marks)
        before += batch.num_rows


def _placed(frame: pd.DataFrame, batch: pa.RecordBatch) -> tuple[pd.DataFrame, pd.Series | None]:
    """Give a frame the shapes of a batch, which are flat and in degrees."""
    if GEOMETRY not in batch.schema.names:
        return frame, None
    shapes = shapely.from_wkb(batch[GEOMETRY].to_numpy(zero_copy_only=False))
    answer.require_flat(shapes, "a batch")
    marks = pd.Series(batch[MARKS].to_numpy(), index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84), marks


TYPES: Final = frozenset(
    kind.id
    for kind in (
        *(pa.string(), pa.bool_(), pa.date32(), pa.date64(), pa.timestamp("ms"), pa.time32("ms"), pa.time64("us")),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float32(), pa.float64()),
    )
)
"""Types of columns that the reading process gives."""


def _dtype(kind: pa.DataType) -> Any:
    return pd.StringDtype() if pa.types.is_string(kind) else None
