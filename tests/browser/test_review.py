"""The desk in the real browser: a viewer reports, a briefer corrects, an editor accepts, and every door says so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from mssmap.store import people

from .conftest import PATIENCE_MS, Screen, Team

pytestmark = pytest.mark.browser

MOST_ACTS = 12
"""Interactions of a practised hand for an event, from the empty form to the map."""


@pytest.fixture
def windows(browser: Browser, team: Team) -> Iterator[dict[str, Screen]]:
    """A window each of a viewer, a briefer and an editor."""
    found = {}
    people.grant(team.open_store(), "editor@example.org", "editor")
    for person in ("viewer", "briefer", "editor"):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        cookies = [{"name": name, "value": text, "url": team.server.url} for name, text in team.cookie(person).items()]
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        found[person] = Screen(page, team.server)
        found[person].listen()
    yield found
    for screen in found.values():
        screen.page.context.close()
        assert screen.faults == []
        assert screen.outside() == []


class Hand:
    """Somebody at the desk, of whom each act is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.acts = page, 0

    def fill(self, label: str, words: str) -> None:
        self.acts += 1
        field = self.page.get_by_label(label, exact=True)
        expect(field).to_have_count(1, timeout=120_000)  # the form of before may still be there
        field.fill(words)
        field.press("Tab")

    def choose(self, label: str, words: str) -> None:
        """Type a part of a word into a choice and take it."""
        self.acts += 1
        field = self.page.get_by_role("combobox", name=label)
        field.fill(words)
        field.press("Enter")

    def click(self, name: str) -> None:
        self.acts += 1
        self.page.get_by_role("button", name=name, exact=True).or_(self.page.get_by_role("radio", name=name)).click()


def event(team: Team, record_id: str) -> dict[str, Any] | None:
    """Return what the API says of an event."""
    url = f"{team.server.url}/api/collections/events/items/{record_id}"
    answer = requests.get(url, cookies=team.cookie("viewer"), timeout=20)
    return dict(answer.json()["properties"]) if answer.ok else None


def test_wrong_corrected_accepted_and_seen_in_the_other_window(
    windows: dict[str, Screen], team: Team, tmp_path: Path
) -> None:
    viewer, briefer, editor = (windows[person] for person in ("viewer", "briefer", "editor"))

    viewer.open("/?as_of=2025-01-18&layers=fobs&lat=18.55&lon=-72.33&zoom=13")
    viewer.symbol("fob-04").click()
    viewer.page.get_by_role("button", name="Report as wrong").click()
    viewer.page.get_by_label("What is wrong in a sentence").fill("It was handed over earlier.")
    assert viewer.page.get_by_role("button", name="Hand in and accept").count() == 0
    viewer.page.get_by_role("button", name="Hand in", exact=True).click()
    viewer.page.get_by_text("Handed in as number 1.").wait_for()

    page = briefer.page
    briefer.open("/desk")
    hand = Hand(page)
    page.get_by_role("tab", name="Inbox").click()
    page.get_by_text("It was handed over earlier.").wait_for()
    assert page.get_by_role("button", name="Accept", exact=True).count() == 0
    hand.click("Correct that record")
    hand.fill("Who runs it", "Guatemala and Jamaica")
    hand.fill("Address of the source", "https://example.org/base")
    hand.click("Hand in")
    for field in ("Title of the source", "Publisher", "Published on"):
        page.get_by_text(f"Source 1, {field}: found").wait_for()
    briefer.open("/desk")
    expect(page.get_by_label("Who runs it", exact=True)).to_have_value("Guatemala and Jamaica")  # after a reload
    hand.fill("Title of the source", "The base")
    hand.fill("Publisher", "Daily")
    hand.fill("Published on", "2025-01-25")
    assert page.get_by_role("button", name="Hand in and accept").count() == 0
    hand.click("Hand in")
    page.get_by_text("Handed in as number 2.").wait_for()

    accept_the_second(editor)
    viewer.page.get_by_role("link", name="Situation map").click()
    viewer.card().get_by_text("Guatemala and Jamaica").wait_for()
    viewer.card().get_by_role("link", name="The base").wait_for()
    every_door_says_so(team, tmp_path)

    viewer.open("/?as_of=2026-11-21&lat=19.14&lon=-72.01&zoom=12")
    viewer.drawn()
    editor.open("/desk")
    enter_an_event(editor, team)
    viewer.symbol("ev-2026-11-20-shots-at-the-market-of-hinche").wait_for()  # nobody has touched this window
    viewer.page.get_by_text("You see them as they are now.").wait_for()
    say_where_by_a_click(editor)
    enter_a_number(editor, team)


