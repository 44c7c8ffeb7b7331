"""
Many viewers who move the dial, against the tutorial way, in one run: `python -m benchmarks.viewers [--viewers 30]`.

Each viewer is a websocket that speaks Streamlit's protocol, so that thirty fit on the machine that serves them: they
open the page, then move the date again and again with a second's rest between. Measured is the time from the message
that the date has changed until the server has said everything. What browsers do afterwards is not in it: the tutorial
builds its map anew then, mssmap redrew it before the message was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.situation import OURS, TUTORIAL, App, served

VIEWERS, MOVES = 30, 3
REST_S = 1.0
FIRST = date(2025, 1, 1)
PATIENCE_S = 180


@dataclass
class Measured:
    """What was measured of one app: seconds of each answer, memory of a session in MB."""

    seconds: list[float] = field(default_factory=list)
    session_mb: float = 0.0

    @property
    def p95_ms(self) -> float:
        """Time that 95 of 100 answers keep."""
        return statistics.quantiles(self.seconds, n=20)[-1] * 1000


class Viewer:
    """One visit: opens the page, and moves the date."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self.address = address.replace("http://", "ws://") + "_stcore/stream"
        self.cookie = cookie
        self.date_widget = ""
        self.is_slider = False

    async def open(self) -> None:
        """Connect and wait for the whole page."""
        self.socket = await websockets.connect(
            self.address,
            subprotocols=["streamlit"],
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE_S,
        )
        await self._rerun()

    async def move(self, day: date) -> float:
        """Move the date; return the seconds until the server has said everything."""
        state = WidgetState(id=self.date_widget)
        if self.is_slider:
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
            state.double_array_value.data.append(moment.timestamp() * 1e6)
        else:
            state.string_array_value.data.append(day.isoformat())
        start = asyncio.get_running_loop().time()
        await self._rerun(state)
        return asyncio.get_running_loop().time() - start

    async def close(self) -> None:
        """Leave."""
        await self.socket.close()

    async def _rerun(self, *states: WidgetState) -> None:
        message = BackMsg()
        message.rerun_script.query_string = ""
        message.rerun_script.widget_states.widgets.extend(states)
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))
            kind = answer.WhichOneof("type")
            if kind == "delta" and not self.date_widget:
                self._look(answer.delta.new_element)
            if kind == "script_finished":
                if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    continue  # the run that the new one took the place of
                return

    def _look(self, element: Any) -> None:
        """Remember the widget of the date."""
        for kind in ("date_input", "slider"):
            found = getattr(element, kind)
            if element.WhichOneof("type") == kind and found.id.endswith(("-as_of", "-as_of_field")):
                self.date_widget, self.is_slider = found.id, kind == "slider"


async def watch(viewer: Viewer, number: int, moves: int) -> list[float]:
    """Move the date again and again, each viewer on days of their own."""
    await asyncio.sleep(REST_S * number / VIEWERS)
    seconds = []
    for step in range(moves):
        seconds.append(await viewer.move(FIRST + timedelta(days=7 * step + number)))
        await asyncio.sleep(REST_S)
    return seconds


async def load(address: str, process: psutil.Process, viewers: int, moves: int) -> Measured:
    """Let viewers in one after the other, then all move the date."""
    first = Viewer(address)
    await first.open()
    await first.move(FIRST)
    await first.close()
    before = process.memory_info().rss
    people = [Viewer(address) for _ in range(viewers)]
    for one in people:
        await one.open()
    if not all(one.date_widget for one in people):
        raise SystemExit("no date was found on the page")
    times = await asyncio.gather(*(watch(one, number, moves) for number, one in enumerate(people)))
    after = process.memory_info().rss
    for one in people:
        await one.close()
    return Measured([value for own in times for value in own], (after - before) / viewers / 1e6)


def measure(app: App, viewers: int, moves: int) -> Measured:
    """Serve one app and load it."""
    with served(app) as address:
        port = address.rstrip("/").rpartition(":")[2]
        process = next(one for one in psutil.Process().children() if port in one.cmdline())
        with ThreadPoolExecutor(1) as own:  # Playwright, where it was used before, keeps the loop of this thread
            return own.submit(asyncio.run, load(address, process, viewers, moves)).result()


def main() -> int:
    """Measure both and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--moves", type=int, default=MOVES)
    options = parser.parse_args()
    ours, tutorial = (measure(app, options.viewers, options.moves) for app in (OURS, TUTORIAL))
    print(
        f"{options.viewers} viewers: p95 mssmap {ours.p95_ms:.0f} ms, tutorial {tutorial.p95_ms:.0f} ms, "
        f"{tutorial.p95_ms / ours.p95_ms:.1f}x; median {statistics.median(ours.seconds) * 1e3:.0f} and "
        f"{statistics.median(tutorial.seconds) * 1e3:.0f} ms; "
        f"memory of a session {ours.session_mb:.1f} and {tutorial.session_mb:.1f} MB"
    )
    return int(ours.p95_ms * 3 >= tutorial.p95_ms or ours.session_mb >= 10)


if __name__ == "__main__":
    sys.exit(main())
