"""A foreign table as events of ours: types, dates, places, categories; every row that is left out has its fault."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
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
from mssmap.i18n.phrases import phrase
from mssmap.ingest import days, headers, numbers, places, returned
from mssmap.ingest.mapping import JOINED, PRECISIONS, Mapping, require_columns
from mssmap.records import kinds, regions
from mssmap.records.catalog import Data

TITLE_CHARS: Final = 200
NOTE_CHARS: Final = 2_000
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
    left_out
        Reason -> rows of the table that are not among `rows`, each counted once.
    """

    rows: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    repairs: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


FIGURES: Final = ("figure_min", "figure_max")
ANGLES: Final = ("lon", "lat")
DATES: Final = ("date_from", "date_to", "known_from")
ELSEWHERE: Final = phrase("about other countries")
TWICE: Final = phrase("{column}: not {required}", column="event_id", required=phrase("each id and revision once"))
AGAIN: Final = phrase("the same row again")


@dataclass
class Settled:
    """
    What a whole file decides about its cells: how the dates of each field are written, and which decimal mark.

    Attributes
    ----------
    ways
        Field -> a key of `days.FORMATS`.
    midnight
        Field -> whether its numbers of seconds stand for days as such.
    ids
        Whether the column of ids tells rows apart; one in which most stand twice does not.
    alone
        Whether the table is the whole file, so that two ids can be compared with each other.
    finest
        Of totals of areas, the finest level that is there; those of wider ones get a unit of their own.
    notes
        What was decided, and why.
    """

    ways: dict[str, str] = field(default_factory=dict)
    midnight: dict[str, bool] = field(default_factory=dict)
    decimal: str = numbers.POINT
    ids: bool = True
    alone: bool = True
    finest: str = ""
    notes: list[str] = field(default_factory=list)


COUNTED_IDS: Final = 100_000
"""So many ids of a file are compared to see whether they tell rows apart."""


@dataclass
class Census:
    """What the parts of a file show of how their cells are written; `settle` decides once all were seen."""

    mapping: Mapping
    name: str
    days: dict[str, days.Evidence] = field(default_factory=dict)
    marks: numbers.Marks = field(default_factory=numbers.Marks)
    rows: int = 0
    ids: set[int] = field(default_factory=set)
    with_id: int = 0
    levels: Counter[str] = field(default_factory=Counter)

    def add(self, frame: pd.DataFrame) -> None:
        """Look at one part."""
        frame = of_here(frame, self.mapping)[0]
        self.rows += len(frame)
        if self.mapping.totals:
            self.levels.update(_levels(frame, self.mapping))
        for ours in DATES:
            if (cells := _dates_of(frame, self.mapping, ours)) is not None:
                self.days.setdefault(ours, days.Evidence()).add(days.look(cells))
        for ours in (*ANGLES, *FIGURES):
            for column in self.mapping.columns.get(ours, [])[:1]:
                self.marks.add(numbers.look(frame[column], is_angle=ours in ANGLES))
        for column in self.mapping.columns.get("id", [])[:1]:
            own = as_text(frame[column])
            own = own[own != ""][: max(0, COUNTED_IDS - self.with_id)]
            self.with_id += len(own)
            self.ids.update(pd.util.hash_array(own.to_numpy(dtype=object)).tolist())

    def settle(self) -> Settled:
        """
        Decide.

        Raises
        ------
        UnsureDaysError
            If day and month cannot be told apart anywhere.
        """
        found = Settled(decimal=self.marks.decimal, ids=len(self.ids) * 2 >= self.with_id)
        columns = self.mapping.columns
        given = self.mapping.dates if self.mapping.dates in days.FORMATS else ""
        orders = {
            evidence.way for evidence in self.days.values() if evidence.way in ("dmy", "mdy") and not evidence.unsure
        }
        for ours, evidence in self.days.items():
            found.midnight[ours] = evidence.midnight
            found.ways[ours] = given if given and ours != "known_from" else evidence.way if evidence.fits else ""
            if evidence.zoned and evidence.midnight:
                found.notes.append(
                    phrase(
                        "{name}, {names}: its times are all midnight UTC, and stand for days.",
                        name=self.name,
                        names=" ".join(columns[ours]),
                    )
                )
            if evidence.short:
                found.notes.append(
                    phrase(
                        "{name}, {column}: {note}",
                        name=self.name,
                        column=" ".join(columns[ours]),
                        note=days.SHORT_YEARS,
                    )
                )
            if found.ways[ours] not in ("dmy", "mdy") or given:
                continue
            if evidence.unsure:
                if len(orders) != 1:
                    raise days.UnsureDaysError(self.name, " ".join(columns[ours]), evidence.example)
                found.ways[ours] = next(iter(orders))
            proof = next((other.proof[found.ways[ours]] for other in (evidence, *self.days.values())
                          if found.ways[ours] in other.proof), "")  # fmt: skip
            order = phrase("day/month/year") if found.ways[ours] == "dmy" else phrase("month/day/year")
            found.notes.append(
                phrase(
                    "{name}, {names}: dates are {order}, as {proof!r} shows.",
                    name=self.name,
                    names=" ".join(columns[ours]),
                    order=order,
                    proof=proof,
                )
            )
        if self.marks.note:
            found.notes.append(phrase("{name}: {note}.", name=self.name, note=self.marks.note))
        found.finest = next((level for level in AREAS if self.levels[level]), "")
        if len(self.levels) > 1:
            each = listed({AREAS[level]: self.levels[level] for level in AREAS if self.levels[level]})
            found.notes.append(
                phrase(
                    "{name}: its rows are totals of areas ({each}). The wider ones have units of their own; "
                    "do not add them to the others.",
                    name=self.name,
                    each=each,
                )
            )
        if not found.ids:
            found.notes.append(
                phrase(
                    "{name}, {what}: most of its values stand in several rows, so they are no ids; "
                    "the rows are told apart by their numbers.",
                    name=self.name,
                    what=columns["id"][0],
                )
            )
        return found


