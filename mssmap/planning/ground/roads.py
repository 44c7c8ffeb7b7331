"""
The travel graph: an off-road lattice over the grid and the coarse road model, with what slows or closes them.

Roads are 136 edges between 112 towns, compiled from public knowledge (lengths +-10 to 20 %, courses schematic). Each is
laid over the cells it passes, so that one may join it anywhere. Free-flow speed goes by class; roads in Haiti run at
0.8 of it. Armed-group zones and the reported status of a road multiply the time of a link or close it. Where a road is
reported closed nobody drives beside it either: the lattice steps along its cells are cut, those across it stay.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from mssmap.crs import METRIC, WGS84, require_crs
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning.ground.grid import Floats, Grid, Ints, to_metric
from mssmap.planning.ground.osm_speeds import CLASS_KMH, ROAD_FACTOR
from mssmap.planning.method import NOTHING, Method, Sentence, say
from mssmap.planning.reach import percent
from mssmap.records import units
from mssmap.records.evidence import LOWEST

if TYPE_CHECKING:
    from mssmap.records.catalog import Data
    from mssmap.records.timeline import Clocks

STREETS_ID = re.compile(r"[0-9a-f]{12}")
"""Id of a street set: the beginning of the hash of its content."""

OFFROAD_KMH = 12.0
OFFROAD_RANGE_KMH = (4.0, 20.0)

OFFROAD_COUNTS = 10
"""
In kilometres by road, one off the road counts as so many when the way is chosen, and once in its length: one does not
leave a road to cut a corner, and takes a road that is near rather than the very nearest.
"""

_PER_KM = 1e4
_LENGTH = 2.0**24
"""
A way in kilometres is one whole number, so that one search gives both what it counts (times `_LENGTH`) and its length:
decimetres, exact up to 1,600 km long and 50,000 km counted.
"""

STATUSES = ("open", "restricted", "closed", "unknown")
ZONE_EFFECTS = ("ignored", "slower", "closed")
ZONE_LEVELS = (mark("controlled"), mark("contested"), mark("influence"), mark("attacks"))
CLOSED_FROM_SHARE = 0.5
"""With the effect `closed`, a link is closed if zones cover at least this share of it."""

COARSE_ZONES = ("department", "country")
"""Zones of one's own that say no extent act on roads unless their place is only known so coarsely."""

ACTING = (units.AREA, units.SPOT)
"""Zones that act on roads: named units, and places within their uncertainty. A count or a share says not where."""

SAMPLE_M = 250.0
"""Step at which a road is laid over the cells."""

SNAP_M = 3_000.0
"""A point of a road farther than this from every cell centre (sea, abroad) belongs to no cell."""


@dataclass(frozen=True)
class RoadStatus:
    """What a source reported about one road, on a day (ISO text)."""

    road_id: str
    status: str
    source: str = ""
    date: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InputError(
                _("road {road_id}: status {status!r}, required one of {choices}.").format(
                    road_id=self.road_id, status=self.status, choices=", ".join(STATUSES)
                )
            )


