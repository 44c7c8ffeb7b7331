"""
The folder of archives: a GeoParquet file each, and a manifest that says what it is.

A manifest is written last, so a file without one was not finished and counts as not there. A file that is not the one
its manifest speaks of is told at once: nobody gets numbers of half a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mssmap import settings
from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.i18n import gettext as _

FORMAT: Final = "mssmap-archive/1"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


class ChangedError(DataError):
    """An archive is another than when it was opened; asking again opens it anew."""


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
    left_out: int = 0
    notes: list[str] = field(default_factory=list)
    created_at: str = ""
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

    def faults(self) -> list[str]:
        """Return one line for each archive that is not usable."""
        found = [item for path in self._manifests() if isinstance(item := _read(path), str)]
        for item in self.listed():
            path = self.parquet(item.name)
            size = path.stat().st_size if path.exists() else None
            if size != item.bytes:
                has = "no file" if size is None else f"{size:,} bytes"
                found.append(f"archive {item.name}: found {has}, required {item.bytes:,} bytes. Add it again.")
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
        InputError
            If they are there already.
        """
        if self.manifest(item.name).exists():
            raise InputError(
                _("archive {name!r}: the same content is there already. Nothing was changed.").format(name=item.name)
            )
        rows.replace(self.parquet(item.name))
        _write(self.manifest(item.name), json.dumps(asdict(item), ensure_ascii=False, indent=1))
        return item

    def remove(self, name: str) -> None:
        """
        Delete an archive, its manifest first.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        """
        self.find(name)
        self.manifest(name).unlink()
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


def _read(path: Path) -> Manifest | str:
    """Return a manifest, or in a line why it is none."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        known = {item.name for item in fields(Manifest)}
        if found["format"] != FORMAT or found["name"] != path.stem:
            raise ValueError(f"format {found['format']!r}, name {found['name']!r}")
        return Manifest(**{key: value for key, value in found.items() if key in known})
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"archive {path.stem}: found a manifest that cannot be read ({error}), required {FORMAT}. Add it again."


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".manifest-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
