"""
Take in a file of any length, part by part.

A CSV is cut between its records into parts of some megabytes; each part goes through the same reading process and the
same mapping as any import, so nothing of it is trusted and never more than a part is in memory. A Parquet file of
one's own is read a batch at a time, after its footer, its columns and its coordinates were found in order.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from mssmap import ingest
from mssmap.archive import columns, writer
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.archive.writer import Progress, Writer
from mssmap.catalog import Data
from mssmap.errors import Fault, InputError
from mssmap.ingest import days, events, prepare
from mssmap.ingest.geoparquet import _crs, _object
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.prepare import Imported
from mssmap.jail.limits import MB, naming, printable, refused

PART_BYTES: Final = 12 * MB
RECORD_BYTES: Final = 4 * MB
"""A record longer than this is an open quote."""

BATCH_ROWS: Final = 50_000
COLUMNS: Final = 400
ROW_GROUP_BYTES: Final = 1_000 * MB
SHOWN_FAULTS: Final = 20
ZONED: Final = re.compile(r"[T ]\d{1,2}:\d{2}.*?(Z|[+-]\d{2}:?\d{2})$")
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
        frames = parquet(file) if start == b"PAR1" else _csv(file, name)
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
    if len(reading.tables) != 1:
        raise refused(f"{len(reading.tables)} tables", "a CSV or a Parquet file", "Unpack it first.")
    return next(iter(reading.tables.values()))


# ------------------------------------------------------------------------------------------------------------ Parquet


def parquet(file: BinaryIO) -> Iterator[pd.DataFrame]:
    """
    Read a Parquet file a batch at a time, without its geometry: `lon` and `lat` hold the points.

    Raises
    ------
    RefusedError
        If its footer, a row group, a type of a column, the CRS, a date or a coordinate cannot be used.
    """
    try:
        source = pq.ParquetFile(file, thrift_string_size_limit=20_000_000, thrift_container_size_limit=1_000_000)
        wanted = _checked(source)
        before = 0
        for batch in source.iter_batches(batch_size=BATCH_ROWS, columns=wanted, use_threads=False):
            _check_places(batch, before)
            frame = batch.to_pandas(types_mapper=_dtype)
            _check_zones(frame)
            yield frame.set_axis(pd.RangeIndex(before + 1, before + len(frame) + 1))
            before += len(frame)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        line = str(error).splitlines()[0]
        raise refused(f"a Parquet file that cannot be read ({line})", "an intact file", "Export it again.") from error


def _dtype(kind: pa.DataType) -> Any:
    return pd.StringDtype() if pa.types.is_string(kind) or pa.types.is_large_string(kind) else None


def _checked(source: pq.ParquetFile) -> list[str]:
    """Check what the footer says; return the columns to read."""
    footer, schema = source.metadata, source.schema_arrow
    if len(schema) > COLUMNS:
        raise refused(f"{len(schema)} columns", f"at most {COLUMNS}", "Leave out what is not needed.")
    for i in range(footer.num_row_groups):
        size = footer.row_group(i).total_byte_size
        if size > ROW_GROUP_BYTES:
            raise refused(
                f"a row group of {size / MB:,.0f} MB", f"at most {ROW_GROUP_BYTES / MB:,.0f} MB",
                "Write it with row groups of some 100,000 rows.",
            )  # fmt: skip
    zones = {str(item.type.tz) for item in schema if pa.types.is_timestamp(item.type) and item.type.tz}
    if len(zones) > 1:
        raise refused(f"times in {len(zones)} zones ({', '.join(sorted(zones))})", "one zone, or days")
    described = (_object((footer.metadata or {}).get(b"geo")) or {}).get("columns") or {}
    for name, item in described.items():
        _check_crs(str(name), item)
    plain = [item.name for item in schema if item.name not in described and not pa.types.is_nested(item.type)]
    return [name for name in plain if not pa.types.is_binary(schema.field(name).type)]


def _check_crs(name: str, item: Any) -> None:
    text = _crs(item) if isinstance(item, dict) else ""
    crs = pyproj.CRS.from_user_input(text) if text else None
    if crs is None or not crs.is_geographic or crs.to_2d().to_epsg(min_confidence=20) not in (None, 4326):
        found = printable(crs.name) if crs else "no CRS"
        raise refused(f"the column {name} in {found}", "longitude and latitude in WGS 84", "Transform it first.")


def _check_places(batch: pa.RecordBatch, before: int) -> None:
    """Refuse a coordinate that is no number, out of range, or alone; a row may have none."""
    if not {"lon", "lat"} <= set(batch.schema.names):
        return
    lon, lat = (batch[name].cast(pa.float64()) for name in ("lon", "lat"))
    given = [column.is_valid().to_numpy(zero_copy_only=False) for column in (lon, lat)]
    values = [column.to_numpy(zero_copy_only=False) for column in (lon, lat)]
    sound = [np.abs(value) <= limit for value, limit in zip(values, (180, 90), strict=True)]
    bad = (given[0] != given[1]) | (given[0] & ~(sound[0] & sound[1]))
    if bad.any():
        row = before + int(np.flatnonzero(bad)[0]) + 1
        raise refused(
            f"{int(bad.sum()):,} rows whose lon and lat are no numbers of degrees (NaN?), the first is row {row}",
            "a longitude and a latitude, or neither",
        )


def _check_zones(frame: pd.DataFrame) -> None:
    """Refuse text times of several zones: which day they mean depends on the zone."""
    for name in frame:
        if isinstance(frame[name].dtype, pd.StringDtype):
            zones = frame[name].str.extract(ZONED)[0].dropna().str.replace("Z", "+00:00").unique()
            if len(zones) > 1:
                found = ", ".join(sorted(zones)[:4])
                raise refused(f"times in {len(zones)} zones ({found}) in {name}", "one zone, or days")


def _own(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Bring rows with the columns of our events into their types; a column that is not there stays empty."""
    ours = data["events"].iloc[:0]
    rows = frame.reindex(columns=[*ours.columns, *(["grade"] if "grade" in frame else [])])
    for name in columns.DAYS:
        rows[name] = days.read(rows[name]).values
    rows["known_from"] = rows["known_from"].fillna(rows["valid_from"])
    rows["revision"] = pd.to_numeric(rows["revision"]).fillna(1)
    text = [name for name in ours if isinstance(ours[name].dtype, pd.StringDtype)]
    rows[text] = rows[text].astype("str").fillna("")
    rows["claim"] = rows["claim"].where(rows["claim"] != "", "reported")
    rows["date_precision"] = rows["date_precision"].where(rows["date_precision"] != "", "day")
    if rows["valid_from"].isna().any():
        raise refused(f"{int(rows['valid_from'].isna().sum()):,} rows without a day in valid_from", "a day in each row")
    return rows.astype(ours.dtypes.to_dict())
