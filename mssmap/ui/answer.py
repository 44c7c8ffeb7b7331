"""
What a step of the dial or a switch of a layer changes on the page, as a plain answer: `GET /view`.

It runs no script: the figures and the text of a view are worked out once for all who ask (`cache`), and the browser may
keep them, for the address says all that they depend on. The script of the page follows when the hand rests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mssmap import settings
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import LANGUAGES, current, speaking
from mssmap.i18n import gettext as _
from mssmap.legend import layers
from mssmap.maps import panels
from mssmap.records import evidence
from mssmap.records.catalog import Data
from mssmap.records.shown import WINDOW_DAYS, Filters
from mssmap.records.timeline import Clocks
from mssmap.ui import cache

KEYS: Final = ("as_of", "known_on", "grade", "region", "from", "to", "category", "layers", "lang", "release", "data")
MOST_WAITING: Final = 200
"""Views that are asked for at once; who comes then is told to come again."""
KEPT_S: Final = 3600

_waiting: Final[set[object]] = set()


def query(filters: Filters, on: Sequence[str]) -> str:
    """Return the keys of the answer for a view; the browser changes those that the hand moves."""
    told = filters.to_json() | {"category": ",".join(filters.categories), "layers": layers.write(on)}
    named = {key: told[key] for key in KEYS if told.get(key)}
    pin = {"release": cache.pin()} if cache.pin() else {}
    return urlencode({**named, "lang": current(), **pin, "data": cache.data_mark()})


async def view(request: Request) -> Response:
    """Answer `GET /view?as_of=DAY&...`: `items` are the key figures, `lines` is the map in words."""
    if len(_waiting) >= MOST_WAITING:
        words = _("The server is asked for too many views at once. Try again in some seconds.")
        return JSONResponse({"fault": words}, 503, {"retry-after": "2", "cache-control": "no-store"})
    own = object()
    _waiting.add(own)
    try:
        asked = dict(request.query_params.multi_items())
        with cache.pinned_to(asked.get("release", "")):
            content = await run_in_threadpool(_answer, request.query_params.multi_items(), asked.get("lang", "en"))
            kept = _kept(asked.get("data", ""))
    except MssmapError as error:
        return JSONResponse({"fault": str(error)}, 400, {"cache-control": "no-store"})
    finally:
        _waiting.discard(own)
    return Response(content, headers=kept, media_type="application/json")


def _kept(mark: str) -> dict[str, str]:
    """Return how long an answer may be kept; only one that is of the data that were asked for."""
    if settings.load().people_sign_in:
        return {"cache-control": "private, no-store"}
    return {"cache-control": f"public, max-age={KEPT_S}" if mark == cache.data_mark() else "no-store"}


def _answer(pairs: Sequence[tuple[str, str]], language: str) -> bytes:
    with speaking(language if language in LANGUAGES else "en"):
        filters, on = read(pairs)
        return _content(filters, on, current())


@cache.of_the_data(maxsize=256)
def _content(_of: Data, filters: Filters, on: tuple[str, ...], language: str) -> bytes:
    """Return the answer; `key_figures` and `text` are those of the pages."""
    figures = cache.key_figures(filters.clocks, filters.grade, filters.region)
    told: dict[str, Any] = panels.figure_cards(figures) | {"lines": cache.text(filters, on, language)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def read(pairs: Sequence[tuple[str, str]]) -> tuple[Filters, tuple[str, ...]]:
    """
    Read the keys of an address.

    Returns
    -------
    filters, on
        The view with the window of its events, and the layers that are on.

    Raises
    ------
    InputError
        If a key is unknown, stands twice, is missing or has a value that cannot be used.
    """
    names = [name for name, _value in pairs]
    for name in names:
        if name not in KEYS or names.count(name) > 1:
            raise InputError(
                _("{name}: found it {n} times, required once at most, and one of {keys}.").format(
                    name=name[:40], n=names.count(name), keys=", ".join(KEYS)
                )
            )
    given = {name: value for name, value in pairs if value}
    as_of, known_on = (_day(given, name) for name in ("as_of", "known_on"))
    end = _day(given, "to") if "to" in given else as_of
    start = _day(given, "from") if "from" in given else end - timedelta(days=WINDOW_DAYS)
    on, unknown = layers.parse(given.get("layers"))
    if unknown:
        raise InputError(
            _("layers: found {found}, required layers such as {known}.").format(
                found=unknown[0][:40], known=", ".join(layers.GROUPS)
            )
        )
    filters = Filters(
        Clocks(as_of, known_on),
        grade=evidence.parse_threshold(given.get("grade", evidence.LOWEST)),
        region=given.get("region"),
        start=min(start, end),
        end=max(start, end),
        categories=tuple(filter(None, given.get("category", "").split(","))),
        plans=True,
    )
    return filters, on


def _day(given: Mapping[str, str], name: str) -> Any:
    if name not in given:
        raise InputError(_("{name}: found nothing, required a date such as 2025-01-18.").format(name=name))
    return settings.parse_date(given[name], name)
