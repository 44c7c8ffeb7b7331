"""Backgrounds of the map."""

from __future__ import annotations

from typing import Final

TILES: Final = {
    "hot": {
        "url": "https://a.tile.openstreetmap.fr/hot/{z}/{x}/{y}.png",
        "options": {"maxZoom": 19},
        "attribution": "© OpenStreetMap contributors, tiles Humanitarian OpenStreetMap Team, hosted by OSM France",
    },
    "clearmap": {
        "url": "https://geoservices.un.org/arcgis/rest/services/ClearMap_WebTopo/MapServer/tile/{z}/{y}/{x}",
        "options": {"maxZoom": 18},
        "attribution": "© United Nations contributors (UN Clear Map)",
    },
}
"""Online backgrounds; used only when the reader asks for one."""

BASEMAPS: Final = ("local", *TILES)
"""All that can be chosen; our own needs no network."""
