"""Handing plain values in as submissions, for `submit` and `import --to inbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mssmap import settings
from mssmap.cli.common import FOUND_FAULTS, count, tell, write, write_json

if TYPE_CHECKING:
    from mssmap.records.catalog import Data
    from mssmap.records.submissions.submission import Submission
    from mssmap.store import Store
    from mssmap.store.inbox import Submitted


def hand_in(store: Store, data: Data, found: list[Any], origin: str, as_json: bool) -> int:
    """Hand plain values in, tell what became of each, and return the exit code."""
    from mssmap.records.submissions import rows, submission
    from mssmap.store import inbox

    today = settings.today()
    items = [rows.checked(one, data, today) for one in found]
    sound = [item for item in items if not item.faults]
    kept = iter(inbox.submit(store, [(item.title, submission.as_dict(item)) for item in sound], origin=origin))
    records = [_record(item, None if item.faults else next(kept), data) for item in items]
    if as_json:
        write_json(records, None)
    else:
        write("\n".join(_line(n, record) for n, record in enumerate(records, start=1)), None)
    refused = len(items) - len(sound)
    tell(f"{count(len(sound), 'submission')} in the inbox" + (f", {refused} refused" if refused else ""))
    return FOUND_FAULTS if refused else 0


def _record(item: Submission, kept: Submitted | None, data: Data) -> dict[str, Any]:
    return {
        "number": kept.number if kept else None,
        "state": kept.state if kept else "refused",
        "kind": item.kind,
        "change": item.change,
        "title": item.title,
        "duplicates": _duplicates(item, data) if kept else [],
        "faults": list(item.faults),
    }


def _duplicates(item: Submission, data: Data) -> list[dict[str, Any]]:
    """Return events of ours that a new event may be."""
    from mssmap.ingest import deciding

    return deciding.likely(item, data)


def _line(n: int, record: dict[str, Any]) -> str:
    if record["faults"]:
        return f"row {n}: {record['title']}: not taken. {' '.join(record['faults'])}"
    said = f"{record['number']:>5}  {record['state']:<9} {record['kind']} {record['change']}: {record['title']}"
    for other in record["duplicates"]:
        said += f"\n       perhaps {other['id']} ({other['title']})"
    return said
