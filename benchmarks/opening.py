"""
The start of the page, by frames and bytes: `python -m benchmarks.opening`, or with `--film DIR` as strips of pictures.

Our page, the tutorial way and a bare folium HTML file, in one run with one browser, on three lines. Frames are taken
as the browser paints them. The first picture is the first frame in which ten symbols have the colour, in the place,
that they have in the end; a skeleton does not count. Bytes are counted on the line itself, sockets included.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks import browser as chromium
from benchmarks.situation import FLAGS, OURS, ROOT, TODAY, TUTORIAL, App, served

sys.path.insert(0, str(ROOT / "tests"))
from slow_line import SlowLine

WIDE, HIGH = 1440, 900
SAMPLES, NEAR = 10, 50
LINES = {
    "local": (0.0, None),
    "20 Mbit/s, 40 ms": (0.040, 2_500_000.0),
    "1 Mbit/s, 300 ms": (0.300, 125_000.0),
}
BARE = App("bare folium file", "", "", "", "document.querySelectorAll('.record').length")
DRAWN = "() => { try { return Boolean(STATE) && !document.getElementById('mm-first'); } catch { return false; } }"
PATIENCE_MS = 120_000
SPOTS = """() => {
  const frame = document.querySelector('iframe');
  const inner = frame?.contentDocument ?? document;
  const box = frame?.getBoundingClientRect() ?? { x: 0, y: 0 };
  return [...inner.querySelectorAll('.mm-symbol, .record')].map((n) => n.getBoundingClientRect())
    .filter((b) => b.width && b.x > 0 && b.y > 0)
    .map((b) => [Math.round(box.x + b.x + b.width / 2), Math.round(box.y + b.y + b.height / 2)])
    .filter(([x, y]) => x < innerWidth - 240 && y < innerHeight - 10);
}"""


@dataclass
class Start:
    """What one start showed: frames with their milliseconds, and bytes that came."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)
    live_ms: float = 0.0
    kilobytes: float = 0.0
    picture_ms: float = 0.0


class Counted(SlowLine):
    """A line that counts what comes down."""

    def __init__(self, target: int, round_trip_s: float, bytes_per_s: float | None) -> None:
        super().__init__(target, round_trip_s=round_trip_s, bytes_per_s=bytes_per_s)
        self.came = 0
        take = self._down.take

        def counted(size: int) -> float:
            self.came += size
            return take(size)

        self._down.take = counted  # type: ignore[method-assign]


def start(context: BrowserContext, app: App, line: Counted, path: str = "") -> Start:
    """Open the page in a context and look at it again and again until it is drawn."""
    found, page = Start(), context.new_page()
    session = context.new_cdp_session(page)
    drawn = DRAWN.replace("STATE", app.state)
    line.came, before = 0, time.time()
    session.send("Page.navigate", {"url": f"http://127.0.0.1:{line.port}/{path}"})
    while not found.live_ms:
        since_ms = (time.time() - before) * 1000
        try:
            taken = session.send("Page.captureScreenshot", {"format": "jpeg", "quality": 85, "optimizeForSpeed": True})
            told = session.send("Runtime.evaluate", {"expression": f"({drawn})()", "returnByValue": True})
        except BrowserError:  # between two pages
            continue
        since_ms = (time.time() - before) * 1000
        found.frames.append((since_ms, base64.b64decode(taken["data"])))
        if told["result"].get("value") is True:
            found.live_ms = since_ms
        if since_ms > PATIENCE_MS:
            raise SystemExit(f"{app.name}: nothing was drawn")
    page.wait_for_timeout(2_500)
    found.kilobytes = line.came / 1000
    final = page.screenshot()
    found.frames.append((found.live_ms, final))
    found.picture_ms = first_picture(found.frames, final, page.evaluate(SPOTS))
    page.close()
    return found


