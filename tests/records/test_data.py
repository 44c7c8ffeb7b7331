"""The shipped data: sound, and they show what the product must show."""

from __future__ import annotations

import time
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from small_data import ROOT

from mssmap.measures import keyfigures
from mssmap.records import catalog, check, views
from mssmap.telling import figure_words


def test_the_shipped_data_are_sound(real):
    assert [str(fault) for fault in check.check(real, date(2026, 11, 22)).faults] == []


def plain_reading() -> None:
    """Read the same files with pandas and geopandas, without a look at what they say."""
    for path in (ROOT / "data/tables").glob("*.csv"):
        pd.read_csv(path)
    for path in (ROOT / "data/layers").glob("*.geojson"):
        gpd.read_file(path)


def test_checking_everything_costs_a_few_times_what_plain_reading_does():
    took: dict[str, list[float]] = {"plain": [], "checked": []}
    for _ in range(3):  # by turns, so that a busy machine slows both
        for name, act in (
            ("plain", plain_reading),
            ("checked", lambda: check.check(catalog.open_data(ROOT / "data"), date(2026, 11, 22))),
        ):
            start = time.process_time()
            act()
            took[name].append(time.process_time() - start)
    assert min(took["checked"]) < 8 * min(took["plain"]), "measured 5 times, a second on a quiet machine"


def status(real, on, name: str, record_id: str, as_of: str, known_on: str) -> tuple[str, str] | None:
    rows = views.layer(real, name, on(as_of, known_on))
    rows = rows[rows[real.dataset(name).id_column] == record_id]
    return (rows["status"].iloc[0], rows["operator"].iloc[0]) if len(rows) else None


@pytest.mark.parametrize(
    ("as_of", "known_on", "expected"),
    [
        ("2024-11-27", "2025-02-01", None),
        ("2025-01-18", "2025-01-18", ("operational", "Kenya")),
        ("2025-01-25", "2025-02-01", ("handed_over", "Guatemala")),
        ("2025-01-18", "2025-02-01", ("operational", "Kenya")),
    ],
)
def test_the_delmas_2_base_changes_hands(real, on, as_of, known_on, expected):
    assert status(real, on, "fobs", "fob-04", as_of, known_on) == expected


@pytest.mark.parametrize("prison", ["pris-01", "pris-02"])
def test_the_two_prisons_are_emptied_in_march_2024(real, on, prison):
    before = status(real, on, "prisons", prison, "2024-02-01", "2024-03-10")
    after = status(real, on, "prisons", prison, "2024-03-10", "2024-03-10")
    assert (before, after) == (("functioning", ""), ("emptied", ""))


def test_the_prison_breaks_carry_the_figures_of_all_sources(real, on):
    found = views.events(real, on("2025-01-18"), start=date(2024, 3, 1), end=date(2024, 3, 31), category="prison_break")
    stormed = found[found["title_en"].str.contains("storm")]
    assert len(stormed) == 2
    for row in stormed.to_dict("records"):
        escaped = [figure for figure in row["figures"] if "escaped" in figure["measure"]]
        assert {3_600, 3_700, 4_600} <= {figure["min"] for figure in escaped}
        assert len({figure["source"] for figure in escaped}) >= 3
        assert row["dispute"] == "figures"


def test_a_count_by_another_counter_stands_beside_the_later_one(real, on):
    found = views.events(real, on("2025-01-18"))
    (massacre,) = found[found["event_id"] == "ev-2024-10-03-pont-sonde-massacre"].to_dict("records")
    assert (massacre["figure_min"], massacre["figure_max"], massacre["dispute"]) == (70, 115, "figures")
    assert massacre["grade"] == "C2", "with one number only it was C1"
    held = {figure["source_id"]: figure["min"] for figure in massacre["figures"] if figure["measure"] == "killed"}
    assert held == {
        "haiti24-2024-guterres-condemns-pont-sonde-massacre": 70,
        "dagsavisen-2024-least-115-killed-last-weeks": 115,
        "haiti24-2024-pont-sonde-massacre-115-dead": 115,
    }


def test_a_number_held_by_no_known_page_says_so_and_is_graded_as_that(real, on):
    rows = views.table(real, "figures", on("2025-01-18")).set_index("figure_id")
    nameless = rows.loc["ev-2024-03-02-gangs-storm-the-national-peniten.f05"]
    assert (nameless["value_min"], nameless["source_id"], nameless["grade"]) == (4700, "page-not-identified", "F6")
    quoted = rows.loc["ev-2024-03-02-gangs-storm-the-national-peniten.f04"]
    assert (quoted["stated"], quoted["grade"]) == ("quoted", "C4")
    vague = rows["note"].str.contains("not identified|not in the source list|unknown address")
    assert set(rows.loc[vague, "stated"]) == {"unidentified"}


def test_a_folder_without_the_column_that_says_how_a_number_is_held_is_read(real, on):
    known = real["figures"].drop(columns="stated")
    assert {figure["stated"] for figure in views.figure_records(real, known, on("2025-01-18"))} == {""}


def test_both_numbers_of_graduates_stand_side_by_side(real, on):
    found = views.events(real, on("2025-01-18"), category="hnp_training")
    (graduation,) = found[found["title_en"].str.contains("Graduation of the 34th")].to_dict("records")
    assert {739, 747} <= {figure["min"] for figure in graduation["figures"]}
    assert (graduation["figure_min"], graduation["figure_max"]) == (739, 747)


def test_the_planned_deployment_of_january_2025_has_no_outcome_later(real, on):
    rows = views.events(real, on("2026-01-01", "2025-01-18"), plans=True)
    plans = rows[rows["claim"] == "planned"]
    assert len(plans) > 0
    assert plans["outcome_unknown"].any()


def test_what_happened_by_18_january_2025_holds_no_day_after_it(real, on):
    facts = views.events(real, on("2025-01-18", "2026-11-22"))
    assert facts["valid_from"].max() == pd.Timestamp("2025-01-18")
    assert "planned" not in set(facts["claim"])
    both = views.events(real, on("2025-01-18", "2026-11-22"), plans=True)
    assert len(both) - len(facts) == 10
    assert (both["valid_from"] > pd.Timestamp("2026-01-01")).sum() == 6


def test_the_key_figures_of_18_january_2025(real, on):
    figures = {figure.key: figure for figure in keyfigures.key_figures(real, on("2025-01-18"))}
    schools, courts = figures["days_schools_open"], figures["days_courts_open"]
    assert (schools.value, schools.low, schools.high) == (108, 108, 109), (
        "2 October by one source, 1 October officially"
    )
    assert courts.value == 103
    displaced = figures["displaced"].value
    assert displaced is not None
    assert 700_000 <= displaced <= 1_100_000
    strength = figures["strength_deployed"]
    assert strength.value is not None
    assert 600 <= strength.value <= 1_000


def test_the_days_of_the_key_figures_are_as_exact_as_they_are_known(real, on):
    figures = {figure.key: figure for figure in keyfigures.key_figures(real, on("2025-01-18"))}
    told = {key: figure_words.under(figure) for key, figure in figures.items()}
    assert told["displaced"] == "Jan 2025"
    assert told["prisons_functioning"] == "2 Jan 2025"


def test_every_source_kind_has_its_letter(real):
    assert set(real["sources"]["reliability"]) <= set("ABCDEF")
