"""
Our own events coming back from an export, of any format: every column as it left, wherever in the world it is.

A row that is equal to one of ours, by its id, its revision and its content, is here already and not counted twice. One
with the id of ours and other content is taken, and its note says so.
"""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap.errors import Fault
from mssmap.i18n import mark
from mssmap.i18n.phrases import phrase
from mssmap.ingest import days
from mssmap.ingest.mapping import Known, Mapping, Source
from mssmap.records.catalog import Data

HERE: Final = phrase("here already, with the same content")

DAYS: Final = ("valid_from", "valid_to", "known_from")
NUMBERS: Final = ("lon", "lat", "figure_min", "figure_max")
REACH: Final = {"lon": 180, "lat": 90}

NEEDED: Final = ("event_id", "revision", "category", "title_en", "valid_from", "known_from", "source_ids")
"""Columns by which our own events are known."""

SHORT: Final = 10
"""Letters of a name that a shapefile keeps."""

KNOWN: Final = Known(
    id="own",
    title="mssmap",
    columns=NEEDED,
    terms=mark("Our own events, from an export; rows that are here already are not taken twice."),
    mapping=Mapping(
        kind="events",
        columns={
            "id": ["event_id"],
            "title": ["title_en"],
            "date_from": ["valid_from"],
            "date_to": ["valid_to"],
            "known_from": ["known_from"],
            "category": ["category"],
            "place": ["place"],
            "commune": ["commune_pcode"],
            "department": ["department_pcode"],
            "lon": ["lon"],
            "lat": ["lat"],
            "precision": ["location_precision"],
            "date_precision": ["date_precision"],
            "actors": ["actors"],
            "figure_min": ["figure_min"],
            "figure_max": ["figure_max"],
            "note": ["note"],
        },
        source=Source(
            title="mssmap, an export of its events",
            publisher="mssmap",
            publisher_kind="aggregator",
            licence="CC-BY-4.0",
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            attribution="mssmap, CC BY 4.0; each event names its sources.",
        ),
    ),
)

CUT_CHARS: Final = 200
"""A text so long may be the beginning of ours: a shapefile keeps 254 bytes of it."""


def is_ours(frame: pd.DataFrame, used: Mapping) -> bool:
    """Whether a table has the columns of our events and is read by them."""
    written = {str(column).lower() for column in frame.columns}
    return set(NEEDED) <= written and all(
        names == KNOWN.mapping.columns[field] for field, names in used.columns.items() if field in KNOWN.mapping.columns
    )


