"""
How long an extract of the size of Haiti takes: `python -m benchmarks.osm [ways]`.

The extract is made up: a mesh of lanes over all land cells, denser where people live, crossed by long main roads; ways
of 10 nodes 50 m apart, so that most lanes are joined, and as many buildings of 4 nodes. It is written as .osm.pbf into
a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pyproj import Transformer

from mssmap import settings
from mssmap.crs import METRIC, WGS84
from mssmap.planning import access
from mssmap.planning.ground import grid, osm, roads
from mssmap.records import catalog

NODES, STEP_M, MAIN_EVERY = 10, 50.0, 20


def write(path: Path, cells: grid.Grid, ways: int) -> int:
    """Write a made-up extract; return its number of nodes."""
    import osmium

    rng = np.random.default_rng(1)
    weight = np.maximum(cells.people["central"], 20) ** 0.25
    share = np.floor(ways * weight / weight.sum()).astype("int64")
    to_degrees = Transformer.from_crs(METRIC, WGS84, always_xy=True)
    known: dict[tuple[int, int], int] = {}
    made: list[tuple[list[int], str]] = []
    side = STEP_M * (NODES - 1)
    for cell, count in enumerate(share.tolist()):
        corner = np.floor((cells.xy[cell] + rng.uniform(-900, 900, (count, 2))) / side).astype("int64")
        for x, y in corner.tolist():
            line, along = (NODES - 1) * np.array([x, y]), rng.integers(2)
            step = np.array([along, 1 - along])
            course = [tuple((line + i * step).tolist()) for i in range(NODES)]
            main = (y if along else x) % MAIN_EVERY == 0
            made.append(([known.setdefault(at, len(known) + 1) for at in course], "primary" if main else "residential"))
    for nodes, _kind in made[:]:
        x, y = 1_000_000 + 2 * len(made), nodes[0]
        made.append(([known.setdefault((x + i % 2, y + i // 2), len(known) + 1) for i in range(4)], "building"))
    lon, lat = to_degrees.transform(*(np.array(list(known)).T * STEP_M))
    with osmium.SimpleWriter(str(path)) as out:
        for i, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), 1):
            out.add_node(osmium.osm.mutable.Node(id=i, version=1, location=(x, y)))
        for i, (nodes, kind) in enumerate(made, 1):
            tags = {kind: "yes"} if kind == "building" else {"highway": kind}
            out.add_way(osmium.osm.mutable.Way(id=i, version=1, nodes=nodes, tags=tags))
    return len(known)


def main() -> None:
    """Print what each step takes."""
    ways = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    cells = grid.from_data(catalog.open_data(settings.default_data_dir()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.osm.pbf"
        nodes = write(path, cells, ways)
        print(f"{ways:,} ways, {nodes:,} nodes, {path.stat().st_size / 1e6:.0f} MB")
        start = time.perf_counter()
        found = osm.read(path)
        read = time.perf_counter()
        steps = osm.links(found, cells, path.name)
        linked = time.perf_counter()
        network = roads.network(cells, steps, roads.RoadSettings())
        on = time.perf_counter()
        access.RoadTravel(network).from_cells([int(np.argmax(cells.people["central"]))])
        print(f"read {read - start:.1f} s, {len(steps.edges):,} links {linked - read:.1f} s")
        print(f"network {on - linked:.2f} s, a new base {1_000 * (time.perf_counter() - on):.0f} ms")


if __name__ == "__main__":
    main()
