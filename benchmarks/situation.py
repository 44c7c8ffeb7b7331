"""
The situation map against the usual way, in one run on one machine with one browser: `python -m benchmarks.situation`.

Read the ratios. All three apps are served alike (uvicorn, heap frozen), show the same records and are measured inside
the page: from the click to the end of the frame in which the map has changed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import browser as chromium

ROOT = Path(__file__).resolve().parents[1]
TODAY = "2026-11-22"
ROUNDS = 12
STARTS = 7
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
DOLLAR = """window.$ = (text) => {
  const template = document.createElement("template");
  template.innerHTML = text.trim();
  return [template.content.firstElementChild];
};"""
"""The one use folium makes of jQuery in popups; jQuery itself would only cost the tutorial more."""


@dataclass(frozen=True)
class App:
    """One of the apps that are compared."""

    name: str
    path: str
    toggle: str
    """Script that gives the check box to click."""
    step: str
    """Script that gives the button that moves the date."""
    state: str
    """Script that gives a text which changes with what the map shows, and is empty while the map is blank."""


FRAME = "document.querySelector('iframe')?.contentDocument"
OURS = App(
    "mssmap",
    "ours",
    "[...document.querySelectorAll('*')]"
    ".map((n) => n.shadowRoot?.querySelector('input[data-id=\"prisons.functioning\"]')).find(Boolean)",
    "[...document.querySelectorAll('*')]"
    ".map((n) => n.shadowRoot?.querySelector('button[aria-label=\"One month back\"]')).find(Boolean)",
    f"(() => {{ const d = {FRAME}; const n = d?.querySelectorAll('.mm-symbol').length;"
    " const shown = JSON.parse(d?.documentElement.dataset.mssmap ?? '{}').shown;"
    " return n ? `${n} ${shown} ${d.querySelector('.mm-asof')?.textContent}` : ''; })()",
)
TUTORIAL = App(
    "tutorial",
    "tutorial_app.py",
    "[...document.querySelectorAll('label')]"
    ".find((n) => n.textContent.includes('Prisons: Functioning')).querySelector('input')",
    "[...document.querySelectorAll('button')].find((n) => n.textContent === 'One month back')",
    f"(() => {{ const d = {FRAME}; const n = d?.querySelectorAll('.record').length;"
    " return n ? `${n} ${d.querySelector('.day')?.textContent}` : ''; })()",
)
EMPTY = App("empty page", "empty_app.py", "", "", "document.querySelector('h1')?.textContent ?? ''")

CLICK = """async () => {
  const state = () => STATE;
  // a message sent before a frame is painted comes after it
  const painted = () => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  const frame = document.querySelector('iframe');
  const before = state();
  let blank = 0, last = performance.now(), remount = false;
  const start = performance.now();
  TARGET.click();
  for (;;) {
    await new Promise(requestAnimationFrame);
    const now = performance.now(), found = state();
    if (document.querySelector('iframe') !== frame) remount = true;
    if (!found) blank += now - last;
    last = now;
    if (found && found !== before) {
      await painted();
      return { ms: performance.now() - start, blank, remount: remount || blank > 0 };
    }
    if (now - start > 30000) throw new Error(`the map did not change: ${before}`);
  }
}"""
READY = """async () => {
  for (;;) {
    await new Promise(requestAnimationFrame);
    if (STATE) { await new Promise(requestAnimationFrame); return performance.now(); }
    if (performance.now() > 60000) throw new Error('nothing was drawn');
  }
}"""


# --------------------------------------------------------------------------------------------------------- serving


def serve(script: str, port: int) -> None:
    """Serve one of the apps the way `mssmap serve` does."""
    import uvicorn

    if script == OURS.path:
        from mssmap.server import app as server

        server.serve(host="127.0.0.1", port=port)
        return
    import streamlit as st
    from starlette.responses import Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
        if script == TUTORIAL.path:
            from mssmap.ui import cache

            cache.warm()
        gc.collect()
        gc.freeze()
        yield {}

    async def dollar(_request: Any) -> Response:
        return Response(DOLLAR, media_type="text/javascript")

    (ROOT / "static").mkdir(exist_ok=True)
    files = [Route("/bench/dollar.js", dollar), Mount("/bench", StaticFiles(directory=ROOT / "static"))]
    app = st.App(ROOT / "benchmarks" / script, lifespan=lifespan, routes=files)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, log_level="warning", access_log=False)


@contextmanager
def served(app: App, **settings: str) -> Iterator[str]:
    """Start an app in a process of its own, with these variables in its environment; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.situation", "--serve", app.path, "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "MSSMAP_TODAY": TODAY, **settings},
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise SystemExit(f"{app.name}: did not start") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=20)


