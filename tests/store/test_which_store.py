"""Each command says which store it used; one that is not there is never made on the side."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer.main

from mssmap import cli
from mssmap.records.submissions.joined import Accepted, dated
from mssmap.releases import publishing
from mssmap.store import backup, open_store, plans

from .conftest import plan

DAY = ("--as-of", "2025-01-18", "--known-on", "2025-01-18")
FILE = "date,lat,lon,title\n2025-01-02,18.55,-72.35,One\n2025-01-03,18.55,-72.25,Two\n"

EVENT = {
    **{"kind": "event", "category": "gang_attack", "title_en": "One", "valid_from": "2025-03-01"},
    "sources": [{"title": "T", "publisher": "P", "url": "https://example.org/p", "published_on": "2025-03-02"}],
}

READS = {
    "layers": ("layers",),
    "light": ("light", "{folder}/light.html"),
    "show": ("show", "fobs"),
    "events": ("events",),
    "changes": ("changes", "--since", "2025-01-01"),
    "export": ("export", "fobs", "--format", "csv", "--out", "{folder}/made.zip"),
    "verify": ("verify", "{folder}/fobs.gpkg"),
    "coverage": ("coverage",),
    "site": ("site", "-k", "1"),
    "check": ("check",),
    "import, dry": ("import", "{folder}/file.csv", "--dry-run"),
}
"""What works without a store: the data folder is enough."""

NEEDS = {
    "people": ("people",),
    "people grant": ("people", "grant", "ana@example.org", "admin"),
    "log": ("log",),
    "log --verify": ("log", "--verify"),
    "backup": ("backup", "{folder}/made.zip"),
    "merge": ("merge", "{folder}/copy.zip", "--from", "laptop"),
    "conflicts": ("conflicts",),
    "import --remove": ("import", "--remove", "none"),
    "brief --list": ("brief", "--list"),
    "archive remove": ("archive", "remove", "none"),
    "archive restore": ("archive", "restore", "none"),
    "archive convert": ("archive", "convert"),
    "publish": ("publish",),
    "inbox list": ("inbox", "list"),
    "inbox show": ("inbox", "show", "1"),
    "inbox accept": ("inbox", "accept", "1"),
    "inbox reject": ("inbox", "reject", "1", "--reason", "no"),
    "inbox return": ("inbox", "return", "1", "--reason", "which?"),
}
"""What is about what stands in the store."""

MAKES = {
    "import": ("import", "{folder}/file.csv"),
    "archive add": ("archive", "add", "{folder}/file.csv"),
    "submit": ("submit", "{folder}/event.json"),
    "brief": ("brief", *DAY, "--out", "{folder}/out"),
    "restore": ("restore", "{folder}/copy.zip"),
    "update": ("update", "{folder}/release.zip", "--unsigned"),
}
"""What may be the first thing that somebody does: with --make-store."""

OTHERS = {
    *("serve", "archive list", "archive show", "streets add", "streets list", "streets remove"),
    *("sources check", "sources keep", "sources list"),
}
"""The server, which makes the store, what only looks at a folder beside it, and streets, which no store knows."""


def release(small_folder: Path, folder: Path) -> bytes:
    """Return a release in which there is one more source."""
    copied = Path(shutil.copytree(small_folder, folder / "data"))
    row = {"source_id": "new", "title": "T", "publisher": "P", "publisher_kind": "press", "reliability": "C"}
    batch = Accepted("submission 1", dated({"sources": [{**row, "language": "en"}]}, "2025-06-01"))
    made = publishing.publish(copied, [batch], date(2025, 6, 30)).content
    shutil.rmtree(copied)
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Path:
    """What the commands are given: a table, a back-up and an export."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "file.csv").write_text(FILE, encoding="utf-8")
    (folder / "event.json").write_text(json.dumps(EVENT), encoding="utf-8")
    store = open_store(f"sqlite:///{folder / 'other.db'}")
    plans.save(store, plan(), version=0)
    backup.backup(store, folder / "copy.zip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSSMAP_DATA_DIR", str(small_folder))
        (folder / "release.zip").write_bytes(release(small_folder, folder))
        assert cli.run(["export", "fobs", "--format", "gpkg", "--out", str(folder / "fobs.gpkg"), *DAY]) == 0
    return folder


