"""
Measure every promise in full and write the table to docs/reliability.md: `python -m benchmarks.soak`, more than
an hour.

`--only ID ...` measures some promises again and leaves the other rows as they stand. The tests see `MSSMAP_SOAK=1`.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.promises import PROMISES, Promise

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- written by python -m benchmarks.soak -->", "<!-- end of what it wrote -->"
FAILED = "FAILED"


def measure(promises: Iterable[Promise]) -> dict[str, dict[str, list[str]]]:
    """Run the tests; return by node id, without parameters, the properties each noted, and `FAILED` if it did."""
    # in the order of the promises: the last test of two servers kills one
    wanted = list(dict.fromkeys(node for promise in promises for node in (*promise.tests, *promise.controls)))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1", *wanted]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "MSSMAP_SOAK": "1"}, check=False)
        cases = list(ElementTree.parse(report).iter("testcase"))
    found: dict[str, dict[str, list[str]]] = {node: {} for node in wanted}
    for case in cases:
        node = f"{case.get('file')}::{str(case.get('name')).partition('[')[0]}"
        noted = found.setdefault(node, {})
        for one in case.iter("property"):
            noted.setdefault(str(one.get("name")), []).append(str(one.get("value")))
        bad = [one.tag for one in case if one.tag in {"failure", "error", "skipped"}]
        noted.setdefault("state", []).extend(bad or ["passed"])
    return found


def cell(nodes: Iterable[str], name: str, found: dict[str, dict[str, list[str]]]) -> str:
    """Say what tests measured; that they failed if one did."""
    noted = [found[node] for node in nodes]
    if any(set(one.get("state", ["not run"])) != {"passed"} for one in noted):
        return FAILED
    return "; ".join(dict.fromkeys(value for one in noted for value in one.get(name, ()))) or ("kept" if noted else "")


def row(promise: Promise, found: dict[str, dict[str, list[str]]]) -> str:
    """Write a line of the table."""
    shown = ", ".join(f"`{node}`" for node in dict.fromkeys((*promise.tests, *promise.controls)))
    figure, control = cell(promise.tests, "figure", found), cell(promise.controls, "control", found)
    return f"| {promise.id}: {promise.sentence} | {figure} | {control} | {shown} |"


def main() -> int:
    """Measure, print, write; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[one.id for one in PROMISES], help="measure these again")
    only = parser.parse_args().only
    promises = [one for one in PROMISES if not only or one.id in only]
    found = measure(promises)
    before, _, rest = TARGET.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    rows = {line[2:].partition(":")[0]: line for line in old.splitlines() if "`tests/" in line}
    rows |= {one.id: row(one, found) for one in promises}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    text = "\n".join(
        [
            f"Measured {datetime.now(UTC):%d %b %Y}, {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, "
            f"Python {platform.python_version()}.",
            "",
            "| promise | measured | without the protection | shown by |",
            "|---|---|---|---|",
            *(rows[one.id] for one in PROMISES if one.id in rows),
        ]
    )
    print(text)
    TARGET.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return int(FAILED in text)


if __name__ == "__main__":
    sys.exit(main())
