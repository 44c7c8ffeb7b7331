"""
Routes of the archives: cells, points and the histogram of what a map view can show, names to filter by, and one
record whole.

Cells and points travel as whole numbers (`packed`), the rest as JSON. Answers carry an ETag of the archive and the
question; a question whose asker has gone, or that takes longer than `PATIENCE_S`, is stopped in the engine.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import h3.api.basic_int as h3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mssmap import i18n, settings
from mssmap.api.query import box
from mssmap.archive import columns
from mssmap.archive.engine import Archives
from mssmap.archive.queries import BY, STEPS, Query
from mssmap.archive.question import Question
from mssmap.archive.shelf import ChangedError, Manifest
from mssmap.archive.writer import StoppedError
from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.legend import lines, text
from mssmap.legend.layers import layer_group
from mssmap.records import evidence
from mssmap.records.shown import Filters
from mssmap.records.timeline import FOREVER, Clocks

PATIENCE_S: Final = 20.0
WATCH_S: Final = 0.1
"""How often it is looked whether the asker is still there."""

POINTS: Final = 10_000
"""A view of more points gets clusters."""

SUGGESTED: Final = 20
"""So many names of who took part are offered."""

NAME_LENGTH: Final = 80
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
MOST_ROWS: Final = 2**31 - 1
DEGREE: Final = 1_000_000
"""Coordinates travel as millionths of a degree."""

CELL_PIXELS: Final = 26
"""Least width of a cell on the screen: room for its number."""

CELL_KM: Final = {4: 44.7, 5: 16.9, 6: 6.39, 7: 2.41, 8: 0.913, 9: 0.345, 10: 0.13, 11: 0.049}
"""Mean distance of neighbouring cells in Haiti by resolution."""

CLUSTER_ZOOM: Final = 10.0
"""From here on a cell is shown as a circle where its events are, not as its outline."""

FILTERS: Final = ("from", "to", "as_of", "known_on", "box", "category", "actor", "grade", "region", "plans", "lang")


@dataclass(frozen=True)
class _Asked:
    """A request that was read: the archive, the query and the other values."""

    archives: Archives
    item: Manifest
    query: Query
    values: Mapping[str, str]
    question: Question

    def ask(self, kind: str, *arguments: Any) -> pa.Table:
        return self.archives.ask(self.item.name, kind, *arguments, question=self.question)


Answer = Callable[[_Asked], Response]


def routes(archives: Callable[[], Archives]) -> list[Route]:
    """
    Return the routes under `/archive`.

    Parameters
    ----------
    archives
        Gives the archives as they are now; called once for each request.
    """

    def route(path: str, answer: Answer, *more: str) -> Route:
        async def respond(request: Request) -> Response:
            question, watch = Question(), None
            try:
                watch = asyncio.create_task(_watch(request, question))
                return await run_in_threadpool(_respond, request, answer, more, archives, question)
            finally:
                if watch:
                    watch.cancel()

        return Route(f"/archive{path}", respond, methods=["GET", "HEAD"])

    async def listed(_request: Request) -> Response:
        found = await run_in_threadpool(lambda: archives().shelf.listed())
        return _json({"archives": [told(item) for item in found]})

    return [
        Route("/archive", listed, methods=["GET", "HEAD"]),
        route("/{name}/cells", _cells, "zoom"),
        route("/{name}/points", _points),
        route("/{name}/held", _held, "zoom"),
        route("/{name}/histogram", _histogram, "step"),
        route("/{name}/totals", _totals, "by"),
        route("/{name}/actors", _actors, "like"),
        route("/{name}/record/{row}", _record),
    ]


def told(item: Manifest) -> dict[str, Any]:
    """What may be known of an archive before it is asked."""
    return {
        **{"name": item.name, "title": item.title, "rows": item.rows, "placed": item.placed, "first": item.first},
        **{"last": item.last, "box": item.box, "licence": item.licence, "attribution": item.attribution},
    }


async def _watch(request: Request, question: Question) -> None:
    """Stop the question when nobody waits for it any more."""
    waited = 0.0
    while waited < PATIENCE_S and not await request.is_disconnected():
        await asyncio.sleep(WATCH_S)
        waited += WATCH_S
    question.late = waited >= PATIENCE_S
    question.cancel()


def _respond(
    request: Request, answer: Answer, more: tuple[str, ...], archives: Callable[[], Archives], question: Question
) -> Response:
    try:
        values = _values(request, (*FILTERS, *more))
        opened = archives()
        item = opened.opened(request.path_params["name"])
        tag = f'"{hashlib.sha256(f"{item.sha256}{request.url}".encode()).hexdigest()[:24]}"'
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"etag": tag})
        values |= {key: str(value) for key, value in request.path_params.items()}
        with i18n.speaking(values.get("lang")):
            found = answer(_Asked(opened, item, _query(values), values, question))
    except MssmapError as error:
        if question.late:
            words = f"archive: found no answer within {PATIENCE_S:.0f} s. Choose a smaller window or region."
            return _json({"error": words}, 504)
        kinds = ((NotFoundError, 404), (StoppedError, 499), (ChangedError, 409), (InputError, 400))
        return _json({"error": str(error)}, next((code for kind, code in kinds if isinstance(error, kind)), 503))
    found.headers.update({"etag": tag, "cache-control": "private, no-cache"})
    return found


def _values(request: Request, allowed: tuple[str, ...]) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    for name, _value in pairs:
        if name not in allowed:
            raise InputError(
                f"{name[:40]}: found a parameter that does not exist here; there are {', '.join(allowed)}."
            )
    if len(dict(pairs)) != len(pairs):
        raise InputError("a parameter: found it twice, required once.")
    return {name: value[:2_000] for name, value in pairs if value}


def _query(values: Mapping[str, str]) -> Query:
    def day(name: str) -> date | None:
        return settings.parse_date(values[name], name) if name in values else None

    start, end, as_of, known_on = map(day, ("from", "to", "as_of", "known_on"))
    found = box(values["box"]) if "box" in values else None
    filters = Filters(
        Clocks(as_of or FOREVER, known_on or FOREVER),
        start=start,
        end=end,
        categories=tuple(sorted({word for word in values.get("category", "").split(",") if word})),
        grade=evidence.parse_threshold(values.get("grade", evidence.LOWEST)),
        region=values.get("region", "")[:12] or None,
        plans=_plans(values),
    )
    return Query(filters, box=found, actor=_part_of_a_name(values, "actor"))


def written(filters: Filters) -> dict[str, str]:
    """Return what narrows a question besides its days, as the routes read it."""
    asked = filters.to_json()
    given = {"known_on": asked["known_on"], "grade": asked["grade"], "region": asked["region"]}
    given["category"] = ",".join(asked["category"])
    return {name: value for name, value in given.items() if value}


def _plans(values: Mapping[str, str]) -> bool:
    found = values.get("plans", "false")
    if found not in ("false", "true"):
        raise InputError(f"plans: found {found[:40]!r}, required false or true.")
    return found == "true"


def _part_of_a_name(values: Mapping[str, str], name: str) -> str:
    found = values.get(name, "").strip()
    if len(found) > NAME_LENGTH or CONTROL.search(found):
        raise InputError(
            f"{name}: found {len(found)} characters ({found[:20]!r}), required part of a name: at most {NAME_LENGTH}, "
            "none of them a control character."
        )
    return found


def resolution_at(zoom: float) -> int:
    """
    Return the H3 resolution whose cells are just wide enough on the screen.

    >>> [resolution_at(zoom) for zoom in (6.25, 8, 10, 12, 16)]
    [4, 5, 6, 7, 10]
    """
    km_per_pixel = 40_075 * math.cos(math.radians(19)) / 256 / 2**zoom
    fitting = [resolution for resolution, km in CELL_KM.items() if km / km_per_pixel >= CELL_PIXELS]
    return max(fitting, default=columns.COARSEST)


def _zoom(asked: _Asked) -> tuple[str, int]:
    """Return how cells are shown at the zoom that was asked, and their resolution."""
    try:
        zoom = float(asked.values.get("zoom", "8"))
    except ValueError:
        zoom = math.nan
    if not 0 <= zoom <= 24:
        raise InputError("zoom: required a number from 0 to 24.")
    return "clusters" if zoom >= CLUSTER_ZOOM else "cells", resolution_at(zoom)


def _cells(asked: _Asked) -> Response:
    mode, resolution = _zoom(asked)
    found = asked.ask("cells", asked.query, resolution)
    cells = columns.parents(found["cell"].to_numpy(), resolution)
    head = {"mode": mode, "resolution": resolution, "rows": asked.item.rows}
    head |= {"inside": int(pc.sum(found["inside"]).as_py() or 0), "shown": len(cells)}
    arrays = {"n": found["n"].to_numpy(), "in_box": found["inside"].to_numpy()}
    arrays |= {name: _whole(found[name].to_numpy()) for name in ("lon", "lat")}
    if mode == "cells":
        arrays["ring"] = _rings(cells)
    return packed(head, arrays)


def _rings(cells: NDArray[np.int64]) -> NDArray[np.int32]:
    """The six corners of each cell, latitude before longitude."""
    corners = [corner for cell in cells.tolist() for corner in h3.cell_to_boundary(cell)[:6]]
    return _whole(np.array(corners, dtype="float64").reshape(-1, 2)).ravel()


def _held(asked: _Asked) -> Response:
    """
    All rows of an archive of at most `POINTS`, so that the browser plays time by itself.

    Their days travel with them, and the cell of each at this zoom; days and box of the request do not count.
    """
    mode, resolution = _zoom(asked)
    head: dict[str, Any] = {"mode": mode, "resolution": resolution, "rows": asked.item.rows, "limit": POINTS}
    if asked.item.rows > POINTS:
        return packed({**head, "mode": "many"}, {})
    asking = asked.query.filters
    filters = replace(asking, clocks=Clocks(FOREVER, asking.clocks.known_on), start=None, end=None)
    found = asked.ask("points", replace(asked.query, filters=filters, box=None), POINTS)
    told, arrays = _dots(found)
    cells, cell = np.unique(found["h3"].to_numpy() | columns.mask(resolution), return_inverse=True)
    arrays |= {
        "from": _days(found["valid_from"]),
        "to": _days(found["valid_to"]),
        "cell": cell,
        "ring": _rings(columns.parents(cells, resolution)),
    }
    return packed({**head, **told, "cells": len(cells)}, arrays)


def _days(column: pa.ChunkedArray) -> NDArray[np.int32]:
    """Days since 1970; an open end is the last there is."""
    days: NDArray[np.int32] = column.cast(pa.int32()).fill_null(MOST_ROWS).to_numpy()
    return days


def _dots(found: pa.Table) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows with places and kinds: names of the kinds, and the arrays."""
    kinds = found["category"].combine_chunks().dictionary_encode()
    names = [str(name) for name in kinds.dictionary.to_pylist()]
    arrays = {"row": found["row"].to_numpy(), "category": kinds.indices.to_numpy(zero_copy_only=False)}
    arrays |= {name: _whole(found[name].to_numpy()) for name in ("lon", "lat")}
    return {"shown": len(found), "categories": names, "groups": [layer_group(name) for name in names]}, arrays


