"""The audit trail: each row's hash covers the row and the hash before it, so that no row can be changed or dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

START: Final = "0" * 64
"""What stands before the first row."""

FIELDS: Final = ("seq", "request_id", "at", "actor", "action", "entity", "entity_id", "version", "body", "before")

EDIT, UNDO, REDO, DELETE = "edit", "undo", "redo", "delete"
MERGE, DECIDE = "merge", "decide"
"""A field copy was merged; a person decided between two states of a record."""


@dataclass(frozen=True)
class Entry:
    """One change as it stands in the trail."""

    seq: int
    request_id: str
    at: str
    actor: str
    action: str
    entity: str
    entity_id: str
    version: int
    body: dict[str, Any] | None
    before: str
    hash: str


def digest(fields: Mapping[str, Any]) -> str:
    """Hash the `FIELDS` of a row as canonical JSON (sorted keys, no blanks), SHA-256 in hexadecimal."""
    content = {name: fields[name] for name in FIELDS}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(entries: Iterable[Entry]) -> list[str]:
    """
    Return what is wrong with a trail, in order; an empty list proves that nothing was changed or dropped inside it.

    Whether the newest rows were cut off is seen by comparing the last hash with one written down before.
    """
    found = []
    before, expected = START, 1
    for entry in entries:
        if entry.seq != expected:
            found.append(f"entry {expected} is missing: the next one has number {entry.seq}")
        if entry.before != before:
            found.append(f"entry {entry.seq} does not follow the one before it")
        if not _is_own(entry):
            found.append(f"entry {entry.seq} was changed after it was written")
        before, expected = entry.hash, entry.seq + 1
    return found


def _is_own(entry: Entry) -> bool:
    """Whether a row has the hash of its content; what cannot be hashed was put there by somebody else."""
    try:
        return digest(vars(entry)) == entry.hash
    except (TypeError, ValueError):
        return False


class HasAction(Protocol):
    """What `stacks` looks at: an entry, or a row with nothing but its action."""

    @property
    def action(self) -> str: ...


Change = TypeVar("Change", bound=HasAction)


def stacks(entries: Iterable[Change]) -> tuple[list[Change], list[Change]]:
    """
    Split the changes of one plan into those that stand and those that were undone and can be redone.

    Returns
    -------
    done, undone
        The last of `done` is the state now; the last of `undone` is what redo brings back. A new edit empties
        `undone`.
    """
    done: list[Change] = []
    undone: list[Change] = []
    for entry in entries:
        if entry.action == UNDO and done:
            undone.append(done.pop())
        elif entry.action == REDO and undone:
            done.append(undone.pop())
        else:
            done.append(entry)
            undone.clear()
    return done, undone
