"""
Starts a process that submits, accepts and publishes, and kills it at a moment that a line of stdin says in seconds.

Usage: python -m store.desk_worker URL FOLDER ACKNOWLEDGED. Every process is a fork of this one, which has imported all
and done nothing: so a round takes the time of its work. Each thing that the store or the folder has answered is a line
of ACKNOWLEDGED: `submitted N`, `accepted N`, `published VERSION`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path

from mssmap.errors import InputError
from mssmap.ingest import attach, deciding
from mssmap.records import catalog
from mssmap.records.catalog import Data
from mssmap.records.submissions import rows, submission
from mssmap.records.submissions.joined import with_rows
from mssmap.releases import publishing
from mssmap.store import Store, inbox, open_store

TODAY = date(2025, 6, 30)
PUBLISHED_EACH = 3
"""So many are accepted between two releases."""


def now(store: Store, folder: Path) -> Data:
    """Return the data of a folder with what was accepted and is not published yet."""
    return with_rows(_read(folder, (folder / "datapackage.json").read_bytes()), attach.accepted_of(store))


@lru_cache(maxsize=1)
def _read(folder: Path, _catalog: bytes) -> Data:
    return catalog.open_data(folder)


def publish(store: Store, folder: Path) -> str:
    """Publish as `mssmap publish` does; a release that an earlier one could not note is noted."""
    found = [item.number for item in inbox.listed(store, inbox.ACCEPTED)]
    with suppress(InputError):  # nothing that is not in the folder already
        publishing.publish(folder, attach.accepted_of(store), TODAY)
    version = catalog_version(folder)
    inbox.publish(store, found, release=version)
    return version


def catalog_version(folder: Path) -> str:
    """Return the version that the catalog of a folder names."""
    return str(json.loads((folder / "datapackage.json").read_text(encoding="utf-8")).get("version", ""))


def work(url: str, folder: Path, acknowledged: str) -> None:
    """Submit, accept and publish until somebody ends it."""
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = open_store(url)
    for n in itertools.count(len(inbox.listed(store))):
        page = {
            "title": f"A {n}",
            "publisher": "Daily",
            "url": f"https://example.org/{n}",
            "published_on": "2025-03-02",
        }
        event = {"kind": "event", "category": "gang_attack", "title_en": f"Attack {n}", "valid_from": "2025-03-01"}
        item = rows.checked({**event, "sources": [page]}, now(store, folder), TODAY)
        kept = inbox.submit(store, [(item.title, submission.as_dict(item))], origin="typed", actor="ana")[0]
        os.write(file, f"submitted {kept.number}\n".encode())
        deciding.accept(store, kept.number, reason="Alone.", load=lambda: now(store, folder), today=TODAY)
        os.write(file, f"accepted {kept.number}\n".encode())
        if n % PUBLISHED_EACH == 0:
            os.write(file, f"published {publish(store, folder)}\n".encode())


def _size(file: str) -> int:
    return Path(file).stat().st_size if Path(file).exists() else 0


def main() -> None:
    """Fork and kill, once for each line."""
    url, folder, acknowledged = sys.argv[1:4]
    for line in sys.stdin:
        before = _size(acknowledged)
        child = os.fork()
        if child == 0:
            work(url, Path(folder), acknowledged)
        until = time.monotonic() + 90
        while time.monotonic() < until and _size(acknowledged) == before:
            time.sleep(0.002)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("killed", flush=True)


if __name__ == "__main__":
    main()
