"""
Make sure the tests have what is no Python package: Chromium, PostgreSQL with PostGIS, HAProxy, Java, and Poppler.

Takes what is there; as root on Debian installs the rest through apt; without root asks Playwright for its own Chromium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def has_browser() -> bool:
    """Whether a Chromium is installed."""
    return any(shutil.which(name) for name in BROWSERS)


def has_postgis() -> bool:
    """Whether a PostgreSQL with PostGIS is installed."""
    servers = list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb")
    extensions = list(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return bool(servers and extensions)


def apt(*packages: str) -> bool:
    """Install Debian packages; False where that is not possible."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    print(f"Installing {', '.join(packages)} for the tests ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": env, "stdout": subprocess.DEVNULL, "check": False}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    done = subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], **quiet)
    return done.returncode == 0


def main() -> int:
    """Install what is missing; say plainly what could not be had."""
    missing = []
    if not has_browser() and not (apt("chromium") and has_browser()):
        print("Asking Playwright for its own Chromium ...", flush=True)
        if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode:
            missing.append("a Chromium (Debian: apt-get install chromium)")
    if not has_postgis() and not (apt("postgresql", "postgresql-15-postgis-3") and has_postgis()):
        missing.append("PostgreSQL with PostGIS (Debian: apt-get install postgresql postgresql-15-postgis-3)")
    if not shutil.which("haproxy") and not (apt("haproxy") and shutil.which("haproxy")):
        missing.append("HAProxy (Debian: apt-get install haproxy)")
    if not shutil.which("java") and not (apt("default-jre-headless") and shutil.which("java")):
        missing.append("Java (Debian: apt-get install default-jre-headless)")
    if not shutil.which("pdftotext") and not (apt("poppler-utils") and shutil.which("pdftotext")):
        missing.append("pdftotext (Debian: apt-get install poppler-utils)")
    if not shutil.which("ogrinfo"):
        apt("gdal-bin")  # without it the tests look at exports through pyogrio only
    for what in missing:
        print(f"The tests need {what}; install it by hand and run `make test` again.", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    raise SystemExit(main())
