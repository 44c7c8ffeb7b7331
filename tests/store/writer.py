"""
What a process does until it is killed, for test_kill.py, test_server_kill.py and test_leftovers.py.

Each write adds one to the count of NAME in one shared plan; only after the store has answered, a line goes to the file
ACKNOWLEDGED. With `control` it rewrites a JSON file instead, as ordinary code would, without versions.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from mssmap.store import plans


def acknowledge(file: int, n: int) -> None:
    os.write(file, f"{n}\n".encode())


def write_forever(url: str, name: str, acknowledged: str, control: bool) -> None:
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if control:
        path = Path(url)
        n = 0
        while True:
            try:
                counts = json.loads(path.read_text())
            except (OSError, ValueError):
                counts = {}
            n = counts[name] = counts.get(name, 0) + 1
            path.write_text(json.dumps(counts))
            acknowledge(file, n)
    from mssmap.store import ConflictError, open_store

    store = open_store(url)
    while True:
        now = plans.find(store, "p")
        counts = dict(now.body["counts"])
        counts[name] = counts.get(name, 0) + 1
        try:
            plans.save(store, {**now.body, "counts": counts}, version=now.version, actor=name)
        except ConflictError:
            continue
        acknowledge(file, counts[name])


def write_on(url: str, name: str, acknowledged: str) -> None:
    """Write version after version of a plan of one's own; when the database is away, the same request again."""
    import time

    from mssmap.store import StoreAwayError, open_store

    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    told = os.open(f"{acknowledged}.told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = open_store(url)
    version = 0
    while True:
        body = {"id": name, "name": name, "count": version + 1}
        try:
            version = plans.save(store, body, version=version, actor=name, request_id=f"{name}-{version}").version
        except StoreAwayError as error:
            os.write(told, f"{error}\n".encode())
            time.sleep(0.05)
            continue
        acknowledge(file, version)


def work_on(url: str, folder: str) -> None:
    """Make back-ups, open field copies and write archives, one after the other."""
    from archive.samples import TEN, rows, write

    from mssmap.archive.shelf import Shelf
    from mssmap.ingest import field_copy
    from mssmap.store import backup, open_store

    store, place = open_store(url), Path(folder)
    print("ready", flush=True)
    while True:
        copy = place / "copy.zip"
        copy.unlink(missing_ok=True)
        backup.backup(store, copy)
        with field_copy.opened(copy):
            pass
        made = write(place / "archives", rows(TEN))
        Shelf(place / "archives").delete(made.name)