@dataclass(frozen=True)
class RoadSettings:
    """
    How travel is computed.

    Attributes
    ----------
    offroad_kmh
        Speed away from roads, 4 to 20 km/h.
    use_status
        False: every road counts as open.
    status
        Reports by road; a road without one is `unknown` and counts as open.
    restricted_factor
        m: what a restriction multiplies time by, >= 1.
    zones
        `slower`: a link with a share f in zones takes 1 + f (m - 1) times as long; `closed`: a link with half or more
        of it in zones is closed; `ignored`.
    zone_factor
        m for zones, >= 1.
    zone_levels
        Statuses of a zone that count.
    streets
        Id of the street set (`mssmap streets add`) on whose roads one travels; empty for the road model.
    """

    offroad_kmh: float = OFFROAD_KMH
    use_status: bool = True
    status: tuple[RoadStatus, ...] = ()
    restricted_factor: float = 2.0
    zones: str = "slower"
    zone_factor: float = 2.0
    zone_levels: tuple[str, ...] = ("controlled", "contested")
    streets: str = ""

    def __post_init__(self) -> None:
        low, high = OFFROAD_RANGE_KMH
        faults = []
        if not low <= self.offroad_kmh <= high:
            faults.append(
                _("offroad_kmh {offroad_kmh}, required {low:g} to {high:g}").format(
                    offroad_kmh=self.offroad_kmh, low=low, high=high
                )
            )
        for name in ("restricted_factor", "zone_factor"):
            if not 1 <= getattr(self, name) < float("inf"):
                faults.append(
                    _("{name} {found}, required a number of at least 1").format(name=name, found=getattr(self, name))
                )
        if self.zones not in ZONE_EFFECTS:
            faults.append(
                _("zones {zones!r}, required one of {choices}").format(
                    zones=self.zones, choices=", ".join(ZONE_EFFECTS)
                )
            )
        if unknown := [level for level in self.zone_levels if level not in ZONE_LEVELS]:
            faults.append(
                _("zone_levels {level!r}, required some of {choices}").format(
                    level=unknown[0], choices=", ".join(ZONE_LEVELS)
                )
            )
        if self.streets and not STREETS_ID.fullmatch(self.streets):
            faults.append(
                _("streets {found!r}, required an id of mssmap streets list or nothing").format(found=self.streets[:40])
            )
        named = [row.road_id for row in self.status]
        if twice := sorted({road for road in named if named.count(road) > 1}):
            faults.append(_("two statuses for {found}, required one a road").format(found=", ".join(twice)))
        if faults:
            raise InputError(_("roads: found {found}.").format(found="; ".join(faults)))


@dataclass(frozen=True, eq=False)
class Links:
    """
    Steps from cell to cell: the lattice first, then the roads laid over the grid.

    Attributes
    ----------
    ends
        Cells (i, j) of each step.
    km
        Length; the steps of a road add up to its length.
    road
        Row of the road in `edges`, -1 for a lattice step.
    lines
        Course in `crs.METRIC`.
    edges
        Roads: `road_id`, `ref`, `class`, `from`, `to`, `length_km`, `kmh`.
    model
        What the roads were made from; empty for the coarse road model, the only one whose roads a
        status can be reported about.
    """

    ends: Ints
    km: Floats
    road: Ints
    lines: NDArray[np.object_]
    edges: pd.DataFrame
    model: Method = NOTHING


@dataclass(frozen=True, eq=False)
class Network:
    """
    The travel graph under one set of settings.

    Attributes
    ----------
    minutes
        Symmetric matrix of cells; a closed link is absent.
    ways
        The same for kilometres by road, see `kilometres`.
    on_road
        Cells with a road that is not closed.
    roads
        One row a road: the columns of `Links.edges`, `status`, `factor` (of time), `zone_share` (share
        of its length in zones that count, at most: each lies somewhere in its unit or around its place), `minutes`
        (end to end; missing like the factor if closed), `minutes_low` (if no zone touches it), `source`, `date`,
        `note`.
    zones
        Those that count, in `crs.METRIC`.
    zone_share
        Share of each cell's area in them.
    method
        What a reader can check.
    model
        See `Links`.
    """

    grid: Grid
    minutes: csr_array
    ways: csr_array
    on_road: NDArray[np.bool_]
    roads: pd.DataFrame
    zones: gpd.GeoDataFrame
    zone_share: Floats
    method: Method
    model: Method = NOTHING

    @cached_property
    def to_road_km(self) -> Floats:
        """Kilometres from each cell to the nearest road, from cell to cell; infinite where there is none."""
        if not self.on_road.any():
            return np.full(len(self.grid), np.inf)
        return kilometres(dijkstra(self.ways, indices=np.flatnonzero(self.on_road), min_only=True))

    @cached_property
    def km_method(self) -> Method:
        """How kilometres are counted, and how far people live from a road."""
        people = self.grid.people["central"]
        away = np.isfinite(self.to_road_km) & ~self.on_road
        far = float(self.to_road_km[away] @ people[away] / max(1, people[away].sum()))
        text = mark(
            "Kilometres along the roads plus the way to the road, which is counted from cell to cell: {share:.0f} % of "
            "the people live in a cell with a road, the others {far:.1f} km from one on average."
        )
        return say(text, share=float(percent(people[self.on_road].sum(), people.sum())), far=far)


