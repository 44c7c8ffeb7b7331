"""
Who holds a connection, and how many there may be: what sends nothing gives way, a page that is open never does.

A connection waits until its request is there to the last byte, then it is answered, and afterwards it waits for the
next. When there are too many, in all or of one address, the one that has waited longest is closed, so that whoever
comes and asks is answered. Waiting itself has an end, and so has an answer that nobody reads.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from dataclasses import dataclass
from typing import Any, Final

import h11
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from mssmap.server.door import headers
from mssmap.ui import logs

try:
    import resource
except ImportError:  # Windows, whose sockets are no file descriptors
    resource = None  # type: ignore[assignment]

REQUEST_S: Final = 10.0
"""So long a request may take to name itself: its first line and all headers."""
BODY_S: Final = 30.0
BODY_BYTES_S: Final = 1000
"""A body may take `BODY_S`, and a second more for each so many bytes that have come."""
READING_S: Final = 60.0
"""So long a browser may take to read what stands in the way of the next bytes."""

HIGHEST: Final = 65_536
MOST: Final = 4096
"""Connections, however many the system allows: each takes memory too."""
OTHERS: Final = 256
"""File descriptors for everything that is no connection: files, the database, pages that are being worked out."""
AT_ONCE: Final = 16
"""Connections taken before the next look at how many there are."""
QUEUE: Final = 2048
"""Connections that wait in the system for being taken."""


def raise_limit() -> int:
    """Let this process have as many file descriptors as it may, and return how many connections that leaves."""
    if resource is None:
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = HIGHEST if hard == resource.RLIM_INFINITY else min(hard, HIGHEST)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    else:
        allowed = HIGHEST if soft == resource.RLIM_INFINITY else soft
    return min(MOST, allowed - min(OTHERS, allowed // 2))


def group(host: str) -> str:
    """
    Return who counts as one: an IPv4 address, or the network of an IPv6 address, of which one home has very many.

    >>> group("203.0.113.7"), group("::ffff:203.0.113.7"), group("2001:db8:1:2:3:4:5:6"), group("unix")
    ('203.0.113.7', '203.0.113.7', '2001:db8:1:2::', 'unix')
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)


@dataclass(eq=False)
class Connection:
    """
    One connection.

    Attributes
    ----------
    address
        Who it is of; empty while a proxy has not yet said for whom it is.
    since
        When it began to wait, or to be answered.
    is_waiting
        Whether its request is not there yet.
    received
        Bytes of the body that have come; -1 while the headers have not.
    stuck
        Since when nothing more can be written to it; None if something can.
    """

    transport: asyncio.Transport
    address: str
    since: float
    is_waiting: bool = True
    is_page: bool = False
    received: int = -1
    stuck: float | None = None

    def is_overdue(self, now: float, *, is_heard: bool) -> bool:
        """Whether its time is over; while the server itself does not listen (`is_heard`) a body takes no time."""
        if self.transport.is_closing() and self.stuck is None:
            self.stuck = now
        if self.stuck is not None:
            return now - self.stuck > READING_S
        if not self.is_waiting:
            return False
        if self.received < 0:
            unread = self.transport.get_write_buffer_size() > 0
            return now - self.since > (READING_S if unread else REQUEST_S)
        return is_heard and now - self.since > BODY_S + self.received / BODY_BYTES_S


