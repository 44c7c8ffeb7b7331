"""
Column contracts: what a file must look like, and what is wrong with it if it does not.

A contract is read from the Frictionless descriptor of a resource. `typed` turns raw cells into columns of the right
type and collects every fault; nothing here reads a file. In the frames that come out, text columns hold `str` and
never a missing value (empty text instead), whole numbers are `Int64`, numbers `float64`, dates `datetime64`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from mssmap.errors import Fault

LIST_SEPARATOR = ";"
"""Between the items of a cell that holds a list."""


@dataclass(frozen=True)
class Field:
    """
    One column of a resource.

    Parameters
    ----------
    references
        Columns written `resource.column`, in one of which each value must exist. If several are named, any will do.
    many
        True if a cell holds a list of values joined with `LIST_SEPARATOR`.
    """

    name: str
    type: str = "string"
    title: str = ""
    description: str = ""
    unit: str = ""
    required: bool = False
    unique: bool = False
    enum: tuple[str, ...] = ()
    pattern: str = ""
    minimum: str | float | None = None
    maximum: str | float | None = None
    references: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Contract:
    """
    The columns of a resource, its key and its geometry.

    Parameters
    ----------
    primary_key
        Columns that together name a row; the first is the id of the record.
    geometry_types
        Names of the geometry types allowed, empty for a table.
    """

    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()
    geometry_types: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Names of the columns in their order, without the geometry."""
        return [column.name for column in self.fields]


def contract(descriptor: Mapping[str, Any]) -> Contract:
    """
    Read the contract of one resource from its Frictionless descriptor.

    Standard foreign keys and our own `references` property of a field mean the same here: the latter exists because
    the standard knows neither lists in a cell nor references to a GeoJSON file.
    """
    schema = descriptor.get("schema", {})
    keys: dict[str, tuple[str, ...]] = {}
    for key in schema.get("foreignKeys", ()):
        names, there = _as_list(key["fields"]), _as_list(key["reference"]["fields"])
        keys |= {name: (f"{key['reference']['resource']}.{other}",) for name, other in zip(names, there, strict=True)}
    return Contract(
        fields=tuple(_field(item, keys) for item in schema.get("fields", ())),
        primary_key=tuple(_as_list(schema.get("primaryKey", ()))),
        geometry_types=tuple(_as_list(descriptor.get("geometryTypes", ()))),
    )


def _field(item: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]) -> Field:
    limits = item.get("constraints", {})
    return Field(
        name=item["name"],
        type=item.get("type", "string"),
        title=item.get("title", ""),
        description=item.get("description", ""),
        unit=item.get("unit", ""),
        required=bool(limits.get("required", False)),
        unique=bool(limits.get("unique", False)),
        enum=tuple(str(word) for word in limits.get("enum", ())),
        pattern=limits.get("pattern", ""),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        references=tuple(item.get("references", ())) or keys.get(item["name"], ()),
        many="separator" in item,
    )


def _as_list(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def empty(rules: Contract) -> pd.DataFrame:
    """Return a frame without rows that has the columns and types of a contract."""
    return typed({name: [] for name in rules.columns}, [], rules, file="").frame


@dataclass
class Typed:
    """A frame with its faults; `good` marks the rows that keep the contract, in the order of the file."""

    frame: pd.DataFrame
    rows: Sequence[int]
    good: np.ndarray[Any, np.dtype[np.bool_]]
    faults: list[Fault] = field(default_factory=list)

    def blame(
        self,
        bad: np.ndarray[Any, np.dtype[np.bool_]],
        column: str,
        *,
        file: str,
        found: Callable[[int], str],
        required: str,
        hint: str = "",
        id_column: str = "",
        kind: str = "contract",
    ) -> None:
        """Add one fault for each row marked in `bad` and, unless of kind `rule`, mark the row as not good."""
        if not bad.any():
            return
        ids = self.frame[id_column].tolist() if id_column in self.frame else None
        self.faults += [
            Fault(file, self.rows[i], column, found(i), required, hint, kind, record=str(ids[i]) if ids else "")
            for i in np.flatnonzero(bad).tolist()
        ]
        if kind != "rule":
            self.good &= ~bad


def typed(cells: Mapping[str, Sequence[Any]], rows: Sequence[int], rules: Contract, *, file: str) -> Typed:
    """
    Give raw cells their types and check each row against a contract.

    Parameters
    ----------
    cells
        Raw values by column; text from a CSV file, JSON values from GeoJSON. All columns of the contract.
    rows
        Row number in the file of each value, for the messages.
    file
        Path that the messages name.

    Returns
    -------
    typed
        All rows in their order, with the bad ones marked. A cell of the wrong type is empty in the frame.
    """
    converted = {column.name: _convert(cells[column.name], column) for column in rules.fields}
    frame = pd.DataFrame({name: values for name, (values, _) in converted.items()}, index=pd.RangeIndex(len(rows)))
    result = Typed(frame, rows, np.ones(len(rows), dtype=bool))
    id_column = rules.primary_key[0] if rules.primary_key else ""
    for column in rules.fields:
        raw = cells[column.name]

        def found(i: int, raw: Sequence[Any] = raw) -> str:
            return _quote(raw[i])

        unreadable = converted[column.name][1]
        required = _TYPE_WORDS.get(column.type, column.type)
        result.blame(unreadable, column.name, file=file, found=found, required=required, id_column=id_column)
        for bad, required in _broken(frame[column.name], column):
            bad &= ~unreadable
            result.blame(bad, column.name, file=file, found=found, required=required, id_column=id_column)
    _check_key(result, rules, file)
    return result


_TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "date": "a day of the calendar as YYYY-MM-DD",
    "boolean": "true or false",
}


