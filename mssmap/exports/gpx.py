"""
GPX 1.1: places as waypoints, ways as tracks; attributes stand in the extensions that the format leaves to others.

A row without a place is a track without segments, and of several points each is a segment of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.exports import canonical, canonical_shapes
from mssmap.exports.extract import Extract

NAMESPACE: Final = "http://www.topografix.com/GPX/1/1"

ATTRIBUTES: Final = "urn:mssmap:attributes"
"""Namespace of our attributes."""


def write(path: Path, extract: Extract) -> None:
    """Write one layer; the waypoints stand before the tracks, as the format asks."""
    (part,) = extract.parts
    root = ET.Element("gpx", {"xmlns": NAMESPACE, "xmlns:a": ATTRIBUTES, "version": "1.1", "creator": "mssmap"})
    _text(ET.SubElement(root, "metadata"), "name", part.title)
    names = [column.written for column in part.columns]
    columns = [canonical.cells(part.frame[column.written], column.type) for column in part.columns]
    rows = list(zip(*columns, part.frame.geometry.to_numpy(), strict=True))
    for wanted in (True, False):
        for *values, shape in rows:
            if isinstance(shape, shapely.Point) == wanted:
                _feature(root, dict(zip(names, values, strict=True)), shape)
    ET.indent(root, " ")
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text


def _feature(root: ET.Element, values: dict[str, Any], shape: BaseGeometry | None) -> None:
    if isinstance(shape, shapely.Point):
        feature, lines = ET.SubElement(root, "wpt", _position(shape.x, shape.y)), []
    else:
        feature, lines = ET.SubElement(root, "trk"), list(getattr(shape, "geoms", [shape] if shape else []))
    title = values.pop("name", None)
    if title is not None:
        _text(feature, "name", str(title))
    extensions = ET.SubElement(feature, "extensions")
    for name, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            _text(extensions, "a:value", text, name=name)
    for line in lines:
        segment = ET.SubElement(feature, "trkseg")
        for x, y, *_height in line.coords:
            ET.SubElement(segment, "trkpt", _position(x, y))


def _position(x: float, y: float) -> dict[str, str]:
    places = canonical_shapes.DECIMALS
    return {"lat": f"{y:.{places}f}", "lon": f"{x:.{places}f}"}
