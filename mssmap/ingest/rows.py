"""
The job of the reading process that opens a Parquet file of events: its batches, measured and of plain types.

The file may be of any length; a batch never is. A dictionary makes little of very much, so what a batch will take is
worked out before it is unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from mssmap.i18n.phrases import phrase
from mssmap.ingest import located, shapes
from mssmap.ingest.geoparquet import crs_of, described, plain, primary_of
from mssmap.ingest.shapes import system_of
from mssmap.ingest.table import GEOMETRY, MARKS, Table
from mssmap.jail.jobs import Task
from mssmap.jail.limits import MB, Limits, RefusedError, at_most, printable, refused

BOUNDS: Final = Limits(
    **{"file_bytes": 20_000 * MB, "unpacked_bytes": 1_000 * MB, "rows": 20_000_000},
    **{"cpu_s": 7_200, "wall_s": 60, "reply_bytes": 100 * MB},
)
"""Of the whole file; except unpacked bytes, of a row group, and the time and what comes back, of a batch."""

BATCH_ROWS: Final = 2_000
BATCH_BYTES: Final = 32 * MB
SENT_ROWS: Final = 50_000

ZONED: Final = r"[T ]\d{1,2}:\d{2}.*?(?P<zone>Z|[+-]\d{2}:?\d{2})$"
"""A time of day with its zone; read by RE2, which takes time in proportion to the text."""


def work(task: Task) -> None:
    """Check the footer and hand over the batches."""
    try:
        source = pq.ParquetFile(
            task.file, buffer_size=MB, thrift_string_size_limit=20_000_000, thrift_container_size_limit=1_000_000
        )
        wanted, shapes_in = _checked(source, task.limits)
        out = None
        notes: list[str] = []
        for batch in _larger(_batches(source, wanted, shapes_in, task.limits, notes)):
            out = out or task.table({"notes": notes}, batch.schema)
            out.write_batch(batch)
        if out is not None:
            out.close()
    except (RefusedError, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        line = printable((str(error).splitlines() or [""])[0])
        raise refused(
            phrase("a Parquet file that cannot be read ({line})", line=line),
            phrase("an intact file"),
            phrase("Export it again."),
        ) from error
    task.end({})


def _checked(source: pq.ParquetFile, limits: Limits) -> tuple[list[str], str]:
    """Check what the footer says; return the columns to read, and that of the shapes if there are no numbers."""
    footer, schema = source.metadata, source.schema_arrow
    if len(schema) > limits.columns:
        raise refused(
            phrase("{n} columns", n=len(schema)),
            phrase("at most {columns}", columns=limits.columns),
            phrase("Leave out what is not needed."),
        )
    at_most(footer.num_rows, limits.rows, phrase("rows"))
    for i in range(footer.num_row_groups):
        size = footer.row_group(i).total_byte_size
        if size > limits.unpacked_bytes:
            raise refused(
                phrase("a row group of {size:,.0f} MB", size=size / MB),
                phrase("at most {size:,.0f} MB", size=limits.unpacked_bytes / MB),
                phrase("Write it with row groups of some 100,000 rows."),
            )
    zones = {str(item.type.tz) for item in schema if pa.types.is_timestamp(item.type) and item.type.tz}
    if len(zones) > 1:
        raise refused(
            phrase("times in {n} zones ({names})", n=len(zones), names=", ".join(sorted(zones))),
            phrase("one zone, or days"),
        )
    geometries = described(footer.metadata)
    shapes_in = _shapes_in(schema, geometries, footer.metadata)
    for name, item in geometries.items():
        _check_crs(str(name), item)
    names = [item.name for item in schema if item.name not in geometries and not pa.types.is_nested(item.type)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refused(
            phrase("two columns named {twice}", twice=printable(twice, 60)),
            phrase("each name once"),
            phrase("Rename one."),
        )
    names = [name for name in names if not _is_binary(schema.field(name).type)]
    has_numbers = any(map(located.LON.fullmatch, names)) and any(map(located.LAT.fullmatch, names))
    return names, "" if has_numbers else shapes_in


def _shapes_in(schema: pa.Schema, geometries: dict[str, Any], metadata: dict[bytes, bytes] | None) -> str:
    """Return the name of the column of shapes, empty if there is none in WKB."""
    primary = primary_of(metadata)
    wanted = [primary, *geometries]
    return next((name for name in wanted if name in schema.names and _is_binary(schema.field(name).type)), "")


def _is_binary(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    large = pa.types.is_large_binary(inner) or pa.types.is_binary_view(inner)
    return bool(large or pa.types.is_binary(inner) or pa.types.is_fixed_size_binary(inner))


def _check_crs(name: str, item: Any) -> None:
    text = crs_of(item) if isinstance(item, dict) else ""
    crs = system_of(text) if text else None
    if crs is None or not crs.is_geographic or crs.to_2d().to_epsg(min_confidence=20) not in (None, 4326):
        found = printable(crs.name) if crs else phrase("no CRS")
        raise refused(
            phrase("the column {name} in {found}", name=name, found=found),
            phrase("longitude and latitude in WGS 84"),
            phrase("Transform it first."),
        )


def _batches(
    source: pq.ParquetFile, wanted: list[str], shapes_in: str, limits: Limits, notes: list[str]
) -> Iterator[pa.RecordBatch]:
    """Yield small batches whose columns have plain types, with their shapes if there are some."""
    before = 0
    names = [*wanted, *([shapes_in] if shapes_in else [])]
    for batch in source.iter_batches(batch_size=BATCH_ROWS, columns=names, use_threads=False):
        at_most(
            sum(unpacked_bytes(column) for column in batch.columns),
            BATCH_BYTES,
            phrase("bytes in {num_rows:,} rows", num_rows=batch.num_rows),
        )
        plain_names = [name for name in batch.schema.names if name != shapes_in]
        columns = [_typed(batch[name]) for name in plain_names]
        made = pa.RecordBatch.from_arrays(columns, names=plain_names)
        made.validate(full=True)
        _check_texts(made, before, limits)
        _check_places(made, before)
        if shapes_in:
            made = _with_shapes(made, batch[shapes_in], before, limits, notes)
        before += made.num_rows
        yield made


def _with_shapes(
    made: pa.RecordBatch, blobs: pa.Array, before: int, limits: Limits, notes: list[str]
) -> pa.RecordBatch:
    """Add the shapes of a batch, checked and mended as those of any file."""
    table = Table("", {}, range(before + 1, before + made.num_rows + 1))
    table.geometry = shapes.from_wkb(blobs.to_pylist(), table, limits, "WKB")
    shapes.check(table, limits)
    notes += [note for note in table.notes if note not in notes]
    mended = shapes.mend(table.geometry)
    made = made.append_column(GEOMETRY, pa.array(shapely.to_wkb(mended.shapes, include_srid=False), pa.binary()))
    return made.append_column(MARKS, pa.array(mended.marks))


def unpacked_bytes(column: pa.Array) -> int:
    """Return what a column takes once its dictionary is unpacked."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    if not pa.types.is_string(column.type.value_type) and not pa.types.is_large_string(column.type.value_type):
        return int(column.dictionary.nbytes + 16 * len(column))
    lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
    return int(pc.sum(lengths).as_py() or 0) + 4 * len(column)


