"""The job of the reading process that opens a bundle of streets: its manifest, its tiles, its roads, each checked."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from mssmap.jail.jobs import Task
from mssmap.jail.limits import MB, Limits, at_most, printable, refused
from mssmap.streets import features, manifest, tile
from mssmap.streets.extract_job import DRIVEN
from mssmap.streets.manifest import MANIFEST, ROADS, TILE
from mssmap.streets.pmtiles_job import BATCH, CUT, MOST_TILES, TILE_BYTES

MANIFEST_BYTES: Final = MB
ROADS_BYTES: Final = 300 * MB
ROADS_ROWS: Final = 30_000_000


def bounds(size: int) -> Limits:
    """Return what reading a bundle of so many bytes may take."""
    return Limits(
        **{"file_bytes": 1_500 * MB, "memory_bytes": 1_500 * MB, "members": MOST_TILES, "rows": ROADS_ROWS},
        **{"unpacked_bytes": TILE_BYTES, "cpu_s": 120 + 4 * (size // MB), "wall_s": 120, "reply_bytes": 400 * MB},
    )


def work(task: Task) -> None:
    """Hand over the tiles in their order, then the roads."""
    try:
        with zipfile.ZipFile(task.file) as bundle:
            members = _members(bundle)
            about = _about(bundle, task)
            out = task.table({"what": "tiles"}, CUT)
            for batch in _batches(bundle, [item for item in members if TILE.fullmatch(item.filename)], task):
                out.write_batch(batch)
            out.close()
            if any(item.filename == ROADS for item in members):
                _hand_over_roads(bundle, task)
    except (zipfile.BadZipFile, zlib.error, EOFError, pa.ArrowException, OSError, NotImplementedError) as error:
        if isinstance(error, PermissionError):
            raise
        line = printable(" ".join(str(error).split()), 100)
        raise refused(f"a damaged bundle ({line})", "a whole file", "Copy it again.") from error
    task.end(
        {
            **{name: about[name] for name in ("kind", "newest", "drawn", "driven", "box")},
            "manifest": about,
        }
    )


def _members(bundle: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Check the directory of the zip."""
    members = bundle.infolist()
    at_most(len(members), MOST_TILES + 2, "members")
    names = [item.filename for item in members]
    if MANIFEST not in names or len(set(names)) != len(names):
        raise refused(
            "a zip without manifest.json, or with two members of one name",
            "a bundle that mssmap streets add made",
            "Take the file that mssmap streets list names.",
        )
    for item in members:
        most = {MANIFEST: MANIFEST_BYTES, ROADS: ROADS_BYTES}.get(item.filename, TILE_BYTES)
        if item.filename not in (MANIFEST, ROADS) and not TILE.fullmatch(item.filename):
            raise refused(f"the member {printable(item.filename, 60)}", "tiles, roads and a manifest only")
        at_most(item.file_size, most, f"bytes in {printable(item.filename, 60)}")
    return members


def _about(bundle: zipfile.ZipFile, task: Task) -> dict[str, Any]:
    try:
        said = json.loads(bundle.read(MANIFEST))
        found = manifest.manifest_of(said)
    except (ValueError, RecursionError) as error:
        raise refused(
            f"a manifest that is none of ours ({printable(str(error), 80)})", "a bundle that mssmap streets add made"
        ) from error
    west, south, east, north = found.box
    from_west, from_south, to_east, to_north = features.WITHIN
    if not task.given.get("elsewhere") and (
        west > to_east or east < from_west or south > to_north or north < from_south
    ):
        raise refused(
            f"streets of another country (around {south:.2f} N, {west:.2f} E)",
            "streets of Haiti",
            "mssmap streets add --elsewhere takes them all the same.",
        )
    return dict(said)


def _batches(bundle: zipfile.ZipFile, members: list[zipfile.ZipInfo], task: Task) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(members), BATCH):
        part = members[start : start + BATCH]
        contents = [bundle.read(item) for item in part]
        for item, content in zip(part, contents, strict=True):
            _check_tile(item.filename, content)
        task.progress(start / len(members), f"{start:,} of {len(members):,} tiles checked")
        yield pa.record_batch([[item.filename for item in part], contents], schema=CUT)


def _check_tile(name: str, content: bytes) -> None:
    """Check that a tile is one of ours: JSON of known lists that hold numbers and, in one of them, names."""
    unpacking = zlib.decompressobj(wbits=31)
    plain = unpacking.decompress(content, TILE_BYTES)
    if unpacking.unconsumed_tail:
        at_most(TILE_BYTES + 1, TILE_BYTES, f"bytes in {name}")
    try:
        said = json.loads(plain)
        sound = tile.is_sound(said)
    except (ValueError, RecursionError):
        sound = False
    if not sound or not unpacking.eof:
        raise refused(f"the tile {name}, which is none of ours", "an intact bundle", "Copy it again.")


def _hand_over_roads(bundle: zipfile.ZipFile, task: Task) -> None:
    source = pq.ParquetFile(pa.BufferReader(bundle.read(ROADS)))
    if not source.schema_arrow.remove_metadata().equals(DRIVEN):
        raise refused("roads with other columns", "an intact bundle", "Copy it again.")
    at_most(source.metadata.num_rows, ROADS_ROWS, "nodes of roads")
    out = task.table({"what": "driven"}, DRIVEN)
    for batch in source.iter_batches(batch_size=500_000, use_threads=False):
        out.write_batch(pa.record_batch(batch.columns, schema=DRIVEN))
    out.close()
