"""What is held does not grow with what is done: canvases, nodes and listeners stay as they were, and so does memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import psutil
import pytest
from playwright.sync_api import Browser

from .conftest import FLAGS, FRAME, Screen, chromium, free_port, running

SOAK = os.environ.get("MSSMAP_SOAK") == "1"
"""The full figures of docs/reliability.md; else as many rounds as a test run can bear."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(3600 if SOAK else 300)]

MARGIN = {"canvases": 0.0, "nodes": 0.05, "listeners": 0.1, "megabytes": 0.1 if SOAK else 0.25}
"""Share by which each may grow over what was held in the first rounds; a process warms up."""

COUNT_CANVASES = """() => {
  const frames = [...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument);
  const count = (root) => [...root.querySelectorAll('*')].reduce(
    (sum, node) => sum + (node.tagName === 'CANVAS') + (node.shadowRoot ? count(node.shadowRoot) : 0), 0);
  return [document, ...frames].filter(Boolean).reduce((sum, root) => sum + count(root), 0);
}"""

Connect = Callable[[], AbstractContextManager[Screen]]


@dataclass(frozen=True)
class Held:
    """What a window holds: canvases on the page, nodes and listeners in memory, megabytes of its process."""

    canvases: int
    nodes: int
    listeners: int
    megabytes: int


def held(screen: Screen) -> Held:
    """Count what is left when everything that could go has gone."""
    page = screen.page.context.new_cdp_session(screen.page)
    whole = screen.page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    whole.send("Memory.simulatePressureNotification", {"level": "critical"})
    for _ in range(3):
        page.send("HeapProfiler.collectGarbage")
    counted = page.send("Memory.getDOMCounters")
    processes = whole.send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = [psutil.Process(one["id"]).memory_info().rss for one in processes if one["type"] == "renderer"]
    canvases = screen.page.evaluate(COUNT_CANVASES)
    return Held(canvases, counted["nodes"], counted["jsEventListeners"], round(max(sizes) / 1e6))


@pytest.fixture(scope="module")
def own_window(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """
    Return what connects with the one page of a Chromium of its own.

    A connection notes every answer the page got, in the memory of the page; what is held is counted by a new one.
    """
    port, folder = free_port(), tmp_path_factory.mktemp("memory")
    flags = [*FLAGS, f"--remote-debugging-port={port}", "--window-size=1440,900"]
    with (
        running(folder, MSSMAP_DATABASE_URL=f"sqlite:///{folder / 'store.db'}") as server,
        browser.browser_type.launch(executable_path=chromium(browser.browser_type), args=flags),
    ):

        @contextmanager
        def connect() -> Iterator[Screen]:
            with browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}") as hand:
                context = hand.contexts[0]
                screen = Screen(context.pages[0] if context.pages else context.new_page(), server)
                screen.listen()
                yield screen
            assert screen.faults == []

        yield connect


# ------------------------------------------------------------------------------------------------------ what is done


UNFOLDED = (
    "() => [...document.querySelectorAll('details')].every((one) => !one.getAnimations({ subtree: true }).length)"
)


def toggle(screen: Screen, _: int) -> None:
    """Switch the first base on or off."""
    with screen.new_view():
        screen.page.locator(".mm-bases input").first.click()


def shade(screen: Screen, turn: int) -> None:
    """Paint regions by people, then by silence, which is hatched too."""
    field = screen.page.locator(".st-key-shade input")
    if not field.count():
        screen.page.get_by_text("Background and shading").click()
        field.wait_for()
        screen.at_rest()
        screen.wait(UNFOLDED)  # a click on what still moves opens no list
    with screen.new_view():
        field.click()
        options = screen.page.get_by_role("option")
        (options.last if turn % 2 else options.nth(1)).click()


def change_theme(screen: Screen, turn: int) -> None:
    """Let the system turn dark, and light again."""
    scheme: Literal["dark", "light"] = "light" if turn % 2 else "dark"
    screen.page.emulate_media(color_scheme=scheme)
    screen.wait(
        f"(dark) => document.querySelector('{FRAME}')?.contentDocument?.documentElement?.matches('.dark') === dark",
        scheme == "dark",
    )
    screen.at_rest()


WITH_MAP = ("Timeline", "FOB planner", "Situation map")
PAGES = ("Briefing", "Timeline", "Export", "FOB planner", "Data and sources", "Situation map") if SOAK else WITH_MAP


def change_page(screen: Screen, turn: int) -> None:
    """Go to the next page."""
    page, name = screen.page, PAGES[turn % len(PAGES)]
    before = page.locator("h1").text_content()
    page.get_by_role("link", name=name).click()
    screen.wait("(before) => ![null, undefined, before].includes(document.querySelector('h1')?.textContent)", before)
    if name in WITH_MAP:
        screen.drawn()
    screen.at_rest()


@dataclass(frozen=True)
class Doing:
    """Something done over and over: where, how, how often before what is held is counted, and how often in all."""

    words: str
    address: str
    act: Callable[[Screen, int], None]
    first: int
    rounds: int


DOINGS = (
    Doing("toggles", "/planner?as_of=2026-04-01", toggle, *((10, 200) if SOAK else (4, 16))),
    Doing("shadings", "/?as_of=2026-04-01", shade, *((10, 200) if SOAK else (4, 12))),
    Doing("changes of the theme", "/?as_of=2026-04-01", change_theme, *((10, 200) if SOAK else (4, 12))),
    Doing("changes of the page", "/?as_of=2026-04-01", change_page, *((12, 102) if SOAK else (3, 9))),
)


@pytest.mark.parametrize("doing", DOINGS, ids=lambda doing: doing.words)
def test_what_is_held_is_as_after_the_first_rounds(own_window: Connect, doing: Doing, record_property: Any) -> None:
    with own_window() as screen:
        screen.open(doing.address)
        screen.drawn()
        for turn in range(doing.first):
            doing.act(screen, turn)
    counted = []
    for first, last in ((doing.first, 2 * doing.first), (2 * doing.first, doing.rounds)):
        with own_window() as screen:
            counted.append(asdict(held(screen)))
            for turn in range(first, last):
                doing.act(screen, turn)
    with own_window() as screen:
        now = asdict(held(screen))
    was = {name: max(count[name] for count in counted) for name in MARGIN}  # one tree that is gone is kept, or not yet
    grown = {name: (was[name], now[name]) for name, share in MARGIN.items() if now[name] > was[name] * (1 + share)}
    assert grown == {}, f"{counted} became {now}"
    figures = ", ".join(f"{was[name]} and then {now[name]} {name}" for name in MARGIN)
    record_property("figure", f"{doing.rounds} {doing.words}: {figures}")
