"""From a table that was read to an import that can be looked at and stored."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import in_words, phrase
from mssmap.ingest import duplicates, events, mapping, numbers, places, recognise, returned
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.reading import Reading
from mssmap.records import regions
from mssmap.records.catalog import Data

BY_HAND: Final = phrase("left out by hand")
NOT_USABLE: Final = phrase("not usable")

ROW, REMARK = "import_row", "import_note"
"""Columns added to a layer: the row of the file, and what was repaired in it."""


@dataclass(frozen=True, eq=False)
class Imported:
    """
    One table, ready to be stored.

    Attributes
    ----------
    name
        What people call it.
    kind
        `events`, `layer` or `boundaries`.
    recognised
        Id of the kind of file, empty if it was mapped by hand.
    frame
        Events: the columns of our table `events`. Layers: the columns of the file, in `crs.WGS84` if it has places.
        Boundaries: `pcode` and outlines. Indexed by the row of the file.
    faults
        Rows that were left out (kind `contract`), and rows that are odd but kept (`rule`).
    repairs
        Row -> what was repaired; also written into the row.
    duplicates
        Pairs that may be the same event, see `duplicates.find`.
    read_rows
        Rows of the table in the file: those of `frame` and those left out.
    left_out
        Reason -> rows that are not in `frame`, each counted once.
    """

    name: str
    kind: str
    recognised: str
    frame: pd.DataFrame
    mapping: Mapping
    file: str
    faults: tuple[Fault, ...] = ()
    repairs: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    duplicates: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(duplicates.COLUMNS)))
    read_rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """Where it comes from and under what licence."""
        return self.mapping.source

    @property
    def import_id(self) -> str:
        """A short name and eight digits of the hash of the content: the same file has the same id."""
        slug = re.sub(r"[^a-z0-9]+", "-", regions.normalise(self.name))[:24].strip("-") or "import"
        return f"{slug}-{self.fingerprint[:8]}"

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content, in hexadecimal."""
        plain = pd.DataFrame(self.frame.drop(columns="geometry", errors="ignore"))
        shapes = [shape.wkb if shape is not None else b"" for shape in self.frame.get("geometry", ())]
        content = pd.util.hash_pandas_object(plain, index=True).to_numpy().tobytes() + b"".join(shapes)
        return hashlib.sha256(self.kind.encode() + "|".join(map(str, plain.columns)).encode() + content).hexdigest()


def propose(frame: pd.DataFrame) -> tuple[mapping.Known | None, Mapping]:
    """Return what a table is recognised as, and the mapping to begin with."""
    known = recognise.recognise(frame)
    return known, known.mapping if known else mapping.guess(frame)


def prepare(reading: Reading, table: str, data: Data, chosen: Mapping | None = None, *, file: str = "") -> Imported:
    """
    Make an import of one table of a file.

    Parameters
    ----------
    chosen
        How to read it; by default as recognised, else as guessed.
    file
        Name of the file, for the record.

    Raises
    ------
    InputError
        If the mapping does not fit, no row can be used, or the coordinate system is missing.
    """
    frame = returned.with_full_names(reading.tables[table], data["events"])
    known, proposed = propose(frame)
    used = chosen or proposed
    recognised = known.id if known and used.columns == known.mapping.columns else ""
    if not used.source.title:
        used = replace(used, source=replace(used.source, title=file or table))
    make = {"events": _events, "layer": _layer, "boundaries": _boundaries}[used.kind]
    found = make(frame, used, data, table, reading.marks.get(table))
    left_out = {**reading.left_out.get(table, {}), **found.left_out}
    if found.frame.empty and set(left_out) != {returned.HERE}:
        raise _nothing_usable(found, left_out, used, table)
    own = tuple(_settled_fault(fault, found.frame) for fault in reading.faults if fault.file == table)
    name = f"{known.title} ({table})" if known and recognised else table
    notes = tuple(note for note in reading.notes if len(reading.tables) == 1 or note.startswith(f"{table}"))
    read_rows = len(frame) + sum(reading.left_out.get(table, {}).values())
    unsaid = read_rows - len(found.frame) - sum(left_out.values())
    return replace(
        found,
        name=name,
        recognised=recognised,
        mapping=used,
        file=file,
        read_rows=read_rows,
        left_out={**left_out, **({NOT_USABLE: unsaid} if unsaid > 0 else {})},
        faults=own + found.faults,
        notes=notes + found.notes,
    )


