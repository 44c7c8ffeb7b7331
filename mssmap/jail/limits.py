"""How much a file from outside may be, and how it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from mssmap.errors import InputError
from mssmap.i18n.legible import legible
from mssmap.i18n.phrases import Phrase, phrase

MB: Final = 1_000_000


class RefusedError(InputError):
    """A file from outside is not taken; the text says what was found, what is required, what to do."""


def refused(found: str, required: str, hint: str = "") -> RefusedError:
    """
    Return the error that says why a file is not taken.

    >>> print(refused("a PDF", "a table", "Ask for the table behind it."))
    found a PDF, required a table. Ask for the table behind it.
    >>> print(refused(phrase("a file that ends ({why})", why="no more\\nto read"), "a whole one"))
    found a file that ends (no more to read), required a whole one.
    """
    found = _fit(found) if isinstance(found, Phrase) else printable(found)
    if not hint:
        return RefusedError(phrase("found {found}, required {required}.", found=found, required=required))
    return RefusedError(phrase("found {found}, required {required}. {hint}", found=found, required=required, hint=hint))


def _fit(found: Phrase) -> Phrase:
    """Make values fit for a message of one line: they may be texts from a file, or what a library says."""

    def fit(value: Any) -> Any:
        is_text = isinstance(value, str) and not isinstance(value, Phrase)
        return printable(" ".join(value.split())) if is_text else value

    return Phrase(found.text, {name: fit(value) for name, value in found.values.items()})


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Say in front of a refusal which file or member it is about."""
    try:
        yield
    except RefusedError as error:
        head = f"{printable(name)}: "
        if error.message.startswith(head):
            raise
        raise RefusedError(phrase("{name}: {reason}", name=printable(name), reason=error.message)) from error


def printable(text: str, longest: int = 160) -> str:
    """
    Make text from a file fit to stand in a message: no control characters, not too long.

    >>> printable("a" + chr(0) + "b" + chr(0x202E)), len(printable("x" * 1000))
    ('a?b?', 160)
    """
    shown = legible(text[: longest + 1], blank="?")
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


@dataclass(frozen=True)
class Limits:
    """
    What one file may be and what reading it may take; beyond any of them it is refused.

    Attributes
    ----------
    file_bytes, unpacked_bytes, members, ratio
        Of the file, of everything unpacked from it together, and how often smaller a member may be packed (members
        under a megabyte may be packed tighter).
    tables, rows, columns, cells, vertices
        Of all tables together, except columns: of one.
    shape_vertices, parts, nesting
        Of one shape; collections may be nested, and are laid flat.
    text_chars, name_chars, depth
        Of one cell, of a column's name, and nesting of JSON.
    memory_bytes, cpu_s, wall_s
        Of the process that reads.
    reply_bytes, faults
        Of what it may answer.
    """

    file_bytes: int = 100 * MB
    unpacked_bytes: int = 300 * MB
    members: int = 500
    ratio: int = 200
    tables: int = 60
    rows: int = 500_000
    columns: int = 400
    cells: int = 20_000_000
    vertices: int = 5_000_000
    shape_vertices: int = 1_000_000
    parts: int = 100_000
    nesting: int = 8
    text_chars: int = 100_000
    name_chars: int = 200
    depth: int = 60
    memory_bytes: int = 1_000 * MB
    cpu_s: int = 25
    wall_s: int = 30
    reply_bytes: int = 400 * MB
    faults: int = 1_000


LIMITS: Final = Limits()


def at_most(found: int, limit: int, what: str) -> None:
    """
    Stop if there is too much of something.

    Raises
    ------
    RefusedError
        If `found` is above `limit`.
    """
    if found > limit:
        raise refused(
            phrase("{n:,} {what}", n=found, what=what),
            phrase("at most {limit:,}", limit=limit),
            phrase("Split the file or leave out what is not needed."),
        )
