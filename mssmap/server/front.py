"""
The process in front of several: it reads who comes, and hands the connection to the process that holds their visit.

A page, its uploads and its media live in the memory of one process. Which one is in a cookie; who has none is given
one by turns, and what is no page goes by address, so that also a browser that keeps no cookies stays where it is. The
connection itself is handed over (`SCM_RIGHTS`), so what follows costs this process nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from mssmap import settings
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.server import seat
from mssmap.server.door import connections, limits, routes
from mssmap.server.seat import Seat
from mssmap.ui import logs

WORKER: Final = "mssmap.server.worker"
"""The module that a process runs; it is not read here, for it reads the whole app."""
AGAIN_S: Final = 1.0
SLOWEST_S: Final = 30.0
"""Before a process that ended is started again: so long at first, and at most if it ends again and again."""
HANDING_S: Final = 10.0
"""So long a process may be too busy to take a connection."""
BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\nconnection: close\r\n"
BUSY_WORDS: Final = b"The server is busy. Try again in some seconds.\n"


def require_possible(workers: int) -> None:
    """
    Refuse what cannot be done here.

    Raises
    ------
    InputError
        If this system cannot hand connections from one process to another.
    """
    if not (hasattr(socket, "send_fds") and hasattr(socket, "SOCK_SEQPACKET") and hasattr(os, "memfd_create")):
        raise InputError(
            _(
                "workers: found {found}, required 1 on this system, which cannot hand a connection to another process. "
                "Use Linux, or a proxy in front of several servers (docs/deployment.md)."
            ).format(found=workers)
        )


@dataclass(eq=False)
class Comer:
    """A connection that has not said yet what it wants."""

    connection: socket.socket
    address: str
    read: bytes = b""


@dataclass(eq=False)
class Process:
    """
    One of the processes.

    Attributes
    ----------
    channel
        None while it is not ready.
    handed
        Connections that were handed to it and that it has not taken yet.
    """

    number: int
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    channel: socket.socket | None = None
    running: asyncio.subprocess.Process | None = None
    handed: deque[Comer] = field(default_factory=deque)


class Front:
    """
    The front process at work.

    Parameters
    ----------
    listener
        A socket that listens.
    """

    def __init__(self, listener: socket.socket, workers: int) -> None:
        self._listener = listener
        self._processes = [Process(number) for number in range(workers)]
        self._rates = limits.shared_memory()
        self._waiting: OrderedDict[Comer, None] = OrderedDict()
        self._most = connections.raise_limit()
        self._turns = itertools.count()
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.code = 0

    async def run(self, address: str) -> int:
        """Serve until asked to stop; return the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop, signal.SIGTERM)
        loop.add_signal_handler(signal.SIGINT, self._stop, signal.SIGINT)
        first, *others = self._processes
        watching = [loop.create_task(self._keep(first))]
        await _either(first.ready.wait(), watching[0])  # it makes what all need
        watching += [loop.create_task(self._keep(one)) for one in others if first.ready.is_set()]
        if first.ready.is_set():
            await _either(asyncio.gather(*(one.ready.wait() for one in others)), *watching)
        if all(one.ready.is_set() for one in self._processes):
            self._listener.listen(connections.QUEUE)
            self._listener.setblocking(False)
            loop.add_reader(self._listener, self._accept)
            print(f"mssmap is ready: {address}   (stop with Ctrl+C)", flush=True)
        await asyncio.gather(*watching)
        return self.code

    def _stop(self, sig: signal.Signals) -> None:
        """Pass on that the end is wanted; connections go on being handed over while the others drain."""
        self._ending = True
        for one in self._processes:
            if one.running is not None and one.running.returncode is None:
                one.running.send_signal(sig)

    # ------------------------------------------------------------------------------------------------- the processes

    async def _keep(self, one: Process) -> None:
        """Start a process, and again whenever it ends; one that cannot even start ends all."""
        pause = AGAIN_S
        while not self._ending:
            began = asyncio.get_running_loop().time()
            was_ready = one.ready.is_set()
            code = await self._once(one)
            if self._ending or not (was_ready or one.ready.is_set()):
                break
            logs.say("worker_ended", logging.ERROR, worker=one.number, code=code)
            lived = asyncio.get_running_loop().time() - began
            pause = AGAIN_S if lived > SLOWEST_S else min(SLOWEST_S, pause * 2)
            await asyncio.sleep(pause)
        else:
            return
        self.code = self.code or (code if code > 0 else 0)
        if not self._ending:
            self._stop(signal.SIGTERM)

    async def _once(self, one: Process) -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        place = Seat(one.number, len(self._processes), theirs, self._rates)
        one.running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", WORKER, *place.arguments),
            pass_fds=(theirs.fileno(), self._rates),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        hearing = loop.create_task(self._hear(one, ours))
        code = await one.running.wait()
        one.channel = None
        await asyncio.wait([hearing])
        ours.close()
        for comer in one.handed:
            self._again(comer)
        one.handed.clear()
        return code

    async def _hear(self, one: Process, channel: socket.socket) -> None:
        """Hear that a process is ready, and how many connections it has taken, until it is gone."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while word := await loop.sock_recv(channel, 64):
                if word == seat.READY:
                    one.channel = channel
                    one.ready.set()
                    continue
                for _n in range(int(word)):
                    one.handed.popleft().connection.close()

    # ----------------------------------------------------------------------------------------------- the connections

    def _accept(self) -> None:
        for _n in range(connections.AT_ONCE):
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            if len(self._tasks) > self._most // 2:  # the processes take nothing, and so many wait for them already
                connection.close()
                continue
            connection.setblocking(False)
            comer = Comer(connection, connections.group(str(address[0])))
            self._waiting[comer] = None
            loop = asyncio.get_running_loop()
            loop.add_reader(connection, self._read, comer)
            loop.call_later(connections.REQUEST_S, self._drop, comer)
            self._make_room(comer)

    def _make_room(self, comer: Comer) -> None:
        """Close what has waited longest if too many say nothing, in all or of one address."""
        own = [one for one in self._waiting if one.address == comer.address]
        if len(own) > max(1, self._most // 4):
            self._drop(own[0])
        elif len(self._waiting) > self._most:
            self._drop(next(iter(self._waiting)))

    def _drop(self, comer: Comer) -> None:
        if comer in self._waiting:
            self._leave(comer)
            comer.connection.close()

    def _leave(self, comer: Comer) -> None:
        del self._waiting[comer]
        asyncio.get_running_loop().remove_reader(comer.connection)

    def _read(self, comer: Comer) -> None:
        try:
            more = comer.connection.recv(seat.MOST_BYTES - len(comer.read))
        except BlockingIOError:
            return
        except OSError:
            more = b""
        comer.read += more
        if not more:
            self._drop(comer)
        elif b"\r\n\r\n" in comer.read or len(comer.read) >= seat.MOST_BYTES:
            self._leave(comer)
            if not self._hand(comer):
                self._again(comer)

    def _again(self, comer: Comer) -> None:
        task = asyncio.get_running_loop().create_task(self._hand_later(comer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hand(self, comer: Comer) -> bool:
        """Give a connection to a process; False if there is none that can take it now."""
        chosen = self._choose(comer)
        if chosen.channel is None:
            return False
        try:
            socket.send_fds(chosen.channel, [comer.read], [comer.connection.fileno()])
        except OSError:
            return False
        chosen.handed.append(comer)
        return True

    async def _hand_later(self, comer: Comer) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANDING_S):
                while not self._hand(comer):
                    await asyncio.sleep(0.05)
                return
        logs.say("no_worker", logging.WARNING)
        with contextlib.suppress(OSError):
            comer.connection.send(BUSY + b"content-length: %d\r\n\r\n" % len(BUSY_WORDS) + BUSY_WORDS)
        comer.connection.close()

    def _choose(self, comer: Comer) -> Process:
        """Return the process that a request names if it is there, else one that is."""
        asked = head(comer.read)
        there = [one for one in self._processes if one.channel is not None] or self._processes
        by_cookie = next((one for one in there if str(one.number) == asked.worker), None)
        if by_cookie is not None:
            return by_cookie
        if asked.is_page:
            return there[next(self._turns) % len(there)]
        return there[zlib.crc32((asked.forwarded or comer.address).encode()) % len(there)]


async def _either(done: object, *others: asyncio.Task[None]) -> None:
    await asyncio.wait([asyncio.ensure_future(done), *others], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Head:
    """What the beginning of a request says: whether it is for a page, which process it names, for whom a proxy asks."""

    is_page: bool
    worker: str
    forwarded: str


def head(read: bytes) -> Head:
    r"""
    Read the beginning of a request; what is no request says nothing.

    >>> head(b"GET /planner?day=3 HTTP/1.1\r\nCookie: mssmap_worker=1\r\nX-Forwarded-For: 10.0.0.7, 10.1.1.1\r\n\r\n")
    Head(is_page=True, worker='1', forwarded='10.0.0.7')
    >>> head(b"GET /_stcore/stream HTTP/1.1\r\n\r\n"), head(b"\x16\x03\x01").worker
    (Head(is_page=False, worker='', forwarded=''), '')
    """
    first, *lines = read.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    words = first.split(" ")
    path = words[1].partition("?")[0] if len(words) == 3 and words[1].startswith("/") else ""
    return Head(
        is_page=bool(path) and routes.rule(path).is_page,
        worker=seat.named(fields.get("cookie", "")),
        forwarded=fields.get("x-forwarded-for", "").partition(",")[0].strip(),
    )


def serve(*, host: str, port: int, workers: int) -> None:
    """
    Run the app in several processes until it is stopped.

    Raises
    ------
    InputError
        If this system cannot do that, or the port is in use.
    MssmapError
        If a process could not start; it has said why.
    """
    require_possible(workers)
    try:
        listener = socket.create_server((host, port), backlog=1)
    except OSError as error:
        raise InputError(str(error)) from error
    logs.start(settings.load())
    shown = "localhost" if host in {"127.0.0.1", "localhost"} else host
    with listener:
        code = asyncio.run(Front(listener, workers).run(f"http://{shown}:{port}"))
    if code:
        raise MssmapError(_("A process of the server could not start; what it said stands above."))
