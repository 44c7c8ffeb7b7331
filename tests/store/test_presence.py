"""Windows on a plan: who is there, who has gone, and whether the plan is still the one they see."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait

import sqlalchemy as sa

from mssmap.store import plans, presence

from .conftest import plan


def test_windows_on_the_same_plan_see_each_other_until_they_are_silent(store):
    plans.save(store, plan(), version=0, actor="ana")
    plans.save(store, plan("q"), version=0)
    assert presence.watch(store, "p", tab="a", name="Ana", now=100.0).others == ()
    assert presence.watch(store, "p", tab="b", name="Bea", now=101.0).others == ("Ana",)
    assert presence.watch(store, "q", tab="c", now=101.0).others == (), "another plan"
    assert presence.watch(store, "p", tab="a", name="Ana", now=102.0).others == ("Bea",)
    assert presence.watch(store, "p", tab="a", name="Ana", now=101.0 + presence.GONE_S).others == ()


def test_a_window_that_was_closed_is_gone_at_once(store):
    plans.save(store, plan(), version=0)
    presence.watch(store, "p", tab="a", now=100.0)
    presence.leave(store, "a")
    assert presence.watch(store, "p", tab="b", now=100.5).others == ()


def test_a_window_is_written_down_once_in_a_while_and_reads_in_between(store, monkeypatch):
    writes = []
    own = presence._here
    monkeypatch.setattr(presence, "_here", lambda *said: writes.append(1) or own(*said))
    for second in range(17):
        presence.watch(store, "p", tab="a", now=100.0 + second)
    assert len(writes) == 3


def test_a_clock_that_was_put_back_does_not_keep_windows_for_ever(store):
    plans.save(store, plan(), version=0)
    presence.watch(store, "p", tab="a", now=10_000.0)
    assert presence.watch(store, "p", tab="b", now=100.0).others == ()


def test_the_plan_is_told_as_it_is_now(store):
    assert presence.watch(store, "p", tab="a", now=1.0) is None
    plans.save(store, plan(), version=0, actor="ana")
    seen = presence.watch(store, "p", tab="a", now=2.0)
    assert (seen.version, seen.changed_by, seen.deleted) == (1, "ana", False)
    plans.delete(store, "p", version=1, actor="bea")
    seen = presence.watch(store, "p", tab="a", now=3.0)
    assert (seen.version, seen.changed_by, seen.deleted) == (2, "bea", True)


def test_a_store_that_others_write_to_is_not_waited_for(store):
    """A window that cannot be written down now costs nobody anything, and is there the next time."""
    plans.save(store, plan(), version=0)
    with store.engine.connect().execution_options(writes=True) as other, other.begin():
        other.execute(sa.text("UPDATE plan SET name = name"))
        other.execute(
            sa.text("LOCK TABLE presence IN EXCLUSIVE MODE")
            if store.engine.dialect.name == "postgresql"
            else sa.text("SELECT 1")
        )
        start = time.monotonic()
        assert presence.watch(store, "p", tab="a", now=1.0) is not None
        assert time.monotonic() - start < 2
    presence.watch(store, "p", tab="a", now=2.0)
    assert presence.watch(store, "p", tab="b", now=2.0).others == ("",)
    assert plans.save(store, plan(name="B"), version=1).version == 2


def test_a_window_that_asks_twice_at_once_is_there_once(store, monkeypatch):
    """As when its line was cut; on PostgreSQL the second ask meets the row of the first, which is not kept yet."""
    monkeypatch.setattr(presence, "QUICK_MS", 60_000)
    plans.save(store, plan(), version=0)
    with store.engine.connect().execution_options(writes=True) as first, ThreadPoolExecutor(1) as pool:
        presence._here(first, "p", "a", "Ana", 100.0)
        second = pool.submit(presence.watch, store, "p", tab="a", name="Ana", now=100.0)
        wait([second], timeout=0.5)
        first.commit()
        assert second.result().others == ()
    assert presence.watch(store, "p", tab="b", now=101.0).others == ("Ana",)
