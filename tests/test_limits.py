"""Limits on the edge itself: so much is taken, one more is not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mssmap import ingest
from mssmap.errors import InputError
from mssmap.jail.limits import Limits
from mssmap.planning import plan_file, scenario
from mssmap.planning.scenario import Plan, Proposal
from mssmap.records.timeline import Clocks
from mssmap.store import imports, open_store, plans, tables

PLAN = Plan(id="p", name="Plan", clocks=Clocks(date(2026, 4, 1), date(2026, 4, 1)))
TABLE = b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n"


def of_proposals(count: int) -> Plan:
    return replace(PLAN, proposals=tuple(Proposal(f"own-{n}", "X", -72.3, 18.5) for n in range(count)))


def filled(size: int) -> str:
    """A plan file of so many characters."""
    text = plan_file.to_json(PLAN)
    return text + " " * (size - len(text))


def zipped(count: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for n in range(count):
            archive.writestr(f"{n}.csv", TABLE)
    return file.getvalue()


def line(vertices: int) -> bytes:
    shape = {"type": "LineString", "coordinates": [[-72.3, 18.5]] * vertices}
    rows = [{"type": "Feature", "properties": {}, "geometry": shape}]
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


@pytest.mark.parametrize(
    ("most", "take"),
    [
        pytest.param(scenario.MAX_PROPOSALS, of_proposals, id="proposals of a plan"),
        pytest.param(200, lambda n: replace(PLAN, name="n" * n), id="name of a plan"),
        pytest.param(plan_file.MAX_BYTES, lambda n: plan_file.from_json(filled(n)), id="bytes of a plan file"),
    ],
)
def test_so_much_of_a_plan_is_taken_and_one_more_is_not(most: int, take: Callable[[int], Any]) -> None:
    take(most)
    with pytest.raises(InputError):
        take(most + 1)


@pytest.mark.parametrize(
    ("limit", "most", "make", "name"),
    [
        pytest.param("rows", 3, lambda: TABLE, "a.csv", id="rows"),
        pytest.param("columns", 3, lambda: TABLE, "a.csv", id="columns"),
        pytest.param("cells", 9, lambda: TABLE, "a.csv", id="cells"),
        pytest.param("file_bytes", len(TABLE), lambda: TABLE, "a.csv", id="bytes"),
        pytest.param("members", 3, lambda: zipped(3), "a.zip", id="members of a zip"),
        pytest.param("tables", 3, lambda: zipped(3), "a.zip", id="tables"),
        pytest.param("vertices", 7, lambda: line(7), "a.geojson", id="vertices"),
        pytest.param("shape_vertices", 7, lambda: line(7), "a.geojson", id="vertices of a shape"),
    ],
)
def test_so_much_of_a_file_is_taken_and_one_more_is_not(
    tmp_path: Path, limit: str, most: int, make: Callable[[], bytes], name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(make())
    ingest.read(file, limits=Limits(**{limit: most}))
    with pytest.raises(InputError, match=f"at most {most - 1}"):
        ingest.read(file, limits=Limits(**{limit: most - 1}))


def test_a_name_that_is_longer_than_its_column_is_cut_to_it(tmp_path: Path) -> None:
    """PostgreSQL would refuse it; so says the length of the column."""
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    plan = plans.save(store, {"id": "p", "name": "n" * 201}, version=0)
    made = imports.save(store, {"id": "i", "name": "m" * 201}, b"rows")
    assert (len(plan.name), len(made.name)) == (200, 200)
    assert {tables.plans.c.name.type.length, tables.imports.c.name.type.length} == {200}
