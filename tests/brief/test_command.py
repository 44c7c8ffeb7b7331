"""`mssmap brief`: what it writes, what it tells, how it ends."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from mssmap import cli
from mssmap.store import open_store

MADE = "2025-01-19T09:30:00+00:00"


@pytest.fixture
def run(capsys, monkeypatch, tmp_path, small_folder):
    """Return a runner on the small data and a store of its own; it gives exit code, stdout and stderr."""
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    open_store(f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(("brief", *arguments))
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def verify(run, capsys):
    """Return a runner of `mssmap verify`, on the same data and store as `run`."""

    def call(path: Path) -> tuple[int, str, str]:
        code = cli.run(("verify", str(path)))
        return code, *capsys.readouterr()

    return call


def test_verify_proves_a_pack_and_names_what_was_edited(run, verify, tmp_path):
    run("--as-of", "2025-01-18", "--known-on", "2025-01-18", "--created", MADE, "--out", str(tmp_path))
    path = tmp_path / "HTI_Situation_A4_20250118.zip"
    code, out, err = verify(path)
    assert (code, out) == (0, f"unchanged: {path}\n")
    assert "pack 1 of this store, made " in err
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", "x")
    code, out, _err = verify(path)
    assert (code, out) == (1, f"edited: {path}\nmore.txt: added\n")


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_pack_is_written_told_recorded_and_made_again(run, tmp_path):
    code, out, err = run("--as-of", "2025-01-18", "--known-on", "2025-01-18", "--since", "2024-11-01",
                         "--lang", "fr", "--created", MADE, "--out", str(tmp_path / "out"))  # fmt: skip
    stem = "HTI_Situation_A4_20250118"
    assert code == 0
    assert [line.split()[0].rpartition("/")[2] for line in out.splitlines()] == [
        f"{stem}{end}" for end in (".zip", ".pdf", ".pptx", ".html")
    ]
    assert "0% Reading the records" in err
    assert err.splitlines()[-1].startswith("mssmap: pack 1, map HTI-20250118-")
    code, out, err = run("--again", "1", "--out", str(tmp_path / "again"))
    assert (code, err.splitlines()[-1]) == (0, "mssmap: pack 1 made again, every file the same")
    assert hashes(tmp_path / "again") == hashes(tmp_path / "out")
    code, out, _err = run("--list")
    assert code == 0
    assert out.split()[0] == "1"
    assert "version 1  as of 2025-01-18  known on 2025-01-18  fr  A4" in out


def test_what_changed_since_a_pack(run, tmp_path):
    run("--as-of", "2025-01-18", "--known-on", "2025-01-18", "--created", MADE, "--out", str(tmp_path / "one"))
    code, _out, err = run("--as-of", "2025-01-23", "--known-on", "2025-01-23", "--since-pack", "1",
                          "--created", MADE, "--out", str(tmp_path / "two"))  # fmt: skip
    assert (code, err.splitlines()[-1][:14]) == (0, "mssmap: pack 2")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "mssmap: --out: found nothing, required a folder for the pack."),
        (("--out", "x", "--lang", "de"), "mssmap: lang: found 'de', required one of en, fr, ht, es."),
        (("--out", "x", "--created", "noon"), "mssmap: --created: found 'noon', required a time with its zone"),
        (("--out", "x", "--again", "7"), "mssmap: pack 7: is not in the history; mssmap brief --list shows what is."),
        (("--out", "x", "--region", "Atlantis"), "mssmap: region: "),
        (("--out", "/proc/none", "--as-of", "2025-01-18"), "mssmap: --out: /proc/none cannot be written"),
    ],
)
def test_what_cannot_be_used_ends_with_one_line(run, arguments, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(words)
    assert "Traceback" not in err