def settle(frame: pd.DataFrame, mapping: Mapping, name: str) -> Settled:
    """Decide how the cells of one table are written."""
    census = Census(mapping, name)
    census.add(frame)
    return census.settle()


def require(mapping: Mapping, frame: pd.DataFrame, name: str) -> None:
    """
    Stop if a mapping does not fit a table.

    Raises
    ------
    InputError
        If it names columns that are not there, or gives no date or no title.
    """
    require_columns(mapping, frame, name)
    for needed in ("date_from", "title"):
        if not mapping.columns.get(needed):
            raise InputError(
                _("{name}: found no column for {field}, required for events. Map one, or import as a layer.").format(
                    name=name, field=needed
                )
            )


def nothing_about_haiti(mapping: Mapping, name: str) -> InputError:
    """Return the error of a file of which every row is about elsewhere."""
    return InputError(
        _("{name}: found no row about Haiti, required at least one. Check {columns}.").format(
            name=name, columns=", ".join(mapping.keep)
        )
    )


def convert(
    frame: pd.DataFrame,
    mapping: Mapping,
    data: Data,
    name: str,
    marks: pd.Series | None = None,
    settled: Settled | None = None,
) -> Mapped:
    """
    Read a table as events.

    Parameters
    ----------
    frame
        A table of a `Reading`, indexed by the row of the file; points are taken from its geometry or from columns.
    settled
        What the whole file decides, if this is a part of it; None: this is all of it.

    Raises
    ------
    InputError
        If the mapping names columns that are not there, or gives no date or no title.
    UnsureDaysError
        If day and month cannot be told apart.
    """
    require(mapping, frame, name)
    if returned.is_ours(frame, mapping):
        return _own(frame, mapping, data, name)
    decided = settled or settle(frame, mapping, name)
    here, gone = of_here(frame, mapping)
    work = _Work(Mapped(pd.DataFrame(), gone), here, mapping, data, name, marks, decided, is_part=settled is not None)
    if settled is None:
        work.out.notes += decided.notes
    work.out.notes += gone_note(gone)
    rows = work.dates()
    rows |= work.where()
    rows |= work.figures()
    rows |= work.words()
    return work.finish(rows)


