"""A cable to PostgreSQL that can be pulled out at the moment of a COMMIT."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Line:
    """One connection: the client's end, the server's end."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.deaf = False
        self.answered = threading.Event()

    def swallow(self, packet: bytes) -> None:
        """Let a packet through, wait until the server has answered, and keep the answer."""
        self.deaf = True
        self.server.sendall(packet)
        assert self.answered.wait(10)

    def close(self) -> None:
        """Pull it out at both ends."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Cable:
    """
    Forwards connections to a port.

    Attributes
    ----------
    at_commit
        Called once with the line and the packet when a COMMIT passes; then the line is pulled out. None lets it pass.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.at_commit: Callable[[Line, bytes], None] | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                line = Line(client, server)
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
    made = Cable(target)
    try:
        yield made, url.replace(f":{target}/", f":{made.port}/")
    finally:
        made.listener.close()
