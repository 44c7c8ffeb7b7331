"""Text that is not ours stands on the screen and in the terminal as it is."""

from __future__ import annotations

import ast
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks
from mssmap.store import open_store, plans
from mssmap.ui import logs, plain

CLOCKS = Clocks(date(2025, 1, 18), date(2025, 1, 18))
ROOT = Path(__file__).resolve().parents[2]
MARKDOWN_LINES = {"markdown", "caption", "info", "warning", "error", "success", "write", "subheader", "header"}
MARKDOWN_LABELS = {
    *("toast", "button", "checkbox", "expander", "popover", "download_button", "link_button", "metric", "status"),
    *("spinner", "toggle", "text_input", "text_area", "number_input", "selectbox", "multiselect", "date_input"),
    *("file_uploader", "form_submit_button", "slider", "progress", "radio", "segmented_control", "pills"),
}
FILLED_IN = {"number", "day", "len", "round"}
"""Functions that give numbers and dates, which may be filled into a label."""
NOT_STREAMLIT = {"log", "plain", "text", "file", "layers"}


def is_ours(node: ast.expr) -> bool:
    """Whether words are written in the program, at most with numbers and dates filled in."""
    match node:
        case ast.Constant():
            return True
        case ast.BinOp():
            return is_ours(node.left) and is_ours(node.right)
        case ast.IfExp():
            return is_ours(node.body) and is_ours(node.orelse)
        case ast.BoolOp():
            return all(map(is_ours, node.values))
        case ast.Call(func=ast.Name(id="_")):
            return is_ours(node.args[0])
        case ast.Call(func=ast.Attribute(attr="label" | "reason")):
            return True  # plain.label; permits.reason, which is made of words of ours
        case ast.Call(func=ast.Attribute(attr="format", value=words)):
            return is_ours(words) and all(is_number(keyword.value) for keyword in node.keywords)
    return isinstance(node, ast.Name) and node.id == "words"  # `words and plain.label(words)`


def is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in FILLED_IN


def foreign(tree: ast.AST) -> list[str]:
    """Return the places where words that may not be ours go to a function that reads Markdown."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id in NOT_STREAMLIT:
            continue
        name = node.func.attr
        if name not in MARKDOWN_LINES | MARKDOWN_LABELS:
            continue
        said = list(node.args[1:2] if name == "progress" else node.args[:1])
        said += [keyword.value for keyword in node.keywords if keyword.arg in ("label", "help", "body", "text")]
        found += [f"line {node.lineno}: {ast.unparse(one)}" for one in said if not is_ours(one)]
    return found


@pytest.mark.parametrize(
    "path",
    [ROOT / "app.py", *sorted(ROOT.glob("pages/*.py")), *sorted(ROOT.glob("mssmap/ui/**/*.py"))],
    ids=lambda p: p.name,
)
def test_words_that_are_not_ours_go_through_plain(path: Path) -> None:
    assert foreign(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("words", ["name", "f'{n} files'", "_('{n} of').format(n=name)", "str(error)", "titles[key]"])
def test_the_rule_finds_them(words: str) -> None:
    assert foreign(ast.parse(f"st.caption({words})"))
    assert foreign(ast.parse(f"st.button({words}, key='x')"))


# ------------------------------------------------------------------------------------------- the terminal and the log

STEERING = "n\x1b[31m\x1b]0;t\x07\x9b2J\u202eevil\u2066\r"
"""Colour, title of the window, clearing it, the direction of writing, the start of the line."""


def in_a_terminal(*arguments: str, cwd: Path, **env: str) -> str:
    """Run a command whose output is a terminal, and return what arrives there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mssmap", *arguments], stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, cwd=cwd,
        env={**os.environ, **env},
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        process.wait()
    os.close(ours)
    return said.decode()


def test_a_terminal_is_not_steered_by_names(tmp_path: Path, small: Data) -> None:
    """Of a file, of its licence, of a person and of a plan; with `--json` too."""
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_store(url, make=True)
    plans.save(
        store, plan_file.to_dict(scenario.baseline(small, CLOCKS, "F6").copy("p1", "n")), version=0, actor=STEERING
    )
    store.engine.dispose()
    (tmp_path / f"{STEERING}.csv").write_text("lat,lon,name\n18.6,-72.3,x\n", encoding="utf-8")
    at = {"cwd": tmp_path, "MSSMAP_DATABASE_URL": url, "PYTHONUTF8": "1"}
    said = [
        in_a_terminal("log", **at),
        in_a_terminal("import", f"{STEERING}.csv", "--dry-run", **at),
        in_a_terminal("verify", STEERING, **at),
        in_a_terminal("import", f"{STEERING}.csv", "--json", **at),
    ]
    for text in said:
        assert "evil" in text
        lines = text.replace("\r\n", "\n").replace("\rmssmap: ", "mssmap: ")  # how far it is, on one line
        assert [sign for sign in lines if not sign.isprintable() and sign not in "\n\t"] == [], text


@pytest.mark.parametrize("as_json", [True, False])
def test_a_log_is_not_steered_by_what_it_tells(as_json: bool) -> None:
    record = logs.log.makeRecord("mssmap", 40, "", 0, STEERING, (), None, extra={"fields": {"path": STEERING}})
    assert logs.Lines(as_json=as_json).format(record).isprintable()


def test_a_label_shows_every_sign_as_it_stands():
    assert plain.label("[a](b) $x$") == r"\[a\]\(b\) \$x\$"
