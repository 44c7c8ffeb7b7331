"""Styles for QGIS (QML) in the colours of the map: shape and colour tell the status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from mssmap.legend.symbols import OKABE_ITO, QGIS_HATCHES, QGIS_MARKERS, ZONE_STYLES

_BLUE, _GREY = OKABE_ITO["blue"], OKABE_ITO["grey"]

Look = Mapping[str, str]

LINES = {"rivers": (OKABE_ITO["sky"], "0.4"), "roads": ("#7a6a58", "0.5")}
AREAS = {"lakes": ("#cfe6f5", _BLUE), "land": ("#f6f3ec", _GREY), "neighbours": ("#eceae4", _GREY)}


def qml(layer: str, geometry_type: str, columns: Sequence[str]) -> str:
    """
    Return a style for a layer.

    Parameters
    ----------
    geometry_type
        As `arrow.kind_of` says; without one a point is assumed.
    columns
        Names in the file; without `status` all records look the same.
    """
    kind = geometry_type.removeprefix("Multi")
    looks = _looks(layer, kind)
    if "status" not in columns and len(looks) > 1:
        looks = {"": next(iter(looks.values()))}
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", symbollevels="0", enableorderby="0", forceraster="0")
    if len(looks) > 1:
        renderer.attrib |= {"type": "categorizedSymbol", "attr": "status"}
        listed = ET.SubElement(renderer, "categories")
        for i, status in enumerate(looks):
            words = status.replace("_", " ") or "other"
            ET.SubElement(listed, "category", value=status, symbol=str(i), label=words, render="true")
    else:
        renderer.set("type", "singleSymbol")
    symbols = ET.SubElement(renderer, "symbols")
    word, symbol_layer = _SYMBOLS.get(kind, _SYMBOLS["Point"])
    for i, look in enumerate(looks.values()):
        symbol = ET.SubElement(symbols, "symbol", type=word, name=str(i), alpha="1", clip_to_extent="1")
        drawn = ET.SubElement(symbol, "layer", {"class": symbol_layer, "enabled": "1", "locked": "0", "pass": "0"})
        _options(drawn, look)
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{ET.tostring(root, encoding='unicode')}"


_SYMBOLS = {
    "Point": ("marker", "SimpleMarker"),
    "LineString": ("line", "SimpleLine"),
    "Polygon": ("fill", "SimpleFill"),
}


def _looks(layer: str, kind: str) -> dict[str, Look]:
    if kind == "LineString":
        colour, width = LINES.get(layer, ("#4d5860", "0.4"))
        return {"": {"line_color": _rgba(colour), "line_width": width, "line_width_unit": "MM"}}
    if kind == "Polygon" and layer == "gang_zones":
        zones = {
            name: _area(str(look["color"]), str(look["color"]), QGIS_HATCHES[name])
            for name, look in ZONE_STYLES.items()
        }
        return {**zones, "": _area(_GREY, _GREY, "b_diagonal")}
    if kind == "Polygon":
        fill, outline = AREAS.get(layer, ("#ffffff", "#6b7680"))
        return {"": _area(fill, outline, "solid" if layer in AREAS else "no")}
    markers = QGIS_MARKERS.get(layer, {"": ("circle", _BLUE, "#ffffff")})
    return {status: _marker(*look) for status, look in markers.items()}


def _marker(shape: str, fill: str, outline: str) -> Look:
    return {
        **{"name": shape, "color": _rgba(fill), "outline_color": _rgba(outline), "outline_style": "solid"},
        **{"outline_width": "0.4", "outline_width_unit": "MM", "size": "3.2", "size_unit": "MM"},
    }


def _area(fill: str, outline: str, style: str) -> Look:
    return {
        **{"color": _rgba(fill), "style": style, "outline_color": _rgba(outline), "outline_style": "solid"},
        **{"outline_width": "0.3", "outline_width_unit": "MM"},
    }


def _rgba(colour: str) -> str:
    """
    Return a colour as QGIS writes it.

    >>> _rgba("#0072B2")
    '0,114,178,255'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},255"


def _options(layer: ET.Element, look: Look) -> None:
    options = ET.SubElement(layer, "Option", type="Map")
    pairs: Iterable[tuple[str, str]] = look.items()
    for name, value in pairs:
        ET.SubElement(options, "Option", name=name, value=value, type="QString")
