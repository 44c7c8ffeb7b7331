"""Shapefile and FlatGeobuf through GDAL, whose other drivers were taken away before it started."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeVar

import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyogrio.raw

from mssmap.ingest import shapes
from mssmap.ingest.table import Parsed, Table
from mssmap.jail.limits import Limits, at_most, refused

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")

GEOMETRY = "wkb_geometry"

Result = TypeVar("Result")


def parse_shapefile(parts: Mapping[str, bytes], name: str, limits: Limits) -> Parsed:
    """
    Read one shapefile, given by the contents of its parts by ending.

    Raises
    ------
    RefusedError
        If a part is missing or it cannot be read.
    """
    missing = [part for part in (".shp", ".dbf", ".shx") if part not in parts]
    if missing:
        raise refused(f"a shapefile without {', '.join(missing)}", "the .shp, .dbf and .shx of one name together")
    parsed = Parsed("shp")
    encoding = _encoding(parts, parsed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in PARTS[:4]:
            if part in parts:
                archive.writestr(f"layer{part}", parts[part])
    table = _read(packed.getvalue(), name, limits, encoding)
    if ".prj" not in parts:
        parsed.notes.append(f"{name}: without .prj, so its coordinate system is not known.")
        table.crs = ""
    parsed.tables.append(table)
    return parsed


def parse_flatgeobuf(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a FlatGeobuf file.

    Raises
    ------
    RefusedError
        If it cannot be read.
    """
    parsed = Parsed("fgb")
    info = _tried(lambda: pyogrio.read_info(content, force_feature_count=False))
    table = _read(content, str(info.get("layer_name") or name), limits, None)
    if not info.get("layer_name") or str(info["layer_name"]).startswith("pyogrio"):
        table.name = name
    for metadata in (info.get("layer_metadata"), info.get("dataset_metadata")):
        parsed.proof = parsed.proof or _proof(metadata or {})
    parsed.tables.append(table)
    return parsed


BROKEN = (
    *(pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError),
    *(pyogrio.errors.GeometryError, pyogrio.errors.FieldError, pyogrio.errors.CRSError),
    *(pa.ArrowException, OSError, RuntimeError, ValueError, OverflowError, AttributeError, LookupError, NameError),
)
"""What GDAL and pyogrio raise on files that are damaged; the last ones are bugs of pyogrio that such files lead to."""


def _tried(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except BROKEN as error:
        raise refused(f"a file that GDAL cannot read ({error})", "an intact file of its kind") from error


def _read(content: bytes, name: str, limits: Limits, encoding: str | None) -> Table:
    options = {"encoding": encoding} if encoding else {}
    meta, found = _tried(lambda: pyogrio.raw.read_arrow(content, max_features=limits.rows + 1, **options))
    _tried(lambda: found.validate(full=True))
    at_most(found.num_rows, limits.rows, "features")
    at_most(found.num_rows * found.num_columns, limits.cells, "cells")
    geometry_name = meta["geometry_name"] or GEOMETRY
    table = Table(name, {}, range(1, found.num_rows + 1), crs=str(meta["crs"] or ""))
    for column in found.column_names:
        if column == geometry_name:
            blobs = found[column].to_pylist()
            table.geometry = shapes.from_wkb(blobs, table, limits, "points, lines or polygons")
        elif column != meta["fid_column"]:
            table.columns[column] = _plain(found[column].combine_chunks())
    return table


def _plain(values: pa.Array) -> pa.Array:
    """Give a column one of the types that the other formats have."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        return _tried(lambda: values.cast(pa.string()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
        return pa.array([None if v is None else json.dumps(v, default=str) for v in values.to_pylist()], pa.string())
    return values


def _encoding(parts: Mapping[str, bytes], parsed: Parsed) -> str:
    """Return the encoding of the texts: what .cpg says if that is true, else UTF-8 or Windows-1252."""
    said = parts.get(".cpg", b"")[:40].decode("ascii", "replace").strip().upper()
    named = re.fullmatch(r"(?:CP|WINDOWS[-_]?)?(125\d|850|437|1252)|UTF-?8|ISO[-_]?8859[-_]?1|LATIN1|65001", said)
    body = parts[".dbf"]
    if not said or not named or said in ("UTF-8", "UTF8", "65001"):
        try:
            body.decode("utf-8") if body.isascii() else body[_header_bytes(body) :].decode("utf-8")
        except UnicodeDecodeError:
            if said in ("UTF-8", "UTF8", "65001"):
                parsed.notes.append("The texts are not UTF-8 as .cpg says; they were read as Windows-1252.")
            return "CP1252"
        return "UTF-8"
    return "ISO-8859-1" if "8859" in said or said == "LATIN1" else f"CP{named.group(1)}"


def _header_bytes(body: bytes) -> int:
    return int.from_bytes(body[8:10], "little")


def _proof(metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    for key, text in metadata.items():
        if str(key).lower() in ("mssmap", "description"):
            try:
                document = json.loads(str(text))
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict):
                return document
    return None


def of_one_name(members: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """
    Group the parts of shapefiles by their path without ending; other members are left out.

    >>> sorted(of_one_name({"a/x.SHP": b"1", "a/x.dbf": b"2", "y.txt": b""})["a/x"])
    ['.dbf', '.shp']
    """
    found: dict[str, dict[str, bytes]] = {}
    for path, content in members.items():
        ending = PurePosixPath(path).suffix.lower()
        if ending in PARTS:
            found.setdefault(str(PurePosixPath(path).with_suffix("")), {})[ending] = content
    return {stem: parts for stem, parts in found.items() if ".shp" in parts}
