"""
Ask PyPI for known weaknesses of what requirements-dev.txt locks, which is all that is installed.

    python scripts/audit.py

Ends with 0 only if every package was looked up and none has one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements-dev.txt"
ELSEWHERE = "Run it where https://pypi.org can be reached."


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """
    Say what was found.

    Parameters
    ----------
    packages
        The member `dependencies` of what pip-audit writes as JSON.

    Returns
    -------
    code, lines
        The exit code, and what to tell.
    """
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    lines = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions'])}"
        for package in packages
        for weakness in package.get("vulns", ())
    ]
    weak = len(lines)
    if unknown:
        named = ", ".join(unknown[:3]) + (", ..." if unknown[3:] else "")
        lines.append(f"{len(unknown)} of {len(packages)} packages could not be looked up ({named}). {ELSEWHERE}")
    if looked_up := len(packages) - len(unknown):
        lines.append(f"known weaknesses of the {looked_up} that were looked up: {weak or 'none'}")
    return int(bool(unknown or weak or not packages)), lines


def main() -> int:
    """Look everything up and tell."""
    command = ["-m", "pip_audit", "-r", str(LOCK), "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    try:
        code, lines = verdict(json.loads(done.stdout)["dependencies"])
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        code, lines = 1, [f"nothing could be looked up ({reason[:200]}). {ELSEWHERE}"]
    print("\n".join(f"audit: {line}" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
