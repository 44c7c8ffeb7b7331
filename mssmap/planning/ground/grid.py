"""
The H3 grid of Haiti: where people live, where a base may stand, and what travel passes through.

One hexagon of resolution 7 (about 4 km2 here, neighbours 2.1 km apart) is demand point, candidate site and node of the
travel graph at once. The official total of a commune is spread over its cells: a share lambda around its named places,
the rest evenly by area. Lambda is not known, so every figure is given for three values of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from mssmap.crs import METRIC, WGS84, require_crs
from mssmap.errors import InputError

if TYPE_CHECKING:
    from mssmap.records.catalog import Data

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RESOLUTION = 7

PLACE_SHARE = {"places": 0.8, "central": 0.5, "area": 0.2}
"""Lambda by case: the share of a commune's people who live around its named places."""

PLACE_WEIGHT = {1: 32.0, 2: 16.0, 3: 8.0, 4: 4.0, 5: 1.0}
"""Relative size of a place by its rank (1 the capital, 5 a village); a drawing rank, not a census."""

PLACE_SCALE_M = 2_000.0
"""Distance over which the density around a place falls to 1/e."""

PLACE_REACH_M = 6_000.0
"""Distance beyond which a place has no inhabitants."""


@dataclass(frozen=True, eq=False)
class Grid:
    """
    Cells in a fixed order; every array of planning has this length and order.

    Attributes
    ----------
    cells
        H3 indices, ascending.
    lon, lat
        Centres in degrees.
    xy
        Centres in `crs.METRIC`, shape (cells, 2).
    commune
        P-code of the commune that holds the centre.
    water
        Cells whose centre lies in a lake: nobody lives there, nothing stands there and no way leads through.
    piece
        Number of the connected piece of land; travel by road never changes it.
    people
        Inhabitants by lambda case, whole persons; the cells of a commune add up to its official total in each case.
    pairs, pair_km
        Neighbouring cells on the same piece of land (i < j) and the distance of their centres.
    candidates
        Cells with a named place: `cell`, `name`, `commune_pcode`, in the order of `cell`.
    """

    cells: NDArray[np.uint64]
    lon: Floats
    lat: Floats
    xy: Floats
    commune: NDArray[np.str_]
    water: NDArray[np.bool_]
    piece: Ints
    people: Mapping[str, Ints]
    pairs: Ints
    pair_km: Floats
    candidates: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.cells)

    @cached_property
    def ids(self) -> list[str]:
        """H3 indices as the usual hexadecimal text."""
        return [f"{cell:x}" for cell in self.cells.tolist()]

    @cached_property
    def id_column(self) -> pd.Series:
        """H3 indices as a column, made once: text columns are slow to make."""
        return pd.Series(self.ids, dtype="str")

    @cached_property
    def departments(self) -> tuple[NDArray[np.str_], Ints]:
        """P-codes of the departments, ascending, and the position of each cell's own among them."""
        codes, group = np.unique(self.commune.astype("U4"), return_inverse=True)
        return codes, group.astype("int64")

    @cached_property
    def communes(self) -> tuple[NDArray[np.str_], Ints]:
        """P-codes of the communes, ascending, and the position of each cell's own among them."""
        codes, group = np.unique(self.commune, return_inverse=True)
        return codes, group.astype("int64")

    @cached_property
    def _dry(self) -> tuple[cKDTree, Ints]:
        at = np.flatnonzero(~self.water)
        return cKDTree(self.xy[at]), at

    @cached_property
    def polygons(self) -> gpd.GeoSeries:
        """Hexagons in `crs.WGS84`."""
        return gpd.GeoSeries([self.polygon(position) for position in range(len(self.cells))], crs=WGS84)

    @cached_property
    def metric_polygons(self) -> NDArray[np.object_]:
        """Hexagons in `crs.METRIC`."""
        found: NDArray[np.object_] = self.polygons.to_crs(METRIC).to_numpy()
        return found

    def polygon(self, position: int) -> shapely.Polygon:
        """Return the hexagon of one cell, in degrees."""
        return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(int(self.cells[position]))])

    def nearest(self, lon: Any, lat: Any) -> tuple[Ints, Floats]:
        """
        Snap points in degrees to cells.

        Returns
        -------
        cell, distance_m
            Position of the nearest centre that is not in a lake, and how far it is.
        """
        return self.nearest_metric(np.column_stack(to_metric(np.atleast_1d(lon), np.atleast_1d(lat))))

    def nearest_metric(self, xy: Floats) -> tuple[Ints, Floats]:
        """Snap points in `crs.METRIC` to cells; see `nearest`."""
        tree, at = self._dry
        distance, found = tree.query(xy)
        return at[found], distance


