"""Give a file from outside to the reading process (`child`) and take back nothing but checked Arrow tables and JSON."""

from __future__ import annotations

import io
import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyarrow as pa
import pyogrio

from mssmap import settings
from mssmap.i18n.phrases import phrase, unpacked
from mssmap.jail import journal, wire
from mssmap.jail.drivers import DRIVERS
from mssmap.jail.jobs import Order
from mssmap.jail.limits import Limits, RefusedError, at_most, naming, printable, refused
from mssmap.jail.places import Places, at_once

Progress = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done."""

PACKAGE_ROOT = settings.PACKAGE.parent

PLACES = Places(at_once())
"""Of this server: each process may take a gigabyte."""

START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from mssmap.jail import lean; lean.install(); "
    "from mssmap.jail import child; child.main()"
)


@dataclass
class Table:
    """One table of an answer: what is said about it, and its content."""

    about: Any
    content: pa.Table


@dataclass
class Answer:
    """What came back: tables, and what is said about the file as a whole."""

    tables: list[Table]
    said: Any


def run(
    source: Path | str | BinaryIO,
    order: Order,
    progress: Progress = lambda share, what: None,
) -> Answer:
    """
    Have a file read and take the whole answer.

    Parameters
    ----------
    source
        Path of the file, or an open binary file that the system knows (with a `fileno`).

    Raises
    ------
    RefusedError
        With one line: what was found, what is required, what to do.
    """
    with naming(order.name), _file(source, order.limits) as file:
        return _gathered(_Receiver(order, progress), file)


Batches = Generator[tuple[Any, pa.RecordBatch], None, Any]
"""Yields batches with what is said about their table, returns what is said about the file."""


def stream(
    source: Path | str | BinaryIO,
    order: Order,
    progress: Progress = lambda share, what: None,
) -> Batches:
    """
    Have a file read and take the batches of its tables one by one.

    The time limit holds from one batch to the next and the limit of what comes back for each of them, so a file may
    be of any length.

    Raises
    ------
    RefusedError
        As `run`; batches that came before it are not to be used.
    """
    with naming(order.name), _file(source, order.limits) as file:
        return (yield from _one_by_one(_Receiver(order, progress, piecewise=True), file))


@contextmanager
def _file(source: Path | str | BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    if isinstance(source, Path | str):
        with _opened(Path(source), limits) as file:
            yield file
    else:
        yield source


def _opened(path: Path, limits: Limits) -> BinaryIO:
    try:
        file = open(path, "rb", opener=without_waiting)  # noqa: SIM115 -- Path.open takes no opener
    except OSError as error:
        raise refused(
            phrase("no readable file ({what})", what=error.strerror or error), phrase("the path of a file")
        ) from error
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        file.close()
        raise refused(phrase("something that is not a plain file"), phrase("the path of a file"))
    if found.st_size > limits.file_bytes:
        file.close()
        at_most(found.st_size, limits.file_bytes, phrase("bytes"))
    return journal.merged(path, file, limits.file_bytes)


def without_waiting(path: str, flags: int) -> int:
    """Open a path without waiting for somebody who writes into it, should it be a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@lru_cache(maxsize=1)
