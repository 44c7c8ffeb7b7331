"""kill -9 of the whole PostgreSQL server under four writers, again and again."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from mssmap.store import audit, open_store, tables

from .conftest import SOAK, Postgres
from .test_kill import forked
from .writer import write_on

WRITERS = 4
KILLS = 20 if SOAK else 3
CONTROL_KILLS = 6 if SOAK else 3


@pytest.fixture
def own() -> Iterator[Postgres]:
    """A server that may be killed."""
    found = Postgres()
    yield found
    with contextlib.suppress(pytest.fail.Exception):
        found.end()


def kill(server: Postgres) -> None:
    """Kill the postmaster and all its children at once, as the kernel would when there is no memory."""
    master = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    family = [master, *master.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


def promised(logs: dict[str, Path]) -> dict[str, int]:
    """The last count each writer was promised."""
    return {name: int(log.read_text().split()[-1]) for name, log in logs.items() if log.exists() and log.read_text()}


def counts(url: str) -> dict[str, int]:
    """What the store holds of each writer, if its invariants are whole."""
    store = open_store(url)
    with store.engine.connect().execution_options(isolation_level="REPEATABLE READ") as session:  # they write again
        plans = session.execute(sa.select(tables.plans)).all()
        trail = [audit.Entry(**row._mapping) for row in session.execute(sa.select(tables.trail).order_by("seq"))]
    store.engine.dispose()
    assert audit.faults(trail) == []
    assert sum(one.version for one in plans) == len(trail)
    assert all(one.body["count"] == one.version for one in plans)
    return {one.plan_id: one.version for one in plans}


def left_in(url: str) -> dict[str, int]:
    """What a store holds after its writers are gone beside their plans and the trail."""
    store = open_store(url)
    with store.engine.connect() as session:
        for _try in range(600):
            others = session.scalar(sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"))
            if others == 1:
                break
            time.sleep(0.1)
        rows = {
            table.name: table
            for table in tables.metadata.sorted_tables
            if table.name not in {"plan", "audit", "identity"}
        }
        found = {name: session.scalar(sa.select(sa.func.count()).select_from(table)) for name, table in rows.items()}
        found |= {
            "connections": others - 1,
            "locks": session.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")),
            "prepared": session.scalar(sa.text("SELECT count(*) FROM pg_prepared_xacts")),
        }
    store.engine.dispose()
    return {name: count for name, count in found.items() if count}


def lost_by(server: Postgres, folder: Path, kills: int, options: str = "") -> tuple[int, int, int]:
    """Kill the server under writers who go on by themselves; count writes promised, lost, and faults they were told."""
    url = server.database("killed")
    open_store(url).engine.dispose()
    logs = {f"w{number}": folder / f"w{number}" for number in range(WRITERS)}
    writers = [
        forked.Process(target=write_on, args=(url + options, name, str(log)), daemon=True) for name, log in logs.items()
    ]
    for writer in writers:
        writer.start()
    lost = 0
    try:
        for number in range(kills):
            before = promised(logs)
            deadline = time.monotonic() + 60
            while any(promised(logs).get(name, 0) < before.get(name, 0) + 3 for name in logs):  # all are writing again
                assert time.monotonic() < deadline, "the writers did not resume"
                time.sleep(0.02)
            time.sleep(random.Random(number).uniform(0.0, 0.2))
            kill(server)
            kept = promised(logs)
            server.start()
            found = counts(url)
            lost += sum(max(0, count - found.get(name, 0)) for name, count in kept.items())
            if lost:
                break
    finally:
        for writer in writers:
            writer.kill()
            writer.join()
    assert left_in(url) == {}
    told = sum(len(log.with_suffix(".told").read_text().splitlines()) for log in logs.values())
    return sum(promised(logs).values()), lost, told


def test_no_acknowledged_write_is_lost_when_the_server_is_killed(own, tmp_path, record_property):
    made, lost, told = lost_by(own, tmp_path, KILLS)
    assert lost == 0
    assert made >= 3 * KILLS * WRITERS
    assert told > 0, "nobody noticed"
    record_property(
        "figure", f"{KILLS} kills, {made} writes acknowledged, 0 lost, 0 left; the writers went on by themselves"
    )


def test_acknowledged_before_it_is_on_disk_is_lost(own, tmp_path, record_property):
    """The control: the same with `synchronous_commit=off`."""
    made, lost, _told = lost_by(own, tmp_path, CONTROL_KILLS, "?options=-csynchronous_commit%3Doff")
    assert lost > 0
    record_property("control", f"synchronous_commit=off: {lost} of {made} lost in {CONTROL_KILLS} kills")
