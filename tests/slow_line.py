"""A slow line to a server: a TCP proxy that delays and throttles every byte both ways, and that can be cut."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from types import TracebackType
from typing import Self

CHUNK = 4096
HOST = "127.0.0.1"


class Connection:
    """One connection: the client's end, the server's end."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server

    @property
    def closed(self) -> bool:
        """Whether it was pulled out."""
        return self.client.fileno() < 0

    def close(self) -> None:
        """Pull it out at both ends."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Forwarder:
    """
    Forwards connections to a port; a subclass says how the bytes travel.

    Attributes
    ----------
    port
        The near end, which stays the same across `cut` and `mend`.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.connections: list[Connection] = []
        self._holder = _bound(0)  # never listens: nobody else gets the port while the line is cut
        self.port: int = self._holder.getsockname()[1]
        self._listener: socket.socket | None = None
        self._turn = threading.Lock()
        self.mend()

    def carry(self, connection: Connection) -> None:
        """Start to carry what both ends of a new connection say."""
        raise NotImplementedError

    def cut(self, seconds: float | None = None) -> None:
        """Drop all connections and refuse new ones, for so long or until `mend`."""
        with self._turn:
            listener, self._listener = self._listener, None
            dropped, self.connections = self.connections, []
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        for connection in dropped:
            connection.close()
        if seconds is not None:
            timer = threading.Timer(seconds, self.mend)
            timer.daemon = True
            timer.start()

    def mend(self) -> None:
        """Take connections again."""
        with self._turn:
            if self._listener is None and self._holder.fileno() >= 0:
                self._listener = _bound(self.port)
                self._listener.listen(128)
                threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder.close()
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection((HOST, self.target))
                except OSError:
                    client.close()
                    continue
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(client, server)
                with self._turn:
                    if self._listener is not listener:  # cut while the server was called
                        connection.close()
                        break
                    self.connections = [one for one in self.connections if not one.closed] + [connection]
                self.carry(connection)


class SlowLine(Forwarder):
    """
    A line with a round-trip time and a rate, which all its connections share.

    Parameters
    ----------
    target
        Port of the server.
    round_trip_s
        Half of it is spent each way. Chunks are under way together: the time does not lower the rate.
    bytes_per_s
        Each way; None is no limit.

    Examples
    --------
    >>> with SlowLine(8501, round_trip_s=1.0, bytes_per_s=50_000) as line:  # doctest: +SKIP
    ...     page.goto(f"http://127.0.0.1:{line.port}/")
    ...     line.cut(5)
    """

    def __init__(self, target: int, *, round_trip_s: float, bytes_per_s: float | None = None) -> None:
        self.delay_s = round_trip_s / 2
        self._up, self._down = Way(bytes_per_s), Way(bytes_per_s)
        super().__init__(target)

    def carry(self, connection: Connection) -> None:
        """Start two threads for each way: one reads and notes the time, one writes when it is due."""
        client, server = connection.client, connection.server
        ends = threading.Barrier(2, action=connection.close)
        for way, source, sink in ((self._up, client, server), (self._down, server, client)):
            under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
            threading.Thread(target=self._read, args=(way, source, under_way), daemon=True).start()
            threading.Thread(target=self._write, args=(under_way, sink, ends), daemon=True).start()

    def _read(self, way: Way, source: socket.socket, under_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                gone_s = way.take(len(chunk))
                under_way.put((gone_s + self.delay_s, chunk))
                _sleep_until(gone_s)  # the other connections have their turn
        under_way.put((time.monotonic() + self.delay_s, b""))

    def _write(
        self, under_way: queue.SimpleQueue[tuple[float, bytes]], sink: socket.socket, ends: threading.Barrier
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                due_s, chunk = under_way.get()
                _sleep_until(due_s)
                if not chunk:
                    break
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        ends.wait()


class Way:
    """One direction of a line."""

    def __init__(self, bytes_per_s: float | None) -> None:
        self.bytes_per_s = bytes_per_s
        self._free_s = 0.0
        self._turn = threading.Lock()

    def take(self, size: int) -> float:
        """Return when the last of so many bytes has gone into the line, in seconds of `time.monotonic`."""
        with self._turn:
            self._free_s = max(self._free_s, time.monotonic())
            if self.bytes_per_s is not None:
                self._free_s += size / self.bytes_per_s
            return self._free_s


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((HOST, port))
    return bound


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))
