"""KML without GDAL: placemarks with their data and simple geometry; links to elsewhere are never followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from shapely.errors import ShapelyError

from mssmap.i18n.phrases import phrase
from mssmap.ingest.markup import document, tag_of, text_of
from mssmap.ingest.shapes import too_deep
from mssmap.ingest.table import Parsed, from_records
from mssmap.jail.limits import Limits, RefusedError, at_most, refused

GROUPS = ("Document", "Folder")

GAPS: Final = re.compile(r"[ \t]*,[ \t]*")
"""Blanks around the commas of a position; a position ends at a blank without one."""


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a KML document; each folder with placemarks is a table.

    Raises
    ------
    RefusedError
        If it is other XML, declares a document type, is nested too deep, or is more than the limits allow.
    """
    root = document(content, "kml", "KML")
    groups: dict[str, list[Element]] = {}
    ignored: set[str] = set()
    for folder, mark in _placemarks(root, name, limits.depth, ignored):
        groups.setdefault(folder, []).append(mark)
    at_most(len(groups), limits.tables, phrase("folders"))
    at_most(sum(map(len, groups.values())), limits.rows, phrase("placemarks"))
    parsed = Parsed("kml")
    for folder, marks in groups.items():
        table = from_records(folder, [_record(mark) for mark in marks], range(1, len(marks) + 1))
        shapes = np.full(len(marks), None, dtype=object)
        for i, mark in enumerate(marks):
            try:
                shapes[i] = _shape(mark, i + 1, limits, limits.nesting)
            except RefusedError:
                raise
            except (ValueError, IndexError, ShapelyError) as error:
                table.blame(
                    i,
                    "geometry",
                    phrase("coordinates that cannot be read ({error})", error=error),
                    phrase("longitude,latitude pairs"),
                )
        table.geometry, table.crs = shapes, "EPSG:4326"
        parsed.tables.append(table)
    parsed.notes += [
        phrase("{what} is left out: only placemarks in the file itself are read.", what=what)
        for what in sorted(ignored)
    ]
    if not parsed.tables:
        raise refused(phrase("no placemarks"), phrase("at least one"), " ".join(parsed.notes))
    return parsed


def _placemarks(root: Element, name: str, depth: int, ignored: set[str]) -> Iterator[tuple[str, Element]]:
    waiting = [(root, name, 0)]
    while waiting:
        element, folder, level = waiting.pop(0)
        if level > depth:
            raise refused(phrase("folders nested very deep"), phrase("at most {depth} levels", depth=depth))
        for child in element:
            tag = tag_of(child)
            if tag == "Placemark":
                yield folder, child
            elif tag in GROUPS:
                waiting.append((child, text_of(child, "name") or folder, level + 1))
            elif tag in ("NetworkLink", "GroundOverlay", "PhotoOverlay", "ScreenOverlay"):
                ignored.add(tag)


def _record(mark: Element) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name in ("name", "description", "address"):
        if (text := text_of(mark, name)) is not None:
            record[name] = text
    for element in mark.iter():
        tag = tag_of(element)
        key = element.get("name")
        if tag == "Data" and key:
            record[key] = text_of(element, "value")
        elif tag == "SimpleData" and key:
            record[key] = (element.text or "").strip() or None
        elif tag == "TimeStamp":
            record["when"] = text_of(element, "when")
        elif tag == "Track" and (times := [part.text for part in element if tag_of(part) == "when" and part.text]):
            record["track_begin"], record["track_end"] = times[0].strip(), times[-1].strip()
        elif tag == "TimeSpan":
            record["begin"], record["end"] = text_of(element, "begin"), text_of(element, "end")
    return record


def _shape(element: Element, row: int, limits: Limits, depth: int) -> Any:
    """Return the geometry of a placemark or of a MultiGeometry, None if it has none."""
    if depth < 0:
        raise too_deep(row, limits)
    found = []
    for child in element:
        tag = tag_of(child)
        if tag == "Point":
            found.append(shapely.Point(_coordinates(child)[0]))
        elif tag in ("LineString", "LinearRing"):
            found.append(shapely.LineString(_coordinates(child)))
        elif tag == "Polygon":
            rings = [(tag_of(part), _coordinates(part)) for part in child if tag_of(part).endswith("BoundaryIs")]
            outer = [ring for tag, ring in rings if tag == "outerBoundaryIs"]
            found.append(shapely.Polygon(outer[0], [ring for tag, ring in rings if tag == "innerBoundaryIs"]))
        elif tag in ("Track", "MultiTrack"):
            found += _tracks(child)
        elif tag == "MultiGeometry":
            found += [_shape(child, row, limits, depth - 1)]
    found = [shape for shape in found if shape is not None]
    if len(found) < 2:
        return found[0] if found else None
    kinds = {shape.geom_type for shape in found}
    make = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
    return make.get(kinds.pop() if len(kinds) == 1 else "", shapely.GeometryCollection)(found)


def _tracks(element: Element) -> list[Any]:
    """Return the ways of a track with times: a line each, a point where it has one position."""
    parts = [element] if tag_of(element) == "Track" else [part for part in element if tag_of(part) == "Track"]
    found = []
    for part in parts:
        positions = [
            tuple(float(number) for number in (child.text or "").split()[:3])
            for child in part
            if tag_of(child) == "coord" and (child.text or "").strip()
        ]
        if positions:
            found.append(shapely.LineString(positions) if len(positions) > 1 else shapely.Point(positions[0]))
    return found


def _coordinates(element: Element) -> list[tuple[float, ...]]:
    text = next((part.text or "" for part in element.iter() if tag_of(part) == "coordinates"), "")
    positions = [tuple(float(number) for number in group.split(",") if number) for group in GAPS.sub(",", text).split()]
    if not positions or any(len(position) not in (2, 3) for position in positions):
        raise ValueError("a position is not longitude,latitude")
    size = min(len(position) for position in positions)
    return [position[:size] for position in positions]
