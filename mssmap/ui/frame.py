"""
The frame of st_folium, fed so that it is mounted once and never again.

st_folium renders the folium map at every call, 20 to 160 ms, and remounts the frame when the script differs. Our base
map has no data in it, so it is rendered once per process and handed to st_folium's own frame as it is. The names with
an underscore are not public: the version is pinned, a test watches them, and without them the public call is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit_folium
from streamlit.components.v1.component_registry import ComponentRegistry

from mssmap.maps import base
from mssmap.maps.assets import Assets

ENDING = "window.map = map_div; window.initComponent(map_div, false);"
"""What st_folium puts after the script of a map before it runs it; the policy of the content names the whole."""

HEIGHT_PX = 560
"""Height before the page's own style makes the frame fill the window."""


@dataclass(frozen=True)
class Frame:
    """Arguments of the st_folium frame, as text."""

    script: str
    header: str
    html: str
    map_id: str
    key: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]


def render(assets: Assets) -> Frame | None:
    """Render the base map once; None if this st_folium has other inner names than the pinned one."""
    folium_map = base.build(assets)
    folium_map.get_root().render()
    folium_map.render()
    try:
        html, header = streamlit_folium._get_html(folium_map), streamlit_folium._get_header(folium_map)
        script = streamlit_folium._get_map_string(folium_map)
        return Frame(
            script=script,
            header=header,
            html=html,
            map_id=streamlit_folium.get_full_id(folium_map),
            key=streamlit_folium.generate_js_hash(script, "situation", False),
            scripts=tuple(src for _, src in folium_map.default_js),
            styles=tuple(href for _, href in folium_map.default_css),
        )
    except AttributeError:
        return None


def mount(frame: Frame | None, assets: Assets, *, key: str) -> Any:
    """
    Put the map on the page.

    No values are asked back: panning, zooming and clicking never rerun the page through this frame.
    """
    component = getattr(streamlit_folium, "_component_func", None)
    if frame is None or component is None:
        return streamlit_folium.st_folium(
            base.build(assets), key=key, height=HEIGHT_PX, use_container_width=True, returned_objects=[]
        )
    registry = ComponentRegistry.instance()
    if registry.get_component(component.name) is None:
        # st_folium declared it when it was imported, which was before the server had a registry
        registry.register_component(component)
    return component(
        script=frame.script,
        header=frame.header,
        html=frame.html,
        id=frame.map_id,
        key=frame.key,
        height=HEIGHT_PX,
        width=None,
        returned_objects=[],
        default={},
        zoom=None,
        center=None,
        feature_group=None,
        return_on_hover=False,
        layer_control=None,
        pixelated=False,
        css_links=list(frame.styles),
        js_links=list(frame.scripts),
        wrap_longitude=False,
    )
