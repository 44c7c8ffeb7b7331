"""People who come and go: memory keeps its level, and what they held is given back when they have left."""

from __future__ import annotations

import os

import pytest
from browser.conftest import running

from benchmarks.hour import live

from .conftest import SOAK

SECONDS = float(os.environ.get("MSSMAP_SOAK_SECONDS", "3600")) if SOAK else 4
PEOPLE, REST_S = (20, 2.0) if SOAK else (4, 0.2)
POOL = 5
"""Connections that the pool of the store keeps, each with the file, its log and its index."""
LEVEL = 1.1
"""Memory after the first sixth of the time (ten minutes of an hour) stays below so many times what it was then."""


@pytest.mark.timeout(SECONDS + 600)
def test_people_come_and_go(tmp_path, record_property):
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path}/store.db") as server:
        hour = live(server.url, server.process.pid, people=PEOPLE, seconds=SECONDS, rest_s=REST_S)
    start, end = hour.start, hour.end
    first, last = hour.levels[0].at_s, hour.levels[-1].at_s
    early = hour.megabytes(first, max(first, SECONDS / 6))
    late = hour.megabytes(SECONDS / 6, last)
    record_property(
        "figure",
        f"{SECONDS / 60:.0f} minutes, {PEOPLE} people, {hour.visits} visits: {start.megabytes:.0f} MB at the start, "
        f"{early:.0f} in the first sixth, {late:.0f} after it; {start.descriptors} and then {end.descriptors} "
        f"descriptors, {start.threads} and then {end.threads} threads",
    )
    assert hour.visits >= PEOPLE
    assert end.descriptors <= start.descriptors
    assert end.files <= 3 * POOL
    assert end.threads <= start.threads
    if SOAK:
        assert late <= early * LEVEL
