"""
What a process does until it is killed, for test_kill.py.

Each write adds one to the count of NAME in one shared plan; only after the store has answered, a line goes to the file
ACKNOWLEDGED. With `control` it rewrites a JSON file instead, as ordinary code would, without versions.
"""

from __future__ import annotations

import json
import os
from pathlib import Path


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
        now = store.plan("p")
        counts = dict(now.body["counts"])
        counts[name] = counts.get(name, 0) + 1
        try:
            store.save({**now.body, "counts": counts}, version=now.version, actor=name)
        except ConflictError:
            continue
        acknowledge(file, counts[name])
