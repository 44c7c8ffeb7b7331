"""
The job of the reading process that opens vector tiles of the Protomaps layout and makes tiles of ours of them.

Such a file is for drawing only: roads in it are cut at the edge of each tile and are no network.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final

import mapbox_vector_tile
import numpy as np
import pyarrow as pa
import shapely
import shapely.geometry
from google.protobuf.message import DecodeError
from pmtiles import reader
from pmtiles.tile import Compression, SpecVersionUnsupported, TileType

from mssmap.jail.jobs import Task
from mssmap.jail.limits import MB, Limits, at_most, printable, refused
from mssmap.streets import cutting, features, tile
from mssmap.streets.features import LEVELS, Kind
from mssmap.streets.tile import UNITS

MOST_TILES: Final = 60_000
TILE_BYTES: Final = 8 * MB
"""Of one tile, unpacked."""
BATCH: Final = 200
CUT: Final = pa.schema([("member", pa.string()), ("content", pa.binary())])

BY_KIND: Final = {
    "highway": features.ROADS["primary"],
    "major_road": features.ROADS["secondary"],
    "medium_road": features.ROADS["tertiary"],
    "minor_road": features.ROADS["residential"],
    "other": features.ROADS["service"],
    "path": features.ROADS["path"],
}
"""Kinds of road where the class of OpenStreetMap is not given."""

GREEN: Final = frozenset(
    (*features.AREAS["landuse"], *features.AREAS["leisure"], "wood", "forest", "urban_green", "national_park")
)
DAMAGED: Final = (DecodeError, ValueError, KeyError, IndexError, EOFError, OSError, zlib.error, AssertionError)


def bounds(size: int) -> Limits:
    """Return what reading a file of so many bytes may take."""
    seconds = 120 + 20 * (size // MB)
    return Limits(
        **{"file_bytes": 500 * MB, "memory_bytes": 1_500 * MB, "unpacked_bytes": TILE_BYTES},
        **{"cpu_s": seconds, "wall_s": 300, "reply_bytes": 400 * MB},
    )


def work(task: Task) -> None:
    """Hand over the tiles of the levels that are drawn."""
    try:
        header, box = _header(task)
        out = task.table({"what": "tiles"}, CUT)
        names: list[str] = []
        tiles: list[bytes] = []
        drawn = 0
        for (level, x, y), content in _tiles(task, header):
            made, count = _made(content, header["tile_compression"])
            drawn += count
            if made:
                names.append(f"{level}/{x}/{y}.json.gz")
                tiles.append(tile.packed(made))
            if len(names) == BATCH:
                out.write_batch(pa.record_batch([names, tiles], schema=CUT))
                names, tiles = [], []
                task.progress(0.5, f"{drawn:,} things drawn")
        out.write_batch(pa.record_batch([names, tiles], schema=CUT))
        out.close()
    except DAMAGED as error:
        if isinstance(error, (MemoryError, PermissionError)) or type(error).__name__ == "RefusedError":
            raise
        line = printable(" ".join(str(error).split()), 100)
        raise refused(f"tiles that are damaged or end in the middle ({line})", "a whole file", "Copy it again.") from (
            error
        )
    if not drawn:
        raise refused("no streets in any tile", "vector tiles with streets", "Make them up to zoom 14.")
    task.end({"kind": "pmtiles", "newest": "", "drawn": drawn, "driven": 0, "box": box, "manifest": None})


def _bytes_of(task: Task) -> Any:
    def get_bytes(offset: int, length: int) -> bytes:
        at_most(length, 200 * MB, "bytes in one part of the file")
        task.file.seek(offset)
        content = task.file.read(length)
        if len(content) < length:
            raise EOFError(f"{length - len(content):,} bytes are missing")
        return content

    return get_bytes


def _header(task: Task) -> tuple[Any, list[float]]:
    """Check what the file says of itself; return its header and its box in degrees."""
    try:
        header = reader.Reader(_bytes_of(task)).header()
    except SpecVersionUnsupported as error:
        raise refused("PMTiles of another version", "version 3", "pmtiles upgrade makes one of it.") from error
    if header["tile_type"] != TileType.MVT:
        raise refused(
            f"PMTiles of pictures ({header['tile_type'].name})",
            "vector tiles of the Protomaps layout",
            "Or give an extract of OpenStreetMap (.osm.pbf).",
        )
    if header["tile_compression"] not in (Compression.NONE, Compression.GZIP):
        raise refused(f"tiles packed with {header['tile_compression'].name}", "gzip, or not packed")
    if header["max_zoom"] < LEVELS[-1]:
        raise refused(f"tiles up to zoom {header['max_zoom']}", f"up to {LEVELS[-1]}", "Cut the extract deeper.")
    layers = {str(layer.get("id")) for layer in reader.Reader(_bytes_of(task)).metadata().get("vector_layers", [])}
    if not {"roads", "water"} <= layers:
        raise refused(
            f"vector tiles of another layout (layers {', '.join(sorted(layers)) or 'unnamed'})",
            "the Protomaps layout, with layers roads and water",
        )
    box = [header[name] / 1e7 for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")]
    from_west, from_south, to_east, to_north = features.WITHIN
    if not task.given.get("elsewhere") and (
        box[0] > to_east or box[2] < from_west or box[1] > to_north or box[3] < from_south
    ):
        raise refused(
            f"tiles of another country (around {box[1]:.2f} N, {box[0]:.2f} E)",
            "tiles of Haiti",
            "mssmap streets add --elsewhere takes them all the same.",
        )
    return header, box


def _tiles(task: Task, header: Any) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """Yield the tiles of our levels that lie around Haiti, or all with `elsewhere`."""
    count = 0
    get_bytes = _bytes_of(task)
    for place, content in reader.traverse(get_bytes, header, header["root_offset"], header["root_length"]):
        if place[0] in LEVELS and (task.given.get("elsewhere") or _is_near(place)):
            count += 1
            at_most(count, MOST_TILES, "tiles")
            yield place, content


def _is_near(place: tuple[int, int, int]) -> bool:
    west, south, east, north = cutting.to_degrees(place)
    from_west, from_south, to_east, to_north = features.WITHIN
    return west <= to_east and east >= from_west and south <= to_north and north >= from_south


def _made(content: bytes, compression: Any) -> tuple[dict[str, Any], int]:
    """Return a tile of ours, and the number of roads on it."""
    plain = content
    if compression == Compression.GZIP:
        unpacking = zlib.decompressobj(wbits=31)
        plain = unpacking.decompress(content, TILE_BYTES)
        if unpacking.unconsumed_tail:
            at_most(TILE_BYTES + 1, TILE_BYTES, "bytes in one tile")
        if not unpacking.eof:
            raise EOFError("a tile that is cut off")
    layers = mapbox_vector_tile.decode(plain, default_options={"y_coord_down": True, "geojson": True})
    names: dict[str, int] = {}
    made: dict[str, list[Any]] = {name: [] for name in tile.LISTS}
    for layer, rows in layers.items():
        scale = UNITS / max(int(rows["extent"]), 1)
        for row in rows["features"]:
            kind = kind_of(layer, row["properties"], row["geometry"]["type"])
            if kind:
                _take(made, kind, _name_of(row["properties"]), _shape(row["geometry"], scale), names)
    for name in ("s", "r"):
        made[name].sort(key=lambda row: row[0])
    count = len(made["r"])
    return {name: rows for name, rows in made.items() if rows} | ({"n": list(names)} if names else {}), count


def _shape(geometry: Any, scale: float) -> Any:
    return shapely.transform(shapely.geometry.shape(geometry), lambda at: at * scale)


def _name_of(tags: dict[str, Any]) -> str:
    return str(tags.get("name") or "")[:120]


def kind_of(layer: str, tags: dict[str, Any], shape: str) -> Kind | None:
    """
    Return what a feature of the Protomaps layout is drawn as.

    >>> kind_of("roads", {"kind": "minor_road"}, "LineString").rank
    2
    >>> kind_of("water", {"kind": "ocean"}, "Polygon")
    """
    kind, detail = (str(tags.get(name, tags.get(f"pmap:{name}", ""))) for name in ("kind", "kind_detail"))
    is_area, is_line = shape.endswith("Polygon"), shape.endswith("LineString")
    if layer == "roads" and is_line:
        return features.ROADS.get(detail) or BY_KIND.get(kind)
    if layer == "water" and is_area and kind != "ocean":
        return features.WATER
    if layer == "water" and is_line:
        return features.STREAMS.get(kind)
    if layer == "landuse" and is_area and kind in GREEN:
        return features.PARK
    if layer == "buildings" and is_area:
        return features.BUILDING
    if layer == "pois" and shape == "Point":
        return features.LANDMARKS.get(kind)
    if layer == "places" and shape == "Point":
        return features.PLACES.get(kind) or features.PLACES.get(detail)
    return None


def _take(made: dict[str, list[Any]], kind: Kind, name: str, shape: Any, names: dict[str, int]) -> None:
    called = names.setdefault(name, len(names)) if name else -1
    if kind.shape == features.POINT:
        made[kind.name].append([kind.rank, called, round(shape.x), round(shape.y)])
        return
    parts = shapely.get_parts(np.array([shape]))
    if kind.shape == features.AREA:
        made[kind.name] += tile.rings(parts, (0.0, 0.0))
        return
    lines, _which = tile.lines(parts, (0.0, 0.0))
    made[kind.name] += [[kind.rank, called, line] if kind.name == "r" else [kind.rank, line] for line in lines]
