"""
Switch off each check of `checks.py` in a copy, one at a time, and say whether its test notices.

    python scripts/switch_off.py                    all of them, some 40 minutes
    python scripts/switch_off.py --only _safe ...   those whose function is named so
    python scripts/switch_off.py --part 2/4         the second quarter

A check is caught if its test fails as a test does: not if nothing could be imported, and not if time ran out. Ends with
1 if one was not. The tests are run once as they are before, so that none of them fails for another reason.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
from checks import CHECKS, Check

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "static", "test-artifacts", "*.egg-info")
KEPT = (".streamlit", ".dockerignore", ".gitignore", ".github")
LONGEST_S = 900
BROKEN = re.compile(r"\b(NameError|SyntaxError|IndentationError|ImportError|ModuleNotFoundError|UnboundLocalError)\b")
"""What fails so says that the change does not fit, not that a promise was missed."""
TIME_OUT = re.compile(r"^Failed: Timeout")


class Place(NamedTuple):
    """Where a function, a class or a constant stands: its file, and its first and last byte."""

    path: Path
    begin: int
    end: int
    node: ast.AST | None = None


class NotFoundError(LookupError):
    """A check is not where the table says, or not exactly once."""


# ----------------------------------------------------------------------------------------------------- what is changed


def changed(check: Check, root: Path = ROOT) -> tuple[Path, str]:
    """
    Return the file of a check, relative to `root`, and its text with the check switched off.

    Raises
    ------
    NotFoundError
        If its function, or the text in it, is not there exactly once.
    """
    place = _place(check, root)
    content = (root / place.path).read_bytes()
    begin, end, off = place.begin, place.end, check.off
    if check.text:
        there = content[begin:end].decode()
        if there.count(check.text) != 1:
            raise NotFoundError(f"{check.where}: {check.text!r} stands there {there.count(check.text)} times")
        new = there.replace(check.text, off)
    elif isinstance(place.node, ast.FunctionDef | ast.AsyncFunctionDef):
        first = place.node.body[1 if ast.get_docstring(place.node, clean=False) is not None else 0]
        begin, new = _at(content, first.lineno, first.col_offset), off
    elif isinstance(place.node, ast.Assign | ast.AnnAssign) and place.node.value is not None:
        value = place.node.value
        begin, new = _at(content, value.lineno, value.col_offset), off
    else:
        raise NotFoundError(f"{check.where}: only a text in it can be replaced")
    return place.path, (content[:begin] + new.encode() + content[end:]).decode()


def _place(check: Check, root: Path) -> Place:
    if (root / check.where).is_file():
        return Place(Path(check.where), 0, (root / check.where).stat().st_size)
    suffix = ".js" if check.where.startswith("js ") else ".py"
    name = check.where.removeprefix("js ")
    places = [
        place
        for path in sorted((root / "mssmap").rglob(f"*{suffix}"))
        if check.room in path.relative_to(root).parts or not check.room
        for place in (_in_script if suffix == ".js" else _in_python)(path, name, root)
    ]
    if len(places) > 1 and check.text:
        places = [one for one in places if check.text.encode() in (root / one.path).read_bytes()[one.begin : one.end]]
    if len(places) != 1:
        raise NotFoundError(f"{check.where}: found {len(places)} times in the code, required once")
    return places[0]


def _in_python(path: Path, name: str, root: Path) -> Iterator[Place]:
    content = path.read_bytes()
    if name.rpartition(".")[2].encode() not in content:
        return
    for found, node in _all(content):
        if found == name:
            begin = _at(content, node.lineno, node.col_offset)
            yield Place(
                path.relative_to(root), begin, _at(content, node.end_lineno or 0, node.end_col_offset or 0), node
            )


@lru_cache(maxsize=256)
def _all(content: bytes) -> list[tuple[str, ast.stmt]]:
    return list(_named(ast.parse(content), ""))


def _named(node: ast.AST, before: str) -> Iterator[tuple[str, ast.stmt]]:
    """Yield each function, class and constant with its name, which those around it are part of."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{before}{inner.name}", inner
            yield from _named(inner, f"{before}{inner.name}.")
        elif isinstance(inner, ast.AnnAssign | ast.Assign) and not isinstance(node, ast.FunctionDef):
            targets = [inner.target] if isinstance(inner, ast.AnnAssign) else inner.targets
            yield from ((f"{before}{one.id}", inner) for one in targets if isinstance(one, ast.Name))


def _at(content: bytes, line: int, column: int) -> int:
    return sum(len(one) for one in content.split(b"\n")[: line - 1]) + line - 1 + column


