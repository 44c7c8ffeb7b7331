"""
A crowd at the door: connections that send nothing, drip a header or a body, or never read the answer.

Each comes back as soon as it is closed, as somebody would who wants to wear the server down. Beside them people go on
with the pages they have and open new ones; a page is a websocket that speaks Streamlit's protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import websockets

from benchmarks.viewers import FIRST, Viewer

PAUSE_S = 5
"""Between a connection that was closed and the next one."""

HEADER = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Drip: "
BODY = b"POST /acts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
ANSWER = b"GET /api/collections/events/items?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20


@dataclass(frozen=True)
class Crowd:
    """How many do what, and from which addresses."""

    silent: int
    dripping: int
    pages: int
    addresses: Sequence[str]
    seconds: float


@dataclass
class Outcome:
    """What came of it: pages that were cut, that opened beside the crowd, and the longest wait for one in seconds."""

    cut: int = 0
    opened: int = 0
    slowest_s: float = 0.0


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing until the server closes."""
    await reader.read(1)


def dripping(beginning: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Return what sends a beginning and then a byte a second."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while not reader.at_eof():
            writer.write(b"x")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1000), 1)

    return drip


async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask and never read."""
    writer.write(ANSWER)
    while not writer.is_closing():
        await asyncio.sleep(1)
        writer.write(b"\r\n")
        await writer.drain()


async def stay(
    kind: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], port: int, address: str
) -> None:
    """Connect, do something, and connect again when it is over."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=1024)
            try:
                await kind(reader, writer)
            finally:
                writer.transport.abort()
        await asyncio.sleep(PAUSE_S)


async def _beside(address: str, port: int, crowd: Crowd) -> Outcome:
    outcome, loop = Outcome(), asyncio.get_running_loop()
    pages = [Viewer(address) for _ in range(crowd.pages)]
    for page in pages:
        await page.open()
    kinds = itertools.cycle([dripping(HEADER), dripping(BODY), deaf])
    sources = itertools.cycle(crowd.addresses)
    people = [asyncio.create_task(stay(silent, port, next(sources))) for _ in range(crowd.silent)]
    people += [asyncio.create_task(stay(next(kinds), port, next(sources))) for _ in range(crowd.dripping)]
    try:
        start = loop.time()
        for step in itertools.count():
            for page in pages:
                try:
                    await page.move(FIRST + timedelta(days=step % 300))
                except (websockets.ConnectionClosed, TimeoutError):
                    outcome.cut += 1
                    await page.open()
            begun = loop.time()
            new = Viewer(address)
            await asyncio.wait_for(new.open(), 60)
            await new.close()
            outcome.opened += 1
            outcome.slowest_s = max(outcome.slowest_s, loop.time() - begun)
            if loop.time() - start > crowd.seconds:
                return outcome
            await asyncio.sleep(1)
    finally:
        for person in people:
            person.cancel()
        for page in pages:
            await page.close()


def beside(url: str, port: int, crowd: Crowd) -> Outcome:
    """Let a crowd stand at the door of a server, and say how people fared beside it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ThreadPoolExecutor(1) as own:  # Playwright, where it was used before, keeps the loop of this thread
        return own.submit(asyncio.run, _beside(f"{url}/", port, crowd)).result()
