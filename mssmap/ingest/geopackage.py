"""
GeoPackage, read as the SQLite file it is: tables only, so that no view, trigger or virtual table of the file ever runs.

Geometry blobs are a header and well-known binary (OGC 12-128r18, clause 2.1.3).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from mssmap.i18n.phrases import phrase
from mssmap.ingest import shapes
from mssmap.ingest.table import Parsed, Table, from_values
from mssmap.jail.limits import Limits, at_most, printable, refused

PROOF_TABLE = "mssmap_proof"

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
"""What the connection may do once the schema is checked; also the one function below."""

ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read the feature and attribute tables of a GeoPackage.

    Raises
    ------
    RefusedError
        If it is no GeoPackage, its own tables are views, or there is more than the limits allow.
    """
    parsed = Parsed("gpkg")
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(_without_journal(content))
        _tame(database)
        kinds = _kinds(database)
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
            if kinds.get(table, "table") != "table":
                raise refused(
                    phrase("{table} as a {what}", table=table, what=kinds[table]),
                    phrase("{table} as a table", table=table),
                    phrase("Export it again as GeoPackage."),
                )
        if "gpkg_contents" not in kinds:
            raise refused(
                phrase("an SQLite file without gpkg_contents ({name})", name=printable(name)), phrase("a GeoPackage")
            )
        listed = database.execute("SELECT table_name, data_type FROM gpkg_contents").fetchmany(limits.tables + 1)
        at_most(len(listed), limits.tables, phrase("layers"))
        geometry = _geometry_columns(database, kinds)
        for table, data_type in listed:
            if data_type not in ("features", "attributes") or table == PROOF_TABLE:
                continue
            if kinds.get(table) != "table":
                parsed.notes.append(
                    phrase(
                        "{table}: a {what}, left out: only tables are read.",
                        table=printable(table),
                        what=kinds.get(table, "missing table"),
                    )
                )
                continue
            parsed.tables.append(_table(database, table, geometry.get(table), limits))
        parsed.proof = _proof(database, kinds)
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError) as error:
        raise refused(
            phrase("a database that cannot be read ({error})", error=error),
            phrase("an intact GeoPackage"),
            phrase("Export it again."),
        ) from error
    finally:
        database.close()
    if not parsed.tables:
        views = " ".join(parsed.notes)
        hint = phrase("{views} Save the view as a layer of its own.", views=views) if views else ""
        raise refused(phrase("no table with features or attributes"), phrase("at least one"), hint)
    return parsed


WAL: Final = b"\x02\x02"
"""Versions for writing and reading of a database whose changes go to a journal beside it (SQLite file format, 1.3)."""


def _without_journal(content: bytes) -> bytes:
    """Let a database that QGIS left in WAL mode be opened from memory, where there is no journal."""
    return content[:18] + b"\x01\x01" + content[20:] if content[18:20] == WAL else content


def _tame(database: sqlite3.Connection) -> None:
    """Take everything from the connection that reading tables does not need."""
    database.execute("PRAGMA trusted_schema=OFF")
    database.execute("PRAGMA cell_size_check=ON")
    database.execute("PRAGMA query_only=ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000_000)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)

    def judge(action: int, first: str | None, second: str | None, _db: str | None, _via: str | None) -> int:
        if action in ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first == "table_info"):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    database.set_authorizer(judge)


def _kinds(database: sqlite3.Connection) -> dict[str, str]:
    """Return `table`, `view` or `virtual table` by name."""
    found = {}
    for kind, name, sql in database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
    ):
        virtual = str(sql or "").lstrip().upper().startswith("CREATE VIRTUAL")
        found[str(name)] = "virtual table" if virtual else str(kind)
    return found


def _geometry_columns(database: sqlite3.Connection, kinds: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return name and CRS of the geometry column by table."""
    if "gpkg_geometry_columns" not in kinds:
        return {}
    systems = {}
    if "gpkg_spatial_ref_sys" in kinds:
        query = "SELECT srs_id, organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
        for srs_id, organization, code, definition in database.execute(query):
            known = str(organization).upper() == "EPSG" and isinstance(code, int)
            systems[srs_id] = f"EPSG:{code}" if known else str(definition)
    rows = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    return {str(table): (str(column), _system(systems.get(srs_id, ""))) for table, column, srs_id in rows}


def _system(text: str) -> str:
    return "" if text in ("undefined", "None") else text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(database: sqlite3.Connection, name: str, geometry: tuple[str, str] | None, limits: Limits) -> Table:
    info = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    at_most(len(info), limits.columns, phrase("columns"))
    types = {str(column): str(declared).upper() for _, column, declared, *_rest in info}
    keys = [
        str(column) for _, column, declared, _null, _default, key in info if key and str(declared).upper() == "INTEGER"
    ]
    hidden = {keys[0]} if len(keys) == 1 and keys[0].lower() in ("fid", "ogc_fid", "id", "objectid") else set()
    hidden = {key for key in hidden if key.lower() != "id"}
    columns = [column for column in types if column not in hidden]
    if not columns:
        raise refused(phrase("{name} without columns", name=name), phrase("at least one"))
    rows = []
    for row in database.execute(f"SELECT {', '.join(_quoted(c) for c in columns)} FROM {_quoted(name)}"):
        rows.append(row)
        at_most(len(rows), limits.rows, phrase("rows"))
        at_most(len(rows) * len(columns), limits.cells, phrase("cells"))
    values = dict(
        zip(columns, ([list(cells) for cells in zip(*rows, strict=True)] or [[] for _ in columns]), strict=True)
    )
    blobs = values.pop(geometry[0], None) if geometry else None
    table = from_values(name, {c: _typed(cells, types[c]) for c, cells in values.items()}, range(1, len(rows) + 1))
    if geometry and blobs is not None:
        table.geometry, table.crs = _shapes(blobs, table, limits), geometry[1]
    return table


def _typed(cells: list[Any], declared: str) -> list[Any]:
    """Give the values of a column the type it was declared with; what does not fit stays as it is."""
    convert = {"BOOLEAN": _boolean, "DATE": _date, "DATETIME": _time}.get(declared)
    if convert is None:
        if declared.startswith(("REAL", "DOUBLE", "FLOAT")):
            return [float(value) if type(value) is int and abs(value) < 2**53 else value for value in cells]
        return cells
    return [None if value is None else convert(value) for value in cells]


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def _time(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return found.astimezone(UTC) if found.tzinfo else found


def _shapes(blobs: Sequence[Any], table: Table, limits: Limits) -> shapes.Shapes:
    return shapes.from_wkb([_wkb(blob) for blob in blobs], table, limits, phrase("a GeoPackage geometry"))


def _wkb(blob: Any) -> bytes | None:
    """Return the well-known binary behind the header of a GeoPackage geometry, nothing of what is no such thing."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return b""
    skip = ENVELOPE_BYTES.get((blob[3] >> 1) & 7)
    return b"" if skip is None else blob[8 + skip :]


def _proof(database: sqlite3.Connection, kinds: dict[str, str]) -> dict[str, Any] | None:
    if kinds.get(PROOF_TABLE) != "table":
        return None
    try:
        row = database.execute(f"SELECT document FROM {PROOF_TABLE} LIMIT 1").fetchone()
        document = json.loads(row[0]) if row else None
    except (sqlite3.Error, TypeError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
