"""
Acts: what a person did to a plan. A hand sends the act and never the whole plan.

So two hands on one plan do not overwrite each other: each act changes what stands at that moment, in the order in which
the store took them. An act carries an id of its own, so that it counts once however often it arrives.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

from mssmap.errors import InputError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.planning import on_data, scenario
from mssmap.planning.access import Standard
from mssmap.planning.ground.roads import STATUSES, RoadStatus
from mssmap.planning.placement import check
from mssmap.planning.scenario import ID, MAX_PROPOSALS, Plan, Proposal
from mssmap.records import regions
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

Id = Annotated[str, Field(pattern=f"^{ID}$")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[str, Field(max_length=400)]


class RefusedPlaceError(InputError):
    """
    A base cannot stand there; there is a place near by where it could.

    Attributes
    ----------
    lon, lat
        That place, in degrees.
    """

    def __init__(self, text: str, lon: float, lat: float) -> None:
        super().__init__(text)
        self.lon = lon
        self.lat = lat


class Act(BaseModel):
    """What all acts have: an id of their own, and the plan that they are about."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    makes_a_plan: ClassVar[bool] = False

    id: Id
    plan: Id


class Switch(Act):
    """A base is switched on or off."""

    kind: Literal["switch"]
    base: Id
    on: StrictBool

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        active = plan.active | {self.base} if self.on else plan.active - {self.base}
        return dataclasses.replace(plan, active=active)


class Place(Act):
    """A base is proposed at a place; without a name it gets a number and its commune."""

    kind: Literal["place"]
    proposal: Id
    lon: float
    lat: float
    name: Annotated[str, Field(max_length=120)] = ""

    def settled(self, data: Data, plan: Plan) -> Place:
        """
        Return the act with the place that is used and a name.

        Raises
        ------
        RefusedPlaceError
            If a base cannot stand there.
        InputError
            If it is no place in degrees, or far from Haiti.
        """
        network = on_data.network_of(data, plan)
        found = check(data, network, self.lon, self.lat, zones_closed=plan.roads.zones == "closed")
        if not found.accepted:
            raise RefusedPlaceError(found.text, found.lon, found.lat)
        name = self.name.strip() or _numbered(data, plan, found.commune_pcode)
        return self.model_copy(update={"lon": round(found.lon, 5), "lat": round(found.lat, 5), "name": name})

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        return plan.place(Proposal(self.proposal, self.name, self.lon, self.lat))


def _numbered(data: Data, plan: Plan, commune_pcode: str) -> str:
    number = 1 + sum(proposal.kind == "own" for proposal in plan.proposals)
    name = _("Proposal {n}").format(n=number)
    return f"{name}, {regions.find(data, commune_pcode).name(current())}" if commune_pcode else name


class Site(BaseModel):
    """One of the best sites that a search found."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Id
    name: Annotated[str, Field(min_length=1, max_length=120)]
    lon: float
    lat: float


class Adopt(Act):
    """
    The sites that a search found are taken into the plan: those that are bases of it are switched on.

    Attributes
    ----------
    clean
        Whether the answer was found on a clean sheet, so that everything else is switched off.
    """

    kind: Literal["adopt"]
    sites: Annotated[tuple[Site, ...], Field(max_length=MAX_PROPOSALS)]
    clean: StrictBool = False

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        if self.clean:
            plan = dataclasses.replace(plan, active=frozenset())
        known = {proposal.id for proposal in plan.proposals}
        for site in self.sites:
            if site.id in known:
                plan = dataclasses.replace(plan, active=plan.active | {site.id})
            else:
                note = _("Found by the search.")
                plan = plan.place(Proposal(f"site-{site.id}", site.name, site.lon, site.lat, note=note))
        return plan


class Edit(Act):
    """A proposal is described anew; what is not said stays."""

    kind: Literal["edit"]
    proposal: Id
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    rule: Literal["candidate", "required", "excluded"] | None = None
    capacity: Annotated[int, Field(ge=0, le=5000)] | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        said = {key: value for key, value in self._said().items() if value is not None or key == "capacity"}
        found = next((one for one in plan.proposals if one.id == self.proposal), None)
        if found is None:
            raise InputError(
                _("proposal {proposal!r}: it is not in the plan any more. Place it again to keep it.").format(
                    proposal=self.proposal
                )
            )
        return plan.place(dataclasses.replace(found, **said), active=self.proposal in plan.active)

    def _said(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self.model_fields_set & {"name", "rule", "capacity", "note"}}


class Remove(Act):
    """A proposal of one's own is taken away."""

    kind: Literal["remove"]
    proposal: Id

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        return plan.remove(self.proposal)


