"""
The job of the reading process that opens an exported file: its proof is measured before anybody obeys it.

A proof says which columns a part has, and the rows of the part are then written down cell by cell to be compared: who
edits the proof decides how much that is. What the server gets is bounded, each geometry is a text in canonical form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from mssmap.exports import canonical_shapes
from mssmap.ingest import headers, parse, shapes
from mssmap.ingest.geojson import nesting
from mssmap.ingest.job import about
from mssmap.ingest.table import GEOMETRY, ROW, Table
from mssmap.jail.jobs import Task
from mssmap.jail.limits import MB, Limits, at_most, printable, refused

BOUNDS: Final = Limits(rows=200_000, cells=3_000_000, reply_bytes=100 * MB)
"""What an exported file may be: all its parts are held twice, as they are and as the data say now."""

ABOUT_BYTES: Final = 4 * MB
"""What a proof may say beside the hashes of its rows."""

NAMES: Final = 200
"""How many layers, or categories, its filter may name."""


def work(task: Task) -> None:
    """Read the file, measure its proof, hand over the tables that it is about."""
    with headers.as_it_stands():
        parsed = parse.parse(task.content(), task.name, task.limits, task.progress)
    document = parsed.proof
    if document is None:
        task.end(parse.summary(parsed))
        return
    measure(document, {table.name: table for table in parsed.tables}, task.limits)
    wanted = _crs(document)
    texts = set(_text_geometries(document))
    for table in parsed.tables:
        _send(task, table, wanted, texts)
        table.columns, table.geometry = {}, None
    task.end(parse.summary(parsed))


def measure(document: dict[str, Any], tables: dict[str, Table], limits: Limits) -> None:
    """
    Stop unless the parts of a proof are few, of different names, and of no more cells than allowed.

    What is no part at all is left for the reader of the proof to refuse.

    Raises
    ------
    RefusedError
        With what the proof claims and what is allowed.
    """
    nesting(document, limits)
    parts = [part for part in _listed(document.get("parts")) if isinstance(part, dict)]
    at_most(len(parts), limits.tables, "parts in the proof")
    names = [str(part.get("name")) for part in parts]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refused(
            f"two parts named {printable(twice, 60)} in the proof", "each name once", "Export the file again."
        )
    for name in ("layers", "category"):
        at_most(len(set(_filtered(document, name))), NAMES, f"names under {name} in the filter of the proof")
    for part in parts:
        at_most(len(_listed(part.get("columns"))), limits.columns, f"columns in the proof of {_name(part)}")
    hashes = [part["row_hashes"] for part in parts if isinstance(part.get("row_hashes"), dict)]
    at_most(sum(map(len, hashes)), limits.rows, "rows in the proof")
    cells = sum(_rows(part, tables) * len(_listed(part.get("columns"))) for part in parts)
    at_most(cells, limits.cells, "cells named by the proof")
    brief = {**document, "parts": [{**part, "row_hashes": None} for part in parts]}
    at_most(len(json.dumps(brief)), ABOUT_BYTES, "bytes of text in the proof")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _filtered(document: dict[str, Any], name: str) -> list[str]:
    chosen = document.get("filter")
    return [str(item) for item in _listed(chosen.get(name))] if isinstance(chosen, dict) else []


def _name(part: dict[str, Any]) -> str:
    return printable(str(part.get("name")), 60)


def _rows(part: dict[str, Any], tables: dict[str, Table]) -> int:
    """Count the rows of the table that a part may be about; of the longest, if it has none of its own."""
    own = tables.get(str(part.get("name")))
    return len(own.rows) if own is not None else max((len(table.rows) for table in tables.values()), default=0)


def _text_geometries(document: dict[str, Any]) -> Iterator[str]:
    """Yield the columns that hold a geometry as text."""
    for part in _listed(document.get("parts")):
        for column in _listed(part.get("columns")) if isinstance(part, dict) else ():
            if isinstance(column, dict) and column.get("type") == "geometry":
                yield str(column.get("name"))


def _crs(document: dict[str, Any]) -> str:
    """Return the CRS that the file was exported in, empty if the proof does not say."""
    form = document.get("form")
    said = form.get("crs") if isinstance(form, dict) else None
    return said if isinstance(said, str) and shapes.CODE.fullmatch(said) else ""


def _send(task: Task, table: Table, wanted: str, texts: set[str]) -> None:
    columns = dict(table.columns)
    columns[ROW] = pa.array(table.rows, pa.int64())
    for name in texts & set(columns):
        columns[name] = pa.array(_canonical_texts(columns[name], table, task.limits), pa.string())
    if table.geometry is not None:
        placed = shapes.to_crs(table.geometry, table.crs, wanted) if wanted else table.geometry
        columns[GEOMETRY] = pa.array(canonical_shapes.geometries(np.asarray(placed, dtype=object)), pa.string())
    said = {**about(table, task.limits), "crs": _called(table.crs)}
    content = pa.table(columns)
    with task.table(said, content.schema) as stream:
        stream.write_table(content, max_chunksize=50_000)


def _canonical_texts(column: pa.Array, table: Table, limits: Limits) -> list[str | None]:
    """Read geometries written as text, none of them nested or endless."""
    texts = column.cast(pa.string()).to_pylist()
    for i, text in enumerate(texts):
        if text and text.upper().count("COLLECTION") > limits.nesting:
            raise shapes.too_deep(table.rows[i], limits)
    return canonical_shapes.from_texts(texts)


def _called(crs: str) -> str:
    """Return the code of a CRS, or its name; empty if there is none."""
    if not crs:
        return ""
    found = shapes.system_of(crs)
    code = found.to_epsg()
    return f"EPSG:{code}" if code else printable(str(found.name), 80)
