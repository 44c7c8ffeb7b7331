"""
A field copy is a back-up that a laptop brings home: a file from outside, checked like one, then merged.

It is unpacked into a store of its own, so nothing of it touches the store of headquarters before its audit trail is
proved. Then each record is checked: every state of a plan or an import that undo could bring back, the rows of an
import in the process that reads files from outside, a setting by those who use it. Refused ones are told one by one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mssmap import settings
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import read, stored
from mssmap.jail.limits import MB, printable
from mssmap.planning import plan_file
from mssmap.records import catalog
from mssmap.store import (
    Store,
    archived,
    backup,
    backup_file,
    disk,
    imports,
    inbox,
    merge,
    open_store,
    payloads,
    plans,
    taken,
)
from mssmap.store.backup_file import Manifest
from mssmap.store.merge import Archives, Merged

BOUNDS: Final = replace(backup_file.BOUNDS, unpacked_bytes=2_000 * MB, rows=500_000, values=20_000_000)
"""How much a field copy may be: its trail is held in memory."""
NAME_CHARS: Final = 60
WORK: Final = "mssmap-field-"
"""How the name of a folder begins in which a field copy is unpacked, among the temporary files of the system."""


SettingCheck = Callable[[str, dict[str, Any]], None]


def no_setting(key: str, _value: dict[str, Any]) -> None:
    """Refuse any setting: what it must be know those who use it."""
    raise InputError(
        _("found the setting {found!r}, required one that this mssmap knows.").format(found=printable(key))
    )


def take(
    store: Store,
    path: Path,
    *,
    origin: str,
    actor: str | None = None,
    archives: Archives = Archives(),  # noqa: B008, it is frozen
    settings_check: SettingCheck = no_setting,
    manifest: Manifest | None = None,
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
    settings_check
        Raises `InputError` for a setting that cannot be used; gets its key and its value.
    manifest
        What `backup_file.read` returned for the file, so that it is not read once more.

    Returns
    -------
    merged
        `refused` names each record that cannot be used and why; the others are merged.

    Raises
    ------
    InputError
        If there is no origin, or the file is no back-up. Nothing is merged.
    DataError
        If the file is damaged or its audit trail is not whole. Nothing is merged.
    StoreAwayError
        If the store cannot be written. Nothing is merged.
    """
    origin = printable(" ".join(origin.split()), NAME_CHARS)
    if not origin:
        raise InputError(_("origin: found nothing, required what people call the laptop, such as laptop 3."))
    with opened(path, manifest) as other:
        check = _Check(other, settings_check).usable
        return merge.merge(store, other, origin=origin, actor=actor, check=check, archives=archives)


@contextmanager
def opened(path: Path, manifest: Manifest | None = None) -> Iterator[Store]:
    """Unpack the tables of a back-up into a store that lasts as long as the context."""
    with disk.work_folder(WORK) as folder:
        found = open_store(f"sqlite:///{folder / 'field.db'}")
        try:
            backup.restore(found, path, manifest, bounds=BOUNDS)
            yield found
        finally:
            found.engine.dispose()


class _Check:
    """Checks the records of a field copy; rows are opened in the process that reads files from outside."""

    def __init__(self, other: Store, settings_check: SettingCheck) -> None:
        self._other = other
        self._settings_check = settings_check
        self._opened: set[str] = set()
        self._catalog = catalog.read_catalog(settings.load().data_dir)

    def usable(self, entity: str, entity_id: str, body: dict[str, Any]) -> None:
        """Refuse what this mssmap could not use once it is in the store."""
        try:
            if entity == plans.ENTITY:
                self._plan(entity_id, body)
            elif entity == imports.ENTITY:
                self._import(entity_id, body)
            elif entity == archived.ENTITY:
                self._archive(entity_id, body)
            elif entity == inbox.ENTITY:
                inbox.require_body(body)
            elif entity_id.startswith(taken.PREFIX):
                raise InputError(_("A release is taken over with its signature: mssmap update FILE."))
            else:
                self._settings_check(entity_id, body)
        except MssmapError:
            raise
        except stored.UNUSABLE as error:
            raise InputError(
                _("found a value that cannot be used ({reason}), required what mssmap writes.").format(
                    reason=printable(str(error))
                )
            ) from error

    def _plan(self, entity_id: str, body: dict[str, Any]) -> None:
        plan = plan_file.from_dict(body)
        if plan.id != entity_id and plan.id[:60] != entity_id.partition("~")[0]:
            raise InputError(
                _("found the id {found!r}, required {required!r}.").format(found=plan.id, required=printable(entity_id))
            )
        if plan.matrix and isinstance(rows := payloads.get(self._other, plan.matrix), bytes):
            self._open(plan.matrix, rows, "matrix")

    def _import(self, entity_id: str, body: dict[str, Any]) -> None:
        about = stored.said(body, entity_id.partition("~")[0])
        if about.id in self._catalog:
            raise InputError(
                _("found the id of a layer of our own, {found!r}, required one of its own.").format(found=about.id)
            )
        rows = payloads.get(self._other, about.sha256)
        if isinstance(rows, str):
            raise InputError(_("found {found} in the copy, required those of its hash.").format(found=rows))
        self._open(about.sha256, rows, about.id)
        stored.rows(rows, about, self._catalog["events"].contract)

    def _open(self, sha256: str, rows: bytes, name: str) -> None:
        """Open rows in the reading process, once."""
        if sha256 in self._opened:
            return
        with tempfile.TemporaryFile() as file:
            file.write(rows)
            file.seek(0)
            read(file, name=f"{name}.parquet")
        self._opened.add(sha256)

    def _archive(self, entity_id: str, body: dict[str, Any]) -> None:
        if not archived.is_said(body) or body["name"] != entity_id.partition("~")[0]:
            raise InputError(
                _("archive: found one without a name, a title, a size or a hash of its rows, required all of them.")
            )
