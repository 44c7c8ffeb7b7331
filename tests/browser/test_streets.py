"""Streets of an extract on the map: drawn from street zoom on, named, and told how to get where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from mssmap.maps import standalone
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.streets import adding, shelf

pytestmark = pytest.mark.browser

CAPITAL = Path(__file__).parents[1] / "streets" / "data" / "capital_2017.osm.pbf"
CLOSE = "/?lat=18.545&lon=-72.335&zoom=15&as_of=2025-01-18"
STREETS = "(w) => JSON.parse(w.document.documentElement.dataset.mssmap).streets"
INKED = """(w, pane) => [...w.document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].reduce((all, node) => {
  const copy = new OffscreenCanvas(node.width, node.height).getContext('2d');
  copy.drawImage(node, 0, 0);
  const { data } = copy.getImageData(0, 0, node.width, node.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
  return all + inked;
}, 0)"""
"""How many points of the canvases in a pane are drawn."""


@pytest.fixture
def streets() -> Iterator[None]:
    """The streets of the capital, in the folder that the server looks into."""
    made = adding.add(CAPITAL)
    yield
    shelf.remove(made)


def test_streets_are_drawn_and_named_close_by_and_nothing_leaves(visit: Any, streets: None) -> None:
    screen = visit(CLOSE)
    screen.wait(f"() => (({STREETS})(document.querySelector('.st-key-map iframe').contentWindow) ?? 0) > 0")
    assert screen.in_map(INKED, "mm-streets") > 10_000
    assert screen.in_map(INKED, "mm-street-names") > 500
    credit = screen.map.locator(".leaflet-control-attribution")
    assert "Streets © OpenStreetMap contributors, ODbL, state of 7 Jun 2017" in credit.inner_text()
    assert not screen.outside()
    assert any("/streets/" in url for url in screen.requests)


def test_where_no_worker_runs_the_page_draws_the_streets_by_itself(visit: Any, streets: None) -> None:
    screen = visit("/data")
    screen.page.route("**/streets-*.js", lambda route: route.abort())
    screen.open(CLOSE)
    screen.wait(f"() => (({STREETS})(document.querySelector('.st-key-map iframe').contentWindow) ?? 0) > 0")
    assert screen.in_map(INKED, "mm-streets") > 10_000
    screen.faults.clear()  # the browser complains of the script that did not come


def test_a_page_without_a_server_draws_the_streets_it_carries(
    real: Any, streets: None, browser: Browser, tmp_path: Path
) -> None:
    day = date(2025, 1, 18)
    asked = standalone.Snapshot(Filters(Clocks(day, day), start=day, end=day, plans=True), today=day)
    (tmp_path / "map.html").write_bytes(standalone.page(real, asked))
    with browser.new_context(offline=True, viewport={"width": 1300, "height": 900}) as context:
        page = context.new_page()
        page.goto((tmp_path / "map.html").as_uri())
        page.locator("[data-jump=capital]").click()
        told = "JSON.parse(document.documentElement.dataset.mssmap ?? '{}')"
        page.wait_for_function(f"() => {told}.seq")
        closer = "document.querySelector('.leaflet-control-zoom-in').click()"
        page.wait_for_function(f"() => {told}.streets > 0 || {closer}", timeout=120_000, polling=1_000)
        assert page.evaluate(f"() => ({INKED})(window, 'mm-streets')") > 1_000


def test_without_streets_one_line_says_how_to_get_them(visit: Any) -> None:
    screen = visit(CLOSE)
    screen.map.get_by_text("mssmap streets add FILE.osm.pbf").wait_for()
    far = visit("/?lat=18.545&lon=-72.335&zoom=9&as_of=2025-01-18")
    assert not far.map.get_by_text("mssmap streets add").count()
