"""
The app on its own ASGI server.

`streamlit run app.py` works as well; started this way every answer comes some 100 ms sooner: uvicorn binds the socket
itself (so TCP_NODELAY is set), and the heap that the imports and the data fill is frozen, so that the garbage
collection finds little to walk through; Streamlit's own after each run is off (`door.start`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir
from streamlit.runtime import Runtime
from streamlit.web.server.starlette.starlette_routes import create_app_static_serving_routes

from mssmap import api, settings, store
from mssmap.api.archives import routes as archive_routes
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning import on_data
from mssmap.server import drain, first, fonts, packed, streets
from mssmap.server.door import connections, guard, headers, start
from mssmap.server.door.absent import Absent
from mssmap.server.door.guard import Guard
from mssmap.server.door.sign_in import SignIn
from mssmap.server.door.uploads import Uploads
from mssmap.server.fonts import Fonts
from mssmap.server.opening import Opening
from mssmap.server.packed import Packed
from mssmap.server.seat import Begun, Seat, Sticky
from mssmap.store import people
from mssmap.ui import acts, answer, asked, cache, frame, live, logs, permits, plain, visits

APP = settings.ROOT / "app.py"
HASHED = re.compile(
    r"/app/static/[\w.-]+-[0-9a-f]{12}\.\w+$|/component/streamlit_folium\.st_folium/static/js/main\.[0-9a-f]{8}\.js$"
)
"""Static files whose name changes with their content."""

CLOSING_S = 3
"""So long an answer that is on its way may take once the sockets close."""


class KeepHashedFiles:
    """
    Middleware: a browser may keep a file with a hashed name for ever.

    Parameters
    ----------
    shared
        Whether a cache between browser and server may keep it too; not where people sign in.
    mend
        Called with the name of the file before it is read.
    """

    def __init__(self, app: ASGIApp, *, shared: bool, mend: Callable[[str], None] = lambda _name: None) -> None:
        self.app = app
        self._mend = mend
        self._kept = f"{'public' if shared else 'private'}, max-age=31536000, immutable".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not HASHED.search(scope["path"]):
            await self.app(scope, receive, send)
            return
        await run_in_threadpool(self._mend, scope["path"].rpartition("/")[2])

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"] = [
                    *((k, v) for k, v in message["headers"] if k.lower() != b"cache-control"),
                    (b"cache-control", self._kept),
                ]
            await send(message)

        await self.app(scope, receive, mark)


_makes_pages = threading.Event()
"""Set once the first page was made."""
_NO_PAGE = mark("The first page cannot be made; what the log said at the start says why.")


async def _make_the_first_page() -> None:
    """Run the app once, as for a visitor; a slow machine may take its time."""
    said = "timeout"
    while said == "timeout":
        made, said = await Runtime.instance().does_script_run_without_error()
    if made:
        _makes_pages.set()
    else:
        logs.say("not_ready", logging.ERROR, message=_(_NO_PAGE))


def _draw_the_usual_view() -> None:
    """Write the first answer once, so that nobody waits for the ground; a fault is told and keeps no server away."""
    try:
        first.page(asked.read("", "en"))
    except (MssmapError, OSError, ValueError, ArithmeticError, LookupError) as error:
        logs.fault(error)


@asynccontextmanager
async def _lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    cache.warm()
    fonts.start()
    packed.prepare(first.needed())
    await run_in_threadpool(_draw_the_usual_view)
    await _make_the_first_page()
    gc.collect()
    gc.freeze()
    watching = asyncio.create_task(visits.watch())
    yield {}
    watching.cancel()
    gc.unfreeze()


def _told_fault(error: Exception) -> bool:
    """Tell a person what stopped their page, in place of Streamlit's own words: a refusal as it is, a bug by its id."""
    if isinstance(error, MssmapError):
        plain.say("error", str(error))
    else:
        plain.say("error", guard.broken(logs.fault(error, permits.person())))
    return True


def create_app(seat: Seat | None = None) -> st.App:
    """
    Return the ASGI application: Streamlit's, with our middleware, warm caches and one place that logs faults.

    Parameters
    ----------
    seat
        The place among several processes that serve together; None for one alone.
    """
    configured = settings.load()
    limiter = seat.limiter() if seat else None
    https = configured.public_url.startswith("https://")
    secrets = start.configure(configured)
    beside = cache.static_folder().parent / APP.name
    return st.App(
        APP,
        secrets=secrets,
        routes=[
            *create_app_static_serving_routes(str(beside), None),  # Streamlit's own, for another folder than its own
            *api.routes(cache.data_now),
            *archive_routes(cache.archives),
            *streets.routes(shared=not configured.people_sign_in),
            Route("/readyz", _ready, methods=["GET", "HEAD"]),
            Route("/view", answer.view, methods=["GET"]),
            Route("/live", live.live, methods=["GET", "POST"]),
            Route("/acts", acts.acts, methods=["POST"]),
        ],
        middleware=[
            *([Middleware(Sticky, number=seat.number, https=https)] if seat else []),
            Middleware(Guard, configured=configured, store=cache.opened, policy=_policy, limiter=limiter),
            *([Middleware(SignIn, configured=configured)] if configured.people_sign_in else []),
            Middleware(Uploads),
            Middleware(Opening, people_sign_in=configured.people_sign_in, public_url=configured.public_url),
            Middleware(Absent),
            Middleware(Fonts),
            Middleware(Packed),
            Middleware(KeepHashedFiles, shared=not configured.people_sign_in, mend=cache.mend),
        ],
        lifespan=_lifespan,
        on_script_error=_told_fault,
    )


