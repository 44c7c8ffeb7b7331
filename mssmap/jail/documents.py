"""
JSON documents from outside (plans, mappings), read in the reading process: what comes back can be written again.

No key stands twice, no number is longer than a computer's, every text is Unicode, nothing is nested deep.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from mssmap.i18n.phrases import phrase
from mssmap.jail.jobs import Order, Task
from mssmap.jail.limits import MB, Limits, RefusedError, at_most, printable, refused

BOUNDS: Final = Limits(file_bytes=2 * MB, depth=20, memory_bytes=500 * MB, cpu_s=10, wall_s=30, reply_bytes=20 * MB)

DIGITS: Final = 18
"""Of a whole number: what fits into 64 bits."""

PLAIN: Final = phrase("Save it again where it was made.")


def read(source: Path | bytes, name: str, limits: Limits = BOUNDS) -> Any:
    """
    Return a JSON document as plain values.

    Parameters
    ----------
    source
        Path of the file, or its content.

    Raises
    ------
    RefusedError
        If it is no readable file, no JSON, or more than the limits allow; one line says why.
    """
    from mssmap.jail import box

    order = Order("document", printable(name), limits)
    if isinstance(source, Path):
        return box.run(source, order).said
    with tempfile.TemporaryFile() as file:
        file.write(source)
        file.seek(0)
        return box.run(file, order).said


def work(task: Task) -> None:
    """Read the document and hand it over."""
    task.end(parsed(task.content(), task.limits))


def parsed(content: bytes, limits: Limits) -> Any:
    """
    Return a document as plain values.

    Raises
    ------
    RefusedError
        If it is no JSON, or more than the limits allow.
    """
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError as error:
        raise refused(
            phrase("byte 0x{what:02x} at {start:,}", what=error.object[error.start], start=error.start),
            phrase("text in UTF-8"),
            PLAIN,
        ) from error
    except RecursionError as error:
        raise _too_deep(limits.depth) from error
    except json.JSONDecodeError as error:
        raise refused(
            phrase("text that is not JSON ({error})", error=error),
            phrase("a JSON document"),
            phrase("The file may be cut off."),
        ) from error
    _measure(document, limits)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: two readers would keep different values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise refused(
            phrase("the key {twice} twice in one object", twice=printable(twice, 60)), phrase("each key once"), PLAIN
        )
    return found


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise refused(phrase("a number of {n:,} digits", n=len(text)), phrase("at most {digits}", digits=DIGITS), PLAIN)
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise refused(phrase("the number {what}", what=printable(text, 40)), phrase("one below 10^308"), PLAIN)
    return number


def _no_number(name: str) -> Any:
    raise refused(phrase("{name}, which is no number of JSON", name=name), phrase("a number or null"), PLAIN)


def _measure(document: Any, limits: Limits) -> None:
    for level in _levels(document, limits.depth):
        for item in level:
            for text in item if isinstance(item, dict) else (item,):
                if isinstance(text, str):
                    _check_text(text, limits)


def require_depth(document: Any, most: int) -> None:
    """
    Go through the levels of a document.

    Raises
    ------
    RefusedError
        If they are more than allowed.
    """
    for _level in _levels(document, most):
        pass


def _levels(document: Any, most: int) -> Iterator[list[Any]]:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > most:
            raise _too_deep(most)
        yield level
        level = [value for item in level for value in _inside(item)]


def _too_deep(most: int) -> RefusedError:
    return refused(phrase("JSON nested very deep"), phrase("at most {most} levels", most=most))


def _inside(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def _check_text(text: str, limits: Limits) -> None:
    at_most(len(text), limits.text_chars, phrase("characters in one text"))
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        shown = repr(text[:40])  # written here: half a character does not come out of the reading process
        raise refused(phrase("half a character in {what}", what=shown), phrase("whole Unicode characters"), PLAIN)
