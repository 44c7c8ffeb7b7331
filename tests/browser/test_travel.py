"""A matrix of one's own on the planner's page: added, used, and found again after a restart."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from .conftest import running
from .test_planner import people, until_figures_change

pytestmark = pytest.mark.browser


def test_a_matrix_is_added_used_and_found_after_a_kill(visit: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with running(tmp_path, MSSMAP_DATABASE_URL=url) as first:
        screen = visit("/planner", at=first, as_of="2026-04-01")
        screen.drawn()
        by_road = people(screen)
        screen.page.get_by_text("Travel, roads and zones").click()
        screen.page.get_by_label("Travel", exact=True).click()
        screen.page.get_by_role("option", name="Own matrix").click()
        screen.page.get_by_text("no matrix was given").wait_for()
        assert people(screen) == by_road, "the road model stands in"

        with screen.page.expect_download() as started:
            screen.page.get_by_text("Times by road, as a file to start from").click()
        header, *rows = Path(started.value.path()).read_text(encoding="utf-8").splitlines()
        assert header == "site_id,demand_id,minutes"
        slow = [",".join([site, cell, str(2 * float(minutes))]) for site, cell, minutes in (r.split(",") for r in rows)]
        file = tmp_path / "twice.csv"
        file.write_text("\n".join([header, *slow]), encoding="utf-8")
        field = screen.page.get_by_test_id("stFileUploader").filter(has_text="Matrix of").locator("input")
        slower = until_figures_change(screen, lambda: field.set_input_files(file))
        assert slower < by_road
        screen.page.get_by_text("In use: twice.csv").wait_for()
        link = screen.page.url.removeprefix(first.url)
        screen.page.goto("about:blank")  # a page that looks for a dead server complains, and rightly so
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    with running(tmp_path, MSSMAP_DATABASE_URL=url) as second:
        again = visit(link, at=second)
        again.drawn()
        assert people(again) == slower
        again.page.goto("about:blank")
