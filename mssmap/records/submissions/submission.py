"""A submission: one change to one record, with its sources, about which nobody has decided yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import written
from mssmap.records import regions
from mssmap.records.catalog import Data

TABLES: Final = {
    "event": "events",
    "status": "status",
    "indicator": "indicators",
    "strength": "strength",
    "figure": "figures",
    "source": "sources",
}
"""Kind of a submission -> the table that it changes; one of the kind `record` names its layer."""

KINDS: Final = (*TABLES, "record")
NEW, CORRECT, ADD_SOURCE, WITHDRAW, WRONG = "new", "correct", "add_source", "withdraw", "wrong"
CHANGES: Final = (NEW, CORRECT, ADD_SOURCE, WITHDRAW, WRONG)


@dataclass(frozen=True)
class Submission:
    """
    One change to one record.

    Attributes
    ----------
    kind, change
        One of `KINDS` and of `CHANGES`.
    table
        Table or layer that it is about.
    record_id
        Record that it is about; empty for a new one.
    fields
        Cells by column, as text; those of a correction are only what changes.
    sources
        Rows of the table of sources; one that is there already has only its `source_id`.
    figures
        Rows of the table of figures, each with its own `sources`.
    seen
        Latest revision of the record when this was written; 0 if it has none.
    instead
        Whether its sources take the place of those of the record.
    faults
        All that is wrong with it, a sentence each.
    """

    kind: str
    change: str
    table: str
    record_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Mapping[str, str]] = ()
    figures: Sequence[Mapping[str, Any]] = ()
    seen: int = 0
    instead: bool = False
    faults: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What people call it in a list."""
        named = next((text for stem in ("title", "name") if (text := written(self.fields.get, stem, "en")[0])), "")
        return (
            named
            or self.fields.get("title")
            or self.record_id
            or self.fields.get("record_id")
            or self.fields.get("indicator")
            or self.kind
        )


def as_dict(item: Submission) -> dict[str, Any]:
    """Return a submission as plain values, as it is kept."""
    return {
        "kind": item.kind,
        "change": item.change,
        "table": item.table,
        "record_id": item.record_id,
        "fields": dict(item.fields),
        "sources": [dict(row) for row in item.sources],
        "figures": [dict(row) for row in item.figures],
        "seen": item.seen,
        "instead": item.instead,
    }


def from_dict(body: Mapping[str, Any]) -> Submission:
    """Return a submission as it was kept; what is missing or of another kind there is empty."""

    def rows(key: str) -> tuple[Mapping[str, Any], ...]:
        found = body.get(key)
        return tuple(row for row in found if isinstance(row, dict)) if isinstance(found, list) else ()

    cells = body.get("fields")
    seen = body.get("seen")
    return Submission(
        **{key: str(body.get(key, "")) for key in ("kind", "change", "table", "record_id")},
        fields={str(k): str(v) for k, v in cells.items()} if isinstance(cells, dict) else {},
        sources=rows("sources"),
        figures=rows("figures"),
        seen=seen if isinstance(seen, int) else 0,
        instead=body.get("instead") is True,
    )


def latest_row(data: Data, table: str, record_id: str) -> dict[str, Any] | None:
    """Return the highest revision of a record, None if there is none."""
    rows = data[table]
    rows = rows[rows[data.dataset(table).id_column] == record_id]
    if rows.empty:
        return None
    if "revision" in rows:
        rows = rows.sort_values("revision", kind="stable")
    return {str(key): value for key, value in rows.iloc[-1].to_dict().items()}


def require_unchanged(item: Submission, data: Data) -> None:
    """
    Refuse a correction of a record that has changed since it was written.

    Raises
    ------
    InputError
        The text shows both: what the record says now, and what the correction says.
    """
    latest = latest_row(data, item.table, item.record_id) if item.change == CORRECT else None
    if latest is None or "revision" not in latest or int(latest["revision"]) == item.seen:
        return
    both = "; ".join(
        _("{field} is {now!r}, the correction says {new!r}").format(field=key, now=cell(latest.get(key)), new=value)
        for key, value in item.fields.items()
        if key not in ("known_from", "known_precision", "note") and cell(latest.get(key)) != value
    )
    raise InputError(
        _(
            "{record}: has changed since the correction was written (revision {seen}, now {now}): {both}. "
            "Send it back, or hand it in again on what stands now. Nothing was changed."
        ).format(record=item.record_id, seen=item.seen, now=int(latest["revision"]), both=both or "-")
    )


def cell(value: Any) -> str:
    """
    Write a value of a frame as a cell of its file.

    >>> cell(pd.Timestamp("2025-01-18")), cell(12.0), cell(None), cell(0.5), cell("a")
    ('2025-01-18', '12', '', '0.5', 'a')
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def slug(text: str, longest: int) -> str:
    """
    Write a text as part of an id, cut between words.

    >>> slug("L’Écho: the port works again", 18)
    'l-echo-the-port'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", regions.normalise(text.replace("’", " "))).strip("-")
    return plain if len(plain) <= longest else plain[: longest + 1].rpartition("-")[0] or plain[:longest]
