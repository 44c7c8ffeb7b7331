"""Archives removed, put back, deleted and made of old imports: nothing is lost, whatever ends the work."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from archive.samples import PRESS, TEN, asking, event, rows, write
from mssmap.archive import acts, engine, shelf, writer
from mssmap.archive.engine import Archives
from mssmap.archive.queries import Query
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.cli import run
from mssmap.errors import DataError, InputError, NotAllowedError, NotFoundError
from mssmap.ingest import attach
from mssmap.ingest.mapping import Mapping
from mssmap.ingest.prepare import Imported
from mssmap.store import Store, archived, imports, open_store, people
from mssmap.store.imports import Import
from mssmap.store.ledger import GoneError


class Killed(BaseException):
    """The process ends here."""


def files(folder: Path) -> list[str]:
    """Files but the hidden ones, which are half written."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return sorted(str(path.relative_to(folder)) for path in found)


def whole(archives: Archives, made: Manifest) -> bool:
    """Whether the archive is on the shelf with all its rows."""
    return archives.ask(made.name, "count", asking(plans=True)).to_pylist() == [{"total": 7, "placed": 6}]


def titled(folder: Path, title: str) -> Manifest:
    with writer.writing(Shelf(folder), PRESS) as out:
        out.add(rows(TEN))
        return out.finish(title)


@pytest.fixture
def book(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'store.db'}")


# ------------------------------------------------------------------------------------------------ removed and put back


def test_what_was_removed_is_put_back_as_it_was(own, book):
    archives, made = own()
    assert whole(archives, made)
    before = files(archives.shelf.folder)
    assert acts.remove(book, archives.shelf, made.name) == made
    assert archives.shelf.listed() == []
    assert [item.name for item in archives.shelf.removed()] == [made.name]
    assert files(archives.shelf.folder) == [f"removed/{name}" for name in before]
    with pytest.raises(DataError):  # it was open
        archives.opened(made.name)
    with pytest.raises(NotFoundError, match="required one of: none yet"):
        archives.opened(made.name)
    assert acts.restore(book, archives.shelf, made.name) == made
    assert archives.shelf.listed() == [made]
    assert (files(archives.shelf.folder), archives.shelf.removed()) == (before, [])
    assert whole(archives, made)
    trail = [(entry.action, entry.version, (entry.body or {}).get("sha256")) for entry in book.trail(made.name)]
    assert trail == [("delete", 1, None), ("undo", 2, made.sha256)]


