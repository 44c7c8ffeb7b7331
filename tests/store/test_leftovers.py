"""What a killed process was writing is gone after the next one; what a living one writes stays."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from archive.samples import TEN, rows, write

from mssmap import disk
from mssmap.ingest import field_copy
from mssmap.maps import assets
from mssmap.store import backup, open_store
from mssmap.ui import cache

HOLDS = """
import sys, tempfile
from contextlib import ExitStack
from pathlib import Path
from mssmap import disk
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
