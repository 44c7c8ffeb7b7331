"""The JavaScript is formatted, linted, checked strictly and tested, as the Python is; `make check` does the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_data import ROOT

CLIENT = ROOT / "mssmap" / "client"
OWN = [path for path in CLIENT.rglob("*.js") if path.name != "lint.js"]
LEAST_TESTS = 60


def deno(*arguments: str, folder: Path = CLIENT) -> subprocess.CompletedProcess[str]:
    """Run deno as it came with the development requirements; it asks the network for nothing."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = shutil.which("deno", path=places)
    assert command, "deno is not installed: make test-tools"
    env = {**os.environ, "PATH": places, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1", "DENO_DIR": str(ROOT / ".deno")}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.parametrize(
    "arguments", [("fmt", "--check"), ("lint",), ("check", "map", "page", "shared")], ids=lambda one: one[0]
)
def test_the_scripts_are_clean(arguments):
    done = deno(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_tests_pass():
    done = deno("test", "--no-check", "--cached-only")
    found = re.search(r"ok \| (\d+) passed \| 0 failed", done.stdout)
    assert found, done.stdout + done.stderr
    assert int(found[1]) >= LEAST_TESTS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the scripts that may be spoilt."""
    shutil.copytree(CLIENT, tmp_path / "client")
    return tmp_path / "client"


@pytest.mark.parametrize(
    ("command", "wrong", "told"),
    [
        ("check", "export const wrong = addMonths(1);", "Expected 2 arguments"),
        ("check", "export const wrong = (value) => value;", "implicitly has an 'any' type"),
        ("check", "const wrong = 1;", "declared but its value is never read"),
        ("lint", "window.wrong = 1;", "A name on window"),
        ("lint", "export const wrong = () => {" + "\n  isoOf(1);" * 60 + "\n};", "A function of 62 lines"),
    ],
)
def test_what_is_wrong_is_found(copy, command, wrong, told):
    path = copy / "shared" / "days.js"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{wrong}\n", encoding="utf-8")
    done = deno(command, *(["shared/days.js"]), folder=copy)
    assert done.returncode != 0
    assert told in done.stdout + done.stderr


def test_nobody_gets_out_of_the_check():
    """No `any`, and no comment that switches the check or the lint off."""
    ways_out = re.compile(r"@ts-|deno-lint-ignore|[{<(,:|]\s*any\s*[})>,\[|]")
    found = {path.name: ways_out.findall(path.read_text(encoding="utf-8")) for path in OWN}
    assert {name: ways for name, ways in found.items() if ways} == {}


def test_every_module_with_something_pure_has_tests_beside_it():
    assert {path.parent.name for path in OWN if path.name.endswith("_test.js")} == {"map", "page", "shared"}
