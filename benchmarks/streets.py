"""
Streets of a large extract on the map: `python -m benchmarks.streets SET.zip` (a set of `mssmap streets add`).

At each zoom, beside the same map without streets in the same run: how long a street view takes whose tiles were read
before, the longest task of the browser while it zooms there and while a hand drags the map for two seconds, and how
many frames a second it paints meanwhile. Make a large set with `benchmarks/big_extract.py`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Frame, Page, sync_playwright

from benchmarks import browser as chromium
from benchmarks.situation import FLAGS, OURS, served

ZOOMS = (12.5, 13.0, 14.0, 15.0, 16.0, 17.0)
WATCH = """() => {
  window.seen = { tasks: [], frames: [] };
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((e) => e.duration)))
    .observe({ entryTypes: ['longtask'] });
  const tick = (t) => { seen.frames.push(t); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
"""Put into the map's own window, which ruff of Python cannot know: lengths of long tasks, times of frames."""
PROBE = "() => JSON.parse(document.documentElement.dataset.mssmap || '{}')"
DRAG_PX, STEP_PX = 640, 8


def main() -> int:
    """Print a row for each zoom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--at", default="18.55,-72.33", help="latitude,longitude of the middle")
    asked = parser.parse_args()
    lat, lon = asked.at.split(",")
    with tempfile.TemporaryDirectory() as text, sync_playwright() as driver:
        homes = [Path(text) / name for name in ("without", "with")]
        there = homes[1] / "mssmap" / "streets"
        there.mkdir(parents=True)
        shutil.copy(asked.set, there)
        browser = driver.chromium.launch(executable_path=chromium.path(driver), args=list(FLAGS))
        print("zoom  streets  tiles  warm view ms (median, most)  longest task ms: zoom, drag  frames a second")
        with served(OURS, XDG_DATA_HOME=str(homes[0])) as bare, served(OURS, XDG_DATA_HOME=str(homes[1])) as full:
            for zoom in ZOOMS:
                for url, named in ((bare, "without"), (full, "with")):
                    page = browser.new_page(viewport={"width": 1440, "height": 900})
                    page.goto(f"{url}?lat={lat}&lon={lon}&zoom={zoom}&as_of=2025-01-18")
                    print(f"{zoom:<5} {named:<8} {row(page)}", flush=True)
                    page.close()
        browser.close()
    return 0


def row(page: Page) -> str:
    """Measure one map at one zoom."""
    handle = page.wait_for_selector("iframe", timeout=60_000)
    frame = handle.content_frame() if handle else None
    assert frame is not None
    frame.wait_for_function(f"() => ({PROBE})().seq !== undefined", timeout=60_000)
    page.wait_for_timeout(6_000)
    drag(page, 2)  # tiles around are read
    page.wait_for_timeout(2_000)
    frame.evaluate(WATCH)
    times = [again(page, frame) for _round in range(5)]
    zoomed = frame.evaluate("() => seen.tasks.splice(0)")
    start = frame.evaluate("() => performance.now()")
    drag(page, 4)
    end = frame.evaluate("() => performance.now()")
    frames = [at for at in frame.evaluate("() => seen.frames") if start <= at <= end]
    page.wait_for_timeout(500)
    dragged = frame.evaluate("() => seen.tasks")
    tiles = frame.evaluate(PROBE).get("streets", 0)
    told = f"{statistics.median(times):.0f}, {max(times):.0f}" if tiles else "-"
    longest = f"{max(zoomed, default=0):.0f}, {max(dragged, default=0):.0f}"
    return f"{tiles:>5}  {told:<27}  {longest:<27}  {1000 * len(frames) / (end - start):.0f}"


def drag(page: Page, times: int) -> None:
    """Drag the map to the left and back, a step every eight milliseconds or so, in 0.5 s each."""
    for turn in range(times):
        x, way = (1000, -1) if turn % 2 == 0 else (360, 1)
        page.mouse.move(x, 500)
        page.mouse.down()
        for step in range(0, DRAG_PX, STEP_PX):
            page.mouse.move(x + way * step, 500)
            page.wait_for_timeout(4)
        page.mouse.up()


def again(page: Page, frame: Frame) -> float:
    """Leave the view by a step of the zoom and come back; return how long its streets took, all of them read before."""
    for key in ("-", "+"):
        frame.locator(".leaflet-container").press(key)
        page.wait_for_timeout(1_800)
    return float(frame.evaluate(PROBE).get("streetsMs", 0))


if __name__ == "__main__":
    sys.exit(main())
