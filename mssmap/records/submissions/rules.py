"""What no single cell of a submission can say: sources, days, places, and whether it changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mssmap.i18n import gettext as _
from mssmap.i18n import written
from mssmap.records import kinds
from mssmap.records.submissions.completing import within_haiti
from mssmap.records.submissions.faults import Faults
from mssmap.records.submissions.submission import ADD_SOURCE, CORRECT, NEW, WITHDRAW, WRONG, Submission, cell


def check(item: Submission, latest: Mapping[str, Any] | None, today: date, faults: Faults) -> None:
    """Add what no single cell can say."""
    cells = {**({k: cell(v) for k, v in latest.items()} if latest is not None else {}), **item.fields}
    is_source = item.kind == "source"
    if not item.sources and not is_source and item.change != WRONG:
        faults.add("sources", [], _("at least one source"))
    if is_source and item.change in (ADD_SOURCE, WITHDRAW):
        faults.add("change", item.change, _("new, correct or wrong, for a source"))
    if item.change == WITHDRAW and item.table not in ("events", "status"):
        faults.add("change", WITHDRAW, _("correct: only events and statuses are withdrawn"))
    if item.change == WRONG and not item.fields.get("note"):
        faults.add("note", "", _("what is wrong, in a sentence"))
    if item.change == CORRECT and latest is not None and not _differs(item, latest):
        faults.add("submission", item.record_id, _("a field that differs from the record as it stands"))
    untitled = item.table == "events" and item.change in (NEW, CORRECT) and not written(cells.get, "title")[0]
    if untitled and not faults.are_of("title_"):
        faults.add("title", "", _("what happened, in one of our languages"))
    category = item.fields.get("category", "")
    if item.table == "events" and category and category not in kinds.CATEGORIES:
        faults.add("category", category, _("one of {words}").format(words=", ".join(kinds.CATEGORIES)))
    if item.change != WRONG:
        _days(item, cells, today, faults)
    if item.fields.get("lon") and cells.get("country", "HTI") == "HTI":
        _in_haiti(cells, faults)


def _differs(item: Submission, latest: Mapping[str, Any]) -> bool:
    changed = [key for key in item.fields if key not in ("known_from", "known_precision", "note")]
    return bool(item.figures) or any(item.fields[key] != cell(latest.get(key)) for key in changed)


def _days(item: Submission, cells: Mapping[str, str], today: date, faults: Faults) -> None:
    start = next((name for name in ("valid_from", "date", "period_end") if cells.get(name)), "")
    ahead = {cells.get("claim"), cells.get("status"), cells.get("record_type")} & {
        *("planned", "proposed", "pledge", "target")
    }
    is_later = bool(start) and cells[start] > today.isoformat()
    if is_later and start in item.fields and not ahead:
        faults.add(start, cells[start], _("a day not after today ({today}), or that it is planned").format(today=today))
    known = cells.get("known_from", "")
    if known > today.isoformat():
        faults.add("known_from", known, _("a day not after today ({today})").format(today=today))
    if item.change in (NEW, CORRECT, ADD_SOURCE) and not (ahead or is_later) and _is_too_early(cells, start):
        required = _("{day} or later: nothing is known before it happens").format(day=cells[start])
        faults.add("known_from", known, required)


def _is_too_early(cells: Mapping[str, str], start: str) -> bool:
    """Whether something was known before the day on which it happened."""
    return start in ("valid_from", "date") and "" < cells.get("known_from", "") < cells[start]


def _in_haiti(cells: Mapping[str, str], faults: Faults) -> None:
    try:
        inside = within_haiti(float(cells.get("lon", "")), float(cells.get("lat", "")))
    except ValueError:
        faults.add("lon, lat", f"{cells.get('lon')}, {cells.get('lat')}", _("two numbers in degrees"))
        return
    if not inside:
        faults.add(
            "lon, lat",
            f"{cells['lon']}, {cells['lat']}",
            _("a place in Haiti, in degrees, or the country in which it lies"),
        )
