"""Names to choose from: two things of one name are told apart, for a person chooses by what they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


def told_apart(named: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """
    Return a title for each id, no two of them alike.

    Parameters
    ----------
    named
        For each id its name, and what tells it from others of the same name.

    Examples
    --------
    >>> told_apart({"a": ("Plan", "12:00"), "b": ("Plan", "12:05"), "c": ("Base", "12:00")})
    {'a': 'Plan · 12:00', 'b': 'Plan · 12:05', 'c': 'Base'}
    >>> told_apart({"a": ("Plan", "12:00"), "b": ("Plan", "12:00")})
    {'a': 'Plan · 12:00', 'b': 'Plan · 12:00 (2)'}
    """
    often = Counter(name for name, _detail in named.values())
    titles: dict[str, str] = {}
    taken: set[str] = set()
    for key, (name, detail) in named.items():
        title = wished = f"{name} · {detail}" if often[name] > 1 and detail else name
        n = 1
        while title in taken:
            n += 1
            title = f"{wished} ({n})"
        titles[key] = title
        taken.add(title)
    return titles
