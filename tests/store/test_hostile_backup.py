"""A back-up is measured before anything of it is unpacked: sizes, lines, members, rows, and the kind of each value."""

from __future__ import annotations

import hashlib
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mssmap import cli
from mssmap.archive import copies
from mssmap.archive.shelf import Shelf
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.store import Store, backup, backup_file, imports, notes, open_store, payloads, plans
from mssmap.store.backup_file import BOUNDS

from .conftest import plan

MOST_MEMORY = 40_000_000
"""What refusing a file may take, in bytes."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def file(tmp_path: Path, store: Store) -> Path:
    """Return a sound back-up of a plan and a setting."""
    plans.save(store, plan(), version=0)
    notes.remember(store, "last_brief", {"day": "2025-01-18"})
    path = tmp_path / "kept.zip"
    backup.backup(store, path)
    return path


Members = dict[str, bytes]


def remade(file: Path, change: Callable[[Members], None], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a back-up again with other members and a manifest that counts and hashes them."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    said = json.loads(members["manifest.json"]) if len(members["manifest.json"]) < 1_000_000 else {"tables": {}}
    for name, about in said["tables"].items():
        if (content := members.get(f"{name}.jsonl")) is not None:
            about |= {"rows": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    if said.get("format"):
        members["manifest.json"] = json.dumps(said).encode()
    with zipfile.ZipFile(file, "w", kind) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return file


def refused(act: Callable[[], object], words: str) -> None:
    """Expect a refusal in one line that takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(MssmapError, match=words) as told:
            act()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(told.value)
    assert most < MOST_MEMORY


def large_manifest(members: Members) -> None:
    members["manifest.json"] = b" " * 50_000_000


def long_line(members: Members) -> None:
    members["plan.jsonl"] = b'{"plan_id":"' + b"x" * 60_000_000 + b'"}\n'


def many_values(members: Members) -> None:
    members["setting.jsonl"] = b'{"key":"a","version":1,"value":{"a":[' + b"{}," * 2_000_000 + b"{}]}}\n"


def payload_of_values(members: Members) -> None:
    """A long line is for rows in base64 and nothing else."""
    members["payload.jsonl"] = b'{"sha256":"' + b"0" * 64 + b'","content":[' + b"[]," * 3_000_000 + b"[]]}\n"


def long_payload(members: Members) -> None:
    members["payload.jsonl"] = b'{"sha256":"' + b"0" * 64 + b'","content":"' + b"A" * 40_000_000 + b'"}\n'


def many_rows(members: Members) -> None:
    members["answer.jsonl"] = b"{}\n" * 20_001


def many_members(members: Members) -> None:
    members |= {f"archives/{n}.parquet": b"" for n in range(BOUNDS.members + 1)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (large_manifest, r"manifest\.json: found 50,000,000 bytes unpacked, required at most 4,000,000\."),
        (long_line, r"plan: found a row of more than 8,000,000 bytes, required at most 8,000,000\."),
        (many_values, r"setting: found a row of more than 500,000 values, required at most 500,000\."),
        (payload_of_values, r"payload: found a row of more than 8,000,000 bytes, required at most 8,000,000\."),
        (long_payload, r"payload: found a row of more than 12,000,000 bytes, required at most 12,000,000\."),
        (many_rows, r"found more than 20,000 rows, required at most 20,000\."),
        (many_members, r"a zip with more than 5,000 members, required at most 5,000\."),
    ],
)
def test_what_unpacks_to_too_much_is_refused_before_it_is_held(file, tmp_path, monkeypatch, change, words):
    remade(file, change)
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'there.db'}")
    bounds = replace(BOUNDS, payload_bytes=12_000_000, rows=20_000)
    refused(lambda: backup_file.read(file, bounds), rf"^{file}: {words}")
    if change in (long_payload, many_rows):
        return
    assert cli.run(["restore", str(file), "--make-store"]) == 2
    assert not (tmp_path / "there.db").exists()


def test_all_tables_together_are_bounded(file, store, tmp_path):
    size = sum(one.file_size for one in zipfile.ZipFile(file).infolist())
    backup_file.read(file, replace(BOUNDS, unpacked_bytes=size))
    with pytest.raises(
        InputError, match=r"kept\.zip: found [\d,]+ bytes unpacked, required at most [\d,]+\. .*not touched"
    ):
        backup_file.read(file, replace(BOUNDS, unpacked_bytes=size - 1))


