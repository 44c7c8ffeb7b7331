"""
Headers of every answer.

The policy of the content lets scripts come from this server only, and modules from blobs, which Streamlit's own parts
need. `eval` is not among what is allowed: Streamlit draws its charts with Vega's interpreter. Of inline scripts only
those run whose text is known beforehand: the one of Streamlit's page, and that of the base map in its frame. No script,
frame, form or connection reaches another host.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

from mssmap.legend import tiles

TILES: Final = " ".join(sorted({f"https://{urlsplit(str(one['url'])).hostname}" for one in tiles.TILES.values()}))
"""Hosts of the online backgrounds that a person may choose."""


def policy(*scripts: str) -> str:
    """
    Return the policy of the content.

    Parameters
    ----------
    scripts
        Texts of the inline scripts that may run, to the letter.
    """
    inline = "".join(f" '{_digest(script)}'" for script in scripts)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob:{inline}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {TILES}",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "media-src 'self' data: blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


Headers = list[tuple[bytes, bytes]]

PART: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of what is only a part of a page: nothing may run in it, were it opened by itself, and few bytes say so."""
PARTS: Final = (b"text/javascript", b"application/javascript", b"text/css", b"font/", b"application/json")
PARTS_AT: Final = ("/static/js/", "/static/css/", "/static/media/", "/app/static/")


def is_part(path: str, status: int, given: Headers) -> bool:
    """Whether an answer is a file that pages are made of: a script, a style, a typeface, shapes."""
    kind = next((value for name, value in given if name.lower() == b"content-type"), b"")
    return status == 200 and path.startswith(PARTS_AT) and kind.startswith(PARTS)


NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of an answer that is a sentence and no page."""


def _digest(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def inline_scripts(page: str) -> list[str]:
    """Return the texts of the inline scripts of a page, as Streamlit's own has one."""
    return re.findall(r"<script>(.*?)</script>", page, re.DOTALL)


ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

HSTS: Final = "max-age=31536000; includeSubDomains"


def secured(given: Headers, content: str, request_id: str, *, https: bool, lifetime_s: int) -> Headers:
    """
    Return the headers of an answer with ours added; what the answer itself says of content and frames stays.

    Parameters
    ----------
    content
        The policy of the content, from `policy`.
    https
        Whether people come by https: then cookies are marked Secure, and browsers stay with https.
    lifetime_s
        Longest life of a cookie in seconds.
    """
    found = [
        (name, _cookie(value, https, lifetime_s) if name.lower() == b"set-cookie" else value) for name, value in given
    ]
    there = {name.lower() for name, _value in found}
    extra = {
        "content-security-policy": content,
        **ALWAYS,
        "x-request-id": request_id,
        **({"strict-transport-security": HSTS} if https else {}),
    }
    return found + [(n.encode(), v.encode()) for n, v in extra.items() if n.encode() not in there]


def as_part(given: Headers, *, https: bool) -> Headers:
    """Return the headers of a part of a page with ours added; see `is_part`."""
    extra = PART | ({"strict-transport-security": HSTS} if https else {})
    there = {name.lower() for name, _value in given}
    return given + [(n.encode(), v.encode()) for n, v in extra.items() if n.encode() not in there]


def _cookie(value: bytes, https: bool, lifetime_s: int) -> bytes:
    """Bound the life of a cookie; Streamlit signs its own for 30 days and leaves Secure out."""
    parts = [part.strip() for part in value.decode("latin-1").split(";")]
    kept = [part for part in parts if part.lower() != "secure"]
    for i, part in enumerate(kept):
        name, _sign, text = part.partition("=")
        if name.lower() == "max-age" and text.isdecimal() and int(text) > lifetime_s:
            kept[i] = f"Max-Age={lifetime_s}"
    return "; ".join(kept + (["Secure"] if https else [])).encode("latin-1")
