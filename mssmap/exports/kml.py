"""
KML, written here and not by GDAL: that puts text into CDATA sections, which a text with `]]>` ends.

All attributes are data (`ExtendedData`); there is no description, the one element whose text viewers take for HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.exports import canonical, canonical_shapes
from mssmap.exports.extract import Extract

NAMESPACE = "http://www.opengis.net/kml/2.2"

HEIGHTS = 3
"""Decimals of a height in metres."""

TITLE = "name"
"""Column that names a place, see `kept`."""


def write(path: Path, extract: Extract) -> None:
    """Write one layer as KML 2.2; a missing value has no element."""
    (part,) = extract.parts
    root = ET.Element("kml", xmlns=NAMESPACE)
    document = ET.SubElement(root, "Document")
    _text(document, "name", part.title)
    folder = ET.SubElement(document, "Folder")
    _text(folder, "name", part.name)
    names = [column.written for column in part.columns]
    columns = [canonical.cells(part.frame[column.written], column.type) for column in part.columns]
    for *values, shape in zip(*columns, part.frame.geometry.to_numpy(), strict=True):
        _placemark(folder, dict(zip(names, values, strict=True)), shape)
    ET.indent(root, " ")
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _placemark(folder: ET.Element, values: dict[str, Any], shape: BaseGeometry | None) -> None:
    mark = ET.SubElement(folder, "Placemark")
    title = values.pop(TITLE, None)
    if title is not None:
        _text(mark, "name", str(title))
    data = ET.SubElement(mark, "ExtendedData")
    for name, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            _text(ET.SubElement(data, "Data", name=name), "value", text)
    if shape is not None and not shape.is_empty:
        _geometry(mark, shape)


def _geometry(parent: ET.Element, shape: BaseGeometry) -> None:
    if hasattr(shape, "geoms"):
        many = ET.SubElement(parent, "MultiGeometry")
        for one in shape.geoms:
            _geometry(many, one)
        return
    element = ET.SubElement(parent, shape.geom_type)
    if isinstance(shape, shapely.Polygon):
        for tag, rings in (("outerBoundaryIs", [shape.exterior]), ("innerBoundaryIs", shape.interiors)):
            for ring in rings:
                _coordinates(ET.SubElement(ET.SubElement(element, tag), "LinearRing"), ring.coords)
    else:
        _coordinates(element, shape.coords)


def _coordinates(element: ET.Element, positions: Iterable[tuple[float, ...]]) -> None:
    places = canonical_shapes.DECIMALS
    text = " ".join(
        f"{x:.{places}f},{y:.{places}f}" + "".join(f",{z:.{HEIGHTS}f}" for z in height if z == z)
        for x, y, *height in positions
    )
    _text(element, "coordinates", text)
