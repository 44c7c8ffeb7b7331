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
import re
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
from mssmap.i18n import mark
from mssmap.store import archived, migrations, payloads
from mssmap.store.models import Base, PayloadRow

FORMAT: Final = "mssmap-backup"
VERSION: Final = 2
"""Of the file's layout; a file with a higher one is refused. The first one held no archives."""

MANIFEST: Final = "manifest.json"
ARCHIVES: Final = "archives/"
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """
    How much a back-up may be; a file beyond is refused before it is unpacked.

    Attributes
    ----------
    manifest_bytes, unpacked_bytes
        Of the manifest, and of it and all tables together; archives are as large as they are in the file.
    line_bytes, line_values
        Of one row, and how many values it may hold.
    payload_bytes
        Of one row of `payload`, which is bytes in base64 and nothing else.
    rows, values
        Of all tables together.
    members
        Of the zip.
    """

    manifest_bytes: int = 4_000_000
    unpacked_bytes: int = 20_000_000_000
    line_bytes: int = 8_000_000
    line_values: int = 500_000
    payload_bytes: int = payloads.MOST_BYTES * 134 // 100
    rows: int = 2_000_000
    values: int = 100_000_000
    members: int = 5_000


BOUNDS: Final = Bounds()
DIRECTORY_BYTES: Final = 400
"""Of the directory of a zip, for each of its members."""
UNTOUCHED: Final = mark("Use another back-up; the store was not touched.")
SAID: Final = {
    **{"version": int, "made_at": str, "made_by": str, "revision": str, "tables": dict, "changes": int, "head": str},
    "faults": list,
}
"""What a manifest says in any case."""
PAYLOAD: Final = PayloadRow.__tablename__
_PAYLOAD: Final = re.compile(rb'\{"sha256":"[0-9a-f]{64}","content":"[A-Za-z0-9+/=]*"\}\n')
_LINES: Final = re.compile(rb"[^\n]*\n|[^\n]+")
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


TableSaid = dict[str, Any]
"""What a manifest says about a table: `rows` and `sha256`."""


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
    tables: dict[str, TableSaid]
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


def read(path: Path, bounds: Bounds = BOUNDS) -> Manifest:
    """
    Check a back-up to its last byte and return what it says about itself.

    Raises
    ------
    DataError
        If a part is missing or is not what was written.
    InputError
        If the file cannot be read, is no back-up, is larger than the bounds, or was made by a newer mssmap.
    """
    with opened(path, bounds) as file:
        manifest = _said(file, path)
        for item in manifest.held:
            _require_size(file, path, item)
        if sum(item.about["bytes"] for item in manifest.held) > path.stat().st_size:  # the same bytes for several
            raise DataError(
                _("{path}: the file is damaged ({reason}). Use another back-up; the store was not touched.").format(
                    path=path, reason=_("it holds less than it says")
                )
            )
        counted = Counted(path, bounds)
        for table, expected in manifest.tables.items():
            _check(file, path, table, expected, counted)
        for item in manifest.held:
            copy_rows(file, path, item)
    return manifest


@contextmanager
def opened(path: Path, bounds: Bounds = BOUNDS) -> Iterator[zipfile.ZipFile]:
    """
    Open a back-up, whose members are measured before any is read.

    Raises
    ------
    InputError, DataError
        As `read` does, from whatever is read inside.
    """
    try:
        with path.open("rb") as content:
            _require_members(content, path, bounds)
            with zipfile.ZipFile(content) as file:
                _require_sizes(file, path, bounds)
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


def _require_members(content: BinaryIO, path: Path, bounds: Bounds) -> None:
    """Compare the number of members with the bounds; the directory of a zip takes much more memory than bytes."""
    end = zipfile._EndRecData(content)  # type: ignore[attr-defined]
    at_most = bounds.members
    if end and (end[zipfile._ECD_ENTRIES_TOTAL] > at_most or end[zipfile._ECD_SIZE] > at_most * DIRECTORY_BYTES):  # type: ignore[attr-defined]
        raise _too_much(path, _("a zip with more than {most} members").format(most=f"{at_most:,}"), at_most)


def _require_sizes(file: zipfile.ZipFile, path: Path, bounds: Bounds) -> None:
    """Compare what the directory says with the bounds; no more than it says is ever unpacked of a member."""
    packed = [one for one in file.infolist() if not one.filename.startswith(ARCHIVES)]
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in packed):
        raise InputError(
            _("{path}: found members packed in another way, required those of mssmap backup. {untouched}").format(
                path=path, untouched=_(UNTOUCHED)
            )
        )
    sizes = {one.filename: one.file_size for one in packed}
    if (found := sizes.get(MANIFEST, 0)) > bounds.manifest_bytes:
        raise _too_much(path, f"{MANIFEST}: " + _unpacked(found), bounds.manifest_bytes)
    if (found := sum(one.file_size for one in packed)) > bounds.unpacked_bytes:
        raise _too_much(path, _unpacked(found), bounds.unpacked_bytes)


