"""A foreign table as events of ours: types, dates, places, categories; every row that is left out has its fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap import regions
from mssmap.catalog import Data
from mssmap.errors import Fault, InputError
from mssmap.ingest import days, places
from mssmap.ingest.mapping import JOINED, PRECISIONS, Mapping, require_columns

TITLE_CHARS: Final = 200
NUMBER: Final = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
DATE_PRECISIONS: Final = ("day", "month", "year", "before")


@dataclass
class Mapped:
    """
    Rows as events.

    Attributes
    ----------
    rows
        With the columns of our events, indexed by the row of the file; `event_id` is only the file's own id yet.
    repairs
        Row -> what was repaired in it.
    """

    rows: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)
    repairs: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def convert(frame: pd.DataFrame, mapping: Mapping, data: Data, name: str) -> Mapped:
    """
    Read a table as events.

    Parameters
    ----------
    frame
        A table of a `Reading`, indexed by the row of the file; points are taken from its geometry or from columns.

    Raises
    ------
    InputError
        If the mapping names columns that are not there, or gives no date or no title.
    """
    require_columns(mapping, frame, name)
    for needed in ("date_from", "title"):
        if not mapping.columns.get(needed):
            raise InputError(
                f"{name}: found no column for {needed}, required for events. Map one, or import as a layer."
            )
    work = _Work(Mapped(pd.DataFrame()), _kept(frame, mapping), mapping, data, name)
    if work.frame.empty:
        raise InputError(f"{name}: found no row about Haiti, required at least one. Check {', '.join(mapping.keep)}.")
    if (gone := len(frame) - len(work.frame)) > 0:
        work.out.notes.append(f"{gone:,} rows are empty, tags or about other countries, and were left out.")
    rows = work.dates()
    rows |= work.where()
    rows |= work.words()
    rows |= work.numbers()
    return work.finish(rows)


def _kept(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Leave out rows about elsewhere, and the row of HXL tags under a header."""
    keep = pd.Series(True, index=frame.index)
    for column, values in mapping.keep.items():
        keep &= frame[column].astype("str").str.strip().isin(values)
    tags = frame[mapping.columns["title"][0]].astype("str").str.match(r"#[a-z]")
    return frame[keep & ~tags.fillna(False)]