def kilometres(ways: Floats) -> Floats:
    """Return the length of ways as `Network.ways` adds them up."""
    return np.where(np.isfinite(ways), np.mod(ways, _LENGTH) / _PER_KM, np.inf)


def _way(km: Floats, offroad: NDArray[np.bool_]) -> Floats:
    length = np.maximum(np.round(km * _PER_KM), 1)
    counted: Floats = np.where(offroad, OFFROAD_COUNTS, 1) * length * _LENGTH + length
    return counted


def links_from_data(data: Data, grid: Grid) -> Links:
    """Lay the roads of a data folder over its grid (about 0.2 s; cache it with the grid)."""
    lines = data["roads"].set_index("road_id").geometry if "roads" in data.datasets else None
    return links(grid, data["road_nodes"], data["road_edges"], lines)


def links(grid: Grid, nodes: pd.DataFrame, edges: pd.DataFrame, lines: gpd.GeoSeries | None = None) -> Links:
    """
    Lay roads over the grid.

    Parameters
    ----------
    nodes
        `node`, `lon`, `lat`.
    edges
        `road_id`, `from`, `to`, `class` (one of `CLASS_KMH`) or `kmh`, `length_km`; `ref` if known.
    lines
        Courses in `crs.WGS84` by road; a road without one is a straight line.

    Raises
    ------
    InputError
        Naming all edges with an unknown node, an unknown class or a length that is not positive.
    """
    edges = _checked(nodes, edges)
    courses = _courses(nodes, edges, lines)
    ends, km, road, parts = [grid.pairs], [grid.pair_km], [np.full(len(grid.pairs), -1, dtype="int64")], []
    parts.append(shapely.linestrings(grid.xy[grid.pairs]))
    for row, (course, length_km) in enumerate(zip(courses, edges["length_km"].tolist(), strict=True)):
        steps, share, pieces = _lay(grid, course)
        ends.append(steps)
        km.append(share * length_km)
        road.append(np.full(len(steps), row, dtype="int64"))
        parts.append(pieces)
    return Links(np.concatenate(ends), np.concatenate(km), np.concatenate(road), np.concatenate(parts), edges)


def _checked(nodes: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    known = set(nodes["node"])
    faults = []
    for row in edges.to_dict("records"):
        unknown = [str(row[end]) for end in ("from", "to") if row[end] not in known]
        if unknown:
            faults.append(
                _("{road}: node {nodes} does not exist").format(road=row["road_id"], nodes=", ".join(unknown))
            )
        if "kmh" not in edges and row["class"] not in CLASS_KMH:
            faults.append(
                _("{road}: class {found!r}, required one of {choices}").format(
                    road=row["road_id"], found=row["class"], choices=", ".join(CLASS_KMH)
                )
            )
        if not 0 < row["length_km"] < float("inf"):
            faults.append(
                _("{road}: length_km {found}, required more than 0").format(road=row["road_id"], found=row["length_km"])
            )
    if faults:
        raise InputError(_("roads: {found}.").format(found="; ".join(faults)))
    kmh = edges["kmh"] if "kmh" in edges else edges["class"].map(CLASS_KMH) * ROAD_FACTOR
    columns = ["road_id", "ref", "class", "from", "to", "length_km"]
    return edges.reindex(columns=columns).assign(kmh=kmh).reset_index(drop=True)


def _courses(nodes: pd.DataFrame, edges: pd.DataFrame, lines: gpd.GeoSeries | None) -> NDArray[np.object_]:
    """Return each road as a line in metres from its first node to its last."""
    x, y = to_metric(nodes["lon"], nodes["lat"])
    at = dict(zip(nodes["node"].tolist(), zip(x.tolist(), y.tolist(), strict=True), strict=True))
    drawn: Mapping[str, Any] = {}
    if lines is not None:
        require_crs(lines, "roads", WGS84, "degrees")
        drawn = dict(zip(lines.index.tolist(), lines.to_crs(METRIC).tolist(), strict=True))
    courses = []
    for road_id, start, end in zip(edges["road_id"], edges["from"], edges["to"], strict=True):
        a, b = at[start], at[end]
        inner = list(drawn[road_id].coords)[1:-1] if drawn.get(road_id) is not None else []
        if inner and np.hypot(*np.subtract(inner[0], a)) > np.hypot(*np.subtract(inner[-1], a)):
            inner = inner[::-1]
        courses.append(shapely.LineString([a, *inner, b]))
    return np.array(courses, dtype=object)


def _lay(grid: Grid, course: Any) -> tuple[Ints, Floats, NDArray[np.object_]]:
    """
    Return the steps of one road, the share of its length that each takes, and its course.

    A step runs between the middles of the stretches that lie in two successive cells, the first from the start and
    the last to the end, so that shares add up to 1.
    """
    n = max(2, int(np.ceil(course.length / SAMPLE_M)) + 1)
    share = np.linspace(0, 1, n)
    points = shapely.get_coordinates(shapely.line_interpolate_point(course, share, normalized=True))
    cell, distance = grid.nearest_metric(points)
    on = np.flatnonzero(distance <= SNAP_M)
    share, cell = share[on], cell[on]
    first = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]]) if len(cell) else np.empty(0, dtype="int64")
    if len(first) < 2:
        return np.empty((0, 2), dtype="int64"), np.empty(0), np.empty(0, dtype=object)
    last = np.r_[first[1:], len(cell)] - 1
    middle = (share[first] + share[last]) / 2
    middle[0], middle[-1] = 0.0, 1.0
    steps = np.column_stack([cell[first][:-1], cell[first][1:]]).astype("int64")
    return steps, np.diff(middle), _cut(course, middle)


