"""One coast for all layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.base import COAST_ZONE_M, SIMPLIFY_M, SIMPLIFY_NEIGHBOUR_M
from geodata.geometry import polygons_of, rounded_coverage, to_degrees


def measure_shift(shore: BaseGeometry, haiti: BaseGeometry) -> tuple[float, float, float]:
    """
    Remaining shift between the Haitian coast of the sections and the GSHHG coast.

    Iterated closest points over the vertices within 1,500 m of the shore.

    Returns
    -------
    east_m, north_m, median_m
        Shift in metres still to be added to the shore, and the median distance left after it.
    """
    vertices = shapely.get_coordinates(haiti.boundary)
    vertices = vertices[shapely.distance(shapely.points(vertices), shore) < 1_500]
    shift = np.zeros(2)
    step = np.zeros((1, 2))
    for _ in range(20):
        lines = shapely.shortest_line(shapely.points(vertices + shift), shore)
        ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        step = ends[:, 1] - ends[:, 0]
        shift = shift + step[np.hypot(*step.T) < 600].mean(axis=0)
    return -shift[0], -shift[1], float(np.median(np.hypot(*step.T)))


def nearest_owner(
    gap: BaseGeometry, owners: dict[str, BaseGeometry], spacing_m: float = 150
) -> dict[str, BaseGeometry]:
    """Split `gap` among `owners` by nearest boundary, with a Voronoi diagram of points `spacing_m` apart."""
    points: dict[tuple[float, float], str] = {}
    for owner, geometry in owners.items():
        for x, y in np.round(shapely.get_coordinates(shapely.segmentize(geometry.boundary, spacing_m)), 1):
            points.setdefault((x, y), owner)
    names = list(points.values())
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(list(points)), ordered=True))
    pieces = polygons_of(gap)
    cell, piece = shapely.STRtree(pieces).query(cells, predicate="intersects")
    shares: dict[str, list[BaseGeometry]] = defaultdict(list)
    for cell_number, piece_number in sorted(zip(cell, piece, strict=True)):
        shares[names[cell_number]].append(cells[cell_number].intersection(pieces[piece_number]))
    return {owner: shapely.union_all(parts) for owner, parts in shares.items()}


def neighbour_land(haiti: BaseGeometry, shore: Sequence[Polygon]) -> BaseGeometry:
    """
    The rest of Hispaniola east of the Haitian border, metres.

    What the GSHHG coast leaves outside the Haitian coast west of the border is sea here: strips along the Haitian
    shore are cut off, those nearer to the neighbour than to Haiti stay with it.
    """
    land = max(shore, key=lambda part: part.area).simplify(SIMPLIFY_NEIGHBOUR_M)
    east = max(polygons_of(land.difference(haiti)), key=lambda part: part.area)
    core = east.buffer(-600).buffer(550)
    coastal = land.boundary.buffer(COAST_ZONE_M).intersection(haiti.buffer(COAST_ZONE_M))
    strips = east.difference(core).intersection(coastal)
    shares = nearest_owner(strips, {"haiti": haiti, "east": core})
    return max(polygons_of(east.difference(shares.get("haiti", Polygon()))), key=lambda part: part.area)


def build_coverage(
    sections: dict[str, BaseGeometry], east: BaseGeometry
) -> tuple[dict[str, BaseGeometry], BaseGeometry]:
    """Simplify sections and the Dominican Republic together, so that they share every border vertex; degrees."""
    members = np.array([MultiPolygon(polygons_of(shape)) for shape in [*sections.values(), east]], dtype=object)
    clean = shapely.coverage_clean(members, snapping_distance=1, gap_width=150, merge_strategy="min_area")
    simple = shapely.coverage_simplify(clean, SIMPLIFY_M, simplify_boundary=True)
    degrees = rounded_coverage([to_degrees(shape) for shape in simple])
    return dict(zip(sections, degrees[:-1], strict=True)), degrees[-1]
