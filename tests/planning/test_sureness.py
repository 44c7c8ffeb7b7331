"""What is not known about a plan, varied one input at a time and all together."""

from __future__ import annotations

import dataclasses

import pytest

from mssmap.planning import on_data, sureness
from mssmap.planning.access import Standard
from mssmap.planning.sureness import Levels, Step
from mssmap.ui.planner import sure as planner_sure


@pytest.fixture(scope="module")
def steps(haiti):
    return list(on_data.how_sure(haiti.data, haiti.plan))


def test_one_input_at_a_time_then_all_at_their_worst_and_best(haiti):
    """Worth: 1 more for each level that helps; people moves nothing."""

    def worth(levels: Levels) -> float:
        speed = {"pessimistic": -1, "central": 0, "optimistic": 1}[levels.speed]
        return speed + levels.offroad_kmh / 100 + {"closed": -5, "slower": 0, "ignored": 5}[levels.zones]

    found = list(sureness.vary(haiti.plan, worth, float))
    assert [step.varied for step in found] == [
        *["central", "speed", "speed", "people", "people"],
        *["offroad_kmh", "offroad_kmh", "zones", "zones", "worst", "best"],
    ]
    assert len(found) == sureness.count(haiti.plan) == 11
    assert found[-2].levels == Levels("pessimistic", "central", 4.0, "closed")
    assert found[-1].levels == Levels("optimistic", "central", 20.0, "ignored")
    for step in found[1:-2]:
        own = dataclasses.asdict(sureness.central(haiti.plan))
        assert [name for name, value in dataclasses.asdict(step.levels).items() if value != own[name]] == [step.varied]


@pytest.mark.parametrize(
    ("change", "inputs"),
    [
        ({"travel": "straight"}, {"speed", "people"}),
        ({"standard": Standard(30, "km")}, {"people", "zones"}),
        ({"standard": Standard(30, "km"), "travel": "straight"}, {"people"}),
    ],
)
def test_inputs_that_do_not_act_are_left_out(haiti, change, inputs):
    plan = dataclasses.replace(haiti.plan, **change)
    assert {varied for varied, _ in sureness.others(plan)} == inputs
    found = list(on_data.how_sure(haiti.data, plan))
    assert len(found) == sureness.count(plan)


def test_the_band_of_haiti_holds_what_fell_outside_and_says_what_moves_it_most(haiti, steps):
    quick = on_data.evaluate(haiti.data, haiti.plan)
    people = {(s.varied, getattr(s.levels, s.varied, "")): s.answer["people_covered"] for s in steps}
    assert people["central", ""] == quick.figure("people_covered")["value"]
    outside = [
        (varied, level)
        for (varied, level), value in people.items()
        if not quick.figure("people_covered")["low"] <= value <= quick.figure("people_covered")["high"]
    ]
    assert outside == [
        *[("offroad_kmh", 4.0), ("offroad_kmh", 20.0), ("zones", "ignored"), ("zones", "closed")],
        *[("worst", ""), ("best", "")],
    ]
    sure = on_data.with_bands(quick, steps)
    figure = sure.figure("people_covered")
    assert (figure["low"], figure["high"]) == (min(people.values()), max(people.values()))
    assert (people["worst", ""], people["best", ""]) == (figure["low"], figure["high"])
    rows = sure.figures.dropna(subset=["value"])
    assert ((rows["low"] <= rows["value"] + 1e-9) & (rows["value"] <= rows["high"] + 1e-9)).all()
    assert "speed off the road (4 to 20 km/h) and zones (ignored, slower, closed)" in str(sure.method)
    moved = sureness.movers(steps, "people_covered")
    assert moved["varied"].tolist() == ["offroad_kmh", "zones", "speed", "people"]
    assert (moved["high"] - moved["low"]).is_monotonic_decreasing


def test_what_the_page_says_while_the_band_widens_and_at_its_end(haiti, steps):
    assert "3 of 11 cases" in planner_sure.words(steps[:3], 11)
    low, high = (f"{value:,.0f}" for value in sureness.movers(steps, "people_covered").loc[0, ["low", "high"]])
    assert planner_sure.words(steps, 11).endswith(f"move most with speed off the road (4 to 20 km/h): {low} – {high}.")
    assert planner_sure.ranges(steps).count("–") == 4
    assert planner_sure.words([Step("central", sureness.central(haiti.plan), steps[0].answer)], 3).count("1 of 3")
