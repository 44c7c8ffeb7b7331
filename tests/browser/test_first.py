"""The first answer: the asked view is in it, where the live map will have it, and the live page takes its place."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import FRAME

STILL = """() => [...document.querySelectorAll('#mm-first .mm-s')].map((n) => [n, n.getBoundingClientRect()])
  .filter(([n, box]) => box.width).map(([n, box]) =>
    [n.dataset.id, n.getAttribute('href').slice(6), box.x + box.width / 2, box.y + box.height / 2])"""
LIVE = """(w) => {
  const frame = w.frameElement.getBoundingClientRect();
  return [...w.document.querySelectorAll('.mm-symbol')].map((n) => [n, n.getBoundingClientRect()]).map(([n, box]) =>
    [n.dataset.id, n.dataset.symbol, frame.x + box.x + box.width / 2, frame.y + box.y + box.height / 2]);
}"""
LEGEND = """(root) => [...root.querySelectorAll('.mm-legend:not(.mm-shut) li')].map((row) =>
  [row.querySelector('span').textContent, row.querySelector('span:last-child').textContent])"""
BOXES = """(names) => names.map((name) => {
  const box = document.querySelector(name).getBoundingClientRect();
  return [box.x, box.y, box.width, box.height];
})"""
WATCH = """() => {
  window.jumps = [];
  const look = () => {
    const still = document.querySelector('#mm-first .mm-map');
    const live = document.querySelector('.st-key-map iframe');
    const drawn = live?.contentDocument?.querySelectorAll('.mm-symbol').length ?? 0;
    const top = document.elementFromPoint(100, innerHeight - 60);  // the sidebar of the live page lies high
    const isWhole = still?.closest('#mm-first').contains(top);
    window.jumps.push(still ? (isWhole ? 'still' : 'mixed') : drawn ? 'live' : 'blank');
    requestAnimationFrame(look);
  };
  document.addEventListener('DOMContentLoaded', look);
}"""

VIEWS = [
    pytest.param({}, (1440, 900), id="as it opens"),
    pytest.param({"as_of": "2025-01-18", "known_on": "2025-01-18", "grade": "C3"}, (1024, 768), id="another day"),
    pytest.param(
        {"as_of": "2026-04-01", "region": "HT05", "layers": "fobs,gang_zones,events", "lang": "fr"},
        (390, 844),
        id="a region",
    ),
    pytest.param({"lat": "18.55", "lon": "-72.33", "zoom": "11.5", "since": "2025-06-01"}, (1180, 820), id="a place"),
]


@pytest.mark.parametrize(("query", "size"), VIEWS)
def test_the_still_has_the_symbols_of_the_live_map_where_it_has_them(visit, query, size):
    """The page is looked at twice: before any script of it came, and when its map is drawn."""
    wide, high = size
    screen = visit("/", context={"viewport": {"width": wide, "height": high}}, **query)
    live = {row[0]: row[1:] for row in screen.in_map(LIVE)}
    legend = screen.in_map(f"(w) => ({LEGEND})(w.document)")
    boxes = screen.page.evaluate(BOXES, [".st-key-figures", ".st-key-map"])
    screen.page.route("**/static/js/**", lambda route: route.abort())
    screen.page.goto(screen.page.url, wait_until="commit")
    screen.page.locator("#mm-first .mm-told").wait_for(state="attached")
    still = {row[0]: row[1:] for row in screen.page.evaluate(STILL)}
    shown = {key: row for key, row in live.items() if row[1] is not None}
    assert still.keys() == shown.keys()
    assert len(still) >= 5
    for key, (symbol, x, y) in still.items():
        assert symbol == live[key][0]
        assert (x, y) == pytest.approx(live[key][1:], abs=2), key
    if wide > 900:
        assert screen.page.evaluate(f"() => ({LEGEND})(document)") == legend
    for mine, theirs in zip(
        screen.page.evaluate(BOXES, ["#mm-first .mm-figures", "#mm-first .mm-map"]), boxes, strict=True
    ):
        assert mine == pytest.approx(theirs, abs=2)
    screen.faults.clear()


def test_the_live_page_takes_the_place_of_the_still_without_a_blank_frame(visit):
    screen = visit("/timeline")
    screen.page.add_init_script(f"({WATCH})()")
    screen.open("/?as_of=2025-01-18")
    seen = screen.page.evaluate("window.jumps")
    order = [one for i, one in enumerate(seen) if i == 0 or one != seen[i - 1]]
    assert order == ["still", "live"]
    assert screen.page.locator("#mm-first").count() == 0
    assert screen.page.locator(FRAME).count() == 1


def test_a_page_without_scripts_shows_the_view(browser, server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/?grade=Z9&as_of=2025-01-18")
    assert page.locator("#mm-first .mm-map").is_visible()
    assert "18 Jan 2025" in page.locator("#mm-first .mm-asof").inner_text()
    assert "grade in the address: found 'Z9'" in page.locator("#mm-first .mm-say").inner_text()
    context.close()


LIGHT = ("/light?since=2025-06-01", "/light?record=fob-01&lang=fr", "/light?grade=Z9&lang=ht")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_light_page_has_no_finding_of_axe_and_runs_nothing(browser, server, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for address in LIGHT:
        page.goto(server.url + address)
        found = Axe().run(page)
        assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"
    assert {url.partition("?")[0] for url in asked if not url.startswith("data:")} <= {
        f"{server.url}/light",
        f"{server.url}/favicon.ico",
    }
    context.close()


def test_the_form_of_the_light_page_is_used_by_keyboard(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/light?layers=fobs")
    page.keyboard.press("Tab")
    assert page.locator(".skip").is_visible()
    page.get_by_label("Day shown").fill("2025-01-18")
    page.locator("select[name=region]").select_option("HT05")
    page.locator("select[name=lang]").select_option("fr")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**as_of=2025-01-18**")
    assert "region=HT05" in page.url
    assert "layers=fobs" in page.url
    assert page.locator("html").get_attribute("lang") == "fr"
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_capital_is_named_at_every_zoom_and_width(visit: Any, width: int, height: int) -> None:
    screen = visit("/", as_of="2026-04-01", context={"viewport": {"width": width, "height": height}})
    for zoom in (None, 6.5, 9, 12):
        if zoom:
            screen.in_map("(w, zoom) => { w.map.setView([18.6, -72.4], zoom, { animate: false }); }", zoom)
        names = screen.in_map("(w) => [...w.document.querySelectorAll('.mm-label.place.r1')].map((n) => n.textContent)")
        assert "Port-au-Prince" in names
