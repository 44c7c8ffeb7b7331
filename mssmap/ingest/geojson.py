"""GeoJSON (RFC 7946) without GDAL: the JSON module of Python and the geometry parser of GEOS."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import shapely

from mssmap.i18n.phrases import phrase
from mssmap.ingest import letters, shapes
from mssmap.ingest.table import Parsed, Table, from_records
from mssmap.jail.limits import Limits, at_most, printable, refused

NESTING = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep lists of positions are nested in `coordinates`."""

GEOJSON: Final = frozenset((*NESTING, "GeometryCollection", "Feature", "FeatureCollection", "Topology"))

CRS84 = ("CRS84", "EPSG::4326", "EPSG:4326")


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a GeoJSON FeatureCollection, Feature or geometry.

    Raises
    ------
    RefusedError
        If it is other JSON, nested too deep, or more than the limits allow.
    """
    document = _document(content, limits)
    parsed = Parsed("geojson")
    found = _rows_of(document)
    if found is not None:
        return _records(found, document, name, limits, parsed)
    features = _features(document)
    at_most(len(features), limits.rows, phrase("features"))
    if isinstance(document.get("mssmap"), dict):
        parsed.proof = document["mssmap"]
    records, geometries = [], []
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise refused(
                phrase("something else than a Feature at position {number}", number=number),
                phrase("a list of Features"),
            )
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise refused(
                phrase("properties that are no object at position {number}", number=number),
                phrase("an object of names and values"),
            )
        feature_id = feature.get("id")
        if feature_id is not None and "id" not in properties and isinstance(feature_id, str | int):
            properties = {"id": feature_id, **properties}
        records.append(properties)
        geometries.append(feature.get("geometry"))
    table = from_records(str(document.get("name") or name), records, range(1, len(features) + 1))
    table.crs = _crs(document)
    table.geometry = shapes_of(geometries, table, limits)
    parsed.tables.append(table)
    return parsed


def _document(content: bytes, limits: Limits) -> Any:
    """Return JSON of any kind; objects one a line become a list, features a collection."""
    found = _lines(content, limits) or _loaded(content, limits)
    if isinstance(found, list):
        features = bool(found) and all(isinstance(item, dict) and item.get("type") == "Feature" for item in found)
        return {"type": "FeatureCollection", "features": found} if features else found
    if not isinstance(found, dict):
        raise refused(
            phrase("JSON that is a {name}", name=type(found).__name__), phrase("a GeoJSON object, or a list of records")
        )
    return found


def _lines(content: bytes, limits: Limits) -> list[Any]:
    """Return the objects of a text with one a line (GeoJSON lines, RFC 8142, JSON lines); nothing of other texts."""
    start = content[: limits.text_chars].lstrip(b"\xef\xbb\xbf\x1e \r\n\t")
    if not start.startswith(b"{") or not re.search(rb"\}\s*[\n\x1e]+\s*\{", start):
        return []
    found = []
    for line in content.decode("utf-8-sig", "replace").replace("\x1e", "\n").splitlines():
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                return []
            at_most(len(found), limits.rows, phrase("lines"))
    nesting(found, limits)
    return found if len(found) > 1 else []


WRAPPED: Final = ("data", "Result", "result", "results", "records", "value", "rows", "items")
"""Names under which interfaces of ACLED, UCDP, DTM, HAPI, Kobo, ODK and CKAN put their rows."""

TOTALS: Final = ("TotalCount", "total_count", "totalCount", "total", "count", "@odata.count")


def _rows_of(document: Any) -> list[dict[str, Any]] | None:
    """Return the records of an interface, None if it is no such thing."""
    if isinstance(document, list):
        return document if document and all(isinstance(item, dict) for item in document) else None
    if "type" in document and isinstance(document["type"], str) and document["type"] in GEOJSON:
        return None
    for key in WRAPPED:
        inner = document.get(key)
        if isinstance(inner, dict):
            inner = inner.get("records")
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            return inner
    return None


def _records(found: list[dict[str, Any]], document: Any, name: str, limits: Limits, parsed: Parsed) -> Parsed:
    at_most(len(found), limits.rows, phrase("records"))
    totals = document if isinstance(document, dict) else {}
    said = max((n for key in TOTALS if type(n := totals.get(key)) is int), default=0)
    if said > len(found):
        parsed.notes.append(
            phrase(
                "{name}: one page, {n:,} of the {said:,} rows that it says there are.",
                name=name,
                n=len(found),
                said=said,
            )
        )
    parsed.tables.append(from_records(name, [_flat(record) for record in found], range(1, len(found) + 1)))
    return parsed


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Lay groups of questions, as ODK and Kobo nest them, flat; what looks like a geometry stays one."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value and "coordinates" not in value:
            found |= {f"{key}/{inner}": cell for inner, cell in value.items()}
        else:
            found[key] = value
    return found


def load_json(content: bytes, limits: Limits) -> dict[str, Any]:
    """
    Read a JSON object; NaN and Infinity come as such numbers.

    Raises
    ------
    RefusedError
        If it is not a JSON object in UTF-8, or nested too deep.
    """
    document = _loaded(content, limits)
    if not isinstance(document, dict):
        raise refused(phrase("JSON that is a {name}", name=type(document).__name__), phrase("a GeoJSON object"))
    return document


def _loaded(content: bytes, limits: Limits) -> Any:
    try:
        document = json.loads(content.decode(letters.wide(content) or "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refused(
            phrase("byte 0x{what:02x} at {start:,}", what=content[error.start], start=error.start),
            phrase("text in UTF-8"),
            phrase("Save it as UTF-8."),
        ) from error
    except RecursionError as error:
        raise refused(phrase("JSON nested very deep"), phrase("at most {depth} levels", depth=limits.depth)) from error
    except ValueError as error:
        raise refused(
            phrase("text that is not JSON ({error})", error=error),
            phrase("GeoJSON"),
            phrase("The file may be cut off."),
        ) from error
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
        raise refused(phrase("JSON nested very deep"), phrase("at most {depth} levels", depth=limits.depth))


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
            raise refused(phrase("a FeatureCollection without a list of features"), phrase("features: [...]"))
        return features
    if kind == "Feature":
        return [document]
    if isinstance(kind, str) and (kind in NESTING or kind == "GeometryCollection"):
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    if kind == "Topology":
        raise refused(phrase("TopoJSON"), phrase("GeoJSON"), phrase("Convert it, for example with QGIS."))
    if not document.get("type") and any(isinstance(document.get(key), list) for key in WRAPPED):
        raise refused(
            phrase("an answer of an interface without rows"),
            phrase("at least one record"),
            phrase("Ask for rows about Haiti."),
        )
    if "features" in document and "geometryType" in document:
        raise refused(phrase("Esri JSON"), phrase("GeoJSON"), phrase("Ask the server for f=geojson."))
    raise refused(phrase("JSON of type {kind!r}", kind=kind), phrase("FeatureCollection, Feature or a geometry"))


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
    raise refused(
        phrase("crs {what}", what=printable(text) or phrase("without a name")),
        phrase("no crs (degrees, RFC 7946) or an EPSG code"),
    )


def shapes_of(geometries: list[Any], table: Table, limits: Limits) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the shapes of GeoJSON geometries; one that cannot be read is a fault of its row."""
    texts: list[str | None] = []
    vertices = 0
    for i, geometry in enumerate(geometries):
        if geometry is None:
            texts.append(None)
            continue
        count, fault = _checked(geometry, i + 1, limits, limits.nesting)
        vertices += count
        at_most(vertices, limits.vertices, phrase("vertices"))
        if fault:
            table.blame(
                i,
                "geometry",
                fault,
                phrase("a GeoJSON geometry of finite numbers"),
                phrase("Write null if there is no place."),
            )
        texts.append(None if fault else json.dumps(geometry))
    found = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    for i in np.flatnonzero(shapely.is_missing(found)).tolist():
        if texts[i] is not None:
            table.blame(
                i,
                "geometry",
                phrase("coordinates that cannot be read"),
                phrase("a GeoJSON geometry"),
                phrase("Correct them."),
            )
    return np.asarray(found, dtype=object)


