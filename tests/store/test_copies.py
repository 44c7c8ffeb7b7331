"""Archives in back-ups and field copies: with their rows or named as missing, and nothing half restored."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archive.samples import PRESS, TEN, asking, event, rows, write

from mssmap import cli
from mssmap.archive import acts, copies, engine, shelf, writer
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks
from mssmap.store import Store, StoreAwayError, archived, audit, backup_file, imports, open_store, plans, tables

from .conftest import plan


def files(folder: Path) -> list[str]:
    """Every file of a shelf, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def other_rows() -> pd.DataFrame:
    return rows([event("z1", "2024-05-05"), event("z2", "2024-05-06")])


def titled(folder: Path, title: str, frame: pd.DataFrame) -> Manifest:
    with writer.writing(Shelf(folder), PRESS) as out:
        out.add(frame)
        return out.finish(title)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store in a file; `url` of conftest stands for both kinds."""
    found = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def kept(tmp_path: Path) -> Shelf:
    """Return the shelf beside the store."""
    return Shelf(tmp_path / "archives")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Two archives, to copy."""
    folder = tmp_path_factory.mktemp("written")
    write(folder, rows(TEN))
    titled(folder, "Gone", other_rows())
    return Shelf(folder)


@pytest.fixture(scope="session")
def body(small: Data) -> dict[str, Any]:
    """Return the content of a real plan."""
    day = date(2025, 1, 18)
    return plan_file.to_dict(scenario.baseline(small, Clocks(day, day)).copy("p", "Plan"))


def fill(store: Store, kept: Shelf, written: Shelf, body: dict[str, Any]) -> tuple[Manifest, Manifest]:
    """A plan, an archive on the shelf and another among the removed."""
    plans.save(store, body, version=0)
    shutil.copytree(written.folder, kept.folder)
    gone, ten = (acts.added(store, kept, item) for item in kept.listed())
    acts.remove(store, kept, gone.name)
    return ten, gone


@pytest.fixture
def made(store: Store, kept: Shelf, written: Shelf, body: dict[str, Any]) -> tuple[Manifest, Manifest]:
    return fill(store, kept, written, body)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[tuple[Store, Shelf]]:
    """Another machine."""
    found = open_store(f"sqlite:///{tmp_path / 'there' / 'store.db'}")
    yield found, Shelf(tmp_path / "there" / "archives")
    found.engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.zip"


