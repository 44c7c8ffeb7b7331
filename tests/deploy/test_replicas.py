"""Two servers behind the proxy: everything works through it, and one may die."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import refuses, running

from .conftest import SOAK, until

pytestmark = pytest.mark.browser

ROUNDS = 20 if SOAK else 2
SERVES_WITHIN_S = 10
Visit = Callable[..., Any]


def replica(screen: Any) -> str:
    """Name of the server that a visit lives on, as the proxy's cookie says."""
    cookies = screen.page.context.cookies()
    return str(next(one["value"] for one in cookies if one["name"] == "mssmap_server"))


def on(name: str) -> dict[str, Any]:
    """A browser that the proxy sends to a server."""
    cookie = {"name": "mssmap_server", "value": name, "domain": "127.0.0.1", "path": "/"}
    return {"storage_state": {"cookies": [cookie], "origins": []}}


def toggle_one(screen: Any) -> None:
    """Switch a base that is off."""
    screen.drawn()
    boxes = screen.page.locator(".mm-bases input")
    off = next(i for i in range(boxes.count()) if not boxes.nth(i).is_checked())
    boxes.nth(off).click()


def saved(screen: Any, version: int) -> None:
    screen.page.get_by_text(re.compile(rf"Saved: version {version}\b")).wait_for()


def own_file(folder: Path, number: int) -> Path:
    """A layer of one point that no other round has."""
    point = {"type": "Point", "coordinates": [-72.3, 18.9 + number / 1000]}
    feature = {"type": "Feature", "properties": {"name": f"own {number}"}, "geometry": point}
    path = folder / f"own-{number}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def test_visit_upload_and_edit_work_through_the_proxy(deployed, visit: Visit, tmp_path, record_property):
    """Each round is a new visitor; what is made on one server is there on the other."""
    served: Counter[str] = Counter()
    for number in range(ROUNDS):
        mine, other = [("one", "two"), ("two", "one")][number % 2]
        screen = visit("/planner", as_of="2026-04-01", context=on(mine))
        assert replica(screen) == mine
        served[mine] += 1
        toggle_one(screen)
        saved(screen, 2)
        link = screen.page.url.removeprefix(deployed.url)

        screen.page.get_by_role("link", name="Data and sources").click()
        screen.page.get_by_role("tab", name="Import").click()
        screen.page.locator("input[type=file]").first.set_input_files(own_file(tmp_path, number))
        screen.page.get_by_role("button", name="Store as a layer").click()
        screen.page.get_by_text(f"Stored: own-{number}, 1 row").wait_for()
        screen.page.context.close()

        there = visit(link, context=on(other))
        assert replica(there) == other
        saved(there, 2)
        toggle_one(there)
        saved(there, 3)
        there.page.context.close()
        answer = json.loads(deployed.read("/api/collections", port=deployed.servers[other]))
        assert f"own-{number}" in str(answer), "what was imported on one server is offered by the other"
    record_property("figure", f"{ROUNDS} of {ROUNDS} visits, uploads and edits; {dict(sorted(served.items()))}")


def test_a_wrong_password_of_the_database_is_told_and_nobody_is_ready(deployed, tmp_path):
    right = (deployed.folder / "database_url").read_text().strip()
    told = refuses(tmp_path, MSSMAP_DATABASE_URL=re.sub(r":[^:@]+@", ":hunter2@", right))[-1]
    assert "password authentication failed" in told
    assert "hunter2" not in told


def test_new_visitors_are_shared_out_and_stay_where_they_are(deployed):
    cookies = [deployed.cookie() for _ in range(20)]
    assert set(cookies) == {"one", "two"}
    assert {deployed.cookie(sent=name) for name in ("one", "two")} == {""}, "who has a place gets no other"


def test_one_server_killed_the_other_serves(deployed, visit: Visit, record_property):
    screen = visit("/planner", as_of="2026-04-01")
    toggle_one(screen)
    saved(screen, 2)
    plan = screen.query["scenario"]
    mine = replica(screen)
    deployed.send(mine, signal.SIGKILL)

    # a new visitor, and the person who was there: the page finds the other server by itself and has its plan
    new = until(lambda: deployed.status("/planner") == 200, seconds=SERVES_WITHIN_S, what="a new visitor")
    back = until(
        lambda: replica(screen) != mine and connected(screen),
        seconds=SERVES_WITHIN_S,
        what="the browser is connected again",
    )
    assert screen.query["scenario"] == plan
    saved(screen, 2)
    toggle_one(screen)  # the first click reaches a server that never saw this page
    saved(screen, 3)
    record_property("figure", f"a new visitor after {new:.1f} s, the page that was open after {back:.1f} s")
    screen.faults.clear()  # the page complains about the server that died, and rightly so


def test_without_the_proxy_a_killed_server_is_the_end(visit: Visit, tmp_path, record_property):
    """The control: a page of one server alone."""
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}") as alone:
        screen = visit("/planner", at=alone, as_of="2026-04-01")
        screen.drawn()
        alone.process.kill()
        alone.process.wait()
        until(lambda: not connected(screen), seconds=10, what="the page notices")
        for _ in range(10):
            screen.page.wait_for_timeout(200)
            assert not connected(screen)
        screen.page.goto("about:blank")
        screen.faults.clear()
    record_property("control", "the page of a server alone stays dead")


def connected(screen: Any) -> bool:
    return bool(screen.page.locator('.stApp[data-test-connection-state="CONNECTED"]').count())
