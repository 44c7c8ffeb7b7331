"""Roads: a schematic network bent to stay on land."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from geodata.base import ROAD_CLASSES, Record, Row, require
from geodata.geometry import rounded, to_degrees, to_metric
from geodata.inputs import read_csv
from geodata.names import key_of, slug_of


@dataclass(frozen=True)
class Ground:
    """Where a drawn road may run, metres: `allowed` must hold it, `inner` is the part the lattice uses."""

    allowed: BaseGeometry
    inner: BaseGeometry
    step_m: float = 500.0


def make_ground(land: BaseGeometry, lakes: BaseGeometry) -> Ground:
    """Haitian land (metres) with a margin to sea, border and lakes."""
    dry = land.difference(lakes.buffer(120))
    ground = Ground(allowed=dry.buffer(-120), inner=dry.buffer(-300))
    shapely.prepare(ground.allowed)
    shapely.prepare(ground.inner)
    return ground


def lattice_path(start: Point, end: Point, ground: Ground) -> list[tuple[float, float]]:
    """
    Shortest path on a square lattice with eight neighbours over `ground.inner` (A*), pulled straight.

    Raises
    ------
    GeodataError
        If no path is found within 100,000 lattice points.
    """
    step = ground.step_m
    goal = (round(end.x / step), round(end.y / step))
    source = (round(start.x / step), round(start.y / step))
    moves = [(dx, dy, math.hypot(dx, dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    queue = [(math.dist(source, goal), 0.0, source)]
    came: dict[tuple[int, int], tuple[int, int]] = {}
    cost = {source: 0.0}
    while queue:
        _, spent, cell = heapq.heappop(queue)
        if cell == goal:
            break
        if spent > cost[cell] or len(cost) > 100_000:
            continue
        for dx, dy, length in moves:
            other = (cell[0] + dx, cell[1] + dy)
            inside = shapely.contains_xy(ground.inner, other[0] * step, other[1] * step)
            if (
                not inside
                and other != goal
                and not shapely.contains_xy(ground.allowed, other[0] * step, other[1] * step)
            ):
                continue
            # In the margin along the shore a step counts tenfold: leave it as soon as possible.
            total = spent + length * (1 if inside else 10)
            if total < cost.get(other, math.inf):
                cost[other], came[other] = total, cell
                heapq.heappush(queue, (total + math.dist(other, goal), total, other))
    require(goal in came, f"no way over land from {start.wkt} to {end.wkt}. Check the road nodes.")
    cells = [goal]
    while cells[-1] != source:
        cells.append(came[cells[-1]])
    path = [(start.x, start.y), *((x * step, y * step) for x, y in reversed(cells[1:-1])), (end.x, end.y)]
    return pulled(path, ground)


def pulled(path: list[tuple[float, float]], ground: Ground) -> list[tuple[float, float]]:
    """Drop the points of a path that can be skipped without leaving `ground.allowed`."""
    kept, here = [path[0]], 0
    while here < len(path) - 1:
        ahead = len(path) - 1
        while ahead > here + 1 and not ground.allowed.covers(LineString([path[here], path[ahead]])):
            ahead -= 1
        kept.append(path[ahead])
        here = ahead
    return kept


def catmull_rom(points: np.ndarray, samples: int = 12) -> list[np.ndarray]:
    """
    Centripetal Catmull-Rom curve through `points` (n x 2), one array of samples a segment.

    Source: Yuksel, Schaefer, Keyser (2011), Parameterization and applications of Catmull-Rom curves.
    """
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    control = np.vstack([first, points, last])
    segments = []
    for p0, p1, p2, p3 in zip(control, control[1:], control[2:], control[3:], strict=False):
        t0 = 0.0
        t1 = t0 + math.sqrt(math.dist(p0, p1))
        t2 = t1 + math.sqrt(math.dist(p1, p2))
        t3 = t2 + math.sqrt(math.dist(p2, p3))
        t = np.linspace(t1, t2, samples + 1)[:, None]
        a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        segments.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    return segments


def routes_of(edges: Sequence[Row]) -> list[list[int]]:
    """Group consecutive edges with the same reference that continue each other."""
    routes: list[list[int]] = []
    for number, edge in enumerate(edges):
        previous = edges[number - 1]
        if number and edge["ref"] == previous["ref"] and edge["from"] == previous["to"]:
            routes[-1].append(number)
        else:
            routes.append([number])
    return routes


def rounded_corners(path: np.ndarray) -> np.ndarray:
    """Cut the corners of a path three times (Chaikin), ends kept."""
    for _ in range(3):
        quarter = 0.75 * path[:-1] + 0.25 * path[1:]
        three = 0.25 * path[:-1] + 0.75 * path[1:]
        path = np.vstack([path[:1], np.column_stack([quarter, three]).reshape(-1, 2), path[-1:]])
    return path


def draw_route(edges: Sequence[Row], points: dict[str, Point], ground: Ground) -> list[LineString]:
    """One smooth line an edge of a route; a section that would leave the ground keeps its bent path, corners cut."""
    paths = []
    for edge in edges:
        start, end = points[edge["from"]], points[edge["to"]]
        straight = [(start.x, start.y), (end.x, end.y)]
        free = ground.allowed.covers(LineString(straight))
        paths.append(straight if free else lattice_path(start, end, ground))
    chain = np.array([paths[0][0], *(point for path in paths for point in path[1:])])
    curve = catmull_rom(chain)
    lines, begin = [], 0
    for path in paths:
        pieces = curve[begin : begin + len(path) - 1]
        begin += len(path) - 1
        smooth = LineString(np.vstack([pieces[0][:1], *(piece[1:] for piece in pieces)]))
        if not ground.allowed.covers(smooth):
            bent = shapely.segmentize(LineString(path), 900)
            smooth = LineString(rounded_corners(shapely.get_coordinates(bent)))
        lines.append(smooth.simplify(40))
    return lines


def road_points(ground: Ground) -> dict[str, Point]:
    """Road nodes in metres, moved to the nearest point of `ground.allowed` where they lie outside (at most 2 km)."""
    points = {}
    for row in read_csv("road_nodes.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        if not ground.allowed.contains(point):
            moved = shapely.shortest_line(ground.allowed.buffer(-5), point)
            point = Point(moved.coords[0])
            require(moved.length < 2_000, f"road node {row['node']}: {moved.length:.0f} m off the land.")
        points[row["node"]] = point
    return points


def build_road_tables(pcodes: Sequence[Row]) -> tuple[list[Row], list[dict[str, Any]]]:
    """
    Road nodes named as the communes are, and road edges with their estimated length.

    The length is the straight line in UTM 18N times the detour factor, kilometres.
    """
    spelling = {key_of(row["name_fr"]): row["name_fr"] for row in pcodes if row["level"] == "ADM2"}
    nodes = [row | {"name": spelling.get(key_of(row["name"]), row["name"])} for row in read_csv("road_nodes.csv")]
    place = {row["node"]: to_metric(Point(float(row["lon"]), float(row["lat"]))) for row in nodes}
    edges = []
    for row in read_csv("road_edges.csv"):
        length_km = place[row["from"]].distance(place[row["to"]]) / 1000 * float(row["detour"])
        edges.append(
            {
                "road_id": f"{slug_of(row['from'])}--{slug_of(row['to'])}",
                "from": row["from"],
                "to": row["to"],
                "ref": row["ref"],
                "class": ROAD_CLASSES[row["class"]],
                "terrain": row["terrain"],
                "detour": float(row["detour"]),
                "length_km": round(length_km, 1),
                "length_source": f"estimate: straight line x {row['detour']}",
            }
        )
    return nodes, edges


def build_roads(nodes: Sequence[Row], edges: Sequence[dict[str, Any]], ground: Ground) -> list[Record]:
    """Schematic road lines by id."""
    names = {row["node"]: row["name"] for row in nodes}
    points = road_points(ground)
    records: list[Record] = []
    for route in routes_of(edges):
        lines = draw_route([edges[number] for number in route], points, ground)
        for number, line in zip(route, lines, strict=True):
            edge = edges[number]
            properties = {
                "road_id": edge["road_id"],
                "ref": edge["ref"] or None,
                "class": edge["class"],
                "from_place": names[edge["from"]],
                "to_place": names[edge["to"]],
                "length_km": edge["length_km"],
                "length_source": edge["length_source"],
                "detour": edge["detour"],
                "course": "schematic",
            }
            records.append((properties, rounded(to_degrees(line))))
    return sorted(records, key=lambda record: record[0]["road_id"])
