"""The sentences under the charts say the numbers of the frames that are drawn."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from mssmap import i18n
from mssmap.measures import recovery, series, silence
from mssmap.telling import twin_charts

DAY = date(2025, 1, 18)


@pytest.fixture(autouse=True)
def _english():
    i18n.use("en")
    yield
    i18n.use("en")


def days(*texts: str) -> pd.Series:
    return pd.to_datetime(pd.Series(texts))


def test_strength_counts_up_to_the_day_and_names_the_last_level():
    curve = pd.DataFrame(
        {
            "country": ["Kenya", "Belize", "Kenya", "Kenya"],
            "day": days("2024-06-25", "2024-09-12", "2025-01-18", "2025-02-06"),
            "personnel": [200, 2, 417, 561],
        }
    )
    levels = pd.DataFrame({"day": days("2024-12-01", "2025-03-01"), "low": [400, 1_000], "high": [416, 1_000]})
    levels = levels.assign(precision=["month", "day"])
    assert twin_charts.strength(curve, levels, DAY) == [
        "Arrivals minus departures on 18 Jan 2025: 419 (Kenya 417, Belize 2).",
        "Last reported strength of the whole mission: 400-416 (Dec 2024).",
    ]
    assert twin_charts.strength(curve, levels, date(2024, 1, 1)) == ["No arrivals were known on 1 Jan 2024."]


@pytest.mark.parametrize(
    ("precision", "told"),
    [
        pytest.param(["month", "month"], "991-1,077 (Jun 2025)", id="both of the month"),
        pytest.param(["day", "day"], "991-1,077 (1 Jun 2025)", id="both of the day"),
        pytest.param(["day", "month"], "991-1,077 (Jun 2025)", id="only as exact as the vaguer one"),
    ],
)
def test_levels_of_the_same_date_are_told_as_their_range(precision, told):
    levels = pd.DataFrame({"day": days("2025-06-01", "2025-06-01"), "low": [991, 1_077], "high": [1_000, 1_077]})
    curve = pd.DataFrame({"country": [], "day": days(), "personnel": []})
    lines = twin_charts.strength(curve, levels.assign(precision=precision), date(2025, 6, 30))
    assert lines[1] == f"Last reported strength of the whole mission: {told}."


def test_two_reports_of_june_2025_are_one_range(frozen, on):
    clocks = on("2025-06-30")
    curve, levels = series.strength_by_country(frozen, clocks), series.strength_levels(frozen, clocks)
    told = twin_charts.strength(curve, levels, clocks.as_of)[-1]
    assert told == "Last reported strength of the whole mission: 991-1,077 (Jun 2025)."


def test_a_sum_whose_parts_are_below_the_grade_is_not_told(real, on):
    clocks = on("2025-01-18", "2025-01-18")
    curve, below = series.strength_by_country(real, clocks, "B2"), series.moves_below(real, clocks, "B2")
    assert twin_charts.strength(curve, series.strength_levels(real, clocks, "B2"), DAY, "B2", below) == [
        "Arrivals minus departures on 18 Jan 2025: not available at grade B2, for 8 of them are below it."
    ]


def test_figures_tell_each_series_apart():
    values = pd.DataFrame(
        {
            "label": ["Displaced · IOM", "Displaced · IOM", "Displaced · press"],
            "day": days("2024-06-30", "2024-12-31", "2025-01-05"),
            "value": [578_074, 1_041_000, 1_050_000],
            "precision": ["month", "month", "day"],
            "value_max": [None, None, None],
            "unit": "people",
            "qualifier": ["", "about", ""],
            "period_type": "point",
            "start": days("2024-06-01", "2024-12-01", "2025-01-05"),
        }
    )
    assert twin_charts.figures(values) == [
        "Displaced · IOM: about 1,041,000 people (Dec 2024); first of 2 values 578,074 people (Jun 2024).",
        "Displaced · press: 1,050,000 people (5 Jan 2025).",
    ]


@pytest.mark.parametrize(
    ("period_type", "start", "end", "precision", "told"),
    [
        pytest.param("year", "2024-01-01", "2024-12-31", "day", "2024", id="a year"),
        pytest.param("quarter", "2024-10-01", "2024-12-31", "day", "Oct 2024 to Dec 2024", id="a quarter"),
        pytest.param("month", "2024-01-01", "2024-01-31", "day", "Jan 2024", id="a month"),
        pytest.param("month", "2024-02-01", "2024-02-29", "day", "Feb 2024", id="a month of a leap year"),
        pytest.param("other", "2023-01-01", "2023-03-15", "day", "1 Jan 2023 to 15 Mar 2023", id="any days"),
        pytest.param("other", "2026-03-01", "2026-06-30", "month", "Mar 2026 to Jun 2026", id="an IPC projection"),
        pytest.param("other", "2026-03-02", "2026-06-10", "month", "Mar 2026 to Jun 2026", id="known to the month"),
        pytest.param("other", None, "2026-06-10", "day", "until 10 Jun 2026", id="no start on record"),
        pytest.param("point", "2025-01-01", "2025-01-14", "month", "Jan 2025", id="a point known to the month"),
        pytest.param("point", "2025-03-31", "2025-03-31", "day", "31 Mar 2025", id="a point"),
    ],
)
def test_a_total_is_told_with_its_period(period_type, start, end, precision, told):
    total = {"label": "Killed", "value": 5_626, "value_max": None, "unit": "persons", "qualifier": ""}
    total |= {"period_type": period_type, "precision": precision}
    values = pd.DataFrame([total]).assign(start=pd.to_datetime([start]), day=pd.to_datetime([end]))
    assert twin_charts.figures(values) == [f"Killed: 5,626 persons ({told})."]


def test_no_total_is_told_as_of_its_last_day(frozen, on):
    values = series.indicators(frozen, on("2026-11-20"), "casualties")
    lines = twin_charts.figures(values.assign(label=values["indicator"] + " " + values["series"]))
    assert "killed binuh_year_total: 5,915 persons (2025); first of 2 values 5,626 persons (2024)." in lines
    assert not [line for line in lines if "(31 Dec" in line]


def test_services_compare_the_first_and_the_last_day():
    share = pd.DataFrame(
        {
            "day": days("2024-03-01", "2024-03-10"),
            "group": "prisons",
            "in": [2, 1],
            "partly": [0, 0],
            "out": [0, 1],
            "unknown": [0, 0],
            "total": [2, 2],
        }
    )
    words = {"in": "In service", "partly": "Partly in service", "out": "Out of service", "unknown": "Not known"}
    assert twin_charts.services(share, {"prisons": "Prisons"}, words) == [
        "Prisons on 10 Mar 2024: in service 1, out of service 1; out of service on 1 Mar 2024: 0 of 2."
    ]


def test_silence_names_who_is_quiet_and_never_calls_it_calm():
    departments = pd.DataFrame(
        {
            "department_pcode": ["HT01", "HT02", "HT03"],
            "last_report": pd.to_datetime(["2025-01-15", "2024-11-18", None]),
            "precision": ["day", "day", ""],
            "days": pd.array([3, 61, None], dtype="Int64"),
            "silent": [False, True, True],
            "zones": [5, 0, 0],
            "stale_zones": [2, 0, 0],
        }
    )
    assert twin_charts.silent(departments, {"HT01": "West", "HT02": "South-East", "HT03": "North"}) == [
        "Without a report for more than 60 days: North (no report on record), South-East (61 days).",
        "Zones whose assessment has gone stale: West 2 of 5.",
        "That nothing is reported is not the same as calm.",
    ]


def test_days_without_a_report_are_counted_only_from_a_day_that_is_known():
    departments = pd.DataFrame(
        {
            "department_pcode": ["HT01", "HT02", "HT03"],
            "last_report": pd.to_datetime(["2021-11-04", "2023-06-01", "2022-01-01"]),
            "precision": ["day", "month", "year"],
            "days": pd.array([1_170, 597, 1_113], dtype="Int64"),
            "silent": True,
            "stale_zones": 0,
        }
    )
    names = {"HT01": "South", "HT02": "Artibonite", "HT03": "Centre"}
    assert twin_charts.silent(departments, names)[0] == (
        "Without a report for more than 60 days: South (1,170 days), Centre (last report 2022), "
        "Artibonite (last report Jun 2023)."
    )
    assert list(map(twin_charts.days_since, departments["days"], departments["precision"])) == [
        "1,170",
        "about 597",
        "about 1,113",
    ]
    assert twin_charts.days_since(pd.NA, "") == ""


def test_silence_of_a_whole_country_is_told_in_whole_days(frozen, on):
    names = dict(frozen["departments"][["pcode", "name_en"]].itertuples(index=False))
    told = twin_charts.silent(silence.now(frozen, on("2024-03-10")), names)[0]
    assert "South (857 days)" in told
    assert "Artibonite (last report Jun 2023)" in told


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param((None, None), "Events and spells on the timeline: 3 (bases 2, schools 1).", id="all"),
        pytest.param(
            (date(2024, 10, 1), date(2024, 10, 31)),
            "Events and spells from 1 Oct 2024 to 31 Oct 2024: 3 (bases 2, schools 1).",
            id="a window",
        ),
    ],
)
def test_lanes_are_counted(window, expected):
    assert twin_charts.lanes(["bases", "schools", "bases"], {"bases": "Bases", "schools": "Schools"}, window) == [
        expected
    ]


def test_the_real_data_can_be_told_in_every_language(real, on):
    clocks = on("2025-01-18", "2026-11-22")
    values = series.indicators(real, clocks, "displaced").assign(label="idps")
    shares = recovery.share(recovery.spells(real, clocks), [date(2024, 1, 1), DAY])
    for language in i18n.LANGUAGES:
        i18n.use(language)
        curve, levels = series.strength_by_country(real, clocks), series.strength_levels(real, clocks)
        lines = twin_charts.strength(curve, levels, DAY) + twin_charts.figures(values)
        titles = dict.fromkeys(recovery.GROUP_ORDER, "x")
        lines += twin_charts.services(shares, titles, dict.fromkeys(recovery.STATES, "y"))
        names = dict.fromkeys(real["departments"]["pcode"], "z")
        lines += twin_charts.silent(silence.now(real, clocks), names)
        assert all(line.endswith(".") and "{" not in line for line in lines), language


def test_a_country_whose_people_have_all_left_is_not_told():
    curve = pd.DataFrame(
        {"country": ["Kenya", "Belize", "Belize"], "day": days("2024-06-25", "2024-09-12", "2024-12-01")}
    )
    levels = pd.DataFrame({"day": days(), "low": [], "high": [], "precision": []})
    lines = twin_charts.strength(curve.assign(personnel=[200, 2, 0]), levels, DAY)
    assert lines[0] == "Arrivals minus departures on 18 Jan 2025: 200 (Kenya 200)."
