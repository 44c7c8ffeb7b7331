"""
The geometry of the gang-affected zones in the files of a data folder: the units that a source names, or a point.

A zone of which every assessment tells a share is a point: a share of a city is no area.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import shapely

from mssmap.records import units

LAYERS: Final = "layers"
TARGET: Final = f"{LAYERS}/{units.ZONES}.geojson"
STATUS: Final = "tables/status.csv"

Shapes = Mapping[str, shapely.Geometry]


def outlines(folder: Path) -> Shapes:
    """Return the outline of every unit by its P-code, in degrees."""
    found = {}
    for layer in units.LAYER_OF.values():
        path = folder / LAYERS / f"{layer}.geojson"
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"] if path.exists() else ():
            found[feature["properties"]["pcode"]] = shapely.geometry.shape(feature["geometry"])
    return found


def shares(status: str) -> frozenset[str]:
    """Return the zones of which every assessment in the text of the table `status` tells a share."""
    rows = list(csv.DictReader(io.StringIO(status, newline="")))
    areas = {row["record_id"] for row in rows if not row.get("share_pct")}
    return frozenset(row["record_id"] for row in rows if row.get("share_pct")) - areas


def geometry(zone: Mapping[str, Any], known: Shapes, told_as_share: frozenset[str]) -> shapely.Geometry:
    """Return the named units of a zone as one shape in degrees, or its point."""
    pcodes = [pcode for pcode in units.codes(zone["unit_pcodes"] or "") if pcode in known]
    if not pcodes or zone["zone_id"] in told_as_share:
        return shapely.Point(zone["lon"], zone["lat"])
    return shapely.orient_polygons(shapely.union_all([known[pcode] for pcode in pcodes]))


def redrawn(layer: str, status: str, folder: Path) -> str:
    """Return the text of the layer of zones with the geometry that its properties say, one feature a line."""
    known, told_as_share = outlines(folder), shares(status)
    features = json.loads(layer)["features"]
    for feature in features:
        shape = geometry(feature["properties"], known, told_as_share)
        feature["geometry"] = json.loads(shapely.to_geojson(shape))
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
