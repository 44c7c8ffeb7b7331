"""
The door itself: ASGI middleware in front of everything that Streamlit and we answer.

Each request gets an id, its host is checked, and where people sign in its person is looked up in the cookie and their
role in the store; then the answer gets its headers. Where nobody signs in only ids, hosts and headers are left.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected
from streamlit.auth_util import encode_provider_token
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n import speaking
from mssmap.server.door import headers, limits, pages, routes
from mssmap.server.door.routes import CLOSED, OPEN, READS, Rule
from mssmap.server.door.sign_in import NEXT
from mssmap.settings import Settings
from mssmap.store import Store, people, roles
from mssmap.ui import identity, logs

SIGN_IN: Final = "/signin"
SIGN_OUT: Final = "/auth/logout"
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ALWAYS_HOSTS: Final = ("/readyz", "/_stcore/health")
"""Paths that answer to any host name: what a balancer asks for has nothing to read."""


class Guard:
    """
    Middleware that lets in who may come in.

    Parameters
    ----------
    store
        Gives the store in which the roles are.
    policy
        Gives the policy of the content at a path.
    limiter
        Where several processes serve together, the one that they share.
    """

    def __init__(
        self,
        app: ASGIApp,
        configured: Settings,
        store: Callable[[], Store],
        policy: Callable[[str], str],
        limiter: limits.Limiter | limits.SharedLimiter | None = None,
    ) -> None:
        self.app = app
        self._policy = policy
        self._configured = configured
        self._store = store
        self._limiter = limiter or limits.Limiter()
        self._https = configured.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        logs.request_id.set(logs.new_id())
        logs.person.set("")
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = list(message.get("headers", ()))
                if headers.is_part(scope["path"], message["status"], given):
                    message["headers"] = headers.as_part(given, https=self._https)
                    await send(message)
                    return
                message["headers"] = headers.secured(
                    given,
                    self._policy(scope["path"]),
                    logs.request_id.get(),
                    https=self._https,
                    lifetime_s=identity.LIFETIME_HOURS * 3600,
                )
            await send(message)

        try:
            refusal = await self._refusal(request)
            if refusal is not None:
                await self._refuse(refusal, scope, receive, answer)
                return
            await self.app(scope, receive, answer)
        except WebSocketDisconnected:
            logs.say("left", logging.DEBUG, path=scope["path"])  # a browser that left in the middle of an answer
        except Exception as error:  # noqa: BLE001, the boundary of the server
            reference = logs.fault(error)
            if started or scope["type"] == "websocket":
                return
            await PlainTextResponse(f"{broken(reference)}\n", status_code=500)(scope, receive, answer)

    # ------------------------------------------------------------------ who and what

    async def _refusal(self, request: HTTPConnection) -> Response | None:
        """Return the answer to a request that may not pass, None if it may."""
        path = request.scope["path"]
        if path not in ALWAYS_HOSTS and not is_host_allowed(request.headers.get("host")):
            logs.say("host_refused", logging.WARNING, path=path)
            return PlainTextResponse("This server does not answer to that host name.\n", status_code=421)
        if CONTROL.search(path):
            return PlainTextResponse("An address holds no control characters.\n", status_code=400)
        if not self._configured.people_sign_in:
            return None
        rule = routes.rule(path)
        person = identity.from_cookies(request.cookies, self._configured)
        logs.person.set(person)
        if wait := self._limiter.wait(person or _address(request), rule.kind, time.monotonic()):
            return _too_many(request, rule, wait)
        if path == SIGN_IN:
            return self._to_provider(request)
        if path == SIGN_OUT:
            if not _is_from_our_page(request, self._configured):
                return pages.sign_out(request.headers)
            await self._sign_out(request, person)
        return await self._by_role(request, rule, person)

    async def _sign_out(self, request: HTTPConnection, person: str) -> None:
        """Let a cookie count no more, here and at every other server on the store."""
        identity.end(request.cookies)
        if not person:
            return
        mark, lifetime_s = identity.mark(request.cookies), identity.LIFETIME_HOURS * 3600
        try:
            await run_in_threadpool(people.sign_out, self._store(), mark, time.time(), lifetime_s)
        except MssmapError as error:
            logs.say("store_away", logging.ERROR, message=str(error))

    def _role(self, cookies: dict[str, str], person: str) -> str | None:
        """Return the role of a person, None if they have signed out at another server."""
        store = self._store()
        if identity.has_ended_anywhere(cookies, store):
            return None
        return people.role(store, person, self._configured.default_role)

    async def _by_role(self, request: HTTPConnection, rule: Rule, person: str) -> Response | None:
        if rule.needs == OPEN:
            return None
        if rule.needs == CLOSED:
            return PlainTextResponse("Not found\n", status_code=404)
        if not person:
            return _sign_in_first(request, rule)
        try:
            role = await run_in_threadpool(self._role, request.cookies, person)
        except MssmapError as error:
            logs.say("store_away", logging.ERROR, message=str(error))
            return PlainTextResponse("The store does not answer.\n", status_code=503, headers={"retry-after": "5"})
        if role is None:
            return _sign_in_first(request, rule)
        if not roles.reaches(role, rule.needs):
            return _not_allowed(request, rule, person, role)
        if request.scope["type"] == "http" and request.scope["method"] not in READS and not rule.writes:
            return PlainTextResponse("Method not allowed\n", status_code=405)
        return _on_to(request)

    def _to_provider(self, request: HTTPConnection) -> Response:
        """Send a person to the provider; a link to there would be stale after two minutes, so it is made now."""
        wanted = pages.within(request.query_params.get("next", "/"))
        found = RedirectResponse(f"/auth/login?provider={encode_provider_token('default')}", status_code=302)
        found.set_cookie(NEXT, quote(wanted, safe=""), max_age=600, httponly=True, samesite="lax")
        found.headers["cache-control"] = "no-store"
        return found

    async def _refuse(self, refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a refusal; a websocket that is closed before it is accepted is answered with 403."""
        if refusal.status_code >= 400:
            path, method = scope["path"], scope.get("method", "WEBSOCKET")
            kind = f"{refusal.status_code} {routes.rule(path).paths.pattern}"
            logs.say("refused", kind=kind, status=refusal.status_code, path=path, method=method)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await refusal(scope, receive, send)


