"""
From a data folder and a scenario to figures: the seam that the command line and the planner page call.

What only depends on the data, the day and the road settings is built once and kept, so that a toggle costs
milliseconds. Nothing here keeps anything that a user made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mssmap import access, coverage, grid, roads, scenario
from mssmap.access import Travel
from mssmap.coverage import Coverage
from mssmap.errors import InputError
from mssmap.grid import Grid
from mssmap.roads import Links, Network, RoadSettings
from mssmap.scenario import Scenario
from mssmap.timeline import Clocks

if TYPE_CHECKING:
    from mssmap.catalog import Data


@dataclass(frozen=True, eq=False)
class Ground:
    """All that a plan is judged on and that no toggle changes."""

    grid: Grid
    network: Network
    travel: Travel
    facilities: pd.DataFrame


@lru_cache(maxsize=2)
def grid_of(data: Data) -> tuple[Grid, Links]:
    """Return the grid of a data folder and the roads laid over it (0.3 s once)."""
    cells = grid.from_data(data)
    return cells, roads.links_from_data(data, cells)


@lru_cache(maxsize=8)
def network_of(data: Data, clocks: Clocks, settings: RoadSettings, grade: str) -> Network:
    """Return the travel graph on a day (0.2 s once)."""
    cells, steps = grid_of(data)
    return roads.network_from_data(data, clocks, cells, steps, settings, grade)


@lru_cache(maxsize=16)
def _travel_of(data: Data, clocks: Clocks, settings: RoadSettings, grade: str, kind: str, unit: str) -> Travel:
    network = network_of(data, clocks, settings, grade)
    if kind == "straight":
        return access.StraightTravel(network.grid, unit)
    return access.RoadTravel(network, unit)


@lru_cache(maxsize=8)
def _facilities_of(data: Data, clocks: Clocks, grade: str) -> pd.DataFrame:
    return coverage.facilities_from_data(data, clocks, grid_of(data)[0], grade)


def ground(data: Data, plan: Scenario, matrix: Travel | None = None) -> Ground:
    """
    Return what a plan is judged on.

    Parameters
    ----------
    matrix
        Travel times of one's own (`access.read_matrix`); needed if `plan.travel` is `matrix`.

    Raises
    ------
    InputError
        If the plan asks for a matrix and there is none.
    """
    if plan.travel == "matrix" and matrix is None:
        raise InputError(
            f"scenario {plan.id}: travel is matrix, but no matrix was given. Give one, or set travel to road."
        )
    network = network_of(data, plan.clocks, plan.roads, plan.grade)
    own = matrix if plan.travel == "matrix" else None
    travel = own or _travel_of(data, plan.clocks, plan.roads, plan.grade, plan.travel, plan.standard.unit)
    return Ground(network.grid, network, travel, _facilities_of(data, plan.clocks, plan.grade))


def evaluate(data: Data, plan: Scenario, matrix: Travel | None = None, *, language: str = "fr") -> Coverage:
    """Return every figure of a plan; the first call on a day takes about a second, a toggle some milliseconds."""
    on = ground(data, plan, matrix)
    return coverage.evaluate(
        on.grid,
        on.travel,
        scenario.bases(data, plan, on.network),
        plan.standard,
        cases=plan.cases,
        facilities=on.facilities,
        zone_share=on.network.zone_share,
        names=coverage.region_names(data, language),
    )


def find(data: Data, name_or_file: str, clocks: Clocks, grade: str = "F6") -> Scenario:
    """
    Return the plan that a name or a file means; `baseline` is the one that changes nothing.

    Raises
    ------
    InputError
        If it is neither `baseline` nor a readable scenario file.
    """
    if name_or_file == "baseline":
        return scenario.baseline(data, clocks, grade)
    path = Path(name_or_file)
    try:
        return scenario.from_json(path.read_bytes())[0]
    except OSError as error:
        raise InputError(
            f"scenario: found no plan or file {name_or_file!r} ({error.strerror or error}). "
            "Use baseline, the name of a saved plan, or a file saved by the planner."
        ) from error
