"""The job of the reading process that opens files of data: what is handed over of their tables."""

from __future__ import annotations

import pyarrow as pa
import shapely

from mssmap.i18n.phrases import packed, phrase
from mssmap.ingest import parse, shapes
from mssmap.ingest.table import GEOMETRY, MARKS, ROW, Table
from mssmap.jail.jobs import Task
from mssmap.jail.limits import Limits


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
        mended = shapes.mend(shapes.to_degrees(table.geometry, table.crs))
        columns[GEOMETRY] = pa.array(shapely.to_wkb(mended.shapes, include_srid=False), pa.binary())
        columns[MARKS] = pa.array(mended.marks)
    content = pa.table(columns)
    with task.table(about(table, task.limits), content.schema) as stream:
        stream.write_table(content, max_chunksize=50_000)


def about(table: Table, limits: Limits) -> dict[str, object]:
    """Return what is said about a table."""
    left_out = max(0, len(table.faults) - limits.faults)
    return {
        "name": table.name,
        "places": table.geometry is not None,
        "in_degrees": bool(table.crs),
        "left_out": [[packed(reason), count] for reason, count in table.left_out.items()],
        "span": list(table.span),
        "faults": [
            [table.name, f.row, f.column, *map(packed, (f.found, f.required, f.hint)), f.kind]
            for f in table.faults[: limits.faults]
        ],
        "notes": [packed(note) for note in table.notes]
        + (
            [packed(phrase("{name}: {n:,} more faults of this kind.", name=table.name, n=left_out))] if left_out else []
        ),
    }
