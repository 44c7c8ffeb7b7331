"""The situation map as a person uses it: dials, layers, links, records, tables, with bad input and with bad data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

import mssmap
from mssmap.legend import extents, layers, lines

pytestmark = pytest.mark.browser

DAY = "2025-01-18"
CAPITAL = {"lat": "18.56", "lon": "-72.28", "zoom": "12.5"}
BIG_PRISONS = ("pris-01", "pris-02")
POINT_LAYERS = ("fobs", "prisons", "facilities")


def records(name: str, as_of: str = DAY, known_on: str = DAY) -> Any:
    """Return a layer as the library gives it, with the symbol of each record and whether that layer is on at first."""
    rows = mssmap.layer(name, as_of=as_of, known_on=known_on)
    symbols = [lines.symbol(name, row) for row in rows.itertuples(index=False)]
    on = [symbol in layers.DEFAULT or symbol.split(".")[0] in layers.DEFAULT for symbol in symbols]
    return rows.assign(symbol=symbols, on=on)


def events_between(start: str, end: str) -> Any:
    """Return the events of a window, with whether they have a place in Haiti."""
    rows = mssmap.events(as_of=DAY, known_on=DAY, start=start, end=end)
    return rows.assign(placed=rows.geometry.notna() & (rows["country"] == "HTI"))


# ---------------------------------------------------------------------------------------------------- what is shown


def test_map_shows_land_and_every_record_that_has_a_place(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers=",".join(x for x in layers.DEFAULT if not x.startswith("events")))
    expected = sum(int((rows.on & rows.geometry.notna()).sum()) for rows in map(records, POINT_LAYERS))
    assert screen.shown == expected
    in_stacks = screen.in_map(
        """(w) => [...w.document.querySelectorAll('.mm-symbol')]
          .map((node) => Number(node.querySelector('.mm-count')?.textContent || 1))"""
    )
    assert sum(in_stacks) == expected
    land = """(w) => Math.max(...[...w.document.querySelectorAll('.leaflet-mm-base-pane canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const pixels = new Uint32Array(data.buffer);
      return pixels.filter((pixel) => pixel === 0xffeff5f7).length / pixels.length;
    }))"""
    assert 0.03 < screen.in_map(land) < 0.9, "part of the canvas that is land"


def test_legend_lists_only_what_is_there(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    titles, legend = layers.titles(), screen.legend()
    for name in ("fobs", "prisons", "gang_zones"):
        rows = records(name)
        there = rows[rows.on]["symbol"].value_counts()
        # on that day zones are units and places; what hatch and spot mean stands below the levels, without a number
        keys = {extents.keys()[f"zone_{how}"]: "" for how in ("units", "spot")} if name == "gang_zones" else {}
        assert legend[titles[name]] == {titles[symbol]: str(n) for symbol, n in there.items()} | keys
    assert "0" not in {n for group in legend.values() for n in group.values()}
    assert screen.in_map("(w) => w.map.getContainer().getAttribute('aria-label')").startswith(
        "Map of Haiti as of 18 Jan"
    )


# ----------------------------------------------------------------------------------------------------- the two dials


def test_day_of_the_map_moves_by_address_field_step_and_jump(visit: Callable[..., Any]) -> None:
    screen = visit(as_of="2024-02-01", layers="prisons", **CAPITAL)
    states = [screen.symbols()[name] for name in BIG_PRISONS]
    assert states == ["prisons.functioning"] * 2
    with screen.new_view():
        screen.set_date("as_of", date(2024, 3, 10))
    assert [screen.symbols()[name] for name in BIG_PRISONS] == ["prisons.emptied"] * 2
    assert screen.query["as_of"] == "2024-03-10"
    with screen.new_view():
        screen.page.get_by_role("button", name="One month back").click()
    assert screen.query["as_of"] == "2024-02-10"
    assert [screen.symbols()[name] for name in BIG_PRISONS] == ["prisons.functioning"] * 2
    with screen.new_view():
        screen.page.get_by_role("button", name="One day on").click()
    assert screen.query["as_of"] == "2024-02-11"
    with screen.new_view():
        screen.page.locator(".st-key-jump input").click()
        screen.page.get_by_role("option", name="Prison break in the capital").click()
    assert screen.query["as_of"] == "2024-03-02"
    assert [screen.symbols()[name] for name in BIG_PRISONS] == ["prisons.emptied"] * 2
    assert screen.page.locator(".mm-dial output").inner_text() == "2 Mar 2024"


@pytest.mark.parametrize(
    ("as_of", "known_on", "symbol"),
    [
        pytest.param("2025-01-18", "2025-01-18", "fobs.operational", id="what an officer could know that day"),
        pytest.param("2025-01-25", "2025-02-01", "fobs.handed_over", id="two weeks later"),
    ],
)
def test_second_dial_leaves_out_what_was_not_yet_known(
    visit: Callable[..., Any], as_of: str, known_on: str, symbol: str
) -> None:
    screen = visit(as_of=as_of, known_on=known_on, layers="fobs", **CAPITAL)
    assert screen.symbols()["fob-04"] == symbol


# ---------------------------------------------------------------------------------------------- layers and the link


def test_layer_switch_changes_the_map_in_place_and_the_link_restores_it(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    before = screen.shown
    emptied = records("prisons")
    gone = int((emptied.symbol == "prisons.emptied").sum())
    screen.in_map("(w) => { w.stillHere = 1; }")
    requests = len(screen.requests)
    with screen.new_view():
        screen.box("prisons.emptied").uncheck()
    assert gone > 0
    assert screen.shown == before - gone
    assert screen.in_map("(w) => w.stillHere") == 1, "the map frame was loaded anew"
    assert [url for url in screen.requests[requests:] if "/component/" in url] == []
    assert "prisons.functioning" in screen.query["layers"]
    assert "prisons.emptied" not in screen.query["layers"]
    assert screen.rows().count() == int(screen.page.locator(".mm-twin .mm-n").inner_text().split()[0])

    again = visit(**screen.query)
    assert again.shown == screen.shown
    assert again.symbols() == screen.symbols()
    assert not again.box("prisons.emptied").is_checked()


def test_redrawing_leaves_nothing_behind(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    elements = "(w) => w.document.querySelectorAll('.leaflet-pane > svg, .leaflet-pane > canvas').length"

    def flip_twice() -> int:
        for wanted in (False, True):
            with screen.new_view():
                screen.box("prisons.emptied").set_checked(wanted)
        return int(screen.in_map(elements))

    assert flip_twice() == flip_twice()


def test_switch_of_a_whole_group(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="prisons,fobs")
    with screen.new_view():
        screen.box("prisons").uncheck()
    assert screen.query["layers"] == "fobs"
    assert screen.shown == int(records("fobs").geometry.notna().sum())


def pan_and_zoom(screen: Any) -> None:
    """Drag the map and press its plus, and wait until the link says so."""
    frame = screen.page.locator(".st-key-map iframe").bounding_box()
    x, y = frame["x"] + frame["width"] * 0.4, frame["y"] + frame["height"] * 0.75
    before = screen.query
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    screen.page.mouse.move(x + 90, y - 60, steps=4)
    screen.page.mouse.up()
    changed = (
        "(before) => { const now = new URLSearchParams(location.search).get('KEY'); return now && now !== before; }"
    )
    screen.wait(changed.replace("KEY", "lat"), before.get("lat"))
    before = screen.query
    screen.map.locator(".leaflet-control-zoom-in").click()
    screen.wait(changed.replace("KEY", "zoom"), before["zoom"])


def test_default_extent_is_not_in_the_link(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    screen.rows().first.wait_for()
    assert set(screen.query) == {"as_of", "known_on"}


def test_moving_the_map_asks_the_server_nothing_and_stands_in_the_link(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    sent = len(screen.sent)
    pan_and_zoom(screen)
    moved, at, link = len(screen.sent) - sent, screen.place(), screen.query

    # A message that a move had caused would by now stand before that of the next click.
    def messages_of_a_step(name: str) -> int:
        before = len(screen.sent)
        with screen.new_view():
            screen.page.get_by_role("button", name=name).click()
        return len(screen.sent) - before

    assert moved == 0
    assert messages_of_a_step("One day on") == messages_of_a_step("One day back")
    again = visit(**link)
    assert again.place() == pytest.approx(at, abs=0.01)
    assert again.query == link


def test_place_of_the_map_stays_in_the_link_when_anything_else_changes(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    pan_and_zoom(screen)
    place = {key: screen.query[key] for key in ("lat", "lon", "zoom")}
    with screen.new_view():
        screen.page.get_by_role("button", name="One day on").click()
    assert {key: screen.query.get(key) for key in place} == place
    with screen.new_view():
        screen.box("prisons.emptied").uncheck()
    assert {key: screen.query.get(key) for key in place} == place
    assert screen.query["as_of"] == "2025-01-19"


# --------------------------------------------------------------------------------------------------- records and rows


def test_symbol_opens_the_record_with_its_history_and_sources(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="fobs", **CAPITAL)
    screen.symbol("fob-04").click()
    screen.card().get_by_role("heading", name="FOB 3").wait_for()
    assert "FOB 3" in screen.map.locator(".leaflet-popup").inner_text()
    links = screen.card().locator(".mm-sources a")
    assert links.count() >= 1
    assert all(link.get_attribute("href").startswith("http") for link in links.all())
    assert all(link.get_attribute("rel") == "noopener noreferrer" for link in links.all())
    assert screen.card().locator(".mm-history li.now").count() == 1
    screen.at_rest()
    with screen.new_view():
        screen.card().get_by_role("button", name="Close the record").click()
    screen.card().wait_for(state="detached")


def test_row_opens_the_record_and_moves_the_map_there(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="prisons")
    with screen.new_view():
        screen.rows().filter(has_text="Jérémie").get_by_role("button").click()
    screen.card().get_by_role("heading", name="Jérémie civil prison").wait_for()
    jeremie = records("prisons").set_index("prison_id").geometry["pris-14"]
    assert screen.place()[:2] == pytest.approx((jeremie.y, jeremie.x), abs=0.01)
    assert "chosen" in screen.symbol("pris-14").get_attribute("class")


def test_table_holds_what_the_map_shows_and_what_has_no_place(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY)
    screen.rows().first.wait_for()
    off_map = screen.rows().filter(has_text="not on the map").count()
    zones = int(records("gang_zones").on.sum())
    assert off_map > 0
    assert screen.rows().count() == screen.shown + zones + off_map
    screen.page.get_by_label("Filter by any word").fill("jérémie")
    screen.rows().filter(has_not_text="Jérémie").first.wait_for(state="detached")
    assert screen.rows().count() >= 1


# -------------------------------------------------------------------------------------------------------- the address


def test_unusable_values_in_the_address_are_named_and_replaced(visit: Callable[..., Any]) -> None:
    bad = {"as_of": "banana", "grade": "Z9", "region": "XX", "layers": "moon", "lat": "999", "known_on": "1800-01-01"}
    screen = visit(**bad)
    notes = screen.page.locator(".mm-say").first.inner_text()
    for name, value in bad.items():
        assert f"{name} in the address: found '{value}'" in notes
    plain = visit()
    assert screen.shown == plain.shown
    assert screen.place() == pytest.approx(plain.place(), abs=0.3)
    assert "in the address" not in plain.page.locator("body").inner_text()


def test_an_unusable_value_is_named_in_the_language_of_the_page(visit: Callable[..., Any]) -> None:
    screen = visit(grade="Z9", lang="fr")
    screen.page.get_by_text("grade dans l'adresse").wait_for()


def test_window_drawn_on_the_strip_filters_the_events(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="events")
    strip = screen.page.locator(".mm-stage .pad")
    strip.scroll_into_view_if_needed()
    area = strip.bounding_box()
    y = area["y"] + area["height"] * 0.3
    with screen.new_view():
        screen.page.mouse.move(area["x"] + area["width"] * 0.5, y)
        screen.page.mouse.down()
        screen.page.mouse.move(area["x"] + area["width"] * 0.55, y, steps=4)
        screen.page.mouse.move(area["x"] + area["width"] * 0.6, y, steps=4)
        screen.page.mouse.up()
    start, end = screen.query["from"], screen.query["to"]
    assert "2023-01-01" < start < end < DAY
    assert screen.shown == int(events_between(start, end).placed.sum()) > 0
    screen.page.locator(".st-key-filters").get_by_text("Filters").click()
    screen.at_rest()
    with screen.new_view():
        screen.set_date("from", date(2024, 9, 1))
    assert screen.query["from"] == "2024-09-01"
    assert screen.shown == int(events_between(*sorted(("2024-09-01", screen.query["to"]))).placed.sum())


# --------------------------------------------------------------------------------------------- everywhere, for everyone

PAGES = {"/timeline": "Timeline", "/planner": "FOB planner", "/data": "Data and sources"}
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_tour_of_the_pages(visit: Callable[..., Any], look: str) -> None:
    """`visit` itself fails the test if a request leaves the machine or a script fails."""
    screen = visit(context=LOOKS[look])
    dark = screen.in_map("(w) => w.document.documentElement.classList.contains('dark')")
    assert dark == (look == "dark")
    width = "() => [document.documentElement.scrollWidth, innerWidth]"
    wide, room = screen.page.evaluate(width)
    assert wide <= room
    for address, title in PAGES.items():
        if look == "phone":  # its menu is folded away
            screen.open(address)
        else:
            screen.page.locator(f'[data-testid="stTopNavLink"][href$="{address}"]').click()
        screen.page.get_by_role("heading", name=title, exact=True).wait_for(state="attached")
        screen.at_rest()
        wide, room = screen.page.evaluate(width)
        assert wide <= room, address


def test_keyboard_reaches_layers_and_rows(visit: Callable[..., Any]) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="fobs,prisons")
    screen.rows().first.wait_for()

    def tabs() -> Iterator[str]:
        for _ in range(150):
            screen.page.keyboard.press("Tab")
            yield screen.focused()

    stops = []
    for stop in tabs():
        stops.append(stop)
        if stop.startswith("input") and stop.endswith("fobs.planned"):
            with screen.new_view():
                screen.page.keyboard.press("Space")
            assert screen.focused() == stop, "the focus stays where it was"
        if "mm-open" in stop:
            break
    assert any(stop.startswith("input") and "prisons.emptied" in stop for stop in stops)
    assert any("leaflet-container" in stop for stop in stops)
    assert "mm-open" in stops[-1], stops[-3:]
    assert "fobs.planned" not in screen.query["layers"]
    screen.page.keyboard.press("Enter")
    screen.card().get_by_role("heading").first.wait_for()


ALLOWED = {
    ("svg-img-alt", "graphics"): "Vega draws its marks without names; the chart as a whole has one",
}
"""Findings of axe that are not ours: rule and a part of the element."""


def serious(screen: Any) -> list[str]:
    """Serious and critical findings of axe in the page and in the frame of the map, without those that are not ours."""
    frames = [frame for frame in screen.page.frames if "/component/" in frame.url]
    found = []
    for document in (screen.page, *frames):
        result = Axe().run(document, options={"resultTypes": ["violations"], "iframes": False}).response
        found += [
            f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:160]}"
            for violation in result["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
            if not any(violation["id"] == rule and part in node["html"] for rule, part in ALLOWED)
        ]
    return found


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_on_the_other_pages(visit: Callable[..., Any], path: str) -> None:
    screen = visit(path, as_of=DAY)
    if path != "/data":
        screen.drawn()
    screen.at_rest()
    # Streamlit fades what it has not drawn again yet
    screen.wait("() => document.getAnimations().length === 0 && !document.querySelector('[data-stale=\"true\"]')")
    assert serious(screen) == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Callable[..., Any], look: str) -> None:
    screen = visit(as_of=DAY, known_on=DAY, layers="fobs,prisons", context=LOOKS[look], **CAPITAL)
    screen.symbol("fob-04").click()
    screen.card().get_by_role("heading").first.wait_for()
    screen.at_rest()
    assert serious(screen) == []


# ------------------------------------------------------------------------------------------------- bad data, bad luck


def test_text_of_the_data_is_never_code(visit: Callable[..., Any], crooked: Any, hostile: Any) -> None:
    screen = visit(at=crooked, as_of=DAY, known_on=DAY, layers="fobs,events", **CAPITAL)
    screen.symbol(hostile.base).click()
    screen.card().get_by_role("heading", name=hostile.text).wait_for()
    assert hostile.text in screen.map.locator(".leaflet-popup").inner_text()
    screen.symbol(hostile.base).hover()
    assert hostile.text in screen.map.locator(".leaflet-tooltip").last.inner_text()
    for record_id in (hostile.base, hostile.event):
        row = screen.page.locator(f'.mm-twin tr[data-id="{record_id}"]')
        assert hostile.text in row.inner_text()
        with screen.new_view():
            row.get_by_role("button").click()
        screen.card().get_by_role("heading", name=hostile.text).wait_for()
    for text in (screen.page.content(), screen.in_map("(w) => w.document.documentElement.outerHTML")):
        assert hostile.computed not in text
    assert screen.page.evaluate("() => window.pwned") is None
    assert screen.in_map("(w) => w.pwned") is None

    data = visit("/data", at=crooked, table="events")
    data.page.get_by_role("heading", name="Data and sources").wait_for()
    data.page.get_by_label("Search every record").fill("onerror")
    data.page.keyboard.press("Enter")
    data.page.get_by_text("records hold all the words").wait_for()
    data.at_rest()
    assert data.page.evaluate("() => window.pwned") is None


def test_broken_file_leaves_the_rest_of_the_map(visit: Callable[..., Any], crooked: Any) -> None:
    screen = visit(at=crooked, as_of=DAY, known_on=DAY)
    legend, titles = screen.legend(), layers.titles()
    assert titles["prisons"] not in legend
    assert {titles["fobs"], titles["gang_zones"], titles["facilities"]} <= set(legend)
    assert screen.page.get_by_text("layers/prisons.geojson").first.is_visible()


def test_port_in_use_is_said_in_one_line(server: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mssmap", "serve", "--port", str(server.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert str(server.port) in done.stderr


def test_nothing_of_ours_is_on_window(visit: Callable[..., Any]) -> None:
    """Parts of the page and the map know each other by imports and the bus; no name of theirs is on a window."""
    texts = [path.read_text(encoding="utf-8") for path in (Path(mssmap.__file__).parent / "client").rglob("*.js")]
    names = sorted({name for text in texts for name in re.findall(r"^(?:export )?\w+ ([\w$]+)", text, re.MULTILINE)})
    assert len(names) > 300
    screen = visit(as_of=DAY, known_on=DAY)
    empty = screen.page.context.new_page()
    own = """([frame, names]) => {
      const at = frame ? document.querySelector(frame).contentWindow : window;
      return names.filter((name) => Object.hasOwn(at, name));
    }"""
    native = set(empty.evaluate(own, ["", names]))
    for frame in ("", ".st-key-map iframe"):
        assert set(screen.page.evaluate(own, [frame, names])) <= native
    ours = "(w) => [w, w.parent].flatMap(Object.keys).filter((name) => /^mssmap|^mm[A-Z_]/.test(name))"
    assert screen.in_map(ours) == []


def test_streamlit_run_shows_the_map_too(visit: Callable[..., Any], plain_streamlit: Any) -> None:
    screen = visit(at=plain_streamlit, as_of=DAY, known_on=DAY)
    assert screen.shown == visit(as_of=DAY, known_on=DAY).shown > 0
    assert screen.symbols()


def test_picture_for_the_readme(visit: Callable[..., Any], tmp_path: Path) -> None:
    """With MSSMAP_SCREENSHOTS=1 it is written to docs/situation.png."""
    wanted = os.environ.get("MSSMAP_SCREENSHOTS") == "1"
    target = Path(__file__).resolve().parents[2] / "docs" / "situation.png" if wanted else tmp_path / "situation.png"
    screen = visit(as_of=DAY, known_on=DAY)
    screen.page.wait_for_function("() => document.fonts.status === 'loaded'")
    screen.page.screenshot(path=target)
    pixels = np.asarray(Image.open(target).convert("RGB"))
    assert pixels.shape == (900, 1440, 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 500
