"""People sign in at a real provider, see what their role reaches, and leave; the log holds no secret."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from mssmap.store import people, plans
from mssmap.ui import identity

from .conftest import AT_REST, CLIENT_SECRET, COOKIE_SECRET, PATIENCE_MS, Screen, Team

pytestmark = pytest.mark.browser

REFUSED = re.compile(r"status of 40\d")
"""What the console says of a request that is refused to whom has no sign-in any more."""
PROVIDERS_STYLE = "https://cdn.jsdelivr.net/npm/@picocss/pico@2/css/pico.min.css"


@pytest.fixture
def screen(browser: Browser, team: Team) -> Iterator[Screen]:
    """A browser that has not signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    context.route(PROVIDERS_STYLE, lambda route: route.fulfill(body="", content_type="text/css"))
    found = Screen(page, team.server)
    found.listen()
    yield found
    context.close()
    # a page that is refused is an error in the console of Chromium, and the provider's own page wants a style from afar
    left = [fault for fault in found.faults if not REFUSED.search(fault)]
    assert left == [], "\n".join(left)
    assert [url for url in found.outside() if url != PROVIDERS_STYLE] == []


def sign_in(screen: Screen, person: str, path: str = "/") -> Page:
    page = screen.page
    page.goto(screen.server.url + path)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name=person, exact=True).click()
    return page


def cookies(context: BrowserContext) -> dict[str, dict[str, Any]]:
    return {cookie["name"]: dict(cookie) for cookie in context.cookies()}


def test_signed_out_people_see_the_sign_in_page_only(screen: Screen) -> None:
    page = screen.page
    page.goto(f"{screen.server.url}/planner?scenario=x")
    assert page.get_by_role("heading").all_text_contents() == ["Sign in to mssmap"]
    assert page.locator("script").count() == 0, "without a script there is nothing to run and no socket to open"
    assert page.get_by_role("link", name="Sign in").is_visible()


def test_a_person_signs_in_goes_on_to_the_link_and_signs_out(screen: Screen) -> None:
    page = sign_in(screen, "planner", "/planner?as_of=2025-01-18&known_on=2025-01-18")
    page.wait_for_url("**/planner?as_of=2025-01-18&known_on=2025-01-18*")
    page.locator(AT_REST).wait_for()
    page.get_by_text("Planner Test, planner").wait_for()
    held = cookies(page.context)
    user = held["_streamlit_user"]
    assert (user["httpOnly"], user["sameSite"], user["path"]) == (True, "Lax", "/")
    assert user["expires"] - page.evaluate("() => Date.now() / 1000") <= 12 * 3600 + 5
    assert "mssmap_next" not in held
    page.wait_for_load_state("networkidle")  # what the page still asks for would be refused
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider asks
    page.get_by_role("heading", name="Sign in to mssmap").wait_for()
    assert "_streamlit_user" not in cookies(page.context)


def events(team: Team, *names: str) -> list[dict[str, Any]]:
    """The lines of the log about some events."""
    lines = (json.loads(line) for line in team.server.errors().splitlines())
    return [line for line in lines if line["event"] in names]


def test_who_signed_in_and_who_did_not_stands_in_the_log(screen: Screen, team: Team) -> None:
    page, before = screen.page, len(events(team, "signed_in", "sign_in_failed"))
    page.goto(f"{screen.server.url}/timeline?as_of=2025-01-18")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Deny").click()
    page.get_by_role("heading", name="Not signed in").wait_for()
    assert page.get_by_text("You were not signed in: the sign-in provider refused it (access_denied).").is_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="viewer", exact=True).click()
    page.wait_for_url("**/timeline?as_of=2025-01-18*")
    page.locator(AT_REST).wait_for()
    failed, signed = events(team, "signed_in", "sign_in_failed")[before:]
    assert (failed["event"], failed["reason"]) == ("sign_in_failed", "refused: access_denied")
    assert "person" not in failed
    assert (signed["event"], signed["person"]) == ("signed_in", "viewer@example.org")


