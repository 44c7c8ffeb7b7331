"""What was learnt between two days."""

from __future__ import annotations

import os
from datetime import date, timedelta
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import ROOT

from mssmap.errors import InputError
from mssmap.records import catalog, differences
from mssmap.records.catalog import Data
from mssmap.records.differences import Change

SOAK = os.environ.get("MSSMAP_SOAK") == "1"


def learnt(data: Data, since: str, until: str, as_of: str | None = None) -> list[Change]:
    return differences.changes(
        data, date.fromisoformat(since), date.fromisoformat(until), date.fromisoformat(as_of) if as_of else None
    )


def told(changes: list[Change]) -> list[str]:
    return [f"{change.kind} {change.table} {change.record_id} {day(change.known_from)}" for change in changes]


def day(dated: differences.Dated | None) -> str:
    return str(dated.day) if dated else "no day"


def test_a_handover_is_one_change_of_status(small):
    (change,) = learnt(small, "2025-01-22", "2025-01-23")
    assert told([change]) == ["status status fob-a 2025-01-23"]
    assert {field.field: (field.before, field.after) for field in change.fields} == {
        "status": ("operational", "handed_over"),
        "valid_from": (pd.Timestamp("2024-11-28"), pd.Timestamp("2025-01-21")),
        "operator": ("Kenya", "Guatemala"),
        "source_ids": ("press-2", "press-3"),
    }
    assert [(row.row_id, row.before is None) for row in change.rows] == [("fob-a.1", False), ("fob-a.2", True)]


def test_a_higher_figure_corrects_the_event_and_adds_the_figure(small):
    event, figure = learnt(small, "2024-03-04", "2024-03-05")
    assert told([event, figure]) == ["corrected events break-a 2024-03-05", "new figures break-a 2024-03-05"]
    assert [(field.field, field.before, field.after) for field in event.fields] == [
        ("figure_max", 3700, 4600),
        ("source_ids", "wire-1;press-1", "wire-1;press-1;un-1"),
    ]


def test_a_withdrawal_says_when(small):
    assert told(learnt(small, "2024-12-10", "2024-12-31")) == ["withdrawn events rumour 2024-12-20"]


def test_what_was_known_and_withdrawn_in_between_is_not_told(small):
    assert "rumour" not in str(told(learnt(small, "2024-11-30", "2024-12-31")))


def test_the_first_day_does_not_count_and_the_last_does(small):
    assert learnt(small, "2025-01-23", "2025-01-31") == []
    assert learnt(small, "2025-01-22", "2025-01-22") == []


def test_what_is_about_later_days_can_be_left_out(small):
    assert told(learnt(small, "2025-01-22", "2025-01-23", as_of="2025-01-20")) == ["corrected status fob-a 2025-01-23"]


def test_until_before_since_is_refused(small):
    with pytest.raises(InputError, match=r"until: found 2024-01-01, required a day not before since \(2024-01-02\)"):
        learnt(small, "2024-01-02", "2024-01-01")


def test_records_name_the_title_and_only_sources_public_then(small):
    changes = learnt(small, "2024-03-04", "2024-03-05")
    event, figure = differences.as_records(small, changes, date(2024, 3, 5))
    assert event["title"] == "Prison A stormed"
    assert figure["title"] == "Prison A stormed: inmates_escaped 4,600 inmates"
    assert [source["source_id"] for source in figure["sources"]] == ["un-1"]
    assert event["fields"][0] == {"field": "figure_max", "before": 3700, "after": 4600}
    (early, _) = differences.as_records(small, changes, date(2024, 3, 4))
    assert [source["source_id"] for source in early["sources"]] == ["wire-1", "press-1"]


def test_a_new_state_is_dated_by_its_beginning_and_by_the_day_it_was_first_known():
    """The airport of the capital: closed on 11 November 2024, corrected on 18 January 2025."""
    found = {change.record_id: change for change in learnt(shipped(), "2024-11-01", "2025-01-18")}
    airport = found["fac-01"]
    assert {f.field: (f.before, f.after) for f in airport.fields}["status"] == ("open", "closed")
    assert airport.happened == differences.Dated(date(2024, 11, 11), "day")
    assert airport.known_from == differences.Dated(date(2024, 11, 11), "month")


def test_a_correction_happened_when_its_record_did_and_was_learnt_when_it_was_made():
    found = {change.record_id: change for change in learnt(shipped(), "2025-01-10", "2025-01-18")}
    airport = found["fac-01"]
    assert (airport.kind, day(airport.happened), day(airport.known_from)) == ("corrected", "2024-11-11", "2025-01-18")


