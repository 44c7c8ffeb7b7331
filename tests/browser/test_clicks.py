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
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from playwright.sync_api import expect
from slow_line import SlowLine
from store.conftest import SOAK, Postgres

from mssmap.store import Store, audit, open_store, plans

from .conftest import AT_REST, Screen, Server, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(7200 if SOAK else 300)]

BETWEEN_MS = 50
SEQUENCES = 200 if SOAK else 3
FEWER = 40 if SOAK else 3
BROWSERS = 4 if SOAK else 2
ROUND_TRIP_S = 1.0
DAY = "2026-04-01"
SAVED = re.compile(r"Saved: version \d+")
BUSY_MS = 120_000
"""A machine may be busy: what is waited for is a state, however long it takes."""
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
    def kind(self) -> str:
        """Kind of the store."""
        return self.url.partition(":")[0]

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


STORES = ("sqlite", "postgresql")
on_both = pytest.mark.parametrize("url", STORES, indirect=True, scope="module")
on_both_in_full = pytest.mark.parametrize("url", STORES if SOAK else STORES[:1], indirect=True, scope="module")
"""What stands between hand and store is the same for both; a test run tries the second one with the telling cases."""


@pytest.fixture(scope="module")
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
    expect(screen.page.locator(".mm-line.waiting")).to_have_count(0, timeout=BUSY_MS)
    expect(screen.page.locator(".mm-saved")).to_contain_text(SAVED, timeout=BUSY_MS)  # a failure tells what it said


def until_shown(screen: Screen, bases: Iterable[str]) -> None:
    """Wait until the page shows these bases as on, and no other."""
    screen.page.wait_for_function(SHOWS, arg=sorted(bases), timeout=BUSY_MS)


def in_store(place: Place, screen: Screen) -> set[str]:
    """Ids of the bases that are on in the plan which the address names."""
    screen.page.locator(".mm-bases input").first.wait_for()  # a page that was given up is loaded again
    store = place.store()
    plan = plans.find(store, screen.query["scenario"])
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
    until_shown(screen, expected)


def rounds(place: Place, screen: Screen, count: int) -> int:
    """Click sequences, and return how many were kept."""
    for ids in sequences(screen, count):
        expected = toggled(shown(screen), ids)
        click(screen, ids)
        assert_kept(place, screen, expected)
    return count


@on_both
def test_four_quick_clicks_are_stored(place: Place, visit: Any, record_property: Any) -> None:
    store = place.store()
    before = len(plans.listed(store))
    screen = planner(visit, place)
    kept = rounds(place, screen, SEQUENCES)
    assert len(plans.listed(store)) == before + 1, "one plan, however fast its first clicks came"
    assert audit.faults(store.trail()) == []
    store.engine.dispose()
    record_property("figure", f"{place.kind}: {kept} of {kept} sequences")


