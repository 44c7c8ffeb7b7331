"""What a planner sets: the standard, travel and zones, where proposals stand; each change is an act of the browser."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import streamlit as st

from mssmap import settings
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.planning.scenario import Plan
from mssmap.records.catalog import Data
from mssmap.streets import shelf
from mssmap.ui import cache, choices, permits
from mssmap.ui.components import component
from mssmap.ui.planner import travel
from mssmap.ui.planner.hand import PlanInHand

STANDARDS: Final = (30, 60, 90, 120)


def assumptions(held: PlanInHand) -> None:
    """Service standard, way of travel, roads and zones."""
    plan = held.plan
    data = {
        **held.shown,
        "values": {"standard": float(plan.standard.value), "unit": plan.standard.unit},
        "quick": list(STANDARDS),
        "words": {
            "standard": _("Service standard"),
            "unit": _("Unit"),
            "range": _("Service standard: required a number above 0, at most 600."),
        },
    }
    component("standard", key="standard", data=data)
    drawer = st.expander(_("Travel, roads and zones"), key="travel_drawer", on_change="rerun")
    if drawer.open:
        with drawer:
            _travel(held)
            travel.upload(held)


def _travel(held: PlanInHand) -> None:
    plan = held.plan
    sets = _street_sets(plan.roads.streets)
    model = _("OpenStreetMap extract") if settings.load().roads else _("Coarse road model")
    ways = {
        "road": _("By road") if sets else model,
        "straight": _("Straight line (fallback)"),
        "matrix": _("Own matrix (CSV or Parquet)"),
    }
    zones = {"slower": _("slow it down"), "closed": _("close it"), "ignored": _("do not count")}
    data = {
        **held.shown,
        "values": {
            "travel": plan.travel,
            "streets": plan.roads.streets,
            "zones": plan.roads.zones,
            "use_status": plan.roads.use_status,
        },
        "choices": {
            "travel": list(ways.items()),
            "streets": [["", model], *sets],
            "zones": list(zones.items()),
        },
        "words": {
            "travel": _("Travel"),
            "streets": _("Roads"),
            "zones": _("Gang-affected zones on a road"),
            "use_status": _("Count the status of roads"),
        },
    }
    component("travel", key="travel", data=data)


def _street_sets(chosen: str) -> list[list[str]]:
    """Return the street sets with roads, and one that a plan chose and that is not here."""
    sets = [one for one in shelf.listed() if one.driven]
    named = [[one.set_id, f"{one.name} ({', '.join(filter(None, ('OpenStreetMap', one.newest)))})"] for one in sets]
    lacking = chosen and chosen not in {one.set_id for one in sets}
    return [*named, *([[chosen, _("{name}: not here").format(name=chosen)]] if lacking else [])]


def placing(held: PlanInHand) -> None:
    """Place a proposal by a click on the map, by name or by coordinates."""
    st.toggle(_("Click the map to place a base"), key="placing", disabled=permits.reason("plan") is not None)
    drawer = st.expander(_("Place by name or coordinates"), key="place_drawer", on_change="rerun")
    if drawer.open:
        with drawer:
            _by_name()
            words = {"lat": _("Latitude"), "lon": _("Longitude"), "place": _("Place a base here")}
            component("coordinates", key="coordinates", data={**held.shown, "words": words})


def _by_name() -> None:
    known = _places(cache.data(), current())
    name = st.selectbox(
        _("Name of a place"), list(known), index=None, key="place_name", placeholder=_("Type a town or neighbourhood")
    )
    lon, lat = known.get(name or "", (0.0, 0.0))
    act = {"kind": "place", "lon": lon, "lat": lat, "name": name} if name else None
    act_button("place_named", _("Place a base there"), act)


def act_button(key: str, label: str, act: dict[str, Any] | None) -> None:
    """A button that does an act to the plan in hand; without one it is disabled."""
    component("act", key=key, data={"label": label, "act": act, "barred": permits.reason("plan")})


@lru_cache(maxsize=4)
def _places(data: Data, language: str) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of towns and neighbourhoods, by name and commune; the largest first."""
    communes = data["communes"].set_index("pcode")[f"name_{language}"]
    rows = data["places"].sort_values(["rank", "name_fr"], kind="stable")
    named: dict[str, tuple[str, str]] = {}
    points: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows.itertuples(index=False)):
        name = getattr(row, f"name_{language}") or row.name_fr
        commune = communes.get(row.commune_pcode, "")
        label = name if name == commune or not commune else f"{name} ({commune})"
        named[str(number)] = (label, f"{row.geometry.y:.3f}, {row.geometry.x:.3f}")
        points[str(number)] = (row.geometry.x, row.geometry.y)
    return {title: points[key] for key, title in choices.told_apart(named).items()}


def proposals(held: PlanInHand) -> None:
    """Name, rule, capacity and note of each proposal; own ones can be taken away."""
    plan = held.plan
    if not plan.proposals:
        return
    with st.expander(_("Edit proposals")):
        component(
            "proposals",
            key="proposals",
            data={
                **held.shown,
                "titles": _titles(plan),
                "rows": [
                    {
                        "id": one.id,
                        "own": one.kind == "own",
                        "name": one.name,
                        "rule": one.rule,
                        "capacity": one.capacity,
                        "note": one.note,
                    }
                    for one in plan.proposals
                ],
                "rules": [
                    ["candidate", _("may be chosen")],
                    ["required", _("must be chosen")],
                    ["excluded", _("must not be chosen")],
                ],
                "words": _words(),
            },
        )


def _titles(plan: Plan) -> dict[str, str]:
    return choices.told_apart({one.id: (one.name, f"{one.lat:.3f}, {one.lon:.3f}") for one in plan.proposals})


def _words() -> dict[str, str]:
    return {
        "proposal": _("Proposal"),
        "name": _("Name"),
        "rule": _("In the search of best sites"),
        "capacity": _("Capacity (personnel)"),
        "note": _("Note"),
        "save": _("Save"),
        "remove": _("Take this proposal away"),
    }
