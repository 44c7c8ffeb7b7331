"""Where a proposed base may stand: on land, in Haiti, not in a closed zone; and where to move it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from mssmap.crs import HAITI_BOUNDS, METRIC, WGS84
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning.ground.grid import Grid, to_metric
from mssmap.records import regions

if TYPE_CHECKING:
    from mssmap.planning.ground.roads import Network
    from mssmap.records.catalog import Data

SHORE_M = 300.0
"""Coastlines are generalised: a point this close to land counts as ashore."""

REASONS = ("sea", "lake", "abroad", "closed_zone", "far_away")


@dataclass(frozen=True)
class Placement:
    """
    What came of a proposed point.

    Attributes
    ----------
    accepted
        False: `reason` says why (one of `REASONS`), `text` in words, and `lon`, `lat` are the suggestion.
    lon, lat
        The point to use: as given if accepted.
    snapped_lon, snapped_lat, cell, snap_m
        The grid cell that figures are computed from, and how far its centre is from that point.
    commune_pcode
        Commune of the point to use.
    moved_m
        How far the suggestion is from the point given; 0 if accepted.
    zones
        Names of the zones (of those that count) that the point given lies in.
    """

    accepted: bool
    reason: str
    text: str
    lon: float
    lat: float
    snapped_lon: float
    snapped_lat: float
    cell: int
    snap_m: float
    commune_pcode: str
    moved_m: float
    zones: tuple[str, ...]


def check(data: Data, network: Network, lon: float, lat: float, *, zones_closed: bool = False) -> Placement:
    """
    Check a proposed point.

    Parameters
    ----------
    lon, lat
        Degrees.
    zones_closed
        True if zones are closed to travel (`RoadSettings.zones == "closed"`): then a point in one is refused.
        Otherwise it is accepted and `zones` names them.

    Raises
    ------
    InputError
        If the coordinates are not numbers, or not degrees.
    """
    _require_degrees(lon, lat)
    grid = network.grid
    point = shapely.Point(lon, lat)
    inside = _zones_at(network.zones, lon, lat)
    reason, text = _problem(data, point)
    if not reason and inside and zones_closed:
        reason, text = "closed_zone", _("in a zone that is closed to travel ({zones})").format(zones=", ".join(inside))
    if not reason:
        return _placement(data, grid, lon, lat, inside)
    if reason == "far_away" and _in_bounds(lat, lon):
        lon, lat, text = lat, lon, _("far from Haiti: longitude and latitude are swapped")
    cell = _nearest_free(grid, network, lon, lat, zones_closed=zones_closed)
    if cell is None:
        raise InputError(
            _("place {lon:.4f}, {lat:.4f}: is {text}, and no cell is free. Open some zones again.").format(
                lon=lon, lat=lat, text=text
            )
        )
    new_lon, new_lat = float(grid.lon[cell]), float(grid.lat[cell])
    moved = float(np.hypot(*np.subtract(to_metric(lon, lat), grid.xy[cell])))
    commune = regions.find(data, str(grid.commune[cell]))
    return Placement(
        accepted=False,
        reason=reason,
        text=_("The point is {text}. Nearest place that works: {km:.1f} km away, in {commune}.").format(
            text=text, km=moved / 1_000, commune=commune.name("fr")
        ),
        lon=new_lon,
        lat=new_lat,
        snapped_lon=new_lon,
        snapped_lat=new_lat,
        cell=cell,
        snap_m=0.0,
        commune_pcode=commune.pcode,
        moved_m=moved,
        zones=inside,
    )


def _require_degrees(lon: float, lat: float) -> None:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(
            _(
                "place: found {lon}, {lat}, required longitude and latitude in degrees, for example -72.34, 18.54."
            ).format(lon=lon, lat=lat)
        )


def _placement(data: Data, grid: Grid, lon: float, lat: float, inside: tuple[str, ...]) -> Placement:
    cells, distance = grid.nearest(lon, lat)
    cell = int(cells[0])
    region = regions.at(data, lon, lat)
    return Placement(
        accepted=True,
        reason="",
        text=_("Around here: {zones}. An armed group was reported somewhere in this unit or near this place.").format(
            zones=", ".join(inside)
        )
        if inside
        else "",
        lon=lon,
        lat=lat,
        snapped_lon=float(grid.lon[cell]),
        snapped_lat=float(grid.lat[cell]),
        cell=cell,
        snap_m=float(distance[0]),
        commune_pcode=region.pcode if region else str(grid.commune[cell]),
        moved_m=0.0,
        zones=inside,
    )


def _problem(data: Data, point: shapely.Point) -> tuple[str, str]:
    """Return why a base cannot stand at a point, empty if it can."""
    lakes, communes = data["lakes"], data["communes"]
    at = lakes.sindex.query(point, predicate="intersects")
    if len(at):
        return "lake", _("in a lake ({lake})").format(lake=lakes["name_fr"].iloc[at[0]])
    if len(communes.sindex.query(point, predicate="intersects")):
        return "", ""
    neighbours = data["neighbours"]
    at = neighbours.sindex.query(point, predicate="intersects")
    if len(at):
        return "abroad", _("in {country}").format(country=neighbours["name_en"].iloc[at[0]])
    if not _in_bounds(point.x, point.y):
        return "far_away", _("far from Haiti")
    shore = gpd.GeoSeries([point], crs=WGS84).to_crs(METRIC).buffer(SHORE_M).to_crs(WGS84).iloc[0]
    ashore = len(communes.sindex.query(shore, predicate="intersects"))
    return ("", "") if ashore else ("sea", _("in the sea"))


def _in_bounds(lon: float, lat: float) -> bool:
    west, south, east, north = HAITI_BOUNDS
    return west <= lon <= east and south <= lat <= north


def _zones_at(zones: gpd.GeoDataFrame, lon: float, lat: float) -> tuple[str, ...]:
    if zones.empty:
        return ()
    hits = zones.sindex.query(shapely.Point(*to_metric(lon, lat)), predicate="intersects")
    label = zones["name_en"] if "name_en" in zones else zones["zone_id"]
    return tuple(str(label.iloc[i]) for i in sorted(hits.tolist()))


def _nearest_free(grid: Grid, network: Network, lon: float, lat: float, *, zones_closed: bool) -> int | None:
    """Return the nearest cell whose centre lies in no lake and no zone that is closed."""
    free = ~grid.water
    if zones_closed and len(network.zones):
        hit, _ = network.zones.sindex.query(shapely.points(grid.xy), predicate="intersects")
        free[hit] = False
    at = np.flatnonzero(free)
    if len(at) == 0:
        return None
    away = np.hypot(*(grid.xy[at] - np.array(to_metric(lon, lat))).T)
    return int(at[away.argmin()])