def _unpacked(found: int) -> str:
    return _("found {count} bytes unpacked").format(count=f"{found:,}")


def _too_much(path: Path, found: str, most: int) -> InputError:
    return InputError(
        _("{path}: {found}, required at most {most}. {untouched}").format(
            path=path, found=found, most=f"{most:,}", untouched=_(UNTOUCHED)
        )
    )


@dataclass
class Counted:
    """What was read of a back-up so far, compared with the bounds of all tables together."""

    path: Path
    bounds: Bounds
    rows: int = 0
    values: int = 0

    def take(self, line: bytes, table: str) -> None:
        """
        Count a row.

        Raises
        ------
        InputError
            If it, or all together, holds too much.
        """
        bounds = self.bounds
        if len(line) > bounds.line_bytes and not (table == PAYLOAD and _PAYLOAD.fullmatch(line)):
            raise self._row(table, _("bytes"), bounds.line_bytes)
        values = sum(map(line.count, (b",", b"[", b"{")))
        if values > bounds.line_values:
            raise self._row(table, _("values"), bounds.line_values)
        self.rows, self.values = self.rows + 1, self.values + values
        for found, most, what in ((self.rows, bounds.rows, _("rows")), (self.values, bounds.values, _("values"))):
            if found > most:
                raise _too_much(self.path, _("found more than {most} {what}").format(most=f"{most:,}", what=what), most)

    def longest(self, table: str) -> int:
        """Return how many bytes a row of a table may take."""
        return self.bounds.payload_bytes if table == PAYLOAD else self.bounds.line_bytes

    def _row(self, table: str, what: str, most: int) -> InputError:
        found = _("found a row of more than {most} {what}").format(most=f"{most:,}", what=what)
        return _too_much(self.path, f"{table}: {found}", most)


def lines(file: zipfile.ZipFile, table: str, counted: Counted) -> Iterator[bytes]:
    """
    Yield the rows of a table, never holding more of one than it may take.

    Raises
    ------
    InputError
        If there is more than the bounds allow.
    KeyError
        If there is no such table in the file.
    """
    most = counted.longest(table)
    parts: list[bytes] = []
    size = 0
    with file.open(member(table)) as source:
        while chunk := source.read(CHUNK):
            for part in _LINES.findall(chunk):
                parts.append(part)
                size += len(part)
                if size > most:
                    raise counted._row(table, _("bytes"), most)
                if part.endswith(b"\n"):
                    line = b"".join(parts)
                    counted.take(line, table)
                    yield line
                    parts, size = [], 0
    if parts:
        line = b"".join(parts)
        counted.take(line, table)
        yield line


def copy_rows(file: zipfile.ZipFile, path: Path, item: Shelved, target: BinaryIO | None = None) -> None:
    """
    Read the rows of an archive, some at a time, into a file if there is one.

    Raises
    ------
    DataError
        If they are not those that were written.
    """
    digest = hashlib.sha256()
    with file.open(item.member) as rows:
        while chunk := rows.read(CHUNK):
            digest.update(chunk)
            if target is not None:
                target.write(chunk)
    if digest.hexdigest() != item.about["sha256"]:
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
            if not _is_said(said):
                raise ValueError
            manifest = Manifest(**{**said, "archives": archives})
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        pass
    if newer:
        raise _newer(path, newer)
    if manifest is None:
        raise InputError(_("{path}: found no back-up of mssmap, required a file of mssmap backup.").format(path=path))
    known = {script.revision for script in migrations.scripts().walk_revisions()}
    if manifest.revision not in known or manifest.tables.keys() - Base.metadata.tables:
        raise _newer(path, manifest.made_by)
    return manifest


def _is_said(said: dict[str, Any]) -> bool:
    """Whether a manifest says what it has to, each in its kind."""
    tables = [(table["rows"], table["sha256"]) for table in said["tables"].values()]
    kinds = [*((said[key], kind) for key, kind in SAID.items()), *((line, str) for line in said["faults"])]
    kinds += [one for rows, sha256 in tables for one in ((rows, int), (sha256, str))]
    return all(isinstance(value, kind) for value, kind in kinds)


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


def _check(file: zipfile.ZipFile, path: Path, table: str, expected: TableSaid, counted: Counted) -> None:
    """Compare a member with the manifest: number of rows and hash."""
    digest, rows = hashlib.sha256(), 0
    try:
        for line in lines(file, table, counted):
            digest.update(line)
            rows += 1
    except KeyError:
        raise _missing(path, table) from None
    if (rows, digest.hexdigest()) != (expected["rows"], expected["sha256"]):
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
    digest = hashlib.sha256()
    with rows.open("rb") as source, file.open(zipfile.ZipInfo(item.member), "w", force_zip64=True) as member:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            member.write(chunk)
    if digest.hexdigest() != item.about["sha256"]:
        raise DataError(
            _("archive {name}: it was changed while the back-up was made. Make the back-up again.").format(
                name=item.name
            )
        )


def member(table: str) -> str:
    """Return the name of a table in the file."""
    return f"{table}.jsonl"