def _convert(raw: Sequence[Any], column: Field) -> tuple[pd.Series, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return the typed values and a mark for each cell that could not be read."""
    is_text = np.fromiter((isinstance(value, str) for value in raw), dtype=bool, count=len(raw))
    is_empty = np.fromiter((value is None or value == "" for value in raw), dtype=bool, count=len(raw))
    if column.type == "string":
        text = [value if isinstance(value, str) else "" for value in raw]
        return pd.Series(text, dtype="str"), ~is_text & ~is_empty
    if column.type == "date":
        dates = pd.to_datetime(
            pd.Series(
                [value if isinstance(value, str) and _DATE.fullmatch(value) else "" for value in raw], dtype="str"
            ),
            format="%Y-%m-%d",
            errors="coerce",
        ).astype("datetime64[s]")
        return dates, dates.isna().to_numpy() & ~is_empty
    if column.type == "boolean":
        values = [_BOOLEANS.get(str(value).lower()) for value in raw]
        return pd.Series(values, dtype="boolean"), np.array([v is None for v in values], dtype=bool) & ~is_empty
    return _numbers(raw, is_empty, whole=column.type == "integer")


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def _numbers(
    raw: Sequence[Any], is_empty: np.ndarray[Any, np.dtype[np.bool_]], *, whole: bool
) -> tuple[pd.Series, np.ndarray[Any, np.dtype[np.bool_]]]:
    values = np.fromiter((_number(value) for value in raw), dtype="float64", count=len(raw))
    bad = ~np.isfinite(values) & ~is_empty
    if whole:
        bad |= np.isfinite(values) & ((np.abs(values) > 2**53) | (np.trunc(values) != values))
        return pd.Series(np.where(bad, np.nan, values)).astype("Int64"), bad
    return pd.Series(np.where(bad, np.nan, values)), bad


def _number(value: Any) -> float:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _broken(values: pd.Series, column: Field) -> Iterable[tuple[np.ndarray[Any, np.dtype[np.bool_]], str]]:
    """Yield, for each constraint of a column, the rows that break it and what is required instead."""
    filled = (values != "").to_numpy() if column.type == "string" else values.notna().to_numpy()
    if column.required:
        yield ~filled, "a value"
    if not filled.any():
        return
    if column.enum:
        yield filled & ~values.isin(column.enum).to_numpy(), f"one of {', '.join(column.enum)}"
    if column.pattern:
        yield filled & ~values.str.fullmatch(column.pattern).to_numpy(dtype=bool), f"text like {column.pattern}"
    for limit, word in ((column.minimum, "at least"), (column.maximum, "at most")):
        if limit is not None:
            edge = pd.Timestamp(limit) if column.type == "date" else float(limit)
            beyond = values < edge if word == "at least" else values > edge
            yield filled & beyond.fillna(False).to_numpy(dtype=bool), f"{word} {limit}"
    if column.unique:
        yield filled & values.duplicated().to_numpy(), "a value that no earlier row has"


def _check_key(result: Typed, rules: Contract, file: str) -> None:
    if rules.primary_key:
        names = list(rules.primary_key)
        twice = result.frame.duplicated(names).to_numpy()
        values = result.frame[names].astype("str").agg(" revision ".join, axis=1).tolist() if twice.any() else []
        result.blame(
            twice,
            ", ".join(names),
            file=file,
            found=lambda i: f"{values[i]} a second time",
            required="each key once",
            hint="Give a correction the next revision number."
            if "revision" in names
            else "Give each record its own id.",
        )


def check_references(result: Typed, rules: Contract, known: Mapping[str, Collection[str]], *, file: str) -> None:
    """
    Check that each value of a referring column exists where it points to.

    A row none of whose references exist is not good; one with at least one that does is told and kept.

    Parameters
    ----------
    known
        Ids by `resource.column`. A column that refers to something not in here is not checked: the resource could
        not be read, and that is a fault of its own.
    """
    id_column = rules.primary_key[0] if rules.primary_key else ""
    for column in rules.fields:
        if not column.references or any(target not in known for target in column.references):
            continue
        allowed = frozenset().union(*(known[target] for target in column.references))
        listed = [items(cell, many=column.many) for cell in result.frame[column.name].tolist()]
        missing = [[item for item in found if item not in allowed] for found in listed]
        partly = np.array([0 < len(bad) < len(found) for bad, found in zip(missing, listed, strict=True)], dtype=bool)
        wholly = np.array([0 < len(bad) == len(found) for bad, found in zip(missing, listed, strict=True)], dtype=bool)
        where = " or ".join(target.partition(".")[0] for target in column.references)
        for bad, kind in ((wholly, "contract"), (partly, "rule")):
            result.blame(
                bad,
                column.name,
                file=file,
                found=lambda i, missing=missing: " and ".join(_quote(name) for name in missing[i]),  # type: ignore[misc]
                required=f"an id that exists in {where}",
                hint=f"Add it to {where} or correct the id.",
                id_column=id_column,
                kind=kind,
            )


def items(cell: Any, *, many: bool = True) -> list[str]:
    """
    Split a cell that holds a list.

    >>> items("a;b")
    ['a', 'b']
    >>> items("")
    []
    """
    if not isinstance(cell, str) or not cell:
        return []
    return [item for item in cell.split(LIST_SEPARATOR) if item] if many else [cell]


def check_geometry(
    geometry: np.ndarray[Any, np.dtype[np.object_]],
    unreadable: np.ndarray[Any, np.dtype[np.bool_]],
    result: Typed,
    rules: Contract,
    *,
    file: str,
) -> None:
    """
    Check type, finiteness, range of degrees and validity of geometries; a missing geometry is allowed.

    Parameters
    ----------
    geometry
        Shapely geometries or None, one a row.
    unreadable
        Rows whose geometry was given and could not be read.
    """
    id_column = rules.primary_key[0] if rules.primary_key else ""

    def blame(bad: np.ndarray[Any, np.dtype[np.bool_]], found: Callable[[int], str], required: str, hint: str) -> None:
        result.blame(bad, "geometry", file=file, found=found, required=required, hint=hint, id_column=id_column)

    types = np.array([shape.geom_type if shape is not None else "" for shape in geometry.tolist()], dtype=object)
    present = types != ""
    blame(
        unreadable,
        lambda i: "coordinates that cannot be read",
        "a GeoJSON geometry with finite numbers",
        "Write null if the place is not known.",
    )
    wrong = present & ~np.isin(types, rules.geometry_types)
    blame(wrong, lambda i: str(types[i]), " or ".join(rules.geometry_types), "")
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        inside = (np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(axis=1)
    outside = present & ~inside
    blame(
        outside,
        lambda i: f"coordinates {_bounds_text(bounds[i])}",
        "longitude within -180 to 180 and latitude within -90 to 90",
        "Use degrees (EPSG:4326), longitude first.",
    )
    invalid = present & ~outside & ~shapely.is_valid(geometry)
    blame(
        invalid,
        lambda i: str(shapely.is_valid_reason(geometry[i])),
        "a valid geometry",
        "Repair it, for example with make_valid.",
    )


def _bounds_text(bounds: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    corners = [f"{value:.5g}" for value in bounds.tolist()]
    return " ".join(corners[:2] if corners[:2] == corners[2:] else corners)


def _quote(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    text = " ".join(str(value).split()) or repr(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"'{text}'" if isinstance(value, str) else text
