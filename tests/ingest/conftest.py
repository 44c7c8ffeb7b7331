"""A secret that no reader may see, and a server that nobody may call."""

from __future__ import annotations

import importlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mssmap.jail import box, wire
from mssmap.jail.jobs import JOBS, Order, Task
from mssmap.jail.limits import naming

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


def worked_on_here(source: Any, order: Order, _progress: Any = None) -> box.Answer:
    """Do in this process what `box.run` has another one do, by the same code and over the same frames."""
    pipe, said = io.BytesIO(), None
    with naming(order.name), box._file(source, order.limits) as file:
        importlib.import_module(JOBS[order.job]).work(Task(file, order.name, order.limits, order.given, pipe))
    gathering = box._Gathering()
    for kind, content in wire.frames(bytearray(pipe.getvalue())):
        gathering.take(kind, content)
        said = json.loads(content) if kind == wire.END else said
    return box.Answer(
        [box.Table(about, pa.ipc.open_stream(bytes(rows)).read_all()) for about, rows in gathering.tables], said
    )


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files in this process: a hundred small ones need no hundred processes."""
    monkeypatch.setattr(box, "run", worked_on_here)
