"""A server that is asked to stop says so, ends what runs, and loses nothing; tables are made once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from browser.conftest import Server, running
from store.conftest import plan, postgres

from mssmap import settings
from mssmap.errors import InputError
from mssmap.store import open_store, plans

from .conftest import SOAK, Deployment, until

__all__ = ["postgres"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An app with a store of its own, which may drain for a minute."""
    with running(
        tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}", MSSMAP_DRAIN_SECONDS="60"
    ) as found:
        yield found


@pytest.mark.browser
def test_a_server_drains(server: Server, visit: Callable[..., Any], tmp_path: Path) -> None:
    """With a person connected: 503 at once, what they do is still stored, then it closes with 0."""
    at = Deployment(tmp_path, server.port, {}, server.process)  # only to ask for a status
    screen = visit("/planner", as_of="2026-04-01")
    screen.drawn()
    assert at.status("/readyz") == 200
    server.process.send_signal(signal.SIGTERM)
    until(lambda: at.status("/readyz") == 503, seconds=2, what="/readyz says 503")
    screen.page.locator(".mm-bases input:not(:checked)").first.click()
    screen.page.get_by_text(re.compile("Saved: version 2")).wait_for()
    link = screen.query["scenario"]
    assert server.process.wait(timeout=20) == 0
    screen.page.goto("about:blank")
    screen.faults.clear()  # the page looks for the server that has left, and rightly so
    assert plans.find(open_store(f"sqlite:///{tmp_path / 'store.db'}"), link).version == 2


def test_a_server_with_nobody_connected_stops_at_once(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=10) == 0


def test_servers_that_start_together_make_the_tables_once(postgres: Any) -> None:
    """Two processes open an empty database at the same moment; both must find it ready, and it was made once."""
    script = "import sys; from mssmap.store import open_store, plans; sys.stdin.read(1); "
    script += "plans.listed(open_store(sys.argv[1]))"
    for _round in range(5 if SOAK else 1):
        url = postgres.database("empty")
        both = [
            subprocess.Popen(
                [sys.executable, "-c", script, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]
        store = open_store(url)
        with store.engine.connect() as session:
            assert session.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
        assert plans.save(store, plan(), version=0).version == 1
        store.engine.dispose()


def test_without_the_lock_one_of_both_fails(postgres: Any, record_property: Callable[[str, object], None]) -> None:
    """The control: two servers that do not take turns run into each other."""
    script = (
        "import sys; import sqlalchemy as sa; from mssmap.store import migrations\n"
        "engine = sa.create_engine(sys.argv[1].replace('postgresql', 'postgresql+psycopg'))\n"
        "with engine.connect() as c, c.begin():\n"
        "    migrations.current(c); sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read(1); migrations.migrate(c)"
    )
    url = postgres.database("control")
    both = [
        subprocess.Popen([sys.executable, "-c", script, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        assert process.stdout is not None
        process.stdout.read(1)
    codes = []
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=60)
        codes.append(process.returncode)
    assert sorted(map(bool, codes)) == [False, True]
    record_property("control", "one of two servers does not start")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("sqlite:///x.db\n")
    assert settings.load({"MSSMAP_DATABASE_URL_FILE": str(file)}).database_url == "sqlite:///x.db"
    with pytest.raises(InputError, match=r"^MSSMAP_DATABASE_URL: found the value and .*_FILE, required one of them"):
        settings.load({"MSSMAP_DATABASE_URL_FILE": str(file), "MSSMAP_DATABASE_URL": "a"})
    with pytest.raises(InputError, match=r"^MSSMAP_DATABASE_URL_FILE: found .*gone, which cannot be read"):
        settings.load({"MSSMAP_DATABASE_URL_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "nan"])
def test_seconds_of_draining_are_a_number(text: str) -> None:
    with pytest.raises(InputError, match=r"^MSSMAP_DRAIN_SECONDS: found .*, required a number of seconds"):
        settings.load({"MSSMAP_DRAIN_SECONDS": text})