def _cut(course: Any, at: Floats) -> NDArray[np.object_]:
    """Cut a line at shares of its length."""
    metres = at * course.length
    vertices = shapely.get_coordinates(course)
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))]
    cuts = shapely.get_coordinates(shapely.line_interpolate_point(course, metres))
    pieces = []
    for k, (start, end) in enumerate(itertools.pairwise(metres.tolist())):
        inner = vertices[(along > start) & (along < end)]
        pieces.append(shapely.LineString(np.vstack([cuts[k], inner, cuts[k + 1]])))
    return np.array(pieces, dtype=object)


def network_from_data(
    data: Data, clocks: Clocks, grid: Grid, steps: Links, settings: RoadSettings | None = None, grade: str = LOWEST
) -> Network:
    """Return the travel graph on a day, with the zones reported then; about 0.1 s, cache it by its arguments."""
    from mssmap.records import views

    settings = settings or RoadSettings()
    zones = views.layer(data, "gang_zones", clocks, grade)
    return network(grid, steps, settings, zones)


def network(grid: Grid, steps: Links, settings: RoadSettings, zones: gpd.GeoDataFrame | None = None) -> Network:
    """
    Return the travel graph under some settings.

    Parameters
    ----------
    zones
        As `views.layer` gives them, in `crs.WGS84`: named units, and points with `uncertainty_m`.

    Raises
    ------
    InputError
        If a status names a road that does not exist.
    """
    acting = _acting(zones, settings)
    area = shapely.union_all(acting.geometry.to_numpy()) if len(acting) else None
    inside = _share_inside(steps.lines, area)
    roads = _road_table(steps, settings, inside)
    status = roads["status_factor"].to_numpy()
    factor = np.where(steps.road >= 0, status[steps.road], 1.0) if len(status) else np.ones(len(steps.road))
    if settings.zones == "slower":
        factor = factor * (1 + inside * (settings.zone_factor - 1))
    elif settings.zones == "closed":
        factor = np.where(inside >= CLOSED_FROM_SHARE, np.inf, factor)
    kmh = np.where(steps.road >= 0, roads["kmh"].to_numpy()[steps.road], settings.offroad_kmh) if len(roads) else None
    free_minutes = steps.km / (settings.offroad_kmh if kmh is None else kmh) * 60
    minutes = free_minutes * factor
    on_road = steps.road >= 0
    minutes[_along_closed(steps, status, len(grid))] = np.inf
    open_ = np.isfinite(minutes)
    free = 60 * roads["length_km"].to_numpy() / roads["kmh"].to_numpy()
    whole = _end_to_end(steps, minutes, len(roads))
    times = {"minutes": whole, "minutes_low": _end_to_end(steps, free_minutes, len(roads), status)}
    roads = roads.assign(**times, factor=np.maximum(whole / free, 0)).drop(columns="status_factor")
    return Network(
        grid=grid,
        minutes=_matrix(steps.ends, minutes, len(grid)),
        ways=_matrix(steps.ends, np.where(open_, _way(steps.km, ~on_road), np.inf), len(grid)),
        on_road=np.isin(np.arange(len(grid)), steps.ends[on_road & open_]),
        roads=roads,
        zones=acting,
        zone_share=_cell_share(grid, area),
        method=describe(settings, roads, len(acting), steps.model),
        model=steps.model,
    )


