"""
What the screen calls saved is what the store holds: fast clicks, a slow line, two tabs, a reload, a cut, a restart.

Each case clicks sequences of four bases 0.05 s apart, and compares what the page shows, once it says "Saved", with what
stands in the store and with what was clicked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slow_line import SlowLine
from store.conftest import SOAK, Postgres

from mssmap.store import Store, audit, open_store

from .conftest import Screen, Server, running

pytestmark = pytest.mark.browser

BETWEEN_MS = 50
SEQUENCES = 200 if SOAK else 3
FEWER = 40 if SOAK else 3
ROUND_TRIP_S = 1.0
DAY = "2026-04-01"
SAVED = re.compile(r"Saved: version \d+")
SEED = int(os.environ.get("MSSMAP_SEED", "7"))


@dataclasses.dataclass
class Place:
    """An app with a store of its own, and the line over which the browser comes."""

    server: Server
    line: SlowLine
    url: str
    folder: Path
    stack: contextlib.ExitStack

    @property
    def near(self) -> Server:
        """The app as it is seen over the line."""
        return dataclasses.replace(self.server, url=f"http://127.0.0.1:{self.line.port}", port=self.line.port)

    def kill(self) -> None:
        """Take the server away in the middle of whatever it does."""
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()

    def start(self) -> None:
        """Start another server on the same port and store."""
        again = running(self.folder, port=self.server.port, MSSMAP_DATABASE_URL=self.url)
        self.server = self.stack.enter_context(again)

    def store(self) -> Store:
        """Return the store, as another program sees it."""
        return open_store(self.url)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('clicks') / 'store.db'}"
        return
    server = Postgres()
    yield server.database("clicks")
    server.end()


@pytest.fixture(scope="module")
def started(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Start the app over a store."""
    folder = tmp_path_factory.mktemp("clicks")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(folder, MSSMAP_DATABASE_URL=url))
        line = stack.enter_context(SlowLine(server.port, round_trip_s=0))
        yield Place(server, line, url, folder, stack)


@pytest.fixture
def place(started: Place) -> Place:
    """Return the app over a quick line."""
    started.line.delay_s = 0
    return started


def planner(visit: Any, place: Place, **query: str) -> Screen:
    """Open the planner over the line."""
    screen: Screen = visit("/planner", at=place.near, as_of=DAY, **query)
    screen.page.locator(".mm-bases input").first.wait_for()
    screen.at_rest()
    return screen


def boxes(screen: Screen) -> list[str]:
    """Ids of all bases of the plan."""
    found: list[str] = screen.page.locator(".mm-bases input").evaluate_all("(all) => all.map((box) => box.dataset.id)")
    return found


def shown(screen: Screen) -> set[str]:
    """Ids of the bases that the screen shows as on."""
    return set(
        screen.page.locator(".mm-bases input").evaluate_all(
            "(all) => all.filter((box) => box.checked).map((box) => box.dataset.id)"
        )
    )


CLICK_ALL = """async ([ids, pause]) => {
  const box = (id) => {
    for (const node of document.querySelectorAll('*')) {
      const found = node.shadowRoot && node.shadowRoot.querySelector(`.mm-bases input[data-id="${id}"]`);
      if (found) return found;
    }
    return null;
  };
  for (const id of ids) {
    box(id).click();
    await new Promise((done) => setTimeout(done, pause));
  }
}"""
"""Clicks by the page's own clock: what the test's connection to the browser costs does not come in between."""


def click(screen: Screen, ids: list[str]) -> None:
    """Click on bases, as fast as a hand can."""
    screen.page.evaluate(CLICK_ALL, [ids, BETWEEN_MS])


def sequences(screen: Screen, count: int, only: list[str] | None = None) -> Iterator[list[str]]:
    """Yield four bases at a time; the same one may come twice."""
    choose = random.Random(SEED)
    ids = only or boxes(screen)
    for _ in range(count):
        yield [choose.choice(ids) for _ in range(4)]


def until_saved(screen: Screen) -> None:
    """Wait until the page says that all is stored."""
    screen.page.locator(".mm-line.waiting").wait_for(state="detached")
    screen.page.locator(".mm-saved", has_text=SAVED).wait_for()


