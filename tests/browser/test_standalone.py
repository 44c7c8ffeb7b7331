"""The map as one file: it opens without any network and shows what the core counts."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mssmap import i18n
from mssmap.legend import layers, lines
from mssmap.maps import history, standalone, view
from mssmap.records import views
from mssmap.records.shown import Filters, shown
from mssmap.records.timeline import Clocks

pytestmark = pytest.mark.browser

TOLD = "JSON.parse(document.documentElement.dataset.mssmap ?? '{}')"
"""What the map says of itself."""

TODAY = date(2026, 11, 22)
DAY = date(2025, 1, 18)
SNAPSHOT = standalone.Snapshot(Filters(Clocks(DAY, DAY), start=date(2024, 10, 20), end=DAY, plans=True), today=TODAY)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Open a page from a file, without a network; anything it asks for, and any error, fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1300, "height": 900})
    troubles: list[str] = []

    def open_page(content: bytes) -> Page:
        path = tmp_path / "map.html"
        path.write_bytes(content)
        page = context.new_page()
        page.on(
            "request", lambda r: troubles.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.goto(path.as_uri())
        page.wait_for_function(f"{TOLD}.seq")
        return page

    yield open_page
    context.close()
    assert troubles == []


def tally(data: Any, clocks: Clocks, start: date) -> dict[str, int]:
    counted = lines.tally(shown(data, Filters(clocks, start=start, end=clocks.as_of, plans=True)))
    return {name: n for name, n in counted.items() if n}


def drawn(page: Page) -> dict[str, int]:
    counts: dict[str, int] = page.evaluate(f"{TOLD}.counts")
    return {name: n for name, n in counts.items() if not name.startswith("services.")}


def test_it_counts_what_the_core_counts_plans_apart_and_the_dial_works_offline(real, opened):
    page = opened(standalone.page(real, SNAPSHOT))
    assert drawn(page) == tally(real, SNAPSHOT.clocks, SNAPSHOT.window[0])
    page.locator("#dial input").press("Home")
    page.wait_for_function(f"{TOLD}.day === {history.day_number(standalone.FIRST_DAY)}")
    page.locator("#dial input").press("End")
    page.wait_for_function(f"{TOLD}.day === {history.day_number(DAY)}")
    assert drawn(page) == tally(real, SNAPSHOT.clocks, SNAPSHOT.window[0])
    facts = views.events(real, SNAPSHOT.clocks, start=SNAPSHOT.window[0], end=DAY)
    told = page.locator("#layers section[data-id='events'] .mm-n").all_inner_texts()
    highest = [int(words.split("–")[-1]) for words in told]
    assert int(told[0].split("–")[-1]) == len(facts) == sum(highest[1:-1])
    assert told[-1] == "3"


def test_a_month_back_every_part_and_card_says_its_day_and_what_was_known(real, opened):
    page = opened(standalone.page(real, SNAPSHOT))
    banner, said = page.locator(".mm-asof"), page.locator("#of-day")
    assert banner.inner_text() == "18 Jan 2025 as known the same day"
    assert said.inner_text() == "Key figures, text and record cards: 18 Jan 2025, as known the same day."
    off_map = "Events nationwide or abroad, see the table"
    page.locator(".mm-legend p", has_text=off_map).wait_for(state="attached")
    page.locator("#dial button", has_text="−1 mo").click()
    page.get_by_text("18 Dec 2024 as known on 18 Jan 2025").wait_for()
    assert said.inner_text() == (
        "Key figures, text and record cards stay those of 18 Jan 2025, as known the same day; "
        "the map shows 18 Dec 2024, as known on 18 Jan 2025."
    )
    label = "Map of Haiti as of 18 Dec 2024, as known on 18 Jan 2025. All its records are in the table below."
    page.locator(f'#map_div[aria-label="{label}"]').wait_for()
    page.locator(".mm-legend h4", has_text="Events, 19 Sep 2024 to 18 Dec 2024").wait_for(state="attached")
    page.locator(".mm-legend p", has_text=off_map).wait_for(state="detached")
    assert page.get_by_text("as known the same day", exact=True).count() == 0
    page.locator("#dial button", has_text="+1 mo").click()
    page.get_by_text("18 Jan 2025 as known the same day").first.wait_for()
    assert said.inner_text() == "Key figures, text and record cards: 18 Jan 2025, as known the same day."
    page.locator("#twin input").fill("217")
    page.locator("#twin .mm-open").first.click()
    page.get_by_text("Record card of 18 Jan 2025, as known the same day.").wait_for()
    page.locator("#card .mm-close").click()
    page.locator("#dial input").fill(str(history.day_number(date(2024, 3, 10))))
    page.locator("#of-day", has_text="the map shows 10 Mar 2024").wait_for()
    breaks = views.events(real, Clocks(date(2024, 3, 10), DAY), start=date(2024, 3, 1), category="prison_break")
    page.locator("#twin input").fill(breaks["title_en"].iloc[0])
    page.locator("#twin .mm-open").first.click()
    page.get_by_text("This file holds the record cards of 18 Jan 2025 only").wait_for()


def test_a_file_of_some_layers_shows_figures_of_these_only(real, opened):
    on = ("departments", *(layer.id for layer in layers.GROUPS["fobs"]))
    page = opened(standalone.page(real, dataclasses.replace(SNAPSHOT, names=("fobs",), options=view.Options(on))))
    assert page.locator("#figures .mm-label").all_inner_texts() == ["Bases in use"]
    assert page.locator("#layers section .mm-head .mm-name").all_inner_texts() == ["Boundaries", "Bases"]
    said = page.locator("#lines")
    said.get_by_text("Bases in use").wait_for()
    for word in ("Prisons", "events", "Personnel"):
        assert said.get_by_text(word).count() == 0, word


def test_a_change_of_the_theme_leaves_no_canvas_behind(real, opened):
    page = opened(standalone.page(real, SNAPSHOT))
    canvases = page.locator(".leaflet-pane canvas")
    before = canvases.count()
    for scheme in ("dark", "light") * 3:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "(dark) => document.querySelector('html').matches('.dark') === dark", arg=scheme == "dark"
        )
    assert canvases.count() == before > 0


def test_a_row_of_its_table_opens_the_record_with_its_sources(real, opened):
    page = opened(standalone.page(real, SNAPSHOT))
    page.locator("#twin input").fill("217")
    page.locator("#twin .mm-open").first.click()
    assert "217" in page.locator("#card h3").inner_text()
    assert page.locator("#card .mm-sources li").count() >= 1
    page.locator("#card .mm-close").click()
    page.locator("#card").wait_for(state="hidden")


def test_what_was_not_yet_known_is_not_in_the_file(real):
    content = standalone.page(real, SNAPSHOT).decode()
    later = real["events"][real["events"]["known_from"] > "2025-02-01"]["title_en"]
    earlier = set(real["events"][real["events"]["known_from"] <= "2025-01-18"]["title_en"])
    leaked = [title for title in later if title not in earlier and json.dumps(title)[1:-1] in content]
    assert leaked == []
    assert "Gang Suppression Force" not in content


def test_it_is_small_and_the_same_input_gives_the_same_bytes(real):
    content = standalone.page(real, SNAPSHOT)
    assert len(content) < 3_000_000
    assert content == standalone.page(real, SNAPSHOT)


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_it_speaks_the_language_and_carries_its_proof(real, language):
    i18n.use(language)
    content = standalone.page(real, dataclasses.replace(SNAPSHOT, proof={"format": "x"})).decode()
    assert f'<html lang="{language}">' in content
    assert '<script type="application/json" id="mssmap-proof">{"format":"x"}</script>' in content
    assert "Only what was known that day" not in content


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{7*191}}${alert(3)}\u2028"


def test_hostile_text_is_plain_text(real, opened):
    point = {"id": "p", "symbol": "plan.own", "at": [18.55, -72.34], "n": HOSTILE, "line": HOSTILE, "grade": "F6"}
    options = view.Options(layers.DEFAULT, notes=(HOSTILE,), extra=(point,))
    snapshot = dataclasses.replace(SNAPSHOT, title=HOSTILE, lines=(HOSTILE,), options=options, proof={"title": HOSTILE})
    page = opened(standalone.page(real, snapshot))
    assert page.locator("h1").inner_text().startswith("</script>")
    assert page.locator("img[src='x']").count() == 0
    assert page.evaluate("JSON.parse(document.getElementById('mssmap-proof').textContent).title") == HOSTILE
