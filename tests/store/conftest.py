"""Stores to test on: a SQLite file, and a real PostgreSQL with PostGIS that is started for the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mssmap.store import Store, migrations, open_store

SOAK = os.environ.get("MSSMAP_SOAK") == "1"
"""The full figures of docs/reliability.md; else as many rounds as a test run can bear."""


def plan(plan_id: str = "p", name: str = "Plan", **more: Any) -> dict[str, Any]:
    """Return the content of a small plan."""
    proposal = {"id": "a", "name": "A", "kind": "own", "rule": "candidate", "lon": -72.3, "lat": 18.5, "capacity": None}
    return {"id": plan_id, "name": name, "active": ["a"], "proposals": [{**proposal, "note": ""}], **more}


def _bin(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [Path(shutil.which(name) or "")]
    if not found[-1].name:
        pytest.fail("No PostgreSQL found. On Debian: apt-get install postgresql postgresql-15-postgis-3", pytrace=False)
    return str(found[-1])


WAITING = ("-w", "-t", "600")
"""Until it is there or gone, however busy the machine is."""


class Postgres:
    """
    A PostgreSQL of our own on loopback, without syncing pauses other than real ones.

    It lives in a folder of its own: another run of pytest closes the folder of all runs to every other user, and
    PostgreSQL does not run as root.
    """

    def __init__(self) -> None:
        self.socket = folder = Path(tempfile.mkdtemp(prefix="mssmap-postgres-"))
        self.data = folder / "data"
        self.made = 0
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "mssmap", "-E", "UTF8", "--no-sync")
        self.start()

    def _run(self, name: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root; then it runs as the user that its package made
        user = "postgres" if os.geteuid() == 0 else None
        done = subprocess.run([_bin(name), *arguments], capture_output=True, text=True, check=False, user=user, cwd="/")
        if done.returncode:
            pytest.fail(f"{name}: {done.stderr or done.stdout}", pytrace=False)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.socket} -c listen_addresses=127.0.0.1 -c max_connections=60"
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.socket / "log"), "-o", options, *WAITING, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, *WAITING, "stop")

    def end(self) -> None:
        """Stop it and take its folder away."""
        self.stop("immediate")
        shutil.rmtree(self.socket)

    def database(self, name: str, *like: str) -> str:
        """Make an empty database, or a copy of another one, and return its URL."""
        self.made += 1
        own = f"{name}_{self.made}"
        copied = [f"--template={url.rpartition('/')[2]}" for url in like]
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "mssmap", *copied, own)
        return f"postgresql://mssmap@127.0.0.1:{self.port}/{own}"

    @cached_property
    def tables(self) -> str:
        """A database with our tables and no row in them; to make them takes PostgreSQL half a second each time."""
        url = self.database("tables")
        engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        migrations.upgrade(engine)
        engine.dispose()
        return url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    found = Postgres()
    yield found
    found.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a store that is not there yet, or on PostgreSQL of tables without a row."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database("test", server.tables)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    found = open_store(url)
    yield found
    found.engine.dispose()


Make = Callable[..., dict[str, Any]]