def in_store(place: Place, screen: Screen) -> set[str]:
    """Ids of the bases that are on in the plan which the address names."""
    store = place.store()
    plan = store.plan(screen.query["scenario"])
    store.engine.dispose()
    return set(plan.body["active"]) & set(boxes(screen))


def toggled(before: set[str], ids: list[str]) -> set[str]:
    """What a hand has made of it."""
    after = set(before)
    for base in ids:
        after ^= {base}
    return after


def assert_kept(place: Place, screen: Screen, expected: set[str]) -> None:
    """The screen shows what was clicked, and the store holds what the screen calls saved."""
    assert shown(screen) == expected
    until_saved(screen)
    assert in_store(place, screen) == expected
    screen.wait(SHOWS, sorted(expected))


def rounds(place: Place, screen: Screen, count: int) -> int:
    """Click sequences, and return how many were kept."""
    for ids in sequences(screen, count):
        expected = toggled(shown(screen), ids)
        click(screen, ids)
        assert_kept(place, screen, expected)
    return count


def test_four_quick_clicks_are_stored(place: Place, visit: Any, record_property: Any) -> None:
    store = place.store()
    before = len(store.plans())
    screen = planner(visit, place)
    kept = rounds(place, screen, SEQUENCES)
    assert len(store.plans()) == before + 1, "one plan, however fast its first clicks came"
    assert audit.faults(store.trail()) == []
    store.engine.dispose()
    record_property("figure", f"{kept} of {kept} sequences")


def test_clicks_over_a_slow_line_are_stored(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    place.line.delay_s = ROUND_TRIP_S / 2
    kept = rounds(place, screen, SEQUENCES)
    record_property("figure", f"{kept} of {kept} sequences")


def test_two_tabs_on_different_bases_both_count(place: Place, visit: Any, record_property: Any) -> None:
    one = planner(visit, place)
    ids = boxes(one)
    click(one, ids[:1])
    until_saved(one)
    other = planner(visit, place, scenario=one.query["scenario"])
    halves = (ids[::2], ids[1::2])
    for mine, theirs in zip(sequences(one, FEWER, halves[0]), sequences(other, FEWER, halves[1]), strict=True):
        expected = toggled(toggled(in_store(place, one), mine), theirs)
        click(one, mine)
        click(other, theirs)
        for screen in (one, other):
            until_saved(screen)
        assert in_store(place, one) == expected
        for screen in (one, other):  # each sees the acts of the other by itself
            screen.wait(SHOWS, sorted(expected))
    record_property("figure", f"{FEWER} of {FEWER} sequences in each tab")


SHOWS = """(ids) => {
  for (const node of document.querySelectorAll('*')) {
    const all = node.shadowRoot && node.shadowRoot.querySelectorAll('.mm-bases input');
    if (all && all.length) {
      return [...all].filter((b) => b.checked).map((b) => b.dataset.id).sort().join() === ids.join();
    }
  }
  return false;
}"""


def test_a_reload_in_the_middle_loses_no_click(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    screen.page.on("dialog", lambda dialog: dialog.accept())
    for ids in sequences(screen, FEWER):
        expected = toggled(shown(screen), ids)
        click(screen, ids)
        screen.page.reload()
        screen.page.locator(".mm-bases input").first.wait_for()
        screen.wait(SHOWS, sorted(expected))
        until_saved(screen)
        assert in_store(place, screen) == expected
    record_property("figure", f"{FEWER} of {FEWER} sequences")


def test_a_line_that_is_cut_loses_no_click(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    kept = rounds(place, screen, 1)
    for ids in sequences(screen, FEWER):
        expected = toggled(shown(screen), ids)
        place.line.cut(5 if SOAK else 2)
        click(screen, ids)
        assert_kept(place, screen, expected)
        kept += 1
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so
    record_property("figure", f"{kept} of {kept} sequences")


def test_a_server_that_is_started_again_loses_no_click(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    kept = rounds(place, screen, 1)
    for ids in sequences(screen, FEWER if SOAK else 1):
        expected = toggled(shown(screen), ids)
        click(screen, ids[:2])
        place.kill()
        click(screen, ids[2:])
        assert shown(screen) == expected
        place.start()
        assert_kept(place, screen, expected)
        kept += 1
    screen.faults.clear()  # a browser complains about a server that is gone, and rightly so
    record_property("figure", f"{kept} of {kept} sequences")
