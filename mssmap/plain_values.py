"""Reading plain values (from JSON) that may have been edited by hand: every fault is named, none is guessed away."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

MAX_TEXT = 4_000


class Reader:
    """Checks plain values against what is required and collects all faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, found: Any, required: str) -> None:
        text = json.dumps(found, ensure_ascii=False, default=str)
        shown = text if len(text) <= 60 else text[:57] + "..."
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
                    where=where, unknown=", ".join(unknown), allowed=", ".join(sorted(allowed))
                )
            )
        if missing := sorted(set(required) - set(value)):
            self.faults.append(_("{where}: no {missing}").format(where=where, missing=", ".join(missing)))
        return value

    def text(self, record: Mapping[str, Any], key: str, where: str, default: str = "") -> str:
        value = record.get(key, default)
        if not isinstance(value, str) or len(value) > MAX_TEXT or "\x00" in value:
            self.fault(f"{where}.{key}", value, _("text of at most 4,000 characters"))
            return default
        return value

    def number(self, record: Mapping[str, Any], key: str, where: str, default: float) -> float:
        value = record.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
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
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
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