def _nothing_usable(found: Imported, left_out: Map[str, int], used: Mapping, table: str) -> InputError:
    faults = [fault for fault in found.faults if fault.kind == "contract"]
    if not faults and left_out.get(events.ELSEWHERE):
        return events.nothing_about_haiti(used, table)
    reasons = "; ".join(in_words(phrase("{n:,} rows: {reason}", n=n, reason=reason)) for reason, n in left_out.items())
    first = _("The first fault: {fault}").format(fault=faults[0]) if faults else reasons and f"{reasons}."
    return InputError(
        _("{name}: found no row that can be used, required at least one. {first}")
        .format(name=table, first=first)
        .strip()
    )


def _settled_fault(fault: Fault, frame: pd.DataFrame) -> Fault:
    """A fault of a cell whose row was taken all the same leaves no row out."""
    return replace(fault, kind="rule") if fault.kind == "contract" and fault.row in frame.index else fault


def _events(frame: pd.DataFrame, used: Mapping, data: Data, name: str, marks: pd.Series | None) -> Imported:
    made = events.convert(frame, used, data, name, marks)
    pairs, not_compared = duplicates.find(made.rows, own_events(data))
    return Imported(
        name=name,
        kind="events",
        recognised="",
        frame=made.rows,
        mapping=used,
        file="",
        faults=tuple(made.faults),
        repairs=made.repairs,
        notes=(*made.notes, *not_compared),
        duplicates=pairs,
        left_out=made.left_out,
    )


def own_events(data: Data) -> pd.DataFrame:
    """Return the events that a new file is compared with: ours and those of earlier imports."""
    return data["events"]


def without(made: Imported, rows: Sequence[int]) -> Imported:
    """Return an import without some rows of the file, such as those that are duplicates."""
    kept = made.frame[~made.frame.index.isin(rows)]
    pairs = made.duplicates[~made.duplicates["row"].isin(rows)]
    gone = len(made.frame) - len(kept)
    left_out = dict(made.left_out)
    if gone:
        left_out[BY_HAND] = gone
    return replace(made, frame=kept, duplicates=pairs.reset_index(drop=True), left_out=left_out)


def _layer(frame: pd.DataFrame, used: Mapping, data: Data, name: str, marks: pd.Series | None) -> Imported:
    mapping.require_columns(used, frame, name)
    frame, gone = events.of_here(frame, used)
    notes = events.gone_note(gone)
    if not isinstance(frame, gpd.GeoDataFrame):
        points, faults, bad = _points_of(frame, used, name, notes)
        if points is None:
            plain = _coded(frame.assign(**{ROW: frame.index.to_numpy()}), used, data)
            return Imported(name, "layer", "", plain, used, "", notes=tuple(notes), left_out=gone)
        frame = gpd.GeoDataFrame(frame, geometry=points)
    else:
        faults, bad = [], pd.Series(False, index=frame.index)
    placed = places.settle(frame.geometry, data, name, marks)
    refused = {fault.row for fault in placed.faults if fault.kind != "rule"}
    bad |= pd.Series(frame.index.isin(refused), index=frame.index)
    remarks = pd.Series([placed.repairs.get(int(row), "") for row in frame.index], index=frame.index, dtype="str")
    made = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=placed.shapes)
    made = made.assign(**{ROW: frame.index.to_numpy(), REMARK: remarks})
    if nowhere := int((placed.shapes.isna() & ~bad).sum()):
        notes.append(phrase("{n:,} rows have no place of their own.", n=nowhere))
    reasons = [
        phrase("{column}: not {required}", column=fault.column, required=fault.required)
        for fault in (*faults, *placed.faults)
        if fault.kind != "rule"
    ]
    rows = [fault.row for fault in (*faults, *placed.faults) if fault.kind != "rule"]
    by_row = dict(zip(reversed(rows), reversed(reasons), strict=True))
    return Imported(
        name=name,
        kind="layer",
        recognised="",
        frame=_coded(made[~bad], used, data),
        mapping=used,
        file="",
        faults=(*faults, *placed.faults),
        repairs=placed.repairs,
        notes=(*notes, *placed.notes),
        left_out={**gone, **Counter(by_row.values())},
    )


def _coded(made: pd.DataFrame, used: Mapping, data: Data) -> pd.DataFrame:
    """Add the P-codes of communes and departments: those that columns of the file say, else where a place lies."""
    if "commune_pcode" in made or not ("geometry" in made or {"commune", "department"} & set(used.columns)):
        return made
    said = {
        level: places.named(events.as_text(made[used.columns[level][0]]), data, level)
        if used.columns.get(level)
        else pd.Series("", index=made.index, dtype="str")
        for level in LEVELS
    }
    lies_in = places.pcodes(made.geometry, data) if "geometry" in made else said["commune"]
    commune = said["commune"].where(said["commune"] != "", lies_in)
    department = said["department"].where(said["department"] != "", commune.str[:4])
    added = {"commune_pcode": commune, "department_pcode": department}
    return made.assign(**{column: codes for column, codes in added.items() if column not in made})


