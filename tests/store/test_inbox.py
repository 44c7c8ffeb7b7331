"""The inbox in the store: handed in once, decided once, merged, backed up; on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mssmap.errors import InputError, NotFoundError
from mssmap.store import Store, audit, backup, damaged, inbox, merge, open_store
from mssmap.store.ledger import GoneError

DAY = "2025-01-18"
ROWS = {"events": [{"event_id": "ev-1", "revision": "1"}]}


def hand_in(store: Store, *names: str, actor: str = "ana") -> list[inbox.Submitted]:
    return inbox.submit(store, [(name, {"name": name}) for name in names], origin="typed", actor=actor)


def accept(store: Store, number: int, actor: str = "ben", **more: Any) -> inbox.Submitted:
    seen = more.pop("seen", None) or inbox.mark_of(store)
    return inbox.accept(store, number, lambda _item: ROWS, seen=seen, recorded_on=DAY, actor=actor, **more)


def states(store: Store) -> list[str]:
    return [item.state for item in inbox.listed(store)]


def test_the_same_content_arrives_once(store):
    first = hand_in(store, "A", "B", "A")
    again = hand_in(store, "B", actor="somebody else")
    assert [item.number for item in first] == [1, 2, 1]
    assert again == [first[1]]
    assert [(item.number, item.name) for item in inbox.listed(store)] == [(1, "A"), (2, "B")]
    assert [entry.entity for entry in store.trail()] == ["submission"] * 2
    assert audit.faults(store.trail()) == []


def test_what_was_accepted_is_marked_and_kept_with_its_rows(store):
    hand_in(store, "A", "B")
    before = inbox.mark_of(store)
    done = accept(store, 2)
    assert (done.state, done.rows, done.body["decided_by"], done.body["recorded_on"]) == ("accepted", ROWS, "ben", DAY)
    assert inbox.mark_of(store) != before
    assert [item.number for item in inbox.listed(store, inbox.ACCEPTED)] == [2]
    inbox.publish(store, [1, 2], release="2025.1.1")
    assert states(store) == ["open", "published"], "only what was accepted is in a release"
    assert inbox.find(store, 2).body["release"] == "2025.1.1"


def test_one_decides_about_ones_own_only_with_a_reason(store):
    hand_in(store, "A")
    with pytest.raises(InputError, match=r"submission 1: you handed it in yourself\. Give a reason"):
        accept(store, 1, actor="ana")
    assert accept(store, 1, actor="ana", reason="Nobody else is here.").body["reason"] == "Nobody else is here."


def test_nothing_is_decided_twice_or_without_a_reason(store):
    hand_in(store, "A", "B")
    with pytest.raises(InputError, match="submission 1: found no reason"):
        inbox.decline(store, 1, inbox.REJECTED, reason=" ")
    inbox.decline(store, 1, inbox.RETURNED, reason="Which day?", actor="ben")
    accept(store, 1)
    inbox.decline(store, 2, inbox.REJECTED, reason="A rumour.", actor="ben")
    for number in (1, 2):
        with pytest.raises(InputError, match="ben has decided it already"):
            accept(store, number)
    assert states(store) == ["accepted", "rejected"]
    with pytest.raises(NotFoundError, match="submission 3: there is none"):
        inbox.find(store, 3)


def test_rows_worked_out_before_another_was_accepted_are_not_taken(store):
    hand_in(store, "A", "B")
    seen = inbox.mark_of(store)
    accept(store, 1)
    with pytest.raises(GoneError, match="something else was accepted meanwhile"):
        accept(store, 2, seen=seen)
    assert states(store) == ["accepted", "open"]


def test_two_editors_accept_the_same_one(store):
    """Each of some submissions is accepted from two threads at once: one effect each."""
    rounds = 12
    hand_in(store, *map(str, range(rounds)))
    done: list[int] = []

    def work() -> None:
        for number in range(1, rounds + 1):
            while True:
                try:
                    done.append(accept(store, number).number)
                except GoneError:
                    continue
                except InputError:
                    pass
                break

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(done) == list(range(1, rounds + 1))
    assert {item.version for item in inbox.listed(store)} == {2}
    assert len(store.trail()) == 2 * rounds
    assert audit.faults(store.trail()) == []


@pytest.fixture
def laptop(tmp_path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'laptop.db'}")


def test_a_field_copy_brings_its_submissions(store, laptop):
    hand_in(store, "ours")
    hand_in(laptop, "theirs", "both")
    accept(laptop, 1)
    hand_in(store, "both")
    done = merge.merge(store, laptop, origin="laptop 3")
    assert [(item.number, item.name, item.state) for item in inbox.listed(store)] == [
        (1, "ours", "open"),
        (2, "both", "open"),
        (3, "theirs", "accepted"),
    ]
    assert inbox.find(store, 3).rows == ROWS
    assert done.conflicts == ()
    assert merge.merge(store, laptop, origin="laptop 3").taken == 0
    assert damaged.faults(store, "submission") == []


def test_decided_on_both_sides_a_person_chooses(store, laptop):
    hand_in(store, "A")
    merge.merge(laptop, store, origin="headquarters")
    accept(laptop, 1)
    inbox.decline(store, 1, inbox.REJECTED, reason="A rumour.", actor="ben")
    done = merge.merge(store, laptop, origin="laptop 3")
    assert states(store) == ["rejected"]
    assert [conflict.name for conflict in done.conflicts] == ["A"]
    merge.decide(store, done.conflicts[0].conflict_id, "theirs")
    assert (states(store), inbox.find(store, 1).rows) == (["accepted"], ROWS)


def test_a_backup_holds_them(store, tmp_path):
    hand_in(store, "A", "B")
    accept(store, 2)
    backup.backup(store, tmp_path / "copy.zip")
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    backup.restore(other, tmp_path / "copy.zip")
    assert inbox.listed(other) == inbox.listed(store)


BROKEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a state that is none": lambda body: {**body, "state": "king"},
    "no content": lambda body: {key: value for key, value in body.items() if key != "content"},
    "rows that are none": lambda body: {**body, "rows": [1]},
    "a table that is no list": lambda body: {**body, "rows": {"events": 1}},
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_submission_is_refused(case):
    body = {"state": "open", "name": "A", "content": {"name": "A"}}
    inbox.require_body(body)
    with pytest.raises(InputError, match="required what mssmap writes"):
        inbox.require_body(BROKEN[case](body))
