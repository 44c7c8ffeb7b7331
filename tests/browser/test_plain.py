"""The pages with Streamlit's own widgets only: how one gets there, and that they show what the others show."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import mssmap
from mssmap import twin
from mssmap.maps import layers, view
from mssmap.timeline import Clocks
from mssmap.ui import cache
from mssmap.ui.controls import EVENT_WINDOW_DAYS

from .conftest import TODAY, running
from .test_situation import BIG_PRISONS, CAPITAL, DAY, LOOKS, records, serious

pytestmark = pytest.mark.browser

MODULES = re.compile(r"/app/static/(panel|lanes|live)-[0-9a-f]{12}\.js")
OFFER = ".mm-plain-offer"


def of_core(day: str, known: str = DAY, **narrow: Any) -> view.Shown:
    """Return what the map must show on a day, by the library."""
    at = date.fromisoformat(day)
    window = (at - timedelta(days=EVENT_WINDOW_DAYS), at)
    return cache.shown(cache.Filters(Clocks(at, date.fromisoformat(known)), **narrow).within(window))


def placed(shown: view.Shown) -> int:
    """Return how many of the records have a symbol on the map with the layers that are on at first."""
    rows = twin.table(shown, [name for name in layers.DEFAULT if not name.startswith("gang_zones")])
    return int((~rows["where"].str.endswith("(not on the map)")).sum())


def without_modules(screen: Any) -> Any:
    """Let no module of ours reach the browser from here on."""
    screen.page.route(MODULES, lambda route: route.abort())
    return screen


def forgive_what_was_blocked(screen: Any) -> None:
    """Take the loads that the test itself stopped out of the faults of the page; there must have been some."""
    blocked = [fault for fault in screen.faults if MODULES.search(fault)]
    assert blocked
    screen.faults[:] = [fault for fault in screen.faults if fault not in blocked]


def pill(screen: Any, group: str, words: str) -> Any:
    """The switch of a layer."""
    return screen.page.locator(f".st-key-plain_{group}").get_by_role("button", name=words)


# ---------------------------------------------------------------------------------------------------- the way there


def test_blocked_modules_bring_the_offer_and_the_offer_the_map(visit: Callable[..., Any]) -> None:
    screen = without_modules(visit("/data"))
    screen.page.goto(f"{screen.server.url}/?as_of={DAY}&known_on={DAY}&region=HT01&layers=fobs,prisons")
    link = screen.page.locator(f"{OFFER} a")
    link.wait_for(state="visible")
    assert "could not start" in screen.page.locator(OFFER).inner_text()
    assert screen.in_map("(w) => w.document.querySelectorAll('.mm-symbol').length") == 0
    screen.at_rest()
    kept = {"as_of": DAY, "known_on": DAY, "region": "HT01", "layers": "fobs,prisons", "controls": "plain"}
    assert {key: values[0] for key, values in parse_qs(urlsplit(link.get_attribute("href")).query).items()} == kept
    forgive_what_was_blocked(screen)

    link.click()
    screen.drawn()
    screen.at_rest()
    assert screen.query == kept
    rows = of_core(DAY, region="HT01")
    expected = [view.symbol(name, row) for name in ("fobs", "prisons") for row in getattr(rows, name).itertuples()]
    assert screen.shown == len(expected) > 0
    assert screen.in_map("(w) => w.document.querySelectorAll('.mm-symbol').length") > 0
    assert not screen.page.locator(OFFER).is_visible()


def test_nothing_is_offered_where_the_modules_run(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    finish = "() => document.getAnimations().forEach((animation) => animation.finish())"
    screen.page.evaluate(finish)
    assert not screen.page.locator(OFFER).is_visible()
    screen.page.evaluate("() => { delete document.documentElement.dataset.mssmapPanel; }")
    assert not screen.page.locator(OFFER).is_visible(), "before its time"
    screen.page.evaluate(finish)
    assert screen.page.locator(OFFER).is_visible(), "it is there all the time, and the mark alone hides it"


def test_full_controls_are_one_link_away_with_the_same_view(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="prisons", controls="plain")
    symbols = screen.symbols()
    screen.page.get_by_role("link", name="Full controls").click()
    screen.page.locator(".mm-layers").wait_for()
    screen.drawn()
    screen.at_rest()
    assert screen.query == {"as_of": DAY, "known_on": DAY, "layers": "prisons"}
    assert screen.symbols() == symbols


def test_unknown_controls_are_named_and_the_full_ones_shown(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, controls="none")
    assert "controls in the address: found 'none', required one of full, plain" in (
        screen.page.locator(".stAlert").first.inner_text()
    )
    screen.page.locator(".mm-layers").wait_for()


# ------------------------------------------------------------------------------------------------------ what is shown


def test_both_kinds_of_controls_show_the_same(visit: Callable[..., Any]) -> None:
    query = {"as_of": DAY, "known_on": DAY, "region": "HT01", **CAPITAL}  # at one place symbols stack in one way
    full, plain = visit(**query), visit(**query, controls="plain")
    assert plain.symbols() == full.symbols()
    assert plain.legend() == full.legend()
    assert plain.shown == full.shown

    counted = """() => Object.fromEntries([...document.querySelectorAll('*')].flatMap((n) =>
      [...(n.shadowRoot || { querySelectorAll: () => [] }).querySelectorAll('.mm-layers section > ul > li')])
      .filter((row) => row.querySelector('.mm-n').textContent)
      .map((row) => [row.querySelector('input').dataset.id, row.querySelector('.mm-n').textContent]))"""
    numbers = full.page.evaluate(counted)
    titles = layers.titles()
    assert len(numbers) > 20
    assert any("–" in number for number in numbers.values()), "a range among them"
    for name, number in numbers.items():
        group = next(group for group, members in layers.GROUPS.items() if name in [layer.id for layer in members])
        pill(plain, group, f"{titles[name]} · {number}").wait_for()

    listed = full.page.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap((n) =>
          [...(n.shadowRoot || { querySelectorAll: () => [] }).querySelectorAll('.mm-twin tbody tr')])
          .map((row) => [row.dataset.id, ...[...row.children].map((cell) => cell.textContent)])"""
    )
    rows = twin.table(of_core(DAY, region="HT01"), layers.DEFAULT)
    assert sorted(map(tuple, listed)) == sorted(rows.itertuples(index=False, name=None))
    plain.page.get_by_text(f"Table of what the map shows · {len(rows)} rows").wait_for()


