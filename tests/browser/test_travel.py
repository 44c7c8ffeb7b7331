"""A matrix of one's own on the planner's page: added, used, and found again after a restart."""

from __future__ import annotations

import dataclasses
import signal
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mssmap import store
from mssmap.planning import scenario
from mssmap.planning.ground.roads import RoadSettings, RoadStatus
from mssmap.records.timeline import Clocks
from mssmap.ui import acts

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
        screen.page.get_by_role("combobox", name="Travel", exact=True).select_option("matrix")
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


def test_an_extract_is_travelled_on_and_takes_no_statuses(visit: Any, tmp_path: Path) -> None:
    roads = tmp_path / "small.osm"
    roads.write_text(
        '<osm version="0.6"><node id="1" version="1" lon="-72.34" lat="18.54"/>'
        '<node id="2" version="1" lon="-72.28" lat="18.54"/>'
        '<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>',
        encoding="utf-8",
    )
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with running(tmp_path, MSSMAP_ROADS=str(roads), MSSMAP_DATABASE_URL=url) as found:
        screen = visit("/planner", at=found, as_of="2026-04-01")
        screen.drawn()
        screen.page.get_by_text("Roads", exact=True).click()
        screen.page.get_by_text("Roads of small.osm (OpenStreetMap, ODbL").first.wait_for()
        screen.page.get_by_text("Statuses are about the roads of the coarse model").wait_for()
        screen.page.goto("about:blank")


def test_closed_roads_are_drawn_over_the_map(visit: Any, tmp_path: Path, frozen: Any) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    day = date(2026, 4, 1)
    closed = tuple(RoadStatus(road, "closed", "a report", "2026-04-01") for road in frozen["roads"]["road_id"][:9])
    plan = dataclasses.replace(scenario.baseline(frozen, Clocks(day, day)), roads=RoadSettings(status=closed))
    stored = acts.new_plan(store.open_store(url), plan)
    with running(tmp_path, MSSMAP_DATABASE_URL=url) as found:
        screen = visit(f"/planner?scenario={stored.plan_id}", at=found)
        screen.drawn()
        screen.map.locator("""html[data-mssmap*='"closures":9']""").wait_for(state="attached")
        screen.map.get_by_text("Road closed or cut by a zone").wait_for()
        screen.page.goto("about:blank")