@on_both_in_full
def test_clicks_over_a_slow_line_are_stored(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    place.line.delay_s = ROUND_TRIP_S / 2
    kept = rounds(place, screen, SEQUENCES)
    record_property("figure", f"{place.kind}: {kept} of {kept} sequences")


@on_both_in_full
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
            until_shown(screen, expected)
    record_property("figure", f"{place.kind}: {FEWER} of {FEWER} sequences in each tab")


SHOWS = """(ids) => {
  for (const node of document.querySelectorAll('*')) {
    const all = node.shadowRoot && node.shadowRoot.querySelectorAll('.mm-bases input');
    if (all && all.length) {
      return [...all].filter((b) => b.checked).map((b) => b.dataset.id).sort().join() === ids.join();
    }
  }
  return false;
}"""


@on_both_in_full
def test_browsers_side_by_side_keep_all_their_clicks(place: Place, visit: Any, record_property: Any) -> None:
    """Each on a plan of its own, all at the same time."""
    screens = [planner(visit, place) for _ in range(BROWSERS)]
    turns = [sequences(screen, FEWER) for screen in screens]
    for _ in range(FEWER):
        expected = []
        for screen, turn in zip(screens, turns, strict=True):
            ids = next(turn)
            expected.append(toggled(shown(screen), ids))
            click(screen, ids)
        for screen, after in zip(screens, expected, strict=True):
            assert_kept(place, screen, after)
    record_property("figure", f"{place.kind}: {BROWSERS} browsers, {FEWER} of {FEWER} sequences in each")


@on_both_in_full
def test_a_reload_in_the_middle_loses_no_click(place: Place, visit: Any, record_property: Any) -> None:
    screen = planner(visit, place)
    screen.page.on("dialog", lambda dialog: dialog.accept())
    for ids in sequences(screen, FEWER):
        expected = toggled(shown(screen), ids)
        click(screen, ids)
        screen.page.reload()
        screen.page.locator(".mm-bases input").first.wait_for()
        until_shown(screen, expected)
        until_saved(screen)
        assert in_store(place, screen) == expected
    record_property("figure", f"{place.kind}: {FEWER} of {FEWER} sequences")


@on_both
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
    record_property("figure", f"{place.kind}: {kept} of {kept} sequences")


@on_both_in_full
def test_what_is_asked_of_the_page_while_its_socket_is_away_is_asked_again(place: Place, visit: Any) -> None:
    screen = planner(visit, place)
    hand = screen.page.locator(".mm-hand")
    rounds(place, screen, 1)
    plan = screen.query["scenario"]
    for name in ("Delete this plan", "Delete"):
        hand.get_by_role("button", name=name, exact=True).click()
    back = screen.page.locator(".mm-saved").get_by_role("button", name="Bring it back")
    back.wait_for()
    place.line.cut()
    place.line.mend()
    back.click()  # the act arrives by a connection of its own, the choice of the plan would go by the socket
    until_saved(screen)
    assert screen.query["scenario"] == plan
    place.line.cut()
    place.line.mend()
    hand.locator("select").first.select_option("baseline")
    screen.page.locator(".mm-saved", has_text="The baseline changes nothing").wait_for(timeout=BUSY_MS)
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so


@on_both_in_full
def test_a_copy_made_before_the_page_has_caught_up_stays_in_hand(place: Place, visit: Any) -> None:
    """The first click's plan is stored, and copied while the run of the page that shows it is still on the line."""
    screen = planner(visit, place, scenario="baseline")
    first, second = boxes(screen)[:2]
    baseline = shown(screen)
    place.line.delay_s = 0.4
    click(screen, [first])
    until_saved(screen)
    screen.page.locator(".mm-hand").get_by_role("button", name="Copy", exact=True).click()
    click(screen, [second])
    expected = toggled(baseline, [first, second])
    until_saved(screen)
    place.line.delay_s = 0
    until_shown(screen, expected)
    until_saved(screen)
    screen.page.locator(AT_REST).wait_for(timeout=BUSY_MS)
    store = place.store()
    plan = plans.find(store, screen.query["scenario"])
    store.engine.dispose()
    assert plan.name.startswith("Copy of ")
    assert in_store(place, screen) == expected == shown(screen)


@on_both
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
    record_property("figure", f"{place.kind}: {kept} of {kept} sequences")


# ------------------------------------------------------------------------------------- any sequence of what a hand does


class Editor:
    """What a person expects of an editor: states that can be undone and redone, one stack for each plan."""

    def __init__(self, active: set[str], name: str) -> None:
        self.done: list[dict[str, Any]] = [{"active": frozenset(active), "name": name, "capacity": {}}]
        self.undone: list[dict[str, Any]] = []

    @property
    def now(self) -> dict[str, Any]:
        """The state as it is."""
        return self.done[-1]

    def change(self, **changed: Any) -> None:
        """Do something; what changes nothing is no step."""
        after = self.now | changed
        if after != self.now:
            self.done.append(after)
            self.undone.clear()

    def copied(self, name: str) -> Editor:
        """Return a plan of one's own that begins with this state."""
        made = Editor(set(), name)
        made.done = [self.now | {"name": name}]
        return made


class Hand(RuleBasedStateMachine):
    """A person at the planner's page; `place` and `screen` are set by the test."""

    place: Place
    screen: Screen

    def __init__(self) -> None:
        super().__init__()
        self.place.line.mend()
        self.screen.page.goto(f"{self.place.near.url}/planner?as_of={DAY}&scenario=baseline")
        self._loaded()
        self.ids = boxes(self.screen)
        self.proposals = self.screen.page.locator(".mm-form select option").evaluate_all(
            "(all) => all.map((one) => one.value).filter((id) => id.startsWith('fob-'))"
        )
        baseline = shown(self.screen)
        click(self.screen, self.ids[:1])
        self.plan = Editor(baseline, "")
        self.plan.change(active=frozenset(toggled(baseline, self.ids[:1])))
        self.screen.page.locator(".mm-hand input").wait_for()
        name = self.screen.page.locator(".mm-hand input").input_value()
        for state in self.plan.done:
            state["name"] = name
        self.cut = False

    def _loaded(self) -> None:
        self.screen.page.locator(".mm-bases input").first.wait_for()
        self.screen.page.locator(AT_REST).wait_for(timeout=BUSY_MS)
        self._open_the_drawer()

    def _open_the_drawer(self) -> None:
        """Open it where it is closed: a session that begins anew after a cut begins with closed drawers."""
        if not self.screen.page.get_by_label("Capacity (personnel)").is_visible():
            self.screen.page.get_by_text("Edit proposals").click()
        self.screen.page.get_by_label("Capacity (personnel)").wait_for()

    def _press(self, name: str) -> None:
        self.screen.page.locator(".mm-hand").get_by_role("button", name=name, exact=True).click()

    @rule(chosen=st.lists(st.integers(0, 12), min_size=1, max_size=4))
    def click_bases(self, chosen: list[int]) -> None:
        ids = [self.ids[i % len(self.ids)] for i in chosen]
        for base in ids:
            self.plan.change(active=self.plan.now["active"] ^ {base})
        click(self.screen, ids)

    @rule(which=st.integers(0, 9), people=st.integers(0, 500))
    def edit_a_proposal(self, which: int, people: int) -> None:
        self._open_the_drawer()
        proposal = self.proposals[which % len(self.proposals)]
        self.screen.page.locator(
            ".mm-form select", has=self.screen.page.locator(f'option[value="{proposal}"]')
        ).first.select_option(proposal)
        self.screen.page.get_by_label("Capacity (personnel)").fill(str(people))
        self.screen.page.get_by_role("button", name="Save", exact=True).click()
        self.plan.change(capacity=self.plan.now["capacity"] | {proposal: people})

    @rule(name=st.sampled_from(["North", "South", "Plan 1"]))
    def rename(self, name: str) -> None:
        field = self.screen.page.locator(".mm-hand input")
        field.fill(name)
        field.press("Tab")
        self.plan.change(name=name)

    @precondition(lambda self: len(self.plan.done) > 1)
    @rule()
    def undo(self) -> None:
        self._press("Undo")
        self.plan.undone.append(self.plan.done.pop())

    @precondition(lambda self: self.plan.undone)
    @rule()
    def redo(self) -> None:
        self._press("Redo")
        self.plan.done.append(self.plan.undone.pop())

    @rule()
    def copy(self) -> None:
        self._saved()
        self._press("Copy")
        self.plan = self.plan.copied(f"Copy of {self.plan.now['name']}")
        self._saved()

    @rule()
    def delete_and_bring_back(self) -> None:
        self._saved()
        self._press("Delete this plan")
        self._press("Delete")
        self.screen.page.locator(".mm-saved").get_by_role("button", name="Bring it back").click()
        self._saved()

    @rule()
    def reload(self) -> None:
        self._mend()
        self.screen.page.reload()
        self._loaded()

    @rule(chosen=st.integers(0, 12))
    def click_in_a_second_tab(self, chosen: int) -> None:
        self._saved()
        other = self.screen.page.context.new_page()
        other.goto(self.screen.page.url)
        base = self.ids[chosen % len(self.ids)]
        other.locator(f'.mm-bases input[data-id="{base}"]').click()
        other.locator(".mm-line.waiting").wait_for(state="detached")
        other.close()
        self.plan.change(active=self.plan.now["active"] ^ {base})
        self._saved()

    @rule()
    def cut_the_line(self) -> None:
        if not self.cut:
            self.place.line.cut()
            self.cut = True

    @rule()
    def look(self) -> None:
        self._saved()

    def _mend(self) -> None:
        if self.cut:
            self.place.line.mend()
            self.cut = False

    def _saved(self) -> None:
        """Once the page says "Saved" it, the store and what the person did are the same."""
        self._mend()
        until_saved(self.screen)
        expected = self.plan.now
        until_shown(self.screen, expected["active"] & set(self.ids))
        until_saved(self.screen)
        self.screen.page.locator(AT_REST).wait_for(timeout=BUSY_MS)
        store = self.place.store()
        plan = plans.find(store, self.screen.query["scenario"])
        store.engine.dispose()
        stored = {one["id"]: one["capacity"] for one in plan.body["proposals"]}
        assert set(plan.body["active"]) & set(self.ids) == expected["active"] & set(self.ids)
        assert (plan.name, self.screen.page.locator(".mm-hand input").input_value()) == (expected["name"],) * 2
        assert {key: stored[key] for key in expected["capacity"]} == expected["capacity"]

    def teardown(self) -> None:
        self._saved()


@on_both_in_full
def test_whatever_a_hand_does_what_the_page_calls_saved_is_what_the_store_holds(
    place: Place, visit: Any, record_property: Any
) -> None:
    screen = planner(visit, place)
    screen.page.on("dialog", lambda dialog: dialog.accept())
    machine = type("OneHand", (Hand,), {"place": place, "screen": screen})
    campaign = settings(max_examples=30 if SOAK else 2, stateful_step_count=20 if SOAK else 8)
    run_state_machine_as_test(
        machine, settings=settings(campaign, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    )
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so
    record_property("figure", f"{place.kind}: {campaign.max_examples} times up to {campaign.stateful_step_count} acts")
