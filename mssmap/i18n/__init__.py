"""
Words of the interface in the language of the reader.

Code writes English inside `_()` and marks words kept in tables with `mark()`; a page says once per run which language
it speaks. The catalogs are the `.po` files beside this module: text that people can read, edit and review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Any, Final

LANGUAGES: Final = {"en": "English", "fr": "Français", "ht": "Kreyòl ayisyen", "es": "Español"}
"""Code and own name of each language, in the order they are offered."""

GROUP_MARKS: Final = {"en": ",", "fr": "\u202f", "ht": "\u202f", "es": "."}
DECIMAL_MARKS: Final = {"en": ".", "fr": ",", "ht": ",", "es": ","}

_current: ContextVar[str] = ContextVar("language", default="en")


def use(language: str | None) -> str:
    """Speak `language` from here on in this run, English if it is not one of ours; return what is spoken."""
    chosen = language if language in LANGUAGES else "en"
    _current.set(str(chosen))
    return str(chosen)


@contextmanager
def speaking(language: str | None) -> Iterator[str]:
    """Speak a language inside a block, and afterwards the one that was spoken before."""
    before = current()
    try:
        yield use(language)
    finally:
        use(before)


def current() -> str:
    """Code of the language being spoken."""
    return _current.get()


def gettext(message: str) -> str:
    """Translate a message of the code; one without a translation stays English."""
    language = current()
    return message if language == "en" else catalog(language).get(message, message)


def localised(number: str) -> str:
    """Write a number, as Python formats it, with the marks of the language."""
    marks = {",": GROUP_MARKS[current()], ".": DECIMAL_MARKS[current()]}
    return "".join(marks.get(sign, sign) for sign in number)


def written(of: Callable[[str], Any], stem: str, language: str | None = None) -> tuple[str, str]:
    """
    Return a text that is kept in a column a language, and the language it stands in: the asked one or the first.

    >>> written({"title_fr": "Tirs", "title_en": ""}.get, "title", "ht")
    ('Tirs', 'fr')

    Parameters
    ----------
    of
        Returns a column of the record by name; what is no text counts as empty.
    language
        By default the one that is spoken.
    """
    for code in dict.fromkeys((language or current(), *LANGUAGES)):
        text = of(f"{stem}_{code}")
        if isinstance(text, str) and text:
            return text, code
    return "", language or current()


def mark(message: str) -> str:
    """Mark a message for the catalogs where it cannot be translated yet, as in a module's table."""
    return message


@cache
def catalog(language: str) -> dict[str, str]:
    """
    Read the catalog of a language: English message -> translation, without the empty ones.

    English has none.
    """
    from babel.messages.pofile import read_po  # some 50 ms, and English never needs it

    path = resources.files("mssmap.i18n").joinpath(f"{language}.po")
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=None) if m.id and m.string}


@cache
def unreviewed(language: str) -> int:
    """Number of messages that no native speaker has reviewed: those with the comment `unreviewed`."""
    from babel.messages.pofile import read_po

    path = resources.files("mssmap.i18n").joinpath(f"{language}.po")
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum("unreviewed" in m.user_comments for m in read_po(file, locale=None) if m.id)
