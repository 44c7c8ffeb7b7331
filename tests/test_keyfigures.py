"""Key figures, counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from mssmap import catalog, keyfigures
from mssmap.keyfigures import KeyFigure


@pytest.fixture
def figures(small, on):
    def make(as_of: str, known_on: str | None = None, **options: str) -> dict[str, KeyFigure]:
        return {figure.key: figure for figure in keyfigures.key_figures(small, on(as_of, known_on), **options)}

    return make


def spread(figure: KeyFigure) -> tuple[float | None, float | None, float | None]:
    return figure.value, figure.low, figure.high


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        pytest.param("2024-06-24", (None, None, None), id="nobody yet"),
        pytest.param("2024-06-25", (200, 200, 200), id="first arrival"),
        pytest.param("2024-07-16", (400, 400, 400), id="second arrival"),
        pytest.param("2024-11-08", (400, 400, 430), id="beside the reported level"),
    ],
)
def test_strength_adds_arrivals_and_stands_beside_the_reported_level(figures, as_of, expected):
    assert spread(figures(as_of)["strength_deployed"]) == expected


def test_strength_names_the_reported_level(figures):
    assert "was 430 on 2024-11-08" in figures("2025-01-01")["strength_deployed"].note


def test_bases_in_use_are_a_range_while_a_date_is_imprecise(figures):
    assert spread(figures("2025-05-30")["fobs_operational"]) == (2, 1, 2)
    assert spread(figures("2025-05-31")["fobs_operational"]) == (2, 2, 2)


def test_prisons_functioning_say_of_how_many(figures):
    before, after = figures("2024-03-01", "2024-03-10"), figures("2024-03-02", "2024-03-10")
    assert [(f["prisons_functioning"].value, f["prisons_functioning"].total) for f in (before, after)] == [
        (1, 1),
        (0, 1),
    ]


def test_communes_count_zones_and_range_over_stale_ones(figures):
    assert spread(figures("2024-06-01")["communes_affected"]) == (1, 1, 1)
    assert spread(figures("2025-06-01")["communes_affected"]) == (1, 0, 1)


def test_displaced_people_are_the_latest_count_known_then(figures):
    assert figures("2024-09-29")["displaced"].value == 362_000
    late = figures("2025-01-18")["displaced"]
    assert (late.value, late.date, late.age_days, late.source_ids) == (700_000, date(2024, 9, 30), 110, ("un-1",))


def test_days_since_the_courts_reopened_are_none_before(figures):
    assert figures("2024-10-06")["days_courts_open"].value is None
    assert figures("2024-10-07")["days_courts_open"].value == 0
    assert figures("2025-01-18")["days_courts_open"].value == 103


def test_a_threshold_drives_every_figure(figures):
    hidden = figures("2025-05-31", grade="A1")
    assert (hidden["fobs_operational"].value, hidden["days_courts_open"].value, hidden["displaced"].value) == (
        0,
        None,
        None,
    )


def test_national_figures_stay_national_in_a_region(figures):
    here, there = figures("2025-05-31", region="HT0111"), figures("2025-05-31")
    assert here["fobs_operational"].value == 1
    assert here["displaced"] == there["displaced"]


def test_no_figure_fails_on_empty_tables(folder, on):
    for path in (*folder.glob("tables/*"), *folder.glob("layers/[fpg]*")):
        path.write_bytes(b"")
    data = catalog.open_data(folder)
    for figure in keyfigures.key_figures(data, on("2025-01-18")):
        assert figure.value in (None, 0)
        assert figure.source_ids == ()


def test_every_key_figure_names_what_it_rests_on(small, on):
    assert [f.key for f in keyfigures.key_figures(small, on("2025-01-18"))] == list(keyfigures.RESTS_ON)
