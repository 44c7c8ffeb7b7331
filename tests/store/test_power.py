"""The power goes away at any moment: what was acknowledged is there, and the trail is whole."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import sqlalchemy as sa

from mssmap.store import Store, audit, open_store, opening, plans

from .conftest import SOAK, plan
from .disk import Notes, as_driver, left_beside

RUNS, CUTS = (10, 100) if SOAK else (2, 30)
WRITERS = 4
WRITES = 25


def written(folder: Path, *, synchronous: str = "FULL") -> Notes:
    """Let four writers, over two stores, write on a disk that keeps notes."""
    folder.mkdir(parents=True)
    url = f"sqlite:///{folder / 'store.db'}"
    notes = Notes()
    with as_driver(notes):
        stores = [open_store(url), open_store(url)]
        if synchronous != "FULL":
            for store in stores:
                store.engine.dispose()
                sa.event.listen(
                    store.engine, "connect", lambda made, _: made.cursor().execute(f"PRAGMA synchronous={synchronous}")
                )

        def write(name: str, number: int) -> None:
            for version in range(WRITES):
                body = plan(name, count=version + 1, note="x" * 300)
                plans.save(stores[number % 2], body, version=version, actor=name)
                notes.acknowledged(name, version + 1)

        writers = [threading.Thread(target=write, args=(f"w{number}", number)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        notes.add("end")
        for store in stores:
            store.engine.dispose()
    return notes


def lost_by(notes: Notes, cut: int, folder: Path, seed: int) -> int:
    """Cut the power, open what is left with the ordinary driver, and count promised writes that are not there."""
    folder.mkdir()
    notes.after_cut(cut, folder, random.Random(seed))
    store = Store(opening.sqlite(sa.make_url(f"sqlite:///{folder / 'store.db'}")))  # open_store, without migrations
    try:
        found = {one.plan_id: one.version for one in plans.listed(store)}
        trail = store.trail()
        assert audit.faults(trail) == []
        assert sum(found.values()) == len(trail), "plans and trail tell the same"
        assert all(one.body["count"] == one.version for one in plans.listed(store))
    finally:
        store.engine.dispose()
    assert left_beside(folder / "store.db") == []
    return sum(max(0, count - found.get(name, 0)) for name, count in notes.promised(cut).items())


def cuts_of(folder: Path, runs: int, cuts: int, *, synchronous: str = "FULL") -> tuple[int, int, int]:
    """Return how often the power was cut, how many writes were promised before, and how many of them were lost."""
    promised = lost = 0
    for run in range(runs):
        notes = written(folder / f"run-{run}", synchronous=synchronous)
        end = next(at for at, event in enumerate(notes.events) if event[0] == "end")
        first = next(at for at, event in enumerate(notes.events) if event[0] == "ack")
        chance = random.Random(run)
        for number in range(cuts):
            # the files of the first start are made before anybody is promised anything
            cut = chance.randint(first, end)
            promised += sum(notes.promised(cut).values())
            lost += lost_by(notes, cut, folder / f"cut-{run}-{number}", number)
    return runs * cuts, promised, lost


def test_no_acknowledged_write_is_lost_when_the_power_goes(tmp_path, record_property):
    times, promised, lost = cuts_of(tmp_path, RUNS, CUTS)
    assert lost == 0
    assert promised > times * WRITES, "the cuts came too early to say anything"
    record_property("figure", f"{times} power cuts, {promised} acknowledged writes looked for, 0 lost, 0 files left")


def test_with_synchronous_normal_some_are(tmp_path, record_property):
    """The control: what SQLite recommends for WAL where a lost last write does not matter."""
    times, promised, lost = cuts_of(tmp_path, 1, CUTS, synchronous="NORMAL")
    assert lost > 0
    record_property("control", f"synchronous=NORMAL: {lost} of {promised} lost in {times} power cuts")
