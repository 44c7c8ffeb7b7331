# ruff: noqa: E501 -- scripts of the page
"""Time in the browser: it computes what the core computes, and plays without the server."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser

from mssmap import client
from mssmap.legend import layers, lines
from mssmap.maps import assets, history, view
from mssmap.records import regions, timeline, views
from mssmap.records.catalog import Data
from mssmap.records.shown import WINDOW_DAYS, Filters, Shown, shown
from mssmap.records.timeline import Clocks
from mssmap.ui.lanes import TRAIL_DAYS

pytestmark = pytest.mark.browser

START, END = date(2024, 3, 1), date(2025, 1, 18)
FIVE = (START, date(2024, 3, 10), date(2024, 6, 25), date(2024, 10, 7), END)
TODAY = date(2026, 11, 22)
FRAME = ".st-key-map iframe"


@pytest.fixture(scope="module")
def published(real: Any, tmp_path_factory: pytest.TempPathFactory) -> assets.Assets:
    return assets.publish(real, tmp_path_factory.mktemp("static"), font=assets.typeface())


def core(data: Any, clocks: Clocks, start: date, **narrow: Any) -> Shown:
    return shown(data, Filters(clocks, start=start, end=clocks.as_of, plans=True, **narrow))


@pytest.fixture(scope="module")
def clock(browser: Browser) -> Any:
    """A page that holds nothing but the rule of the browser."""
    page = browser.new_page()
    rule = client.module("shared/clock.js") + "\nwindow.viewAt = viewAt;"
    page.add_script_tag(content=rule, type="module")
    page.wait_for_function("() => !!window.viewAt")
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
    generator = random.Random(20250118)
    days = [date(2021, 7, 1) + timedelta(days=generator.randrange(2000)) for _ in range(25)] + list(FIVE)
    assert_the_same(clock, real, published, known_on, days, **narrow)


@pytest.mark.parametrize("seed", range(4))
def test_the_browser_computes_the_same_view_of_records_made_at_random(real, tmp_path, clock, seed):
    generator = random.Random(seed)
    data = at_random(real, generator)
    published = assets.publish(data, tmp_path, font=assets.typeface())
    days = [date(2021, 7, 1) + timedelta(days=generator.randrange(2000)) for _ in range(8)]
    for known_on in (TODAY, days[0]):
        grade = generator.choice(["F6", "B2", "C3", "A1", "D2"])
        assert_the_same(clock, data, published, known_on, days, grade=grade)


def at_random(data: Data, generator: random.Random) -> Data:
    """Return the records with other spells and events: overlapping, unbounded, vague, known early or late."""
    sources = data["sources"]["source_id"].tolist()

    def other(rows: pd.DataFrame, precisions: list[str]) -> pd.DataFrame:
        count = len(rows)
        start = pd.Series(
            [pd.Timestamp(2021, 7, 1) + pd.Timedelta(days=generator.randrange(2000)) for _ in range(count)]
        )
        end = start + pd.to_timedelta([generator.randrange(400) for _ in range(count)], unit="D")
        known = start + pd.to_timedelta([generator.randrange(60) for _ in range(count)], unit="D")
        drawn = {
            "valid_from": start,
            "valid_to": end.mask(pd.Series([generator.random() < 0.3 for _ in range(count)])),
            "known_from": known,
            "date_precision": [generator.choice(precisions) for _ in range(count)],
            "source_ids": [";".join(generator.sample(sources, generator.randint(1, 3))) for _ in range(count)],
        }
        new = {name: pd.Series(values).astype(rows[name].dtype).set_axis(rows.index) for name, values in drawn.items()}
        return rows.assign(**new)

    status = other(data["status"], ["day", "month", "before"])
    events = other(data["events"], ["day", "month"])
    return replace(data, frames={**data.frames, "status": status, "events": events})


def assert_the_same(clock: Any, data: Data, published: Any, known_on: date, days: list[date], **narrow: Any) -> None:
    """Compare what the browser and the core find on some days; the grade is sent apart, as on the page."""
    told = history.compose(data, published, Filters(Clocks(known_on, known_on), region=narrow.get("region")))
    clock.evaluate("(told) => { window.told = told; }", told)
    for day in days:
        start = day - timedelta(days=TRAIL_DAYS)
        asked = [history.day_number(day), history.day_number(start), narrow.get("grade")]
        script = "([day, start, least]) => window.viewAt(window.told, day, start, day, least ?? undefined)"
        found = clock.evaluate(script, asked)
        shown = core(data, Clocks(day, known_on), start, **narrow)
        expected = view.message(shown, published, view.Options(layers.DEFAULT), seq="")
        for part in ("records", "zones", "events"):
            assert sorted(found[part]) == sorted(expected[part]), (day, part)
        assert doubts(found["doubt"]) == core_doubts(data, Clocks(day, known_on), start, **narrow), day


def doubts(told: dict[str, list[int]]) -> dict[str, list[int]]:
    """Doubts of the browser by layer: dates, places known too coarsely, and records below the grade."""
    found: dict[str, list[int]] = {}
    for symbol, three in told.items():
        head = symbol.split(".")[0]
        layer = head if head in ("fobs", "prisons", "gang_zones", "events") else "facilities"
        found[layer] = [a + b for a, b in zip(found.get(layer, [0, 0, 0]), three, strict=True)]
    return found


def core_doubts(data: Any, clocks: Clocks, start: date, **narrow: Any) -> dict[str, list[int]]:
    columns = ["low", "value", "high", "below"]
    counts = views.counts(data, clocks, **narrow).groupby("layer")[columns].sum()
    found = {layer: [int(n.value - n.low), int(n.high - n.value), int(n.below)] for layer, n in counts.iterrows()}
    window = {"start": start, "end": clocks.as_of, "plans": True}
    reached = {"grade": narrow.get("grade", "F6")}
    rows = views.events(data, clocks, **window, **reached, region=narrow.get("region"))
    everywhere = views.events(data, clocks, **window, **reached)
    maybe = regions.maybe_within(everywhere, narrow["region"]).sum() if "region" in narrow else 0
    below = len(views.events(data, clocks, **window, region=narrow.get("region"))) - len(rows)
    found["events"] = [int((~timeline.surely_within(rows, start, clocks.as_of)).sum()), int(maybe), below]
    return {layer: three for layer, three in found.items() if any(three)}


def counts(data: Any, day: date) -> dict[str, int]:
    """What the legend must say on a day of playback, by the core."""
    tally = lines.tally(core(data, Clocks(day, TODAY), day - timedelta(days=TRAIL_DAYS)))
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
            if (stops.includes(detail.day)) seen[detail.day] = JSON.parse(frame.dataset.mssmap).counts;
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


DIAL = ".mm-dial input"
FOUR_YEARS = (date(2022, 1, 1), date(2026, 1, 1))
REST_MS = 250
"""A hand that does not move for so long rests; on a busy machine that of this test does so in the middle."""


def test_the_dial_dragged_across_four_years_shows_each_day_it_passes(visit: Callable[..., Any]) -> None:
    screen = visit("/", as_of=FOUR_YEARS[0].isoformat())
    page, dial = screen.page, screen.page.locator(DIAL)
    box = dial.bounding_box()
    low, high = (int(dial.get_attribute(name)) for name in ("min", "max"))

    def x(day: date) -> float:
        return float(box["x"] + 8 + (box["width"] - 16) * (history.day_number(day) - low) / (high - low))

    page.evaluate(
        f"""() => {{
          const map = document.querySelector('{FRAME}').contentDocument;
          window.frames = [];
          window.steps = [];
          document.addEventListener('input', () => window.steps.push(performance.now()), true);
          const look = () => {{
            const {{ day, counts }} = JSON.parse(map.documentElement.dataset.mssmap);
            window.frames.push([day, JSON.stringify(counts), map.querySelector('.mm-asof').textContent]);
            requestAnimationFrame(look);
          }};
          requestAnimationFrame(look);
        }}"""
    )
    sent, steps = len(screen.sent), 80
    page.mouse.move(x(FOUR_YEARS[0]), box["y"] + box["height"] / 2)
    page.mouse.down()
    before_rest = []
    for step in range(1, steps + 1):
        page.mouse.move(
            x(FOUR_YEARS[0]) + step * (x(FOUR_YEARS[1]) - x(FOUR_YEARS[0])) / steps, box["y"] + box["height"] / 2
        )
        before_rest.append(screen.told["day"])
    page.mouse.up()
    frames = {tuple(frame) for frame in page.evaluate("window.frames.splice(0)")}
    days = {day for day, _counts, _title in frames}
    rests = sum(later - step > REST_MS for step, later in pairwise(page.evaluate("window.steps")))
    assert len(set(before_rest)) > 0.9 * steps, "the map is at the day of the hand when the hand has moved"
    assert len(frames) > 0.7 * steps, "distinct pictures"
    assert len({counts for _day, counts, _title in frames}) > 30, "what they show changes"
    assert max(days) - min(days) > 1350
    page.wait_for_url(lambda url: "as_of=2025-12" in url or "as_of=2026-01" in url)
    assert len(screen.sent) - sent <= 3 + rests, "the server hears of it when the hand rests"


def test_the_grade_is_switched_in_the_browser(real, visit: Callable[..., Any]) -> None:
    screen = visit("/", as_of="2025-01-18")
    before, sent = screen.symbols(), len(screen.sent)
    found = screen.page.evaluate(
        f"""() => {{
          const choice = [...document.querySelectorAll('*')].map((n) => n.shadowRoot?.querySelector('.mm-least select')).find(Boolean);
          choice.value = 'B2';
          choice.dispatchEvent(new Event('change'));
          const map = document.querySelector('{FRAME}').contentDocument.documentElement;
          return JSON.parse(map.dataset.mssmap);
        }}"""
    )
    assert len(screen.sent) == sent, "nothing was asked of the server"
    start = date(2025, 1, 18) - timedelta(days=WINDOW_DAYS)
    tally = lines.tally(core(real, Clocks(date(2025, 1, 18), TODAY), start, grade="B2"))
    drawn = {name: n for name, n in found["counts"].items() if not name.startswith(SERVICES)}
    assert drawn == {name: n for name, n in tally.items() if n and not name.startswith(SERVICES)}
    screen.page.wait_for_url("**grade=B2**")
    screen.at_rest()
    assert screen.shown == found["shown"], "the server sees it as the browser does"
    assert len(screen.symbols()) < len(before)
    assert sum(screen.sent[sent:]) < 20_000
    with screen.new_view():
        screen.page.locator(".mm-least select").select_option("F6")
    assert screen.symbols() == before