def accept_the_second(editor: Screen) -> None:
    """Choose the correction in the list, see what it changes, and accept it; it is another's, so no reason is asked."""
    page = editor.page
    editor.open("/desk")
    page.get_by_role("tab", name="Inbox").click()
    grid = page.locator(".st-key-desk_list [data-testid=stDataFrameResizable]")
    grid.wait_for()
    page.get_by_text("Number 1:").wait_for()
    grid.click(position={"x": 18, "y": 35 + 35 + 17})
    page.get_by_text("Number 2:").wait_for()
    page.get_by_role("cell", name="Guatemala and Jamaica").wait_for()
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_text("Accepted: number 2.").wait_for()


def every_door_says_so(team: Team, folder: Path) -> None:
    """The command, the API and a pack that is made now."""

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "mssmap", *words]
        env = {**os.environ, "MSSMAP_DATABASE_URL": team.store_url}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=240).stdout

    bases = json.loads(run("show", "fobs", "--as-of", "2025-02-15", "--json"))["features"]
    base = next(one["properties"] for one in bases if one["properties"]["fob_id"] == "fob-04")
    assert base["operator"] == "Guatemala and Jamaica"
    url = f"{team.server.url}/api/collections/fobs/items/fob-04?as_of=2025-02-15"
    assert "Guatemala and Jamaica" in requests.get(url, cookies=team.cookie("viewer"), timeout=20).text
    run("brief", "--as-of", "2025-02-15", "--out", str(folder))
    pack = next(folder.glob("*.zip"))
    with zipfile.ZipFile(pack) as held:
        said = [name for name in held.namelist() if b"Guatemala and Jamaica" in held.read(name)]
    assert said, held.namelist()


def enter_an_event(editor: Screen, team: Team) -> None:
    """An event is in the API at once, and on the map after a dozen acts."""
    hand = Hand(editor.page)
    hand.click("New event")
    hand.choose("Category", "Gang attack")
    hand.fill("What happened in one line", "Shots at the market of Hinche")
    hand.fill("Day", "2026-11-20")
    hand.fill("Where", "Hinche")
    hand.fill("Address of the source", "https://lenouvelliste.com/hinche-20")
    hand.fill("Title of the source", "Tirs au marché")
    expect(editor.page.get_by_label("Publisher", exact=True)).to_have_attribute("placeholder", "Le Nouvelliste")
    hand.fill("Published on", "2026-11-21")
    hand.fill("Reason to accept it yourself at once", "Nobody else is here.")
    hand.click("Hand in and accept")
    began = time.monotonic()
    new = "ev-2026-11-20-shots-at-the-market-of-hinche"
    while event(team, new) is None:
        assert time.monotonic() - began < PATIENCE_MS / 1000
    hand.click("Show on the map")
    editor.drawn()
    editor.card().get_by_text("Shots at the market of Hinche").wait_for()
    assert hand.acts <= MOST_ACTS


def say_where_by_a_click(editor: Screen) -> None:
    """A click on the map fills the line about the place, and only that: the planner knows nothing of it."""
    editor.open("/desk")
    hand = Hand(editor.page)
    hand.click("New event")
    editor.page.get_by_text("Say where by a click on the map").click()
    editor.map.locator(".mm-placing").wait_for()
    box = editor.page.locator(".st-key-map iframe").bounding_box()
    assert box is not None
    editor.page.mouse.click(box["x"] + box["width"] * 0.72, box["y"] + box["height"] * 0.5)
    expect(editor.page.get_by_label("Where", exact=True)).to_have_value(re.compile(r"^1[89]\.\d\d, -7[1-4]\.\d\d$"))
    hand.click("Clear")


def enter_a_number(editor: Screen, team: Team) -> None:
    """A number lies in the inbox beside the record, and in the API once it is accepted."""
    hand = Hand(editor.page)
    hand.click("New number or source")
    hand.choose("Indicator", "Idps")
    hand.fill("Number", "~1,500,000")
    hand.fill("Day or period", "2026-10")
    hand.fill("Address of the source", "https://example.org/dtm")
    hand.fill("Title of the source", "Displacement")
    hand.fill("Publisher", "IOM")
    hand.fill("Published on", "2026-11-01")
    hand.fill("Reason to accept it yourself at once", "Nobody else is here.")
    hand.click("Hand in and accept")
    editor.page.get_by_text(re.compile(r"Accepted: number \d")).wait_for()
