"""
How a sign-in ended: told to the person on a page, and written down with its reason.

Streamlit's own routes send everybody to the start, signed in or not, and say what went wrong in warnings of their log
only. Here those warnings are heard, and the answer is a page with one sentence where somebody is not signed in.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette import starlette_auth_routes

from mssmap.i18n import gettext as _
from mssmap.i18n import speaking
from mssmap.server.door import pages
from mssmap.settings import Settings
from mssmap.ui import identity, logs

LOGIN: Final = "/auth/login"
CALLBACK: Final = "/oauth2callback"
NEXT: Final = "mssmap_next"
"""Cookie with the path to go on to after signing in."""
CODES: Final = (
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
)
"""What a provider may say (RFC 6749, OpenID Connect); anything else in an address is anybody's text."""

_heard: ContextVar[list[logging.LogRecord] | None] = ContextVar("heard", default=None)


@dataclass(frozen=True)
class Failure:
    """Why somebody is not signed in: for the log, and for the person."""

    reason: str
    status: int
    words: str


class SignIn:
    """Middleware round Streamlit's way to the provider and back."""

    def __init__(self, app: ASGIApp, configured: Settings) -> None:
        self.app = app
        self._configured = configured
        listened = logging.getLogger(starlette_auth_routes.__name__)
        listened.handlers, listened.propagate = [_Listener()], False
        listened.setLevel(logging.WARNING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in {LOGIN, CALLBACK} or not scope["query_string"]:
            await self.app(scope, receive, send)
            return
        answer: list[Message] = []
        heard: list[logging.LogRecord] = []
        _heard.set(heard)

        async def keep(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, keep)
        request, headers = Request(scope), Headers(raw=answer[0]["headers"])
        cookies = _cookies(headers)
        is_under_way = scope["path"] == LOGIN and not heard and headers.get("location") != "/"
        if person := identity.from_cookies(cookies, self._configured):
            logs.person.set(person)
            logs.say("signed_in")
        elif not is_under_way:
            await _told(request, headers, cookies, heard)(scope, receive, send)
            return
        for message in answer:
            await send(message)


def _told(request: Request, headers: Headers, cookies: dict[str, str], heard: list[logging.LogRecord]) -> Response:
    """Write down why somebody is not signed in, and return the page that says so."""
    with speaking(pages.language(request.headers)):
        failure = _failure(request, cookies, heard)
    logs.say("sign_in_failed", logging.WARNING, kind=failure.reason.partition(":")[0], reason=failure.reason)
    wanted = pages.within(unquote(request.cookies.get(NEXT, "/")))
    page = pages.not_signed_in(request.headers, failure.status, failure.words, wanted)
    page.raw_headers += [(b"set-cookie", value.encode("latin-1")) for value in headers.getlist("set-cookie")]
    return page


def _failure(request: Request, cookies: dict[str, str], heard: list[logging.LogRecord]) -> Failure:
    if error := request.query_params.get("error"):
        return _refused(error if error in CODES else "unknown")
    if identity.COOKIE in cookies:
        return _nameless()
    fault = next((record.exc_info[1] for record in heard if record.exc_info), None)
    if fault is None or type(fault).__name__ == "MismatchingStateError":
        return _stale()
    return _away(fault, request)


class _Listener(logging.Handler):
    """Hears what Streamlit says of the sign-in of this request; its other errors go to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        heard = _heard.get()
        if heard is not None:
            heard.append(record)
        elif record.levelno >= logging.ERROR:
            logs.log.handle(record)


def _cookies(headers: Headers) -> dict[str, str]:
    """Return the cookies that an answer sets; one that it takes away is none."""
    jar = SimpleCookie("; ".join(value.partition(";")[0] for value in headers.getlist("set-cookie")))
    return {name: morsel.value for name, morsel in jar.items() if morsel.value}


def _refused(code: str) -> Failure:
    return Failure(
        f"refused: {code}",
        401,
        _(
            "You were not signed in: the sign-in provider refused it ({code}). Try again, or ask whoever runs this "
            "server."
        ).format(code=code),
    )


def _stale() -> Failure:
    return Failure(
        "stale: no such sign-in was begun here",
        401,
        _("You were not signed in: this sign-in was begun too long ago or in another browser. Try again."),
    )


def _nameless() -> Failure:
    return Failure(
        "nameless: no e-mail address and no id that can be used",
        401,
        _("You were not signed in: the sign-in provider gave no name that can be used. Ask whoever runs this server."),
    )


def _away(fault: BaseException, request: Request) -> Failure:
    said = " ".join(str(fault).split())[:300]
    for value in filter(None, request.query_params.values()):
        said = said.replace(value, logs.STRUCK_OUT)
    return Failure(
        f"provider: {type(fault).__name__}: {said}",
        502,
        _(
            "You were not signed in: the sign-in provider did not answer as it should. Try again later, or give "
            "whoever runs this server the reference {reference}."
        ).format(reference=logs.request_id.get()),
    )
