"""
The tables behind the figures of `covering`: by department, commune, base, cell and facility.

They are built when somebody looks at them, so that a toggle pays only for what is on the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mssmap.errors import InputError
from mssmap.planning import reach
from mssmap.planning.access import SPEED_CASES
from mssmap.planning.ground.grid import Floats, Grid, Ints
from mssmap.planning.reach import Bools

CENTRAL = "central"


@dataclass(frozen=True)
class Cases:
    """
    The input cases behind every band.

    Attributes
    ----------
    people
        Names of the ways to spread the population (`grid.PLACE_SHARE`); `central` among them.
    speed
        What multiplies all speeds, by name, > 0; `central` among them. Distances in km are not scaled.
    outage
        q: probability that a base is out, for the expected coverage; 0 <= q < 1.
    """

    people: tuple[str, ...] = ("area", "central", "places")
    speed: Mapping[str, float] = field(default_factory=lambda: dict(SPEED_CASES))
    outage: float = 0.1

    def __post_init__(self) -> None:
        faults = []
        if CENTRAL not in self.people or CENTRAL not in self.speed:
            faults.append("no central case")
        faults += [f"speed {name} {value}" for name, value in self.speed.items() if not 0 < value < float("inf")]
        if not 0 <= self.outage < 1:
            faults.append(f"outage {self.outage}")
        if faults:
            raise InputError(
                f"cases: found {', '.join(faults)}; required central among people and speed, "
                "speeds above 0 and an outage from 0 to below 1."
            )

    def speeds(self, unit: str) -> dict[str, float]:
        """Return the speed cases that matter for a unit."""
        return dict(self.speed) if unit == "min" else {CENTRAL: 1.0}


class State:
    """Who is within the standard under one speed."""

    def __init__(self, within: Bools, active: Bools, factor: float) -> None:
        self.all = within
        self.active = active
        self.within = within[active]
        self.counts: Ints = reach.counts(self.within)
        self.factor = factor


@dataclass(frozen=True, eq=False)
class Ground:
    """
    What stands: bases on the cells of a grid.

    Attributes
    ----------
    states
        Who is within the standard, by speed case.
    nearest
        The way to the nearest active base, by cell.
    """

    grid: Grid
    bases: pd.DataFrame
    facilities: pd.DataFrame
    states: Mapping[str, State]
    nearest: Floats
    cases: Cases
    names: Mapping[str, str]


def by_region(ground: Ground, *, communes: bool) -> pd.DataFrame:
    """Return coverage by commune, the largest gap first, or by department; see `covering.Coverage`."""
    grid, states, nearest, cases = ground.grid, ground.states, ground.nearest, ground.cases
    codes, group = grid.communes if communes else grid.departments

    def total(values: NDArray[Any]) -> Floats:
        return reach.sum_by(group, values, len(codes))

    def share(part: Floats, whole: Floats) -> Floats:
        return np.divide(100 * part, whole, out=np.zeros(len(codes)), where=whole > 0)

    people, c = grid.people[CENTRAL], states[CENTRAL].counts
    everybody = total(people)
    covered = total(people * (c > 0))
    reachable = np.isfinite(nearest)
    reached = total(people * reachable)
    minutes = total(people * np.where(reachable, nearest, 0))
    rates = np.array(
        [
            share(total(grid.people[who] * (state.counts > 0)), total(grid.people[who]))
            for who in cases.people
            for state in states.values()
        ]
    )
    rows = pd.DataFrame(
        {
            "pcode": codes,
            "name": [ground.names.get(code, code) for code in codes.tolist()],
            "people": everybody.astype("int64"),
            "covered_people": covered.astype("int64"),
            "covered_pct": share(covered, everybody),
            "low": rates.min(axis=0),
            "high": rates.max(axis=0),
            "backup_pct": share(total(people * (c > 1)), everybody),
            "uncovered_people": (everybody - covered).astype("int64"),
            "mean_time": np.divide(minutes, reached, out=np.full(len(codes), np.nan), where=reached > 0),
            "unreachable_pct": share(everybody - reached, everybody),
        }
    )
    if communes:
        rows = rows.sort_values(["uncovered_people", "pcode"], ascending=[False, True], kind="stable")
    return rows.reset_index(drop=True)


def by_base(ground: Ground) -> pd.DataFrame:
    """Return what each base contributes; see `covering.Coverage`."""
    grid, bases, states, cases = ground.grid, ground.bases, ground.states, ground.cases
    people, state = grid.people[CENTRAL], states[CENTRAL]
    cell = bases["cell"].to_numpy(dtype="int64")
    alone, fair = np.zeros(len(bases)), np.zeros(len(bases))
    alone[state.active] = reach.unique_people(state.within, people)
    fair[state.active] = reach.fair_share(state.within, people)
    marginal = state.all @ (people * (state.counts == 0)).astype("float64")
    in_reach = np.array([s.all @ grid.people[who].astype("float64") for who in cases.people for s in states.values()])
    capacity = (
        (bases["capacity"] if "capacity" in bases else pd.Series(np.nan, bases.index)).astype("float64").to_numpy()
    )
    return pd.DataFrame(
        {
            "base_id": bases["base_id"].to_numpy(),
            "name": bases["name"].to_numpy(),
            "lon": bases["lon"].to_numpy() if "lon" in bases else grid.lon[cell],
            "lat": bases["lat"].to_numpy() if "lat" in bases else grid.lat[cell],
            "cell": cell,
            "active": state.active,
            "people_in_reach": (state.all @ people).astype("int64"),
            "low": in_reach.min(axis=0).astype("int64"),
            "high": in_reach.max(axis=0).astype("int64"),
            "unique_people": alone.astype("int64"),
            "fair_share_people": fair,
            "marginal_people": np.where(state.active, 0, marginal).astype("int64"),
            "zone": bases["zone"].fillna("").to_numpy() if "zone" in bases else "",
            "capacity": capacity,
            "people_per_officer": np.divide(
                fair, capacity, out=np.full(len(bases), np.nan), where=state.active & (capacity > 0)
            ),
        }
    )


def by_cell(ground: Ground) -> pd.DataFrame:
    """Return count and time of each cell; see `covering.Coverage`."""
    grid, states, nearest = ground.grid, ground.states, ground.nearest
    reached = np.array([state.counts > 0 for state in states.values()])
    return pd.DataFrame(
        {
            "cell": grid.id_column,
            "people": grid.people[CENTRAL],
            "count": states[CENTRAL].counts,
            "time": known(nearest),
            "certain": reached.all(axis=0),
            "possible": reached.any(axis=0),
        }
    )


def known(way: Floats) -> Floats:
    """Return ways for a table: where there is none, the value is missing."""
    return np.where(np.isfinite(way), way, np.nan)


def by_facility(ground: Ground) -> pd.DataFrame:
    """Return which facilities are covered; see `covering.Coverage`."""
    facilities, states, nearest = ground.facilities, ground.states, ground.nearest
    at = facilities["cell"].to_numpy(dtype="int64")
    reached = np.array([state.counts[at] > 0 for state in states.values()]).reshape(len(states), len(at))
    return facilities.drop(columns="cell").assign(
        time=known(nearest[at]),
        covered=states[CENTRAL].counts[at] > 0,
        certain=np.asarray(reached.all(axis=0)),
        possible=np.asarray(reached.any(axis=0)),
    )
