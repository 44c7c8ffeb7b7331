"""
Who is covered by a set of bases, and how sure that is.

Every figure comes as a central value with a band: the smallest and largest over three ways to spread the population
(lambda) and three speeds. A cell is covered if one active base reaches its centre within the standard, equality
included; facilities and events count with the cell they lie in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mssmap import reach
from mssmap.access import DECIMALS, SPEED_CASES, Standard, Travel
from mssmap.errors import InputError
from mssmap.grid import Floats, Grid, Ints
from mssmap.reach import Bools, percent

if TYPE_CHECKING:
    from mssmap.catalog import Data
    from mssmap.timeline import Clocks

FACILITY_KINDS = {
    "prisons": ("prison", "women", "minors", "police_station"),
    "courts": ("court",),
    "schools": ("school", "school_group", "police_school"),
    "ports": ("port",),
    "airports": ("airport",),
    "hospitals": ("hospital",),
}
"""Figures on facilities and the kinds they count."""

MAX_SNAP_M = 5_000.0
"""A facility farther than this from every cell is left out of the count."""

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


@dataclass(frozen=True, eq=False)
class Coverage:
    """
    All figures of one set of bases.

    Attributes
    ----------
    figures
        `name`, `value` (central), `low`, `high` (over all cases), `unit`, `of` (what a count is out of, else missing).
        Times are missing if nobody can be reached.
    by_department, by_commune
        `pcode`, `name`, `people`, `covered_people`, `covered_pct`, `low`, `high` (of the percentage), `backup_pct`,
        `uncovered_people`, `mean_time`, `unreachable_pct`. Departments by P-code; communes with the largest gap first.
    by_base
        `base_id`, `name`, `lon`, `lat`, `cell`, `active`, `people_in_reach`, `low`, `high`, `unique_people`,
        `fair_share_people`, `marginal_people` (of a base that is off), `zone` (names of zones it stands in).
    cells
        `cell` (H3 text), `people`, `count` (active bases within the standard), `time` (to the nearest), `certain`
        (covered in every speed case) and `possible` (in at least one).
    facilities
        `facility_id`, `kind`, `name`, `time`, `covered`, `certain`, `possible`.
    method
        How the figures came about, with the caveats.
    """

    standard: Standard
    figures: pd.DataFrame
    by_department: pd.DataFrame
    by_commune: pd.DataFrame
    by_base: pd.DataFrame
    cells: pd.DataFrame
    facilities: pd.DataFrame
    method: str

    def figure(self, name: str) -> dict[str, Any]:
        """
        Return one figure as a plain record.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        rows = self.figures[self.figures["name"] == name]
        if rows.empty:
            raise InputError(f"figure: {name!r} does not exist; there are {', '.join(self.figures['name'])}.")
        return {str(key): value for key, value in rows.iloc[0].items()}


def facilities_from_data(data: Data, clocks: Clocks, grid: Grid, grade: str = "F6") -> pd.DataFrame:
    """
    Return the prisons and facilities with a place that were known then.

    Returns
    -------
    facilities
        `facility_id`, `kind` (the figure it counts for, see `FACILITY_KINDS`, or its own), `name`, `status`, `cell`.
    """
    from mssmap import views

    figure_of = {kind: figure for figure, kinds in FACILITY_KINDS.items() for kind in kinds}
    parts = []
    for layer, id_column in (("prisons", "prison_id"), ("facilities", "facility_id")):
        rows = views.layer(data, layer, clocks, grade)
        rows = rows[~rows.geometry.isna() & ~rows.geometry.is_empty]
        cell, distance = grid.nearest(rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy())
        kind = pd.Series("prisons", index=rows.index) if layer == "prisons" else rows["kind"].map(figure_of)
        part = pd.DataFrame(
            {
                "facility_id": rows[id_column],
                "kind": kind.fillna(rows["kind"]),
                "name": rows["name_en"],
                "status": rows["status"],
                "cell": cell,
            }
        )
        parts.append(part[distance <= MAX_SNAP_M])
    return pd.concat(parts, ignore_index=True)


