"""
The process in which files from outside are opened.

It gets the file on stdin and answers on stdout. Once its libraries are loaded it gives up, for good, what reading does
not need: opening any file or socket (no free file descriptors), writing files, starting programs, and more memory or
time than the limits say. These are limits of the kernel; no library inside can go round them.
"""

from __future__ import annotations

import codecs
import json
import os
import resource
import sys
from typing import Any

import pyarrow as pa
import pyogrio
import pyproj
import pyproj.network
import shapely

from mssmap.ingest import parse, wire
from mssmap.ingest.limits import Limits, RefusedError
from mssmap.ingest.table import Table
from mssmap.ingest.vector import DRIVERS

FORBIDDEN = ("open", "socket.", "subprocess.", "os.", "ctypes.", "shutil.", "urllib.", "ftplib.", "http.", "pty.")
"""Audit events of Python that no reader needs once everything is loaded; the kernel's limits stand behind them."""

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "ascii", "cp437", "idna")


def main() -> None:
    """Read one file; the arguments are its name and the limits as JSON."""
    name, limits = sys.argv[2], Limits(**json.loads(sys.argv[3]))
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints does not get between the frames
    _load()
    give_up(limits)
    try:
        content = sys.stdin.buffer.read(limits.file_bytes + 1)

        def progress(share: float, what: str) -> None:
            wire.send_json(pipe, wire.PROGRESS, [share, what])

        parsed = parse.parse(content, name, limits, progress)
        del content
        for i, table in enumerate(parsed.tables):
            progress(0.8 + 0.15 * i / len(parsed.tables), "handing over")
            _send_table(pipe, table, limits)
            table.columns, table.geometry = {}, None
        wire.send_json(pipe, wire.END, parse.summary(parsed))
    except RefusedError as error:
        wire.send_json(pipe, wire.REFUSED, str(error))
    except PermissionError as error:
        wire.send_json(pipe, wire.REFUSED, f"makes the reader do what it may not: {error}.")
    except MemoryError:
        wire.send_json(pipe, wire.REFUSED, f"needs more than {limits.memory_bytes:,} bytes of memory to read.")
    except RecursionError:
        wire.send_json(pipe, wire.REFUSED, "is nested too deep to read.")


def _load() -> None:
    """Make every library open now what it will ever open."""
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    unexpected = set(pyogrio.list_drivers()) - set(DRIVERS)
    if unexpected:
        raise SystemExit(f"GDAL has drivers that it must not have: {', '.join(sorted(unexpected))}")
    pa.enable_signal_handlers(False)  # they open a pipe
    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    pyproj.CRS.from_user_input("EPSG:32618").to_json()
    pyproj.CRS.from_user_input("OGC:CRS84").to_authority()
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


def _send_table(pipe: Any, table: Table, limits: Limits) -> None:
    columns = dict(table.columns)
    columns[wire.ROW] = pa.array(table.rows, pa.int64())
    if table.geometry is not None:
        columns[wire.GEOMETRY] = pa.array(shapely.to_wkb(table.geometry, include_srid=False), pa.binary())
    left_out = max(0, len(table.faults) - limits.faults)
    header = {
        "name": table.name,
        "places": table.geometry is not None,
        "crs": canonical(table.crs),
        "faults": [
            [table.name, f.row, f.column, f.found, f.required, f.hint, f.kind] for f in table.faults[: limits.faults]
        ],
        "notes": table.notes + ([f"{table.name}: {left_out:,} more faults of this kind."] if left_out else []),
    }
    wire.send_json(pipe, wire.TABLE, header)
    content = pa.table(columns)
    with pa.ipc.new_stream(pa.PythonFile(wire.Chunks(pipe), "w"), content.schema) as stream:
        stream.write_table(content, max_chunksize=50_000)


def canonical(crs: str) -> str:
    """
    Return the authority code of a CRS if it surely is that, else its WKT.

    Raises
    ------
    RefusedError
        If it is neither a code nor WKT.
    """
    if not crs:
        return ""
    try:
        found = (
            pyproj.CRS.from_user_input(crs)
            if crs.startswith("EPSG:") and crs[5:].isdigit()
            else pyproj.CRS.from_wkt(crs)
        )
        code = found.to_authority(min_confidence=70)
        return ":".join(code) if code and code[0] in ("EPSG", "OGC") else str(found.to_wkt())
    except (pyproj.exceptions.CRSError, UnicodeError) as error:
        raise RefusedError(
            f"found a coordinate system that PROJ does not know, required EPSG or WKT. {error}"[:300]
        ) from error
