"""
Write the geometry of the gang-affected zones: the units that a source names, or the point of a place.

    python scripts/build_zones.py            write the geometry of data/layers/gang_zones.geojson anew
    python scripts/build_zones.py --check    say whether it is current (exit 1 if not)

The properties (`lon`, `lat`, `unit`, `unit_pcodes`, `uncertainty_m` and the rest) are edited by hand; run this after
them and after a boundary changed, then `make data`. A zone of which every assessment tells a share is a point: a share
of a city is no area.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

DATA = Path(__file__).resolve().parents[1] / "data"
LAYERS = DATA / "layers"
TARGET = LAYERS / "gang_zones.geojson"
UNITS = ("departments", "communes", "sections")

Shapes = Mapping[str, shapely.Geometry]


def outlines() -> Shapes:
    """Return the outline of every unit by its P-code."""
    found = {}
    for layer in UNITS:
        for feature in json.loads((LAYERS / f"{layer}.geojson").read_text(encoding="utf-8"))["features"]:
            found[feature["properties"]["pcode"]] = shapely.geometry.shape(feature["geometry"])
    return found


def shares() -> frozenset[str]:
    """Return the zones of which every assessment tells a share."""
    with (DATA / "tables" / "status.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    areas = {row["record_id"] for row in rows if not row["share_pct"]}
    return frozenset(row["record_id"] for row in rows if row["share_pct"]) - areas


def geometry(zone: Mapping[str, Any], known: Shapes, told_as_share: frozenset[str]) -> shapely.Geometry:
    """Return the named units of a zone as one shape in degrees, or its point."""
    pcodes = [pcode for pcode in str(zone["unit_pcodes"]).split(";") if pcode]
    if not pcodes or zone["zone_id"] in told_as_share:
        return shapely.Point(zone["lon"], zone["lat"])
    return shapely.orient_polygons(shapely.union_all([known[pcode] for pcode in pcodes]))


def text() -> str:
    """The whole file, one feature a line."""
    known, told_as_share = outlines(), shares()
    features = json.loads(TARGET.read_text(encoding="utf-8"))["features"]
    for feature in features:
        shape = geometry(feature["properties"], known, told_as_share)
        feature["geometry"] = json.loads(shapely.to_geojson(shape))
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def main() -> int:
    """Write or check the layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        current = TARGET.read_text(encoding="utf-8") == text()
        if not current:
            print(f"{TARGET.name} is not current. Run python scripts/build_zones.py, then make data.")
        return int(not current)
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
