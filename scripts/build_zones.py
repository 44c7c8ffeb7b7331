"""
Draw the gang-affected zones: a circle of the stated radius around the stated point, cut to Haitian land.

    python scripts/build_zones.py            write the geometry of data/layers/gang_zones.geojson anew
    python scripts/build_zones.py --check    say whether it is current (exit 1 if not)

The properties (`lon`, `lat`, `radius_km` and the rest) are edited by hand; run this, then `make data`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from mssmap.crs import METRIC, WGS84

LAYERS = Path(__file__).resolve().parents[1] / "data" / "layers"
TARGET = LAYERS / "gang_zones.geojson"
SEGMENTS_PER_QUARTER = 12
SMALLEST_PART = 0.005
"""Islets that make up a smaller share of a zone are left out."""


def circle(zone: dict[str, Any], land: shapely.Geometry) -> shapely.Geometry:
    """Polygon of a zone in `WGS84` with five decimals; `land` in `METRIC`."""
    centre = gpd.GeoSeries([shapely.Point(zone["lon"], zone["lat"])], crs=WGS84).to_crs(METRIC).iloc[0]
    area = centre.buffer(zone["radius_km"] * 1000, quad_segs=SEGMENTS_PER_QUARTER).intersection(land)
    parts = [part for part in shapely.get_parts(area) if part.area > SMALLEST_PART * area.area]
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    degrees = gpd.GeoSeries([whole], crs=METRIC).to_crs(WGS84).iloc[0]
    return shapely.orient_polygons(shapely.set_precision(degrees, 1e-5))


def text() -> str:
    """The whole file, one feature a line."""
    land = gpd.read_file(LAYERS / "land.geojson").to_crs(METRIC).union_all()
    features = json.loads(TARGET.read_text(encoding="utf-8"))["features"]
    for feature in features:
        feature["geometry"] = json.loads(shapely.to_geojson(circle(feature["properties"], land)))
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
