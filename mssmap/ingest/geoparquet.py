"""GeoParquet 1.0 and 1.1 with WKB geometry, and plain Parquet; the footer is checked before anything is unpacked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from mssmap.ingest import shapes
from mssmap.ingest.table import Parsed, Table
from mssmap.jail.limits import Limits, RefusedError, at_most, printable, refused


def about_geometry(types: Sequence[str], box: Sequence[float] | None, **about: Any) -> dict[str, Any]:
    """
    Return the metadata of GeoParquet 1.1 about a column `geometry` of WKB.

    Parameters
    ----------
    about
        More about the column: its CRS if that is not OGC:CRS84, what covers it.
    """
    column = {"encoding": "WKB", "geometry_types": list(types), **about, **({"bbox": list(box)} if box else {})}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a Parquet file, with places if it carries GeoParquet metadata.

    Raises
    ------
    RefusedError
        If it is broken, has geometry in another encoding than WKB, or unpacks to more than the limits allow.
    """
    parsed = Parsed("parquet")
    try:
        file = pq.ParquetFile(
            pa.BufferReader(content), thrift_string_size_limit=20_000_000, thrift_container_size_limit=1_000_000
        )
        _check_footer(file, limits)
        metadata = {key.decode("utf-8", "replace"): value for key, value in (file.metadata.metadata or {}).items()}
        parsed.proof = _object(metadata.get("mssmap"))
        geo = _object(metadata.get("geo"))
        found = pa.Table.from_batches(_batches(file, limits), schema=file.schema_arrow)
        primary = str(geo.get("primary_column", "geometry")) if geo else ""
        described = (geo or {}).get("columns")
        geometry = described.get(primary) if isinstance(described, dict) else None
        if geo is not None and (not isinstance(geometry, dict) or primary not in found.column_names):
            raise refused(
                "GeoParquet metadata that names no column of the file", "a primary_column", "Export it again."
            )
        skipped = _skipped(found.schema, described if isinstance(described, dict) else {}, primary)
        table = Table(name, {}, range(1, found.num_rows + 1))
        for column in found.column_names:
            if column not in skipped and column != primary:
                table.columns[column] = plain(found[column])
        if geometry is not None:
            table.crs = crs_of(geometry)
            table.geometry = _shapes(found[primary], geometry, table, limits)
    except (RefusedError, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
        raise refused(f"a Parquet file that cannot be read ({error})", "an intact file", "Export it again.") from error
    parsed.tables.append(table)
    return parsed


def _check_footer(file: pq.ParquetFile, limits: Limits) -> None:
    footer = file.metadata
    at_most(footer.num_rows, limits.rows, "rows")
    at_most(footer.num_columns, limits.columns, "columns")
    at_most(footer.num_rows * footer.num_columns, limits.cells, "cells")
    names = file.schema_arrow.names
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refused(f"two columns named {printable(twice, 60)}", "each name once", "Rename one.")
    size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    at_most(size, limits.unpacked_bytes, "bytes unpacked")


def _batches(file: pq.ParquetFile, limits: Limits) -> list[pa.RecordBatch]:
    """Read in small batches, counting what they really take: a dictionary may make little of very much."""
    batches, size, rows = [], 0, 0
    for batch in file.iter_batches(batch_size=2_000, use_threads=False):
        size += batch.nbytes
        rows += batch.num_rows
        at_most(size, limits.unpacked_bytes, "bytes unpacked")
        at_most(rows, limits.rows, "rows")
        batch.validate(full=True)
        batches.append(batch)
    return batches


def _object(text: bytes | None) -> dict[str, Any] | None:
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _skipped(schema: pa.Schema, described: dict[str, Any], primary: str) -> set[str]:
    """Names of the columns that only help readers: bounding boxes, the index of pandas, further geometry."""
    covering = {
        str(corner[0])
        for item in described.values()
        if isinstance(item, dict) and isinstance(item.get("covering"), dict)
        for box in item["covering"].values()
        if isinstance(box, dict)
        for corner in box.values()
        if isinstance(corner, list) and corner
    }
    index = {name for name in schema.names if name.startswith("__index_level_")}
    return covering | index | (set(described) - {primary})


def crs_of(geometry: dict[str, Any]) -> str:
    """Return the CRS of a geometry column: a code or WKT, empty if there is none."""
    if "crs" not in geometry:
        return "EPSG:4326"
    if geometry["crs"] is None:
        return ""
    try:
        return str(pyproj.CRS.from_json_dict(geometry["crs"]).to_wkt())
    except (pyproj.exceptions.CRSError, TypeError, ValueError, RecursionError) as error:
        raise refused(f"a CRS that cannot be read ({error})", "PROJJSON") from error


def described(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Return what GeoParquet metadata say about each geometry column; nothing if they say it in no known way."""
    found = (_object((metadata or {}).get(b"geo")) or {}).get("columns")
    return found if isinstance(found, dict) else {}


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Give a column one of the types that the other formats have; lists and objects become JSON text."""
    values = (
        pa.chunked_array(column).combine_chunks()
        if not isinstance(column, pa.ChunkedArray)
        else column.combine_chunks()
    )
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        values, kind = values.storage, values.storage.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return values.cast(pa.timestamp("ms", kind.tz), safe=False)
    if pa.types.is_primitive(kind) and not pa.types.is_decimal(kind) and not pa.types.is_duration(kind):
        return values
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    texts = [
        None if v is None else v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str)
        for v in values.to_pylist()
    ]
    return pa.array(texts, pa.string())


def _shapes(
    column: pa.ChunkedArray, geometry: dict[str, Any], table: Table, limits: Limits
) -> np.ndarray[Any, np.dtype[np.object_]]:
    if geometry.get("encoding") != "WKB":
        raise refused(f"geometry encoded as {geometry.get('encoding')}", "WKB", "Write it with encoding WKB.")
    blobs = column.to_pylist()
    if not all(blob is None or isinstance(blob, bytes) for blob in blobs):
        raise refused("a geometry column that is not binary", "WKB")
    return shapes.from_wkb(blobs, table, limits, "WKB")