def to_metric(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Return easting and northing in `crs.METRIC` of points in degrees."""
    x, y = _transformer().transform(np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64"))
    return x, y


@lru_cache(maxsize=1)
def _transformer() -> Transformer:
    return Transformer.from_crs(WGS84, METRIC, always_xy=True)


def from_data(data: Data) -> Grid:
    """Build the grid from the layers of a data folder (about 0.3 s; cache it by `data`)."""
    return build(data["communes"], data["places"], data["land"], data["lakes"])


def build(
    communes: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    lakes: gpd.GeoDataFrame | None = None,
) -> Grid:
    """
    Build the grid.

    Parameters
    ----------
    communes
        Polygons in `crs.WGS84` with `pcode` and `population` (people, whole, >= 0). A cell belongs to the commune that
        holds its centre; a commune too small to hold one gets the cell of a point inside it.
    places
        Points in `crs.WGS84` with `name_fr`, `rank` and `commune_pcode`.
    land
        Polygons in `crs.WGS84`, one a connected piece of land.
    lakes
        Polygons in `crs.WGS84`; cells with their centre in one stay empty.

    Raises
    ------
    CrsError
        If a layer is not in degrees.
    InputError
        If there are no communes or a population is missing.
    """
    for frame, name in ((communes, "communes"), (places, "places"), (land, "land")):
        require_crs(frame, name, WGS84, "degrees")
    if communes.empty:
        raise InputError("communes: found no rows, required at least one to build the grid.")
    lacking = communes.loc[communes["population"].isna(), "pcode"].tolist()
    if lacking:
        raise InputError(f"communes: no population for {', '.join(lacking)}. Give each commune its official total.")
    owner = _owners(communes)
    cells = np.array(sorted(owner), dtype="uint64")
    centre = np.array([h3.cell_to_latlng(cell) for cell in cells.tolist()])
    lat, lon = centre[:, 0], centre[:, 1]
    xy = np.column_stack(to_metric(lon, lat))
    commune = np.array([owner[cell] for cell in cells.tolist()], dtype="U6")
    water = _in_lakes(lakes, lon, lat)
    piece = _pieces(land, lon, lat)
    pairs = _neighbours(cells, piece)
    pairs = pairs[~water[pairs].any(axis=1)]
    density = _place_density(places, xy, commune)
    totals = dict(zip(communes["pcode"].tolist(), communes["population"].astype("int64").tolist(), strict=True))
    area = np.array([h3.cell_area(cell) for cell in cells.tolist()]) * ~water
    return Grid(
        cells=cells,
        lon=lon,
        lat=lat,
        xy=xy,
        commune=commune,
        water=water,
        piece=piece,
        people={case: spread(totals, commune, area, density * ~water, share) for case, share in PLACE_SHARE.items()},
        pairs=pairs,
        pair_km=np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) / 1_000,
        candidates=_candidates(places, xy, commune, water),
    )


def _owners(communes: gpd.GeoDataFrame) -> dict[int, str]:
    owner: dict[int, str] = {}
    small = []
    for shape, pcode in zip(communes.geometry, communes["pcode"].tolist(), strict=True):
        inside = [cell for cell in h3.h3shape_to_cells(h3.geo_to_h3shape(shape), RESOLUTION) if cell not in owner]
        owner |= dict.fromkeys(inside, pcode)
        if not inside:
            small.append((shape.representative_point(), pcode))
    return owner | {h3.latlng_to_cell(point.y, point.x, RESOLUTION): pcode for point, pcode in small}


def _in_lakes(lakes: gpd.GeoDataFrame | None, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    found = np.zeros(len(lon), dtype="bool")
    if lakes is not None and len(lakes):
        require_crs(lakes, "lakes", WGS84, "degrees")
        point, _ = lakes.sindex.query(shapely.points(lon, lat), predicate="intersects")
        found[point] = True
    return found


def _pieces(land: gpd.GeoDataFrame, lon: Floats, lat: Floats) -> Ints:
    """Return the row of the nearest piece of land for each point; most lie inside one."""
    points = shapely.points(*to_metric(lon, lat))
    pieces = land.to_crs(METRIC).sindex
    found = np.full(len(lon), -1, dtype="int64")
    inside, piece = pieces.query(points, predicate="within")
    found[inside] = piece
    outside = np.flatnonzero(found < 0)
    point, piece = pieces.nearest(points[outside], return_all=False)
    found[outside[point]] = piece
    return found


def _neighbours(cells: NDArray[np.uint64], piece: Ints) -> Ints:
    """Return pairs (i, j), i < j, of adjacent cells on the same piece of land."""
    position = {cell: i for i, cell in enumerate(cells.tolist())}
    pairs = [
        (i, position[other])
        for cell, i in position.items()
        for other in h3.grid_ring(cell, 1)
        if position.get(other, -1) > i
    ]
    found = np.array(sorted(pairs), dtype="int64").reshape(-1, 2)
    same: Ints = found[piece[found[:, 0]] == piece[found[:, 1]]]
    return same


def _place_density(places: gpd.GeoDataFrame, xy: Floats, commune: NDArray[np.str_]) -> Floats:
    """Return the relative density that named places give each cell of their own commune."""
    density = np.zeros(len(xy))
    if places.empty:
        return density
    at = np.column_stack(to_metric(places.geometry.x, places.geometry.y))
    near = cKDTree(at).sparse_distance_matrix(cKDTree(xy), PLACE_REACH_M, output_type="ndarray")
    near = near[np.lexsort((near["i"], near["j"]))]
    same = places["commune_pcode"].to_numpy(dtype="U6")[near["i"]] == commune[near["j"]]
    weight = places["rank"].map(PLACE_WEIGHT).fillna(1.0).to_numpy()
    kernel = weight[near["i"]] * np.exp(-near["v"] / PLACE_SCALE_M) * same
    density += np.bincount(near["j"], weights=kernel, minlength=len(xy))
    return density


def spread(totals: Mapping[str, int], commune: NDArray[np.str_], area: Floats, density: Floats, share: float) -> Ints:
    """
    Spread commune totals over cells in whole persons.

    Parameters
    ----------
    totals
        People by P-code.
    commune, area, density
        By cell: P-code, area (any unit) and relative density around places.
    share
        Lambda, 0-1: the share spread by `density`; the rest goes by `area`. A commune without places goes by area.

    Returns
    -------
    people
        By cell; the largest remainders are rounded up (ties: first cell), so that sums are exact.

    >>> spread({"A": 10}, np.array(["A", "A", "A"]), np.array([1.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0]), 0.4).tolist()
    [6, 2, 2]
    """
    people = np.zeros(len(commune), dtype="int64")
    for pcode, total in totals.items():
        at = np.flatnonzero(commune == pcode)
        by_area = area[at] / area[at].sum() if area[at].sum() > 0 else np.full(len(at), 1 / len(at))
        placed = density[at].sum()
        by_place = density[at] / placed if placed > 0 else by_area
        exact = total * (share * by_place + (1 - share) * by_area)
        whole = np.floor(exact + 1e-9).astype("int64")
        order = np.argsort(-(exact - whole), kind="stable")
        whole[order[: total - int(whole.sum())]] += 1
        people[at] = whole
    return people


def _candidates(
    places: gpd.GeoDataFrame, xy: Floats, commune: NDArray[np.str_], water: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return one row for each cell with a named place, called after the highest-ranked one."""
    x, y = to_metric(places.geometry.x, places.geometry.y)
    distance, cell = cKDTree(xy).query(np.column_stack([x, y]))
    rows = pd.DataFrame({"cell": cell, "name": places["name_fr"].to_numpy(), "rank": places["rank"].to_numpy()})
    rows = rows[(distance <= PLACE_REACH_M) & ~water[cell]].sort_values(["cell", "rank", "name"], kind="stable")
    rows = rows.drop_duplicates("cell")[["cell", "name"]].reset_index(drop=True)
    return pd.DataFrame(rows).assign(commune_pcode=commune[rows["cell"].to_numpy(dtype="int64")])
