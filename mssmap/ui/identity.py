"""
Who somebody is: the claims of the provider, as Streamlit keeps them in a signed cookie.

Streamlit signs the cookie for 30 days, and a copy of it outlives signing out. So here it counts for `LIFETIME_HOURS`
only and until its person signs out, asked at each request and each run of a page; and it says who somebody is, never
what they may do: that stands in the store, and so does who has signed out.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from mssmap.settings import Settings
from mssmap.store import Store, people
from mssmap.store.people import LONGEST

COOKIE: Final = "_streamlit_user"
"""Cookie with the signed claims; large ones go on in `_streamlit_user_1` and so on."""
LIFETIME_HOURS: Final = 12
ENDED: Final = 50_000
"""Cookies of people who have signed out that are remembered; the oldest makes room."""


def person_id(claims: Mapping[str, Any]) -> str:
    """
    Return what names a person in the store; empty if the claims name nobody.

    An address that the provider has not verified may be anybody's, so such a person goes by the provider's own id.

    >>> person_id({"is_logged_in": True, "email": "Ana@X.org", "email_verified": True, "sub": "1"})
    'ana@x.org'
    >>> person_id({"is_logged_in": True, "email": "admin@x.org", "sub": "1"})
    'sub:1'
    """
    if claims.get("is_logged_in") is not True:
        return ""
    email, sub = claims.get("email"), claims.get("sub")
    if isinstance(email, str) and "@" in email and claims.get("email_verified") is True:
        found = email.strip().lower()
    else:
        found = f"sub:{sub}" if isinstance(sub, str) and sub else ""
    return found if len(found) <= LONGEST and found.isprintable() else ""


_ended: OrderedDict[str, None] = OrderedDict()


def end(cookies: Mapping[str, str]) -> None:
    """Let a cookie, and each copy of it, count no more at this server; `people.sign_out` tells the others."""
    _ended[mark(cookies)] = None
    if len(_ended) > ENDED:
        _ended.popitem(last=False)


def has_ended(cookies: Mapping[str, str]) -> bool:
    """Whether this server knows that the person of a cookie has signed out with it."""
    return mark(cookies) in _ended


def has_ended_anywhere(cookies: Mapping[str, str], store: Store) -> bool:
    """
    Whether the person of a cookie has signed out with it, at whichever server on the store.

    Raises
    ------
    StoreAwayError
        If the store cannot be read.
    """
    if not has_ended(cookies) and people.has_signed_out(store, mark(cookies)):
        end(cookies)
    return has_ended(cookies)


def mark(cookies: Mapping[str, str]) -> str:
    """Return the hash by which the store knows a cookie."""
    return hashlib.sha256(cookies.get(COOKIE, "").encode("utf-8", "surrogateescape")).hexdigest()


def from_cookies(cookies: Mapping[str, str], configured: Settings) -> str:
    """Return the person of a request; empty if its cookie is missing, forged, too old or of another address."""

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        if value is None:
            return None
        return decode_signed_value(configured.cookie_secret, name, value, max_age_days=LIFETIME_HOURS / 24)

    if has_ended(cookies):
        return ""
    try:
        claims = json.loads(get_cookie_with_chunks(signed, COOKIE) or b"{}")
    except ValueError:
        return ""
    if not isinstance(claims, dict) or claims.get("origin") != configured.public_url:
        return ""
    return person_id(claims)