def with_full_names(frame: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """
    Give columns of our events their names back if a shapefile cut them.

    >>> ours = pd.DataFrame(columns=["event_id", "location_precision", "valid_from"])
    >>> list(with_full_names(pd.DataFrame(columns=["event_id", "location_p", "valid_from"]), ours))
    ['event_id', 'location_precision', 'valid_from']
    """
    if "event_id" not in frame:
        return frame
    cut = {name[:SHORT]: name for name in events if len(name) > SHORT}
    return frame.rename(columns={short: name for short, name in cut.items() if short in frame and name not in frame})


def read(frame: pd.DataFrame, data: Data, name: str) -> tuple[pd.DataFrame, list[Fault], pd.Series, dict[str, str]]:
    """
    Bring a table with our columns into their types.

    Returns
    -------
    rows, faults, bad, why
        Rows indexed as the file; what is wrong in them; the reason why a row is left out, empty if it is taken; the
        phrase of each reason.
    """
    ours = data["events"].iloc[:0]
    faults: list[Fault] = []
    why: dict[str, str] = {}
    bad = pd.Series("", index=frame.index, dtype="str")
    rows = _with_points(frame).reindex(columns=ours.columns)

    def blame(marked: pd.Series, column: str, required: str) -> None:
        for row in marked.index[marked]:
            faults.append(Fault(name, int(row), column, repr(str(rows[column][row])[:60]), required))
        reason = phrase("{column}: not {required}", column=column, required=required)
        why[reason] = reason
        bad[marked & (bad == "")] = reason

    values: dict[str, Any] = {}
    for column in DAYS:
        found = days.read(rows[column].astype(object) if rows[column].isna().all() else rows[column], "auto")
        blame(found.bad | found.far, column, phrase("a day as YYYY-MM-DD"))
        values[column] = found.values
    blame(values["valid_from"].isna() & (bad == ""), "valid_from", phrase("a day"))
    for column in (*NUMBERS, "revision"):
        values[column] = pd.to_numeric(rows[column], errors="coerce")
        filled = rows[column].notna() & (rows[column].astype("str").str.strip() != "")
        blame(filled & ~np.isfinite(values[column].astype("float64")), column, phrase("a number"))
    for column, most in REACH.items():
        blame(values[column].abs() > most, column, phrase("degrees from -{most} to {most}", most=most))
    values["revision"] = values["revision"].fillna(1)
    blame((values["revision"] < 0) | (values["revision"] > 2**31 - 1) | (values["revision"] % 1 != 0), "revision",
          phrase("a whole number"))  # fmt: skip
    rows = rows.assign(**values)
    text = [column for column in ours if isinstance(ours[column].dtype, pd.StringDtype)]
    for column in text:
        rows[column] = rows[column].astype("str").where(rows[column].notna(), "").str.strip()
    blame((rows["event_id"] == "") & (bad == ""), "event_id", phrase("an id"))
    rows["claim"] = rows["claim"].where(rows["claim"] != "", "reported")
    rows["date_precision"] = rows["date_precision"].where(rows["date_precision"] != "", "day")
    rows["known_from"] = rows["known_from"].fillna(rows["valid_from"])
    good = rows[bad == ""].astype(ours.dtypes.to_dict())
    return good, faults, bad, why


def _with_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Take longitude and latitude from the points of a table that has no columns of them."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if not isinstance(frame, gpd.GeoDataFrame) or {"lon", "lat"} <= set(frame):
        return plain
    points = frame.geometry.where(frame.geometry.notna() & ~frame.geometry.is_empty, None).representative_point()
    return plain.assign(lon=points.x, lat=points.y)


def compared(rows: pd.DataFrame, data: Data) -> tuple[pd.Series, pd.Series]:
    """
    Compare rows with our events by id and revision.

    Returns
    -------
    same, changed
        Mark the rows whose content is that of ours, and those with the id of ours and other content.
    """
    events = data["events"]
    known = rows["event_id"].isin(events["event_id"])
    key = ["event_id", "revision"]
    said = _as_said(rows)
    beside = said[key].reset_index().merge(_as_said(events), on=key, how="left", indicator=True)
    beside = beside.drop_duplicates(rows.index.name or "index").set_index(rows.index)
    same = pd.Series(beside["_merge"].eq("both").to_numpy(), index=rows.index)
    for column in rows.columns.difference(key):
        equal = said[column].eq(beside[column])
        for row in equal.index[same & ~equal & (said[column].str.len() >= CUT_CHARS)]:
            equal[row] = str(beside.at[row, column]).startswith(said.at[row, column])
        same &= equal
    return same, known & ~same


def _as_said(rows: pd.DataFrame) -> pd.DataFrame:
    """Write each cell so that equal contents are equal texts, whatever format they went through."""
    found = {}
    for column in rows:
        cells = rows[column]
        if column in DAYS:
            text = cells.dt.strftime("%Y-%m-%d")
        elif column in NUMBERS:
            text = cells.map(lambda value: f"{value:.6g}" if value == value else "")
        else:
            text = cells.astype("str").str.replace(r"\s+", " ", regex=True).str.strip()
        if column == "source_ids":
            text = text.map(lambda ids: ";".join(sorted(filter(None, ids.split(";")))))
        found[column] = text.fillna("").astype("str")
    return pd.DataFrame(found, index=rows.index)
