"""Several processes serve as one: rates are shared, a connection stays with its process, one that ends comes again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from urllib.request import Request as Asked
from urllib.request import urlopen

import psutil
import pytest
from browser.conftest import running
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from benchmarks.viewers import FIRST, Viewer
from mssmap.errors import InputError
from mssmap.server import front
from mssmap.server.door import connections, limits
from mssmap.server.door.limits import Limiter, Rate, SharedLimiter
from mssmap.server.front import head
from mssmap.server.seat import Seat, Sticky

RATES = {"api": Rate(burst=3, per_second=0.5), "page": Rate(burst=2, per_second=1.0)}


def test_processes_share_the_buckets():
    memory = limits.shared_memory()
    one = SharedLimiter(memory, RATES)
    assert [one.wait("ana", "api", 0.0) for _ in range(2)] == [0, 0]
    script = "import sys; from mssmap.server.door.limits import *; "
    script += "print([SharedLimiter(int(sys.argv[1]), {'api': Rate(3, 0.5)}).wait('ana', 'api', 0.0) for _ in '123'])"
    said = subprocess.run(
        [sys.executable, "-c", script, str(memory)], pass_fds=[memory], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[0, 2, 2]\n"
    assert one.wait("ana", "api", 0.0) == 2
    assert one.wait("bea", "api", 0.0) == 0, "each client has a bucket of their own"
    os.close(memory)


def test_shared_buckets_count_as_those_of_one_process():
    memory = limits.shared_memory()
    shared, alone = SharedLimiter(memory, RATES), Limiter(RATES)
    asked = [(f"client {n % 7}", ("api", "page")[n % 2], n * 0.11) for n in range(400)]
    assert [shared.wait(*one) for one in asked] == [alone.wait(*one) for one in asked]
    os.close(memory)


def test_all_processes_together_hold_no_more_connections_than_one():
    mine, _theirs = socket.socketpair()
    assert sum(Seat(number, 3, mine, 0).most for number in range(3)) <= connections.MOST


@pytest.mark.parametrize(
    "read",
    [b"\r\n\r\n", b"GET", b"GET  HTTP/1.1\r\n\r\n", b"GET //[ HTTP/1.1\r\n\r\n", b"\xff" * 99, b"a b c\r\n:\r\n\r\n"],
)
def test_what_is_no_request_names_no_process(read):
    assert head(read).worker == ""


@pytest.mark.parametrize(
    ("kept", "expected"), [("public, max-age=60", "private, max-age=60"), ("private, no-store", "private, no-store")]
)
def test_a_page_that_names_a_process_is_kept_by_no_cache_for_others(kept, expected):
    def page(_request: Request) -> HTMLResponse:
        return HTMLResponse("<title>", headers={"cache-control": kept})

    routes = [
        Route("/", page),
        Route("/file", lambda _request: PlainTextResponse("a", headers={"cache-control": kept})),
    ]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(Sticky, number=3, https=True)]))
    first = client.get("/")
    assert first.headers["cache-control"] == expected
    assert first.headers["set-cookie"] == "mssmap_worker=3; Path=/; HttpOnly; SameSite=Lax; Secure"
    assert client.get("/file").headers == PlainTextResponse("a", headers={"cache-control": kept}).headers
    again = client.get("/", headers={"cookie": "a=b; mssmap_worker=3"})
    assert again.headers["cache-control"] == kept
    assert "set-cookie" not in again.headers


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no Linux")
def test_a_system_that_cannot_hand_connections_over_is_told_so(monkeypatch):
    front.require_possible(2)
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(InputError, match=r"^workers: found 2, required 1 on this system.*proxy"):
        front.require_possible(2)


def test_a_visit_stays_and_a_process_that_ends_comes_again(tmp_path):
    command = ["-m", "mssmap", "serve", "--port", "{port}", "--workers", "2"]
    with running(tmp_path, command=command, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path}/store.db") as server:
        visits = [page(server.url), page(server.url)]
        assert sorted(visits) == ["0", "1"], "visitors are spread over the processes"
        assert page(server.url, cookie="1") == "1", "the cookie is set once"
        move(server.url, "0")
        slowly(server.port)

        processes = {one.cmdline()[3]: one for one in psutil.Process(server.process.pid).children()}
        processes["1"].kill()
        assert page(server.url, cookie="1") == "0", "the other one answers meanwhile"
        until(lambda: page(server.url, cookie="1") == "1")
        move(server.url, "1")
        assert re.search(r"worker_ended", server.errors())

        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes.values())


def page(url: str, cookie: str = "") -> str:
    """Open a page and return the process that holds the visit from now on."""
    with urlopen(Asked(url, headers={"Cookie": f"mssmap_worker={cookie}"} if cookie else {}), timeout=120) as answer:
        given = re.search(r"mssmap_worker=(\d+)", answer.headers.get("set-cookie", ""))
        assert b"<title>" in answer.read()
    return given[1] if given else cookie


def move(url: str, cookie: str) -> None:
    """Open a page by its socket and move the date."""

    async def visit() -> None:
        viewer = Viewer(f"{url}/", f"mssmap_worker={cookie}")
        await viewer.open()
        await viewer.move(FIRST)
        await viewer.close()

    asyncio.run(visit())


def slowly(port: int) -> None:
    """Ask in pieces, on one connection twice: the front process waits for the whole beginning."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as connection:
        for piece in (b"GET /readyz HT", b"TP/1.1\r\nHost: local", b"host\r\n\r", b"\n"):
            connection.send(piece)
            time.sleep(0.05)
        assert b"200 OK" in connection.recv(4096)
        connection.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in connection.recv(4096)


def until(happens: Callable[[], bool]) -> None:
    for _n in range(600):
        if happens():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen")
