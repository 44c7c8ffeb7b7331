"""Records that contradict each other: each rule broken once by the wrong record that it is there for."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pandas as pd
import pytest

from mssmap.records import contradictions
from mssmap.records.catalog import Data


def with_row(data: Data, table: str, **cells: Any) -> Data:
    """Return the data with one more row: the last one of the table, with other cells."""
    rows = data[table]
    one = rows.tail(1).assign(**{key: [value] for key, value in cells.items()}).astype(rows.dtypes)
    frames = {**data.frames, table: pd.concat([rows, one], ignore_index=True)}
    return replace(data, frames=MappingProxyType(frames))


def changed(data: Data, table: str, record: str, **cells: Any) -> Data:
    """Return the data with other cells in all rows of a record."""
    rows = data[table].copy()
    mine = rows[data.dataset(table).id_column] == record
    for key, value in cells.items():
        rows.loc[mine, key] = value
    return replace(data, frames=MappingProxyType({**data.frames, table: rows}))


def told(rule: Any, data: Data) -> list[str]:
    return [f"{fault.record}: {fault.found}" for fault in rule(data)]


@pytest.mark.parametrize(
    ("coalition", "start", "found"),
    [
        ("Viv Ansanm", "2023-08-31", ["zone-b.1 revision 1: Viv Ansanm from 2023-08-31 on"]),
        ("Viv Ansanm", "2023-09-01", []),
        ("G9 / Viv Ansanm", "2021-01-01", ["zone-b.1 revision 1: Viv Ansanm from 2021-01-01 on"]),
        ("G9 then Viv Ansanm", "2021-01-01", []),
        ("G-Pèp", "2021-01-01", []),
    ],
)
def test_a_coalition_holds_nothing_before_it_exists(small, coalition, start, found):
    data = changed(small, "status", "zone-b.1", coalition=coalition, valid_from=pd.Timestamp(start))
    assert told(contradictions.coalition_in_its_time, data) == found


ATTACK = {
    **{"category": "gang_attack", "status": "", "place": "Delmas 6", "revision": 1, "note": ""},
    **{"valid_from": pd.Timestamp(2025, 1, 14), "valid_to": pd.Timestamp(2025, 1, 14)},
}


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({}, True),
        ({"place": "Delmas 8"}, False),
        ({"category": "operation"}, False),
        ({"valid_from": pd.Timestamp(2025, 1, 15), "valid_to": pd.Timestamp(2025, 1, 15)}, False),
        (
            {
                **{"valid_from": pd.Timestamp(2025, 1, 1), "valid_to": pd.Timestamp(2025, 1, 31)},
                **{"date_precision": "month"},
            },
            True,
        ),
        ({"claim": "planned"}, False),
        ({"location_precision": "department"}, False),
        ({"note": "Another attack than ev-one."}, False),
    ],
)
def test_one_event_is_recorded_once(small, other, is_same):
    data = with_row(small, "events", event_id="ev-one", **ATTACK)
    assert told(contradictions.event_once, data) == []
    data = with_row(data, "events", **{"event_id": "ev-two", **ATTACK, **other})
    assert bool(told(contradictions.event_once, data)) == is_same


def test_a_plan_with_a_newer_day_is_withdrawn(small):
    vote = {
        **{"category": "election", "claim": "planned", "status": "", "place": "Haiti", "revision": 1},
        **{"valid_to": pd.NaT, "valid_from": pd.Timestamp(2025, 8, 30), "known_from": pd.Timestamp(2025, 1, 1)},
        "title_en": "First round of the vote scheduled",
    }
    newer = {
        **vote,
        **{"title_en": "First round scheduled", "known_from": pd.Timestamp(2025, 4, 1)},
        "valid_from": pd.Timestamp(2025, 12, 13),
    }
    data = with_row(small, "events", event_id="ev-old", **vote)
    both = with_row(data, "events", event_id="ev-new", **newer)
    assert told(contradictions.plans_superseded, data) == []
    assert told(contradictions.plans_superseded, both) == [
        "ev-old revision 1: a plan that ev-new took the place of on 2025-04-01"
    ]
    second = with_row(data, "events", event_id="ev-new", **{**newer, "title_en": "Second round scheduled"})
    assert told(contradictions.plans_superseded, second) == []
    gone = with_row(both, "events", event_id="ev-old", **{**vote, "revision": 2, "status": "retracted"})
    assert told(contradictions.plans_superseded, gone) == []


def test_nobody_is_held_in_a_prison_that_is_out_of_use(small):
    held = {"record_id": "prison-a", "measure": "inmates_held", "value_min": 150.0, "revision": 1}
    after = with_row(small, "figures", figure_id="f", **held, date=pd.Timestamp(2024, 7, 17))
    assert told(contradictions.status_not_contradicted, after) == [
        "prison-a.2 revision 1: emptied, but f counts people held on 2024-07-17"
    ]
    for day in (pd.Timestamp(2024, 3, 1), pd.Timestamp(2024, 3, 2)):
        before = with_row(small, "figures", figure_id="f", **held, date=day)
        assert told(contradictions.status_not_contradicted, before) == []


def test_a_base_is_not_in_use_by_the_source_that_has_it_planned(small):
    data = changed(small, "fobs", "fob-a", place="Port")
    plan = {
        **{"event_id": "ev-base", "category": "fob", "claim": "planned", "status": "", "place": "Port", "revision": 1},
        **{"valid_from": pd.Timestamp(2024, 11, 28), "source_ids": "press-2"},
    }
    assert told(contradictions.status_not_contradicted, with_row(data, "events", **plan)) == [
        "fob-a.1 revision 2: operational, but ev-base of the same source has it planned"
    ]
    other = with_row(data, "events", **{**plan, "source_ids": "blog-1"})
    assert told(contradictions.status_not_contradicted, other) == []


def test_a_month_where_a_figure_has_the_day(small):
    month = {
        **{"event_id": "ev-class", "category": "hnp_training", "status": "", "revision": 1, "date_precision": "month"},
        **{"valid_from": pd.Timestamp(2024, 12, 1), "valid_to": pd.Timestamp(2024, 12, 31)},
    }
    data = with_row(small, "events", **month)
    for day, found in (
        (pd.Timestamp(2024, 12, 1), []),
        (pd.Timestamp(2024, 11, 23), []),
        (pd.Timestamp(2024, 12, 23), ["ev-class revision 1: month, but f is of 2024-12-23"]),
    ):
        both = with_row(data, "figures", figure_id="f", record_id="ev-class", revision=1, date=day)
        assert told(contradictions.day_where_known, both) == found


def test_the_shipped_data_contradict_nothing(real):
    assert [str(fault) for rule in contradictions.RULES for fault in rule(real)] == []
