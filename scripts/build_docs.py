"""
Write docs/reference.md from the code: settings, commands, keys of the address, datasets, the rule of the grades; and
the tables of docs/reliability.md and SECURITY.md of what may be handed over and of the checks that are switched off;
and docs/architecture.md from what the modules import.

    python scripts/build_docs.py            write it
    python scripts/build_docs.py --check    say whether it is current (exit 1 if not)
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer.main

from mssmap import cli, settings
from mssmap.api import openapi
from mssmap.api.query import ALLOWED
from mssmap.exports.formats import FORMATS
from mssmap.ingest import LIMITS
from mssmap.legend import layers
from mssmap.records import catalog, evidence
from mssmap.ui import state

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import checks
import doors
import rooms

from benchmarks.promises import PROMISES

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
RELIABILITY = TARGET.with_name("reliability.md")
SECURITY = TARGET.parents[1] / "SECURITY.md"
ARCHITECTURE = TARGET.with_name("architecture.md")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows])


def commands() -> str:
    """Each command with its options, as typer knows them; of a group each of its commands."""
    parts = []
    for name, command in _commands(typer.main.get_command(cli.app), ""):
        rows = [
            (f"`{' '.join(option.opts)}`", (getattr(option, "help", None) or "").strip())
            for option in command.params
            if option.name != "help"
        ]
        summary = (command.help or "").strip().split("\n\n")[0].replace("\n", " ")
        parts.append(f"### mssmap{name}\n\n{summary}\n\n" + (table(("option", "what it does"), rows) if rows else ""))
    return "\n\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for part, inner in sorted(command.commands.items()):
        yield from _commands(inner, f"{name} {part}")


API = """Read-only routes under `/api`, after OGC API - Features part 1 (core, GeoJSON, OpenAPI 3.0).
`/api/openapi.json` describes them; answers carry an ETag. QGIS: *Layer, Add WFS / OGC API -
Features layer*, address `http://HOST:8501/api`; GDAL: `ogrinfo OAPIF:http://HOST:8501/api`.
`/readyz` answers 200 when data and store can be used, else 503. For full conformance serve the
GeoPackage export with [pygeoapi](pygeoapi.md)."""

EXPORTS = """Every export carries a proof: title, filter, both dates, sources with grades, licences, attribution,
columns, version, and a hash of every row. It stands in the GeoJSON member `mssmap`, the GeoPackage
table `mssmap_proof`, the FlatGeobuf metadata `mssmap`, the GeoParquet key `mssmap`, the XLSX sheet
`mssmap`, the script `mssmap-proof` of an HTML map, else in `NAME.mssmap.json` in the zip. In CSV a
text that starts with `= + - @`, tab or CR gets an apostrophe before it, and `mssmap verify` takes
it off. Points in CSV and XLSX are `lon`, `lat` (`utm_x`, `utm_y` in metres). Rows are compared as
`mssmap/exports/canonical.py` defines. Layers under the ODbL stand in files of their own."""

IMPORTS = """`mssmap import` and the tab *Import* read CSV, XLSX, GeoJSON, GeoPackage, zipped Shapefile, KML,
FlatGeobuf, GeoParquet, an HTML map of ours, or a zip of these, in a process that can open no file
and no connection. ACLED (also by week or month), HDX HAPI, UCDP GED, IOM DTM, GDELT, COD-AB, COD-PS,
OpenStreetMap and our own exports are recognised by their
columns; anything else goes through a mapping that can be saved. Beyond a limit a file is refused;
an import of more than 5,000 events becomes an archive, which may have millions."""


def api_parameters() -> list[tuple[str, ...]]:
    """Parameters of the records of a collection."""
    return [(f"`{name}`", openapi.PARAMETERS[name]["description"]) for name in ALLOWED]


def formats() -> list[tuple[str, ...]]:
    """Formats of exports."""
    return [(f"`{key}`", f"`{chosen.suffix}`", chosen.note) for key, chosen in FORMATS.items()]


def text() -> str:
    """The whole page."""
    data = catalog.read_catalog(settings.default_data_dir())
    keys = [(f"`{key}`", setting.what) for key, setting in state.ADDRESS_KEYS.items()]
    names = ", ".join(f"`{name}`" for name in (*layers.GROUPS, *layers.ALL))
    rows = [(f"`{d.name}`", d.title, str(d.rows), d.licence) for d in data.values()]
    parts = [
        "# Reference",
        "Made by `scripts/build_docs.py` from the code; a test keeps it current.",
        "## Keys of the address",
        table(("key", "what it holds"), keys),
        f"Values of `layers`: {names}.",
        "## Commands",
        commands(),
        "## Settings",
        table(
            ("variable", "default", "what it does"),
            [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.help) for s in settings.SETTINGS],
        ),
        "## The API",
        API,
        table(("parameter", "what it does"), api_parameters()),
        "## Exports",
        EXPORTS,
        table(("format", "file", "what it is good for"), formats()),
        "## Files from outside",
        IMPORTS,
        table(
            ("limit", "at most"), [(f"`{name}`", f"{value:,}") for name, value in dataclasses.asdict(LIMITS).items()]
        ),
        "## Datasets",
        table(("name", "title", "rows", "licence"), rows),
        "## The rule of the grades",
        "```\n" + (evidence.__doc__ or "").strip() + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def reliability() -> str:
    """The page about what is promised, with the tables of the doors and of the checks as they should be."""
    page = RELIABILITY.read_text(encoding="utf-8")
    head = ("what is handed over", "what is measured before it is opened", "limits", "who reads it")
    doors_table = table(head, [door.row() for door in doors.DOORS])
    promises = [promise.id for promise in PROMISES]
    return _with(_with(page, doors, doors_table), checks, _checks_of(promises))


def security() -> str:
    """The page about security, with the table of the checks as it should be."""
    page = SECURITY.read_text(encoding="utf-8")
    return _with(page, checks, _checks_of(re.findall(r"^\|[^|]*\|[^|]*\| `([\w-]+)`: ", page, re.MULTILINE)))


def _with(page: str, marks: ModuleType, block: str) -> str:
    """Put a block between the two marks of a page."""
    before, _begin, rest = page.partition(marks.BEGIN)
    return f"{before}{marks.BEGIN}\n\n{block}\n\n{marks.END}{rest.partition(marks.END)[2]}"


def _checks_of(promises: list[str]) -> str:
    rows = [row for name in promises for row in checks.rows(name)]
    return table(("promise", "check", "test", "switched off and caught"), rows)


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    made = {TARGET: text(), RELIABILITY: reliability(), SECURITY: security(), ARCHITECTURE: rooms.drawn()}
    if not check:
        for path, page in made.items():
            path.write_text(page, encoding="utf-8")
        return 0
    old = [path.name for path, page in made.items() if not path.exists() or path.read_text(encoding="utf-8") != page]
    if old:
        print(f"{', '.join(old)}: not current. Run python scripts/build_docs.py.")
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
