"""Nonsense in any field of the store is told with the name of its record; every command goes on."""

from __future__ import annotations

import os
import re
from datetime import date

import pytest

from mssmap import cli
from mssmap.ingest import pinned
from mssmap.records import timeline
from mssmap.store import damaged, open_store, people, plans, presence

from . import damage
from .conftest import plan

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
    pinned._stores.clear()
    hit = damage.damage(store, value)
    written = [
        ["export", "events", "--format", "csv", "--out", str(tmp_path / "events.zip")],
        ["backup", str(tmp_path / "backup.zip")],
    ]
    for command in (*COMMANDS, *written):
        code = cli.run(command)
        said = capsys.readouterr()
        assert "a bug" not in said.err, f"{command}: {said.err}"
        assert "did not take it" not in said.err, f"{command}: {said.err}"
        assert code in ((2,) if command[-1] == "plan-body" else (0, 1)), f"{command}: {said.err}"
    assert people.has_signed_out(store, "signed_out-at")
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
    if table == "signed_out":
        return False  # its mark counts, whatever stands beside it
    number = value if isinstance(value, int | float) else None
    if (table, field) == ("presence", "seen_at"):
        return number is None
    if (table, field) in {("proposal", "active"), ("proposal", "capacity"), ("proposal", "place")}:
        return True
    chained = table == "audit"
    return chained or isinstance(value, bytes) or not is_text


def told(said, table, name):
    """Whether a line names the record."""
    if table == "payload":
        return f"rows {name[:12]}: found" in said or "import 'rows'" in said
    if table == "audit":
        return f"entry {name} " in said
    return any(f"{name}: " in line and ("found" in line or "cannot be read" in line) for line in said.splitlines())


ON_POSTGRESQL = {
    "plan": {"body": "'[1, 2]'", "version": "-1", "changed_at": "'nonsense'", "name": "E'\\x01\\u202e'"},
    "import": {"body": "'{}'", "version": "-1", "changed_at": "'nonsense'"},
    "person": {"role": "'nonsense'", "version": "-1", "changed_at": "''"},
    "setting": {"value": "'\"text\"'", "version": "-1"},
    "conflict": {"theirs": "'[]'", "entity": "'nonsense'", "merged_at": "'nonsense'"},
    "audit": {"body": "'[]'", "version": "-1", "hash": "'nonsense'"},
    "proposal": {"place": "'SRID=4326;POINT EMPTY'", "capacity": "-1"},
    "answer": {"version": "-1"},
    "presence": {"seen_at": "'NaN'", "name": "E'\\x01'"},
    "signed_out": {"at": "'NaN'"},
}
"""What columns of PostgreSQL let in that mssmap never writes."""


def test_on_postgresql_every_command_goes_on_too(postgres, tmp_path, small_folder, small, monkeypatch, capsys):
    day = timeline.Clocks(date(2025, 1, 18), date(2025, 1, 18))
    first = damage.made(tmp_path / "store.db", small, day, tmp_path)
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(first.engine.url))
    assert cli.run(["backup", str(tmp_path / "first.zip")]) == 0, capsys.readouterr()
    first.engine.dispose()
    url = postgres.database("nonsense")
    monkeypatch.setenv("MSSMAP_DATABASE_URL", url)
    pinned._stores.clear()
    assert cli.run(["restore", str(tmp_path / "first.zip"), "--make-store"]) == 0, capsys.readouterr()
    store = open_store(url)
    with store.engine.begin() as session:
        session.exec_driver_sql("INSERT INTO signed_out VALUES ('signed_out-at', 4000000000)")
        for table, fields in ON_POSTGRESQL.items():
            for n, (field, value) in enumerate(fields.items()):
                key = damage.KEYS.get(table, "seq")
                nth = f'SELECT "{key}" FROM "{table}" ORDER BY "{key}" LIMIT 1 OFFSET {n}'
                session.exec_driver_sql(f'UPDATE "{table}" SET "{field}" = {value} WHERE "{key}" IN ({nth})')
        session.exec_driver_sql("INSERT INTO identity VALUES ('another')")
    pinned._stores.clear()
    for command in (*COMMANDS, ["backup", str(tmp_path / "damaged.zip")], ["check"]):
        code = cli.run(command)
        said = capsys.readouterr()
        assert "a bug" not in said.err, f"{command}: {said.err}"
        assert "did not take it" not in said.err, f"{command}: {said.err}"
        assert code in (0, 1, 2), f"{command}: {said.err}"
    for kind in ON_POSTGRESQL.keys() - {"signed_out"}:
        assert re.search(rf"^{kind} .*found", said.out, re.MULTILINE), said.out
    assert "identity" in said.out
    store.engine.dispose()


def test_a_store_that_only_mssmap_wrote_has_no_faults(url):
    store = open_store(url)
    plans.save(store, plan(), version=0)
    plans.delete(store, "p", version=1)
    assert [line for kind in damaged.TABLES for line in damaged.faults(store, kind, only_columns=True)] == []
    store.engine.dispose()


@pytest.mark.parametrize("change", ["DELETE FROM identity", "INSERT INTO identity VALUES ('another')"])
def test_a_store_without_one_id_starts_and_is_written(url, change):
    store = open_store(url)
    with store.engine.begin() as session:
        session.exec_driver_sql(change)
    store.engine.dispose()
    for version in range(2):
        other = open_store(url)
        plans.save(other, plan(), version=version)
        assert presence.watch(other, "p", tab="t", now=1.0) is not None
        assert len(damaged.faults(other, "identity")) == ("another" in change)
        other.engine.dispose()