def _points(asked: _Asked) -> Response:
    inside = int(asked.ask("count", asked.query)["placed"][0].as_py())
    head: dict[str, Any] = {"mode": "points", "rows": asked.item.rows, "inside": inside, "shown": 0, "limit": POINTS}
    if inside > POINTS:
        return packed({**head, "mode": "many"}, {})
    found = asked.ask("points", asked.query, POINTS)
    told, arrays = _dots(found)
    return packed({**head, **told}, arrays)


def _histogram(asked: _Asked) -> Response:
    step = asked.values.get("step", "month")
    if step not in STEPS:
        raise InputError(f"step: found {step[:20]!r}, required one of {', '.join(STEPS)}.")
    found = asked.ask("histogram", asked.query, step)
    days = found["bin"].cast(pa.int32()).to_pylist()
    bins = zip(days, found["category"].to_pylist(), found["n"].to_pylist(), strict=True)
    return _json({"step": step, "rows": asked.item.rows, "bins": [list(one) for one in bins]})


def _totals(asked: _Asked) -> Response:
    by = asked.values.get("by", BY[0])
    if by not in BY:
        raise InputError(f"by: found {by[:20]!r}, required one of {', '.join(BY)}.")
    found = asked.ask("totals", asked.query, by)
    values = dict(_pairs(found))
    told = {**asked.ask("count", asked.query).to_pylist()[0], "by": by, "values": values}
    if by == "category":
        told["words"] = {code: text.category(code) for code in values}
    return _json(told)


