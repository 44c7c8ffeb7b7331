"""
Planning against the usual ways, both in one run: `python -m benchmarks.planning [--no-spopt]`.

Prints ratios; absolute times depend on the machine. Exits 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap import settings
from mssmap.planning import on_data, scenario
from mssmap.planning.ground.grid import to_metric
from mssmap.planning.reach import CoverageIndex
from mssmap.planning.siting import solver
from mssmap.records import catalog
from mssmap.records.timeline import Clocks

CLOCKS = Clocks(date(2026, 4, 1), date(2026, 11, 22))
RADIUS_M = 30_000


def median_ms(work: Callable[[], Any], times: int = 15) -> float:
    """Return the median time of some runs, after one to warm up."""
    work()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - started))
    return statistics.median(found)


class Report:
    """Lines on stdout, and whether every target was met."""

    def __init__(self) -> None:
        self.ok = True

    def line(self, what: str, found: str, target: str = "", met: bool = True) -> None:
        self.ok &= met
        mark = "" if not target else "  ok" if met else "  MISSED"
        print(f"{what:<64} {found:>16}  {target}{mark}", flush=True)


def toggles(report: Report) -> None:
    """Compare a toggle with geopandas doing buffer, union and join on the same grid."""
    data = catalog.open_data(settings.default_data_dir())
    plan = scenario.baseline(data, CLOCKS)
    on = on_data.ground(data, plan)
    bases = scenario.bases(data, plan, on.network)
    people = on.grid.people["central"]
    index = CoverageIndex(on.travel.table(bases) <= 60, people, np.flatnonzero(bases["active"]))
    cells = gpd.GeoDataFrame({"people": people}, geometry=gpd.points_from_xy(*on.grid.xy.T), crs="EPSG:32618")
    at = gpd.GeoSeries(gpd.points_from_xy(*to_metric(bases["lon"], bases["lat"])), crs="EPSG:32618")
    state = {"on": bases["active"].to_numpy().copy()}

    def the_usual_way() -> float:
        state["on"][0] ^= True
        area = at[state["on"]].buffer(RADIUS_M).union_all()
        inside = gpd.sjoin(cells, gpd.GeoDataFrame(geometry=[area], crs=cells.crs), predicate="within")
        return float(inside["people"].sum())

    def ours() -> float:
        index.toggle(0)
        return float(index.covered)

    def all_figures() -> pd.DataFrame:
        state["plan"] = state.get("plan", plan).toggle("fob-08")
        return on_data.evaluate(data, state["plan"]).figures

    usual, core, full = median_ms(the_usual_way), median_ms(ours, 200), median_ms(all_figures)
    report.line("toggle, geopandas buffer + union + join, people covered only", f"{usual:.1f} ms")
    report.line(f"toggle, count vector, {len(people):,} cells", f"{core:.3f} ms", "< 1 ms", core < 1)
    report.line("  ratio", f"{usual / core:,.0f} x", ">= 10 x", usual >= 10 * core)
    report.line("toggle, all 21 figures with bands over nine cases (tables lazy)", f"{full:.1f} ms")

    random = np.random.default_rng(0)
    big = CoverageIndex(random.random((50, 100_000)) < 0.2, random.integers(1, 1000, 100_000), range(6))

    def large() -> float:
        big.toggle(7)
        return float(big.covered)

    core = median_ms(large, 200)
    report.line("toggle, count vector, 100,000 points", f"{core:.3f} ms", "< 10 ms", core < 10)


def instance(sites: int, points: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return distances and people of a random instance, the same every time."""
    random = np.random.default_rng(0)
    a, b = random.random((sites, 2)), random.random((points, 2))
    return np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1]), random.integers(1, 1000, points)


def best_sites(report: Report, *, with_spopt: bool) -> None:
    """Compare the maximal covering model with spopt and CBC, then the larger instances with their target."""
    times, people = instance(200, 10_000)
    for radius, k in ((0.1, 10), (0.15, 10)):
        ours = solver.from_matrix(times, people, k=k, standard=radius)
        what = f"mclp 200 x 10,000, k {k}, radius {radius}"
        report.line(f"{what}: gap {ours.gap_pct:.4f} %", f"{ours.seconds:.2f} s", "proven", ours.proven)
        if with_spopt:
            seconds, objective = spopt_mclp(times, people, radius, k)
            ratio = seconds / ours.seconds
            report.line("  spopt with CBC", f"{seconds:.1f} s")
            report.line("  ratio", f"{ratio:.0f} x", ">= 20 x", ratio >= 20 and abs(objective - ours.objective) < 0.5)
    times, people = instance(1_000, 10_000)
    for radius, k in ((0.1, 10), (0.07, 15), (0.05, 15)):
        ours = solver.from_matrix(times, people, k=k, standard=radius, effort=solver.Effort(time_limit_s=10))
        what = f"mclp 1,000 x 10,000, k {k}, radius {radius}: gap {ours.gap_pct:.4f} %"
        met = ours.gap_pct < 0.5 and ours.seconds < 11
        report.line(what, f"{ours.seconds:.2f} s", "< 0.5 % in 10 s", met)


def spopt_mclp(times: np.ndarray[Any, Any], people: np.ndarray[Any, Any], radius: float, k: int) -> tuple[float, float]:
    """Return seconds and objective of spopt with CBC on the same arrays."""
    import pulp
    from spopt.locate import MCLP

    started = time.perf_counter()
    model = MCLP.from_cost_matrix(times.T, people, service_radius=radius, p_facilities=k)
    solved = model.solve(pulp.PULP_CBC_CMD(msg=False))
    return time.perf_counter() - started, float(solved.problem.objective.value())


def main() -> int:
    """Run everything; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--no-spopt", action="store_true", help="leave out the comparison with spopt and CBC (half a minute)"
    )
    options = parser.parse_args()
    report = Report()
    toggles(report)
    best_sites(report, with_spopt=not options.no_spopt)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
