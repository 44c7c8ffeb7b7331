"""The store is removed, replaced or restored under a process that has it open: what it says is saved is saved."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from mssmap.store import Store, StoreAwayError, backup, notes, open_store, plans

from .conftest import SOAK, Postgres, plan

MOVES = 200 if SOAK else 5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def opened(file: Path) -> Iterator[Store]:
    """A store in a file, open, with a plan in version 2."""
    found = open_store(f"sqlite:///{file}")
    plans.save(found, plan(name="first"), version=0)
    plans.save(found, plan(name="second"), version=1)
    yield found
    found.engine.dispose()


def copied(file: Path, to: Path) -> Path:
    """Copy a store that is open, as an administrator does who knows SQLite."""
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)
    return to


def in_file(file: Path) -> list[str]:
    """What the next process finds: names of the plans, each with its version."""
    code = "import sqlite3, sys; print(*sum(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]), ()), sep=';')"
    asked = [sys.executable, "-c", code, str(file), "SELECT name || ' ' || version FROM plan ORDER BY name"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return done.stdout.strip().split(";")


def refused(store: Store, words: str) -> None:
    """No write is acknowledged, no read shows what is no more, and it is not ready."""
    tries: list[Callable[[], object]] = [
        lambda: plans.save(store, plan(name="lost"), version=2),
        lambda: notes.remember(store, "last_brief", {"day": "2025-01-18"}),
        lambda: plans.listed(store),
        store.require_same,
    ]
    for work in tries:
        with pytest.raises(StoreAwayError, match=words) as told:
            work()
        assert "\n" not in str(told.value)


# ------------------------------------------------------------------------------------------------------ a SQLite file


def test_a_file_that_was_removed_is_told_and_never_made_anew(opened, file):
    file.unlink()
    refused(opened, r"store\.db: the file of the store was removed or moved while it was open\. Nothing is stored")
    assert not file.exists(), "an empty store would pass for the one that is gone"
    assert Path(f"{file}-wal").stat().st_size == 0, "the next file of that name would be read through it"


def test_a_file_that_was_removed_and_replaced_later_is_used_if_it_is_the_same(opened, file, tmp_path):
    same = copied(file, tmp_path / "same.db")
    older = copied(file, tmp_path / "older.db")
    file.unlink()
    refused(opened, "removed or moved")
    same.rename(file)
    plans.save(opened, plan(name="third"), version=2)
    assert in_file(file) == ["third 3"]
    file.unlink()
    refused(opened, "removed or moved")
    older.rename(file)
    refused(opened, "an earlier state of the store .* change 3 is not in it")
    assert in_file(file) == ["second 2"]


def test_a_file_that_is_put_back_is_used_again(opened, file):
    away = file.rename(file.with_name("away.db"))
    refused(opened, "removed or moved")
    assert in_file(away) == ["second 2"], "all that was saved is in the file that was moved"
    away.rename(file)
    assert plans.save(opened, plan(name="third"), version=2).version == 3
    assert in_file(file) == ["third 3"]


def test_another_store_in_its_place_is_told(opened, file, tmp_path):
    other = tmp_path / "other.db"
    found = open_store(f"sqlite:///{other}")
    plans.save(found, plan("q", "Other"), version=0)
    found.engine.dispose()
    away = file.rename(tmp_path / "away.db")
    other.rename(file)
    refused(opened, r"store\.db: another store was put in the place")
    assert in_file(file) == ["Other 1"]
    assert in_file(away) == ["second 2"]
    away.replace(file)
    plans.save(opened, plan(name="third"), version=2)
    assert in_file(file) == ["third 3"]


def test_an_earlier_state_of_the_store_in_its_place_is_told(opened, file, tmp_path):
    older = copied(file, tmp_path / "older.db")
    plans.save(opened, plan(name="third"), version=2)
    older.replace(file)
    refused(opened, r"store\.db: an earlier state of the store was put in its place, change 3 is not in it")
    assert in_file(file) == ["second 2"], "the log of the old file was not played into it"


def test_the_same_store_in_another_file_is_used_by_itself(opened, file, tmp_path):
    copied(file, tmp_path / "same.db").replace(file)
    assert plans.find(opened, "p").version == 2
    plans.save(opened, plan(name="third"), version=2)
    assert in_file(file) == ["third 3"]


def test_a_file_that_is_no_store_is_told(opened, file):
    file.unlink()
    file.write_text("no store " * 1000)
    refused(opened, "not a database|replaced")


@pytest.mark.parametrize("removed", [("-wal", "-shm"), ("-wal",), ("-shm",)], ids=" ".join)
def test_what_was_in_a_log_that_was_removed_is_saved(opened, file, removed):
    assert Path(f"{file}-wal").stat().st_size > 0
    for end in removed:
        Path(f"{file}{end}").unlink()
    refused(opened, r"a file beside it .* was removed while it was open\. What was saved is in it.* restart mssmap")
    assert in_file(file) == ["second 2"]
    refused(opened, "restart mssmap")


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_goes_in_the_middle_of_a_write_acknowledges_nothing(opened, file, tmp_path, how):
    older = copied(file, tmp_path / "older.db")

    def make(_found: object) -> tuple[str, dict[str, int]]:
        if older.exists():
            file.unlink()
            older.rename(file if how == "replaced" else tmp_path / "unused")
        return "brief.1", {"n": 1}

    if how == "removed":
        with pytest.raises(StoreAwayError, match="removed or moved"):
            notes.remember_next(opened, "brief.", make)
        return
    notes.remember_next(opened, "brief.", make)  # the copy holds all that was acknowledged: it was written there, once
    with closing(sqlite3.connect(file)) as found:
        assert found.execute("SELECT count(*) FROM setting").fetchone() == (1,)


def test_two_stores_of_one_process_on_one_file_both_notice(opened, file, tmp_path):
    second = open_store(f"sqlite:///{file}")
    copied(file, tmp_path / "same.db").replace(file)
    plans.save(second, plan(name="third"), version=2)
    assert plans.find(opened, "p").version == 3
    file.unlink()
    refused(second, "removed")
    refused(opened, "removed")
    second.engine.dispose()


def test_no_write_is_acknowledged_into_a_file_that_is_gone(file, tmp_path, record_property):
    """Four writers go on while the file is moved away and back, again and again."""
    stores = [open_store(f"sqlite:///{file}") for _ in range(2)]
    acknowledged: dict[str, int] = {}
    told: set[str] = set()
    stop = threading.Event()

    def write(name: str, store: Store) -> None:
        while not stop.is_set():
            count = acknowledged.get(name, 0)
            try:
                plans.save(store, plan(name, counts=count + 1), version=count, request_id=f"{name} {count}")
            except StoreAwayError as error:
                told.add(str(error))
                continue
            acknowledged[name] = count + 1

    writers = [threading.Thread(target=write, args=(f"w{i}", stores[i % 2])) for i in range(4)]
    for writer in writers:
        writer.start()
    moves = 0
    try:
        while moves < MOVES:
            before = sum(acknowledged.values())
            while sum(acknowledged.values()) < before + 8:
                assert all(writer.is_alive() for writer in writers)
                assert all("and mssmap goes on by itself" in text for text in told)
            file.rename(tmp_path / "away.db")
            (tmp_path / "away.db").rename(file)
            moves += 1
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for store in stores:
        store.engine.dispose()
    found = open_store(f"sqlite:///{file}")
    assert {one.plan_id: one.version for one in plans.listed(found)} == acknowledged
    found.engine.dispose()
    record_property("figure", f"moved {moves} times under 4 writers, {sum(acknowledged.values())} writes, 0 lost")


def test_sqlite_itself_acknowledges_into_a_file_that_is_gone(file, record_property):
    """The control."""
    with closing(sqlite3.connect(file, isolation_level=None)) as found:
        found.execute("PRAGMA journal_mode=WAL")
        found.execute("CREATE TABLE plan (name TEXT, version INTEGER)")
        file.unlink()
        for number in range(100):
            found.execute("INSERT INTO plan VALUES ('p', ?)", (number,))
    assert not file.exists()
    record_property("control", "SQLite as it is: 100 of 100 lost")


# ---------------------------------------------------------------------------------------------------------- both kinds


def test_a_store_restored_over_by_another_process_is_told(store, url, tmp_path):
    backup.backup(store, tmp_path / "empty.zip")
    plans.save(store, plan(), version=0)
    other = open_store(url)
    backup.restore(other, tmp_path / "empty.zip", replace=True)
    plans.save(other, plan("q", "After"), version=0)
    with pytest.raises(StoreAwayError, match=r"an earlier state of the store was put in its place, change 1"):
        plans.save(store, plan(name="lost"), version=1)
    with pytest.raises(StoreAwayError, match="earlier state"):
        store.require_same()
    again = open_store(url)
    assert [one.name for one in plans.listed(again)] == ["After"], "a process that starts now works with what there is"
    again.engine.dispose()
    other.engine.dispose()


def test_the_id_belongs_to_the_place(store, url, tmp_path):
    """A back-up does not carry it, so a laptop and its headquarters are two stores."""
    plans.save(store, plan(), version=0)
    backup.backup(store, tmp_path / "kept.zip")
    laptop = open_store(f"sqlite:///{tmp_path / 'laptop.db'}")
    own = laptop.identity.store_id
    backup.restore(laptop, tmp_path / "kept.zip")
    laptop.require_same()
    laptop.engine.dispose()
    again = open_store(f"sqlite:///{tmp_path / 'laptop.db'}")
    assert own == again.identity.store_id != store.identity.store_id
    again.engine.dispose()


# ----------------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture
def served(postgres: Postgres) -> Iterator[tuple[Store, str, Callable[[str], None]]]:
    """A store in PostgreSQL with a plan in version 2, its database, and a way to run SQL beside it."""
    url = postgres.database("same")
    store = open_store(url)
    plans.save(store, plan(name="first"), version=0)
    plans.save(store, plan(name="second"), version=1)

    def run(text: str) -> None:
        with psycopg.connect(sa.make_url(url).set(database="postgres").render_as_string(), autocommit=True) as beside:
            beside.execute(text.encode())

    yield store, str(sa.make_url(url).database), run
    store.engine.dispose()


def test_a_database_that_was_dropped_and_made_anew_is_told(served):
    store, name, run = served
    run(f"DROP DATABASE {name} WITH (FORCE)")
    refused(store, f'database "{name}" does not exist')
    run(f"CREATE DATABASE {name}")
    refused(store, f"{name}: another store was put in the place")


def test_another_store_in_the_database_is_told_until_the_right_one_is_back(served, postgres):
    store, name, run = served
    run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    run(f"ALTER DATABASE {name} RENAME TO {name}_away")
    run(f"CREATE DATABASE {name}")
    other = open_store(store.engine.url.render_as_string())
    plans.save(other, plan("q", "Other"), version=0)
    other.engine.dispose()
    refused(store, f"{name}: another store was put in the place")
    run(f"DROP DATABASE {name} WITH (FORCE)")
    run(f"ALTER DATABASE {name}_away RENAME TO {name}")
    assert plans.save(store, plan(name="third"), version=2).version == 3


def test_tables_replaced_under_an_open_connection_are_told(served):
    """As pg_restore --clean does it: the connections stay."""
    store, _name, _run = served
    with store.engine.begin() as session:
        session.exec_driver_sql("DELETE FROM audit WHERE seq = 2")
        session.exec_driver_sql("UPDATE plan SET version = 1")
    with pytest.raises(StoreAwayError, match="an earlier state of the store was put in its place, change 2"):
        plans.save(store, plan(name="lost"), version=1)
    with store.engine.begin() as session:
        session.exec_driver_sql("DROP TABLE identity")
    with pytest.raises(StoreAwayError, match="another store was put in the place"):
        plans.save(store, plan(name="lost"), version=1)
    with pytest.raises(StoreAwayError, match="another store was put in the place"):
        store.require_same()
