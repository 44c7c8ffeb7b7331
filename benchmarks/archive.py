"""
Archives of 10,000 to 1,000,000 events on the map, and the usual way beside them: `python -m benchmarks.archive`.

One run, one machine, one browser. Times are taken inside the page: from the navigation, the click or the zoom to the
frame after the map has drawn the answer. Read the ratios.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import folium
import pandas as pd
from folium.plugins import FastMarkerCluster
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import archive_data
from benchmarks import browser as chromium
from mssmap.archive import engine, writer
from mssmap.archive.queries import Query
from mssmap.archive.shelf import Shelf
from mssmap.ingest.mapping import Source
from mssmap.records.shown import Filters
from mssmap.records.timeline import FOREVER, Clocks

SIZES = (10_000, 100_000, 1_000_000)
TODAY = "2026-11-22"
ROUNDS = 12
STARTS = 4
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
FRAME = "document.querySelector('.st-key-map iframe')"
WATCH = """(() => {
  window.longTasks = [];
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.longTasks.push(e.duration)))
    .observe({ type: 'longtask', buffered: true });
  const drawn = () => requestAnimationFrame(() => { window.archiveAt = performance.now(); });
  document.addEventListener('mssmap:archive', drawn);
})()"""
TOLD = f"JSON.parse({FRAME}?.contentDocument?.documentElement?.dataset.mssmap ?? '{{}}').archive"
DRAWN = f"() => window.archiveAt && {TOLD}"
CHANGE = f"""async (change) => {{
  const frame = {FRAME};
  const told = () => JSON.stringify({TOLD});
  const before = told(), start = performance.now();
  window.archiveAt = 0;
  if (change === 'window') window.stepBack();
  else frame.contentWindow.map.setZoom(frame.contentWindow.map.getZoom() + change, {{ animate: false }});
  while (!window.archiveAt || told() === before) await new Promise(requestAnimationFrame);
  return window.archiveAt - start;
}}"""
STEP = """window.stepBack = () => [...document.querySelectorAll('*')]
  .map((n) => n.shadowRoot?.querySelector('button[aria-label="One month back"]')).find(Boolean).click()"""
PLAY = f"""async (seconds) => {{
  const seen = new Set(), title = (day) => new Date(day * 864e5).toISOString().slice(0, 10);
  const work = [];
  let frames = 0, day = 19000;
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {{
    day += 3;
    const detail = {{ day, start: day - 400, end: day, title: title(day) }};
    const start = performance.now();
    document.dispatchEvent(new CustomEvent('mssmap:day', {{ detail }}));
    work.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
    frames += 1;
    seen.add(JSON.stringify({TOLD}));
  }}
  return [frames / seconds, seen.size / seconds, work.sort((a, b) => a - b)[work.length >> 1]];
}}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%F')}\n")
    rows: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        where = chromium.path(playwright)
        with playwright.chromium.launch(executable_path=where, args=list(FLAGS)) as browser:
            for size in map(int, arguments.sizes.split(",")):
                folder = Path(temporary) / str(size)
                rows[size] = written(size, folder) | asked(folder) | usual(size) | shown(browser, folder)
                print(f"{size:,}: {rows[size]}", flush=True)
    print("\n" + table(rows))


def written(size: int, folder: Path) -> dict[str, float]:
    """Write the archive in a process of its own, for its peak memory."""
    code = f"from benchmarks.archive import write; write({size}, {str(folder)!r})"
    start = time.monotonic()
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {"write s": time.monotonic() - start, "write MB": float(out.stdout)}


def write(size: int, folder: str) -> None:
    """Write an archive and print the peak memory of this process in MB."""
    with writer.writing(
        Shelf(Path(folder) / "mssmap" / "archives"), Source(title="Made up", publisher_kind="ngo")
    ) as out:
        for batch in archive_data.batches(size):
            out.add(batch)
        out.finish(f"Made up {size}")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def asked(folder: Path) -> dict[str, float]:
    """Median time of a question of the whole country in the engine, with a window that is new each time."""
    archives = engine.connect(Shelf(folder / "mssmap" / "archives"))
    name = archives.shelf.listed()[0].name
    times: dict[str, list[float]] = {"cells": [], "histogram": []}
    for day in pd.date_range("2020-01-01", periods=ROUNDS):
        for kind, last in (("cells", 5), ("histogram", "month")):
            query = Query(Filters(Clocks(FOREVER, day.date()), start=day.date() - timedelta(days=4000), end=day.date()))
            start = time.perf_counter()
            archives.ask(name, kind, query, last)
            times[kind].append(1000 * (time.perf_counter() - start))
    return {f"{kind} ms": statistics.median(values) for kind, values in times.items()} | {
        "file MB": archives.shelf.listed()[0].bytes / 1e6
    }


