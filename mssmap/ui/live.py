"""
What a window hears between two clicks: that the server was started again, that somebody else changed what it shows.

Each window asks `/live` every other second, without a run of its script; `client/page/live.js` tells the person. On
every page it also serves the queue of acts (`client/page/acts.js`), so that what waits is sent from wherever the person
goes.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Final

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mssmap import settings
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import attach
from mssmap.store import presence, roles
from mssmap.ui import cache, components, logs
from mssmap.ui.planner import editing, hand

BOOT: Final = uuid.uuid4().hex
"""Another one after each start of the server."""
LONGEST: Final = 80
"""Characters of a plan id or window id."""


# ---------------------------------------------------------------------------------------------------------- the route


async def live(request: Request) -> Response:
    """Answer `GET /live?plan=ID&tab=ID`; `POST /live?tab=ID` says that the window was closed."""
    plan_id, tab = (request.query_params.get(name, "")[:LONGEST] for name in ("plan", "tab"))
    try:
        if request.method == "POST":
            await run_in_threadpool(presence.leave, cache.opened(), tab)
            return Response(status_code=204)
        found = await run_in_threadpool(_found, plan_id, tab, logs.person.get())
    except MssmapError as error:
        return JSONResponse({"boot": BOOT, "fault": str(error)}, headers={"cache-control": "no-store"})
    return JSONResponse({"boot": BOOT, **found}, headers={"cache-control": "no-store"})


def _found(plan_id: str, tab: str, person: str) -> dict[str, Any]:
    cache.opened().require_same()
    found: dict[str, Any] = {"imports": _imports()}
    if plan_id and tab:
        seen = presence.watch(cache.opened(), plan_id, tab=tab, name=person, now=time.time())
        found["plan"] = vars(seen) if seen is not None else None
    return found


def _imports() -> str:
    return cache.mark(attach.mark(settings.load().database_url))


# ------------------------------------------------------------------------------------------------------ the component


def mount(page: str) -> None:
    """
    Put the component on the page; last of all, so that what it says of the plan is what the page shows.

    Parameters
    ----------
    page
        The address of the page; only the planner shows a plan that others may change.
    """
    on_planner = page == "planner"
    held = hand.held() if on_planner else None
    if not on_planner:
        editing.left()
    data = {
        "boot": BOOT,
        "imports": cache.mark(cache.seen()),
        "plan": held.watched if held else None,
        "planner": on_planner,
        **editing.served(),
        "words": _words(),
    }
    with st.container(key="live"):
        components.component("live", key="live_told", data=data, on_again_change=lambda: None)


def _words() -> dict[str, str]:
    """All that the component may have to say; `{who}` and the like are filled in by the browser, as text."""
    return {
        "away": _("The server does not answer. What you see stays; changes are not stored until it is back."),
        "restarted": _("The server was started again. What was saved is safe."),
        "load": _("Load again"),
        "close": _("Close"),
        "changed": _("{who} changed this plan at {time} UTC; you see it as it is now."),
        "imports": _("The data were changed."),
        "followed": _("The data were changed meanwhile. You see them as they are now."),
        "one": _("One other window is on this plan: {names}"),
        "more": _("{n} other windows are on this plan: {names}"),
        "nobody": _("somebody"),
        "local": roles.LOCAL,
        "window": _("Another window"),
        "ended": _("Your sign-in or your role has ended. What you see is no longer kept up to date."),
        "sign_in": _("Sign in"),
        "too_large": _(
            "{file}: not uploaded. The file has {found}, at most {most} are allowed here. Choose a smaller one, or "
            "split it."
        ),
        "too_large_there": _(
            "{file}: not uploaded. The server, or a proxy before it, takes no file of {found}. Choose a smaller one, "
            "or split it."
        ),
        "other_kind": _("{file}: not uploaded. Required is a file of the kind {kinds}. Choose another one."),
        "not_taken": _("{file}: not uploaded. {answer}"),
        "not_uploaded": _("{file}: the upload did not arrive. Remove the file here and upload it again."),
        "waiting": _("Changes of yours to plans are not yet stored: {n}"),
    }