def _points_of(
    frame: pd.DataFrame, used: Mapping, name: str, notes: list[str]
) -> tuple[gpd.GeoSeries | None, list[Fault], pd.Series]:
    """Points from two columns of numbers; None if the table has no such columns."""
    bad = pd.Series(False, index=frame.index)
    if not (used.columns.get("lon") and used.columns.get("lat")):
        return None, [], bad
    faults: list[Fault] = []
    columns = {ours: used.columns[ours][0] for ours in ("lon", "lat")}
    marks = numbers.Marks()
    for column in columns.values():
        marks.add(numbers.look(frame[column], is_angle=True))
    if marks.note:
        notes.append(phrase("{name}: {note}.", name=name, note=marks.note))
    values = {}
    for ours, column in columns.items():
        read = numbers.read(events.as_text(frame[column]), marks.decimal)
        faults += [
            Fault(name, int(row), column, repr(str(frame[column][row])[:60]), phrase("a number of degrees"))
            for row in frame.index[read.bad]
        ]
        bad |= read.bad
        values[ours] = read.low
    there = (values["lon"].notna() & values["lat"].notna()).to_numpy()
    points = gpd.GeoSeries(gpd.points_from_xy(values["lon"], values["lat"]), index=frame.index)
    return points.where(there, None), faults, bad


LEVELS: Final = {"department": "departments", "commune": "communes"}


_WORDS: Final = {"department": phrase("departments"), "commune": phrase("communes")}


def _boundaries(frame: pd.DataFrame, used: Mapping, data: Data, name: str, marks: pd.Series | None) -> Imported:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(_("{name}: found no outlines, required polygons with P-codes.").format(name=name))
    level = next((field for field in LEVELS if used.columns.get(field)), None)
    if level is None:
        raise InputError(
            _("{name}: found no column of P-codes, required one for department or commune.").format(name=name)
        )
    mapping.require_columns(used, frame, name)
    codes = frame[used.columns[level][0]].astype("str").str.strip().str.upper()
    placed = places.settle(frame.geometry, data, name, marks)
    area = placed.shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    ours = set(data[LEVELS[level]]["pcode"])
    faults = list(placed.faults)
    for row in codes.index[~codes.isin(ours)]:
        faults.append(
            Fault(
                name,
                int(row),
                used.columns[level][0],
                repr(codes[row][:40]),
                phrase("a P-code of one of our {what}", what=_WORDS[level]),
            )
        )
    twice = codes.duplicated()
    faults += [
        Fault(name, int(row), used.columns[level][0], repr(codes[row]), phrase("each P-code once"))
        for row in codes.index[twice]
    ]
    good = codes.isin(ours) & area & ~twice
    left_out = {
        phrase("P-codes that are none of ours"): int((~codes.isin(ours)).sum()),
        phrase("P-codes that stand twice"): int((codes.isin(ours) & twice).sum()),
        phrase("no outlines"): int((codes.isin(ours) & ~twice & ~area).sum()),
    }
    made = gpd.GeoDataFrame({"pcode": codes, ROW: frame.index.to_numpy()}, geometry=placed.shapes)[good]
    notes = [
        *placed.notes,
        phrase(
            "{n} of our {total} {level} get these outlines.", n=int(good.sum()), total=len(ours), level=_WORDS[level]
        ),
    ]
    return Imported(
        name=name,
        kind="boundaries",
        recognised="",
        frame=made,
        mapping=used,
        file="",
        faults=tuple(faults),
        repairs=placed.repairs,
        notes=tuple(notes),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def described(made: Imported) -> dict[str, Any]:
    """Return everything about an import but its rows, as plain values: what the store keeps and the trail shows."""
    return {
        "id": made.import_id,
        "name": made.name,
        "kind": made.kind,
        "recognised": made.recognised,
        "file": made.file,
        "rows": len(made.frame),
        "read_rows": made.read_rows,
        "left_out": sum(made.left_out.values()),
        "left_out_by": dict(made.left_out),
        "repaired": len(made.repairs),
        "notes": list(made.notes)[:50],
        "mapping": mapping.dumps(made.mapping),
        "places": "geometry" in made.frame or made.kind == "events",
    }
