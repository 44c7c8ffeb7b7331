"""An archive of 50,000 events in the real browser: cells, circles, points, the same numbers as the core."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from archive.samples import asking
from playwright.sync_api import expect

from benchmarks import archive_data
from mssmap.archive import engine, writer
from mssmap.archive.engine import Archives
from mssmap.archive.shelf import Shelf
from mssmap.ingest import attach
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.prepare import Imported
from mssmap.store import open_store

from .conftest import FRAME, HOSTILE, PATIENCE_MS, TODAY, Screen, Server, running

pytestmark = pytest.mark.browser

ROWS = 50_000
LONELY = (-73.6, 18.9)
"""At sea, where no other event is."""

TOLD = (
    "(() => { const { archive } = JSON.parse("
    f"document.querySelector('{FRAME}')?.contentDocument?.documentElement?.dataset.mssmap ?? '{{}}');"
    " return archive ? JSON.stringify(archive) : ''; })()"
)
"""The picture of the archive that is drawn, in JSON."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Archives, str]]:
    """The app with an archive of made-up events, one of which has a hostile name."""
    folder = tmp_path_factory.mktemp("archive")
    with writer.writing(Shelf(folder / "archives"), Source(title="Made up", attribution="Made up by a test")) as out:
        for batch in archive_data.batches(ROWS):
            row = batch.index[7]
            batch.loc[row, ["lon", "lat"]] = LONELY
            batch.loc[row, "title_en"] = HOSTILE
            out.add(batch)
        name = out.finish("Made up").name
    with running(folder, MSSMAP_DATABASE_URL=f"sqlite:///{folder}/store.db") as server:
        yield server, engine.connect(Shelf(folder / "archives")), name


SETTLED = f"""(before) => {{
  const told = {TOLD}, map = document.querySelector('{FRAME}').contentWindow.map;
  if (!told || told === before) return false;
  const {{ zoom, box }} = JSON.parse(told), now = map.getBounds();
  return zoom === map.getZoom() && box.startsWith(`${{now.getWest().toFixed(5)}},${{now.getSouth().toFixed(5)}},`);
}}"""
"""What is told of the archive is of the place where the map is now."""

PLAYED = """(w, day) => w.parent.document.dispatchEvent(new w.parent.CustomEvent("mssmap:day",
  {detail: {day, start: day - 1000, end: day, title: "a day"}}))"""


def told(screen: Screen, script: str = "() => true", arg: Any = None) -> dict[str, Any]:
    """Do something to the map; return what it then shows of the archive."""
    before = screen.page.evaluate(f"() => {TOLD}")
    screen.in_map(script, arg)
    screen.wait(SETTLED, before)
    return dict(json.loads(screen.page.evaluate(f"() => {TOLD}")))


def core(archive: tuple[Server, Archives, str], shown: dict[str, Any], **more: Any) -> int:
    """How many events the core counts for what the map says it shows."""
    days = {key: date.fromisoformat(shown[name]) for key, name in
            {"start": "from", "end": "to", "as_of": "as_of"}.items()}  # fmt: skip
    box = tuple(float(part) for part in shown["box"].split(","))
    query = asking(**{"known_on": TODAY, **days, "box": box, **more})
    return int(archive[1].ask(archive[2], "count", query).to_pylist()[0]["placed"])


def words(screen: Screen) -> str:
    return str(screen.in_map("(w) => w.document.querySelector('.mm-archive-told').textContent"))


def test_an_archive_on_the_map(visit: Callable[..., Screen], archive: tuple[Server, Archives, str]) -> None:
    window = {"from": "2023-01-01", "to": "2025-12-31", "as_of": "2025-12-31"}
    screen = visit("/", at=archive[0], **window)
    screen.wait(f"() => {TOLD}")
    far = told(screen, "(w) => { w.map.setZoom(8, {animate: false}); }")
    assert (far["mode"], far["rows"], far["resolution"]) == ("cells", ROWS, 5)
    assert far["inside"] == core(archive, far) > 1_000
    assert words(screen) == f"{far['inside']:,} of 50,000 events in view"
    assert "Made up by a test" in screen.in_map("(w) => w.document.querySelector('.mm-archive').textContent")

    near = told(screen, "(w) => { w.map.setView([18.55, -72.33], 10.5, {animate: false}); }")
    assert near["mode"] == "clusters"
    assert near["inside"] == core(archive, near) > 1_000

    street = told(screen, "(w) => { w.map.setView([18.55, -72.33], 14, {animate: false}); }")
    assert street["mode"] == "points"
    assert street["shown"] == street["inside"] == core(archive, street) > 20

    with screen.new_view():
        screen.page.get_by_role("button", name="One year back").or_(
            screen.page.get_by_role("button", name="One month back")
        ).first.click()
    screen.wait(f"() => JSON.parse({TOLD}).as_of === '2025-11-30'")
    earlier = json.loads(screen.page.evaluate(f"() => {TOLD}"))
    assert earlier["inside"] == core(archive, earlier) < street["inside"]

    months = archive[1].ask(archive[2], "count", asking(known_on=TODAY)).to_pylist()[0]["total"]
    bars = screen.page.locator(".mm-lanes .archive")
    assert bars.get_attribute("data-total") == str(months)

    screen.box("imports").evaluate("(box) => box.closest('section').querySelector('.mm-fold').click()")
    screen.box("imports.archives").uncheck()
    screen.wait(f"() => !{TOLD}")
    assert screen.in_map("(w) => w.document.querySelector('.mm-archive').hidden")
    assert screen.page.locator(".mm-lanes .archive").count() == 0


