"""Who gives way at the door: the real protocol on a real loop, with small numbers."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from mssmap.server.door import connections
from mssmap.server.door.connections import Connection, Room, group
from mssmap.ui.logs import Seldom

ASKED = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /page HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answer(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def large(_request: Request) -> Response:
    return PlainTextResponse("x" * 20_000_000)


async def page(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


APP = Starlette(
    routes=[Route("/", answer, methods=["GET", "POST"]), Route("/large", large), WebSocketRoute("/page", page)]
)


@asynccontextmanager
async def serving(most: int, trusted: str = "") -> AsyncIterator[SimpleNamespace]:
    """Serve a small app with room for so many."""
    config = connections.Settled(APP, port=0, http=connections.Caller, ws=connections.Page, log_config=None)
    config.room = Room(most, trusted)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield SimpleNamespace(port=port, room=config.room)
    finally:
        server.should_exit = server.force_exit = True
        await running


async def call(port: int, said: bytes = b"", address: str = "127.0.0.1") -> Wire:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(said)
    await writer.drain()
    return reader, writer


async def is_closed(wire: Wire) -> bool:
    """Whether the server has closed it; waits for that, not for long if it has not."""
    try:
        return await asyncio.wait_for(wire[0].read(1000), 0.3) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


async def status(wire: Wire) -> int:
    return int((await asyncio.wait_for(wire[0].readuntil(b"\r\n\r\n"), 60)).split()[1])


def on_a_loop(check: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def test() -> None:
        asyncio.run(check())  # type: ignore[arg-type]

    test.__doc__ = check.__doc__
    return test


@on_a_loop
async def test_the_one_that_waited_longest_gives_way_and_a_page_never_does() -> None:
    async with serving(8) as at:
        opened = await call(at.port, UPGRADE)
        assert await status(opened) == 101
        silent = [await call(at.port, address=f"127.0.0.{n}") for n in range(2, 10)]
        new = await call(at.port, ASKED, "127.0.0.20")
        assert await status(new) == 200
        assert [await is_closed(wire) for wire in silent] == [True, True, *[False] * 6]
        assert not await is_closed(opened)
        assert len(at.room) == 8


@on_a_loop
async def test_one_address_has_a_quarter_and_its_own_give_way() -> None:
    async with serving(16) as at:
        other = await call(at.port, address="127.0.0.3")
        silent = [await call(at.port, address="127.0.0.2") for _ in range(6)]
        assert await status(await call(at.port, ASKED, "127.0.0.2")) == 200
        assert [await is_closed(wire) for wire in silent] == [True, True, True, False, False, False]
        assert not await is_closed(other)


@on_a_loop
async def test_behind_a_trusted_proxy_its_header_names_the_address() -> None:
    asked = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nX-Forwarded-For: %s\r\n\r\n"
    for trusted, expected in (("127.0.0.1", [True, False, False, False, False, False]), ("", [True] * 2 + [False] * 4)):
        async with serving(16, trusted) as at:
            first = [await call(at.port, asked % b"203.0.113.7") for _ in range(5)]
            other = await call(at.port, asked % b"198.51.100.1")
            assert [await is_closed(wire) for wire in [*first, other]] == expected, trusted or "nobody"


@on_a_loop
async def test_a_page_is_refused_in_words_when_all_room_is_taken_by_pages() -> None:
    async with serving(4) as at:
        pages = [await call(at.port, UPGRADE) for _ in range(3)]
        assert [await status(wire) for wire in pages] == [101] * 3
        assert await status(await call(at.port, UPGRADE)) == 503
        assert await status(await call(at.port, ASKED)) == 200, "control: whoever only asks is answered"


@pytest.mark.parametrize("said", [
    pytest.param(b"", id="nothing"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-Drip: ", id="a header that drips"),
    pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", id="a body that drips"),
    pytest.param(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", id="an answer that nobody reads"),
    pytest.param(ASKED + b"GET / HT", id="a second request that drips"),
])  # fmt: skip
def test_waiting_has_an_end(said: bytes) -> None:
    async def check() -> None:
        async with serving(8) as at:
            wire = await call(at.port, said)
            while not at.room._all:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            if said.startswith(b"GET /large"):
                wire[1].transport.pause_reading()
            now = asyncio.get_running_loop().time()
            at.room.sweep(now + connections.REQUEST_S - 1)
            assert len(at.room) == 1, "control: it has its time"
            wire[1].write(b"x")
            await asyncio.sleep(0.05)
            at.room.sweep(now + 2 * connections.READING_S)
            for _ in range(1000):  # turns of the loop, however long each takes
                if at.room._all:
                    await asyncio.sleep(0.01)
            assert len(at.room) == 0

    asyncio.run(check())


def test_a_body_that_comes_slowly_has_the_time_it_needs() -> None:
    held = Connection(SimpleNamespace(is_closing=lambda: False), "a", since=0.0, received=100_000)  # type: ignore[arg-type]
    assert not held.is_overdue(connections.BODY_S + 99, is_heard=True)
    assert held.is_overdue(connections.BODY_S + 101, is_heard=True)
    assert not held.is_overdue(10_000, is_heard=False), "while the server does not listen it takes no time"


def test_what_is_no_http_is_answered_with_our_headers() -> None:
    async def check() -> None:
        async with serving(8) as at:
            wire = await call(at.port, b"GET / HTTP/1.1\r\nHost: x\r\nbad\x01name: y\r\n\r\n")
            said = await asyncio.wait_for(wire[0].read(), 60)
            assert b" 400 " in said.splitlines()[0]
            assert b"x-content-type-options: nosniff" in said.lower()
            assert b"content-security-policy: default-src 'none'" in said.lower()

    asyncio.run(check())


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    code = (
        "from resource import RLIMIT_NOFILE, getrlimit, setrlimit\n"
        "from mssmap.server.door.connections import raise_limit\n"
        "for soft, hard in ((1024, 4096), (64, 1024), (128, 128)):\n"
        "    setrlimit(RLIMIT_NOFILE, (soft, hard)); print(raise_limit(), getrlimit(RLIMIT_NOFILE)[0])"
    )
    found = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert found.splitlines() == ["3840 4096", "768 1024", "64 128"]


def test_a_network_of_ipv6_counts_as_one() -> None:
    assert len({group(f"2001:db8:1:2::{n:x}") for n in range(1, 50)}) == 1
    assert group("2001:db8:1:3::1") != group("2001:db8:1:2::1")


# ---------------------------------------------------------------------------------------------------------------- logs


def test_a_kind_of_line_is_written_once_a_second_with_what_was_left_out() -> None:
    now = 0.0
    seldom = Seldom(lambda: now)

    def line(kind: str, reference: str = "") -> logging.LogRecord:
        record = logging.LogRecord("mssmap", logging.ERROR, "/x.py", 1, "fault", (), None)
        record.kind, record.fields = kind, {"reference": reference} if reference else {}
        return record

    assert [seldom.filter(line("a", f"r{n}")) for n in range(4)] == [True, False, False, False]
    assert seldom.filter(line("b")), "control: another kind is written"
    assert seldom.late() == []
    now = 1.5
    again = line("a", "r4")
    assert seldom.filter(again)
    assert again.fields == {"reference": "r4", "left_out": 3, "references": "r1 r2 r3"}
    assert [seldom.filter(line("a", name)) for name in ("r5", "r6")] == [False, False]
    now = 3.0
    (late,) = seldom.late()
    assert seldom.filter(late)
    assert late.fields == {"reference": "r6", "left_out": 1, "references": "r5"}
    assert seldom.late() == []


def test_the_kinds_that_are_remembered_are_bounded() -> None:
    seldom = Seldom(lambda: 0.0)
    for n in range(5000):
        record = logging.LogRecord("x", logging.ERROR, f"/{n}.py", 1, "", (), None)
        seldom.filter(record)
    assert len(seldom._kinds) == 1000
