"""A crowd of connections that say nothing, drip or never read, beside people with open pages."""

from __future__ import annotations

import sys
import time

import pytest
from browser.conftest import running

from benchmarks.crowd import Crowd, beside

from .conftest import SOAK

MANY = tuple(f"127.0.0.{n}" for n in range(2, 10))
OWN = ("127.0.0.1",)
SIZE = {"silent": 2000, "dripping": 200, "pages": 20, "seconds": 60} if SOAK else {
    "silent": 300, "dripping": 30, "pages": 2, "seconds": 0,
}  # fmt: skip
LIMITS = {"soft": "1024:20000", "hard": "1024:1024"} if SOAK else {"short": "128:256"}
LOG_BYTES_A_MINUTE = 1_000_000


@pytest.mark.parametrize("workers", [1, 2] if SOAK else [1])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("addresses", [MANY, OWN] if SOAK else [MANY + OWN], ids=len)
def test_a_crowd_at_the_door_cuts_no_page_and_keeps_nobody_out(tmp_path, record_property, addresses, limit, workers):
    with running(
        tmp_path,
        python=("prlimit", f"--nofile={LIMITS[limit]}", sys.executable),
        command=["-m", "mssmap", "serve", "--port", "{port}", "--workers", str(workers)],
        MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path}/store.db",
    ) as server:
        begun = time.monotonic()
        outcome = beside(server.url, server.port, Crowd(addresses=addresses, **SIZE))
        minutes = max(1.0, (time.monotonic() - begun) / 60)
        written = len(server.errors().encode())
        said = f"{len(addresses)} addresses, {limit} limit: {outcome.cut} pages cut, {outcome.opened} opened beside"
        record_property("figure", f"{said} (the slowest {outcome.slowest_s:.1f} s), {written / minutes:.0f} bytes")
        assert outcome.cut == 0
        assert outcome.opened >= 1
        assert written / minutes <= LOG_BYTES_A_MINUTE
