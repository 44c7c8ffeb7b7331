"""
The planner's page: which plan is in hand, and what its controls need.

The truth of a plan is in the store and is read at each run; a change is an act (`plan_acts`), which the browser sends
and keeps until it is answered (`client/page/acts.js`, `ui.acts`). So a session knows of a plan only what `hand` names.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any, Final

import streamlit as st

from mssmap.errors import InputError, MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import on_data, plan_file, scenario
from mssmap.planning.scenario import Plan
from mssmap.records.timeline import Clocks
from mssmap.store import StoredPlan, plans, roles
from mssmap.ui import acts, cache, choices, permits, plain, state, told
from mssmap.ui.components import component
from mssmap.ui.planner import hand
from mssmap.ui.planner.hand import PlanInHand

BASELINE: Final = "baseline"


def in_hand() -> PlanInHand:
    """Return the plan in hand: as in the address, or as chosen on the page; its days are on the dials then."""
    held = _held()
    link = st.query_params.get("scenario", "")
    if link and link != held.link:
        held.wanted = "" if link == BASELINE else link[:80]
    _keep_link(held)
    stored = plans.stored(cache.plans(), held.wanted) if held.wanted else None
    plan = None if stored is None or stored.deleted else _read(stored)
    held.stored = None if plan is None else stored
    held.deleted = stored if stored is not None and stored.deleted else None
    if plan is None:
        held.plan, held.set_days = _baseline(), None
        return held
    held.plan = plan
    _on_its_days(held)
    return held


def _held() -> PlanInHand:
    return hand.held() or st.session_state.setdefault(hand.KEY, PlanInHand(_baseline()))


def _baseline() -> Plan:
    plan = scenario.baseline(cache.data(), state.clocks(), state.grade())
    return dataclasses.replace(plan, name=_("Baseline: what stands on the day"))


def _read(stored: StoredPlan) -> Plan | None:
    """Return a plan of the store; None, told above the map, if what stands there is none."""
    try:
        return plan_file.from_dict(stored.body)
    except MssmapError as error:
        note(
            _("{name} cannot be read, what you see is the baseline. {reason}").format(
                name=f"“{stored.name}”", reason=error
            )
        )
        return None


def _keep_link(held: PlanInHand) -> None:
    if held.wanted:
        st.query_params["scenario"] = held.wanted
    else:
        st.query_params.pop("scenario", None)
    held.link = held.wanted


def take_up(plan_id: str) -> None:
    """Make another plan the one in hand; empty for the baseline."""
    held = _held()
    held.wanted = plan_id
    _keep_link(held)


# ---------------------------------------------------------------------------------------------- days of a plan


def _on_its_days(held: PlanInHand) -> None:
    """
    Bring dials and plan together: a dial that was moved on this page moves the plan, else the plan sets the dials.

    What another page left on the dials moves no plan: `left` says that one was shown meanwhile.
    """
    dials, before = (state.clocks(), state.grade()), held.set_days
    if before is not None and before[0] == held.wanted and dials != before[1] and held.days == before[1]:
        _move(held, *dials)
    elif dials != held.days and before is None:
        _say_whose_days(held.plan, dials[0])
    if dials == held.days:
        held.turned = None
    else:
        clocks, st.session_state["grade"] = held.days
        st.session_state["as_of"], st.session_state["known_on"] = clocks.as_of, clocks.known_on
    held.set_days = (held.wanted, held.days)


def agree(held: PlanInHand) -> None:
    """
    Run once more if the dials, now that they are on the page, do not stand on the days of the plan.

    When a page is opened Streamlit gives a dial the value of the address, whatever was set before.
    """
    if held.stored is None or (state.clocks(), state.grade()) == held.days or held.turned == held.days:
        return
    held.turned = held.days
    left()
    st.rerun()


def left() -> None:
    """Say that another page is shown: the dials are its own there."""
    if (held := hand.held()) is not None:
        held.set_days = None


def _move(held: PlanInHand, clocks: Clocks, grade: str) -> None:
    days = {"as_of": clocks.as_of, "known_on": clocks.known_on, "grade": grade}
    if do({"kind": "days", **days}, plan_id=held.wanted):
        held.stored = plans.find(cache.plans(), held.wanted)
        held.plan = plan_file.from_dict(held.stored.body)


def _say_whose_days(plan: Plan, asked: Clocks) -> None:
    if asked != Clocks(state.default_as_of(), state.today()):
        note(
            _(
                "{name} is judged on its own days: {as_of}, as known on {known_on}. Move the dials here to judge it on "
                "others."
            ).format(name=f"“{plan.name}”", as_of=text.day(plan.clocks.as_of), known_on=text.day(plan.clocks.known_on))
        )


# ---------------------------------------------------------------------------------------------- changes by the server


def do(*done: dict[str, Any], plan_id: str | None = None) -> bool:
    """
    Do acts that do not come from the browser's queue to the plan in hand; the baseline becomes a plan first.

    Returns
    -------
    done
        Whether they are stored; if not, the page says why.
    """
    held, store = _held(), cache.plans()
    own = held.wanted if plan_id is None else plan_id
    try:
        if not own or plans.stored(store, own) is None:
            own = acts.new_id()
            acts.do(store, cache.data(), [{"plan": own, "kind": "create", "name": next_name(), **_days()}])
        held.made = acts.do(store, cache.data(), [{"plan": own, **act} for act in done])
    except MssmapError as error:
        note(_("Not stored: {reason}").format(reason=error))
        return False
    if own != held.wanted:
        take_up(own)
    return True


def _days() -> dict[str, Any]:
    clocks = state.clocks()
    return {"as_of": clocks.as_of.isoformat(), "known_on": clocks.known_on.isoformat(), "grade": state.grade()}


def note(words: str) -> None:
    """Say something above the map of the planner until the next act; nothing if it is empty."""
    _held().note = words


def next_name() -> str:
    """Return a name for a new plan that no other has."""
    names = {plan.name for plan in plans.listed(cache.plans())}
    return next(name for n in range(1, len(names) + 2) if (name := _("Plan {n}").format(n=n)) not in names)


# ---------------------------------------------------------------------------------------------- what the page shows


def bases(plan: Plan) -> Any:
    """Return the bases that can be switched, as `scenario.bases` lists them."""
    return scenario.bases(cache.data(), plan, on_data.network_of(cache.data(), plan))


def plan_bar(held: PlanInHand) -> None:
    """Choose, name, copy, undo, redo and delete plans; the first component of the page, for the others ask it."""
    store = cache.plans()
    listed = choices.told_apart({plan.plan_id: (plan.name, changed(plan)) for plan in plans.listed(store)})
    gone = choices.told_apart({plan.plan_id: (plan.name, changed(plan)) for plan in plans.deleted(store)})
    component(
        "hand",
        key="hand",
        data={
            **held.shown,
            **served(),
            "asked": held.asked,
            "gone": held.deleted.plan_id if held.deleted else None,
            "plan": acts.state_of(store, held.wanted) if held.stored else None,
            "days": _days(),
            "next": next_name(),
            "plans": [[BASELINE, _("Baseline: what stands on the day")], *listed.items()],
            "deleted": list(gone.items()),
            "words": _hand_words(),
        },
        on_chosen_change=partial(_asked_for, "chosen"),
        on_again_change=partial(_asked_for, "again"),
    )
    told.store_faults("plan")


def _asked_for(trigger: str) -> None:
    """
    Take up the plan that the browser asks for.

    A person chose it ("chosen"), or the store holds a later version than the page shows ("again").
    Both may come with one run, and either may come late: what was asked for last counts.
    """
    asked = st.session_state["hand"].get(trigger)
    if not isinstance(asked, dict) or not isinstance(asked.get("plan"), str):
        return
    held, at = _held(), asked.get("at")
    if isinstance(at, int) and at >= held.asked:
        held.asked = at
        note("")
        take_up("" if asked["plan"] == BASELINE else asked["plan"][:80])


def changed(plan: StoredPlan) -> str:
    """When a plan was changed last, in words: what tells two plans of one name apart; nothing without a time."""
    if not plan.changed_at:
        return ""
    return _("changed {day}, {time} UTC").format(day=text.day(plan.changed_at[:10]), time=plan.changed_at[11:19])


def saved(held: PlanInHand, *notes: str) -> None:
    """The line above the map: whether what is on the screen is stored, and what was not taken and why."""
    said = [words for words in (*notes, held.note) if words]
    component(
        "saved",
        key="saved",
        data={
            "notes": said,
            "deleted": _deleted(held.deleted) if held.deleted else None,
            "missing": None if held.stored or held.deleted or not held.wanted else _missing(held.wanted),
            "barred": permits.reason("plan"),
            "words": _saved_words(),
        },
    )


def _missing(plan_id: str) -> dict[str, str]:
    words = _("There is no plan {plan_id} in this store. What you see is the baseline.").format(plan_id=plan_id)
    return {"plan": plan_id, "text": words}


def _deleted(plan: StoredPlan) -> dict[str, str]:
    words = (
        _("{name} was deleted at {time} UTC. What you see is the baseline.")
        if plan.changed_by == roles.LOCAL
        else _("{who} deleted {name} at {time} UTC. What you see is the baseline.")
    )
    said = words.format(who=plan.changed_by, name=f"“{plan.name}”", time=plan.changed_at[11:19])
    return {"plan": plan.plan_id, "text": said}


def files(held: PlanInHand) -> None:
    """Export the plan in hand to a file, import one."""
    barred = permits.lacking("plan")
    st.download_button(
        _("Export as a file"),
        lambda: plan_file.to_json(held.plan),
        file_name=f"{held.plan.id}.mssmap.json",
        mime="application/json",
        on_click="ignore",
        width="stretch",
    )
    upload = st.file_uploader(_("Import a file"), type="json", key="plan_file", max_upload_size=2, disabled=barred)
    if upload is not None and upload.file_id != held.file_read:
        held.file_read = upload.file_id
        if _import(upload.getvalue(), upload.name):
            st.rerun()


def _import(content: bytes, name: str) -> bool:
    """Make a plan of a file; False, with the reason on the page, if it cannot be."""
    try:
        plan, notes = plan_file.from_file(content, name)
        stored = acts.new_plan(cache.plans(), plan)
    except InputError as error:
        plain.say("error", str(error))
        return False
    take_up(stored.plan_id)
    if notes:
        note(" ".join(notes))
    return True


def served() -> dict[str, str]:
    """Whose acts the browser keeps, and in which language they are answered."""
    return {"person": acts.mark(permits.person()), "lang": current()}


def _hand_words() -> dict[str, str]:
    return {
        "plan": _("Plan"),
        "name": _("Name"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "copy": _("Copy"),
        "copy_of": _("Copy of {name}"),
        "delete": _("Delete this plan"),
        "sure": _("Delete {name}? It can be brought back."),
        "yes": _("Delete"),
        "no": _("Keep it"),
        "deleted": _("Deleted plans"),
        "back": _("Bring it back"),
    }


def _saved_words() -> dict[str, str]:
    """All that may be said of acts; `{n}` and the like are filled in by the browser, as text."""
    return {
        "baseline": _("The baseline changes nothing. Your first change makes a plan of your own."),
        "saved": _("Saved: version {version}, {time} UTC."),
        "waiting": _("Not yet stored: {n}"),
        "trying": _("The server does not answer; this browser keeps your changes and sends them again."),
        "ended": _("Your sign-in or your role has ended; this browser keeps your changes for you."),
        "unkept": _("This browser keeps nothing: stay on this page until it says that your changes are saved."),
        "others": _(
            "Changes of somebody else wait in this browser: {n}. They are sent when that person signs in here."
        ),
        "elsewhere": _("Changes of yours to other plans are not yet stored: {n}"),
        "gone": _("This plan was deleted while you changed it. Your changes wait: {n}."),
        "back": _("Bring it back"),
        "revive": _("Bring the plan back with them"),
        "discard": _("Discard"),
        "there": _("Place it there instead"),
        "close": _("Close"),
    }
