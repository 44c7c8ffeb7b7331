"""
The planner's page: one plan in hand, every change of it stored before the page says so.

The plan in hand is in the session; its truth is in the store. A change is written with the version it was made on; if
somebody else was quicker, both versions are shown and the person chooses.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, Final

import pandas as pd
import streamlit as st

from mssmap import planning, scenario, text
from mssmap.access import Standard
from mssmap.covering import Coverage
from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.maps import plan as plan_map
from mssmap.maps import view
from mssmap.placement import check
from mssmap.scenario import Proposal, Scenario
from mssmap.store import ConflictError, Plan
from mssmap.ui import cache, components, state

STANDARDS: Final = (30, 60, 90, 120)
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
    left.button(_("Undo"), key="undo", disabled=saved is None or saved.version < 2, on_click=_undo, width="stretch")
    middle.button(_("Redo"), key="redo", disabled=saved is None, on_click=_redo, width="stretch")
    right.button(_("Copy"), key="copy", on_click=_copy, width="stretch")
    if saved is not None:
        st.session_state["plan_name"] = plan.name
        st.text_input(_("Name"), key="plan_name", max_chars=200, on_change=_rename)
    with st.expander(_("File and delete")):
        st.download_button(
            _("Export as a file"),
            scenario.to_json(plan),
            file_name=f"{plan.id}.mssmap.json",
            mime="application/json",
            on_click="ignore",
            width="stretch",
        )
        upload = st.file_uploader(_("Import a file"), type="json", key="plan_file", max_upload_size=2)
        if upload is not None and upload.file_id != st.session_state.get("plan_file_read"):
            st.session_state["plan_file_read"] = upload.file_id
            _import(upload.getvalue())
        if saved is not None:
            st.button(_("Delete this plan"), key="delete", on_click=_delete, width="stretch")


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


def _import(content: bytes) -> None:
    try:
        plan, notes = scenario.from_json(content)
    except InputError as error:
        st.error(str(error))
        return
    st.session_state["plan_saved"] = None
    change(plan.copy(f"plan-{uuid.uuid4().hex[:12]}", plan.name))
    st.session_state["plan_note"] = " ".join(notes) or None
    st.rerun()


def status_line() -> None:
    """Whether what is on screen is stored; a conflict shows both versions and asks."""
    error: ConflictError | None = st.session_state.get("plan_conflict")
    note = st.session_state.get("plan_note")
    saved: Plan | None = st.session_state.get("plan_saved")
    if error is not None:
        _ask(error)
    elif note:
        st.warning(note)
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


# ---------------------------------------------------------------------------------------------- assumptions


def assumptions(plan: Scenario) -> None:
    """Service standard, way of travel, roads and zones; each change is a change of the plan."""
    unit = plan.standard.unit
    st.session_state["standard"] = float(plan.standard.value)
    st.session_state["unit"] = unit
    left, right = st.columns([0.6, 0.4], gap="xsmall")
    left.number_input(
        _("Service standard"), min_value=0.0, max_value=600.0, step=5.0, key="standard", on_change=_new_standard
    )
    right.selectbox(_("Unit"), ["min", "km"], key="unit", on_change=_new_standard)
    if unit == "min":
        for column, minutes in zip(st.columns(4, gap="xxsmall"), STANDARDS, strict=True):
            column.button(str(minutes), key=f"standard {minutes}", on_click=_quick, args=(minutes,), width="stretch")
    with st.expander(_("Travel, roads and zones")):
        ways = {"road": _("Coarse road model"), "straight": _("Straight line (fallback)")}
        _choice(_("Travel"), "travel", plan.travel, ways)
        zones = {"slower": _("slow it down"), "closed": _("close it"), "ignored": _("do not count")}
        _choice(_("Gang-affected zones on a road"), "zones", plan.roads.zones, zones)
        st.session_state["use_status"] = plan.roads.use_status
        st.checkbox(_("Count the status of roads"), key="use_status", on_change=_new_roads)


def _choice(label: str, key: str, value: str, titles: dict[str, str]) -> None:
    st.session_state[key] = value
    st.selectbox(label, list(titles), key=key, format_func=titles.__getitem__, on_change=_new_roads)


def _quick(minutes: int) -> None:
    change(dataclasses.replace(st.session_state["plan"], standard=Standard(minutes)))


def _new_standard() -> None:
    try:
        standard = Standard(st.session_state["standard"], st.session_state["unit"])
    except InputError as error:
        st.session_state["plan_note"] = str(error)
        return
    change(dataclasses.replace(st.session_state["plan"], standard=standard))


def _new_roads() -> None:
    plan: Scenario = st.session_state["plan"]
    roads = dataclasses.replace(plan.roads, zones=st.session_state["zones"], use_status=st.session_state["use_status"])
    change(dataclasses.replace(plan, travel=st.session_state["travel"], roads=roads))


# ---------------------------------------------------------------------------------------------- figures and bases


def figure_titles() -> dict[str, str]:
    """Names of the figures in the row above the map."""
    return {
        "people_covered": _("People covered"),
        "backup_covered_pct": _("By two bases or more"),
        "expected_covered": _("Expected if bases fail"),
        "worst_single_loss": _("Lost with the worst base"),
        "mean_time": _("Mean time to a base"),
        "department_min_pct": _("Least covered department"),
        "prisons_covered": _("Prisons covered"),
        "hospitals_covered": _("Hospitals covered"),
    }


def key_figures(coverage: Coverage) -> None:
    """The row of figures, each with its band over population and speed cases."""
    items = []
    for name, title in figure_titles().items():
        figure = coverage.figure(name)
        if pd.isna(figure["value"]):
            items.append({"label": title, "value": "–", "of": "", "sub": _("nobody can be reached"), "help": ""})
            continue
        items.append(_card(title, figure, coverage))
    components.component("figures", key="plan_figures", data={"items": items})


def _card(title: str, figure: dict[str, Any], coverage: Coverage) -> dict[str, str]:
    of = ""
    if figure["name"] == "people_covered":
        of = f"{coverage.figure('people_covered_pct')['value']:.0f} %"
    elif pd.notna(figure["of"]):
        of = _("of {n}").format(n=text.number(figure["of"]))
    return {
        "label": title,
        "value": _amount(figure["value"], figure["unit"]),
        "of": of,
        "sub": f"{_amount(figure['low'], figure['unit'])} – {_amount(figure['high'], figure['unit'])}",
        "help": coverage.method,
    }


def _amount(value: float, unit: str) -> str:
    if unit == "%":
        return f"{text.number(round(value, 1))} %"
    rounded = text.number(round(value))
    return f"{rounded} {unit}" if unit in {"min", "km"} else rounded


def base_table(plan: Scenario, coverage: Coverage) -> None:
    """Switches of all bases and proposals, with what each of them adds."""
    bases = _bases(plan).set_index("base_id")
    kinds = plan_map.kinds()
    rows = [
        {
            "id": row.base_id,
            "name": row.name,
            "kind": kinds[bases.loc[row.base_id, "kind"]],
            "symbol": plan_map.symbol(bases.loc[row.base_id, "kind"], bool(row.active)),
            "on": bool(row.active),
            "cells": [
                text.number(round(row.unique_people if row.active else row.marginal_people)),
                text.number(round(row.fair_share_people)) if row.active else "",
            ],
        }
        for row in coverage.by_base.itertuples(index=False)
    ]
    columns = [_("Base"), _("Only by it / would add"), _("Fair share")]
    data = {"rows": rows, "columns": columns, "caption": _("Bases and proposals")}
    components.component("bases", key="bases", data=data, on_toggled_change=_toggled)


def _bases(plan: Scenario) -> Any:
    return scenario.bases(cache.data(), plan, planning.ground(cache.data(), plan).network)


def _toggled() -> None:
    base_id = st.session_state["bases"].get("toggled")
    if isinstance(base_id, str):
        change(st.session_state["plan"].toggle(base_id))


def evaluate(plan: Scenario) -> Coverage:
    """All figures of the plan in hand."""
    return planning.evaluate(cache.data(), plan, language=current())


def map_options(plan: Scenario, coverage: Coverage, on: tuple[str, ...]) -> view.Options:
    """The plan as the map draws it."""
    return view.Options(
        on=(*on, plan_map.LAYER),
        selected=None,
        focus=st.session_state.get("focus"),
        extra=tuple(plan_map.points(coverage.by_base, _bases(plan))),
        cells=plan_map.cells(coverage),
        placing=bool(st.session_state.get("placing")),
        more_legend=tuple(plan_map.legend()),
    )


def shown(plan: Scenario) -> view.Shown:
    """Records of the day of the plan, without the bases: those are drawn as the plan has them."""
    found = cache.shown(cache.Filters(plan.clocks, plan.grade))
    return dataclasses.replace(found, fobs=found.fobs.iloc[:0], events=found.events.iloc[:0])


# ---------------------------------------------------------------------------------------------- placing


def placing() -> None:
    """Place a proposal by a click on the map, or by coordinates; a place that cannot be is refused with a reason."""
    st.toggle(_("Click the map to place a base"), key="placing")
    with st.expander(_("Place by coordinates")), st.form("coordinates", border=False):
        left, right = st.columns(2)
        lat = left.number_input(_("Latitude"), 17.5, 20.6, 18.55, step=0.01, format="%.4f", key="lat_field")
        lon = right.number_input(_("Longitude"), -75.0, -71.0, -72.3, step=0.01, format="%.4f", key="lon_field")
        if st.form_submit_button(_("Place a base here"), width="stretch"):
            place(lat, lon)
            st.rerun()
    refused = st.session_state.get("refused")
    if refused:
        st.warning(refused["text"])
        st.button(_("Place it there instead"), key="suggested", on_click=_accept, width="stretch")


def map_placed() -> None:
    """Take over a click on the map in placing mode."""
    clicked = st.session_state["bridge"].get("placed")
    if isinstance(clicked, list | tuple) and len(clicked) == 2:
        place(float(clicked[0]), float(clicked[1]))


def place(lat: float, lon: float) -> None:
    """Add a proposal at a point if it may stand there; else keep the suggestion and its reason."""
    plan: Scenario = st.session_state["plan"]
    network = planning.ground(cache.data(), plan).network
    try:
        found = check(cache.data(), network, lon, lat, zones_closed=plan.roads.zones == "closed")
    except InputError as error:
        st.session_state["refused"] = None
        st.session_state["plan_note"] = str(error)
        return
    if not found.accepted:
        st.session_state["refused"] = {"text": found.text, "lat": found.lat, "lon": found.lon}
        return
    st.session_state["refused"] = None
    number = 1 + sum(proposal.kind == "own" for proposal in plan.proposals)
    name = _("Proposal {n}").format(n=number)
    if found.commune_pcode:
        name = f"{name}, {state.region_title(found.commune_pcode).split(' (')[0]}"
    change(plan.place(Proposal(f"own-{uuid.uuid4().hex[:8]}", name, round(found.lon, 5), round(found.lat, 5))))


def _accept() -> None:
    refused = st.session_state["refused"]
    place(refused["lat"], refused["lon"])


def own_proposals(plan: Scenario) -> None:
    """Name, rule, capacity and note of each proposal; own ones can be taken away."""
    if not plan.proposals:
        return
    with st.expander(_("Edit proposals")):
        names = {proposal.id: proposal.name for proposal in plan.proposals}
        chosen = st.selectbox(_("Proposal"), list(names), format_func=names.__getitem__, key="proposal")
        proposal = next((p for p in plan.proposals if p.id == chosen), plan.proposals[0])
        rules = {"candidate": _("may be chosen"), "required": _("must be chosen"), "excluded": _("must not be chosen")}
        with st.form(f"proposal {proposal.id}", border=False):
            name = st.text_input(_("Name"), proposal.name, max_chars=120)
            rule = st.selectbox(
                _("In the search of best sites"),
                list(rules),
                index=list(rules).index(proposal.rule),
                format_func=rules.__getitem__,
            )
            capacity = st.number_input(_("Capacity (personnel)"), 0, 5000, proposal.capacity, step=10)
            note = st.text_area(_("Note"), proposal.note, max_chars=2000)
            if st.form_submit_button(_("Save"), width="stretch"):
                edited = dataclasses.replace(proposal, name=name, rule=rule, capacity=capacity, note=note)
                change(plan.place(edited, active=proposal.id in plan.active))
                st.rerun()
        if proposal.kind == "own":
            st.button(
                _("Take this proposal away"), key="remove", on_click=_remove, args=(proposal.id,), width="stretch"
            )


def _remove(proposal_id: str) -> None:
    change(st.session_state["plan"].remove(proposal_id))