def _in_script(path: Path, name: str, root: Path) -> Iterator[Place]:
    """Yield functions and methods of a name; their braces are in balance."""
    text = path.read_text(encoding="utf-8")
    start = rf"^ *(?:export )?(?:async )?(?:function )?{re.escape(name)}\([^\n]*\) \{{|^(?:export )?const {name} = "
    for found in re.finditer(start, text, re.MULTILINE):
        end = text.index("\n", found.start())
        while text.count("{", found.start(), end) > text.count("}", found.start(), end):
            end = text.index("\n", end + 1)
        yield Place(path.relative_to(root), len(text[: found.start()].encode()), len(text[:end].encode()))


# -------------------------------------------------------------------------------------------------------- what happens


@contextmanager
def copied() -> Iterator[Path]:
    """Copy what is tested to a folder that lasts as long as the context."""
    with tempfile.TemporaryDirectory(prefix="mssmap-off-") as folder:
        copy = Path(folder) / "mssmap"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT, symlinks=True)
        for name in KEPT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name)
            elif (ROOT / name).exists():
                shutil.copy(ROOT / name, copy / name)
        asked = [sys.executable, "-c", "import mssmap; print(mssmap.__file__)"]
        used = subprocess.run(asked, cwd=copy, env=_environment(copy), capture_output=True, text=True, check=True)
        if not Path(used.stdout.strip()).is_relative_to(copy):
            raise SystemExit(f"the tests would run with {used.stdout.strip()}, required the copy in {copy}")
        yield copy


def _environment(copy: Path) -> dict[str, str]:
    without = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MSSMAP_SOAK"))}
    return {**without, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def failures(tests: Iterable[str], copy: Path) -> list[str]:
    """
    Run tests in the copy; return the reasons of those that failed, as `test: reason`.

    Raises
    ------
    RuntimeError
        If they could not be run to their end: nothing found, an error before or after a test, no time left.
    """
    report = copy.parent / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env=_environment(copy), capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"no end after {LONGEST_S} s") from error
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"pytest ended with {done.returncode}: {' '.join(done.stdout.split())[-300:]}")
    cases = list(ElementTree.parse(report).iter("testcase"))
    found = [f"{case.get('name')}: {_short(one.get('message'))}" for case in cases for one in case if _is_failure(one)]
    wrong = [one for case in cases for one in case if one.tag in {"error", "skipped"}]
    if wrong and not found:  # after a failure putting away may fail too
        raise RuntimeError(f"{wrong[0].tag}: {_short(wrong[0].get('message'))}")
    return found


def _is_failure(one: ElementTree.Element) -> bool:
    """Whether a test failed, or what it asserts when the page is left: no script failed, no request went out."""
    told = str(one.get("message"))
    return one.tag == "failure" or (one.tag == "error" and told.startswith('failed on teardown with "AssertionError'))


def _short(text: str | None) -> str:
    return " ".join((text or "").split())[:160]


def switched_off(check: Check, copy: Path) -> str:
    """Switch a check off in the copy and on again; return why it was not caught, empty if it was."""
    path, text = changed(check, copy)
    as_it_is = (copy / path).read_bytes()
    (copy / path).write_text(text, encoding="utf-8")
    try:
        found = failures(["-x", check.test], copy)
    except RuntimeError as error:
        return str(error)
    finally:
        (copy / path).write_bytes(as_it_is)
    if not found:
        return "its test passes"
    reason = found[0].partition(": ")[2]
    return f"for another reason: {reason}" if BROKEN.search(reason) or TIME_OUT.match(reason) else ""


def run(checks: Iterable[Check], *, as_they_are: bool = True) -> list[str]:
    """
    Switch checks off one by one, telling each; return those that were not caught, with the reason.

    Parameters
    ----------
    as_they_are
        Whether the tests are run once before anything is changed.
    """
    chosen, missed = list(checks), []
    with copied() as copy:
        tests = dict.fromkeys(check.test for check in chosen)
        if as_they_are and (already := failures(tests, copy)):
            raise SystemExit("these fail as they are:\n" + "\n".join(already))
        for check in chosen:
            why = switched_off(check, copy)
            print(
                f"{'NOT CAUGHT' if why else 'caught'}  {check.where}: {check.says}{f' ({why})' if why else ''}",
                flush=True,
            )
            missed += [f"{check.where}: {why}"] if why else []
    return missed


def main() -> int:
    """Run those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="functions whose checks are switched off")
    parser.add_argument("--promise", nargs="+", metavar="ID", help="promises whose checks are switched off")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="every Nth check, from the Kth on")
    parser.add_argument("--at-once", action="store_true", help="do not run the tests as they are before")
    asked = parser.parse_args()
    nth, of = map(int, asked.part.split("/"))
    chosen = [
        check
        for check in CHECKS
        if (not asked.only or check.where in asked.only) and (not asked.promise or check.promise in asked.promise)
    ][nth - 1 :: of]
    missed = run(chosen, as_they_are=not asked.at_once)
    print(f"{len(chosen)} checks switched off, {len(chosen) - len(missed)} caught")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
