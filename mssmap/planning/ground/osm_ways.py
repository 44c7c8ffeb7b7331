"""Drivable ways of an OpenStreetMap extract, as its nodes, with the speed that one drives at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning.ground.grid import Floats, Ints
from mssmap.planning.ground.osm_speeds import UNKNOWN, Rows


@dataclass(frozen=True, eq=False)
class Ways:
    """
    What a file says about roads, one row a node of a way.

    Attributes
    ----------
    node
        OSM id.
    lon, lat
        Degrees; NaN if the extract ends before the node.
    way
        Number of the way; rows of one way follow each other.
    kmh
        Speed on the way that the row belongs to.
    """

    node: Ints
    lon: Floats
    lat: Floats
    way: Ints
    kmh: Floats


def read(path: Path) -> Ways:
    """
    Read the drivable ways of an `.osm.pbf` or `.osm` file.

    Left out: ways closed to cars (`motor_vehicle`, `vehicle` or `access` is `no`; the first of them that is given
    counts), areas and ferries. `oneway` is ignored: the way back lies in the same cell. `maxspeed` bounds the speed.

    Raises
    ------
    InputError
        If there is no such file, or it is no OSM data.
    """
    import osmium  # most people have no extract

    rows = Rows()
    try:
        with path.open("rb"):
            pass
        found = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        ways = found.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for item in ways.with_filter(osmium.filter.KeyFilter("highway")):
            if isinstance(item, osmium.osm.Way):
                rows.take(item)
    except OSError as error:
        raise InputError(
            _("MSSMAP_ROADS: {path} cannot be read ({found}). Give the path of an .osm.pbf or .osm file.").format(
                path=path, found=error.strerror or error
            )
        ) from error
    except (RuntimeError, ValueError) as error:
        raise InputError(
            _("MSSMAP_ROADS: {path} is not OpenStreetMap data ({found}). Give an .osm.pbf or .osm file.").format(
                path=path, found=" ".join(str(error).split())[:120]
            )
        ) from error
    return ways_of(rows.node, rows.x, rows.y, rows.way, rows.kmh)


def ways_of(node: Any, x: Any, y: Any, way: Any, kmh: Any) -> Ways:
    """Return ways of columns as `osm_speeds.Rows` has them."""
    lon, lat = (np.where(np.array(part) == UNKNOWN, np.nan, np.array(part) / 1e7) for part in (x, y))
    return Ways(np.array(node, dtype="int64"), lon, lat, np.array(way, dtype="int64"), np.array(kmh, dtype="float64"))
