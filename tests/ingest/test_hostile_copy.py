"""A field copy with a whole chain and hostile content: each record that cannot be used is told, the rest is taken."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mssmap
from mssmap import cli, ingest
from mssmap.archive import copies
from mssmap.archive.shelf import Shelf
from mssmap.brief import history
from mssmap.errors import MssmapError
from mssmap.ingest import attach, pinned, prepare, stored
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.store import Store, audit, backup, imports, ledger, notes, open_store, payloads, plans
from mssmap.store.ledger import Change


@pytest.fixture
def hq(tmp_path: Path, small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Return the store of headquarters, that of the settings."""
    found = open_store(f"sqlite:///{tmp_path / 'hq.db'}")
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(found.engine.url))
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    yield found
    found.engine.dispose()


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'laptop.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def sound(small: Data, tmp_path: Path) -> prepare.Imported:
    """Return events that can be imported."""
    file = tmp_path / "own.csv"
    file.write_text("title,date,category,lat,lon\nMarket burnt,2025-01-04,riot,18.55,-72.34\n")
    reading = ingest.read(file)
    return prepare.prepare(reading, next(iter(reading.tables)), small)


@pytest.fixture
def plan(small: Data, on: Callable[..., Any]) -> dict[str, Any]:
    return plan_file.to_dict(scenario.baseline(small, on("2025-01-18")).copy("p", "Fine"))


def put(store: Store, entity: str, entity_id: str, body: dict[str, Any] | None, **more: Any) -> None:
    """Add a change as somebody with the code would: with a whole chain."""
    said = {"action": audit.EDIT, "version": 1, "actor": "bea", "at": "2025-01-18T12:00:00+00:00", **more}
    order = ("action", "version", "actor", "at")
    action, version, actor, at = (said[name] for name in order)
    request = f"r-{entity}-{entity_id}-{version}"[:80]
    change = Change(action, entity, entity_id, version, body, actor, request, at)
    store.write(lambda connection: ledger.append(connection, change))


def taken(hq: Store, laptop: Store, folder: Path) -> Any:
    file = folder / "copy.zip"
    backup.backup(laptop, file)
    return copies.take(hq, Shelf(folder / "archives"), file, origin="laptop 3", settings_check=history.require)


def goes_on(hq: Store) -> None:
    """Expect that the data are whole, and that commands answer."""
    pinned._stores.clear()
    assert mssmap.load().faults == ()
    assert cli.run(["show", "events"]) == 0
    assert cli.run(["layers"]) == 0
    assert cli.run(["brief", "--list"]) == 0
    assert cli.run(["log"]) == 0


def body_of(sound: prepare.Imported, given: bytes | None = None, /, **more: Any) -> tuple[dict[str, Any], bytes]:
    rows = attach.rows_of(sound) if given is None else given
    said = {**prepare.described(sound), "sha256": payloads.digest(rows), "bytes": len(rows), **more}
    return said, rows


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def edited(sound: prepare.Imported, **columns: Any) -> bytes:
    frame = sound.frame.assign(**columns)
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


BOMB = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, dtype="int32")), pa.array(["x" * 100_000]))

HOSTILE_IMPORTS: dict[str, tuple[Callable[[Any], bytes] | None, dict[str, Any]]] = {
    "no Parquet": (lambda _sound: b"PAR1 no rows at all", {}),
    "a bomb": (lambda _sound: parquet({"a": BOMB}), {"kind": "layer", "places": False}),
    "no columns of events": (lambda _sound: parquet({"a": ["b"]}), {}),
    "a word that is no precision": (lambda sound: edited(sound, date_precision="evil"), {}),
    "no day": (lambda sound: edited(sound, valid_from=pd.NaT), {}),
    "a place out of the world": (lambda sound: edited(sound, lon=1e300), {}),
    "lists": (lambda _sound: parquet({"a": [[1, 2]]}), {"kind": "layer", "places": False}),
    "a layer without shapes": (None, {"kind": "layer"}),
    "boundaries without shapes": (None, {"kind": "boundaries"}),
    "another kind": (None, {"kind": "evil"}),
    "no mapping": (None, {"mapping": "["}),
    "notes that are none": (None, {"notes": "evil"}),
    "rows that are no number": (None, {"rows": "many"}),
    "a number without end": (None, {"left_out": 10**300}),
    "no file": (None, {"file": None}),
    "other rows than there": (None, {"sha256": "0" * 64}),
    "a path": (None, {"sha256": "../../evil"}),
}


@pytest.mark.parametrize("what", HOSTILE_IMPORTS)
def test_an_import_that_cannot_be_used_is_told_and_the_plan_beside_it_taken(hq, laptop, sound, plan, tmp_path, what):
    make, more = HOSTILE_IMPORTS[what]
    said, rows = body_of(sound, make(sound) if make else None, **more)
    laptop.write(lambda session: payloads.put(session, rows))
    put(laptop, "import", said["id"], said)
    plans.save(laptop, plan, version=0)
    done = taken(hq, laptop, tmp_path)
    assert [one.name for one in plans.listed(hq)] == ["Fine"]
    (line,) = done.refused
    assert line.startswith(f"import {said['id']}: not merged. ")
    assert imports.listed(hq, removed=True) == []
    assert payloads.digest(rows) not in payloads.names(hq)
    goes_on(hq)


@pytest.mark.parametrize("name", ["fobs", "events", "gang_zones"])
def test_the_id_of_a_layer_of_our_own_is_refused(hq, laptop, sound, tmp_path, name):
    said, rows = body_of(sound, id=name)
    laptop.write(lambda session: payloads.put(session, rows))
    put(laptop, "import", name, said)
    assert len(taken(hq, laptop, tmp_path).refused) == 1
    goes_on(hq)


