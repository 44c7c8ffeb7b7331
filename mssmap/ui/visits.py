"""
Visits that were left: what they hold is given back.

Streamlit keeps a visit for a while after its page has gone, so that one whose line broke finds it again, and forgets it
without a word: its event loop, its files and its media stay until something collects them. Here each ends in time. The
event loop that Streamlit makes for each visit, three file descriptors, is kept only while a page is being worked out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

KEPT_S: Final = 30.0
"""So long a page may be away and find its visit again."""
MOST: Final = 128
"""Visits that are kept; the one that was left first makes room."""


class Left(SessionStorage):
    """
    Visits whose page has gone.

    Parameters
    ----------
    clock
        Gives seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, SessionInfo]] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        """Return a visit that is still kept."""
        return self._left[session_id][1] if session_id in self._left else None

    def save(self, session_info: SessionInfo) -> None:
        """Keep a visit whose page has gone."""
        self._left[session_info.session.id] = (self._clock(), session_info)
        if len(self._left) > MOST:
            self._end(next(iter(self._left)))

    def delete(self, session_id: str) -> None:
        """Forget a visit whose page is back."""
        del self._left[session_id]

    def list(self) -> list[SessionInfo]:
        """Return the visits that are kept."""
        return [info for _since, info in self._left.values()]

    def sweep(self) -> None:
        """End the visits whose time is over."""
        now = self._clock()
        for session_id in [one for one, (since, _info) in self._left.items() if now - since >= KEPT_S]:
            self._end(session_id)

    def _end(self, session_id: str) -> None:
        _since, info = self._left.pop(session_id)
        info.session.shutdown()


def _rest(session: Any) -> None:
    """Close the event loop of a visit in which nothing is worked out; Streamlit makes another one when it is needed."""
    loop = session._script_event_loop
    if session._scriptrunner is None and not loop.is_closed() and not loop.is_running():
        loop.close()


async def watch() -> None:
    """Look after the visits once a second, for ever; private names of Streamlit, whose version is pinned."""
    manager: Any = Runtime.instance()._session_mgr
    left = manager._session_storage = Left()
    while True:
        await asyncio.sleep(1)
        left.sweep()
        for info in (*manager.list_active_sessions(), *left.list()):
            _rest(info.session)
