"""A secret that no reader may see, and a server that nobody may call."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECRET = "secret-1f3870be"


@dataclass
class Listener:
    """Listens on loopback and counts who calls."""

    port: int
    calls: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    server = socket.create_server(("127.0.0.1", 0))
    found = Listener(server.getsockname()[1])

    def listen() -> None:
        while True:
            try:
                caller, address = server.accept()
            except OSError:
                return
            found.calls.append(str(address))
            caller.close()

    threading.Thread(target=listen, daemon=True).start()
    yield found
    server.close()


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.csv"
    path.write_text(f"name,lon,lat\n{SECRET},-72.3,18.5\n", encoding="utf-8")
    return path
