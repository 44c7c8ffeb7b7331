"""Releases that were taken over: file, setting and submissions in one transaction; on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from mssmap.errors import DataError
from mssmap.store import Store, audit, backup, imports, inbox, open_store, tables, taken
from mssmap.store.ledger import GoneError

ROWS = {"events": [{"event_id": "ev-1", "revision": "1"}]}
RELEASE = {"version": "2025.6.1", "published_on": "2025-06-30", "sha256": "0" * 64, "files": {}, "signature": ""}
FILE = b"the file of a release" * 1000


def accepted(store: Store) -> None:
    inbox.submit(store, [(name, {"name": name}) for name in "AB"], origin="typed", actor="ana")
    for number in (1, 2):
        seen = inbox.mark_of(store)
        inbox.accept(store, number, lambda _item: ROWS, seen=seen, recorded_on="2025-01-18", actor="ben")


def take(store: Store, **more: Any) -> None:
    decided = [taken.Decided(1, inbox.PUBLISHED, {"release": "2025.6.1"})]
    given = {"origin": "a.zip", "seen": inbox.mark_of(store), "actor": "cleo", **more}
    taken.take(store, RELEASE, FILE, more.pop("decided", decided), **{k: v for k, v in given.items() if k != "decided"})


def test_a_release_is_kept_with_what_it_does(store, tmp_path):
    accepted(store)
    take(store)
    (said,) = taken.listed(store)
    assert (said["release"], said["origin"], taken.content(store, said)) == (RELEASE, "a.zip", FILE)
    assert [item.state for item in inbox.listed(store)] == ["published", "accepted"]
    entries = store.trail()
    assert (entries[-2].entity, entries[-2].entity_id, entries[-2].actor) == ("setting", "release-2025-6-1", "cleo")
    assert audit.faults(entries) == []
    assert imports.faults(store) == []
    backup.backup(store, tmp_path / "copy.zip")
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    backup.restore(other, tmp_path / "copy.zip")
    assert taken.content(other, taken.listed(other)[0]) == FILE


def test_all_of_it_or_nothing(store):
    """A submission that is not there, and one that was accepted since."""
    accepted(store)
    with pytest.raises(LookupError, match="submission 9: there is none"):
        take(store, decided=[taken.Decided(1, inbox.PUBLISHED, {}), taken.Decided(9, inbox.PUBLISHED, {})])
    with pytest.raises(GoneError, match="Something was accepted meanwhile"):
        take(store, seen=(0, 0))
    assert (taken.listed(store), len(store.trail())) == ([], 4)
    with store.engine.connect() as connection:
        assert connection.execute(tables.payloads.select()).all() == []
    assert [item.state for item in inbox.listed(store)] == ["accepted", "accepted"]


def test_what_was_published_in_a_later_release_is_found(store):
    accepted(store)
    inbox.publish(store, [1], release="2025.6.1")
    inbox.publish(store, [2], release="2025.10.1")
    assert [item.number for item in inbox.published_after(store, lambda version: version != "2025.6.1")] == [2]
    assert inbox.published_after(store, lambda _version: False) == []


def test_a_file_that_was_changed_is_told(store):
    take(store, decided=[])
    with store.engine.begin() as connection:
        connection.execute(tables.payloads.update().values(content=b"x"))
    with pytest.raises(DataError, match=r"Release 2025\.6\.1: found rows that were changed in the store"):
        taken.content(store, taken.listed(store)[0])
