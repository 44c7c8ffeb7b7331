"""Drivable ways of an OpenStreetMap extract, as its nodes, with the speed that one drives at."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning.ground.grid import Floats, Ints
from mssmap.planning.ground.roads import CLASS_KMH, ROAD_FACTOR

KMH = {
    **dict.fromkeys(("motorway", "trunk", "primary"), CLASS_KMH["national"]),
    "secondary": CLASS_KMH["departmental"],
    **dict.fromkeys(("tertiary", "unclassified", "road"), CLASS_KMH["communal"]),
    **dict.fromkeys(("residential", "living_street", "service"), CLASS_KMH["urban"]),
    "track": 15.0,
}
"""Free-flow speed by class of way; ramps (`_link`) are as fast as their road, all others are not driven on."""

MPH = 1.609344

_INVALID = 2**31 - 1


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

    node, x, y, way, speed = array("q"), array("i"), array("i"), array("q"), array("d")
    try:
        with path.open("rb"):
            pass
        found = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        ways = found.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for item in ways.with_filter(osmium.filter.KeyFilter("highway")):
            kmh = speed_kmh(item.tags)
            if kmh and isinstance(item, osmium.osm.Way):
                nodes = list(item.nodes)
                node.extend([at.ref for at in nodes])
                x.extend([at.x for at in nodes])
                y.extend([at.y for at in nodes])
                way.extend([item.id] * len(nodes))
                speed.extend([kmh] * len(nodes))
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
    lon, lat = (np.where(np.array(part) == _INVALID, np.nan, np.array(part) / 1e7) for part in (x, y))
    return Ways(np.array(node, dtype="int64"), lon, lat, np.array(way, dtype="int64"), np.array(speed))


def speed_kmh(tags: Any) -> float:
    """
    Return how fast one drives on a way, 0 if one does not.

    >>> speed_kmh({"highway": "secondary"}), speed_kmh({"highway": "primary_link", "maxspeed": "25 mph"})
    (44.0, 40.2336)
    >>> speed_kmh({"highway": "primary", "access": "no"}), speed_kmh({"highway": "footway"})
    (0.0, 0.0)
    """
    kmh = KMH.get(tags.get("highway", "").removesuffix("_link"), 0.0) * ROAD_FACTOR
    access = next((tags.get(key) for key in ("motor_vehicle", "vehicle", "access") if tags.get(key)), "yes")
    if access == "no" or tags.get("area") == "yes" or tags.get("route") == "ferry":
        return 0.0
    given = re.fullmatch(r"([0-9]{1,3})(?:\.[0-9]+)? ?(mph|km/h|kmh)?", tags.get("maxspeed", "").strip())
    if given and int(given[1]) > 0:
        kmh = min(kmh, int(given[1]) * (MPH if given[2] == "mph" else 1.0))
    return kmh
