"""
Every place where text from data is shown or written, with ten texts that are code for something.

What our places do is counted first, and then, as a control, what the ordinary way does with the same texts.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import jinja2
import openpyxl
import pandas as pd
import pptx
import pypdf
import pytest
import shapely
from branca.element import Element
from folium.features import DivIcon, GeoJsonPopup, GeoJsonTooltip
from playwright.sync_api import Browser, Page, expect
from xstatic.pkg import leaflet

from mssmap.brief import Brief, pack
from mssmap.brief.pack import Pack
from mssmap.exports import bundle, extract
from mssmap.exports.selection import Form, Selection
from mssmap.maps import standalone
from mssmap.planning import plan_file, scenario
from mssmap.planning.scenario import Proposal
from mssmap.records import catalog, views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.store import notes, open_store, plans
from mssmap.ui import state

from . import hostile_text
from .conftest import PATIENCE_MS, Server, running
from .hostile_text import COMPUTED, PAYLOADS, TEXTS, shown

pytestmark = pytest.mark.browser

DAY = date(2025, 1, 18)
CLOCKS = Clocks(DAY, DAY)
VIEW = {"as_of": "2025-01-18", "known_on": "2025-01-18", "lang": "en"}
EVERYTHING = "fobs,prisons,facilities,gang_zones,events"
RAN = """() => [window, ...Array.from(document.querySelectorAll('iframe'), (f) => f.contentWindow)]
  .map((w) => { try { return w.pwned; } catch { return undefined; } }).filter((x) => x !== undefined)"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """The shipped data with a payload in every text."""
    return catalog.open_data(hostile_text.folder(tmp_path_factory.mktemp("hostile") / "data"))


@pytest.fixture(scope="module")
def hostile_app(tmp_path_factory: pytest.TempPathFactory, data: Data) -> Iterator[Server]:
    """The app over these data, with plans, proposals, notes and a draft of the same texts."""
    folder = tmp_path_factory.mktemp("sinks")
    url = f"sqlite:///{folder}/store.db"
    store = open_store(url)
    base = scenario.baseline(data, CLOCKS, "F6")
    for n, text in enumerate(TEXTS):
        plan = base.copy(f"plan-{n}", text.replace("\u0007", ""))
        for m, name in enumerate(TEXTS):
            plan = plan.place(Proposal(f"own-{m}", name, -72.3 - m / 100, 18.6, note=name), active=True)
        plans.save(store, plan_file.to_dict(plan), version=0)
    notes.remember(store, "draft.local", {f"highlight_{n}": text for n, text in enumerate(TEXTS[:5], 1)})
    notes.remember(store, "draft.local", {"title": TEXTS[1], "contact": TEXTS[2], "highlight_1": TEXTS[4]})
    with running(folder, MSSMAP_DATA_DIR=str(data.folder), MSSMAP_DATABASE_URL=url) as found:
        yield found


MARKED = "[href*='pwned.example'], [src*='pwned.example'], .katex, [aria-label='heart emoji']"
"""What Markdown makes of the text that is written in it."""


def unharmed(screen: Any) -> None:
    """Nothing ran in any frame, no template worked anything out, and no Markdown was read."""
    assert screen.page.locator(MARKED).evaluate_all("(all) => all.map((one) => one.outerHTML)") == []
    assert screen.page.evaluate(RAN) == []
    frames = [frame.content() for frame in screen.page.frames]
    assert [COMPUTED for text in frames if COMPUTED in text] == []


def there(screen: Any, selector: str) -> set[str]:
    """Return which payloads stand as text in what a selector finds, once any does."""
    expect(screen.page.locator(selector).filter(has_text="pwned").first).to_be_visible(timeout=PATIENCE_MS)
    found = shown(" ".join(screen.page.locator(selector).all_inner_texts()))
    return {name for name, text in PAYLOADS.items() if shown(text) in found}


# ----------------------------------------------------------------------------------------------------------- the pages


def test_map_list_card_popup_and_tooltip(visit: Callable[..., Any], hostile_app: Server, data: Data) -> None:
    screen = visit(at=hostile_app, **VIEW, layers=EVERYTHING, **{"from": "2021-07-01"})
    assert there(screen, ".mm-twin tbody tr") == set(PAYLOADS), "the list beside the map"
    events = views.events(data, CLOCKS, start=date(2021, 7, 1), end=DAY, plans=True)
    for text in TEXTS:
        record_id = events.loc[events["title_en"] == text, "event_id"].iloc[0]
        row = screen.page.locator(f'.mm-twin tr[data-id="{record_id}"]')
        with screen.new_view():
            row.get_by_role("button").click()
        expect(screen.card().get_by_role("heading").first).to_contain_text(text.split()[0], timeout=PATIENCE_MS)
    for base_id in data["fobs"]["fob_id"].head(9):
        symbol = screen.symbol(base_id)
        if symbol.count():
            symbol.dispatch_event("click")
            symbol.dispatch_event("mouseover")
    assert screen.map.locator(".leaflet-popup").count() >= 1
    unharmed(screen)


def test_told_lines_and_changes(visit: Callable[..., Any], hostile_app: Server) -> None:
    screen = visit(at=hostile_app, **VIEW, since="2024-10-01", layers=EVERYTHING)
    screen.page.get_by_text("Every change, field by field").click()
    screen.at_rest()
    assert len(there(screen, ".mm-words")) >= 2, "the lines hold texts of the data"
    unharmed(screen)


def test_lanes_of_the_timeline(visit: Callable[..., Any], hostile_app: Server) -> None:
    screen = visit("/timeline", at=hostile_app, **VIEW)
    screen.page.locator(".mm-twin tbody tr").first.wait_for()
    unharmed(screen)


def test_search_and_tables(visit: Callable[..., Any], hostile_app: Server) -> None:
    screen = visit("/data", at=hostile_app, **VIEW, table="events")
    for words in ("pwned", "HYPERLINK", "boom", "javascript"):
        screen.page.get_by_label("Search every record").fill(words)
        screen.page.keyboard.press("Enter")
        screen.page.get_by_text("records hold all the words").wait_for()
        screen.at_rest()
    unharmed(screen)


ADDRESSES = ("https://pwned.example *b* $x$ :heart:", "![i](//pwned.example) www.pwned.example")
"""Short enough to be told whole."""


@pytest.mark.parametrize("path", ["/", "/timeline", "/planner", "/briefing", "/export"])
def test_every_key_of_an_address_is_told_as_text(visit: Callable[..., Any], hostile_app: Server, path: str) -> None:
    keys = {key: ADDRESSES[n % 2] for n, key in enumerate(state.ADDRESS_KEYS) if key != "scenario"}
    screen = visit(path, at=hostile_app, **keys)
    told = screen.page.locator(".mm-say").filter(has_text="in the address")
    for key, text in keys.items():
        expect(told).to_contain_text(f"{key} in the address: found {text!r}", timeout=PATIENCE_MS)
    screen.at_rest()
    unharmed(screen)


def test_names_and_notes_of_the_planner(visit: Callable[..., Any], hostile_app: Server) -> None:
    screen = visit("/planner", at=hostile_app, **VIEW, scenario="plan-1")
    page = screen.page
    expect(page.get_by_label("Name", exact=True).first).to_have_value(TEXTS[1])
    page.get_by_text("Edit proposals").click()
    page.get_by_label("Note").first.wait_for()
    for label in ("Plan", "Proposal"):
        options = page.get_by_role("combobox", name=label, exact=True).locator("option").all_text_contents()
        found = shown(" ".join(options))
        assert {name for name, text in PAYLOADS.items() if shown(text) in found} == set(PAYLOADS), f"list of {label}"
    unharmed(screen)


def test_composer_and_preview_of_the_pack(visit: Callable[..., Any], hostile_app: Server) -> None:
    screen = visit("/briefing", at=hostile_app, **VIEW)
    screen.page.locator(".st-key-brief_sheet img").wait_for(timeout=3 * PATIENCE_MS)
    assert screen.page.get_by_label("Contact line").count() <= 1
    unharmed(screen)


def test_a_foreign_file(visit: Callable[..., Any], hostile_app: Server, tmp_path: Path) -> None:
    """Columns, rows, the preview on the map, the mapping, and the layer once it is stored."""
    file = tmp_path / "x <img src=x onerror=window.pwned=10>.csv"
    texts = [text.replace("\u0007", "") for text in TEXTS]  # a bell is not text: such a file is refused
    table = pd.DataFrame({"lat": 18.6, "lon": [-72.3 - n / 50 for n in range(len(texts))], "name": texts})
    for n, text in enumerate(texts):
        table[f"{n} {text}"] = texts
    table.to_csv(file, index=False)
    screen = visit("/data", at=hostile_app, **VIEW)
    page = screen.page
    page.get_by_role("tab", name="Import").click()
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_text("Not a file we know by its columns.", exact=False).wait_for()
    screen.at_rest()
    page.locator("label").filter(has_text="A layer").first.click()
    screen.at_rest()
    unharmed(screen)
    page.get_by_role("button", name="Store as a layer").click()
    page.get_by_text("Stored:", exact=False).wait_for()
    screen.at_rest()
    unharmed(screen)
    page.get_by_role("link", name="Situation map").click()
    screen.drawn()
    unharmed(screen)


# --------------------------------------------------------------------------------------------------- what is handed on


@pytest.fixture(scope="module")
def made(data: Data) -> Pack:
    brief = Brief(
        Filters(Clocks(DAY, DAY)),
        datetime(2025, 1, 19, 9, 30, tzinfo=UTC),
        since=date(2024, 10, 1),
        title=TEXTS[0],
        highlights=tuple(TEXTS[1:5]),
        contact=TEXTS[6],
        classification=TEXTS[5],
    )
    return pack.make(data, brief)


def part(made: Pack, suffix: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(made.zip)) as opened:
        name = next(name for name in opened.namelist() if name.endswith(suffix))
        return opened.read(name)


@pytest.fixture
def offline(browser: Browser, tmp_path: Path) -> Iterator[Callable[[bytes], Page]]:
    """Open a page from a file; a script that fails, a dialog or a request fails the test."""
    context = browser.new_context(offline=True)
    troubles: list[str] = []

    def open_page(content: bytes) -> Page:
        (tmp_path / "page.html").write_bytes(content)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield open_page
    context.close()
    assert troubles == []


def test_standalone_map_and_exported_html(data: Data, made: Pack, offline: Callable[[bytes], Page]) -> None:
    snapshot = standalone.Snapshot(
        Filters(CLOCKS, start=date(2021, 7, 1), end=DAY, plans=True), today=DAY, title=TEXTS[0], lines=tuple(TEXTS)
    )
    built = extract.build(data, Selection(("fobs", "events", "gang_zones"), Filters(CLOCKS)), Form("html"))
    for content in (standalone.page(data, snapshot), bundle.pack(built), part(made, ".html")):
        page = offline(content)
        page.wait_for_function("JSON.parse(document.documentElement.dataset.mssmap ?? '{}').seq")
        symbols = page.locator(".mm-symbol").all()[:12]
        assert symbols
        for symbol in symbols:
            symbol.dispatch_event("click")
        assert page.evaluate(RAN) == []
        assert COMPUTED not in page.content()


def test_the_pdf_says_the_texts_and_does_nothing(made: Pack) -> None:
    content = part(made, ".pdf")
    reader = pypdf.PdfReader(io.BytesIO(content))
    said = " ".join(page.extract_text() for page in reader.pages)
    assert "window.pwned" in said
    assert COMPUTED not in said
    for what in ("/JavaScript", "/JS", "/Launch", "/OpenAction", "/AA"):
        assert what not in reader.trailer["/Root"], what
    links = [
        str(note.get_object()["/A"].get("/URI", ""))
        for page in reader.pages
        for note in page.get("/Annots", ())
        if "/A" in note.get_object()
    ]
    assert [link for link in links if not link.startswith(("http://", "https://"))] == []
    assert b"/JavaScript" not in content


def test_the_slides_say_the_texts_and_link_nowhere_else(made: Pack) -> None:
    slides = pptx.Presentation(io.BytesIO(part(made, ".pptx")))
    said = " ".join(shape.text_frame.text for s in slides.slides for shape in s.shapes if shape.has_text_frame)
    assert "window.pwned" in said
    assert COMPUTED not in said
    targets = [rel.target_ref for s in slides.slides for rel in s.part.rels.values() if rel.is_external]
    assert [target for target in targets if not target.startswith(("http://", "https://"))] == []


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_no_cell_is_a_formula(data: Data, name: str) -> None:
    content = bundle.pack(extract.build(data, Selection(("events",), Filters(CLOCKS)), Form(name)))
    cells = cells_of(content, name)
    assert sum("HYPERLINK" in text for text, _formula in cells) > 5, "the texts are there"
    assert [text for text, formula in cells if formula] == []


def cells_of(content: bytes, name: str) -> list[tuple[str, bool]]:
    """Return every text of a spreadsheet, and whether a program would work it out."""
    if name == "xlsx":
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise AssertionError
        book = openpyxl.load_workbook(io.BytesIO(content))
        found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        return [(str(cell.value), cell.data_type == "f") for cell in found]
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        texts = [opened.read(file).decode("utf-8-sig") for file in opened.namelist() if file.endswith(".csv")]
    return [(cell, cell[:1] in {"=", "+", "@", "\t", "\r"}) for text in texts for row in csv.reader(io.StringIO(text))
            for cell in row]  # fmt: skip


# ------------------------------------------------------------------------------------- the control: the ordinary way


def _map(*parts: Any) -> str:
    m = folium.Map([18.5, -72.3])
    for one in parts:
        one.add_to(m)
    return str(m.get_root().render())


def _frame(text: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [text]}, geometry=[shapely.Point(-72.3, 18.5)], crs=4326)


ORDINARY: dict[str, Callable[[str], str]] = {
    "popup of a marker": lambda text: _map(folium.Marker([18.5, -72.3], popup=text)),
    "tooltip of a marker": lambda text: _map(folium.Marker([18.5, -72.3], tooltip=text)),
    "popup of an event": lambda text: _map(folium.CircleMarker([18.5, -72.3], popup=text)),
    "tooltip of an event": lambda text: _map(folium.CircleMarker([18.5, -72.3], tooltip=text)),
    "popup of a zone": lambda text: _map(folium.Polygon([[18.5, -72.3], [18.6, -72.3], [18.6, -72.2]], popup=text)),
    "tooltip of a zone": lambda text: _map(folium.Polygon([[18.5, -72.3], [18.6, -72.3], [18.6, -72.2]], tooltip=text)),
    "icon of text": lambda text: _map(folium.Marker([18.5, -72.3], icon=DivIcon(html=text))),
    "tooltip of a layer": lambda text: _map(folium.GeoJson(_frame(text), tooltip=GeoJsonTooltip(["name"]))),
    "popup of a layer": lambda text: _map(folium.GeoJson(_frame(text), popup=GeoJsonPopup(["name"]))),
    "a property that is never shown": lambda text: _map(folium.GeoJson(_frame(text))),
    "name of a layer": lambda text: _map(folium.FeatureGroup(name=text), folium.LayerControl()),
    "attribution": lambda text: _map(folium.TileLayer("/x/{z}/{x}/{y}.png", attr=text)),
    "a piece of HTML": lambda text: _legend(text),
    "a page made with an f-string": lambda text: f"<!doctype html><head></head><h1>{text}</h1>",
    "a card": lambda text: f"<!doctype html><head></head><h2>{text}</h2><p>{text}</p>",
    "rows of a table": lambda text: f"<!doctype html><head></head><table><tr><td>{text}</td></tr></table>",
    "lanes as a drawing": lambda text: f"<!doctype html><head></head><svg><text y=9>{text}</text></svg>",
    "JSON in a script": lambda text: f"<!doctype html><head></head><script>let d = {json.dumps([text])};</script>",
    "data in a script": lambda text: f"<!doctype html><head></head><script>const data = `{text}`;</script>",
    "a link": lambda text: f'<!doctype html><head></head><a href="{text}">source</a><img src="{text}">',
}


def _legend(text: str) -> str:
    m = folium.Map([18.5, -72.3])
    m.get_root().html.add_child(Element(f"<div>{text}</div>"))
    return str(m.get_root().render())


JQUERY = "window.$ = (html) => { const t = document.createElement('div'); t.innerHTML = html; return [t.firstChild]; };"
WATCHED = "<script>window.onerror = (what) => { window.broken = what; }</script>"
ALL_AT_ONCE = """async (pages) => {
  const frames = pages.map((html) => Object.assign(document.createElement('iframe'), {srcdoc: html}));
  await Promise.all(frames.map((frame) => new Promise((done) => {
    frame.addEventListener('load', done);
    document.body.appendChild(frame);
  })));
  for (const {contentWindow: w} of frames) {
    const map = w[Object.keys(w).find((name) => name.startsWith('map_'))];
    map?.eachLayer((layer) => {
      for (const one of [layer, ...(layer.getLayers?.() ?? [])]) { one.openPopup?.(); one.openTooltip?.(); }
    });
    w.document.querySelectorAll('a[href^="javascript:"]').forEach((link) => link.click());
  }
  await new Promise((done) => setTimeout(done, 300));  // an image takes a moment to fail
  return frames.map(({contentWindow: w}) => w.pwned ? 'ran' : w.broken ? `broken: ${w.broken}` : 'unharmed');
}"""
"""Shows each page in a frame, opens what can be opened, and says what became of it."""


@pytest.fixture
def ordinary(browser: Browser) -> Iterator[Callable[[list[str]], list[str]]]:
    """Open pages of folium's with Leaflet from here, and say what became of each."""
    context = browser.new_context()
    script = (Path(leaflet.BASE_DIR) / "leaflet.js").read_text(encoding="utf-8")

    def serve(route: Any) -> None:
        url = route.request.url
        body = script if url.endswith("leaflet.js") else JQUERY if "jquery" in url else ""
        kind = "text/css" if url.endswith(".css") else "text/javascript"
        route.fulfill(body=body, content_type=kind)

    context.route("**/*", serve)

    def outcome(pages: list[str]) -> list[str]:
        page = context.new_page()
        found = page.evaluate(ALL_AT_ONCE, [html.replace("<head>", f"<head>{WATCHED}", 1) for html in pages])
        page.close()
        return ["computed" if COMPUTED in html else what for html, what in zip(pages, found, strict=True)]

    yield outcome
    context.close()


