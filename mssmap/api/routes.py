"""
The routes themselves: landing page, conformance, collections, records, their description in OpenAPI, readiness.

Answers carry an ETag; a client that names it gets 304 without a body. Nothing here writes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mssmap import settings
from mssmap.api import collections, openapi
from mssmap.api.query import ALLOWED, DIALS, Query, parse
from mssmap.errors import MssmapError, NotFoundError
from mssmap.records import views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

log = logging.getLogger("mssmap")

CONFORMANCE: Final = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "geojson", "oas30")
]
JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"

Answer = tuple[dict[str, Any], str]


def routes(data: Callable[[], Data]) -> list[Route]:
    """
    Return the routes under `/api`.

    Parameters
    ----------
    data
        Gives the data as they are now; called once for each request.
    """

    def route(path: str, answer: Callable[[Request, Data], Answer]) -> Route:
        async def respond(request: Request) -> Response:
            return await run_in_threadpool(_respond, request, answer, data)

        return Route(path, respond, methods=["GET", "HEAD"])

    return [
        route("/api", _landing),
        route("/api/", _landing),
        route("/api/conformance", _conformance),
        route("/api/openapi.json", _openapi),
        route("/api/collections", _collections),
        route("/api/collections/{name}", _collection),
        route("/api/collections/{name}/items", _items),
        route("/api/collections/{name}/items/{feature}", _item),
    ]


def _respond(request: Request, answer: Callable[[Request, Data], Answer], data: Callable[[], Data]) -> Response:
    try:
        content, kind = answer(request, data())
    except NotFoundError as error:
        return _json({"code": "NotFound", "description": str(error)}, JSON, 404)
    except MssmapError as error:
        return _json({"code": "InvalidParameterValue", "description": str(error)}, JSON, 400)
    found = _json(content, kind)
    tag = f'"{hashlib.sha256(bytes(found.body)).hexdigest()[:24]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"etag": tag})
    found.headers["etag"] = tag
    found.headers["cache-control"] = "no-cache"
    return found


def _json(content: Any, kind: str, status: int = 200) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, status_code=status, media_type=kind, headers={"x-content-type-options": "nosniff"})


def _root(request: Request) -> str:
    return f"{request.base_url}api"


def _asked(request: Request, data: Data, allowed: tuple[str, ...] = ALLOWED) -> Query:
    return parse(request.query_params.multi_items(), _today(data), allowed)


def _today(data: Data) -> Clocks:
    """Return the dials of a request that gives none."""
    today = settings.today()
    return Clocks(views.last_reported(data, today), today)


def _link(rel: str, href: str, kind: str = JSON, title: str = "") -> dict[str, str]:
    return {"rel": rel, "href": href, "type": kind, **({"title": title} if title else {})}


def _landing(request: Request, data: Data) -> Answer:
    _asked(request, data, ("f",))
    root = _root(request)
    return {
        "title": "mssmap",
        "description": openapi.ABOUT,
        "links": [
            _link("self", root),
            _link("service-desc", f"{root}/openapi.json", openapi.MEDIA_TYPE, "OpenAPI description"),
            _link("conformance", f"{root}/conformance"),
            _link("data", f"{root}/collections"),
        ],
    }, JSON


def _conformance(request: Request, data: Data) -> Answer:
    _asked(request, data, ("f",))
    return {"conformsTo": CONFORMANCE}, JSON


def _openapi(request: Request, data: Data) -> Answer:
    _asked(request, data, ("f",))
    return openapi.document(_root(request), list(data.datasets)), openapi.MEDIA_TYPE


@functools.lru_cache(maxsize=4)
def _described(
    data: Data, root: str, now: Clocks
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, str], ...]]:
    """Return the collections, and of each layer that cannot be served its name and why."""
    found, faults = [], []
    for name, dataset in data.datasets.items():
        try:
            rows = collections.rows(data, name, Query(Filters(now)))
            found.append(collections.described(dataset, rows, f"{root}/collections/{quote(name)}"))
        except UNSERVABLE as error:
            log.error("%s: found rows that cannot be served (%s), left out of the collections", name, error)
            faults.append({"id": name, "found": NOT_SERVED.format(name=name)})
    return tuple(found), tuple(faults)


NOT_SERVED: Final = "{name}: found rows that cannot be served. Remove the import, or correct its file."

UNSERVABLE: Final = (TypeError, ValueError, KeyError, AttributeError, OverflowError)
"""What a layer that was imported may raise: it is left out with a fault, and the others are served."""


def _collections(request: Request, data: Data) -> Answer:
    _asked(request, data, ("f",))
    root = _root(request)
    told, faults = _described(data, root, _today(data))
    answer = {"links": [_link("self", f"{root}/collections")], "collections": list(told)}
    return {**answer, "faults": list(faults)} if faults else answer, JSON


def _collection(request: Request, data: Data) -> Answer:
    _asked(request, data, ("f",))
    name = data.dataset(request.path_params["name"]).name
    found = next((dict(one) for one in _described(data, _root(request), _today(data))[0] if one["id"] == name), None)
    if found is None:
        raise NotFoundError(NOT_SERVED.format(name=name))
    return found, JSON


def _items(request: Request, data: Data) -> Answer:
    query = _asked(request, data)
    dataset = data.dataset(request.path_params["name"])
    found = collections.rows(data, dataset.name, query)
    page = found.iloc[query.offset : query.offset + query.limit]
    address = f"{_root(request)}/collections/{quote(dataset.name)}"
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("limit", "offset")]

    def at(offset: int) -> str:
        return f"{address}/items?{urlencode([*kept, ('limit', query.limit), ('offset', offset)])}"

    links = [_link("self", at(query.offset), GEOJSON), _link("collection", address)]
    if query.offset + query.limit < len(found):
        links.append(_link("next", at(query.offset + query.limit), GEOJSON))
    if query.offset:
        links.append(_link("prev", at(max(0, query.offset - query.limit)), GEOJSON))
    now = query.filters.clocks
    return {
        "type": "FeatureCollection",
        "as_of": now.as_of.isoformat(),
        "known_on": now.known_on.isoformat(),
        "attribution": dataset.attribution,
        "license": dataset.licence,
        "links": links,
        "numberMatched": len(found),
        "numberReturned": len(page),
        "numberBelowGrade": collections.below_grade(data, dataset.name, query),
        "features": collections.features(dataset, page),
    }, GEOJSON


def _item(request: Request, data: Data) -> Answer:
    query = _asked(request, data, DIALS)
    name, feature = request.path_params["name"], request.path_params["feature"]
    found = collections.feature(data, data.dataset(name).name, feature, query)
    address = f"{_root(request)}/collections/{quote(name)}"
    links = [_link("self", f"{address}/items/{quote(feature)}", GEOJSON), _link("collection", address)]
    return {**found, "links": links}, GEOJSON