def test_another_day_by_step_and_field_is_what_the_core_says(visit: Callable[..., Any]) -> None:
    screen = visit(as_of="2024-03-10", layers="prisons", controls="plain", **CAPITAL)
    assert [screen.symbols()[name] for name in BIG_PRISONS] == ["prisons.emptied"] * 2
    screen.in_map("(w) => { w.stillHere = 1; }")
    with screen.new_view():
        screen.page.get_by_role("button", name="−1 mo").click()
    assert screen.query["as_of"] == "2024-02-10"
    states = records("prisons", "2024-02-10", "2026-11-22").set_index("prison_id").symbol
    assert {name: screen.symbols()[name] for name in BIG_PRISONS} == states[list(BIG_PRISONS)].to_dict()
    assert states[BIG_PRISONS[0]] == "prisons.functioning"
    with screen.new_view():
        screen.page.get_by_role("button", name="+1 d", exact=True).click()
    with screen.new_view():
        screen.set_date("as_of", date(2024, 3, 10))
    assert [screen.symbols()[name] for name in BIG_PRISONS] == ["prisons.emptied"] * 2
    assert screen.place()[2] == pytest.approx(float(CAPITAL["zoom"]), abs=0.3)
    assert screen.in_map("(w) => w.stillHere") == 1, "the map frame was loaded anew"
    href = screen.page.get_by_role("link", name="Full controls").get_attribute("href")
    assert "as_of=2024-03-10" in href


def test_slider_moves_the_day(visit: Callable[..., Any]) -> None:
    screen = visit(as_of="2024-03-10", layers="prisons", controls="plain")
    screen.page.get_by_role("slider").focus()
    with screen.new_view():
        screen.page.keyboard.press("ArrowLeft")
    assert screen.query["as_of"] == "2024-03-09"
    assert screen.page.locator(".st-key-as_of").inner_text().split() != []


def test_a_layer_that_is_switched_off_disappears_and_the_link_says_so(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, controls="plain")
    before = screen.shown
    gone = int((records("prisons").symbol == "prisons.emptied").sum())
    assert before == placed(of_core(DAY))
    with screen.new_view():
        pill(screen, "prisons", "Emptied by escape").click()
    assert screen.shown == before - gone < before
    assert "prisons.emptied" not in screen.symbols().values()
    assert "prisons.emptied" not in screen.query["layers"]
    assert "imports" in screen.query["layers"], "a group that is not listed stays as it is"
    with screen.new_view():
        pill(screen, "prisons", "Emptied by escape").click()
    assert screen.shown == before
    assert "layers" not in screen.query


def test_grade_filters_as_the_core_does(visit: Callable[..., Any]) -> None:
    day, today = "2025-12-01", TODAY.isoformat()
    screen = visit(as_of=day, grade="B2", controls="plain")
    well_supported = of_core(day, today, grade="B2")
    assert 0 < screen.shown == placed(well_supported) < placed(of_core(day, today))
    assert set(screen.symbols()) <= set(twin.table(well_supported, layers.DEFAULT)["id"])
    assert "below grade B2 are hidden" in screen.page.locator(".stAlert").first.inner_text()
    screen.page.locator(".st-key-plain_grade input").click()
    screen.page.keyboard.type("C3")
    screen.page.get_by_role("option", name="C3").wait_for()
    with screen.new_view():
        screen.page.keyboard.press("Enter")
    assert screen.query["grade"] == "C3"
    assert screen.shown == placed(of_core(day, today, grade="C3"))


