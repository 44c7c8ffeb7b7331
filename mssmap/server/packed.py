"""
Static files travel compressed: each is packed once for what browsers unpack, and kept.

Packing well takes seconds. So who asks first gets what was packed quickly, and beside everything else the file is
packed as small as it can be and kept in the cache folder, for the next start too.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mssmap import settings
from mssmap.store import disk

STATIC: Final = ("/static/", "/app/static/", "/component/", "/_stcore/bidi-components/")
"""Where files lie that are the same for everybody; what a person may see alone is never packed with other texts."""

PACKED: Final = (
    "text/",
    "application/javascript",
    "application/json",
    "application/geo+json",
    "image/svg+xml",
    "font/ttf",
)
SMALLEST, LARGEST = 1_000, 8_000_000
"""Bytes: below them nothing is won, and above them a file goes as it is."""

KEPT_BYTES: Final = 32_000_000

WAYS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "br": lambda content: brotli.compress(content, quality=9),
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}
"""Ways to pack, the best first."""


def agreed(accepted: str) -> str:
    """
    Return the best way that a browser unpacks, empty if it unpacks none.

    >>> agreed("gzip, deflate, br"), agreed("gzip;q=1.0, br;q=0"), agreed("identity"), agreed("")
    ('br', 'gzip', '', '')
    """
    wishes = (wish.partition(";") for wish in accepted.lower().split(","))
    taken = {
        name.strip()
        for name, _, weight in wishes
        if weight.replace(" ", "").removeprefix("q=").strip("0.") or not weight
    }
    return next((way for way in WAYS if way in taken or "*" in taken), "")


THOROUGH: Final = 11
MOST_FILES: Final = 500
_jobs: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=400)
_smallest: dict[str, bytes] = {}


def smallest(content: bytes) -> bytes | None:
    """Return a content packed as small as can be, None while it is not; then it will be, beside everything else."""
    name = hashlib.sha256(content).hexdigest()[:32]
    if name in _smallest:
        return _smallest[name]
    with contextlib.suppress(queue.Full):
        _jobs.put_nowait((name, content))
        _worker()
    return None


@lru_cache(maxsize=1)
def _worker() -> threading.Thread:
    thread = threading.Thread(target=_work, daemon=True)
    thread.start()
    return thread


def _work() -> None:
    with contextlib.suppress(AttributeError, OSError):  # where there are no priorities of threads
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    while True:
        name, content = _jobs.get()
        if len(_smallest) > MOST_FILES:
            _smallest.clear()
        if name not in _smallest:
            _smallest[name] = _packed_smallest(settings.cache_folder() / "packed" / f"{name}.br", content)


def _packed_smallest(path: Path, content: bytes) -> bytes:
    with contextlib.suppress(OSError, brotli.error):
        kept = path.read_bytes()
        if brotli.decompress(kept) == content:
            return kept
    made = brotli.compress(content, quality=THOROUGH)
    with contextlib.suppress(OSError):  # a folder that cannot be written: it is packed again at the next start
        path.parent.mkdir(parents=True, exist_ok=True)
        with disk.written(path, ".packing-") as file:
            file.write(made)
    return bytes(made)


def prepare(paths: Iterable[Path]) -> None:
    """Pack files as small as can be that every page will ask for, the largest first."""
    for path in sorted(paths, key=lambda path: -path.stat().st_size):
        smallest(path.read_bytes())


class Packed:
    """Middleware: packs static texts on their way out, and keeps what it packed as long as the file stays the same."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(STATIC):
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        way = "" if "range" in asked else agreed(asked.get("accept-encoding", ""))
        if way:  # what lies below packs for itself, and less well
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        await self.app(scope, receive, _Answer(self, scope["path"], way, send))

    async def packed(self, key: tuple[str, ...], content: bytes) -> bytes:
        """Return a content packed; `key` names the file, its state and, last, the way."""
        small = smallest(content) if key[-1] == "br" else None
        if small is not None:
            return small
        packed = self._kept.get(key)
        if packed is None:
            packed = await run_in_threadpool(WAYS[key[-1]], content)
        self._kept[key] = packed
        self._kept.move_to_end(key)
        while sum(map(len, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)
        return packed


class _Answer:
    """An answer on its way: held back until it is whole if it is to be packed."""

    def __init__(self, packer: Packed, path: str, way: str, send: Send) -> None:
        self._packer, self._path, self._way, self._send = packer, path, way, send
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if message["status"] != 200 or not headers.get("content-type", "").startswith(PACKED):
                self._way = ""
            else:
                headers.add_vary_header("Accept-Encoding")
            size = int(headers.get("content-length", LARGEST + 1))
            if "content-encoding" in headers or not SMALLEST <= size <= LARGEST:
                self._way = ""
            self._start = message
        if not self._way:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._whole()

    async def _whole(self) -> None:
        headers = MutableHeaders(raw=self._start["headers"])
        state = headers.get("etag", "") or headers.get("last-modified", "")
        content = await self._packer.packed((self._path, state, str(len(self._body)), self._way), bytes(self._body))
        del headers["accept-ranges"]  # they would be ranges of what is packed
        headers["content-encoding"] = self._way
        headers["content-length"] = str(len(content))
        if etag := headers.get("etag"):
            headers["etag"] = f"W/{etag.removeprefix('W/')}"  # the same file, not the same bytes
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": content})
