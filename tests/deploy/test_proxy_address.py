"""Behind the proxy each person is an address of their own, so nobody keeps the others from signing in."""

from __future__ import annotations

import os
import subprocess

import pytest
import requests
from browser.conftest import ROOT, free_port, provider, team
from requests.adapters import HTTPAdapter

from .conftest import until

__all__ = ["provider", "team"]


def person(address: str) -> requests.Session:
    """Somebody who asks from an address."""

    class From(HTTPAdapter):
        def init_poolmanager(self, *args, **named):
            super().init_poolmanager(*args, **named, source_address=(address, 0))

    found = requests.Session()
    found.mount("http://", From())
    return found


@pytest.fixture
def proxy(tmp_path, team):
    """The real proxy with its real settings before a server on which people sign in."""
    port, at = free_port(), f"127.0.0.1:{team.server.port}"
    settings = {"MSSMAP_PROXY_BIND": f"127.0.0.1:{port}", "MSSMAP_ONE": at, "MSSMAP_TWO": at}
    command = ["haproxy", "-db", "-f", ROOT / "deploy" / "haproxy.cfg"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=log, stderr=log
    ) as process:  # fmt: skip
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            try:
                return requests.get(f"{url}/readyz", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        until(answers, seconds=60, what="the proxy answers", process=process)
        yield url
        process.terminate()


def test_one_client_does_not_keep_the_others_from_signing_in(proxy, team):
    loud, quiet = person("127.0.0.8"), person("127.0.0.9")
    loud.headers["X-Forwarded-For"] = "127.0.0.9"  # says to be somebody else
    asked = lambda who: who.get(f"{proxy}/signin", allow_redirects=False, timeout=20).status_code  # noqa: E731
    assert {asked(loud) for _ in range(120)} == {302, 429}
    assert asked(quiet) == 302, "somebody at another address"
    known = person("127.0.0.8")
    known.cookies.update(team.cookie("viewer"))
    assert asked(known) == 302, "somebody with a cookie at the same address"
    assert known.get(f"{proxy}/api", timeout=20).status_code == 200
    assert asked(loud) in {302, 429}
