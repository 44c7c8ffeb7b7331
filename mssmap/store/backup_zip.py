"""
The job of the reading process that opens a back-up: measured before it is unpacked, compared with its manifest.

What it is asked for stands in `given["want"]`: the manifest of a file that is whole to its last byte; the rows of its
tables, in batches of known columns; or the rows of some of its archives, as they are. What is wrong with the file is
said in a word and its numbers (`UnusableError`), the sentence is made where it is read.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import pyarrow as pa

from mssmap.jail import documents
from mssmap.jail.jobs import Task, UnusableError
from mssmap.jail.limits import MB, Limits, RefusedError

FORMAT: Final = "mssmap-backup"
VERSION: Final = 2
"""Of the file's layout; a file with a higher one is refused. The first one held no archives."""

MANIFEST: Final = "manifest.json"
ARCHIVES: Final = "archives/"
PAYLOAD: Final = "payload"
"""The table whose rows are bytes in base64 and nothing else."""
CHUNK: Final = 1 << 20
SENT_CHUNK: Final = 1 << 18
ROWS_AT_ONCE: Final = 200
BYTES_AT_ONCE: Final = 8 * MB
INTEGER_BITS: Final = 31
"""Of a whole number in PostgreSQL, without its sign."""
DIRECTORY_BYTES: Final = 400
"""Of the directory of a zip, for each of its members."""

LIMITS: Final = Limits(
    **{"file_bytes": 10**15, "text_chars": MB, "memory_bytes": 1_000 * MB, "reply_bytes": 250 * MB},
    **{"cpu_s": 7_200, "wall_s": 120},
)
"""Of the process; the time and what comes back are those of a batch. What the file may be say the bounds."""

SAID: Final = {
    **{"version": int, "made_at": str, "made_by": str, "revision": str, "tables": dict, "changes": int, "head": str},
    "faults": list,
}
"""What a manifest says in any case."""
SHELVED: Final = {"name": str, "title": str, "rows": int, "bytes": int, "sha256": str}
"""What it says of an archive in any case."""

TYPES: Final = {
    **{"text": pa.string(), "json": pa.string(), "bytes": pa.binary(), "integer": pa.int64(), "number": pa.float64()},
    **{"boolean": pa.bool_(), "point": pa.struct([("lon", pa.float64()), ("lat", pa.float64())])},
}
"""Kind of a column -> how it is sent; JSON as its text."""
KINDS: Final = {"text": str, "integer": int, "number": float, "boolean": bool}
CONTENT: Final = pa.schema([("content", pa.binary())])
"""Of the rows of an archive."""

_PAYLOAD: Final = re.compile(rb'\{"sha256":"([0-9a-f]{64})","content":"([A-Za-z0-9+/=]*)"\}\n')
_LINES: Final = re.compile(rb"[^\n]*\n|[^\n]+")

DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # a flipped bit says that the file is encrypted, or of a zip yet to come
    ValueError,
    OSError,
)
"""What zipfile raises over a damaged file."""

NO_ROW: Final = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError)
"""What a row that is none raises, of somebody who wrote the manifest too."""


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
    payload_bytes: int = 134_000_000
    rows: int = 2_000_000
    values: int = 100_000_000
    members: int = 5_000


def work(task: Task) -> None:
    """Do what is wanted, or say what is wrong with the file."""
    try:
        said = asked(task)
    except UnusableError as fault:
        said = {"fault": fault.said}
    except PermissionError:
        raise
    except DAMAGE as error:
        said = {"fault": {"kind": "damaged", "reason": str(error)[:200]}}
    task.end(said)


def asked(task: Task) -> dict[str, Any]:
    """
    Do what is wanted with a file.

    Raises
    ------
    UnusableError
        If it is no back-up, larger than the bounds, or not what its manifest says.
    """
    given, bounds = task.given, Bounds(**task.given["bounds"])
    _require_members(task.file, bounds)
    with zipfile.ZipFile(task.file) as file:
        _require_sizes(file, bounds)
        if given["want"] == "archives":
            for name in given["names"]:
                _send_archive(task, file, name)
            return {}
        manifest = _manifest(file, given)
        counted = Counted(bounds)
        if given["want"] == "rows":
            for name, expected in manifest["tables"].items():
                _send_table(task, name, given["tables"][name], _checked(task, file, name, expected, counted))
        else:
            _require_whole(task, file, manifest, counted)
        return {"manifest": manifest}


def _require_members(content: BinaryIO, bounds: Bounds) -> None:
    """Compare the number of members with the bounds; the directory of a zip takes much more memory than bytes."""
    end = zipfile._EndRecData(content)  # type: ignore[attr-defined]
    most = bounds.members
    if end and (end[zipfile._ECD_ENTRIES_TOTAL] > most or end[zipfile._ECD_SIZE] > most * DIRECTORY_BYTES):  # type: ignore[attr-defined]
        raise UnusableError("members", most=most)


