"""
Make a large extract of small ones, to measure `mssmap streets add`: each is laid beside itself many times.

    python benchmarks/big_extract.py OUT.osm.pbf --ways 2000000 FILE.osm.pbf [FILE.osm.pbf ...]

The copies fill squares from the south-west of Haiti on; nodes and ways are numbered anew. Names are kept, so the result
is as good to pack as one whose streets have names of a few hundred.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import osmium

SOUTH_WEST, EAST = (-74.2, 18.2), -71.7


class Piece:
    """One small extract: nodes with their places from its corner, and ways."""

    def __init__(self, path: Path) -> None:
        self.nodes: dict[int, tuple[float, float, dict[str, str]]] = {}
        self.ways: list[tuple[list[int], dict[str, str]]] = []
        for item in osmium.FileProcessor(str(path)):
            if item.is_node() and item.location.valid():
                self.nodes[item.id] = (item.lon, item.lat, dict(item.tags))
            elif item.is_way():
                self.ways.append(([node.ref for node in item.nodes if node.ref in self.nodes], dict(item.tags)))
        lon, lat = ([at[i] for at in self.nodes.values()] for i in (0, 1))
        self.corner = min(lon), min(lat)
        self.size = max(lon) - min(lon) + 1e-4, max(lat) - min(lat) + 1e-4


def places(pieces: list[Piece], most: int) -> Iterator[tuple[Piece, float, float]]:
    """Yield pieces with the place of their corner, row by row, until there are so many ways."""
    x, y = SOUTH_WEST
    height, ways = max(piece.size[1] for piece in pieces), 0
    for piece in itertools.cycle(pieces):
        if ways >= most:
            return
        yield piece, x, y
        ways += len(piece.ways)
        x += piece.size[0]
        if x > EAST:
            x, y = SOUTH_WEST[0], y + height


def main() -> None:
    """Write all nodes, then all ways, as an extract has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--ways", type=int, default=2_000_000)
    asked = parser.parse_args()
    pieces = [Piece(path) for path in asked.files]
    laid = list(places(pieces, asked.ways))
    asked.out.unlink(missing_ok=True)
    number = itertools.count(1)
    numbers: list[dict[int, int]] = []
    with osmium.SimpleWriter(str(asked.out)) as writer:
        for piece, x, y in laid:
            own = {}
            for node, (lon, lat, tags) in piece.nodes.items():
                own[node] = next(number)
                place = (lon - piece.corner[0] + x, lat - piece.corner[1] + y)
                writer.add_node(osmium.osm.mutable.Node(id=own[node], location=place, tags=tags, version=1))
            numbers.append(own)
        number = itertools.count(1)
        for (piece, _x, _y), own in zip(laid, numbers, strict=True):
            for nodes, tags in piece.ways:
                way = osmium.osm.mutable.Way(id=next(number), nodes=[own[node] for node in nodes], tags=tags, version=1)
                writer.add_way(way)
    print(f"{asked.out}: {next(number) - 1:,} ways, {asked.out.stat().st_size:,} bytes, {len(laid):,} pieces")


if __name__ == "__main__":
    main()