def environment() -> dict[str, str]:
    """Return all that the reading process knows of its surroundings: GDAL without drivers and network."""
    skipped = ",".join(name for name in pyogrio.list_drivers() if name not in DRIVERS)
    return {
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GDAL_SKIP": skipped,
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "GDAL_PAM_ENABLED": "NO",
        # GDAL's own Arrow stream of FlatGeobuf gives wrong bytes for a missing geometry (seen with 3.12.4).
        "OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "CPL_LOG": os.devnull,
        "OGR_ORGANIZE_POLYGONS": "DEFAULT",
        "SHAPE_RESTORE_SHX": "NO",
        "PROJ_NETWORK": "OFF",
        "OPENPYXL_LXML": "False",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "ARROW_IO_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }


@contextmanager
def _started(order: Order, file: BinaryIO) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process and end it, whatever happens; only its own end without a fault is a good one."""
    with (
        PLACES.one(),
        subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", START, str(PACKAGE_ROOT), json.dumps(order.plain())],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@dataclass
class _Receiver:
    """
    Takes frames until the process ends, its time is up or it says too much.

    Attributes
    ----------
    piecewise
        Whether time and size are those of each frame instead of those of the whole answer.
    said
        The last frame, once it has come.
    """

    order: Order
    progress: Progress
    piecewise: bool = False
    said: Any = None
    is_whole: bool = False

    def frames(self, process: subprocess.Popen[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Yield the frames of tables; progress is passed on, a refusal raised."""
        pipe: IO[bytes] | None = process.stdout
        assert pipe is not None  # noqa: S101 -- for the type checker: stdout is a pipe
        limits, received, total = self.order.limits, bytearray(), 0
        end = time.monotonic() + limits.wall_s
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.0, end - time.monotonic())):
                    raise refused(
                        phrase("a file that takes more than {wall_s} seconds to read", wall_s=limits.wall_s),
                        phrase("less"),
                    )
                part = os.read(pipe.fileno(), 1_000_000)
                if not part:
                    return
                received += part
                total = len(received) if self.piecewise else total + len(part)
                at_most(total, limits.reply_bytes, phrase("bytes of content"))
                for kind, content in wire.frames(received):
                    if not self._is_for_all(kind, content):
                        yield kind, content
                    if self.piecewise:
                        end = time.monotonic() + limits.wall_s

    def _is_for_all(self, kind: bytes, content: bytes) -> bool:
        """Take a frame that belongs to no table; whether it was one."""
        if kind == wire.REFUSED:
            raise RefusedError(_message(json.loads(content)))
        if kind == wire.PROGRESS:
            share, what = json.loads(content)
            self.progress(float(share), printable(str(what)))
        elif kind == wire.END:
            self.said, self.is_whole = json.loads(content), True
        return kind in (wire.PROGRESS, wire.END)

    def require_end(self, process: subprocess.Popen[bytes]) -> None:
        """
        Stop if the process went without having said all.

        Raises
        ------
        RefusedError
            With the way in which it ended.
        """
        code = process.wait(timeout=5)
        if not self.is_whole:
            raise refused(
                _ending(code), phrase("a file that can be read within the limits"), phrase("It may be damaged.")
            )


def _message(value: Any) -> str:
    """Return why the process refused a file, in whatever form it said it."""
    try:
        found = unpacked(value)
    except ValueError:
        found = str(value)
    return found if found.isprintable() and len(found) <= LONGEST else printable(found, LONGEST)


LONGEST = 500
"""Letters of a refusal."""


def _ending(code: int) -> str:
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return phrase("a file whose reading was stopped: it took too long")
    if code < 0:
        return phrase("a file on which the reader broke down ({signal})", signal=signal.Signals(-code).name)
    return phrase("a file on which the reader stopped (code {code})", code=code)


@dataclass
class _Gathering:
    tables: list[tuple[Any, bytearray]] = field(default_factory=list)

    def take(self, kind: bytes, content: bytes) -> None:
        if kind == wire.CHUNK and self.tables:
            self.tables[-1][1].extend(content)
        elif kind == wire.TABLE:
            self.tables.append((json.loads(content), bytearray()))


def _gathered(receiver: _Receiver, file: BinaryIO) -> Answer:
    gathering = _Gathering()
    with _started(receiver.order, file) as process:
        for kind, content in receiver.frames(process):
            gathering.take(kind, content)
        receiver.require_end(process)
    tables = []
    for about, arrived in gathering.tables:
        with _sound(), pa.ipc.open_stream(pa.py_buffer(arrived)) as reader:
            content = reader.read_all()
            content.validate(full=True)
        tables.append(Table(about, content))
    return Answer(tables, receiver.said)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise refused(
            phrase("columns that do not hold together ({error})", error=error), phrase("an intact file")
        ) from error


def _one_by_one(receiver: _Receiver, file: BinaryIO) -> Batches:
    with _started(receiver.order, file) as process:
        frames = receiver.frames(process)
        kind, content = next(frames, (b"", b""))
        while kind == wire.TABLE:
            about, incoming = json.loads(content), _Incoming(frames)
            with _sound(), pa.ipc.open_stream(pa.PythonFile(incoming, "r")) as reader:
                for batch in reader:
                    batch.validate(full=True)
                    yield about, batch
            kind, content = incoming.next_frame()
        receiver.require_end(process)
    return receiver.said


class _Incoming(io.RawIOBase):
    """The Arrow stream of one table as a file, read from the frames as they come."""

    def __init__(self, frames: Iterator[tuple[bytes, bytes]]) -> None:
        self.frames = frames
        self.there = bytearray()
        self.after: tuple[bytes, bytes] | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return as many bytes as are asked for, fewer only at the end; no more memory is taken than has come."""
        while self.after is None and (size < 0 or len(self.there) < size):
            kind, content = next(self.frames, (b"", b""))
            if kind == wire.CHUNK:
                self.there += content
            else:
                self.after = kind, content
        wanted = len(self.there) if size < 0 else min(size, len(self.there))
        taken = bytes(memoryview(self.there)[:wanted])
        del self.there[:wanted]
        return taken

    def next_frame(self) -> tuple[bytes, bytes]:
        """Return the first frame behind the table."""
        while self.after is None:
            self.read(1_000_000)
            self.there.clear()
        return self.after
