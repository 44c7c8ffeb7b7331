"""An unknown path is a 404: Streamlit answers its page at every path, for health checks and scanners as well."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mssmap.i18n import gettext as _
from mssmap.i18n import speaking
from mssmap.server.door import pages

PAGES: Final = frozenset({"/", "/timeline", "/planner", "/briefing", "/export", "/desk", "/data"})
"""Paths of the pages in app.py."""
FILES: Final = ("/component/", "/media/")
"""Below these a web page is a file that is there."""


class Absent:
    """Middleware: the page of the app is answered at the paths of its pages only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PAGES or scope["path"].startswith(FILES):
            await self.app(scope, receive, send)
            return
        absent = False

        async def answer(message: Message) -> None:
            nonlocal absent
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                absent = message["status"] == 200 and kind.startswith("text/html")
                if absent:
                    await _nothing_here(Headers(scope=scope))(scope, receive, send)
            if not absent:
                await send(message)

        await self.app(scope, receive, answer)


def _nothing_here(asked: Headers) -> Response:
    with speaking(pages.language(asked)):
        words = _("There is nothing at this address.")
    if "text/html" in asked.get("accept", ""):
        return pages.told(asked, 404, words)
    return PlainTextResponse(f"{words}\n", status_code=404, headers={"cache-control": "no-store"})
