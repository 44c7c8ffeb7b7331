"""What comes back from the reading process is believed only as far as it was agreed."""

from __future__ import annotations

import pyarrow as pa
import pytest
import shapely

from mssmap.ingest import RefusedError, answer
from mssmap.ingest.table import GEOMETRY, MARKS, ROW
from mssmap.jail import LIMITS, box
from mssmap.jail.box import Answer, Table
from mssmap.jail.jobs import Order

SAID = {"format": "parquet", "proof": None, "notes": []}
ABOUT = {"name": "a", "places": True, "in_degrees": True, "faults": [], "notes": []}


def table(wkt: str = "POINT (-72.3 18.5)", about: dict[str, object] = ABOUT) -> Table:
    blob = shapely.to_wkb(shapely.from_wkt(wkt))
    content = {ROW: [1], GEOMETRY: pa.array([blob], pa.binary()), MARKS: pa.array([0], pa.uint8()), "name": ["x"]}
    return Table(about, pa.table(content))


def test_an_answer_as_agreed_is_a_reading():
    reading = answer.reading(Answer([table()], SAID))
    assert reading.tables["a"].crs == "EPSG:4326"
    assert reading.marks["a"].tolist() == [0]


@pytest.mark.parametrize(
    ("given", "said", "message"),
    [
        (table(about={**ABOUT, "more": 1}), SAID, r"an answer of another form \(more: Extra inputs"),
        (table(about={**ABOUT, "name": 7}), SAID, r"an answer of another form \(name: "),
        (table(), {**SAID, "proof": []}, r"an answer of another form \(proof: "),
        (table(), None, "an answer of another form"),
        (
            table("GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POINT (1 2)))"),
            SAID,
            "nested shapes in a, required flat",
        ),
        (table("GEOMETRYCOLLECTION (MULTIPOINT (1 2))"), SAID, "nested shapes in a, required flat"),
    ],
)
def test_another_answer_is_refused(given, said, message):
    with pytest.raises(RefusedError, match=message):
        answer.reading(Answer([given], said))


def test_columns_that_do_not_hold_together_are_refused(tmp_path, monkeypatch):
    """A process that answers with a text that is no UTF-8, which would be a fault wherever it is read first."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n1\n")
    answers = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pyarrow as pa; from mssmap.jail import jobs;"
        "task = jobs.Task(None, '', None, None, sys.stdout.buffer); broken = pa.array([b'\\xff']).view(pa.string());"
        "stream = task.table({}, pa.schema([('a', pa.string())]));"
        "stream.write_table(pa.table({'a': broken})); stream.close(); task.end(None)"
    )
    monkeypatch.setattr(box, "START", answers)
    with pytest.raises(RefusedError, match="columns that do not hold together"):
        box.run(path, Order("tables", "a.csv", LIMITS))
