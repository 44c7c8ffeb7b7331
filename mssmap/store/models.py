"""Tables of the store; the same on SQLite and on PostgreSQL with PostGIS."""

from __future__ import annotations

import math
import struct
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
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


class Base(DeclarativeBase):
    """Common base of the tables."""


class PlanRow(Base):
    """A plan as it is now; `version` grows by one with each change."""

    __tablename__ = "plan"

    plan_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    deleted: Mapped[bool] = mapped_column(Boolean, default=False)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[str] = mapped_column(String(40))
    changed_by: Mapped[str] = mapped_column(String(200))


class ProposalRow(Base):
    """A proposal of a plan as a point, for maps outside mssmap; written together with its plan."""

    __tablename__ = "proposal"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plan.plan_id", ondelete="CASCADE"), primary_key=True)
    proposal_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(Boolean)
    capacity: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text)
    place: Mapped[tuple[float, float]] = mapped_column(Point())


class AuditRow(Base):
    """One change, chained to the one before by its hash; rows are only ever added."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("request_id", name="audit_request"),)

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    request_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20))
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AnswerRow(Base):
    """An act on a plan that changed nothing: remembered, so that it changes nothing when it arrives again, either."""

    __tablename__ = "answer"

    request_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    plan_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)


class ImportRow(Base):
    """An import as it is now; its rows are in `payload`, under the hash that `body` names."""

    __tablename__ = "import"

    import_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    removed: Mapped[bool] = mapped_column(Boolean, default=False)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[str] = mapped_column(String(40))
    changed_by: Mapped[str] = mapped_column(String(200))


class PayloadRow(Base):
    """The rows of an import as Parquet, named by their hash; kept when the import is removed, so that it can return."""

    __tablename__ = "payload"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ConflictRow(Base):
    """A record that a field copy and headquarters have both changed; `choice` is empty while nobody has decided."""

    __tablename__ = "conflict"

    conflict_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[str] = mapped_column(String(80))
    branch: Mapped[str] = mapped_column(String(80))
    origin: Mapped[str] = mapped_column(String(200))
    theirs: Mapped[dict[str, Any] | None] = mapped_column(Json)
    theirs_by: Mapped[str] = mapped_column(String(200))
    theirs_at: Mapped[str] = mapped_column(String(40))
    merged_at: Mapped[str] = mapped_column(String(40))
    choice: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[str] = mapped_column(String(40))


class PresenceRow(Base):
    """A window in which a plan is open, and when it last said so; no record, so not in the trail."""

    __tablename__ = "presence"

    tab: Mapped[str] = mapped_column(String(40), primary_key=True)
    plan_id: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(200))
    seen_at: Mapped[float] = mapped_column(Float)


class SettingRow(Base):
    """A small value that the app remembers, such as the day of the last brief."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Integer)


class PersonRow(Base):
    """A person and the role they have; `none` once it was taken away."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[str] = mapped_column(String(40))
    changed_by: Mapped[str] = mapped_column(String(200))


class SignedOutRow(Base):
    """A cookie, by its hash, with which somebody has signed out; it belongs to the place and is in no back-up."""

    __tablename__ = "signed_out"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[float] = mapped_column(Float)


class IdentityRow(Base):
    """The one row that names a store; it belongs to the place and is in no back-up."""

    __tablename__ = "identity"

    store_id: Mapped[str] = mapped_column(String(36), primary_key=True)
