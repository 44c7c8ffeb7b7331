"""GeoJSON (RFC 7946) without GDAL: the JSON module of Python and the geometry parser of GEOS."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from mssmap.ingest import shapes
from mssmap.ingest.table import Parsed, Table, from_records
from mssmap.jail.limits import Limits, at_most, printable, refused

NESTING = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep lists of positions are nested in `coordinates`."""

CRS84 = ("CRS84", "EPSG::4326", "EPSG:4326")


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a GeoJSON FeatureCollection, Feature or geometry.

    Raises
    ------
    RefusedError
        If it is other JSON, nested too deep, or more than the limits allow.
    """
    document = load_json(content, limits)
    features = _features(document)
    at_most(len(features), limits.rows, "features")
    parsed = Parsed("geojson")
    if isinstance(document.get("mssmap"), dict):
        parsed.proof = document["mssmap"]
    records, geometries = [], []
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise refused(f"something else than a Feature at position {number}", "a list of Features")
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise refused(f"properties that are no object at position {number}", "an object of names and values")
        feature_id = feature.get("id")
        if feature_id is not None and "id" not in properties and isinstance(feature_id, str | int):
            properties = {"id": feature_id, **properties}
        records.append(properties)
        geometries.append(feature.get("geometry"))
    table = from_records(str(document.get("name") or name), records, range(1, len(features) + 1))
    table.crs = _crs(document)
    table.geometry = _shapes(geometries, table, limits)
    parsed.tables.append(table)
    return parsed


def load_json(content: bytes, limits: Limits) -> dict[str, Any]:
    """
    Read a JSON object; NaN and Infinity come as such numbers.

    Raises
    ------
    RefusedError
        If it is not a JSON object in UTF-8, or nested too deep.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refused(
            f"byte 0x{content[error.start]:02x} at {error.start:,}", "text in UTF-8", "Save it as UTF-8."
        ) from error
    except RecursionError as error:
        raise refused("JSON nested very deep", f"at most {limits.depth} levels") from error
    except ValueError as error:
        raise refused(f"text that is not JSON ({error})", "GeoJSON", "The file may be cut off.") from error
    if not isinstance(document, dict):
        raise refused(f"JSON that is a {type(document).__name__}", "a GeoJSON object")
    nesting(document, limits)
    return document


def nesting(document: Any, limits: Limits) -> None:
    """
    Stop if objects and lists are nested too deep.

    Raises
    ------
    RefusedError
        If they are.
    """
    if _depth(document, limits.depth) > limits.depth:
        raise refused("JSON nested very deep", f"at most {limits.depth} levels")


def _depth(document: Any, enough: int) -> int:
    """Count how deep objects and lists are nested, looking no deeper than `enough` and one more."""
    level, depth = [document], 0
    while level and depth <= enough:
        depth += 1
        inner = []
        for item in level:
            inside = item.values() if isinstance(item, dict) else item
            inner += [child for child in inside if isinstance(child, dict | list)]
        level = inner
    return depth


def _features(document: Mapping[str, Any]) -> list[Any]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise refused("a FeatureCollection without a list of features", "features: [...]")
        return features
    if kind == "Feature":
        return [document]
    if isinstance(kind, str) and (kind in NESTING or kind == "GeometryCollection"):
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    if kind == "Topology":
        raise refused("TopoJSON", "GeoJSON", "Convert it, for example with QGIS.")
    if "features" in document and "geometryType" in document:
        raise refused("Esri JSON", "GeoJSON", "Ask the server for f=geojson.")
    raise refused(f"JSON of type {kind!r}", "FeatureCollection, Feature or a geometry")


def _crs(document: Mapping[str, Any]) -> str:
    """Return the CRS: degrees (RFC 7946), or what an older file says under `crs`."""
    named = document.get("crs")
    if named is None:
        return "EPSG:4326"
    properties = named.get("properties") if isinstance(named, dict) else None
    text = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if any(text.endswith(code) for code in CRS84):
        return "EPSG:4326"
    code = text.rpartition(":")[2]
    if "EPSG" in text and code.isdigit() and len(code) < 7:
        return f"EPSG:{code}"
    raise refused(f"crs {printable(text) or 'without a name'}", "no crs (degrees, RFC 7946) or an EPSG code")


def _shapes(geometries: list[Any], table: Table, limits: Limits) -> np.ndarray[Any, np.dtype[np.object_]]:
    texts: list[str | None] = []
    vertices = 0
    for i, geometry in enumerate(geometries):
        if geometry is None:
            texts.append(None)
            continue
        count, fault = _checked(geometry, i + 1, limits, limits.nesting)
        vertices += count
        at_most(vertices, limits.vertices, "vertices")
        if fault:
            table.blame(
                i, "geometry", fault, "a GeoJSON geometry of finite numbers", "Write null if there is no place."
            )
        texts.append(None if fault else json.dumps(geometry))
    found = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    for i in np.flatnonzero(shapely.is_missing(found)).tolist():
        if texts[i] is not None:
            table.blame(i, "geometry", "coordinates that cannot be read", "a GeoJSON geometry", "Correct them.")
    return np.asarray(found, dtype=object)


def _checked(geometry: Any, row: int, limits: Limits, depth: int) -> tuple[int, str]:
    """Return the number of positions of a geometry and what is wrong with it."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if depth <= 0:
            raise shapes.too_deep(row, limits)
        if not isinstance(parts, list):
            return 0, "a GeometryCollection without a list of geometries"
        counts = [_checked(part, row, limits, depth - 1) for part in parts]
        return sum(count for count, _ in counts), next((fault for _, fault in counts if fault), "")
    if not isinstance(kind, str) or kind not in NESTING:
        return 0, f"a geometry of type {kind!r}"
    level = [geometry.get("coordinates")]
    for _ in range(NESTING[kind]):
        if not all(isinstance(item, list) for item in level):
            return 0, f"coordinates that do not make a {kind}"
        level = [child for item in level for child in item]
    for position in level:
        if not isinstance(position, list) or not 2 <= len(position) <= 4:
            if kind == "Point" and position == []:
                continue
            return len(level), "a position that is no list of 2 or 3 numbers"
        for number in position:
            if type(number) not in (int, float):
                return len(level), f"{type(number).__name__} in a position"
            if (type(number) is int and abs(number) > 2**60) or not math.isfinite(number):
                return len(level), f"{printable(str(number), 40)} in a position" if type(
                    number
                ) is float else "a huge number"
    return len(level), ""