# ------------------------------------------------------------------------------------------------------- measuring


@dataclass
class Meter:
    """Counts the bytes of the websocket messages of a page, both ways, before compression."""

    received: int = 0
    sent: int = 0

    def attach(self, page: Page) -> None:
        """Listen through the devtools protocol."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameReceived", lambda event: self._count("received", event))
        session.on("Network.webSocketFrameSent", lambda event: self._count("sent", event))

    def _count(self, way: str, event: dict[str, Any]) -> None:
        frame = event["response"]
        text = frame["payloadData"]
        size = len(text) * 3 // 4 if frame["opcode"] == 2 else len(text.encode())  # binary frames come as base64
        setattr(self, way, getattr(self, way) + size)

    def total(self) -> int:
        """Bytes both ways."""
        return self.received + self.sent


@dataclass
class Result:
    """What was measured of one app: lists of single values."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep one value."""
        self.values.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        """Return the median, NaN if nothing was measured."""
        return statistics.median(self.values[name]) if self.values.get(name) else float("nan")


def at_rest(page: Page) -> None:
    """Wait until the server has said everything."""
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.evaluate("() => new Promise((done) => requestIdleCallback(done, { timeout: 2000 }))")
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()


def measure_clicks(browser: Browser, app: App, url: str, rounds: int) -> Result:
    """Toggle a layer and step the date again and again."""
    result = Result()
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    meter = Meter()
    meter.attach(page)
    page.goto(url)
    page.evaluate(READY.replace("STATE", app.state))
    at_rest(page)
    result.add("first bytes", meter.total())
    for number in range(rounds + 2):
        for name, target in (("toggle", app.toggle), ("step", app.step)):
            before = meter.total()
            found = page.evaluate(CLICK.replace("STATE", app.state).replace("TARGET", target))
            page.wait_for_timeout(600)  # our page tells the server when the hand rests: those bytes count as well
            at_rest(page)
            page.wait_for_timeout(250)  # late messages belong to this click
            if number >= 2:  # the first two warm up
                result.add(f"{name} ms", found["ms"])
                result.add(f"{name} bytes", meter.total() - before)
                result.add(f"{name} blank ms", found["blank"])
                result.add(f"{name} remount", float(found["remount"]))
    page.context.close()
    return result


def measure_starts(browser: Browser, apps: dict[str, tuple[App, str]], starts: int) -> dict[str, list[float]]:
    """Open each app again and again, in turns, with a warm cache."""
    contexts = {name: browser.new_context(viewport={"width": 1440, "height": 900}) for name in apps}
    times: dict[str, list[float]] = {name: [] for name in apps}
    for number in range(starts + 2):
        for name, (app, url) in apps.items():
            page = contexts[name].new_page()
            page.goto(url, wait_until="commit")
            milliseconds = page.evaluate(READY.replace("STATE", app.state))
            at_rest(page)
            page.close()
            if number >= 2:
                times[name].append(milliseconds)
    for context in contexts.values():
        context.close()
    return times


def cpu_seconds(setup: str, code: str, rounds: int = 5) -> float:
    """Median CPU time of a statement in fresh interpreters."""
    script = f"import time\n{setup}\nt = time.process_time()\n{code}\nprint(time.process_time() - t)"
    found = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
    return statistics.median(found)


