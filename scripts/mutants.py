"""
Change the code in one place, again and again, and say which changes no test notices.

    python scripts/mutants.py --record FOLDER          which test runs which line, once; the better part of an hour
    python scripts/mutants.py FOLDER --number 100 --seed 1

A sample is drawn from the lines that tests run; the seed says which. Each change is made in a copy, and the tests that
run its line are run there, the quickest first. A test belongs to a line if it ran it in its own process; servers and
commands that a file of tests starts belong to the whole file. `--room` draws from one room only, `--without` leaves out
tests whose path begins so.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import Queue
from typing import Final

import coverage

sys.path.insert(0, str(Path(__file__).resolve().parent))
from switch_off import copied, failures

ROOT = Path(__file__).resolve().parents[1]
TRACER = Path(__file__).resolve().parent / "tracer"
CONTEXT = "MSSMAP_COVERED_BY"
FIRST = 40
"""So many of the quickest tests of a line are run before the others."""
ROOMS: Final = {
    "clocks and records": ("records",),
    "key figures and text": ("measures", "legend", "telling", "i18n"),
    "planning": ("planning",),
    "exports and imports": ("exports", "ingest", "archive", "api", "jail", "maps", "cli"),
    "store": ("store",),
    "pages and pack": ("ui", "brief", "pages", "app.py"),
}


@dataclass(frozen=True)
class Change:
    """A single change: which bytes of a file become what."""

    path: Path
    line: int
    begin: int
    end: int
    new: bytes
    old: bytes

    def __str__(self) -> str:
        """Say where it is and what is changed."""
        old, new = (" ".join(text.decode().split()) for text in (self.old, self.new))
        return f"{self.path}:{self.line}: {old[:60]!r} -> {new[:60]!r}"


# ------------------------------------------------------------------------------------------------- what can be changed

COMPARED: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "in": "not in", "is": "is not"}
COMPARED_BACK: Final = {"not in": "in", "is not": "is"}
REACHED: Final = {"+": "-", "-": "+", "*": "/", "/": "*", "|": "&", "&": "|", "//": "*"}
EXTREMES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Changes(ast.NodeVisitor):
    """Collects the changes that can be made to a file."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content, self.found = path, content, list[Change]()
        starts = [0]
        for line in content.split(b"\n"):
            starts.append(starts[-1] + len(line) + 1)
        self.starts = starts
        self.visit(ast.parse(content))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
        )

    def change(self, begin: int, end: int, new: str, line: int) -> None:
        text = self.content[:begin] + new.encode() + self.content[end:]
        try:
            ast.parse(text)
        except SyntaxError:
            return
        self.found.append(Change(self.path, line, begin, end, new.encode(), self.content[begin:end]))

    def turned(self, left: ast.expr, right: ast.expr, table: dict[str, str]) -> None:
        """Change the sign between two expressions."""
        begin, end = self.span(left)[1], self.span(right)[0]
        between = self.content[begin:end].decode()
        for sign in sorted(table, key=len, reverse=True):
            found = re.search(rf"(?<![\w<>=!/*]){re.escape(sign)}(?![\w<>=/*])", between)
            if found:
                self.change(begin + found.start(), begin + found.end(), table[sign], right.lineno)
                return

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for inner in (*node.args.defaults, *(one for one in node.args.kw_defaults if one), *node.body):
            self.visit(inner)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for inner in node.body:
            self.visit(inner)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Places within a formatted text are not told before Python 3.12."""

    def visit_Compare(self, node: ast.Compare) -> None:
        self.turned(node.left, node.comparators[0], COMPARED | COMPARED_BACK)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.turned(left, right, {"and": "or", "or": "and"})
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.turned(node.left, node.right, REACHED)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.turned(node.target, node.value, {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "*=": "/="})
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.change(self.span(node)[0], self.span(node.operand)[0], " ", node.lineno)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool | int | float):
            new = repr(not node.value) if isinstance(node.value, bool) else repr(node.value + 1)
            self.change(*self.span(node), new, node.lineno)

    def negated(self, test: ast.expr) -> None:
        begin, end = self.span(test)
        self.change(begin, end, f"not ({self.content[begin:end].decode()})", test.lineno)

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.negated(node.test)
            self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.negated(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.negated(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self.change(*self.span(test), "True", test.lineno)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value and not isinstance(node.value, ast.Constant):
            self.change(*self.span(node), "return None", node.lineno)
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.change(*self.span(node), "pass", node.lineno)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.change(*self.span(node), "pass", node.lineno)
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Drop a filter of rows."""
        if isinstance(node.slice, ast.Compare | ast.BinOp | ast.Call | ast.UnaryOp) and isinstance(node.ctx, ast.Load):
            self.change(self.span(node.value)[1], self.span(node)[1], "", node.lineno)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in EXTREMES:
            self.change(*self.span(node.func), EXTREMES[node.func.id], node.lineno)
        for word in node.keywords:
            if word.arg:
                self.dropped(word)
        self.generic_visit(node)

    def dropped(self, word: ast.keyword) -> None:
        """Leave an argument out, with the comma before or after it."""
        begin, end = self.span(word)
        before = re.search(rb",\s*$", self.content[:begin])
        if before:
            self.change(before.start(), end, "", word.value.lineno)
        elif after := re.match(rb"\s*,?", self.content[end:]):
            self.change(begin, end + after.end(), "", word.value.lineno)


