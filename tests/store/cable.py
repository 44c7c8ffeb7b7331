"""A cable to PostgreSQL that can be pulled out at the moment of a COMMIT."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slow_line import Connection, Forwarder

ANSWERS_WITHIN_S = 10


class Line(Connection):
    """A connection whose answer can be kept back."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        super().__init__(client, server)
        self.deaf = False
        self.answered = threading.Event()

    def swallow(self, packet: bytes) -> None:
        """Let a packet through, wait until the server has answered, and keep the answer."""
        self.deaf = True
        self.server.sendall(packet)
        assert self.answered.wait(ANSWERS_WITHIN_S)


class Cable(Forwarder):
    """
    Forwards connections at once.

    Attributes
    ----------
    at_commit
        Called once with the line and the packet when a COMMIT passes; then the line is pulled out. None lets it pass.
    """

    def __init__(self, target: int) -> None:
        self.at_commit: Callable[[Line, bytes], None] | None = None
        super().__init__(target)

    def carry(self, connection: Connection) -> None:
        """Start a thread for each way."""
        line = Line(connection.client, connection.server)
        for work in (self._ask, self._answer):
            threading.Thread(target=work, args=(line,), daemon=True).start()

    def _ask(self, line: Line) -> None:
        with contextlib.suppress(OSError):
            while packet := line.client.recv(65536):
                if b"COMMIT" in packet and (act := self.at_commit) is not None:
                    self.at_commit = None
                    act(line, packet)
                    break
                line.server.sendall(packet)
        line.close()

    def _answer(self, line: Line) -> None:
        with contextlib.suppress(OSError):
            while packet := line.server.recv(65536):
                if line.deaf:
                    line.answered.set()
                else:
                    line.client.sendall(packet)
        if not line.deaf:
            line.close()


@contextmanager
def cable(url: str) -> Iterator[tuple[Cable, str]]:
    """Yield a cable to the server of a URL, and the URL at its near end."""
    target = int(url.rpartition(":")[2].partition("/")[0])
    with Cable(target) as made:
        yield made, url.replace(f":{target}/", f":{made.port}/")
