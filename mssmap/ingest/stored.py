"""
What the store holds of an import, checked before anything uses it, however it came there.

What is said about it is read by a model. Its rows are measured before they are unpacked, and are used only if they have
the columns, kinds and shapes of an import; anything else is an error of one line, which is told beside the layer.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pydantic
import pyproj
import shapely
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mssmap.crs import WGS84
from mssmap.errors import DataError, InputError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.ingest import geoparquet, mapping
from mssmap.ingest.prepare import LEVELS
from mssmap.jail.limits import LIMITS, MB, at_most, printable
from mssmap.records import schema
from mssmap.records.schema import Contract
from mssmap.records.submissions.joined import RECORDED
from mssmap.store.imports import Import

UNUSABLE: Final = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, UnicodeError, OSError),
    *(pa.ArrowException, shapely.errors.ShapelyError, pyproj.exceptions.CRSError),
)
"""What libraries raise over content that is not what it should be."""
OBJECT_BYTES: Final = 56
HELD_BYTES: Final = 500 * MB
"""Of a frame in the server: many short texts take much more there than in their file."""


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without its zone")
    return text


def _mapping(text: str) -> str:
    mapping.loads(text)
    return text


Time = Annotated[str, AfterValidator(_time), Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", max_length=40)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Line = Annotated[str, Field(max_length=2_000)]


Model = TypeVar("Model", bound=BaseModel)


class Said(BaseModel):
    """What is said about an import, as `prepare.described` writes it."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,70}$")]
    name: Annotated[str, Field(min_length=1, max_length=500)]
    kind: Literal["events", "layer", "boundaries"]
    recognised: Line = ""
    file: Line
    rows: Count
    read_rows: Count = 0
    left_out: Count
    left_out_by: dict[Line, Count] = {}
    repaired: Count
    notes: Annotated[list[str], Field(max_length=50)]
    mapping: Annotated[str, AfterValidator(_mapping)]
    places: bool
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Count


class _Row(BaseModel):
    """The row of an import besides what is said about it."""

    model_config = ConfigDict(strict=True)

    import_id: Annotated[str, Field(min_length=1, max_length=80)]
    name: str
    version: Annotated[int, Field(ge=1, lt=2**31)]
    changed_at: Time
    changed_by: Line


def said(body: Any, import_id: str) -> Said:
    """
    Return what is said about an import.

    Raises
    ------
    DataError
        If it is not what `prepare.described` writes, or is about another one.
    """
    found = _read(Said, body, import_id)
    if found.id != import_id:
        raise _unusable(import_id, _("the id {found!r}").format(found=found.id), _("its own id"))
    return found


def require_row(item: Import) -> Said:
    """Return what is said about an import of the store; raises as `said` does, also for the row itself."""
    _read(_Row, {name: getattr(item, name) for name in _Row.model_fields}, item.import_id)
    return said(item.body, item.import_id)


def _read(model: type[Model], values: Any, import_id: str) -> Model:
    try:
        json.dumps(values, allow_nan=False, ensure_ascii=False).encode()
        return model.model_validate(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or _("no object")
        raise _unusable(import_id, f"{where} ({first['msg']})", _("what mssmap import writes")) from error
    except (MssmapError, *UNUSABLE) as error:
        raise _unusable(import_id, str(error), _("what mssmap import writes")) from error


def _unusable(name: str, found: str, required: str) -> DataError:
    return DataError(
        _("import {name}: found {found}, required {required}. Import its file again.").format(
            name=printable(name), found=printable(" ".join(found.split())), required=required
        )
    )


def rows(content: bytes, about: Said, events: Contract) -> pd.DataFrame:
    """
    Return the rows of an import.

    Parameters
    ----------
    content
        Parquet, as `attach.rows_of` writes it.
    events
        Contract of our events.

    Raises
    ------
    DataError
        If they are no rows of its kind, or unpack to more than a file from outside may.
    """
    try:
        measure(content)
        frame = _frame(content, places=about.kind != "layer" or about.places)
        check = {"events": _events, "layer": _layer, "boundaries": _boundaries}[about.kind]
        check(frame, about, events)
    except (MssmapError, *UNUSABLE) as error:
        raise _unusable(about.id, str(error), _("the rows of an import")) from error
    return frame


def measure(content: bytes) -> None:
    """
    Compare rows, columns, what they unpack to and take as a frame with what is allowed, and their kinds.

    Raises
    ------
    InputError
        If they are more, or of another kind.
    """
    plain = pq.ParquetFile(
        pa.BufferReader(content), thrift_string_size_limit=20_000_000, thrift_container_size_limit=1_000_000
    )
    geoparquet._check_footer(plain, LIMITS)
    names = plain.schema_arrow.names
    if len(set(names)) < len(names) or any(len(name) > LIMITS.name_chars for name in names):
        raise InputError(_("columns of the same or of a very long name"))
    if wrong := [one.name for one in plain.schema_arrow if not _is_plain(one)]:
        raise InputError(_("column {name} of another kind").format(name=wrong[0]))
    texts = [
        one.name for one in plain.schema_arrow if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)
    ]
    size = held = 0
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
    for batch in file.iter_batches(batch_size=2_000, use_threads=False):
        size += sum(map(_unpacked, batch.columns))
        at_most(size, LIMITS.unpacked_bytes, phrase("bytes unpacked"))
        held += sum(_as_objects(column) for column in batch.columns)
        at_most(size + held, HELD_BYTES, phrase("bytes held"))


