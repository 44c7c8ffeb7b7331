"""GPX without GDAL: waypoints, routes and tracks, each a row with its words and its attributes."""

from __future__ import annotations

from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from shapely.errors import ShapelyError

from mssmap.i18n.phrases import phrase
from mssmap.ingest.markup import document, tag_of, text_of
from mssmap.ingest.table import Parsed, from_records
from mssmap.jail.limits import Limits, at_most, refused

FEATURES: Final = ("wpt", "rte", "trk")

WORDS: Final = ("name", "cmt", "desc", "src", "time", "ele", "sym", "type")
"""Elements that say something of a feature."""


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a GPX document: one table, a row for each waypoint, route and track.

    Raises
    ------
    RefusedError
        If it is other XML, declares a document type, or is more than the limits allow.
    """
    features = [child for child in document(content, "gpx", "GPX") if tag_of(child) in FEATURES]
    if not features:
        raise refused(phrase("no waypoints, routes or tracks"), phrase("at least one"))
    at_most(len(features), limits.rows, phrase("waypoints, routes and tracks"))
    table = from_records(name, [_record(feature) for feature in features], range(1, len(features) + 1))
    shapes = np.full(len(features), None, dtype=object)
    for i, feature in enumerate(features):
        try:
            shapes[i] = _shape(feature)
        except (ValueError, TypeError, ShapelyError) as error:
            table.blame(
                i,
                "geometry",
                phrase("a position that cannot be read ({error})", error=error),
                phrase("lat and lon in degrees"),
            )
    table.geometry, table.crs = shapes, "EPSG:4326"
    parsed = Parsed("gpx")
    parsed.tables.append(table)
    if alone := sum(_alone(feature) for feature in features):
        parsed.notes.append(
            phrase("{alone} segments of a single position beside longer ones are left out.", alone=alone)
        )
    return parsed


def _record(feature: Element) -> dict[str, Any]:
    record: dict[str, Any] = {word: found for word in WORDS if (found := text_of(feature, word)) is not None}
    for extensions in (child for child in feature if tag_of(child) == "extensions"):
        for element in extensions.iter():
            key = element.get("name") or tag_of(element)
            if element is not extensions and not len(element):
                record[key] = (element.text or "").strip() or None
    return record


def _shape(feature: Element) -> Any:
    """Return the point of a waypoint, or the line or lines of a way; None if it has no position."""
    if tag_of(feature) == "wpt":
        return shapely.Point(_position(feature))
    found = [[_position(child) for child in segment] for segment in _segments(feature)]
    if found and all(len(line) == 1 for line in found):
        points = [line[0] for line in found]
        return shapely.MultiPoint(points) if len(points) > 1 else shapely.Point(points[0])
    lines = [shapely.LineString(line) for line in found if len(line) > 1]
    return shapely.MultiLineString(lines) if len(lines) > 1 else next(iter(lines), None)


def _segments(feature: Element) -> list[list[Element]]:
    """Return the positions of each part of a way; parts without any are nothing."""
    parts = [feature] if tag_of(feature) == "rte" else [child for child in feature if tag_of(child) == "trkseg"]
    found = [[child for child in part if tag_of(child) in ("rtept", "trkpt")] for part in parts]
    return [positions for positions in found if positions]


def _alone(feature: Element) -> int:
    sizes = [len(positions) for positions in _segments(feature)]
    return sizes.count(1) if any(size > 1 for size in sizes) else 0


def _position(element: Element) -> tuple[float, float]:
    return float(element.get("lon", "")), float(element.get("lat", ""))
