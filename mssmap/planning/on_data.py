"""
From a data folder and a scenario to figures: the seam that the command line and the planner page call.

What only depends on the data, the day and the road settings is built once and kept, so that a toggle costs
milliseconds. Nothing here keeps anything that a user made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mssmap import settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning import access, backtest, covering, plan_file, scenario, sureness
from mssmap.planning.access import MatrixTravel, Travel
from mssmap.planning.covering import Coverage
from mssmap.planning.covering_tables import CENTRAL, Cases
from mssmap.planning.ground import grid, osm, roads
from mssmap.planning.ground.grid import Grid
from mssmap.planning.ground.roads import Links, Network, RoadSettings
from mssmap.planning.method import Method, Sentence, say
from mssmap.planning.scenario import Plan
from mssmap.planning.siting import solver, studies
from mssmap.planning.siting.model import MODELS
from mssmap.planning.sureness import Levels, Step
from mssmap.records import views
from mssmap.records.timeline import Clocks

if TYPE_CHECKING:
    from mssmap.records.catalog import Data


@dataclass(frozen=True, eq=False)
class Basis:
    """All that a plan is judged on and that no toggle changes."""

    grid: Grid
    network: Network
    travel: Travel
    facilities: pd.DataFrame


@lru_cache(maxsize=2)
def cells_of(data: Data) -> Grid:
    """Return the grid of a data folder (0.3 s once)."""
    return grid.from_data(data)


@lru_cache(maxsize=2)
def links_of(data: Data, extract: Path | None = None, streets: str = "") -> Links:
    """
    Return the roads laid over the grid: those of a street set or an OSM extract, else the coarse model (0.2 s once).

    Raises
    ------
    InputError
        If they cannot be used; see `osm.links_from_set` and `osm.links_from_file`.
    """
    cells = cells_of(data)
    if streets:
        return osm.links_from_set(streets, cells)
    return osm.links_from_file(extract, cells) if extract else roads.links_from_data(data, cells)


@lru_cache(maxsize=24)
def _network_of(data: Data, clocks: Clocks, road_settings: RoadSettings, grade: str, extract: Path | None) -> Network:
    """Return the travel graph on a day (0.2 s once)."""
    return roads.network_from_data(
        data, clocks, cells_of(data), links_of(data, extract, road_settings.streets), road_settings, grade
    )


@lru_cache(maxsize=48)
def _travel_of(network: Network, kind: str, unit: str) -> Travel:
    if kind == "straight":
        return access.StraightTravel(network.grid, unit)
    return access.RoadTravel(network, unit)


@lru_cache(maxsize=8)
def _facilities_of(data: Data, clocks: Clocks, grade: str) -> pd.DataFrame:
    return covering.facilities_from_data(data, clocks, cells_of(data), grade)


def network_of(data: Data, plan: Plan) -> Network:
    """Return the travel graph of a plan, whatever it is judged on."""
    return _network_of(data, plan.clocks, plan.roads, plan.grade, settings.load().roads)


def ground(data: Data, plan: Plan, matrix: MatrixTravel | None = None) -> Basis:
    """
    Return what a plan is judged on.

    Parameters
    ----------
    matrix
        Travel times of one's own (`access.read_matrix`); needed if `plan.travel` is `matrix`.

    Raises
    ------
    InputError
        If the plan asks for a matrix and there is none, or it has another unit than the standard, or knows nothing
        about a base that is on.
    """
    if plan.travel == "matrix" and matrix is None:
        raise InputError(
            _("scenario {id}: travel is matrix, but no matrix was given. Give one, or set travel to road.").format(
                id=plan.id
            )
        )
    network = network_of(data, plan)
    travel: Travel
    if plan.travel == "matrix" and matrix is not None:
        access.require_unit(matrix, plan.standard)
        travel = matrix.with_bases(scenario.bases(data, plan, network))
    else:
        travel = _travel_of(network, plan.travel, plan.standard.unit)
    return Basis(network.grid, network, travel, _facilities_of(data, plan.clocks, plan.grade))


def evaluate(data: Data, plan: Plan, matrix: MatrixTravel | None = None, *, language: str = "fr") -> Coverage:
    """Return every figure of a plan; the first call on a day takes about a second, a toggle some milliseconds."""
    on = ground(data, plan, matrix)
    result = covering.evaluate(
        on.grid,
        on.travel,
        scenario.bases(data, plan, on.network),
        plan.standard,
        cases=plan.cases,
        facilities=on.facilities,
        zone_share=on.network.zone_share,
        names=covering.region_names(data, language),
    )
    return _with_the_bases_left_out(result, data, plan)


def evaluate_sure(data: Data, plan: Plan, matrix: MatrixTravel | None = None, *, language: str = "fr") -> Coverage:
    """Return every figure of a plan with the band over all that is not known (`how_sure`); the first takes a second."""
    return with_bands(evaluate(data, plan, matrix, language=language), list(how_sure(data, plan, matrix)))


def with_bands(coverage: Coverage, steps: Sequence[Step[pd.Series]]) -> Coverage:
    """Return coverage whose figures have the band of these cases as well, and say so."""
    varied = frozenset(step.varied for step in steps) & {"offroad_kmh", "zones"}
    told = say(
        mark("The bands of the figures also hold {inputs}, one at a time, and all inputs at their worst and best."),
        inputs=Sentence(_ALSO_VARIED[varied]),
    )
    figures = sureness.banded(coverage.figures, steps)
    return dataclasses.replace(coverage, figures=figures, method=coverage.method + told)


_ALSO_VARIED = {
    frozenset({"offroad_kmh", "zones"}): mark("speed off the road (4 to 20 km/h) and zones (ignored, slower, closed)"),
    frozenset({"offroad_kmh"}): mark("speed off the road (4 to 20 km/h)"),
    frozenset({"zones"}): mark("zones (ignored, slower, closed)"),
    frozenset(): mark("no other inputs that act"),
}


def how_sure(data: Data, plan: Plan, matrix: MatrixTravel | None = None) -> Iterator[Step[pd.Series]]:
    """Yield the figures of a plan, by name, over the cases of `sureness.vary`; what is best covers most people."""

    def figures(levels: Levels) -> pd.Series:
        varied = levels.applied(plan)
        on = ground(data, varied, matrix)
        result = covering.evaluate(
            dataclasses.replace(on.grid, people={CENTRAL: on.grid.people[levels.people]}),
            on.travel,
            scenario.bases(data, varied, on.network),
            plan.standard,
            cases=Cases((CENTRAL,), {CENTRAL: plan.cases.speeds(plan.standard.unit)[levels.speed]}, plan.cases.outage),
            facilities=on.facilities,
            zone_share=on.network.zone_share,
        )
        return result.figures.set_index("name")["value"]

    yield from sureness.vary(plan, figures, lambda answer: float(answer["people_covered"]))


def _with_the_bases_left_out(result: Coverage, data: Data, plan: Plan) -> Coverage:
    left_out = scenario.not_counted(data, plan.clocks, plan.grade)
    count = float((left_out["status"] == scenario.OPERATIONAL).sum())
    row = {"name": "operational_without_place", "value": count, "low": count, "high": count, "unit": "bases"}
    row["of"] = count + scenario.standing_count(data, plan)
    figures = pd.concat([result.figures, pd.DataFrame([row])], ignore_index=True)
    return dataclasses.replace(result, figures=figures, method=result.method + bases_left_out(data, plan))


def bases_left_out(data: Data, plan: Plan) -> Method:
    """Say which bases in use on the day of a plan it cannot hold, and why; empty if there are none."""
    rows = scenario.not_counted(data, plan.clocks, plan.grade)
    placed = scenario.standing_count(data, plan)
    without = rows.loc[rows["status"] == scenario.OPERATIONAL, "name_en"].tolist()
    handed = rows.loc[rows["status"] == scenario.HANDED_OVER, "name_en"].tolist()
    hidden = views.hidden_by_grade(data, plan.clocks, plan.grade).get("fobs", 0)
    told = Method()
    if hidden:
        words = mark("{n} bases are below grade {grade}: what they cover is missing from every figure here.")
        told += say(words, n=hidden, grade=plan.grade)
    if without:
        words = mark(
            "{n} bases are operational on this day, {placed} of them with a published place. Without one, and not "
            "counted in any figure here: {names}."
        )
        told += say(words, n=len(without) + placed, placed=placed, names="; ".join(without))
    if handed:
        words = mark("Handed over, so counted among the bases in use but not here: {names}.")
        told += say(words, names="; ".join(handed))
    return told


def candidates(data: Data, plan: Plan, on: Basis, *, keep_active: bool = True) -> pd.DataFrame:
    """
    Return the places where a best site may stand: every cell with a named place, and the proposals of the plan.

    Parameters
    ----------
    keep_active
        True: the bases that are on stay (`existing`) and the search adds to them. False: a clean sheet.

    Returns
    -------
    candidates
        `base_id` (H3 index or id of the proposal), `name`, `cell`, `rule`. A proposal takes the place of the cell it
        stands in; with zones closed to travel, places in a zone are excluded. With a matrix of one's own only the
        sites that it knows are candidates.
    """
    own = scenario.bases(data, plan, on.network)
    proposals = own[own["kind"] != "standing"]
    rule = proposals["rule"].where(~(proposals["active"] & keep_active), "existing")
    parts = [proposals[["base_id", "name", "cell"]].assign(rule=rule)]
    if keep_active:
        standing = own[(own["kind"] == "standing") & own["active"]]
        parts.append(standing[["base_id", "name", "cell"]].assign(rule="existing"))
    places = on.grid.candidates
    places = places[~places["cell"].isin(proposals["cell"])]
    cells = places["cell"].to_numpy(dtype="int64")
    closed = np.zeros(len(on.grid), dtype="bool")
    if plan.roads.zones == "closed":
        closed = on.network.zone_share >= roads.CLOSED_FROM_SHARE
    named = pd.DataFrame(
        {
            "base_id": [on.grid.ids[cell] for cell in cells.tolist()],
            "name": places["name"].to_numpy(),
            "cell": cells,
            "rule": np.where(closed[cells], "excluded", "candidate"),
        }
    )
    found = pd.concat([named, *parts], ignore_index=True)
    if isinstance(on.travel, MatrixTravel):
        known = set(on.travel.site_ids) - set(on.travel.lacking)
        found = found[found["base_id"].isin(known)].reset_index(drop=True)
    return found


def site(
    data: Data,
    plan: Plan,
    k: int | None = None,
    model: str = "mclp",
    *,
    keep_active: bool = True,
    backup: float = 0.0,
    effort: solver.Effort | None = None,
    matrix: MatrixTravel | None = None,
    language: str = "fr",
) -> solver.Solution:
    """
    Return the best sites for a plan.

    Parameters
    ----------
    k
        Sites to add, 1 to 15, required proposals included; not used by lscp.
    keep_active
        See `candidates`.

    Raises
    ------
    InputError
        If k is out of range or above the number of candidates.
    """
    _require_k(k, model)
    on = ground(data, plan, matrix)
    places = candidates(data, plan, on, keep_active=keep_active)
    return solver.from_frames(
        solver.Candidates(on.grid, on.travel, places, plan.standard),
        solver.Wanted(model, k, backup=backup),
        effort=effort,
        names=covering.region_names(data, language),
    )


def _require_k(k: int | None, model: str) -> None:
    has_k = model not in MODELS or MODELS[model].has_k
    if has_k and (isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= studies.MAX_K):
        raise InputError(_("k: found {k}, required a whole number from 1 to {max_k}.").format(k=k, max_k=studies.MAX_K))


def site_frequency(
    data: Data,
    plan: Plan,
    k: int | None = None,
    model: str = "mclp",
    *,
    keep_active: bool = True,
    effort: solver.Effort | None = None,
    on_case: Callable[[int, int], None] = lambda done, total: None,
    matrix: MatrixTravel | None = None,
) -> studies.Frequency:
    """
    Return how often each site is chosen over the cases of `sureness.vary`, and what stands in for it; some 11 searches.

    Parameters
    ----------
    on_case
        Called with the number of cases done and of all, for a progress bar.
    """
    _require_k(k, model)
    effort = effort or solver.Effort(time_limit_s=5.0)

    def best(levels: Levels) -> solver.Solution:
        varied = levels.applied(plan)
        on = ground(data, varied, matrix)
        speed = plan.cases.speeds(plan.standard.unit)[levels.speed]
        places = candidates(data, varied, on, keep_active=keep_active)
        return solver.from_frames(
            solver.Candidates(on.grid, on.travel, places, plan.standard, levels.people, (levels.speed, speed)),
            solver.Wanted(model, k),
            effort=effort,
        )

    sign = 1.0 if MODELS[model].is_gain else -1.0
    steps: list[Step[solver.Solution]] = []
    on_case(0, sureness.count(plan))
    for step in sureness.vary(plan, best, lambda answer: sign * answer.objective):
        steps.append(step)
        on_case(len(steps), sureness.count(plan))
        if not effort.go_on():
            break
    return studies.frequency(steps)


def site_front(
    data: Data,
    plan: Plan,
    model: str = "mclp",
    *,
    mode: str = "clean",
    max_k: int = studies.MAX_K,
    keep_active: bool = True,
    effort: solver.Effort | None = None,
    matrix: MatrixTravel | None = None,
) -> Iterator[studies.FrontPoint]:
    """Yield the front of k new sites against the objective: all by greedy at once, then each solved."""
    on = ground(data, plan, matrix)
    places = candidates(data, plan, on, keep_active=keep_active)
    where = solver.Candidates(on.grid, on.travel, places, plan.standard)
    problem = solver.prepare(where, solver.Wanted(model, 1 + int((places["rule"] == "required").sum())))
    existing = int((places["rule"] == "existing").sum())
    ks = range(existing + 1, existing + max_k + 1)
    for point in studies.front(problem, ks, mode=mode, effort=effort):
        solution = solver.described(point.solution, where)
        yield studies.FrontPoint(point.k - existing, point.phase, solution)


def site_swaps(
    data: Data,
    plan: Plan,
    solution: solver.Solution,
    *,
    keep_active: bool = True,
    within_pct: float = 1.0,
    matrix: MatrixTravel | None = None,
) -> pd.DataFrame:
    """Return near-optimal exchanges of a solution of `site`, with ids and names; see `siting_studies.swaps`."""
    on = ground(data, plan, matrix)
    places = candidates(data, plan, on, keep_active=keep_active)
    existing = np.flatnonzero(places["rule"] == "existing").tolist()
    where = solver.Candidates(on.grid, on.travel, places, plan.standard)
    problem = solver.prepare(where, solver.Wanted(solution.model, len(solution.chosen)))
    whole = dataclasses.replace(solution, chosen=tuple(sorted([*solution.chosen, *existing])))
    found = studies.swaps(problem, whole, within_pct)
    for column in ("site", "instead"):
        picked = places.iloc[found[column].to_numpy(dtype="int64")]
        found[f"{column}_name"] = picked["name"].to_numpy()
        found[column] = picked["base_id"].to_numpy()
    return found


def back_test(
    data: Data,
    plan: Plan,
    *,
    start: date | None = None,
    end: date | None = None,
    grade: str = "F6",
    matrix: MatrixTravel | None = None,
) -> backtest.Backtest:
    """Return the share of recorded events within the standard of a plan, month by month."""
    on = ground(data, plan, matrix)
    bases = scenario.bases(data, plan, on.network)
    return backtest.from_data(data, plan, on.travel, on.grid, bases, start=start, end=end, grade=grade)


def robust_sites(data: Data, plan: Plan, *, top: int = 10, matrix: MatrixTravel | None = None) -> pd.DataFrame:
    """Return how steadily each candidate place is among the best over the recorded months; see `backtest`."""
    on = ground(data, plan, matrix)
    places = candidates(data, plan, on, keep_active=False)
    placed = backtest.place_events(on.grid, views.events(data, plan.clocks, grade=plan.grade))
    return backtest.robust_sites(placed, on.travel, places[places["rule"] != "excluded"], plan.standard, top=top)


def find(data: Data, name_or_file: str, clocks: Clocks, grade: str = "F6") -> Plan:
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
        path.stat()
    except (OSError, ValueError) as error:
        raise InputError(
            _(
                "scenario: found no plan or file {name_or_file!r} ({found}). Use baseline, the name of a "
                "saved plan, or a file saved by the planner."
            ).format(name_or_file=name_or_file, found=getattr(error, "strerror", None) or error)
        ) from error
    return plan_file.from_file(path)[0]
