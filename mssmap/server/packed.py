"""Static files travel compressed: each is packed once for what browsers unpack, and kept."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
