"""
Fill the column recorded_on of the tables: the day of the commit that added a row.

    python scripts/fill_recorded.py            fill the cells that are empty; a table without the column gets it
    python scripts/fill_recorded.py --check    say how many are empty (exit 1 if any)

A row is found again by its key (id and revision), whatever its cells said first; one that is in no commit yet has the
day of today. `mssmap publish` writes the column itself, so this is for rows that were put into a file by hand.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mssmap import settings

ROOT = Path(__file__).resolve().parent.parent
KEYS = {
    "status": ("status_id", "revision"),
    "events": ("event_id", "revision"),
    "figures": ("figure_id", "revision"),
    "strength": ("strength_id", "revision"),
    "indicators": ("indicator_id", "revision"),
    "sources": ("source_id",),
}
COLUMN = "recorded_on"
BEFORE = {"sources": ("archive_url", "archived_on", "archive_note", "note")}
"""Columns behind the new one in a table that has no `known_precision`; those that are missing are added too."""
NO_COPY = "No copy was looked for: the record was compiled without network."


def main(arguments: list[str] | None = None) -> int:
    """Run the script; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="do not write; exit 1 if a cell is empty")
    options = parser.parse_args(arguments)
    empty = 0
    for name, keys in KEYS.items():
        path = ROOT / "data" / "tables" / f"{name}.csv"
        rows = read(path.read_text(encoding="utf-8"))
        lacking = [row for row in rows if not row.get(COLUMN)]
        print(f"{path.name}: {len(lacking)} of {len(rows)} rows without {COLUMN}", file=sys.stderr)
        empty += len(lacking)
        if lacking and not options.check:
            fill(rows, added(path, keys), keys)
            write(path, name, rows)
    return 1 if options.check and empty else 0


def read(text: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def added(path: Path, keys: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Return for each key of a table the day (ISO) of the first commit that has it."""
    found: dict[tuple[str, ...], str] = {}
    for day, text in versions(path):
        for row in read(text):
            key = tuple(row.get(name, "") for name in keys)
            found[key] = min(day, found.get(key, day))
    return found


def versions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the day and the text of each version of a file in git."""
    name = path.relative_to(ROOT).as_posix()
    for line in git("log", "--full-history", "--format=%H %ad", "--date=short", "--", name).splitlines():
        commit, day = line.split()
        if git("ls-tree", commit, name):
            yield day, git("show", f"{commit}:{name}")


def git(*arguments: str) -> str:
    """Return what git prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout


def fill(rows: list[dict[str, str]], days: dict[tuple[str, ...], str], keys: tuple[str, ...]) -> None:
    """Fill the empty cells; a revision is not recorded before the one that it follows."""
    today = settings.today().isoformat()
    for row in rows:
        if not row.get(COLUMN):
            row[COLUMN] = days.get(tuple(row[name] for name in keys), today)


def write(path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Write a table, with the new column behind known_precision, or before the last of it."""
    header = [column for column in rows[0] if column not in (COLUMN, *BEFORE.get(name, ()))]
    if "known_precision" in header:
        header.insert(header.index("known_precision") + 1, COLUMN)
    else:
        header += [COLUMN, *BEFORE[name]]
        for row in rows:
            if not row.get("archive_url") and not row.get("archive_note"):
                row |= {"archived_on": settings.today().isoformat(), "archive_note": NO_COPY}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
