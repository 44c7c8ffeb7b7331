"""The deployment as deploy/run-local.sh starts it: PostgreSQL, two servers, HAProxy, all real, on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser.conftest import ROOT, TODAY, Server, browser, free_port, visit

__all__ = ["Deployment", "browser", "deployed", "server", "visit"]

SOAK = os.environ.get("MSSMAP_SOAK") == "1"


@dataclass
class Deployment:
    """What runs: the address of the proxy, the ports of the servers, and a folder with logs and process ids."""

    folder: Path
    port: int
    servers: dict[str, int]
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """Address that people use."""
        return f"http://127.0.0.1:{self.port}"

    def as_server(self) -> Server:
        """The proxy as the browser tests know a server."""
        return Server(self.url, self.port, self.folder / "proxy.log", self.process)

    def pid(self, name: str) -> int:
        """Process id of a server or of the proxy."""
        return int((self.folder / f"{name}.pid").read_text())

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a server."""
        os.kill(self.pid(name), number)

    def log(self, name: str) -> str:
        """What a server or the proxy wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def status(self, path: str, *, port: int | None = None) -> int:
        """HTTP status of an answer, of the proxy or of one server; 0 if there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def read(self, path: str, *, port: int) -> str:
        """Body of an answer of one server."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def cookie(self, sent: str = "") -> str:
        """Name of the server that the proxy gives a visitor, empty if it gives none."""
        request = urllib.request.Request(
            f"{self.url}/readyz", headers={"Cookie": f"mssmap_server={sent}"} if sent else {}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            found = re.search(r"mssmap_server=(\w+)", answer.headers.get("set-cookie", ""))
            return found[1] if found else ""


def until(condition: object, *, seconds: float, what: str, process: subprocess.Popen[bytes] | None = None) -> float:
    """Ask again and again until something is true; return how long it took."""
    start = time.monotonic()
    while not condition():  # type: ignore[operator]
        if time.monotonic() - start > seconds or (process is not None and process.poll() is not None):
            pytest.fail(f"{what}: not within {seconds} s", pytrace=False)
        time.sleep(0.05)
    return time.monotonic() - start


def open_to_postgres(folder: Path) -> Path:
    """Let the user of PostgreSQL pass through the folders of pytest, which are closed to others."""
    for parent in (folder, *folder.parents):
        if os.geteuid() == 0 and parent.exists() and parent.stat().st_uid == 0 and "pytest" in str(parent):
            parent.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("deployed")) as found:
        yield found


@contextmanager
def deployment(folder: Path, **env: str) -> Iterator[Deployment]:
    """Start all of it and stop it in the end; `{port}` in a value of the environment is the port of the proxy."""
    if not shutil.which("haproxy"):
        pytest.fail("No HAProxy found. On Debian: apt-get install haproxy", pytrace=False)
    folder = open_to_postgres(folder) / "run"
    port, one, two, database = (free_port() for _ in range(4))
    ports = {"PORT": port, "ONE_PORT": one, "TWO_PORT": two, "PG_PORT": database}
    process = subprocess.Popen(
        [ROOT / "deploy" / "run-local.sh", folder],
        env={
            **os.environ,
            **{name: str(number) for name, number in ports.items()},
            "PYTHON": sys.executable,
            "MSSMAP_TODAY": TODAY.isoformat(),
            **{name: value.format(port=port) for name, value in env.items()},
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Deployment(folder, port, {"one": one, "two": two}, process)
    try:
        for number in found.servers.values():
            until(lambda n=number: found.status("/readyz", port=n) == 200, seconds=600, what="ready", process=process)
        until(lambda: found.status("/readyz") == 200, seconds=10, what="the proxy sees one", process=process)
        until(lambda: {found.cookie(sent=n) for n in found.servers} == {""}, seconds=10, what="the proxy sees both")
        yield found
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def server(deployed: Deployment) -> Server:
    """What `visit` opens pages of."""
    return deployed.as_server()
