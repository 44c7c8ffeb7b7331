"""Plans in the store: versions, undo, retries, the audit chain; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import InputError, NotFoundError
from mssmap.store import ConflictError, GoneError, StoreAwayError, audit, notes, open_store, plans

from .conftest import plan


def test_a_saved_plan_comes_back(store, url):
    saved = plans.save(store, plan(name="Three more"), version=0, actor="ana")
    again = plans.find(open_store(url), "p")
    assert again == saved
    assert (again.version, again.name, again.changed_by) == (1, "Three more", "ana")
    assert again.body == plan(name="Three more")


def test_a_second_person_sees_both_versions_and_nothing_is_lost(store):
    plans.save(store, plan(), version=0)
    plans.save(store, plan(name="hers"), version=1, actor="bea")
    with pytest.raises(
        ConflictError, match=r"you changed version 1, but bea has saved version 2 .* keep theirs"
    ) as info:
        plans.save(store, plan(name="mine"), version=1)
    assert info.value.theirs.name == "hers"
    assert info.value.yours["name"] == "mine"
    assert plans.find(store, "p").name == "hers"
    # the person chooses their own: saved over the version they have now seen
    assert plans.save(store, plan(name="mine"), version=info.value.theirs.version).version == 3


def test_a_retry_of_the_same_request_has_one_effect(store):
    first = plans.save(store, plan(), version=0, request_id="r1")
    assert plans.save(store, plan(), version=0, request_id="r1") == first
    assert len(store.trail()) == 1


def test_undo_and_redo_are_changes_of_their_own(store):
    for version, name in enumerate(["a", "b", "c"]):
        plans.save(store, plan(name=name), version=version)
    assert plans.undo(store, "p", version=3).name == "b"
    assert plans.undo(store, "p", version=4).name == "a"
    assert plans.redo(store, "p", version=5).name == "b"
    plans.save(store, plan(name="d"), version=6)
    with pytest.raises(InputError, match=r"^redo: nothing was undone"):
        plans.redo(store, "p", version=7)
    assert plans.undo(store, "p", version=7).name == "b"
    assert [entry.action for entry in store.trail("p")] == ["edit"] * 3 + ["undo"] * 2 + ["redo", "edit", "undo"]


def test_there_is_nothing_to_undo_in_a_new_plan(store):
    plans.save(store, plan(), version=0)
    with pytest.raises(InputError, match=r"^undo: there is no earlier state"):
        plans.undo(store, "p", version=1)


def test_a_deleted_plan_is_gone_from_the_list_but_not_from_the_trail(store):
    plans.save(store, plan(), version=0)
    plans.delete(store, "p", version=1)
    assert plans.listed(store) == []
    with pytest.raises(NotFoundError, match="deleted"):
        plans.find(store, "p")
    with pytest.raises(GoneError, match="Bring it back"):
        plans.save(store, plan(), version=1)
    assert [entry.action for entry in store.trail()] == ["edit", "delete"]


def named(name: str):
    """An act that gives a plan a name, whatever else it holds."""
    return lambda body: {**(body or plan()), "name": name}


def test_an_act_changes_what_stands_and_counts_once(store):
    plans.act(store, "p", named("a"), request_id="1", actor="ana")
    plans.act(store, "p", lambda body: {**body, "active": ["x"]}, request_id="2", actor="bea")
    assert plans.act(store, "p", named("a"), request_id="1").version == 1, "it arrived twice"
    found = plans.find(store, "p")
    assert (found.name, found.body["active"], found.version, found.changed_by) == ("a", ["x"], 2, "bea")


def test_an_act_that_changes_nothing_makes_no_version_and_does_nothing_when_it_comes_again(store):
    plans.act(store, "p", named("a"), request_id="1")
    assert plans.act(store, "p", named("a"), request_id="2").version == 1
    plans.act(store, "p", named("b"), request_id="3")
    plans.act(store, "p", named("a"), request_id="2")
    assert (plans.find(store, "p").name, plans.find(store, "p").version, len(store.trail())) == ("b", 2, 2)


def test_redo_with_nothing_to_redo_writes_nothing(store):
    plans.act(store, "p", named("a"), request_id="1")
    for attempt in (plans.redo, plans.undo):
        with pytest.raises(InputError):
            attempt(store, "p")
    assert (plans.find(store, "p").version, len(store.trail())) == (1, 1)


def test_undo_and_redo_say_before_whether_there_is_something(store):
    plans.act(store, "p", named("a"), request_id="1")
    assert plans.steps(store, "p") == (False, False)
    plans.act(store, "p", named("b"), request_id="2")
    assert plans.steps(store, "p") == (True, False)
    plans.undo(store, "p")
    assert plans.steps(store, "p") == (False, True)


def test_a_deleted_plan_can_be_brought_back_as_it_was(store):
    plans.act(store, "p", named("a"), request_id="1")
    plans.act(store, "p", named("b"), request_id="2")
    plans.delete(store, "p", actor="bea")
    assert [(one.plan_id, one.changed_by, one.deleted) for one in plans.deleted(store)] == [("p", "bea", True)]
    with pytest.raises(GoneError, match=r"deleted meanwhile\. Bring it back"):
        plans.act(store, "p", named("c"), request_id="3")
    assert plans.bring_back(store, "p", request_id="4").body == plan(name="b")
    assert plans.bring_back(store, "p", request_id="4").version == 4, "it arrived twice"
    assert plans.bring_back(store, "p").version == 4, "it is there"
    assert (plans.deleted(store), plans.steps(store, "p")) == ([], (True, False))
    assert plans.undo(store, "p").name == "a", "the deletion is not a step of its own any more"
    assert audit.faults(store.trail()) == []


def test_proposals_are_points_in_the_database(store):
    plans.save(store, plan(), version=0)
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "postgresql":
            found = connection.execute(sa.text("SELECT ST_AsText(place), ST_SRID(place) FROM proposal")).one()
            assert tuple(found) == ("POINT(-72.3 18.5)", 4326)
        else:
            assert connection.execute(sa.text("SELECT count(*) FROM proposal")).scalar_one() == 1


def test_a_changed_row_breaks_the_chain(store):
    for version in range(3):
        plans.save(store, plan(name=f"n{version}"), version=version)
    assert audit.faults(store.trail()) == []
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.text("UPDATE audit SET actor = 'somebody else' WHERE seq = 2"))
    assert audit.faults(store.trail()) == ["entry 2 was changed after it was written"]


def test_a_dropped_row_breaks_the_chain(store):
    for version in range(3):
        plans.save(store, plan(name=f"n{version}"), version=version)
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.text("DELETE FROM audit WHERE seq = 2"))
    assert audit.faults(store.trail()) == [
        "entry 2 is missing: the next one has number 3",
        "entry 3 does not follow the one before it",
    ]


def test_many_at_once_lose_nothing(store):
    """Ten people try 20 edits each; whoever comes second is told and tries again on what is there now."""
    plans.save(store, plan(counts={}), version=0)
    refused = []

    def person(name: str) -> None:
        for _ in range(20):
            while True:
                now = plans.find(store, "p")
                counts = dict(now.body["counts"])
                counts[name] = counts.get(name, 0) + 1
                try:
                    plans.save(store, {**now.body, "counts": counts}, version=now.version, actor=name)
                    break
                except ConflictError as error:
                    refused.append(str(error))

    people = [threading.Thread(target=person, args=(f"person {i}",)) for i in range(10)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert plans.find(store, "p").body["counts"] == {f"person {i}": 20 for i in range(10)}
    assert audit.faults(store.trail()) == []
    assert all("you changed version" in text and "has saved version" in text for text in refused)


def test_settings_are_remembered(store):
    assert notes.find(store, "last_brief") is None
    notes.remember(store, "last_brief", {"day": "2025-01-18"})
    notes.remember(store, "last_brief", {"day": "2025-02-10"})
    assert notes.find(store, "last_brief") == {"day": "2025-02-10"}


def test_a_database_that_restarts_is_found_again(postgres):
    store = open_store(postgres.database("restart"))
    plans.save(store, plan(), version=0)
    postgres.stop("immediate")
    with pytest.raises(StoreAwayError, match=r"did not take it: .* Check that it runs"):
        plans.save(store, plan(name="lost?"), version=1)
    postgres.start()
    assert plans.save(store, plan(name="kept"), version=1).version == 2


def test_a_url_of_something_else_is_refused():
    with pytest.raises(InputError, match=r"^MSSMAP_DATABASE_URL: found mysql, required sqlite"):
        open_store("mysql://localhost/x")
    with pytest.raises(InputError, match=r"^MSSMAP_DATABASE_URL: found no SQLAlchemy URL"):
        open_store("not a url")


def test_a_store_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreAwayError, match="folder of the store cannot be made"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'x' / 'store.db'}")


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=14))
def test_undo_stacks_follow_the_model_of_an_editor(actions):
    """The trail gives the same state as an editor that keeps two stacks."""
    entries, done, undone = [], [], []
    for seq, action in enumerate(actions, 1):
        if action == "undo" and len(done) < 2:
            continue
        if action == "redo" and not undone:
            continue
        if action == "edit":
            done.append(seq)
            undone = []
        elif action == "undo":
            undone.append(done.pop())
        else:
            done.append(undone.pop())
        entries.append(audit.Entry(seq, str(seq), "", "", action, "plan", "p", seq, {"n": seq}, "", ""))
    found_done, found_undone = audit.stacks(entries)
    assert [e.seq for e in found_done] == done
    assert [e.seq for e in found_undone] == undone


def test_a_store_of_a_newer_mssmap_is_left_alone(store, url):
    with store.engine.connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(InputError, match=r"found a store of a newer mssmap \(tables 9999\), .* Update mssmap"):
        open_store(url)
