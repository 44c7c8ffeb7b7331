"""Which records of the store are not what mssmap writes: a line for each, however it came there."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.store import audit, inbox, roles, sound, tables
from mssmap.store.ledger import Store

TABLES: Final = (
    "plan",
    "import",
    "submission",
    "setting",
    "person",
    "conflict",
    "audit",
    "proposal",
    "answer",
    "presence",
    "identity",
)
"""Tables whose records are looked at, each named as its records are called."""

_NOTHING: Final = (None, "null")
"""What a column that may be empty holds then; one of JSON writes it in JSON."""
SPARE: Final = ("proposal", "answer", "presence")
"""Tables that work writes anew by itself: nothing is lost with a record of theirs."""

EMPTY: Final = ("choice", "decided_by", "decided_at")
"""Columns that hold nothing before a person has decided."""

WORDS: Final = {
    ("person", "role"): roles.ROLES,
    ("conflict", "entity"): ("plan", "import", "submission"),
    ("submission", "state"): inbox.STATES,
    ("audit", "action"): (audit.EDIT, audit.UNDO, audit.REDO, audit.DELETE, audit.MERGE, audit.DECIDE),
}
"""Columns with words of their own."""


def faults(store: Store, kind: str, *, only_columns: bool = False) -> list[str]:
    """
    Return a line for each record that is not what mssmap writes.

    Parameters
    ----------
    kind
        Of `TABLES`.
    only_columns
        Whether to leave out those whose columns are sound and whose plan cannot be used.
    """
    table = tables.metadata.tables[kind]
    keys = [column.name for column in table.primary_key]
    query = sa.select(*map(raw, table.columns))
    rows = store.read(lambda connection: [dict(row._mapping) for row in connection.execute(query)])
    names = [" ".join(_printable(row[key]) for key in keys) for row in rows]
    lines = [_fault(kind, table, name, row, only_columns) for name, row in zip(names, rows, strict=True)]
    if kind == "proposal":
        lines += _of_no_plan(store)
    if kind == "identity" and len(rows) > 1:
        lines.append(_fault_line(kind, ", ".join(sorted(names)), str(len(rows)), _("one")))
    return [line for line in lines if line is not None]


def _of_no_plan(store: Store) -> list[str]:
    """Return a line for each plan that has points and is not there; back-ups leave them out."""
    query = sa.select(tables.proposals.c.plan_id, sa.func.count()).group_by(tables.proposals.c.plan_id)
    query = query.where(tables.proposals.c.plan_id.not_in(sa.select(tables.plans.c.plan_id)))
    found = store.read(lambda connection: [tuple(row) for row in connection.execute(query.order_by("plan_id"))])
    return [
        _("proposals: found {count} of plan {plan_id!r}, required a plan of the store. No back-up holds them.").format(
            count=count, plan_id=_printable(plan_id)
        )
        for plan_id, count in found
    ]


def raw(column: sa.Column[Any]) -> sa.Label[Any]:
    """Return a column to be read as it stands, whatever its type makes of that."""
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


def is_sound(table: sa.Table, row: dict[str, Any]) -> bool:
    """Whether each column of a row, read `raw`, holds what it should."""
    return next(_wrong(table, row), None) is None


def _fault(kind: str, table: sa.Table, name: str, row: dict[str, Any], only_columns: bool) -> str | None:
    wrong = next(_wrong(table, row), None) or (None if only_columns else _not_a_plan(kind, row))
    if wrong is None:
        return None
    return _fault_line(kind, name, *wrong)


def _fault_line(kind: str, name: str, found: str, required: str) -> str:
    return _("{kind} {name}: found {found}, required {required}. {hint}").format(
        kind=kind, name=name, found=found, required=required, hint=_(_HINTS.get(kind, _HINT))
    )


def _not_a_plan(kind: str, row: dict[str, Any]) -> tuple[str, str] | None:
    """Return why the body of a plan, or of what a field copy made of one, cannot be used."""
    from mssmap.planning import (
        plan_file,  # heavy, and only asked for here
    )

    body = row["body"] if kind == "plan" else row["theirs"] if kind == "conflict" and row["entity"] == "plan" else None
    if body is None:
        return None
    try:
        plan_file.from_dict(sound.body(_parsed(body)))
    except InputError as error:
        return _printable(error, 300), _("a plan as the planner writes it")
    return None


_HINT: Final = mark("It is shown as far as it can be read; mssmap restore brings back a store that is whole.")
_HINTS: Final = {
    "plan": mark("Undo its last change or delete it; mssmap restore brings back a store that is whole."),
    "import": mark("Remove it and import its file again."),
    "submission": mark("Hand it in again; mssmap restore brings back a store that is whole."),
    "person": mark("Give the person a role anew."),
    "proposal": mark("Change its plan: its points are written anew."),
    "answer": mark("It is of no more use; nothing is lost."),
    "presence": mark("It is of no more use and goes by itself."),
    "identity": mark("The first one counts; mssmap restore brings back a store that is whole."),
}


def _wrong(table: sa.Table, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each column that holds something else than its kind, with what is required."""
    for column in table.columns:
        value = row[column.name]
        if (value in _NOTHING and column.nullable) or (column.name in EMPTY and value == ""):
            continue
        required, is_one = _rule(table.name, column.name, column.type)
        if not is_one(value):
            yield f"{column.name} {_printable(repr(value))}", required


def _rule(table: str, column: str, kind: Any) -> tuple[str, Callable[[Any], bool]]:
    """Return what a column requires, in words and as a check."""
    if words := WORDS.get((table, column)):
        return _("one of {words}").format(words=", ".join(words)), words.__contains__
    if isinstance(kind, sa.Float):
        return _("a number"), lambda value: isinstance(value, int | float) and math.isfinite(value)
    if column == "at" or column.endswith("_at"):
        return _("a time with its zone"), sound.is_time
    if isinstance(kind, sa.JSON):
        return _("a JSON object"), _is_object
    if isinstance(kind, sa.Boolean):
        return _("yes or no"), lambda value: isinstance(value, int) and value in (0, 1)
    if isinstance(kind, sa.Integer):
        return _("a whole number"), lambda value: isinstance(value, int) and 0 <= value < sound.MOST
    if isinstance(kind, tables.Point):
        return _("a point"), tables.is_point
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
