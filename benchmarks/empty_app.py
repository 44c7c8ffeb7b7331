"""The least a Streamlit page can be: how long a start takes without us."""

import streamlit as st

st.title("Empty page")
