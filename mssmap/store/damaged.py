"""Which records of the store are not what mssmap writes: a line for each, however it came there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.store import audit, models, roles, sound
from mssmap.store.core import Store
from mssmap.store.models import Base

TABLES: Final = {
    "plan": models.PlanRow,
    "import": models.ImportRow,
    "setting": models.SettingRow,
    "person": models.PersonRow,
    "conflict": models.ConflictRow,
    "audit": models.AuditRow,
}
"""Tables of records, by what a record of theirs is called."""

EMPTY: Final = ("choice", "decided_by", "decided_at")
"""Columns that hold nothing before a person has decided."""

WORDS: Final = {
    ("person", "role"): roles.ROLES,
    ("conflict", "entity"): ("plan", "import"),
    ("audit", "action"): (audit.EDIT, audit.UNDO, audit.REDO, audit.DELETE, audit.MERGE, audit.DECIDE),
}
"""Columns with words of their own."""


def faults(store: Store, kind: str) -> list[str]:
    """
    Return a line for each record that is not what mssmap writes.

    Parameters
    ----------
    kind
        Of `TABLES`.
    """
    table = TABLES[kind]
    key = next(iter(table.__table__.primary_key)).name
    columns = [sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in table.__table__.columns]
    rows = store._read(lambda session: [dict(row._mapping) for row in session.execute(sa.select(*columns))])
    return [line for row in rows if (line := _fault(kind, table, _printable(row[key]), row)) is not None]


def _fault(kind: str, table: type[Base], name: str, row: dict[str, Any]) -> str | None:
    wrong = next(_wrong(table, row), None) or _not_a_plan(kind, row)
    if wrong is None:
        return None
    return _("{kind} {name}: found {found}, required {required}. {hint}").format(
        kind=kind, name=name, found=wrong[0], required=wrong[1], hint=_(_HINTS.get(kind, _HINT))
    )


def _not_a_plan(kind: str, row: dict[str, Any]) -> tuple[str, str] | None:
    """Return why the body of a plan, or of what a field copy made of one, cannot be used."""
    from mssmap import scenario  # heavy, and only asked for here

    body = row["body"] if kind == "plan" else row["theirs"] if kind == "conflict" and row["entity"] == "plan" else None
    if body is None:
        return None
    try:
        scenario.from_dict(sound.body(_parsed(body)))
    except InputError as error:
        return _printable(error, 300), _("a plan as the planner writes it")
    return None


_HINT: Final = mark("It is shown as far as it can be read; mssmap restore brings back a store that is whole.")
_HINTS: Final = {
    "plan": mark("Undo its last change or delete it; mssmap restore brings back a store that is whole."),
    "import": mark("Remove it and import its file again."),
    "person": mark("Give the person a role anew."),
}


def _wrong(table: type[Base], row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each column that holds something else than its kind, with what is required."""
    for column in table.__table__.columns:
        value = row[column.name]
        if (value is None and column.nullable) or (column.name in EMPTY and value == ""):
            continue
        required, is_one = _rule(table.__tablename__, column.name, column.type)
        if not is_one(value):
            yield f"{column.name} {_printable(repr(value))}", required


def _rule(table: str, column: str, kind: Any) -> tuple[str, Callable[[Any], bool]]:
    """Return what a column requires, in words and as a check."""
    if words := WORDS.get((table, column)):
        return _("one of {words}").format(words=", ".join(words)), words.__contains__
    if column == "at" or column.endswith("_at"):
        return _("a time with its zone"), sound.is_time
    if isinstance(kind, sa.JSON):
        return _("a JSON object"), _is_object
    if isinstance(kind, sa.Boolean):
        return _("yes or no"), lambda value: isinstance(value, int) and value in (0, 1)
    if isinstance(kind, sa.Integer):
        return _("a whole number"), lambda value: isinstance(value, int) and 0 <= value < sound.MOST
    return _("text"), lambda value: isinstance(value, str) and sound.text(value) == value


def _is_object(value: Any) -> bool:
    found = _parsed(value)
    return isinstance(found, dict) and (isinstance(value, dict) or sound.loads(value) == found)


def _parsed(value: Any) -> Any:
    """Return JSON, which PostgreSQL's driver has read already."""
    if isinstance(value, dict):
        return value
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _printable(value: Any, longest: int = 80) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in sound.text(value)[:longest])