def test_the_ordinary_way_is_harmed(ordinary: Callable[[list[str]], list[str]]) -> None:
    """The same texts in the places of a usual app: at least 60 run, break the page or are worked out."""
    assert ordinary([make("Base A") for make in ORDINARY.values()]) == ["unharmed"] * len(ORDINARY), "no harm by itself"
    harmed: dict[tuple[str, str], str] = {}
    for name, text in PAYLOADS.items():
        pages: dict[str, str] = {}
        for place, make in ORDINARY.items():
            try:
                pages[place] = make(text)
            except jinja2.TemplateError as error:
                harmed[place, name] = f"no page at all: {type(error).__name__}"
        for place, found in zip(pages, ordinary(list(pages.values())), strict=True):
            if found != "unharmed":
                harmed[place, name] = found
    frame = pd.DataFrame({"title": TEXTS})
    book = io.BytesIO()
    frame.to_excel(book, index=False, engine="xlsxwriter")
    harmed |= {("xlsx", text): "formula" for text, formula in cells_of(book.getvalue(), "xlsx") if formula}
    harmed |= {("csv", t): "formula" for t in frame.to_csv(index=False).splitlines() if re.match(r'"?[=+@]', t)}
    print(f"{len(harmed)} harmed", Counter(place for place, _name in harmed), Counter(harmed.values()))
    assert len(harmed) >= 60
