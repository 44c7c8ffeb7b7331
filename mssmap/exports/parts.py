"""The layers and tables of an export with the description of every column: rows that any format can be written from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import pandas as pd

from mssmap.exports.selection import Selection
from mssmap.i18n import gettext as _
from mssmap.ingest import attach
from mssmap.records import kinds, schema, units, views
from mssmap.records.catalog import Data, Dataset
from mssmap.records.evidence import SourceRecord, public, source_records
from mssmap.records.shown import rows as rows_of

ODBL = "ODbL"
"""Part of the name of a licence whose data must not be mixed with others."""

PLACE_COLUMNS = ("commune_pcode", "department_pcode", "area_pcode", "pcode", "record_id")
"""Columns by which rows can be narrowed to a region."""


@dataclass(frozen=True)
class Column:
    """
    A column of an export.

    Attributes
    ----------
    type
        string, integer, number, boolean, date, list (of objects) or geometry (text in WKT).
    written
        Its name in the file, where it differs from our own.
    """

    name: str
    type: str = "string"
    unit: str = ""
    description: str = ""
    written: str = ""

    def __post_init__(self) -> None:
        if not self.written:
            object.__setattr__(self, "written", self.name)


@dataclass(frozen=True, eq=False)
class Part:
    """
    One layer or table of an export.

    Attributes
    ----------
    columns
        Without the geometry; the first is the id of a record, unique.
    frame
        Its columns by their `written` name; a GeoDataFrame if it has a geometry.
    sources
        Pairs of title and address of what the dataset was made from.
    """

    name: str
    title: str
    description: str
    licence: str
    licence_url: str
    attribution: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def has_geometry(self) -> bool:
        """True if the rows have a geometry."""
        return isinstance(self.frame, gpd.GeoDataFrame)

    @property
    def is_apart(self) -> bool:
        """True if the licence asks that the data stay in a file of their own."""
        return ODBL in self.licence

    @property
    def ids(self) -> list[str]:
        """Ids of the records, as text."""
        return [str(value) for value in self.frame[self.columns[0].written].tolist()]

    def with_columns(self, columns: Iterable[Column], frame: pd.DataFrame) -> Part:
        """Return the part with other columns and rows."""
        return replace(self, columns=tuple(columns), frame=frame)


ROW = Column("row_number", "string", "", "Number of the row; the records have no id of their own.")

DERIVED = (
    Column(
        "status_to_precision", "string", "", "How exactly the end of the status is known: day, month, year, before."
    ),
    Column("certain", "boolean", "", "The status surely held on the day shown; false if its date is imprecise."),
    Column("last_seen", "date", "", "Day of the latest report that saw it so."),
    Column("age_days", "integer", "days", "Days from the latest report to the day shown."),
    Column("grade", "string", "", "Admiralty grade: A-F reliability of the best source, 1-6 credibility."),
    Column("stale", "boolean", "", "The latest report is older than the refresh period of the layer."),
    Column(
        "extent",
        "string",
        "",
        "What a zone is drawn as: units, spot (a place), count (communes of a department), share.",
    ),
    Column("commune_pcodes", "string", "", "Communes that a zone may lie in, joined with ;."),
    Column("communes_affected", "integer", "", "Communes of the department that a source counts."),
    Column("outcome_unknown", "boolean", "", "Planned, the date has passed, and nobody reported what came of it."),
    Column("day_announced", "boolean", "", "Planned, and the date is only the day on which that was announced."),
    Column("figures", "list", "", "All numbers reported, each with its source."),
    Column("sources", "list", "", "The sources then public, each with its reliability."),
)
"""Columns that a view adds to those of the data folder."""


def read(data: Data, selection: Selection) -> list[Part]:
    """
    Return the layers and tables of a selection, in EPSG:4326, with all their columns.

    A layer or table whose rows have no place (roads, rivers, sources) is not narrowed to the region.

    Raises
    ------
    NotFoundError
        If there is no such layer, table, region or category.
    InputError
        If the threshold is not a grade or the window ends before it starts.
    """
    return [_part(data, data.dataset(name), selection) for name in selection.names]


def _part(data: Data, dataset: Dataset, selection: Selection) -> Part:
    filters = selection.filters if is_narrowed(dataset) else replace(selection.filters, region=None)
    rows = rows_of(data, dataset.name, filters)
    if dataset.name == "events":
        rows = rows[~is_imported(data, rows)].reset_index(drop=True)
    described = _described(data, dataset)
    columns = [described[key] for key in rows.columns if key in described]
    return of_dataset(dataset, columns, rows)


def of_dataset(dataset: Dataset, columns: Iterable[Column], rows: pd.DataFrame) -> Part:
    """Return rows as a part, with what the catalog says about their dataset."""
    columns = sorted(columns, key=lambda column: column.name != dataset.id_column)
    if not dataset.id_column:
        free = _free(ROW.name, rows)
        row = replace(ROW, name=free, written=free)
        columns = [row, *columns]
        rows = rows.assign(**{row.name: [str(number) for number in range(1, len(rows) + 1)]})
    kept = [column.name for column in columns]
    return Part(
        name=dataset.name,
        title=dataset.title,
        description=dataset.description,
        licence=dataset.licence,
        licence_url=dataset.licence_url,
        attribution=dataset.attribution,
        sources=dataset.sources,
        columns=tuple(columns),
        frame=rows[[*kept, "geometry"]] if isinstance(rows, gpd.GeoDataFrame) else rows[kept],
    )


def _free(name: str, rows: pd.DataFrame) -> str:
    """Return a name that no column has: a file that was imported may have one of ours."""
    found, twice = name, 2
    while found in rows:
        found, twice = f"{name}_{twice}", twice + 1
    return found


def is_imported(data: Data, events: pd.DataFrame) -> pd.Series:
    """
    Say which events people brought in.

    They are in no export of the events, which says under which licence those are: an import is a layer of its own, with
    its own licence.
    """
    marks = tuple(f"{name}." for name, dataset in data.datasets.items() if dataset.group == attach.GROUP)
    return events["event_id"].str.startswith(marks) if marks else pd.Series(False, index=events.index)


def is_narrowed(dataset: Dataset) -> bool:
    """Say whether the rows of a dataset can be narrowed to a region."""
    return any(name in dataset.contract.columns for name in PLACE_COLUMNS)


UNITS_SUFFIX = "_units"
"""End of the name of a part that has the areas of another one."""


def by_kind(part: Part, *, areas: bool) -> list[Part]:
    """
    Return zones as two parts, for a format whose layers hold shapes of one kind: all as points, some as areas besides.

    Other parts come as they are.

    Parameters
    ----------
    areas
        False if the format holds none: then there are the points alone.
    """
    if part.name != units.ZONES or not part.has_geometry:
        return [part]
    shapes = part.frame[part.frame.geom_type.isin(("Polygon", "MultiPolygon")).to_numpy()].reset_index(drop=True)
    columns = {column.name: column.written for column in part.columns}
    points = gpd.points_from_xy(part.frame[columns["lon"]], part.frame[columns["lat"]], crs=part.frame.crs)
    title = _("{title}: the units that are named").format(title=part.title)
    named = replace(part, name=part.name + UNITS_SUFFIX, title=title, frame=shapes)
    return [replace(part, frame=part.frame.set_geometry(points)), *([named] if areas and len(shapes) else [])]


SHAPES: Final = {"points": ("Point", "MultiPoint"), "lines": ("LineString", "MultiLineString", "LinearRing"),
                 "areas": ("Polygon", "MultiPolygon")}  # fmt: skip
"""End of the name of a part -> the shapes that are in it."""


def by_shape(part: Part) -> list[Part]:
    """Return a part whose shapes are of several kinds as one for each kind; rows without a shape are in the first."""
    if not part.has_geometry:
        return [part]
    kinds = part.frame.geom_type
    there = {ending: kinds.isin(names) for ending, names in SHAPES.items() if kinds.isin(names).any()}
    if len(there) < 2 or not (kinds.isna() | kinds.isin(sum(SHAPES.values(), ()))).all():
        return [part]
    first = next(iter(there))
    there[first] |= kinds.isna()
    return [
        replace(part, name=f"{part.name}_{ending}", frame=part.frame[rows].reset_index(drop=True))
        for ending, rows in there.items()
    ]


def _described(data: Data, dataset: Dataset) -> dict[str, Column]:
    """Return all columns that a view of the dataset may have, by name."""
    found = {column.name: column for column in DERIVED}
    if dataset.name in kinds.LAYERS:
        spell = {column.name: column for column in data.dataset("status").contract.fields}
        found |= {new: _column(spell[old], new) for old, new in views.STATUS_COLUMNS.items() if old in spell}
    return found | {column.name: _column(column, column.name) for column in dataset.contract.fields}


def _column(field: schema.Field, name: str) -> Column:
    return Column(name, field.type, field.unit, field.description)


LISTS = {"figures": "figure_id", "sources": "source_id"}
"""Columns that hold lists -> the id of an item; a table of the same name has their rows."""


def whole_tables(parts: Iterable[Part]) -> frozenset[str]:
    """Return the names of the lists of some parts whose every item is a row of a table among the parts."""
    found = list(parts)
    tables = {part.name: set(part.ids) for part in found if part.name in LISTS}
    listed: dict[str, set[str]] = {name: set() for name in LISTS}
    for part in found:
        for name, key in LISTS.items():
            if any(column.name == name and column.type == "list" for column in part.columns):
                listed[name] |= {str(item[key]) for items in part.frame[name].tolist() for item in items if item[key]}
    return frozenset(name for name in tables if listed[name] <= tables[name])


def figures_of(data: Data, selection: Selection, parts: Iterable[Part]) -> Part:
    """Return the figures of the events among some parts, as a table: those that the events list."""
    ids = {record_id for part in parts if part.name == "events" for record_id in part.ids}
    known = views.known(data, "figures", selection.filters.clocks.known_on)
    dataset = data.dataset("figures")
    columns = [_column(field, field.name) for field in dataset.contract.fields]
    return of_dataset(dataset, columns, known[known["record_id"].isin(ids)].reset_index(drop=True))


def cited_sources(data: Data, selection: Selection, parts: Iterable[Part]) -> tuple[Part | None, list[SourceRecord]]:
    """
    Return the sources that the rows of some parts cite: as a table, None if none is cited, and as plain records.
    """
    cited: set[str] = set()
    for part in parts:
        for name in ("source_ids", "source_id"):
            if name in part.frame and part.name != "sources":
                cited |= {item for cell in part.frame[name].tolist() for item in schema.items(cell)}
    if not cited:
        return None, []
    known = public(data["sources"], selection.filters.clocks.known_on)
    rows = known[known["source_id"].isin(cited)].reset_index(drop=True)
    dataset = data.dataset("sources")
    columns = [_column(field, field.name) for field in dataset.contract.fields]
    return of_dataset(dataset, columns, rows), source_records(rows)
