"""Every figure of the toy country by hand, and what must hold for Haiti."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from mssmap.errors import InputError
from mssmap.maps import plan as plan_map
from mssmap.planning import covering, on_data
from mssmap.planning.access import Standard
from mssmap.planning.covering_tables import Cases

ONE_SPEED = Cases(people=("central",), speed={"central": 1.0}, outage=0.1)
FACILITIES = pd.DataFrame(
    {"facility_id": ["p1", "p2", "c1"], "kind": ["prisons", "prisons", "courts"], "name": "x", "cell": [1, 3, 2]}
)


def result(grid, travel, bases, minutes=60.0, cases=ONE_SPEED, **more):
    return covering.evaluate(grid, travel, bases, Standard(minutes), cases=cases, facilities=FACILITIES, **more)


def value(found, name):
    return found.figure(name)["value"]


def test_figures_by_hand(grid, travel, bases):
    """
    West reaches cells 0 and 1 in 60 min (100 + 50), middle 0, 1 and 2 (100 + 50 + 30); cell 3 is an island of 20.

    Covered 180 of 200, twice 150. Losing middle costs 30, west 0, both 180. Nearest: 0, 0, 30 min.
    """
    found = result(grid, travel, bases, zone_share=np.array([0.5, 0, 0, 1]))
    expected = {
        "people_covered": 180,
        "people_covered_pct": 90,
        "backup_covered_pct": 75,
        "expected_covered": 150 * 0.99 + 30 * 0.9,
        "worst_single_loss": 30,
        "worst_double_loss": 180,
        "mean_time": 30 * 30 / 180,
        "p90_time": 30,
        "unreachable_pct": 10,
        "covered_in_zones": 50,
        "covered_in_zones_pct": 100 * 50 / 180,
        "department_min_pct": 60,
        "prisons_covered": 1,
        "courts_covered": 1,
        "bases_active": 2,
    }
    assert {name: value(found, name) for name in expected} == pytest.approx(expected)
    # Departments: 100 % of 150 and 60 % of 50; G = 2 x 3/4 x 1/4 x 0.4 / (2 x 0.9).
    assert value(found, "department_gini") == pytest.approx(0.15 / 1.8)
    assert found.figure("prisons_covered")["of"] == 2


def test_contributions_by_hand(grid, travel, bases):
    rows = result(grid, travel, bases).by_base.set_index("base_id")
    assert rows["people_in_reach"].to_dict() == {"west": 150, "middle": 180, "east": 80}
    assert rows["unique_people"].to_dict() == {"west": 0, "middle": 30, "east": 0}
    assert rows["fair_share_people"].to_dict() == {"west": 75, "middle": 105, "east": 0}
    assert rows["marginal_people"].to_dict() == {"west": 0, "middle": 0, "east": 0}


def test_marginal_is_what_switching_on_adds(grid, travel, bases):
    alone = bases.assign(active=[True, False, False])
    rows = result(grid, travel, alone).by_base.set_index("base_id")
    assert rows["marginal_people"].to_dict() == {"west": 0, "middle": 30, "east": 30}
    both = result(grid, travel, bases.assign(active=[True, False, True]))
    assert value(both, "people_covered") == value(result(grid, travel, alone), "people_covered") + 30


def test_gaps_and_departments_by_hand(grid, travel, bases):
    found = result(grid, travel, bases, names={"HT01": "Ouest"})
    assert found.by_commune["pcode"].tolist() == ["HT0211", "HT0111"]
    assert found.by_commune["uncovered_people"].tolist() == [20, 0]
    assert found.by_department["name"].tolist() == ["Ouest", "HT02"]
    assert found.by_department["covered_pct"].tolist() == [100, 60]
    assert found.by_department["unreachable_pct"].tolist() == [0, 40]


@pytest.mark.parametrize(("minutes", "people"), [(29.99, 150), (30, 180), (0.01, 150)])
def test_the_standard_is_inclusive(grid, travel, bases, minutes, people):
    assert value(result(grid, travel, bases, minutes), "people_covered") == people


def test_the_band_holds_the_lowest_and_highest_of_all_cases(grid, travel, bases):
    """At 60 min x 0.5 = 30 min west reaches only cell 0; people turned round are 20, 30, 50, 100."""
    only_west = bases.assign(active=[True, False, False])
    cases = Cases(people=("central", "area"), speed={"central": 1.0, "slow": 0.5})
    figure = result(grid, travel, only_west, cases=cases).figure("people_covered")
    assert (figure["value"], figure["low"], figure["high"]) == (150, 20, 150)
    times = result(grid, travel, only_west, cases=cases).figure("mean_time")
    assert times["high"] == pytest.approx(2 * (60 * 30 + 90 * 50) / 100)


def test_no_base_at_all(grid, travel, bases):
    found = result(grid, travel, bases.assign(active=False))
    assert value(found, "people_covered") == 0
    assert value(found, "unreachable_pct") == 100
    assert np.isnan(value(found, "mean_time"))
    assert value(found, "department_gini") == 0
    none = result(grid, travel, bases.iloc[:0])
    assert value(none, "people_covered") == 0
    assert none.by_base.empty


def test_units_and_ids_must_agree(grid, travel, bases):
    with pytest.raises(InputError, match="found 10 km, but the travel model gives min"):
        covering.evaluate(grid, travel, bases, Standard(10, "km"))
    with pytest.raises(InputError, match="found west twice"):
        result(grid, travel, pd.concat([bases, bases.iloc[:1]]))


@pytest.mark.parametrize(
    "wrong", [{"outage": 1.0}, {"speed": {"central": 0.0}}, {"speed": {"fast": 2.0}}, {"people": ("area",)}]
)
def test_cases_that_make_no_sense(wrong):
    with pytest.raises(InputError, match="cases: found"):
        Cases(**wrong)


def test_comparing_plans(grid, travel, bases):
    plans = {
        "west": result(grid, travel, bases.assign(active=[True, False, False])),
        "both": result(grid, travel, bases),
    }
    rows = covering.compare(plans).set_index("name")
    assert rows.loc["people_covered", ["west", "both", "both - west"]].tolist() == [150, 180, 30]
    cases = Cases(people=("central", "area"), speed={"central": 1.0})
    banded = {
        name: result(grid, travel, bases.assign(active=[True, on, False]), cases=cases)
        for name, on in {"a": 0, "b": 1}.items()
    }
    row = covering.compare(banded).set_index("name").loc["people_covered"]
    assert row[["a", "a low", "a high", "b - a"]].tolist() == [150, 50, 150, 30], "people turned round: 20 + 30"
    assert covering.consensus(plans.values())["plans"].tolist() == [2, 2, 1, 0]
    with pytest.raises(InputError, match="found 1 plans, required two to four"):
        covering.compare({"west": plans["west"]})
    with pytest.raises(InputError, match="required one for all plans"):
        covering.compare(plans | {"far": result(grid, travel, bases, 90)})


def test_unknown_figures_are_named(grid, travel, bases):
    with pytest.raises(InputError, match="there are people_covered"):
        result(grid, travel, bases).figure("happiness")


def test_haiti_central_lies_in_its_band_and_shares_add_up(haiti):
    found = on_data.evaluate(haiti.data, haiti.plan)
    rows = found.figures.dropna(subset=["value"])
    assert (rows["low"] <= rows["value"] + 1e-9).all()
    assert (rows["value"] <= rows["high"] + 1e-9).all()
    covered = value(found, "people_covered")
    assert found.by_base["fair_share_people"].sum() == pytest.approx(covered)
    assert found.by_department["covered_people"].sum() == covered == found.by_commune["covered_people"].sum()
    assert found.by_department["people"].sum() == haiti.data["communes"]["population"].sum()
    assert "Coarse road model" in str(found.method)


def test_haiti_toggling_twice_is_the_identity_and_order_does_not_matter(haiti):
    def covered(plan):
        return on_data.evaluate(haiti.data, plan).figures

    start = covered(haiti.plan)
    assert covered(haiti.plan.toggle("fob-08").toggle("fob-08")).equals(start)
    one_way = covered(haiti.plan.toggle("fob-08").toggle("fob-16"))
    assert one_way.equals(covered(haiti.plan.toggle("fob-16").toggle("fob-08")))
    assert not one_way.equals(start)


@pytest.mark.parametrize("travel_by", ["road", "straight"])
@pytest.mark.parametrize("unit", ["min", "km"])
def test_haiti_more_minutes_never_cover_fewer(haiti, travel_by, unit):
    values = []
    for standard in (30, 60, 90, 120):
        plan = dataclasses.replace(haiti.plan, travel=travel_by, standard=Standard(standard, unit))
        values.append(value(on_data.evaluate(haiti.data, plan), "people_covered"))
    assert values == sorted(values)
    assert values[0] > 0


def test_a_plan_with_a_matrix_needs_one(haiti):
    with pytest.raises(InputError, match="travel is matrix, but no matrix was given"):
        on_data.evaluate(haiti.data, dataclasses.replace(haiti.plan, travel="matrix"))


def test_capacity_by_hand(grid, travel, bases):
    stated = bases.assign(capacity=[50, None, 200])
    result = covering.evaluate(grid, travel, stated, Standard(60))
    rows = result.by_base.set_index("base_id")
    west = rows.loc["west"]
    assert west["people_per_officer"] == pytest.approx(west["fair_share_people"] / 50)
    assert rows["people_per_officer"].isna().tolist() == [False, True, True], "not stated, and off"
    assert result.figure("capacity_stated")["value"] == 50
    assert (result.figure("bases_with_capacity")["value"], result.figure("bases_with_capacity")["of"]) == (1, 2)
    assert covering.evaluate(grid, travel, bases, Standard(60)).by_base["capacity"].isna().all()


def test_where_plans_agree_is_one_letter_a_cell():
    agreement = pd.DataFrame({"plans": [2, 1, 0], "of": 2})
    assert plan_map.agreed_cells(agreement) == "210"
    assert [item["symbol"] for item in plan_map.legend(agreement=True)[1]["items"]] == ["cells.2", "cells.1", "cells.0"]
