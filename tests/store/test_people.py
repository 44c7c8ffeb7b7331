"""People and their roles: every write asks, in its own transaction, what the person may do now."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mssmap.brief import history
from mssmap.errors import InputError, NotAllowedError
from mssmap.store import (
    Store,
    archived,
    audit,
    imports,
    inbox,
    matrices,
    merge,
    notes,
    open_store,
    people,
    plans,
    roles,
    tables,
)

from .conftest import plan


def rows() -> bytes:
    file = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(file)
    return file.getvalue()


def laptop(plan_id: str = "from-the-field") -> Store:
    """Return a field copy in memory with a change of its own."""
    found = open_store("sqlite://")
    plans.save(found, plan(plan_id, "Theirs"), version=0, actor="admin@x")
    return found


WRITES: dict[str, tuple[str, Callable[[Store], Any]]] = {
    "plans.save": ("planner", lambda store: plans.save(store, plan("new"), version=0)),
    "plans.undo": ("planner", lambda store: plans.undo(store, "old", version=2)),
    "plans.redo": ("planner", lambda store: (plans.undo(store, "old", version=2), plans.redo(store, "old", version=3))),
    "plans.delete": ("planner", lambda store: plans.delete(store, "old", version=2)),
    "plans.act": (
        "planner",
        lambda store: plans.act(store, "old", lambda body: {**body, "name": "Third"}, request_id="act"),
    ),
    "plans.bring_back": ("planner", lambda store: (plans.delete(store, "old"), plans.bring_back(store, "old"))),
    "notes.remember": ("briefer", lambda store: notes.remember(store, "x", {"a": 1})),
    "notes.remember_next": ("briefer", lambda store: notes.remember_next(store, "x", lambda _known: ("x1", {}))),
    "imports.save": ("planner", lambda store: imports.save(store, {"id": "i2", "name": "I"}, rows())),
    "imports.remove": ("planner", lambda store: imports.remove(store, "i", version=1)),
    "imports.restore": ("planner", lambda store: imports.restore(store, "gone", version=2)),
    "archived.added": ("planner", lambda store: archived.added(store, {"name": "a"})),
    "archived.removed": ("planner", lambda store: archived.removed(store, "a")),
    "archived.restored": ("planner", lambda store: archived.restored(store, {"name": "a"})),
    "merge.merge": ("admin", lambda store: merge.merge(store, laptop(), origin="laptop")),
    "merge.decide": ("planner", lambda store: merge.decide(store, merge.conflicts(store)[0].conflict_id, "ours")),
    "inbox.submit": ("briefer", lambda store: inbox.submit(store, [("A", {"a": 1})], origin="typed")),
    "inbox.accept": (
        "editor",
        lambda store: inbox.accept(store, 1, lambda _item: {}, seen=inbox.mark_of(store), recorded_on="2025-01-18"),
    ),
    "inbox.decline": ("editor", lambda store: inbox.decline(store, 1, "rejected", reason="no")),
    "inbox.publish": ("editor", lambda store: inbox.publish(store, [2], release="2025.1.1")),
    "people.grant": ("admin", lambda store: people.grant(store, "new@x", "viewer")),
    "people.revoke": ("admin", lambda store: people.revoke(store, "viewer@x")),
    "people.first_admin": ("admin", lambda store: people.first_admin(store, "new@x")),
    "history.keep_draft": ("briefer", lambda store: history.keep_draft(store, {})),
    "history.keep_last": ("briefer", lambda store: history.keep_last(store, date(2025, 1, 18))),
}
"""Every way to write, and the least role for it."""


@pytest.fixture
def peopled(store: Store) -> Store:
    """A store with somebody of each role (`viewer@x`), two plans' worth of history, two imports and a conflict."""
    people.grant(store, "admin@x", "admin")
    for role in roles.ROLES[1:-1]:
        people.grant(store, f"{role}@x", role)
    plans.save(store, plan("old"), version=0)
    plans.save(store, plan("old", name="Second"), version=1)
    imports.save(store, {"id": "i", "name": "I"}, rows())
    imports.save(store, {"id": "gone", "name": "G"}, rows())
    imports.remove(store, "gone", version=1)
    merge.merge(store, laptop("old"), origin="laptop")
    inbox.submit(store, [("One", {"one": 1}), ("Two", {"two": 2})], origin="typed")
    inbox.accept(store, 2, lambda _item: {}, seen=inbox.mark_of(store), recorded_on="2025-01-18", reason="alone")
    return store


@pytest.mark.parametrize("name", WRITES)
def test_each_write_asks_for_its_role(peopled, name):
    needed, write = WRITES[name]
    before = len(peopled.trail())
    for role in roles.ROLES:
        one = peopled.acting(f"{role}@x")
        if not roles.reaches(role, needed):
            with pytest.raises(NotAllowedError, match=f"needs the role {'admin' if needed == 'admin' else needed}"):
                write(one)
            assert len(peopled.trail()) == before, "a refused write left a trace"
    lowest = f"{needed}@x"
    write(peopled.acting(lowest))
    assert {entry.actor for entry in peopled.trail()[before:]} <= {lowest}
    assert audit.faults(peopled.trail()) == []


