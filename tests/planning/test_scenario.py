"""Plans as values and as files; where a base may stand."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import InputError
from mssmap.planning import covering, on_data, placement, plan_file, scenario
from mssmap.planning.access import Standard
from mssmap.planning.ground.roads import RoadSettings, RoadStatus
from mssmap.planning.scenario import Plan, Proposal
from mssmap.records.timeline import Clocks

CLOCKS = Clocks(date(2026, 4, 1), date(2026, 11, 22))
JACMEL = Proposal("own-1", "Jacmel", -72.535, 18.234, capacity=120, note='"={{7*7}}"')
PLAN = Plan(
    id="three-more",
    name="Trois de plus, à l’ouest",
    clocks=CLOCKS,
    active=frozenset({"fob-01", "own-1"}),
    proposals=(JACMEL,),
    standard=Standard(90),
    roads=RoadSettings(zones="closed", status=(RoadStatus("pap--tabarre", "closed", "a report", "2026-03-01"),)),
    note="Line one\nline two",
)


def edited(**changes):
    content = json.loads(plan_file.to_json(PLAN))
    content["scenario"] |= changes
    return json.dumps(content)


def test_baseline_has_what_stands_and_what_is_proposed(haiti):
    plan = scenario.baseline(haiti.data, haiti.clocks)
    assert {"fob-01", "fob-03", "fob-05"} <= plan.active
    kinds = {item.id: item.kind for item in plan.proposals}
    assert kinds["fob-08"] == "candidate"
    assert kinds["fob-21"] == "announced"
    assert not plan.active & set(kinds)
    frame = scenario.bases(haiti.data, plan, haiti.ground.network)
    assert set(frame["base_id"]) == plan.active | set(kinds)
    assert (frame["snap_m"] < 1_500).all()
    assert scenario.absent(plan, frame) == []
    assert "fob-09" in scenario.unplaced(haiti.data, haiti.clocks)["fob_id"].tolist()


def test_the_clocks_decide_what_stands(haiti):
    early = scenario.baseline(haiti.data, Clocks(date(2024, 7, 1), date(2024, 7, 2)))
    assert early.active == {"fob-01"}
    plan = dataclasses.replace(early, active=early.active | {"fob-03"})
    frame = scenario.bases(haiti.data, plan, haiti.ground.network)
    assert scenario.absent(plan, frame) == ["fob-03"]


def test_changes_give_new_plans():
    assert PLAN.toggle("fob-02").toggle("fob-02") == PLAN
    assert PLAN.remove("own-1").proposals == ()
    moved = PLAN.place(dataclasses.replace(JACMEL, lat=18.25))
    assert [item.lat for item in moved.proposals] == [18.25]
    assert PLAN.proposals[0].lat == 18.234
    assert PLAN.place(JACMEL, active=False).active == {"fob-01"}
    assert PLAN.copy("b", "B") == dataclasses.replace(PLAN, id="b", name="B")


def test_a_file_gives_back_the_plan():
    text = plan_file.to_json(PLAN)
    assert plan_file.from_json(text) == (PLAN, ())
    assert plan_file.from_json(text.encode()) == (PLAN, ())
    assert plan_file.to_json(plan_file.from_json(text)[0]) == text
    assert plan_file.from_dict(plan_file.to_dict(PLAN)) == PLAN


@given(
    name=st.text(min_size=1, max_size=50).filter(lambda text: text.strip() and "\x00" not in text),
    active=st.frozensets(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True), max_size=5),
    value=st.floats(0.01, 1e6),
)
def test_any_plan_survives_its_file(name, active, value):
    plan = dataclasses.replace(PLAN, name=name, active=active, standard=Standard(value))
    assert plan_file.from_json(plan_file.to_json(plan)) == (plan, ())


def test_an_edited_file_that_reads_well_is_used_and_said_to_be_edited():
    plan, notes = plan_file.from_json(edited(name="Other"))
    assert plan.name == "Other"
    assert "edited since it was saved" in notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("[]", "found no format 'mssmap-scenario'"),
        ("[" * 100_000, "is not JSON"),
        (plan_file.to_json(PLAN).replace('"version": 1', '"version": 2'), "found version 2, required 1"),
        (plan_file.to_json(PLAN).replace('"version": 1', '"version": 1, "version": 1'), "a key stands twice"),
        (plan_file.to_json(PLAN).replace("-72.535", "NaN"), "NaN is not a number of JSON"),
        (edited(colour="red"), "scenario: unknown key colour, there are active, as_of"),
        (edited(as_of="01/02/2026"), 'scenario.as_of: found "01/02/2026", required a day as YYYY-MM-DD'),
        (edited(as_of="2026-02-30"), "scenario.as_of"),
        (edited(active="fob-01"), 'scenario.active: found "fob-01", required a list of texts'),
        (edited(standard={"value": 0, "unit": "min"}), "standard: found 0 min, required more than 0"),
        (edited(standard={"value": "60", "unit": "min"}), 'standard.value: found "60", required a number'),
        (edited(proposals=[{"id": "a"}]), r"proposals\[0\]: no lat, lon, name"),
        (edited(travel="boat"), "travel 'boat', required one of road, straight, matrix"),
        (edited(roads={"zones": "maybe"}), "zones 'maybe'"),
        (edited(cases={"people": ["moon"]}), "cases.people"),
        ("x" * 3_000_000, "found 3,000,000 bytes"),
    ],
)
def test_files_that_are_refused(text, message):
    with pytest.raises(InputError, match=message) as caught:
        plan_file.from_json(text)
    assert "\n" not in str(caught.value)


def test_all_faults_of_a_file_are_named_at_once():
    proposals = [{"id": "a b", "name": "A", "lon": 0, "lat": 0, "kind": "big", "capacity": 1.5}]
    with pytest.raises(InputError) as caught:
        plan_file.from_json(edited(as_of="soon", proposals=proposals, grade=3))
    for part in ("as_of", "proposals[0].capacity", "grade"):
        assert part in str(caught.value)


def test_a_proposal_names_all_its_faults():
    with pytest.raises(InputError, match=r"id 'a b'.*place 0, 0.*kind 'big'.*rule 'perhaps'.*capacity -1"):
        Proposal("a b", "A", 0, 0, kind="big", rule="perhaps", capacity=-1)


def test_a_plan_names_all_its_faults():
    with pytest.raises(InputError, match=r"a name of 0 characters.*travel 'boat'.*grade 'Z9'.*own-1 twice"):
        dataclasses.replace(PLAN, name="", travel="boat", grade="Z9", proposals=(JACMEL, JACMEL))


def test_differences_between_any_two_plans():
    other = dataclasses.replace(
        PLAN.toggle("fob-02").place(dataclasses.replace(JACMEL, capacity=80)), standard=Standard(60)
    )
    rows = scenario.differences(PLAN, other).values.tolist()
    assert ["base", "fob-02", "off", "on"] in rows
    assert ["proposal", "own-1 capacity", 120, 80] in rows
    assert ["assumption", "standard", "90 min", "60 min"] in rows
    assert len(rows) == 3
    assert scenario.differences(PLAN, PLAN).empty
    assert scenario.differences(PLAN, PLAN.remove("own-1")).values.tolist()[1] == ["proposal", "own-1", "Jacmel", None]


def test_a_plan_by_name_or_file(haiti, tmp_path):
    assert on_data.find(haiti.data, "baseline", haiti.clocks) == haiti.plan
    path = tmp_path / "plan.json"
    path.write_text(plan_file.to_json(PLAN), encoding="utf-8")
    assert on_data.find(haiti.data, str(path), haiti.clocks) == PLAN
    with pytest.raises(InputError, match="found no plan or file 'nowhere'"):
        on_data.find(haiti.data, "nowhere", haiti.clocks)


@pytest.mark.parametrize(
    ("lon", "lat", "reason", "words"),
    [
        pytest.param(-72.535, 18.234, "", "", id="Jacmel"),
        pytest.param(-73.0, 19.0, "sea", "in the sea", id="gulf of La Gonave"),
        pytest.param(-71.5, 18.9, "abroad", "Dominican Republic", id="beyond the border"),
        pytest.param(-72.0, 18.56, "lake", "Étang Saumâtre", id="lake"),
        pytest.param(18.54, -72.34, "far_away", "swapped", id="latitude first"),
        pytest.param(2.35, 48.85, "far_away", "far from Haiti", id="Paris"),
    ],
)
def test_where_a_base_may_stand(haiti, lon, lat, reason, words):
    found = placement.check(haiti.data, haiti.ground.network, lon, lat)
    assert found.reason == reason
    assert found.accepted == (reason == "")
    assert words in found.text
    assert found.commune_pcode.startswith("HT")
    again = placement.check(haiti.data, haiti.ground.network, found.lon, found.lat)
    assert again.accepted
    assert again.cell == found.cell


def test_a_closed_zone_is_refused_and_an_open_one_named(haiti):
    solino = (-72.317, 18.553)
    open_ = placement.check(haiti.data, haiti.ground.network, *solino)
    assert open_.accepted
    told = "An armed group was reported somewhere in this unit or near this place."
    assert open_.text == f"Around here: {', '.join(open_.zones)}. {told}"
    assert len(open_.zones) > 0
    shut = placement.check(haiti.data, haiti.ground.network, *solino, zones_closed=True)
    assert not shut.accepted
    assert shut.reason == "closed_zone"
    assert 0 < shut.moved_m < 10_000
    assert placement.check(haiti.data, haiti.ground.network, shut.lon, shut.lat, zones_closed=True).accepted


def test_a_place_outside_all_zones_says_nothing_of_them(haiti):
    found = placement.check(haiti.data, haiti.ground.network, -72.70, 19.45)
    assert (found.accepted, found.zones, found.text) == (True, (), "")


def test_coordinates_that_are_no_degrees(haiti):
    with pytest.raises(InputError, match="required longitude and latitude in degrees"):
        placement.check(haiti.data, haiti.ground.network, 780_000, 2_050_000)
    with pytest.raises(InputError, match="required longitude and latitude in degrees"):
        placement.check(haiti.data, haiti.ground.network, float("nan"), 18.5)


def test_bases_name_the_zones_they_stand_in(haiti):
    frame = scenario.bases(haiti.data, haiti.plan, haiti.ground.network).set_index("base_id")
    assert frame.loc["fob-03", "zone"] == "Pont-Sondé"
    assert frame.loc["fob-05", "zone"] == ""
    assert covering.locate(haiti.ground.grid, frame.reset_index()[["lon", "lat"]])["zone"].eq("").all()


def test_bases_in_use_that_a_plan_cannot_hold_are_named(haiti):
    """Of 11 operational bases 4 have no published place; the 12 bases in use also count the one handed over."""
    from mssmap.planning import on_data

    rows = scenario.not_counted(haiti.data, haiti.clocks).groupby("status")["fob_id"].agg(list).to_dict()
    assert rows == {"handed_over": ["fob-04"], "operational": ["fob-06", "fob-09", "fob-10", "fob-11"]}
    words = str(on_data.bases_left_out(haiti.data, haiti.plan))
    assert "11 bases are operational on this day, 7 of them with a published place" in words
    result = on_data.evaluate(haiti.data, haiti.plan)
    assert words in str(result.method)
    figure = result.figure("operational_without_place")
    assert (figure["value"], figure["of"], result.figure("bases_active")["value"]) == (4, 11, 7)


def test_what_plans_do_not_assume_alike_is_listed_and_can_be_taken_from_one(haiti):
    slow = dataclasses.replace(
        haiti.plan.toggle("fob-08"),
        standard=Standard(90),
        roads=dataclasses.replace(haiti.plan.roads, offroad_kmh=8.0, zones="ignored"),
    )
    rows = scenario.differing({"ours": haiti.plan, "slow": slow}).set_index("assumption")
    assert rows["ours"].to_dict() == {"standard": "60 min", "roads.offroad_kmh": 12.0, "roads.zones": "slower"}
    assert rows["slow"].to_dict() == {"standard": "90 min", "roads.offroad_kmh": 8.0, "roads.zones": "ignored"}
    alike = scenario.under(slow, haiti.plan)
    assert scenario.differing({"ours": haiti.plan, "slow": alike}).empty
    assert (alike.active, alike.name) == (slow.active, slow.name)
    assert scenario.under(haiti.plan, haiti.plan) == haiti.plan
