"""A foreign table as events of ours: types, dates, places, categories; every row that is left out has its fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.ingest import days, places
from mssmap.ingest.mapping import JOINED, PRECISIONS, Mapping, require_columns
from mssmap.records import kinds, regions
from mssmap.records.catalog import Data

TITLE_CHARS: Final = 200
NOTE_CHARS: Final = 2_000
NUMBER: Final = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
THOUSANDS: Final = r"[+-]?\d{1,3}([\u00a0\u202f ]\d{3})+(\.\d+)?"
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


def convert(frame: pd.DataFrame, mapping: Mapping, data: Data, name: str, marks: pd.Series | None = None) -> Mapped:
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
                _("{name}: found no column for {field}, required for events. Map one, or import as a layer.").format(
                    name=name, field=needed
                )
            )
    work = _Work(Mapped(pd.DataFrame()), _kept(frame, mapping), mapping, data, name, marks)
    if work.frame.empty:
        raise InputError(
            _("{name}: found no row about Haiti, required at least one. Check {columns}.").format(
                name=name, columns=", ".join(mapping.keep)
            )
        )
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
    marks: pd.Series | None
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
        if ours == "note":
            cells = [_labelled(column, name) for name, column in zip(columns, cells, strict=True)]
        if ours in JOINED:
            return _joined(cells, joint)
        found = cells[0]
        for other in cells[1:]:
            found = found.where(found != "", other)
        return found

    def day(self, ours: str) -> pd.Series | None:
        columns = self.mapping.columns.get(ours)
        if not columns:
            return None
        codes, unique = pd.factorize(self.frame[columns[0]], use_na_sentinel=False)
        read = days.read(pd.Series(unique), self.mapping.dates if ours != "known_from" else days.AUTO)
        if ours != "known_from":
            required = f"a date written like most here ({read.format})"
            bad, far = (pd.Series(rows.to_numpy()[codes], index=self.frame.index) for rows in (read.bad, read.far))
            self.blame(bad, ours, required, "One column has one way to write dates.")
            self.blame(far, ours, "a day from {} to {}".format(*days.YEARS))
            if read.unsure:
                self.out.notes.append(
                    f"{self.name}, {columns[0]}: every date can be read as day/month or month/day; "
                    f"{read.format} was used. Set `dates` in the mapping if that is wrong."
                )
        return pd.Series(read.values.to_numpy()[codes], index=self.frame.index)

    def dates(self) -> dict[str, Any]:
        """First and last day, the day of publication, and how exact they are."""
        start, end = self.day("date_from"), self.day("date_to")
        assert start is not None  # noqa: S101 -- convert has checked it
        self.blame(start.isna() & ~self.bad, "date_from", "a date", "An event needs a day.")
        end = start if end is None else end.where(end.notna(), start)
        self.blame((end < start) & ~self.bad, "date_to", "a last day not before the first")
        known = self.day("known_from")
        last = end if known is None else known.where(known.notna(), end)
        said = _each(self.text("date_precision"), lambda word: self.mapping.date_precisions.get(word, ""))
        precision = said.where(said.isin(DATE_PRECISIONS), "day")
        assumed = "assumed" if known is None else np.where(known.notna(), "day", "assumed")
        return {
            **{"valid_from": start, "valid_to": end, "date_precision": precision},
            **{"known_from": last.where(last >= start, start), "known_precision": assumed},
        }

    def where(self) -> dict[str, Any]:
        """Points, regions and how exact they are; a point only if the file has one."""
        points = self.points()
        placed = places.settle(points, self.data, self.name, self.marks)
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
        said = _each(self.text("precision"), lambda word: self.mapping.precisions.get(word, ""))
        by_region = pd.Series(np.where(commune != "", "commune", np.where(department != "", "department", "country")))
        by_region.index = self.frame.index
        without = by_region.where(~present, self.mapping.precision)
        said = said.where(said.isin(PRECISIONS) & present, without)
        return said.astype("str")

    def words(self) -> dict[str, Any]:
        """Title, category, actors, remarks."""
        title = self.text("title").str.replace("_", " ").str.slice(0, TITLE_CHARS)
        self.blame((title == "") & ~self.bad, "title", "words", "Name what happened.")
        category = _each(self.text("category"), lambda word: self.mapping.categories.get(word) or _code(word))
        category = category.where(category != "", self.mapping.category)
        self.blame_categories(category)
        own = self.text("id")
        own = own.where(own != "", pd.Series(self.frame.index.astype("str"), index=self.frame.index))
        own = own.str.lower().str.replace(r"[^a-z0-9._-]+", "-", regex=True).str.strip("-._").str.slice(0, 80)
        own = own.where(own != "", "row")
        twice = own.duplicated() & ~self.bad
        self.blame(twice, "id", "each id once", "The first row with it is kept.")
        return {
            **{"event_id": own, "category": category, "title_en": title},
            **{"actors": self.text("actors", "; "), "note": _noted(self.text("note", " "), self.out.repairs)},
        }

    def blame_categories(self, category: pd.Series) -> None:
        """Tell each category that has no row once, with its first row; the events are kept."""
        column = " ".join(self.mapping.columns.get("category", ["category"]))
        foreign = category[~self.bad & ~category.isin(kinds.CATEGORIES)].drop_duplicates()
        hint = "It is shown with the other ones; a mapping can name one of them for this word."
        self.out.faults += [
            Fault(self.name, int(row), column, repr(word), kinds.ONE_OF_THEM, hint, "rule")
            for row, word in foreign.items()
        ]

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
        text = self.text(ours)
        grouped = text.str.fullmatch(THOUSANDS)
        text = text.where(~grouped, text.str.replace("[\u00a0\u202f ]", "", regex=True))
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
    text = cells.astype("str")
    if cells.isna().any():
        text = text.where(cells.notna(), "")
    return text.str.strip()


def _labelled(cells: pd.Series, name: str) -> pd.Series:
    """Put its name before a number: alone it says nothing."""
    numbers = cells.str.fullmatch(NUMBER)
    return cells.where(~numbers, f"{name}: " + cells) if numbers.any() else cells


def _joined(cells: list[pd.Series], joint: str) -> pd.Series:
    """Put texts of several columns together, each once and without the empty ones."""
    if len(cells) == 1:
        return cells[0]
    gone = [column == "" for column in cells]
    for i, column in enumerate(cells):
        for before in cells[:i]:
            gone[i] |= column == before
    # pyarrow 26 drops the rows in which every part is missing: there the first, empty one stays
    gone[0] &= ~np.logical_and.reduce(gone[1:])
    kept = [
        pa.array(column.mask(away) if away.any() else column, pa.large_string())
        for column, away in zip(cells, gone, strict=True)
    ]
    joined = pc.binary_join_element_wise(*kept, pa.scalar(joint, pa.large_string()), null_handling="skip")
    return pd.Series(joined.to_pandas(), dtype="str").set_axis(cells[0].index)


def _each(cells: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Apply a function to every different text once."""
    codes, unique = pd.factorize(cells)
    return pd.Series(
        np.array([change(str(text)) for text in unique], dtype=object)[codes], index=cells.index, dtype="str"
    )


def _noted(note: pd.Series, repairs: dict[int, str]) -> pd.Series:
    if repairs:
        said = pd.Series(note.index.map(repairs), index=note.index, dtype="str")
        note = note.where(said.isna(), "Repaired on import: " + said + ". " + note).str.strip()
    return note.str.slice(0, NOTE_CHARS)


def _code(word: str) -> str:
    """
    Write a foreign category as a code.

    >>> _code("Armed attack (road)")
    'armed_attack_road'
    """
    return re.sub(r"[^a-z]+", "_", regions.normalise(word)).strip("_")[:60]