def _end_to_end(steps: Links, minutes: Floats, roads: int, factor: Floats | float = 1.0) -> Floats:
    """Return the minutes of each road from end to end, missing if it is closed."""
    on_road = steps.road >= 0
    added = np.bincount(steps.road[on_road], weights=minutes[on_road], minlength=roads)
    whole: Floats = np.asarray(added, dtype="float64") * factor
    whole[np.isinf(whole)] = np.nan
    return whole


def _along_closed(steps: Links, status_factor: Floats, size: int) -> NDArray[np.bool_]:
    """Return the lattice steps between two cells of one road that is reported closed."""
    closed = (steps.road >= 0) & np.isinf(np.r_[status_factor, 1.0][steps.road])
    on = np.repeat(steps.road[closed], 2)
    cells = csr_array((np.ones(len(on)), (steps.ends[closed].ravel(), on)), shape=(size, len(steps.edges) + 1))
    shared = cells[steps.ends[:, 0]].multiply(cells[steps.ends[:, 1]]).sum(axis=1)
    return (steps.road < 0) & (np.asarray(shared).ravel() > 0)


def _acting(zones: gpd.GeoDataFrame | None, settings: RoadSettings) -> gpd.GeoDataFrame:
    """Return the zones that count, in metres."""
    if zones is None or zones.empty:
        return gpd.GeoDataFrame({"zone_id": [], "status": []}, geometry=[], crs=METRIC)
    require_crs(zones, "zones", WGS84, "degrees")
    counts = zones["status"].isin(settings.zone_levels) & ~zones.geometry.isna()
    if "extent" in zones:
        counts &= zones["extent"].isin(ACTING)
    else:
        counts &= ~zones["location_precision"].isin(COARSE_ZONES)
    found = zones[counts].to_crs(METRIC).reset_index(drop=True)
    points = (found.geom_type == "Point").to_numpy()
    if not points.any():
        return found
    shapes = np.array(found.geometry.tolist(), dtype=object)
    shapes[points] = shapely.buffer(shapes[points], found["uncertainty_m"].fillna(0).to_numpy()[points])
    return found.set_geometry(gpd.GeoSeries(shapes, crs=METRIC))


def _share_inside(shapes: NDArray[np.object_], area: Any) -> Floats:
    """Return the share of the length (of lines) or area (of polygons) that lies in an area."""
    share = np.zeros(len(shapes))
    if area is None:
        return share
    hit = shapely.STRtree(shapes).query(area, predicate="intersects")
    within = shapely.intersection(shapes[hit], area)
    size = shapely.area if len(hit) and shapes[hit[0]].geom_type == "Polygon" else shapely.length
    share[hit] = size(within) / size(shapes[hit])
    return np.clip(share, 0, 1)


def _cell_share(grid: Grid, area: Any) -> Floats:
    return np.zeros(len(grid)) if area is None else _share_inside(grid.metric_polygons, area)


