"""How a figure came about: sentences with their numbers, as values; their words are made when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Final

from mssmap.i18n import gettext as _
from mssmap.i18n import localised


@dataclass(frozen=True)
class Sentence:
    """
    A sentence, or a part of one, that has not been put into words yet.

    Attributes
    ----------
    text
        As marked for the catalogs, with the names of its numbers and how they are written.
    values
        Numbers, names, and what has words of its own: a sentence, or several, which are listed.

    Examples
    --------
    >>> str(Sentence("Off road {kmh:g} km/h.", {"kmh": 8.0}))
    'Off road 8 km/h.'
    """

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return _WORDS.vformat(_(self.text), (), self.values)


@dataclass(frozen=True)
class Method:
    """Sentences one after the other; as a text they are in the language of the reader."""

    sentences: tuple[Sentence, ...] = ()

    def __add__(self, more: Method) -> Method:
        return Method((*self.sentences, *more.sentences))

    def __bool__(self) -> bool:
        return bool(self.sentences)

    def __str__(self) -> str:
        return " ".join(map(str, self.sentences))


NOTHING: Final = Method()


def say(text: str, **values: Any) -> Method:
    """Return a method of one sentence; see `Sentence`."""
    return Method((Sentence(text, values),))


class _Words(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        if isinstance(value, str | Sentence | Method):
            return str(value)
        text = format(value, format_spec)
        return localised(text) if isinstance(value, int | float) else text


_WORDS = _Words()
