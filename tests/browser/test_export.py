"""The export page: what comes out, what is said about a file that comes back, and that everybody can use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from mssmap.exports import bundle, extract, verify
from mssmap.exports.selection import Form, Selection
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

pytestmark = pytest.mark.browser

DAY = date(2025, 1, 18)
VIEW = {"as_of": DAY.isoformat(), "known_on": DAY.isoformat(), "layers": "fobs,gang_zones"}


def download(screen: Any, folder: Path) -> Path:
    with screen.page.expect_download() as waiting:
        screen.page.get_by_role("button", name="Download HTI_").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def drop(screen: Any, path: Path) -> None:
    screen.page.locator("input[type=file]").set_input_files(path)
    screen.page.get_by_role("button", name="Show this view").wait_for()
    screen.at_rest()


def test_the_download_is_what_the_library_makes(visit: Callable[..., Any], real: Data, tmp_path: Path) -> None:
    screen = visit("/export", **VIEW)
    path = download(screen, tmp_path)
    assert path.name == "HTI_mssmap_20250118.gpkg"
    built = extract.build(real, Selection(("fobs", "gang_zones"), Filters(Clocks(DAY, DAY))), Form("gpkg"))
    assert path.read_bytes() == bundle.pack(built)
    assert verify.file(real, path).state == "unchanged"
    drop(screen, path)
    rows = sum(len(part.frame) for part in built.parts)
    assert screen.page.get_by_text(f"Unchanged: all {rows} rows").is_visible()


def test_an_edited_file_is_told_and_its_view_restored(visit: Callable[..., Any], real: Data, tmp_path: Path) -> None:
    selection = Selection(
        ("fobs", "events"), Filters(Clocks(DAY, DAY), grade="C3", region="HT01", categories=("gang_attack",))
    )
    path = tmp_path / "file.gpkg"
    bundle.save(extract.build(real, selection, Form("gpkg", "EPSG:32618")), path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE fobs SET operator = '![x](https://example.org/x.png)' WHERE fob_id = 'fob-04'")
    screen = visit("/export", as_of="2024-03-02")
    drop(screen, path)
    assert screen.page.get_by_text("Edited: the file is not as it was exported").is_visible()
    screen.page.get_by_role("button", name="Show this view").click()
    screen.wait("() => new URL(location).searchParams.get('as_of') === '2025-01-18'")
    screen.at_rest()
    assert {key: screen.query[key] for key in ("known_on", "grade", "region", "category", "layers")} == {
        **{"known_on": "2025-01-18", "grade": "C3", "region": "HT01", "category": "gang_attack"},
        "layers": "fobs,events",
    }
    assert screen.page.get_by_role("combobox", name="Coordinates").input_value() == "Metres, UTM 18N (EPSG:32618)"
    again = download(screen, tmp_path)
    assert again.read_bytes() == bundle.pack(extract.build(real, selection, Form("gpkg", "EPSG:32618")))


def test_a_file_that_is_no_export_is_refused_in_words(visit: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "![x](data:image,x).csv"
    path.write_text("a,b\n1,2\n")
    screen = visit("/export", **VIEW)
    screen.page.locator("input[type=file]").set_input_files(path)
    told = screen.page.get_by_text("found no proof, required a file that mssmap export wrote")
    told.wait_for()
    assert told.inner_text().startswith("![x](data:image,x).csv: found no proof")


def test_what_a_format_loses_is_said_before_the_download(visit: Callable[..., Any]) -> None:
    screen = visit("/export", **VIEW)
    screen.page.get_by_text("Shapefile", exact=True).click()
    screen.page.get_by_text("What Shapefile does not keep").click()
    screen.page.get_by_text("columns have other names, of at most 10 letters").first.wait_for()
    assert screen.page.get_by_role("button", name="Download HTI_mssmap_20250118.zip").is_visible()


@pytest.mark.parametrize(("look", "width"), [("light", 1400), ("dark", 1400), ("light", 390)])
def test_axe_finds_nothing_serious_on_the_export_page(
    visit: Callable[..., Any], real: Data, tmp_path: Path, look: str, width: int
) -> None:
    path = tmp_path / "file.csv.zip"
    bundle.save(extract.build(real, Selection(("fobs",), Filters(Clocks(DAY, DAY))), Form("csv")), path)
    screen = visit("/export", context={"color_scheme": look, "viewport": {"width": width, "height": 900}}, **VIEW)
    drop(screen, path)
    screen.wait("() => document.getAnimations().length === 0 && !document.querySelector('[data-stale=\"true\"]')")
    found = Axe().run(screen.page, options={"resultTypes": ["violations"], "iframes": False}).response["violations"]
    assert [
        (violation["id"], node["html"][:160])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ] == []
