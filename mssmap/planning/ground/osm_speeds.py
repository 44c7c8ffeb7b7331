"""
How fast one drives on a way of OpenStreetMap, and its nodes taken down.

The reading process loads this module, so it imports no pandas.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any

from mssmap.i18n import mark

if TYPE_CHECKING:
    import osmium

CLASS_KMH = {mark("national"): 65.0, mark("departmental"): 55.0, mark("communal"): 30.0, mark("urban"): 20.0}
"""Free-flow speed by class of road."""

ROAD_FACTOR = 0.8
"""What remains of the free-flow speed (public Haiti road profile)."""

KMH = {
    **dict.fromkeys(("motorway", "trunk", "primary"), CLASS_KMH["national"]),
    "secondary": CLASS_KMH["departmental"],
    **dict.fromkeys(("tertiary", "unclassified", "road"), CLASS_KMH["communal"]),
    **dict.fromkeys(("residential", "living_street", "service"), CLASS_KMH["urban"]),
    "track": 15.0,
}
"""Free-flow speed by class of way; ramps (`_link`) are as fast as their road, all others are not driven on."""

MPH = 1.609344


class Rows:
    """
    What a file says about roads, one row a node of a way, as it is read.

    Attributes
    ----------
    node, way
        Ids of OpenStreetMap; rows of one way follow each other.
    x, y
        Degrees times 10^7, `UNKNOWN` if the extract ends before the node.
    kmh
        Speed on the way.
    """

    def __init__(self) -> None:
        self.node, self.x, self.y, self.way, self.kmh = array("q"), array("i"), array("i"), array("q"), array("d")

    def take(self, item: osmium.osm.Way) -> None:
        """Take the nodes of a way that one drives on; any other is left out."""
        kmh = speed_kmh(item.tags)
        if kmh:
            nodes = list(item.nodes)
            self.node.extend([at.ref for at in nodes])
            self.x.extend([at.x for at in nodes])
            self.y.extend([at.y for at in nodes])
            self.way.extend([item.id] * len(nodes))
            self.kmh.extend([kmh] * len(nodes))


UNKNOWN = 2**31 - 1
"""What OpenStreetMap's library says for a coordinate that it does not know."""


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