def _typed(column: pa.Array) -> pa.Array:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pc.cast(column if kind == column.type else column.dictionary_decode(), pa.float64(), safe=False)
    return plain(pa.chunked_array([column]))


def _larger(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together into as few as may be sent."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if waiting and (rows + batch.num_rows > SENT_ROWS or size + batch.nbytes > BATCH_BYTES):
            yield pa.concat_batches(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if waiting:
        yield pa.concat_batches(waiting)


def _check_texts(batch: pa.RecordBatch, before: int, limits: Limits) -> None:
    """Refuse a text that is too long, and text times of several zones: which day they mean depends on the zone."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not pa.types.is_string(column.type):
            continue
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if longest > limits.text_chars:
            found = phrase(
                "a text of {longest:,} characters in {name}, rows {what:,} and on",
                longest=longest,
                name=printable(name, 60),
                what=before + 1,
            )
            raise refused(found, phrase("at most {text_chars:,}", text_chars=limits.text_chars))
        zones = pc.struct_field(pc.extract_regex(column, ZONED), "zone").unique().drop_null().to_pylist()
        kinds = sorted({zone.replace("Z", "+00:00") for zone in zones})
        if len(kinds) > 1:
            raise refused(
                phrase("times in {n} zones ({names}) in {name}", n=len(kinds), names=", ".join(kinds[:4]), name=name),
                phrase("one zone, or days"),
            )


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
            phrase(
                "{n:,} rows whose lon and lat are no numbers of degrees (NaN?), the first is row {row}",
                n=int(bad.sum()),
                row=row,
            ),
            phrase("a longitude and a latitude, or neither"),
        )
