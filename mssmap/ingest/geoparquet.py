"""GeoParquet 1.0 and 1.1 with WKB geometry, and plain Parquet; the footer is checked before anything is unpacked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from mssmap.i18n.phrases import phrase
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
                phrase("GeoParquet metadata that names no column of the file"),
                phrase("a primary_column"),
                phrase("Export it again."),
            )
        described = described if isinstance(described, dict) else {}
        table = Table(name, {}, range(1, found.num_rows + 1))
        _take_columns(found, described, primary if geometry is not None else "", table)
        if geometry is not None:
            table.crs = crs_of(geometry)
            table.geometry = _shapes(found.column(found.column_names.index(primary)), geometry, table, limits)
    except (RefusedError, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
        raise refused(
            phrase("a Parquet file that cannot be read ({error})", error=error),
            phrase("an intact file"),
            phrase("Export it again."),
        ) from error
    parsed.tables.append(table)
    return parsed


def _take_columns(found: pa.Table, described: dict[str, Any], primary: str, table: Table) -> None:
    """Take every column but the one of the shapes; of two of one name the second gets a number."""
    helping = _helping(found.schema, described)
    index = _index_of(found.schema)
    for position, column in enumerate(found.column_names):
        if column == primary or column in helping:
            continue
        if column in index:
            table.notes.append(
                phrase(
                    "{name}: the row labels of pandas ({column}) are left out.",
                    name=table.name,
                    column=printable(column),
                )
            )
            continue
        if column in described:
            table.notes.append(
                phrase(
                    "{name}: the further shapes in {column} are left out.", name=table.name, column=printable(column)
                )
            )
            continue
        unique, twice = column, 2
        while unique in table.columns:
            unique, twice = f"{column}_{twice}", twice + 1
        if unique != column:
            table.notes.append(
                phrase(
                    "{name}: two columns are named {column!r}; the second is {unique!r}.",
                    name=table.name,
                    column=printable(column),
                    unique=unique,
                )
            )
        table.columns[unique] = plain(found.column(position), keep_binary=True)


def _index_of(schema: pa.Schema) -> set[str]:
    """Return the names of the columns that are row labels without a name, as pandas says itself."""
    said = (_object((schema.metadata or {}).get(b"pandas")) or {}).get("index_columns")
    labels = {name for name in said if isinstance(name, str)} if isinstance(said, list) else set()
    return {name for name in labels if name.startswith("__index_level_")}


def _check_footer(file: pq.ParquetFile, limits: Limits) -> None:
    footer = file.metadata
    at_most(footer.num_rows, limits.rows, phrase("rows"))
    at_most(footer.num_columns, limits.columns, phrase("columns"))
    at_most(footer.num_rows * footer.num_columns, limits.cells, phrase("cells"))
    size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    at_most(size, limits.unpacked_bytes, phrase("bytes unpacked"))


def _batches(file: pq.ParquetFile, limits: Limits) -> list[pa.RecordBatch]:
    """Read in small batches, counting what they really take: a dictionary may make little of very much."""
    batches, size, rows = [], 0, 0
    for batch in file.iter_batches(batch_size=2_000, use_threads=False):
        size += batch.nbytes
        rows += batch.num_rows
        at_most(size, limits.unpacked_bytes, phrase("bytes unpacked"))
        at_most(rows, limits.rows, phrase("rows"))
        batch.validate(full=True)
        batches.append(batch)
    return batches


def _object(text: bytes | None) -> dict[str, Any] | None:
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _helping(schema: pa.Schema, described: dict[str, Any]) -> set[str]:
    """Names of the columns that only help readers: bounding boxes."""
    covering = {
        str(corner[0])
        for item in described.values()
        if isinstance(item, dict) and isinstance(item.get("covering"), dict)
        for box in item["covering"].values()
        if isinstance(box, dict)
        for corner in box.values()
        if isinstance(corner, list) and corner
    }
    return {name for name in covering if name in schema.names}


def crs_of(geometry: dict[str, Any]) -> str:
    """Return the CRS of a geometry column: a code or WKT, empty if there is none."""
    if "crs" not in geometry:
        return "EPSG:4326"
    if geometry["crs"] is None:
        return ""
    try:
        return str(pyproj.CRS.from_json_dict(geometry["crs"]).to_wkt())
    except (pyproj.exceptions.CRSError, TypeError, ValueError, RecursionError) as error:
        raise refused(phrase("a CRS that cannot be read ({error})", error=error), phrase("PROJJSON")) from error


def described(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Return what GeoParquet metadata say about each geometry column; nothing if they say it in no known way."""
    found = (_object((metadata or {}).get(b"geo")) or {}).get("columns")
    return found if isinstance(found, dict) else {}


