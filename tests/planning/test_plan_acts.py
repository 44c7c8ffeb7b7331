"""Acts on a plan: what each of them changes, and nothing else; what is not understood is refused in one line."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import InputError
from mssmap.planning import on_data, plan_acts
from mssmap.planning.access import Standard
from mssmap.planning.ground.roads import RoadStatus
from mssmap.planning.plan_acts import RefusedPlaceError
from mssmap.planning.scenario import Plan, Proposal
from mssmap.records.timeline import Clocks

EMPTY = Plan("p", "P", Clocks(date(2026, 4, 1), date(2026, 4, 2)))


def act(kind, **fields):
    """Return an act as a browser sends it, read."""
    return plan_acts.read({"id": str(uuid.uuid4()), "plan": "p", "kind": kind, **fields})


@pytest.fixture
def plan(haiti):
    """A plan with two proposals of one's own, one of them on."""
    own = (Proposal("a", "A", -72.3, 18.5), Proposal("b", "B", -72.4, 18.6))
    return dataclasses.replace(haiti.plan, id="p", name="P", proposals=own, active=frozenset({"fob-01", "a"}))


@pytest.mark.parametrize(
    ("kind", "fields", "changed"),
    [
        ("switch", {"base": "b", "on": True}, {"active": frozenset({"fob-01", "a", "b"})}),
        ("switch", {"base": "a", "on": False}, {"active": frozenset({"fob-01"})}),
        ("switch", {"base": "a", "on": True}, {}),
        ("rename", {"name": "  Q "}, {"name": "Q"}),
        ("assume", {"standard": 90}, {"standard": Standard(90, "min")}),
        ("assume", {"unit": "km"}, {"standard": Standard(60, "km")}),
        ("assume", {"travel": "straight"}, {"travel": "straight"}),
    ],
)
def test_an_act_changes_what_it_says_and_nothing_else(plan, kind, fields, changed):
    assert act(kind, **fields).apply(plan) == dataclasses.replace(plan, **changed)


def test_an_edit_keeps_the_proposal_in_its_place_and_what_is_not_said(plan):
    edited = act("edit", proposal="a", capacity=40, note="n").apply(plan)
    assert edited.proposals == (Proposal("a", "A", -72.3, 18.5, capacity=40, note="n"), plan.proposals[1])
    assert act("edit", proposal="a", capacity=None).apply(edited).proposals[0].capacity is None
    assert edited.active == plan.active, "one that is on stays on"
    off = act("edit", proposal="b", name="C").apply(plan)
    assert (off.proposals[1].name, off.active) == ("C", plan.active), "one that is off stays off"


def test_an_edit_of_what_is_gone_is_refused(plan):
    with pytest.raises(InputError, match=r"^proposal 'x': it is not in the plan any more"):
        act("edit", proposal="x", name="X").apply(plan)


def test_an_answer_of_a_clean_sheet_is_taken_over_alone(plan):
    sites = [{"id": "b", "name": "B", "lon": -72.4, "lat": 18.6}, {"id": "871", "name": "New", "lon": -73, "lat": 18.4}]
    added = act("adopt", sites=sites).apply(plan)
    assert added.active == {"fob-01", "a", "b", "site-871"}
    assert act("adopt", sites=sites, clean=True).apply(plan).active == {"b", "site-871"}


def test_a_closed_road_is_kept_with_its_source_and_lengthens_no_time(haiti):
    road = haiti.ground.network.roads["road_id"].iloc[0]
    closed = act("road", road=road, status="closed", source="AFP", date="2025-01-18").apply(haiti.plan)
    assert closed.roads.status == (RoadStatus(road, "closed", "AFP", "2025-01-18"),)
    before, after = (on_data.evaluate(haiti.data, plan).figure("people_covered") for plan in (haiti.plan, closed))
    assert after["value"] <= before["value"]
    noted = act("road", road=road, note="by the bridge").apply(closed)
    assert noted.roads.status == (RoadStatus(road, "closed", "AFP", "2025-01-18", "by the bridge"),)
    assert act("road", road=road, status="unknown", source="", date="", note="").apply(noted) == haiti.plan


def test_the_sea_is_refused_with_a_place_that_works(haiti):
    with pytest.raises(RefusedPlaceError, match="in the sea") as refused:
        act("place", proposal="own-1", lon=-73.2, lat=19.1).settled(haiti.data, haiti.plan)
    there = act("place", proposal="own-1", lon=refused.value.lon, lat=refused.value.lat)
    assert there.settled(haiti.data, haiti.plan).name.startswith("Proposal 1, ")


def test_a_plan_made_of_a_day_is_its_baseline(haiti):
    days = {"as_of": "2026-04-01", "known_on": "2026-04-02", "grade": "F6"}
    made = act("create", name="New", **days).made(haiti.data, lambda _plan_id: pytest.fail("none is copied"))
    assert (made.id, made.name, made.clocks.known_on.isoformat()) == ("p", "New", "2026-04-02")
    assert act("copy", name="Copy", of="o").made(haiti.data, lambda _plan_id: made).name == "Copy"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"id": "i", "plan": "p", "kind": "jump"},
        {"id": "i", "plan": "p", "kind": "switch", "base": "b", "on": "yes"},
        {"id": "i", "plan": "p", "kind": "switch", "base": "b", "on": True, "more": 1},
        {"id": "i", "plan": "../p", "kind": "undo"},
        {"id": "i", "plan": "p", "kind": "rename", "name": " "},
        {"id": "i", "plan": "p", "kind": "place", "proposal": "x", "lon": "NaN?", "lat": 1},
        {"id": "i", "plan": "p", "kind": "edit", "proposal": "x", "capacity": -1},
        {"id": "i", "plan": "p", "kind": "road", "road": "r", "status": "shut"},
    ],
)
def test_what_is_not_understood_is_one_clear_line(value):
    with pytest.raises(InputError, match=r"^A change of the plan cannot be understood: .*Load the page again\.$"):
        plan_acts.read(value)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=12), st.randoms())
def test_acts_on_different_bases_give_the_same_plan_in_any_order(acts, random):
    """Two hands on different bases never undo each other, whoever comes first."""
    plan = dataclasses.replace(EMPTY, active=frozenset("ac"))
    last = {base: act("switch", base=base, on=on) for base, on in acts}
    shuffled = list(last.values())
    random.shuffle(shuffled)
    for one in last.values():
        plan = one.apply(plan)
    other = dataclasses.replace(EMPTY, active=frozenset("ac"))
    for one in shuffled:
        other = one.apply(other)
    assert plan == other