def changed(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None], **options: Any) -> None:
    """Change members of a back-up, and its manifest."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    said = json.loads(members["manifest.json"])
    change(members, said)
    members["manifest.json"] = json.dumps(said).encode()
    with zipfile.ZipFile(file, "w", **options) as new:
        for name, content in members.items():
            new.writestr(name, content)


# ------------------------------------------------------------------------------------------------ back-up and restore


def test_archives_come_back_with_all_their_rows(url, kept, written, body, there, file):
    store = open_store(url)
    ten, gone = fill(store, kept, written, body)
    said = copies.make(store, kept, file)
    assert ([item.name for item in said.held], said.absent) == (sorted([ten.name, gone.name]), [])
    again, shelf_there = there
    done = copies.restore(again, shelf_there, file)
    assert (done.missing, done.put_away) == ([], [])
    assert shelf_there.listed() == [ten]
    assert [item.name for item in shelf_there.removed()] == [gone.name]
    assert files(shelf_there.folder) == files(kept.folder)
    found = engine.connect(shelf_there).ask(ten.name, "count", asking(plans=True)).to_pylist()
    assert found == [{"total": 7, "placed": 6}]
    acts.restore(again, shelf_there, gone.name)
    assert copies.missing(again, shelf_there) == []
    assert audit.faults(again.trail()) == []
    copies.restore(store, kept, file, replace=True)
    assert (kept.listed(), copies.missing(store, kept)) == ([ten], [])
    store.engine.dispose()


def test_what_is_left_out_is_named_in_the_file_and_after_the_restore(store, kept, made, there, file):
    ten, gone = made
    said = copies.make(store, kept, file, without_archives=True)
    assert {(item.name, item.why) for item in said.absent} == {(ten.name, "left out"), (gone.name, "left out")}
    assert backup_file.read(file) == said
    assert not [name for name in zipfile.ZipFile(file).namelist() if name.startswith("archives/")]
    done = copies.restore(*there, file)
    (lost,) = done.missing
    assert (lost.about["title"], lost.about["rows"], lost.about["bytes"]) == (ten.title, 10, ten.bytes)
    assert lost.why == "no file"


def test_archives_that_are_on_the_shelf_still_are_not_missing(store, kept, made, file, tmp_path):
    """The store was lost, its archives were not: a back-up without them is enough."""
    copies.make(store, kept, file, without_archives=True)
    again = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    before = files(kept.folder)
    done = copies.restore(again, kept, file)
    assert (done.missing, files(kept.folder)) == ([], before)
    again.engine.dispose()


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(("harm", "why"), [(cut_off, "changed"), (Path.unlink, "no file")])
def test_an_archive_that_is_damaged_does_not_keep_the_rest_from_being_backed_up(store, kept, made, file, harm, why):
    ten, gone = made
    harm(kept.parquet(ten.name))
    said = copies.make(store, kept, file)
    assert [(item.name, item.why) for item in said.absent] == [(ten.name, why)]
    assert [item.name for item in said.held] == [gone.name]
    assert [(item.name, item.why) for item in copies.missing(store, kept)] == [(ten.name, why)]


def test_an_archive_that_was_removed_since_the_trail_was_read_is_as_the_trail_says(store, kept, made, file, there):
    ten, _gone = made
    real = archived.promised
    with pytest.MonkeyPatch.context() as now:

        def meanwhile(trail: Any) -> Any:
            if kept.manifest(ten.name).exists():
                kept.remove(ten.name)
            return real(trail)

        now.setattr(archived, "promised", meanwhile)
        copies.make(store, kept, file)
    copies.restore(*there, file)
    assert there[1].listed() == [ten]


def test_a_large_archive_needs_no_more_memory_than_a_few_chunks(store, kept, file, there):
    chance = random.Random(7)
    frame = rows([event(f"e{n}", "2024-01-01", note=chance.randbytes(2_000).hex()) for n in range(6_000)])
    large = acts.added(store, kept, titled(kept.folder, "Large", frame))
    assert large.bytes > 10 * backup_file.CHUNK
    tracemalloc.start()
    copies.make(store, kept, file)
    copies.restore(*there, file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 6 * backup_file.CHUNK
    assert copies.missing(*there) == []


def cut_in_the_file(members: dict[str, bytes], said: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("archives/ten"))
    members[name] = members[name][:-100]


def cut_and_counted(members: dict[str, bytes], said: dict[str, Any]) -> None:
    """By somebody who counts the bytes and leaves the hash."""
    cut_in_the_file(members, said)
    for item in said["archives"]:
        item["about"]["bytes"] = len(members[f"archives/{item['about']['name']}.parquet"])


def altered(members: dict[str, bytes], said: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("archives/ten"))
    members[name] = members[name][:50] + b"?" + members[name][51:]


def dropped(members: dict[str, bytes], said: dict[str, Any]) -> None:
    del members[next(name for name in members if name.startswith("archives/ten"))]


def exchanged(members: dict[str, bytes], said: dict[str, Any]) -> None:
    """Other rows, by somebody who counts and hashes: only the trail tells."""
    ten = next(item["about"] for item in said["archives"] if item["about"]["name"].startswith("ten"))
    gone = next(item["about"] for item in said["archives"] if item["about"]["name"].startswith("gone"))
    members[f"archives/{ten['name']}.parquet"] = members[f"archives/{gone['name']}.parquet"]
    ten |= {"bytes": gone["bytes"], "sha256": gone["sha256"]}


def elsewhere(members: dict[str, bytes], said: dict[str, Any]) -> None:
    item = next(item for item in said["archives"] if item["about"]["name"].startswith("gone"))
    members["archives/../../evil.parquet"] = members.pop(f"archives/{item['about']['name']}.parquet")
    item["about"]["name"] = "../../evil"


def strange(members: dict[str, bytes], said: dict[str, Any]) -> None:
    next(item for item in said["archives"])["about"]["categories"] = "all of them"


def repeated(members: dict[str, bytes], said: dict[str, Any]) -> None:
    """The same rows for a thousand archives would unpack to a thousand times the file."""
    said["archives"] *= 1_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (repeated, r"the file is damaged \(it holds less than it says\)"),
        (cut_in_the_file, r"archive ten-events-\w+ is cut off: found \d+ bytes, required \d+\. Use another"),
        (cut_and_counted, r"archive ten-events-\w+ is not what was written"),
        (altered, r"archive ten-events-\w+ is not what was written"),
        (dropped, r"archive ten-events-\w+ is missing"),
        (exchanged, r"archive ten-events-\w+ is not what was written"),
        (elsewhere, r"archive \.\./\.\./evil cannot be used"),
        (strange, r"archive gone-\w+ cannot be used \(categories 'all of them'\)"),
    ],
)
def test_a_file_whose_archive_cannot_be_trusted_restores_nothing(store, kept, made, there, file, change, words):
    copies.make(store, kept, file)
    changed(file, change)
    again, shelf_there = there
    plans.save(again, plan("mine", "Mine"), version=0)
    own = acts.added(again, shelf_there, titled(shelf_there.folder, "Own", other_rows()))
    before = files(shelf_there.folder)
    with pytest.raises(DataError, match=words) as told:
        copies.restore(again, shelf_there, file, replace=True)
    assert "\n" not in str(told.value)
    assert [one.name for one in plans.listed(again)] == ["Mine"]
    assert (shelf_there.listed(), files(shelf_there.folder)) == ([own], before)


def test_a_file_that_is_cut_off_anywhere_restores_nothing(store, kept, made, there, file):
    copies.make(store, kept, file)
    content = file.read_bytes()
    for part in range(20):
        file.write_bytes(content[: len(content) * part // 20])
        with pytest.raises(MssmapError, match=r"kept\.zip: "):
            copies.restore(*there, file)
    assert (there[0].trail(), there[1].listed(), there[1].folder.exists()) == ([], [], False)


def test_archives_that_are_packed_are_refused(store, kept, made, there, file):
    """What is packed could unpack to anything."""
    copies.make(store, kept, file)
    changed(file, lambda members, said: None, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="is not what was written"):
        copies.restore(*there, file)


def test_without_room_for_the_archives_nothing_is_restored(store, kept, made, there, file, monkeypatch):
    copies.make(store, kept, file)
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda _folder: shutil_usage(free=1_000))
    with pytest.raises(InputError, match=r"archives: .* has 0 MB free, required 1 MB .* nothing was changed"):
        copies.restore(*there, file)
    assert (there[0].trail(), files(there[1].folder)) == ([], [])


def shutil_usage(free: int) -> Any:
    return type("usage", (), {"free": free})


@pytest.mark.parametrize("was", ["nothing", "removed"])
def test_a_commit_that_fails_leaves_the_shelf_as_it_was(store, kept, made, there, file, monkeypatch, was):
    ten, _gone = made
    copies.make(store, kept, file)
    again, shelf_there = there
    if was == "removed":
        write(shelf_there.folder, rows(TEN))
        shelf_there.remove(ten.name)
    before = files(shelf_there.folder) if shelf_there.folder.exists() else []

    monkeypatch.setattr(again, "write", unwritable(again.write))
    with pytest.raises(StoreAwayError, match="full"):
        copies.restore(again, shelf_there, file)
    assert files(shelf_there.folder) == before
    assert again.trail() == []


def test_a_restore_that_is_killed_before_its_commit_is_finished_by_the_next_try(store, kept, made, tmp_path, file):
    ten, gone = made
    copies.make(store, kept, file)
    url, folder = f"sqlite:///{tmp_path / 'killed' / 'store.db'}", tmp_path / "killed" / "archives"
    code = """
