"""
From degrees to millimetres of the sheet, by way of UTM 18N: where a place stands, the scale, the graticule, north.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Proj, Transformer

from mssmap.brief.drawing.labels import Box
from mssmap.crs import METRIC, WGS84
from mssmap.records.catalog import Data

Extent = tuple[float, float, float, float]

HAITI: Final[Extent] = (-74.52, 17.98, -71.60, 20.12)
CAPITAL: Final[Extent] = (-72.42, 18.475, -72.17, 18.625)
"""Where points crowd: Port-au-Prince."""

LARGE_SCALE: Final = 450_000
"""At a larger scale than 1 to this the capital needs no inset."""

STEPS: Final = (1.0, 0.5, 0.25, 1 / 6, 1 / 12, 1 / 30, 1 / 60)
"""Spacing of a graticule in degrees."""

_TO_METRES: Final = Transformer.from_crs(WGS84, METRIC, always_xy=True)


def to_metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places in degrees, one row each, in metres of UTM 18N."""
    return np.column_stack(_TO_METRES.transform(degrees[:, 0], degrees[:, 1]))


@lru_cache(maxsize=64)
def metric(data: Data, layer: str) -> NDArray[np.object_]:
    """Return the shapes of a reference layer in UTM 18N; an empty array if the layer is missing."""
    frame = data.frames.get(layer)
    if frame is None or frame.empty:
        return np.empty(0, dtype=object)
    return np.asarray(frame.geometry.to_crs(METRIC).to_numpy(), dtype=object)