def test_a_record_is_opened_from_the_list_and_closed(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="prisons", controls="plain")
    screen.page.locator(".st-key-plain_record input").click()
    screen.page.keyboard.type("Jérémie")
    screen.page.get_by_role("option", name="Jérémie civil prison").wait_for()
    with screen.new_view():
        screen.page.keyboard.press("Enter")
    card = screen.page.locator(".st-key-side")
    card.get_by_role("heading", name="Jérémie civil prison").wait_for()
    jeremie = mssmap.layer("prisons", as_of=DAY, known_on=DAY).set_index("prison_id").loc["pris-14"]
    assert screen.place()[:2] == pytest.approx((jeremie.geometry.y, jeremie.geometry.x), abs=0.01)
    assert jeremie.grade in card.inner_text()
    links = card.get_by_role("link").all()
    assert links
    assert all(link.get_attribute("href").startswith("http") for link in links)
    with screen.new_view():
        card.get_by_role("button", name="Close the record").click()
    card.wait_for(state="detached")


def test_key_figures_are_those_of_the_core(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, controls="plain")
    figures = cache.key_figures(Clocks(date.fromisoformat(DAY), date.fromisoformat(DAY)), "F6", None)
    values = screen.page.locator('[data-testid="stMetricValue"]')
    values.nth(len(figures) - 1).wait_for()
    told = values.all_inner_texts()
    assert [re.sub(r"\D.*", "", text.replace(",", "")) for text in told] == [
        "" if figure.value is None else str(int(figure.value)) for figure in figures
    ]


# -------------------------------------------------------------------------------------------- the other pages, everyone


def test_the_timeline_works_without_modules(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, controls="plain")
    screen.page.get_by_role("link", name="Timeline").click()
    screen.page.wait_for_url("**/timeline**")
    screen.page.get_by_text("Events and spells on the timeline").wait_for()
    screen.drawn()
    screen.at_rest()
    assert screen.query["controls"] == "plain"
    assert screen.shown > 0
    assert screen.page.locator('[data-testid="stDataFrame"]').count() >= 2, "the lanes and the table of the map"
    assert [url for url in screen.requests if MODULES.search(url)] == []


def test_a_plan_is_made_without_modules(visit: Callable[..., Any], tmp_path: Path) -> None:
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}") as own:
        screen = visit("/planner", at=own, as_of="2026-04-01", controls="plain")
        screen.drawn()
        people = screen.page.locator('[data-testid="stMetricValue"]').first
        before = int(people.inner_text().replace(",", ""))
        box = screen.page.locator('[class*="st-key-plain_base_"]').filter(has_text="Port-de-Paix")
        adds = int(box.inner_text().split(" · ")[1].replace(",", ""))
        with screen.new_view():
            box.locator("label").click()
        assert adds > 0
        assert int(people.inner_text().replace(",", "")) == before + adds
        assert box.get_by_role("checkbox").is_checked()
        assert [url for url in screen.requests if MODULES.search(url)] == []
        assert people_of_the_plan_after_a_reload(screen) == before + adds


def people_of_the_plan_after_a_reload(screen: Any) -> int:
    """Return the first figure of the plan that the address names, in a new visit of the page."""
    screen.page.reload()
    screen.drawn()
    screen.at_rest()
    return int(screen.page.locator('[data-testid="stMetricValue"]').first.inner_text().replace(",", ""))


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(visit: Callable[..., Any], look: str) -> None:
    screen = visit(as_of=DAY, known_on=DAY, controls="plain", context=LOOKS[look])
    assert screen.in_map("(w) => w.document.documentElement.classList.contains('dark')") == (look == "dark")
    wide, room = screen.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room
    frame, around = (screen.page.locator(css).bounding_box() for css in (".st-key-map iframe", ".st-key-map"))
    assert frame["height"] == pytest.approx(around["height"], abs=3), "nothing of the map is cut off"
    screen.wait("() => document.getAnimations().length === 0 && !document.querySelector('[data-stale=\"true\"]')")
    assert serious(screen) == []


@pytest.mark.parametrize("layer", ["fobs", "events"])
def test_text_of_the_data_is_never_code(visit: Callable[..., Any], crooked: Any, hostile: Any, layer: str) -> None:
    screen = visit(at=crooked, as_of=DAY, known_on=DAY, layers=layer, controls="plain", **CAPITAL)
    screen.page.locator(".st-key-plain_record input").click()
    screen.page.keyboard.type("70107")
    screen.page.get_by_role("option", name=hostile.text).wait_for()
    with screen.new_view():
        screen.page.keyboard.press("Enter")
    screen.page.locator(".st-key-side h3").filter(has_text=hostile.text.split("`")[0]).wait_for()
    for text in (screen.page.content(), screen.in_map("(w) => w.document.documentElement.outerHTML")):
        assert hostile.computed not in text
    assert screen.page.evaluate("() => window.pwned") is None
    assert screen.in_map("(w) => w.pwned") is None


@pytest.mark.parametrize("path", ["/briefing", "/export", "/data"])
def test_other_pages_take_plain_controls_too(visit: Callable[..., Any], path: str) -> None:
    screen = visit(path, controls="plain")  # at the end `visit` asks whether the server had to tell of a fault
    screen.page.locator("h1").first.wait_for(state="attached")
    assert screen.page.locator('[data-testid="stException"]').count() == 0