# --------------------------------------------------------------------------------------------------------- report


def _row(what: str, ours: str, tutorial: str, ratio: str, required: str, met: bool | None) -> str:
    mark = "" if met is None else "yes" if met else "NO"
    return f"| {what} | {ours} | {tutorial} | {ratio} | {required} | {mark} |"


def report(ours: Result, tutorial: Result, starts: dict[str, list[float]], cpu: dict[str, float]) -> list[str]:
    """Write the table."""
    lines = ["| what | mssmap | tutorial | ratio | required | met |", "|---|---|---|---|---|---|"]
    for name, words in (
        ("toggle", "toggle a layer: click to changed map"),
        ("step", "step the date: click to new view"),
    ):
        a, b = ours.median(f"{name} ms"), tutorial.median(f"{name} ms")
        lines.append(_row(words, f"{a:.0f} ms", f"{b:.0f} ms", f"{b / a:.1f}x", "5x faster", b / a >= 5))
    for name in ("toggle", "step"):
        a, b = ours.median(f"{name} bytes"), tutorial.median(f"{name} bytes")
        words = f"websocket bytes of a {name}"
        lines.append(_row(words, f"{a / 1e3:.1f} kB", f"{b / 1e3:.1f} kB", f"{b / a:.0f}x", "30 kB", a <= 30_000))
    for name in ("toggle", "step"):
        a, b = ours.median(f"{name} remount"), tutorial.median(f"{name} remount")
        blank = tutorial.median(f"{name} blank ms")
        words = ["no", "yes"]
        lines.append(
            _row(f"{name}: remount, blank", words[round(a)], f"{words[round(b)]}, {blank:.0f} ms", "", "no", a == 0)
        )
    start = {name: statistics.median(values) for name, values in starts.items()}
    a, b, empty = start["mssmap"], start["tutorial"], start["empty page"]
    lines += [
        _row("warm start to the map", f"{a:.0f} ms", f"{b:.0f} ms", f"{b / a:.2f}x", "below tutorial", a < b),
        _row(f"the same over an empty page's {empty:.0f} ms", f"{a / empty:.2f}x", f"{b / empty:.2f}x", "", "1.5x",
             a <= 1.5 * empty),
        _row("websocket bytes of the start", f"{ours.median('first bytes') / 1e3:.0f} kB",
             f"{tutorial.median('first bytes') / 1e3:.0f} kB", "", "", None),
        _row("import mssmap, CPU", f"{cpu['import'] * 1e3:.0f} ms", "", "", "300 ms", cpu["import"] < 0.3),
        _row("load and check all data, CPU", f"{cpu['load'] * 1e3:.0f} ms", "", "", "1000 ms", cpu["load"] < 1),
    ]  # fmt: skip
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="clicks of each kind")
    parser.add_argument("--json", type=Path, help="write every single value to this file")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port)
        return
    cpu = {
        "import": cpu_seconds("", "import mssmap"),
        "load": cpu_seconds("import mssmap\nfrom mssmap.records import catalog, views", "mssmap.load()"),
    }
    apps = {app.name: app for app in (OURS, TUTORIAL, EMPTY)}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(served(app)) for name, app in apps.items()}
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(
            playwright.chromium.launch(executable_path=chromium.path(playwright), args=list(FLAGS))
        )
        starts = measure_starts(browser, {name: (app, urls[name]) for name, app in apps.items()}, STARTS)
        ours, tutorial = (measure_clicks(browser, apps[n], urls[n], options.rounds) for n in ("mssmap", "tutorial"))
        version = browser.version
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, Chromium {version}, ",
        end="",
    )
    print(f"medians of {options.rounds} clicks and {STARTS} starts\n")
    print("\n".join(report(ours, tutorial, starts, cpu)))
    if options.json:
        values = {"mssmap": ours.values, "tutorial": tutorial.values, "starts": starts, "cpu": cpu}
        options.json.write_text(json.dumps(values, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
