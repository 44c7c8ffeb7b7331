"""
What of OpenStreetMap is drawn as streets: one table of kinds, by tag, with the first level that shows each.

A level is a zoom of tiles of 512 pixels, so the map shows level 14 from its own zoom 14.5 on. The reading process loads
this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

LEVELS: Final = (12, 13, 14)
"""Zooms of tiles that are made."""
LAST: Final = LEVELS[-1]

WITHIN: Final = (-74.7, 17.6, -71.2, 20.3)
"""West, south, east, north, in degrees: Haiti and what lies around it."""

AREA, LINE, POINT = "area", "line", "point"


class Kind(NamedTuple):
    """
    Something that is drawn.

    Attributes
    ----------
    name
        Of the list in a tile that holds it, see `tile`.
    shape
        `AREA`, `LINE` or `POINT`; of a landmark that is an area its middle is kept.
    level
        First level that shows it.
    rank
        Order within its list: what is more important has the higher one.
    """

    name: str
    shape: str
    level: int
    rank: int = 0


def _roads(names: str, level: int, rank: int) -> dict[str, Kind]:
    return {name: Kind("r", LINE, level, rank) for name in names.split()}


ROADS: Final = {
    **_roads("motorway motorway_link trunk trunk_link primary primary_link", 12, 5),
    **_roads("secondary secondary_link", 12, 4),
    **_roads("tertiary tertiary_link", 12, 3),
    **_roads("residential unclassified living_street road", 13, 2),
    **_roads("service track pedestrian", 14, 1),
    **_roads("footway path steps cycleway bridleway", 14, 0),
}
"""Values of `highway`."""

STREAMS: Final = {
    "river": Kind("s", LINE, 12, 1),
    "canal": Kind("s", LINE, 12, 1),
    "stream": Kind("s", LINE, 13),
    "drain": Kind("s", LINE, 14),
    "ditch": Kind("s", LINE, 14),
}
"""Values of `waterway`."""

WATER: Final = Kind("w", AREA, 12)
PARK: Final = Kind("p", AREA, 12)
BUILDING: Final = Kind("b", AREA, LAST)

AREAS: Final = {
    "natural": {"water": WATER, "wood": PARK, "wetland": WATER},
    "waterway": {"riverbank": WATER, "dock": WATER},
    "landuse": {
        **dict.fromkeys(("reservoir", "basin"), WATER),
        **dict.fromkeys(("grass", "forest", "cemetery", "recreation_ground", "village_green", "meadow"), PARK),
    },
    "leisure": dict.fromkeys(("park", "garden", "pitch", "playground", "golf_course", "nature_reserve"), PARK),
}
"""Tag and value of an area."""

LANDMARKS: Final = {
    "hospital": Kind("l", POINT, LAST, 4),
    "clinic": Kind("l", POINT, LAST, 4),
    "courthouse": Kind("l", POINT, LAST, 3),
    "police": Kind("l", POINT, LAST, 2),
    "marketplace": Kind("l", POINT, LAST, 1),
    **dict.fromkeys(("school", "university", "college"), Kind("l", POINT, LAST, 0)),
}
"""Values of `amenity`: plain places, whether or not they are on our own record."""

PLACES: Final = {
    "suburb": Kind("t", POINT, 12, 2),
    "quarter": Kind("t", POINT, 12, 1),
    "neighbourhood": Kind("t", POINT, 13, 0),
}
"""Values of `place`: parts of a town; towns themselves the map has."""

KEYS: Final = ("highway", "waterway", "natural", "landuse", "leisure", "building", "amenity", "place")
AREA_KEYS: Final = ("waterway", "natural", "landuse", "leisure", "building", "amenity")

Tags = Mapping[str, str] | Any


def of_way(tags: Tags) -> Kind | None:
    """
    Return what a way is drawn as, by itself and not as the edge of an area.

    >>> of_way({"highway": "primary"}).rank, of_way({"highway": "proposed"})
    (5, None)
    """
    if tags.get("area") == "yes":
        return None
    return ROADS.get(tags.get("highway", "")) or STREAMS.get(tags.get("waterway", ""))


def of_area(tags: Tags) -> list[Kind]:
    """
    Return what an area is drawn as; a school may be a building too.

    >>> [kind.name for kind in of_area({"building": "school", "amenity": "school"})]
    ['b', 'l']
    """
    found = [values[tags.get(key, "")] for key, values in AREAS.items() if tags.get(key, "") in values][:1]
    if tags.get("building", "no") != "no":
        found = [BUILDING]
    landmark = LANDMARKS.get(tags.get("amenity", ""))
    return [*found, *([landmark] if landmark else [])]


def of_node(tags: Tags) -> Kind | None:
    """Return what a point is drawn as."""
    return LANDMARKS.get(tags.get("amenity", "")) or PLACES.get(tags.get("place", ""))
