"""Imports point one way, heavy libraries stay where they belong, importing mssmap does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import lanes
import pytest
from small_data import load_script

import mssmap

ROOT = Path(__file__).resolve().parent.parent

ROOMS = load_script("rooms")
ORDER = {name: place for place, name in enumerate(ROOMS.ROOMS)}

ONLY_IN = {
    "streamlit": {"ui", "server", "pages", "app"},
    "streamlit_folium": {"maps", "ui"},
    "folium": {"maps", "ui"},
    "branca": {"maps", "ui"},
    "typer": {"cli"},
}


@pytest.mark.parametrize("module", sorted(ROOMS.modules()))
def test_a_module_imports_only_from_rooms_below_its_own(module):
    here = ROOMS.room(module)
    assert here in ORDER, f"{here} is new: give it a place in scripts/rooms.py"
    for there in ROOMS.graph()[module]:
        assert ROOMS.room(there) == here or ORDER[ROOMS.room(there)] < ORDER[here], (
            f"{module} imports {there}, above it"
        )


def test_no_circle_runs_through_modules():
    tuple(TopologicalSorter(ROOMS.graph()).static_order())


@pytest.mark.parametrize("module", sorted(ROOMS.modules()))
def test_heavy_libraries_stay_in_their_rooms(module):
    here = ROOMS.room(module)
    for name in ROOMS.imports(ROOMS.modules()[module]):
        allowed = ONLY_IN.get(name.partition(".")[0])
        assert allowed is None or here in allowed, f"{module} imports {name}; only {', '.join(sorted(allowed))} may"


def test_what_the_quick_lane_leaves_out_is_there():
    assert [
        place for place in (*lanes.ELSEWHERE, *lanes.CAMPAIGNS) if not (ROOT / place.partition("::")[0]).exists()
    ] == []


def test_the_root_of_the_package_holds_the_ground_and_rooms_only():
    files = {path.stem for path in (ROOT / "mssmap").glob("*.py")}
    assert files == {"__init__", "__main__", "version", "errors", "crs", "settings", "values"}


def test_only_the_command_line_goes_through_the_package_itself():
    through = {ROOMS.room(module) for module, path in ROOMS.modules().items() if "mssmap" in ROOMS.imports(path)}
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
    assert not set(ROOMS.ROOMS) & {name for name in mssmap.__all__ if not isinstance(getattr(mssmap, name), type)}


@pytest.mark.parametrize("module", ["mssmap", "mssmap.cli"])
def test_importing_reads_nothing_and_loads_nothing_heavy(module):
    code = (
        f"import sys, {module}; heavy = ['numpy', 'pandas', 'geopandas', 'shapely', 'streamlit', 'folium'];"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
