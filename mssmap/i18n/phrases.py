"""
Phrases that are made in one place and read in another: a text of the catalogs with its values.

A phrase is the English text, so it can be kept, compared and counted as one; where words are made it is put into the
language of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Integral, Real
from string import Formatter
from typing import Any, Final

from mssmap.i18n import current, gettext, localised


class Phrase(str):
    """
    A text with its values; as a `str` it is English.

    Attributes
    ----------
    text
        As marked for the catalogs, with the names of its values and how they are written.
    values
        Numbers, names, and further phrases.
    """

    __slots__ = ("text", "values")
    text: str
    values: dict[str, Any]

    def __new__(cls, text: str, values: Mapping[str, Any]) -> Phrase:
        kept = {name: _plain(value) for name, value in values.items()}
        made = super().__new__(cls, _ENGLISH.vformat(text, (), kept))
        made.text, made.values = text, kept
        return made

    def __reduce__(self) -> tuple[type[Phrase], tuple[str, dict[str, Any]]]:
        return type(self), (self.text, self.values)


def _plain(value: Any) -> str | int | float | None:
    if value is None or isinstance(value, str | int | float):
        return value
    return int(value) if isinstance(value, Integral) else float(value) if isinstance(value, Real) else str(value)


def phrase(text: str, **values: Any) -> Phrase:
    """
    Return a phrase; its text is a message for the catalogs.

    >>> phrase("{n:,} rows have no place.", n=1200)
    '1,200 rows have no place.'
    """
    return Phrase(text, values)


def in_words(message: str) -> str:
    """Put a message into the language of the reader; one that is no phrase stays as it is."""
    if not isinstance(message, Phrase) or current() == "en":
        return str(message)
    return _SPOKEN.vformat(gettext(message.text), (), message.values)


def packed(message: str) -> Any:
    """Return a message as plain values, to be sent as JSON; `unpacked` is the way back."""
    if not isinstance(message, Phrase):
        return str(message)
    values = {name: packed(value) if isinstance(value, str) else value for name, value in message.values.items()}
    return {"text": message.text, "values": values}


def unpacked(value: Any) -> str:
    """
    Return a message from what `packed` made, whoever sent it: its values are only ever written, as numbers or text.

    Raises
    ------
    ValueError
        If it is of another form.
    """
    if isinstance(value, str):
        return value
    if not (isinstance(value, dict) and set(value) == {"text", "values"} and isinstance(value["values"], dict)):
        raise ValueError("no message")
    values = {
        str(name): given if isinstance(given, int | float) or given is None else unpacked(given)
        for name, given in value["values"].items()
    }
    try:
        return Phrase(str(value["text"]), values)
    except (LookupError, AttributeError, TypeError) as error:
        raise ValueError("no message") from error


HOW: Final = re.compile(r"(0\d)?,?(\.\d)?[dfgx]?")
"""The ways in which a number may be written."""


class _English(Formatter):
    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs[field_name], field_name  # no attribute and no item of a value

    def format_field(self, value: Any, format_spec: str) -> str:
        if not HOW.fullmatch(format_spec):
            raise ValueError(f"cannot write a number as {format_spec!r}")
        return format(value, format_spec) if isinstance(value, int | float) else str(value)


class _Spoken(_English):
    def convert_field(self, value: Any, conversion: Any) -> Any:
        return super().convert_field(in_words(value) if isinstance(value, str) else value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            return in_words(value)
        text = super().format_field(value, format_spec)
        return localised(text) if isinstance(value, int | float) and not format_spec.endswith("x") else text


_ENGLISH, _SPOKEN = _English(), _Spoken()
