"""The planner's hand in its corners: plans of one name, edits in a row, days of a plan, a browser that keeps none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from mssmap.store import Store, open_store, plans

from .conftest import Screen, Server, running
from .test_clicks import boxes, click, shown, until_saved

pytestmark = pytest.mark.browser

SAVED = re.compile(r"Saved: version \d+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store of this file is."""
    return tmp_path_factory.mktemp("hand")


@pytest.fixture(scope="module")
def own_server(folder: Path) -> Iterator[Server]:
    """An app with a store of its own."""
    with running(folder, MSSMAP_DATABASE_URL=f"sqlite:///{folder / 'store.db'}") as found:
        yield found


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The store, as another program sees it."""
    found = open_store(f"sqlite:///{folder / 'store.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def screen(own_server: Server, visit: Any) -> Screen:
    """The planner with a plan in which one more base is on."""
    found: Screen = visit("/planner", at=own_server, as_of="2026-04-01")
    found.page.locator(".mm-bases input").first.wait_for()
    found.at_rest()
    click(found, [off(found)[0]])
    until_saved(found)
    found.at_rest()
    return found


def off(screen: Screen) -> list[str]:
    """Bases that are off."""
    return [base for base in boxes(screen) if base not in shown(screen)]


def hand(screen: Screen) -> Any:
    """The controls of the plan."""
    return screen.page.locator(".mm-hand")


def titles(screen: Screen) -> list[str]:
    """What the picker offers."""
    found: list[str] = hand(screen).locator("select option").all_inner_texts()
    return found


def in_hand(screen: Screen) -> str:
    """Id of the plan that the page shows."""
    return screen.query["scenario"]


def press(screen: Screen, name: str) -> None:
    """Press a button of the plan."""
    hand(screen).get_by_role("button", name=name, exact=True).click()


def test_two_plans_of_one_name_are_told_apart_and_each_keeps_its_own_clicks(screen: Screen, store: Store) -> None:
    original, copies = in_hand(screen), []
    for _ in range(2):
        press(screen, "Copy")
        until_saved(screen)
        screen.page.wait_for_function("(before) => !location.href.includes(before)", arg=original)
        copies.append(in_hand(screen))
        hand(screen).locator("select").select_option(original)
        screen.page.wait_for_function("(id) => location.href.includes(id)", arg=original)
        screen.at_rest()
    names = [plans.find(store, one).name for one in copies]
    assert names[0] == names[1]
    assert len(set(titles(screen))) == len(titles(screen)), "no two titles are alike"
    wanted = {}
    for one, base in zip(copies, off(screen)[:2], strict=True):
        hand(screen).locator("select").select_option(one)
        screen.page.wait_for_function("(id) => location.href.includes(id)", arg=one)
        screen.at_rest()
        wanted[one] = shown(screen) | {base}
        click(screen, [base])
        until_saved(screen)
        assert in_hand(screen) == one, "a click does not jump to the other plan"
    for one, bases in wanted.items():
        assert set(plans.find(store, one).body["active"]) >= bases
    assert plans.find(store, original).version == 2, "the original is as it was"


def test_a_plan_that_is_chosen_while_another_comes_is_the_one_that_is_copied(screen: Screen, store: Store) -> None:
    original = in_hand(screen)
    name = plans.find(store, original).name
    before = {plan.plan_id for plan in plans.listed(store)}
    for _ in range(6):  # no wait between copying, going back and copying again
        press(screen, "Copy")
        hand(screen).locator("select").select_option(original)
    expect(hand(screen).get_by_role("button", name="Copy", exact=True)).to_be_enabled()
    screen.page.wait_for_function("(id) => location.href.includes(id)", arg=original)
    until_saved(screen)
    made = [plan for plan in plans.listed(store) if plan.plan_id not in before]
    assert {plan.name for plan in made} == {f"Copy of {name}"}
    assert len(made) == 6
    assert hand(screen).locator("select").input_value() == original


def test_an_edit_after_an_edit_is_kept_and_the_form_stays_where_it_is(screen: Screen, store: Store) -> None:
    screen.page.get_by_text("Edit proposals").click()
    capacity, note = screen.page.get_by_label("Capacity (personnel)"), screen.page.get_by_label("Note")
    chosen = screen.page.locator(".mm-form select").filter(has=screen.page.locator("option[value^=fob-]"))
    chosen.select_option(index=1)
    proposal = chosen.input_value()
    save = screen.page.get_by_role("button", name="Save", exact=True)
    capacity.fill("40")
    save.click()
    note.fill("By the road")
    save.click()
    capacity.fill("60")
    save.click()
    until_saved(screen)
    screen.at_rest()
    stored = {one["id"]: one for one in plans.find(store, in_hand(screen)).body["proposals"]}
    assert (stored[proposal]["capacity"], stored[proposal]["note"]) == (60, "By the road")
    assert chosen.input_value() == proposal
    assert (capacity.input_value(), note.input_value()) == ("60", "By the road")


def test_a_redo_with_nothing_to_redo_cannot_be_pressed(screen: Screen, store: Store) -> None:
    assert hand(screen).get_by_role("button", name="Redo", exact=True).is_disabled()
    press(screen, "Undo")
    until_saved(screen)
    press(screen, "Redo")
    until_saved(screen)
    screen.at_rest()
    assert hand(screen).get_by_role("button", name="Redo", exact=True).is_disabled()
    assert [one.action for one in store.trail(in_hand(screen))] == ["edit", "edit", "undo", "redo"]


def test_the_days_of_a_plan_are_on_the_dials_and_moving_them_moves_the_plan(
    screen: Screen, store: Store, visit: Any, own_server: Server
) -> None:
    plan = in_hand(screen)
    link = f"/planner?scenario={plan}&as_of=2025-01-18"
    other: Screen = visit(link, at=own_server)
    other.page.locator(".mm-bases input").first.wait_for()
    other.at_rest()
    other.page.locator(".mm-saved", has_text="is judged on its own days: 1 Apr 2026").wait_for()
    assert plans.find(store, plan).body["as_of"] == "2026-04-01", "a link changes no plan"
    other.page.get_by_text("Day and layers").click()
    other.page.get_by_role("button", name="One month back").click()
    other.page.locator(".mm-saved", has_text="Saved: version 3").wait_for()
    other.at_rest()
    assert plans.find(store, plan).body["as_of"] == "2026-03-01"
    click(other, [off(other)[0]])
    until_saved(other)
    other.at_rest()
    assert plans.find(store, plan).body["as_of"] == "2026-03-01", "the next change does not turn it back"


def test_what_the_server_has_not_heard_yet_stays_on_the_screen(screen: Screen, store: Store) -> None:
    """Each act draws every control anew, over what the page read before them."""
    page = screen.page
    page.get_by_text("Edit proposals").click()
    proposal = page.locator(".mm-form select").filter(has=page.locator("option[value^=fob-]"))
    proposal.select_option(index=1)
    chosen, (base, other) = proposal.input_value(), off(screen)[:2]
    standard, note = page.get_by_label("Service standard").first, page.get_by_label("Note")
    before = shown(screen)
    page.route("**/acts", lambda route: route.abort())
    standard.fill("35")
    note.fill("By the road")
    page.get_by_role("button", name="Save", exact=True).click()
    click(screen, [base])
    click(screen, [other])
    assert shown(screen) == before | {base, other}
    assert (standard.input_value(), note.input_value()) == ("35", "By the road")
    page.unroute("**/acts")
    until_saved(screen)
    body = plans.find(store, in_hand(screen)).body
    assert {base, other} <= set(body["active"])
    assert {one["id"]: one["note"] for one in body["proposals"]}[chosen] == "By the road"
    assert (body["standard"]["value"], standard.input_value()) == (35, "35")
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so


def test_a_plan_deleted_meanwhile_is_told_and_its_acts_wait(screen: Screen, store: Store) -> None:
    plan, base = in_hand(screen), off(screen)[0]
    screen.page.route("**/acts", lambda route: route.abort())
    click(screen, [base])
    plans.delete(store, plan, actor="bea")
    screen.page.unroute("**/acts")
    line = screen.page.locator(".mm-line", has_text="This plan was deleted while you changed it. Your changes wait: 1.")
    line.wait_for()
    line.get_by_role("button", name="Bring the plan back with them").click()
    until_saved(screen)
    assert base in plans.find(store, plan).body["active"]
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so


def test_a_browser_that_keeps_nothing_says_so_and_stores_all_the_same(
    own_server: Server, visit: Any, store: Store
) -> None:
    found: Screen = visit("/planner", at=own_server, as_of="2026-04-01")
    found.page.locator(".mm-bases input").first.wait_for()
    found.at_rest()
    found.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    found.page.route("**/acts", lambda route: route.abort())
    base = off(found)[0]
    click(found, [base])
    found.page.get_by_text("This browser keeps nothing: stay on this page").wait_for()
    found.page.unroute("**/acts")
    until_saved(found)
    assert base in plans.find(store, in_hand(found)).body["active"]
    found.faults.clear()


def test_acts_of_somebody_else_are_told_and_not_sent(screen: Screen, store: Store) -> None:
    act = {"id": "foreign", "plan": in_hand(screen), "kind": "rename", "name": "Not mine"}
    screen.page.evaluate(
        "(act) => localStorage.setItem('mssmap.act 0123456789abcdef 000000000000001 t', JSON.stringify(act))", act
    )
    screen.page.reload()
    screen.page.locator(".mm-line", has_text="Changes of somebody else wait in this browser: 1.").wait_for()
    screen.page.locator(".mm-bases input").first.wait_for()
    screen.at_rest()
    click(screen, [off(screen)[0]])
    until_saved(screen)
    assert plans.find(store, in_hand(screen)).name != "Not mine"


def test_acts_are_taken_from_our_own_pages_and_from_the_person_who_did_them(own_server: Server, screen: Screen) -> None:
    send = """async ([url, body, type]) => {
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
      return [answer.status, await answer.text()];
    }"""
    url = f"{own_server.url}/acts"
    other = '{"person": "0123456789abcdef", "acts": [{"id": "i", "plan": "p", "kind": "undo"}]}'
    assert screen.page.evaluate(send, [url, other, "application/json"])[0] == 409
    for body, status in (("no JSON", 400), ("[]", 400), (f'{{"person": "{"x" * 300_000}"}}', 413)):
        assert screen.page.evaluate(send, [url, body, "application/json"])[0] == status
    foreign = screen.page.request.post(url, data=other, headers={"origin": "http://evil.example"})
    assert foreign.status == 403
    assert screen.page.request.post(url, data=other).status == 403, "a page of ours names its origin"
    screen.faults.clear()  # the browser notes each refusal
