"""A field copy is a file from outside: it is proved before anything of it is merged."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mssmap import cli, ingest
from mssmap.errors import MssmapError
from mssmap.ingest import attach, field_copy, prepare
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.store import Store, backup, imports, merge, open_store, plans


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Store]:
    """Return the store of headquarters."""
    found = open_store(f"sqlite:///{tmp_path / 'hq.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Store]:
    """Return the store of a laptop."""
    found = open_store(f"sqlite:///{tmp_path / 'laptop.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def body(small: Data, on: Callable[..., Any]) -> Callable[[str], dict[str, Any]]:
    """Return a maker of the content of real plans."""
    base = scenario.baseline(small, on("2025-01-18"))
    return lambda name: plan_file.to_dict(base.copy("p", name))


def copy_of(store: Store, folder: Path) -> Path:
    path = folder / "copy.zip"
    path.unlink(missing_ok=True)
    backup.backup(store, path)
    return path


def test_a_conflict_is_decided_on_the_command_line(hq, laptop, body, tmp_path, monkeypatch, small_folder):
    plans.save(hq, body("Shared"), version=0, actor="ana")
    backup.restore(laptop, copy_of(hq, tmp_path))
    plans.save(laptop, body("Theirs"), version=1, actor="bea")
    plans.save(hq, body("Ours"), version=1, actor="ana")
    file = copy_of(laptop, tmp_path)
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(hq.engine.url))
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))

    runner = CliRunner()
    done = runner.invoke(cli.app, ["merge", str(file), "--from", "laptop 3"])
    used = f"mssmap: store {hq.engine.url}\n"
    assert (done.exit_code, done.stderr) == (
        0,
        f"{used}mssmap: 1 change merged, 1 were here already\nmssmap: 1 conflict to decide: mssmap conflicts\n",
    )
    (conflict,) = merge.conflicts(hq)
    listed = runner.invoke(cli.app, ["conflicts"]).stdout
    assert conflict.conflict_id in listed
    assert "Theirs" in listed
    assert "laptop 3" in listed
    decided = runner.invoke(cli.app, ["conflicts", "--decide", conflict.conflict_id, "--keep", "theirs"])
    assert (
        decided.stderr == f"{used}mssmap: Theirs: theirs kept; the other side stays in the trail as {conflict.branch}\n"
    )
    assert plans.find(hq, "p").name == "Theirs"
    trail = runner.invoke(cli.app, ["log", "--by-time"]).stdout.splitlines()
    assert [line.endswith("(from laptop 3)") for line in trail[:3]] == [False, True, False]
    assert [" bea " in line for line in trail[:3]] == [False, True, False]
    assert runner.invoke(cli.app, ["log", "--verify"]).exit_code == 0


def test_an_import_comes_home(hq, laptop, small, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("title,date,category,lat,lon\nMarket burnt,2025-01-04,security,18.55,-72.34\n")
    reading = ingest.read(file)
    attach.store_import(laptop, prepare.prepare(reading, next(iter(reading.tables)), small))
    done = field_copy.take(hq, copy_of(laptop, tmp_path), origin="laptop 3")
    assert done.taken == 1
    (item,) = imports.listed(hq)
    assert imports.content(hq, item) == imports.content(laptop, imports.listed(laptop)[0])


def damaged(laptop: Store, file: Path) -> None:
    with zipfile.ZipFile(file) as whole:
        first = max(whole.infolist(), key=lambda member: member.compress_size)
    content = bytearray(file.read_bytes())
    start = first.header_offset + 30 + len(first.filename.encode())  # a flipped byte of a date would harm nobody
    content[start + first.compress_size // 2] ^= 0xFF
    file.write_bytes(content)


def no_zip(laptop: Store, file: Path) -> None:
    file.write_bytes(b"no zip")


def edited_trail(laptop: Store, file: Path) -> None:
    with laptop.engine.begin() as session:
        session.exec_driver_sql("UPDATE audit SET actor = 'somebody else'")
    file.unlink()
    backup.backup(laptop, file)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damaged, r"damaged|cannot be read|not what was written"),
        (no_zip, r"back-up"),
        (edited_trail, r"audit trail is not whole"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_merged(hq, laptop, body, tmp_path, harm, words):
    plans.save(laptop, body("Fine"), version=0)
    file = copy_of(laptop, tmp_path)
    harm(laptop, file)
    with pytest.raises(MssmapError, match=words) as told:
        field_copy.take(hq, file, origin="laptop 3")
    assert "\n" not in str(told.value)
    assert hq.trail() == []


def test_a_copy_without_a_name_is_refused(hq, laptop, body, tmp_path):
    plans.save(laptop, body("Fine"), version=0)
    with pytest.raises(MssmapError, match=r"^origin: found nothing, required what people call the laptop"):
        field_copy.take(hq, copy_of(laptop, tmp_path), origin="  \n")
