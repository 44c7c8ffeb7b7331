"""SECURITY.md promises nothing that no test holds."""

from __future__ import annotations

import ast
import re

import pytest
from small_data import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
PROMISES = TEXT.partition("## What each promise rests on")[0]
ROWS = [line for line in PROMISES.splitlines() if line.startswith("| ") and not line.startswith("| who |")]


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _path, name in NAMED])
def test_a_named_test_exists(path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_promise_names_a_test():
    assert len(ROWS) >= 12
    for row in ROWS:
        assert len(row.split(" | ")) == 4, row
        assert "::" in row, row


def test_nothing_in_the_table_looks_like_a_test_and_is_none():
    assert TEXT.count("::") == len(NAMED)