@dataclass
class _Work:
    out: Mapped
    frame: pd.DataFrame
    mapping: Mapping
    data: Data
    name: str
    bad: pd.Series = field(init=False)

    def __post_init__(self) -> None:
        self.bad = pd.Series(False, index=self.frame.index)

    def blame(self, rows: pd.Series, ours: str, required: str, hint: str = "", kind: str = "contract") -> None:
        """Say what is wrong in the marked rows; unless of kind `rule` they are left out."""
        column = " ".join(self.mapping.columns.get(ours, [ours]))
        cells = self.text(ours)
        for row in rows.index[rows]:
            found = repr(cells[row][:60])
            self.out.faults.append(Fault(self.name, int(row), column, found, required, hint, kind))
        if kind != "rule":
            self.bad |= rows

    def text(self, ours: str, joint: str = ", ") -> pd.Series:
        """The cells of a field as text: of several columns the first filled one, or all of them joined."""
        columns = self.mapping.columns.get(ours, [])
        cells = [_as_text(self.frame[column]) for column in columns]
        if not cells:
            return pd.Series("", index=self.frame.index, dtype="str")
        if ours == "note":  # a number says nothing without its name
            cells = [
                column.where(~column.str.fullmatch(NUMBER), f"{name}: " + column)
                for name, column in zip(columns, cells, strict=True)
            ]
        if ours in JOINED and len(cells) > 1:
            listed = zip(*(column.tolist() for column in cells), strict=True)
            joined = [joint.join(dict.fromkeys(part for part in parts if part)) for parts in listed]
            return pd.Series(joined, index=self.frame.index, dtype="str")
        found = cells[0]
        for other in cells[1:]:
            found = found.where(found != "", other)
        return found

    def day(self, ours: str) -> pd.Series | None:
        columns = self.mapping.columns.get(ours)
        if not columns:
            return None
        read = days.read(self.frame[columns[0]], self.mapping.dates if ours != "known_from" else days.AUTO)
        if ours != "known_from":
            required = f"a date written like most here ({read.format})"
            self.blame(read.bad, ours, required, "One column has one way to write dates.")
            if read.unsure:
                self.out.notes.append(
                    f"{self.name}, {columns[0]}: every date can be read as day/month or month/day; "
                    f"{read.format} was used. Set `dates` in the mapping if that is wrong."
                )
        return read.values

    def dates(self) -> dict[str, Any]:
        """First and last day, the day of publication, and how exact they are."""
        start, end = self.day("date_from"), self.day("date_to")
        assert start is not None  # noqa: S101 -- convert has checked it
        self.blame(start.isna() & ~self.bad, "date_from", "a date", "An event needs a day.")
        end = start if end is None else end.where(end.notna(), start)
        self.blame((end < start) & ~self.bad, "date_to", "a last day not before the first")
        known = self.day("known_from")
        last = end if known is None else known.where(known.notna(), end)
        said = self.text("date_precision").map(self.mapping.date_precisions)
        precision = said.where(said.isin(DATE_PRECISIONS), "day")
        assumed = "assumed" if known is None else np.where(known.notna(), "day", "assumed")
        return {
            **{"valid_from": start, "valid_to": end, "date_precision": precision},
            **{"known_from": last.where(last >= start, start), "known_precision": assumed},
        }

    def where(self) -> dict[str, Any]:
        """Points, regions and how exact they are; a point only if the file has one."""
        points = self.points()
        placed = places.settle(points, self.data, self.name)
        self.out.faults += placed.faults
        self.out.repairs |= placed.repairs
        self.out.notes += placed.notes
        refused = {fault.row for fault in placed.faults if fault.kind != "rule"}
        self.bad |= pd.Series(self.frame.index.isin(refused), index=self.frame.index)
        shapes = placed.shapes
        commune = places.named(self.text("commune"), self.data, "commune")
        department = places.named(self.text("department"), self.data, "department")
        for ours, codes in (("commune", commune), ("department", department)):
            unknown = (self.text(ours) != "") & (codes == "") & ~self.bad
            self.blame(unknown, ours, f"a {ours} of Haiti, by name or P-code", "It stays empty.", kind="rule")
        lies_in = places.pcodes(shapes, self.data)
        commune = commune.where(commune != "", lies_in)
        department = department.where(department != "", commune.str[:4])
        present = shapes.notna()
        return {
            "place": self.text("place").str.slice(0, TITLE_CHARS),
            "country": "HTI",
            "commune_pcode": commune,
            "department_pcode": department,
            "lon": shapes.x.where(present),
            "lat": shapes.y.where(present),
            "location_precision": self.precision(present, commune, department),
        }

    def points(self) -> gpd.GeoSeries:
        if isinstance(self.frame, gpd.GeoDataFrame):
            shapes = self.frame.geometry
            areas = ~shapes.geom_type.isin(["Point"]) & shapes.notna()
            if areas.any():
                self.out.notes.append(f"{int(areas.sum())} shapes are shown by a point inside them.")
                shapes = shapes.where(~areas, shapes.representative_point())
            return shapes
        if not (self.mapping.columns.get("lon") and self.mapping.columns.get("lat")):
            return gpd.GeoSeries([None] * len(self.frame), index=self.frame.index)
        lon, lat = self.number("lon", "a longitude in degrees"), self.number("lat", "a latitude in degrees")
        shapes = gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=self.frame.index)
        return shapes.where((lon.notna() & lat.notna()).to_numpy(), None)

    def precision(self, present: pd.Series, commune: pd.Series, department: pd.Series) -> pd.Series:
        """How exact each place is: as the file says, else by what is known of it."""
        said = self.text("precision").map(self.mapping.precisions)
        by_region = pd.Series(np.where(commune != "", "commune", np.where(department != "", "department", "country")))
        by_region.index = self.frame.index
        without = by_region.where(~present, self.mapping.precision)
        said = said.where(said.isin(PRECISIONS) & present, without)
        return said.astype("str")

    def words(self) -> dict[str, Any]:
        """Title, category, actors, remarks."""
        title = self.text("title").str.replace("_", " ").str.slice(0, TITLE_CHARS)
        self.blame((title == "") & ~self.bad, "title", "words", "Name what happened.")
        category = self.text("category").map(lambda word: self.mapping.categories.get(word) or _code(word))
        category = category.where(category != "", self.mapping.category)
        own = self.text("id")
        own = own.where(own != "", pd.Series(self.frame.index.astype("str"), index=self.frame.index))
        own = own.map(_slug)
        twice = own.duplicated() & ~self.bad
        self.blame(twice, "id", "each id once", "The first row with it is kept.")
        return {
            **{"event_id": own, "category": category, "title_en": title},
            **{"actors": self.text("actors", "; "), "note": self.text("note", " ")},
        }

    def numbers(self) -> dict[str, Any]:
        """The main figure; a highest below the lowest is turned round."""
        low, high = self.number("figure_min", "a number"), self.number("figure_max", "a number")
        high = high.where(high.notna(), low)
        low = low.where(low.notna(), high)
        unit = pd.Series(np.where(low.notna(), self.mapping.unit, ""), index=self.frame.index, dtype="str")
        return {
            "figure_min": low.where(low <= high, high),
            "figure_max": high.where(low <= high, low),
            "figure_unit": unit,
        }

    def number(self, ours: str, required: str) -> pd.Series:
        text = self.text(ours).str.replace(r"(?<=\d)[\u00a0\u202f ](?=\d{3}\b)", "", regex=True)
        if text.str.fullmatch(r"-?\d+,\d+").mean() > 0.5 and ours in ("lon", "lat"):
            text = text.str.replace(",", ".")
        good = text.str.fullmatch(NUMBER)
        values = pd.to_numeric(text.where(good), errors="coerce")
        values = values.where(np.isfinite(values))
        self.blame((text != "") & values.isna() & ~self.bad, ours, required, "Write it with a point and no unit.")
        return values.astype("float64")

    def finish(self, rows: dict[str, Any]) -> Mapped:
        """Put the columns together in the types of our events; leave out the rows that are not good."""
        ours = self.data["events"].iloc[:0]
        frame = pd.DataFrame(rows, index=self.frame.index)
        frame = frame.assign(revision=1, claim="reported", status="", dispute="", confidence="medium")
        frame["source_ids"] = ""
        frame["note"] = _noted(frame["note"], self.out.repairs)
        frame = frame.reindex(columns=ours.columns).loc[~self.bad]
        text = [column for column in ours if isinstance(ours[column].dtype, pd.StringDtype)]
        frame[text] = frame[text].astype("str").fillna("")
        self.out.rows = frame.astype(ours.dtypes.to_dict())
        return self.out


def _as_text(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return cells.dt.strftime("%Y-%m-%d").fillna("").astype("str")
    if pd.api.types.is_float_dtype(cells):
        return cells.map(lambda value: f"{value:.15g}", na_action="ignore").fillna("").astype("str")
    return cells.astype("str").where(cells.notna(), "").str.strip()


def _noted(note: pd.Series, repairs: dict[int, str]) -> pd.Series:
    said = pd.Series(note.index.map(lambda row: f"Repaired on import: {repairs[row]}." if row in repairs else ""))
    said.index = note.index
    return (said + " " + note).str.strip().str.slice(0, 2000)


def _code(word: str) -> str:
    """
    Write a foreign category as a code.

    >>> _code("Armed attack (road)")
    'armed_attack_road'
    """
    return re.sub(r"[^a-z]+", "_", regions.normalise(word)).strip("_")[:60]


def _slug(text: str) -> str:
    """
    Write an id of a file so that it can be part of ours.

    >>> _slug("HTI 12/345")
    'hti-12-345'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:80] or "row"
