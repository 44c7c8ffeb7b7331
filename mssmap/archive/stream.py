"""
Take in a file of any length, part by part.

A CSV is cut between its records into parts of some megabytes; each part goes through the same reading process and the
same mapping as any import, so nothing of it is trusted and never more than a part is in memory. A Parquet file of
one's own is read there too, a batch at a time, after its footer was found in order.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from mssmap import ingest
from mssmap.archive import columns, writer
from mssmap.archive.rows import BOUNDS
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.archive.writer import Progress, Writer
from mssmap.errors import Fault, InputError
from mssmap.ingest import days, events, prepare
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.prepare import Imported
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import MB, naming, printable, refused
from mssmap.records.catalog import Data

PART_BYTES: Final = 12 * MB
RECORD_BYTES: Final = 4 * MB
"""A record longer than this is an open quote."""

BATCH_ROWS: Final = 50_000
SHOWN_FAULTS: Final = 20
NEEDED: Final = ("event_id", "category", "valid_from", "lon", "lat")


@dataclass
class Told:
    """What was found on the way: rows read and left out, the first faults, notes each once."""

    read: int = 0
    left_out: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, faults: Any, notes: Any) -> None:
        """Take in what one part had to say."""
        self.left_out += len({fault.row for fault in faults if fault.kind == "contract"})
        self.faults += list(faults)[: SHOWN_FAULTS - len(self.faults)]
        self.notes.update(dict.fromkeys(note for note in notes if not re.match(r"[\d,]+ ", note)))


def add_file(
    shelf: Shelf,
    path: Path,
    data: Data,
    *,
    mapping: Mapping | None = None,
    title: str = "",
    progress: Progress = lambda rows, what: None,
) -> tuple[Manifest, Told]:
    """
    Make an archive of a CSV or Parquet file.

    Parameters
    ----------
    mapping
        How to read a foreign table; by default as recognised, else as guessed from its first part.
    progress
        Called with the rows done; what it raises stops the work, and nothing is kept.

    Raises
    ------
    RefusedError, InputError
        If the file cannot be used; one line says why.
    """
    try:
        with path.open("rb") as file:
            return add_open(shelf, file, path.name, data, mapping=mapping, title=title, progress=progress)
    except OSError as error:
        with naming(str(path)):
            raise refused(f"no readable file ({error.strerror or error})", "the path of a file") from error


def add_open(
    shelf: Shelf,
    file: BinaryIO,
    name: str,
    data: Data,
    *,
    mapping: Mapping | None = None,
    title: str = "",
    progress: Progress = lambda rows, what: None,
) -> tuple[Manifest, Told]:
    """Make an archive of an open CSV or Parquet file; see `add_file`."""
    start = file.read(4)
    file.seek(0)
    told = Told()
    with naming(name):
        frames = parquet(file, name) if start == b"PAR1" else _csv(file, name)
        first = next(frames, None)
        if first is None:
            raise refused("no rows", "at least one")
        used = _mapping(first, mapping, name)
        source = used.source if used else Source(title=name)
        with writer.writing(shelf, source, progress=progress) as out:
            _take(out, first, frames, used, data, name, told)
            said = {"kept": used.keep if used else {}, "notes": list(told.notes), "left_out": told.left_out}
            return out.finish(title or _title(first, name), file=name, **said), told


def add_import(shelf: Shelf, made: Imported, *, progress: Progress = lambda rows, what: None) -> Manifest:
    """Make an archive of events that were read and checked already."""
    left_out = len({fault.row for fault in made.faults if fault.kind == "contract"})
    said = {"kept": made.mapping.keep, "notes": list(made.notes)[:50], "left_out": left_out, "file": made.file}
    return add_frame(shelf, made.frame, made.source, made.name, progress=progress, **said)


def add_frame(
    shelf: Shelf, events: pd.DataFrame, source: Source, title: str, *, progress: Progress, **said: Any
) -> Manifest:
    """Make an archive of rows in the columns of our events; `said` are further fields of its manifest."""
    with writer.writing(shelf, source, progress=progress) as out:
        for start in range(0, len(events), BATCH_ROWS):
            out.add(events.iloc[start : start + BATCH_ROWS])
        return out.finish(title, **said)


def _take(
    out: Writer,
    first: pd.DataFrame,
    others: Iterator[pd.DataFrame],
    used: Mapping | None,
    data: Data,
    name: str,
    told: Told,
) -> None:
    none: InputError | None = None
    for frame in _chained(first, others):
        told.read += len(frame)
        if used is None:
            out.add(_own(frame, data))
            continue
        try:
            found = events.convert(frame, used, data, name)
        except InputError as error:
            if not (used.columns.get("date_from") and used.columns.get("title")):
                raise
            none = none or error  # a part without a row about Haiti; another may have some
            continue
        told.add(found.faults, found.notes)
        if len(found.rows):
            out.add(found.rows)
    if none and not out.rows:
        raise none


def _chained(first: pd.DataFrame, others: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    yield first
    yield from others


def _mapping(frame: pd.DataFrame, chosen: Mapping | None, name: str) -> Mapping | None:
    """How to read the table, with the way it writes dates settled for all parts; None for our own columns."""
    if chosen is None and {"event_id", "category", "valid_from"} <= set(frame):
        if missing := [column for column in NEEDED if column not in frame]:
            raise refused(f"no column {', '.join(missing)}", f"the columns of our events ({', '.join(NEEDED)} ...)")
        return None
    used = chosen or prepare.propose(frame)[1]
    used = dataclasses.replace(used, kind="events", source=used.source if used.source.title else Source(title=name))
    if used.dates == days.AUTO and (column := used.columns.get("date_from")) and column[0] in frame:
        used = dataclasses.replace(used, dates=days.read(frame[column[0]]).format)
    return used


def _title(frame: pd.DataFrame, name: str) -> str:
    known = prepare.propose(frame)[0]
    stem = Path(name).stem
    return f"{known.title} ({stem})" if known else stem


# ---------------------------------------------------------------------------------------------------------------- CSV


def parts(file: BinaryIO, part_bytes: int = PART_BYTES) -> Iterator[bytes]:
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
            raise refused("a quote that is never closed", "every quote closed", "Correct the line and try again.")
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


def _csv(file: BinaryIO, name: str) -> Iterator[pd.DataFrame]:
    """Read part by part; the index is the row of the whole file."""
    header, before = b"", 0
    for number, part in enumerate(parts(file)):
        if not number:
            header = part[: part.find(b"\n") + 1]
            bare = re.match(rb"\d+[\t,;]\d{8}[\t,;]", header) is not None  # GDELT has no header
        frame = _one_part(part if not number or bare else header + part, name)
        if len(frame):
            yield frame.set_axis(frame.index + before)
            before += int(frame.index[-1]) - (0 if bare else 1)


def _one_part(content: bytes, name: str) -> pd.DataFrame:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reading = ingest.read(file, name=name)
    if reading.marks:
        raise refused("shapes", "a CSV or a Parquet file with lon and lat", "Import it as a layer instead.")
    if len(reading.tables) != 1:
        raise refused(f"{len(reading.tables)} tables", "a CSV or a Parquet file", "Unpack it first.")
    return next(iter(reading.tables.values()))


# ------------------------------------------------------------------------------------------------------------ Parquet


def parquet(file: BinaryIO, name: str = "") -> Iterator[pd.DataFrame]:
    """
    Read a Parquet file a batch at a time (`rows`), without its geometry: `lon` and `lat` hold the points.

    Raises
    ------
    RefusedError
        If its footer, a row group, a type of a column, the CRS, a date or a coordinate cannot be used.
    """
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the reading process begins where the system stands, not the buffer here
    before = 0
    for _about, batch in box.stream(file, Order("archive", printable(name), BOUNDS)):
        if unknown := [item.name for item in batch.schema if item.type.id not in TYPES]:
            raise refused(f"a column {printable(unknown[0])} of another type", "texts, numbers, days and times")
        frame = batch.to_pandas(types_mapper=_dtype, date_as_object=False)
        yield frame.set_axis(pd.RangeIndex(before + 1, before + len(frame) + 1))
        before += len(frame)


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


def _own(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Bring rows with the columns of our events into their types; a column that is not there stays empty."""
    ours = data["events"].iloc[:0]
    rows = frame.reindex(columns=[*ours.columns, *(["grade"] if "grade" in frame else [])])
    for name in columns.DAYS:
        rows[name] = _days(rows[name])
    rows["known_from"] = rows["known_from"].fillna(rows["valid_from"])
    for name in (*columns.NUMBERS, "revision"):
        rows[name] = _numbers(rows[name])
    rows["revision"] = rows["revision"].fillna(1)
    counted = rows["revision"].between(0, 2**31 - 1) & (rows["revision"] % 1 == 0)
    if not counted.all():
        raise refused("a revision that is no small whole number", "1 for the first, 2 for the next, and so on")
    text = [name for name in ours if isinstance(ours[name].dtype, pd.StringDtype)]
    rows[text] = rows[text].astype("str").fillna("")
    rows["claim"] = rows["claim"].where(rows["claim"] != "", "reported")
    rows["date_precision"] = rows["date_precision"].where(rows["date_precision"] != "", "day")
    if rows["valid_from"].isna().any():
        raise refused(f"{int(rows['valid_from'].isna().sum()):,} rows without a day in valid_from", "a day in each row")
    return rows.astype(ours.dtypes.to_dict())


def _days(cells: pd.Series) -> pd.Series:
    """
    Return a column as days.

    Raises
    ------
    RefusedError
        If a cell is filled and no day that a record may have.
    """
    read = days.read(cells)
    bad = read.bad | read.far
    if bad.any():
        first = bad.index[bad][0]
        required = "a day from {} to {}, written like the others ({})".format(*days.YEARS, read.format)
        told = str(cells[first]).removesuffix(" 00:00:00")[:60]
        raise refused(f"{told!r} in {cells.name} in row {first}", required)
    return read.values


def _numbers(cells: pd.Series) -> pd.Series:
    """
    Return a column as numbers.

    Raises
    ------
    RefusedError
        If a cell is filled and no number.
    """
    dated = pd.api.types.is_datetime64_any_dtype(cells.dtype)
    found = pd.Series(np.nan, index=cells.index) if dated else pd.to_numeric(cells, errors="coerce")
    bad = cells.notna() & (cells.astype("str").str.strip() != "") & found.isna()
    if bad.any():
        first = bad.index[bad][0]
        raise refused(f"{str(cells[first])[:60]!r} in {cells.name} in row {first}", "a number")
    return found.astype("float64")
