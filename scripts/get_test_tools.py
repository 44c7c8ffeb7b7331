"""
Make sure the tests have what is no Python package: Chromium, PostgreSQL with PostGIS, HAProxy, Java, Poppler and GDAL.

Takes what is there; as root on Debian installs the rest through apt; without root asks Playwright for its own Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is Chromium without its windows: a page opens in half the time."""


@dataclass(frozen=True)
class Tool:
    """Something the tests need: what it is, whether it is there, and the Debian packages that bring it."""

    title: str
    is_there: Callable[[], bool]
    packages: tuple[str, ...]
    required: bool = True


def command(*names: str) -> Callable[[], bool]:
    """Return whether one of these commands is installed, to be asked later."""
    return lambda: any(shutil.which(name) for name in names)


def has_postgis() -> bool:
    """Whether a PostgreSQL with PostGIS is installed."""
    servers = list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb")
    extensions = list(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return bool(servers and extensions)


TOOLS = (
    Tool("a quick Chromium", command(BROWSERS[0]), (BROWSERS[0],), required=False),
    Tool("PostgreSQL with PostGIS", has_postgis, ("postgresql", "postgresql-15-postgis-3")),
    Tool("HAProxy", command("haproxy"), ("haproxy",)),
    Tool("Java", command("java"), ("default-jre-headless",)),
    Tool("pdftotext", command("pdftotext"), ("poppler-utils",)),
    Tool("ogrinfo", command("ogrinfo"), ("gdal-bin",), required=False),  # else exports are read through pyogrio only
    Tool("a Chromium", command(*BROWSERS), ("chromium",)),
)


def apt(*arguments: str) -> None:
    """Run apt-get where that is possible."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", *arguments], env=env, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    """Install what is missing; say plainly what could not be had."""
    missing = [tool for tool in TOOLS if not tool.is_there()]
    if missing:
        print(f"Installing {', '.join(tool.title for tool in missing)} for the tests ...", flush=True)
        apt("update")
        wanted = [package for tool in missing for package in tool.packages if package != "chromium"]
        apt("install", "-y", "--no-install-recommends", *wanted)
    for tool in missing:  # the whole Chromium if there is no quick one, and what one unknown name has kept out
        if not tool.is_there():
            apt("install", "-y", "--no-install-recommends", *tool.packages)
    if not command(*BROWSERS)():
        print("Asking Playwright for its own Chromium ...", flush=True)
        if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode == 0:
            missing = [tool for tool in missing if "Chromium" not in tool.title]
    absent = [tool for tool in missing if tool.required and not tool.is_there()]
    for tool in absent:
        words = f"The tests need {tool.title}; install it by hand and run `make test` again"
        print(f"{words} (Debian: apt-get install {' '.join(tool.packages)}).", file=sys.stderr)
    return int(bool(absent))


if __name__ == "__main__":
    raise SystemExit(main())