Run = Callable[..., tuple[int, list[str]]]
FEW = {"show", "people grant", "backup", "import", "restore"}
"""Commands tried on PostgreSQL too; all of them on SQLite."""


def commands(*names: str) -> pytest.MarkDecorator:
    cases = [("sqlite", name) for name in names] + [("postgresql", name) for name in names if name in FEW]
    return pytest.mark.parametrize(("url", "name"), cases, indirect=["url"])


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a store that is not there: no file, or a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres").database("none"))


@pytest.fixture
def run(capsys, monkeypatch, tmp_path, small_folder, files, url) -> Iterator[Run]:
    """Return a runner of commands on a store that is not there; it gives the exit code and the lines of stderr."""
    for file in files.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", url)
    monkeypatch.setenv("MSSMAP_ARCHIVE_URL", str(tmp_path / "archives"))
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")

    def call(*arguments: str) -> tuple[int, list[str]]:
        code = cli.run([argument.format(folder=tmp_path) for argument in arguments])
        return code, capsys.readouterr().err.splitlines()

    return call


def tables(url: str) -> list[str]:
    """Return the tables of a store, without making it."""
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return []
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_every_command_is_named_above():
    found = set()
    for name, command in typer.main.get_command(cli.app).commands.items():
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", ())} or {name}
    named = {re.split(r",| --| grant", name)[0] for name in (*READS, *NEEDS, *MAKES, *OTHERS)}
    assert named == found


@commands(*READS)
def test_what_only_reads_works_without_a_store_and_makes_none(run: Run, url: str, name: str) -> None:
    _code, told = run(*READS[name])
    assert not any("found no store" in line for line in told)
    assert tables(url) == []
    if url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()


@commands(*NEEDS, *MAKES)
def test_a_store_that_is_not_there_is_one_clear_error(run: Run, url: str, tmp_path: Path, name: str) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    code, told = run(*{**NEEDS, **MAKES}[name])
    assert (code, len(told)) == (2, 1), told
    assert told[0].startswith(f"mssmap: MSSMAP_DATABASE_URL: found no store at {url}, required one that is there.")
    assert ("--make-store" in told[0]) == (name in MAKES)
    assert tables(url) == []
    assert {path.name for path in tmp_path.iterdir()} == before


@commands(*MAKES)
def test_it_is_made_when_asked_to(run: Run, url: str, name: str) -> None:
    code, told = run(*MAKES[name], "--make-store")
    assert code == 0, told
    assert [line for line in told if line.startswith("mssmap: store ")] == [f"mssmap: store {url}, made now"]
    assert "alembic_version" in tables(url)


@commands(*READS, *NEEDS, *(name for name in MAKES if name != "brief"))
def test_each_command_says_once_which_store_it_used(run: Run, url: str, monkeypatch, name: str) -> None:
    open_store(url)
    secret = url.replace("mssmap@", "mssmap:hunter2@")
    monkeypatch.setenv("MSSMAP_DATABASE_URL", secret)
    code, told = run(*{**READS, **NEEDS, **MAKES}[name])
    assert "hunter2" not in "".join(told)
    if code == 2:
        assert len(told) == 1, "a refusal is one line"
        return
    used = f"mssmap: store {url.replace('mssmap@', 'mssmap:***@')}"
    assert [line for line in told if line.startswith("mssmap: store ")] == [used] == told[:1]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_empty_file_is_no_store(run: Run, url: str) -> None:
    """What another program, or a command of an earlier mssmap, has left there."""
    Path(url.removeprefix("sqlite:///")).touch()
    code, told = run("people")
    assert (code, told[0].partition(",")[0]) == (2, f"mssmap: MSSMAP_DATABASE_URL: found no store at {url}")
    assert run("show", "fobs")[0] == 0
    assert tables(url) == []
