"""Each check that a promise rests on can be switched off in a copy, and a test fails each time."""

from __future__ import annotations

import ast
import os
import re
import sys

import pytest
from small_data import ROOT

from benchmarks.promises import PROMISES

sys.path.insert(0, str(ROOT / "scripts"))
import switch_off
from checks import CHECKS, WITHOUT

SECURITY = re.findall(
    r"^\|[^|]*\|[^|]*\| `([\w-]+)`: ", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE
)
ALL = {*SECURITY, *(promise.id for promise in PROMISES)}
SHORT = ("Limiter.wait", "Left.sweep")
"""Functions whose checks are switched off in every run of the tests; `MSSMAP_SOAK=1` takes all."""


def test_the_list_is_as_long_as_was_promised():
    assert len({(check.where, check.text, check.off) for check in CHECKS}) == len(CHECKS) >= 60


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.where} {check.says}")
def test_a_check_is_there_once_and_can_be_switched_off(check):
    path, text = switch_off.changed(check)
    assert text != (ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".py":
        compile(text, str(path), "exec")


def test_the_tests_that_are_to_fail_exist():
    for file in {check.test.partition("::")[0] for check in CHECKS}:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {
            f"{file}::{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert {check.test for check in CHECKS if check.test.startswith(f"{file}::")} <= there


def test_each_promise_rests_on_a_check_or_has_a_reason():
    assert {check.promise for check in CHECKS} | set(WITHOUT) == ALL
    assert not {check.promise for check in CHECKS} & set(WITHOUT)


def test_a_check_that_is_not_there_is_told():
    gone = CHECKS[0]._replace(where="no_such_function")
    with pytest.raises(switch_off.NotFoundError, match="no_such_function: found 0 times in the code, required once"):
        switch_off.changed(gone)
    with pytest.raises(switch_off.NotFoundError, match="'no such text' stands there 0 times"):
        switch_off.changed(CHECKS[0]._replace(text="no such text"))


@pytest.mark.timeout(4 * 3600)
def test_a_check_that_is_switched_off_is_caught(record_property):
    is_whole = "MSSMAP_SOAK" in os.environ
    chosen = [check for check in CHECKS if is_whole or check.where in SHORT]
    missed = switch_off.run(chosen, as_they_are=is_whole)
    record_property("figure", f"{len(chosen)} checks switched off, {len(chosen) - len(missed)} caught")
    assert missed == []
