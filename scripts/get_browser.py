"""Make sure the browser tests have a Chromium: the system's, Debian's through apt when root, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """Path of an installed Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Install a browser if there is none; say plainly when that is not possible."""
    if find():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Debian's chromium for the browser tests ...", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=env, check=False)
        done = subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            env=env,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == 0 and find():
            return 0
    print("Asking Playwright for its own Chromium ...", flush=True)
    done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if done.returncode == 0:
        return 0
    print(
        "No Chromium could be installed: the browser tests cannot run.\n"
        "Install one by hand (Debian: apt-get install chromium) and run `make test` again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
