"""The description of the API in OpenAPI 3.0, made from the same tables that check the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mssmap.api.query import ALLOWED, CRS84, DIALS, FORMATS, LIMIT, MAX_LIMIT, MAX_OFFSET
from mssmap.version import __version__

MEDIA_TYPE: Final = "application/vnd.oai.openapi+json;version=3.0"

ABOUT: Final = (
    "Operations map of the UN-authorised security mission in Haiti: unofficial, compiled from public reporting."
)

DATETIME: Final = r"^(\d{4}-\d{2}-\d{2}|(\d{4}-\d{2}-\d{2}|\.\.)/(\d{4}-\d{2}-\d{2}|\.\.))$"

_DAY: Final = {"type": "string", "format": "date"}

PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "as_of": {"description": "What was true on this day; default: the latest day with a report.", "schema": _DAY},
    "known_on": {"description": "As it was known on this day; default: today.", "schema": _DAY},
    "grade": {
        "description": "Leave out records below this grade, for example C3.",
        "schema": {"type": "string", "pattern": "^[A-F][1-6]$"},
    },
    "region": {"description": "P-code or name of a department or commune.", "schema": {"type": "string"}},
    "plans": {
        "description": "True adds events that were announced, not reported as done, and their figures.",
        "schema": {"type": "boolean", "default": False},
    },
    "bbox": {
        "description": "West, south, east, north in degrees.",
        "style": "form",
        "explode": False,
        "schema": {
            "type": "array",
            "items": {"type": "number", "minimum": -180, "maximum": 180},
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        },
    },
    "bbox-crs": {"description": "Only CRS84.", "schema": {"type": "string", "enum": [CRS84]}},
    "datetime": {
        "description": "A day, or two with / between; .. leaves an end open. Records that touch it.",
        "schema": {"type": "string", "pattern": DATETIME},
    },
    "limit": {
        "description": "Records on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT},
    },
    "offset": {
        "description": "Records before the page.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
    },
    "f": {"description": "Format of the answer.", "schema": {"type": "string", "enum": list(FORMATS)}},
}

_LINKS: Final = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_FEATURE: Final = {
    "type": "object",
    "required": ["type", "id", "properties", "geometry"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "properties": {"type": "object"},
        "geometry": {"type": "object", "nullable": True},
        "links": _LINKS,
    },
}
_COLLECTION: Final = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "links": _LINKS},
}
SCHEMAS: Final[dict[str, Any]] = {
    "link": {
        "type": "object",
        "required": ["rel", "href"],
        "properties": {name: {"type": "string"} for name in ("rel", "href", "type", "title")},
    },
    "error": {
        "type": "object",
        "required": ["code", "description"],
        "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
    },
    "landing": {"type": "object", "required": ["links"], "properties": {"links": _LINKS}},
    "conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "collection": _COLLECTION,
    "collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "collections": {"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
            "faults": {"type": "array", "items": {"type": "object", "required": ["id", "found"]}},
        },
    },
    "feature": _FEATURE,
    "features": {
        "type": "object",
        "required": ["type", "features", "numberMatched", "numberReturned", "links"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberBelowGrade": {"type": "integer", "minimum": 0, "description": "Records that the grade hides."},
            "links": _LINKS,
        },
    },
}


def document(root: str, names: Sequence[str]) -> dict[str, Any]:
    """
    Return the OpenAPI document.

    Parameters
    ----------
    root
        Address of the API.
    names
        Ids of the collections.
    """
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": list(names)}}
    feature = {"name": "feature", "in": "path", "required": True, "schema": {"type": "string"}}
    geojson = "application/geo+json"
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "mssmap",
            "version": __version__,
            "description": f"{ABOUT} Each collection names its licence and attribution.",
        },
        "servers": [{"url": root}],
        "paths": {
            "/": _get("Landing page", "landing", ("f",)),
            "/conformance": _get("Conformance classes", "conformance", ("f",)),
            "/collections": _get("Layers and tables", "collections", ("f",)),
            "/collections/{name}": _get("One layer or table", "collection", ("f",), [name]),
            "/collections/{name}/items": _get("Records", "features", ALLOWED, [name], geojson),
            "/collections/{name}/items/{feature}": _get("One record", "feature", DIALS, [name, feature], geojson),
        },
        "components": {
            "schemas": SCHEMAS,
            "parameters": {key: {"name": key, "in": "query", **value} for key, value in PARAMETERS.items()},
        },
    }


def _get(
    summary: str,
    schema: str,
    parameters: Sequence[str],
    path: Sequence[dict[str, Any]] = (),
    kind: str = "application/json",
) -> dict[str, Any]:
    def answer(description: str, media_type: str, name: str) -> dict[str, Any]:
        content = {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        return {"description": description, "content": content}

    responses = {
        "200": answer(summary, kind, schema),
        "304": {"description": "What the client has is current."},
        "400": answer("A parameter cannot be used.", "application/json", "error"),
    }
    if path:
        responses["404"] = answer("There is no such thing.", "application/json", "error")
    asked = [*path, *({"$ref": f"#/components/parameters/{name}"} for name in parameters)]
    return {"get": {"summary": summary, "parameters": asked, "responses": responses}}
