"""What all parts of the build share: where things lie, numbers, and how it says no."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[2]
INPUTS = Path(__file__).resolve().parents[1] / "geodata_inputs"

WGS84 = "EPSG:4326"
METRIC = "EPSG:32618"
VIEW_BOX = (-76.5, 17.0, -69.5, 21.0)
"""West, south, east, north of everything that is drawn, degrees."""

DIGITS = 4
"""Decimals of a degree kept on disk: 11 m, finer than any of the sources."""

GSHHG_SHIFT_M = (232.0, 255.0)
"""East and north shift that lays the GSHHG coast on the commune coast, metres; see `measure_shift`."""

COAST_ZONE_M = 2_500.0
SIMPLIFY_M = 100.0
"""Side of the square as large as the smallest corner kept (Visvalingam-Whyatt), metres."""
SIMPLIFY_NEIGHBOUR_M = 250.0
"""How far the coast of the neighbours may move when it is simplified, metres."""

ROAD_CLASSES = {"RN": "national", "RD": "departmental", "RU": "urban", "RC": "communal"}
PLACE_KINDS = {"12": "city", "13": "town", "14": "village"}
RANK_1 = {"HT0111", "HT0311", "HT0511", "HT0711"}
RANK_2 = {
    *("HT0113", "HT0114", "HT0121", "HT0122", "HT0131", "HT0211", "HT0411", "HT0421", "HT0531", "HT0611"),
    *("HT0621", "HT0811", "HT0911", "HT1011"),
}

Row = dict[str, str]
Record = tuple[dict[str, Any], BaseGeometry]


class GeodataError(ValueError):
    """An input or a result is not what the build needs."""


def require(condition: bool, message: str) -> None:
    """Raise `GeodataError` with `message` unless `condition` holds."""
    if not condition:
        raise GeodataError(message)
