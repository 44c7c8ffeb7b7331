"""
The same records shown the way tutorials do it: a folium map built anew in each rerun, everything embedded in it.

The same background, layers, dates, popups and reads as the situation map; what differs is only how the map gets to the
browser. The addresses of Leaflet point at our own copy, so that it draws without a network as well.
"""

import html
from datetime import timedelta

import folium
import streamlit as st
import streamlit_folium
from streamlit.components.v1.component_registry import ComponentRegistry

from mssmap.legend import layers, lines, symbols
from mssmap.records import kinds
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.ui import cache, state

BACKGROUND = {"neighbours": "#e6e6e2", "land": "#f7f5ef", "lakes": "#dbe9f1", "rivers": "#a9c8da", "roads": "#c3a775"}

st.set_page_config(page_title="Tutorial", layout="wide")
st.title("Situation map")
st.session_state.setdefault("as_of", state.default_as_of())


def step(days: int) -> None:
    """Move the dial."""
    st.session_state["as_of"] += timedelta(days=days)


with st.sidebar:
    as_of = st.slider("Map as of", state.EARLIEST, state.latest(), key="as_of")
    st.button("One month back", on_click=step, args=(-30,))
    titles = layers.titles()
    on = {
        layer.id: st.checkbox(f"{titles[group]}: {titles[layer.id]}", layer.id in layers.DEFAULT, key=layer.id)
        for group, members in layers.GROUPS.items()
        for layer in members
    }

window = (as_of - timedelta(days=120), as_of)
shown = cache.shown(Filters(Clocks(as_of, state.today())).within(window))
data = cache.data()

m = folium.Map(location=[19.0, -72.9], zoom_start=8, tiles=None, prefer_canvas=True)
local = "/bench/"
m.default_js = [("leaflet", local + cache.published().scripts[0]), ("dollar", local + "dollar.js")]
m.default_css = [("leaflet_css", local + cache.published().styles[0])]

for name, colour in BACKGROUND.items():
    style = {
        "color": colour,
        "fillColor": colour,
        "weight": 1,
        "fillOpacity": 1 if name not in {"rivers", "roads"} else 0,
    }
    folium.GeoJson(data[name][["geometry"]], style_function=lambda _, style=style: style).add_to(m)
for name in ("departments", "communes"):
    if on[name]:
        folium.GeoJson(data[name][["geometry"]], style_function=lambda _: {"color": "#8b98a1", "fill": False}).add_to(m)


def popup(title: str, line: str) -> folium.Popup:
    """Name and line of a record."""
    return folium.Popup(f"<b>{html.escape(title)}</b><br>{html.escape(line)}", max_width=320)


for row in shown["gang_zones"].itertuples():
    if on[f"gang_zones.{row.status}"] and row.geometry is not None:
        colour = symbols.ZONE_STYLES[row.status]["color"]
        if row.geometry.geom_type == "Point":
            where, radius = [row.geometry.y, row.geometry.x], row.uncertainty_m
            zone = folium.Circle(where, radius=radius, stroke=False, fill_color=colour, fill_opacity=0.2)
        else:
            zone = folium.GeoJson(
                row.geometry, style_function=lambda _, colour=colour: {"color": colour, "fillOpacity": 0.2}
            )
        zone.add_child(popup(row.name_en, lines.line("gang_zones", row))).add_to(m)

glyphs = symbols.glyphs()
for name in kinds.POINTS:
    for row in shown[name].itertuples():
        symbol = lines.symbol(name, row)
        if row.geometry is not None and (on.get(symbol) or on.get(symbol.split(".")[0])):
            folium.Marker(
                [row.geometry.y, row.geometry.x],
                popup=popup(row.name_en, lines.line(name, row)),
                icon=folium.DivIcon(html=glyphs[symbol], class_name="record", icon_size=(22, 22)),
            ).add_to(m)
for row in shown["events"].itertuples():
    group = layers.layer_group(row.category)
    if row.geometry is not None and row.country == "HTI" and on[group]:
        folium.Marker(
            [row.lat, row.lon],
            popup=popup(row.title_en, lines.event_line(row)),
            icon=folium.DivIcon(html=glyphs[group], class_name="record", icon_size=(14, 14)),
        ).add_to(m)
folium.Marker([20.0, -75.0], icon=folium.DivIcon(html=f"{as_of:%d %b %Y}", class_name="day")).add_to(m)

if ComponentRegistry.instance().get_component(streamlit_folium._component_func.name) is None:
    # imported before the server had a registry, see mssmap.ui.frame
    ComponentRegistry.instance().register_component(streamlit_folium._component_func)
streamlit_folium.st_folium(m, use_container_width=True, height=650)
