"""Many people at once: nothing is lost without a word, nobody gets an error; and the same without the protection."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from mssmap.store import ConflictError, Store, StoreAwayError, audit, open_store, plans

from .conftest import SOAK, plan

PEOPLE = 30
EDITS = 20 if SOAK else 3
OWN_EDITS = 15 if SOAK else 3
BOTH_VERSIONS = re.compile(r"you changed version (\d+), but \S+ has saved version (\d+)")


def together(work: Callable[[int], None], people: int = PEOPLE) -> list[Exception]:
    """Let people work at the same time; return what went wrong."""
    errors: list[Exception] = []

    def run(number: int) -> None:
        try:
            work(number)
        except (StoreAwayError, ConflictError, sqlite3.Error) as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def rounds_of_edits(stores: list[Store], *, checked: bool) -> list[str]:
    """
    All look at the plan, then all add one to a count that stands in one proposal.

    With `checked` a refused person adds theirs to what is there now. Without, each writes what they made of what they
    saw, over whatever is there: a store without versions.
    """
    refusals: list[str] = []
    barrier = threading.Barrier(PEOPLE)

    def person(number: int) -> None:
        store = stores[number % len(stores)]
        for _ in range(EDITS):
            barrier.wait()
            seen = plans.find(store, "p")
            barrier.wait()
            while True:
                proposal = dict(seen.body["proposals"][0])
                edited = {**seen.body, "proposals": [{**proposal, "capacity": (proposal["capacity"] or 0) + 1}]}
                try:
                    version = seen.version if checked else plans.find(store, "p").version
                    plans.save(store, edited, version=version, actor=f"person-{number}")
                    break
                except ConflictError as error:
                    refusals.append(str(error))
                    seen = error.theirs if checked else seen

    assert together(person) == []
    return refusals


def test_concurrent_edits_of_one_proposal(store, url, record_property):
    """Over two stores, as two servers have them."""
    other = open_store(url)
    plans.save(store, plan(), version=0)
    refusals = rounds_of_edits([store, other], checked=True)
    made = PEOPLE * EDITS
    assert plans.find(store, "p").body["proposals"][0]["capacity"] == made
    assert audit.faults(store.trail()) == []
    versions = [BOTH_VERSIONS.search(text) for text in refusals]
    assert all(versions), "each refusal names both versions"
    assert all(int(found[1]) < int(found[2]) for found in versions if found)
    assert len(refusals) >= made / 2, "they did not meet"
    name = store.engine.dialect.name
    record_property("figure", f"{name}: {made} edits, 0 lost, {len(refusals)} refused first")
    other.engine.dispose()


def test_without_the_version_most_edits_are_lost(store, record_property):
    """The control."""
    plans.save(store, plan(), version=0)
    rounds_of_edits([store], checked=False)
    made = PEOPLE * EDITS
    lost = made - plans.find(store, "p").body["proposals"][0]["capacity"]
    assert lost > made / 2
    record_property("control", f"{store.engine.dialect.name}: {lost} of {made} lost")


def test_many_planners_each_with_a_plan(store, url, record_property):
    """Three stores on one database, as three processes have them."""
    stores = [store, open_store(url), open_store(url)]

    def planner(number: int) -> None:
        own = stores[number % 3]
        for version in range(OWN_EDITS):
            plans.save(own, plan(f"p{number}", counts={"n": version + 1}), version=version)

    assert together(planner) == []
    assert {one.body["counts"]["n"] for one in plans.listed(store)} == {OWN_EDITS}
    assert len(plans.listed(store)) == PEOPLE
    assert audit.faults(store.trail()) == []
    record_property("figure", f"{store.engine.dialect.name}: {PEOPLE} x {OWN_EDITS} edits, 0 errors")
    for one in stores[1:]:
        one.engine.dispose()


def test_an_ordinary_sqlite_file_gives_them_errors(tmp_path: Path, record_property):
    """The control: read, think, write in an ordinary transaction of an ordinary connection."""
    path = tmp_path / "ordinary.db"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE plan (id INTEGER PRIMARY KEY, n INTEGER)")
        made.executemany("INSERT INTO plan VALUES (?, 0)", [(number,) for number in range(PEOPLE)])
    made.close()

    def planner(number: int) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            for _ in range(OWN_EDITS):
                connection.execute("BEGIN")
                n = connection.execute("SELECT n FROM plan WHERE id = ?", (number,)).fetchone()[0]
                threading.Event().wait(0.005)
                connection.execute("UPDATE plan SET n = ? WHERE id = ?", (n + 1, number))
                connection.execute("COMMIT")
        finally:
            connection.close()

    errors = together(planner)
    assert any("locked" in str(error) for error in errors)
    record_property("control", f"{len(errors)} of {PEOPLE} planners met an error")
