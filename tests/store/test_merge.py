"""Field copies: what a laptop changed while it was away arrives; where both changed it, a person decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mssmap.errors import InputError, NotFoundError
from mssmap.planning import plan_acts, plan_file, scenario
from mssmap.records.timeline import Clocks
from mssmap.store import Store, audit, imports, merge, notes, open_store, payloads, plans

from .conftest import plan


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Store]:
    """Return the store of a laptop, empty."""
    found = open_store(f"sqlite:///{tmp_path / 'laptop.db'}")
    yield found
    found.engine.dispose()


@pytest.fixture
def both(store: Store, field: Store) -> tuple[Store, Store]:
    """Return headquarters and a laptop that left with a copy of it: one plan in version 2."""
    plans.save(store, plan(), version=0, actor="ana")
    plans.save(store, plan(name="Baseline"), version=1, actor="ana")
    merge.merge(field, store, origin="headquarters")
    return store, field


def test_what_only_the_laptop_changed_arrives_with_its_person_time_and_history(both):
    hq, laptop = both
    plans.save(laptop, plan(name="From the field"), version=2, actor="bea")
    plans.save(laptop, plan("q", "New in the field"), version=0, actor="bea")
    done = merge.merge(hq, laptop, origin="laptop 3", actor="ana")
    assert (done.taken, done.known, set(done.names), done.conflicts) == (
        2,
        2,
        {"From the field", "New in the field"},
        (),
    )
    assert [p.name for p in plans.listed(hq)] == ["New in the field", "From the field"]
    assert (plans.find(hq, "p").version, plans.find(hq, "p").changed_by) == (3, "bea")
    assert audit.faults(hq.trail()) == []
    assert plans.undo(hq, "p", version=3).name == "Baseline", "the laptop's change can be undone here"


def test_merging_twice_changes_nothing(both):
    hq, laptop = both
    plans.save(laptop, plan(name="From the field"), version=2)
    merge.merge(hq, laptop, origin="laptop 3")
    before = hq.trail()
    assert merge.merge(hq, laptop, origin="laptop 3").taken == 0
    assert hq.trail() == before


def test_a_plan_that_both_changed_is_decided_by_a_person_and_nothing_is_dropped(both):
    hq, laptop = both
    plans.save(hq, plan(name="Ours"), version=2, actor="ana")
    plans.save(laptop, plan(name="Draft"), version=2, actor="bea")
    plans.save(laptop, plan(name="Theirs"), version=3, actor="bea")
    done = merge.merge(hq, laptop, origin="laptop 3")
    (conflict,) = merge.conflicts(hq)
    assert done.conflicts == (conflict,)
    assert (conflict.name, conflict.theirs_by, conflict.origin) == ("Theirs", "bea", "laptop 3")
    assert plans.find(hq, "p").name == "Ours", "nothing is overwritten before the decision"
    assert [e.body["name"] for e in hq.trail(conflict.branch)] == ["Draft", "Theirs"]

    decided = merge.decide(hq, conflict.conflict_id, "theirs", actor="ana")
    assert (decided.choice, decided.decided_by) == ("theirs", "ana")
    assert (plans.find(hq, "p").name, plans.find(hq, "p").version) == ("Theirs", 4)
    assert plans.undo(hq, "p", version=4).name == "Ours", "a decision can be taken back like any change"
    assert merge.conflicts(hq) == []
    assert [c.choice for c in merge.conflicts(hq, decided=True)] == ["theirs"]
    assert audit.faults(hq.trail()) == []


def test_both_can_be_kept(both):
    hq, laptop = both
    plans.save(hq, plan(name="Ours"), version=2)
    plans.save(laptop, plan(name="Theirs"), version=2)
    (conflict,) = merge.merge(hq, laptop, origin="laptop 3").conflicts
    merge.decide(hq, conflict.conflict_id, "both")
    assert sorted(p.name for p in plans.listed(hq)) == ["Ours", "Theirs (laptop 3)"]
    assert plans.find(hq, conflict.branch).body["id"] == conflict.branch


def test_a_plan_deleted_here_and_changed_there_is_a_conflict(both):
    hq, laptop = both
    plans.delete(hq, "p", version=2)
    plans.save(laptop, plan(name="Theirs"), version=2)
    (conflict,) = merge.merge(hq, laptop, origin="laptop 3").conflicts
    assert plans.listed(hq) == []
    merge.decide(hq, conflict.conflict_id, "theirs")
    assert [p.name for p in plans.listed(hq)] == ["Theirs"]


def test_a_plan_deleted_there_and_changed_here_is_a_conflict(both):
    hq, laptop = both
    plans.save(hq, plan(name="Ours"), version=2)
    plans.delete(laptop, "p", version=2)
    (conflict,) = merge.merge(hq, laptop, origin="laptop 3").conflicts
    assert conflict.theirs is None
    assert merge.choices(conflict) == ("ours", "theirs")
    with pytest.raises(InputError, match=r"^choice: found 'both', required one of ours, theirs"):
        merge.decide(hq, conflict.conflict_id, "both")
    merge.decide(hq, conflict.conflict_id, "theirs")
    assert plans.listed(hq) == []
    with pytest.raises(InputError, match=r"local has decided it already \(theirs\)"):
        merge.decide(hq, conflict.conflict_id, "ours")


def test_the_same_change_on_both_sides_needs_no_decision(both):
    hq, laptop = both
    plans.save(hq, plan(name="Same"), version=2)
    plans.save(laptop, plan(name="Same"), version=2)
    assert merge.merge(hq, laptop, origin="laptop 3").conflicts == ()


def test_a_second_copy_of_the_same_laptop_replaces_the_question(both):
    hq, laptop = both
    plans.save(hq, plan(name="Ours"), version=2)
    plans.save(laptop, plan(name="First"), version=2)
    merge.merge(hq, laptop, origin="laptop 3")
    plans.save(laptop, plan(name="Second"), version=3)
    merge.merge(hq, laptop, origin="laptop 3")
    assert [c.name for c in merge.conflicts(hq)] == ["Second"]
    assert [c.choice for c in merge.conflicts(hq, decided=True)] == ["superseded", ""]


def test_after_taking_theirs_the_laptop_goes_on_without_a_new_question(both):
    hq, laptop = both
    plans.save(hq, plan(name="Ours"), version=2)
    plans.save(laptop, plan(name="Theirs"), version=2)
    (conflict,) = merge.merge(hq, laptop, origin="laptop 3").conflicts
    merge.decide(hq, conflict.conflict_id, "theirs")
    plans.save(laptop, plan(name="Theirs, later"), version=3)
    assert merge.merge(hq, laptop, origin="laptop 3").conflicts == ()
    assert plans.find(hq, "p").name == "Theirs, later"


def test_imports_come_with_their_rows(both):
    hq, laptop = both
    imports.save(laptop, {"id": "i-1", "name": "Markets", "kind": "layer"}, b"rows", actor="bea")
    merge.merge(hq, laptop, origin="laptop 3")
    (item,) = imports.listed(hq)
    assert (item.name, imports.content(hq, item)) == ("Markets", b"rows")


def test_packs_get_new_numbers_and_drafts_stay_ours(both):
    hq, laptop = both
    for where, who in ((hq, "ana"), (laptop, "bea")):
        notes.remember(where, "pack.000001", {"by": who}, actor=who)
        notes.remember(where, "draft.local", {"title": who}, actor=who)
    merge.merge(hq, laptop, origin="laptop 3")
    assert notes.listed(hq, "pack.") == {"pack.000001": {"by": "ana"}, "pack.000002": {"by": "bea"}}
    assert notes.find(hq, "draft.local") == {"title": "ana"}
    assert [e.body for e in hq.trail() if e.entity_id.startswith("draft.local~")] == [{"title": "bea"}]
    assert_versions_follow_each_other(hq)


def test_the_chains_interleave_by_time_and_each_keeps_its_order(both):
    hq, laptop = both
    plans.save(laptop, plan("a", "1"), version=0, actor="bea")
    plans.save(hq, plan("b", "2"), version=0, actor="ana")
    plans.save(laptop, plan("a", "3"), version=1, actor="bea")
    plans.save(hq, plan("b", "4"), version=1, actor="ana")
    merge.merge(hq, laptop, origin="laptop 3")
    told = [e for e in merge.by_time(hq.trail()) if e.entity_id in "ab"]
    assert [e.body["name"] for e in told] == ["1", "2", "3", "4"]
    origin = dict(zip([e.seq for e in hq.trail()], merge.origins(hq.trail()), strict=True))
    assert [origin[e.seq] for e in told] == ["laptop 3", "", "laptop 3", ""]


def test_the_trail_of_the_field_is_kept_whole(both):
    hq, laptop = both
    plans.save(laptop, plan(name="From the field"), version=2)
    merge.merge(hq, laptop, origin="laptop 3")
    noted = hq.trail("laptop 3")[-1].body
    kept = payloads.get(hq, noted["trail"])
    assert isinstance(kept, bytes)
    assert len(kept.decode().splitlines()) == noted["entries"] == len(laptop.trail())
    assert laptop.trail()[-1].hash == noted["head"]


def test_a_broken_chain_is_refused_and_nothing_is_merged(both):
    hq, laptop = both
    plans.save(laptop, plan(name="From the field"), version=2)
    with laptop.engine.begin() as session:
        session.execute(sa.text("UPDATE audit SET actor = 'somebody' WHERE seq = 2"))
    before = hq.trail()
    with pytest.raises(
        InputError, match=r"^field copy 'laptop 3': its audit trail is not whole \(entry 2 was changed .* new copy\.$"
    ):
        merge.merge(hq, laptop, origin="laptop 3")
    assert hq.trail() == before


def test_a_record_that_cannot_be_used_is_told_and_the_others_are_taken(both):
    hq, laptop = both
    plans.save(laptop, plan(name="From the field"), version=2)
    plans.save(laptop, plan("q", "Other"), version=0)

    def check(entity: str, entity_id: str, body: dict[str, Any]) -> None:
        if body["name"] == "From the field":
            raise InputError(f"{entity} {entity_id}: not a plan")

    done = merge.merge(hq, laptop, origin="laptop 3", check=check)
    assert done.refused == ("plan p: not merged. plan p: not a plan",)
    assert [p.name for p in plans.listed(hq)] == ["Other", "Baseline"]
    assert merge.merge(hq, laptop, origin="laptop 3", check=check).refused == done.refused, "told again"
    assert merge.merge(hq, laptop, origin="laptop 3").taken == 1, "once it can be used it comes"


def test_an_unknown_conflict_is_named(store):
    with pytest.raises(NotFoundError, match=r"^conflict 'x': there is none"):
        merge.decide(store, "x", "ours")


STEPS = st.lists(
    st.tuples(
        st.sampled_from("hf"), st.sampled_from("pqr"), st.sampled_from(["edit", "undo", "delete"]), st.integers(0, 3)
    ),
    max_size=14,
)


def _step(store: Store, plan_id: str, action: str, number: int) -> None:
    """One change, if it can be made."""
    known = {p.plan_id: p for p in plans.listed(store)}
    version = known[plan_id].version if plan_id in known else 0
    if plan_id not in known and store.trail(plan_id):
        return  # deleted
    if action == "edit" or plan_id not in known:
        plans.save(store, plan(plan_id, f"{plan_id}{number}"), version=version)
    elif action == "delete":
        plans.delete(store, plan_id, version=version)
    else:
        with suppress(InputError):  # nothing to undo
            plans.undo(store, plan_id, version=version)


def _state(store: Store) -> dict[str, str]:
    return {p.plan_id: p.name for p in plans.listed(store)}


def assert_versions_follow_each_other(store: Store) -> None:
    """Of each record, those in its branches too."""
    versions: dict[tuple[str, str], list[int]] = {}
    for entry in store.trail():
        versions.setdefault((entry.entity, entry.entity_id), []).append(entry.version)
    first = {key: found[0] if "~" in key[1] else 1 for key, found in versions.items()}
    assert [key for key, found in versions.items() if found != list(range(first[key], first[key] + len(found)))] == []


@settings(max_examples=25)
@given(STEPS, STEPS)
def test_no_change_is_lost_whatever_both_did(empty_stores, shared, apart):
    """Of any two histories, each change is in the chain once; what one side alone changed stands as it left it."""
    hq, laptop = empty_stores()
    for _side, plan_id, action, number in shared:
        _step(hq, plan_id, action, number)
    merge.merge(laptop, hq, origin="headquarters")
    left = _state(hq)
    for side, plan_id, action, number in apart:
        _step(hq if side == "h" else laptop, plan_id, action, number)
    ours, theirs = _state(hq), _state(laptop)
    done = merge.merge(hq, laptop, origin="laptop")

    requests = [entry.request_id for entry in hq.trail()]
    assert audit.faults(hq.trail()) == []
    assert len(set(requests)) == len(requests)
    assert {entry.request_id for entry in laptop.trail() if entry.entity == plans.ENTITY} <= set(requests)
    assert_versions_follow_each_other(hq)
    numbered = {entry.request_id: entry.version for entry in laptop.trail()}
    assert [e for e in hq.trail() if "~" in e.entity_id and e.version != numbered[e.request_id]] == []
    contested = {conflict.entity_id for conflict in done.conflicts}
    for plan_id in "pqr":
        now, here, there = (state.get(plan_id) for state in (_state(hq), ours, theirs))
        if plan_id in contested:
            assert here != there
            assert now == here
        else:
            assert now == (there if here == left.get(plan_id) else here)


@pytest.fixture(scope="module")
def empty_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a maker of two empty stores, from a template, for migrations take their time."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        open_store(f"sqlite:///{folder / 'empty.db'}").engine.dispose()
        made: list[Store] = []

        def make() -> tuple[Store, Store]:
            while made:
                made.pop().engine.dispose()
            for side in ("hq", "laptop"):
                for old in folder.glob(f"{side}.db*"):
                    old.unlink()
                shutil.copy(folder / "empty.db", folder / f"{side}.db")
                made.append(open_store(f"sqlite:///{folder / side}.db"))
            return made[0], made[1]

        yield make


def test_a_plan_that_is_kept_beside_ours_can_be_opened_and_changed(both, small):
    hq, laptop = both
    made = scenario.baseline(small, Clocks(date(2025, 1, 18), date(2025, 1, 18)), "F6").copy("p", "Ours")
    plans.save(hq, plan_file.to_dict(made), version=2)
    plans.save(laptop, plan_file.to_dict(made.copy("p", "Theirs")), version=2)
    (conflict,) = merge.merge(hq, laptop, origin="laptop 3").conflicts
    merge.decide(hq, conflict.conflict_id, "both")
    kept = plan_file.from_dict(plans.find(hq, conflict.branch).body)
    assert kept.name == "Theirs (laptop 3)"
    TypeAdapter(plan_acts.Id).validate_python(kept.id)
