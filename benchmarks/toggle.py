"""
One base on or off, from the click to new figures on the screen: `python -m benchmarks.toggle`.

Our planner against a geopandas buffer, union and join in each rerun with a folium map, in one run and one browser.
"""

from __future__ import annotations

import statistics
import sys

from playwright.sync_api import sync_playwright

from benchmarks import browser as chromium
from benchmarks.situation import CLICK, FLAGS, READY, App, at_rest, served

ROUNDS = 15
BASE = "Port-de-Paix"
"""A proposal that reaches people whom no other base reaches."""

APPS = (
    App(
        "mssmap",
        "ours",
        "[...document.querySelectorAll('*')]"
        ".flatMap((n) => [...(n.shadowRoot?.querySelectorAll('.mm-bases tr') ?? [])])"
        f".find((n) => n.textContent.includes('{BASE}')).querySelector('input')",
        "",
        "[...document.querySelectorAll('*')].map((n) => n.shadowRoot?.querySelector('.mm-figures .mm-value'))"
        ".find(Boolean)?.textContent ?? ''",
    ),
    App(
        "tutorial",
        "tutorial_planner_app.py",
        f"[...document.querySelectorAll('label')].find((n) => n.textContent.includes('{BASE}')).querySelector('input')",
        "",
        "document.querySelector('[data-testid=stMetricValue]')?.textContent ?? ''",
    ),
)


def main() -> int:
    """Measure both and print the ratio; 1 if it is below ten."""
    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.path(driver), args=list(FLAGS))
        for app in APPS:
            with served(app) as url:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(url + ("planner?as_of=2026-04-01" if app.path == "ours" else ""))
                page.evaluate(READY.replace("STATE", app.state))
                at_rest(page)
                page.wait_for_timeout(3000)
                times = []
                for _number in range(ROUNDS + 2):
                    click = CLICK.replace("STATE", app.state).replace("TARGET", f"({app.toggle})")
                    times.append(page.evaluate(click)["ms"])
                    at_rest(page)
                    page.wait_for_timeout(400)
                found[app.name] = statistics.median(times[2:])
                page.close()
        browser.close()
    ratio = found["tutorial"] / found["mssmap"]
    print(f"toggle to new figures: mssmap {found['mssmap']:.0f} ms, tutorial {found['tutorial']:.0f} ms, {ratio:.0f}x")
    return int(ratio < 10)


if __name__ == "__main__":
    sys.exit(main())
