"""
The file of a back-up: a zip that says what is in it, and is believed only after every byte of it was compared.

One file of JSON lines for each table, the rows of each archive as they lie beside the store (`archives/NAME.parquet`),
and `manifest.json`: versions, rows and SHA-256 of each member, and the head of the audit trail. An archive whose rows
are not in the file stands in the manifest with the reason.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import mssmap
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.store import archived, migrations
from mssmap.store.models import Base

FORMAT: Final = "mssmap-backup"
VERSION: Final = 2
"""Of the file's layout; a file with a higher one is refused. The first one held no archives."""

MANIFEST: Final = "manifest.json"
ARCHIVES: Final = "archives/"
CHUNK: Final = 1 << 20
LEFT_OUT, NO_FILE, CHANGED = "left out", "no file", "changed"
"""Why the rows of an archive are not in a back-up: not wanted, not there, or not those that were written."""

DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # a flipped bit says that the file is encrypted, or of a zip yet to come
    ValueError,
)
"""What zipfile raises over a damaged file."""


@dataclass(frozen=True)
class Shelved:
    """
    An archive in a back-up.

    Attributes
    ----------
    about
        Its manifest, with `name`, `title`, `rows`, `bytes` and `sha256`.
    why
        Why its rows are not in the file; empty if they are.
    file
        Where they are while the back-up is made.
    """

    about: dict[str, Any]
    why: str = ""
    file: Path | None = None

    @property
    def name(self) -> str:
        """Name of the archive."""
        return str(self.about["name"])

    @property
    def member(self) -> str:
        """Name of its rows in the file."""
        return f"{ARCHIVES}{self.name}.parquet"


@dataclass(frozen=True)
class Manifest:
    """
    What a back-up says about itself.

    Attributes
    ----------
    revision
        Alembic revision of the tables.
    tables
        Table -> number of rows and SHA-256 of its member.
    archives
        Those whose rows are in the file, and those that should be.
    changes, head
        Number of rows of the audit trail, and the hash of the last.
    faults
        What was wrong with the trail when the back-up was made; empty if it was whole.
    """

    format: str
    version: int
    made_at: str
    made_by: str
    revision: str
    tables: dict[str, dict[str, Any]]
    changes: int
    head: str
    faults: list[str]
    archives: list[Shelved] = field(default_factory=list)

    @property
    def absent(self) -> list[Shelved]:
        """Archives whose rows are not in the file."""
        return [item for item in self.archives if item.why]

    @property
    def held(self) -> list[Shelved]:
        """Archives whose rows are in the file."""
        return [item for item in self.archives if not item.why]


def read(path: Path) -> Manifest:
    """
    Check a back-up to its last byte and return what it says about itself.

    Raises
    ------
    DataError
        If a part is missing or is not what was written.
    InputError
        If the file cannot be read, is no back-up, or was made by a newer mssmap.
    """
    with opened(path) as file:
        manifest = _said(file, path)
        for item in manifest.held:
            _require_size(file, path, item)
        if sum(item.about["bytes"] for item in manifest.held) > path.stat().st_size:  # the same bytes for several
            raise DataError(
                _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
                    path=path, reason=_("it holds less than it says")
                )
            )
        for table, expected in manifest.tables.items():
            _check(file, path, table, expected)
        for item in manifest.held:
            copy_rows(file, path, item)
    return manifest


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """
    Open a back-up for `copy_rows`.

    Raises
    ------
    InputError, DataError
        As `read` does, from whatever is read inside.
    """
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except MssmapError:
        raise
    except OSError as error:
        raise InputError(
            _("{path}: it cannot be read ({reason}).").format(path=path, reason=error.strerror or error)
        ) from error
    except DAMAGE as error:
        raise DataError(
            _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
                path=path, reason=error
            )
        ) from error


