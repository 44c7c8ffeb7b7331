"""Key figures, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from mssmap import i18n
from mssmap.measures import keyfigures
from mssmap.measures.keyfigures import KeyFigure, Reported
from mssmap.records import catalog
from mssmap.records.catalog import Data
from mssmap.telling import figure_words


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
    strength = figures("2025-01-01")["strength_deployed"]
    assert strength.reported == Reported(430, 430, date(2024, 11, 8), "day", ("press-1",))
    assert figure_words.how(strength).endswith("The latest reported strength of the mission was 430 (8 Nov 2024).")


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


def test_a_threshold_that_hides_all_evidence_leaves_no_figure_and_says_what_is_lost(figures):
    hidden = figures("2025-05-31", grade="A1")
    assert {key: (figure.value, figure.low, figure.absent, figure.lost) for key, figure in hidden.items()} == {
        "strength_deployed": (None, None, keyfigures.BELOW_GRADE, 3),
        "fobs_operational": (None, None, keyfigures.BELOW_GRADE, 3),
        "prisons_functioning": (0, 0, "", 0),
        "communes_affected": (None, None, keyfigures.BELOW_GRADE, 1),
        "displaced": (None, None, keyfigures.BELOW_GRADE, 2),
        "days_schools_open": (None, None, keyfigures.UNKNOWN, 0),
        "days_courts_open": (None, None, keyfigures.BELOW_GRADE, 1),
    }


def test_a_threshold_that_hides_some_bases_leaves_the_range_open_above(figures):
    bases = figures("2025-05-31", grade="C3")["fobs_operational"]
    assert (*spread(bases), bases.lost) == (1, 1, 2, 1)


def test_no_base_shown_is_not_no_base_in_use(figures):
    bases = figures("2025-05-31", grade="C3", region="HT0121")["fobs_operational"]
    assert (bases.value, bases.absent, bases.lost) == (None, keyfigures.BELOW_GRADE, 1)


def test_a_sum_without_all_of_its_arrivals_is_not_the_strength(small, on):
    data = without_grade(small, "strength", "s1", "blog-1")
    figure = keyfigures.strength(data, on("2024-07-16"), "C3")
    assert (figure.value, figure.absent, figure.lost) == (None, keyfigures.BELOW_GRADE, 1)
    level = keyfigures.strength(data, on("2024-11-08"), "C3")
    assert (*spread(level), level.date, level.lost) == (430, 430, 430, date(2024, 11, 8), 1)


def test_an_older_level_is_not_the_latest_one_because_a_newer_one_is_hidden(small, on):
    data = without_grade(small, "strength", "s3", "blog-1")
    figure = keyfigures.strength(data, on("2024-11-08"), "C3")
    assert (*spread(figure), figure.lost) == (400, 400, 400, 1)


def test_an_older_reopening_is_not_the_last_one_because_a_newer_one_is_hidden(small, on):
    data = without_grade(small, "events", "courts", "blog-1")
    earlier = data["events"][data["events"]["event_id"] == "courts"].assign(
        event_id="earlier", valid_from=pd.Timestamp("2024-05-01"), source_ids="press-1"
    )
    rows = pd.concat([data["events"], earlier], ignore_index=True)
    data = replace(data, frames={**data.frames, "events": rows})
    courts = {f.key: f for f in keyfigures.key_figures(data, on("2025-01-18"), "C3")}["days_courts_open"]
    assert (courts.value, courts.absent, courts.lost) == (None, keyfigures.BELOW_GRADE, 1)


def test_national_figures_stay_national_in_a_region_and_say_so(figures):
    here, there = figures("2025-05-31", region="HT0111"), figures("2025-05-31")
    assert here["fobs_operational"].value == 1
    assert here["displaced"].value == there["displaced"].value
    national = ["strength_deployed", "displaced", "days_schools_open", "days_courts_open"]
    assert [key for key, figure in here.items() if figure.national] == national
    assert not any(figure.national for figure in there.values())


def test_a_region_without_records_has_no_figure(figures):
    there = figures("2024-03-10", region="HT0121")["prisons_functioning"]
    assert (there.value, there.total, there.absent) == (None, None, keyfigures.NO_RECORD)


def test_before_the_first_record_nothing_is_counted(figures):
    early = figures("2019-01-01")
    assert {figure.value for figure in early.values()} == {None}
    assert {figure.absent for figure in early.values()} == {keyfigures.UNKNOWN}


def without_grade(small: Data, table: str, row_id: str, source: str) -> Data:
    """Return the data with a row that rests on one blog only."""
    rows = small[table]
    column = small.dataset(table).id_column
    rows = rows.assign(source_ids=rows["source_ids"].where(rows[column] != row_id, source))
    return replace(small, frames={**small.frames, table: rows})


def test_no_figure_fails_on_empty_tables(folder, on):
    for path in (*folder.glob("tables/*"), *folder.glob("layers/[fpg]*")):
        path.write_bytes(b"")
    data = catalog.open_data(folder)
    for figure in keyfigures.key_figures(data, on("2025-01-18")):
        assert figure.value in (None, 0)
        assert figure.source_ids == ()


def test_every_key_figure_names_what_it_rests_on(small, on):
    assert [f.key for f in keyfigures.key_figures(small, on("2025-01-18"))] == list(keyfigures.RESTS_ON)


def test_a_missing_figure_says_which_grade_hides_how_much(figures):
    hidden = figures("2025-05-31", grade="A1", region="HT01")
    assert {key: figure_words.under(figure) for key, figure in hidden.items()} == {
        "strength_deployed": "not available at grade A1: 3 below it · all of Haiti",
        "fobs_operational": "not available at grade A1: 2 below it",
        "prisons_functioning": "",
        "communes_affected": "not available at grade A1: 1 below it",
        "displaced": "not available at grade A1: 2 below it · all of Haiti",
        "days_schools_open": "not known then · all of Haiti",
        "days_courts_open": "not available at grade A1: 1 below it · all of Haiti",
    }


def test_a_figure_that_is_there_says_what_its_grade_leaves_out(figures):
    bases = figures("2025-05-31", grade="C3")["fobs_operational"]
    assert figure_words.under(bases) == "1-2 · 23 Jan 2025 · 1 below grade C3 left out"


def test_a_region_without_records_says_so(figures):
    there = figures("2024-03-10", region="HT0121")["prisons_functioning"]
    assert (figure_words.number(there), figure_words.under(there)) == ("–", "no record in this region")


def test_the_events_that_days_are_counted_from_are_named_in_the_language_of_the_reader(real, on):
    found = {f.key: f for f in keyfigures.key_figures(real, on("2025-01-18"))}
    with i18n.speaking("fr"):
        assert "Rentrée scolaire nationale officielle" in figure_words.how(found["days_schools_open"])


def test_levels_of_one_day_that_disagree_are_a_range(real, on):
    """On 4 February 2025 AFP has 800 and Reuters nearly 900."""
    strength = keyfigures.strength(real, on("2025-02-05"))
    assert (strength.reported.low, strength.reported.high) == (800, 900)
    assert strength.low <= 800
    assert strength.high >= 900


def test_displaced_people_keep_the_word_of_their_source(real, on):
    found = keyfigures.displaced(real, on("2024-10-15"))
    assert figure_words.told(found) == "Displaced people: more than 700,000"
    assert figure_words.under(found).startswith("more than · ")


def test_what_is_below_the_grade_is_not_called_unknown(real, on):
    found = keyfigures.key_figures(real, on("2024-03-10", "2026-11-20"), grade="B2")
    absent = [figure for figure in found if figure.absent == keyfigures.BELOW_GRADE]
    assert absent
    assert not any("known" in figure_words.how(figure) for figure in absent)


@pytest.mark.parametrize("day", ["2024-06-01", "2025-06-01", "2026-04-01"])
def test_places_near_a_border_widen_the_range_upwards(small, on, day):
    zones = small["gang_zones"]
    # 100 m from the border and known to 1 km: it may lie in Alpha as well as in Beta
    where = {"commune_pcode": "", "lon": -72.299}
    nowhere = zones.iloc[:1].assign(**{small.dataset("gang_zones").id_column: "zone-nowhere", **where})
    spells = small["status"][small["status"]["record_id"] == zones.iloc[0][small.dataset("gang_zones").id_column]]
    frames = {
        "gang_zones": pd.concat([zones, nowhere], ignore_index=True),
        "status": pd.concat([small["status"], spells.replace("zone-b", "zone-nowhere", regex=True)], ignore_index=True),
    }
    data = replace(small, frames={**small.frames, **frames})
    alone, beside = (keyfigures._communes(of, on(day), "F6", "HT") for of in (small, data))
    assert (beside.value, beside.low, beside.high) == (alone.value, alone.low, alone.high + 1)


def test_every_range_holds_its_value(real, on):
    days = [*pd.date_range("2023-01-15", "2026-04-01", periods=9).strftime("%Y-%m-%d"), "2025-01-18"]
    found = [f for day in days for grade in ("F6", "B2") for f in keyfigures.key_figures(real, on(day), grade)]
    ranges = [spread(figure) for figure in found if figure.value is not None and figure.high is not None]
    assert len(ranges) > 50
    assert [(value, low, high) for value, low, high in ranges if not low <= value <= high] == []


def test_a_reopening_of_months_ago_is_not_a_disputed_date_of_the_last_one(small, on):
    def figure(earlier: str) -> KeyFigure:
        row = small["events"][small["events"]["event_id"] == "courts"].assign(
            event_id="earlier", valid_from=pd.Timestamp(earlier)
        )
        data = replace(small, frames={**small.frames, "events": pd.concat([small["events"], row], ignore_index=True)})
        return {f.key: f for f in keyfigures.key_figures(data, on("2025-01-18"))}["days_courts_open"]

    assert spread(figure("2024-09-23")) == (103, 103, 117)  # 14 days before 7 October
    assert spread(figure("2024-09-22")) == (103, 103, 103)