def test_the_values_of_all_rows_together_are_bounded(file):
    backup_file.read(file, replace(BOUNDS, values=200))
    with pytest.raises(InputError, match=r"found more than 20 values, required at most 20\."):
        backup_file.read(file, replace(BOUNDS, values=20))


def test_a_field_copy_may_be_smaller_than_a_back_up(file, store, monkeypatch):
    from mssmap.ingest import field_copy

    monkeypatch.setattr(field_copy, "BOUNDS", replace(field_copy.BOUNDS, unpacked_bytes=100))
    with pytest.raises(InputError, match=r"found [\d,]+ bytes unpacked, required at most 100\."):
        copies.take(store, Shelf(file.parent / "archives"), file, origin="laptop 3")


def test_a_member_that_unpacks_to_more_than_it_says_is_damage(file, tmp_path):
    """The size in the directory is what is read, never more."""
    remade(file, lambda members: members.update({"plan.jsonl": b" " * 100_000_000}))
    content = bytearray(file.read_bytes())
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"plan.jsonl"))
    content[at + 24 : at + 28] = struct.pack("<L", 1_000)
    file.write_bytes(content)
    refused(lambda: backup_file.read(file), "the file is damaged|not what was written")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_unpack_without_a_bound_are_refused(file, kind):
    remade(file, lambda members: members.update({"plan.jsonl": b"\n" * 50_000_000}), kind)
    refused(lambda: backup_file.read(file), r"required those of mssmap backup")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("plan", {"plan_id": 5}),
        ("plan", {"version": "one"}),
        ("plan", {"version": 10**400}),
        ("plan", {"version": 2**63}),
        ("plan", {"deleted": 7}),
        ("plan", {"body": "[" * 100}),
        ("plan", {"name": "\ud800"}),
        ("plan", {"name": "x" * 201}),
        ("plan", {"name": "a\x00b"}),
        ("plan", {"body": {"\ud800": 1}}),
        ("proposal", {"place": ["a", 5]}),
        ("proposal", {"place": [1]}),
        ("proposal", {"capacity": 1.5}),
        ("plan", [1, 2]),
        ("plan", {"other": 1}),
        ("plan", None),
    ],
)
def test_a_value_of_another_kind_than_its_column_is_no_back_up(file, tmp_path, table, row):
    def change(members: Members) -> None:
        first = json.loads(members[f"{table}.jsonl"].splitlines()[0])
        members[f"{table}.jsonl"] = json.dumps({**first, **row} if isinstance(row, dict) else row).encode() + b"\n"

    remade(file, change)
    there = open_store(f"sqlite:///{tmp_path / 'there.db'}")
    with pytest.raises(DataError, match=rf"{table} is not what was written"):
        backup.restore(there, file)
    assert plans.listed(there) == []
    there.engine.dispose()


@pytest.mark.parametrize(
    "said",
    [
        {"tables": []},
        {"tables": {"plan": 5}},
        {"tables": {"plan": {"rows": "1", "sha256": 1}}},
        {"changes": "many"},
        {"faults": 5},
        {"made_at": []},
        {"archives": 5},
        {"archives": [{"about": [], "why": ""}]},
        {"version": "1"},
    ],
)
def test_a_manifest_of_another_form_is_no_back_up(file, said):
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **said}).encode()
    with zipfile.ZipFile(file, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    with pytest.raises(InputError, match="found no back-up of mssmap"):
        backup_file.read(file)


def test_a_manifest_nested_without_end_is_no_back_up(file):
    with zipfile.ZipFile(file, "w") as new:
        new.writestr("manifest.json", b"[" * 1_000_000)
    with pytest.raises(InputError, match="found no back-up of mssmap"):
        backup_file.read(file)


def test_rows_go_into_the_store_some_bytes_at_a_time(tmp_path, store):
    """Many large rows are not held together."""
    for n in range(16):
        store.write(lambda session, n=n: payloads.put(session, bytes([n]) * 2_000_000))
    path = tmp_path / "large.zip"
    backup.backup(store, path)
    there = open_store(f"sqlite:///{tmp_path / 'there.db'}")
    tracemalloc.start()
    backup.restore(there, path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(payloads.names(there)) == 16
    assert most < 40_000_000
    there.engine.dispose()


def test_what_a_back_up_could_not_give_back_is_not_stored(store):
    with pytest.raises(InputError, match=r"found 100,000,001 bytes, required at most 100,000,000\."):
        imports.save(store, {"id": "a", "name": "A"}, bytes(100_000_001))
    assert imports.listed(store) == []
