"""
Coordinate reference systems: degrees on disk, metres for every distance and area.

The checks here take anything with a `crs` attribute, so that the vocabulary imports no geometry library.
"""

from __future__ import annotations

from typing import Any

from mssmap.errors import CrsError

WGS84 = "EPSG:4326"
"""Longitude and latitude in degrees: how all files are stored (RFC 7946)."""

METRIC = "EPSG:32618"
"""UTM zone 18 north in metres: how all distances and areas are computed (scale error at most 0.12 % over Haiti)."""

HAITI_BOUNDS = (-75.0, 17.5, -71.0, 20.6)
"""West, south, east, north in degrees: the box in which points in Haiti must lie, territorial sea included."""


def name_of(frame: Any) -> str:
    """Return the authority code of a frame's CRS, `no CRS` if it has none."""
    found = getattr(frame, "crs", None)
    if found is None:
        return "no CRS"
    code = found.to_epsg()
    return f"EPSG:{code}" if code else str(found.name)


def require_crs(frame: Any, name: str, wanted: str, unit: str) -> None:
    """
    Stop unless a layer is in the CRS `wanted`.

    Raises
    ------
    CrsError
        If the layer has no CRS or another one.
    """
    found = name_of(frame)
    if found != wanted:
        action = f'set_crs("{WGS84}") first if it holds degrees' if found == "no CRS" else f'to_crs("{wanted}")'
        raise CrsError(f"{name}: distances need {wanted} ({unit}), found {found}. Call .{action}.")