def broken(reference: str) -> str:
    """Return what a person is told about a bug."""
    return _("Something went wrong on our side. Reference: {reference}").format(reference=reference)


def _address(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def _is_from_our_page(request: HTTPConnection, configured: Settings) -> bool:
    """Whether a page of ours leads here, as the browser says; one that says nothing of it names the page it left."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    try:
        left = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return False
    return f"{left.scheme}://{left.netloc}" == configured.public_url


def _is_seen(request: HTTPConnection, rule: Rule) -> bool:
    return rule.is_page and request.scope["type"] == "http" and request.scope["method"] == "GET"


def _sign_in_first(request: HTTPConnection, rule: Rule) -> Response:
    if _is_seen(request, rule):
        query = request.url.query
        return pages.sign_in(request.headers, request.scope["path"] + (f"?{query}" if query else ""))
    return PlainTextResponse("Sign in first.\n", status_code=401, headers={"cache-control": "no-store"})


def _not_allowed(request: HTTPConnection, rule: Rule, person: str, role: str) -> Response:
    if _is_seen(request, rule) and role == roles.NONE:
        return pages.no_role(request.headers, person)
    with speaking(pages.language(request.headers)) as language:
        words = _("This needs the role {needed}; yours is {role}.").format(
            needed=_(roles.WORDS[rule.needs]), role=_(roles.WORDS.get(role, role))
        )
    told = {"cache-control": "no-store", "content-language": language}
    return PlainTextResponse(f"{words}\n", status_code=403, headers=told)


def _too_many(request: HTTPConnection, rule: Rule, wait_s: int) -> Response:
    with speaking(pages.language(request.headers)) as language:
        extra = {"retry-after": str(wait_s), "cache-control": "no-store", "content-language": language}
        words = _("Too many requests. Try again in {n} s.").format(n=wait_s)
    if _is_seen(request, rule):
        return pages.told(request.headers, 429, words, extra)
    return PlainTextResponse(f"{words}\n", status_code=429, headers=extra)


def _on_to(request: HTTPConnection) -> Response | None:
    """After signing in the provider sends everybody to the start; go on to where the person wanted."""
    wanted = request.cookies.get(NEXT)
    if wanted is None or request.scope["path"] != "/" or request.scope["type"] != "http":
        return None
    target = pages.within(unquote(wanted))
    if target == "/":
        return None
    found = RedirectResponse(target, status_code=302)
    found.delete_cookie(NEXT, httponly=True, samesite="lax")
    return found