def test_a_new_record_corrected_since_was_learnt_when_it_was_first_known(small):
    event, *_figures = learnt(small, "2024-03-02", "2024-03-31", as_of="2024-03-31")[1:]
    assert (event.kind, event.record_id, day(event.happened), day(event.known_from)) == (
        ("new", "break-a", "2024-03-02", "2024-03-03")
    )


def test_a_handover_happened_before_it_was_learnt(small):
    (record,) = differences.as_records(small, learnt(small, "2025-01-22", "2025-01-23"), date(2025, 1, 23))
    assert (record["happened"], record["happened_precision"]) == ("2025-01-21", "day")
    assert (record["known_from"], record["known_precision"]) == ("2025-01-23", "day")


@cache
def shipped() -> Data:
    return catalog.open_data(ROOT / "data")


DAYS = st.integers(0, 1_950).map(lambda n: date(2021, 1, 1) + timedelta(days=n))


@settings(max_examples=300 if SOAK else 50)
@given(one=DAYS, other=DAYS, about=st.none() | DAYS)
def test_changes_applied_to_the_earlier_state_give_the_later(one, other, about):
    since, until = sorted((one, other))
    data = shipped()
    changes = differences.changes(data, since, until, about, plans=True)
    for table in differences.TABLES:
        id_column = data.dataset(table).id_column
        before, after = (differences.state(data[table], day, id_column, about) for day in (since, until))
        redone = differences.apply(before, changes, table, id_column)
        pd.testing.assert_frame_equal(redone, after)


def test_what_was_only_announced_is_no_change_of_facts(real):
    days = date(2025, 1, 17), date(2026, 11, 1)
    facts, both = (differences.changes(real, *days, plans=plans) for plans in (False, True))
    announced = {change.record_id for change in both} - {change.record_id for change in facts}
    assert "ev-2026-12-13-first-round-scheduled" in announced
    assert len(announced) == 10
    told = {record["record_id"] for record in differences.as_records(real, both, days[1]) if record["planned"]}
    assert announced <= told, "projections are told as planned too"


def test_a_figure_is_dated_as_exactly_as_its_event_and_one_number_is_told_once():
    found = learnt(shipped(), "2026-02-01", "2026-02-28")
    ships = next(change for change in found if change.table == "figures" and "us-ships" in change.record_id)
    assert ships.happened == differences.Dated(date(2026, 2, 3), "day")
    found_later = learnt(shipped(), "2026-05-15", "2026-06-30")
    floods = next(change for change in found_later if change.table == "figures" and "floods" in change.record_id)
    assert floods.happened == differences.Dated(date(2026, 6, 1), "month")
    (record,) = differences.as_records(shipped(), [ships], date(2026, 2, 28))
    assert record["title"].endswith(": ships 3 ships")


def test_a_figure_of_its_own_day_keeps_it():
    found = learnt(shipped(), "2022-12-23", "2022-12-24")
    assert {change.happened for change in found if change.row_id.endswith("hnp-class-graduates.f02")} == {
        differences.Dated(date(2022, 12, 23), "day")
    }


def test_a_new_name_of_the_group_is_no_change_of_status():
    """Canaan stays controlled; only the name of the group differs."""
    found = {change.record_id: change for change in learnt(shipped(), "2024-09-01", "2024-11-01")}
    canaan = found["zone-canaan"]
    assert (canaan.kind, canaan.happened) == ("corrected", differences.Dated(date(2024, 10, 1), "month"))
    assert "armed_group" in {field.field for field in canaan.fields}


def test_whatever_is_told_as_a_change_of_status_names_two():
    for change in learnt(shipped(), "2024-09-01", "2026-11-01"):
        if change.kind == "status":
            assert "status" in {field.field for field in change.fields}, change.record_id


def test_an_event_that_was_reported_is_among_what_was_learnt_of_a_day(small):
    """Only what was announced and is not reported yet is left out."""
    found = told(learnt(small, "2024-03-02", "2025-01-20", as_of="2025-01-31"))
    assert "new events break-a 2024-03-03" in found
    assert "new events courts 2024-10-07" in found
    assert not [line for line in found if " plan " in line]


def test_what_was_learnt_of_strength_and_indicators_has_a_title(small):
    until = date(2024, 12, 31)
    records = differences.as_records(small, learnt(small, "2024-03-01", until.isoformat()), until)
    titles = {record["record_id"]: record["title"] for record in records}
    assert (titles["s1"], titles["i1"]) == ("Kenya Kenya arrival 200", "idps National 362000 persons")
