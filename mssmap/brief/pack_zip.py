"""The job of the reading process that opens a briefing pack: measured first, then each of its files is hashed."""

from __future__ import annotations

import hashlib
import zipfile
from typing import Any, Final

import pyarrow as pa

from mssmap.ingest.archive import BROKEN
from mssmap.jail import documents
from mssmap.jail.jobs import Task, UnusableError
from mssmap.jail.limits import MB, Limits, RefusedError

LIMITS: Final = Limits(members=60, file_bytes=200 * MB, unpacked_bytes=120 * MB, depth=20, reply_bytes=200 * MB)
MANIFEST: Final = "manifest.json"
MOST_MANIFEST: Final = 2 * MB
RECORDS: Final = "_csv.zip"
"""How the name of the file with the records ends."""
CONTENT: Final = pa.schema([("content", pa.binary())])
CHUNK: Final = MB


def work(task: Task) -> None:
    """Say which files are in the pack and what they hash to, with its manifest; hand over its records."""
    try:
        said = asked(task)
    except UnusableError as fault:
        said = {"fault": fault.said}
    except (RefusedError, PermissionError):
        raise
    except BROKEN:
        said = {"fault": {"kind": "zip"}}
    task.end(said)


def asked(task: Task) -> dict[str, Any]:
    """
    Read what is wanted, `names` or everything.

    Raises
    ------
    UnusableError
        If it is larger than a pack, or a file in it is not what the zip says.
    """
    with zipfile.ZipFile(task.file) as file:
        members = file.infolist()
        if task.given == "names":
            return {"is_pack": any(one.filename == MANIFEST for one in members)}
        size = sum(one.file_size for one in members)
        if len(members) > task.limits.members or size > task.limits.unpacked_bytes:
            raise UnusableError("large", n=len(members), size=size)
        hashes: dict[str, str] = {}
        for member in members:
            if member.filename in hashes:
                raise UnusableError("otherwise", name=member.filename[:80])
            hashes[member.filename] = _hashed(task, file, member, send=member.filename.endswith(RECORDS))
        return {"hashes": hashes, "manifest": _manifest(file, task.limits) if MANIFEST in hashes else None}


def _hashed(task: Task, file: zipfile.ZipFile, member: zipfile.ZipInfo, *, send: bool) -> str:
    """Read a member, never further than the size that the zip states."""
    digest, size, parts = hashlib.sha256(), 0, []
    with file.open(member) as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > member.file_size:
                raise UnusableError("otherwise", name=member.filename[:80])
            if send:
                parts.append(chunk)
    if send:
        with task.table({"name": member.filename}, CONTENT) as out:
            for chunk in parts:
                out.write_batch(pa.record_batch([pa.array([chunk], pa.binary())], schema=CONTENT))
    return digest.hexdigest()


def _manifest(file: zipfile.ZipFile, limits: Limits) -> Any:
    if file.getinfo(MANIFEST).file_size > MOST_MANIFEST:
        raise UnusableError("manifest")
    try:
        return documents.parsed(file.read(MANIFEST), limits)
    except RefusedError as error:
        raise UnusableError("manifest") from error
