"""Imports in the store: the same guarantees as plans, on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.store import GoneError, StoreAwayError, audit, imports, open_store

ROWS = b"PAR1 any bytes"


def said(import_id: str = "a-1", name: str = "A") -> dict[str, object]:
    return {"id": import_id, "name": name, "kind": "layer", "rows": 2}


def test_an_import_comes_back_with_its_rows(store, url):
    saved = imports.save(store, said(), ROWS, actor="ana")
    again = open_store(url)
    (item,) = imports.listed(again)
    assert item == saved
    assert (item.version, item.changed_by, item.body["kind"]) == (1, "ana", "layer")
    assert imports.content(again, item) == ROWS


def test_the_audit_row_holds_what_is_said_and_the_hash_of_the_rows(store):
    imports.save(store, said(), ROWS, actor="ana")
    (entry,) = store.trail("a-1")
    assert (entry.entity, entry.action, entry.actor) == ("import", "edit", "ana")
    assert entry.body["sha256"] == hashlib.sha256(ROWS).hexdigest()
    assert audit.faults(store.trail()) == []


def test_removal_can_be_undone(store):
    saved = imports.save(store, said(), ROWS)
    away = imports.remove(store, "a-1", version=saved.version)
    assert imports.listed(store) == []
    assert [item.removed for item in imports.listed(store, removed=True)] == [True]
    back = imports.restore(store, "a-1", version=away.version)
    assert imports.listed(store) == [back]
    assert imports.content(store, back) == ROWS
    assert [entry.action for entry in store.trail("a-1")] == ["edit", "delete", "undo"]
    assert audit.faults(store.trail()) == []


def test_the_same_content_twice_is_refused(store):
    imports.save(store, said(), ROWS)
    with pytest.raises(InputError, match=r"the same content is in the store already\. Nothing was changed"):
        imports.save(store, said(), ROWS)
    assert len(store.trail()) == 1


def test_a_retry_of_the_same_request_has_one_effect(store):
    first = imports.save(store, said(), ROWS, request_id="r")
    assert imports.save(store, said(), ROWS, request_id="r") == first
    imports.remove(store, "a-1", version=1, request_id="s")
    assert imports.remove(store, "a-1", version=1, request_id="s").removed
    assert len(store.trail()) == 2


def test_what_somebody_else_removed_cannot_be_removed_again(store):
    imports.save(store, said(), ROWS)
    imports.remove(store, "a-1", version=1)
    with pytest.raises(GoneError, match=r"it was changed meanwhile"):
        imports.remove(store, "a-1", version=1)
    with pytest.raises(GoneError, match=r"it was changed meanwhile"):
        imports.restore(store, "a-1", version=1)


def test_rows_that_were_changed_are_noticed(store):
    item = imports.save(store, said(), ROWS)
    with store.engine.begin() as session:
        session.execute(sa.text("UPDATE payload SET content = :other"), {"other": b"other"})
    with pytest.raises(DataError, match=r"import 'A': found rows that were changed in the store"):
        imports.content(store, item)


@pytest.mark.parametrize("harm", ["UPDATE payload SET content = :other", "DELETE FROM payload WHERE content <> :other"])
def test_an_import_whose_rows_were_damaged_is_mended_by_importing_it_again(store, harm):
    imports.save(store, said(), ROWS)
    with store.engine.begin() as session:
        session.execute(sa.text(harm), {"other": b"other"})
    again = imports.save(store, said(), ROWS)
    assert imports.content(store, again) == ROWS
    assert imports.listed(store) == [again]
    with pytest.raises(InputError, match="the same content is in the store already"):
        imports.save(store, said(), ROWS)
    assert audit.faults(store.trail()) == []


def test_an_unknown_import_is_said(store):
    with pytest.raises(NotFoundError, match=r"import 'x': there is none"):
        imports.find(store, "x")


def test_nothing_is_written_if_the_audit_row_cannot_be(store):
    with store.engine.begin() as session:
        session.execute(sa.text("ALTER TABLE audit RENAME TO away"))
    with pytest.raises(StoreAwayError):
        imports.save(store, said(), ROWS)
    with store.engine.begin() as session:
        session.execute(sa.text("ALTER TABLE away RENAME TO audit"))
    assert imports.listed(store, removed=True) == []