def _own(frame: pd.DataFrame, mapping: Mapping, data: Data, name: str) -> Mapped:
    """Read an export of our own events: those that are here already are left out, changed ones say so."""
    here, gone = of_here(frame, mapping)
    rows, faults, bad, why = returned.read(here, data, name)
    again = rows.duplicated(["event_id", "revision"])
    faults += [Fault(name, int(row), "event_id", repr(rows["event_id"][row]), phrase("each id and revision once"))
               for row in rows.index[again]]  # fmt: skip
    bad[again.index[again]] = TWICE
    why[TWICE] = TWICE
    rows = rows[~again]
    same, changed = returned.compared(rows, data)
    out = Mapped(rows[~same], gone | counted(bad[bad != ""], why), faults)
    if int(same.sum()):
        out.left_out[returned.HERE] = int(same.sum())
    if int(changed.sum()):
        out.notes.append(
            phrase(
                "{n:,} rows have the id of an event of ours and other content: they are taken as "
                "corrections, and ours stay as they are.",
                n=int(changed.sum()),
            )
        )
    note = "Its sources: " + rows["source_ids"].str.replace(";", ", ") + "."
    note = note.where(rows["source_ids"] != "", "").mask(
        changed, "Corrects our event " + rows["event_id"] + ". " + note
    )
    out.rows["note"] = (note + " " + rows["note"])[~same].str.strip().str.slice(0, NOTE_CHARS)
    out.rows["event_id"] = _link_ids(out.rows["event_id"], alone=True)
    return out


