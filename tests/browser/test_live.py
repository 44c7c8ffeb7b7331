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

from .conftest import Screen, Server, running
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


def with_a_plan(server: Server, visit: Any) -> Screen:
    """Open the planner and switch one base on, so that there is a plan."""
    screen: Screen = visit("/planner", at=server, as_of="2026-04-01")
    screen.drawn()
    switch(screen)
    screen.page.get_by_text(re.compile("Saved: version 1")).wait_for()
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
    line = told(one, r"saved version 2 of this plan at \d\d:\d\d UTC")
    assert within(lambda: line.wait_for(timeout=SOON_MS)) < SOON_MS / 1000
    until_figures_change(one, lambda: line.get_by_role("button", name="Show it").click())
    assert people(one) == people(other)
    line.wait_for(state="detached")

    other.page.close()
    told(one, "One other window").wait_for(state="detached")


def test_a_restart_is_told_and_a_click_into_the_dead_server_is_not_lost(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    before = people(screen)
    own_server.process.send_signal(signal.SIGSTOP)  # a server that hangs still takes the click, and never reads it
    screen.page.locator(".mm-bases input:not(:checked)").nth(1).click()
    told(screen, "The server does not answer").wait_for(timeout=SOON_MS + 2_000)
    own_server.process.send_signal(signal.SIGKILL)
    own_server.process.wait()
    store = f"sqlite:///{tmp_path / 'store.db'}"
    with running(tmp_path, port=own_server.port, MSSMAP_DATABASE_URL=store) as again:
        start = time.monotonic()
        told(screen, "started again. What was saved is safe").wait_for(timeout=SOON_MS)
        assert time.monotonic() - start < SOON_MS / 1000
        told(screen, "started again").get_by_role("button").click()
        screen.drawn()
        kept = told(screen, "was not stored. This browser has kept it")
        kept.get_by_role("button", name="Bring it back").click()
        screen.page.get_by_text(re.compile("Saved: version 2")).wait_for()
        assert people(screen) > before
        kept.wait_for(state="detached")
        screen.page.goto("about:blank")
        assert "Traceback" not in again.errors()
    screen.faults.clear()  # a browser complains about a server that is gone, and rightly so


def test_a_plan_the_store_did_not_take_is_kept_and_stored_as_soon_as_it_can_be(
    own_server: Server,  # noqa: F811
    visit: Any,
    tmp_path: Path,
) -> None:
    screen = with_a_plan(own_server, visit)
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    switch(screen, 1)
    screen.page.get_by_text(re.compile("Not saved: .* Your plan is still on screen")).wait_for(timeout=40_000)
    shown = people(screen)
    assert "Plan 1" in screen.page.evaluate("() => localStorage.getItem('mssmap.unsaved')")
    blocker.execute("ROLLBACK")
    screen.page.get_by_text(re.compile("Saved: version 2")).wait_for(timeout=40_000)
    assert people(screen) == shown
    screen.at_rest()
    assert screen.page.evaluate("() => localStorage.getItem('mssmap.unsaved')") is None


def test_an_unstored_plan_comes_back_in_a_new_session(own_server: Server, visit: Any, tmp_path: Path) -> None:  # noqa: F811
    screen = with_a_plan(own_server, visit)
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    switch(screen, 1)
    screen.page.get_by_text(re.compile("Not saved: ")).wait_for(timeout=40_000)
    shown = people(screen)
    screen.page.goto("about:blank")
    blocker.execute("ROLLBACK")
    screen.page.goto(f"{own_server.url}/planner")
    screen.drawn()
    told(screen, "A change of Plan 1 from .* was not stored").get_by_role("button", name="Bring it back").click()
    screen.page.get_by_text(re.compile("Saved: version 1")).wait_for()
    screen.page.wait_for_function("(n) => true", arg=shown)
    assert people(screen) == shown


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
    screen.page.get_by_test_id("stAlert").filter(has_text="removed or moved").first.wait_for(timeout=40_000)
    assert not file.exists()
    away.rename(file)
    screen.page.get_by_text(re.compile("Saved: version 2")).wait_for(timeout=40_000)
    told(screen, "removed or moved").wait_for(state="detached")
    assert requests.get(f"{own_server.url}/readyz", timeout=60).status_code == 200