class Room:
    """
    The connections of a server.

    Parameters
    ----------
    most
        How many there may be. A quarter of them may be of one address, three quarters may be open pages.
    trusted
        Addresses of proxies, as uvicorn reads them.
    """

    def __init__(self, most: int, trusted: list[str] | str) -> None:
        self._most = most
        self._most_of_one = max(1, most // 4)
        self._most_pages = max(1, most * 3 // 4)
        self.trusted = ProxyHeadersMiddleware(None, trusted).trusted_hosts  # type: ignore[arg-type]
        self._all: dict[Connection, Any] = {}
        self._waiting: dict[Connection, None] = {}  # the one that has waited longest first
        self._of: dict[str, dict[Connection, None]] = {}
        self._pages = 0

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._all)

    def enter(self, connection: Connection, caller: Caller) -> None:
        """Take a connection in; somebody gives way if there are too many."""
        self._all[connection] = caller
        self._waiting[connection] = None
        self._count(connection)
        if len(self._all) > self._most:
            self._give_way(next(iter(self._waiting)))

    def leave(self, connection: Connection) -> None:
        """A connection is closed."""
        if self._all.pop(connection, None) is None:
            return
        self._waiting.pop(connection, None)
        self._uncount(connection)
        self._pages -= connection.is_page

    def waits(self, connection: Connection) -> None:
        """A connection begins to wait: for its next request, for the body of one, or for somebody to read."""
        if connection not in self._all:
            return
        connection.is_waiting = True
        for waiting in (self._waiting, self._of.get(connection.address)):
            if waiting is not None:
                waiting.pop(connection, None)
                waiting[connection] = None

    def is_answered(self, connection: Connection) -> None:
        """The request of a connection is there."""
        connection.is_waiting = False
        self._waiting.pop(connection, None)

    def is_of(self, connection: Connection, address: str) -> None:
        """Count a connection for another address: a proxy said for whom it is."""
        if address != connection.address and connection in self._all:
            self._uncount(connection)
            connection.address = address
            self._count(connection)

    def opens_page(self, connection: Connection) -> bool:
        """Make a connection an open page, if there may be one more."""
        if self._pages >= self._most_pages or connection not in self._all:
            return False
        self.is_answered(connection)
        self._uncount(connection)
        connection.is_page = True
        self._pages += 1
        return True

    def sweep(self, now: float) -> None:
        """Close the connections whose time is over."""
        for connection, caller in list(self._all.items()):
            if connection.is_overdue(now, is_heard=not caller.flow.read_paused):
                connection.transport.abort()

    def _count(self, connection: Connection) -> None:
        if not connection.address:
            return
        own = self._of.setdefault(connection.address, {})
        own[connection] = None
        if len(own) > self._most_of_one:
            self._give_way(next((one for one in own if one.is_waiting), connection))

    def _uncount(self, connection: Connection) -> None:
        own = self._of.get(connection.address, {})
        own.pop(connection, None)
        if not own:
            self._of.pop(connection.address, None)

    def _give_way(self, connection: Connection) -> None:
        logs.say("connection_gave_way", logging.WARNING, connections=len(self._all), address=connection.address)
        connection.transport.abort()
        self.leave(connection)


class Settled(Config):
    """What uvicorn is told, with the room in which its connections are."""

    room: Room


class Caller(H11Protocol):
    """A connection that speaks HTTP."""

    config: Settled

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Enter the room."""
        super().connection_made(transport)
        self._room = self.config.room
        host = self.client[0] if self.client else ""
        self._is_proxy = host in self._room.trusted
        self.held = Connection(transport, "" if self._is_proxy else group(host), self.loop.time())
        self._state: Any = h11.IDLE
        self._room.enter(self.held, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave it."""
        super().connection_lost(exc)
        self._room.leave(self.held)

    def data_received(self, data: bytes) -> None:
        """See whether the request is there now."""
        if self._state is h11.SEND_BODY:
            self.held.received += len(data)
        super().data_received(data)
        self._see()

    def on_response_complete(self) -> None:
        """Wait again."""
        super().on_response_complete()
        self._see()

    def pause_writing(self) -> None:
        """Nobody reads."""
        super().pause_writing()
        self.held.stuck = self.loop.time()
        self._room.waits(self.held)

    def resume_writing(self) -> None:
        """Somebody reads."""
        super().resume_writing()
        self.held.stuck = None
        if self._state not in {h11.IDLE, h11.SEND_BODY}:
            self._room.is_answered(self.held)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Open a page, if there is room for one more."""
        if not self._room.opens_page(self.held):
            logs.say("too_many_pages", logging.WARNING)
            self._answer(503, "Too many pages are open. Try again later.")
            return
        super().handle_websocket_upgrade(event)
        page = self.transport.get_protocol()
        if isinstance(page, Page):
            page.held, page.room = self.held, self._room

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with our headers as well."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._answer(400, msg)
        else:
            self.transport.close()

    def _answer(self, status: int, words: str) -> None:
        given = {**headers.ALWAYS, "content-security-policy": headers.NOTHING, "content-type": "text/plain"}
        answer = h11.Response(
            status_code=status, headers=[*given.items(), ("content-length", str(len(words))), ("connection", "close")]
        )
        for event in (answer, h11.Data(data=words.encode("ascii")), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _see(self) -> None:
        """Look where the request stands; a new state begins to count now."""
        state = self.conn.their_state
        if state is self._state or self.held.is_page:
            return
        self._state = state
        self.held.since, self.held.received = self.loop.time(), -1
        if state is h11.IDLE:
            if self._is_proxy:
                self._room.is_of(self.held, "")
            self._room.waits(self.held)
            return
        if self._is_proxy:
            self._room.is_of(self.held, self._named())
        if state is h11.SEND_BODY:
            self.held.received = 0
            self._room.waits(self.held)
        else:
            self._room.is_answered(self.held)

    def _named(self) -> str:
        """Return for whom a proxy asks; empty if it does not say."""
        said = b", ".join(value for name, value in self.headers or () if name == b"x-forwarded-for").decode("latin-1")
        return group(self._room.trusted.get_trusted_client_address(said)[0]) if said else ""


class Page(WebSocketsSansIOProtocol):
    """A connection that is an open page."""

    held: Connection
    room: Room

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room."""
        super().connection_lost(exc)
        self.room.leave(self.held)
