"""Plans and mappings from outside: measured where they are opened, refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from mssmap.errors import InputError
from mssmap.ingest import mapping
from mssmap.jail import documents
from mssmap.planning import on_data, plan_file, scenario
from mssmap.records.timeline import Clocks


@pytest.fixture
def plan(small) -> dict[str, Any]:
    clocks = Clocks(date(2025, 6, 30), date(2025, 6, 30))
    found: dict[str, Any] = json.loads(plan_file.to_json(scenario.baseline(small, clocks, "F6")))
    return found


def changed(plan: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**plan, "scenario": {**plan["scenario"], **values}}


DIGITS = int("9" * 400)

FAULTS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "digits": (lambda p: changed(p, standard={"value": DIGITS, "unit": "min"}), "found a number of 400 digits"),
    "surrogate": (lambda p: changed(p, name="\ud800"), r"found half a character in '\\ud800'"),
    "surrogate key": (lambda p: changed(p, **{"\udfff": 1}), "found half a character"),
    "infinite": (lambda p: changed(p, note=float("inf")), "found Infinity, which is no number of JSON"),
    "version": (lambda p: {**p, "version": "x" * 90_000}, r"found version 'x{57}\.\.\.', required"),
    "deep": (lambda p: changed(p, note=json.loads("[" * 400 + "]" * 400)), "found JSON nested very deep"),
    "capacity": (
        lambda p: changed(p, proposals=[{"id": "p", "name": "p", "lon": -72.3, "lat": 18.5, "capacity": 10**17}]),
        "capacity: found 100000000000000000, required a whole number or null",
    ),
    "unknown keys": (lambda p: changed(p, **{"k" * 9_000: 1}), r"unknown key k{57}\.\.\., there are"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_plan_that_cannot_be_used_is_one_short_line(plan, fault):
    change, message = FAULTS[fault]
    with pytest.raises(InputError, match=rf"^plan\.json: .*{message}|^scenario file: .*{message}") as told:
        plan_file.from_file(json.dumps(change(plan)).encode(), "plan.json")
    assert len(str(told.value)) < 800
    assert "\n" not in str(told.value)


def test_the_same_texts_given_by_a_program_are_refused_too(plan):
    for change in (changed(plan, name="\ud800"), changed(plan, standard={"value": DIGITS, "unit": "min"})):
        with pytest.raises(InputError, match="scenario file: "):
            plan_file.from_json(json.dumps(change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found text that is not JSON"),
        (b"\xff{}", "found byte 0xff at 0, required text in UTF-8"),
        (b'{"a": 1, "a": 2}', "found the key a twice in one object"),
        (b'{"a": 1e999}', "found the number 1e999, required one below"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "found a number of 5,000 digits, required at most 18"),
        (b"[" * 100_000, "found JSON nested very deep"),
        (b"[" * 21 + b"]" * 21, "found JSON nested very deep, required at most 20 levels"),
        (b'"a\\ud800"', "found half a character"),
        (json.dumps("x" * 100_001).encode(), "found 100,001 characters in one text"),
        (b" " * 2_000_001, "found 2,000,001 bytes, required at most 2,000,000"),
    ],
)
def test_a_document_is_measured(content, message):
    with pytest.raises(InputError, match=rf"^a\.json: {message}"):
        documents.read(content, "a.json")


def test_a_plan_that_nobody_touched_is_read_as_it_is(plan, small, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    clocks = Clocks(date(2025, 6, 30), date(2025, 6, 30))
    assert on_data.find(small, str(tmp_path / "plan.json"), clocks) == scenario.baseline(small, clocks, "F6")


def test_a_field_is_not_filled_from_one_column_ten_thousand_times():
    content = {"columns": {"title": ["a"] * 10_000}}
    with pytest.raises(InputError, match="mapping, columns: found 10,000 names under title, required at most 400"):
        mapping.from_file(json.dumps(content).encode(), "m.json")
    assert mapping.from_file(mapping.dumps(mapping.Mapping()).encode(), "m.json") == mapping.Mapping()
