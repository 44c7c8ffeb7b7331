"""A release in the address: the answer is of its data, says so, and leaves what others see alone."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from mssmap.records.submissions.joined import Accepted, dated
from mssmap.releases import publishing
from mssmap.server import light
from mssmap.ui import answer, asked, cache

DAYS = "as_of=2025-06-30&known_on=2025-06-30"


@pytest.fixture(scope="module")
def releases(small_folder, tmp_path_factory) -> Path:
    """Return a data folder with two releases: in the second Base B is run by Jamaica and an event has another title."""
    folder = Path(shutil.copytree(small_folder, tmp_path_factory.mktemp("pin") / "data"))
    with (folder / "tables" / "status.csv").open(newline="", encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["status_id"] == "fob-b.1")
    page = {"source_id": "new", "title": "T", "publisher": "P", "publisher_kind": "press", "reliability": "C"}
    note = Accepted("submission 1", dated({"sources": [{**page, "language": "en"}]}, "2025-06-02"))
    with (folder / "tables" / "events.csv").open(newline="", encoding="utf-8") as file:
        event = next(row for row in csv.DictReader(file) if row["event_id"] == "courts")
    told = {**event, "revision": "2", "title_en": "Courts open in Alpha", "recorded_on": "2025-06-03"}
    jamaica = {**row, "revision": "2", "operator": "Jamaica", "recorded_on": "2025-06-03"}
    for batch in (note, Accepted("submission 2", {"status": [jamaica], "events": [told]})):
        publishing.publish(folder, [batch], date(2025, 6, 30))
    return folder


@pytest.fixture(autouse=True)
def here(releases, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(releases))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")
    monkeypatch.setattr(cache, "static_folder", lambda: tmp_path / "static")
    monkeypatch.setattr(cache, "_of_releases", {})
    monkeypatch.setattr(cache.on_data, "cells_of", lambda _data: None)  # the small data have no places for a grid
    monkeypatch.setattr(cache.plan, "published_grid", lambda _cells: None)


def operator(release: str) -> str:
    with cache.pinned_to(release):
        rows = cache.data()["status"].query("status_id == 'fob-b.1'").sort_values("revision")
        return str(rows["operator"].iloc[-1])


def test_each_answer_is_of_its_release():
    assert [operator(release) for release in ("", "2025.6.1", "2025.6.2")] == ["Jamaica", "Kenya", "Jamaica"]
    with cache.pinned_to("2025.6.1"):
        assert cache.data_now().release == "2025.6.2", "who writes works on the data as they stand"
    assert cache.pin() == ""


@pytest.mark.parametrize(
    ("query", "release", "words"),
    [
        ("release=2025.6.1", "2025.6.1", "Release 2025.6.1 of the data, as it was published"),
        (
            "release=2025.6.9",
            "",
            "release in the address: found &#x27;2025.6.9&#x27;, required one of 2025.6.2, 2025.6.1",
        ),
        ("release=%3Cb%3E", "", "found &#x27;&lt;b&gt;&#x27;, required one of 2025.6.2, 2025.6.1"),
    ],
)
def test_a_page_says_of_which_release_it_is(query, release, words):
    view = asked.read(f"{DAYS}&record=fob-b&{query}", "en")
    assert view.release == release
    assert (f"release={release}" in asked.write(view)) == bool(release)
    page = answer_of(asked.read(f"{DAYS}&{query}", "en"))
    assert words in page
    assert ("Kenya" in answer_of(view)) == bool(release)


def answer_of(view: asked.Asked) -> str:
    with cache.pinned_to(view.release):
        return light.page(view)


def test_the_figures_beside_the_hand_are_of_the_release(monkeypatch):
    """What the browser asks for names the release, and its mark is another one."""
    view = asked.read(f"{DAYS}&release=2025.6.1", "en")
    with cache.pinned_to("2025.6.1"):
        named = answer.query(view.filters, view.on)
        mark = cache.data_mark()
    assert "release=2025.6.1" in named
    assert f"data={mark}" in named
    assert "release" not in answer.query(view.filters, view.on)
    assert mark != cache.data_mark()
    pairs = [tuple(pair.split("=")) for pair in named.split("&")]
    assert json.loads(answer._answer([(k, v.replace("%2C", ",")) for k, v in pairs], "en"))["lines"]


def test_the_files_of_a_release_stay_beside_those_of_now(tmp_path):
    """Each is written again if it goes missing, and neither takes the other away."""
    with cache.pinned_to("2025.6.1"):
        old = cache.published().files
    new = cache.published().files
    assert all((tmp_path / "static" / name).exists() for name in old | new)
    for name in (min(old - new), min(new - old)):
        (tmp_path / "static" / name).unlink()
        cache.mend(name)
        assert (tmp_path / "static" / name).exists()