def evaluate(
    grid: Grid,
    travel: Travel,
    bases: pd.DataFrame,
    standard: Standard,
    *,
    cases: Cases | None = None,
    facilities: pd.DataFrame | None = None,
    zone_share: Floats | None = None,
    names: Mapping[str, str] | None = None,
) -> Coverage:
    """
    Return every figure of a set of bases.

    Parameters
    ----------
    bases
        `base_id`, `name`, `cell`, `active`, and as far as known `lon`, `lat`, `zone`; those that are off get their
        marginal contribution.
    facilities
        See `facilities_from_data`.
    zone_share
        Share of each cell in armed-group zones, for the exposure.
    names
        Names of departments and communes by P-code.

    Raises
    ------
    InputError
        If the travel times are in another unit than the standard, or a base id is there twice.
    """
    cases = cases or Cases()
    if travel.unit != standard.unit:
        raise InputError(f"standard: found {standard}, but the travel model gives {travel.unit}. Use the same unit.")
    if twice := bases.loc[bases["base_id"].duplicated(), "base_id"].tolist():
        raise InputError(f"bases: found {', '.join(twice)} twice, required each id once.")
    table = travel.table(bases)
    active = bases["active"].to_numpy(dtype="bool")
    share = np.zeros(len(grid)) if zone_share is None else zone_share
    speeds = cases.speeds(standard.unit)
    states = {
        name: _State(table <= np.float32(standard.value * factor), active, factor) for name, factor in speeds.items()
    }
    nearest = table[active].min(axis=0) if active.any() else np.full(len(grid), np.inf, dtype="float32")
    nearest = np.round(nearest.astype("float64"), DECIMALS)
    facilities = _no_facilities() if facilities is None else facilities
    times = {who: reach.mean_and_p90(nearest, grid.people[who]) for who in cases.people}
    runs = {
        (who, speed): _figures(
            grid, state, times[who], grid.people[who], facilities, share, cases.outage, standard.unit
        )
        for who in cases.people
        for speed, state in states.items()
    }
    central = states[CENTRAL]
    return Coverage(
        standard=standard,
        figures=_banded(runs, facilities, bases, active),
        by_department=_by_region(grid, grid.departments, states, nearest, cases, names, largest_gap_first=False),
        by_commune=_by_region(grid, grid.communes, states, nearest, cases, names, largest_gap_first=True),
        by_base=_by_base(grid, bases, states, cases),
        cells=_cell_frame(grid, states, nearest),
        facilities=_facility_frame(facilities, states, nearest),
        method=_method(travel, standard, cases, int(central.active.sum())),
    )


class _State:
    """Who is within the standard under one speed."""

    def __init__(self, within: Bools, active: Bools, factor: float) -> None:
        self.all = within
        self.active = active
        self.within = within[active]
        self.counts: Ints = reach.counts(self.within)
        self.factor = factor


def _no_facilities() -> pd.DataFrame:
    return pd.DataFrame({"facility_id": [], "kind": [], "name": [], "cell": np.empty(0, dtype="int64")})


