"""Styles for QGIS (QML) in the colours of the map: shape and colour tell the status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from mssmap.exports.parts import UNITS_SUFFIX
from mssmap.legend.symbols import OKABE_ITO, QGIS_HATCHES, QGIS_MARKERS, ZONE_STYLES
from mssmap.records import units

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
    if layer.removesuffix(UNITS_SUFFIX) == units.ZONES and {"status", "extent"} <= set(columns):
        return _document(_zones(kind))
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
    return _document(root)


def _document(root: ET.Element) -> str:
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{ET.tostring(root, encoding='unicode')}"


def _zones(kind: str) -> ET.Element:
    """
    Return the style of zones, a rule for each level and way of drawing.

    Units are hatched, a department of which communes are counted has a border and no fill, a place is a spot that fades
    to the distance of `uncertainty_m`, a share is not drawn.
    """
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules, symbols = ET.SubElement(renderer, "rules", key="root"), ET.SubElement(renderer, "symbols")
    wanted = (units.SPOT,) if kind == "Point" else (units.AREA, units.COUNT)
    pairs = [(how, level) for how in wanted for level in ZONE_STYLES]
    for i, (how, level) in enumerate(pairs):
        words = level if how == units.AREA else f"{level} ({how})"
        rule = f"\"extent\" = '{how}' AND \"status\" = '{level}'"
        ET.SubElement(rules, "rule", key=f"r{i}", symbol=str(i), filter=rule, label=words)
        _zone(symbols, str(i), how, level)
    return root


def _zone(symbols: ET.Element, name: str, how: str, level: str) -> None:
    colour = str(ZONE_STYLES[level]["color"])
    word = "marker" if how == units.SPOT else "fill"
    symbol = ET.SubElement(symbols, "symbol", type=word, name=name, alpha="1", clip_to_extent="1")
    kind = "FilledMarker" if how == units.SPOT else "SimpleFill"
    drawn = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    if how != units.SPOT:
        look = _area(colour, colour, QGIS_HATCHES[level] if how == units.AREA else "no")
        _options(drawn, {**look, "outline_width": "0.3" if how == units.AREA else "1.2"})
        return
    _options(drawn, {"name": "circle", "size": "2000", "size_unit": "RenderMetersInMapUnits"})
    _sized(drawn, '2 * "uncertainty_m"')
    fading = ET.SubElement(drawn, "symbol", type="fill", name=f"@{name}@0", alpha="1", clip_to_extent="1")
    inner = ET.SubElement(fading, "layer", {"class": "GradientFill", "enabled": "1", "locked": "0", "pass": "0"})
    _options(
        inner,
        {
            **{"color": _rgba(colour), "gradient_color2": _rgba(colour).removesuffix("255") + "0"},
            **{"color_type": "0", "type": "1", "coordinate_mode": "0", "spread": "0"},
            **{"reference_point1": "0.5,0.5", "reference_point2": "1,0.5"},
        },
    )


def _sized(layer: ET.Element, expression: str) -> None:
    """Let an expression give the size of a marker, a property that QGIS calls `size`."""
    whole = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(whole, "Option", name="name", value="", type="QString")
    size = ET.SubElement(
        ET.SubElement(whole, "Option", name="properties", type="Map"), "Option", name="size", type="Map"
    )
    ET.SubElement(size, "Option", name="active", value="true", type="bool")
    ET.SubElement(size, "Option", name="expression", value=expression, type="QString")
    ET.SubElement(size, "Option", name="type", value="3", type="int")
    ET.SubElement(whole, "Option", name="type", value="collection", type="QString")


_SYMBOLS = {
    "Point": ("marker", "SimpleMarker"),
    "LineString": ("line", "SimpleLine"),
    "Polygon": ("fill", "SimpleFill"),
}


def _looks(layer: str, kind: str) -> dict[str, Look]:
    if kind == "LineString":
        colour, width = LINES.get(layer, ("#4d5860", "0.4"))
        return {"": {"line_color": _rgba(colour), "line_width": width, "line_width_unit": "MM"}}
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