COUNTED = f"(n) => JSON.parse({TOLD}).inside === n"


def filtered(screen: Screen, archive: tuple[Server, Archives, str], **chosen: Any) -> None:
    """Wait until map and timeline show what the core counts for a filter; nothing of it is asked twice."""
    shown = json.loads(screen.page.evaluate(f"() => {TOLD}"))
    screen.wait(COUNTED, core(archive, shown, **chosen))
    all_years = archive[1].ask(archive[2], "count", asking(known_on=TODAY, **chosen)).to_pylist()[0]["total"]
    screen.page.locator(f'.mm-lanes .archive[data-total="{all_years}"]').wait_for(state="attached")


def test_the_filter_of_the_panel(visit: Callable[..., Screen], archive: tuple[Server, Archives, str]) -> None:
    window = {"from": "2023-01-01", "to": "2025-12-31", "as_of": "2025-12-31"}
    screen = visit("/", at=archive[0], **window)
    screen.wait(f"() => {TOLD}")
    told(screen, "(w) => { w.map.setView([18.55, -72.33], 10.5, {animate: false}); }")
    box = screen.map.locator(".mm-archive-filter")
    summary, riots = box.locator("summary"), box.get_by_role("checkbox", name="Riot")
    assert summary.text_content() == "Filter"
    summary.click()
    riots.wait_for(timeout=PATIENCE_MS)
    kinds = archive[1].ask(archive[2], "totals", asking(known_on=TODAY), "category").to_pylist()
    lines = box.locator("fieldset label").all_text_contents()
    most = max(kinds, key=lambda kind: kind["n"])
    assert len(lines) == len(kinds) == 5
    assert lines[0].endswith(f"{most['n']:,}")

    riots.check()
    filtered(screen, archive, categories=("riot",))
    box.get_by_role("checkbox", name="Battle").check()
    filtered(screen, archive, categories=("battle", "riot"))
    assert summary.text_content() == "Filter: Battle, Riot"

    who = box.get_by_label("Who took part")
    who.fill("police")
    filtered(screen, archive, categories=("battle", "riot"), actor="police")
    screen.wait(
        f"() => document.querySelector('{FRAME}')?.contentDocument?.querySelector('datalist')?.options.length === 1"
    )
    assert box.locator("datalist option").get_attribute("value") == "Police forces"
    assert "(filtered)" in str(screen.page.locator(".mm-lanes .archive text").text_content())

    street = told(screen, "(w) => { w.map.setView([18.55, -72.33], 14, {animate: false}); }")
    assert street["mode"] == "points"
    assert street["shown"] == core(archive, street, categories=("battle", "riot"), actor="police") > 0

    screen.page.reload()  # kept by this tab
    screen.drawn()
    screen.wait(f"() => {TOLD}")
    assert box.evaluate("(box) => box.open") is False
    screen.wait(f"() => {TOLD} && JSON.parse({TOLD}).actor === 'police'")
    filtered(screen, archive, categories=("battle", "riot"), actor="police")

    summary.click()
    who.fill("nobody of this name")
    filtered(screen, archive, categories=("battle", "riot"), actor="nobody of this name")
    expect(box.locator("fieldset label")).to_have_text(["Battle0", "Riot0"], timeout=PATIENCE_MS)
    box.get_by_role("button", name="Clear the filter").click()
    filtered(screen, archive)
    assert summary.text_content() == "Filter"
    assert who.input_value() == ""


def test_the_popup_says_what_the_record_says(
    visit: Callable[..., Screen], archive: tuple[Server, Archives, str]
) -> None:
    screen = visit("/", at=archive[0], **{"from": "2006-01-01", "to": "2026-11-01", "as_of": "2026-11-01"})
    screen.wait(f"() => {TOLD}")
    place = list(LONELY[::-1])
    shown = told(screen, "(w, at) => { w.map.setView(at, 13, {animate: false}); }", place)
    assert (shown["mode"], shown["inside"]) == ("points", 1)
    at = screen.in_map("(w, at) => { const p = w.map.latLngToContainerPoint(at); return [p.x, p.y]; }", place)
    screen.map.locator(".leaflet-container").click(position={"x": at[0], "y": at[1]})
    popup = screen.map.locator(".mm-archive-record .mm-title")
    popup.wait_for(timeout=PATIENCE_MS)
    found = archive[1].ask(archive[2], "points", asking(box=(*LONELY, *LONELY)), 5).to_pylist()
    record = archive[1].ask(archive[2], "record", found[0]["row"]).to_pylist()[0]
    assert popup.text_content() == record["title_en"] == HOSTILE
    lines = screen.map.locator(".mm-archive-record .mm-line").all_text_contents()
    assert record["actors"] in lines[1]
    assert lines[-1] == "Made up by a test"
    assert f"Location: to the neighbourhood (±1 km) · {record['grade']}" in lines
    assert screen.in_map("(w) => w.pwned ?? null") is None


