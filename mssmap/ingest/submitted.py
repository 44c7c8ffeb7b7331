"""
Submissions as people write them: JSON or CSV in the columns of our tables, or rows of any file that we can import.

Only plain values come out, one object a submission; `records.submission` reads and checks them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.ingest.prepare import Imported
from mssmap.records.submissions import submission

LARGEST_BYTES: Final = 20 * 2**20
SOURCE: Final = "source_"
"""How the columns of a CSV file begin that are about the source of a row."""


def parse(content: bytes, name: str, kind: str = "") -> list[Any]:
    """
    Read submissions in our columns.

    Parameters
    ----------
    content
        JSON, an object or a list of them, or CSV with a header.
    kind
        Kind of those that do not say it themselves.

    Raises
    ------
    InputError
        If it is too large, is no text, or is neither JSON nor CSV.
    """
    if len(content) > LARGEST_BYTES:
        raise InputError(
            _("{name}: found {found} MB, required at most {most} MB. Split the file.").format(
                name=name, found=len(content) // 2**20, most=LARGEST_BYTES // 2**20
            )
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            _("{name}: found bytes that are no UTF-8, required text in UTF-8. Save it again so.").format(name=name)
        ) from error
    found = _json(text, name) if text.lstrip()[:1] in ("{", "[") else _csv(text, name)
    return [{"kind": kind, **one} if kind and isinstance(one, dict) else one for one in found]


def _json(text: str, name: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            _("{name}: found JSON that cannot be read ({error}), required an object or a list of objects.").format(
                name=name, error=str(error)[:120]
            )
        ) from error
    return found if isinstance(found, list) else [found]


def _csv(text: str, name: str) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(
            _("{name}: found a row that cannot be read ({error}), required CSV with closed quotes.").format(
                name=name, error=error
            )
        ) from error
    if not rows or None in rows[0]:
        raise InputError(_("{name}: found no rows under a header, required at least one.").format(name=name))
    return [_of_cells(row) for row in rows]


def _of_cells(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as a submission: what is about its source as a source, empty cells left out."""
    filled = {str(key): value for key, value in row.items() if value not in (None, "")}
    source = {key.removeprefix(SOURCE): filled.pop(key) for key in list(filled) if key.startswith(SOURCE)}
    return {**filled, "sources": [source]} if source else filled


def of_import(made: Imported) -> list[dict[str, Any]]:
    """
    Return the events of an import as submissions, each with the source that the mapping names.

    Raises
    ------
    InputError
        If they are no events, or the mapping does not say where they are from.
    """
    if made.kind != "events":
        raise InputError(
            _("{name}: found {kind}, required events. Only events can be handed in.").format(
                name=made.name, kind=made.kind
            )
        )
    source = made.source
    if not source.url:
        raise InputError(
            _("{name}: found no address of its source, required one. Write it into the mapping (--mapping).").format(
                name=made.name
            )
        )
    rows = made.frame.drop(columns=["row", "geometry"], errors="ignore")
    return [_of_event(row, vars(source)) for row in rows.to_dict("records")]


def _of_event(row: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    cells = {str(key): submission.cell(value) for key, value in row.items()}
    made = {key: value for key, value in cells.items() if value and key not in _MADE}
    about = {key: source[key] for key in ("title", "publisher", "publisher_kind", "url") if source.get(key)}
    about.setdefault("publisher", about["title"])
    about["published_on"] = cells.get("known_from") or cells.get("valid_from", "")
    return {"kind": "event", **made, "sources": [about]}


_MADE: Final = ("event_id", "revision", "source_ids", "source_id", "grade", "sources")
