"""
A database of SQLite that another program holds open: its latest changes stand in a journal beside it (`-wal`).

Nothing of SQLite runs here; the pages of the journal are laid over those of the file as its format says (SQLite file
format, clause 4: "The Write-Ahead Log").
"""

from __future__ import annotations

import os
import struct
import tempfile
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

MAGIC: Final = b"SQLite format 3\x00"
LITTLE, BIG = 0x377F0682, 0x377F0683
HEADER, FRAME = 32, 24

Sums = tuple[int, int]


def merged(path: Path, file: BinaryIO, limit: int) -> BinaryIO:
    """
    Return an open file, or one without a name that has the changes of the journal beside it as well.

    Parameters
    ----------
    path
        Where `file` was opened.
    limit
        Bytes that the journal may have; of a longer one nothing is taken.
    """
    if os.pread(file.fileno(), len(MAGIC), 0) != MAGIC:
        return file
    try:
        with Path(f"{path}-wal").open("rb") as beside:
            journal = beside.read(limit + 1)
    except OSError:
        return file
    pages = committed(journal) if HEADER < len(journal) <= limit else {}
    if not pages:
        return file
    whole = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
    with file:
        while piece := file.read(1 << 20):
            whole.write(piece)
    size = struct.unpack(">I", journal[8:12])[0]
    for number, page in pages.items():
        whole.seek((number - 1) * size)
        whole.write(page)
    whole.seek(18)
    whole.write(b"\x01\x01")  # no journal any more
    whole.seek(0)
    return whole


def committed(journal: bytes) -> dict[int, bytes]:
    """Return the pages of all transactions that were ended, by number from 1, each as the last one left it."""
    magic, _version, size, _sequence, *_salts = struct.unpack(">6I", journal[:24])
    if magic not in (LITTLE, BIG) or size not in (2**power for power in range(9, 17)):
        return {}
    order = "<" if magic == LITTLE else ">"
    sums = _summed(journal[:24], order, (0, 0))
    if sums != struct.unpack(">2I", journal[24:32]):
        return {}
    found: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    for at in range(HEADER, len(journal) - FRAME - size + 1, FRAME + size):
        head, page = journal[at : at + FRAME], journal[at + FRAME : at + FRAME + size]
        sums = _summed(page, order, _summed(head[:8], order, sums))
        number, pages, *_rest = struct.unpack(">6I", head)
        if head[8:16] != journal[16:24] or sums != struct.unpack(">2I", head[16:24]) or not number:
            break
        waiting[number] = page
        if pages:  # the end of a transaction: so many pages has the database then
            found |= waiting
            waiting.clear()
            found = {number: page for number, page in found.items() if number <= pages}
    return found


def _summed(content: bytes, order: str, start: Sums) -> Sums:
    """Go on with the checksum of the format."""
    one, other = start
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    while pair := tuple(islice(words, 2)):
        one = (one + pair[0] + other) & 0xFFFFFFFF
        other = (other + pair[1] + one) & 0xFFFFFFFF
    return one, other
