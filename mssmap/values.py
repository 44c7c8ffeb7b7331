"""Reading plain values (from JSON) that may have been edited by hand: every fault is named, none is guessed away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

MAX_TEXT = 4_000
LARGEST = 10**15
"""No number in a file of ours is larger; a float holds every whole number up to there."""


class Reader:
    """Checks plain values against what is required and collects all faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, found: Any, required: str) -> None:
        shown = _shown(found)
        self.faults.append(
            _("{where}: found {found}, required {required}").format(where=where, found=shown, required=required)
        )

    def record(self, value: Any, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fault(where, value, _("an object"))
            return {}
        allowed = {*required, *optional}
        if unknown := sorted(set(value) - allowed):
            self.faults.append(
                _("{where}: unknown key {unknown}, there are {allowed}").format(
                    where=where, unknown=_cut(", ".join(unknown)), allowed=", ".join(sorted(allowed))
                )
            )
        if missing := sorted(set(required) - set(value)):
            self.faults.append(_("{where}: no {missing}").format(where=where, missing=", ".join(missing)))
        return value

    def text(self, record: Mapping[str, Any], key: str, where: str, default: str = "") -> str:
        value = record.get(key, default)
        if not isinstance(value, str) or len(value) > MAX_TEXT or not _is_writable(value):
            self.fault(f"{where}.{key}", value, _("text of at most 4,000 characters"))
            return default
        return value

    def number(self, record: Mapping[str, Any], key: str, where: str, default: float) -> float:
        value = record.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            self.fault(f"{where}.{key}", value, _("a number"))
            return default
        return value

    def flag(self, record: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
        value = record.get(key, default)
        if not isinstance(value, bool):
            self.fault(f"{where}.{key}", value, _("true or false"))
            return default
        return value

    def texts(self, record: Mapping[str, Any], key: str, where: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        value = record.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and _is_writable(item) for item in value):
            self.fault(f"{where}.{key}", value, _("a list of texts"))
            return tuple(default)
        return tuple(value)

    def day(self, record: Mapping[str, Any], key: str, where: str) -> date:
        value = record.get(key)
        try:
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.fault(f"{where}.{key}", value, _("a day as YYYY-MM-DD"))
        return date(1970, 1, 1)

    def make(self, build: Callable[[], Any]) -> Any:
        """Build a checked value; its own complaint becomes a fault."""
        before = len(self.faults)
        try:
            return build()
        except InputError as error:
            if len(self.faults) == before:
                self.faults.append(str(error).rstrip("."))
            return None


def _is_writable(text: str) -> bool:
    """Whether a text can be stored and sent: no NUL, and no half of a character, which UTF-8 does not have."""
    return not _UNWRITABLE.search(text)


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def _cut(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode()
    return plain if len(plain) <= 60 else plain[:57] + "..."


def _shown(value: Any) -> str:
    """Write a value for a message; a number of thousands of digits cannot be written out."""
    try:
        return _cut(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that cannot be written out"
