"""The planner as a planner uses it, and kill -9 in the middle of the work."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Server, running

pytestmark = pytest.mark.browser

FIGURES = ".mm-figures"
PICTURES = bool(os.environ.get("MSSMAP_SCREENSHOTS"))
"""Whether the picture of the worked example is made anew, from the data as they are now."""


@pytest.fixture
def own_server(tmp_path: Path, frozen_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An app with a store of its own, over the data of one day; so is every other that the test starts."""
    if not PICTURES:
        monkeypatch.setenv("MSSMAP_DATA_DIR", str(frozen_folder))
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}") as found:
        yield found


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory, frozen_folder: Path) -> Iterator[Server]:
    """An app over the data of one day, for tests of which each makes a plan of its own."""
    folder = tmp_path_factory.mktemp("planner")
    data = {} if PICTURES else {"MSSMAP_DATA_DIR": str(frozen_folder)}
    with running(folder, MSSMAP_DATABASE_URL=f"sqlite:///{folder / 'store.db'}", **data) as found:
        yield found


def people(screen: Any) -> int:
    """People covered, as the first figure says."""
    text = screen.page.locator(f"{FIGURES} .mm-value").first.evaluate("(node) => node.firstChild.textContent")
    return int(text.replace(",", ""))


def until_figures_change(screen: Any, act: Callable[[], None]) -> int:
    """Do something and return the new number of people covered, once the server has answered with the new bases."""
    before = people(screen)
    screen.page.evaluate(
        """() => {
          window.answered = false;
          document.addEventListener('mssmap:bases', () => { window.answered = true; }, { once: true });
        }"""
    )
    act()
    screen.wait("() => window.answered")
    screen.page.wait_for_function(
        """(before) => [...document.querySelectorAll('*')].some((n) => {
          const value = n.shadowRoot && n.shadowRoot.querySelector('.mm-figures .mm-value');
          return value && value.firstChild.textContent !== before;
        })""",
        arg=f"{before:,}",
    )
    screen.at_rest()
    return people(screen)


def test_toggle_place_save_kill_and_find_the_plan_again(own_server: Server, visit: Any, tmp_path: Path) -> None:
    screen = visit("/planner", at=own_server, as_of="2026-04-01")
    screen.drawn()
    boxes = screen.page.locator(".mm-bases input")
    off = [i for i in range(boxes.count()) if not boxes.nth(i).is_checked()]
    first = until_figures_change(screen, lambda: boxes.nth(off[0]).click())
    second = until_figures_change(screen, lambda: boxes.nth(off[2]).click())
    assert second > first, "two proposals cover more than one"

    screen.page.get_by_text("Click the map to place a base").click()
    screen.at_rest()
    screen.page.wait_for_function(
        "() => document.querySelector('.st-key-map iframe')?.contentDocument?.querySelector('.mm-placing')"
    )
    at = screen.in_map("(w) => { const p = w.map.latLngToContainerPoint([18.25, -73.85]); return [p.x, p.y]; }")
    frame = screen.page.locator(".st-key-map iframe").bounding_box()
    third = until_figures_change(screen, lambda: screen.page.mouse.click(frame["x"] + at[0], frame["y"] + at[1]))
    assert third > second
    screen.page.get_by_text(re.compile(r"Saved: version 4")).wait_for()  # the plan itself, two bases, a proposal
    link = screen.page.url
    assert "scenario=plan-" in link

    screen.page.goto("about:blank")  # a page that looks for a dead server complains, and rightly so
    own_server.process.send_signal(signal.SIGKILL)
    own_server.process.wait()
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}") as again:
        address = link.removeprefix(own_server.url)
        found = visit(address, at=again)
        found.drawn()
        assert people(found) == third
        assert "plan.on" in found.symbols().values(), "proposals are dashed"
        found.page.get_by_text(re.compile(r"Saved: version 4")).wait_for()
        found.page.goto("about:blank")


def test_sea_is_refused_with_a_suggestion(shared_server: Server, visit: Any) -> None:
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Place by name or coordinates").click()
    screen.page.get_by_label("Latitude").wait_for()
    screen.at_rest()
    screen.page.get_by_label("Latitude").fill("19.10")
    screen.page.get_by_label("Longitude").fill("-73.20")
    screen.page.get_by_text("Place a base here").click()
    screen.page.locator(".mm-saved", has_text="in the sea").wait_for()
    before = people(screen)
    until_figures_change(screen, lambda: screen.page.get_by_text("Place it there instead").click())
    assert people(screen) >= before


def test_the_bands_follow_the_first_answer_and_say_what_moves_it_most(shared_server: Server, visit: Any) -> None:
    """In French, for what runs again by itself speaks the language of its page too."""
    screen = visit("/planner", at=shared_server, as_of="2026-04-01", lang="fr")
    said = "fourchettes sur 11 cas. Les personnes couvertes varient le plus avec la vitesse hors route"
    screen.page.get_by_text(said).wait_for()
    screen.drawn()
    cards = screen.page.locator(f"{FIGURES} .mm-card")
    band = cards.first.locator(".mm-sub").text_content()
    assert int(re.sub(r"\D", "", band.split(" – ")[0])) < 500_000, "all inputs at their worst"
    assert "Personnes couvertes" in cards.first.text_content()
    screen.page.get_by_role("button", name="90", exact=True).click()
    screen.page.wait_for_function(
        """(before) => [...document.querySelectorAll('*')].some((n) => {
          const band = n.shadowRoot && n.shadowRoot.querySelector('.mm-figures .mm-sub');
          return band && band.textContent !== before;
        })""",
        arg=band,
    )
    screen.page.get_by_text("fourchettes sur 11 cas").wait_for()


