"""Two clocks, on frames of a few rows."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import InputError
from mssmap.records import timeline
from mssmap.records.timeline import Clocks

COLUMNS = ["id", "revision", "status", "valid_from", "valid_to", "known_from"]


def frame(*rows: tuple[str, int, str, str, str, str]) -> pd.DataFrame:
    """Build rows of (id, revision, status, valid_from, valid_to, known_from); an empty date is missing."""
    built = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("valid_from", "valid_to", "known_from"):
        built[column] = pd.to_datetime(built[column], format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    return built.astype({"revision": "Int64"})


BASE = frame(
    ("a", 1, "open", "2024-01-10", "", "2024-01-12"),
    ("a", 2, "open", "2024-01-10", "2024-02-10", "2024-02-15"),
    ("b", 1, "shut", "2024-02-11", "", "2024-02-15"),
    ("c", 1, "open", "2024-01-01", "", "2024-01-01"),
    ("c", 2, "retracted", "2024-01-01", "", "2024-01-20"),
)


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [
        pytest.param(date(2023, 12, 31), [], id="nothing yet"),
        pytest.param(date(2024, 1, 1), ["c1"], id="known on the day itself"),
        pytest.param(date(2024, 1, 12), ["a1", "c1"], id="first revisions"),
        pytest.param(date(2024, 1, 20), ["a1"], id="withdrawn"),
        pytest.param(date(2024, 2, 15), ["a2", "b1"], id="corrected"),
    ],
)
def test_known_gives_the_latest_revision_then(known_on, expected):
    rows = timeline.known(BASE, known_on, "id")
    assert [f"{row.id}{row.revision}" for row in rows.itertuples()] == expected


def test_a_row_without_known_date_is_never_known():
    assert timeline.known(frame(("a", 1, "open", "2024-01-01", "", "")), date(2030, 1, 1), "id").empty


def test_the_revision_counts_and_not_the_order_in_the_file():
    rows = frame(("a", 2, "new", "2024-01-01", "", "2024-02-01"), ("a", 1, "old", "2024-01-01", "", "2024-01-01"))
    assert timeline.known(rows, date(2024, 3, 1), "id")["status"].tolist() == ["new"]
    assert timeline.known(rows, date(2024, 1, 15), "id")["status"].tolist() == ["old"]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2024-01-09", []), ("2024-01-10", ["a"]), ("2024-02-10", ["a"]), ("2024-02-11", ["b"]), ("2030-01-01", ["b"])],
)
def test_both_ends_of_an_interval_count(as_of, expected):
    clocks = Clocks(date.fromisoformat(as_of), date(2024, 3, 1))
    assert timeline.valid(timeline.known(BASE, clocks.known_on, "id"), clocks.as_of)["id"].tolist() == expected


def test_before_the_end_was_known_the_old_status_stands():
    clocks = Clocks(as_of=date(2024, 2, 11), known_on=date(2024, 2, 14))
    assert timeline.valid(timeline.known(BASE, clocks.known_on, "id"), clocks.as_of)["status"].tolist() == ["open"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(None, None, ["a", "b"], id="no window"),
        pytest.param(date(2024, 2, 10), None, ["a", "b"], id="touches the last day"),
        pytest.param(date(2024, 2, 11), None, ["b"], id="the day after"),
        pytest.param(None, date(2024, 2, 10), ["a"], id="up to"),
        pytest.param(date(2024, 1, 11), date(2024, 1, 11), ["a"], id="a day inside"),
    ],
)
def test_window_overlaps_inclusively(start, end, expected):
    rows = timeline.known(BASE, date(2024, 3, 1), "id")
    assert timeline.window(rows, start, end)["id"].tolist() == expected


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(InputError, match=r"to: found 2024-01-01, .*from \(2024-01-02\)"):
        timeline.window(BASE, date(2024, 1, 2), date(2024, 1, 1))


def test_clocks_want_dates():
    with pytest.raises(InputError, match="as_of: found '2025-01-18', required a date"):
        Clocks("2025-01-18", date(2025, 1, 18))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("precision", "first", "last"),
    [
        ("day", "2024-02-10", "2024-02-10"),
        ("month", "2024-02-01", "2024-02-29"),
        ("year", "2024-01-01", "2024-12-31"),
        ("before", "2024-02-10", "2024-02-10"),
    ],
)
def test_an_imprecise_date_means_a_range(precision, first, last):
    days, kinds = pd.Series(pd.to_datetime(["2024-02-10"])), pd.Series([precision])
    low, high = timeline.earliest_latest(days, kinds)
    assert (f"{low[0]:%Y-%m-%d}", f"{high[0]:%Y-%m-%d}") == (first, last)


def test_a_start_some_day_in_a_month_is_certain_from_its_last_day():
    rows = frame(("a", 1, "open", "2024-02-01", "", "2024-02-01")).assign(date_precision="month")
    assert not timeline.is_certain(rows, date(2024, 2, 28))[0]
    assert timeline.is_certain(rows, date(2024, 2, 29))[0]


def test_age_counts_days_and_is_never_negative():
    seen = pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", None]))
    assert timeline.age_days(seen, date(2024, 1, 11)).tolist() == [10, 0, pd.NA]


def test_a_status_is_stale_after_its_refresh_period_and_not_on_its_last_day():
    ages = pd.Series([180, 181, None], dtype="Int64")
    assert timeline.is_stale(ages, "fobs").tolist() == [False, True, False]
    assert timeline.is_stale(ages, "prisons").tolist() == [False, False, False]
    assert timeline.is_stale(ages, "rivers").tolist() == [False, False, False]


def test_the_outcome_of_a_plan_is_unknown_once_its_date_has_passed():
    rows = frame(
        ("plan", 1, "", "2024-01-01", "2024-01-31", "2023-12-01"), ("done", 1, "", "2024-01-01", "", "2024-01-01")
    ).assign(claim=["planned", "reported"])
    assert timeline.outcome_unknown(rows, date(2024, 1, 31)).tolist() == [False, False]
    assert timeline.outcome_unknown(rows, date(2024, 2, 1)).tolist() == [True, False]


DAYS = st.integers(0, 60).map(lambda n: date(2024, 1, 1) + timedelta(days=n))
ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 4), st.sampled_from(["x", "y", "retracted"]), DAYS, DAYS, DAYS),
    max_size=25,
    unique_by=lambda row: row[:2],
)


def built(rows: list[tuple[str, int, str, date, date, date]]) -> pd.DataFrame:
    return frame(*[(i, r, s, *(f"{day:%Y-%m-%d}" for day in days)) for i, r, s, *days in rows])


@given(ROWS, DAYS)
def test_a_view_never_shows_what_was_not_yet_known(rows, known_on):
    shown = timeline.known(built(rows), known_on, "id")
    assert (shown["known_from"] <= pd.Timestamp(known_on)).all()
    assert shown["id"].is_unique
    assert (shown["status"] != "retracted").all()


@given(ROWS, DAYS, DAYS)
def test_moving_the_known_date_forward_and_back_gives_the_same_view(rows, one, other):
    data = built(rows)
    before = data.copy()
    first = timeline.known(data, one, "id")
    timeline.known(data, other, "id")
    pd.testing.assert_frame_equal(timeline.known(data, one, "id"), first)
    pd.testing.assert_frame_equal(data, before)


@given(ROWS, DAYS, st.randoms())
def test_the_order_of_the_file_does_not_matter(rows, known_on, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (timeline.known(built(order), known_on, "id") for order in (rows, shuffled))
    assert set(zip(one["id"], one["revision"], strict=True)) == set(zip(other["id"], other["revision"], strict=True))


@given(ROWS, DAYS)
def test_known_agrees_with_a_plain_loop(rows, known_on):
    latest: dict[str, tuple[int, str]] = {}
    for row_id, revision, status, _, _, known_from in rows:
        if known_from <= known_on and revision > latest.get(row_id, (0, ""))[0]:
            latest[row_id] = (revision, status)
    expected = {(row_id, revision) for row_id, (revision, status) in latest.items() if status != "retracted"}
    shown = timeline.known(built(rows), known_on, "id")
    assert set(zip(shown["id"], shown["revision"], strict=True)) == expected


def test_a_hundred_thousand_records_keep_one_row_an_id():
    rng = np.random.default_rng(0)
    count = 100_000
    ids = pd.Series(rng.integers(0, 40_000, count).astype("str"), dtype="str")
    rows = pd.DataFrame({"id": ids, "revision": ids.groupby(ids).cumcount().astype("Int64") + 1})
    rows["known_from"] = np.datetime64("2021-01-01", "s") + rng.integers(0, 1_800, count).astype("timedelta64[D]")
    shown = timeline.known(rows, date(2024, 1, 1), "id")
    assert shown["id"].is_unique
    assert len(shown) == rows.loc[rows["known_from"] <= "2024-01-01", "id"].nunique()