def _checked(geometry: Any, row: int, limits: Limits, depth: int) -> tuple[int, str]:
    """Return the number of positions of a geometry and what is wrong with it."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if depth <= 0:
            raise shapes.too_deep(row, limits)
        if not isinstance(parts, list):
            return 0, phrase("a GeometryCollection without a list of geometries")
        counts = [_checked(part, row, limits, depth - 1) for part in parts]
        return sum(count for count, _ in counts), next((fault for _, fault in counts if fault), "")
    if not isinstance(kind, str) or kind not in NESTING:
        return 0, phrase("a geometry of type {kind!r}", kind=str(kind))
    level = [geometry.get("coordinates")]
    for _ in range(NESTING[kind]):
        if not all(isinstance(item, list) for item in level):
            return 0, phrase("coordinates that do not make a {kind}", kind=kind)
        level = [child for item in level for child in item]
    for position in level:
        if not isinstance(position, list) or not 2 <= len(position) <= 4:
            if kind == "Point" and position == []:
                continue
            return len(level), phrase("a position that is no list of 2 or 3 numbers")
        for number in position:
            if type(number) not in (int, float):
                return len(level), phrase("{kind} in a position", kind=type(number).__name__)
            if (type(number) is int and abs(number) > 2**60) or not math.isfinite(number):
                if type(number) is int:
                    return len(level), phrase("a huge number")
                return len(level), phrase("{kind} in a position", kind=printable(str(number), 40))
    return len(level), ""
