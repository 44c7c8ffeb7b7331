"""
A server that is asked to stop (SIGTERM) drains: it says so at /readyz, ends what runs, then closes.

The proxy in front takes no new visitor to a server whose /readyz answers 503. Who is connected stays until nothing
runs, and is then closed; the browser connects again by itself, through the proxy to another server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSessionState

NOTICED_S: Final = 3.0
"""So long a proxy may take to see that /readyz has changed: two checks, one a second, and one to spare."""

POLL_S: Final = 0.05

_begun = threading.Event()


def begun() -> bool:
    """Whether this server was asked to stop."""
    return _begun.is_set()


def begin(close: Callable[[], None], *, seconds: float) -> None:
    """
    Say from now on that no new visitor is wanted, and close when the work is done.

    Parameters
    ----------
    close
        Called once: as soon as nobody is connected; else when the proxy had time to notice and no page is being worked
        out; at the latest after `seconds`.
    """
    _begun.set()
    threading.Thread(target=_wait, args=(close, time.monotonic(), seconds), daemon=True).start()


def _wait(close: Callable[[], None], start: float, seconds: float) -> None:
    while (passed := time.monotonic() - start) < seconds:
        states = _sessions()
        if not states or (passed >= NOTICED_S and AppSessionState.APP_IS_RUNNING not in states):
            break
        time.sleep(POLL_S)
    close()


def _sessions() -> list[AppSessionState]:
    """States of the visits that are connected; private names of Streamlit, whose version is pinned."""
    if not Runtime.exists():
        return []
    return [info.session._state for info in Runtime.instance()._session_mgr.list_active_sessions()]
