"""
The same events on a map in four ways, in one run with one browser: `python -m benchmarks.compare`.

mssmap, the tutorial way (folium built anew, st_folium), `st.pydeck_chart` and leafmap; 250 to 1,000,000 events. Each
way and size runs in a process of its own, which is ended when its time is over, so that a way that cannot do a size is
shown as such. Writes the tables and plots of docs/benchmarks.md. Read the ratios: times depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks import archive_data, comparison
from benchmarks import browser as chromium
from benchmarks.archive import PLAY
from benchmarks.comparison import OVER, Found
from benchmarks.situation import CLICK, FLAGS, FRAME, OURS, READY, ROOT, TODAY, App, Meter, at_rest, served
from benchmarks.viewers import Viewer
from mssmap.archive import writer
from mssmap.archive.shelf import Shelf
from mssmap.ingest.mapping import Source

SIZES = (250, 10_000, 100_000, 1_000_000)
SESSIONS = (1, 10, 30)
PATIENCE_S = 60
"""What takes longer is not waited for: one picture, or all sessions of a number."""

CELL_S = 120
"""What one way may take with one size in all."""

ROUNDS, STARTS, STAGE_S = 6, 3, 12
"""Clicks of each kind and starts; a stage that takes longer than STAGE_S is content with fewer."""

PAN_S = 2
TOOLS = (*FLAGS, "--enable-unsafe-swiftshader")
"""deck.gl draws with WebGL; without a graphics card that is SwiftShader, as on an office laptop's remote desktop."""

COUNT = """(() => {
  const counts = [], proto = WebGL2RenderingContext.prototype;
  let last = '';
  for (const name of ['drawArraysInstanced', 'drawElementsInstanced']) {
    const own = proto[name];
    proto[name] = function (...values) { counts.push(values.at(-1)); return own.apply(this, values); };
  }
  const tick = () => { if (counts.length) last = counts.splice(0).join(); requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  window.deckDrawn = () => last;
})()"""
"""What deck.gl drew in the last frame in which it drew: how many points of each layer."""

PAN_START = """() => {
  const times = window.panTimes = [];
  const tick = (now) => { times.push(now); if (window.panTimes === times) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
PAN_END = "() => { const times = window.panTimes; window.panTimes = null; return times; }"
BOX = "[...document.querySelectorAll('label')].find((n) => n.textContent.trim() === 'Events').querySelector('input')"
BACK = "[...document.querySelectorAll('button')].find((n) => n.textContent === 'One month back')"
DAY = f"({FRAME}?.querySelector('.day')?.textContent ?? '')"
APPS = {
    "mssmap": App(
        "mssmap",
        OURS.path,
        OURS.toggle.replace("prisons.functioning", "imports.archives"),
        OURS.step,
        f"(() => {{ const d = {FRAME}, told = JSON.parse(d?.documentElement?.dataset.mssmap ?? '{{}}').archive;"
        " return told ? JSON.stringify(told) : d?.querySelector('.mm-archive')?.hidden ? 'off' : ''; })()",
    ),
    "tutorial": App("tutorial", "tutorial_events_app.py", BOX, BACK, DAY),
    "pydeck": App("pydeck", "pydeck_app.py", BOX, BACK, "window.deckDrawn()"),
    "leafmap": App("leafmap", "leafmap_app.py", BOX, BACK, DAY),
}


@dataclass
class Wire(Meter):
    """Counts what comes by HTTP as well, as it travels."""

    fetched: int = 0

    def attach(self, page: Page) -> None:
        """Listen through the devtools protocol."""
        super().attach(page)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add)

    def _add(self, event: dict[str, Any]) -> None:
        self.fetched += int(event["encodedDataLength"])

    def total(self) -> int:
        """Bytes both ways."""
        return super().total() + self.fetched


@dataclass
class Cell:
    """One way with one size: what it is served by, and what was found."""

    app: App
    url: str
    server: psutil.Process
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep one value."""
        self.values.setdefault(name, []).append(value)

    def tell(self, name: str, value: float | str) -> None:
        """Say a result at once: this process may be ended before it is done."""
        print(json.dumps({"name": name, "value": value}), flush=True)

    def tell_median(self, *names: str) -> None:
        """Say the medians so far, without the first value, which warms up, where there are others."""
        for name in names:
            values = self.values[name]
            self.tell(name, statistics.median(values[1:] or values))

    def cpu_s(self) -> float:
        """CPU time of the server so far."""
        times = self.server.cpu_times()
        return float(times.user + times.system)


