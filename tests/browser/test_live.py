"""What a window is told between two clicks: a new server, another planner, and what could not be stored."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mssmap.store import open_store, plans

from .conftest import PATIENCE_MS, Screen, Server, running
from .test_planner import own_server, people, until_figures_change  # noqa: F401, a fixture

pytestmark = pytest.mark.browser

SOON_MS = 5_000
"""Within which a person is told."""


def told(screen: Screen, words: str) -> Any:
    """A line of the watcher."""
    return screen.page.locator(".mm-told", has_text=re.compile(words))


def within(act: Callable[[], None]) -> float:
    """Do something and return how long it took, in seconds."""
    start = time.monotonic()
    act()
    return time.monotonic() - start


def until(screen: Screen, holds: Callable[[], bool]) -> None:
    """Wait for what the page shows only after a run of its own, which may begin a moment later."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not holds():
        assert time.monotonic() < end
        screen.page.wait_for_timeout(100)


def with_a_plan(server: Server, visit: Any) -> Screen:
    """Open the planner and switch one base on, so that there is a plan."""
    screen: Screen = visit("/planner", at=server, as_of="2026-04-01")
    screen.drawn()
    switch(screen)
    screen.page.get_by_text(re.compile("Saved: version 2")).wait_for()
    return screen


def switch(screen: Screen, nth: int = 0) -> None:
    """Switch the nth base that is off on, and wait for the figures."""
    boxes = screen.page.locator(".mm-bases input:not(:checked)")
    until_figures_change(screen, lambda: boxes.nth(nth).click())


def test_another_planner_is_seen_and_so_is_what_they_change(own_server: Server, visit: Any) -> None:  # noqa: F811
    one = with_a_plan(own_server, visit)
    other = visit(one.page.url.removeprefix(own_server.url), at=own_server)
    other.drawn()
    for screen in (one, other):
        told(screen, "^One other window is on this plan: somebody$").wait_for()

    switch(other, 1)
    line = told(one, r"^Another window changed this plan at \d\d:\d\d UTC; you see it as it is now")
    assert within(lambda: line.wait_for(timeout=SOON_MS)) < SOON_MS / 1000
    one.page.get_by_text(re.compile("Saved: version 3")).wait_for()
    until(one, lambda: people(one) == people(other))
    line.get_by_role("button", name="Close").click()
    line.wait_for(state="detached")

    other.page.close()
    told(one, "One other window").wait_for(state="detached")


def test_a_click_into_a_dead_server_is_stored_by_the_next_one(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    before = people(screen)
    own_server.process.send_signal(signal.SIGSTOP)  # a server that hangs still takes the click, and never reads it
    screen.page.locator(".mm-bases input:not(:checked)").nth(1).click()
    screen.page.get_by_text("Not yet stored: 1").wait_for()
    told(screen, "The server does not answer").wait_for(timeout=SOON_MS + 2_000)
    own_server.process.send_signal(signal.SIGKILL)
    own_server.process.wait()
    store = f"sqlite:///{tmp_path / 'store.db'}"
    with running(tmp_path, port=own_server.port, MSSMAP_DATABASE_URL=store) as again:
        told(screen, "started again. What was saved is safe").wait_for(timeout=SOON_MS)
        screen.page.get_by_text(re.compile("Saved: version 3")).wait_for()
        until(screen, lambda: people(screen) > before)
        screen.page.goto("about:blank")
        assert "Traceback" not in again.errors()
    screen.faults.clear()  # a browser complains about a server that is gone, and rightly so


def test_what_the_store_did_not_take_waits_and_is_stored_as_soon_as_it_can_be(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    screen.page.locator(".mm-bases input:not(:checked)").nth(1).click()
    screen.page.get_by_text(re.compile(r"Not yet stored: 1 · .* database is locked")).wait_for(timeout=60_000)
    blocker.execute("ROLLBACK")
    screen.page.get_by_text(re.compile("Saved: version 3")).wait_for(timeout=40_000)
    screen.faults.clear()  # the browser notes that the server said it could not


def test_what_waits_is_sent_by_a_new_window_of_the_same_person(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    screen.page.locator(".mm-bases input:not(:checked)").nth(1).click()
    screen.page.get_by_text(re.compile("Not yet stored: 1")).wait_for()
    screen.page.on("dialog", lambda dialog: dialog.accept())  # leaving asks
    screen.page.goto("about:blank")
    other = screen.page.context.new_page()
    screen.page.close()
    other.goto(f"{own_server.url}/timeline")
    told_there = other.locator(".mm-told", has_text="Changes of yours to plans are not yet stored: 1")
    told_there.wait_for()
    blocker.execute("ROLLBACK")
    told_there.wait_for(state="detached", timeout=60_000)
    screen.faults.clear()
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert plans.listed(store)[0].version == 3


def test_a_store_that_was_removed_is_told_on_every_page_and_nothing_is_said_to_be_saved(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    situation = visit("/", at=own_server)
    situation.drawn()
    file = tmp_path / "store.db"
    away = file.rename(tmp_path / "away.db")
    for page in (screen, situation):
        told(page, r"the file of the store was removed or moved while it was open\. Nothing is stored").wait_for()
    assert requests.get(f"{own_server.url}/readyz", timeout=60).status_code == 503
    assert "was removed or moved while it was open" in own_server.errors()
    screen.page.locator(".mm-bases input:not(:checked)").nth(1).click()
    screen.page.locator(".mm-line.waiting", has_text=re.compile("Not yet stored: 1 · .*removed or moved")).wait_for()
    assert not file.exists()
    away.rename(file)
    screen.page.get_by_text(re.compile("Saved: version 3")).wait_for(timeout=40_000)
    told(screen, "removed or moved").wait_for(state="detached")
    screen.faults.clear()  # the browser notes that the server said it could not
    assert requests.get(f"{own_server.url}/readyz", timeout=60).status_code == 200


def test_a_page_that_streamlit_gives_up_is_loaded_again(own_server: Server, visit: Any) -> None:  # noqa: F811
    """Over a slow line a page may get a reference to a message that it has let go a moment ago."""
    screen = with_a_plan(own_server, visit)
    page, lines = screen.page, []

    def between(line: Any) -> None:
        lines.append(line)
        line.connect_to_server()

    page.route_web_socket(re.compile("_stcore/stream"), between)
    page.reload()
    screen.drawn()
    screen.at_rest()
    before = people(screen)
    assert "version 2" in page.locator(".mm-saved").inner_text()

    with page.expect_navigation():
        lines[-1].send(ForwardMsg(ref_hash="let go").SerializeToString())
    screen.drawn()
    screen.at_rest()
    assert people(screen) == before
    assert page.get_by_role("dialog").count() == 0
    screen.faults.clear()  # the page rightly complained
