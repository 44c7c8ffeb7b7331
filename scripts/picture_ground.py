"""
Picture the map of a revision and that of today side by side, on screen and in print: country, capital, Artibonite.

    python scripts/picture_ground.py REVISION FOLDER

Each is served by its own code from its own data, with a store of its own, and pictured in Chromium; then each makes a
pack, whose map page is pictured: `boundaries-country.png`, `boundaries-country-print.png` and so on, before on the
left. Needs pdftoppm for the print.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from get_test_tools import BROWSERS
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from mssmap import settings

VIEWS = {
    "country": "lat=19.05&lon=-73.0&zoom=8",
    "capital": "lat=18.56&lon=-72.32&zoom=12",
    "artibonite": "lat=19.15&lon=-72.5&zoom=10.25",
}
FIRST = "?as_of=2025-01-18&known_on=2026-11-22&lang=en&"
PRINTED = {"country": (), "capital": ("--region", "HT0111"), "artibonite": ("--region", "HT05")}
"""Name of a view -> how the pack is asked for it."""
SIZE = {"width": 1100, "height": 900}
START_S, DRAW_MS = 120, 8_000


def tree_of(revision: str, folder: Path) -> Path:
    """Unpack code and data of a revision."""
    packed = subprocess.run(["git", "archive", revision], cwd=settings.ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder / "tree", filter="data")
    return folder / "tree"


def surroundings(tree: Path, folder: Path) -> dict[str, str]:
    """Return the environment in which the code of a tree runs, with a store of its own."""
    own = {"PYTHONPATH": tree, "MSSMAP_DATA_DIR": tree / "data", "XDG_DATA_HOME": folder, "XDG_CACHE_HOME": folder}
    return {**os.environ, **{name: str(path) for name, path in own.items()}}


@contextlib.contextmanager
def served(tree: Path, folder: Path) -> Iterator[str]:
    """Serve a tree at an address of its own; ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mssmap", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=surroundings(tree, folder), cwd=tree, stdout=subprocess.DEVNULL) as process:
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


def printed(tree: Path, folder: Path) -> dict[str, Path]:
    """Return the map page of a pack for each view."""
    found = {}
    for name, asked in PRINTED.items():
        out = folder / name
        command = [sys.executable, "-m", "mssmap", "brief", "--make-store", "--as-of", "2025-01-18", *asked]
        subprocess.run([*command, "--out", out], env=surroundings(tree, folder), cwd=tree, check=True)
        pdf = next(out.rglob("*.pdf"))
        subprocess.run(["pdftoppm", "-png", "-r", "110", "-l", "1", "-singlefile", pdf, out / "page"], check=True)
        found[name] = out / "page.png"
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
        for mark, tree in (("before", tree_of(options.revision, folder)), ("after", settings.ROOT)):
            home = folder / mark
            home.mkdir()
            with served(tree, home) as address:
                both.append((pictured(browser, address, folder, mark), printed(tree, home)))
        (screens_before, pages_before), (screens, pages) = both
        for name in VIEWS:
            beside(screens_before[name], screens[name], options.folder / f"boundaries-{name}.png")
            beside(pages_before[name], pages[name], options.folder / f"boundaries-{name}-print.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