def _figures(
    grid: Grid,
    state: _State,
    times: tuple[float, float, float],
    people: Ints,
    facilities: pd.DataFrame,
    zone_share: Floats,
    outage: float,
    unit: str,
) -> dict[str, tuple[float, str]]:
    """Return value and unit of each figure in one case."""
    c, total = state.counts, int(people.sum())
    covered = int(people[c > 0].sum())
    single, double = reach.worst_losses(state.within, people)
    mean, p90, unreachable = times
    codes, group = grid.departments
    by_group = reach.sum_by(group, people, len(codes))
    rates = np.divide(
        reach.sum_by(group, people * (c > 0), len(codes)), by_group, out=np.zeros(len(codes)), where=by_group > 0
    )
    exposed = float((people * zone_share)[c > 0].sum())
    found: dict[str, tuple[float, str]] = {
        "people_covered": (covered, "people"),
        "people_covered_pct": (percent(covered, total), "%"),
        "backup_covered_pct": (percent(int(people[c > 1].sum()), total), "%"),
        "expected_covered": (reach.expected_people(c, people, outage), "people"),
        "worst_single_loss": (single[0], "people"),
        "worst_double_loss": (double[0], "people"),
        "mean_time": (mean / state.factor, unit),
        "p90_time": (p90 / state.factor, unit),
        "unreachable_pct": (100 * unreachable, "%"),
        "covered_in_zones": (exposed, "people"),
        "covered_in_zones_pct": (percent(exposed, covered), "%"),
        "department_min_pct": (100 * float(rates.min()), "%"),
        "department_gini": (reach.gini(rates, by_group), "0-1"),
    }
    reached = c[facilities["cell"].to_numpy(dtype="int64")] > 0
    kind = facilities["kind"].to_numpy()
    return found | {f"{name}_covered": (int(reached[kind == name].sum()), name) for name in FACILITY_KINDS}


def _banded(
    runs: Mapping[tuple[str, str], Mapping[str, tuple[float, str]]],
    facilities: pd.DataFrame,
    bases: pd.DataFrame,
    active: Bools,
) -> pd.DataFrame:
    rows: list[tuple[str, float, float, float, str, float]] = []
    totals = facilities["kind"].value_counts()
    for name, (value, unit) in runs[CENTRAL, CENTRAL].items():
        low, high = reach.band([run[name][0] for run in runs.values()])
        of = float(totals.get(unit, 0)) if unit in FACILITY_KINDS else np.nan
        rows.append((name, value, low, high, unit, of))
    exposed = int((active & (bases["zone"].fillna("") != "").to_numpy()).sum()) if "zone" in bases else 0
    rows.append(("bases_active", int(active.sum()), int(active.sum()), int(active.sum()), "bases", np.nan))
    rows.append(("bases_in_zones", exposed, exposed, exposed, "bases", float(active.sum())))
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "unit", "of"])


def _by_region(
    grid: Grid,
    region: tuple[NDArray[np.str_], Ints],
    states: Mapping[str, _State],
    nearest: Floats,
    cases: Cases,
    names: Mapping[str, str] | None,
    *,
    largest_gap_first: bool,
) -> pd.DataFrame:
    codes, group = region

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
            "name": [(names or {}).get(code, code) for code in codes.tolist()],
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
    if largest_gap_first:
        rows = rows.sort_values(["uncovered_people", "pcode"], ascending=[False, True], kind="stable")
    return rows.reset_index(drop=True)


def _by_base(grid: Grid, bases: pd.DataFrame, states: Mapping[str, _State], cases: Cases) -> pd.DataFrame:
    people, state = grid.people[CENTRAL], states[CENTRAL]
    cell = bases["cell"].to_numpy(dtype="int64")
    alone, fair = np.zeros(len(bases)), np.zeros(len(bases))
    alone[state.active] = reach.unique_people(state.within, people)
    fair[state.active] = reach.fair_share(state.within, people)
    marginal = state.all @ (people * (state.counts == 0)).astype("float64")
    in_reach = np.array([s.all @ grid.people[who].astype("float64") for who in cases.people for s in states.values()])
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
        }
    )


def _cell_frame(grid: Grid, states: Mapping[str, _State], nearest: Floats) -> pd.DataFrame:
    reached = np.array([state.counts > 0 for state in states.values()])
    return pd.DataFrame(
        {
            "cell": grid.ids,
            "people": grid.people[CENTRAL],
            "count": states[CENTRAL].counts,
            "time": nearest,
            "certain": reached.all(axis=0),
            "possible": reached.any(axis=0),
        }
    )


