"""
Records that contradict each other or themselves, as far as a machine can see it.

Each rule is there because a wrong record of its kind stood in the data: a coalition before it existed, one event twice,
a plan that a newer one took the place of, a status that its own sources contradict, a month where a day is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from mssmap.errors import Fault
from mssmap.i18n import written
from mssmap.records import kinds, regions, schema, timeline
from mssmap.records.catalog import Data

COALITIONS: Final = {"Viv Ansanm": pd.Timestamp(2023, 9, 1)}
"""Coalition -> the day since which it can hold anything, by event `ev-2023-09-01-viv-ansanm-gang-alliance-formed`."""

THEN: Final = " then "
"""Between the coalitions of a spell, in the order in which they held it."""

OUT_OF_USE: Final = ("closed", "emptied")
"""Statuses of a prison in which nobody is held."""

HELD: Final = "inmates_held"

VIOLENT: Final = ("violence", "operations", "prisons")
"""Groups of events of which two at one place and time are most likely one."""

COARSE: Final = ("country", "department")
"""Precisions of places that hold many events on one day."""


def coalition_in_its_time(data: Data) -> list[Fault]:
    """A spell that begins before a coalition existed does not carry it, unless another held the place first."""
    rows = _latest(data, "status")
    faults = []
    for name, since in COALITIONS.items():
        first = rows["coalition"].str.split(THEN).str[0]
        bad = rows[first.str.contains(name, regex=False) & (rows["valid_from"] < since)]
        for row in bad.to_dict("records"):
            begun = f"{name} from {row['valid_from']:%Y-%m-%d} on"
            required = f"nothing, or the one before it: {name} exists since {since:%Y-%m-%d}"
            faults.append(_fault(data, "status", row, "coalition", begun, required))
    return faults


def event_once(data: Data) -> list[Fault]:
    """Two attacks, operations or escapes at one place do not begin on one day, nor in a month that holds the other."""
    rows = _latest(data, "events")
    violent = rows["category"].map(lambda name: kinds.category(name).group).isin(VIOLENT)
    rows = rows[violent & (rows["claim"] != timeline.PLANNED) & ~rows["location_precision"].isin(COARSE)]
    rows = rows.assign(at=rows["place"].map(regions.normalise))
    rows = rows[(rows["at"] != "") & rows.duplicated(["category", "at"], keep=False)]
    first, last = timeline.possible_days(rows)
    found = rows.assign(first=first, last=last).sort_values(["category", "at", "first", "event_id"], kind="stable")
    records = found.to_dict("records")
    faults = []
    for i, one in enumerate(records):
        for other in records[i + 1 :]:
            if (one["category"], one["at"]) != (other["category"], other["at"]):
                break
            if _is_same(one, other):
                what = f"the category, place and days of {other['event_id']}"
                hint = "Withdraw one of them, correct its day, or name the other one in its note."
                faults.append(_fault(data, "events", one, "valid_from", what, "one record of one event", hint))
    return faults


def _is_same(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Say whether two events of one kind and place may be one; a note that names the other says that they are two."""
    if other["event_id"] in one["note"] or one["event_id"] in other["note"]:
        return False
    both = one["date_precision"], other["date_precision"]
    if both == ("day", "day"):
        return bool(one["valid_from"] == other["valid_from"])
    return "day" in both and one["first"] <= other["last"] and other["first"] <= one["last"]


def plans_superseded(data: Data) -> list[Fault]:
    """A plan of which a newer one, with the same words and another day, became known before its day is withdrawn."""
    rows = _latest(data, "events")
    plans = rows[rows["claim"] == timeline.PLANNED].assign(
        words=lambda found: [
            frozenset(regions.normalise(written(row.get, "title", "en")[0]).split()) for row in found.to_dict("records")
        ]
    )
    faults = []
    for old in plans.to_dict("records"):
        for new in plans.to_dict("records"):
            is_newer = old["known_from"] < new["known_from"] <= old["valid_from"] != new["valid_from"]
            same = old["category"] == new["category"] and old["place"] == new["place"]
            if is_newer and same and (old["words"] <= new["words"] or new["words"] <= old["words"]):
                what = f"a plan that {new['event_id']} took the place of on {new['known_from']:%Y-%m-%d}"
                faults.append(_fault(data, "events", old, "claim", what, "a revision that withdraws it"))
    return faults


