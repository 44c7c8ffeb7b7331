"""
The folium base map.

It holds no data: a container, Leaflet from our own files, and one line that tells `client/map/frame.js` that the map is
there. That is why its script never changes, and a script that never changes is rendered once and never mounted twice.
"""

from __future__ import annotations

import json

import folium
from branca.element import MacroElement
from folium.template import Template

from mssmap.maps.assets import MAP_OPTIONS, URL, Assets

CENTRE = (19.0, -72.9)
FROM_FRAME = f"../../{URL}"
"""Address of the static files as seen from the frame of st_folium."""


class _Start(MacroElement):
    """Hands the finished Leaflet map to our script; its only text is an address that we made ourselves."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        'document.dispatchEvent(new CustomEvent("mssmap:start", '
        "{detail: {map: {{ this._parent.get_name() }}, manifest: {{ this.manifest }}}}));"
        "{% endmacro %}"
    )

    def __init__(self, manifest: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.manifest = json.dumps(manifest)


def build(assets: Assets) -> folium.Map:
    """
    Make the folium map whose every file is local.

    Returns
    -------
    folium.Map
        In EPSG:3857 as usual on screens; data reach it in EPSG:4326.
    """
    base = folium.Map(location=list(CENTRE), zoom_start=8, tiles=None, **MAP_OPTIONS)
    base.default_js = [("script", FROM_FRAME + name) for name in assets.scripts]
    base.default_css = [("style", FROM_FRAME + name) for name in assets.styles]
    base.add_child(_Start(FROM_FRAME + assets.manifest))
    return base
