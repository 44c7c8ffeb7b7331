"""What the three other ways of `python -m benchmarks.compare` have in common: events, check box, date, addresses."""

from __future__ import annotations

import os
from datetime import date, timedelta

import folium
import pandas as pd
import streamlit as st

from benchmarks import archive_data
from mssmap.ui import cache

LAST_DAY = date(2026, 11, 22)
COLOUR = "#b3423a"


@st.cache_resource
def events() -> pd.DataFrame:
    """Read the events once for the whole server: day, place and title."""
    frame = pd.concat(archive_data.batches(int(os.environ["BENCH_EVENTS"])), ignore_index=True)
    return frame[["valid_from", "known_from", "lon", "lat", "title_en"]]


def step() -> None:
    """Move the date."""
    st.session_state["as_of"] -= timedelta(days=30)


def controls() -> tuple[pd.DataFrame | None, date]:
    """Draw title, check box and button; return the events of that date, None while they are switched off, and it."""
    st.set_page_config(page_title="Events", layout="wide")
    st.title("Events")
    day = st.session_state.setdefault("as_of", LAST_DAY)
    with st.sidebar:
        st.write(f"Map as of {day}")
        st.button("One month back", on_click=step)
        on = st.checkbox("Events", True)
    every = events()
    known = every[every[["valid_from", "known_from"]].max(axis=1) <= pd.Timestamp(day)]
    return (known[["lon", "lat", "title_en"]] if on else None), day


def offline(shown: folium.Map, day: date, on: bool) -> folium.Map:
    """Point Leaflet at our own copy, and write what the map shows on it, where the measurement looks for it."""
    files = cache.published()
    shown.default_js = [("leaflet", f"/bench/{files.scripts[0]}"), ("dollar", "/bench/dollar.js")]
    shown.default_css = [("leaflet_css", f"/bench/{files.styles[0]}")]
    words = f"{day} {'on' if on else 'off'}"
    folium.Marker([20.0, -75.0], icon=folium.DivIcon(html=words, class_name="day")).add_to(shown)
    return shown