def status_not_contradicted(data: Data) -> list[Fault]:
    """Nobody is held in a prison that is out of use; a base is not in use by a source that has it planned."""
    spells = _latest(data, "status")
    return [*_held_out_of_use(data, spells), *_stands_but_planned(data, spells)]


def _held_out_of_use(data: Data, spells: pd.DataFrame) -> list[Fault]:
    prisons = spells["record_id"].map(lambda key: (kinds.layer_of(key) or kinds.EVENTS).name) == "prisons"
    spells = spells[prisons & spells["status"].isin(OUT_OF_USE)]
    figures = _latest(data, "figures")
    held = figures[(figures["measure"] == HELD) & (figures["value_min"] > 0)]
    pairs = spells.merge(held[["figure_id", "record_id", "date"]], on="record_id")
    # the day on which a prison is emptied it holds those who leave it
    inside = (pairs["date"] > pairs["valid_from"]) & ~(
        pairs["date"] >= pairs["valid_to"].fillna(pd.Timestamp(timeline.FOREVER))
    )
    return [
        _fault(
            data,
            "status",
            row,
            "status",
            f"{row['status']}, but {row['figure_id']} counts people held on {row['date']:%Y-%m-%d}",
            "a status that its figures do not contradict",
        )
        for row in pairs[inside].to_dict("records")
    ]


def _stands_but_planned(data: Data, spells: pd.DataFrame) -> list[Fault]:
    """Compare bases in use with planned events at their place that rest on the same source."""
    if "fobs" not in data.datasets:
        return []
    places = dict(zip(data["fobs"]["fob_id"], data["fobs"]["place"].map(regions.normalise), strict=True))
    in_use = spells[spells["record_id"].isin(list(places)) & spells["status"].isin(("operational", "handed_over"))]
    events = _latest(data, "events")
    plans = events[(events["claim"] == timeline.PLANNED) & (events["category"] == "fob")].to_dict("records")
    faults = []
    for row in in_use.to_dict("records"):
        for plan in plans:
            shared = set(schema.items(row["source_ids"])) & set(schema.items(plan["source_ids"]))
            same_day = row["valid_from"] == plan["valid_from"]
            if shared and same_day and places[row["record_id"]] == regions.normalise(plan["place"]):
                what = f"{row['status']}, but {plan['event_id']} of the same source has it planned"
                faults.append(_fault(data, "status", row, "status", what, "planned, or an event that is no plan"))
    return faults


def day_where_known(data: Data) -> list[Fault]:
    """An event that happened is not of a month if a figure of it is of a day in that month."""
    rows = _latest(data, "events")
    rows = rows[(rows["date_precision"] == "month") & (rows["claim"] != timeline.PLANNED)]
    figures = _latest(data, "figures")
    # the first of a month stands for the month
    dated = figures[figures["date"].dt.day > 1][["figure_id", "record_id", "date"]]
    pairs = rows.merge(dated, left_on="event_id", right_on="record_id")
    inside = (pairs["valid_from"] <= pairs["date"]) & (pairs["date"] < pairs["valid_to"])
    return [
        _fault(
            data,
            "events",
            row,
            "date_precision",
            f"month, but {row['figure_id']} is of {row['date']:%Y-%m-%d}",
            "day, with that day, or a figure of the month",
        )
        for row in pairs[inside].to_dict("records")
    ]


@lru_cache(maxsize=8)
def _latest(data: Data, name: str) -> pd.DataFrame:
    return timeline.known(data[name], date.max, data.dataset(name).id_column)


def _fault(
    data: Data, name: str, row: Mapping[Any, Any], column: str, found: str, required: str, hint: str = ""
) -> Fault:
    dataset = data.dataset(name)
    record = f"{row[dataset.id_column]} revision {row['revision']}"
    return Fault(dataset.path, None, column, found, required, hint, kind="rule", record=record)


RULES: Final = (coalition_in_its_time, event_once, plans_superseded, status_not_contradicted, day_where_known)