def first_picture(frames: list[tuple[float, bytes]], final: bytes, spots: list[list[int]]) -> float:
    """Return the milliseconds of the first frame in which the sampled symbols look as in the end."""
    end = Image.open(io.BytesIO(final)).convert("RGB")
    coloured = [(x, y) for x, y in spots if max(end.getpixel((x, y))) - min(end.getpixel((x, y))) > NEAR]
    chosen = coloured[:: max(1, len(coloured) // SAMPLES)][:SAMPLES]
    if len(chosen) < SAMPLES:
        chosen = coloured[:SAMPLES]
    for when, picture in frames:
        seen = Image.open(io.BytesIO(picture)).convert("RGB")
        if all(_is_there(seen, end.getpixel(spot), spot) for spot in chosen):
            return when
    return float("nan")


def _is_there(seen: Image.Image, colour: Any, spot: tuple[int, int]) -> bool:
    x, y = spot
    return any(
        max(abs(a - b) for a, b in zip(seen.getpixel((x + dx, y + dy)), colour, strict=True)) <= NEAR
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        if 0 <= x + dx < seen.width and 0 <= y + dy < seen.height
    )


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_given: object) -> None:
        """Leave it out."""


@contextmanager
def bare(folder: Path) -> Iterator[str]:
    """Serve the tutorial's map as the one HTML file that a person could send instead."""
    code = (
        "import pathlib, sys, streamlit_folium; from streamlit.testing.v1 import AppTest; made = []\n"
        "streamlit_folium.st_folium = lambda m, **_named: made.append(m)\n"
        "AppTest.from_file(str(pathlib.Path('benchmarks/tutorial_app.py').resolve()), default_timeout=120).run()\n"
        "from benchmarks.situation import DOLLAR; from xstatic.pkg import leaflet\n"
        "[m], base = made, pathlib.Path(str(leaflet.BASE_DIR)); m.default_js, m.default_css = [], []\n"
        "style, script = ((base / f'leaflet.{kind}').read_text() for kind in ('css', 'js'))\n"
        "head = f'<head><style>{style}</style><script>{script}\\n{DOLLAR}</script>'\n"
        "page = m.get_root().render().replace('<head>', head, 1); pathlib.Path(sys.argv[1]).write_text(page)\n"
    )
    target = folder / "index.html"
    env = {**os.environ, "MSSMAP_TODAY": TODAY}
    subprocess.run([sys.executable, "-c", code, str(target)], cwd=ROOT, env=env, check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def film(frames: list[tuple[float, bytes]], until_ms: float, target: Path, pictures: int = 20) -> None:
    """Write a strip of pictures: what was on the screen at even steps up to a time."""
    width, height, gap = 216, 135, 6
    sheet = Image.new("RGB", (5 * (width + gap) + gap, -(-pictures // 5) * (height + gap + 14) + gap), "#dfe5ea")
    pen = ImageDraw.Draw(sheet)
    for i in range(pictures):
        moment = until_ms * (i + 1) / pictures
        there = [picture for when, picture in frames if when <= moment]
        x, y = gap + i % 5 * (width + gap), gap + i // 5 * (height + gap + 14)
        blank = Image.new("RGB", (width, height), "white")
        shown = Image.open(io.BytesIO(there[-1])).convert("RGB").resize((width, height)) if there else blank
        sheet.paste(shown, (x, y))
        pen.text((x + 2, y + height + 1), f"{moment / 1000:.1f} s", fill="#1c2730")
    sheet.quantize(128).save(target, optimize=True)


def starts(browser: Browser, app: App, address: str, line: tuple[float, float | None], rounds: int) -> dict[str, Any]:
    """Return medians of cold and warm starts on a line, and the frames of the last cold one."""
    port = int(address.rstrip("/").rpartition(":")[2])
    found: dict[str, list[Start]] = {"cold": [], "warm": []}
    for _round in range(rounds):
        way = Counted(port, *line)
        context = browser.new_context(viewport={"width": WIDE, "height": HIGH})
        for kind in found:
            found[kind].append(start(context, app, way))
        context.close()
        way.cut()
    told: dict[str, Any] = {"frames": found["cold"][-1].frames, "live": found["cold"][-1].live_ms}
    for kind, seen in found.items():
        for name in ("picture_ms", "live_ms", "kilobytes"):
            told[f"{kind} {name}"] = statistics.median(getattr(one, name) for one in seen)
    return told


def main() -> None:
    """Measure and print a table; with `--film` only the strips of the slowest line."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--film", type=Path, help="folder for opening-after.png (and -before.png)")
    reader.add_argument("--before", help="address of a server of before, for the strip")
    reader.add_argument("--lines", nargs="*", default=list(LINES), choices=list(LINES))
    given = reader.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(
            playwright.chromium.launch(executable_path=chromium.path(playwright), args=list(FLAGS))
        )
        if given.film:
            slow = LINES["1 Mbit/s, 300 ms"]
            ours = stack.enter_context(served(OURS))
            time.sleep(30)  # what is packed beside everything else is packed
            strips = {"after": ours, **({"before": given.before} if given.before else {})}
            told = {name: starts(browser, OURS, address, slow, 1) for name, address in strips.items()}
            longest = max(one["live"] for one in told.values()) + 500
            for name, one in told.items():
                film(one["frames"], longest, given.film / f"opening-{name}.png")
                print(name, {key: round(value) for key, value in one.items() if key != "frames"})
            return
        ways = {
            "mssmap": (OURS, stack.enter_context(served(OURS))),
            "tutorial": (TUTORIAL, stack.enter_context(served(TUTORIAL))),
            "bare folium file": (BARE, stack.enter_context(bare(folder))),
        }
        time.sleep(30)
        for line_name in given.lines:
            line = LINES[line_name]
            for name, (app, address) in ways.items():
                one = starts(browser, app, address, line, given.rounds if line[1] is None else 1)
                print(line_name, name, {key: round(value) for key, value in one.items() if key != "frames"}, flush=True)


if __name__ == "__main__":
    main()
