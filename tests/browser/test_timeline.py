# ruff: noqa: E501 -- scripts of the page
"""Time in the browser: it computes what the core computes, and plays without the server."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser

from mssmap import regions, timeline, views
from mssmap.maps import assets, history, layers, view
from mssmap.timeline import Clocks
from mssmap.ui import cache
from mssmap.ui.lanes import TRAIL_DAYS

pytestmark = pytest.mark.browser

START, END = date(2024, 3, 1), date(2025, 1, 18)
FIVE = (START, date(2024, 3, 10), date(2024, 6, 25), date(2024, 10, 7), END)
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def published(real: Any, tmp_path_factory: pytest.TempPathFactory) -> assets.Assets:
    return assets.publish(real, tmp_path_factory.mktemp("static"), panels={}, font=assets.typeface())


def core(data: Any, clocks: Clocks, start: date, **narrow: Any) -> view.Shown:
    frames = {name: views.layer(data, name, clocks, **narrow) for name in views.RECORD_LAYERS}
    events = views.events(data, clocks, start=start, end=clocks.as_of, **narrow)
    return view.Shown(clocks=clocks, events=events, **frames)


@pytest.fixture(scope="module")
def clock(browser: Browser) -> Any:
    """A page that holds nothing but the rule of the browser."""
    page = browser.new_page()
    page.add_script_tag(path=str(cache.STATIC.parent / "mssmap" / "maps" / "client" / "clock.js"))
    yield page
    page.close()


@pytest.mark.parametrize(
    ("known_on", "narrow"),
    [
        pytest.param(TODAY, {}, id="with hindsight"),
        pytest.param(date(2024, 12, 1), {}, id="as known in December 2024"),
        pytest.param(TODAY, {"grade": "C2"}, id="well supported records only"),
        pytest.param(TODAY, {"region": "HT05"}, id="Artibonite only"),
    ],
)
def test_the_browser_computes_the_same_view_as_the_core(real, published, clock, known_on, narrow):
    told = history.compose(real, published, known_on, **narrow)
    clock.evaluate("(told) => { window.told = told; }", told)
    generator = random.Random(20250118)
    days = [date(2021, 7, 1) + timedelta(days=generator.randrange(2000)) for _ in range(25)] + list(FIVE)
    for day in days:
        start = day - timedelta(days=TRAIL_DAYS)
        numbers = [history.day_number(day), history.day_number(start)]
        found = clock.evaluate("([day, start]) => mssmapClock.viewAt(window.told, day, start)", numbers)
        shown = core(real, Clocks(day, known_on), start, **narrow)
        expected = view.message(shown, published, view.Options(layers.DEFAULT), seq="")
        for part in ("records", "zones", "events"):
            assert sorted(found[part]) == sorted(expected[part]), (day, part)
        assert doubts(found["doubt"]) == core_doubts(real, Clocks(day, known_on), start, **narrow), day
        assert history.doubt(told, day, (start, day)) == by_layer(found["doubt"]), day


def doubts(told: dict[str, list[int]]) -> dict[str, list[int]]:
    """Doubts of the browser by layer: records whose date, and records whose place, is known too coarsely."""
    found: dict[str, list[int]] = {}
    for symbol, pair in told.items():
        head = symbol.split(".")[0]
        layer = head if head in ("fobs", "prisons", "gang_zones", "events") else "facilities"
        found[layer] = [a + b for a, b in zip(found.get(layer, [0, 0]), pair, strict=True)]
    return found


def by_layer(told: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    """Doubts of the browser by the layer that has the switch."""
    found: dict[str, tuple[int, ...]] = {}
    for symbol, pair in told.items():
        name = layers.layer_of(symbol)
        found[name] = tuple(a + b for a, b in zip(found.get(name, (0, 0)), pair, strict=True))
    return found


def core_doubts(data: Any, clocks: Clocks, start: date, **narrow: Any) -> dict[str, list[int]]:
    counts = views.counts(data, clocks, **narrow).groupby("layer")[["low", "value", "high"]].sum()
    found = {layer: [int(n.value - n.low), int(n.high - n.value)] for layer, n in counts.iterrows()}
    window = {"start": start, "end": clocks.as_of, "grade": narrow.get("grade", "F6")}
    rows = views.events(data, clocks, **window, region=narrow.get("region"))
    everywhere = views.events(data, clocks, **window)
    maybe = regions.maybe_within(everywhere, narrow["region"]).sum() if "region" in narrow else 0
    found["events"] = [int((~timeline.surely_within(rows, start, clocks.as_of)).sum()), int(maybe)]
    return {layer: pair for layer, pair in found.items() if pair != [0, 0]}


def counts(data: Any, day: date) -> dict[str, int]:
    """What the legend must say on a day of playback, by the core."""
    tally = view.tally(core(data, Clocks(day, TODAY), day - timedelta(days=TRAIL_DAYS)))
    return {name: n for name, n in tally.items() if n and layers.GROUPS and not name.startswith(tuple(SERVICES))}


SERVICES = ("services", "school", "court", "airport", "port", "fuel", "hospital", "police")


def test_playback_walks_through_history_with_the_counts_of_the_core(real, visit: Callable[..., Any]) -> None:
    screen = visit("/timeline", as_of=START.isoformat(), **{"from": START.isoformat(), "to": END.isoformat()})
    screen.drawn()
    page = screen.page
    screen.in_map("(w) => { w.mark = 'the same map'; }")
    sent = len(screen.sent)
    page.locator(".mm-player select").nth(1).select_option("30")
    seen: dict[str, Any] = page.evaluate(
        """(stops) => new Promise((resolve) => {
          const frame = document.querySelector('.st-key-map iframe').contentWindow.document.documentElement;
          const seen = {}; let frames = 0; const began = performance.now();
          document.addEventListener('mssmap:played', ({ detail }) => {
            frames += 1;
            if (stops.includes(detail.day)) seen[detail.day] = JSON.parse(frame.dataset.counts);
            if (detail.day >= stops[stops.length - 1]) resolve({ seen, frames, seconds: (performance.now() - began) / 1000 });
          });
          const root = [...document.querySelectorAll('*')].find((n) => n.shadowRoot && n.shadowRoot.querySelector('.mm-player'));
          root.shadowRoot.querySelector('.mm-player button:nth-of-type(2)').click();
        })""",
        [history.day_number(day) for day in FIVE],
    )
    assert seen["frames"] == (END - START).days, "one picture a day"
    assert seen["frames"] / seen["seconds"] > 10
    for day in FIVE[1:]:
        drawn = {k: n for k, n in seen["seen"][str(history.day_number(day))].items() if not k.startswith(SERVICES)}
        expected = counts(real, day)
        assert Counter(drawn) == Counter({k: n for k, n in expected.items() if k in drawn or n}), day
    assert screen.in_map("(w) => w.mark") == "the same map"
    page.wait_for_url("**as_of=2025-01-18**")
    assert len(screen.sent) - sent <= 3, "the server hears of the day when the hand rests"


def test_arrow_keys_move_the_day(visit: Callable[..., Any]) -> None:
    screen = visit("/timeline", as_of="2025-01-18")
    screen.drawn()
    cursor = screen.page.get_by_role("slider", name="Day of the map").last
    cursor.focus()
    screen.page.keyboard.press("PageDown")
    screen.page.wait_for_url("**as_of=2024-12-18**")
    assert screen.page.locator(".mm-clock").inner_text() == "18 Dec 2024"


def test_a_mark_opens_the_same_record_as_the_map(visit: Callable[..., Any]) -> None:
    screen = visit("/timeline", as_of="2025-01-18")
    screen.drawn()
    screen.page.locator('.mm-stage .mark[data-id="fob-04"]').first.dispatch_event("click")
    screen.card().wait_for()
    assert "Delmas 2" in screen.card().inner_text()
    assert "Guatemala" in screen.card().inner_text()


def test_graduation_shows_both_figures_with_their_sources(visit: Callable[..., Any]) -> None:
    screen = visit("/timeline", as_of="2025-01-10")
    screen.drawn()
    screen.page.locator('.mm-stage .mark[data-id^="ev-2025-01-10-graduation"]').first.dispatch_event("click")
    screen.card().wait_for()
    text = screen.card().inner_text()
    assert "739" in text
    assert "747" in text
    assert "Kenyan press" in text


def test_changes_since_a_day_are_marked_told_and_listed(visit: Callable[..., Any]) -> None:
    screen = visit("/", as_of="2025-02-08", known_on="2025-02-10", since="2025-01-10")
    marks = screen.in_map("(w) => [...w.document.querySelectorAll('.mm-symbol .mm-change')].map((n) => n.className)")
    assert any("status" in mark for mark in marks)
    assert any("new" in mark for mark in marks)
    told = screen.page.locator(".mm-words").first.inner_text()
    assert "Guatemala" in told
    assert "operational → handed over" in told


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_the_whole_page_speaks_the_language(visit: Callable[..., Any], language: str) -> None:
    screen = visit("/", lang=language, as_of="2025-01-18")
    expected = {"fr": "Légende", "ht": "Lejann", "es": "Leyenda"}[language]
    assert screen.in_map("(w) => w.document.querySelector('.mm-legend summary').textContent") == expected
    assert "Prisons functioning" not in screen.page.locator(".mm-figures").inner_text()


def test_the_day_of_the_strip_can_be_dragged(visit: Callable[..., Any]) -> None:
    screen = visit("/", as_of="2025-01-18")
    grip = screen.page.locator(".st-key-strip .cursor .grip")
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 6
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    for step in range(1, 9):
        screen.page.mouse.move(x - 25 * step, y)
    screen.page.mouse.up()
    screen.page.wait_for_url(lambda url: "as_of=2024-0" in url)
