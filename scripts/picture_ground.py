"""
Picture the map before and after a change of `data/`, side by side: country, capital, Artibonite.

    python scripts/picture_ground.py REVISION FOLDER

`data/` of the revision and the one that ships are served by the app as it is, each from a store of its own, and
pictured in Chromium: `boundaries-country.png` and so on, before on the left. In print: `mssmap brief` with
MSSMAP_DATA_DIR set.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from compare_ground import data_of
from get_test_tools import BROWSERS
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from mssmap import settings

VIEWS = {
    "country": "lat=19.05&lon=-73.0&zoom=8",
    "capital": "lat=18.56&lon=-72.32&zoom=12",
    "artibonite": "lat=19.15&lon=-72.5&zoom=10.25",
}
FIRST = "?as_of=2025-01-18&known_on=2026-11-22&layers=departments,communes&lang=en&"
SIZE = {"width": 1100, "height": 900}
START_S, DRAW_MS = 120, 8_000


@contextlib.contextmanager
def served(data: Path, folder: Path) -> Iterator[str]:
    """Serve a data folder at an address of its own; ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "MSSMAP_DATA_DIR": str(data), "MSSMAP_DATABASE_URL": f"sqlite:///{folder / 'store.db'}"}
    command = [sys.executable, "-m", "mssmap", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            _await(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def _await(address: str) -> None:
    """Return once an address answers; it is asked twice a second."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(0.5)
    sys.exit(f"{address}: found no answer within {START_S} s.")


def pictured(browser: Browser, address: str, folder: Path, mark: str) -> dict[str, Path]:
    """Return a picture of the map for each view."""
    found = {}
    for name, place in VIEWS.items():
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(address + FIRST + place)
        page.frame_locator("iframe").first.locator(".leaflet-container").wait_for(timeout=60_000)
        page.wait_for_timeout(DRAW_MS)
        found[name] = folder / f"{mark}-{name}.png"
        page.locator("iframe").first.screenshot(path=found[name])
        page.close()
        print(f"{mark}: {name}", file=sys.stderr)
    return found


def beside(left: Path, right: Path, target: Path) -> None:
    """Put two pictures side by side."""
    pair = [Image.open(path).convert("RGB") for path in (left, right)]
    whole = Image.new("RGB", (sum(one.width for one in pair) + 8, max(one.height for one in pair)), "white")
    whole.paste(pair[0], (0, 0))
    whole.paste(pair[1], (pair[0].width + 8, 0))
    whole.quantize(128).save(target, optimize=True)


def main() -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text, sync_playwright() as playwright:
        folder = Path(text)
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        both = []
        for mark, data in (("before", data_of(options.revision, folder)), ("after", settings.default_data_dir())):
            home = folder / mark
            home.mkdir()
            with served(data, home) as address:
                both.append(pictured(browser, address, folder, mark))
        for name in VIEWS:
            beside(both[0][name], both[1][name], options.folder / f"boundaries-{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
