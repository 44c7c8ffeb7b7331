"""
Text that is not ours, on the screen as it is: names, notes, keys of an address, what is wrong with a file.

Streamlit reads Markdown in its lines and labels: a name could be a link, a picture, a formula or a colour. A line goes
through `say`, which no Markdown sees. Where Streamlit has nothing but Markdown (labels, tooltips, toasts) `label` takes
the meaning out of every sign.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st

Kind = Literal["info", "success", "warning", "error", "caption", "strong"]

_ROLE: Final = {"info": "status", "success": "status", "warning": "status", "error": "alert"}

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_JOINED: Final = re.compile(r"(?=:\S)|(?=@)|(?<=[-<>=~])(?=[-<>=~])|(?<=www)(?=\.)", re.IGNORECASE)
"""Where links, emoji and arrows begin, which Streamlit's parser makes of text that is escaped too."""
WORD_JOINER: Final = "\u2060"


def say(kind: Kind, *lines: str) -> None:
    """Show lines, one below the other."""
    role = f' role="{_ROLE[kind]}"' if kind in _ROLE else ""
    body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    st.html(f'<div class="mm-say mm-{kind}"{role}>{body}</div>')


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a small table whose cells wrap, to be read as a whole also on a narrow screen."""
    head = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    st.html(f'<table class="mm-cells"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def label(words: str) -> str:
    """
    Return text for a label, a tooltip or a toast, which shows as it stands.

    >>> label("*Hi*")
    '\\\\*Hi\\\\*'
    """
    return _PUNCTUATION.sub(r"\\\1", _JOINED.sub(WORD_JOINER, words))
