"""
What columns of the store hold, given in the type that is theirs, however it came there.

So one bad record never ends a list: `damaged` tells which it is.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final

_HALVES: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Where JSON may hold half a sign."""

MOST: Final = 2**31
"""Versions and numbers are below it."""


def text(value: Any) -> str:
    """
    Return what a column of text holds as text that can be shown and sent.

    >>> text("Plan"), text(b"\\xff"), text("a\\udcff")
    ('Plan', "b'\\\\xff'", 'a?')
    """
    return str(value).encode(errors="replace").decode()


def whole(value: Any) -> int:
    """Return what a column of whole numbers holds; 0 if that is none."""
    return value if isinstance(value, int) and 0 <= value < MOST else 0


def time(value: Any) -> str:
    """Return what a column of times holds; nothing if that is no time with its zone."""
    return str(value) if is_time(value) else ""


def body(value: Any) -> dict[str, Any]:
    """Return what a column of JSON holds; an empty object if that is none."""
    return value if isinstance(value, dict) else {}


def loads(content: Any) -> Any:
    """Read a column of JSON; what is no JSON, or holds text that cannot be sent, is an empty object."""
    try:
        found = json.loads(content)
        if isinstance(content, str) and _HALVES.search(content):
            json.dumps(found, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict | None) else {}


def is_time(value: Any) -> bool:
    """Whether a value is a time with its zone, as text."""
    try:
        return isinstance(value, str) and len(value) >= 19 and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
