"""Land, neighbours, lakes and rivers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.admin import area_km2
from geodata.base import Record, Row
from geodata.geometry import polygons_of, rounded, to_degrees, to_metric
from geodata.inputs import read_csv

NAME_COLUMNS = ("name_fr", "name_en", "name_ht", "name_es")


def named_features(kind: str) -> list[Row]:
    """Rows of named_features.csv of one kind: island, neighbour, lake or river. Only certain names are listed."""
    return [row for row in read_csv("named_features.csv") if row["kind"] == kind]


def feature_at(shape: BaseGeometry, rows: Sequence[Row], tolerance_deg: float) -> Row | None:
    """The row with a point on `shape` (degrees), or at most `tolerance_deg` from it."""
    for row in rows:
        points = [Point(*map(float, text.split())) for text in row["points"].split(";") if text]
        if any(shape.distance(point) <= tolerance_deg for point in points):
            return row
    return None


def four_names(row: Row | None) -> dict[str, str | None]:
    """The name columns of a row, all empty where there is none."""
    return {column: row[column] if row else None for column in NAME_COLUMNS}


def build_land(communes: dict[str, BaseGeometry]) -> list[Record]:
    """Haitian land, one feature an island, largest first: the exact outline of the communes."""
    rows = named_features("island")
    islands = sorted(polygons_of(shapely.coverage_union_all(list(communes.values()))), key=lambda part: -part.area)
    return [
        (
            {"land_id": f"land-{number:02d}"}
            | four_names(feature_at(island, rows, 0))
            | {"area_km2": area_km2(island)},
            island,
        )
        for number, island in enumerate(islands, start=1)
    ]


def build_islets(osm: BaseGeometry, known: BaseGeometry) -> list[Record]:
    """Haitian islets that the official boundaries leave out, by OpenStreetMap, largest first; `known` in degrees."""
    rows = named_features("island")
    shapes = [rounded(to_degrees(part)) for part in sorted(polygons_of(osm), key=lambda part: -part.area)]
    islets = [Polygon(shape.exterior) for shape in shapes if not shape.intersects(known)]
    return [
        (
            {"islet_id": f"islet-{number:02d}"}
            | four_names(feature_at(islet, rows, 0))
            | {"area_km2": round(to_metric(islet).area / 1e6, 2)},
            islet,
        )
        for number, islet in enumerate(islets, start=1)
    ]


def neighbour_of(part: Polygon) -> str:
    """Which neighbour a piece of foreign land (degrees) belongs to, by where it lies."""
    lon, lat = part.representative_point().coords[0]
    row = feature_at(part, named_features("neighbour"), 0.05)
    if row:
        return row["id"]
    if lat > 20.5 and lon > -74.0:
        return "bahamas"
    if lon > -72.0:
        return "dominican-republic"
    return "cuba" if lat > 19.5 else "jamaica"


def build_neighbours(east: BaseGeometry, haiti: BaseGeometry, shore: Sequence[Polygon]) -> list[Record]:
    """Foreign land in the view box; the Dominican Republic shares every vertex of its border with the communes."""
    pieces: dict[str, list[Polygon]] = defaultdict(list)
    pieces["dominican-republic"].extend(polygons_of(east))
    known = shapely.union_all([haiti, east]).buffer(0.01)
    for part in shore:
        if part.area < 1_000_000:
            continue
        for shape in polygons_of(rounded(to_degrees(part.simplify(250)))):
            if not known.intersects(shape):
                pieces[neighbour_of(shape)].append(shape)
    records: list[Record] = []
    for row in named_features("neighbour"):
        if pieces[row["id"]]:
            properties = {"neighbour_id": row["id"], "iso_a3": row["iso_a3"] or None, **four_names(row)}
            shape = shapely.make_valid(shapely.union_all(pieces[row["id"]]))
            records.append((properties | {"note": row["note"] or None}, shape))
    return sorted(records, key=lambda record: record[0]["neighbour_id"])


def build_lakes(shore: dict[int, list[Polygon]]) -> list[Record]:
    """Known lakes with their islands cut out, by id."""
    rows, islands = named_features("lake"), shapely.union_all(shore[3])
    records: list[Record] = []
    for lake in shore[2]:
        shape = rounded(to_degrees(lake.difference(islands).simplify(60)))
        row = feature_at(shape, rows, 0.03)
        if row:
            records.append(({"lake_id": row["id"], **four_names(row), "area_km2": area_km2(shape)}, shape))
    return sorted(records, key=lambda record: record[0]["lake_id"])


def build_rivers(lines: Sequence[LineString], land: BaseGeometry) -> list[Record]:
    """Rivers of Hispaniola longer than 5 km, named where the course is certain, longest first."""
    rows = named_features("river")
    shapes = [(to_metric(line).length / 1000, line) for line in lines if land.intersects(line)]
    kept = sorted(
        ((km, shapely.to_wkt(line), line) for km, line in shapes if km > 5), key=lambda item: (-item[0], item[1])
    )
    records: list[Record] = []
    for number, (length_km, _, line) in enumerate(kept, start=1):
        shape = rounded(to_degrees(to_metric(line).simplify(80)))
        names = four_names(feature_at(shape, rows, 0.01))
        records.append(({"river_id": f"river-{number:02d}", **names, "length_km": round(length_km, 1)}, shape))
    return records
