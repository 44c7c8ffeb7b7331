"""From the answer of the reading process to frames: every header is read by a model, every column by its type."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Self

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from mssmap.crs import WGS84
from mssmap.errors import Fault
from mssmap.i18n.phrases import phrase, unpacked
from mssmap.ingest.reading import Reading
from mssmap.ingest.shapes import COLLECTION
from mssmap.ingest.table import GEOMETRY, MARKS, ROW
from mssmap.jail.box import Answer
from mssmap.jail.limits import refused

DTYPES = {pa.bool_(): pd.BooleanDtype(), **{kind: pd.Int64Dtype() for kind in (pa.int64(), pa.int32(), pa.int16())}}
"""As in the frames of the catalog: whole numbers and truth values may be missing."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @classmethod
    def of(cls, value: Any) -> Self:
        """
        Read what the reading process said.

        Raises
        ------
        RefusedError
            If it is of another form.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            found = phrase(
                "an answer of another form ({names}: {what})", names=".".join(map(str, first["loc"])), what=first["msg"]
            )
            raise refused(found, phrase("that of a sound file"), phrase("It may be damaged.")) from error


Message = Annotated[str, PlainValidator(unpacked)]
"""A phrase, or plain text, that came as JSON."""


class Header(_Said):
    """What is said about a table."""

    name: str
    places: bool
    in_degrees: bool
    crs: str = ""
    faults: list[tuple[str, int | None, str, Message, Message, Message, str]]
    notes: list[Message]
    left_out: list[tuple[Message, Annotated[int, Field(ge=0, lt=2**31)]]] = []
    span: tuple[int, int, int] = (0, 0, 0)


class Summary(_Said):
    """What is said about a file."""

    format: str
    proof: dict[str, Any] | None
    notes: list[Message]


def reading(answer: Answer) -> Reading:
    """Return what was read."""
    summary = Summary.of(answer.said)
    headers = [Header.of(table.about) for table in answer.tables]
    tables = {header.name: _frame(table.content, header) for header, table in zip(headers, answer.tables, strict=True)}
    marks = {
        header.name: pd.Series(table.content[MARKS].to_numpy(), index=tables[header.name].index)
        for header, table in zip(headers, answer.tables, strict=True)
        if header.places
    }
    faults = tuple(Fault(*fault) for header in headers for fault in header.faults)
    notes = (*summary.notes, *(note for header in headers for note in header.notes))
    return Reading(
        summary.format,
        MappingProxyType(tables),
        summary.proof,
        notes,
        faults,
        MappingProxyType(marks),
        MappingProxyType({header.name: dict(header.left_out) for header in headers}),
        headers[0].span if headers else (0, 0, 0),
    )


def plain(content: pa.Table, without: tuple[str, ...]) -> pd.DataFrame:
    """Return the columns of a table as a frame, its rows by their numbers in the file."""
    rows = pd.Index(content[ROW].to_pandas(), name="row")
    names = [name for name in content.column_names if name not in (ROW, *without)]
    return content.select(names).to_pandas(date_as_object=False, types_mapper=DTYPES.get).set_axis(rows, axis=0)


def _frame(content: pa.Table, header: Header) -> pd.DataFrame:
    frame = plain(content, (GEOMETRY, MARKS))
    if not header.places:
        return frame
    shapes = shapely.from_wkb(content[GEOMETRY].to_numpy(zero_copy_only=False))
    require_flat(shapes, header.name)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84 if header.in_degrees else None)


def require_flat(shapes: Any, name: str) -> None:
    """Stop if a shape is nested: what is done with it later would take as long as its sender likes."""
    kinds = shapely.get_type_id(shapes)
    inner = shapely.get_type_id(shapely.get_parts(shapes[kinds == COLLECTION]))
    if (kinds > COLLECTION).any() or (inner > shapely.GeometryType.POLYGON).any():
        raise refused(
            phrase("nested shapes in {name}", name=name),
            phrase("flat ones"),
            phrase("This is a fault of mssmap: please report it."),
        )
