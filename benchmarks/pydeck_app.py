"""Events with `st.pydeck_chart`: a ScatterplotLayer, without the map tiles, which come from a service."""

import pandas as pd
import pydeck
import streamlit as st

from benchmarks import events_page

found, day = events_page.controls()
# as many points as tell one date from the next: the measurement counts what is drawn
mark = pd.DataFrame({"lon": -75.0, "lat": 20.0}, index=range(1 + day.toordinal() // 30 % 7))
layers = [pydeck.Layer("ScatterplotLayer", mark, id="day", get_position="[lon, lat]", get_radius=500)]
if found is not None:
    layers.append(
        pydeck.Layer(
            "ScatterplotLayer",
            found,
            id="events",
            get_position="[lon, lat]",
            get_radius=4,
            radius_units="'pixels'",
            get_fill_color=[179, 66, 58],
            pickable=True,
        )
    )
view = pydeck.ViewState(latitude=19.0, longitude=-72.9, zoom=7)
deck = pydeck.Deck(layers, initial_view_state=view, map_provider=None, map_style=None, tooltip={"text": "{title_en}"})
st.pydeck_chart(deck, height=650, use_container_width=True)