def test_no_write_of_the_store_is_missing_above():
    """A method that writes and is not in `WRITES` would never be tried as each role."""
    modules = (archived, imports, inbox, matrices, merge, notes, people, plans, history)
    functions = {
        f"{module.__name__.rpartition('.')[2]}.{name}": f
        for module in modules
        for name, f in vars(module).items()
        if inspect.isfunction(f) and f.__module__ == module.__name__
    }
    writing = (".write(", "return grant(", "_change(", "_set(", "notes.remember", "_note(store", "_decide(store")
    found = {
        name
        for name, f in functions.items()
        if not name.rpartition(".")[2].startswith("_") and any(word in inspect.getsource(f) for word in writing)
    }
    elsewhere = {"history.make", "matrices.keep"}  # the one is remember_next and remember, the other needs a grid
    found -= {"people.sign_out"}  # of one's own cookie, whoever one is; no record
    assert found == set(WRITES) | elsewhere


def test_a_role_taken_away_counts_at_the_next_write(peopled):
    """Two sessions: one saves, the administrator takes the role away, the other is refused."""
    ana = peopled.acting("planner@x")
    plans.save(ana, plan("hers"), version=0)
    people.revoke(peopled.acting("admin@x"), "planner@x")
    with pytest.raises(
        NotAllowedError, match=r"needs the role planner; yours is no role\. Nothing was changed\."
    ) as no:
        plans.save(ana, plan("hers", name="Later"), version=1)
    assert "admin@x" not in str(no.value), "who has no role learns no names"
    assert plans.find(peopled, "hers").name == "Plan"
    people.grant(peopled, "planner@x", "viewer")
    with pytest.raises(NotAllowedError, match=r"yours is viewer\. Nothing was changed\. Ask admin@x\."):
        plans.save(ana, plan("hers", name="Later"), version=1)


def test_the_role_is_looked_up_in_the_transaction_of_the_write(peopled):
    """The control: a check before the write would let this one through."""
    ana = peopled.acting("planner@x")
    asked = people.role(peopled, "planner@x")
    people.revoke(peopled, "planner@x")
    assert roles.reaches(asked, "planner"), "a check made earlier says yes"
    with pytest.raises(NotAllowedError):
        plans.delete(ana, "old", version=2)


def test_nobody_signs_as_somebody_else(peopled):
    saved = plans.save(peopled.acting("planner@x"), plan("p"), version=0, actor="admin@x")
    assert saved.changed_by == "planner@x"
    assert peopled.trail()[-1].actor == "planner@x"


def test_the_last_administrator_stays(peopled):
    with pytest.raises(InputError, match=r"^admin@x: is the last administrator\. Make somebody else"):
        people.revoke(peopled, "admin@x")
    with pytest.raises(InputError, match="last administrator"):
        people.grant(peopled, "ADMIN@x", "planner")
    people.grant(peopled, "viewer@x", "admin")
    assert people.revoke(peopled, "admin@x").role == "none"


def test_the_first_administrator_is_made_once(store):
    assert people.first_admin(store, "Ana@X.org")
    assert not people.first_admin(store, "bea@x.org")
    assert [(one.person_id, one.role, one.changed_by) for one in people.listed(store)] == [
        ("ana@x.org", "admin", "local")
    ]


def test_a_default_role_is_for_people_nobody_decided_about(peopled):
    assert people.role(peopled, "new@x", "viewer") == "viewer"
    people.revoke(peopled, "viewer@x")
    assert people.role(peopled, "viewer@x", "viewer") == "none"


@pytest.mark.parametrize(("person", "role", "words"), [
    ("ana@x", "king", "^role: found 'king', required one of viewer, briefer, planner, editor, admin"),
    ("", "viewer", "^person: found '', required an e-mail address"),
    ("a" * 201, "viewer", "^person: found 'aaa"),
    ("a\nb@x", "viewer", "^person: found"),
])  # fmt: skip
def test_what_cannot_be_granted(store, person, role, words):
    with pytest.raises(InputError, match=words):
        people.grant(store, person, role)
    assert people.listed(store) == []


def test_a_role_that_nobody_knows_reaches_nothing(peopled):
    with peopled.engine.begin() as session:
        session.execute(sa.update(tables.people).where(tables.people.c.person_id == "planner@x").values(role="root"))
    with pytest.raises(NotAllowedError):
        plans.save(peopled.acting("planner@x"), plan("p"), version=0)


@given(st.sampled_from(roles.ROLES), st.sampled_from(roles.ROLES), st.sampled_from(roles.ROLES))
def test_a_higher_role_reaches_all_that_a_lower_one_does(low, high, needed):
    if roles.reaches(low, needed) and roles.reaches(high, low):
        assert roles.reaches(high, needed)


def test_drafts_and_last_briefs_are_each_persons_own(peopled):
    ana, bea = peopled.acting("briefer@x"), peopled.acting("planner@x")
    history.keep_draft(ana, {"title": "Hers"})
    history.keep_last(ana, date(2025, 1, 18))
    assert (history.draft(bea), history.last(bea), history.last(peopled)) == ({}, None, None)
    assert (history.draft(ana), history.last(ana)) == ({"title": "Hers"}, date(2025, 1, 18))
