"""
The job of the reading process that opens an extract of OpenStreetMap: what is drawn, then what one drives on.

The file is read from memory, so that it can be gone through twice (areas first), and nothing of it touches a disk here.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import osmium
import pyarrow as pa
from numpy.typing import NDArray

from mssmap.jail.jobs import Task
from mssmap.jail.limits import MB, Limits, RefusedError, printable, refused
from mssmap.planning.ground.osm_speeds import Rows
from mssmap.streets import features
from mssmap.streets.features import Kind

DRAWN: Final = pa.schema(
    [
        ("list", pa.string()),
        ("rank", pa.int8()),
        ("level", pa.int8()),
        ("name", pa.string()),
        ("shape", pa.binary()),
    ]
)
"""One row a thing that is drawn: see `features.Kind`; its name, empty for none; WKB in degrees."""

DRIVEN: Final = pa.schema(
    [("node", pa.int64()), ("x", pa.int32()), ("y", pa.int32()), ("way", pa.int64()), ("kmh", pa.float64())]
)
"""As `osm_speeds.Rows`, with numbers for the ids of OpenStreetMap."""

LARGEST_MB: Final = 500
MEMORY_MB: Final = 2_000
NAME_CHARS: Final = 120
BATCH: Final = 20_000


def bounds(size: int) -> Limits:
    """
    Return what reading an extract of so many bytes may take.

    >>> bounds(60 * MB).cpu_s, bounds(60 * MB).wall_s
    (720, 720)
    """
    seconds = 120 + 10 * (size // MB)
    return Limits(
        **{"file_bytes": LARGEST_MB * MB, "memory_bytes": MEMORY_MB * MB, "name_chars": NAME_CHARS},
        **{"cpu_s": seconds, "wall_s": seconds, "reply_bytes": 400 * MB},
    )


def work(task: Task) -> None:
    """Hand over what is drawn in batches, then the nodes of the roads in one table."""
    content = task.content()
    _check_kind(content)
    try:
        _check_header(content)
        reading = _Reading(task)
        reading.all(content)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, RefusedError):
            raise
        line = printable(" ".join(str(error).split()), 100)
        raise refused(
            f"OpenStreetMap data that end in the middle or are damaged ({line})",
            "a whole .osm.pbf file",
            "Copy or download it again.",
        ) from error
    task.end({"newest": reading.newest, "drawn": reading.count, "driven": len(reading.driven.node)})


def _check_kind(content: bytes) -> None:
    """A file of this kind begins with the length of a header and the words `OSMHeader`."""
    if b"OSMHeader" not in content[:64]:
        raise refused(
            f"a file that begins with {printable(repr(content[:12]))}",
            "an extract of OpenStreetMap (.osm.pbf), Protomaps tiles (.pmtiles) or a bundle of streets (.zip)",
            "docs/streets.md says where to get one.",
        )


def _buffer(content: bytes) -> Any:
    return osmium.io.FileBuffer(content, "pbf")


def _check_header(content: bytes) -> None:
    reader = osmium.io.Reader(_buffer(content), osmium.osm.NOTHING)
    try:
        header = reader.header()
    finally:
        reader.close()
    if header.has_multiple_object_versions:
        raise refused(
            "a history file, with every version of every object",
            "an extract with the present ones only",
            "osmium time-filter makes one of it.",
        )


class _Reading:
    """
    What is read of one extract.

    Attributes
    ----------
    newest
        Day of the youngest object, ISO; empty if the file does not say.
    count
        Rows that were handed over.
    is_near
        Whether anything lies in Haiti.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.newest = ""
        self.count = 0
        self.driven = Rows()
        self.is_near = bool(task.given.get("elsewhere"))
        self.seen = ""
        self.out = task.table({"what": "drawn"}, DRAWN)
        self.columns: list[list[Any]] = [[] for _name in DRAWN.names]
        self.shapes = osmium.geom.WKBFactory()

    def all(self, content: bytes) -> None:
        """Go through the file."""
        self.task.progress(0.0, "reading nodes and outlines")
        for item in self._items(content):
            kinds, shape = self._drawn(item)
            for kind in kinds if shape else ():
                self._put(kind, item.tags.get("name", ""), shape)
        self._send()
        self.out.close()
        if not len(self.driven.node):
            raise refused("no roads (ways with the tag highway)", "an extract with roads", "Take one with all tags.")
        if not self.is_near:
            raise refused(
                f"an extract of another country ({self.seen})",
                "one of Haiti",
                "mssmap streets add --elsewhere takes it all the same.",
            )
        self._hand_over_roads()

    def _items(self, content: bytes) -> Iterator[Any]:
        areas = osmium.filter.KeyFilter(*features.AREA_KEYS)
        found = osmium.FileProcessor(_buffer(content)).with_locations("flex_mem").with_areas(areas)
        return iter(found.with_filter(osmium.filter.KeyFilter(*features.KEYS)))

    def _drawn(self, item: Any) -> tuple[list[Kind], bytes]:
        """Return what an object is drawn as, and its shape; nothing if the extract lacks its nodes."""
        stamp = item.timestamp
        if stamp.year > 1970:
            self.newest = max(self.newest, stamp.date().isoformat())
        if item.is_area():
            kinds = features.of_area(item.tags)
            return kinds, bytes.fromhex(self.shapes.create_multipolygon(item)) if kinds else b""
        if item.is_node():
            kind = features.of_node(item.tags)
            return [kind] if kind else [], bytes.fromhex(self.shapes.create_point(item)) if kind else b""
        return self._way(item) if item.is_way() else ([], b"")

    def _way(self, item: Any) -> tuple[list[Kind], bytes]:
        if "highway" in item.tags:
            self.driven.take(item)
            self._locate(item)
        kind = features.of_way(item.tags)
        if not kind:
            return [], b""
        try:
            return [kind], bytes.fromhex(self.shapes.create_linestring(item))
        except (osmium.InvalidLocationError, RuntimeError):
            return [kind], _line(item)

    def _locate(self, item: Any) -> None:
        if self.is_near:
            return
        at = next((node for node in item.nodes if node.location.valid()), None)
        if at is not None:
            west, south, east, north = features.WITHIN
            self.is_near = west <= at.lon <= east and south <= at.lat <= north
            self.seen = f"around {at.lat:.2f} N, {at.lon:.2f} E"

    def _put(self, kind: Kind, name: str, shape: bytes) -> None:
        for column, value in zip(
            self.columns, (kind.name, kind.rank, kind.level, name[:NAME_CHARS], shape), strict=True
        ):
            column.append(value)
        if len(self.columns[0]) >= BATCH:
            self._send()

    def _send(self) -> None:
        if self.columns[0]:
            self.count += len(self.columns[0])
            self.out.write_batch(pa.record_batch(self.columns, schema=DRAWN))
            self.columns = [[] for _name in DRAWN.names]
            self.task.progress(0.0, f"{self.count:,} streets, areas and places read")

    def _hand_over_roads(self) -> None:
        taken = self.driven
        columns = [_numbered(taken.node), taken.x, taken.y, _numbered(taken.way), taken.kmh]
        whole = pa.record_batch([_column(*pair) for pair in zip(columns, DRIVEN, strict=True)], schema=DRIVEN)
        out = self.task.table({"what": "driven"}, DRIVEN)
        for start in range(0, len(whole), 1_000_000):
            out.write_batch(whole.slice(start, 1_000_000))
        out.close()


def _numbered(ids: array[int]) -> NDArray[np.int64]:
    """Number ids in the order in which they come first: that packs better, and only sameness counts."""
    __, first, which = np.unique(np.frombuffer(ids, dtype="int64"), return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype="int64")
    place[np.argsort(first, kind="stable")] = np.arange(len(first))
    return place[which]


def _column(values: Any, item: pa.Field) -> pa.Array:
    """Return numbers as a column without copying them; nothing may be loaded any more for that."""
    return pa.Array.from_buffers(item.type, len(values), [None, pa.py_buffer(memoryview(values).cast("B"))])


def _line(item: Any) -> bytes:
    """Return a line through the nodes of a way that the extract holds; empty if they are fewer than two."""
    points = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
    flat = [value for point in points for value in point]
    return struct.pack(f"<BII{len(flat)}d", 1, 2, len(points), *flat) if len(points) > 1 else b""
