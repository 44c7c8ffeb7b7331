"""The address is the view: read before anything is shown, on every page, and again at Back and Forward."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from .conftest import Screen

DAY = date(2025, 1, 18)
DEFAULTS = {"as_of": "2026-09-28", "known_on": "2026-11-22"}
"""What an address without the key means."""
DATES = {"as_of": "2025-01-18", "known_on": "2025-01-18"}
PAGES = {
    "/": "Situation map",
    "/timeline": "Timeline",
    "/planner": "FOB planner",
    "/export": "Export",
    "/briefing": "Briefing",
    "/data": "Data and sources",
}


def follow(screen: Screen, title: str) -> None:
    """Go to another page by its link."""
    screen.page.locator('[data-testid="stTopNavLink"]', has_text=title).click()
    path = next(path for path, name in PAGES.items() if name == title)
    screen.wait("(path) => location.pathname === path", path)
    screen.at_rest()


def shows(screen: Screen, as_of: date, known_on: date) -> None:
    """Wait until address, dials, map and text summary say the same two days, as far as the page has them."""
    wanted = {"as_of": as_of.isoformat(), "known_on": known_on.isoformat()}
    screen.wait(
        """(wanted) => Object.entries(wanted).every(([key, day]) => {
          const field = document.querySelector(`.st-key-${key}`);
          const part = (kind) => field?.querySelector(`[data-type="${kind}"]`)?.textContent.trim();
          return !field || `${part('year')}-${part('month')}-${part('day')}` === day;
        })""",
        wanted,
    )
    screen.wait(
        """([wanted, defaults]) => Object.entries(wanted).every(([key, day]) =>
          (new URLSearchParams(location.search).get(key) ?? defaults[key]) === day)""",
        [wanted, DEFAULTS],
    )
    screen.at_rest()
    day = f"{as_of.day} {as_of:%b} {as_of.year}"
    known = f"as known on {known_on.day} {known_on:%b} {known_on.year}"
    if as_of == known_on:
        known = "as known the same day"
    if urlsplit(screen.page.url).path in ("/", "/timeline"):
        screen.page.locator(".mm-words", has_text=f"Situation on {day}, {known}.").first.wait_for()
    if screen.page.locator(".st-key-map iframe").count():
        screen.wait(
            """([day, known]) => {
              const banner = document.querySelector('.st-key-map iframe')?.contentDocument?.querySelector('.mm-asof');
              return banner && banner.textContent.includes(day) && banner.textContent.includes(known);
            }""",
            [day, known],
        )


@pytest.mark.parametrize("first", ["/data", "/export"])
def test_a_link_with_dates_keeps_them_on_whatever_page_comes_next(visit: Callable[..., Any], first: str) -> None:
    screen = visit(first, **DATES)
    follow(screen, "Situation map")
    shows(screen, DAY, DAY)


def test_back_and_forward_restore_what_was_seen_one_entry_a_view(visit: Callable[..., Any]) -> None:
    screen = visit("/", **DATES)
    began = screen.page.evaluate("history.length")
    screen.page.locator(".mm-steps button").nth(2).click()
    shows(screen, DAY + timedelta(days=1), DAY)
    screen.wait("(n) => history.length === n", began + 1)
    screen.page.get_by_role("button", name="Only what was known that day").click()
    shows(screen, DAY + timedelta(days=1), DAY + timedelta(days=1))
    follow(screen, "Timeline")
    shows(screen, DAY + timedelta(days=1), DAY + timedelta(days=1))
    assert screen.page.evaluate("history.length") == began + 3
    for path, as_of, known_on in (("/", 1, 1), ("/", 1, 0), ("/", 0, 0)):
        screen.page.go_back()
        screen.wait("(path) => location.pathname === path", path)
        shows(screen, DAY + timedelta(days=as_of), DAY + timedelta(days=known_on))
    screen.page.go_forward()
    shows(screen, DAY + timedelta(days=1), DAY)


def test_the_same_step_counts_again_after_the_way_back(visit: Callable[..., Any]) -> None:
    """And so it does after the date was typed: the day that was chosen first may be chosen a second time."""
    screen = visit("/briefing", **DATES)
    screen.at_rest()
    for undo in (screen.page.go_back, lambda: typed(screen, DAY)):
        screen.page.locator(".mm-steps button").nth(2).click()
        shows(screen, DAY + timedelta(days=1), DAY)
        undo()
        shows(screen, DAY, DAY)
    screen.page.locator(".mm-steps button").nth(2).click()
    shows(screen, DAY + timedelta(days=1), DAY)


def typed(screen: Screen, day: date) -> None:
    type_day(screen, "as_of", day)
    screen.page.keyboard.press("Enter")


def test_the_same_grade_counts_again_after_the_way_back(visit: Callable[..., Any]) -> None:
    screen = visit("/", **DATES)
    screen.at_rest()
    for _round in range(4):
        choice = screen.page.get_by_label("Show grades")
        choice.press("Shift")  # a hand is on it: what nobody did gets no entry of the history
        choice.select_option("C3")
        screen.wait("() => new URLSearchParams(location.search).get('grade') === 'C3'")
        screen.at_rest()
        screen.page.go_back()
        screen.wait("() => new URLSearchParams(location.search).get('grade') === null")  # and the hand goes on at once


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_a_typed_date_is_taken_on_enter_and_on_tab(visit: Callable[..., Any], key: str) -> None:
    screen = visit("/", **DATES)
    type_day(screen, "as_of", date(2024, 10, 7))
    screen.page.keyboard.press(key)
    if key == "Tab":
        screen.page.keyboard.press(key)
    shows(screen, date(2024, 10, 7), DAY)


def test_without_hindsight_uses_the_date_that_was_just_typed(visit: Callable[..., Any]) -> None:
    screen = visit("/", as_of="2025-01-18")
    type_day(screen, "as_of", date(2024, 10, 7))
    screen.page.get_by_role("button", name="Only what was known that day").click()
    shows(screen, date(2024, 10, 7), date(2024, 10, 7))


def type_day(screen: Screen, key: str, day: date) -> None:
    screen.page.locator(f'.st-key-{key} [data-type="day"]').click()
    screen.page.keyboard.type(f"{day:%d%m%Y}")


WALKS = 200 if os.environ.get("MSSMAP_SOAK") else 8
STEPS = 3


@pytest.mark.parametrize("seed", range(WALKS))
def test_on_a_random_walk_address_dials_map_and_text_say_the_same_two_days(
    visit: Callable[..., Any], seed: int, record_property: Callable[..., None]
) -> None:
    """Links, buttons, Back and Forward, with and without a link at the start."""
    walk = random.Random(seed)
    first = walk.choice([*DEFAULTS.values(), "2025-01-18", "2024-10-07"])
    seen = {"as_of": first, "known_on": walk.choice([first, DEFAULTS["known_on"]])} if seed % 2 else dict(DEFAULTS)
    screen = visit(walk.choice(list(PAGES)), **(seen if seed % 2 else {}))
    past, ahead = [(screen.page.url.split("?")[0], dict(seen))], []
    for _step in range(STEPS):
        path, view = past[-1]
        with_dials = screen.page.locator(".mm-steps").first.is_visible()
        moves = ["link", *(["on", "hindsight", "type"] if with_dials else []), *(["back"] if past[1:] else [])]
        move = walk.choice([*moves, *(["forward"] if ahead else [])])
        if move == "back":
            ahead.append(past.pop())
            screen.page.go_back()
        elif move == "forward":
            past.append(ahead.pop())
            screen.page.go_forward()
        else:
            new = act(screen, walk, move, dict(view))
            if new != view or screen.page.url.split("?")[0] != path:
                past, ahead = [*past, (screen.page.url.split("?")[0], new)], []
        path, view = past[-1]
        screen.wait("(path) => location.href.split('?')[0] === path", path)
        shows(screen, date.fromisoformat(view["as_of"]), date.fromisoformat(view["known_on"]))
    record_property("figure", f"{WALKS} walks of {STEPS} steps")


def act(screen: Screen, walk: random.Random, move: str, view: dict[str, str]) -> dict[str, str]:
    """Do one thing on the page and return the two days that are to be seen then."""
    if move == "link":
        follow(screen, walk.choice(list(PAGES.values())))
        return view
    if move == "on":
        view["as_of"] = (date.fromisoformat(view["as_of"]) + timedelta(days=1)).isoformat()
        screen.page.locator(".mm-steps button").nth(2).click()
    elif move == "type":
        view["as_of"] = walk.choice(["2024-03-10", "2025-06-30"])
        type_day(screen, "as_of", date.fromisoformat(view["as_of"]))
        screen.page.keyboard.press("Enter")
    else:
        same = view["as_of"] == view["known_on"]
        view["known_on"] = DEFAULTS["known_on"] if same else view["as_of"]
        screen.page.locator(".st-key-hindsight button").first.click()
    return view


def test_a_region_of_which_nothing_is_on_record_is_told_in_a_sentence(visit: Callable[..., Any]) -> None:
    screen = visit("/", **DATES, region="HT0123")
    screen.page.get_by_text("Nothing on record surely lies in this region").wait_for()
