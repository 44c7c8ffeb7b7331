"""
What `/`, `/light` and `/preview.png` answer: pages that no script of the app makes, worked out once for all who ask.

Each view is worked out by one thread, however many ask for it; of different views only some wait at a time, and what
was worked out is kept within bounds. Who comes when the queue is full is told so.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mssmap import i18n, version
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.server import first, light, preview
from mssmap.server.door import pages
from mssmap.server.packed import SMALLEST, WAYS, agreed
from mssmap.ui import asked as asking
from mssmap.ui import cache
from mssmap.ui.asked import Asked

KEPT_BYTES: Final = 24_000_000
WAITING: Final = 24
"""Different views that may wait for their turn, those being worked out included."""
AT_ONCE: Final = 2
RETRY_S: Final = 5


@dataclass(frozen=True)
class Kind:
    """What is answered at a path: its type, and how it is made from a view."""

    media_type: str
    make: Callable[[Asked], bytes]


LIGHT: Final = "/light"
HTML: Final = "text/html; charset=utf-8"
KINDS: Final = {
    "/": Kind(HTML, lambda asked: first.page(asked).encode()),
    LIGHT: Kind(HTML, lambda asked: light.page(asked).encode()),
    "/preview.png": Kind("image/png", lambda asked: preview.picture(asked)),
}


class FullError(MssmapError):
    """More different views are asked for than can wait."""


class Kept:
    """Answers by their keys: made once, in threads, and let go when there are too many."""

    def __init__(self, most_bytes: int = KEPT_BYTES, waiting: int = WAITING) -> None:
        self._most_bytes, self._most_waiting = most_bytes, waiting
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[str, asyncio.Future[bytes]] = {}
        self._turns: asyncio.Semaphore | None = None

    async def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """
        Return what a key names.

        Raises
        ------
        FullError
            If it is not kept and too many others are waiting.
        """
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        if (under_way := self._under_way.get(key)) is not None:
            return await asyncio.shield(under_way)
        if len(self._under_way) >= self._most_waiting:
            raise FullError
        work = asyncio.ensure_future(self._make(key, make))
        self._under_way[key] = work
        work.add_done_callback(lambda _done: self._under_way.pop(key, None))
        return await asyncio.shield(work)

    async def _make(self, key: str, make: Callable[[], bytes]) -> bytes:
        self._turns = self._turns or asyncio.Semaphore(AT_ONCE)
        async with self._turns:
            made = await run_in_threadpool(make)
        self._kept[key] = made
        self._bytes += len(made)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._kept.popitem(last=False)[1])
        return made


class Opening:
    """
    Middleware that answers the paths of `KINDS`.

    Parameters
    ----------
    people_sign_in
        Whether an answer is one person's: then nobody between may keep it.
    public_url
        The address by which people come, empty if it is that of the request.
    """

    def __init__(self, app: ASGIApp, *, people_sign_in: bool, public_url: str) -> None:
        self.app = app
        self._caching = "private, no-store" if people_sign_in else "no-cache"
        self._public_url = public_url
        self._kept = Kept()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = KINDS.get(scope["path"]) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        if kind is None:
            await self.app(scope, receive, send)
            return
        answer = await self._answer(Request(scope), kind)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, kind: Kind) -> Response:
        origin = self._public_url or f"{request.url.scheme}://{request.url.netloc}"
        asked = await run_in_threadpool(asking.read, request.url.query, wanted_language(request.headers))
        if request.url.path != LIGHT:
            asked = replace(asked, record=None)
        name = await run_in_threadpool(_mark, request.url.path, asked)
        way = agreed(request.headers.get("accept-encoding", "")) if kind.media_type.startswith("text/") else ""
        headers = {
            "cache-control": self._caching,
            "vary": "Accept-Encoding, Accept-Language",
            "content-language": asked.language,
        }
        if self._caching == "no-cache":
            headers["etag"] = f'W/"{name}"'
            if name in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)

        def make() -> bytes:
            with i18n.speaking(asked.language), cache.pinned_to(asked.release):
                return kind.make(asked)

        try:
            content = await self._kept.get(name, make)
            if kind.media_type == HTML:  # made once, whatever name of the server people use
                content = content.replace(first.ORIGIN.encode(), html.escape(origin).encode())
            if way and len(content) >= SMALLEST:
                plain = content
                content = await self._kept.get(f"{name} {way} {origin}", lambda: WAYS[way](plain))
                headers["content-encoding"] = way
        except FullError:
            return _full(request.headers)
        return Response(content, media_type=kind.media_type, headers=headers)


def wanted_language(headers: Headers) -> str:
    """
    Return the language that a page speaks to a browser whose address names none, as `state.browser_language` does.

    >>> wanted_language(Headers({"accept-language": "fr-FR,en"})), wanted_language(Headers({"accept-language": "pt"}))
    ('fr', 'en')
    """
    first_wish = headers.get("accept-language", "").strip()[:2].lower()
    return first_wish if first_wish in i18n.LANGUAGES else "en"


def _mark(path: str, asked: Asked) -> str:
    """Return the name of an answer: of the view, of the data, and of us."""
    with cache.pinned_to(asked.release):
        known = cache.published()
        told = "\n".join((path, first.keys(asked), known.version, cache.data_mark(), version.__version__))
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _full(headers: Headers) -> Response:
    with i18n.speaking(pages.language(headers)):
        words = _("Too many different views are being asked for just now. Try again in {n} s.").format(n=RETRY_S)
    told = {"retry-after": str(RETRY_S), "cache-control": "no-store"}
    if "text/html" in headers.get("accept", ""):
        return pages.told(headers, 503, words, told)
    return PlainTextResponse(f"{words}\n", status_code=503, headers=told)
