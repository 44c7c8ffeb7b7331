"""The browser that the measurements use: the one that `make test` uses and installs."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def path(playwright: Playwright) -> str:
    """
    Return where a Chromium is: that of the system, else the one that Playwright installed.

    Raises
    ------
    SystemExit
        If there is none.
    """
    own = playwright.chromium.executable_path
    found = next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)
    if found is None:
        raise SystemExit("No Chromium found. `make test` and `make bench` install one; by hand: playwright install")
    return found