class Rename(Act):
    """The plan gets a name."""

    kind: Literal["rename"]
    name: Name

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        return dataclasses.replace(plan, name=self.name.strip())


class Assume(Act):
    """The plan is judged otherwise: its standard, its way of travel, its roads; what is not said stays."""

    kind: Literal["assume"]
    standard: float | None = None
    unit: Literal["min", "km"] | None = None
    travel: Literal["road", "straight", "matrix"] | None = None
    zones: Literal["slower", "closed", "ignored"] | None = None
    use_status: StrictBool | None = None
    streets: Annotated[str, Field(pattern=r"^([0-9a-f]{12})?$")] | None = None
    matrix: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        said = self.model_dump(exclude_none=True)
        standard = Standard(said.get("standard", plan.standard.value), said.get("unit", plan.standard.unit))
        roads = {key: said[key] for key in ("zones", "use_status", "streets") if key in said}
        rest = {key: said[key] for key in ("travel", "matrix") if key in said}
        return dataclasses.replace(plan, standard=standard, roads=dataclasses.replace(plan.roads, **roads), **rest)


class Road(Act):
    """What is reported about a road; what is not said stays. One that is not known and says nothing is forgotten."""

    kind: Literal["road"]
    road: Annotated[str, Field(min_length=1, max_length=120)]
    status: Literal["open", "restricted", "closed", "unknown"] | None = None
    source: Words | None = None
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\d)?$")] | None = None
    note: Words | None = None

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        said = self.model_dump(exclude_none=True, include={"status", "source", "date", "note"})
        known = {row.road_id: row for row in plan.roads.status}
        known[self.road] = dataclasses.replace(known.get(self.road, RoadStatus(self.road, STATUSES[-1])), **said)
        nothing = RoadStatus("", STATUSES[-1])
        kept = tuple(row for row in known.values() if dataclasses.replace(row, road_id="") != nothing)
        return dataclasses.replace(plan, roads=dataclasses.replace(plan.roads, status=kept))


class Days(Act):
    """The plan is judged on another day, with other knowledge or other evidence; the bases that are on stay."""

    kind: Literal["days"]
    as_of: date
    known_on: date
    grade: Annotated[str, Field(pattern=r"^[A-F][1-6]$")]

    def apply(self, plan: Plan) -> Plan:
        """Return the plan after it."""
        return dataclasses.replace(plan, clocks=Clocks(self.as_of, self.known_on), grade=self.grade)


class Create(Act):
    """A plan is made of what stands on a day."""

    kind: Literal["create"]
    makes_a_plan: ClassVar[bool] = True
    name: Name
    as_of: date
    known_on: date
    grade: Annotated[str, Field(pattern=r"^[A-F][1-6]$")]

    def made(self, data: Data, _stored: Callable[[str], Plan]) -> Plan:
        """Return the new plan."""
        base = scenario.baseline(data, Clocks(self.as_of, self.known_on), self.grade)
        return base.copy(self.plan, self.name.strip())


class Copy(Act):
    """A plan is made of another one."""

    kind: Literal["copy"]
    makes_a_plan: ClassVar[bool] = True
    name: Name
    of: Id

    def made(self, _data: Data, stored: Callable[[str], Plan]) -> Plan:
        """Return the new plan."""
        return stored(self.of).copy(self.plan, self.name.strip())


class Step(Act):
    """The last change is taken back or made again, the plan is deleted or brought back."""

    kind: Literal["undo", "redo", "delete", "bring_back"]


Change = Switch | Place | Adopt | Edit | Remove | Rename | Assume | Road | Days
AnyAct = Change | Create | Copy | Step

_ADAPTER: Final[TypeAdapter[AnyAct]] = TypeAdapter(Annotated[AnyAct, Field(discriminator="kind")])


def read(value: Any) -> AnyAct:
    """
    Read an act from plain values.

    Raises
    ------
    InputError
        One line with all that is wrong.
    """
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        faults = "; ".join(sorted({_fault(dict(fault)) for fault in error.errors(include_url=False)}))
        raise InputError(
            _("A change of the plan cannot be understood: {faults}. Load the page again.").format(faults=faults[:400])
        ) from error


def _fault(fault: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in fault["loc"][1:]) or "kind"
    return f"{where}: {str(fault.get('input'))[:40]!r}"