@dataclass(frozen=True)
class Frame:
    """
    A window of the ground on a part of the sheet.

    Attributes
    ----------
    west, south, east, north
        Its sides in metres of UTM 18N.
    left, top, width, height
        Where it lies on the sheet, in millimetres.
    """

    west: float
    south: float
    east: float
    north: float
    left: float
    top: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        """Its sides on the sheet: left, top, right, bottom."""
        return (self.left, self.top, self.left + self.width, self.top + self.height)

    @property
    def scale(self) -> float:
        """Denominator of the scale."""
        return (self.east - self.west) * 1000 / self.width

    def points(self, lon: Any, lat: Any) -> NDArray[np.float64]:
        """Return places in millimetres of the sheet, one row each."""
        east, north = _TO_METRES.transform(np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64"))
        return self.on_sheet(np.column_stack([np.atleast_1d(east), np.atleast_1d(north)]))

    def on_sheet(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places in UTM, one row each, in millimetres of the sheet."""
        per_mm = (self.east - self.west) / self.width
        out = np.empty_like(metres)
        out[:, 0] = self.left + (metres[:, 0] - self.west) / per_mm
        out[:, 1] = self.top + (self.north - metres[:, 1]) / per_mm
        return out

    def shapes(self, geometries: NDArray[np.object_], *, smallest_mm: float = 0.07) -> list[Any]:
        """Return what of some shapes (in UTM) is in the window, generalised, in millimetres of the sheet."""
        if not len(geometries):
            return []
        per_mm = (self.east - self.west) / self.width
        beyond = 3 * per_mm  # the cut edges stay out of sight
        window = (self.west - beyond, self.south - beyond, self.east + beyond, self.north + beyond)
        near = geometries[shapely.intersects(geometries, shapely.box(*window))]
        simple = shapely.simplify(near, smallest_mm * per_mm, preserve_topology=True)
        cut = [shapely.clip_by_rect(shape, *window) for shape in simple]
        return [shapely.transform(shape, self.on_sheet) for shape in cut if not shape.is_empty]

    def holds(self, other: Extent) -> bool:
        """Whether an extent in degrees lies in the window as a whole."""
        corners = self.points([other[0], other[2]], [other[1], other[3]])
        left, top, right, bottom = self.box
        return bool(
            (corners[:, 0] > left).all()
            and (corners[:, 0] < right).all()
            and (corners[:, 1] > top).all()
            and (corners[:, 1] < bottom).all()
        )


def fit(extent: Extent, left: float, top: float, width: float, height: float) -> Frame:
    """Return the frame of a size that shows an extent (degrees) as large as it can, in its middle."""
    west, south, east, north = bounds(extent)
    per_mm = max((east - west) / width, (north - south) / height)
    x, y = (west + east) / 2, (south + north) / 2
    half_width, half_height = per_mm * width / 2, per_mm * height / 2
    sides = (x - half_width, y - half_height, x + half_width, y + half_height)
    return Frame(*sides, left, top, width, height)


def bounds(extent: Extent) -> Extent:
    """Return the sides in metres of UTM 18N of the smallest upright box around an extent in degrees."""
    west, south, east, north = extent
    steps = np.linspace(0, 1, 9)
    lon = np.concatenate([west + (east - west) * steps] * 2 + [np.full(9, west), np.full(9, east)])
    lat = np.concatenate([np.full(9, south), np.full(9, north)] + [south + (north - south) * steps] * 2)
    x, y = _TO_METRES.transform(lon, lat)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


@dataclass(frozen=True)
class Meridian:
    """A line of the graticule: its points on the sheet and what is written at its end."""

    points: NDArray[np.float64]
    words: str
    upright: bool


def graticule(frame: Frame) -> Iterator[Meridian]:
    """Yield meridians and parallels at a spacing that gives four lines or so on the longer side."""
    corners = np.array([[frame.west, frame.south], [frame.east, frame.north]])
    lon, lat = _TO_METRES.transform(corners[:, 0], corners[:, 1], direction="INVERSE")
    wide = max(lon[1] - lon[0], lat[1] - lat[0])
    step = min(STEPS, key=lambda value: abs(wide / value - 5))
    for value in _multiples(lon[0] - step, lon[1] + step, step):
        along = np.linspace(lat[0] - 0.3, lat[1] + 0.3, 40)
        yield Meridian(frame.points(np.full(40, value), along), degrees(abs(value)) + "W", upright=True)
    for value in _multiples(lat[0] - step, lat[1] + step, step):
        along = np.linspace(lon[0] - 0.3, lon[1] + 0.3, 40)
        yield Meridian(frame.points(along, np.full(40, value)), degrees(value) + "N", upright=False)


def _multiples(low: float, high: float, step: float) -> Sequence[float]:
    return [round(i * step, 9) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def degrees(value: float) -> str:
    """
    Write an angle in degrees and minutes.

    >>> degrees(72.5), degrees(19.0)
    ('72°30′', '19°00′')
    """
    minutes = round(value * 60)
    return f"{minutes // 60}°{minutes % 60:02d}′"


def convergence(frame: Frame) -> float:
    """Return the angle in degrees, clockwise, from the top of the sheet to true north in the middle of a frame."""
    middle = _TO_METRES.transform((frame.west + frame.east) / 2, (frame.south + frame.north) / 2, direction="INVERSE")
    return -float(Proj(METRIC).get_factors(*middle).meridian_convergence)


def bar(frame: Frame, longest_mm: float) -> tuple[float, ...]:
    """
    Return the ticks of a scale bar in kilometres: 0, a half, and the whole, a round number that fits.

    >>> bar(fit(HAITI, 0, 0, 182, 140), 40)
    (0.0, 25.0, 50.0)
    """
    longest = longest_mm * frame.scale / 1e6
    power = 10 ** math.floor(math.log10(longest))
    whole = max(factor * power for factor in (1, 2, 5) if factor * power <= longest)
    return (0.0, whole / 2, float(whole))


def degrees_of(frame: Frame) -> Extent:
    """Return the smallest extent in degrees that holds a frame."""
    x = np.array([frame.west, frame.east, frame.west, frame.east])
    y = np.array([frame.south, frame.south, frame.north, frame.north])
    lon, lat = _TO_METRES.transform(x, y, direction="INVERSE")
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
