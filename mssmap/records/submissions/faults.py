"""What is wrong with a submission, a sentence each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mssmap.i18n import gettext as _


@dataclass
class Faults:
    """Collects what is wrong, of each cell the first fault: the next would be of a value that nobody wrote."""

    found: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def are_of(self, start: str) -> bool:
        """Whether a cell is at fault whose name begins so."""
        return any(where.startswith(start) for where in self._told)

    def add(self, where: str, found: Any, required: str) -> None:
        if where in self._told:
            return
        self._told.add(where)
        shown = repr(found) if len(repr(found)) <= 60 else repr(found)[:57] + "..."
        if found is None or found in ("", []):
            shown = _("nothing")
        self.found.append(
            _("{where}: found {found}, required {required}.").format(where=where, found=shown, required=required)
        )
