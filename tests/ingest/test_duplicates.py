"""Events of a file that may be known already: the same pairs as the naive way, whatever shares a day and a place."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mssmap.ingest import duplicates


def events(rows: list[tuple[Any, ...]], first: int = 0) -> pd.DataFrame:
    """Return events of (day, lon, lat, commune, category, title)."""
    names = ["valid_from", "lon", "lat", "commune_pcode", "category", "title_en"]
    frame = pd.DataFrame(rows, columns=names).astype({"lon": "float64", "lat": "float64"})
    ids = [f"e{first + n}" for n in range(len(frame))]
    days = pd.to_datetime(frame["valid_from"]).astype("datetime64[s]")
    return frame.assign(event_id=ids, status="", date_precision="day", valid_from=days)


def naive(rows: pd.DataFrame, ours: pd.DataFrame) -> set[tuple[int, str]]:
    """Each row with each event."""
    found = set()
    for one in rows.itertuples():
        for two in ours.itertuples():
            ends = [duplicates._metres(pd.DataFrame([{"lon": it.lon, "lat": it.lat}]))[0] for it in (one, two)]
            apart = float(np.hypot(*(ends[0] - ends[1]))) / 1000
            same = one.commune_pcode != "" and one.commune_pcode == two.commune_pcode
            near = same if np.isnan(apart) else apart <= duplicates.NEAR_KM
            alike = duplicates._alike(one.title_en, two.title_en) >= 1 / 3
            if one.valid_from == two.valid_from and near and (alike or duplicates._related(one.category, two.category)):
                found.add((one.Index, two.event_id))
    return found


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["2025-03-01", "2025-03-02"]),
        st.sampled_from([-72.30, -72.33, -72.36, np.nan]),
        st.sampled_from([18.50, 18.53, 18.57, np.nan]),
        st.sampled_from(["", "HT0111", "HT0112"]),
        st.sampled_from(["riot", "kidnapping", "election", "airport"]),
        st.sampled_from(["Market burnt", "Market closed down", "Something else"]),
    ),
    max_size=7,
)


@settings(max_examples=20)
@given(EVENTS, EVENTS)
def test_the_pairs_are_those_of_the_naive_way(new, known):
    rows, ours = events(new), events(known, 100)
    found, notes = duplicates.find(rows, ours)
    assert set(zip(found["row"], found["event_id"], strict=True)) == naive(rows, ours)
    assert notes == []


def spread(count: int, first: int = 0) -> pd.DataFrame:
    rows = [
        ("2025-03-01", -72.9 + n % 97 / 100, 18.3 + n % 90 / 100, "HT0111", "other", f"{first}{n}")
        for n in range(count)
    ]
    return events(rows, first)


def at_one_place(count: int, first: int = 0) -> pd.DataFrame:
    """Rows as DTM and HAPI give them: one day, one point for a commune."""
    return events([("2025-03-01", -72.3, 18.5, "HT0111", "displacement", "Displaced people")] * count, first)


@pytest.mark.parametrize("make", [spread, at_one_place])
def test_thousands_of_events_that_share_a_day_are_compared_in_little_memory(make):
    rows, ours = make(2_000), make(5_000, 10_000)
    tracemalloc.start()
    found, notes = duplicates.find(rows, ours)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100_000_000
    assert 0 < len(found) <= duplicates.MOST_PAIRS
    assert notes


def test_what_is_not_compared_is_told():
    rows, ours = at_one_place(3), at_one_place(duplicates.MOST_COMPARED + 1, 100)
    found, (note,) = duplicates.find(rows, ours)
    assert len(found) == 3 * duplicates.MOST_COMPARED
    assert (
        note == "Rows with more than 40 known events of their day near them: 3. Each was compared with the nearest 40."
    )


def test_the_nearest_are_compared():
    close = [("2025-03-01", -72.3 + n / 10_000, 18.5, "", "riot", "Riot") for n in range(100, 0, -1)]
    found, _notes = duplicates.find(events([("2025-03-01", -72.3, 18.5, "", "riot", "Riot")]), events(close))
    assert set(found["event_id"]) == {f"e{n}" for n in range(60, 100)}


def test_more_pairs_than_anybody_reads_are_cut_and_told(monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 50)
    monkeypatch.setattr(duplicates, "ROWS_AT_ONCE", 2)
    found, notes = duplicates.find(at_one_place(10), at_one_place(20, 100))
    assert len(found) == 50
    assert notes == [
        "More than 50 pairs may be the same event. The first 50 are listed, and the last 6 rows were not compared. "
        "Split the file to see the others."
    ]
