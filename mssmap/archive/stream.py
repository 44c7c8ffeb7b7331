"""
Take in a file of any length, part by part.

Parts come from the one reader of all doors (`ingest.source`), so nothing of the file is trusted and never more than a
part is in memory. All of them are looked at before the first is taken: how dates and numbers are written, and whether
its ids tell rows apart, is decided by the whole file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap.archive import columns, writer
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.archive.writer import Progress, Writer
from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import Phrase, phrase
from mssmap.ingest import days, events, prepare, source
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.prepare import Imported
from mssmap.ingest.source import Part
from mssmap.jail import journal
from mssmap.jail.limits import LIMITS, naming, refused
from mssmap.records.catalog import Data

BATCH_ROWS: Final = 50_000
SHOWN_FAULTS: Final = 20
NEEDED: Final = ("event_id", "category", "valid_from", "lon", "lat")

COUNTED: Final = "{n:,} rows "
"""What a note begins with whose numbers are those of a part."""


@dataclass
class Told:
    """What was found on the way: rows read and left out, each reason with its number, the first faults, notes once."""

    read: int = 0
    taken: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    counted: dict[str, Phrase] = field(default_factory=dict)
    is_faulty: bool = False

    @property
    def left_out(self) -> int:
        """Rows of the file that are not in the archive."""
        return sum(self.reasons.values())

    def leave_out(self, reasons: Map[str, int]) -> None:
        """Count rows that were left out."""
        for reason, count in reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count

    def add(self, faults: Iterable[Fault], notes: Iterable[str]) -> None:
        """Take in what one part had to say; numbers of rows are added up over all parts."""
        faults = list(faults)
        self.is_faulty |= any(fault.kind == "contract" for fault in faults)
        self.faults += faults[: max(0, SHOWN_FAULTS - len(self.faults))]
        for note in notes:
            if isinstance(note, Phrase) and note.text.startswith(COUNTED):
                before = self.counted.get(note.text, note)
                more = before.values["n"] + note.values["n"] if before is not note else note.values["n"]
                self.counted[note.text] = Phrase(note.text, {**before.values, "n": more})
            else:
                self.notes[note] = None

    def account(self, again: int) -> dict[str, Any]:
        """Return what the manifest says of the rows of the file; `again` of them stood in it twice."""
        if again:
            self.leave_out({events.AGAIN: again})
        return {"read_rows": self.read, "left_out": self.left_out, "left_out_by": self.reasons}

    def sentences(self) -> list[str]:
        """Return the notes, those with numbers for the whole file."""
        return [*self.notes, *self.counted.values()]


def add_file(
    shelf: Shelf,
    path: Path,
    data: Data,
    *,
    mapping: Mapping | None = None,
    title: str = "",
    progress: Progress = lambda rows, what: None,
) -> tuple[Manifest, Told]:
    """
    Make an archive of a file of events, of any format that is read.

    Parameters
    ----------
    mapping
        How to read a foreign table; by default as recognised, else as guessed from its first part.
    progress
        Called with the rows done; what it raises stops the work, and nothing is kept.

    Raises
    ------
    RefusedError, InputError
        If the file cannot be used; one line says why.
    """
    try:
        with journal.merged(path, path.open("rb"), LIMITS.file_bytes) as file:
            return add_open(shelf, file, path.name, data, mapping=mapping, title=title, progress=progress)
    except OSError as error:
        with naming(str(path)):
            raise refused(
                phrase("no readable file ({what})", what=error.strerror or error), phrase("the path of a file")
            ) from error


def add_open(
    shelf: Shelf,
    file: BinaryIO,
    name: str,
    data: Data,
    *,
    mapping: Mapping | None = None,
    title: str = "",
    progress: Progress = lambda rows, what: None,
) -> tuple[Manifest, Told]:
    """Make an archive of an open file; see `add_file`."""
    told = Told()
    with naming(name), TemporaryDirectory(prefix="mssmap-parts-") as folder:
        parts = Spool(Path(folder))
        seen = _seen(parts.kept(source.parts(file, name)), mapping, data, name, told)
        used = seen.mapping if seen else None
        with writer.writing(shelf, used.source if used else Source(title=name), progress=progress) as out:
            _take(out, parts, seen, data, name, told)
            if not out.rows:
                raise _nothing_usable(told, used, name)
            said = {"kept": used.keep if used else {}, "notes": told.sentences()[:50]}
            made = out.finish(title or parts.title or Path(name).stem, file=name, account=told.account, **said)
            told.taken = made.rows
            told.notes |= dict.fromkeys(made.notes)
            return made, told


def _nothing_usable(told: Told, used: Mapping | None, name: str) -> InputError:
    bad = [fault for fault in told.faults if fault.kind == "contract"]
    if used and not bad and told.reasons.get(events.ELSEWHERE):
        return events.nothing_about_haiti(used, name)
    first = _("The first fault: {fault}").format(fault=bad[0]) if bad else ""
    return InputError(
        _("{name}: found no row that can be used, required at least one. {first}")
        .format(name=name, first=first)
        .strip()
    )


def add_import(shelf: Shelf, made: Imported, *, progress: Progress = lambda rows, what: None) -> Manifest:
    """Make an archive of events that were read and checked already."""
    left_out = sum(made.left_out.values())
    counted = {"read_rows": made.read_rows, "left_out": left_out, "left_out_by": dict(made.left_out)}
    said = {"kept": made.mapping.keep, "notes": list(made.notes)[:50], "file": made.file, **counted}
    return add_frame(shelf, made.frame, made.source, made.name, progress=progress, **said)


def add_frame(
    shelf: Shelf, events: pd.DataFrame, source: Source, title: str, *, progress: Progress, **said: Any
) -> Manifest:
    """Make an archive of rows in the columns of our events; `said` are further fields of its manifest."""
    with writer.writing(shelf, source, progress=progress) as out:
        for start in range(0, len(events), BATCH_ROWS):
            out.add(events.iloc[start : start + BATCH_ROWS])
        return out.finish(title, **said)


def _seen(parts: Iterable[Part], chosen: Mapping | None, data: Data, name: str, told: Told) -> events.Census | None:
    """Look at all parts before one is taken: how dates and numbers are written is decided by the whole file."""
    census = None
    for number, part in enumerate(parts):
        told.read += len(part.frame) + sum(part.left_out.values())
        told.leave_out(part.left_out)
        told.add(part.faults, part.notes)
        if not number:
            used = _mapping(part.frame, chosen, name)
            if used is None:
                census = None
            else:
                events.require(used, part.frame, name)
                census = events.Census(used, part.name)
        if census is not None:
            census.add(part.frame)
    if not told.read:
        raise refused(phrase("no rows"), phrase("at least one"))
    return census


def _take(out: Writer, parts: Spool, seen: events.Census | None, data: Data, name: str, told: Told) -> None:
    settled = None
    if seen is not None:
        settled = dataclasses.replace(seen.settle(), alone=len(parts) == 1)
        told.add((), settled.notes)
    for part in parts:
        if seen is None:
            out.add(_own(part.frame, data))
            continue
        found = events.convert(part.frame, seen.mapping, data, part.name, part.marks, settled)
        told.leave_out(found.left_out)
        told.add(found.faults, found.notes)
        if len(found.rows):
            out.add(found.rows)


def _mapping(frame: pd.DataFrame, chosen: Mapping | None, name: str) -> Mapping | None:
    """How to read the table; None for our own columns."""
    if chosen is None and {"event_id", "category", "valid_from"} <= set(frame):
        if missing := [column for column in NEEDED if column not in frame and "geometry" not in frame]:
            raise refused(
                phrase("no column {names}", names=", ".join(missing)),
                phrase("the columns of our events ({names} ...)", names=", ".join(NEEDED)),
            )
        return None
    known, proposed = prepare.propose(frame)
    used = chosen or proposed
    if known is not None and used.kind != "events":
        raise refused(
            phrase("{title}, which is no list of events", title=known.title),
            phrase("events"),
            phrase("Import it as a layer instead."),
        )
    return dataclasses.replace(used, kind="events", source=used.source if used.source.title else Source(title=name))


class Spool:
    """Parts of a file, kept beside while all of it is looked at; each is what the reading process gave."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._about: list[tuple[Part, pd.Index]] = []
        self.title = ""

    def __len__(self) -> int:
        return len(self._about)

    def kept(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Pass parts on and keep each of them."""
        for number, part in enumerate(parts):
            if not number:
                known = prepare.propose(part.frame)[0]
                self.title = f"{known.title} ({part.name})" if known else ""
            frame = part.frame.to_wkb() if isinstance(part.frame, gpd.GeoDataFrame) else part.frame
            frame.reset_index(drop=True).to_parquet(self._path(number), index=False, compression="lz4")
            self._about.append((dataclasses.replace(part, frame=part.frame.iloc[:0]), part.frame.index))
            yield part

    def __iter__(self) -> Iterator[Part]:
        for number, (about, rows) in enumerate(self._about):
            frame = pd.read_parquet(self._path(number))
            if isinstance(about.frame, gpd.GeoDataFrame):
                points = gpd.GeoSeries.from_wkb(frame["geometry"], crs=about.frame.crs)
                frame = gpd.GeoDataFrame(frame, geometry=points)
            yield dataclasses.replace(about, frame=frame.set_axis(rows, axis=0))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.parquet"


def _own(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Bring rows with the columns of our events into their types; a column that is not there stays empty."""
    ours = data["events"].iloc[:0]
    frame = _with_points(frame)
    rows = frame.reindex(columns=[*ours.columns, *(["grade"] if "grade" in frame else [])])
    for name in columns.DAYS:
        rows[name] = _days(rows[name])
    rows["known_from"] = rows["known_from"].fillna(rows["valid_from"])
    for name in (*columns.NUMBERS, "revision"):
        rows[name] = _numbers(rows[name])
    rows["revision"] = rows["revision"].fillna(1)
    counted = rows["revision"].between(0, 2**31 - 1) & (rows["revision"] % 1 == 0)
    if not counted.all():
        raise refused(
            phrase("a revision that is no small whole number"), phrase("1 for the first, 2 for the next, and so on")
        )
    text = [name for name in ours if isinstance(ours[name].dtype, pd.StringDtype)]
    rows[text] = rows[text].astype("str").fillna("")
    rows["claim"] = rows["claim"].where(rows["claim"] != "", "reported")
    rows["date_precision"] = rows["date_precision"].where(rows["date_precision"] != "", "day")
    if rows["valid_from"].isna().any():
        raise refused(
            phrase("{n:,} rows without a day in valid_from", n=int(rows["valid_from"].isna().sum())),
            phrase("a day in each row"),
        )
    return rows.astype(ours.dtypes.to_dict())


def _with_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Take longitude and latitude from the points of a table that has no columns of them."""
    if not isinstance(frame, gpd.GeoDataFrame) or {"lon", "lat"} <= set(frame):
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    points = frame.geometry.where(frame.geometry.notna() & ~frame.geometry.is_empty, None).representative_point()
    return pd.DataFrame(frame.drop(columns="geometry")).assign(lon=points.x, lat=points.y)


def _days(cells: pd.Series) -> pd.Series:
    """
    Return a column as days.

    Raises
    ------
    RefusedError
        If a cell is filled and no day that a record may have.
    """
    read = days.read(cells)
    bad = read.bad | read.far
    if bad.any():
        first = bad.index[bad][0]
        required = phrase(
            "a day from {first} to {last}, written like the others ({way})",
            first=days.YEARS[0],
            last=days.YEARS[1],
            way=read.format,
        )
        told = str(cells[first]).removesuffix(" 00:00:00")[:60]
        raise refused(phrase("{told!r} in {name} in row {first}", told=told, name=cells.name, first=first), required)
    return read.values


def _numbers(cells: pd.Series) -> pd.Series:
    """
    Return a column as numbers.

    Raises
    ------
    RefusedError
        If a cell is filled and no number.
    """
    dated = pd.api.types.is_datetime64_any_dtype(cells.dtype)
    found = pd.Series(np.nan, index=cells.index) if dated else pd.to_numeric(cells, errors="coerce")
    bad = cells.notna() & (cells.astype("str").str.strip() != "") & found.isna()
    if bad.any():
        first = bad.index[bad][0]
        raise refused(
            phrase("{what!r} in {name} in row {first}", what=str(cells[first])[:60], name=cells.name, first=first),
            phrase("a number"),
        )
    return found.astype("float64")
