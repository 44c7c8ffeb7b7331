"""Recorded events against plans, counted by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from mssmap.errors import InputError
from mssmap.planning import backtest, on_data
from mssmap.planning.access import Standard
from mssmap.records import views

# In cells 0, 2 and 3 (the island), over January and March; one without a place.
PLACED = pd.DataFrame(
    {
        "event_id": ["e1", "e2", "e3", "e4"],
        "month": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-03-01", "2025-03-01"]),
        "category": ["gang_attack", "kidnapping", "gang_attack", "gang_attack"],
        "grade": ["B2", "C3", "C3", "C3"],
        "cell": [0, 2, 3, -1],
    }
)


def run(travel, bases, minutes=60.0, **more):
    return backtest.run(PLACED, travel, bases, Standard(minutes), **more)


def test_shares_by_hand(travel, bases):
    """West and middle reach cell 0 (0 min) and cell 2 (30 min), nobody the island."""
    found = run(travel, bases)
    assert dict(found.summary) == {
        "events": 3,
        "covered": 2,
        "share": pytest.approx(200 / 3),
        "low": pytest.approx(200 / 3),
        "high": pytest.approx(200 / 3),
        "unplaced": 1,
    }
    assert found.by_month["events"].tolist() == [2, 0, 1]
    assert found.by_month["share"].tolist()[::2] == [100, 0]
    assert np.isnan(found.by_month["share"][1])
    assert found.by_category.set_index("category")["share"].to_dict() == {"gang_attack": 50, "kidnapping": 100}
    assert found.by_grade.set_index("grade")["share"].to_dict() == {"B2": 100, "C3": 50}
    assert "within reach is not prevented" in str(found.method)


@pytest.mark.parametrize(("minutes", "covered"), [(29.9, 1), (30, 2)])
def test_the_standard_is_inclusive(travel, bases, minutes, covered):
    assert run(travel, bases, minutes).summary["covered"] == covered


def test_the_band_of_speeds(travel, bases):
    """At 30 min x 0.5 the 30 minutes to cell 2 are too long."""
    found = run(travel, bases, 30, speeds={"central": 1.0, "slow": 0.5})
    assert (found.summary["low"], found.summary["share"]) == (pytest.approx(100 / 3), pytest.approx(200 / 3))
    assert found.events["certain"].tolist() == [True, False, False]


def test_no_bases_and_no_events(travel, bases):
    assert run(travel, bases.assign(active=False)).summary["covered"] == 0
    empty = backtest.run(PLACED.iloc[:0], travel, bases, Standard(60))
    assert empty.summary["events"] == 0
    assert np.isnan(empty.summary["share"])
    assert empty.by_month.empty


def test_plans_side_by_side(travel, bases):
    plans = {"both": run(travel, bases), "west": run(travel, bases.assign(active=[True, False, False]))}
    rows = backtest.compare(plans)
    assert rows["west - both"].tolist()[0] == -50
    assert rows.columns.tolist() == ["month", "events", "both", "west", "west - both"]
    with pytest.raises(InputError, match="required two to four"):
        backtest.compare({"both": plans["both"]})
    with pytest.raises(InputError, match="another standard"):
        backtest.compare({"both": plans["both"], "far": run(travel, bases, 90)})


def test_robust_sites_by_hand(travel, bases):
    """In January west reaches one event (cell 0), middle both, east only cell 2 (cell 0 is 90 min away); March none."""
    rows = backtest.robust_sites(PLACED, travel, bases, Standard(60), top=1).set_index("base_id")
    assert rows["events"].to_dict() == {"middle": 2, "east": 1, "west": 1}
    assert rows["months_in_top"].to_dict() == {"middle": 1, "east": 0, "west": 0}
    assert rows["months"].unique().tolist() == [2]
    assert rows.index[0] == "middle"


def test_only_reported_events_with_a_fine_enough_place_are_placed(haiti):
    at = gpd.points_from_xy([-72.34, -72.34, -72.34, -73.6, -72.34], [18.54, 18.54, 18.54, 19.5, 18.54])
    events = gpd.GeoDataFrame(
        {
            "event_id": list("abcde"),
            "valid_from": pd.to_datetime(["2025-01-17"] * 5),
            "category": "gang_attack",
            "grade": "C3",
            "claim": ["reported", "planned", "reported", "reported", "reported"],
            "country": ["HTI", "HTI", "HTI", "HTI", "KEN"],
            "location_precision": ["commune", "site", "department", "site", "site"],
        },
        geometry=at,
        crs="EPSG:4326",
    )
    placed = backtest.place_events(haiti.ground.grid, events)
    assert placed["event_id"].tolist() == ["a", "c", "d", "e"]
    assert (placed["cell"] >= 0).tolist() == [True, False, False, False]
    assert placed["month"].unique().tolist() == [pd.Timestamp("2025-01-01")]


def test_haiti_history_and_consensus(haiti):
    found = on_data.back_test(haiti.data, haiti.plan)
    events = views.events(haiti.data, haiti.clocks)
    assert found.summary["events"] + found.summary["unplaced"] == (events["claim"] != "planned").sum()
    assert found.by_month["events"].sum() == found.summary["events"] == found.by_category["events"].sum()
    assert found.summary["low"] <= found.summary["share"] <= found.summary["high"]
    more = haiti.plan.toggle("fob-08")
    assert on_data.back_test(haiti.data, more).summary["covered"] >= found.summary["covered"]
    counts = backtest.consensus_sites([haiti.plan, more]).set_index("base_id")["plans"]
    assert counts["fob-08"] == 1
    assert counts["fob-01"] == 2
