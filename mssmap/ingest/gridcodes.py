"""Codes that stand for a place: MGRS (NGA.STND.0037) and full plus codes (Open Location Code)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import pyproj

MGRS: Final = re.compile(r"(\d{1,2})\s*([C-HJ-NP-X])\s*([A-HJ-NP-Z])([A-HJ-NP-V])\s*(\d{1,5})\s*(\d{1,5})|"
                         r"(\d{1,2})\s*([C-HJ-NP-X])\s*([A-HJ-NP-Z])([A-HJ-NP-V])\s*((?:\d\d){1,5})")  # fmt: skip
COLUMNS: Final = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
ROWS: Final = "ABCDEFGHJKLMNPQRSTUV"
BANDS: Final = "CDEFGHJKLMNPQRSTUVWX"

PLUS: Final = "23456789CFGHJMPQRVWX"
_PLUS: Final = re.compile(rf"[{PLUS}]{{8}}\+[{PLUS}]{{2,7}}")


def mgrs(text: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude of the middle of an MGRS square, None for another text.

    >>> [round(angle, 3) for angle in mgrs("18Q YF 81862 52022")], mgrs("Delmas")
    ([-72.33, 18.54], None)
    """
    found = MGRS.fullmatch(text.strip().upper())
    if not found:
        return None
    zone, band, column, row, *rest = [group for group in found.groups() if group is not None]
    east, north = rest if len(rest) == 2 else (rest[0][: len(rest[0]) // 2], rest[0][len(rest[0]) // 2 :])
    number = int(zone)
    if len(east) != len(north) or not 1 <= number <= 60 or column not in COLUMNS[(number - 1) % 3]:
        return None
    size = 10 ** (5 - len(east))
    easting = (COLUMNS[(number - 1) % 3].index(column) + 1) * 100_000 + int(east) * size + size / 2
    northing = (ROWS.index(row) - 5 * (number % 2 == 0)) % 20 * 100_000 + int(north) * size + size / 2
    bottom = (BANDS.index(band) - 10) * 8
    lowest = _metres(number, south=bottom < 0).transform(-183 + 6 * number, bottom)[1]
    while northing < lowest - 100_000:
        northing += 2_000_000
    lon, lat = _metres(number, south=bottom < 0).transform(easting, northing, direction="INVERSE")
    return float(lon), float(lat)


@lru_cache
def _metres(zone: int, *, south: bool) -> Any:
    return pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:{(32700 if south else 32600) + zone}", always_xy=True)


def plus_code(text: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude of the middle of a full plus code, None for another text.

    >>> [round(angle, 3) for angle in plus_code("77C9GMQC+X2")]
    [-72.33, 18.54]
    """
    plain = text.strip().upper()
    if not _PLUS.fullmatch(plain):
        return None
    digits = [PLUS.index(letter) for letter in plain.replace("+", "")]
    lat, lon, high, wide = -90.0, -180.0, 400.0, 400.0
    for i in range(0, 10, 2):
        high, wide = high / 20, wide / 20
        lat, lon = lat + digits[i] * high, lon + digits[i + 1] * wide
    for digit in digits[10:]:
        high, wide = high / 5, wide / 4
        lat, lon = lat + digit // 4 * high, lon + digit % 4 * wide
    return lon + wide / 2, lat + high / 2
