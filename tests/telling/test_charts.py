"""Charts draw what is known, no finer: a month as a month, and the last step to the end of its day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from mssmap import i18n
from mssmap.measures import recovery, series
from mssmap.telling import charts
from mssmap.ui import lanes

DAY = date(2025, 1, 18)


@pytest.fixture
def clocks(on):
    i18n.use("en")
    return on("2025-01-18", "2025-01-18")


def rows_of(chart: Any) -> list[list[dict[str, Any]]]:
    """Return the rows of each data set that a chart carries."""
    return [list(rows) for rows in chart.to_dict()["datasets"].values()]


def test_the_last_step_of_the_strength_is_drawn_to_the_end_of_its_day(real, clocks):
    curve, levels = (make(real, clocks) for make in (series.strength_by_country, series.strength_levels))
    chart = charts.strength_curve(curve, levels, (date(2024, 1, 1), DAY))
    (steps,) = [rows for rows in rows_of(chart) if "country" in rows[0]]
    sums: dict[str, float] = {}
    for row in steps:
        sums[row["day"][:10]] = sums.get(row["day"][:10], 0) + row["personnel"]
    assert (sums["2025-01-04"], sums["2025-01-18"], sums["2025-01-19"]) == (590, 807, 807)
    (number,) = [rows for rows in rows_of(chart) if set(rows[0]) == {"day", "personnel"}]
    assert [row["personnel"] for row in number] == [807]
    ends = [layer["encoding"]["x"]["scale"]["domain"][1] for layer in chart.to_dict()["layer"]]
    assert all((end["year"], end["month"]) >= (2025, 2) for end in ends), "there is room behind the last day"


def test_a_level_known_to_the_month_is_as_long_as_the_month(real, clocks):
    curve, levels = (make(real, clocks) for make in (series.strength_by_country, series.strength_levels))
    chart = charts.strength_curve(curve, levels, (date(2024, 1, 1), DAY))
    (drawn,) = [rows for rows in rows_of(chart) if "high" in rows[0]]
    (month,) = [row for row in drawn if row["high"] == 787]
    assert (month["first"][:10], month["last"][:10], month["when"]) == ("2025-01-01", "2025-01-31", "Jan 2025")
    marks = [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    assert marks == ["area", "rule", "rule", "point", "text"]


def test_an_indicator_known_to_the_month_is_as_long_as_the_month(real, clocks):
    values = series.indicators(real, clocks, "displaced").assign(label="displaced")
    (drawn,) = rows_of(charts.indicator_lines(values, (date(2024, 1, 1), DAY)))
    (march,) = [row for row in drawn if row["value"] == 362_551]
    assert (march["first"][:10], march["last"][:10], march["until"]) == ("2024-03-01", "2024-03-31", "Mar 2024")


def test_the_last_count_of_services_is_drawn_to_the_end_of_its_day(small, on):
    found = recovery.spells(small, on("2025-01-18"))
    share = recovery.share(found, [date(2025, 1, 1), DAY])
    names = {group: group for group in share["group"]}
    (drawn,) = rows_of(
        charts.service_share(share, names, dict(zip(recovery.STATES, recovery.STATES, strict=True)), DAY)
    )
    assert {row["day"][:10] for row in drawn} == {"2025-01-01", "2025-01-18", "2025-01-19"}


def test_a_strength_without_a_sum_draws_the_levels_alone(real, clocks):
    curve, levels = series.strength_by_country(real, clocks, "B2"), series.strength_levels(real, clocks)
    chart = charts.strength_curve(curve, levels, (date(2024, 1, 1), DAY))
    assert [layer["mark"]["type"] for layer in chart.to_dict()["layer"]] == ["area", "rule", "rule", "point"]


def test_a_lane_draws_a_month_as_a_month():
    day = (pd.Timestamp("2024-05-01") - pd.Timestamp("1970-01-01")).days
    event = {"from": day, "to": None, "line": "", "grade": "C3", "sure": [day, day + 30]}
    drawn = lanes._item("event", "ev-1", "security", event, title="", precision="month", planned=False)
    assert (drawn["from"], drawn["to"]) == (day, day + 30)
    spell = {"from": day, "to": None, "line": "", "grade": "C3", "sure": day + 30}
    assert lanes._exactness(spell) == "rough"
