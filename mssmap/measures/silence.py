"""
What is not reported: per department how many publishers reported in each month, and how long ago the last report was.

Silence is not calm. Few reports may mean that nothing happened, that nobody could get there, or that nobody asked.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pandas as pd

from mssmap.records import evidence, kinds, views
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

SILENT_DAYS: Final = 60
"""A department without a report for longer is called silent and is hatched on the map."""

DEPARTMENT_DIGITS: Final = 4
"""Length of the P-code of a department."""


def _reports(data: Data, clocks: Clocks) -> pd.DataFrame:
    """
    One row for each (report about a department, publisher): `department_pcode`, `day`, `precision`, `publisher`.

    Every revision is a report of its own day; that a later one replaced it does not mean that nobody reported.
    """
    places = pd.concat(
        [data[layer][[key, "department_pcode"]].rename(columns={key: "record_id"}) for layer, key in kinds.KEYS.items()]
    ).set_index("record_id")["department_pcode"]
    status = data["status"].assign(department_pcode=data["status"]["record_id"].map(places).fillna(""))
    columns = ["department_pcode", "known_from", "known_precision", "source_ids"]
    rows = pd.concat([data["events"][columns], status[columns]], ignore_index=True)
    made = rows["known_from"] <= pd.Timestamp(min(clocks.as_of, clocks.known_on))
    # a row whose date of report was assumed says nothing about when somebody reported
    rows = rows[made & (rows["known_precision"] != "assumed") & (rows["department_pcode"] != "")]
    rows = rows.assign(source_id=rows["source_ids"].str.split(";")).explode("source_id")
    publishers = data["sources"].set_index("source_id")["publisher"]
    return pd.DataFrame(
        {
            "department_pcode": rows["department_pcode"].to_numpy(),
            "day": rows["known_from"].to_numpy(),
            "precision": rows["known_precision"].to_numpy(),
            "publisher": rows["source_id"].map(publishers).to_numpy(),
        }
    )


def by_month(data: Data, clocks: Clocks, first: date) -> pd.DataFrame:
    """
    Count the publishers that reported about each department in each month up to `as_of`.

    Returns
    -------
    months
        `department_pcode`, `month` (its first day), `publishers`; every department and month from `first` on is there,
        0 where nobody reported.
    """
    reports = _reports(data, clocks)
    months = pd.period_range(pd.Timestamp(first), pd.Timestamp(clocks.as_of), freq="M")
    codes = data["departments"]["pcode"].tolist()
    counts = (
        reports.assign(month=reports["day"].dt.to_period("M"))
        .groupby(["department_pcode", "month"])["publisher"]
        .nunique()
        .reindex(pd.MultiIndex.from_product([codes, months], names=["department_pcode", "month"]), fill_value=0)
    )
    found = counts.rename("publishers").reset_index()
    return found.assign(month=found["month"].dt.start_time)


def now(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> pd.DataFrame:
    """
    Say for each department how long ago somebody last reported, and what has gone stale there.

    Returns
    -------
    departments
        `department_pcode`, `last_report` (missing if there is none), `precision` (how exactly that day is known),
        `days` (since then), `publishers_90` (publishers in the last 90 days), `zones`, `stale_zones`, `silent` (no
        report for more than `SILENT_DAYS`).
    """
    reports = _reports(data, clocks)
    day = pd.Timestamp(clocks.as_of)
    codes = data["departments"]["pcode"]
    last = reports.groupby("department_pcode")["day"].max().reindex(codes)
    newest = reports.sort_values(["day", "precision"], ascending=[True, False], kind="stable").drop_duplicates(
        "department_pcode", keep="last"
    )
    recent = reports[reports["day"] > day - pd.Timedelta(days=90)]
    zones = views.layer(data, "gang_zones", clocks, grade)
    days = (day - last).dt.days.astype("Int64")

    def zone_count(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("department_pcode").size().reindex(codes, fill_value=0)

    publishers = recent.groupby("department_pcode")["publisher"].nunique().reindex(codes, fill_value=0)
    return pd.DataFrame(
        {
            "department_pcode": codes.to_numpy(),
            "last_report": last.to_numpy(),
            "precision": newest.set_index("department_pcode")["precision"].reindex(codes).fillna("").to_numpy(),
            "days": days.array,
            "publishers_90": publishers.to_numpy(),
            "zones": zone_count(zones).to_numpy(),
            "stale_zones": zone_count(zones[zones["stale"]]).to_numpy(),
            "silent": (days.isna() | (days > SILENT_DAYS)).to_numpy(dtype=bool),
        }
    )
