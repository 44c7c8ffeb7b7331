"""Everything that draws on folium: base map, symbols, the messages the map listens to, and its local assets."""
