"""Text from outside for a terminal or a log: nothing in it steers where it is shown."""

from __future__ import annotations

import json
from typing import Any


def legible(text: str, keep: str = "", blank: str = " ") -> str:
    """
    Return text without controls, escapes, and signs that turn the direction of writing.

    Parameters
    ----------
    keep
        Signs that stay, such as the ends of lines.
    blank
        What stands in place of each of the others.

    >>> legible("a\\x1b[31mb\\u202ec")
    'a [31mb c'
    """
    return "".join(sign if sign.isprintable() or sign in keep else blank for sign in text)


def legible_json(value: Any, **options: Any) -> str:
    r"""
    Return JSON in which such signs are written as escapes, so that nothing is lost.

    >>> legible_json({"name": "a\u202eb"})
    '{"name": "a\\u202eb"}'
    """
    text = json.dumps(value, ensure_ascii=False, **options)
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)