@pytest.mark.parametrize("act", ["remove", "restore"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_whatever_a_killed_process_left_is_whole(own, monkeypatch, act, step):
    """Killed at each renaming of a file: the archive is in one of the two places, and goes to either."""
    archives, made = own()
    kept = archives.shelf
    if act == "restore":
        kept.remove(made.name)
    done, move = [], Path.replace

    def killed(path: Path, to: Path) -> Path:
        done.append(path)
        if len(done) == step:
            raise Killed
        return move(path, to)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(Killed):
        getattr(kept, act)(made.name)
    monkeypatch.undo()
    assert len(kept.listed()) + len(kept.removed()) == 1
    kept.sweep()
    if kept.listed():
        kept.remove(made.name)
    assert kept.restore(made.name) == made
    assert kept.faults() == []
    assert whole(archives, made)
    assert files(kept.folder) == [f"{made.name}.json", f"{made.name}.parquet"]


def test_only_the_last_ones_are_kept_and_only_for_a_while(tmp_path):
    kept = Shelf(tmp_path)
    made = [titled(tmp_path, title) for title in ("A", "B", "C", "D", "E", "F", "G")]
    for item in made[:6]:
        kept.remove(item.name)
    assert [item.title for item in kept.removed()] == ["F", "E", "D", "C", "B"]
    assert files(kept.bin.folder) == sorted(f"{i.name}.{end}" for i in made[1:6] for end in ("json", "parquet"))
    long_ago = (datetime.now(UTC) - timedelta(days=shelf.KEPT_DAYS, minutes=1)).isoformat(timespec="microseconds")
    for item in made[1:4]:
        path = kept.bin.manifest(item.name)
        path.write_text(json.dumps({**json.loads(path.read_text()), "removed_at": long_ago}))
    assert [item.title for item in kept.removed()] == ["F", "E"]
    with pytest.raises(NotFoundError, match=r"'b-[0-9a-f]+': found none of this name to put back, required one of: f-"):
        kept.restore(made[1].name)
    kept.sweep()
    assert files(kept.bin.folder) == sorted(f"{i.name}.{end}" for i in made[4:6] for end in ("json", "parquet"))
    assert kept.listed() == [made[6]]


def test_a_name_that_is_taken_again_meanwhile(own, book):
    archives, made = own()
    acts.remove(book, archives.shelf, made.name)
    again = write(archives.shelf.folder, rows(TEN))
    assert again.name == made.name
    assert (archives.shelf.removed(), files(archives.shelf.bin.folder)) == ([], [])
    with pytest.raises(InputError, match=r"it is there, perhaps added again meanwhile\. Nothing was changed"):
        acts.restore(book, archives.shelf, made.name)
    assert whole(archives, made)
    assert [entry.action for entry in book.trail(made.name)] == ["delete"]


@pytest.mark.parametrize("name", ["nope", "../store", "", "removed/x"])
def test_a_name_that_was_not_removed(own, book, name):
    archives, _made = own()
    before = files(archives.shelf.folder)
    for act in (acts.restore, acts.remove):
        with pytest.raises(NotFoundError, match=r"required one of: (none|ten-events-)"):
            act(book, archives.shelf, name)
    with pytest.raises(NotFoundError, match="ten-events-"):
        acts.remove(book, archives.shelf, name, for_good=True)
    assert (files(archives.shelf.folder), book.trail()) == (before, [])


def test_deleted_for_good_from_the_shelf_and_from_the_removed(tmp_path, book):
    kept = Shelf(tmp_path / "archives")
    one, two = titled(kept.folder, "One"), titled(kept.folder, "Two")
    acts.remove(book, kept, one.name)
    for item in (one, two):
        acts.remove(book, kept, item.name, for_good=True)
    assert (kept.listed(), kept.removed(), files(kept.folder)) == ([], [], [])


@pytest.mark.parametrize("act", ["remove", "restore"])
def test_who_may_not_import_moves_nothing(own, book, act):
    archives, made = own()
    people.grant(book, "viewer@x", "viewer")
    if act == "restore":
        archives.shelf.remove(made.name)
    before = files(archives.shelf.folder)
    with pytest.raises(NotAllowedError, match="needs the role planner"):
        getattr(acts, act)(book.acting("viewer@x"), archives.shelf, made.name)
    assert (files(archives.shelf.folder), book.trail(made.name)) == (before, [])


@pytest.mark.parametrize("act", ["remove", "restore"])
def test_a_folder_that_cannot_be_written_is_told_and_the_trail_tells_the_truth(own, book, monkeypatch, act):
    archives, made = own()
    if act == "restore":
        archives.shelf.remove(made.name)

    def refused(_path: Path, _to: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(DataError, match=r"the folder of the archives cannot be changed \(Permission denied\)"):
        getattr(acts, act)(book, archives.shelf, made.name)
    monkeypatch.undo()
    told = [entry.action for entry in book.trail(made.name)]
    assert told == (["delete", "undo"] if act == "remove" else ["undo", "delete"])
    assert len(archives.shelf.listed()) == (1 if act == "remove" else 0)


def test_an_archive_that_nobody_may_note_is_not_kept(own, book):
    archives, made = own()
    people.grant(book, "viewer@x", "viewer")
    with pytest.raises(NotAllowedError):
        acts.added(book.acting("viewer@x"), archives.shelf, made)
    assert files(archives.shelf.folder) == []


# -------------------------------------------------------------------------------------------------------- old imports


@pytest.fixture
def old(book: Store, monkeypatch: pytest.MonkeyPatch) -> Import:
    """An import of eight events as a version before archives stored it, where seven are too many."""
    monkeypatch.setattr(attach, "JOINED_ROWS", 7)
    frame = rows([*TEN[:5], *(event(f"f{i}", f"2024-06-0{i}", actors="Gang Alpha; Police") for i in (1, 2, 3))])
    source = replace(PRESS, url="https://example.org/paper", publisher="The paper")
    used = Mapping(kind="events", keep={"country": ["Haiti"]}, source=source)
    made = Imported("Old events", "events", "", frame, used, "old.csv", notes=("A note.",), read_rows=8)
    return attach.store_import(book, made)


def pandas(content: Any) -> pd.DataFrame:
    return pd.read_parquet(content).sort_values("event_id", ignore_index=True)


def test_an_old_import_becomes_an_archive_with_all_that_was_known_of_it(tmp_path, book, old):
    kept = Shelf(tmp_path / "archives")
    made = acts.convert(book, kept, old)
    assert (made.title, made.file, made.rows, made.converted) == ("Old events", "old.csv", 8, old.import_id)
    assert (made.licence, made.attribution, made.source["url"]) == (
        *("CC-BY-4.0", "A paper, CC BY", "https://example.org/paper"),
    )
    assert (made.kept, made.notes, made.left_out) == ({"country": ["Haiti"]}, ["A note."], 0)
    stored = pandas(io.BytesIO(imports.content(book, old)))
    found = pq.read_table(kept.parquet(made.name)).to_pandas().sort_values("event_id", ignore_index=True)
    for name in ("event_id", "category", "title_en", "actors", "lon", "lat", "revision", "figure_max"):
        assert found[name].to_list() == stored[name].to_list(), name
    assert pd.to_datetime(found["valid_from"]).to_list() == stored["valid_from"].to_list()
    assert [item.import_id for item in imports.listed(book)] == []
    assert [(e.action, e.entity) for e in book.trail()][-2:] == [("edit", "archive"), ("delete", "import")]
    back = imports.restore(book, old.import_id, version=old.version + 1)
    assert back.body == old.body


@pytest.mark.parametrize("at", ["archived.added", "imports.remove", "after the trail"])
def test_a_conversion_that_was_killed_is_finished_by_the_next(tmp_path, book, old, monkeypatch, at):
    kept = Shelf(tmp_path / "archives")
    note = archived.added

    def killed(*given: Any, **more: Any) -> None:
        if at == "after the trail":
            note(*given, **more)
        raise Killed

    monkeypatch.setattr(*((imports, "remove") if at == "imports.remove" else (archived, "added")), killed)
    with pytest.raises(Killed):
        acts.convert(book, kept, old)
    monkeypatch.undo()
    monkeypatch.setattr(attach, "JOINED_ROWS", 7)
    assert [item.import_id for item in imports.listed(book)] == [old.import_id]
    (half,) = kept.listed()
    assert acts.convert(book, kept, old) == half
    assert (kept.listed(), imports.listed(book)) == ([half], [])
    assert [entry.action for entry in book.trail(half.name)] == ["edit"]
    assert len(engine.connect(kept).ask(half.name, "points", Query(), 100)) == 8


def test_the_same_file_imported_again_since_is_that_archive(tmp_path, book, old):
    kept = Shelf(tmp_path / "archives")
    first = acts.convert(book, kept, old)
    path = kept.manifest(first.name)
    path.write_text(json.dumps({**json.loads(path.read_text()), "converted": ""}))
    again = imports.restore(book, old.import_id, version=old.version + 1)
    assert acts.convert(book, kept, again).name == first.name
    assert (len(kept.listed()), imports.listed(book)) == (1, [])


def test_what_is_no_old_import_is_one_line(tmp_path, book, old, monkeypatch):
    kept = Shelf(tmp_path / "archives")
    with pytest.raises(InputError, match=r"'old-events-\w+': found a removed import of 8 rows, required events"):
        acts.convert(book, kept, imports.remove(book, old.import_id, version=1))
    monkeypatch.setattr(attach, "JOINED_ROWS", 8)
    back = imports.restore(book, old.import_id, version=2)
    with pytest.raises(InputError, match="found events of 8 rows, required events, more than 8"):
        acts.convert(book, kept, back)
    monkeypatch.setattr(attach, "JOINED_ROWS", 7)
    with pytest.raises(GoneError, match="was changed meanwhile"):
        acts.convert(book, kept, replace(back, version=1))
    assert [item.import_id for item in imports.listed(book)] == [old.import_id]
    (made,) = kept.listed()
    kept.parquet(made.name).write_bytes(b"other")
    with pytest.raises(DataError, match="found other rows, required those of the import"):
        acts.convert(book, kept, back)
    assert [item.import_id for item in imports.listed(book)] == [old.import_id]


def test_who_may_not_import_converts_nothing_and_deletes_nothing(tmp_path, book, old):
    kept = Shelf(tmp_path / "archives")
    people.grant(book, "viewer@x", "viewer")
    viewer = book.acting("viewer@x")
    with pytest.raises(NotAllowedError):
        acts.convert(viewer, kept, old)
    assert files(kept.folder) == []
    made = acts.convert(book, kept, old)
    back = imports.restore(book, old.import_id, version=old.version + 1)
    with pytest.raises(NotAllowedError):
        acts.convert(viewer, kept, back)
    assert kept.listed() == [made]


# ------------------------------------------------------------------------------------------------------- command line


def test_the_command_line_puts_back_and_converts(tmp_path, book, old, monkeypatch, capsys):
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")

    def said(*words: str, code: int = 0) -> tuple[str, str]:
        assert run(["archive", *words]) == code
        found = capsys.readouterr()
        return found.out, found.err

    assert said("convert")[0] == f"{old.import_id}  8 rows\n"
    assert "found both, required one of them" in said("convert", old.import_id, "--all", code=2)[1]
    assert "there is none" in said("convert", "nope", code=2)[1]
    assert "is the archive old-events-" in said("convert", "--all")[1]
    assert "is the archive old-events-" in said("convert", old.import_id)[1], "it is there already"
    assert "no import of so many events" in said("convert")[1]
    (made,) = Shelf(tmp_path / "archives").listed()
    assert f"for 30 days mssmap archive restore {made.name} puts it back" in said("remove", made.name)[1]
    assert "1 removed archive; mssmap archive list --removed" in said("list")[1]
    assert said("list", "--removed")[0].startswith(f"{made.name}  8 rows")
    assert [item["name"] for item in json.loads(said("list", "--removed", "--json")[0])] == [made.name]
    assert "put back, 8 rows" in said("restore", made.name)[1]
    assert "it is there, perhaps added again" in said("restore", made.name, code=2)[1]
    assert "deleted for good" in said("remove", made.name, "--for-good")[1]
    assert "no archive was removed lately" in said("list", "--removed")[1]
    assert "required one of: none" in said("restore", made.name, code=2)[1]
    assert run(["log", "--verify"]) == 0


def test_check_tells_an_archive_without_its_rows_or_with_others(tmp_path, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_ARCHIVE_URL", str(tmp_path / "shelf"))
    first, second = (titled(tmp_path / "shelf", title) for title in ("First", "Second"))
    assert run(["check"]) == 0
    kept = shelf.Shelf(tmp_path / "shelf")
    kept.parquet(first.name).unlink()
    content = bytearray(kept.parquet(second.name).read_bytes())
    content[len(content) // 2] ^= 1
    kept.parquet(second.name).write_bytes(content)
    capsys.readouterr()
    assert run(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"archive {first.name}: found no file, required {first.bytes:,} bytes. Add it again.",
        f"archive {second.name}: found other rows than it was made with. Add it again.",
    ]
