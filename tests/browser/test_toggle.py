"""A toggle is painted by the browser before the server answers: both must say the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from mssmap import client
from mssmap.maps import plan as plan_map
from mssmap.planning import on_data, scenario
from mssmap.records.timeline import Clocks

from .conftest import TODAY

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rule(browser: Browser) -> Any:
    """A page that holds the rule of the browser."""
    page = browser.new_page()
    rule = client.module("shared/coverage.js") + "\nwindow.rule = { unpackReach, covered };"
    page.add_script_tag(content=rule, type="module")
    page.wait_for_function("window.rule")
    yield page
    page.close()


def test_the_browser_covers_whom_the_core_covers(real, rule):
    plan = scenario.baseline(real, Clocks(TODAY.replace(2026, 4, 1), TODAY))
    first = on_data.evaluate(real, plan)
    sent = plan_map.reach(first)
    rule.evaluate("(told) => { window.reach = window.rule.unpackReach(told); }", sent)
    generator = random.Random(7)
    for _ in range(20):
        on = [name for name in sent["ids"] if generator.random() < 0.5]
        found = rule.evaluate("(on) => window.rule.covered(window.reach, new Set(on))", on)
        coverage = on_data.evaluate(real, replace(plan, active=frozenset(on)))
        assert found["cells"] == plan_map.cells(coverage)
        assert found["people"] == coverage.figure("people_covered")["value"]
        assert found["percent"] == pytest.approx(coverage.figure("people_covered_pct")["value"])
        assert plan_map.reach(coverage) == sent, "what travels does not depend on what is on"
