"""
The planner's page: one plan in hand, every change of it stored before the page says so.

The plan in hand is in the session; its truth is in the store. A change is written with the version it was made on; if
somebody else was quicker, both versions are shown and the person chooses.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, Final

import streamlit as st

from mssmap import planning, scenario, text
from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.scenario import Scenario
from mssmap.store import ConflictError, Plan
from mssmap.ui import cache, permits, state

BASELINE: Final = "baseline"


# ---------------------------------------------------------------------------------------------- the plan in hand


def in_hand() -> Scenario:
    """Return the plan of this visit: as in the address, else the baseline of the day."""
    wanted = st.query_params.get("scenario")
    held: Scenario | None = st.session_state.get("plan")
    if held is None or (wanted and wanted not in {held.id, st.session_state.get("plan_link")}):
        st.session_state["plan_link"] = wanted
        _load(wanted)
    plan: Scenario = st.session_state["plan"]
    if plan.id == BASELINE and (plan.clocks, plan.grade) != (state.clocks(), state.grade()):
        plan = scenario.baseline(cache.data(), state.clocks(), state.grade())
        st.session_state["plan"] = plan
    return plan


def _load(plan_id: str | None) -> None:
    st.session_state["plan"] = scenario.baseline(cache.data(), state.clocks(), state.grade())
    st.session_state["plan_saved"] = None
    st.session_state["plan_unsaved"] = False
    if not plan_id or plan_id == BASELINE:
        return
    try:
        _take(cache.plans().plan(plan_id))
    except NotFoundError as error:
        st.session_state["plan_note"] = str(error)


def _take(stored: Plan) -> None:
    """Hold a stored plan, and turn the dials to its day."""
    plan = scenario.from_dict(stored.body)
    st.session_state["plan"] = plan
    st.session_state["plan_saved"] = stored
    st.session_state["plan_unsaved"] = False
    st.session_state["plan_conflict"] = None
    st.session_state["as_of"], st.session_state["known_on"] = plan.clocks.as_of, plan.clocks.known_on


def change(plan: Scenario) -> None:
    """Write a changed plan; what is on screen is what was asked for, and the status line says whether it is stored."""
    saved: Plan | None = st.session_state.get("plan_saved")
    if plan.id == BASELINE:
        number = len(cache.plans().plans()) + 1
        plan = plan.copy(f"plan-{uuid.uuid4().hex[:12]}", _("Plan {n}").format(n=number))
        saved = None
    st.session_state["plan"] = plan
    _written(lambda: cache.plans().save(scenario.to_dict(plan), version=saved.version if saved else 0))


def _written(write: Any) -> None:
    st.session_state["plan_unsaved"] = True
    try:
        stored: Plan = write()
    except ConflictError as error:
        st.session_state["plan_conflict"] = error
        return
    except MssmapError as error:
        st.session_state["plan_note"] = _("Not saved: {reason} Your plan is still on screen.").format(reason=error)
        return
    _take(stored)
    st.session_state["plan_note"] = None
    st.query_params["scenario"] = stored.plan_id


def reload() -> None:
    """Show the plan in hand as it is in the store now; what could not be stored is stored first, or asked about."""
    saved: Plan | None = st.session_state.get("plan_saved")
    if st.session_state.get("plan_unsaved"):
        change(st.session_state["plan"])
    elif saved is not None:
        _load(saved.plan_id)


def take_up(kept: dict[str, Any]) -> None:
    """
    Write what a browser kept because it did not reach the store.

    A plan becomes a plan of its own, for the one it came from may have moved on; bases that were switched on are
    switched on in the plan in hand.
    """
    if isinstance(kept.get("text"), str):
        _import(kept["text"].encode())
    elif isinstance(kept.get("on"), list):
        switch(chosen(st.session_state["plan"], {str(base) for base in kept["on"]}))


def bases(plan: Scenario) -> Any:
    """Return the bases that can be switched, as `scenario.bases` lists them."""
    return scenario.bases(cache.data(), plan, planning.network_of(cache.data(), plan))


def chosen(plan: Scenario, on: set[str]) -> frozenset[str]:
    """Return what is active in a plan if these of its bases are on, and the others off."""
    listed = set(bases(plan)["base_id"])
    return frozenset((plan.active - listed) | (listed & on))


def switch(active: frozenset[str]) -> None:
    """Make these the active bases of the plan in hand."""
    plan: Scenario = st.session_state["plan"]
    if active != plan.active:
        change(dataclasses.replace(plan, active=active))


# ---------------------------------------------------------------------------------------------- choosing a plan


def picker(plan: Scenario) -> None:
    """Choose, name, copy, undo, redo, delete, export and import plans."""
    stored = {p.plan_id: p for p in cache.plans().plans()}
    names = {BASELINE: _("Baseline: what stands on the day"), **{p.plan_id: p.name for p in stored.values()}}
    if plan.id not in names:
        names[plan.id] = plan.name
    st.session_state["plan_choice"] = plan.id
    st.selectbox(_("Plan"), list(names), key="plan_choice", format_func=names.__getitem__, on_change=_chosen)
    saved: Plan | None = st.session_state.get("plan_saved")
    left, middle, right = st.columns(3, gap="xxsmall")
    barred = permits.lacking("plan")
    nothing = barred or saved is None
    left.button(
        _("Undo"), key="undo", disabled=barred or saved is None or saved.version < 2, on_click=_undo, width="stretch"
    )
    middle.button(_("Redo"), key="redo", disabled=nothing, on_click=_redo, width="stretch")
    right.button(_("Copy"), key="copy", disabled=barred, on_click=_copy, width="stretch")
    if saved is not None:
        st.session_state["plan_name"] = plan.name
        st.text_input(_("Name"), key="plan_name", max_chars=200, disabled=barred, on_change=_rename)
    with st.expander(_("File and delete")):
        st.download_button(
            _("Export as a file"),
            scenario.to_json(plan),
            file_name=f"{plan.id}.mssmap.json",
            mime="application/json",
            on_click="ignore",
            width="stretch",
        )
        upload = st.file_uploader(_("Import a file"), type="json", key="plan_file", max_upload_size=2, disabled=barred)
        if upload is not None and upload.file_id != st.session_state.get("plan_file_read"):
            st.session_state["plan_file_read"] = upload.file_id
            if _import(upload.getvalue()):
                st.rerun()
        if saved is not None:
            st.button(_("Delete this plan"), key="delete", disabled=barred, on_click=_delete, width="stretch")


def _chosen() -> None:
    plan_id = st.session_state["plan_choice"]
    _load(plan_id)
    st.session_state["plan_note"] = None
    if plan_id == BASELINE:
        st.query_params.pop("scenario", None)
    else:
        st.query_params["scenario"] = plan_id


def _undo() -> None:
    saved: Plan = st.session_state["plan_saved"]
    _written(lambda: cache.plans().undo(saved.plan_id, version=saved.version))


def _redo() -> None:
    saved: Plan = st.session_state["plan_saved"]
    _written(lambda: cache.plans().redo(saved.plan_id, version=saved.version))


def _copy() -> None:
    plan: Scenario = st.session_state["plan"]
    st.session_state["plan_saved"] = None
    change(plan.copy(f"plan-{uuid.uuid4().hex[:12]}", _("Copy of {name}").format(name=plan.name)))


def _rename() -> None:
    name = st.session_state["plan_name"].strip()
    if name:
        change(dataclasses.replace(st.session_state["plan"], name=name))


def _delete() -> None:
    saved: Plan = st.session_state["plan_saved"]
    try:
        cache.plans().delete(saved.plan_id, version=saved.version)
    except MssmapError as error:
        st.session_state["plan_note"] = str(error)
        return
    st.query_params.pop("scenario", None)
    _load(None)


def _import(content: bytes) -> bool:
    """Make a plan of a file; False, with the reason on the page, if it cannot be."""
    try:
        plan, notes = scenario.from_json(content)
    except InputError as error:
        st.error(str(error))
        return False
    st.session_state["plan_saved"] = None
    change(plan.copy(f"plan-{uuid.uuid4().hex[:12]}", plan.name))
    if notes:
        st.session_state["plan_note"] = " ".join(notes)
    return True


def status_line(travel_note: str = "") -> None:
    """Whether what is on screen is stored, and judged as asked; a conflict shows both versions and asks."""
    error: ConflictError | None = st.session_state.get("plan_conflict")
    note = " ".join(part for part in (st.session_state.get("plan_note"), travel_note) if part)
    saved: Plan | None = st.session_state.get("plan_saved")
    if error is not None:
        _ask(error)
    elif note:
        st.warning(text.inert(note))
    elif saved is not None:
        st.caption(
            _("Saved: version {version}, {time} UTC.").format(version=saved.version, time=saved.changed_at[11:19])
        )
    else:
        st.caption(_("The baseline changes nothing. Your first change makes a plan of your own."))


def _ask(error: ConflictError) -> None:
    theirs = scenario.from_dict(error.theirs.body)
    mine: Scenario = st.session_state["plan"]
    st.error(
        _("{who} saved version {version} of this plan while you changed it. Nothing was overwritten.").format(
            who=error.theirs.changed_by, version=error.theirs.version
        )
    )
    rows = scenario.differences(theirs, mine).rename(columns={"first": _("Theirs"), "second": _("Yours")})
    st.dataframe(rows, hide_index=True, key="conflict")
    left, right = st.columns(2)
    left.button(_("Keep theirs"), key="keep_theirs", on_click=_take, args=(error.theirs,), width="stretch")
    right.button(_("Save yours over it"), key="keep_mine", on_click=_overwrite, args=(error.theirs,), width="stretch")


def _overwrite(theirs: Plan) -> None:
    mine: Scenario = st.session_state["plan"]
    st.session_state["plan_conflict"] = None
    _written(lambda: cache.plans().save(scenario.to_dict(mine), version=theirs.version))
