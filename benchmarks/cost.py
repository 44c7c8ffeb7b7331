"""
What viewers cost the server: `python -m benchmarks.cost [--viewers 30] [--workers 1 2]`.

CPU is read from the system (`/proc`), user and system time of the server and all its processes, so that a busy machine
changes little. Viewers are websockets that speak Streamlit's protocol, see `benchmarks.viewers`; their own CPU is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
import psutil

import mssmap
from benchmarks.situation import ROOT, TODAY
from benchmarks.viewers import FIRST, Viewer, watch
from mssmap.legend import layers
from mssmap.measures import keyfigures
from mssmap.records import states
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters, shown
from mssmap.records.timeline import Clocks
from mssmap.telling import twin
from mssmap.ui import acts as acts_of

ROUNDS = 20
LAYERS = [name for name in layers.ALL if name.startswith(("fobs", "prisons"))]
LARGE = 100_000
LOOKING = 300


BEGIN, END = "<!-- written by python -m benchmarks.cost -->", "<!-- end of what benchmarks.cost wrote -->"
TARGET = ROOT / "docs" / "benchmarks.md"

NEW_DAY = "a step to a day that nobody has seen, its answer"
SEEN_DAY = "a step to a day that somebody has seen, its answer"
LAYER = "a switch of a layer, its answer"
BASE = "a switch of a base in a plan, stored"
RERUN = "the rerun after the hand rests, on a day that nobody has seen"
OPENING = "opening the page: its document and its first run"
PROMISED = {NEW_DAY: 25, SEEN_DAY: 25, LAYER: 5, BASE: 5, RERUN: 60, OPENING: 150}
"""CPU of the server in milliseconds, all requests of an act added up."""


@dataclass(frozen=True)
class Row:
    """Something measured, and what it may be at most."""

    words: str
    value: float
    unit: str
    most: float | None = None

    def __str__(self) -> str:
        """As a line of a table."""
        exact = f"{self.value:.1f}" if self.value < 10 else f"{self.value:,.0f}"
        most = f"{self.most:g} {self.unit}" if self.most is not None else ""
        return f"| {self.words} | {exact} {self.unit} | {most} |"


@contextmanager
def serving(workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """Run the server as people start it, on a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = ["-m", "mssmap", "serve", "--port", str(port), "--workers", str(workers)]
        env = {**os.environ, "MSSMAP_DATABASE_URL": f"sqlite:///{folder}/store.db", "MSSMAP_TODAY": TODAY}
        with subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert any("is ready" in line for line in server.stdout)
                yield f"http://127.0.0.1:{port}/", psutil.Process(server.pid)
            finally:
                server.terminate()


def cpu_s(process: psutil.Process, *, alone: bool = False) -> float:
    """CPU of a process so far, with that of its children."""
    own = [process] if alone else [process, *process.children(recursive=True)]
    return sum(spent.user + spent.system for spent in (one.cpu_times() for one in own))


