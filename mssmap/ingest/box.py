"""Read a file from outside in a process of its own (`child`), and take back nothing but checked Arrow tables."""

from __future__ import annotations

import dataclasses
import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, BinaryIO

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from mssmap import settings
from mssmap.errors import Fault
from mssmap.ingest import wire
from mssmap.ingest.limits import Limits, RefusedError, at_most, naming, printable, refused
from mssmap.ingest.reading import Reading
from mssmap.ingest.table import Progress
from mssmap.ingest.vector import DRIVERS

PACKAGE_ROOT = settings.PACKAGE.parent

START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from mssmap.ingest import lean; lean.install(); "
    "from mssmap.ingest import child; child.main()"
)

DTYPES = {pa.bool_(): pd.BooleanDtype(), **{kind: pd.Int64Dtype() for kind in (pa.int64(), pa.int32(), pa.int16())}}
"""As in the frames of the catalog: whole numbers and truth values may be missing."""


def read(source: Path | str | BinaryIO, name: str, limits: Limits, progress: Progress) -> Reading:
    """Read a file; see `mssmap.ingest.read`."""
    with naming(name):
        if isinstance(source, Path | str):
            with _opened(Path(source), limits) as file:
                return _read(file, name, limits, progress)
        return _read(source, name, limits, progress)


def _opened(path: Path, limits: Limits) -> BinaryIO:
    try:
        file = path.open("rb")
    except OSError as error:
        raise refused(f"no readable file ({error.strerror or error})", "the path of a file") from error
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        file.close()
        raise refused("something that is not a plain file", "the path of a file")
    if found.st_size > limits.file_bytes:
        file.close()
        at_most(found.st_size, limits.file_bytes, "bytes")
    return file


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


@dataclass
class _Answer:
    """What has come back so far: for each table its description and its Arrow stream, then the summary."""

    tables: list[tuple[dict[str, Any], bytearray]] = field(default_factory=list)
    summary: dict[str, Any] | None = None


def _read(file: BinaryIO, name: str, limits: Limits, progress: Progress) -> Reading:
    answer = _Answer()
    bounds = json.dumps(dataclasses.asdict(limits))
    with subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", START, str(PACKAGE_ROOT), printable(name), bounds],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd="/",
        start_new_session=True,
    ) as process:
        try:
            _receive(process, answer, limits, progress)
            code = process.wait(timeout=5)
        finally:
            if process.poll() is None:
                process.kill()
    if answer.summary is None:
        raise refused(_ending(code), "a file that can be read within the limits", "It may be damaged.")
    return _reading(answer)


def _receive(process: subprocess.Popen[bytes], answer: _Answer, limits: Limits, progress: Progress) -> None:
    """Take frames until the process ends, its time is up or it says too much."""
    pipe: IO[bytes] | None = process.stdout
    assert pipe is not None  # noqa: S101 -- for the type checker: stdout is a pipe
    end, received, total = time.monotonic() + limits.wall_s, bytearray(), 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, end - time.monotonic())):
                raise refused(f"a file that takes more than {limits.wall_s} seconds to read", "less")
            part = os.read(pipe.fileno(), 1_000_000)
            if not part:
                return
            total += len(part)
            at_most(total, limits.reply_bytes, "bytes of content")
            received += part
            for kind, content in wire.frames(received):
                _take(kind, content, answer, progress)


def _take(kind: bytes, content: bytes, answer: _Answer, progress: Progress) -> None:
    if kind == wire.CHUNK and answer.tables:
        answer.tables[-1][1].extend(content)
    elif kind == wire.PROGRESS:
        share, what = json.loads(content)
        progress(float(share), printable(str(what)))
    elif kind == wire.TABLE:
        answer.tables.append((json.loads(content), bytearray()))
    elif kind == wire.END:
        answer.summary = json.loads(content)
    elif kind == wire.REFUSED:
        raise RefusedError(printable(str(json.loads(content)), 500))


def _ending(code: int) -> str:
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return "a file whose reading was stopped: it took too long"
    if code < 0:
        return f"a file on which the reader broke down ({signal.Signals(-code).name})"
    return f"a file on which the reader stopped (code {code})"


def _reading(answer: _Answer) -> Reading:
    summary = answer.summary or {}
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    notes = list(summary["notes"])
    for header, stream in answer.tables:
        try:
            with pa.ipc.open_stream(pa.py_buffer(stream)) as reader:
                content = reader.read_all()
            content.validate(full=True)
        except pa.ArrowException as error:
            raise refused(f"columns that do not hold together ({error})", "an intact file") from error
        tables[header["name"]] = _frame(content, header)
        faults += [Fault(*fault) for fault in header["faults"]]
        notes += header["notes"]
    return Reading(str(summary["format"]), MappingProxyType(tables), summary["proof"], tuple(notes), tuple(faults))


def _frame(content: pa.Table, header: dict[str, Any]) -> pd.DataFrame:
    rows = pd.Index(content[wire.ROW].to_pandas(), name="row")
    names = [name for name in content.column_names if name not in (wire.ROW, wire.GEOMETRY)]
    frame = content.select(names).to_pandas(date_as_object=False, types_mapper=DTYPES.get).set_axis(rows, axis=0)
    if not header["places"]:
        return frame
    shapes = shapely.from_wkb(content[wire.GEOMETRY].to_numpy(zero_copy_only=False))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=header["crs"] or None)
