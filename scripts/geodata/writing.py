"""Writing layers as GeoJSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely

from geodata.base import DIGITS, Record, require


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
