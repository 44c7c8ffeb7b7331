"""
A field copy is a back-up that a laptop brings home: a file from outside, checked like one, then merged.

It is unpacked into a store of its own, so nothing of it touches the store of headquarters before its audit trail is
proved, every plan in it can be read and every import in it was opened in the process that reads files from outside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mssmap import scenario
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.ingest import mapping, read
from mssmap.ingest.limits import MB, printable
from mssmap.store import Store, archived, backup, backup_file, imports, merge, open_store
from mssmap.store.merge import Archives, Merged

BOUNDS: Final = replace(backup_file.BOUNDS, unpacked_bytes=2_000 * MB, rows=500_000, values=20_000_000)
"""How much a field copy may be: its trail is held in memory."""
NAME_CHARS: Final = 60


def take(
    store: Store,
    path: Path,
    *,
    origin: str,
    actor: str | None = None,
    archives: Archives = Archives(),  # noqa: B008, it is frozen
) -> Merged:
    """
    Merge a field copy into a store.

    Parameters
    ----------
    path
        A file of `mssmap backup`.
    origin
        What people call the laptop; it stands beside its changes.
    archives
        The archives of both sides; `mssmap.archive.copies.take` finds them and calls this.

    Raises
    ------
    InputError
        If there is no origin, or the file is no back-up or holds something that cannot be used. Nothing is merged.
    DataError
        If the file is damaged or its audit trail is not whole. Nothing is merged.
    StoreAwayError
        If the store cannot be written. Nothing is merged.
    """
    origin = printable(" ".join(origin.split()), NAME_CHARS)
    if not origin:
        raise InputError(_("origin: found nothing, required what people call the laptop, such as laptop 3."))
    with opened(path) as other:
        for item in imports.listed(other):
            _readable(imports.content(other, item), item.name)
        return merge.merge(store, other, origin=origin, actor=actor, check=_usable, archives=archives)


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """Unpack the tables of a back-up into a store that lasts as long as the context."""
    with tempfile.TemporaryDirectory(prefix="mssmap-field-") as folder:
        found = open_store(f"sqlite:///{Path(folder) / 'field.db'}")
        try:
            backup.restore(found, path, backup_file.read(path, BOUNDS))
            yield found
        finally:
            found.engine.dispose()


def _usable(entity: str, body: dict[str, Any]) -> None:
    """Refuse what this mssmap could not use once it is in the store."""
    if entity == merge.PLAN:
        scenario.from_dict(body)
    elif entity == imports.ENTITY:
        mapping.loads(str(body.get("mapping", "")))
    elif entity == archived.ENTITY and not archived.is_said(body):
        raise InputError(
            _("archive: found one without a name, a title, a size or a hash of its rows, required all of them.")
        )


def _readable(rows: bytes, name: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(rows)
        file.flush()
        read(Path(file.name), name=name)
