"""
Whether the addresses of sources still answer; asked only when somebody wants to know, never by itself.

Each host is asked one thing at a time, with a pause; HEAD first, and GET without reading where a server refuses that.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from mssmap.i18n import gettext as _
from mssmap.version import __version__

ANSWERS, MOVED, DEAD, UNSURE = "answers", "moved", "dead", "unsure"
HOSTS_AT_ONCE: Final = 6
PAUSE_S: Final = 1.0
"""Between two questions to one host."""
TIMEOUT_S: Final = 15.0
GONE: Final = frozenset((404, 410))
"""Answers that say that there is nothing; any other refusal may be of us only."""


@dataclass(frozen=True)
class Link:
    """
    What became of one address.

    Attributes
    ----------
    state
        `answers`, `moved` (it answers at another host), `dead` (404, 410 or no such host) or `unsure` (refused, too
        slow, an error of the server).
    told
        The status, or why there was none.
    """

    source_id: str
    url: str
    state: str
    told: str


def check(
    sources: Iterable[tuple[str, str]],
    *,
    pause_s: float = PAUSE_S,
    timeout_s: float = TIMEOUT_S,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Link]:
    """
    Ask each address once.

    Parameters
    ----------
    sources
        Id and address of each.
    progress
        Is told after each address how many are done.

    Returns
    -------
    links
        One for each source, in their order.
    """
    listed = list(sources)
    hosts: dict[str, list[tuple[str, str]]] = {}
    for source_id, url in listed:
        hosts.setdefault(urlsplit(url).netloc, []).append((source_id, url))
    found: dict[str, Link] = {}
    done = itertools.count(1)
    headers = {"User-Agent": f"mssmap/{__version__} (looks whether a cited page is still there)"}
    with (
        httpx.Client(timeout=timeout_s, follow_redirects=True, headers=headers, max_redirects=5) as client,
        ThreadPoolExecutor(HOSTS_AT_ONCE) as pool,
    ):

        def of_host(asked: Sequence[tuple[str, str]]) -> None:
            for n, (source_id, url) in enumerate(asked):
                if n:
                    time.sleep(pause_s)
                found[source_id] = _ask(client, source_id, url)
                progress(next(done))

        list(pool.map(of_host, hosts.values()))
    return [found[source_id] for source_id, _url in listed]


def _ask(client: httpx.Client, source_id: str, url: str) -> Link:
    if urlsplit(url).scheme not in ("http", "https"):
        return Link(source_id, url, DEAD, _("no address on the web"))
    try:
        answer = client.head(url)
        if answer.is_error:  # many servers refuse HEAD alone
            with client.stream("GET", url) as answer:
                pass
    except httpx.TimeoutException:
        return Link(source_id, url, UNSURE, _("no answer in time"))
    except httpx.ConnectError as error:
        is_nowhere = "name" in str(error).lower()
        return Link(source_id, url, DEAD if is_nowhere else UNSURE, _("no connection"))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.TooManyRedirects, ValueError):
        return Link(source_id, url, UNSURE, _("an answer that cannot be read"))
    if answer.is_error:
        return Link(source_id, url, DEAD if answer.status_code in GONE else UNSURE, str(answer.status_code))
    moved = answer.url.host.removeprefix("www.") != (urlsplit(url).hostname or "").removeprefix("www.")
    return Link(source_id, url, MOVED if moved else ANSWERS, str(answer.status_code))


def counted(links: Iterable[Link]) -> Mapping[str, int]:
    """Return how many addresses are in each state."""
    states = [link.state for link in links]
    return {state: states.count(state) for state in (ANSWERS, MOVED, UNSURE, DEAD)}
