"""The job of the reading process that opens files of data: what is handed over of their tables."""

from __future__ import annotations

import pyarrow as pa
import pyproj
import shapely

from mssmap.ingest import parse
from mssmap.ingest.table import GEOMETRY, ROW, Table
from mssmap.jail.jobs import Task
from mssmap.jail.limits import Limits, RefusedError


def work(task: Task) -> None:
    """Read the file and hand over its tables."""
    parsed = parse.parse(task.content(), task.name, task.limits, task.progress)
    for i, table in enumerate(parsed.tables):
        task.progress(0.8 + 0.15 * i / len(parsed.tables), "handing over")
        _send(task, table)
        table.columns, table.geometry = {}, None
    task.end(parse.summary(parsed))


def _send(task: Task, table: Table) -> None:
    columns = dict(table.columns)
    columns[ROW] = pa.array(table.rows, pa.int64())
    if table.geometry is not None:
        columns[GEOMETRY] = pa.array(shapely.to_wkb(table.geometry, include_srid=False), pa.binary())
    content = pa.table(columns)
    with task.table(about(table, task.limits), content.schema) as stream:
        stream.write_table(content, max_chunksize=50_000)


def about(table: Table, limits: Limits) -> dict[str, object]:
    """Return what is said about a table."""
    left_out = max(0, len(table.faults) - limits.faults)
    return {
        "name": table.name,
        "places": table.geometry is not None,
        "crs": canonical(table.crs),
        "faults": [
            [table.name, f.row, f.column, f.found, f.required, f.hint, f.kind] for f in table.faults[: limits.faults]
        ],
        "notes": table.notes + ([f"{table.name}: {left_out:,} more faults of this kind."] if left_out else []),
    }


def canonical(crs: str) -> str:
    """
    Return the authority code of a CRS if it surely is that, else its WKT.

    Raises
    ------
    RefusedError
        If it is neither a code nor WKT.
    """
    if not crs:
        return ""
    try:
        found = (
            pyproj.CRS.from_user_input(crs)
            if crs.startswith("EPSG:") and crs[5:].isdigit()
            else pyproj.CRS.from_wkt(crs)
        )
        code = found.to_authority(min_confidence=70)
        return ":".join(code) if code and code[0] in ("EPSG", "OGC") else str(found.to_wkt())
    except (pyproj.exceptions.CRSError, UnicodeError) as error:
        raise RefusedError(
            f"found a coordinate system that PROJ does not know, required EPSG or WKT. {error}"[:300]
        ) from error