# ------------------------------------------------------------------------------------------------ which test runs what


class Recorded:
    """Which test runs which line, and how long each takes."""

    def __init__(self, folder: Path, without: tuple[str, ...]) -> None:
        self.data = coverage.CoverageData(str(folder / "covered"))
        self.data.read()
        self.without = without
        lines = (folder / "durations").read_text(encoding="utf-8").splitlines()
        self.seconds = {node: float(seconds) for seconds, _, node in (line.partition(" ") for line in lines)}

    @cached_property
    def files(self) -> dict[Path, str]:
        """The files of the product by their path, with what they are called in the recording."""
        found = {Path(name): name for name in self.data.measured_files()}
        inside = {Path(*path.parts[_root(path) + 1 :]): name for path, name in found.items()}
        return {path: name for path, name in sorted(inside.items()) if path.parts[0] in {"mssmap", "pages", "app.py"}}

    def tests(self, path: Path) -> dict[int, set[str]]:
        """Return the tests of each line that one runs."""
        found = self.data.contexts_by_lineno(self.files[path])
        kept = {line: {one for one in of if one and not one.startswith(self.without)} for line, of in found.items()}
        return {line: of for line, of in kept.items() if of}

    def in_order(self, tests: Iterable[str]) -> list[str]:
        """Return tests, the quickest first; a file takes as long as all of its tests."""
        whole = defaultdict[str, float](float)
        for node, seconds in self.seconds.items():
            whole[node.partition("::")[0]] += seconds
        files = {test for test in tests if "::" not in test}
        single = [test for test in tests if "::" in test and test.partition("::")[0] not in files]
        return sorted([*files, *single], key=lambda test: (self.seconds.get(test, whole[test]), test))


def _root(path: Path) -> int:
    """The number of the part of a path that the copy of the product is."""
    return path.parts.index("mssmap", next(i for i, part in enumerate(path.parts) if part.startswith("mssmap-off-")))


