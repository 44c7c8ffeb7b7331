"""Accepting what lies in the inbox, and what a person who decides about it wants to know first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from mssmap.ingest import duplicates
from mssmap.records import schema
from mssmap.records.catalog import Data
from mssmap.records.submissions import rows, submission
from mssmap.records.submissions.submission import NEW, Submission
from mssmap.store import Store, inbox
from mssmap.store.inbox import Submitted
from mssmap.store.ledger import GoneError

TRIES: Final = 5
"""So often the rows are worked out again because something else was accepted meanwhile."""


def accept(store: Store, number: int, *, reason: str, load: Callable[[], Data], today: date) -> Submitted:
    """
    Accept a submission on the data as they stand now.

    Parameters
    ----------
    load
        Returns the data with all that was accepted until then.

    Raises
    ------
    GoneError
        If at each try something else was accepted meanwhile.
    InputError
        If it was decided already, its record has changed since, it is one's own without a reason, or what it would add
        breaks a rule.
    """
    for attempt in range(TRIES):
        seen = inbox.mark_of(store)
        data = load()

        def make(item: Submitted, data: Data = data) -> dict[str, list[dict[str, str]]]:
            found = submission.from_dict(item.content)
            submission.require_unchanged(found, data)
            return rows.rows(found, data)

        try:
            return inbox.accept(store, number, make, seen=seen, recorded_on=today.isoformat(), reason=reason)
        except GoneError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError  # pragma: no cover -- the last try returns or raises


def likely(item: Submission, data: Data) -> list[dict[str, Any]]:
    """
    Return events of ours that a new event may be: `id`, `title` and `distance_km`, None without two points.

    Its sources do not matter, so it can be asked while somebody still writes.
    """
    if item.kind != "event" or item.change != NEW:
        return []
    contract = data.dataset("events").contract
    cells = {name: [item.fields.get(name, "")] for name in contract.columns}
    frame = schema.typed(cells, [1], contract, file="").frame
    pairs, _notes = duplicates.find(frame, data["events"])
    return [
        {"id": row["event_id"], "title": row["our_title"], "distance_km": _rounded(row["distance_km"])}
        for row in pairs.to_dict("records")
    ]


def _rounded(value: Any) -> float | None:
    return None if value is None or value != value else round(float(value), 1)
