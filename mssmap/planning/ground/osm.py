"""
Roads of an OpenStreetMap extract, worked into links between neighbouring cells.

Ways are read node by node, because most of them are shorter than a cell. In each cell the node nearest to its centre on
the fastest roads there stands for the cell (its anchor), and the fastest way from anchor to anchor along the roads is
one link. Links join neighbours only, so that a zone cannot be jumped over; a long trip passes the anchor of every cell,
which lengthens it by 0, 2 and 11 % (P10/50/90) on streets with main roads 5 km apart, by a third where winding lanes
alone lead on. The result depends on the file and the grid only, so it is kept beside the user's data.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from mssmap import settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.planning.ground import kept_roads
from mssmap.planning.ground.grid import Floats, Grid, Ints, to_metric
from mssmap.planning.ground.osm_speeds import KMH, ROAD_FACTOR
from mssmap.planning.ground.osm_ways import Ways, read
from mssmap.planning.ground.roads import SAMPLE_M, SNAP_M, Links, speeds_in_words
from mssmap.planning.method import Method, say

LIMIT_MIN = 12.0
"""Longest link: across the country one needs about 11 minutes from centre to centre of neighbouring cells."""

TILE_M = 15_000.0
"""Cells are worked through in squares of this side, so that a search never touches the whole country."""

CELL_M = 1_700.0
"""No point of a cell is farther from its centre; a road farther away is none of its roads."""

WHOLE_SHARE = 0.98
"""Share of the cells from which on roads count as those of the whole country."""

RULES = 1
"""Grows with every change of this module that changes its result: what was kept under older rules is not used."""


@dataclass(frozen=True, eq=False)
class _Graph:
    """Nodes in `crs.METRIC` with their cell, and undirected edges between them."""

    xy: Floats
    cell: Ints
    ends: Ints
    km: Floats
    minutes: Floats


def links_from_file(path: Path, grid: Grid) -> Links:
    """
    Read an extract once and keep what came of it; see `links`.

    Raises
    ------
    InputError
        If there is no such file, it is no OSM data, or it has no roads on the grid.
    """
    kept = _cache_file(path, grid)
    found = _recall(kept)
    if found is None:
        found = _connect(read(path), grid, path.name)
        _keep(kept, found)
    return _as_links(grid, found, path.name)


def links_from_set(set_id: str, grid: Grid) -> Links:
    """
    Lay the roads of a street set over the grid once and keep what came of it; see `links`.

    Raises
    ------
    InputError
        If there is no such set, it has no roads, or none on the grid.
    """
    title = kept_roads.title(set_id)
    kept = _kept_at(hashlib.sha256(set_id.encode()), grid)
    found = _recall(kept)
    if found is None:
        found = _connect(kept_roads.read(set_id), grid, title)
        _keep(kept, found)
    made = _as_links(grid, found, title)
    west, south, east, north = kept_roads.box(set_id)
    within = (grid.lon >= west) & (grid.lon <= east) & (grid.lat >= south) & (grid.lat <= north)
    if within.mean() > WHOLE_SHARE:
        return made
    words = mark("These roads reach over {share:.0%} of the cells only: beyond them nobody travels by road.")
    return dataclasses.replace(made, model=made.model + say(words, share=float(within.mean())))


def links(ways: Ways, grid: Grid, name: str) -> Links:
    """
    Link neighbouring cells along roads.

    Parameters
    ----------
    name
        What messages and the method call the extract.

    Returns
    -------
    links
        The lattice, then one link a pair of neighbouring cells with roads that meet within `LIMIT_MIN`: minutes of the
        fastest way between their anchors, and its length. `edges` has one row a link.

    Raises
    ------
    InputError
        If no road lies on the grid.
    """
    return _as_links(grid, _connect(ways, grid, name), name)


# ---------------------------------------------------------------------------------------------- from nodes to cells


def _connect(ways: Ways, grid: Grid, name: str) -> dict[str, Any]:
    """Return pairs of cells with minutes, km and the anchors of both, and the length of all roads."""
    graph = _graph(ways, grid)
    anchor = _anchors(graph, grid)
    if not len(graph.ends) or not (anchor >= 0).any():
        raise InputError(
            _("MSSMAP_ROADS: {name} has no roads inside Haiti. Give an extract of Haiti.").format(name=name)
        )
    pairs = grid.pairs[(anchor[grid.pairs] >= 0).all(axis=1)]
    ends, km, minutes = _contract(graph, np.unique(anchor[anchor >= 0]))
    took, length = _fastest(graph.xy, ends, km, minutes, anchor[pairs])
    on = np.isfinite(took)
    return {
        "pairs": pairs[on],
        "minutes": took[on],
        "km": length[on],
        "course": graph.xy[anchor[pairs[on]]],
        "roads_km": np.array(graph.km.sum()),
    }


def _graph(ways: Ways, grid: Grid) -> _Graph:
    """Return the nodes on the grid and the pieces of way between them, none longer than `SAMPLE_M`."""
    __, first, node = np.unique(ways.node, return_index=True, return_inverse=True)
    xy = np.column_stack(to_metric(ways.lon[first], ways.lat[first]))
    ends = np.column_stack([node[:-1], node[1:]])
    same = (ways.way[:-1] == ways.way[1:]) & (ends[:, 0] != ends[:, 1]) & np.isfinite(xy[ends]).all(axis=(1, 2))
    ends, kmh = ends[same], ways.kmh[:-1][same]
    xy, ends, kmh = _short(xy, ends, kmh)
    cell = np.full(len(xy), -1, dtype="int64")
    known = np.isfinite(xy).all(axis=1)
    if known.any():
        nearest, away = grid.nearest_metric(xy[known])
        cell[known] = np.where(away <= SNAP_M, nearest, -1)
    there = (cell[ends] >= 0).all(axis=1)
    ends, kmh = ends[there], kmh[there]
    km = np.maximum(np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T) / 1_000, 1e-5)
    return _Graph(xy, cell, ends, km, km / kmh * 60)


def _short(xy: Floats, ends: Ints, kmh: Floats) -> tuple[Floats, Ints, Floats]:
    """Put nodes into long pieces of way, so that none jumps over a cell."""
    length = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    parts = np.maximum(np.ceil(length / SAMPLE_M).astype("int64"), 1)
    of = np.repeat(np.arange(len(ends)), parts)
    step = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    inner = step > 0
    share = (step / parts[of])[inner, None]
    new = xy[ends[of[inner], 0]] * (1 - share) + xy[ends[of[inner], 1]] * share
    start, end = ends[of, 0], ends[of, 1]
    start[inner] = len(xy) + np.arange(len(new))
    go_on = np.flatnonzero(inner)
    end[go_on - 1] = start[go_on]
    return np.vstack([xy, new]), np.column_stack([start, end]), kmh[of]


def _anchors(graph: _Graph, grid: Grid) -> Ints:
    """
    Return the node that stands for each cell, -1 where there is no road.

    It is the nearest to the centre of those on the fastest roads of the cell: were it on a lane, a long trip along a
    national road would pay a detour in every cell.
    """
    fastest = np.zeros(len(graph.xy))
    np.maximum.at(fastest, graph.ends.ravel(), np.repeat(graph.km / graph.minutes, 2))
    at = np.flatnonzero(fastest > 0)
    away = np.hypot(*(graph.xy[at] - grid.xy[graph.cell[at]]).T)
    at, away = at[away <= CELL_M], away[away <= CELL_M]
    at = at[np.lexsort((at, away, -np.round(fastest[at], 6), graph.cell[at]))]
    cells, first = np.unique(graph.cell[at], return_index=True)
    anchor = np.full(len(grid), -1, dtype="int64")
    anchor[cells] = at[first]
    return anchor


def _contract(graph: _Graph, keep: Ints) -> tuple[Ints, Floats, Floats]:
    """Replace each chain of nodes between junctions by one edge; nodes to keep count as junctions."""
    size = len(graph.xy)
    ends, km, minutes = _simple(graph.ends, graph.km, graph.minutes)
    inner = np.bincount(ends.ravel(), minlength=size) == 2
    inner[keep] = False
    both = inner[ends].all(axis=1)
    chains, label = connected_components(
        csr_array((np.ones(int(both.sum())), tuple(ends[both].T)), shape=(size, size)), directed=False
    )
    on_chain = inner[ends].any(axis=1)
    chain = np.where(inner[ends[:, 0]], label[ends[:, 0]], label[ends[:, 1]])[on_chain]
    chain_km = np.bincount(chain, km[on_chain], minlength=chains)
    chain_minutes = np.bincount(chain, minutes[on_chain], minlength=chains)
    # Each chain that is no closed ring has two edges with one end outside; sorted by chain they follow each other.
    border = (inner[ends].sum(axis=1) == 1)[on_chain]
    outside = np.where(inner[ends[:, 0]], ends[:, 1], ends[:, 0])[on_chain][border]
    of = chain[border]
    order = np.argsort(of, kind="stable")
    new = outside[order].reshape(-1, 2)
    which = of[order][::2]
    return _simple(
        np.vstack([ends[~on_chain], new]),
        np.r_[km[~on_chain], chain_km[which]],
        np.r_[minutes[~on_chain], chain_minutes[which]],
    )


def _simple(ends: Ints, km: Floats, minutes: Floats) -> tuple[Ints, Floats, Floats]:
    """Keep the fastest of several edges between the same nodes, and no loops."""
    ends = np.sort(ends, axis=1)
    order = np.lexsort((km, minutes, ends[:, 1], ends[:, 0]))
    order = order[ends[order, 0] != ends[order, 1]]
    found = ends[order]
    first = np.r_[True, (found[1:] != found[:-1]).any(axis=1)][: len(found)]
    order = order[first]
    return ends[order], km[order], minutes[order]


def _fastest(xy: Floats, ends: Ints, km: Floats, minutes: Floats, pairs: Ints) -> tuple[Floats, Floats]:
    """
    Return minutes and km of the fastest way between the nodes of each pair, infinite beyond `LIMIT_MIN`.

    A way of that length strays from its ends by no more than half of what one drives in that time, so a search needs
    only the roads around its tile.
    """
    took, length = np.full(len(pairs), np.inf), np.full(len(pairs), np.inf)
    margin = LIMIT_MIN / 60 * max(KMH.values()) * ROAD_FACTOR * 1_000 / 2
    used, local = np.unique(np.r_[ends.ravel(), pairs.ravel()], return_inverse=True)
    xy, ends, pairs = xy[used], local[: ends.size].reshape(-1, 2), local[ends.size :].reshape(-1, 2)
    tile = np.floor(xy[pairs[:, 0]] / TILE_M).astype("int64")
    for low in np.unique(tile, axis=0):
        here = np.flatnonzero((tile == low).all(axis=1))
        near = ((xy >= low * TILE_M - margin) & (xy <= (low + 1) * TILE_M + margin)).all(axis=1)
        edges = near[ends].all(axis=1)
        nodes, local = np.unique(np.r_[ends[edges].ravel(), pairs[here].ravel()], return_inverse=True)
        split = 2 * int(edges.sum())
        took[here], length[here] = _within(
            len(nodes), local[:split].reshape(-1, 2), km[edges], minutes[edges], local[split:].reshape(-1, 2)
        )
    return took, length


def _within(size: int, ends: Ints, km: Floats, minutes: Floats, pairs: Ints) -> tuple[Floats, Floats]:
    rows, columns = np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]]
    time = csr_array((np.r_[minutes, minutes], (rows, columns)), shape=(size, size))
    distance = csr_array((np.r_[km, km], (rows, columns)), shape=(size, size))
    start, source = np.unique(pairs[:, 0], return_inverse=True)
    found, before = dijkstra(time, indices=start, limit=LIMIT_MIN, return_predecessors=True)
    took = found[source, pairs[:, 1]]
    length = np.where(np.isfinite(took), 0.0, np.inf)
    at = pairs[:, 1].copy()
    going = np.flatnonzero(np.isfinite(took))
    while len(going):
        previous = before[source[going], at[going]]
        length[going] += distance[previous, at[going]]
        at[going] = previous
        going = going[previous != pairs[going, 0]]
    return took, length


def _as_links(grid: Grid, found: dict[str, Any], name: str) -> Links:
    pairs, km, minutes = found["pairs"], found["km"], found["minutes"]
    ids = np.array(grid.ids)
    start, end = ids[pairs[:, 0]], ids[pairs[:, 1]]
    edges = pd.DataFrame(
        {
            "road_id": [f"{a}-{b}" for a, b in zip(start.tolist(), end.tolist(), strict=True)],
            "ref": "",
            "class": "osm",
            "from": start,
            "to": end,
            "length_km": km,
            "kmh": km / minutes * 60,
        }
    )
    return Links(
        ends=np.concatenate([grid.pairs, pairs]),
        km=np.concatenate([grid.pair_km, km]),
        road=np.r_[np.full(len(grid.pairs), -1, dtype="int64"), np.arange(len(pairs))],
        lines=np.concatenate([shapely.linestrings(grid.xy[grid.pairs]), shapely.linestrings(found["course"])]),
        edges=edges,
        model=_described(name, len(pairs), float(found["roads_km"])),
    )


def _described(name: str, count: int, km: float) -> Method:
    return say(
        mark(
            "Roads of {name} (OpenStreetMap, ODbL; {km:,.0f} km drivable, {links:,} links between neighbouring cells): "
            "free-flow km/h {speeds}, times {factor:g}, maxspeed as an upper bound, one-way ignored, ways closed to "
            "cars and ferries left out."
        ),
        name=name,
        km=km,
        links=count,
        speeds=speeds_in_words(KMH),
        factor=ROAD_FACTOR,
    )


# ---------------------------------------------------------------------------------------------- kept beside the data


def _cache_file(path: Path, grid: Grid) -> Path:
    """Where the links of this file on this grid are kept."""
    try:
        with path.open("rb") as stream:
            mark = hashlib.file_digest(stream, "sha256")
    except OSError as error:
        raise InputError(
            _("MSSMAP_ROADS: {path} cannot be read ({found}). Give the path of an .osm.pbf or .osm file.").format(
                path=path, found=error.strerror or error
            )
        ) from error
    return _kept_at(mark, grid)


def _kept_at(mark: Any, grid: Grid) -> Path:
    for part in (grid.cells, grid.water, grid.piece, np.array(RULES)):
        mark.update(np.ascontiguousarray(part).tobytes())
    return settings.user_folder() / f"roads-{mark.hexdigest()[:24]}.npz"


_COLUMNS = ("pairs", "minutes", "km", "course", "roads_km")


def _recall(kept: Path) -> dict[str, NDArray[Any]] | None:
    """Return what was kept, None if there is nothing whole."""
    try:
        with np.load(kept, allow_pickle=False) as found:
            return {column: found[column] for column in _COLUMNS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _keep(kept: Path, found: dict[str, Any]) -> None:
    """Keep links for the next start; where nothing can be written they are worked out again then."""
    part = kept.with_suffix(f".{os.getpid()}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            np.savez_compressed(stream, **found)
        part.replace(kept)
    except OSError:
        part.unlink(missing_ok=True)
