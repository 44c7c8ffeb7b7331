"""
A plan as a value: which bases stand, which proposals there are, and under which assumptions they are judged.

It is frozen; every change gives a new one, so that undo, comparison and sharing are free. `plan_file` writes
and reads its file.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from mssmap.crs import HAITI_BOUNDS
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning import covering
from mssmap.planning.access import Standard
from mssmap.planning.covering_tables import Cases
from mssmap.planning.ground.roads import RoadSettings
from mssmap.records.timeline import Clocks

if TYPE_CHECKING:
    from mssmap.planning.ground.roads import Network
    from mssmap.records.catalog import Data

MAX_PROPOSALS = 500

KINDS = ("announced", "candidate", "own")
RULES = ("candidate", "required", "excluded")
TRAVEL = ("road", "straight", "matrix")

OPERATIONAL = "operational"
HANDED_OVER = "handed_over"
KIND_OF_STATUS = {"planned": "announced", "proposed": "candidate"}
"""Statuses of a base that make it a proposal, and its kind."""

ID = r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,79}"
"""Id of a plan or a proposal; `~` stands in that of a plan which was kept beside another, see `store.merge`."""


@dataclass(frozen=True)
class Proposal:
    """
    A base that does not stand yet.

    Attributes
    ----------
    kind
        `announced` (by the mission or a government), `candidate` (named in reporting) or `own`.
    rule
        For the search of best sites: `required`, `candidate` or `excluded`.
    capacity
        Personnel, None if not stated.
    """

    id: str
    name: str
    lon: float
    lat: float
    kind: str = "own"
    rule: str = "candidate"
    capacity: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        west, south, east, north = HAITI_BOUNDS
        faults = []
        if not re.fullmatch(ID, self.id):
            faults.append(_("id {id!r}, required letters, digits, dots, colons or hyphens").format(id=self.id))
        if not (west <= self.lon <= east and south <= self.lat <= north):
            faults.append(
                _("place {lon}, {lat}, required longitude {west} to {east}, latitude {south} to {north}").format(
                    lon=self.lon, lat=self.lat, west=west, east=east, south=south, north=north
                )
            )
        if self.kind not in KINDS:
            faults.append(
                _("kind {kind!r}, required one of {choices}").format(kind=self.kind, choices=", ".join(KINDS))
            )
        if self.rule not in RULES:
            faults.append(
                _("rule {rule!r}, required one of {choices}").format(rule=self.rule, choices=", ".join(RULES))
            )
        if self.capacity is not None and self.capacity < 0:
            faults.append(_("capacity {capacity}, required 0 or more").format(capacity=self.capacity))
        if faults:
            raise InputError(_("proposal {id}: found {found}.").format(id=self.id, found="; ".join(faults)))


@dataclass(frozen=True)
class Plan:
    """
    A plan in hand; `store.StoredPlan` is one as it was stored, `covering_tables.Ground` what stands by it.

    Attributes
    ----------
    active
        Ids of the bases that are on: standing ones and proposals alike; the order does not matter.
    clocks, grade
        Day and knowledge that decide which bases stand.
    travel
        `road`, `straight` (fallback) or `matrix` (of one's own).
    matrix
        SHA-256 of the matrix in the store, empty if the plan has none; it stays when another way of travel is chosen.
    """

    id: str
    name: str
    clocks: Clocks
    active: frozenset[str] = frozenset()
    proposals: tuple[Proposal, ...] = ()
    standard: Standard = field(default_factory=Standard)
    cases: Cases = field(default_factory=Cases)
    roads: RoadSettings = field(default_factory=RoadSettings)
    travel: str = "road"
    grade: str = "F6"
    note: str = ""
    matrix: str = ""

    def __post_init__(self) -> None:
        faults = []
        if not re.fullmatch(ID, self.id):
            faults.append(_("id {id!r}, required letters, digits, dots, colons or hyphens").format(id=self.id))
        if not self.name.strip() or len(self.name) > 200:
            faults.append(_("a name of {count} characters, required 1 to 200").format(count=len(self.name)))
        if self.travel not in TRAVEL:
            faults.append(
                _("travel {travel!r}, required one of {choices}").format(travel=self.travel, choices=", ".join(TRAVEL))
            )
        if self.matrix and not re.fullmatch(r"[0-9a-f]{64}", self.matrix):
            faults.append(_("matrix {matrix!r}, required the SHA-256 of a matrix").format(matrix=self.matrix[:80]))
        if not re.fullmatch(r"[A-F][1-6]", self.grade):
            faults.append(_("grade {grade!r}, required a letter A-F and a number 1-6").format(grade=self.grade))
        if len(self.proposals) > MAX_PROPOSALS:
            faults.append(
                _("{count} proposals, required at most {max_proposals}").format(
                    count=len(self.proposals), max_proposals=MAX_PROPOSALS
                )
            )
        ids = [proposal.id for proposal in self.proposals]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            faults.append(_("{found} twice among the proposals").format(found=", ".join(twice)))
        if faults:
            raise InputError(_("scenario: found {found}.").format(found="; ".join(faults)))

    def toggle(self, base_id: str) -> Plan:
        """Return the plan with one base switched; twice is the identity."""
        return dataclasses.replace(self, active=self.active ^ {base_id})

    def place(self, proposal: Proposal, *, active: bool = True) -> Plan:
        """Return the plan with a proposal added, or replaced where it stands if the id exists."""
        placed = {item.id: item for item in self.proposals} | {proposal.id: proposal}
        on = self.active | {proposal.id} if active else self.active - {proposal.id}
        return dataclasses.replace(self, proposals=tuple(placed.values()), active=on)

    def remove(self, proposal_id: str) -> Plan:
        """Return the plan without a proposal."""
        kept = tuple(item for item in self.proposals if item.id != proposal_id)
        return dataclasses.replace(self, proposals=kept, active=self.active - {proposal_id})

    def copy(self, scenario_id: str, name: str) -> Plan:
        """Return the same plan under another id and name."""
        return dataclasses.replace(self, id=scenario_id, name=name)


def baseline(data: Data, clocks: Clocks, grade: str = "F6", *, scenario_id: str = "baseline") -> Plan:
    """
    Return the plan that changes nothing: the bases operational on the day, and the proposals then known, all off.

    Planned and proposed bases with a published place are proposals; those without one cannot be placed (`unplaced`).
    """
    from mssmap.records import views

    rows = views.layer(data, "fobs", clocks, grade)
    placed = rows[~rows.geometry.isna()]
    proposals = [
        Proposal(
            id=row["fob_id"],
            name=row["name_en"],
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            kind=KIND_OF_STATUS[row["status"]],
            note=row["note"],
        )
        for row in placed.to_dict("records")
        if row["status"] in KIND_OF_STATUS
    ]
    standing = placed.loc[placed["status"] == OPERATIONAL, "fob_id"]
    return Plan(
        id=scenario_id,
        name=f"Baseline {clocks.as_of.isoformat()}",
        clocks=clocks,
        active=frozenset(standing),
        proposals=tuple(proposals),
        grade=grade,
    )


def unplaced(data: Data, clocks: Clocks, grade: str = "F6") -> pd.DataFrame:
    """Return `fob_id`, `name_en`, `status` of the bases and plans then known that have no published place."""
    from mssmap.records import views

    rows = views.layer(data, "fobs", clocks, grade)
    wanted = rows["status"].isin([OPERATIONAL, *KIND_OF_STATUS])
    return pd.DataFrame(rows.loc[wanted & rows.geometry.isna(), ["fob_id", "name_en", "status"]]).reset_index(drop=True)


def standing_count(data: Data, plan: Plan) -> int:
    """Return how many operational bases of the day of a plan have a place."""
    return len(_standing(data, plan.clocks, plan.grade))


@lru_cache(maxsize=32)
def not_counted(data: Data, clocks: Clocks, grade: str = "F6") -> pd.DataFrame:
    """
    Return the bases in use that no plan holds: `fob_id`, `name_en`, `status` (operational: no place is published).

    Others are handed over to the Haitian police; the count of bases in use holds both kinds, a plan neither.
    """
    from mssmap.records import views

    rows = views.layer(data, "fobs", clocks, grade)
    wanted = (rows["status"] == HANDED_OVER) | ((rows["status"] == OPERATIONAL) & rows.geometry.isna())
    return pd.DataFrame(rows.loc[wanted, ["fob_id", "name_en", "status"]]).reset_index(drop=True)


def bases(data: Data, scenario: Plan, network: Network) -> pd.DataFrame:
    """
    Return every base and proposal of a plan on the grid, ready for `covering.evaluate`.

    Returns
    -------
    bases
        `base_id`, `name`, `lon`, `lat`, `kind` (`standing` or that of the proposal), `rule`, `capacity`, `note`,
        `active`, `cell`, `snap_m`, `zone`. A proposal takes precedence over a standing base of the same id.
    """
    frame = _on_the_grid(data, scenario.clocks, scenario.grade, scenario.proposals, network)
    return frame.assign(active=frame["base_id"].isin(scenario.active))


@lru_cache(maxsize=32)
def _on_the_grid(
    data: Data, clocks: Clocks, grade: str, proposals: tuple[Proposal, ...], network: Network
) -> pd.DataFrame:
    """Return the bases of a plan but for which of them are on; cached, so that a toggle does not place them again."""
    own = {proposal.id for proposal in proposals}
    records = [dict(record) for record in _standing(data, clocks, grade) if record["base_id"] not in own]
    for proposal in proposals:
        record = dataclasses.asdict(proposal)
        records.append({"base_id": record.pop("id"), **record})
    columns = ["base_id", "name", "lon", "lat", "kind", "rule", "capacity", "note"]
    frame = pd.DataFrame(records, columns=columns).astype({"lon": "float64", "lat": "float64"})
    return covering.locate(network.grid, frame, network.zones)


@lru_cache(maxsize=32)
def _standing(data: Data, clocks: Clocks, grade: str) -> tuple[Mapping[str, Any], ...]:
    """Return the operational bases with a place."""
    from mssmap.records import views

    rows = views.layer(data, "fobs", clocks, grade)
    rows = rows[(rows["status"] == OPERATIONAL) & ~rows.geometry.isna()]
    return tuple(
        {
            "base_id": row["fob_id"],
            "name": row["name_en"],
            "lon": row["geometry"].x,
            "lat": row["geometry"].y,
            "kind": "standing",
            "rule": "candidate",
            "capacity": None,
            "note": row["note"],
        }
        for row in rows.to_dict("records")
    )


def absent(scenario: Plan, frame: pd.DataFrame) -> list[str]:
    """Return the ids that are on but not among the bases of the plan, because they do not stand on its day."""
    return sorted(scenario.active - set(frame["base_id"]))


def differences(first: Plan, second: Plan) -> pd.DataFrame:
    """
    Return what differs between any two plans: `what`, `item`, `first`, `second` (None where there is nothing).

    Rows are bases switched, proposals added, removed or changed, then each assumption that differs.
    """
    rows: list[tuple[str, str, Any, Any]] = []
    for base in sorted(first.active ^ second.active):
        rows.append(("base", base, "on" if base in first.active else "off", "on" if base in second.active else "off"))
    mine = {item.id: item for item in first.proposals}
    theirs = {item.id: item for item in second.proposals}
    for key in sorted(mine.keys() | theirs.keys()):
        a, b = mine.get(key), theirs.get(key)
        if a is None or b is None:
            rows.append(("proposal", key, a.name if a else None, b.name if b else None))
        elif a != b:
            changed = [f.name for f in dataclasses.fields(a) if getattr(a, f.name) != getattr(b, f.name)]
            rows += [("proposal", f"{key} {name}", getattr(a, name), getattr(b, name)) for name in changed]
    left, right = _assumptions(first), _assumptions(second)
    rows += [("assumption", key, left[key], right[key]) for key in left if left[key] != right[key]]
    return pd.DataFrame(rows, columns=["what", "item", "first", "second"], dtype=object)


def differing(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Return the assumptions in which some plans are not all alike: `assumption`, and a column of values for each."""
    flat = {name: _assumptions(plan) for name, plan in plans.items()}
    keys = list(dict.fromkeys(key for row in flat.values() for key in row))
    rows = [{"assumption": key, **{name: row.get(key) for name, row in flat.items()}} for key in keys]
    differ = [row for row in rows if any(row[name] != row[next(iter(plans))] for name in plans)]
    return pd.DataFrame(differ, columns=["assumption", *plans], dtype=object)


def under(plan: Plan, other: Plan) -> Plan:
    """Return a plan with its own bases and proposals, judged under the assumptions of another."""
    return dataclasses.replace(plan, **{name: getattr(other, name) for name in _ASSUMPTIONS})


_ASSUMPTIONS = ("clocks", "grade", "standard", "travel", "matrix", "cases", "roads")


def _assumptions(scenario: Plan) -> dict[str, Any]:
    flat: dict[str, Any] = {"standard": str(scenario.standard), "travel": scenario.travel, "grade": scenario.grade}
    flat |= {"matrix": scenario.matrix[:12]}
    flat |= {"as_of": scenario.clocks.as_of.isoformat(), "known_on": scenario.clocks.known_on.isoformat()}
    flat |= {f"cases.{key}": value for key, value in cases_out(scenario.cases).items()}
    flat["roads.streets"] = scenario.roads.streets
    return flat | {f"roads.{key}": value for key, value in roads_out(scenario.roads).items()}


def cases_out(cases: Cases) -> dict[str, Any]:
    """Return the range of the inputs as plain values."""
    return {"people": list(cases.people), "speed": dict(cases.speed), "outage": cases.outage}


def roads_out(settings: RoadSettings) -> dict[str, Any]:
    """Return the assumptions about roads as plain values."""
    plain = dataclasses.asdict(settings)
    if not settings.streets:
        del plain["streets"]
    return plain | {"status": list(plain["status"]), "zone_levels": list(plain["zone_levels"])}
