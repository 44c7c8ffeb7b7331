"""A store with records as no mssmap writes them: damage, or what an older or a foreign program has put there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import postgresql

from mssmap import ingest
from mssmap.brief import history
from mssmap.ingest import attach, prepare
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks
from mssmap.store import Store, notes, open_store, people, plans, tables

NONSENSE: tuple[Any, ...] = (
    "nonsense",
    "[1, 2]",
    "{}",
    b"\xff\x00",
    10**15,
    -1,
    '{"name": "\\ud800", "id": "\\udfff"}',
    '{"version": ' + "9" * 5_000 + "}",
    1e300,
)
"""What may stand in any column; the fourth is half a sign once it is read as text."""

KEYS = {
    "plan": "plan_id",
    "import": "import_id",
    "person": "person_id",
    "conflict": "conflict_id",
    "setting": "key",
    "proposal": "proposal_id",
    "answer": "request_id",
    "presence": "tab",
    "signed_out": "mark",
}
"""Column that names a record."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "plan": ("name", "version", "deleted", "body", "changed_at", "changed_by"),
    "import": ("name", "version", "removed", "body", "changed_at", "changed_by"),
    "person": ("role", "version", "changed_at", "changed_by"),
    "setting": ("value", "version"),
    "conflict": ("entity", "entity_id", "branch", "origin", "theirs", "theirs_by", "theirs_at", "merged_at"),
    "audit": ("at", "actor", "action", "entity", "entity_id", "body", "version", "hash", "before", "request_id"),
    "proposal": ("name", "active", "capacity", "place"),
    "answer": ("plan_id", "version"),
    "presence": ("plan_id", "name", "seen_at"),
    "signed_out": ("at",),
}
"""Columns that are damaged, each in a record of its own."""


def made(path: Path, data: Data, clocks: Clocks, folder: Path) -> Store:
    """Return a store with a sound record of each kind, named `sound`, and one for each of `FIELDS`, named by it."""
    store = open_store(f"sqlite:///{path}")
    base = scenario.baseline(data, clocks)
    for name in ("sound", *FIELDS["plan"]):
        plans.save(store, plan_file.to_dict(base.copy(f"plan-{name}", f"Plan {name}")), version=0)
    for n, name in enumerate(("sound", "rows", *FIELDS["import"])):
        file = folder / f"{name}.csv"
        file.write_text(f"title,date,category,lat,lon\nMarket {name},2025-01-{n + 1:02},riot,18.55,-72.34\n")
        reading = ingest.read(file)
        attach.store_import(store, prepare.prepare(reading, next(iter(reading.tables)), data))
    for name in ("sound", *FIELDS["person"]):
        people.grant(store, f"{name}@example.org", "viewer")
    for n, _name in enumerate(FIELDS["setting"], start=1):
        notes.remember(store, f"{history.PACKS}{n:06}", {"by": "a", "at": "b", "brief": {}, "files": {}})
    with sqlite3.connect(path) as session:
        theirs = json.dumps(plan_file.to_dict(base.copy("plan-sound", "Plan of the laptop")))
        said = ("laptop 3", theirs, "bea", "2025-01-18T12:00:00+00:00", "2025-01-19T12:00:00+00:00")
        for name in ("sound", *FIELDS["conflict"]):
            session.execute(
                "INSERT INTO conflict VALUES (?, 'plan', 'plan-sound', 'plan-sound~1', ?, ?, ?, ?, ?, '', '', '')",
                (f"conflict-{name}", *said),
            )
        for field in FIELDS["answer"]:
            session.execute("INSERT INTO answer VALUES (?, 'plan-sound', 1)", (f"answer-{field}",))
        for field in FIELDS["presence"]:
            session.execute("INSERT INTO presence VALUES (?, 'plan-sound', 'Ana', 1.0)", (f"presence-{field}",))
        place = bytes.fromhex(tables.Point().process_bind_param((-72.3, 18.5), postgresql.dialect()))
        for field in FIELDS["proposal"]:
            row = ("plan-sound", f"proposal-{field}", "A", "own", "candidate", 1, 5, "", place)
            session.execute("INSERT INTO proposal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        session.execute("INSERT INTO signed_out VALUES ('signed_out-at', 4000000000.0)")
    return store


def damage(store: Store, value: Any) -> dict[tuple[str, str], str]:
    """Put a value into each of `FIELDS`, and into the rows of an import; return the name of each record hit."""
    hit = {}
    with sqlite3.connect(str(store.engine.url.database)) as session:
        for table, fields in FIELDS.items():
            for n, field in enumerate(fields, start=1):
                name = _name(session, table, field, n)
                key = KEYS.get(table, "seq")
                session.execute(f'UPDATE "{table}" SET "{field}" = ? WHERE "{key}" = ?', (value, name))
                hit[table, field] = str(name)
        rows = session.execute("SELECT json_extract(body, '$.sha256') FROM import WHERE name LIKE 'rows%'").fetchone()
        session.execute("UPDATE payload SET content = ? WHERE sha256 = ?", (b"PAR1 no rows", rows[0]))
        hit["payload", "content"] = rows[0]
    return hit


def _name(session: sqlite3.Connection, table: str, field: str, n: int) -> Any:
    if table == "import":
        return session.execute("SELECT import_id FROM import WHERE name = ?", (field,)).fetchone()[0]
    return {
        "plan": f"plan-{field}",
        "person": f"{field}@example.org",
        "setting": f"{history.PACKS}{n:06}",
        "conflict": f"conflict-{field}",
        "audit": n,
    }.get(table, f"{table}-{field}")
