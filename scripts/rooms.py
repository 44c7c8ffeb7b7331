"""The rooms of the package and what they import, read from the code; docs/architecture.md is drawn from it."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ROOMS = (
    *("version", "i18n", "errors", "crs", "settings", "values", "jail"),
    *("client", "records", "measures", "legend", "planning", "telling"),
    *("store", "streets", "ingest", "archive", "maps", "exports", "api", "brief", "releases"),
    *("mssmap", "ui", "server", "cli", "pages", "app"),
)
"""Rooms in their order: a room may import from those before it and from no other. `mssmap` is the package itself."""

PAGES = "The pages of the app, one file each: what stands on them and in which order."


@cache
def modules() -> dict[str, Path]:
    """Return the files of the product by the dotted name of their module."""
    found = [*ROOT.glob("mssmap/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in found}


def room(module: str) -> str:
    """
    Return the room that a module lies in.

    >>> room("mssmap.records.views"), room("mssmap"), room("pages.planner"), room("mssmap.__main__")
    ('records', 'mssmap', 'pages', 'cli')
    """
    first, _, rest = module.partition(".")
    inner = rest.partition(".")[0]
    return ("cli" if inner == "__main__" else inner or "mssmap") if first == "mssmap" else first


def imports(path: Path) -> list[str]:
    """Return the dotted names that a file imports anywhere, also inside functions."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@cache
def graph() -> dict[str, set[str]]:
    """Return of each module the modules of ours that it imports."""
    known = modules()

    def module(name: str) -> str:
        return name if name in known else name.rpartition(".")[0]

    return {here: {there for name in imports(path) if (there := module(name)) in known} for here, path in known.items()}


def arrows() -> dict[str, set[str]]:
    """Return of each room the other rooms that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for here, names in graph().items():
        found[room(here)] |= {room(there) for there in names} - {room(here)}
    return found


def drawn() -> str:
    """Return docs/architecture.md: each arrow that no longer way says already, and a row for each room."""
    found, known = arrows(), modules()
    reached: dict[str, set[str]] = {}
    for name in ROOMS:
        reached[name] = found[name].union(*(reached[below] for below in found[name]))
    lines = ["flowchart TD"]
    for name in reversed(ROOMS):
        longer = set[str]().union(*(reached[below] for below in found[name]))
        lines += [f"  {name} --> {below}" for below in reversed(ROOMS) if below in found[name] - longer]
    rows = []
    for name in reversed(ROOMS):
        inside = [path for module, path in known.items() if room(module) == name]
        says = PAGES if name == "pages" else _says(name)
        rows.append(f"| `{name}` | {says} | {len(inside)} | {' '.join(r for r in ROOMS if r in found[name])} |")
    return "\n".join(
        [
            "# Rooms",
            "",
            "Made from the code by `python scripts/build_docs.py`; a test keeps it current. A package is a subject of",
            "the reader. It may import those below it in the picture and no other, and no circle runs through modules",
            "(`tests/test_architecture.py`). An arrow that a longer way says already is left out of the picture.",
            "",
            "```mermaid",
            *lines,
            "```",
            "",
            "| room | what is in it | modules | imports |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _says(name: str) -> str:
    """Return the first sentence of the docstring of a room."""
    inside = ROOT / "mssmap" / name
    places = [inside / "__init__.py", inside.with_suffix(".py"), ROOT / f"{name}.py", ROOT / name / "__init__.py"]
    face = next(path for path in places if path.exists())
    return " ".join((ast.get_docstring(ast.parse(face.read_text(encoding="utf-8"))) or "").split("\n\n")[0].split())
