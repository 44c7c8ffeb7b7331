"""What a killed process was writing is gone after the next one; what a living one writes stays."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import psutil
import pytest
from archive.samples import TEN, rows, write

from mssmap.archive import shelf
from mssmap.ingest import field_copy
from mssmap.maps import assets
from mssmap.store import backup, disk, open_store, plans
from mssmap.ui import cache

from .conftest import SOAK, plan
from .disk import left_beside

KILLS = 40 if SOAK else 1
BEGUN = (".", field_copy.WORK, disk.WORK)

HOLDS = """
import sys, tempfile
from contextlib import ExitStack
from pathlib import Path
from mssmap.store import disk
from mssmap.archive import shelf
with ExitStack() as held:
    if sys.argv[1] == "folder":
        (held.enter_context(disk.work_folder(sys.argv[2], Path(sys.argv[3]))) / "rows").write_text("half")
    else:
        held.enter_context(disk.written(Path(sys.argv[3]) / "target", sys.argv[2])).write(b"half")
    print("ready", flush=True)
    sys.stdin.read()
"""


def writing(kind: str, prefix: str, folder: Path) -> subprocess.Popen[str]:
    """Start a process that is in the middle of its work."""
    arguments = [sys.executable, "-c", HOLDS, kind, prefix, str(folder)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def left(folder: Path, prefix: str) -> list[Path]:
    return list(folder.glob(f"{prefix}*"))


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_a_killed_process_was_writing_is_swept_and_what_a_living_one_writes_is_not(tmp_path, kind):
    alive, dead = writing(kind, ".part-", tmp_path), writing(kind, ".part-", tmp_path)
    killed(dead)
    assert len(left(tmp_path, ".part-")) == 2
    disk.sweep(tmp_path, ".part-")
    assert len(left(tmp_path, ".part-")) == 1
    killed(alive)
    disk.sweep(tmp_path, ".part-")
    assert left(tmp_path, ".part-") == []


def test_the_next_back_up_removes_what_a_killed_one_left(tmp_path):
    killed(writing("file", backup.PART, tmp_path))
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert len(left(tmp_path, backup.PART)) == 1
    backup.backup(store, tmp_path / "kept.zip")
    assert left(tmp_path, backup.PART) == []
    store.engine.dispose()


def test_the_next_archive_removes_what_a_killed_one_left(tmp_path):
    killed(writing("folder", ".writing-", tmp_path))
    killed(writing("file", ".manifest-", tmp_path))
    write(tmp_path, rows(TEN))
    assert left(tmp_path, ".") == []


def test_the_next_merge_removes_what_a_killed_one_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed(writing("folder", field_copy.WORK, tmp_path))
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    backup.backup(store, tmp_path / "kept.zip")
    with field_copy.opened(tmp_path / "kept.zip"):
        assert len(left(tmp_path, field_copy.WORK)) == 1, "its own"
    assert left(tmp_path, field_copy.WORK) == []
    store.engine.dispose()


def test_the_next_start_removes_what_a_killed_server_was_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cache, "static_folder", lambda: tmp_path / "static")
    (tmp_path / "static").mkdir()
    for work in (disk.WORK, field_copy.WORK):
        killed(writing("folder", work, tmp_path))
    killed(writing("file", assets.PART, tmp_path / "static"))
    cache.sweep()
    assert [path for path in tmp_path.rglob("*") if path.name != "static"] == []


UNLISTED = """
import sys
from pathlib import Path
from archive.samples import TEN, rows, write
from mssmap.archive import shelf
shelf._write = lambda *_: (print("ready", flush=True), sys.stdin.read())
write(Path(sys.argv[1]), rows(TEN))
"""


def test_rows_that_a_killed_archive_put_on_the_shelf_go_and_those_of_a_living_one_stay(tmp_path, monkeypatch):
    path = os.pathsep.join(sys.path)
    arguments = [sys.executable, "-c", UNLISTED, str(tmp_path)]
    process = subprocess.Popen(
        arguments, env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    killed(process)
    found = shelf.Shelf(tmp_path)
    kept = write(tmp_path, rows(TEN[:4]))
    assert len(left(tmp_path, "ten-")) == 3, "it may be another process that has not come to the manifest yet"
    monkeypatch.setattr(shelf, "UNLISTED_S", -1)
    found.sweep()
    assert {path.stem for path in tmp_path.iterdir()} == {kept.name}
    found.remove(kept.name)
    found.sweep()
    assert [item.name for item in found.removed()] == [kept.name]


def at_work(url: str, folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", f"from store.writer import work_on; work_on({url!r}, {str(folder)!r})"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_work_that_is_killed_at_any_moment_leaves_nothing_after_the_next_start(tmp_path, monkeypatch, record_property):
    """Back-ups, field copies, archives; the process that reads for them ends with who started it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cache, "static_folder", lambda: tmp_path)
    monkeypatch.setattr(shelf, "UNLISTED_S", -1)
    file = tmp_path / "store" / "store.db"
    store = open_store(f"sqlite:///{file}")
    plans.save(store, plan(), version=0)
    swept = 0
    for number in range(KILLS):
        working = at_work(f"sqlite:///{file}", tmp_path)
        time.sleep(random.Random(number).uniform(0.0, 3.0))
        readers = psutil.Process(working.pid).children(recursive=True)
        killed(working)
        assert psutil.wait_procs(readers, timeout=120)[1] == []
        swept += sum(len(left(place, start)) for place, start in product((tmp_path, tmp_path / "archives"), BEGUN))
        cache.sweep()
        (tmp_path / "copy.zip").unlink(missing_ok=True)
        backup.backup(store, tmp_path / "copy.zip")
        archives = shelf.Shelf(tmp_path / "archives")
        write(archives.folder, rows(TEN[:4]))
        for item in archives.listed():
            archives.delete(item.name)
        assert list(archives.folder.iterdir()) == []
        assert {path.name for path in tmp_path.iterdir()} == {"store", "archives", "copy.zip"}
    store.engine.dispose()
    assert left_beside(file) == []
    record_property(
        "figure", f"{KILLS} kills of back-ups, field copies and archives, 0 of {swept} left by the next start"
    )