def _actors(asked: _Asked) -> Response:
    found = asked.ask("actors", asked.query, _part_of_a_name(asked.values, "like"), SUGGESTED)
    return _json({"rows": asked.item.rows, "actors": _pairs(found)})


def _pairs(found: pa.Table) -> list[tuple[str, int]]:
    return list(zip(found["value"].to_pylist(), found["n"].to_pylist(), strict=True))


def _record(asked: _Asked) -> Response:
    row = asked.values["row"]
    if not row.isdecimal() or len(row) > 10 or int(row) > MOST_ROWS:
        raise InputError(f"row: found {row[:20]!r}, required the number of a row.")
    found = asked.ask("record", int(row)).to_pylist()
    if not found:
        raise NotFoundError(f"row: found no {row}, required one below {asked.item.rows}.")
    one = found[0]
    record = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in one.items()}
    record |= {"h3": h3.int_to_str(one["h3"]) if one["h3"] else None}
    return _json({"record": record, **_words(one), "attribution": asked.item.attribution})


def _words(one: Mapping[str, Any]) -> dict[str, Any]:
    """Title and lines of a popup, in the language that is spoken."""
    low, high = one["figure_min"], one["figure_max"]
    figure = text.number(low) if low == high else f"{text.number(low)}-{text.number(high)}"
    row = type("Row", (), {**one, "outcome_unknown": False, "day_announced": False})
    parts = [
        lines.event_line(row),
        " · ".join(word for word in (text.category(one["category"]), one["actors"]) if word),
        f"{figure} {one['figure_unit']}".strip() if low is not None else "",
        one["note"],
        " · ".join([text.precisions().get(one["location_precision"], ""), one["grade"]]).strip(" ·"),
    ]
    return {"title": i18n.written(one.get, "title")[0], "lines": [part for part in parts if part]}


def _whole(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.round(degrees * DEGREE).astype("<i4")


def packed(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> Response:
    """
    Return arrays of 32-bit whole numbers (little-endian) behind a JSON head that names them with their lengths.

    The first four bytes are the length of the head, which is filled up with spaces to a multiple of four.
    """
    whole = {name: np.ascontiguousarray(values, dtype="<i4") for name, values in arrays.items()}
    words = json.dumps({**head, "arrays": {name: len(values) for name, values in whole.items()}}, ensure_ascii=True)
    words += " " * (-len(words) % 4)
    content = struct.pack("<I", len(words)) + words.encode() + b"".join(values.tobytes() for values in whole.values())
    return Response(content, media_type="application/octet-stream", headers={"x-content-type-options": "nosniff"})


def _json(content: Any, status: int = 200) -> Response:
    words = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    headers = {"x-content-type-options": "nosniff"}
    return Response(words, status_code=status, media_type="application/json", headers=headers)
