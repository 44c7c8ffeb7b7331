"""Damaged files are read or refused in one line; nothing else ever happens."""

from __future__ import annotations

import base64
import json
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import uvicorn
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from mssmap import ingest
from mssmap.archive import stream
from mssmap.archive.shelf import Shelf
from mssmap.errors import MssmapError
from mssmap.exports import verify
from mssmap.ingest import mapping, prepare
from mssmap.ingest.reading import Reading
from mssmap.jail import box
from mssmap.planning import plan_file
from mssmap.records.catalog import Data
from mssmap.server import app as server
from mssmap.ui import cache

from . import fuzz, samples

ENDINGS = {"zip": "zip", "bundle": "zip", "export": "zip", "archive": "parquet", "plan": "json", "mapping": "json"}

SOAK = os.environ.get("MSSMAP_SOAK") == "1"
CASES = 200_000 if SOAK else 2_002
THROUGH_DOORS = 1_000 if SOAK else 15

pytestmark = pytest.mark.timeout(6 * 3_600 if SOAK else 300)


@pytest.fixture(scope="module")
def base(tmp_path_factory, small):
    """A sound file of each kind, by kind: data, an export with its proof, an archive, a plan, a mapping."""
    folder = tmp_path_factory.mktemp("samples")
    return samples.write(folder) | samples.others(folder, small)


@pytest.fixture(scope="module")
def told(base):
    listed = [[kind, base64.b64encode(content).decode()] for kind, content in base.items()]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzz.py"))],
        input=json.dumps({"files": listed, "cases": CASES}),
        capture_output=True,
        text=True,
        timeout=6 * 3_600,
        check=False,
        env={**box.environment(), "PYTHONPATH": str(box.PACKAGE_ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_damaged_file_is_read_or_refused(told):
    assert told["wrong"] == []
    assert told["accepted"] + told["refused"] == CASES


def test_at_least_a_fifth_is_read(told):
    """Else the damage would be so great that only the front door is tested."""
    assert told["accepted"] >= CASES / 5
    data = {"geojson", "gpkg", "fgb", "parquet", "csv", "xlsx", "kml", "gpx", "zip", "bundle"}
    assert set(told["kinds"]) == data | {"export", "archive", "plan", "mapping"}


def test_no_damaged_file_takes_long_or_much(told, record_property):
    record_property("figure", f"{CASES:,} files, slowest {told['slowest']:.1f} s, {told['peak_bytes'] / 1e6:.0f} MB")
    assert told["slowest"] < 10
    assert told["peak_bytes"] < 600_000_000


DOORS = {"export": "verify", "plan": "plan", "mapping": "mapping", "archive": "archive"}


def through_a_door(kind: str, path: Path, small: Data, shelf: Shelf) -> None:
    """Give a file to the door that takes it, as a person does, up to what would be stored."""
    match DOORS.get(kind, "import"):
        case "verify":
            verify.file(small, path)
        case "plan":
            plan_file.to_json(plan_file.from_file(path)[0])
        case "mapping":
            mapping.dumps(mapping.from_file(path, path.name))
        case "archive":
            stream.add_file(shelf, path, small)
        case _:
            reading = ingest.read(path)
            for table in reading.tables:
                made = prepare.prepare(reading, table, small)
                prepare.described(made)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


ASKS = """
import sys, threading, time, urllib.request
is_done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), is_done.set()), daemon=True).start()
asked, slowest = 0, 0.0
while not is_done.is_set():
    began = time.monotonic()
    with urllib.request.urlopen(sys.argv[1], timeout=120) as answer:
        assert answer.read() == b"ready\\n"
    asked, slowest = asked + 1, max(slowest, time.monotonic() - began)
    time.sleep(0.05)
print(asked, slowest)
"""


@pytest.fixture
def readyz(small_folder, tmp_path, monkeypatch):
    """The address of `/readyz` of this process: what work here keeps from it, it would keep from a server."""
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setattr(cache, "_seen", [None])
    server._makes_pages.set()
    cache.opened.cache_clear()
    app = Starlette(routes=[Route("/readyz", server._ready)])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/readyz"
        running.should_exit = True
        thread.join()
    server._makes_pages.clear()
    cache.opened().engine.dispose()
    cache.opened.cache_clear()


@pytest.fixture
def asking(readyz):
    """A process that asks all the time whether this one is ready; ended, it says how often and the slowest answer."""
    command = [sys.executable, "-c", ASKS, readyz]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_odd_files_through_the_doors_themselves(base, small, tmp_path, record_property, asking):
    """Each is taken or refused in one line; the server neither grows nor keeps anybody waiting."""
    kinds, slowest, before = list(base), 0.0, 0
    refusals: list[tuple[int, str, str]] = []
    for case in range(-len(kinds), THROUGH_DOORS):
        kind = kinds[case % len(kinds)]
        chance = random.Random(f"door {case}")
        path = tmp_path / f"x.{ENDINGS.get(kind, kind)}"
        path.write_bytes(fuzz.damaged(kind, base[kind], chance) if case >= 0 else base[kind])
        if case == 0:
            before = resident_bytes()  # every door was opened once
        began = time.monotonic()
        try:
            through_a_door(kind, path, small, Shelf(tmp_path / "archives"))
        except MssmapError as error:
            refusals.append((case, kind, str(error)))
        slowest = max(slowest, time.monotonic() - began)
    grown = resident_bytes() - before
    answers, fault = asking.communicate("")
    assert asking.returncode == 0, fault
    asked, waited_s = map(float, answers.split())
    told = f"{asked:,.0f} times asked whether it is ready, answered in {waited_s:.2f} s at most"
    record_property("figure", f"{THROUGH_DOORS:,} files, slowest {slowest:.1f} s, {grown / 1e6:.0f} MB grown, {told}")
    assert asked >= THROUGH_DOORS
    if SOAK:
        assert waited_s <= 1
    assert [item for item in refusals if item[0] < 0 or "\n" in item[2]] == []  # sound ones are taken
    assert len(refusals) < THROUGH_DOORS
    assert grown < 20_000_000
    assert slowest < 60  # a child takes a second to start, and the machine may be busy


CELLS = st.one_of(
    st.sampled_from(
        ["", "2025-01-18", "18/01/2025", "-72.3", "18.5", "72.3", "400", "NaN", "1e999", "Ouest", "HT0111"]
    ),
    st.sampled_from(["Port-au-Prince", "{{7*191}}", "=1+1", "0", "1", "3", "Haiti", "a;b", "1 234", "18,5"]),
    st.text(max_size=12),
)
ROWS = st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=6)
CHOICES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(mapping.FIELDS, st.lists(st.sampled_from("abcdef"), min_size=1, max_size=2, unique=True))
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS, columns=CHOICES, kind=st.sampled_from(["events", "layer"]), dates=st.sampled_from(["auto", "dmy", "ymd"])
)
def test_any_table_with_any_mapping_becomes_an_import_or_is_refused(small, rows, columns, kind, dates):
    frame = pd.DataFrame(rows, columns=list("abcdef"), dtype="str")
    frame.index = pd.Index(range(2, len(frame) + 2), name="row")
    used = mapping.Mapping(kind=kind, columns=columns, dates=dates)
    try:
        made = prepare.prepare(Reading("csv", {"t": frame}), "t", small, used)
    except MssmapError as error:
        told = str(error)
        event(told[:20])
        made = None
    if made is None:
        assert "\n" not in told
        return
    left_out = {fault.row for fault in made.faults if fault.kind == "contract"}
    assert not left_out & set(made.frame.index)
    assert left_out | set(made.frame.index) <= set(frame.index)
