"""Layers, events and records on two clocks, on data to count by hand (small_data.py)."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_data import ROOT

from mssmap.errors import InputError, NotFoundError
from mssmap.records import catalog, kinds, views
from mssmap.records.timeline import Clocks
from mssmap.telling import cards


def states(layer: pd.DataFrame, id_column: str = "fob_id") -> dict[str, str]:
    return dict(zip(layer[id_column], layer["status"] + " " + layer["operator"], strict=True))


@pytest.mark.parametrize(
    ("as_of", "known_on", "expected"),
    [
        pytest.param("2024-11-28", "2024-12-01", {}, id="true but not yet known"),
        pytest.param("2024-11-27", "2024-12-02", {}, id="known but not yet true"),
        pytest.param("2024-11-28", "2024-12-02", {"fob-a": "operational Kenya"}, id="opened"),
        pytest.param("2025-01-21", "2025-01-22", {"fob-a": "operational Kenya"}, id="handed over, not yet known"),
        pytest.param("2025-01-21", "2025-01-23", {"fob-a": "handed_over Guatemala"}, id="handed over and known"),
        pytest.param("2025-01-20", "2025-01-23", {"fob-a": "operational Kenya"}, id="the day before, as known later"),
    ],
)
def test_a_base_is_what_was_known_of_it(small, on, as_of, known_on, expected):
    found = states(views.layer(small, "fobs", on(as_of, known_on), region="HT0111"))
    assert found == expected


def test_a_layer_carries_the_spell_its_sources_and_its_grade(small, on):
    (row,) = views.layer(small, "fobs", on("2025-01-10", "2025-02-01"), region="HT0111").to_dict("records")
    assert (row["name_en"], row["operator"], row["grade"]) == ("Base A", "Kenya", "C2")
    assert (row["status_from"], row["status_to"]) == (pd.Timestamp("2024-11-28"), pd.Timestamp("2025-01-20"))
    assert [source["source_id"] for source in row["sources"]] == ["press-3", "press-2"]
    assert row["source_ids"] == "press-3;press-2"


def test_sources_not_yet_public_are_not_named(small, on):
    (row,) = views.layer(small, "prisons", on("2024-03-04")).to_dict("records")
    assert (row["status"], row["source_ids"], row["grade"]) == ("emptied", "wire-1;press-1", "B2")


def test_age_and_staleness_count_from_the_last_report(small, on):
    fresh, old = (
        views.layer(small, "gang_zones", on(day)).to_dict("records")[0] for day in ("2024-11-28", "2024-11-29")
    )
    assert (fresh["age_days"], fresh["stale"]) == (180, False)
    assert (old["age_days"], old["stale"]) == (181, True)


def test_a_threshold_hides_records_and_says_how_many(small, on):
    clocks = on("2025-06-01")
    assert len(views.layer(small, "fobs", clocks)) == 3
    assert views.layer(small, "fobs", clocks, grade="C3")["fob_id"].tolist() == ["fob-a", "fob-x"]
    assert views.hidden_by_grade(small, clocks, "C3") == {"fobs": 1, "gang_zones": 1}
    assert views.hidden_by_grade(small, clocks, "F6") == {}


def test_a_region_keeps_what_surely_lies_in_it(small, on):
    clocks = on("2025-06-01")
    assert views.layer(small, "fobs", clocks, region="Bèta")["fob_id"].tolist() == ["fob-b"]
    assert views.layer(small, "fobs", clocks, region="west")["fob_id"].tolist() == ["fob-a", "fob-b"]
    assert views.table(small, "status", clocks, region="Bèta")["status_id"].tolist() == ["fob-b.1", "zone-b.1"]


def test_reference_layers_pass_through(small, on):
    assert views.layer(small, "communes", on("1990-01-01"))["pcode"].tolist() == ["HT0111", "HT0121"]


def test_a_table_is_not_a_layer(small, on):
    with pytest.raises(InputError, match="status: is a table, not a layer"):
        views.layer(small, "status", on("2025-01-18"))


def test_a_view_may_be_changed_without_changing_the_next(small, on):
    clocks = on("2025-01-10", "2025-02-01")
    first = views.layer(small, "fobs", clocks)
    first["status"] = "gone"
    events = views.events(small, clocks)
    events["title_en"] = "gone"
    assert set(views.layer(small, "fobs", clocks)["status"]) == {"operational"}
    assert "gone" not in set(views.events(small, clocks)["title_en"])


def test_a_table_leaves_out_what_is_about_later_days(small, on):
    assert views.table(small, "strength", on("2024-07-16", "2025-01-01"))["strength_id"].tolist() == ["s1", "s2"]
    assert views.table(small, "strength", on("2025-01-01", "2024-07-15"))["strength_id"].tolist() == ["s1"]
    assert views.table(small, "sources", on("2024-03-03"))["source_id"].tolist() == ["wire-1", "press-1"]


def test_events_show_figures_side_by_side_as_they_become_known(small, on):
    (early,) = views.events(small, on("2024-03-04")).to_dict("records")
    assert [(f["measure"], f["min"], f["max"], f["publisher"]) for f in early["figures"]] == [
        ("inmates_escaped", 3600, 3600, "EFE"),
        ("inmates_escaped", 3700, 3700, "Daily"),
    ]
    assert (early["figure_min"], early["figure_max"], early["grade"]) == (3600, 3700, "B2")
    (late,) = views.events(small, on("2024-03-05")).to_dict("records")
    assert (len(late["figures"]), late["figure_max"], late["grade"]) == (3, 4600, "A2")


def test_a_withdrawn_event_was_there_while_it_was_believed(small, on):
    def ids(known_on: str) -> list[str]:
        return views.events(small, on("2024-12-05", known_on))["event_id"].tolist()

    assert ids("2024-12-05") == ["break-a", "courts", "rumour"]
    assert ids("2024-12-20") == ["break-a", "courts"]


def test_a_plan_is_shown_ahead_and_its_outcome_is_unknown_afterwards(small, on):
    ahead, after = (
        views.events(small, on(day), plans=True).set_index("event_id").loc["plan"]
        for day in ("2025-01-18", "2025-02-01")
    )
    assert (bool(ahead["outcome_unknown"]), bool(after["outcome_unknown"])) == (False, True)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"start": date(2024, 3, 3)}, ["courts"]),
        ({"start": date(2024, 3, 3), "plans": True}, ["courts", "plan"]),
        ({"end": date(2024, 3, 2)}, ["break-a"]),
        ({"category": "court_reopening"}, ["courts"]),
        ({"category": ["court_reopening", "deployment"]}, ["courts"]),
        ({"grade": "B2"}, ["break-a"]),
        ({"region": "HT0121"}, []),
    ],
)
def test_events_can_be_narrowed(small, on, options, expected):
    assert views.events(small, on("2025-01-20"), **options)["event_id"].tolist() == expected


def test_figures_of_plans_are_told_apart_like_the_plans(real, on):
    names = {True: set(), False: set()}
    for plans in names:
        names[plans] = set(views.table(real, "figures", on("2025-01-18", "2026-11-22"), plans=plans)["figure_id"])
    assert names[True] - names[False] == {
        "ev-2025-01-18-mss-plans-more-forward-operating.f01",
        "ev-2025-01-18-kenya-announces-further-units-gs.f01",
        "ev-2025-01-18-kenya-announces-further-units-gs.f02",
    }


def test_an_unknown_category_lists_those_there_are(small, on):
    with pytest.raises(NotFoundError, match=r"category: 'breakout' does not exist; there are .*prison_break"):
        views.events(small, on("2025-01-20"), category="breakout")


def test_counts_are_ranges_where_dates_or_places_are_imprecise(small, on):
    def fobs(as_of: str, region: str | None = None) -> list[tuple[str, int, int, int]]:
        rows = views.counts(small, on(as_of, "2025-06-30"), region=region)
        rows = rows[rows["layer"] == "fobs"].drop(columns="layer")
        return list(rows[["status", "value", "low", "high"]].itertuples(index=False, name=None))

    assert fobs("2025-05-30") == [("handed_over", 1, 1, 1), ("operational", 1, 0, 1), ("planned", 1, 1, 1)]
    assert fobs("2025-05-31")[1] == ("operational", 1, 1, 1)
    assert fobs("2025-05-31", "HT0111") == [("handed_over", 1, 1, 1), ("planned", 0, 0, 1)]


def test_a_record_has_its_whole_history_as_known_then(small, on):
    early = views.record(small, "fob-a", on("2025-01-10"))
    assert early.status is not None
    assert (early.layer, early.status["status"], early.status["valid_to"]) == ("fobs", "operational", None)
    assert (len(early.history), len(early.revisions), early.grade) == (1, 1, "C3")
    late = views.record(small, "fob-a", on("2025-02-01"))
    assert late.history["status"].tolist() == ["operational", "handed_over"]
    assert late.revisions["status_id"].tolist() == ["fob-a.1", "fob-a.2", "fob-a.1"]
    assert [source["source_id"] for source in late.sources] == ["press-3", "press-2"]


def test_each_record_has_its_own_name_and_place(real, on):
    """Not those of the first row of its layer."""
    for layer, column in (
        ("fobs", "fob_id"),
        ("prisons", "prison_id"),
        ("facilities", "facility_id"),
        ("gang_zones", "zone_id"),
    ):
        rows = views.layer(real, layer, on("2026-04-01"))
        assert len(rows) > 1
        for row in rows.itertuples():
            found = views.record(real, getattr(row, column), on("2026-04-01"))
            assert (found.attributes["name_en"], found.attributes["location_precision"]) == (
                row.name_en,
                row.location_precision,
            )


def test_a_record_of_an_event_has_its_figures(small, on):
    found = views.record(small, "break-a", on("2024-03-06"))
    assert (found.layer, found.grade, len(found.figures), len(found.revisions)) == ("events", "A2", 3, 2)
    assert found.attributes["title_en"] == "Prison A stormed"


def test_a_record_is_public_since_its_first_revision(small, real, on):
    late = views.record(small, "fob-a", on("2025-01-10", "2025-02-01"))
    assert (late.public_since, late.public_precision) == (date(2024, 12, 2), "day")
    event = views.record(small, "break-a", on("2024-03-06"))
    assert (event.public_since, event.public_precision) == (date(2024, 3, 3), "day")
    airport = views.record(real, "fac-01", on("2025-01-18", "2025-01-18"))
    assert (airport.public_since, airport.public_precision) == (date(2024, 11, 11), "month")
    assert ["Public since", "Nov 2024"] in cards.card(real, airport, on("2025-01-18"), date(2025, 1, 18))["facts"]
    prison = views.record(small, "prison-a", on("2024-01-10"))
    facts = cards.card(small, prison, on("2024-01-10"), date(2025, 1, 18))["facts"]
    assert ["Public since", "1 Jan 2020 (assumed)"] in facts


@pytest.mark.parametrize(
    ("record_id", "message"), [("fob-z", "'fob-z' is not the id of a record"), ("fob-a", "nothing was known of it on")]
)
def test_a_record_that_is_not_known_is_said_to_be_so(small, on, record_id, message):
    with pytest.raises(NotFoundError, match=message):
        views.record(small, record_id, on("2024-01-01"))


def test_without_the_sources_everything_is_f6_and_still_there(folder, on):
    (folder / "tables" / "sources.csv").write_text("broken", encoding="utf-8")
    data = catalog.open_data(folder)
    rows = views.layer(data, "fobs", on("2025-06-01"))
    assert rows["grade"].tolist() == ["F6", "F6", "F6"]
    assert rows["sources"].tolist() == [[], [], []]


@pytest.mark.parametrize("name", ["events", "status", "figures", "fobs", "strength", "indicators"])
def test_any_broken_file_leaves_the_rest_usable(folder, on, name):
    path = next(folder.glob(f"*/{name}.*"))
    path.write_bytes(path.read_bytes()[:40])
    data = catalog.open_data(folder)
    clocks = on("2025-06-01")
    assert name in data.missing
    for layer in kinds.LAYERS:
        views.layer(data, layer, clocks)
    views.events(data, clocks)
    views.counts(data, clocks)
    views.hidden_by_grade(data, clocks, "C3")
    for table in ("status", "events", "figures", "strength", "indicators", "sources"):
        views.table(data, table, clocks)


def test_the_default_day_is_the_last_with_a_report_and_no_plan(small):
    assert views.last_reported(small, date(2030, 1, 1)) == date(2025, 5, 1)
    assert views.last_reported(small, date(2025, 1, 19)) == date(2025, 1, 18)
    assert views.last_reported(small, date(2019, 1, 1)) == date(2019, 1, 1)


DAYS = st.integers(0, 1_950).map(lambda n: date(2021, 1, 1) + timedelta(days=n))
SHIPPED = catalog.open_data(ROOT / "data")


@given(DAYS, DAYS)
def test_no_view_shows_anything_not_yet_known(as_of, known_on):
    clocks = Clocks(as_of, known_on)
    limit = pd.Timestamp(known_on)
    events = views.events(SHIPPED, clocks)
    frames = [events, *(views.layer(SHIPPED, name, clocks) for name in kinds.LAYERS)]
    for frame in frames:
        assert (frame["known_from"] <= limit).all()
        published = [source["published_on"] for sources in frame["sources"] for source in sources]
        assert all(day is None or day <= known_on.isoformat() for day in published)
    known = SHIPPED["figures"].set_index("figure_id")["known_from"]
    shown = [figure["figure_id"] for figures in events["figures"] for figure in figures]
    assert (known.groupby(level=0).min().reindex(shown) <= limit).all()


@given(DAYS, DAYS, DAYS)
def test_moving_the_known_date_there_and_back_shows_the_same(as_of, one, other):
    first = views.layer(SHIPPED, "fobs", Clocks(as_of, one))
    views.layer(SHIPPED, "fobs", Clocks(as_of, other))
    pd.testing.assert_frame_equal(views.layer(SHIPPED, "fobs", Clocks(as_of, one)), first)
