"""Nonsense in any field of the store is told with the name of its record; every command goes on."""

from __future__ import annotations

import os
from datetime import date

import pytest

from mssmap import cli, timeline
from mssmap.ingest import attach

from . import damage

COMMANDS = (
    ["layers"],
    ["show", "events"],
    ["brief", "--list"],
    ["log"],
    ["log", "--by-time"],
    ["log", "--verify"],
    ["people"],
    ["conflicts"],
    ["archive", "list"],
    ["coverage", "--scenario", "plan-body"],
)
"""Each ends with its answer; a plan that was damaged is refused in a line."""


@pytest.mark.parametrize("value", damage.NONSENSE if os.environ.get("MSSMAP_SOAK") else damage.NONSENSE[:4:3])
def test_every_command_goes_on_and_check_names_each_record(tmp_path, small_folder, small, monkeypatch, capsys, value):
    day = timeline.Clocks(date(2025, 1, 18), date(2025, 1, 18))
    store = damage.made(tmp_path / "store.db", small, day, tmp_path)
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(store.engine.url))
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    attach._stores.clear()
    hit = damage.damage(store, value)
    for command in (*COMMANDS, ["export", "events", "--format", "csv", "--out", str(tmp_path / "events.zip")]):
        code = cli.run(command)
        said = capsys.readouterr()
        assert "a bug" not in said.err, f"{command}: {said.err}"
        assert "did not take it" not in said.err, f"{command}: {said.err}"
        assert code in ((2,) if command[-1] == "plan-body" else (0, 1)), f"{command}: {said.err}"
    assert cli.run(["check"]) == 1
    said = capsys.readouterr().out
    print(said)
    lacking = [
        f"{table}.{field} {name}"
        for (table, field), name in hit.items()
        if _is_wrong(table, field, value) and not told(said, table, name)
    ]
    assert lacking == []
    assert "plan plan-sound:" not in said
    store.engine.dispose()


def _is_wrong(table, field, value):
    """Whether a value cannot stand in a field; in one of text any text can."""
    is_text = (table, field) not in {("person", "role"), ("conflict", "entity"), ("audit", "action")} and not (
        field in {"version", "deleted", "removed", "body", "value", "theirs", "content"} or field.endswith("at")
    )
    chained = table == "audit"
    return chained or isinstance(value, bytes) or not is_text


def told(said, table, name):
    """Whether a line names the record."""
    if table == "payload":
        return f"rows {name[:12]}: found" in said or "import 'rows'" in said
    if table == "audit":
        return f"entry {name} " in said
    return any(f"{name}: " in line and ("found" in line or "cannot be read" in line) for line in said.splitlines())