def test_a_state_that_undo_could_bring_back_is_checked_too(hq, laptop, sound, plan, tmp_path):
    """The bomb stands only in the trail: the import was removed, the plan changed since."""
    said, rows = body_of(sound, parquet({"a": BOMB}), kind="layer", places=False)
    laptop.write(lambda session: payloads.put(session, rows))
    put(laptop, "import", said["id"], said)
    put(laptop, "import", said["id"], None, action=audit.DELETE, version=2)
    put(laptop, "plan", "p", {**plan, "active": "all of them"})
    put(laptop, "plan", "p", plan, version=2)
    done = taken(hq, laptop, tmp_path)
    assert [line.split(":")[0] for line in done.refused] == [f"import {said['id']}", "plan p"]
    assert (plans.listed(hq), payloads.digest(rows) in payloads.names(hq)) == ([], False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pack.000001", {"by": 5}),
        ("pack.000001", {"by": "a", "at": "b", "brief": {}, "files": {}}),
        ("pack.000001", {"by": "a", "at": "b", "brief": {"as_of": 5, "known_on": [], "created": {}}, "files": {}}),
        ("pack.evil", {"by": "a", "at": "b", "brief": {}, "files": {}}),
        ("draft.local", {"origins": {"proposed": 5}}),
        ("last_brief", {"day": "yesterday"}),
        ("last_brief", {}),
        ("evil", {}),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(hq, laptop, plan, tmp_path, key, value):
    put(laptop, "setting", key, value)
    plans.save(laptop, plan, version=0)
    done = taken(hq, laptop, tmp_path)
    assert (len(done.refused), notes.find(hq, key)) == (1, None)
    assert [one.name for one in plans.listed(hq)] == ["Fine"]
    goes_on(hq)


@pytest.mark.parametrize(
    "more",
    [
        {"at": "yesterday"},
        {"at": "2025-01-18"},
        {"version": 0},
        {"actor": "a\x1b[2Jb"},
        {"action": "evil"},
        {"action": audit.DELETE},
    ],
)
def test_a_change_that_is_none_is_told(hq, laptop, plan, tmp_path, more):
    put(laptop, "plan", "p", plan, **more)
    assert len(taken(hq, laptop, tmp_path).refused) == 1
    assert plans.listed(hq) == []


@pytest.mark.parametrize(
    "more", [{"id": "other"}, {"name": ""}, {"proposals": [5]}, {"as_of": "evil"}, {"note": 5}, {"more": 1}]
)
def test_a_plan_that_cannot_be_used_is_told(hq, laptop, plan, tmp_path, more):
    put(laptop, "plan", "p", {**plan, **more})
    assert len(taken(hq, laptop, tmp_path).refused) == 1
    assert plans.listed(hq) == []


def test_the_id_of_another_kind_of_record_is_refused(hq, laptop, plan, tmp_path):
    """A setting under the id of a plan would be among what undo brings back."""
    plans.save(hq, plan, version=0)
    put(laptop, "setting", "p", {"day": "2025-01-18"})
    put(laptop, "archive", "p", {"name": "p", "title": "t", "rows": 1, "bytes": 1, "sha256": "0" * 64}, version=2)
    assert len(taken(hq, laptop, tmp_path).refused) == 2


def test_an_archive_that_says_too_little_is_refused(hq, laptop, plan, tmp_path):
    put(laptop, "archive", "a", {"name": "a"})
    put(laptop, "archive", "a", None, action=audit.DELETE, version=2)
    plans.save(laptop, plan, version=0)
    assert len(taken(hq, laptop, tmp_path).refused) == 1


def test_the_command_tells_each_and_its_return_code_says_so(hq, laptop, plan, tmp_path, capsys):
    put(laptop, "setting", "evil", {})
    plans.save(laptop, plan, version=0)
    file = tmp_path / "copy.zip"
    backup.backup(laptop, file)
    assert cli.run(["merge", str(file), "--from", "laptop 3"]) == 1
    said = capsys.readouterr()
    assert said.out == "Fine\n"
    assert "setting evil: not merged." in said.err


def test_a_sound_import_is_taken(hq, laptop, sound, tmp_path):
    attach.store_import(laptop, sound)
    notes.remember(laptop, "last_brief", {"day": "2025-01-18"})
    done = taken(hq, laptop, tmp_path)
    assert (done.refused, done.taken) == ((), 2)
    goes_on(hq)


def test_many_short_texts_are_measured_as_what_they_take_in_the_server(hq, laptop, sound, tmp_path, monkeypatch):
    """20 million texts of 7 characters are 75 MB in a file and 2 GB in a frame; here are 30,000 and a lower limit."""
    rows = parquet({"a": [f"{n:06}" for n in range(30_000)]})
    said, rows = body_of(sound, rows, kind="layer", places=False)
    laptop.write(lambda session: payloads.put(session, rows))
    put(laptop, "import", said["id"], said)
    monkeypatch.setattr(stored, "HELD_BYTES", 1_000_000)
    (line,) = taken(hq, laptop, tmp_path).refused
    assert "bytes held" in line
    with pytest.raises(MssmapError, match="bytes held"):  # nobody stores what could not be read again
        attach.store_import(laptop, replace(sound, frame=pd.concat([sound.frame] * 3_000)))
    monkeypatch.setattr(stored, "HELD_BYTES", 3_000_000)
    (tmp_path / "copy.zip").unlink()
    assert taken(hq, laptop, tmp_path).refused == ()
