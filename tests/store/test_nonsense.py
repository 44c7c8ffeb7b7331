"""Nonsense in any field of the store is a fault beside its layer; every command goes on."""

from __future__ import annotations

import os
import sqlite3
from datetime import date

import pytest

from mssmap import cli, ingest, scenario, timeline
from mssmap.ingest import attach, prepare
from mssmap.store import open_store

FIELDS = [
    *(("import", name) for name in ("name", "version", "body", "changed_at", "changed_by", "import_id")),
    *(("plan", name) for name in ("name", "version", "body", "changed_at", "changed_by")),
    *(("setting", name) for name in ("value", "version", "key")),
    *(("audit", name) for name in ("at", "actor", "action", "entity", "body", "version", "hash", "before")),
    ("payload", "content"),
]
NONSENSE = ["nonsense", "[1, 2]", "{}", b"\xff\x00", 10**15, -1]


@pytest.fixture(scope="module")
def settings_of(tmp_path_factory, small_folder, small):
    """A store with an import, a plan and a setting, in the settings."""
    folder = tmp_path_factory.mktemp("nonsense")
    store = open_store(f"sqlite:///{folder / 'store.db'}")
    file = folder / "own.csv"
    file.write_text("title,date,category,lat,lon\nMarket burnt,2025-01-04,riot,18.55,-72.34\n")
    reading = ingest.read(file)
    attach.store_import(store, prepare.prepare(reading, next(iter(reading.tables)), small))
    day = timeline.Clocks(date(2025, 1, 18), date(2025, 1, 18))
    store.save(scenario.to_dict(scenario.baseline(small, day).copy("p", "Plan")), version=0)
    store.remember("pack.000001", {"by": "a", "at": "b", "brief": {}, "files": {}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSSMAP_DATABASE_URL", str(store.engine.url))
        patch.setenv("MSSMAP_DATA_DIR", str(small_folder))
        yield store
    store.engine.dispose()


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_every_command_goes_on(settings_of, capsys, table, field):
    store, n = settings_of, FIELDS.index((table, field))
    for value in NONSENSE if os.environ.get("MSSMAP_SOAK") else [NONSENSE[n % len(NONSENSE)]]:
        with sqlite3.connect(store.engine.url.database) as session:
            before = session.execute(f'SELECT rowid, "{field}" FROM "{table}"').fetchall()
            session.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE rowid = ?', (value, before[0][0]))
        attach._stores.clear()
        for command in (["layers"], ["show", "events"], ["brief", "--list"], ["log"], ["log", "--verify"], ["check"]):
            code = cli.run(command)
            said = capsys.readouterr()
            assert "a bug" not in said.err, f"{command} with {value!r}: {said.err}"
            assert code in (0, 1), f"{command} with {value!r}: {said.err}"
        with sqlite3.connect(store.engine.url.database) as session:
            session.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE rowid = ?', (before[0][1], before[0][0]))