import os, sys
from pathlib import Path
from mssmap.archive import copies, shelf
from mssmap.store import open_store
place = copies._Staged.place
copies._Staged.place = lambda *given: (place(*given), os._exit(9))
copies.restore(open_store(sys.argv[1]), shelf.Shelf(Path(sys.argv[2])), Path(sys.argv[3]))
"""
    asked = [sys.executable, "-c", code, url, str(folder), str(file)]
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 9
    again, there = open_store(url), Shelf(folder)
    assert again.trail() == []
    assert there.listed() == [ten], "whole, though nothing speaks of it yet"
    assert copies.restore(again, there, file).missing == []
    assert [item.name for item in there.removed()] == [gone.name]
    again.engine.dispose()


def unwritable(write_: Callable[..., Any]) -> Callable[..., Any]:
    """The last thing of the transaction fails."""

    def fails(work: Callable[[Any], Any], **options: Any) -> Any:
        def to_the_end(session: Any) -> None:
            work(session)
            raise StoreAwayError("the disk is full")

        return write_(to_the_end, **options)

    return fails


def test_replacing_keeps_the_archives_that_were_there(store, kept, made, there, file):
    ten, _gone = made
    copies.make(store, kept, file)
    again, shelf_there = there
    plans.save(again, plan("mine", "Mine"), version=0)
    own = acts.added(again, shelf_there, titled(shelf_there.folder, "Own", other_rows()))
    done = copies.restore(again, shelf_there, file, replace=True)
    assert (shelf_there.listed(), done.put_away) == ([ten], [own.name])
    assert own.name in [item.name for item in shelf_there.removed()]
    copies.restore(again, shelf_there, done.kept, replace=True)
    assert [one.name for one in plans.listed(again)] == ["Mine"]
    assert (shelf_there.listed(), copies.missing(again, shelf_there)) == ([own], [])


def test_other_rows_of_the_same_name_are_not_overwritten(store, kept, made, there, file):
    ten, _gone = made
    copies.make(store, kept, file)
    again, shelf_there = there
    mine = titled(shelf_there.folder, "Mine", other_rows())
    shelf_there.parquet(mine.name).rename(shelf_there.parquet(ten.name))
    shelf_there.manifest(mine.name).unlink()
    shelf_there.manifest(ten.name).write_text(json.dumps(asdict(replace(mine, name=ten.name))))
    with pytest.raises(InputError, match=rf"archive {ten.name}: found other rows of this name"):
        copies.restore(again, shelf_there, file)
    assert (again.trail(), len(shelf_there.listed())) == ([], 1)


def test_a_damaged_archive_is_mended_by_a_restore(store, kept, made, file):
    ten, _gone = made
    copies.make(store, kept, file)
    cut_off(kept.parquet(ten.name))
    done = copies.restore(store, kept, file, replace=True)
    assert done.missing == []


def test_a_back_up_of_the_first_layout_names_what_it_never_held(store, kept, made, there, file):
    ten, _gone = made

    def first(members: dict[str, bytes], said: dict[str, Any]) -> None:
        for name in [name for name in members if name.startswith("archives/")]:
            del members[name]
        del said["archives"]
        said["version"] = 1

    copies.make(store, kept, file)
    changed(file, first)
    assert [item.name for item in copies.restore(*there, file).missing] == [ten.name]


# ------------------------------------------------------------------------------------------------------- the commands


def test_the_commands_say_what_is_whole_and_what_is_missing(store, kept, made, file, tmp_path, monkeypatch, capsys):
    ten, _gone = made
    monkeypatch.setenv("MSSMAP_DATABASE_URL", store.engine.url.render_as_string())
    monkeypatch.setenv("MSSMAP_ARCHIVE_URL", str(kept.folder))

    def run(*arguments: str) -> tuple[int, str]:
        code = cli.run(list(arguments))
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = run("backup", str(file))
    assert (code, said.splitlines()[0]) == (0, str(file))
    assert "2 archives" in said
    assert said.endswith("trail whole\n")
    bare = tmp_path / "bare.zip"
    code, said = run("backup", "--without-archives", str(bare))
    assert code == 0
    assert "trail unbroken, but 2 of what it names are missing" in said
    assert f"not in the file: archive {ten.name} (Ten events), 10 rows, {ten.bytes:,} bytes: left out" in said
    assert "whole" not in said

    code, said = run("log", "--verify")
    assert (code, said.endswith(", whole\n")) == (0, True)
    kept.parquet(ten.name).rename(kept.folder / "away")
    code, said = run("log", "--verify")
    assert code == 1
    assert f"archive {ten.name} (Ten events), 10 rows, {ten.bytes:,} bytes: its file is not on the shelf" in said
    assert "unbroken, but 1 of what it names is missing" in said
    assert "whole" not in said
    code, said = run("backup", str(tmp_path / "third.zip"))
    assert code == 1
    (kept.folder / "away").rename(kept.parquet(ten.name))

    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'store.db'}")
    monkeypatch.delenv("MSSMAP_ARCHIVE_URL")
    code, said = run("restore", "--make-store", str(bare))
    assert code == 1
    assert f"missing: archive {ten.name} (Ten events), 10 rows, {ten.bytes:,} bytes: its file is not on" in said
    assert "whole" not in said
    code, said = run("restore", "--replace", str(file))
    assert (code, said.endswith("trail whole\n")) == (0, True)
    assert (tmp_path / "new" / "archives" / f"{ten.name}.parquet").exists()
    assert run("log", "--verify")[0] == 0


def test_rows_that_are_gone_from_the_store_are_told_too(store, kept, file, monkeypatch, capsys):
    """The brother: an import is a row, its content another."""
    imports.save(store, {"id": "i", "name": "Own"}, b"rows")
    monkeypatch.setenv("MSSMAP_DATABASE_URL", store.engine.url.render_as_string())
    assert cli.run(["log", "--verify"]) == 0
    with store.engine.connect().execution_options(writes=True) as session, session.begin():
        session.execute(tables.payloads.delete())
    capsys.readouterr()
    assert cli.run(["log", "--verify"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("import 'Own': found no rows in the store, required those of its hash")
    assert said.err.endswith("unbroken, but 1 of what it names is missing\n")
    assert cli.run(["backup", str(file)]) == 1
    assert "import 'Own': found no rows" in capsys.readouterr().err


# -------------------------------------------------------------------------------------------------------- field copies


@pytest.fixture
def laptop(store: Store, kept: Shelf, made: Any, tmp_path: Path, file: Path) -> Iterator[tuple[Store, Shelf]]:
    """A laptop that left with a copy of headquarters, archives included."""
    copies.make(store, kept, file)
    away = open_store(f"sqlite:///{tmp_path / 'laptop' / 'store.db'}"), Shelf(tmp_path / "laptop" / "archives")
    copies.restore(*away, file)
    file.unlink()
    yield away
    away[0].engine.dispose()


def brought(laptop: tuple[Store, Shelf], file: Path, **options: Any) -> Path:
    file.unlink(missing_ok=True)
    copies.make(*laptop, file, **options)
    return file


def test_an_archive_of_the_laptop_comes_home_once(store, kept, made, laptop, file):
    ten, _gone = made
    new = acts.added(*laptop, titled(laptop[1].folder, "From the field", other_rows().assign(note="new")))
    done = copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert (done.taken, done.names, done.missing) == (1, ("From the field",), ())
    assert {item.name for item in kept.listed()} == {ten.name, new.name}
    assert copies.missing(store, kept) == []
    assert audit.faults(store.trail()) == []
    before = store.trail(), files(kept.folder)
    assert copies.take(store, kept, file, origin="laptop 3").taken == 0
    assert (store.trail(), files(kept.folder)) == before
    acts.remove(store, kept, new.name)
    assert copies.take(store, kept, file, origin="laptop 3").taken == 0
    assert [item.name for item in kept.listed()] == [ten.name], "what was removed here since does not come back"


def test_rows_that_are_here_already_are_not_taken_twice(store, kept, made, laptop, file):
    """Both sides archived the same file, each under a title of its own."""
    frame = other_rows().assign(note="same")
    ours = acts.added(store, kept, titled(kept.folder, "Ours", frame))
    theirs = acts.added(*laptop, titled(laptop[1].folder, "Theirs", frame))
    assert ours.sha256 == theirs.sha256
    before = files(kept.folder)
    copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert files(kept.folder) == before
    assert copies.missing(store, kept) == []
    trail = store.trail()
    copies.take(store, kept, file, origin="laptop 3")
    assert store.trail() == trail


def test_an_archive_that_the_laptop_removed_stays_here(store, kept, made, laptop, file):
    ten, _gone = made
    acts.remove(*laptop, ten.name)
    copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert kept.listed() == [ten]
    assert copies.missing(store, kept) == []
    trail = store.trail()
    assert trail[-2].entity_id.startswith(f"{ten.name}~"), "that it was removed there stands in the trail"
    copies.take(store, kept, file, origin="laptop 3")
    assert store.trail() == trail


def test_a_copy_without_its_archives_names_them_and_the_next_one_brings_them(store, kept, made, body, laptop, file):
    new = acts.added(*laptop, titled(laptop[1].folder, "From the field", other_rows().assign(note="new")))
    plans.save(laptop[0], {**body, "name": "Theirs"}, version=1)
    done = copies.take(store, kept, brought(laptop, file, without_archives=True), origin="laptop 3")
    assert (done.taken, [about["name"] for about in done.missing]) == (1, [new.name])
    assert (plans.find(store, "p").name, copies.missing(store, kept)) == ("Theirs", [])
    trail = store.trail()
    again = copies.take(store, kept, file, origin="laptop 3")
    assert (again.taken, [about["name"] for about in again.missing], store.trail()) == (0, [new.name], trail)
    done = copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert (done.taken, done.missing) == (1, ())
    assert new.name in {item.name for item in kept.listed()}


def test_a_copy_brings_back_what_headquarters_has_lost(store, kept, made, laptop, file):
    ten, _gone = made
    kept.parquet(ten.name).unlink()
    assert copies.missing(store, kept)
    trail = store.trail()
    done = copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert (done.taken, done.names) == (0, ("Ten events",))
    assert (copies.missing(store, kept), store.trail()) == ([], trail)


def test_a_merge_that_is_tried_once_more_takes_the_archive_once(store, kept, made, laptop, file, monkeypatch):
    new = acts.added(*laptop, titled(laptop[1].folder, "From the field", other_rows().assign(note="new")))
    real, tries = store.identity.acknowledge, []

    def lost(session: Any) -> None:
        tries.append(session)
        if len(tries) == 1:
            raise StoreAwayError("the answer was lost")
        real(session)

    monkeypatch.setattr(store.identity, "acknowledge", lost)
    copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert len(tries) == 2
    assert new.name in {item.name for item in kept.listed()}
    assert copies.missing(store, kept) == []


def test_a_merge_that_is_refused_leaves_the_shelf_as_it_was(store, kept, made, laptop, file):
    acts.added(*laptop, titled(laptop[1].folder, "From the field", other_rows().assign(note="new")))
    with laptop[0].engine.begin() as session:
        session.exec_driver_sql("UPDATE audit SET actor = 'somebody'")
    before = store.trail(), files(kept.folder)
    with pytest.raises(MssmapError, match=r"audit trail is not whole"):
        copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert (store.trail(), files(kept.folder)) == before


def test_a_name_that_leads_elsewhere_is_refused(store, kept, made, laptop, file, tmp_path):
    item = titled(laptop[1].folder, "From the field", other_rows().assign(note="new"))
    archived.added(laptop[0], {**asdict(item), "name": "../../evil"})
    before = store.trail(), files(tmp_path)
    with pytest.raises(InputError, match=r"archive '../../evil': found a strange name"):
        copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    file.unlink()
    assert (store.trail(), files(tmp_path)) == before


def no_parquet(item: Manifest, path: Path) -> Manifest:
    path.write_bytes(b"PAR1 no rows at all")
    return item


def other_columns(item: Manifest, path: Path) -> Manifest:
    table = pq.read_table(path)
    pq.write_table(table.append_column("more", pa.array([1] * len(table))), path)
    return item


def far_away(item: Manifest, path: Path) -> Manifest:
    table = pq.read_table(path)
    at = table.schema.get_field_index("lon")
    pq.write_table(table.set_column(at, "lon", pa.array([400.0] * len(table))), path)
    return item


def more_rows(item: Manifest, path: Path) -> Manifest:
    return replace(item, rows=item.rows + 1)


def other_kinds(item: Manifest, path: Path) -> Manifest:
    return replace(item, categories={"<script>": item.rows})


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (no_parquet, "a Parquet file that cannot be read"),
        (other_columns, "found other columns"),
        (far_away, "no numbers of degrees"),
        (more_rows, "found other rows than it says"),
        (other_kinds, "found other categories than it says"),
    ],
)
def test_an_archive_of_a_field_copy_is_read_through_before_it_is_taken(store, kept, made, laptop, file, harm, words):
    """Made by somebody who had the laptop: counts, hashes and trail all fit."""
    item = titled(laptop[1].folder, "From the field", other_rows().assign(note="new"))
    path = laptop[1].parquet(item.name)
    item = harm(item, path)
    item = replace(item, bytes=path.stat().st_size, sha256=shelf.digest(path))
    laptop[1].manifest(item.name).write_text(json.dumps(asdict(item)))
    acts.added(*laptop, item)
    before = store.trail(), files(kept.folder)
    with pytest.raises(MssmapError, match=rf"^archive {item.name}: .*{words}") as told:
        copies.take(store, kept, brought(laptop, file), origin="laptop 3")
    assert "\n" not in str(told.value)
    assert (store.trail(), files(kept.folder)) == before