def primary_of(metadata: dict[bytes, bytes] | None) -> str:
    """Return the name of the first column of shapes that GeoParquet metadata name, empty if they name none."""
    return str((_object((metadata or {}).get(b"geo")) or {}).get("primary_column", ""))


def plain(column: pa.ChunkedArray, *, keep_binary: bool = False) -> pa.Array:
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
    if pa.types.is_decimal(kind):
        return _of_decimals(values)
    if keep_binary and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)):
        return values.cast(pa.binary())
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    texts = [
        None if v is None else v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str)
        for v in values.to_pylist()
    ]
    return pa.array(texts, pa.string())


def _of_decimals(values: pa.Array) -> pa.Array:
    """Write decimals as numbers where a number holds them exactly, else as text: they may be ids."""
    kind = values.type
    if kind.scale <= 0 and kind.precision - kind.scale <= 18:
        return values.cast(pa.int64())
    if kind.precision <= 15:
        return values.cast(pa.float64(), safe=False)
    return pa.array([None if value is None else f"{value:f}" for value in values.to_pylist()], pa.string())


def _shapes(
    column: pa.ChunkedArray, geometry: dict[str, Any], table: Table, limits: Limits
) -> np.ndarray[Any, np.dtype[np.object_]]:
    encoding = str(geometry.get("encoding"))
    if encoding.lower() in NATIVE:
        return np.array([_of_native(value, encoding.lower()) for value in column.to_pylist()], dtype=object)
    if encoding != "WKB":
        raise refused(
            phrase("geometry encoded as {encoding}", encoding=encoding),
            phrase("WKB"),
            phrase("Write it with encoding WKB."),
        )
    blobs = column.to_pylist()
    if not all(blob is None or isinstance(blob, bytes) for blob in blobs):
        raise refused(phrase("a geometry column that is not binary"), phrase("WKB"))
    return shapes.from_wkb(blobs, table, limits, "WKB")


NATIVE: Final[dict[str, tuple[int, Any]]] = {
    "point": (0, shapely.Point),
    "multipoint": (1, shapely.MultiPoint),
    "linestring": (1, shapely.LineString),
    "multilinestring": (2, shapely.MultiLineString),
    "polygon": (2, None),
    "multipolygon": (3, None),
}
"""Encodings of GeoParquet 1.1 (GeoArrow): how deep positions lie in lists, and what is made of them."""


def _of_native(value: Any, encoding: str) -> Any:
    if value is None:
        return None
    depth, make = NATIVE[encoding]
    positions = _positions(value, depth)
    if encoding == "point":
        return None if any(number != number for number in positions) else make(positions)
    if encoding == "polygon":
        return shapely.Polygon(positions[0], positions[1:]) if positions else shapely.Polygon()
    if encoding == "multipolygon":
        return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in positions if rings])
    return make(positions)


def _positions(value: Any, depth: int) -> Any:
    if depth:
        return [_positions(part, depth - 1) for part in value]
    numbers = [value["x"], value["y"]] if isinstance(value, dict) else list(value)[:2]
    return tuple(float(number) for number in numbers)