def test_best_sites_say_what_is_proven(shared_server: Server, visit: Any) -> None:
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Best sites", exact=True).click()
    screen.page.get_by_text("Find the best sites").click()
    screen.page.get_by_text(re.compile(r"proven optimal")).wait_for()


def test_the_plan_shows_after_coming_from_the_situation_map(shared_server: Server, visit: Any) -> None:
    """The layer list of another page does not decide what the planner's map shows."""
    screen = visit("/", at=shared_server, as_of="2026-04-01", layers="prisons")
    screen.page.get_by_role("link", name="FOB planner").click()
    screen.page.wait_for_url("**/planner**")
    screen.map.locator('.mm-symbol[data-symbol="plan.standing"]').first.wait_for()
    cells = screen.map.locator("""html[data-mssmap*='"cells":']""")
    cells.wait_for(state="attached")  # their file may come after the symbols
    assert screen.told["cells"] > 100


def test_a_base_is_placed_by_name_compared_with_what_stands_and_taken_away(shared_server: Server, visit: Any) -> None:
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Place by name or coordinates").click()
    field = screen.page.get_by_label("Name of a place")
    field.wait_for()
    screen.page.get_by_text("Place a base here").wait_for()  # the last one of the drawer
    screen.at_rest()  # what is typed while the drawer is still being filled is lost with the field
    field.press_sequentially("Jacm")
    screen.page.get_by_role("option", name="Jacmel").first.click()
    screen.at_rest()
    until_figures_change(screen, lambda: screen.page.get_by_text("Place a base there").click())
    assert screen.page.locator(".mm-bases", has_text="Jacmel").count()

    screen.page.get_by_text("Compare plans", exact=True).click()
    screen.page.get_by_label("Compare with").click()
    screen.page.get_by_role("option", name="Baseline", exact=True).click()
    screen.page.keyboard.press("Escape")
    screen.page.get_by_text("Show on the map where they agree").click()
    screen.map.get_by_text("All compared plans").wait_for()
    assert not screen.page.get_by_text("do not rest on the same assumptions").count()

    until_figures_change(screen, lambda: screen.page.get_by_role("button", name="90", exact=True).click())
    screen.page.get_by_text("do not rest on the same assumptions").wait_for()
    screen.at_rest()
    screen.page.get_by_text("the assumptions of Baseline").click()
    screen.at_rest()

    screen.page.get_by_text("Edit proposals", exact=True).click()
    choice = screen.page.locator('.mm-form select:has(option:text("Jacmel"))').first
    choice.select_option(label=choice.locator('option:text("Jacmel")').inner_text())
    until_figures_change(screen, lambda: screen.page.get_by_role("button", name="Take this proposal away").click())
    assert not screen.page.locator(".mm-bases", has_text="Jacmel").count()
    screen.page.get_by_text(re.compile("Saved: version")).wait_for()
    assert not screen.page.get_by_test_id("stException").count()


def test_the_front_is_proven_beside_the_page_and_can_be_stopped(shared_server: Server, visit: Any) -> None:
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Best sites", exact=True).click()
    screen.page.get_by_text("Show the gain per extra base, 1 to 15").click()
    screen.page.get_by_role("button", name="Stop").click()
    screen.page.get_by_text(re.compile(r"(Stopped|Done): \d+ of 15")).wait_for()


def test_the_back_test_tells_a_share_of_a_hundred(shared_server: Server, visit: Any) -> None:
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Back-test", exact=True).click()
    told = screen.page.get_by_text(re.compile(r"Of \d+ recorded events")).inner_text()
    events, covered, share, low, high = (float(n) for n in re.findall(r"[\d.]*\d", told)[:5])
    assert share == round(100 * covered / events, 1)
    assert low <= share <= high <= 100


def test_the_best_sites_are_taken_into_the_plan(shared_server: Server, visit: Any, tmp_path: Path) -> None:
    """The picture of the worked example: with MSSMAP_SCREENSHOTS=1 docs/three-more-bases.png, of the data of now."""
    screen = visit("/planner", at=shared_server, as_of="2026-04-01")
    screen.drawn()
    screen.page.get_by_text("Best sites", exact=True).click()
    screen.page.get_by_text("Find the best sites").click()
    screen.page.get_by_text(re.compile(r"proven optimal")).wait_for()
    until_figures_change(screen, lambda: screen.page.get_by_text("Take them into the plan").click())
    assert people(screen) == 4_645_312 or PICTURES
    screen.page.locator(".mm-figures").first.scroll_into_view_if_needed()
    folder = ROOT / "docs" if PICTURES else tmp_path
    screen.page.screenshot(path=folder / "three-more-bases.png")