def _road_table(steps: Links, settings: RoadSettings, inside: Floats) -> pd.DataFrame:
    """Return the roads with their status and the share of their length in zones."""
    known = {} if steps.model else {row.road_id: row for row in settings.status}
    unknown = sorted(set(known) - set(steps.edges["road_id"]))
    if unknown:
        raise InputError(
            _("road status: {found} is not the id of a road; see road_id in road_edges.").format(
                found=", ".join(unknown)
            )
        )
    rows = [known.get(road, RoadStatus(road, "unknown")) for road in steps.edges["road_id"].tolist()]
    factors = {"open": 1.0, "unknown": 1.0, "restricted": settings.restricted_factor, "closed": np.inf}
    on_road = steps.road >= 0
    in_zone = np.bincount(steps.road[on_road], weights=(inside * steps.km)[on_road], minlength=len(steps.edges))
    return steps.edges.assign(
        status=[row.status for row in rows],
        status_factor=[factors[row.status] if settings.use_status else 1.0 for row in rows],
        zone_share=in_zone / steps.edges["length_km"].to_numpy(),
        source=[row.source for row in rows],
        date=[row.date for row in rows],
        note=[row.note for row in rows],
    )


def _matrix(ends: Ints, weight: Floats, size: int) -> csr_array:
    """Return the symmetric matrix of the shortest step between each two cells; infinite steps are absent."""
    open_ = np.isfinite(weight)
    low, high, weight = ends.min(axis=1)[open_], ends.max(axis=1)[open_], weight[open_]
    order = np.lexsort((weight, high, low))
    low, high, weight = low[order], high[order], weight[order]
    first = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])] if len(low) else np.zeros(0, dtype=bool)
    low, high, weight = low[first], high[first], weight[first]
    rows, columns = np.r_[low, high], np.r_[high, low]
    return csr_array((np.r_[weight, weight], (rows, columns)), shape=(size, size))


def describe(settings: RoadSettings, roads: pd.DataFrame, zones: int, model: Method = NOTHING) -> Method:
    """Say how travel is computed."""
    coarse = say(
        mark(
            "Coarse road model ({roads} roads, {km:,.0f} km, lengths +-10 to 20 %): free-flow km/h {speeds}, times "
            "{factor:g}."
        ),
        roads=len(roads),
        km=float(roads["length_km"].sum()),
        speeds=speeds_in_words(CLASS_KMH),
        factor=ROAD_FACTOR,
    )
    return (
        (model or coarse)
        + say(mark("Off road {kmh:g} km/h."), kmh=settings.offroad_kmh)
        + _statuses_told(settings, roads, own_model=bool(model))
        + say(
            _ZONES_TOLD[settings.zones],
            zones=zones,
            levels=tuple(map(Sentence, settings.zone_levels)),
            factor=settings.zone_factor,
        )
    )


def speeds_in_words(speeds: Mapping[str, float]) -> tuple[Sentence, ...]:
    """Return speeds by class of road, to be listed."""
    return tuple(Sentence("{kind} {kmh:g}", {"kind": Sentence(kind), "kmh": kmh}) for kind, kmh in speeds.items())


def _statuses_told(settings: RoadSettings, roads: pd.DataFrame, *, own_model: bool) -> Method:
    if own_model:
        return say(mark("Road statuses do not act: they are about the roads of the coarse model."))
    if not settings.use_status:
        return say(mark("Road status ignored: every road counts as open."))
    counts = roads["status"].value_counts()
    known = tuple(Sentence(text, {"n": int(counts[word])}) for word, text in _COUNTS.items() if word in counts)
    told = say(
        mark("Road status: {known} (unknown counts as open, restricted x {factor:g})."),
        known=known,
        factor=settings.restricted_factor,
    )
    if "closed" not in counts:
        return told
    return told + say(
        mark("Nobody drives along a closed road, nor beside it through its cells; crossing it is possible.")
    )


_COUNTS = {
    "open": mark("{n} open"),
    "restricted": mark("{n} restricted"),
    "closed": mark("{n} closed"),
    "unknown": mark("{n} unknown"),
}
_ZONES_TOLD = {
    "ignored": mark("Armed-group zones ignored."),
    "slower": mark(
        "{zones} zones ({levels}: named units, places within their uncertainty) slow travel up to x {factor:g}; each "
        "lies somewhere in there, so it may be less."
    ),
    "closed": mark(
        "{zones} zones ({levels}: named units, places within their uncertainty) close every link with half or more of "
        "it inside; each lies somewhere in there, so fewer may be closed."
    ),
}
