"""
Add a street set: have the file read in the jail, cut what comes back into tiles, put the zip in its place.

An extract of a country takes minutes, so what is done is kept in a folder of work named by the file: first all that was
read, then one file a block. After a kill the same command goes on from there. Any other end removes the folder, and the
set stands in its place whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc
import shapely

from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import Limits, printable
from mssmap.planning.ground import kept_roads
from mssmap.streets import bundle_job, cutting, extract_job, pmtiles_job, shelf
from mssmap.streets.extract_job import DRAWN, DRIVEN
from mssmap.streets.manifest import Manifest
from mssmap.streets.pmtiles_job import CUT

try:
    import fcntl
except ImportError:  # pragma: no cover -- Windows: nobody is kept from adding the same file twice
    fcntl = None  # type: ignore[assignment]

WORK: Final = ".adding-"
"""How the name of a folder of work begins; a hash of the file follows."""

DRIVEN_FILE: Final = "driven.arrow"
_BLOCKS: Final = ("x0", "y0", "x1", "y1")
_STAGED: Final = pa.schema([*DRAWN, *((name, pa.int32()) for name in _BLOCKS)])

Progress = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done."""

READ_SHARE: Final = 0.3
"""What reading takes of the whole."""


@dataclass(frozen=True)
class Source:
    """
    The file that is added.

    Attributes
    ----------
    kind
        `extract`, `pmtiles` or `bundle`, by its first bytes.
    elsewhere
        Whether it may lie outside Haiti.
    """

    path: Path
    bytes: int
    sha256: str
    kind: str
    elsewhere: bool = False

    def about(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        name = self.path.name
        for ending in (".osm.pbf", ".pmtiles", ".zip", ".pbf"):
            name = name.removesuffix(ending)
        file = printable(self.path.name)
        return {"name": printable(name, 60), "file": file, "bytes": self.bytes, "sha256": self.sha256}


def add(path: Path, *, elsewhere: bool = False, progress: Progress = lambda share, what: None) -> Manifest:
    """
    Make a street set of a file and let the map draw it.

    Parameters
    ----------
    path
        An extract of OpenStreetMap (`.osm.pbf`), vector tiles of the Protomaps layout (`.pmtiles`), or a bundle.
    elsewhere
        Take an extract of another country too.

    Raises
    ------
    InputError
        If the file cannot be used, the disk has no room for it, or another process is adding the same file.
    """
    folder = kept_roads.folder()
    try:
        source = _source(path, elsewhere)
        folder.mkdir(parents=True, exist_ok=True)
        with _work(folder / f"{WORK}{source.sha256[:16]}-{cutting.RULES}") as work:
            made = _made(source, work, progress)
    except OSError as error:
        raise InputError(
            _(
                "{path}: the streets could not be written to {folder} ({reason}). Make room, about ten times the size "
                "of the file, and add it again; nothing was kept."
            ).format(path=path.name, folder=folder, reason=error.strerror or error)
        ) from error
    shelf.make_drawn(made)
    return made


def unfinished() -> list[Path]:
    """Return folders of work that a killed process left behind: adding the same file goes on there."""
    return sorted(kept_roads.folder().glob(f"{WORK}*"))


def remove_unfinished() -> int:
    """Delete what killed processes left behind and nobody works on; return how many."""
    count = 0
    for folder in unfinished():
        try:
            with _held(folder):
                shutil.rmtree(folder)
        except (OSError, InputError):
            continue
        count += 1
    return count


def _source(path: Path, elsewhere: bool) -> Source:
    try:
        with path.open("rb") as file:
            head = file.read(8)
            sha256 = hashlib.file_digest(file, lambda: hashlib.sha256(head)).hexdigest()
        size = path.stat().st_size
    except OSError as error:
        raise InputError(
            _("{path}: no readable file ({reason}). Give the path of an .osm.pbf, .pmtiles or .zip file.").format(
                path=path, reason=error.strerror or error
            )
        ) from error
    kind = "pmtiles" if head.startswith(b"PMTiles") else "bundle" if head.startswith(b"PK") else "extract"
    return Source(path, size, sha256, kind, elsewhere)


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """Give the folder of work, with what a killed process had done; it is kept only if this one is killed too."""
    folder.mkdir(exist_ok=True)
    with _held(folder):
        try:
            yield folder
        except (MssmapError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    if fcntl is None:  # pragma: no cover
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise InputError(
            _("another process is adding this file just now. Wait until it is done: mssmap streets list.")
        ) from error
    try:
        yield
    finally:
        os.close(handle)


def _made(source: Source, work: Path, progress: Progress) -> Manifest:
    """Write the set beside its place and move it there."""
    ready = work / "set.zip"
    with ready.open("wb") as file:
        with shelf.Writer(file) as writer:
            made = _FILLED[source.kind](source, work, writer, progress)
        file.flush()
        os.fsync(file.fileno())
    ready.replace(kept_roads.folder() / f"{made.set_id}.zip")
    return made


# ------------------------------------------------------------------------------------------------------ an extract


def _of_extract(source: Source, work: Path, writer: shelf.Writer, progress: Progress) -> Manifest:
    read = _recalled(work / "read.json")
    if read is None:
        read = _read(source, work, lambda share, what: progress(READ_SHARE * share, what))
        _noted(work / "read.json", read)
    blocks = _blocks(work / "drawn.arrow")
    for done, block in enumerate(blocks):
        share = READ_SHARE + (1 - READ_SHARE) * done / max(len(blocks), 1)
        progress(share, f"cutting tiles, part {done + 1} of {len(blocks)}")
        _cut(block, work)
    for block in blocks:
        _put_tiles(work / _named(block), writer)
    writer.put_roads(ipc.open_file(pa.BufferReader((work / DRIVEN_FILE).read_bytes())).read_all())
    return writer.end(
        {**source.about(), "kind": "extract", **{key: read[key] for key in ("newest", "drawn", "driven", "box")}}
    )


def _recalled(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _noted(path: Path, said: dict[str, Any]) -> None:
    _whole(path, json.dumps(said).encode())


def _whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _read(source: Source, work: Path, progress: Progress) -> dict[str, Any]:
    """Have the extract read; what is drawn and what is driven on stand in the folder of work then."""
    order = Order(
        "streets", printable(source.path.name), extract_job.bounds(source.bytes), {"elsewhere": source.elsewhere}
    )
    driven: list[pa.RecordBatch] = []
    reach = np.array([np.inf, np.inf, -np.inf, -np.inf])
    expected = max(source.bytes / BYTES_PER_ROW, 1.0)
    seen = 0
    with ipc.new_file(work / "drawn.arrow", _STAGED) as staged:
        batches = box.stream(source.path, order, lambda _share, what: progress(min(seen / expected, 0.99), what))
        while True:
            try:
                about, batch = next(batches)
            except StopIteration as ended:
                said = ended.value
                break
            _require_columns(batch, DRIVEN if about["what"] == "driven" else DRAWN)
            if about["what"] == "driven":
                driven.append(batch)
                continue
            seen += len(batch)
            placed, bounds = _placed(batch)
            staged.write_batch(placed)
            reach = np.r_[np.fmin(reach[:2], bounds[:2]), np.fmax(reach[2:], bounds[2:])]
    sink = io.BytesIO()
    with ipc.new_file(sink, DRIVEN) as out:
        out.write_table(pa.Table.from_batches(driven, schema=DRIVEN))
    _whole(work / DRIVEN_FILE, sink.getvalue())
    return {
        **{"newest": str(said["newest"])[:10], "drawn": seen, "driven": sum(map(len, driven))},
        "box": [round(float(value), 5) for value in reach],
    }


BYTES_PER_ROW: Final = 34
"""Of an extract for a thing that is drawn, from which progress is told; no more than a guess."""


def _require_columns(batch: pa.RecordBatch, schema: pa.Schema) -> None:
    if not batch.schema.equals(schema):
        raise InputError(_("the reading process gave other columns than were asked for. Add the file again."))


def _placed(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Any]:
    """Return rows with the blocks that they touch, and the bounds of all."""
    shapes = shapely.from_wkb(batch["shape"].to_numpy(zero_copy_only=False))
    blocks = cutting.blocks_of(shapes)
    columns = [*batch.columns, *(pa.array(blocks[:, i]) for i in range(4))]
    return pa.record_batch(columns, schema=_STAGED), shapely.total_bounds(shapes)


Block = tuple[int, int]


def _blocks(staged: Path) -> list[Block]:
    """Return the blocks on which there is something, those with the most first: what is left goes the faster."""
    count: Counter[Block] = Counter()
    for columns in _staged(staged):
        touched, often = np.unique(columns, axis=0, return_counts=True)
        for (x0, y0, x1, y1), number in zip(touched.tolist(), often.tolist(), strict=True):
            for x in range(x0, x1 + 1) if x0 >= 0 else ():
                for y in range(y0, y1 + 1):
                    count[x, y] += number
    return sorted(count)


def _staged(path: Path) -> Iterator[Any]:
    """Yield the blocks of each row, batch by batch."""
    with pa.memory_map(str(path)) as source, ipc.open_file(source) as file:
        for i in range(file.num_record_batches):
            batch = file.get_batch(i)
            yield np.column_stack([batch[name].to_numpy() for name in _BLOCKS])


def _rows_of(path: Path, block: Block) -> pa.Table:
    """Return what touches a block."""
    x, y = block
    with pa.memory_map(str(path)) as source, ipc.open_file(source) as file:
        parts = []
        for i in range(file.num_record_batches):
            batch = file.get_batch(i)
            column = [pc.and_(pc.less_equal(batch["x0"], x), pc.greater_equal(batch["x1"], x))]
            column.append(pc.and_(pc.less_equal(batch["y0"], y), pc.greater_equal(batch["y1"], y)))
            touching = batch.filter(pc.and_(*column))
            if len(touching):
                parts.append(pa.Table.from_batches([touching]))
        return pa.concat_tables(parts).select(DRAWN.names)


def _named(block: Block) -> str:
    return f"block-{block[0]}-{block[1]}.arrow"


def _cut(block: Block, work: Path) -> None:
    """Cut a block into tiles, unless that was done."""
    path = work / _named(block)
    if path.exists():
        return
    names, tiles = [], []
    for (level, x, y), content in cutting.cut(block, _rows_of(work / "drawn.arrow", block)):
        names.append(f"{level}/{x}/{y}.json.gz")
        tiles.append(content)
    sink = io.BytesIO()
    with ipc.new_file(sink, CUT) as out:
        out.write_table(pa.table([names, tiles], schema=CUT))
    _whole(path, sink.getvalue())


def _put_tiles(path: Path, writer: shelf.Writer) -> None:
    with pa.memory_map(str(path)) as source, ipc.open_file(source) as file:
        for row in file.read_all().to_pylist():
            writer.put(row["member"], row["content"])


# ----------------------------------------------------------------------------------------------- tiles that are made


def _of_tiles(source: Source, work: Path, writer: shelf.Writer, progress: Progress) -> Manifest:
    """Take the tiles that a job gives, one by one."""
    job, limits = _JOBS[source.kind]
    order = Order(job, printable(source.path.name), limits(source.bytes), {"elsewhere": source.elsewhere})
    batches = box.stream(source.path, order, progress)
    driven: list[pa.RecordBatch] = []
    while True:
        try:
            about, batch = next(batches)
        except StopIteration as ended:
            said = ended.value
            break
        _require_columns(batch, DRIVEN if about["what"] == "driven" else CUT)
        if about["what"] == "driven":
            driven.append(batch)
            continue
        for row in batch.to_pylist():
            writer.put(row["member"], row["content"])
    if driven:
        writer.put_roads(pa.Table.from_batches(driven, schema=DRIVEN))
    about = said.get("manifest") or source.about()
    kept = {name: about[name] for name in ("name", "file", "bytes", "sha256")}
    made = writer.end({**kept, **{name: said[name] for name in ("kind", "newest", "drawn", "driven", "box")}})
    if said.get("manifest") and made.content_sha256 != said["manifest"]["content_sha256"]:
        raise InputError(
            _("{path}: its content is not the one that its manifest was written for. Copy the bundle again.").format(
                path=source.path.name
            )
        )
    return made


_JOBS: Final[dict[str, tuple[str, Callable[[int], Limits]]]] = {
    "pmtiles": ("street-tiles", pmtiles_job.bounds),
    "bundle": ("street-bundle", bundle_job.bounds),
}
_FILLED: Final = {"extract": _of_extract, "pmtiles": _of_tiles, "bundle": _of_tiles}
