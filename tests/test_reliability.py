"""docs/reliability.md says what benchmarks/promises.py promises, and each promise names tests that are there."""

from __future__ import annotations

import ast
import re

import pytest
from small_data import ROOT

from benchmarks.promises import PROMISES
from benchmarks.soak import BEGIN, END, FAILED


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


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_the_tests_of_a_promise_exist(promise):
    for node in (*promise.tests, *promise.controls):
        file, _, name = node.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, node
