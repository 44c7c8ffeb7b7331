"""Figures and text follow the hand by a plain answer of the server, while no script of the page runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Screen

pytestmark = pytest.mark.browser

FIGURES = ".mm-figures .mm-value"


def test_a_step_and_a_switch_are_shown_while_the_script_cannot_run(visit: Callable[..., Screen]) -> None:
    screen = visit(as_of="2025-01-18", known_on="2025-01-18")
    page, heard = screen.page, []

    def deaf(line: Any) -> None:
        """Let the page be made, then take no word of it to the server any more."""
        server = line.connect_to_server()
        line.on_message(lambda message: None if heard else server.send(message))

    page.route_web_socket("**/_stcore/stream", deaf)
    screen.open("/?as_of=2025-01-18&known_on=2025-01-18")
    heard.append("nothing more")
    page.get_by_text("Situation on 18 Jan 2025").first.wait_for()
    before = page.locator(FIGURES).all_inner_texts()
    with page.expect_response(lambda answer: "/view?as_of=2024-10-18" in answer.url) as found:
        for _month in range(3):
            page.get_by_role("button", name="One month back").click()
    assert found.value.status == 200
    page.get_by_text("Situation on 18 Oct 2024").first.wait_for()
    items = found.value.json()["items"]
    assert [item["value"] + item["of"] for item in items] == page.locator(FIGURES).all_inner_texts() != before

    said = page.get_by_text("Prisons: ").first
    said.wait_for()
    page.locator('input[data-id="prisons.functioning"]').click()
    page.get_by_text("Prisons: ").first.filter(has_not_text="functioning").wait_for()


def test_what_the_script_brings_afterwards_is_the_same(visit: Callable[..., Screen]) -> None:
    screen = visit(as_of="2025-01-18", known_on="2025-01-18")
    with screen.page.expect_response("**/view?*") as found, screen.new_view():
        screen.page.get_by_role("button", name="One month back").click()
    answer = found.value.json()
    shown = screen.page.locator(FIGURES).all_inner_texts()
    assert [item["value"] + item["of"] for item in answer["items"]] == shown
    for line in answer["lines"][:2]:
        screen.page.get_by_text(line).first.wait_for()