def _require_sizes(file: zipfile.ZipFile, bounds: Bounds) -> None:
    """Compare what the directory says with the bounds; no more than it says is ever unpacked of a member."""
    packed = [one for one in file.infolist() if not one.filename.startswith(ARCHIVES)]
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in packed):
        raise UnusableError("packing")
    sizes = {one.filename: one.file_size for one in packed}
    if (found := sizes.get(MANIFEST, 0)) > bounds.manifest_bytes:
        raise UnusableError("unpacked", name=MANIFEST, found=found, most=bounds.manifest_bytes)
    if (found := sum(one.file_size for one in packed)) > bounds.unpacked_bytes:
        raise UnusableError("unpacked", found=found, most=bounds.unpacked_bytes)


def _manifest(file: zipfile.ZipFile, given: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a file that this mssmap can restore."""
    try:
        said: dict[str, Any] = documents.parsed(file.read(MANIFEST), LIMITS)
        if said["format"] != FORMAT:
            raise UnusableError("other")
        if said["version"] > VERSION:
            raise UnusableError("newer", name=str(said["made_by"]))
        _require_said(said)
    except (RefusedError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnusableError("other") from error
    if said["revision"] not in given["revisions"] or said["tables"].keys() - given["tables"]:
        raise UnusableError("newer", name=said["made_by"])
    return said


def _require_said(said: dict[str, Any]) -> None:
    """Raise `ValueError` unless a manifest says what it has to, each in its kind."""
    kinds = [*((said[key], kind) for key, kind in SAID.items()), *((line, str) for line in said["faults"])]
    for table in said["tables"].values():
        kinds += [(table["rows"], int), (table["sha256"], str)]
    for item in said.get("archives", ()):
        kinds += [(item["why"], str), *((item["about"][key], kind) for key, kind in SHELVED.items())]
    if not all(isinstance(value, kind) for value, kind in kinds):
        raise ValueError


def _require_whole(task: Task, file: zipfile.ZipFile, manifest: dict[str, Any], counted: Counted) -> None:
    """Compare each member with the manifest, to its last byte."""
    held = [item["about"] for item in manifest.get("archives", ()) if not item["why"]]
    for about in held:
        _require_size(file, about)
    task.file.seek(0, 2)
    if sum(about["bytes"] for about in held) > task.file.tell():  # the same bytes for several
        raise UnusableError("less")
    for name, expected in manifest["tables"].items():
        for _line in _checked(task, file, name, expected, counted):
            pass
    for about in held:
        digest = hashlib.sha256()
        for chunk in _chunks(file, f"{ARCHIVES}{about['name']}.parquet", CHUNK):
            task.progress(0.0, "")
            digest.update(chunk)
        if digest.hexdigest() != about["sha256"]:
            raise UnusableError("changed", name=f"archive {about['name']}")


def _require_size(file: zipfile.ZipFile, about: dict[str, Any]) -> None:
    """Compare the size of an archive with the manifest; it is not packed, so it unpacks to what it takes here."""
    name = f"archive {about['name']}"
    try:
        there = file.getinfo(f"{ARCHIVES}{about['name']}.parquet")
    except KeyError:
        raise UnusableError("missing", name=name) from None
    if there.compress_type != zipfile.ZIP_STORED:
        raise UnusableError("changed", name=name)
    if there.file_size != about["bytes"] or there.compress_size != there.file_size:
        raise UnusableError("cut off", name=about["name"], found=there.file_size, most=about["bytes"])


def _chunks(file: zipfile.ZipFile, member: str, size: int) -> Iterator[bytes]:
    with file.open(member) as content:
        while chunk := content.read(size):
            yield chunk


def _send_archive(task: Task, file: zipfile.ZipFile, name: str) -> None:
    with task.table({"archive": name}, CONTENT) as out:
        for chunk in _chunks(file, f"{ARCHIVES}{name}.parquet", SENT_CHUNK):
            out.write_batch(pa.record_batch([pa.array([chunk], pa.binary())], schema=CONTENT))


# -------------------------------------------------------------------------------------------------------------- tables


@dataclass
class Counted:
    """What was read of a back-up so far, compared with the bounds of all tables together."""

    bounds: Bounds
    rows: int = 0
    values: int = 0

    def take(self, line: bytes, table: str) -> None:
        """Count a row; raises `UnusableError` if it, or all together, holds too much."""
        bounds = self.bounds
        if len(line) > bounds.line_bytes and not (table == PAYLOAD and _PAYLOAD.fullmatch(line)):
            raise UnusableError("row", name=table, what="bytes", most=bounds.line_bytes)
        values = sum(map(line.count, (b",", b"[", b"{")))
        if values > bounds.line_values:
            raise UnusableError("row", name=table, what="values", most=bounds.line_values)
        self.rows, self.values = self.rows + 1, self.values + values
        for found, most, what in ((self.rows, bounds.rows, "rows"), (self.values, bounds.values, "values")):
            if found > most:
                raise UnusableError("all", what=what, most=most)

    def longest(self, table: str) -> int:
        """Return how many bytes a row of a table may take."""
        return self.bounds.payload_bytes if table == PAYLOAD else self.bounds.line_bytes


def _checked(
    task: Task, file: zipfile.ZipFile, table: str, expected: dict[str, Any], counted: Counted
) -> Iterator[bytes]:
    """Yield the rows of a table and compare them with the manifest: number and hash."""
    digest, rows = hashlib.sha256(), 0
    try:
        for line in _lines(file, table, counted):
            digest.update(line)
            rows += 1
            if rows % 10_000 == 0 or len(line) > MB:
                task.progress(0.0, "")
            yield line
    except KeyError:
        raise UnusableError("missing", name=table) from None
    if (rows, digest.hexdigest()) != (expected["rows"], expected["sha256"]):
        raise UnusableError("changed", name=table)


def _lines(file: zipfile.ZipFile, table: str, counted: Counted) -> Iterator[bytes]:
    """Yield the rows of a table, never holding more of one than it may take."""
    most = counted.longest(table)
    parts: list[bytes] = []
    size = 0
    for chunk in _chunks(file, f"{table}.jsonl", CHUNK):
        for part in _LINES.findall(chunk):
            parts.append(part)
            size += len(part)
            if size > most:
                raise UnusableError("row", name=table, what="bytes", most=most)
            if part.endswith(b"\n"):
                line = b"".join(parts)
                parts, size = [], 0
                counted.take(line, table)
                yield line
    if parts:
        line = b"".join(parts)
        counted.take(line, table)
        yield line


@dataclass(frozen=True)
class Column:
    """A column of a table of the store: its name, a key of `TYPES`, whether it may be empty, its longest text."""

    name: str
    kind: str
    nullable: bool
    longest: int | None


def _send_table(task: Task, table: str, columns: list[list[Any]], lines: Iterator[bytes]) -> None:
    """Send rows with the columns they were written with, some bytes at a time; an older back-up has fewer columns."""
    known = {name: Column(name, *rest) for name, *rest in columns}
    with ExitStack() as whole:
        out = None
        for used, rows in _batches(table, known, lines):
            schema = pa.schema([(column.name, TYPES[column.kind]) for column in used])
            out = out or whole.enter_context(task.table({"table": table}, schema))
            columns_ = zip(zip(*rows, strict=True), schema.types, strict=True)
            out.write_batch(pa.record_batch([pa.array(list(cells), kind) for cells, kind in columns_], schema=schema))


def _batches(
    table: str, known: dict[str, Column], lines: Iterator[bytes]
) -> Iterator[tuple[list[Column], list[list[Any]]]]:
    used: list[Column] = []
    waiting: list[list[Any]] = []
    size = 0
    for line in lines:
        try:
            row = _parsed(table, line)
            used = used or [known[name] for name in row]
            if list(row) != [column.name for column in used]:
                raise ValueError(table)
            waiting.append([_value(column, row[column.name]) for column in used])
        except NO_ROW as error:
            raise UnusableError("changed", name=table) from error
        size += len(line)
        if len(waiting) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
            yield used, waiting
            waiting, size = [], 0
    if waiting:
        yield used, waiting


def _parsed(table: str, line: bytes) -> Any:
    """Return a row; one of bytes is taken apart without holding it several times."""
    if table == PAYLOAD and (row := _PAYLOAD.fullmatch(line)):
        content = memoryview(line)[row.start(2) : row.end(2)]
        return {"sha256": row[1].decode(), "content": base64.b64decode(content, validate=True)}
    found = json.loads(line)
    if line.count(b"{") + line.count(b"[") > LIMITS.depth:
        documents.require_depth(found, LIMITS.depth)
    return found


def _value(column: Column, value: Any) -> Any:
    """
    Return a value of JSON as it is sent.

    Raises
    ------
    ValueError
        If it is of another kind than the column.
    """
    if column.kind == "json":
        if not isinstance(value, dict | None) or (value is None and not column.nullable):
            raise ValueError(column.name)
        text = None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
        if text is not None:
            text.encode()  # half a character is no text
        return text
    if value is None or (column.kind == "bytes" and isinstance(value, bytes)):
        return value
    if column.kind == "point":
        lon, lat = value
        return {"lon": float(lon), "lat": float(lat)}
    if column.kind == "bytes":
        return base64.b64decode(value, validate=True)
    if not isinstance(value, KINDS[column.kind]) or (isinstance(value, bool) and column.kind != "boolean"):
        raise ValueError(column.name)
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS:
        raise ValueError(column.name)
    if isinstance(value, str):
        value.encode()
        if "\x00" in value or len(value) > (column.longest or len(value)):
            raise ValueError(column.name)
    return value


def order(want: str, bounds: Bounds, **given: Any) -> dict[str, Any]:
    """Return what the job is given."""
    return {"want": want, "bounds": dataclasses.asdict(bounds), **given}
