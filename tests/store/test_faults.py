"""A full disk, a clock that jumps, a database that restarts, a cable that is pulled: told, nothing lost, resumed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmap.store import ConflictError, Store, StoreAwayError, audit, ledger, notes, open_store, plans

from .cable import Cable, Line, cable
from .conftest import Postgres, plan

RESTARTS_WITHIN_S = 200


@pytest.fixture
def wired(postgres: Postgres) -> Iterator[tuple[Store, Cable]]:
    """A store at the end of a cable, with one plan."""
    with cable(postgres.database("wired")) as (pulled, url):
        store = open_store(url)
        plans.save(store, plan(), version=0)
        yield store, pulled
        store.engine.dispose()


# ------------------------------------------------------------------------------------------------- the cable is pulled


def test_an_answer_lost_after_the_commit_has_one_effect(wired, record_property):
    store, pulled = wired
    pulled.at_commit = Line.swallow
    assert plans.save(store, plan(name="new"), version=1).version == 2
    pulled.at_commit = Line.swallow
    made = notes.remember_next(store, "brief/", lambda found: (f"brief/{len(found) + 1}", {"n": len(found) + 1}))
    assert made == ("brief/1", {"n": 1})
    assert notes.listed(store, "brief/") == {"brief/1": {"n": 1}}
    pulled.at_commit = Line.swallow
    notes.remember(store, "last_brief", {"day": "2025-01-18"})
    assert [(one.entity_id, one.version) for one in store.trail()] == [
        ("p", 1),
        ("p", 2),
        ("brief/1", 1),
        ("last_brief", 1),
    ]
    record_property("figure", "3 answers lost after COMMIT, each one effect")


def test_without_the_request_id_it_has_two(wired, monkeypatch, record_property):
    """The control: the second try does not know the first."""
    store, pulled = wired
    monkeypatch.setattr(ledger, "entry_of", lambda _session, _request_id: None)
    with monkeypatch.context() as forgetful:
        numbers = iter(range(100))
        forgetful.setattr(
            notes,
            "_remember",
            lambda connection, key, value, by, _id, real=notes._remember: real(
                connection, key, value, by, f"r{next(numbers)}"
            ),
        )
        pulled.at_commit = Line.swallow
        notes.remember_next(store, "brief/", lambda found: (f"brief/{len(found) + 1}", {"n": len(found) + 1}))
    assert len(notes.listed(store, "brief/")) == 2
    pulled.at_commit = Line.swallow
    with pytest.raises(ConflictError, match="you changed version 1, but local has saved version 2"):
        plans.save(store, plan(name="new"), version=1)  # the person's own change, shown as somebody else's
    record_property("control", "1 request became 2 numbers; a person was shown their own change as another's")


# ----------------------------------------------------------------------------------------------- the database restarts


@pytest.mark.parametrize("arrives", [True, False], ids=["committed", "not committed"])
def test_a_database_that_restarts_in_the_middle_of_a_commit(wired, postgres, arrives, record_property):
    """The COMMIT reaches it or not; it is gone before it answers, and comes back two seconds later."""
    store, pulled = wired
    back: list[threading.Thread] = []

    def restart(line: Line, packet: bytes) -> None:
        if arrives:
            line.swallow(packet)
        postgres.stop("immediate")
        back.append(threading.Timer(2.0, postgres.start))
        back[0].start()

    pulled.at_commit = restart
    told, saved, start = [], None, time.monotonic()
    while saved is None and time.monotonic() - start < RESTARTS_WITHIN_S:
        try:
            saved = plans.save(store, plan(name="new"), version=1, request_id="one request")
        except StoreAwayError as error:
            told.append(str(error))
            time.sleep(0.1)
    back[0].join()
    assert saved is not None, told[-1]
    assert saved.version == 2
    assert told, "it was away"
    assert all(re.match(r"The store \(postgresql\) did not take it: .+ Check that it runs", text) for text in told)
    assert [(one.version, one.request_id == "one request") for one in store.trail()] == [(1, False), (2, True)]
    assert audit.faults(store.trail()) == []
    record_property("figure", f"{'committed' if arrives else 'not committed'}: told {len(told)} times, one effect")


# --------------------------------------------------------------------------------------------------- the disk is full

FULL = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from mssmap.store import StoreAwayError, open_store, plans
from store.conftest import plan
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store({url!r})
version = plans.save(store, plan(), version=0).version
_soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
try:
    while True:
        version = plans.save(store, plan(name="x" * 150, note="y" * 4000), version=version).version
except StoreAwayError as error:
    print(version, error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(plans.save(store, plan(name="after"), version=version).version)
"""