def copy_rows(file: zipfile.ZipFile, path: Path, item: Shelved, target: BinaryIO | None = None) -> None:
    """
    Read the rows of an archive, some at a time, into a file if there is one.

    Raises
    ------
    DataError
        If they are not those that were written.
    """
    mark = hashlib.sha256()
    with file.open(item.member) as rows:
        while chunk := rows.read(CHUNK):
            mark.update(chunk)
            if target is not None:
                target.write(chunk)
    if mark.hexdigest() != item.about["sha256"]:
        raise changed(path, f"archive {item.name}")


def _require_size(file: zipfile.ZipFile, path: Path, item: Shelved) -> None:
    """Compare the size of an archive with the manifest; it is not packed, so it unpacks to what it takes here."""
    try:
        there = file.getinfo(item.member)
    except KeyError:
        raise _missing(path, f"archive {item.name}") from None
    if there.compress_type != zipfile.ZIP_STORED:
        raise changed(path, f"archive {item.name}")
    if there.file_size != item.about["bytes"] or there.compress_size != there.file_size:
        raise DataError(
            _(
                "{path}: archive {name} is cut off: found {found} bytes, required {required}. Use another back-up; the "
                "store was not touched."
            ).format(path=path, name=item.name, found=there.file_size, required=item.about["bytes"])
        )


def _said(file: zipfile.ZipFile, path: Path) -> Manifest:
    """Return the manifest of a file that this mssmap can restore."""
    manifest, newer = None, ""
    try:
        said = json.loads(file.read(MANIFEST))
        if said["format"] == FORMAT and said["version"] > VERSION:
            newer = str(said["made_by"])
        elif said["format"] == FORMAT:
            archives = [_shelved(item["about"], item["why"]) for item in said.get("archives", ())]
            manifest = Manifest(**{**said, "archives": archives})
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    if newer:
        raise _newer(path, newer)
    if manifest is None:
        raise InputError(_("{path}: found no back-up of mssmap, required a file of mssmap backup.").format(path=path))
    known = {script.revision for script in migrations.scripts().walk_revisions()}
    if manifest.revision not in known or manifest.tables.keys() - Base.metadata.tables:
        raise _newer(path, manifest.made_by)
    return manifest


def _newer(path: Path, found: str) -> InputError:
    return InputError(
        _("{path}: found a back-up of a newer mssmap ({found}), required at most {known}. Update mssmap.").format(
            path=path, found=found, known=mssmap.__version__
        )
    )


def _shelved(about: dict[str, Any], why: str) -> Shelved:
    if not archived.is_said(about) or not isinstance(why, str):
        raise ValueError
    return Shelved(about, why)


def _check(file: zipfile.ZipFile, path: Path, table: str, expected: dict[str, Any]) -> None:
    """Compare a member with the manifest: number of rows and hash."""
    mark, rows = hashlib.sha256(), 0
    try:
        with file.open(member(table)) as lines:
            for line in lines:
                mark.update(line)
                rows += 1
    except KeyError:
        raise _missing(path, table) from None
    if (rows, mark.hexdigest()) != (expected["rows"], expected["sha256"]):
        raise changed(path, table)


def _missing(path: Path, table: str) -> DataError:
    return DataError(
        _("{path}: {table} is missing. Use another back-up; the store was not touched.").format(path=path, table=table)
    )


def changed(path: Path, table: str) -> DataError:
    return DataError(
        _("{path}: {table} is not what was written. Use another back-up; the store was not touched.").format(
            path=path, table=table
        )
    )


def add_rows(file: zipfile.ZipFile, item: Shelved, rows: Path) -> None:
    """Copy the rows of an archive as they are, some at a time: they are packed already."""
    mark = hashlib.sha256()
    with rows.open("rb") as source, file.open(zipfile.ZipInfo(item.member), "w", force_zip64=True) as member:
        while chunk := source.read(CHUNK):
            mark.update(chunk)
            member.write(chunk)
    if mark.hexdigest() != item.about["sha256"]:
        raise DataError(
            _("archive {name}: it was changed while the back-up was made. Make the back-up again.").format(
                name=item.name
            )
        )


def member(table: str) -> str:
    """Return the name of a table in the file."""
    return f"{table}.jsonl"
