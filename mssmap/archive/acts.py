"""
What people do with archives: each act stands in the audit trail, and needs the role of somebody who may import.

The trail is written first where something is taken away or put back, so that nobody without the role moves a file; if
the file then does not move, the trail says that too.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import asdict
from typing import Final

import pandas as pd

from mssmap.archive import shelf as shelves
from mssmap.archive import stream
from mssmap.archive.shelf import Manifest, SameError, Shelf
from mssmap.archive.writer import Progress
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import attach, mapping, stored
from mssmap.store import archived, imports
from mssmap.store.imports import Import
from mssmap.store.ledger import Store

CONVERTED: Final = uuid.UUID("5c9b8f1e-6c3e-4d0a-9a54-1f0d2f6f7a11")
"""Name space of the requests that note a conversion: the same one has the same id in every process."""


def added(store: Store, shelf: Shelf, made: Manifest) -> Manifest:
    """
    Note an archive that was just made; if that fails, it is not kept.

    Raises
    ------
    NotAllowedError, StoreAwayError
        As `archived.added` does.
    """
    try:
        archived.added(store, asdict(made))
    except MssmapError:
        shelf.delete(made.name)
        raise
    return made


def remove(store: Store, shelf: Shelf, name: str, *, for_good: bool = False) -> Manifest:
    """
    Remove an archive; `restore` puts it back.

    Parameters
    ----------
    for_good
        Delete it, also if it was removed before.

    Raises
    ------
    NotFoundError
        If there is none of this name.
    NotAllowedError, StoreAwayError, DataError
        If it may not or cannot be done; the archive is where it was.
    """
    gone = next((item for item in shelf.removed() if item.name == name), None) if for_good else None
    item = gone or shelf.find(name)
    archived.removed(store, name)
    try:
        (shelf.delete if for_good else shelf.remove)(name)
    except DataError:
        if gone is None:
            archived.restored(store, asdict(item))
        raise
    return item


def restore(store: Store, shelf: Shelf, name: str) -> Manifest:
    """
    Put a removed archive back; raises as `remove` does.

    Raises
    ------
    InputError
        If the same content was added again meanwhile.
    """
    archived.restored(store, asdict(shelf.find_removed(name)))
    try:
        return shelf.restore(name)
    except MssmapError:
        archived.removed(store, name)
        raise


def is_convertible(item: Import) -> bool:
    """Say whether an import would be an archive today: versions before archives stored it among the layers."""
    try:
        about = stored.require_row(item)
    except DataError:  # told beside it in the list
        return False
    return about.kind == "events" and about.rows > attach.JOINED_ROWS


def converted(shelf: Shelf, import_id: str) -> Manifest | None:
    """Return the archive that was made of an import, if there is one."""
    return next((item for item in shelf.listed() if item.converted == import_id), None)


def convert(store: Store, shelf: Shelf, item: Import, *, progress: Progress = lambda rows, what: None) -> Manifest:
    """
    Make an archive of an import of many events, and then take the import away, which can be undone.

    Whatever ends it in between, nothing is lost: the next call goes on where it ended.

    Raises
    ------
    InputError
        If it is not such an import, or was removed.
    DataError
        If its rows, or those of an archive made of it before, are not what was stored.
    GoneError
        If somebody changed it meanwhile.
    """
    if item.removed or not is_convertible(item):
        about = stored.require_row(item)
        kind = _("a removed import") if item.removed else about.kind
        raise InputError(
            _("import {import_id!r}: found {kind} of {rows} rows, required events, more than {most}.").format(
                import_id=item.import_id, kind=kind, rows=f"{about.rows:,}", most=f"{attach.JOINED_ROWS:,}"
            )
        )
    made, is_new = _made(store, shelf, item, progress)
    rows = shelf.parquet(made.name)
    if not rows.exists() or shelves.digest(rows) != made.sha256:
        raise DataError(
            _("archive {name}: found other rows, required those of the import. Remove it for good, then convert again.")
            .format(name=made.name)
        )  # fmt: skip
    request = str(uuid.uuid5(CONVERTED, f"{item.import_id} {item.version} {made.sha256}"))
    try:
        archived.added(store, asdict(made), request_id=request)
    except MssmapError:
        if is_new:
            shelf.delete(made.name)
        raise
    imports.remove(store, item.import_id, version=item.version)
    return made


def _made(store: Store, shelf: Shelf, item: Import, progress: Progress) -> tuple[Manifest, bool]:
    """Return the archive of an import, and whether it was made just now."""
    if there := converted(shelf, item.import_id):
        return there, False
    used = mapping.loads(item.body["mapping"])
    said = {
        "kept": used.keep,
        "notes": list(item.body["notes"]),
        "left_out": int(item.body["left_out"]),
        "file": str(item.body["file"]),
        "converted": item.import_id,
    }
    events = pd.read_parquet(io.BytesIO(imports.content(store, item)))
    try:
        return stream.add_frame(shelf, events, used.source, item.name, progress=progress, **said), True
    except SameError as same:  # the same file was imported again since
        return shelf.find(same.name), False
