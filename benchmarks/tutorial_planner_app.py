"""
The planner the way tutorials do it: in each rerun geopandas buffers, unites and joins, and folium draws a new map.

The same grid of people and the same bases as our planner; the service area is a circle, for that is what tutorials do.
"""

from datetime import date

import folium
import geopandas as gpd
import streamlit as st
import streamlit_folium
from streamlit.components.v1.component_registry import ComponentRegistry

from mssmap.planning import on_data, scenario
from mssmap.planning.ground.grid import to_metric
from mssmap.records.timeline import Clocks
from mssmap.ui import cache

RADIUS_M = 30_000

if ComponentRegistry.instance().get_component(streamlit_folium._component_func.name) is None:
    ComponentRegistry.instance().register_component(streamlit_folium._component_func)

st.set_page_config(page_title="Tutorial planner", layout="wide")


@st.cache_data
def read():
    """Bases and people, once."""
    data = cache.data()
    plan = scenario.baseline(data, Clocks(date(2026, 4, 1), date(2026, 11, 22)))
    on = on_data.ground(data, plan)
    points = gpd.points_from_xy(*on.grid.xy.T)
    people = gpd.GeoDataFrame({"people": on.grid.people["central"]}, geometry=points, crs="EPSG:32618")
    return scenario.bases(data, plan, on.network), people


bases, people = read()
with st.sidebar:
    on = [st.checkbox(row.name, bool(row.active), key=row.base_id) for row in bases.itertuples()]
chosen = bases[on]
centres = gpd.GeoSeries(gpd.points_from_xy(*to_metric(chosen["lon"], chosen["lat"])), crs="EPSG:32618")
area = centres.buffer(RADIUS_M).union_all()
inside = gpd.sjoin(people, gpd.GeoDataFrame(geometry=[area], crs=people.crs), predicate="within")
st.metric("People covered", f"{inside['people'].sum():,}")

shown = folium.Map(location=[19.0, -72.9], zoom_start=8, tiles=None)
shown.default_js = [("leaflet", "/bench/" + cache.published().scripts[0]), ("dollar", "/bench/dollar.js")]
shown.default_css = [("leaflet_css", "/bench/" + cache.published().styles[0])]
folium.GeoJson(gpd.GeoSeries([area], crs="EPSG:32618").to_crs("EPSG:4326")).add_to(shown)
for row in bases.itertuples():
    folium.CircleMarker([row.lat, row.lon], radius=7, tooltip=row.name).add_to(shown)
streamlit_folium.st_folium(shown, key="map", use_container_width=True, returned_objects=[])
