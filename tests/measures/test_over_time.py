"""Closures and reopenings, silence, and figures over time, on data small enough to count by hand."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from mssmap.measures import recovery, series, silence


def test_a_prison_that_was_emptied_counts_its_days_out_of_service(small, on):
    services = recovery.by_service(recovery.spells(small, on("2024-03-10"))).set_index("record_id")
    # 2 to 10 March, both included
    assert services.loc["prison-a", ["state", "days_out", "closures"]].to_dict() == {
        "state": "out",
        "days_out": 9,
        "closures": 1,
    }


def test_a_spell_that_is_not_over_ends_on_the_day_of_the_map(small, on):
    spells = recovery.spells(small, on("2024-03-10"))
    last = spells[spells["record_id"] == "prison-a"].iloc[-1]
    assert (last["status"], str(last["end"].date()), last["open_ended"]) == ("emptied", "2024-03-10", True)


def test_without_hindsight_the_prison_still_works(small, on):
    services = recovery.by_service(recovery.spells(small, on("2024-03-10", "2024-03-01")))
    assert services.set_index("record_id").loc["prison-a", "state"] == "in"


def test_reopening_is_counted_when_a_closed_service_comes_back(small, on):
    spells = recovery.spells(small, on("2025-06-01"))
    court = spells[spells["record_id"] == "court-a"]
    again = recovery.by_service(
        court.iloc[[0, 0]].assign(state=["out", "in"], days=[10, 5]).reset_index(drop=True)
    ).iloc[0]
    assert (again["closures"], again["reopenings"], again["days_out"]) == (1, 1, 10)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param("2024-03-01", {"in": 1, "out": 0}, id="the day before"),
        pytest.param("2024-03-02", {"in": 0, "out": 1}, id="the day itself"),
    ],
)
def test_share_of_prisons_in_service(small, on, day, expected):
    shares = recovery.share(recovery.spells(small, on("2025-01-01")), [date.fromisoformat(day)])
    prisons = shares[shares["group"] == "prisons"].iloc[0]
    assert prisons[["in", "out"]].to_dict() == expected


def test_states_of_a_group_add_up_to_its_total(real, on):
    spells = recovery.spells(real, on("2026-04-01", "2026-11-22"))
    shares = recovery.share(spells, [date(2024, 1, 1), date(2024, 6, 15), date(2025, 1, 18), date(2026, 4, 1)])
    assert (shares[list(recovery.STATES)].sum(axis=1) == shares["total"]).all()


def test_the_capitals_airport_was_closed_77_days_in_spring_2024(real, on):
    spells = recovery.spells(real, on("2024-06-30", "2026-11-22"))
    airport = spells[(spells["record_id"] == "fac-01") & (spells["state"] == "out")]
    assert airport["days"].tolist() == [77]


def test_silence_counts_publishers_not_reports(small, on):
    months = silence.by_month(small, on("2024-03-31", "2025-01-01"), date(2024, 3, 1))
    # EFE, Daily and BINUH reported in March 2024; each of them several times
    assert months["publishers"].tolist() == [3]


def test_a_department_nobody_reported_about_is_silent(small, on):
    now = silence.now(small, on("2024-05-15", "2025-01-01")).iloc[0]
    assert (now["silent"], now["days"]) == (True, 71)  # since 5 March


def test_the_last_report_is_as_exact_as_its_day_is_known(real, on):
    now = silence.now(real, on("2025-01-18", "2025-01-18")).set_index("department_pcode")
    assert (str(now.loc["HT02", "last_report"].date()), now.loc["HT02", "precision"]) == ("2024-12-01", "month")


def test_a_report_stays_one_when_its_record_is_corrected_later(real, on):
    now = silence.now(real, on("2024-03-10", "2026-11-20")).set_index("department_pcode")
    assert (str(now.loc["HT05", "last_report"].date()), now.loc["HT05", "precision"]) == ("2023-06-01", "month")


@pytest.mark.parametrize("as_of", ["2024-03-10", "2025-01-18", "2025-06-30"])
def test_whoever_knows_more_never_has_fewer_reports(real, on, as_of):
    later = [known_on for known_on in ("2025-01-18", "2025-07-01", "2026-11-20") if known_on > as_of]
    views = [on(as_of, known_on) for known_on in (as_of, *later)]
    days = [silence.now(real, clocks)["days"].astype("Float64").fillna(float("inf")) for clocks in views]
    months = [silence.by_month(real, clocks, date(2021, 1, 1))["publishers"] for clocks in views]
    assert all((after <= before).all() for before, after in pairwise(days))
    assert all((after >= before).all() for before, after in pairwise(months))


def test_days_of_silence_are_whole_numbers_also_beside_a_department_without_report(real, on):
    now = silence.now(real, on("2024-03-10"))
    assert now["days"].isna().any()
    assert str(now["days"].dtype) == "Int64"


def test_nippes_is_silent_in_the_real_data(real, on):
    now = silence.now(real, on("2025-01-18", "2026-11-22")).set_index("department_pcode")
    assert now.loc["HT10", "silent"]
    assert not now.loc["HT01", "silent"]


def test_strength_adds_up_arrivals(small, on):
    curve = series.strength_by_country(small, on("2024-08-01"))
    assert curve[["personnel", "change"]].to_numpy().tolist() == [[200, 200], [400, 200], [400, 0]]


def test_reported_levels_stay_beside_the_curve(small, on):
    levels = series.strength_levels(small, on("2024-12-01"))
    assert levels[["low", "high"]].to_numpy().tolist() == [[430, 430]]


def test_series_of_killings_are_kept_apart(real, on):
    values = series.indicators(real, on("2026-04-01", "2026-11-22"), "casualties")
    killed = values[values["indicator"] == "killed"]
    assert killed["series"].nunique() > 3
    overlapping = killed.groupby("series").apply(
        lambda rows: (rows.sort_values("day")["start"].shift(-1) < rows.sort_values("day")["day"]).any(),
        include_groups=False,
    )
    assert not overlapping["binuh_quarterly"]