async def acts(address: str, server: psutil.Process) -> dict[str, float]:
    """CPU of one act of one viewer, in milliseconds."""
    viewer = Viewer(address)
    await viewer.open()
    await viewer.move(FIRST)

    async def measured(act: Callable[[int], Awaitable[object]]) -> float:
        before = cpu_s(server)
        for number in range(ROUNDS):
            await act(number)
        return (cpu_s(server) - before) * 1000 / ROUNDS

    async def ask(number: int, on: str = "events") -> None:
        keys = {"as_of": FIRST + timedelta(days=5 * number + 2), "known_on": TODAY, "layers": on}
        await asyncio.to_thread(lambda: urlopen(f"{address}view?{urlencode(keys)}").read())

    def act(**what: object) -> None:
        batch = {"person": acts_of.mark("local"), "acts": [{"id": uuid.uuid4().hex, "plan": "plan-1", **what}]}
        origin = {"origin": address.rstrip("/"), "content-type": "application/json"}
        answer = json.loads(urlopen(Request(f"{address}acts", json.dumps(batch).encode(), origin)).read())
        assert answer["answers"][0]["state"] == "stored", answer

    act(kind="create", name="Plan", as_of=TODAY, known_on=TODAY, grade="F6")

    async def switch(number: int) -> None:
        await asyncio.to_thread(lambda: act(kind="switch", base="fob-01", on=bool(number % 2)))

    async def come(_number: int) -> None:
        other = Viewer(address)
        await asyncio.to_thread(lambda: urlopen(address).read())
        await other.open()
        await other.close()

    found = {
        NEW_DAY: await measured(ask),
        SEEN_DAY: await measured(ask),
        LAYER: await measured(lambda number: ask(number, f"events,{LAYERS[number % 9]}")),
        BASE: await measured(switch),
        "what an open window asks every other second": await measured(
            lambda _number: asyncio.to_thread(lambda: urlopen(f"{address}live?tab=t").read())
        ),
        "a rerun that changes nothing": await measured(lambda _number: viewer.move(FIRST)),
        RERUN: await measured(lambda number: viewer.move(FIRST + timedelta(days=7 * number + 1))),
        "the same on a day that somebody has seen": await measured(
            lambda number: viewer.move(FIRST + timedelta(days=7 * number + 1))
        ),
        OPENING: await measured(come),
    }
    await viewer.close()
    return found


@dataclass(frozen=True)
class Crowd:
    """What a crowd costs: p95 of an answer, share of the front process in the CPU, CPU of all, memory of a session."""

    p95_ms: float
    front_share: float
    server_s: float
    viewers_s: float
    session_mb: float


async def crowd(address: str, server: psutil.Process, viewers: int, moves: int, looking: int = 0) -> Crowd:
    """Let viewers move the dial while others only look."""
    warm = Viewer(address)
    await warm.open()
    await warm.close()
    before = memory_mb(server)
    people = [Viewer(address, await asyncio.to_thread(_cookie, address)) for _ in range(viewers + looking)]
    for one in people:
        await one.open()
    memory = memory_mb(server) - before
    all_before, front_before, own_before = cpu_s(server), cpu_s(server, alone=True), cpu_s(psutil.Process(), alone=True)
    times = await asyncio.gather(*(watch(one, number, moves) for number, one in enumerate(people[:viewers])))
    spent, front = cpu_s(server) - all_before, cpu_s(server, alone=True) - front_before
    own = cpu_s(psutil.Process(), alone=True) - own_before
    for one in people:
        await one.close()
    p95 = statistics.quantiles([value for mine in times for value in mine], n=20)[-1] * 1000
    return Crowd(p95, front / spent, spent, own, memory / len(people))


def memory_mb(server: psutil.Process) -> float:
    """Memory of the server and all its processes."""
    return float(sum(one.memory_info().rss for one in (server, *server.children())) / 1e6)


def _cookie(address: str) -> str:
    with urlopen(address) as answer:
        answer.read()
        return str(answer.headers.get("set-cookie", "")).partition(";")[0]


def enlarged(data: Data, records: int) -> Data:
    """Return the data with bases like the real ones, so many that this number has a state on the day of the data."""
    today = date.fromisoformat(TODAY)
    times = records // len(states.layer(data, "fobs", Clocks(today, today))) + 1

    def again(rows: pd.DataFrame, *ids: str) -> pd.DataFrame:
        number = np.repeat(np.arange(times), len(rows)).astype(str)
        many = rows.iloc[np.tile(np.arange(len(rows)), times)].reset_index(drop=True)
        return many.assign(**{name: (many[name] + "-" + number).astype("str") for name in ids})

    status = data["status"][data["status"]["record_id"].isin(data["fobs"]["fob_id"])]
    frames = {**data.frames, "fobs": again(data["fobs"], "fob_id"), "status": again(status, "status_id", "record_id")}
    return replace(data, frames=MappingProxyType(frames))


