"""
The place of a process among several that serve the app together; `front` hands connections to it.

A connection comes as its file descriptor with the first bytes that were read from it. From then on it is this
process's own: nothing passes through the front process any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mssmap.server.door import connections, limits

COOKIE: Final = "mssmap_worker"
"""Names the process that holds the visit of a browser."""
READY: Final = b"ready"
MOST_BYTES: Final = 16_384
"""Of a message: the first bytes of a connection; what a request has beyond them its process reads."""


@dataclass(frozen=True)
class Seat:
    """
    The place of a process among those that serve together.

    Attributes
    ----------
    channel
        Over which connections come.
    rates
        Memory that all share, see `limits.SharedLimiter`.
    """

    number: int
    of: int
    channel: socket.socket
    rates: int

    @classmethod
    def from_arguments(cls, *arguments: str) -> Seat:
        """Return what the front process wrote on the command line."""
        number, of, channel, rates = map(int, arguments)
        return cls(number, of, socket.socket(fileno=channel), rates)

    @property
    def arguments(self) -> list[str]:
        """Words of a command line."""
        return [str(word) for word in (self.number, self.of, self.channel.fileno(), self.rates)]

    @property
    def most(self) -> int:
        """Connections that this process may hold, so that all together hold no more than one alone would."""
        return min(connections.raise_limit(), connections.MOST // self.of)

    def limiter(self) -> limits.SharedLimiter:
        """Return rates that hold over all processes."""
        return limits.SharedLimiter(self.rates)

    def _next(self) -> tuple[bytes, list[int]]:
        """Return the first bytes and the file descriptor of the next connection; nothing if there will be none."""
        try:
            first, handles, _flags, _address = socket.recv_fds(self.channel, MOST_BYTES, 1)
        except ConnectionError:
            return b"", []
        return first, handles

    def receive(self, make: Callable[[bytes], asyncio.Protocol], gone: Callable[[], None]) -> None:
        """Take connections from now on, and say so; `gone` is called when the front process is no more."""
        loop = asyncio.get_running_loop()
        self.channel.setblocking(False)
        taken: set[asyncio.Task[object]] = set()
        untold = 0

        def ready() -> None:
            nonlocal untold
            with contextlib.suppress(BlockingIOError):
                while True:
                    first, handles = self._next()
                    if not first:
                        loop.remove_reader(self.channel)
                        gone()
                        return
                    untold += 1
                    if not handles:  # no file descriptor was free for it
                        continue
                    connection = socket.socket(fileno=handles[0])
                    task = loop.create_task(_take(loop, connection, make(first)))
                    taken.add(task)
                    task.add_done_callback(taken.discard)
            with contextlib.suppress(OSError):  # told with the next one
                self.channel.send(str(untold).encode())
                untold = 0

        loop.add_reader(self.channel, ready)
        self.channel.send(READY)


async def _take(loop: asyncio.AbstractEventLoop, connection: socket.socket, protocol: asyncio.Protocol) -> None:
    with contextlib.suppress(OSError):  # who came has left meanwhile
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.connect_accepted_socket(lambda: protocol, connection)


class Begun(connections.Caller):
    """A connection whose first bytes were read elsewhere."""

    first: bytes = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Go on from these bytes."""
        super().connection_made(transport)
        self.data_received(self.first)


def named(cookies: str) -> str:
    """
    Return the process that the cookies of a request name; empty if none.

    >>> named("a=b; mssmap_worker=2"), named("a=b"), named("\\x00;;=")
    ('2', '', '')
    """
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


class Sticky:
    """Middleware: a page, and the socket of a page, keep the browser at this process."""

    def __init__(self, app: ASGIApp, number: int, *, https: bool) -> None:
        self.app = app
        self._number = str(number)
        self._cookie = f"{COOKIE}={number}; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or named(Headers(scope=scope).get("cookie", "")) == self._number:
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "websocket.accept" or _is_page(message):
                message["headers"] = list(message.get("headers", ()))
                given = MutableHeaders(raw=message["headers"])
                given.append("set-cookie", self._cookie)
                if kept := given.get("cache-control"):  # a cache for many would send all to one process
                    given["cache-control"] = kept.replace("public", "private")
            await send(message)

        await self.app(scope, receive, answer)


def _is_page(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "") if "headers" in message else ""
    return message["type"] == "http.response.start" and kind.startswith("text/html")
