"""docs/reliability.md says what benchmarks/promises.py promises, and each promise names tests that are there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from small_data import ROOT, load_script

from benchmarks.promises import PROMISES
from benchmarks.soak import BEGIN, END, FAILED
from mssmap.jail.jobs import JOBS


def rows() -> dict[str, list[str]]:
    """Rows of the table by id."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if "`tests/" in line]
    return {first[0].partition(":")[0].strip(): first for first in cells}


def test_the_table_is_that_of_the_promises():
    assert list(rows()) == [one.id for one in PROMISES]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_a_row_tells_its_promise_a_figure_and_its_tests(promise):
    sentence, figure, control, shown = rows()[promise.id]
    assert sentence == f"{promise.id}: {promise.sentence}"
    assert figure
    assert FAILED not in figure + control
    assert bool(control) == bool(promise.controls)
    assert re.findall(r"`([^`]+)`", shown) == list(dict.fromkeys((*promise.tests, *promise.controls)))


def test_every_job_of_the_reading_process_has_a_door_in_the_table():
    doors = load_script("doors")
    assert {door.job for door in doors.DOORS} == set(JOBS)
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert all(door.name in page.partition(doors.BEGIN)[2] for door in doors.DOORS)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_a_module_that_the_process_can_load_without_pandas(job):
    code = (
        "from mssmap.jail import lean; lean.install(); import importlib, sys;"
        f"print(callable(importlib.import_module({JOBS[job]!r}).work), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_the_tests_of_a_promise_exist(promise):
    for node in (*promise.tests, *promise.controls):
        file, _, name = node.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, node
