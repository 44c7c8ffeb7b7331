"""Small files to add, made here: extracts of a few ways, vector tiles."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path

import mapbox_vector_tile
import osmium
from pmtiles import writer
from pmtiles.tile import Compression, TileType, zxy_to_tileid

DATA = Path(__file__).parent / "data"
CAPITAL, BON_REPOS = DATA / "capital_2017.osm.pbf", DATA / "bonrepos_2017.osm.pbf"

Way = tuple[list[tuple[float, float]], Mapping[str, str]]
STREET: Way = ([(-72.34, 18.55), (-72.33, 18.55)], {"highway": "residential", "name": "Rue A"})


def extract(path: Path, ways: Iterable[Way] = (STREET,), *, history: bool = False) -> Path:
    """Write an extract of some ways, each with nodes of its own."""
    header = osmium.io.Header()
    header.has_multiple_object_versions = history
    laid = list(ways)
    with osmium.SimpleWriter(str(path), header=header) as out:
        number = 0
        refs: list[list[int]] = []
        for course, _tags in laid:
            refs.append([])
            for place in course:
                number += 1
                refs[-1].append(number)
                out.add_node(osmium.osm.mutable.Node(id=number, location=place, version=1))
        for i, (nodes, (_course, tags)) in enumerate(zip(refs, laid, strict=True), 1):
            out.add_way(osmium.osm.mutable.Way(id=i, nodes=nodes, tags=dict(tags), version=1))
    return path


def across(count: int) -> list[Way]:
    """Streets far from each other: each is a block of its own."""
    return [
        ([(-74 + i / 4, 18.4), (-73.99 + i / 4, 18.4)], {"highway": "primary", "name": f"RN {i}"}) for i in range(count)
    ]


def pmtiles(path: Path, *, kind: TileType = TileType.MVT, layers: tuple[str, ...] = ("roads", "water")) -> Path:
    """Write one tile of each level over the capital, with a street and a lake."""
    shapes = {
        "roads": ("LINESTRING (0 0, 4096 4096)", {"kind": "minor_road", "kind_detail": "residential", "name": "Rue B"}),
        "water": ("POLYGON ((0 0, 0 400, 400 400, 400 0, 0 0))", {"kind": "lake"}),
        "other": ("POINT (1 1)", {"kind": "x"}),
    }
    tile = mapbox_vector_tile.encode(
        [{"name": name, "features": [{"geometry": shapes[name][0], "properties": shapes[name][1]}]} for name in layers],
        default_options={"y_coord_down": True},
    )
    with path.open("wb") as file:
        out = writer.Writer(file)
        for level, x, y in ((12, 1225, 1835), (13, 2450, 3670), (14, 4900, 7341)):
            out.write_tile(zxy_to_tileid(level, x, y), gzip.compress(tile))
        box = {"min_lon_e7": -723500000, "min_lat_e7": 185000000, "max_lon_e7": -722000000, "max_lat_e7": 186000000}
        about = {
            "min_zoom": 12,
            "max_zoom": 14,
            "center_zoom": 14,
            "center_lon_e7": -723000000,
            "center_lat_e7": 185500000,
        }
        out.finalize(
            {"tile_type": kind, "tile_compression": Compression.GZIP, **box, **about},
            {"vector_layers": [{"id": name, "fields": {}} for name in layers]},
        )
    return path