def test_somebody_without_a_role_sees_no_data(screen: Screen) -> None:
    page = sign_in(screen, "none")
    page.get_by_role("heading", name="No role yet").wait_for()
    assert page.get_by_text("You are signed in as none@example.org, and nobody has given you a role").is_visible()


def test_what_a_viewer_may_not_do_is_disabled_with_the_reason(screen: Screen) -> None:
    page = sign_in(screen, "viewer", "/planner")
    page.locator(AT_REST).wait_for()
    why = "This needs the role planner; yours is viewer."
    page.locator(".mm-barred", has_text=why).wait_for()
    for name in ("Undo", "Redo", "Copy"):
        assert page.get_by_role("button", name=name, exact=True).is_disabled()
    page.get_by_role("link", name="Data and sources").click()
    page.get_by_role("tab", name="Import").click()
    for upload in page.get_by_test_id("stFileUploaderDropzone").locator("button").all():
        expect(upload).to_be_disabled()
    page.get_by_role("tab", name="People and roles").click()
    page.get_by_text("This needs the role administrator; yours is viewer.").filter(visible=True).wait_for()
    page.get_by_role("link", name="Briefing").click()
    page.get_by_text("This needs the role briefer; yours is viewer.").first.wait_for()
    assert page.get_by_role("button", name="Make the pack").is_disabled()


def test_a_planners_change_is_signed_and_refused_once_the_role_is_gone(screen: Screen, team: Team) -> None:
    store = team.open_store()
    people.grant(store, "planner@example.org", "planner")
    stored = len(plans.listed(store))
    page = sign_in(screen, "planner", "/planner")
    page.locator(AT_REST).wait_for()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.locator(".mm-saved", has_text="Saved: version 1").wait_for()
    page.locator(AT_REST).wait_for()
    page.get_by_text("How sure: bands over").wait_for()  # with no run to come the page does not learn of the role first
    page.locator(AT_REST).wait_for()
    assert plans.listed(store)[0].changed_by == "planner@example.org"
    try:
        people.grant(store, "planner@example.org", "viewer")
        page.get_by_role("button", name="Copy", exact=True).click()
        refused = "Not yet stored: 1 · This needs the role planner; yours is viewer."
        page.locator(".mm-line.waiting", has_text=refused).wait_for()
        assert len(plans.listed(store)) == stored + 1
        page.on("dialog", lambda dialog: dialog.accept())  # leaving asks
        people.revoke(store, "planner@example.org")
        page.get_by_role("link", name="Timeline").click()
        page.get_by_text("Your sign-in or your role has ended.", exact=False).wait_for()
    finally:
        people.grant(store, "planner@example.org", "planner")


def test_an_administrator_gives_a_role(screen: Screen, team: Team) -> None:
    page = sign_in(screen, "admin", "/data")
    page.locator(AT_REST).wait_for()
    page.get_by_role("tab", name="People and roles").click()
    page.get_by_label("E-mail address, or sub: and the provider's id").fill("new@example.org")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text(re.compile(r"new\W?@example\.org\W?: viewer")).wait_for()  # a toast has joiners of words
    store = team.open_store()
    made = {one.person_id: one for one in people.listed(store)}["new@example.org"]
    assert (made.role, made.changed_by) == ("viewer", "admin@example.org")


def test_the_log_is_json_and_holds_no_secret(screen: Screen, team: Team) -> None:
    """A whole session: refused, signed in, at work, signed out; then every line is read."""
    page = sign_in(screen, "briefer", "/briefing")
    page.locator(AT_REST).wait_for()
    held = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] != "_streamlit_xsrf"]
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("heading", name="Sign in to mssmap").wait_for()
    page.goto(f"{screen.server.url}/api?code=not-to-be-written-down")
    lines = team.server.errors().splitlines()
    assert [line for line in lines if not line.startswith("{")] == []
    events = [json.loads(line) for line in lines]
    assert {"time", "level", "event", "request"} <= set(events[-1])
    assert any(event["event"] == "signed_in" for event in events)
    assert any(event["event"] == "refused" and event["path"] == "/api" for event in events)
    assert any(event.get("person", "").endswith("@example.org") for event in events)
    text = "\n".join(lines)
    for secret in (COOKIE_SECRET, CLIENT_SECRET, "not-to-be-written-down", "code=", *held):
        assert secret not in text