def _facility_frame(facilities: pd.DataFrame, states: Mapping[str, _State], nearest: Floats) -> pd.DataFrame:
    at = facilities["cell"].to_numpy(dtype="int64")
    reached = np.array([state.counts[at] > 0 for state in states.values()]).reshape(len(states), len(at))
    return facilities.drop(columns="cell").assign(
        time=nearest[at],
        covered=states[CENTRAL].counts[at] > 0,
        certain=np.asarray(reached.all(axis=0)),
        possible=np.asarray(reached.any(axis=0)),
    )


def _method(travel: Travel, standard: Standard, cases: Cases, active: int) -> str:
    speeds = ", ".join(f"{name} x {factor:g}" for name, factor in cases.speeds(standard.unit).items())
    return (
        f"Within {standard} of {active} active bases, equality included. {travel.method} "
        f"Bands: lowest and highest over speed cases ({speeds}) and {len(cases.people)} ways to spread commune totals "
        f"(IHSI 2015) over the cells. Expected coverage: each base out with probability {cases.outage:g}. Indicative: "
        "for comparing plans, not for promising times."
    )


def locate(grid: Grid, bases: pd.DataFrame, zones: Any = None, *, lon: str = "lon", lat: str = "lat") -> pd.DataFrame:
    """
    Add `cell`, `snap_m` and `zone` (names of the zones a base stands in, joined with ;) to bases with a place.

    Parameters
    ----------
    zones
        Polygons in `crs.METRIC` with `name_en` or `zone_id`, for example `Network.zones`.
    """
    import shapely

    from mssmap.grid import to_metric

    cell, distance = grid.nearest(bases[lon].to_numpy(), bases[lat].to_numpy())
    inside = [""] * len(bases)
    if zones is not None and len(zones):
        points = shapely.points(*to_metric(bases[lon].to_numpy(), bases[lat].to_numpy()))
        label = zones["name_en"] if "name_en" in zones else zones["zone_id"]
        point, zone = zones.sindex.query(points, predicate="intersects")
        hits: dict[int, list[str]] = {}
        for i, j in sorted(zip(point.tolist(), zone.tolist(), strict=True)):
            hits.setdefault(i, []).append(str(label.iloc[j]))
        inside = ["; ".join(hits.get(i, [])) for i in range(len(bases))]
    return bases.assign(cell=cell, snap_m=distance, zone=inside)


def region_names(data: Data, language: str = "fr") -> dict[str, str]:
    """Return the names of departments and communes by P-code."""
    found: dict[str, str] = {}
    for layer in ("departments", "communes"):
        rows = data[layer]
        column = f"name_{language}" if f"name_{language}" in rows else "name_fr"
        found |= dict(zip(rows["pcode"].tolist(), rows[column].tolist(), strict=True))
    return found


def compare(results: Mapping[str, Coverage]) -> pd.DataFrame:
    """
    Put the figures of two to four plans side by side.

    Returns
    -------
    compared
        `name`, `unit`, a column for each plan and `<plan> - <first>` for each but the first.

    Raises
    ------
    InputError
        If there are fewer than two plans or more than four, or their standards differ.
    """
    _require_comparable(results)
    first, *others = results
    rows = results[first].figures[["name", "unit"]].copy()
    for plan, result in results.items():
        rows[plan] = result.figures["value"].to_numpy()
    for plan in others:
        rows[f"{plan} - {first}"] = rows[plan] - rows[first]
    return rows


def consensus(results: Iterable[Coverage]) -> pd.DataFrame:
    """Return for each cell how many of some plans cover it: `cell`, `people`, `plans`."""
    every: Sequence[Coverage] = list(results)
    rows = every[0].cells[["cell", "people"]].copy()
    return rows.assign(plans=np.sum([result.cells["count"].to_numpy() > 0 for result in every], axis=0))


def _require_comparable(results: Mapping[str, Coverage]) -> None:
    if not 2 <= len(results) <= 4:
        raise InputError(f"compare: found {len(results)} plans, required two to four.")
    if len(standards := {str(result.standard) for result in results.values()}) > 1:
        raise InputError(f"compare: found standards {', '.join(sorted(standards))}, required one for all plans.")
