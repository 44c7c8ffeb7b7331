"""A file of one's own in the real browser: looked at, stored, on the map, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from mssmap.store import Store, imports, open_store

from .conftest import HOSTILE, running

pytestmark = pytest.mark.browser


OURS = "A place of our own"
DRAWN_IMPORTS = """() => {
  const map = document.querySelector('.st-key-map iframe')?.contentDocument?.documentElement;
  return JSON.parse(map?.dataset.mssmap ?? '{}').imports === 2;
}"""


def feature(geometry: dict[str, Any], name: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 0.2, south], [west + 0.2, south + 0.2], [west, south + 0.2], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    points = [feature({"type": "Point", "coordinates": [-72.3, 18.9]}, HOSTILE), feature(square(-72.6, 19.0), OURS)]
    path = tmp_path / "own.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": points}), encoding="utf-8")
    return path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Two dated records with a place, and one without."""
    path = tmp_path / "own.csv"
    rows = ("2024-03-05,Fire,18.9,-72.3", "2024-03-06,Flood,19.0,-72.6", "2024-03-07,Strike,,")
    path.write_text("\n".join(("date,title,lat,lon", *rows)), encoding="utf-8")
    return path


def test_a_file_is_looked_at_stored_and_taken_back(
    visit: Callable[..., Any], tmp_path: Path, file: Path, events: Path
) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    with running(tmp_path, MSSMAP_DATABASE_URL=store) as own:
        screen = visit("/data", at=own)
        page = screen.page
        page.get_by_role("tab", name="Import").click()
        page.locator("input[type=file]").first.set_input_files(events)
        screen.wait(DRAWN_IMPORTS)
        page.get_by_role("tabpanel", name="Import").get_by_test_id("stDataFrame").wait_for()
        page.get_by_role("button", name="Remove own.csv").click()
        page.get_by_role("tabpanel", name="Import").get_by_test_id("stDataFrame").wait_for(state="detached")
        page.locator("input[type=file]").first.set_input_files(file)
        screen.wait(DRAWN_IMPORTS)
        assert page.get_by_text("Preview: not stored yet.").count() == 0  # it stands in the frame of the map
        assert not (tmp_path / "store.db").exists() or b"own.geojson" not in (tmp_path / "store.db").read_bytes()

        page.get_by_role("button", name="Store as a layer").click()
        page.get_by_text("Stored: own, 2 rows.").wait_for()
        page.get_by_role("link", name="Situation map").click()
        page.locator(".mm-figures").wait_for()  # the page before had a map too, with the same layer
        screen.drawn()
        screen.wait(DRAWN_IMPORTS)
        assert "Imported layers" in screen.in_map("(w) => w.document.querySelector('.mm-legend').textContent")
        assert page.evaluate("() => window.pwned") is None
        assert screen.in_map("(w) => w.pwned") is None

        carrying = {url for url in screen.requests if OURS in given(url)}
        assert carrying, "the rows of the import are in files of the map"
        page.get_by_role("link", name="Data and sources").click()
        page.get_by_role("tab", name="Import").click()
        page.get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Bring back").wait_for()
        assert {given(url) for url in carrying} == {""}

        page.get_by_role("button", name="Bring back").click()
        page.get_by_role("button", name="Remove").wait_for()
        assert all(OURS in given(url) for url in carrying)
        with closing_store(store) as opened:
            (item,) = imports.listed(opened)
            imports.remove(opened, item.import_id, version=item.version, actor="bea")
        assert {given(url) for url in carrying} == {""}, "removed by somebody else, and no page was opened since"


def given(url: str) -> str:
    """What the server gives to whoever knows the name of one of the map's files, nothing if it is not there."""
    if "/app/static/" not in url or not url.endswith(".json"):
        return ""
    answer = requests.get(url, timeout=60)
    assert answer.status_code == requests.head(url, timeout=60).status_code
    assert answer.status_code in (200, 404)
    return answer.text if answer.status_code == 200 else ""


@contextmanager
def closing_store(url: str) -> Iterator[Store]:
    found = open_store(url)
    yield found
    found.engine.dispose()
