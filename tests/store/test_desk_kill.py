"""kill -9 at any moment of submit, accept and publish: nothing acknowledged is lost, no release is there by half."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mssmap.errors import InputError
from mssmap.ingest import deciding
from mssmap.records import catalog
from mssmap.records.submissions import rows, submission
from mssmap.store import Store, audit, inbox, open_store
from mssmap.store.ledger import GoneError

from . import desk_worker
from .conftest import SOAK

ROUNDS = int(os.environ.get("MSSMAP_DESK_KILLS", "60" if SOAK else "2"))
TWICE = 100 if SOAK else 3
"""So often two editors accept the same submission at once."""


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_folder, tmp_path / "data"))


@pytest.fixture
def worker(url: str, folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "store.desk_worker", url, str(folder), str(tmp_path / "acknowledged")]
    found = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    yield found
    found.communicate()
    assert found.returncode == 0


def kill_after(worker: subprocess.Popen[str], seconds: float) -> None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{seconds}\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "killed\n"


def require_kept(store: Store, folder: Path, acknowledged: Path) -> int:
    """Each step that was acknowledged is there, once; return how many there are."""
    told = [line.split() for line in acknowledged.read_text(encoding="utf-8").splitlines()]
    states = {item.number: item.state for item in inbox.listed(store)}
    accepted = {number for number, state in states.items() if state in (inbox.ACCEPTED, inbox.PUBLISHED)}
    assert {int(word) for step, word in told if step == "submitted"} <= set(states)
    assert {int(word) for step, word in told if step == "accepted"} <= accepted
    events = desk_worker.now(store, folder)["events"]
    added = events["event_id"][events["event_id"].str.startswith("ev-2025-03-01-attack")]
    assert (added.is_unique, len(added)) == (True, len(accepted))
    assert audit.faults(store.trail()) == []
    versions = [word for step, word in told if step == "published"]
    if versions:
        number = int(versions[-1].rpartition(".")[2])
        assert int(desk_worker.catalog_version(folder).rpartition(".")[2]) >= number
    return len(told)


@pytest.mark.timeout(900 if SOAK else 200)
def test_nothing_acknowledged_is_lost_and_no_release_is_there_by_half(url, folder, worker, tmp_path, record_property):
    open_store(url).engine.dispose()
    steps, moments = 0, random.Random(20)
    for _round in range(ROUNDS):
        kill_after(worker, moments.uniform(0.0, 0.5))
        store = open_store(url)
        steps = require_kept(store, folder, tmp_path / "acknowledged")
        desk_worker.publish(store, folder)  # what was cut off is finished by the next one
        assert catalog.open_data(folder).faults == ()
        assert {item.state for item in inbox.listed(store)} <= {inbox.OPEN, inbox.PUBLISHED}
        require_kept(store, folder, tmp_path / "acknowledged")
        store.engine.dispose()
    record_property("figure", f"{ROUNDS} kills, {steps} steps acknowledged, 0 lost, 0 releases by half")
    assert steps >= ROUNDS


def test_two_editors_who_accept_the_same_one_have_one_effect(store, folder, record_property):
    """Through the same door as the desk and the command, with the rows worked out on the data as they stand."""
    data = catalog.open_data(folder)
    page = {"title": "A", "publisher": "Daily", "url": "https://example.org/a", "published_on": "2025-03-02"}
    event = {"kind": "event", "category": "gang_attack", "valid_from": "2025-03-01", "sources": [page]}
    items = [rows.checked({**event, "title_en": f"Attack {n}"}, data, desk_worker.TODAY) for n in range(TWICE)]
    inbox.submit(store, [(item.title, submission.as_dict(item)) for item in items], origin="typed", actor="ana")
    done, refused = [], []
    together = threading.Barrier(2)

    def editor() -> None:
        for number in range(1, TWICE + 1):
            together.wait()
            while True:
                try:
                    load = lambda: desk_worker.now(store, folder)  # noqa: E731
                    deciding.accept(store, number, reason="Seen.", load=load, today=desk_worker.TODAY)
                    done.append(number)
                except GoneError:
                    continue
                except InputError as error:
                    refused.append(str(error))
                break

    threads = [threading.Thread(target=editor) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(done) == list(range(1, TWICE + 1))
    assert len(refused) == TWICE
    assert all("has decided it already" in line for line in refused)
    events = desk_worker.now(store, folder)["events"]
    assert events["event_id"].str.startswith("ev-2025-03-01-attack").sum() == TWICE
    assert audit.faults(store.trail()) == []
    record_property("figure", f"{TWICE} submissions, each accepted by two editors at once: one effect each")
