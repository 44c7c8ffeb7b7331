"""Many viewers on one server, against the tutorial way in the same run."""

from __future__ import annotations

from benchmarks.situation import OURS, TUTORIAL
from benchmarks.viewers import measure

from .conftest import SOAK

VIEWERS, MOVES = (30, 3) if SOAK else (5, 2)
TIMES = 3
"""Asked of the full measure only: a few viewers beside other tests say nothing about time."""

SESSION_MB = 10


def test_many_viewers_move_the_dial(record_property):
    ours, tutorial = (measure(app, VIEWERS, MOVES) for app in (OURS, TUTORIAL))
    figure = f"{VIEWERS} viewers: p95 {ours.p95_ms:.0f} ms, {tutorial.p95_ms / ours.p95_ms:.1f} times shorter"
    record_property("figure", f"{figure}; {ours.session_mb:.1f} MB a session")
    record_property("control", f"the tutorial way: p95 {tutorial.p95_ms:.0f} ms, {tutorial.session_mb:.1f} MB each")
    assert len(ours.seconds) == len(tutorial.seconds) == VIEWERS * MOVES
    if SOAK:
        assert ours.p95_ms * TIMES < tutorial.p95_ms
    assert ours.session_mb < SESSION_MB