def record(folder: Path, tests: list[str]) -> None:
    """Run the tests in a copy and write which line each runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with copied() as copy:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{TRACER}:{copy}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MSSMAP_COVER": str(folder.resolve() / "covered"),
            "MSSMAP_COVER_ROOT": str(copy),
            "MSSMAP_COVER_DURATIONS": str(folder.resolve() / "durations"),
        }
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "covering", "-p", "no:cacheprovider", *tests]
        subprocess.run([*command, "--timeout=900"], cwd=copy, env=environment, check=False)
    whole = coverage.CoverageData(str(folder / "covered"))
    for part in sorted(folder.glob("covered.*")):
        one = coverage.CoverageData(str(part))
        one.read()
        whole.update(one)
        part.unlink()
    whole.write()


# ---------------------------------------------------------------------------------------------------------- the sample


def drawn(recorded: Recorded, number: int, seed: int, rooms: tuple[str, ...]) -> list[tuple[Change, list[str]]]:
    """Draw lines that tests run, each as likely as any other, and of each one change; return them with the tests."""
    places: list[tuple[list[Change], set[str]]] = []
    for path in recorded.files:
        if rooms and not any(part in path.parts for part in rooms):
            continue
        content = (ROOT / path).read_bytes()
        tests = recorded.tests(path)
        changes = defaultdict[int, list[Change]](list)
        for change in Changes(path, content).found:
            changes[change.line].append(change)
        used = _uses(content, tests)
        places += [(changes[line], used.get(line, tests[line])) for line in sorted(changes) if line in tests]
    chance = random.Random(seed)
    chosen = chance.sample(places, min(number, len(places)))
    return [(chance.choice(changes), recorded.in_order(tests)) for changes, tests in chosen]


def _uses(content: bytes, tests: dict[int, set[str]]) -> dict[int, set[str]]:
    """
    Return the tests of lines that run when a module is loaded, which says nothing.

    They are those that run a function with the name of the constant, or any of the module if there is none.
    """
    tree = ast.parse(content)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    everything = set().union(*(tests.get(n, set()) for one in functions for n in _body(one)), set())
    found = {}
    for top in _top(tree):
        names = {node.id for node in ast.walk(top) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        using = [one for one in functions if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(one))]
        of = set().union(*(tests.get(n, set()) for one in using for n in _body(one)), set()) or everything
        found |= dict.fromkeys(range(top.lineno, (top.end_lineno or 0) + 1), of)
    return {line: of for line, of in found.items() if of}


def _top(node: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef):
            yield from _top(inner)
        elif not isinstance(inner, ast.FunctionDef):
            yield inner


def _body(function: ast.FunctionDef) -> range:
    return range(function.body[0].lineno, (function.end_lineno or 0) + 1)


def noticed(change: Change, tests: list[str], copy: Path) -> str:
    """Make a change in the copy and take it back; return what noticed it, empty if nothing did."""
    path = copy / change.path
    content = path.read_bytes()
    path.write_bytes(content[: change.begin] + change.new + content[change.end :])
    try:
        for some in (tests[:FIRST], tests[FIRST:]):
            if some and (found := failures(["-x", "--timeout=300", *some], copy)):
                return found[0]
    except RuntimeError as error:  # nothing could be loaded, or there was no end to it
        return str(error)
    finally:
        path.write_bytes(content)
    return ""


def main() -> int:
    """Record, or draw and try."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what was recorded")
    parser.add_argument("--record", nargs="*", metavar="TEST", help="record these tests, all if none is named")
    parser.add_argument("--number", type=int, default=100, help="how many changes")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--room", nargs="+", default=[], help="draw from these rooms only")
    parser.add_argument("--without", nargs="+", default=[], metavar="PATH", help="leave out tests whose path begins so")
    parser.add_argument("--at-once", type=int, default=2, help="changes that are tried side by side, each in a copy")
    asked = parser.parse_args()
    if asked.record is not None:
        record(asked.folder, asked.record)
        return 0
    sample = drawn(Recorded(asked.folder, tuple(asked.without)), asked.number, asked.seed, tuple(asked.room))
    lived = tried(sample, asked.at_once)
    print(f"{len(sample)} changes, {len(sample) - len(lived)} noticed; not noticed:")
    for room, names in ROOMS.items():
        of = [change for change, _tests in sample if any(name in change.path.parts for name in names)]
        print(f"  {room}: {sum(change in lived for change in of)} of {len(of)}")
    for change in lived:
        print(f"  {change}")
    return 0


def tried(sample: list[tuple[Change, list[str]]], at_once: int) -> list[Change]:
    """Try each change, side by side; return those that no test noticed."""
    with ExitStack() as stack:
        copies = Queue[Path]()
        for _number in range(at_once):
            copies.put(stack.enter_context(copied()))

        def trial(item: tuple[Change, list[str]]) -> str:
            copy = copies.get()
            try:
                why = noticed(*item, copy)
            finally:
                copies.put(copy)
            told = f"noticed  {item[0]} ({why[:100]})" if why else f"NOT NOTICED  {item[0]} ({len(item[1])} tests)"
            print(told, flush=True)
            return why

        with ThreadPoolExecutor(at_once) as pool:
            return [change for (change, _tests), why in zip(sample, pool.map(trial, sample), strict=True) if not why]


if __name__ == "__main__":
    sys.exit(main())