def _ready(_request: Request) -> Response:
    """Say whether this server can do its work: it makes pages, the data are read, the store is still the same."""
    if drain.begun():
        return PlainTextResponse("draining\n", status_code=503)
    try:
        if not _makes_pages.is_set():
            raise MssmapError(_(_NO_PAGE))
        cache.data()
        cache.opened().require_same()
    except MssmapError as error:
        logs.say("not_ready", logging.ERROR, message=str(error))
        return PlainTextResponse("not ready, the log says why\n", status_code=503)
    return PlainTextResponse("ready\n")


@lru_cache(maxsize=4)
def _policy_of(*scripts: str) -> str:
    return headers.policy(*scripts)


@lru_cache(maxsize=1)
def _page_scripts() -> tuple[str, ...]:
    page = Path(get_static_dir()) / "index.html"
    return (*headers.inline_scripts(page.read_text(encoding="utf-8")), first.script())


def _policy(path: str) -> str:
    """Return the policy of the content at a path: in the frame of the map only scripts of our base map may run."""
    if not path.startswith("/component/"):
        return _policy_of(*_page_scripts())
    return _policy_of(*(script + frame.ENDING for script in cache.frame_scripts()))


class _Server(uvicorn.Server):
    """Tells the address once the first page can be made, and drains when it is asked to stop."""

    def __init__(self, config: connections.Settled, address: str, drain_s: float, seat: Seat | None = None) -> None:
        super().__init__(config)
        self._seat = seat
        self._room = config.room
        self._address = address
        self._drain_s = drain_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers if self.started else ():
            for listener in server.sockets:
                with listener.dup() as same:
                    same.listen(connections.QUEUE)
        if not (self.started and _makes_pages.is_set()):
            return
        if self._seat:
            self._seat.receive(self._begun, self._close)
        else:
            print(f"mssmap is ready: {self._address}   (stop with Ctrl+C)", flush=True)

    async def on_tick(self, counter: int) -> bool:
        """Once a second, close the connections whose time is over."""
        if counter % 10 == 0:
            self._room.sweep(asyncio.get_running_loop().time())
            logs.tell_left_out()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM and leave with 0; anything else stops at once."""
        if sig == signal.SIGTERM and not drain.begun():
            drain.begin(self._close, seconds=self._drain_s)
        else:
            super().handle_exit(sig, frame)

    def _begun(self, first: bytes) -> Begun:
        """Return what answers a connection whose first bytes another process has read."""
        protocol = Begun(self.config, self.server_state, self.lifespan.state)
        protocol.first = first
        return protocol

    def _close(self) -> None:
        self.should_exit = True


def serve(*, host: str, port: int) -> None:
    """
    Run the app until it is stopped.

    Raises
    ------
    InputError
        If the port is in use or the address cannot be bound, `MSSMAP_ROADS` cannot be used, or what a public address
        needs is not set.
    MssmapError
        If the data cannot be read, the store cannot be used, or the map's files cannot be written.
    """
    configured = settings.load()
    if faults := start.faults(configured, host):
        raise InputError(" ".join(faults))
    start.require_free(host, port)
    shown = "localhost" if host in {"127.0.0.1", "localhost"} else host
    _prepare(configured)
    app = create_app()
    cache.published()
    config = _config(app, host=host, port=port)
    config.room = connections.Room(connections.raise_limit(), config.forwarded_allow_ips)
    _Server(config, f"http://{shown}:{port}", configured.drain_s).run()


def run(seat: Seat) -> None:
    """Serve as one of several processes, see `worker`; raises as `serve` does."""
    start.take_our_look()
    configured = settings.load()
    _prepare(configured, tells=seat.number == 0)
    app = create_app(seat)
    cache.published()
    config = _config(app)
    config.room = connections.Room(seat.most, config.forwarded_allow_ips)
    _Server(config, "", configured.drain_s, seat).run(sockets=[])


def _prepare(configured: settings.Settings, *, tells: bool = True) -> None:
    """Open what pages need; a start says with which store."""
    logs.start(configured)
    made = ", made now" if cache.opened().made_now else ""
    if tells:
        print(f"mssmap: store {store.address(configured.database_url)}{made}", flush=True)
    cache.data()
    if configured.people_sign_in and configured.admin:
        people.first_admin(cache.opened(), configured.admin)
    if extract := configured.roads:
        if tells:
            print(
                _("Roads of {name}: the first start with them takes about a minute.").format(name=extract.name),
                flush=True,
            )
        on_data.links_of(cache.data(), extract)


def _config(app: st.App, **address: Any) -> connections.Settled:
    return connections.Settled(
        app,
        **address,
        log_config=None,
        log_level="warning",
        access_log=False,
        http=connections.Caller,
        ws=connections.Page,
        backlog=connections.AT_ONCE,
        timeout_graceful_shutdown=CLOSING_S,
        server_header=False,
    )
