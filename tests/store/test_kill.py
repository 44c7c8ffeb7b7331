"""kill -9 at any moment: what was acknowledged is there, and the trail is whole."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mssmap.store import audit, open_store, plans

from .conftest import SOAK, plan
from .disk import left_beside
from .writer import write_forever

WRITERS = 4
ROUNDS = int(os.environ.get("MSSMAP_KILL_ROUNDS", "200" if SOAK else "60"))

WRITES = 15 * ROUNDS
"""As many writes are wanted; a slow machine gets twice the rounds for them."""

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["mssmap.store.opening"])  # the package itself loads nothing before it is asked


def killed(target: str, folder: Path, number: int, *, control: bool = False) -> dict[str, int]:
    """Let writers run for a moment, kill them all, and return the last count each of them was promised."""
    logs = {f"w{i}": folder / f"{number}-w{i}" for i in range(WRITERS)}
    writers = [
        forked.Process(target=write_forever, args=(target, name, str(log), control), daemon=True)
        for name, log in logs.items()
    ]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not any(log.exists() and log.stat().st_size for log in logs.values()):
        time.sleep(0.002)  # until the first of them has written
    time.sleep(random.Random(number).uniform(0.0, 0.25))
    for writer in writers:
        writer.kill()
    for writer in writers:
        writer.join()
    return {name: int(log.read_text().split()[-1]) for name, log in logs.items() if log.exists() and log.read_text()}


@pytest.mark.timeout(900 if SOAK else 300)
def test_no_acknowledged_write_is_lost(tmp_path, record_property):
    file = tmp_path / "store" / "store.db"
    url = f"sqlite:///{file}"
    first = open_store(url)
    plans.save(first, plan(counts={}), version=0)
    first.engine.dispose()
    acknowledged = left = swept = 0
    number = 0
    while number < ROUNDS or (acknowledged < WRITES and number < 2 * ROUNDS):
        number += 1
        promised = killed(url, tmp_path, number)
        swept += len(left_beside(file))
        store = open_store(url)
        counts = plans.find(store, "p").body["counts"]
        for name, count in promised.items():
            # one write may have reached the disk just before its writer could say so
            assert counts[name] in (count, count + 1), f"round {number}: {name}"
        assert audit.faults(store.trail()) == []
        acknowledged = sum(counts.values())
        store.engine.dispose()
        left += len(left_beside(file))
    assert (left, swept > 0) == (0, True)
    record_property(
        "figure",
        f"{number} rounds of {WRITERS} writers, {acknowledged} writes acknowledged, 0 lost, 0 files left behind",
    )
    assert acknowledged >= 5 * ROUNDS


def test_a_file_rewritten_whole_does_lose_writes(tmp_path, record_property):
    """The control: without transactions and versions the same load loses what it promised."""
    lost = made = 0
    for number in range(3):
        path = tmp_path / f"control-{number}.json"
        promised = killed(str(path), tmp_path, 1000 + number, control=True)
        try:
            counts = json.loads(path.read_text())
        except ValueError:
            counts = {}
        lost += sum(max(0, count - counts.get(name, 0)) for name, count in promised.items())
        made += sum(promised.values())
    assert lost > 0
    record_property("control", f"a file rewritten whole: {lost} of {made} lost in 3 kills")


@pytest.mark.parametrize("room", [64_000])
def test_a_full_disk_is_said_and_loses_nothing(tmp_path, room):
    script = f"""
import resource, sys
from mssmap.store import open_store, plans, StoreAwayError
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from store.conftest import plan
store = open_store("sqlite:///{tmp_path / "store.db"}")
version = plans.save(store, plan(), version=0).version
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room} + 200_000, {room} + 200_000))
try:
    while True:
        version = plans.save(store, plan(name="x" * 150, note="y" * 4000), version=version).version
except StoreAwayError as error:
    print(version, error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    version, _space, message = done.stdout.partition(" ")
    assert "did not take it" in message, done.stderr
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert plans.find(store, "p").version == int(version)
    assert audit.faults(store.trail()) == []