def test_what_waits_is_sent_for_the_person_who_did_it_and_for_nobody_else(screen: Screen, team: Team) -> None:
    page = sign_in(screen, "planner", "/planner?as_of=2026-04-01")
    page.on("dialog", lambda dialog: dialog.accept())  # leaving asks
    known = {plan.plan_id for plan in plans.listed(team.open_store())}
    page.locator(".mm-bases input").first.wait_for()
    page.route("**/acts", lambda route: route.abort())
    page.locator(".mm-bases input:not(:checked)").first.click()
    page.get_by_text("Not yet stored: 2").wait_for()  # the plan, and the base
    page.context.clear_cookies()
    page.unroute("**/acts")
    sign_in(screen, "admin", "/planner?as_of=2026-04-01")
    page.locator(".mm-line", has_text="Changes of somebody else wait in this browser: 2.").wait_for()
    assert {plan.plan_id for plan in plans.listed(team.open_store())} == known
    page.context.clear_cookies()
    held: list[Route] = []  # else the answer may come before anybody has read that it is awaited
    page.route("**/acts", lambda route: held.append(route))
    sign_in(screen, "planner", "/planner?as_of=2026-04-01")
    waiting = page.locator(".mm-line", has_text="Changes of yours to other plans are not yet stored: 2")
    waiting.wait_for()
    (first,) = held  # the next batch waits for its answer
    first.continue_()
    page.unroute("**/acts")
    waiting.wait_for(state="detached")
    (plan,) = [one for one in plans.listed(team.open_store()) if one.plan_id not in known]
    assert (plan.version, plan.changed_by) == (2, "planner@example.org")
    screen.faults.clear()  # a browser complains about a line that was cut, and rightly so


def test_an_open_page_ends_with_its_cookie(screen: Screen, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie that has some seconds to go: then the page says so at the next run, and what waits is kept."""
    page, moment = screen.page, time.time()
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.timed.time.time", lambda: moment - identity.LIFETIME_HOURS * 3600 + 25)
        held = team.cookie("planner")
    page.context.add_cookies([{"name": name, "value": value, "url": team.server.url} for name, value in held.items()])
    page.on("dialog", lambda dialog: dialog.accept())  # leaving asks
    page.goto(f"{team.server.url}/planner?as_of=2026-04-01")
    page.locator(".mm-bases input").first.wait_for()
    page.locator(AT_REST).wait_for()
    page.wait_for_function("(end) => Date.now() / 1000 > end", arg=moment + 27, timeout=60_000)
    page.locator(".mm-bases input:not(:checked)").first.click()
    page.locator(".mm-line.waiting", has_text="Not yet stored").wait_for()
    page.locator(".mm-live .away", has_text="Your sign-in or your role has ended.").wait_for()
    page.locator(".mm-live .away").get_by_role("button", name="Sign in").wait_for()
    page.get_by_role("link", name="Timeline").click()
    page.get_by_test_id("stAlert").get_by_text("Your sign-in or your role has ended.").wait_for()
    assert page.get_by_role("heading", name="Timeline").count() == 0
    kept = page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('mssmap.act ')).length")
    assert kept >= 1


def test_an_open_page_ends_with_signing_out_in_another_tab(screen: Screen, team: Team) -> None:
    page = sign_in(screen, "viewer", "/")
    page.locator(AT_REST).wait_for()
    other = page.context.new_page()
    other.goto(f"{team.server.url}/timeline")
    other.locator(AT_REST).wait_for()
    other.get_by_role("button", name="Sign out").click()
    other.get_by_role("button", name="End session").wait_for()
    page.get_by_role("link", name="Timeline").click()
    page.get_by_test_id("stAlert").get_by_text("Your sign-in or your role has ended.").wait_for()
