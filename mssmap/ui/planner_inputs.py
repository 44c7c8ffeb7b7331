"""What a planner sets: the standard, travel, roads and zones, and where proposals stand."""

from __future__ import annotations

import dataclasses
import uuid
from functools import lru_cache
from typing import Final

import streamlit as st

from mssmap import planning, settings
from mssmap.access import Standard
from mssmap.errors import InputError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.placement import check
from mssmap.scenario import Proposal, Scenario
from mssmap.ui import cache, planner_travel, state
from mssmap.ui.planner import change

STANDARDS: Final = (30, 60, 90, 120)


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
    with st.expander(_("Travel, roads and zones"), key="travel_drawer", on_change="rerun"):
        ways = {
            "road": _("OpenStreetMap extract") if settings.load().roads else _("Coarse road model"),
            "straight": _("Straight line (fallback)"),
            "matrix": _("Own matrix (CSV or Parquet)"),
        }
        _choice(_("Travel"), "travel", plan.travel, ways)
        planner_travel.upload(plan)
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


def placing() -> None:
    """Place a proposal by a click on the map, or by coordinates; a place that cannot be is refused with a reason."""
    st.toggle(_("Click the map to place a base"), key="placing")
    drawer = st.expander(_("Place by name or coordinates"), key="place_drawer", on_change="rerun")
    if drawer.open:
        with drawer:
            _by_name()
            _by_coordinates()
    refused = st.session_state.get("refused")
    if refused:
        st.warning(refused["text"])
        st.button(_("Place it there instead"), key="suggested", on_click=_accept, width="stretch")


@lru_cache(maxsize=4)
def _places(language: str) -> dict[str, tuple[float, float]]:
    """Latitude and longitude of towns and neighbourhoods, by name and commune; the largest first."""
    data = cache.data()
    communes = data["communes"].set_index("pcode")[f"name_{language}"]
    rows = data["places"].sort_values(["rank", "name_fr"], kind="stable")
    found: dict[str, tuple[float, float]] = {}
    for row in rows.itertuples(index=False):
        name = getattr(row, f"name_{language}") or row.name_fr
        commune = communes.get(row.commune_pcode, "")
        label = name if name == commune or not commune else f"{name} ({commune})"
        found.setdefault(label, (row.geometry.y, row.geometry.x))
    return found


def _by_name() -> None:
    known = _places(current())
    name = st.selectbox(
        _("Name of a place"), list(known), index=None, key="place_name", placeholder=_("Type a town or neighbourhood")
    )
    if st.button(_("Place a base there"), key="place_named", width="stretch", disabled=name is None) and name:
        place(*known[name], name=name)
        st.rerun()


def _by_coordinates() -> None:
    with st.form("coordinates", border=False):
        left, right = st.columns(2)
        lat = left.number_input(_("Latitude"), 17.5, 20.6, 18.55, step=0.01, format="%.4f", key="lat_field")
        lon = right.number_input(_("Longitude"), -75.0, -71.0, -72.3, step=0.01, format="%.4f", key="lon_field")
        if st.form_submit_button(_("Place a base here"), width="stretch"):
            place(lat, lon)
            st.rerun()


def map_placed() -> None:
    """Take over a click on the map in placing mode."""
    clicked = st.session_state["bridge"].get("placed")
    if isinstance(clicked, list | tuple) and len(clicked) == 2:
        place(float(clicked[0]), float(clicked[1]))


def place(lat: float, lon: float, name: str = "") -> None:
    """
    Add a proposal at a point if it may stand there; else keep the suggestion and its reason.

    Parameters
    ----------
    name
        What to call it; without one it gets a number and its commune.
    """
    plan: Scenario = st.session_state["plan"]
    network = planning.network_of(cache.data(), plan)
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
    if not name:
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
