"""
The folium base map.

It holds no data: a container, Leaflet from our own files, and one line that starts `client/map.js`. That is why its
script never changes, and a script that never changes is rendered once and never mounted twice.
"""

from __future__ import annotations

import json

import folium
from branca.element import MacroElement
from folium.template import Template

from mssmap.maps.assets import URL, Assets

CENTRE = (19.0, -72.9)
FROM_FRAME = f"../../{URL}"
"""Address of the static files as seen from the frame of st_folium."""


class _Start(MacroElement):
    """Hands the finished Leaflet map to our script; its only text is an address that we made ourselves."""

    _template = Template(
        "{% macro script(this, kwargs) %}mssmap.start({{ this._parent.get_name() }}, {{ this.config }});{% endmacro %}"
    )

    def __init__(self, config: dict[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.config = json.dumps(config)


def build(assets: Assets) -> folium.Map:
    """
    Make the folium map whose every file is local.

    Returns
    -------
    folium.Map
        In EPSG:3857 as usual on screens; data reach it in EPSG:4326.
    """
    base = folium.Map(
        location=list(CENTRE),
        zoom_start=8,
        min_zoom=7,
        max_zoom=16,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=110,
        max_bounds_viscosity=0.7,
    )
    base.default_js = [("script", FROM_FRAME + name) for name in assets.scripts]
    base.default_css = [("style", FROM_FRAME + name) for name in assets.styles]
    base.add_child(_Start({"manifest": FROM_FRAME + assets.manifest}))
    return base
