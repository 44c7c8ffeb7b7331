"""How much is held of what people have uploaded: so much a page, and so much in all. Streamlit keeps it in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime

from mssmap.i18n import gettext as _
from mssmap.i18n import speaking
from mssmap.server.door import pages

PATH: Final = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)")
MB: Final = 1024 * 1024
MOST: Final = 100 * MB
"""Bytes of one page that is open; one file may have a quarter of it (server.maxUploadSize)."""
MOST_IN_ALL: Final = 1000 * MB

Held = Mapping[str, Mapping[str, Any]]
"""Page -> file -> record with its `data`."""


def held() -> Held:
    """Return what Streamlit holds; private names of it, whose version is pinned."""
    manager: Any = Runtime.instance()._uploaded_file_mgr
    return dict(manager.file_storage)


class Uploads:
    """
    Middleware that takes an upload only if there is room for it.

    Parameters
    ----------
    held
        Gives what is held.
    """

    def __init__(self, app: ASGIApp, held: Callable[[], Held] = held) -> None:
        self.app = app
        self._held = held
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if place is None:
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        length = asked.get("content-length", "")
        if not length.isdecimal():
            await PlainTextResponse("An upload says how long it is.\n", 411)(scope, receive, send)
            return
        page, size = place[1], int(length)
        if refusal := self._refusal(asked, page, place[2], size):
            await refusal(scope, receive, send)
            return
        self._coming[page] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming[page] -= size
            self._coming += Counter()  # forgets the pages of which nothing is coming

    def _refusal(self, asked: Headers, page: str, file: str, size: int) -> Response | None:
        bytes_of = {
            one: sum(len(record.data) for name, record in list(files.items()) if (one, name) != (page, file))
            for one, files in self._held().items()
        }
        own = bytes_of.get(page, 0) + self._coming[page] + size
        everybody = sum(bytes_of.values()) + self._coming.total() + size
        with speaking(pages.language(asked)) as language:
            if own > MOST:
                words = _(
                    "Upload: with this file the page would hold {found:.0f} MB, {allowed:.0f} MB are allowed. Remove "
                    "files from the page that you no longer need, or load it again."
                ).format(found=own / MB, allowed=MOST / MB)
            elif everybody > MOST_IN_ALL:
                words = _(
                    "Upload: with this file the server would hold {found:.0f} MB of all people, {allowed:.0f} MB are "
                    "allowed. Try again in some minutes."
                ).format(found=everybody / MB, allowed=MOST_IN_ALL / MB)
            else:
                return None
        return PlainTextResponse(f"{words}\n", 413, headers={"cache-control": "no-store", "content-language": language})
