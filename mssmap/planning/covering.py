"""
Who is covered by a set of bases, and how sure that is.

Every figure comes as a central value with a band: the smallest and largest over three ways to spread the population
(lambda) and three speeds. A cell is covered if one active base reaches its centre within the standard, equality
included; facilities and events count with the cell they lie in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning import covering_tables as tables
from mssmap.planning import reach
from mssmap.planning.access import DECIMALS, Standard, Travel, require_unit
from mssmap.planning.covering_tables import CENTRAL, Cases, Ground, State
from mssmap.planning.ground.grid import Floats, Grid, Ints
from mssmap.planning.method import Method, Sentence, say
from mssmap.planning.reach import Bools, percent
from mssmap.records import kinds

if TYPE_CHECKING:
    from mssmap.records.catalog import Data
    from mssmap.records.timeline import Clocks

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


@dataclass(frozen=True, eq=False)
class Coverage:
    """
    All figures of one set of bases; the tables are built when they are first asked for.

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
        `fair_share_people`, `marginal_people` (of a base that is off), `zone` (names of zones it stands in), `capacity`
        (personnel, missing if not stated), `people_per_officer` (fair share for each officer of a base that is on).
    cells
        `cell` (H3 text), `people`, `count` (active bases within the standard), `time` (to the nearest, missing if there
        is no way), `certain` (covered in every speed case) and `possible` (in at least one).
    facilities
        `facility_id`, `kind`, `name`, `time` (missing if there is no way), `covered`, `certain`, `possible`.
    method
        How the figures came about, with the caveats.
    """

    standard: Standard
    figures: pd.DataFrame
    method: Method
    ground: Ground = field(repr=False)

    @cached_property
    def by_department(self) -> pd.DataFrame:
        """Coverage by department."""
        return tables.by_region(self.ground, communes=False)

    @cached_property
    def by_commune(self) -> pd.DataFrame:
        """Coverage by commune."""
        return tables.by_region(self.ground, communes=True)

    @cached_property
    def by_base(self) -> pd.DataFrame:
        """Contribution of each base."""
        return tables.by_base(self.ground)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Count and time of each cell."""
        return tables.by_cell(self.ground)

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """Which facilities are covered."""
        return tables.by_facility(self.ground)

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
            raise InputError(
                _("figure: {name!r} does not exist; there are {found}.").format(
                    name=name, found=", ".join(self.figures["name"])
                )
            )
        return {str(key): value for key, value in rows.iloc[0].items()}


def facilities_from_data(data: Data, clocks: Clocks, grid: Grid, grade: str = "F6") -> pd.DataFrame:
    """
    Return the prisons and facilities with a place that were known then.

    Returns
    -------
    facilities
        `facility_id`, `kind` (the figure it counts for, see `FACILITY_KINDS`, or its own), `name`, `status`, `cell`.
    """
    from mssmap.records import views

    figure_of = {kind: figure for figure, kinds in FACILITY_KINDS.items() for kind in kinds}
    parts = []
    for layer in ("prisons", "facilities"):
        rows = views.layer(data, layer, clocks, grade)
        rows = rows[~rows.geometry.isna() & ~rows.geometry.is_empty]
        cell, distance = grid.nearest(rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy())
        kind = pd.Series("prisons", index=rows.index) if layer == "prisons" else rows["kind"].map(figure_of)
        part = pd.DataFrame(
            {
                "facility_id": rows[kinds.KEYS[layer]],
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
        `base_id`, `name`, `cell`, `active`, and as far as known `lon`, `lat`, `zone`, `capacity`
        (personnel); those that are off get their
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
    require_unit(travel, standard)
    if twice := bases.loc[bases["base_id"].duplicated(), "base_id"].tolist():
        raise InputError(_("bases: found {found} twice, required each id once.").format(found=", ".join(twice)))
    table = travel.table(bases)
    active = bases["active"].to_numpy(dtype="bool")
    share = np.zeros(len(grid)) if zone_share is None else zone_share
    speeds = cases.speeds(standard.unit)
    states = {
        name: State(table <= np.float32(standard.value * factor), active, factor) for name, factor in speeds.items()
    }
    nearest = table[active].min(axis=0) if active.any() else np.full(len(grid), np.inf, dtype="float32")
    nearest = np.round(nearest.astype("float64"), DECIMALS)
    facilities = _no_facilities() if facilities is None else facilities
    times = {who: reach.mean_and_p90(nearest, grid.people[who]) for who in cases.people}
    kinds = facilities["kind"].to_numpy(dtype="object")
    runs = {}
    for speed, state in states.items():
        reached = _facilities_reached(kinds[state.counts[facilities["cell"].to_numpy(dtype="int64")] > 0])
        for who in cases.people:
            people = grid.people[who]
            runs[who, speed] = _figures(grid, state, times[who], people, share, cases.outage, standard.unit) | reached
    return Coverage(
        standard=standard,
        figures=_banded(runs, facilities, bases, active),
        method=_method(travel, standard, cases, int(active.sum())),
        ground=Ground(grid, bases, facilities, states, nearest, cases, names or {}),
    )


def _no_facilities() -> pd.DataFrame:
    return pd.DataFrame({"facility_id": [], "kind": [], "name": [], "cell": np.empty(0, dtype="int64")})


def _figures(
    grid: Grid,
    state: State,
    times: tuple[float, float, float],
    people: Ints,
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
    return {
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


def _facilities_reached(kinds: NDArray[np.object_]) -> dict[str, tuple[float, str]]:
    return {f"{name}_covered": (int((kinds == name).sum()), name) for name in FACILITY_KINDS}


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
    if "capacity" in bases:
        stated = bases["capacity"].astype("float64").to_numpy()[active]
        total, known = float(np.nansum(stated)), float((~np.isnan(stated)).sum())
        rows.append(("capacity_stated", total, total, total, "personnel", np.nan))
        rows.append(("bases_with_capacity", known, known, known, "bases", float(active.sum())))
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "unit", "of"])


_CASES = {name: Sentence(name) for name in (mark("pessimistic"), mark("central"), mark("optimistic"))}
"""The speed cases that have words; others are called as whoever made them calls them."""


def _method(travel: Travel, standard: Standard, cases: Cases, active: int) -> Method:
    speeds = tuple(
        Sentence("{name} x {factor:g}", {"name": _CASES.get(name, name), "factor": factor})
        for name, factor in cases.speeds(standard.unit).items()
    )
    return (
        say(mark("Within {standard} of {active} active bases, equality included."), standard=standard, active=active)
        + travel.method
        + say(
            mark(
                "Bands: lowest and highest over speed cases ({speeds}) and {ways} ways to spread commune totals (IHSI "
                "2015) over the cells."
            ),
            speeds=speeds,
            ways=len(cases.people),
        )
        + say(mark("Expected coverage: each base out with probability {outage:g}."), outage=cases.outage)
        + say(mark("Indicative: for comparing plans, not for promising times."))
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

    from mssmap.planning.ground.grid import to_metric

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


@lru_cache(maxsize=8)
def region_names(data: Data, language: str = "fr") -> Mapping[str, str]:
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
        `name`, `unit`, for each plan a column and its band (`<plan> low`, `<plan> high`), and `<plan> - <first>` for
        each but the first.

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
        for end in ("low", "high"):
            rows[f"{plan} {end}"] = result.figures[end].to_numpy()
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
        raise InputError(_("compare: found {count} plans, required two to four.").format(count=len(results)))
    if len(standards := {str(result.standard) for result in results.values()}) > 1:
        raise InputError(
            _("compare: found standards {found}, required one for all plans.").format(
                found=", ".join(sorted(standards))
            )
        )