def usual(size: int) -> dict[str, float]:
    """The usual way to answer one change of the window: filter in pandas, put the points into a folium map, render."""
    frame = pd.concat(archive_data.batches(size))
    start = time.perf_counter()
    found = frame[(frame["valid_from"] >= "2009-01-17") & (frame["valid_from"] <= "2020-01-01")]
    found = found[found["known_from"] <= "2020-01-01"]
    page = folium.Map([19, -72.5], zoom_start=8)
    FastMarkerCluster(found[["lat", "lon"]].to_numpy().tolist()).add_to(page)
    buffer = io.BytesIO()
    page.save(buffer, close_file=False)
    return {"usual ms": 1000 * (time.perf_counter() - start), "usual MB": len(buffer.getvalue()) / 1e6}


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Start the app on a folder."""
    port = 8670
    process = subprocess.Popen(
        [sys.executable, "-m", "mssmap", "serve", "--port", str(port)],
        env={**os.environ, "XDG_DATA_HOME": str(folder), "MSSMAP_TODAY": TODAY},
        stdout=subprocess.DEVNULL,
    )
    try:
        for _try in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def shown(browser: Browser, folder: Path) -> dict[str, float]:
    """Measure the map of the app."""
    with serving(folder) as (url, pid):
        opened(browser, url).close()
        starts = []
        for _start in range(STARTS):
            page = opened(browser, url)
            starts.append(float(page.evaluate("window.archiveAt")))
            page.close()
        page = opened(browser, f"{url}/?from=2008-01-01&to=2026-01-01")
        found = {"first picture ms": statistics.median(starts)}
        for name, change in (("zoom", 0), ("window", "window")):
            if name == "window":
                page.close()
                page = opened(browser, url)
            page.evaluate(STEP)
            times = []
            for turn in range(ROUNDS):
                steps = [1, 1, 1, 1, -1, -1, -1, -1]
                times.append(float(page.evaluate(CHANGE, change or steps[turn % len(steps)])))
                page.wait_for_timeout(400)
            found[f"{name} ms"] = statistics.median(times)
            found[f"{name} worst ms"] = max(times)
            found[f"{name} long task ms"] = max(tasks(page), default=0)
        names = ("playback frames/s", "playback pictures/s", "playback script ms a frame")
        found |= dict(zip(names, page.evaluate(PLAY, 3), strict=True))
        found["server MB"] = memory(pid)
        page.close()
        return found


def tasks(page: Page) -> list[float]:
    """Long tasks of page and map since the last call; those of the start of the page are not counted."""
    return [float(value) for value in page.evaluate("window.longTasks.splice(0)")]


def opened(browser: Browser, url: str) -> Page:
    """Open the app until the archive is drawn and the page has come to rest."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_function(DRAWN, timeout=60_000)
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(1500)
    tasks(page)
    return page


def memory(pid: int) -> float:
    """Peak memory of the server in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return float(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


def table(rows: dict[int, dict[str, Any]]) -> str:
    """Write the results, a column for each size, and the ratios that are asked for."""
    names = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(f"{size:,}" for size in rows) + " |", "|---" * (len(rows) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(f"{row[name]:,.1f}" for row in rows.values()) + " |" for name in names]
    small, large = rows[min(rows)], rows[max(rows)]
    lines += [
        "",
        f"first picture, {max(rows):,} against {min(rows):,}: "
        f"{large['first picture ms'] / small['first picture ms']:.2f}",
        f"usual way against our window change at {max(rows):,}: {large['usual ms'] / large['window ms']:.1f} "
        "(server side only of the usual way)",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
