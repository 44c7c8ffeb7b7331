"""Tables of the store; the same on SQLite and on PostgreSQL with PostGIS."""

from __future__ import annotations

import math
import struct
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import LargeBinary, TypeDecorator, TypeEngine, UserDefinedType

SRID = 4326
_WITH_SRID = 0x20000000


class _PostgisPoint(UserDefinedType[str]):
    """The column type of PostGIS; values travel as hexadecimal EWKB."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return f"geometry(Point,{SRID})"


class Point(TypeDecorator[tuple[float, float]]):
    """Longitude and latitude: a geometry in PostGIS (QGIS draws it), well-known binary in SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_PostgisPoint() if dialect.name == "postgresql" else LargeBinary())

    def process_bind_param(self, value: tuple[float, float] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        ewkb = struct.pack("<BIIdd", 1, 1 | _WITH_SRID, SRID, *value)
        return ewkb.hex() if dialect.name == "postgresql" else ewkb

    def process_result_value(self, value: Any, _dialect: Dialect) -> tuple[float, float] | None:
        if value is None:
            return None
        return lon_lat(value)


def lon_lat(value: Any) -> tuple[float, float]:
    """Return longitude and latitude of a point, as the driver gives it."""
    raw = bytes.fromhex(value) if isinstance(value, str) else bytes(value)
    _order, _kind, _srid, lon, lat = struct.unpack("<BIIdd", raw)
    return lon, lat


def is_point(value: Any) -> bool:
    """Whether a column of points holds one, as the driver gives it."""
    try:
        return isinstance(value, str | bytes) and all(map(math.isfinite, lon_lat(value)))
    except (ValueError, struct.error):
        return False


Json = JSON().with_variant(JSONB(), "postgresql")


metadata = MetaData()

plans = Table(
    "plan",
    metadata,
    Column("plan_id", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, default=False, nullable=False),
    Column("body", Json, nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("changed_by", String(200), nullable=False),
)
"""A plan as it is now; `version` grows by one with each change."""

proposals = Table(
    "proposal",
    metadata,
    Column("plan_id", ForeignKey("plan.plan_id", ondelete="CASCADE"), primary_key=True),
    Column("proposal_id", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("rule", String(20), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("capacity", Integer, nullable=True),
    Column("note", Text, nullable=False),
    Column("place", Point(), nullable=False),
)
"""A proposal of a plan as a point, for maps outside mssmap; written together with its plan."""

trail = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("request_id", String(80), nullable=False),
    Column("at", String(40), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(20), nullable=False),
    Column("entity", String(20), nullable=False),
    Column("entity_id", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Json, nullable=True),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("request_id", name="audit_request"),
)
"""One change, chained to the one before by its hash; rows are only ever added."""

answers = Table(
    "answer",
    metadata,
    Column("request_id", String(80), primary_key=True),
    Column("plan_id", String(80), nullable=False),
    Column("version", Integer, nullable=False),
)
"""An act on a plan that changed nothing: remembered, so that it changes nothing when it arrives again, either."""

imports = Table(
    "import",
    metadata,
    Column("import_id", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("removed", Boolean, default=False, nullable=False),
    Column("body", Json, nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("changed_by", String(200), nullable=False),
)
"""An import as it is now; its rows are in `payload`, under the hash that `body` names."""

submissions = Table(
    "submission",
    metadata,
    Column("submission_id", String(80), primary_key=True),
    Column("number", Integer, unique=True, nullable=False),
    Column("name", String(200), nullable=False),
    Column("state", String(20), index=True, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("changed_by", String(200), nullable=False),
)
"""A change to a record that somebody handed in, and what was decided; `body` holds both."""

payloads = Table(
    "payload",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""The rows of an import as Parquet, named by their hash; kept when the import is removed, so that it can return."""

conflicts = Table(
    "conflict",
    metadata,
    Column("conflict_id", String(80), primary_key=True),
    Column("entity", String(20), nullable=False),
    Column("entity_id", String(80), nullable=False),
    Column("branch", String(80), nullable=False),
    Column("origin", String(200), nullable=False),
    Column("theirs", Json, nullable=True),
    Column("theirs_by", String(200), nullable=False),
    Column("theirs_at", String(40), nullable=False),
    Column("merged_at", String(40), nullable=False),
    Column("choice", String(20), nullable=False),
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", String(40), nullable=False),
)
"""A record that a field copy and headquarters have both changed; `choice` is empty while nobody has decided."""

presence = Table(
    "presence",
    metadata,
    Column("tab", String(40), primary_key=True),
    Column("plan_id", String(80), index=True, nullable=False),
    Column("name", String(200), nullable=False),
    Column("seen_at", Float, nullable=False),
)
"""A window in which a plan is open, and when it last said so; no record, so not in the trail."""

settings = Table(
    "setting",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", Json, nullable=False),
    Column("version", Integer, nullable=False),
)
"""A small value that the app remembers, such as the day of the last brief."""

people = Table(
    "person",
    metadata,
    Column("person_id", String(200), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("changed_by", String(200), nullable=False),
)
"""A person and the role they have; `none` once it was taken away."""

signed_out = Table(
    "signed_out",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)
"""A cookie, by its hash, with which somebody has signed out; it belongs to the place and is in no back-up."""

identity = Table(
    "identity",
    metadata,
    Column("store_id", String(36), primary_key=True),
)
"""The one row that names a store; it belongs to the place and is in no back-up."""
