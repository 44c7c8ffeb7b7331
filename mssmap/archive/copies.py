"""
Back-ups and field copies with the archives: their files go into the same file as the tables, and come back from it.

Rows are copied some at a time, so the memory does not grow with them. What comes out of a file is written to a hidden
folder on the shelf, compared with its hash and put on disk; it takes its place before the tables are committed, and
leaves it again if they are not. A process that is killed in between leaves the store as it was, and archives that the
next try finds in their place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from mssmap.archive import columns, writer
from mssmap.archive import shelf as shelves
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.ingest import field_copy, source
from mssmap.jail import limits
from mssmap.jail.limits import MB, printable
from mssmap.store import archived, backup, backup_file, disk, merge
from mssmap.store.audit import Entry
from mssmap.store.backup_file import Shelved
from mssmap.store.ledger import Store
from mssmap.store.merge import Merged


@dataclass(frozen=True)
class Restored:
    """
    What a restore did.

    Attributes
    ----------
    manifest
        What the file said about itself.
    kept
        The back-up of what was in the store before, None if it was empty.
    missing
        Archives that the store promises and the shelf does not hold, each with the reason.
    put_away
        Names of archives that were on the shelf, are not in the back-up, and are among the removed now.
    """

    manifest: backup_file.Manifest
    kept: Path | None
    missing: list[Shelved]
    put_away: list[str]


def make(store: Store, shelf: Shelf, path: Path, *, without_archives: bool = False) -> backup_file.Manifest:
    """
    Write everything in a store and on its shelf to a file that is not there yet.

    Parameters
    ----------
    without_archives
        Leave the rows of the archives out; the file says which.

    Raises
    ------
    InputError, DataError, StoreAwayError
        As `backup.backup` does. An archive that is damaged stands among those that are not in the file.
    """
    return backup.backup(store, path, partial(_gathered, shelf, without=without_archives))


def restore(
    store: Store, shelf: Shelf, path: Path, manifest: backup_file.Manifest | None = None, *, replace: bool = False
) -> Restored:
    """
    Fill a store and its shelf from a back-up, both or neither.

    Parameters
    ----------
    manifest
        What `backup_file.read` returned for the file, so that it is not read once more.
    replace
        Give up what is in the store and on the shelf; it is backed up to a file beside `path` first.

    Raises
    ------
    InputError, DataError, StoreAwayError
        As `backup.restore` does, or if the shelf holds another archive of the same name or cannot be written. Store
        and shelf are as they were.
    """
    manifest = manifest or backup_file.read(path)
    with _unpacked(shelf, path, manifest.held) as staged, staged.undone_if_it_fails():
        _same, kept = backup.restore(
            store,
            path,
            manifest,
            replace=replace,
            gather=partial(_gathered, shelf, without=False),
            finish=lambda: staged.place({name: name for name in staged.items}),
        )
    put_away = []
    if replace:
        stay = {item.name for item in manifest.archives if not _is_removed(item)}
        stay |= archived.promised(store.trail()).keys()
        put_away = [item.name for item in shelf.listed() if item.name not in stay]
        for name in put_away:
            shelf.remove(name)
    return Restored(manifest, kept, missing(store, shelf), put_away)


def missing(store: Store, shelf: Shelf) -> list[Shelved]:
    """Return the archives that the trail of a store promises and its shelf does not hold as they were written."""
    found = []
    for name, about in archived.promised(store.trail()).items():
        if not shelf.holds(name, str(about["sha256"])):
            there = shelves.NAME.fullmatch(name) and shelf.parquet(name).is_file()
            found.append(Shelved(about, backup_file.CHANGED if there else backup_file.NO_FILE))
    return found


def take(
    store: Store,
    shelf: Shelf,
    path: Path,
    *,
    origin: str,
    actor: str | None = None,
    settings_check: field_copy.SettingCheck = field_copy.no_setting,
) -> Merged:
    """
    Merge a field copy with its archives; raises as `field_copy.take` does, and then store and shelf are as they were.

    An archive that is not here is taken over, unless its rows are here already under another name. One that the laptop
    removed stays here.
    """
    manifest = backup_file.read(path, field_copy.BOUNDS)
    brought = [item for item in manifest.held if not _is_removed(item)]
    with _unpacked(shelf, path, brought) as staged, staged.undone_if_it_fails():
        for item in staged.items.values():
            _require_usable(item, staged.rows(item.name))
        damaged = {fault.name for fault in missing(store, shelf)}
        archives = merge.Archives(
            ours={item.sha256: item.name for item in shelf.listed() if item.name not in damaged},
            theirs={str(item.about["sha256"]): item.name for item in brought},
            place=staged.place,
        )
        return field_copy.take(
            store,
            path,
            origin=origin,
            actor=actor,
            archives=archives,
            settings_check=settings_check,
            manifest=manifest,
        )


# ----------------------------------------------------------------------------------------------------- into a back-up


def _gathered(shelf: Shelf, trail: list[Entry], *, without: bool) -> list[Shelved]:
    """Find the rows of every archive that a trail promises or that is on the shelf, the removed ones too."""
    promised = archived.promised(trail)
    there = {item.name: asdict(item) for item in [*shelf.removed(), *shelf.listed()]}
    return [_found(shelf, {**there, **promised}[name], without=without) for name in sorted({*there, *promised})]


def _found(shelf: Shelf, about: dict[str, Any], *, without: bool) -> Shelved:
    if without:
        return Shelved(about, backup_file.LEFT_OUT)
    rows = shelf.rows(str(about["name"]))
    try:
        same = rows is not None and shelves.digest(rows) == about["sha256"]
    except OSError:  # not readable, or removed for good this moment
        rows = None
    if rows is None:
        return Shelved(about, backup_file.NO_FILE)
    return Shelved(about, file=rows) if same else Shelved(about, backup_file.CHANGED)


# -------------------------------------------------------------------------------------------------- out of a back-up


@dataclass
class _Staged:
    """Archives out of a back-up, by name, on their way to the shelf."""

    shelf: Shelf
    folder: Path
    items: dict[str, Manifest] = field(default_factory=dict)
    _placed: set[str] = field(default_factory=set)
    _undo: list[Callable[[], object]] = field(default_factory=list)

    def rows(self, name: str) -> Path:
        """Return where rows are until they are placed."""
        return self.folder / f"{name}.parquet"

    def place(self, due: Mapping[str, str]) -> None:
        """Put archives on the shelf, or among its removed ones: name here -> name in the file; again does nothing."""
        for name, theirs in due.items():
            if name in self._placed:  # the transaction is tried once more
                continue
            if not shelves.NAME.fullmatch(name):
                raise InputError(
                    _("archive {name!r}: found a strange name, required small letters, digits and dashes.").format(
                        name=printable(name)
                    )
                )
            item = replace(self.items[theirs], name=name)
            target = self.shelf.bin if item.removed_at else self.shelf
            target.folder.mkdir(exist_ok=True)
            if not target.manifest(name).exists():
                back = target.remove if self.shelf.bin.manifest(name).exists() else target.delete
                self._undo.append(partial(back, name))
            target.put(item, self.rows(theirs))
            self._placed.add(name)

    @contextmanager
    def undone_if_it_fails(self) -> Iterator[None]:
        """Take what was placed away again if what follows fails; what was among the removed is there again."""
        try:
            yield
        except BaseException:
            for undo in self._undo:
                with suppress(NotFoundError):  # it did not come so far
                    undo()
            raise


@contextmanager
def _unpacked(shelf: Shelf, path: Path, held: Collection[Shelved]) -> Iterator[_Staged]:
    """Give the archives of a back-up that are not here, compared with their hashes and on disk, in a folder beside."""
    made = {item.name: _manifest(path, item) for item in held}
    due = [item for item in held if not _is_here(shelf, made[item.name])]
    if not due:
        yield _Staged(shelf, shelf.folder)
        return
    with _work_folder(shelf, sum(made[item.name].bytes for item in due)) as folder:
        staged = _Staged(shelf, folder)
        for item in due:
            _require_free_name(shelf, made[item.name])
        _copy(path, due, staged)
        staged.items |= {item.name: made[item.name] for item in due}
        yield staged


def _is_removed(item: Shelved) -> bool:
    return bool(item.about.get("removed_at"))


def _is_here(shelf: Shelf, item: Manifest) -> bool:
    if item.removed_at:
        return shelf.manifest(item.name).exists() or shelf.bin.holds(item.name, item.sha256)
    return shelf.holds(item.name, item.sha256)


def _manifest(path: Path, item: Shelved) -> Manifest:
    try:
        return shelves.parsed(item.about, item.name)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            _(
                "{path}: archive {name} cannot be used ({reason}). Use another back-up; the store was not touched."
            ).format(path=path, name=printable(item.name), reason=printable(str(error)))
        ) from error


def _require_free_name(shelf: Shelf, item: Manifest) -> None:
    there = next((one for one in shelf.listed() if one.name == item.name), item)
    if there.sha256 != item.sha256:
        raise InputError(
            _(
                "archive {name}: found other rows of this name on the shelf, required those of the back-up. Remove it "
                "first; nothing was changed."
            ).format(name=item.name)
        )


@contextmanager
def _work_folder(shelf: Shelf, needed: int) -> Iterator[Path]:
    """Give a folder on the shelf that is gone afterwards, if there is room for so many bytes."""
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(shelf.folder).free
        held = ExitStack()
        folder = held.enter_context(disk.work_folder(shelves.WORK, shelf.folder))
    except OSError as error:
        raise _unwritable(shelf.folder, error) from error
    try:
        if needed > free:
            raise InputError(
                _(
                    "archives: {folder} has {free} MB free, required {needed} MB for those of the back-up. Make room; "
                    "nothing was changed."
                ).format(folder=shelf.folder, free=f"{free // MB:,}", needed=f"{needed // MB + 1:,}")
            )
        yield folder
    finally:
        held.close()


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        _("archives: {folder} cannot be written ({reason}). Make it writable; nothing was changed.").format(
            folder=folder, reason=error.strerror or error
        )
    )


def _copy(path: Path, items: Collection[Shelved], staged: _Staged) -> None:
    try:
        backup_file.copy_archives(path, items, lambda item: staged.rows(item.name))
        for item in items:
            disk.sync(staged.rows(item.name))
    except OSError as error:
        raise _unwritable(staged.shelf.folder, error) from error


# ------------------------------------------------------------------------------------------------- from a field copy


def _require_usable(item: Manifest, path: Path) -> None:
    """Read an archive from outside through: its columns, its places, and that it is what its manifest says."""
    with path.open("rb") as file, limits.naming(f"archive {item.name}"):
        for _frame in source.parquet(file):
            pass
        if not pq.read_schema(file).equals(columns.STORED):
            raise limits.refused(phrase("other columns"), phrase("those of an archive"))
        try:
            said = writer.told(path)
        except duckdb.Error as error:
            raise limits.refused(phrase("a Parquet file that cannot be read"), phrase("an intact file")) from error
        if wrong := [key for key, value in said.items() if getattr(item, key) != value]:
            raise limits.refused(
                phrase("other {names} than it says", names=", ".join(wrong)), phrase("an archive as it was written")
            )
