"""The briefing page: the preview follows the fields, the draft is kept, the pack comes down whole."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mssmap.brief import Brief, content, html, pack
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from tests.browser.test_situation import serious
from tests.browser.test_standalone import drawn, opened  # noqa: F401 -- a fixture

pytestmark = pytest.mark.browser

VIEW = {"as_of": "2025-01-18", "known_on": "2025-01-18", "since": "2024-10-01"}


def sheet(screen: Any) -> Any:
    """The picture of the printed page."""
    return screen.page.locator(".st-key-brief_sheet img")


def field(screen: Any, name: str) -> Any:
    """A text field of the composer."""
    return screen.page.locator(f".st-key-brief_{name} input")


@pytest.fixture
def page(visit: Callable[..., Any]) -> Any:
    """Return the composer on the view of the issue."""
    screen = visit("/briefing", **VIEW)
    sheet(screen).wait_for()
    screen.at_rest()
    return screen


def test_the_printed_page_is_shown_and_described(page: Any) -> None:
    assert sheet(page).get_attribute("alt").startswith("Page 1 of the pack as it will print. Map of Haiti as of")
    assert page.page.locator(".st-key-brief_page button").count() >= 3


def test_what_is_typed_is_on_the_page_and_in_the_draft(page: Any, visit: Callable[..., Any]) -> None:
    before = sheet(page).get_attribute("src")
    field(page, "title").type("A title typed by hand")
    page.wait("(src) => document.querySelector('.st-key-brief_sheet img').src !== src", before)
    page.page.get_by_text("The draft is saved.").wait_for()
    page.at_rest()
    other = visit("/briefing", **VIEW)
    assert field(other, "title").input_value() == "A title typed by hand"
    field(other, "title").fill("")
    other.page.get_by_text("The draft is saved.").wait_for()
    other.at_rest()


def test_a_highlight_that_is_too_long_is_shortened_and_that_is_said(page: Any) -> None:
    field(page, "highlight_1").fill("word " * 400)
    page.page.get_by_text("Highlight 1 was shortened to three lines.").wait_for()
    page.page.locator(".st-key-brief_clear button").click()
    page.page.get_by_text("Highlight 1 was shortened to three lines.").wait_for(state="detached")


def test_highlights_are_proposed_and_can_be_edited(page: Any) -> None:
    page.page.locator(".st-key-brief_propose button").click()
    page.wait("() => document.querySelector('.st-key-brief_highlight_1 input').value.includes('Kenya 217')")
    assert page.page.get_by_label("Highlight 1", exact=True).input_value() == value(page, "highlight_1")
    before = sheet(page).get_attribute("src")
    field(page, "highlight_1").fill("Said by hand")
    page.wait("(src) => document.querySelector('.st-key-brief_sheet img').src !== src", before)
    page.page.locator(".st-key-brief_clear button").click()
    page.wait("() => document.querySelector('.st-key-brief_highlight_1 input').value === ''")


def value(screen: Any, name: str) -> str:
    """The text of a field of the composer."""
    return str(field(screen, name).input_value())


def test_proposed_highlights_follow_the_question_and_a_typed_one_is_marked(
    page: Any, visit: Callable[..., Any]
) -> None:
    page.page.locator(".st-key-brief_propose button").click()
    page.wait("() => document.querySelector('.st-key-brief_highlight_1 input').value.includes('Kenya 217')")
    field(page, "highlight_2").fill("Typed in January.")
    page.page.get_by_text("The draft is saved.").wait_for()
    page.at_rest()
    other = visit("/briefing", as_of="2024-03-10", known_on="2024-03-10")
    told = "Highlight 2 was written for another question: 18 Jan 2025, known on 18 Jan 2025, changes since 1 Oct 2024."
    other.page.get_by_text(told).first.wait_for()
    assert value(other, "highlight_2") == "Typed in January."
    lines = [value(other, f"highlight_{n}") for n in range(1, 6)]
    assert not any("2025" in line or "Dec 2024" in line for line in lines[:1] + lines[2:]), lines
    other.at_rest()
    choose = other.page.locator(".st-key-brief_lang input")
    choose.click()
    other.page.get_by_role("option", name="Français").click()
    other.wait("() => document.querySelector('.st-key-brief_highlight_1 input').value.includes('tués')")
    other.at_rest()
    other.page.locator(".st-key-brief_holds button").click()
    other.page.get_by_text(told).first.wait_for(state="detached")
    other.at_rest()
    other.page.locator(".st-key-brief_clear button").click()
    other.wait("() => document.querySelector('.st-key-brief_highlight_2 input').value === ''")
    other.at_rest()


def test_the_pack_comes_down_whole_and_is_in_the_history(page: Any, tmp_path: Path) -> None:
    page.page.locator(".st-key-brief_make button").click()
    download = page.page.locator(".st-key-brief_download button")
    download.wait_for(timeout=60_000)
    page.at_rest()
    with page.page.expect_download() as coming:
        download.click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    assert path.name == "HTI_Situation_A4_20250118.zip"
    assert pack.verify(path).state == "unchanged"
    with zipfile.ZipFile(path) as archive:
        assert "HTI_Situation_A4_20250118.pdf" in archive.namelist()
    page.page.get_by_text("Earlier packs (").click()
    page.page.locator(".st-key-brief_again button").wait_for()


def test_the_page_of_the_pack_says_the_same_without_a_network(real: Any, opened: Any) -> None:  # noqa: F811
    day = date(2025, 1, 18)
    made = Brief(Filters(Clocks(day, day)), datetime(2025, 1, 19, tzinfo=UTC), since=date(2024, 10, 1))
    told = content.compose(real, made)
    page = opened(html.page(real, told))
    on = set(made.layers)
    shown = {name: n for name, n in drawn(page).items() if n and name in on}
    assert shown == {name: n for name, n in told.counts.items() if n and name in on}
    for words in (*told.highlights, *told.changes.lines, *(f.value for f in told.figures if "/" not in f.value)):
        assert page.get_by_text(words).count() >= 1, words


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Callable[..., Any], look: str) -> None:
    screen = visit("/briefing", context={"color_scheme": look}, **VIEW)
    sheet(screen).wait_for()
    screen.at_rest()
    screen.wait("() => document.getAnimations().length === 0 && !document.querySelector('[data-stale=\"true\"]')")
    assert serious(screen) == []
