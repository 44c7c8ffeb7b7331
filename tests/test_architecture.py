"""Imports point one way, heavy libraries stay where they belong, importing mssmap does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mssmap

ROOT = Path(__file__).resolve().parent.parent

LEVELS = (
    ["version", "errors", "crs", "values", "settings", "i18n", "jail"],
    ["records"],
    ["measures", "legend"],
    ["planning"],
    ["store", "ingest", "archive"],
    ["telling", "maps", "exports", "brief"],
    ["api"],
    ["ui", "cli"],
    ["pages"],
    ["app"],
)
"""A module may import from its own level and from those before it."""

LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}

ONLY_IN = {
    "streamlit": {"ui", "pages", "app"},
    "streamlit_folium": {"maps", "ui"},
    "folium": {"maps", "ui"},
    "branca": {"maps", "ui"},
    "typer": {"cli"},
}


def sources() -> list[Path]:
    found = [*ROOT.glob("mssmap/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")]
    return [path for path in found if path.name not in ("__init__.py", "__main__.py") or path.parent.name != "mssmap"]


def room(path: Path) -> str:
    """Return the module or folder of the layout that a file belongs to."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "mssmap" else parts[0]


def imported(path: Path) -> list[str]:
    """Return the dotted names that a file imports anywhere, also inside functions."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def own(name: str) -> str | None:
    """Return the room that an imported name belongs to, None if it is not one of ours."""
    first, _, rest = name.partition(".")
    if first == "mssmap":
        return rest.partition(".")[0] or None
    return first if first in ("pages", "app") else None


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    here = room(path)
    assert here in LEVEL, f"{here} is new: give it a place in LEVELS"
    for name in imported(path):
        there = own(name)
        if there in LEVEL:
            assert LEVEL[there] <= LEVEL[here], f"{here} imports {name}, which lies above it"
        allowed = ONLY_IN.get(name.partition(".")[0])
        assert allowed is None or here in allowed, f"{here} imports {name}; only {', '.join(sorted(allowed))} may"


def test_the_root_of_the_package_holds_the_ground_and_rooms_only():
    files = {path.stem for path in (ROOT / "mssmap").glob("*.py")}
    assert files == {"__init__", "__main__", "version", "errors", "crs", "settings", "values"}


def test_only_the_command_line_goes_through_the_package_itself():
    through = {room(path) for path in sources() if "mssmap" in imported(path)}
    assert through == {"cli"}


def test_the_package_itself_imports_only_the_vocabulary_at_the_top():
    tree = ast.parse((ROOT / "mssmap" / "__init__.py").read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [getattr(node, "module", None) or node.names[0].name for node in top]
    assert {name for name in names if name.startswith("mssmap")} == {
        "mssmap",
        "mssmap.errors",
        "mssmap.i18n",
        "mssmap.version",
    }


def test_no_public_function_has_the_name_of_a_module():
    """Importing the module would put it in the place of the function."""
    rooms = {room(path) for path in sources()}
    assert not rooms & {name for name in mssmap.__all__ if not isinstance(getattr(mssmap, name), type)}


@pytest.mark.parametrize("module", ["mssmap", "mssmap.cli"])
def test_importing_reads_nothing_and_loads_nothing_heavy(module):
    code = (
        f"import sys, {module}; heavy = ['numpy', 'pandas', 'geopandas', 'shapely', 'streamlit', 'folium'];"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
