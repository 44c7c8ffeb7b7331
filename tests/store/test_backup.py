"""Back-up and restore, on both databases and across them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mssmap import cli
from mssmap.errors import DataError, InputError
from mssmap.jail import box, wire
from mssmap.jail.jobs import Task
from mssmap.store import (
    Store,
    audit,
    backup,
    backup_file,
    backup_zip,
    damaged,
    disk,
    imports,
    notes,
    open_store,
    payloads,
    tables,
)
from mssmap.store import plans as kept_plans
from mssmap.store.backup_file import BOUNDS

from .conftest import plan


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a second empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    return str(request.getfixturevalue("postgres").database("other"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.zip"


def filled(store: Store) -> Store:
    """Two plans, one deleted, an import with rows of bytes, a setting: 7 changes."""
    kept_plans.save(store, plan("p", "Jérémie"), version=0, actor="ana")
    kept_plans.save(store, plan("p", "Jérémie 2", note="déjà {vu}"), version=1, actor="bea")
    kept_plans.undo(store, "p", version=2)
    kept_plans.save(store, plan("q"), version=0)
    kept_plans.delete(store, "q", version=1)
    imports.save(store, {"id": "i", "name": "Own"}, bytes(range(256)))
    notes.remember(store, "last_brief", {"day": "2025-01-18", "share": 0.25})
    return store


def everything(store: Store) -> dict[str, list[Any]]:
    with store.engine.connect() as session:
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in backup._tables()
        }


def test_of_more_rows_than_are_written_at_once_all_come_back(tmp_path, file):
    full = open_store(f"sqlite:///{tmp_path / 'full.db'}")
    for number in range(2 * backup.ROWS_AT_ONCE + 1):
        notes.remember(full, f"note.{number:04}", {"number": number})
    backup.backup(full, file)
    again = open_store(f"sqlite:///{tmp_path / 'again.db'}")
    backup.restore(again, file)
    assert everything(again) == everything(full)
    assert audit.faults(again.trail()) == []


def test_what_comes_back_is_what_was_there(store, other, file):
    made = backup.backup(filled(store), file)
    again = open_store(other)
    backup.restore(again, file)
    assert everything(again) == everything(store)
    assert (made.changes, made.faults) == (7, [])
    assert audit.faults(again.trail()) == []
    assert imports.content(again, imports.find(again, "i")) == bytes(range(256))
    # and people go on where they were
    assert kept_plans.redo(again, "p", version=3).name == "Jérémie 2"
    again.engine.dispose()


def test_a_backup_during_writes_is_one_moment(store, url, file):
    """Four writers go on; each file shows the counts of exactly the changes its trail holds."""
    kept_plans.save(store, plan(counts={}), version=0)
    stop = threading.Event()

    def write(name: str) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            kept_plans.save(own, plan(name, counts={"n": n}), version=n - 1)

    own = open_store(url)
    writers = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
    for writer in writers:
        writer.start()
    try:
        made = [backup.backup(store, file.with_name(f"{i}.zip")) for i in range(5)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    own.engine.dispose()
    assert [one.faults for one in made] == [[]] * 5
    assert made[0].changes < made[-1].changes
    for number, one in enumerate(made):
        with zipfile.ZipFile(file.with_name(f"{number}.zip")) as kept:
            plans = [json.loads(line) for line in kept.open("plan.jsonl")]
        assert sum(row["version"] for row in plans) == one.changes


def test_the_file_appears_only_when_it_is_complete(store, tmp_path, file, monkeypatch):
    filled(store)

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", broken)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"kept.zip: it cannot be written \(No space left on device\)"):
        backup.backup(store, file)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_is_there_is_not_overwritten(store, file):
    file.write_text("mine")
    with pytest.raises(InputError, match=r"found a file already, required a new name"):
        backup.backup(store, file)
    assert file.read_text() == "mine"


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Change the members of a zip."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def edited(members: dict[str, bytes]) -> None:
    members["plan.jsonl"] = members["plan.jsonl"].replace(b'"local"', b'"eva"')


def dropped(members: dict[str, bytes]) -> None:
    del members["plan.jsonl"]


def newer(members: dict[str, bytes]) -> None:
    """Its manifest says more, too."""
    said = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps({**said, "version": 3, "more": {}}).encode()


def newer_tables(members: dict[str, bytes]) -> None:
    said = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps({**said, "revision": "9999"}).encode()


def something_else(members: dict[str, bytes]) -> None:
    members["manifest.json"] = b'{"format": "photo album"}'


def forged(members: dict[str, bytes]) -> None:
    """An entry of the trail rewritten by somebody who can count and hash."""
    members["audit.jsonl"] = members["audit.jsonl"].replace(b'"actor":"ana"', b'"actor":"eva"')
    said = json.loads(members["manifest.json"])
    said["tables"]["audit"]["sha256"] = hashlib.sha256(members["audit.jsonl"]).hexdigest()
    members["manifest.json"] = json.dumps(said).encode()


def beheaded(members: dict[str, bytes]) -> None:
    """The newest change cut off: only the head in the manifest tells."""
    members["audit.jsonl"] = b"".join(members["audit.jsonl"].splitlines(keepends=True)[:-1])
    said = json.loads(members["manifest.json"])
    mark = hashlib.sha256(members["audit.jsonl"]).hexdigest()
    said["tables"]["audit"] = {"rows": 6, "sha256": mark}
    members["manifest.json"] = json.dumps(said).encode()


def doubled(members: dict[str, bytes]) -> None:
    """A row twice, by somebody who can count and hash."""
    members["plan.jsonl"] *= 2
    said = json.loads(members["manifest.json"])
    said["tables"]["plan"] = {"rows": 4, "sha256": hashlib.sha256(members["plan.jsonl"]).hexdigest()}
    members["manifest.json"] = json.dumps(said).encode()


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (edited, DataError, r"plan is not what was written\. Use another back-up; the store was not touched"),
        (dropped, DataError, r"plan is missing"),
        (newer, InputError, r"found a back-up of a newer mssmap .* Update mssmap"),
        (newer_tables, InputError, r"found a back-up of a newer mssmap"),
        (something_else, InputError, r"found no back-up of mssmap"),
        (forged, DataError, r"audit trail is not whole: entry 1 was changed after it was written"),
        (doubled, DataError, r"plan is not what was written"),
        (beheaded, DataError, r"it ends otherwise than the manifest says"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_cannot_be_trusted_is_refused(store, other, file, change, kind, said):
    backup.backup(filled(store), file)
    rewritten(file, change)
    target = open_store(other)
    kept_plans.save(target, plan("mine"), version=0)
    with pytest.raises(kind, match=said):
        backup.restore(target, file, replace=True)
    assert [one.plan_id for one in kept_plans.listed(target)] == ["mine"]
    target.engine.dispose()


def inside(content: bytes) -> dict[str, Any]:
    """Do here what the reading process does with a file, which takes it a moment to start."""
    given = backup_zip.order("manifest", BOUNDS, tables=backup_file.known_columns(), revisions=backup_file._revisions())
    said = io.BytesIO()
    backup_zip.work(Task(io.BytesIO(content), "kept.zip", backup_zip.LIMITS, given, said))
    kind, frame = list(wire.frames(bytearray(said.getvalue())))[-1]
    assert kind == wire.END
    return json.loads(frame)


def test_damage_anywhere_is_refused_or_harmless(tmp_path, file):
    """Every fifth byte of the file changed in turn: most refuse it; what is not refused reads as it was written."""
    backup.backup(filled(open_store(f"sqlite:///{tmp_path / 'store.db'}")), file)
    content = file.read_bytes()
    sound = inside(content)
    refused = 0
    tried = range(0, len(content), 5)
    for at in tried:
        said = inside(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        refused += "fault" in said
        assert "fault" in said or said == sound, f"byte {at}"
    assert refused > 0.7 * len(tried)


def test_a_store_that_holds_something_is_refused_or_kept(store, other, file):
    backup.backup(filled(store), file)
    target = open_store(other)
    kept_plans.save(target, plan("mine", "Mine"), version=0)
    with pytest.raises(InputError, match=r"found a store that holds something already, required an empty one"):
        backup.restore(target, file)
    assert [one.name for one in kept_plans.listed(target)] == ["Mine"]
    _made, kept = backup.restore(target, file, replace=True)
    assert everything(target) == everything(store)
    backup.restore(target, kept, replace=True)
    assert [one.name for one in kept_plans.listed(target)] == ["Mine"]
    target.engine.dispose()


def test_a_matrix_alone_makes_a_store_not_empty(store, file):
    backup.backup(store, file)
    store.write(lambda session: payloads.put(session, b"minutes"))
    with pytest.raises(InputError, match="holds something already"):
        backup.restore(store, file)


def test_a_backup_of_older_tables_is_migrated(store, other, file, monkeypatch):
    """Made by the first mssmap, which had no imports."""
    kept_plans.save(store, plan(name="old"), version=0)
    earliest = [table for table in backup._tables() if table.name in {"plan", "proposal", "audit", "setting"}]
    with store.engine.connect().execution_options(writes=True) as session, session.begin():
        for table in set(tables.metadata.tables.values()) - set(earliest):
            session.execute(sa.schema.DropTable(table))
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    with monkeypatch.context() as then:
        then.setattr(backup, "_tables", lambda: earliest)
        assert backup.backup(store, file).revision == "0001"
    again = open_store(other)
    backup.restore(again, file)
    assert kept_plans.find(again, "p").name == "old"
    assert set(sa.inspect(again.engine).get_table_names()) >= set(tables.metadata.tables)
    again.engine.dispose()


def test_every_column_has_a_type_that_the_file_can_hold():
    """A new table with another type would come back as something else."""
    known = (sa.String, sa.Integer, sa.Boolean, sa.JSON, sa.LargeBinary, tables.Point, sa.Float)
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            assert isinstance(column.type, known), f"{table.name}.{column.name}: teach backup._line and backup._value"


def test_the_commands(tmp_path, file, monkeypatch, capsys):
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'store.db'}")
    assert cli.run(["backup", str(file)]) == 2
    assert "found no store at sqlite:///" in capsys.readouterr().err
    filled(open_store(f"sqlite:///{tmp_path / 'new' / 'store.db'}"))
    assert cli.run(["backup", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{file}\n"
    assert "7 changes" in said.err
    assert said.err.endswith("trail whole\n")
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'second.db'}")
    assert cli.run(["restore", str(tmp_path / "none.zip")]) == 2
    assert (
        capsys.readouterr().err == f"mssmap: {tmp_path / 'none.zip'}: it cannot be read (No such file or directory).\n"
    )
    assert not (tmp_path / "second.db").exists()
    assert cli.run(["restore", "--make-store", str(file)]) == 0
    assert cli.run(["restore", str(file)]) == 2
    assert "Add --replace" in capsys.readouterr().err
    assert cli.run(["restore", "--replace", str(file)]) == 0
    assert "what was in the store stands in" in capsys.readouterr().err


def test_a_back_up_is_opened_in_the_reading_process_only(store, file, tmp_path, monkeypatch):
    """Here nobody can unpack anything, and it is read and restored all the same."""
    backup.backup(filled(store), file)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    again = open_store(f"sqlite:///{tmp_path / 'again.db'}")
    backup.restore(again, file)
    assert everything(again) == everything(store)
    again.engine.dispose()


def test_a_file_that_changed_since_it_was_checked_is_refused(store, other, file):
    """What is taken is what was checked: the rows are compared again as they come."""
    backup.backup(filled(store), file)
    known = backup_file.read(file)
    rewritten(file, edited)
    target = open_store(other)
    with pytest.raises(DataError, match="plan is not what was written"):
        backup.restore(target, file, known)
    assert kept_plans.listed(target) == []
    target.engine.dispose()


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "kept.zip")
    with pytest.raises(InputError, match=r"kept\.zip: it cannot be read \(no plain file\)\.$"):
        backup_file.read(tmp_path / "kept.zip")


def test_a_process_that_says_something_else_is_no_back_up(store, file, monkeypatch):
    backup.backup(filled(store), file)

    def says(*_given: Any) -> Any:
        yield from ()
        return {"manifest": {"format": "mssmap-backup", "tables": 5}}

    monkeypatch.setattr(box, "stream", says)
    with pytest.raises(InputError, match="found no back-up of mssmap"):
        backup_file.read(file)


def test_points_of_a_plan_that_is_not_there_are_told(tmp_path):
    """A back-up leaves them out: nobody made them, and nothing could put them back."""
    kept = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    place = {"id": "x", "name": "X", "kind": "fob", "rule": "straight", "lon": -72.3, "lat": 18.5}
    kept_plans.save(kept, {**plan("gone"), "proposals": [place, {**place, "id": "y"}]}, version=0)
    with closing(sqlite3.connect(tmp_path / "store.db")) as other, other:
        other.execute("DELETE FROM plan")
    assert damaged.faults(kept, "proposal") == [
        "proposals: found 2 of plan 'gone', required a plan of the store. No back-up holds them."
    ]
