"""Zip files: what is inside is checked before it is unpacked, and it is unpacked into memory only."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from mssmap.i18n.phrases import phrase
from mssmap.jail.limits import MB, Limits, RefusedError, at_most, naming, printable, refused

CHUNK = 1_000_000

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, LookupError, OSError, struct.error),
)
"""What zipfile raises over a damaged file; ValueError also for names that are not the UTF-8 they say they are."""


class Budget:
    """How much may still be unpacked and how many members may still come, all archives of a file together."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = 0
        self.members = 0


def unpack(content: bytes, budget: Budget) -> dict[str, bytes]:
    """
    Unpack a zip into memory.

    Returns
    ------
    members
        Contents by path, without folders.

    Raises
    ------
    RefusedError
        If it is broken or encrypted, a path leaves the archive, a member is a link or packed too tightly, or there
        are more members or bytes than allowed.
    """
    limits = budget.limits
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = archive.infolist()
    except BROKEN as error:
        raise refused(
            phrase("a zip that cannot be opened ({error})", error=error),
            phrase("a whole zip file"),
            phrase("It may be cut off; get it again."),
        ) from error
    budget.members += len(infos)
    at_most(budget.members, limits.members, phrase("members"))
    at_most(budget.bytes + sum(info.file_size for info in infos), limits.unpacked_bytes, phrase("bytes unpacked"))
    found: dict[str, bytes] = {}
    for info in infos:
        with naming(info.filename):
            _check(info, limits)
            if not info.is_dir():
                if info.filename in found:
                    raise refused(phrase("two members of this name"), phrase("each name once"))
                found[info.filename] = _content(archive, info, budget)
    return found


def _check(info: zipfile.ZipInfo, limits: Limits) -> None:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if (
        path.is_absolute()
        or ".." in path.parts
        or any(":" in part for part in path.parts[:1])
        or len(info.filename) > limits.name_chars
    ):
        raise refused(phrase("a path that leaves the archive or is too long"), phrase("a short path inside it"))
    if not path.parts:
        raise refused(phrase("a member without a name"), phrase("a name for each"))
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(phrase("a link or special file"), phrase("plain files"))
    if info.flag_bits & 1:
        raise refused(
            phrase("an encrypted member"), phrase("no password"), phrase("Unpack it and pack it again without one.")
        )
    if info.file_size > MB and info.file_size > limits.ratio * max(1, info.compress_size):
        raise refused(
            phrase(
                "{file_size:,} bytes packed into {compress_size:,}",
                file_size=info.file_size,
                compress_size=info.compress_size,
            ),
            phrase("at most {ratio} times smaller", ratio=limits.ratio),
            phrase("This looks like a zip bomb."),
        )


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    parts = []
    try:
        with archive.open(info) as member:
            while part := member.read(CHUNK):
                budget.bytes += len(part)
                at_most(budget.bytes, budget.limits.unpacked_bytes, phrase("bytes unpacked"))
                parts.append(part)
    except RefusedError:
        raise
    except BROKEN as error:
        raise refused(
            phrase("a member that cannot be unpacked ({what})", what=printable(str(error))),
            phrase("an intact zip"),
            phrase("Get the file again."),
        ) from error
    return b"".join(parts)
