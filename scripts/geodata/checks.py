"""What the build checks before it writes."""

from __future__ import annotations

import itertools
import math
import sys
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geodata.base import Record, require
from geodata.coast import measure_shift
from geodata.geometry import polygons_of, to_degrees, to_metric


def check_admin(admin: dict[str, list[Record]], population: dict[str, int]) -> None:
    """Counts, coverage, parents, areas and population sums of the administrative levels."""
    for layer, count in (("sections", 570), ("communes", 140), ("arrondissements", 42), ("departments", 10)):
        shapes = np.array([shape for _, shape in admin[layer]], dtype=object)
        require(len(shapes) == count, f"{layer}: found {len(shapes)} features, required {count}.")
        require(bool(shapely.is_valid(shapes).all()), f"{layer}: invalid geometry.")
        require(bool(shapely.coverage_is_valid(shapes)), f"{layer}: gaps or overlaps between features.")
    shapes_by_pcode = {row["pcode"]: shape for records in admin.values() for row, shape in records}
    for row, shape in (*admin["sections"], *admin["communes"], *admin["arrondissements"]):
        inside = shapes_by_pcode[row["parent_pcode"]].covers(shape)
        require(inside, f"{row['pcode']}: not inside its parent {row['parent_pcode']}.")
    total_km2 = sum(row["area_km2"] for row, _ in admin["communes"])
    require(26_900 <= total_km2 <= 27_050, f"communes: {total_km2:.0f} km2 in total.")
    for layer, digits in (("communes", 5), ("communes", 4), ("arrondissements", 4)):
        sums: dict[str, int] = defaultdict(int)
        for row, _ in admin[layer]:
            sums[row["pcode"][:digits]] += row["population"]
        wrong = [pcode for pcode, people in sums.items() if people != population[pcode]]
        require(not wrong, f"{layer}: population does not add up in {', '.join(wrong)}.")


def check_against_source(admin: dict[str, list[Record]], full: dict[str, BaseGeometry]) -> None:
    """What simplifying did: sections keep their area within 2 % or 0.1 km2, and 97 % of their ground."""
    for row, shape in admin["sections"]:
        kept, before = to_metric(shape), full[row["pcode"]]
        change = abs(kept.area - before.area)
        require(change < max(0.02 * before.area, 1e5), f"{row['pcode']}: area changed by {change / 1e6:.2f} km2.")
        share = kept.intersection(before).area / before.area
        require(share > 0.97, f"{row['pcode']}: {share:.1%} of its ground kept.")


def check_shift(shore: BaseGeometry, haiti: BaseGeometry) -> None:
    """The shifted GSHHG coast, from which the lakes come, lies on the official one within 30 m."""
    east_m, north_m, median_m = measure_shift(shore.boundary, haiti.simplify(100))
    print(f"coast: {east_m:+.0f} m east, {north_m:+.0f} m north left, median {median_m:.0f} m", file=sys.stderr)
    require(math.hypot(east_m, north_m) < 30, "GSHHG_SHIFT_M does not lay the coast on that of the sections.")


def check_border(haiti: BaseGeometry, east: BaseGeometry) -> None:
    """Haiti and the Dominican Republic (degrees) share one border, with no overlap and no gap wider than 300 m."""
    require(bool(shapely.coverage_is_valid(np.array([haiti, east], dtype=object))), "Haiti overlaps its neighbour.")
    west_m, east_m = to_metric(haiti), to_metric(east)
    border_km = west_m.boundary.intersection(east_m.boundary).length / 1000
    require(border_km > 300, f"border with the Dominican Republic: {border_km:.0f} km shared, required 300.")
    both = shapely.union_all([west_m, east_m])
    for ring in itertools.chain.from_iterable(part.interiors for part in polygons_of(both)):
        gap = Polygon(ring)
        at_border = gap.distance(west_m) < 1 and gap.distance(east_m) < 1
        require(not (at_border and gap.buffer(-150)), f"gap at the border near {to_degrees(gap.centroid).wkt}.")


def check_roads(roads: Sequence[Record], land: BaseGeometry, lakes: BaseGeometry) -> None:
    """Every road lies on land for at least 99.5 % of its length."""
    dry = land.difference(lakes)
    for row, line in roads:
        metric = to_metric(line)
        share = metric.intersection(dry).length / metric.length
        require(share >= 0.995, f"road {row['road_id']}: only {share:.1%} on land.")


def check_places(places: Sequence[Record]) -> None:
    """Every commune has exactly one seat, every department one capital, ids are unique."""
    seats = [row["commune_pcode"] for row, _ in places if row["capital"]]
    require(len(seats) == len(set(seats)) == 140, f"places: {len(seats)} seats of communes, required 140.")
    capitals = [row["department_pcode"] for row, _ in places if row["capital"] in ("country", "department")]
    require(len(capitals) == len(set(capitals)) == 10, f"places: {len(capitals)} capitals, required 10.")
