"""
Words of the interface in the language of the reader.

Code writes English inside `_()`; a page says once per run which language it speaks.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

LANGUAGES: Final = {"en": "English"}
"""Code and own name of each language that has a catalog."""

_current: ContextVar[str] = ContextVar("language", default="en")


def use(language: str) -> None:
    """Speak `language` from here on in this run; an unknown one falls back to English."""
    _current.set(language if language in LANGUAGES else "en")


def current() -> str:
    """Code of the language being spoken."""
    return _current.get()


def gettext(message: str) -> str:
    """Translate a message of the code; one without a translation stays English."""
    return message
