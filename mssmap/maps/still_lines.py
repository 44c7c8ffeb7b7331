"""What the parts of the still map share: a window class, and lines and areas as the data of a path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.maps import placing

FINE: Final = 4
"""Steps of a pixel in which outlines are drawn."""


@dataclass(frozen=True)
class WindowClass:
    """A window class: its zoom, and the point on the world of that zoom from which it is drawn."""

    name: str
    zoom: float
    origin: tuple[float, float]
    least: tuple[float, float, float] | None
    """Least width without and with a legend, and least height; None for the class of the smallest windows."""


def run(parts: Iterable[BaseGeometry], step: WindowClass) -> str:
    """Return lines and areas as the data of one path, in `FINE` steps of a pixel of a class."""
    flat = shapely.get_parts(np.array([part for part in parts if part is not None], dtype=object))
    rings = [ring for part in flat for ring in (shapely.get_rings(part) if part.geom_type == "Polygon" else [part])]
    return "".join(_line_of(ring, step) for ring in rings)


def _line_of(ring: BaseGeometry, step: WindowClass) -> str:
    size = placing.TILE_PX * 2**step.zoom
    lon, lat = shapely.get_coordinates(ring).T
    north = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    x = (size * (lon / 360 + 0.5) - step.origin[0]) * FINE
    y = (size * (0.5 - north / (2 * np.pi)) - step.origin[1]) * FINE
    thin = shapely.simplify(shapely.LineString(np.column_stack([x, y])), 1.2)
    points = np.round(shapely.get_coordinates(thin)).astype(int)
    moves = np.diff(points, axis=0)
    moves = moves[(moves != 0).any(axis=1)]
    if not len(moves):
        return ""
    closed = (points[0] == points[-1]).all() and len(moves) > 2
    told = "".join(f"{dx}{dy:+d}" if i == 0 else f"{dx:+d}{dy:+d}" for i, (dx, dy) in enumerate(moves))
    return f"M{points[0][0]} {points[0][1]}l{told}" + ("z" if closed else "")


def n(value: float) -> str:
    """
    Write a number of pixels to a tenth.

    >>> n(3.0), n(-0.04), n(2.26)
    ('3', '0', '2.3')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
