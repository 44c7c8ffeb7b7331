"""
The browser's side: modules in JavaScript with their types in JSDoc, and styles.

`shared/` is what page and map have in common, `map/` draws the map, `page/` the components of the pages. No build tool:
the modules that a script needs are joined into one, in the order of their imports.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from importlib import resources
from typing import Final

MAP: Final = "map/frame.js"
"""The map in its frame."""
PAGE: Final = "page/main.js"
"""The components of the pages."""
STANDALONE: Final = "page/standalone.js"
"""The page that needs no server, with its map."""
FIRST: Final = "page/first.js"
"""What lets the live page take the place of the first answer."""
STREETS: Final = "map/streets_worker.js"
"""What draws streets beside the page."""
LOADER: Final = "page/loader.js"
"""What Streamlit runs for each component; a module by itself."""

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_COMMENT: Final = re.compile(r"^ */\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
_NAMED: Final = re.compile(r"^(export )?(?:async )?(?:function|class|const|let) ([\w$]+)", re.MULTILINE)
_REFUSED: Final = re.compile(r"^(?:import\b|export (?:default|\{|\*)|(?:export )?(?:const|let) [\[{]).*", re.MULTILINE)


_RULE: Final = re.compile(r"(?:(@[^{}]+){((?:[^{}]+{[^{}]*})*)\s*}|([^{}@]+{[^{}]*}))")


class JoinError(ValueError):
    """Modules that cannot be joined."""


@cache
def read(name: str) -> str:
    """Read a script or style of ours, such as `map/map.css`."""
    return resources.files("mssmap.client").joinpath(*name.split("/")).read_text(encoding="utf-8")


def plain(name: str) -> str:
    """Read a script of ours without its comments."""
    return _COMMENT.sub("", read(name))


def rules(name: str, starts: tuple[str, ...], *, exact: bool = False) -> str:
    """
    Return the rules of a style whose selectors begin with some of these texts, within the conditions that they have.

    Parameters
    ----------
    exact
        Whether a selector must be one of the texts.
    """
    found = []
    for at, condition, rule in _RULE.findall(re.sub(r"/\*.*?\*/", "", read(name), flags=re.DOTALL)):
        if at:
            inner = "".join(one for one in re.findall(r"[^{}]+{[^{}]*}", condition) if _begins(one, starts, exact))
            found.append(f"{at}{{{inner}}}" if inner else "")
        elif _begins(rule, starts, exact):
            found.append(rule)
    return "".join(found)


def _begins(rule: str, starts: tuple[str, ...], exact: bool) -> bool:
    selectors = [one.strip() for one in re.split(r",(?![^(]*\))", rule.partition("{")[0])]
    return all(one in starts if exact else one.startswith(starts) for one in selectors)


def module(entry: str) -> str:
    """Join an entry and all that it imports into one module, which exports what the entry does."""
    names = [name for exported, name in _NAMED.findall(read(entry)) if exported]
    return f"{_joined(entry)}\nexport {{ {', '.join(names)} }};\n"


def script(entry: str) -> str:
    """Join an entry and all that it imports into one script that leaves nothing on `window`."""
    return f'(() => {{\n"use strict";\n{_joined(entry)}\n}})();\n'


def _joined(entry: str) -> str:
    texts: dict[str, str] = {}
    homes: dict[str, str] = {}
    _gather(entry, texts, ())
    for name, text in texts.items():
        for _, declared in _NAMED.findall(text):
            if declared in homes:
                raise JoinError(f"{name}: {declared} is declared in {homes[declared]} too; names are used once.")
            homes[declared] = name
    return "".join(re.sub(r"^export ", "", text, flags=re.MULTILINE) for text in texts.values())


def _gather(name: str, texts: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module and those it imports, each behind all that it needs."""
    if name in above:
        raise JoinError(f"{' imports '.join([*above, name])}: a circle, required an order.")
    if name in texts:
        return
    whole = plain(name)
    for imported in _IMPORT.findall(whole):
        _gather(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)), texts, (*above, name))
    text = _IMPORT.sub("", whole)
    if refused := _REFUSED.search(text):
        raise JoinError(f"{name}: {refused[0]!r} cannot be joined; import and declare by single names.")
    texts[name] = text.strip() + "\n"