def of_here(frame: pd.DataFrame, mapping: Mapping) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out rows about elsewhere, and rows of HXL tags; return also how many of each."""
    plain = frame.drop(columns="geometry", errors="ignore")
    first = plain.iloc[:, 0].astype("str") if plain.shape[1] else pd.Series("", index=frame.index)
    tags = pd.Series(False, index=frame.index)
    for row in frame.index[first.str.startswith("#").fillna(False)]:
        tags[row] = headers.is_tags([None if value is None or value != value else value for value in plain.loc[row]])
    here = pd.Series(True, index=frame.index)
    for column, values in mapping.keep.items():
        wanted = {regions.normalise(value) for value in values}
        here &= _each(frame[column].astype("str"), regions.normalise).isin(wanted)
    gone = {headers.TAGS: int(tags.sum()), ELSEWHERE: int((~here & ~tags).sum())}
    return frame[here & ~tags], {reason: count for reason, count in gone.items() if count}


def counted(reasons: pd.Series, why: dict[str, str]) -> dict[str, int]:
    """Count reasons; a column of a frame holds plain text, and `why` has the phrase of each."""
    return {why.get(reason, reason): int(count) for reason, count in reasons.value_counts().items()}


def listed(counts: dict[str, int]) -> str:
    """Put counts and what they count behind each other."""
    found: str = ""
    for what, count in counts.items():
        one = phrase("{n:,} {what}", n=count, what=what)
        found = phrase("{some}, {more}", some=found, more=one) if found else one
    return found


def gone_note(gone: dict[str, int]) -> list[str]:
    """Say how many rows of tags and of other countries were left out."""
    if not gone:
        return []
    return [
        phrase(
            "{n:,} rows are empty, tags or about other countries, and were left out ({each}).",
            n=sum(gone.values()),
            each=listed(gone),
        )
    ]


AREAS: Final = {
    "commune": phrase("of communes"),
    "department": phrase("of departments"),
    "country": phrase("of the country"),
}
"""Levels of areas, the finest first, and how their totals are told."""

WIDER: Final = {"department": "department totals", "country": "country totals"}


def _levels(frame: pd.DataFrame, mapping: Mapping) -> pd.Series:
    """Return of which level of area each row is."""
    found = pd.Series("country", index=frame.index, dtype="str")
    for ours in ("department", "commune"):
        for column in mapping.columns.get(ours, []):
            text = as_text(frame[column])
            found = found.mask((text != "") & ~text.str.lower().isin(days.EMPTY), ours)
    return found


def _dates_of(frame: pd.DataFrame, mapping: Mapping, ours: str) -> pd.Series | None:
    """Return the cells of a field of dates; year, month and day in columns of their own are put together."""
    columns = mapping.columns.get(ours)
    if not columns:
        return None
    parts = {part: column for column in columns if (part := DATE_PARTS.get(regions.normalise(column)))}
    if "year" not in parts or len(parts) < len(columns) or len(columns) == 1:
        return frame[columns[0]]
    texts = {part: as_text(frame[column]) for part, column in parts.items()}
    found = texts["year"]
    if "month" in texts:
        month = _each(texts["month"], lambda word: f"{days.MONTHS.get(regions.normalise(word), word)}".zfill(2))
        found = found.where(month == "00", found + "-" + month)
    if "day" in texts:
        found = found + "-" + texts["day"].str.zfill(2)
    return found.where(texts["year"] != "", "")


DATE_PARTS: Final = {
    word: part
    for part, words in (
        ("year", "year annee ano lane yr"),
        ("month", "month mois mes mwa mon"),
        ("day", "day jour dia jou"),
    )
    for word in words.split()
}


@dataclass
class _Work:
    out: Mapped
    frame: pd.DataFrame
    mapping: Mapping
    data: Data
    name: str
    marks: pd.Series | None
    settled: Settled
    is_part: bool = False
    bad: pd.Series = field(init=False)
    reasons: pd.Series = field(init=False)
    why: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bad = pd.Series(False, index=self.frame.index)
        self.reasons = pd.Series("", index=self.frame.index, dtype="str")

    def leave_out(self, rows: pd.Series, reason: str) -> None:
        """Mark rows that are not taken; of several reasons the first counts."""
        self.why[reason] = reason
        self.reasons = self.reasons.mask(rows & ~self.bad, reason)
        self.bad |= rows

    def blame(self, rows: pd.Series, ours: str, required: str, hint: str = "", kind: str = "contract") -> None:
        """Say what is wrong in the marked rows; unless of kind `rule` they are left out."""
        column = " ".join(self.mapping.columns.get(ours, [ours]))
        cells = self.text(ours)
        for row in rows.index[rows]:
            found = repr(cells[row][:60])
            self.out.faults.append(Fault(self.name, int(row), column, found, required, hint, kind))
        if kind != "rule":
            self.leave_out(rows, phrase("{column}: not {required}", column=column, required=required))

    def text(self, ours: str, joint: str = ", ") -> pd.Series:
        """The cells of a field as text: of several columns the first filled one, or all of them joined."""
        columns = self.mapping.columns.get(ours, [])
        cells = [as_text(self.frame[column]) for column in columns]
        if not cells:
            return pd.Series("", index=self.frame.index, dtype="str")
        if ours == "note":
            label = _named if self.mapping.totals else _labelled
            cells = [label(column, name) for name, column in zip(columns, cells, strict=True)]
        if ours in JOINED:
            return _joined(cells, joint)
        found = cells[0]
        for other in cells[1:]:
            found = found.where(found != "", other)
        return found

    def day(self, ours: str) -> days.Days | None:
        cells = _dates_of(self.frame, self.mapping, ours)
        if cells is None:
            return None
        codes, unique = pd.factorize(cells, use_na_sentinel=False)
        way = self.settled.ways.get(ours, "ymd")
        read = days.read(pd.Series(unique), way, midnight=self.settled.midnight.get(ours, True))
        spread = {name: pd.Series(getattr(read, name).to_numpy()[codes], index=self.frame.index)
                  for name in ("values", "bad", "far", "open")}  # fmt: skip
        if ours == "known_from":
            self.blame(
                spread["bad"] & ~self.bad, ours, _like(way), phrase("The day of publication stays empty."), kind="rule"
            )
        else:
            self.blame(spread["bad"], ours, _like(way), phrase("One column has one way to write dates.") if way else "")
            self.blame(
                spread["far"], ours, phrase("a day from {first} to {last}", first=days.YEARS[0], last=days.YEARS[1])
            )
        return days.Days(**spread, format=read.format)

    def dates(self) -> dict[str, Any]:
        """First and last day, the day of publication, and how exact they are."""
        first, last_day, published = self.day("date_from"), self.day("date_to"), self.day("known_from")
        assert first is not None  # noqa: S101 -- convert has checked it
        start = first.values
        self.blame(start.isna() & ~self.bad, "date_from", phrase("a date"), phrase("An event needs a day."))
        end = start if last_day is None else last_day.values.where(last_day.values.notna(), start)
        self.blame((end < start) & ~self.bad, "date_to", phrase("a last day not before the first"))
        if last_day is not None:
            end = end.mask(last_day.open)
            if int(last_day.open.sum()):
                self.out.notes.append(phrase("{n:,} rows have no end.", n=int(last_day.open.sum())))
        known = None if published is None else published.values
        last = end.where(end.notna(), start) if known is None else known.where(known.notna(), end.fillna(start))
        said = _each(self.text("date_precision"), lambda word: self.mapping.date_precisions.get(word, ""))
        coarse = {"month": "month", "month name": "month", "year": "year"}.get(first.format, "day")
        precision = said.where(said.isin(DATE_PRECISIONS), coarse)
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
        refused = {
            fault.row: phrase("{column}: not {required}", column=fault.column, required=fault.required)
            for fault in placed.faults
            if fault.kind != "rule"
        }
        for reason in dict.fromkeys(refused.values()):
            rows = [row for row, why in refused.items() if why == reason]
            self.leave_out(pd.Series(self.frame.index.isin(rows), index=self.frame.index), reason)
        shapes = placed.shapes
        commune = places.named(self.text("commune"), self.data, "commune")
        department = places.named(self.text("department"), self.data, "department")
        for ours, codes in (("commune", commune), ("department", department)):
            unknown = (self.text(ours) != "") & (codes == "") & ~self.bad & ~places.is_wider(self.text(ours))
            self.blame(
                unknown,
                ours,
                phrase("a {ours} of Haiti, by name or P-code", ours=ours),
                phrase("It stays empty."),
                kind="rule",
            )
        lies_in = places.pcodes(shapes, self.data)
        if nowhere := int((shapes.isna() & (commune == "") & (department == "") & ~self.bad).sum()):
            self.out.notes.append(phrase("{n:,} rows have no place.", n=nowhere))
        if pointless := int((shapes.isna() & ~self.bad).sum()) - nowhere:
            self.out.notes.append(phrase("{n:,} rows have no point, only a commune or a department.", n=pointless))
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
                self.out.notes.append(phrase("{n} shapes are shown by a point inside them.", n=int(areas.sum())))
                shapes = shapes.where(~areas, shapes.representative_point())
            return shapes
        if not (self.mapping.columns.get("lon") and self.mapping.columns.get("lat")):
            return gpd.GeoSeries([None] * len(self.frame), index=self.frame.index)
        lon, lat = (self.number(ours, required, kind="contract").low for ours, required in
                    (("lon", phrase("a longitude in degrees")), ("lat", phrase("a latitude in degrees"))))  # fmt: skip
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
        self.blame((title == "") & ~self.bad, "title", phrase("words"), phrase("Name what happened."))
        category = _each(self.text("category"), lambda word: self.mapping.categories.get(word) or _code(word))
        category = category.where(category != "", self.mapping.category)
        self.blame_categories(category)
        own = self.ids()
        return {
            **{"event_id": own, "category": category, "title_en": title},
            **{
                "actors": self.text("actors", "; "),
                "note": _noted(self.text("note", "; " if self.mapping.totals else " "), self.out.repairs),
            },
        }

    def ids(self) -> pd.Series:
        """Ids that can stand in a link, one for each id of the file; the file's own stands in the note if it cannot."""
        rows = pd.Series(self.frame.index.astype("str"), index=self.frame.index, dtype="str")
        if not self.settled.ids or not self.mapping.columns.get("id"):
            return rows
        own = self.text("id")
        made = _link_ids(own, alone=self.settled.alone)
        plain = own.str.lower()
        for row in self.frame.index[(made != plain) & (own != "")]:
            told = f"its own id is {own[row]}"
            self.out.repairs[int(row)] = "; ".join(filter(None, [self.out.repairs.get(int(row), ""), told]))
        return made.where(own != "", "row-" + rows)

    def blame_categories(self, category: pd.Series) -> None:
        """Tell each category that has no row once, with its first row; the events are kept."""
        column = " ".join(self.mapping.columns.get("category", ["category"]))
        foreign = category[~self.bad & ~category.isin(kinds.CATEGORIES)].drop_duplicates()
        hint = phrase("It is shown with the other ones; a mapping can name one of them for this word.")
        self.out.faults += [
            Fault(self.name, int(row), column, repr(word), kinds.ONE_OF_THEM, hint, "rule")
            for row, word in foreign.items()
        ]

    def figures(self) -> dict[str, Any]:
        """The main figure; a highest below the lowest is turned round."""
        one, other = (self.number(ours, phrase("a number")) for ours in FIGURES)
        low = one.low.where(one.low.notna(), other.low)
        high = other.high.where(other.high.notna(), one.high)
        unit = pd.Series(np.where(low.notna(), self.mapping.unit, ""), index=self.frame.index, dtype="str")
        if self.mapping.totals:
            levels = _levels(self.frame, self.mapping)
            for level, word in WIDER.items():
                unit = unit.mask((levels == level) & (level != self.settled.finest) & (unit != ""),
                                 f"{self.mapping.unit} ({word})")  # fmt: skip
        return {
            "figure_min": low.where(low <= high, high),
            "figure_max": high.where(low <= high, low),
            "figure_unit": unit,
        }

    def number(self, ours: str, required: str, kind: str = "rule") -> numbers.Numbers:
        """Read the numbers of a field; one that is none leaves its cell empty, or its row out."""
        text = self.text(ours)
        found = numbers.read(text, self.settled.decimal)
        mark = phrase("a comma") if self.settled.decimal == numbers.COMMA else phrase("a point")
        kept = "" if kind == "contract" else phrase("The row is kept without it.")
        self.blame(
            found.bad & ~self.bad,
            ours,
            required,
            phrase("Write it with {mark} and no unit. {kept}", mark=mark, kept=kept),
            kind=kind,
        )
        if nothing := int((found.empty & ~self.bad).sum()):
            word = text[found.empty].iloc[0]
            column = " ".join(self.mapping.columns[ours])
            self.out.notes.append(
                phrase(
                    "{name}, {column}: {n:,} cells say that there is nothing ({word}).",
                    name=self.name,
                    column=column,
                    n=nothing,
                    word=word,
                )
            )
        for row in self.frame.index[found.told & ~self.bad]:
            told = f"{' '.join(self.mapping.columns[ours])} is written {text[row][:40]!r}"
            self.out.repairs[int(row)] = "; ".join(filter(None, [self.out.repairs.get(int(row), ""), told]))
        return found

    def finish(self, rows: dict[str, Any]) -> Mapped:
        """Put the columns together in the types of our events; leave out the rows that are not good."""
        ours = self.data["events"].iloc[:0]
        frame = pd.DataFrame(rows, index=self.frame.index)
        frame = frame.assign(revision=1, claim="reported", status="", dispute="", confidence="medium")
        frame["source_ids"] = ""
        frame = frame.reindex(columns=ours.columns)
        if not self.is_part:
            frame = self.corrected(frame)
        frame = frame.loc[~self.bad]
        self.out.left_out |= counted(self.reasons[self.bad], self.why)
        text = [column for column in ours if isinstance(ours[column].dtype, pd.StringDtype)]
        frame[text] = frame[text].astype("str").fillna("")
        self.out.rows = frame.astype(ours.dtypes.to_dict())
        return self.out

    def corrected(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Make a repeated id a newer revision; a row that stands twice is left out the second time."""
        good = frame[~self.bad]
        same = good.astype("str").duplicated()
        self.leave_out(same.reindex(frame.index, fill_value=False), AGAIN)
        good = good[~same]
        newer = good.groupby("event_id", sort=False).cumcount()
        if again := int(same.sum()):
            self.out.notes.append(
                phrase("{n:,} rows stand in the file twice with the same content, and count once.", n=again)
            )
        if not (newer > 0).any():
            return frame
        corrections = newer.index[newer > 0]
        self.out.notes.append(
            phrase(
                "{n:,} rows have the id of an earlier row and other content (the first is row {row}): "
                "they were taken as corrections, newer revisions of the same event.",
                n=len(corrections),
                row=corrections[0],
            )
        )
        frame.loc[newer.index, "revision"] = 1 + newer
        frame.loc[corrections, "note"] = (
            "Corrects an earlier row of the file. " + frame.loc[corrections, "note"]
        ).str.strip()
        return frame


def _like(way: str) -> str:
    """Say how a date is written; empty: no cell is written in any known way."""
    if not way:
        return phrase("a date, such as {examples}", examples=", ".join(days.EXAMPLES[one] for one in SHOWN_WAYS))
    example = days.EXAMPLES.get(way, days.EXAMPLES["words"])
    return phrase("a date written like most here ({way}), such as {example}", way=way, example=example)


SHOWN_WAYS: Final = ("ymd", "dmy", "words")


ID_CHARS: Final = 80


def link_id(own: str, *, marked: bool = False) -> str:
    """
    Return an id that can stand in a link.

    >>> link_id("HTI123"), link_id("Row 7/a"), link_id("é")
    ('hti123', 'row-7-a', 'row')
    >>> link_id("Row 7/a", marked=True)
    'row-7-a-163d478bdd'

    Parameters
    ----------
    marked
        Add a mark of the whole id, so that another id has another one. A long id has one anyway.
    """
    plain = re.sub(r"[^a-z0-9._-]+", "-", own.lower()).strip("-._")
    if not own or (len(plain) <= ID_CHARS and not marked):
        return plain or ("row" if own else "")
    mark = hashlib.sha256(own.encode("utf-8", "replace")).hexdigest()[:10]
    return f"{plain[: ID_CHARS - 11].strip('-._') or 'row'}-{mark}"


def _link_ids(own: pd.Series, *, alone: bool) -> pd.Series:
    """Return ids for links, another one for each id; `alone` if no other part of the file has ids."""
    unique = pd.Series(own.unique(), dtype="str")
    made = unique.map(link_id)
    if alone:
        marked = made.duplicated(keep=False)
    else:
        marked = (made != unique.str.lower()) | ~(unique.isin(unique.str.lower()) | (unique == unique.str.upper()))
    marked &= unique != ""
    made = made.where(~marked, unique.map(lambda text: link_id(text, marked=True)))
    return own.map(dict(zip(unique, made, strict=True))).astype("str")


def as_text(cells: pd.Series) -> pd.Series:
    """Return cells as text, empty where there is nothing."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return cells.dt.strftime("%Y-%m-%d").fillna("").astype("str")
    if pd.api.types.is_float_dtype(cells):
        return cells.map(_as_number, na_action="ignore").fillna("").astype("str")
    text = cells.astype("str")
    if cells.isna().any():
        text = text.where(cells.notna(), "")
    return text.str.strip()


def _as_number(value: float) -> str:
    """
    Write a number with all its digits.

    >>> _as_number(1234567890123456.0), _as_number(0.5)
    ('1234567890123456', '0.5')
    """
    return f"{value:.0f}" if value == value // 1 and abs(value) < 2**63 else repr(float(value))


def _labelled(cells: pd.Series, name: str) -> pd.Series:
    """Put its name before a number: alone it says nothing."""
    numbers = cells.str.fullmatch(NUMBER)
    return cells.where(~numbers, f"{name}: " + cells) if numbers.any() else cells


def _named(cells: pd.Series, name: str) -> pd.Series:
    """Put its name before each text: of several columns of a table of numbers none speaks for itself."""
    return (f"{name}: " + cells).where(cells != "", "")


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
