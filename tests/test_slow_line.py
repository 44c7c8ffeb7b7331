"""The slow line is slow: what a web socket says through it takes the time, every way and in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from slow_line import SlowLine
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

ROUND_TRIP_S = 1.0


def _echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """Return the port of a server that sends back what it gets."""
    with serve(_echo, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]


def _connected(line: SlowLine) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{line.port}", proxy=None, compression=None)


def _took_s(connection: ClientConnection, *messages: bytes) -> float:
    """Send all, await all, and return how long it took."""
    start = time.monotonic()
    for message in messages:
        connection.send(message)
    assert [connection.recv() for _ in messages] == list(messages)
    return time.monotonic() - start


def test_an_echo_takes_the_round_trip_and_not_much_more(echo):
    with SlowLine(echo, round_trip_s=ROUND_TRIP_S) as line, _connected(line) as connection:
        for _ in range(20):  # a busy machine is slower at times, not always
            took_s = _took_s(connection, b"click")
            assert took_s >= ROUND_TRIP_S
            if took_s <= 1.5 * ROUND_TRIP_S:
                break
    assert took_s <= 1.5 * ROUND_TRIP_S


def test_messages_are_under_way_together_and_keep_their_order(echo):
    """A hundred that had to wait for each other would take half a minute; so would the chunks of one large one."""
    many = [str(number).encode() for number in range(100)]
    with SlowLine(echo, round_trip_s=0.3) as line, _connected(line) as connection:
        assert 0.3 <= _took_s(connection, *many) < 10
        assert 0.3 <= _took_s(connection, bytes(400_000)) < 10


def test_the_rate_is_shared_by_all_connections(echo):
    with (
        SlowLine(echo, round_trip_s=0.0, bytes_per_s=100_000) as line,
        _connected(line) as one,
        _connected(line) as other,
    ):
        start = time.monotonic()
        for connection in (one, other):
            connection.send(bytes(25_000))
        assert [len(connection.recv()) for connection in (one, other)] == [25_000, 25_000]
        assert time.monotonic() - start >= 0.5


def test_a_cut_line_drops_what_it_has_and_refuses_until_it_is_mended(echo):
    with SlowLine(echo, round_trip_s=0.0) as line:
        with _connected(line) as connection:
            line.cut()
            with pytest.raises(ConnectionClosed):
                connection.recv()
        with pytest.raises(ConnectionRefusedError):
            _connected(line)
        line.mend()
        with _connected(line) as connection:
            line.cut(seconds=0.5)
            with pytest.raises(ConnectionClosed):
                connection.recv()
        cut_s = time.monotonic()
        while True:
            try:
                with _connected(line) as connection:
                    _took_s(connection, b"back")
                break
            except ConnectionRefusedError:
                assert time.monotonic() - cut_s < 60
                time.sleep(0.05)