def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(tmp_path, record_property):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    script = FULL.format(tests=str(Path(__file__).parents[1]), url=url)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    full, after = done.stdout.splitlines()
    version, _space, message = full.partition(" ")
    assert re.match(r"The store \(sqlite\) did not take it: .+", message)
    assert int(version) > 5
    assert int(after) == int(version) + 1
    store = open_store(url)
    assert (plans.find(store, "p").version, plans.find(store, "p").name) == (int(after), "after")
    assert audit.faults(store.trail()) == []
    record_property("figure", f"{version} writes, full, 0 lost, then written on by the same process")


def test_a_full_disk_is_told_with_what_to_do(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    plans.save(store, plan(), version=0)
    store.engine.dispose()
    sa.event.listen(store.engine, "connect", lambda wire, _record: wire.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(StoreAwayError, match=r"disk is full. Free some space and try again\.$"):
        plans.save(store, plan(note="y" * 200_000), version=1)
    store.engine.dispose()


def test_a_file_rewritten_whole_does_not_survive_a_full_disk(tmp_path, record_property):
    """The control: the ordinary way empties the file before it finds that there is no room."""
    path = tmp_path / "plans.json"
    script = f"""
import json, pathlib, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
plans, kept = [], 0
while True:
    plans.append({{"name": "x" * 150, "note": "y" * 4000}})
    try:
        pathlib.Path({str(path)!r}).write_text(json.dumps(plans))
    except OSError:
        break
    kept = len(plans)
print(kept)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(path.read_text())
    record_property("control", f"all {done.stdout.strip()} writes lost")


# ----------------------------------------------------------------------------------------------------- the clock jumps


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(jumps=st.lists(st.integers(-72, 72), min_size=6, max_size=6))
def test_order_is_by_sequence_whatever_the_clock_says(jumps: list[int], tmp_path_factory: Any) -> None:
    """Hours are added to the clock before each write; two plans are changed in turn."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('clock') / 'store.db'}")
    for number, name in enumerate(_jumping(store, jumps)):
        assert plans.listed(store)[0].plan_id == name, "the one changed last stands first"
        assert len(store.trail()) == number + 1
    assert [one.body["name"] for one in store.trail() if one.body] == [f"n{n}" for n in range(6)]
    assert audit.faults(store.trail()) == []
    assert plans.undo(store, "a", version=3).name == "n2"
    store.engine.dispose()


def _jumping(store: Store, jumps: list[int]) -> Iterator[str]:
    """Change plans a and b in turn, each time by another clock; yield which."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for number, hours in enumerate(jumps):
        now += timedelta(hours=hours)
        with pytest.MonkeyPatch.context() as clock:
            clock.setattr(ledger, "now", lambda at=now: at.isoformat(timespec="milliseconds"))
            plans.save(store, plan("ab"[number % 2], f"n{number}"), version=number // 2)
        yield "ab"[number % 2]


def test_ordered_by_the_clock_the_trail_would_be_another(tmp_path, record_property):
    """The control."""
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert list(_jumping(store, [0, -5, 9, -30, 2, 1])) == ["a", "b"] * 3
    trail = store.trail()
    by_clock = sorted(trail, key=lambda one: one.at)
    wrong = sum(one is not other for one, other in zip(trail, by_clock, strict=True))
    assert wrong > 0
    assert audit.faults(by_clock) != []
    record_property("control", f"by the clock {wrong} of {len(trail)} changes stand elsewhere")
