"""The reference geometry of the map, made from pinned packages and small tables; `build` says how."""