def test_a_large_csv_becomes_an_archive_and_is_on_the_map(visit: Callable[..., Screen], tmp_path: Path) -> None:
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path}/store.db") as own:
        screen = visit("/data", at=own)
        page = screen.page
        page.get_by_role("tab", name="Import").click()
        chooser = page.locator("input[type=file]").first
        chooser.set_input_files(archive_data.acled(100_000, tmp_path / "huge.csv"))
        page.get_by_role("button", name="Make an archive").click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("Stopped. Nothing was stored.").wait_for()
        assert list((tmp_path / "archives").iterdir()) == []

        chooser.set_input_files(archive_data.acled(6_000, tmp_path / "events.csv"))
        page.get_by_role("button", name="Make an archive").click()
        page.get_by_text("Archive made, 6,000 rows").wait_for()
        page.get_by_text("ACLED (events) ·").wait_for()
        page.get_by_role("link", name="Situation map").click()
        screen.drawn()
        screen.wait(f"() => {TOLD}")
        screen.at_rest()
        archives = engine.connect(Shelf(tmp_path / "archives"))
        mine = (own, archives, archives.shelf.listed()[0].name)
        asked = [url for url in screen.requests if "/archive/" in url]
        assert [url for url in asked if "/cells" in url or "/points" in url] == []  # few enough to be held here
        for zoom, mode in ((8, "cells"), (11, "clusters"), (12.5, "points")):
            shown = told(screen, "(w, zoom) => { w.map.setView([18.55, -72.33], zoom, {animate: false}); }", zoom)
            assert (shown["mode"], shown["rows"]) == (mode, 6_000)
            assert shown["inside"] == core(mine, shown) > 0
        before = len([url for url in screen.requests if "/archive/" in url])
        for day in (19_400, 19_100, 18_000):
            shown = told(screen, PLAYED, day)
            assert shown["inside"] == core(mine, shown) > 0
        assert len([url for url in screen.requests if "/archive/" in url]) == before
        screen.map.locator(".mm-archive-filter summary").click()
        screen.map.get_by_role("checkbox", name="Riot").check()
        screen.wait(f"() => JSON.parse({TOLD}).category === 'riot'")
        filtered(screen, mine, categories=("riot",))
        before = len([url for url in screen.requests if "/held" in url])
        for day in (19_100, 19_400):
            shown = told(screen, PLAYED, day)
            assert shown["inside"] == core(mine, shown, categories=("riot",)) > 0
        assert len([url for url in screen.requests if "/held" in url]) == before


def test_removed_undone_put_back_and_made_of_an_old_import(visit: Callable[..., Screen], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    frame = next(archive_data.batches(5_001))
    old = Imported("Old events", "events", "", frame, Mapping(kind="events"), "old.csv", read_rows=len(frame))
    attach.store_import(open_store(url), old)  # as versions before archives did
    with running(tmp_path, MSSMAP_DATABASE_URL=url) as own:
        screen = visit("/data", at=own)
        page, shelf = screen.page, Shelf(tmp_path / "archives")
        page.get_by_role("tab", name="Import").click()
        page.get_by_text("Old events: 5,001 events, more than the event list holds").wait_for()
        page.get_by_role("button", name="Make an archive").click()
        page.get_by_text("Archive made, 5,001 rows").wait_for()
        page.get_by_role("button", name="Bring back").wait_for()  # the import
        assert page.get_by_role("button", name="Make an archive").count() == 0
        (made,) = shelf.listed()

        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_text("Removed: Old events.").wait_for()
        assert (shelf.listed(), [item.name for item in shelf.removed()]) == ([], [made.name])
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Remove", exact=True).wait_for()
        assert shelf.listed() == [made]
        assert page.get_by_text("Removed: Old events.").count() == 0

        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_text("Removed: Old events.").wait_for()
        visit("/", at=own).wait(f"() => !{TOLD}")
        again = visit("/data", at=own).page  # another session has no Undo, and the list of what was removed
        again.get_by_role("tab", name="Import").click()
        again.get_by_text("Removed archives: 1").click()
        again.get_by_role("button", name="Put back").click()
        again.get_by_role("button", name="Remove", exact=True).wait_for()
        assert shelf.listed() == [made]
        page.get_by_role("button", name="Undo").click()  # somebody else was faster
        page.get_by_text("it is there, perhaps added again meanwhile").wait_for()
