"""
The process in which files from outside are opened.

It gets the file on stdin and answers on stdout. Once its libraries are loaded it gives up, for good, what reading does
not need: opening any file or socket (no free file descriptors), writing files, starting programs, and more memory or
time than the limits say. These are limits of the kernel; no library inside can go round them.
"""

from __future__ import annotations

import codecs
import importlib
import json
import os
import resource
import sys
from typing import Any

from mssmap.i18n.phrases import packed, phrase
from mssmap.jail import wire
from mssmap.jail.drivers import DRIVERS
from mssmap.jail.jobs import JOBS, Task
from mssmap.jail.limits import Limits, RefusedError

FORBIDDEN = ("open", "socket.", "subprocess.", "os.", "ctypes.", "shutil.", "urllib.", "ftplib.", "http.", "pty.")
"""Audit events of Python that no reader needs once everything is loaded; the kernel's limits stand behind them."""

ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "idna", "mac_roman"),
    *(
        "cp437",
        "cp850",
        "cp852",
        "cp860",
        "cp863",
        "cp865",
        "cp866",
        *(f"iso8859-{n}" for n in (2, 3, 4, 5, 7, 9, 15)),
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1257",
    ),
)


def main() -> None:
    """Do one job with one file; the argument is the order as JSON."""
    order = json.loads(sys.argv[2])
    limits = Limits(**order["limits"])
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints does not get between the frames
    job = importlib.import_module(JOBS[order["job"]])
    load()
    give_up(limits)
    try:
        job.work(Task(sys.stdin.buffer, order["name"], limits, order["given"], pipe))
    except RefusedError as error:
        wire.send_json(pipe, wire.REFUSED, packed(error.message))
    except PermissionError as error:
        wire.send_json(pipe, wire.REFUSED, packed(phrase("makes the reader do what it may not: {error}.", error=error)))
    except MemoryError:
        wire.send_json(
            pipe, wire.REFUSED, packed(phrase("needs more than {n:,} bytes of memory to read.", n=limits.memory_bytes))
        )
    except RecursionError:
        wire.send_json(pipe, wire.REFUSED, packed(phrase("is nested too deep to read.")))


def load() -> None:
    """Make every library that the job has imported open now what it will ever open."""
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    for library, opened in (("pyarrow", _arrow), ("pyogrio", _gdal), ("pyproj", _proj), ("shapely", _shapes)):
        if library in sys.modules:
            opened()


def _arrow() -> None:
    import pyarrow as pa

    pa.enable_signal_handlers(False)  # they open a pipe


def _gdal() -> None:
    import pyogrio

    unexpected = set(pyogrio.list_drivers()) - set(DRIVERS)
    if unexpected:
        raise SystemExit(f"GDAL has drivers that it must not have: {', '.join(sorted(unexpected))}")


def _proj() -> None:
    import pyproj.network

    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    pyproj.CRS.from_user_input("EPSG:32618").to_json()
    pyproj.CRS.from_user_input("OGC:CRS84").to_authority()


def _shapes() -> None:
    import pyarrow as pa
    import shapely

    pa.array(shapely.to_wkb(shapely.points([[0.0, 0.0]])), pa.binary())  # NumPy loads what it needs for masks


def give_up(limits: Limits) -> None:
    """
    Set the limits of the kernel and forbid what Python can forbid; there is no way back.

    The number of processes is not limited: that would count threads, which Arrow starts to read. A program started
    from here would inherit the other limits, and without a file descriptor it cannot load even its own libraries.
    """
    free = max(0, limits.memory_bytes - _bytes_in_use(1))
    resource.setrlimit(resource.RLIMIT_AS, (_bytes_in_use(0) + free,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))

    def forbid(event: str, _arguments: Any) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while a file from outside is read")

    sys.addaudithook(forbid)


def _bytes_in_use(column: int) -> int:
    """Virtual (0) or resident (1) memory of this process; 1 GB if the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- no Path here: the fewer imports the better
            return int(file.read().split()[column]) * resource.getpagesize()
    except OSError:
        return 1_000_000_000 if column == 0 else 0
