"""Events with leafmap on Streamlit (its folium side), without controls and tiles that come from the network."""

import folium
import geopandas as gpd
import leafmap.foliumap as leafmap

from benchmarks import events_page
from mssmap.ui import cache

found, day = events_page.controls()
shown = leafmap.Map(
    center=[19.0, -72.9], zoom=8, tiles=None, prefer_canvas=True, fullscreen_control=False, measure_control=False
)
shown.add_gdf(cache.data()["land"][["geometry"]], layer_name="Land", info_mode=None, zoom_to_layer=False)
if found is not None:
    shown.add_gdf(
        gpd.GeoDataFrame(found[["title_en"]], geometry=gpd.points_from_xy(found["lon"], found["lat"]), crs="EPSG:4326"),
        layer_name="Events",
        zoom_to_layer=False,
        marker=folium.CircleMarker(radius=4, weight=1, color=events_page.COLOUR, fill=True),
    )
events_page.offline(shown, day, found is not None).to_streamlit(height=650)
