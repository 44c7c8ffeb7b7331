"""How the reading process answers: frames of a letter, a length and content, on one pipe."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

HEAD: Final = struct.Struct(">cQ")

PROGRESS, REFUSED, TABLE, CHUNK, END = b"P", b"R", b"T", b"C", b"E"
"""Share done and what is being done; a reason; the description of a table; a piece of its Arrow stream; the rest."""


def send(pipe: BinaryIO, kind: bytes, content: bytes) -> None:
    """Write one frame."""
    pipe.write(HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def send_json(pipe: BinaryIO, kind: bytes, content: Any) -> None:
    """Write one frame of JSON; half of a character, which UTF-8 does not have, goes out as a question mark."""
    send(pipe, kind, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


class Chunks(io.RawIOBase):
    """A file to write an Arrow stream to, which goes out in frames."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        send(self.pipe, CHUNK, bytes(content))
        return len(content)


def frames(received: bytearray) -> Iterator[tuple[bytes, bytes]]:
    """Take the frames that have arrived as a whole from the front of `received`."""
    while len(received) >= HEAD.size:
        kind, length = HEAD.unpack_from(received)
        end = HEAD.size + length
        if len(received) < end:
            return
        content = bytes(memoryview(received)[HEAD.size : end])
        del received[:end]
        yield kind, content