def _is_plain(column: pa.Field) -> bool:
    kind = column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    shape = column.name == "geometry" and pa.types.is_binary(kind)
    return text or shape or (pa.types.is_primitive(kind) and not pa.types.is_decimal(kind))


def _as_objects(column: pa.Array) -> int:
    """Bytes that the texts of a column take in a frame beside their characters: one object for each other text."""
    if not pa.types.is_dictionary(column.type):
        return 0
    return OBJECT_BYTES * int(pc.count_distinct(column.indices).as_py()) + 8 * len(column)


def _unpacked(column: pa.Array) -> int:
    """Bytes of a column once each row has its own text."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0) + int(column.indices.nbytes)


def _frame(content: bytes, *, places: bool) -> pd.DataFrame:
    if not places or b"geo" not in (pq.read_schema(pa.BufferReader(content)).metadata or {}):
        return pd.read_parquet(io.BytesIO(content))
    frame = gpd.read_parquet(io.BytesIO(content))
    if frame.crs != WGS84:
        raise InputError(_("another coordinate system"))
    return frame


def _events(frame: pd.DataFrame, _about: Said, events: Contract) -> None:
    if RECORDED in events.columns and RECORDED not in frame:  # one that was kept before the column was there
        frame[RECORDED] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    missing = [name for name in events.columns if name not in frame]
    if missing:
        raise InputError(_("no column {names}").format(names=", ".join(missing[:5])))
    cells = {field.name: _cells(frame[field.name]) for field in events.fields}
    own = Contract(tuple(field for field in events.fields if field.name != "source_ids"), events.primary_key)
    faults = schema.typed(cells, range(1, len(frame) + 1), own, file="rows").faults
    if faults:
        raise InputError(str(faults[0]).rstrip("."))


def _cells(column: pd.Series) -> list[Any]:
    """Return values as they would stand in a file of ours: days as text, nothing where nothing is."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%d")
    return [None if value is None or value is pd.NA or value != value else value for value in column.tolist()]


def _layer(frame: pd.DataFrame, about: Said, _events: Contract) -> None:
    if about.places:
        _require_shapes(frame, LIMITS.vertices)


def _boundaries(frame: pd.DataFrame, about: Said, _events: Contract) -> None:
    used = mapping.loads(about.mapping)
    if not any(used.columns.get(ours) for ours in LEVELS):
        raise InputError(_("no column of P-codes"))
    _require_shapes(frame, LIMITS.vertices)
    codes = frame["pcode"]
    if codes.duplicated().any() or not codes.map(lambda code: isinstance(code, str)).all():
        raise InputError(_("P-codes that are no texts or stand twice"))
    if not frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        raise InputError(_("outlines that are no polygons"))


def _require_shapes(frame: pd.DataFrame, vertices: int) -> None:
    """Refuse shapes that are no plain ones, lie outside the degrees of the earth, or have very many vertices."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(_("no shapes"))
    shapes = np.asarray(frame.geometry.array)
    at_most(int(shapely.get_num_coordinates(shapes).sum()), vertices, phrase("vertices"))
    parts = shapely.get_parts(shapes[shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION])
    if (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        raise InputError(_("collections of shapes in collections"))
    there = shapely.get_coordinates(shapes)
    if not (np.abs(there) <= [180, 90]).all():
        raise InputError(_("places outside the degrees of the earth"))