# ------------------------------------------------------------------------------------------------------- in a cell


def opened(browser: Browser) -> tuple[Page, Wire]:
    """Give an empty page that counts what deck.gl draws, and its bytes."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.add_init_script(COUNT)
    wire = Wire()
    wire.attach(page)
    return page, wire


def visit(page: Page, cell: Cell) -> float:
    """Open the app; return the milliseconds to its first picture."""
    page.goto(cell.url, wait_until="commit")
    milliseconds = float(page.evaluate(READY.replace("STATE", cell.app.state)))
    at_rest(page)
    return milliseconds


def starts(cell: Cell, browser: Browser) -> None:
    """Open the app in new contexts: the first fills the caches of the server."""
    end = time.monotonic() + STAGE_S
    for number in range(STARTS + 1):
        page, wire = opened(browser)
        cell.add("start ms", visit(page, cell))
        page.wait_for_timeout(500)
        cell.add("start bytes", wire.total())
        page.context.close()
        cell.tell_median("start ms", "start bytes")
        if number and time.monotonic() > end:
            break


def click(cell: Cell, page: Page, wire: Wire, name: str) -> None:
    """Do one thing and wait until all it has caused is over."""
    target = cell.app.step if name == "step" else cell.app.toggle
    script = CLICK.replace("30000", str(1000 * PATIENCE_S)).replace("STATE", cell.app.state)
    bytes_before, cpu_before = wire.total(), cell.cpu_s()
    cell.add(f"{name} ms", page.evaluate(script.replace("TARGET", f"({target})"))["ms"])
    page.wait_for_timeout(600)  # our page tells the server when the hand rests: that counts as well
    at_rest(page)
    page.wait_for_timeout(250)
    cell.add(f"{name} bytes", wire.total() - bytes_before)
    cell.add(f"{name} CPU ms", 1000 * (cell.cpu_s() - cpu_before))
    cell.tell_median(f"{name} ms", f"{name} bytes", f"{name} CPU ms")


def clicks(cell: Cell, browser: Browser) -> None:
    """Layer off, layer on, a month back, again and again; then drag the map, then let time play."""
    page, wire = opened(browser)
    visit(page, cell)
    end = time.monotonic() + STAGE_S
    for _round in range(ROUNDS + 1):
        for name in ("off", "on", "step"):
            click(cell, page, wire, name)
        if time.monotonic() > end:
            break
    pan(cell, page, wire)
    if cell.app is APPS["mssmap"]:
        frames, pictures, _script = page.evaluate(PLAY, 3)
        cell.tell("playback frames", frames)
        cell.tell("playback pictures", pictures)
    page.context.close()


def pan(cell: Cell, page: Page, wire: Wire) -> None:
    """Drag the map to and fro with the mouse; count the frames, and the longest until half a second after."""
    box = page.locator("iframe, #deckgl-wrapper").first.bounding_box()
    assert box, "the map has no place on the page"
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    bytes_before, cpu_before = wire.total(), cell.cpu_s()
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(PAN_START)
    start, number = time.monotonic(), 0
    while time.monotonic() < start + PAN_S:
        number += 1
        page.mouse.move(x + 4 * abs(number % 50 - 25), y + number % 20)
    seconds = time.monotonic() - start
    page.mouse.up()
    page.wait_for_timeout(500)
    times = page.evaluate(PAN_END)
    during = [one for one in times if one <= times[0] + 1000 * seconds]
    cell.tell("pan frames", len(during) / seconds)
    cell.tell("pan worst ms", max((b - a for a, b in itertools.pairwise(times)), default=0))
    at_rest(page)
    page.wait_for_timeout(1000)
    cell.tell("pan bytes", wire.total() - bytes_before)
    cell.tell("pan CPU ms", 1000 * (cell.cpu_s() - cpu_before))


async def _visits(url: str, number: int, server: psutil.Process) -> float:
    """Open so many websockets, each a session; return the memory in MB that each of them took."""
    before = server.memory_info().rss
    people = [Viewer(url) for _ in range(number)]
    async with asyncio.timeout(PATIENCE_S):
        for one in people:
            await one.open()
    found = (server.memory_info().rss - before) / number / 1e6
    for one in people:
        await one.close()
    return found


def memory(cell: Cell, numbers: list[int]) -> None:
    """Open sessions without a browser, thirty of which would not fit beside the server; say the peak as well."""
    address = cell.url.partition("?")[0]
    in_time = True
    for number in (1, *numbers):  # the first one warms up
        value: float | str = OVER
        if in_time:
            with ThreadPoolExecutor(1) as own:  # Playwright keeps the loop of this thread
                try:
                    value = own.submit(asyncio.run, _visits(address, number, cell.server)).result()
                except TimeoutError:
                    in_time = False
        cell.tell(f"{number} sessions MB", value)
    status = Path(f"/proc/{cell.server.pid}/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    cell.tell("server MB", int(peak) / 1000)


def measure(way: str, size: int, numbers: list[int], folder: Path) -> None:
    """Measure one way with one size, each stage for itself."""
    app = APPS[way]
    with served(app, BENCH_EVENTS=str(size), XDG_DATA_HOME=str(folder)) as address, sync_playwright() as playwright:
        port = address.rstrip("/").rpartition(":")[2]
        server = next(one for one in psutil.Process().children() if port in one.cmdline())
        cell = Cell(app, address + (window(folder) if way == "mssmap" else ""), server)
        with playwright.chromium.launch(executable_path=chromium.path(playwright), args=list(TOOLS)) as browser:
            cell.tell("browser", browser.version)
            stages: tuple[Callable[[Cell, Browser], None], ...] = (starts, clicks)
            for stage in stages:
                try:
                    stage(cell, browser)
                except BrowserError as error:
                    print(f"{way}, {size:,}, {stage.__name__}: {error}", file=sys.stderr)
                    if stage is starts:
                        break
        memory(cell, numbers)


# --------------------------------------------------------------------------------------------------- the whole run


def archived(size: int, folder: Path) -> None:
    """Write the events as our archive."""
    with writer.writing(Shelf(folder / "mssmap" / "archives"), Source(title="Made up", publisher_kind="ngo")) as out:
        for batch in archive_data.batches(size):
            out.add(batch)
        out.finish(f"Made up {size}")


def window(folder: Path) -> str:
    """Ask our map for all time, as the other ways show it; it refuses a day before the first event."""
    return f"?from={Shelf(folder / 'mssmap' / 'archives').listed()[0].first}&to={TODAY}&as_of={TODAY}"


def run_cell(way: str, size: int, sessions: str, folder: Path) -> Found:
    """Measure in a process of its own; end it, its server and its browser when its time is over."""
    command = [sys.executable, "-m", "benchmarks.compare", "--cell", way, "--sizes", str(size), "--sessions", sessions]
    process = subprocess.Popen(
        [*command, "--data", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watch = threading.Timer(CELL_S, os.killpg, (process.pid, signal.SIGKILL))
    watch.start()
    found: Found = {}
    assert process.stdout
    with process.stdout as lines:
        for line in lines:
            one = json.loads(line)
            found[one["name"]] = one["value"]
    process.wait()
    watch.cancel()
    return found


def main() -> None:
    """Measure all ways with all sizes, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of events")
    parser.add_argument("--sessions", default=",".join(map(str, SESSIONS)), help="numbers of sessions")
    parser.add_argument("--out", type=Path, default=comparison.TARGET, help="page to write")
    parser.add_argument("--cell", choices=APPS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [int(one) for one in options.sizes.split(",")]
    if options.cell:
        measure(options.cell, sizes[0], [int(one) for one in options.sessions.split(",")], options.data)
        return
    found: dict[int, dict[str, Found]] = {}
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            folder = Path(temporary) / str(size)
            archived(size, folder)
            found[size] = {}
            for way in APPS:
                start = time.monotonic()
                if way == "leafmap" and not find_spec("leafmap"):
                    found[size][way] = {one.name: "not installed" for one in comparison.MEASURES}
                    continue
                found[size][way] = run_cell(way, size, options.sessions, folder)
                load.append(os.getloadavg()[0])
                print(f"{size:,} {way}, {time.monotonic() - start:.0f} s: {found[size][way]}", flush=True)
    gigabytes = psutil.virtual_memory().total / 2**30
    versions = {str(one["browser"]) for size in found.values() for one in size.values() if "browser" in one}
    machine = (
        f"{time.strftime('%d %b %Y')}, {platform.machine()}, {os.cpu_count()} cores, {gigabytes:.0f} GB, Python "
        f"{platform.python_version()}, Chromium {', '.join(versions)}; load of the machine (1 minute) "
        f"between {min(load):.1f} and {max(load):.1f}"
    )
    comparison.write(options.out, machine, found)


if __name__ == "__main__":
    main()
