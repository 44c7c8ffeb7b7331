"""The pages of the door: sign in, no role, refused, broken. Plain HTML without a script, in the reader's language."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse

from mssmap import i18n
from mssmap.i18n import gettext as _

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f2f5f7;color:#1c2730}"
    "main{max-width:34rem;margin:12vh auto;padding:2rem;background:#fff;border:1px solid #d5dde3;border-radius:6px}"
    "h1{font-size:1.4rem;margin:0 0 .75rem}p{margin:0 0 1rem;overflow-wrap:anywhere}"
    "a{color:#00567d}a.go{display:inline-block;padding:.55rem 1.1rem;background:#00567d;color:#fff;border-radius:6px;"
    "text-decoration:none}a:focus-visible{outline:3px solid #e69f00;outline-offset:2px}"
)
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def sign_in(headers: Headers, path: str) -> HTMLResponse:
    """Return the page that offers to sign in, and afterwards to go on to where the person wanted."""
    with i18n.speaking(language(headers)):
        return _page(
            401,
            _("Sign in to mssmap"),
            _("The open operations map of the security mission in Haiti: unofficial, from public reporting."),
            (_("Sign in"), _sign_in_at(path)),
        )


def not_signed_in(headers: Headers, status: int, words: str, path: str) -> HTMLResponse:
    """Return the page for somebody whose sign-in failed, with the way to try again."""
    with i18n.speaking(language(headers)):
        return _page(status, _("Not signed in"), words, (_("Sign in"), _sign_in_at(path)))


def no_role(headers: Headers, person: str) -> HTMLResponse:
    """Return the page for somebody who signed in and has no role."""
    with i18n.speaking(language(headers)):
        words = _(
            "You are signed in as {person}, and nobody has given you a role here yet. Ask whoever runs this server."
        )
        return _page(403, _("No role yet"), words.format(person=person), (_("Sign out"), "/auth/logout"))


def sign_out(headers: Headers) -> HTMLResponse:
    """Return the page that asks whether somebody wants to sign out, whom another page sent to do so."""
    with i18n.speaking(language(headers)):
        words = _("Another page asked to sign you out. Nothing has happened; press Sign out if you want to.")
        return _page(403, _("Sign out"), words, (_("Sign out"), "/auth/logout"))


def told(headers: Headers, status: int, words: str, extra: dict[str, str] | None = None) -> HTMLResponse:
    """Return a page with one sentence."""
    with i18n.speaking(language(headers)):
        return _page(status, "mssmap", words, (_("To the map"), "/"), extra)


def _sign_in_at(path: str) -> str:
    return f"/signin?next={quote(path, safe='')}"


def language(headers: Headers) -> str:
    """
    Return the first of our languages that a browser asks for.

    >>> language(Headers({"accept-language": "pt-BR, fr-FR;q=0.9, en;q=0.8"}))
    'fr'
    """
    wanted = (part.split(";")[0].strip()[:2].lower() for part in headers.get("accept-language", "").split(","))
    return next((code for code in wanted if code in i18n.LANGUAGES), "en")


def _page(
    status: int, title: str, words: str, link: tuple[str, str], extra: dict[str, str] | None = None
) -> HTMLResponse:
    label, href = link
    text = (
        f'<!doctype html><html lang="{i18n.current()}"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta property="og:title" content="mssmap">'  # a chat shows of a link what anybody may know
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><main><h1>{html.escape(title)}</h1>'
        f'<p>{html.escape(words)}</p><a class="go" href="{html.escape(href)}">{html.escape(label)}</a></main></html>'
    )
    headers = {"content-security-policy": POLICY, "cache-control": "no-store", "x-frame-options": "DENY"}
    return HTMLResponse(text, status, headers | (extra or {}))


def within(path: str) -> str:
    """
    Return a path of this server to go on to; the start for anything else.

    >>> within("/planner?scenario=x"), within("//evil.example"), within("https://evil.example"), within("/\\\\evil")
    ('/planner?scenario=x', '/', '/', '/')
    """
    sound = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if sound and len(path) <= 1500 else "/"
