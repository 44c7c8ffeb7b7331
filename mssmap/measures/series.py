"""Figures over time: the strength of the mission by country, and indicators with their series kept apart."""

from __future__ import annotations

from typing import Final

import pandas as pd

from mssmap.measures.keyfigures import MISSION_SCOPES
from mssmap.records import evidence, timeline, views
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

MOVES: Final = ("arrival", "departure", "rotation")

FAMILIES: Final = {
    "displaced": ("idps",),
    "casualties": ("killed", "injured", "kidnapped"),
    "hunger": ("food_insecure_ipc3plus", "food_insecure_ipc4", "food_insecure_ipc5"),
    "prisons": ("prison_population",),
    "schools": ("schools_closed", "schools_destroyed"),
}
"""Charts of indicators -> the indicators in them."""


def strength_by_country(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> pd.DataFrame:
    """
    Add up arrivals and departures of each country.

    Returns
    -------
    curve
        `country`, `day`, `precision`, `personnel` (deployed from that day on), `change`, `source_ids`; one row for
        each move known then, plus a last row for each country on `as_of`. No rows if a move is below the grade
        (`moves_below`): a sum without all of its parts is none.
    """
    moves = _moves(data, clocks).sort_values("date", kind="stable")
    if moves_below(data, clocks, grade):
        moves = moves.iloc[:0]
    curve = pd.DataFrame(
        {
            "country": moves["country"],
            "day": moves["date"],
            "precision": moves["date_precision"],
            "personnel": moves.groupby("country")["net_change"].cumsum().astype("int64"),
            "change": moves["net_change"].astype("int64"),
            "source_ids": moves["source_ids"],
        }
    )
    end = curve.groupby("country", sort=False).tail(1).assign(day=pd.Timestamp(clocks.as_of), precision="day", change=0)
    return pd.concat([curve, end[end["personnel"] > 0]], ignore_index=True)


def _moves(data: Data, clocks: Clocks) -> pd.DataFrame:
    rows = views.table(data, "strength", clocks)
    return rows[rows["record_type"].isin(MOVES) & rows["net_change"].notna()]


def moves_below(data: Data, clocks: Clocks, grade: str) -> int:
    """Count the arrivals and departures that a threshold hides."""
    return int((~evidence.passes(_moves(data, clocks)["grade"], grade)).sum())


def strength_levels(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> pd.DataFrame:
    """Return the strength of the whole mission as reported.

    Returns
    -------
    levels
        `day`, `precision`, `first` and `last` (days that it may mean), `low`, `high`, `note`, `source_ids`.
    """
    rows = views.table(data, "strength", clocks, grade)
    rows = rows[(rows["record_type"] == "strength") & rows["scope"].isin(MISSION_SCOPES) & rows["personnel"].notna()]
    first, last = timeline.earliest_latest(rows["date"], rows["date_precision"])
    return pd.DataFrame(
        {
            "day": rows["date"],
            "precision": rows["date_precision"],
            "first": first,
            "last": last,
            "low": rows["personnel"].astype("int64"),
            "high": rows["personnel_max"].fillna(rows["personnel"]).astype("int64"),
            "note": rows["note"],
            "source_ids": rows["source_ids"],
        }
    ).reset_index(drop=True)


def indicators(data: Data, clocks: Clocks, family: str, grade: str = evidence.LOWEST) -> pd.DataFrame:
    """
    Return the national values of a family of indicators.

    Values of different series (who counts, over which period) never share a line: draw a line for each pair of
    `indicator` and `series` only.

    Returns
    -------
    values
        `indicator`, `series`, `period_type`, `start` (missing for a point in time), `day` (end of the period),
        `precision`, `first` and `last` (days that start and end may mean), `value`, `value_max`, `unit`, `qualifier`,
        `note`.
    """
    rows = views.table(data, "indicators", clocks, grade)
    rows = rows[rows["indicator"].isin(FAMILIES[family]) & rows["area"].str.casefold().isin(["national", "haiti", ""])]
    columns = ["indicator", "series", "period_type", "value", "value_max", "unit", "qualifier", "note"]
    exact = rows["date_precision"]
    found = rows[columns].assign(start=rows["period_start"], day=rows["period_end"], precision=exact)
    first = timeline.earliest_latest(found["start"].fillna(found["day"]), exact)[0]
    found = found.assign(first=first, last=timeline.earliest_latest(found["day"], exact)[1])
    return found.sort_values(["indicator", "series", "day"], kind="stable").reset_index(drop=True)
