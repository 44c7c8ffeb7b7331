"""People who come and go: what a server holds meanwhile, and after the last one has left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import psutil

from benchmarks.viewers import FIRST, Viewer

LEFT_S = 120
"""Within so many seconds of the last one's leaving everything is as at the start."""


@dataclass
class Level:
    """
    What a process holds at a moment, in seconds since the start of the campaign.

    `descriptors` are those that visits hold: sockets, pipes and loops. Plain files are counted apart: they belong to
    the connections that the pool of the store keeps, which are as many as once worked at the same time.
    """

    at_s: float
    megabytes: float
    descriptors: int
    files: int
    threads: int


@dataclass
class Hour:
    """A campaign: the start, a look every few seconds, the end, and how many visits there were."""

    start: Level
    end: Level
    visits: int = 0
    levels: list[Level] = field(default_factory=list)

    def megabytes(self, first_s: float, last_s: float) -> float:
        """Return the highest level of memory in a time."""
        return max(level.megabytes for level in self.levels if first_s <= level.at_s <= last_s)


async def _person(address: str, number: int, stop: asyncio.Event, rest_s: float) -> int:
    visits = 0
    while not stop.is_set():
        viewer = Viewer(address)
        await viewer.open()
        for step in range(3):
            await viewer.move(FIRST + timedelta(days=(visits * 3 + step + 17 * number) % 600))
            await asyncio.sleep(rest_s)
        await viewer.close()
        visits += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rest_s * (1 + number % 3))
    return visits


async def _live(address: str, look: Callable[[], Level], people: int, seconds: float, rest_s: float) -> Hour:
    warm = [Viewer(address) for _ in range(people)]  # what a server makes once, as connections to its store, is made
    await asyncio.gather(*(viewer.open() for viewer in warm))
    for viewer in warm:
        await viewer.close()
    await asyncio.sleep(3)
    hour, stop = Hour(look(), look()), asyncio.Event()
    going = [asyncio.create_task(_person(address, number, stop, rest_s)) for number in range(people)]
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        await asyncio.sleep(min(5.0, seconds / 10))
        hour.levels.append(look())
    stop.set()
    hour.visits = sum(await asyncio.gather(*going))
    end = time.monotonic() + LEFT_S
    while time.monotonic() < end:
        hour.end = look()
        if hour.end.descriptors <= hour.start.descriptors and hour.end.threads <= hour.start.threads:
            break
        await asyncio.sleep(0.5)
    return hour


def live(url: str, pid: int, *, people: int, seconds: float, rest_s: float) -> Hour:
    """Let people come and go for a time, wait until all is given back, and return what was seen."""
    process, begun = psutil.Process(pid), time.monotonic()

    def look() -> Level:
        used = process.memory_info().rss / 1e6
        files = len(process.open_files())
        return Level(time.monotonic() - begun, used, process.num_fds() - files, files, process.num_threads())

    with ThreadPoolExecutor(1) as own:  # Playwright, where it was used before, keeps the loop of this thread
        return own.submit(asyncio.run, _live(f"{url}/", look, people, seconds, rest_s)).result()
