"""
The app on its own ASGI server.

`streamlit run app.py` works as well; started this way every answer comes some 100 ms sooner: uvicorn binds the socket
itself (so TCP_NODELAY is set), and the heap that the imports and the data fill is frozen, so that the garbage
collection which Streamlit does after each run finds nothing to walk through.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mssmap import api, planning, settings
from mssmap.api.archives import routes as archive_routes
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.ui import cache, drain, live

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
HASHED = re.compile(r"/app/static/[\w.-]+-[0-9a-f]{12}\.\w+$")
"""Static files whose name changes with their content."""

CLOSING_S = 3
"""So long an answer that is on its way may take once the sockets close."""

log = logging.getLogger("mssmap")


class KeepHashedFiles:
    """Middleware: a browser may keep a file with a hashed name for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not HASHED.search(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [
                    *((k, v) for k, v in message["headers"] if k.lower() != b"cache-control"),
                    (b"cache-control", b"public, max-age=31536000, immutable"),
                ]
            await send(message)

        await self.app(scope, receive, mark)


@asynccontextmanager
async def _lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    cache.warm()
    gc.collect()
    gc.freeze()
    yield {}


def _log_fault(error: Exception) -> None:
    log.error("A page stopped: %s", error, exc_info=error)


def create_app() -> st.App:
    """Return the ASGI application: Streamlit's, with our middleware, warm caches and one place that logs faults."""
    cache.STATIC.mkdir(exist_ok=True)
    return st.App(
        APP,
        routes=[
            *api.routes(cache.data),
            *archive_routes(cache.archives),
            Route("/readyz", _ready, methods=["GET", "HEAD"]),
            Route("/live", live.live, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(KeepHashedFiles)],
        lifespan=_lifespan,
        on_script_error=_log_fault,
    )


def _ready(_request: Request) -> Response:
    """Say whether this server can do its work: it is not stopping, the data are read, and the store answers."""
    if drain.begun():
        return PlainTextResponse("draining\n", status_code=503)
    try:
        cache.data()
        cache.plans().setting("ready")
    except MssmapError as error:
        return PlainTextResponse(f"not ready: {error}\n", status_code=503)
    return PlainTextResponse("ready\n")


class _Server(uvicorn.Server):
    """Tells the address once requests are answered, and drains when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, address: str, drain_s: float) -> None:
        super().__init__(config)
        self._address = address
        self._drain_s = drain_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"mssmap is ready: {self._address}   (stop with Ctrl+C)", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM and leave with 0; anything else stops at once."""
        if sig == signal.SIGTERM and not drain.begun():
            drain.begin(self._close, seconds=self._drain_s)
        else:
            super().handle_exit(sig, frame)

    def _close(self) -> None:
        self.should_exit = True


def serve(*, host: str, port: int) -> None:
    """
    Run the app until it is stopped.

    Raises
    ------
    InputError
        If the port is in use or the address cannot be bound, or `MSSMAP_ROADS` cannot be used.
    """
    _require_free(host, port)
    if extract := settings.load().roads:
        print(
            _("Roads of {name}: the first start with them takes about a minute.").format(name=extract.name), flush=True
        )
        planning.links_of(cache.data(), extract)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("streamlit", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    shown = "localhost" if host in {"127.0.0.1", "localhost"} else host
    config = uvicorn.Config(
        create_app(),
        host=host,
        port=port,
        log_config=None,
        log_level="warning",
        access_log=False,
        ws="auto",
        timeout_graceful_shutdown=CLOSING_S,
    )
    _Server(config, f"http://{shown}:{port}", settings.load().drain_s).run()


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port), reuse_port=False):
            pass
    except OSError as error:
        raise InputError(
            f"port: {port} on {host} cannot be used ({os.strerror(error.errno or 0).lower()}). "
            f"Choose another: make run PORT={port + 1 if port < 65535 else 8501}, or mssmap serve --port."
        ) from error