def core(data: Data) -> tuple[int, float, float]:
    """Records with a state, and CPU in ms of a view of any day: their state, and all that is told of it."""
    every = [layer.id for group in layers.GROUPS.values() for layer in group]
    today = date.fromisoformat(TODAY)
    day = today - timedelta(days=3 * ROUNDS)

    def look(step: int) -> int:
        clocks = Clocks(day + timedelta(days=step), today)
        found = shown(data, Filters(clocks, plans=True))
        for name in found:
            for column in ("status", "certain", "age_days", states.GRADE):
                if name != "events" or column not in ("certain", "status"):
                    found.cells(name)[column]
        return sum(len(found.cells(name)) for name in found)

    def tell(step: int) -> None:
        clocks = Clocks(day + timedelta(days=step), today)
        twin.situation(
            shown(data, Filters(clocks, plans=True)), keyfigures.key_figures(data, clocks), every, (day, day)
        )

    look(0)
    tell(0)
    before = time.process_time()
    counts = [look(step) for step in range(1, ROUNDS + 1)]
    between = time.process_time()
    for step in range(ROUNDS + 1, 2 * ROUNDS + 1):
        tell(step)
    after = time.process_time()
    return max(counts), (between - before) * 1000 / ROUNDS, (after - between) * 1000 / ROUNDS


def crowded(workers: int, viewers: int, moves: int, looking: int = 0) -> list[Row]:
    """Measure a crowd on a server of its own."""
    with serving(workers) as (address, server):
        found = asyncio.run(crowd(address, server, viewers, moves, looking))
        memory = [one.memory_info().rss / 1e6 for one in server.children() or [server]]
    beside = f" beside {looking} who look" if looking else ""
    words = f"{viewers} viewers who move the dial each second{beside}, {workers} process" + "es" * (workers > 1)
    rows = [
        Row(f"{words}: answered, p95", found.p95_ms, "ms", 3000 if looking else 1000 if workers > 1 else None),
        Row(f"{words}: CPU of the server for each move", found.server_s * 1000 / viewers / moves, "ms"),
        Row(f"{words}: CPU of the viewers themselves for each move", found.viewers_s * 1000 / viewers / moves, "ms"),
        Row(f"{words}: memory of a session", found.session_mb, "MB", 1.5),
        Row(f"{words}: memory of the largest process", max(memory), "MB"),
    ]
    front = Row(f"{words}: share of the front process in the CPU", found.front_share * 100, "%", 10)
    return [*rows, front] if workers > 1 else rows


def measured(viewers: int, moves: int, workers: Sequence[int]) -> list[Row]:
    """Measure everything."""
    rows = []
    for data, most in ((mssmap.load(), 3), (enlarged(mssmap.load(), LARGE), 60)):
        records, view, told = core(data)
        rows.append(Row(f"core view of {records:,} records", view, "ms", most))
        rows.append(Row("its key figures and its text", told, "ms"))
    with serving(1) as (address, server):
        rows += [
            Row(name, spent, "ms", PROMISED.get(name)) for name, spent in asyncio.run(acts(address, server)).items()
        ]
    rows += [row for count in workers for row in crowded(count, viewers, moves)]
    return rows + (crowded(max(workers), viewers, moves, LOOKING) if workers else [])


def write(rows: Sequence[Row]) -> None:
    """Put what was measured into docs/benchmarks.md."""
    before, _begin, rest = TARGET.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    head = f"Measured {date.today():%-d %b %Y}, {os.cpu_count()} cores; load of the machine (1, 5, 15 minutes) {load}."
    table = ["| | measured | at most |", "|---|---|---|", *map(str, rows)]
    text = "\n".join([BEGIN, "", head, "", *table, "", END])
    TARGET.write_text(before + text + after, encoding="utf-8")


def main() -> int:
    """Measure and print; 1 if a promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--moves", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    options = parser.parse_args()
    rows = measured(options.viewers, options.moves, options.workers)
    for row in rows:
        print(row)
    if options.write:
        write(rows)
    return int(any(row.most is not None and row.value > row.most for row in rows))


if __name__ == "__main__":
    sys.exit(main())
