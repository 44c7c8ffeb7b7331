"""Only so many reading processes at once; who waits is told, may leave, and does not wait for ever."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from mssmap import ingest
from mssmap.errors import InputError
from mssmap.ingest import source as readers
from mssmap.jail import box
from mssmap.jail.places import Places, at_once

ROWS = b"name,lon,lat\n" + b"a,-72.3,18.5\n" * 2_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_bytes(ROWS)
    return path


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Places:
    """One place."""
    places = Places(1, longest_s=120)
    monkeypatch.setattr(box, "PLACES", places)
    return places


def reading_processes() -> int:
    return len(psutil.Process().children())


def seen(done: list[Future[object]]) -> int:
    """Return the most processes there were until all was done."""
    most = 0
    while not all(future.done() for future in done):
        most = max(most, reading_processes())
        time.sleep(0.005)
    return most


def test_what_was_given_up_in_an_error_that_is_kept_gives_its_place_back(file, one, tmp_path):
    rows = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"event_id": [str(n) for n in range(20_000)]}), rows)
    gc.disable()
    try:
        with rows.open("rb") as source:
            kept: list[object] = [readers.parquet(source)]
            next(kept[0])  # type: ignore[call-overload]
            kept.append(kept)  # as an error and its traceback hold each other
            del kept
            assert len(ingest.read(file).tables["x"]) == 2_000
    finally:
        gc.enable()


def test_two_places_are_never_three_processes(file, monkeypatch):
    monkeypatch.setattr(box, "PLACES", Places(2, longest_s=120))
    before = reading_processes()
    with ThreadPoolExecutor(6) as people:
        done: list[Future[object]] = [people.submit(ingest.read, file) for _ in range(6)]
        most = seen(done) - before
    assert [len(future.result().tables["x"]) for future in done] == [2_000] * 6
    assert most == 2


def test_they_come_in_their_order_and_are_told_that_they_wait(one, file):
    told, order = threading.Event(), []

    def tell() -> Iterator[None]:
        while True:
            told.set()
            yield

    def read(name: str) -> None:
        with one.one():
            order.append(name)

    one.tell = tell
    with ThreadPoolExecutor(4) as people, one.one():
        done = []
        for n, name in enumerate("abc"):
            done.append(people.submit(read, name))
            while len(one._waiting) <= n:
                time.sleep(0.005)
        assert told.wait(60)
        assert order == []
    assert order == ["a", "b", "c"]


def test_who_leaves_while_waiting_gives_the_turn_back(one, file):
    class Left(BaseException):
        """What ends the run of a page whose visitor has left."""

    def leave() -> Iterator[None]:
        raise Left
        yield

    one.tell = leave
    with one.one(), pytest.raises(Left):
        ingest.read(file)
    assert len(one._waiting) == 0
    assert len(ingest.read(file).tables["x"]) == 2_000


def test_a_reading_that_is_ended_gives_its_place_back(one, file):
    class Left(BaseException):
        pass

    def leave(_share: float, _what: str) -> None:
        raise Left

    before = reading_processes()
    with pytest.raises(Left):
        ingest.read(file, progress=leave)
    assert reading_processes() == before
    assert len(ingest.read(file).tables["x"]) == 2_000


def test_nobody_waits_without_end(file, monkeypatch):
    monkeypatch.setattr(box, "PLACES", Places(1, longest_s=0.1))
    with box.PLACES.one(), pytest.raises(InputError, match=r"other files have been read for more than 0 minutes"):
        ingest.read(file)
    assert len(ingest.read(file).tables["x"]) == 2_000


def page() -> None:
    import streamlit as st

    from mssmap.jail import box
    from mssmap.ui import turns

    turns.install()
    told = st.session_state.setdefault("told", box.PLACES.tell())
    next(told)
    if st.session_state.get("over"):
        told.close()


def test_a_page_says_that_it_waits(one):
    seen = AppTest.from_function(page).run(timeout=60)
    assert not seen.exception
    assert [line.value for line in seen.caption] == [
        "Other files are being read; yours comes as soon as it is its turn."
    ]
    seen.session_state["over"] = True
    assert list(seen.run(timeout=60).caption) == [], "it goes when the turn has come"


def test_the_app_tells_who_waits():
    assert "\nturns.install()\n" in (box.PACKAGE_ROOT / "app.py").read_text(encoding="utf-8")


def test_a_machine_bears_at_least_one():
    assert 1 <= at_once() <= 4
