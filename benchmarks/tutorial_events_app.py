"""Events the way tutorials do it, at its fastest: one GeoJson layer on canvas in a map built anew in each rerun."""

import folium
import geopandas as gpd
import streamlit_folium
from streamlit.components.v1.component_registry import ComponentRegistry

from benchmarks import events_page
from mssmap.ui import cache

found, day = events_page.controls()
shown = folium.Map([19.0, -72.9], zoom_start=8, tiles=None, prefer_canvas=True)
folium.GeoJson(cache.data()["land"][["geometry"]]).add_to(shown)
if found is not None:
    folium.GeoJson(
        gpd.GeoDataFrame(found[["title_en"]], geometry=gpd.points_from_xy(found["lon"], found["lat"]), crs="EPSG:4326"),
        marker=folium.CircleMarker(radius=4, weight=1, color=events_page.COLOUR, fill=True),
        tooltip=folium.GeoJsonTooltip(["title_en"]),
    ).add_to(shown)
events_page.offline(shown, day, found is not None)

if ComponentRegistry.instance().get_component(streamlit_folium._component_func.name) is None:
    # imported before the server had a registry, see mssmap.ui.frame
    ComponentRegistry.instance().register_component(streamlit_folium._component_func)
streamlit_folium.st_folium(shown, key="map", use_container_width=True, height=650)
