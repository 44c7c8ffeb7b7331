"""
The folder of archives: a GeoParquet file each, and a manifest that says what it is.

A manifest is written last, so a file without one was not finished, counts as not there, and is swept. A file that is
not the one its manifest speaks of is told at once: nobody gets numbers of half a file.

What is removed moves to the folder `removed/` and can be put back for `KEPT_DAYS`, unless `KEPT_MOST` others were
removed since. Its manifest moves first when it goes and last when it comes back, and its rows count wherever of the
two they are: so a process that is killed leaves it whole, on the shelf or among the removed.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from mssmap import settings
from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import disk

FORMAT: Final = "mssmap-archive/1"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
REMOVED: Final = "removed"
WORK: Final = ".writing-"
"""How the name of a folder begins in which an archive is written."""
MOST: Final = 2**53
"""Counts are below it."""
UNLISTED_S: Final = 60
"""Seconds after which rows without a manifest are those of a killed process: the manifest follows at once."""
KEPT_DAYS: Final = 30
KEPT_MOST: Final = 5
"""So many removed archives are kept, the last ones; they may be large."""


class ChangedError(DataError):
    """An archive is another than when it was opened; asking again opens it anew."""


class SameError(InputError):
    """The same content is on the shelf already, as `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("archive {name!r}: the same content is there already. Nothing was changed.").format(name=name)
        )
        self.name = name


@dataclass(frozen=True)
class Manifest:
    """
    What is known of an archive without opening it.

    Attributes
    ----------
    name, title
        Its id in addresses, and what people call it.
    rows, placed
        All its rows, and those with a point.
    bytes, sha256
        Of the Parquet file.
    categories, departments
        How many rows of each; departments by P-code, empty where not known.
    first, last
        First and last day of an event, ISO; empty without rows.
    box
        West, south, east, north of the points in degrees.
    kept
        Column of the source -> values: rows with others were left out.
    read_rows, left_out, left_out_by
        Rows of the file, those that are not among `rows`, and their numbers by reason.
    converted
        Id of the import in the store that it was made of, empty for a file.
    created_at, removed_at
        UTC, ISO; the second is empty on the shelf.
    """

    name: str
    title: str
    rows: int
    placed: int
    bytes: int
    sha256: str
    columns: list[str]
    categories: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    box: list[float] = field(default_factory=list)
    file: str = ""
    source: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    read_rows: int = 0
    left_out: int = 0
    left_out_by: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    converted: str = ""
    created_at: str = ""
    removed_at: str = ""
    format: str = FORMAT

    @property
    def licence(self) -> str:
        """Licence in words."""
        return self.source.get("licence") or "not stated"

    @property
    def attribution(self) -> str:
        """Words that must stand beside the data."""
        return self.source.get("attribution") or self.source.get("title") or self.title


@dataclass(frozen=True)
class Shelf:
    """Archives in a folder; the folder is made when the first is written."""

    folder: Path

    def parquet(self, name: str) -> Path:
        """Return the path of an archive's rows."""
        return self.folder / f"{name}.parquet"

    def manifest(self, name: str) -> Path:
        """Return the path of an archive's manifest."""
        return self.folder / f"{name}.json"

    def listed(self) -> list[Manifest]:
        """Return the archives by title; a manifest that cannot be read is left out (`faults` tells it)."""
        found = [item for path in self._manifests() if isinstance(item := _read(path), Manifest)]
        return sorted(found, key=lambda item: (item.title, item.name))

    def faults(self, *, by_hash: bool = False) -> list[str]:
        """Return one line for each archive that is not usable; by size alone, or with all rows read through."""
        found = [item for path in self._manifests() if isinstance(item := _read(path), str)]
        for item in self.listed():
            path = self.parquet(item.name)
            size = path.stat().st_size if path.exists() else None
            if size != item.bytes:
                has = "no file" if size is None else f"{size:,} bytes"
                found.append(f"archive {item.name}: found {has}, required {item.bytes:,} bytes. Add it again.")
            elif by_hash and not self.holds(item.name, item.sha256):
                found.append(f"archive {item.name}: found other rows than it was made with. Add it again.")
        return found

    def mark(self) -> tuple[tuple[str, int], ...]:
        """Return names and times of the manifests: what changes when an archive comes or goes."""
        return tuple((path.name, path.stat().st_mtime_ns) for path in self._manifests())

    def find(self, name: str) -> Manifest:
        """
        Return an archive.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        DataError
            If its manifest cannot be read.
        """
        path = self.manifest(name)
        if not NAME.fullmatch(name) or not path.is_file():
            names = ", ".join(item.name for item in self.listed()) or _("none yet")
            raise NotFoundError(
                _("archive: found no {name!r}, required one of: {names}.").format(name=name[:60], names=names)
            )
        found = _read(path)
        if isinstance(found, str):
            raise DataError(found)
        return found

    def keep(self, item: Manifest, rows: Path) -> Manifest:
        """
        Put finished rows on the shelf, and then their manifest.

        Raises
        ------
        SameError
            If they are there already.
        """
        if self.manifest(item.name).exists():
            raise SameError(item.name)
        self.put(item, rows)
        self.sweep()
        return item

    def put(self, item: Manifest, rows: Path) -> None:
        """Put rows and then their manifest on the shelf, whatever of this name was there; both are on disk then."""
        disk.sync(rows)
        self._drop(item.name)
        rows.replace(self.parquet(item.name))
        _write(self.manifest(item.name), item)
        disk.sync_folder(self.folder)

    def rows(self, name: str) -> Path | None:
        """Return the rows of an archive, on the shelf or among the removed, None if there are none."""
        if not NAME.fullmatch(name):
            return None
        return next((path for path in (self.parquet(name), self.bin.parquet(name)) if path.is_file()), None)

    def holds(self, name: str, sha256: str) -> bool:
        """Whether an archive is on the shelf with these rows; they are read through."""
        if not NAME.fullmatch(name) or not self.manifest(name).is_file() or not self.parquet(name).is_file():
            return False
        item = _read(self.manifest(name))
        try:
            return isinstance(item, Manifest) and item.sha256 == sha256 == digest(self.parquet(name))
        except OSError:
            return False

    @property
    def bin(self) -> Shelf:
        """Where removed archives are; it may hold some that are not kept any more."""
        return Shelf(self.folder / REMOVED)

    def removed(self) -> list[Manifest]:
        """Return the archives that can be put back, the one removed last first."""
        since = _stamp(datetime.now(UTC) - timedelta(days=KEPT_DAYS))
        found = [item for item in self.bin.listed() if item.removed_at >= since]
        return sorted(found, key=lambda one: one.removed_at, reverse=True)[:KEPT_MOST]

    def find_removed(self, name: str) -> Manifest:
        """
        Return an archive that can be put back.

        Raises
        ------
        InputError
            If the same content was added again meanwhile.
        NotFoundError
            If none of this name was removed, or it is not kept any more.
        """
        if NAME.fullmatch(name) and self.manifest(name).exists():
            raise InputError(
                _("archive {name!r}: it is there, perhaps added again meanwhile. Nothing was changed.").format(
                    name=name
                )
            )
        found = self.removed()
        if item := next((one for one in found if one.name == name), None):
            return item
        names = ", ".join(one.name for one in found) or _("none")
        raise NotFoundError(
            _("archive {name!r}: found none of this name to put back, required one of: {names}.").format(
                name=name[:60], names=names
            )
        )

    def remove(self, name: str) -> None:
        """
        Take an archive off the shelf; `restore` puts it back.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        DataError
            If the folder cannot be written.
        """
        item = replace(self.find(name), removed_at=_stamp(datetime.now(UTC)))
        with _changing(name):
            self.bin.folder.mkdir(exist_ok=True)
            _write(self.manifest(name), item)
            self.manifest(name).replace(self.bin.manifest(name))
            _move(self.parquet(name), self.bin.parquet(name))
            self.sweep()

    def restore(self, name: str) -> Manifest:
        """Put a removed archive back; raises as `find_removed` and `remove` do."""
        item = replace(self.find_removed(name), removed_at="")
        with _changing(name):
            _move(self.bin.parquet(name), self.parquet(name))
            self.bin.manifest(name).replace(self.manifest(name))
            _write(self.manifest(name), item)
        return item

    def delete(self, name: str) -> None:
        """
        Delete an archive for good, on the shelf or among the removed.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        """
        if not (NAME.fullmatch(name) and self.bin.manifest(name).exists()):
            self.find(name)
        with _changing(name):
            self.manifest(name).unlink(missing_ok=True)
            self._drop(name)

    def sweep(self) -> None:
        """Delete what is among the removed and cannot be put back any more, and what a killed process has left."""
        for folder, prefix in product((self.folder, self.bin.folder), (WORK, ".manifest-")):
            disk.sweep(folder, prefix)
        kept = {item.name for item in self.removed()}
        left = {path.stem for path in self.bin.folder.glob("*.*")}
        for name in left - kept:
            with _changing(name):
                self._drop(name)
        for rows in self._unlisted():
            with _changing(rows.stem):
                rows.unlink(missing_ok=True)

    def _unlisted(self) -> Iterator[Path]:
        """Yield rows that a killed process put here without their manifest: named by their hash, as ours are."""
        for rows in self.folder.glob("*.parquet"):
            listed = self.manifest(rows.stem).exists() or self.bin.manifest(rows.stem).exists()
            with suppress(OSError):
                is_new = time.time() - rows.stat().st_ctime < UNLISTED_S
                if not listed and not is_new and rows.stem.endswith(f"-{digest(rows)[:8]}"):
                    yield rows

    def _drop(self, name: str) -> None:
        self.bin.manifest(name).unlink(missing_ok=True)
        self.bin.parquet(name).unlink(missing_ok=True)
        if not self.manifest(name).exists():  # rows that a killed `remove` left here
            self.parquet(name).unlink(missing_ok=True)

    def _manifests(self) -> list[Path]:
        return sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []


def folder_of(address: str, beside: str) -> Path:
    """
    Return the folder of the archives that `MSSMAP_ARCHIVE_URL` names.

    >>> folder_of("spark://10.0.0.5:7077/srv/archives", "/data/archives").as_posix()
    '/srv/archives'
    >>> folder_of("postgresql://db/archive", "/data/archives").as_posix()
    '/data/archives'

    Parameters
    ----------
    beside
        The folder that is used if the address has none.

    Raises
    ------
    InputError
        If it is the address of something else.
    """
    kind, mark, rest = address.partition("://")
    if not mark:
        return Path(address or beside).expanduser()
    if kind == "file":
        return Path(rest).expanduser()
    if kind == "spark":
        return Path(urlsplit(address).path.rstrip("/") or beside).expanduser()
    if kind.partition("+")[0] == "postgresql":
        return Path(beside).expanduser()
    raise InputError(
        _(
            "MSSMAP_ARCHIVE_URL: found {found}, required a folder, file://, postgresql:// or spark://host:port/folder."
        ).format(found=kind)
    )


def default() -> Shelf:
    """Return the shelf of the settings."""
    found = settings.load()
    return Shelf(folder_of(found.archive_url, settings.default_archive_folder(found.database_url)))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parsed(found: Any, name: str) -> Manifest:
    """
    Return the manifest of an archive from plain values, as `asdict` gives them.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is none of this name and format.
    """
    kinds = get_type_hints(Manifest)
    if found["format"] != FORMAT or found["name"] != name or not NAME.fullmatch(name):
        raise ValueError(f"format {found['format']!r}, name {found['name']!r}")
    given = {key: value for key, value in found.items() if key in kinds}
    for key, value in given.items():
        if not _fits(value, kinds[key]):
            raise ValueError(f"{key} {value!r:.40}")
    made = Manifest(**given)
    json.dumps(given, ensure_ascii=False, allow_nan=False).encode()  # half a sign is no text, and no number is endless
    _require_sense(made)
    return made


def _require_sense(item: Manifest) -> None:
    """Raise `ValueError` unless days are days, counts are counts and the box is one."""
    for day in filter(None, (item.first, item.last)):
        date.fromisoformat(day)
    for time_ in filter(None, (item.created_at, item.removed_at)):
        datetime.fromisoformat(time_)
    counts = (item.rows, item.placed, item.bytes, item.left_out, *item.categories.values(), *item.departments.values())
    if not all(0 <= count < MOST for count in counts):
        raise ValueError("a count that is none")
    if len(item.box) not in (0, 4) or not all(-180 <= degrees <= 180 for degrees in item.box):
        raise ValueError("a box that is none")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a plain value is of a kind such as `dict[str, int]`; a whole number is a float too."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, inner[0]) and _fits(one, inner[1]) for key, one in value.items()
        )
    if origin is list:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    return isinstance(value, int | float if kind is float else kind) and not isinstance(value, bool)


def _read(path: Path) -> Manifest | str:
    """Return a manifest, or in a line why it is none."""
    try:
        return parsed(json.loads(path.read_text(encoding="utf-8")), path.stem)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return f"archive {path.stem}: found a manifest that cannot be read ({error}), required {FORMAT}. Add it again."


def _stamp(when: datetime) -> str:
    return when.isoformat(timespec="microseconds")


@contextmanager
def _changing(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            _("archive {name!r}: the folder of the archives cannot be changed ({reason}). Make it writable.").format(
                name=name, reason=error.strerror or error
            )
        ) from error


def _move(rows: Path, to: Path) -> None:
    """Move rows if they are there still."""
    if rows.exists():
        rows.replace(to)


def _write(path: Path, item: Manifest) -> None:
    with disk.written(path, ".manifest-") as file:
        file.write(json.dumps(asdict(item), ensure_ascii=False, indent=1).encode())
