"""
Closures and reopenings: how long prisons, schools, courts, airports, ports and hospitals were out of service.

A service is in service, partly in service, out of service, or its state is not known; a day nobody reported about is
not known, never "open".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from mssmap.records import evidence, kinds, timeline
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

STATES: Final = ("in", "partly", "out", "unknown")
STATE_OF: Final = {
    "functioning": "in",
    "open": "in",
    "limited": "partly",
    "moved": "partly",
    "damaged": "partly",
    "emptied": "out",
    "closed": "out",
    "unknown": "unknown",
}
"""Status of a prison or facility -> state of the service."""

GROUPS: Final = {
    "prison": "prisons",
    "women": "prisons",
    "minors": "prisons",
    "school_group": "schools",
    "court": "courts",
    "airport": "airports",
    "port": "ports",
    "fuel_terminal": "ports",
    "hospital": "hospitals",
}
"""Kind of a record -> group of services; other kinds (police stations) are not services here."""

GROUP_ORDER: Final = ("prisons", "schools", "courts", "airports", "ports", "hospitals")


def spells(data: Data, clocks: Clocks, grade: str = evidence.LOWEST) -> pd.DataFrame:
    """
    Return the spells of every service known on `known_on` and begun by `as_of`.

    Returns
    -------
    spells
        `record_id`, `group`, `name_en`, `state` (one of `STATES`), `status`, `start`, `end` (the last day, at most
        `as_of`), `open_ended` (still so on `as_of`), `days` (whole days, both ends included), `date_precision`,
        `grade`; in order of group, record and start. A prison used since before the records begin starts with its
        first stated day.
    """
    names = _services(data)
    rows = timeline.known(data["status"], clocks.known_on, "status_id")
    rows = rows[rows["record_id"].isin(names.index)]
    rows = rows.assign(grade=evidence.grade(rows, data["sources"], clocks.known_on))
    rows = rows[evidence.passes(rows["grade"], grade)]
    day = pd.Timestamp(clocks.as_of)
    rows = rows[rows["valid_from"] <= day]
    open_ended = rows["valid_to"].isna() | (rows["valid_to"] >= day)
    end = rows["valid_to"].where(~open_ended, day)
    found = pd.DataFrame(
        {
            "record_id": rows["record_id"],
            "group": rows["record_id"].map(names["group"]),
            "name_en": rows["record_id"].map(names["name_en"]),
            "state": rows["status"].map(STATE_OF).fillna("unknown"),
            "status": rows["status"],
            "start": rows["valid_from"],
            "end": end,
            "open_ended": open_ended,
            "days": ((end - rows["valid_from"]).dt.days + 1).astype("int64"),
            "date_precision": rows["date_precision"],
            "grade": rows["grade"],
        }
    )
    order = found["group"].map({group: i for i, group in enumerate(GROUP_ORDER)})
    return (
        found.assign(order=order)
        .sort_values(["order", "record_id", "start"])
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _services(data: Data) -> pd.DataFrame:
    parts = [
        data[layer][[kinds.KEYS[layer], "name_en", "kind"]].rename(columns={kinds.KEYS[layer]: "record_id"})
        for layer in ("prisons", "facilities")
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(group=rows["kind"].map(GROUPS))
    return rows[rows["group"].notna()].set_index("record_id")


def by_service(found: pd.DataFrame) -> pd.DataFrame:
    """
    Sum the spells of each service.

    Returns
    -------
    services
        One row a service: `record_id`, `group`, `name_en`, `state`, `since` and `date_precision` of the last spell,
        `days_out`, `days_partly`, `closures` (spells out of service) and `reopenings` (times a service came back, fully
        or partly).
    """
    came_back = (found["state"].isin(["in", "partly"])) & (found.groupby("record_id")["state"].shift() == "out")
    marked = found.assign(
        days_out=found["days"].where(found["state"] == "out", 0),
        days_partly=found["days"].where(found["state"] == "partly", 0),
        closures=(found["state"] == "out").astype("int64"),
        reopenings=came_back.astype("int64"),
    )
    grouped = marked.groupby("record_id", sort=False)
    last = grouped.tail(1).set_index("record_id")[
        ["group", "name_en", "state", "start", "date_precision", "open_ended"]
    ]
    sums = grouped[["days_out", "days_partly", "closures", "reopenings"]].sum()
    return last.rename(columns={"start": "since"}).join(sums).reset_index()


def share(found: pd.DataFrame, days: Iterable[date]) -> pd.DataFrame:
    """
    Count the services of each group by state on some days.

    Returns
    -------
    share
        `day`, `group`, one column for each of `STATES`, and `total`, the services that have a spell on the day or had
        one before; those without a spell on the day count as not known.
    """
    stamps = [pd.Timestamp(day) for day in days]
    groups = [group for group in GROUP_ORDER if (found["group"] == group).any()]
    rows = []
    for group in groups:
        mine = found[found["group"] == group]
        first = mine.groupby("record_id")["start"].min()
        start, end = mine["start"].to_numpy(), mine["end"].to_numpy()
        for stamp in stamps:
            now = mine[(start <= np.datetime64(stamp)) & (end >= np.datetime64(stamp))].drop_duplicates(
                "record_id", keep="last"
            )
            total = int((first <= stamp).sum())
            counts = {state: int((now["state"] == state).sum()) for state in STATES}
            counts["unknown"] += total - len(now)
            rows.append({"day": stamp, "group": group, **counts, "total": total})
    return pd.DataFrame(rows, columns=["day", "group", *STATES, "total"])
