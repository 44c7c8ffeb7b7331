"""Where zones are, as the browser has it: every place that an assessment ever gave, and the units that are named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from mssmap.records import states, units
from mssmap.records.catalog import Data

Key = tuple[Any, ...]
"""What tells the places of a zone apart."""

DECIMALS: Final = 5


def key(row: Any) -> Key:
    """Return what tells the place of a row from others of its zone."""
    return (row.zone_id, row.extent, row.unit_pcodes, *(_plain(getattr(row, name)) for name in _NUMBERS))


_NUMBERS: Final = ("uncertainty_m", "communes_affected", "share_pct")


def _plain(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


@lru_cache(maxsize=4)
def places(data: Data) -> tuple[Mapping[str, list[dict[str, Any]]], Mapping[Key, int]]:
    """
    Return the places of every zone, and at which of them of its zone a row is.

    A place has `how` (see `units.EXTENTS`), `units` (P-codes), `at` (latitude and longitude), `m` (uncertainty in
    metres) and, for a count or share, `value`.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    numbers: dict[Key, int] = {}
    for row in states.every_spell(data, units.ZONES).itertuples(index=False):
        if key(row) not in numbers:
            mine = found.setdefault(str(row.zone_id), [])
            numbers[key(row)] = len(mine)
            mine.append(_place(row))
    return found, numbers


def _place(row: Any) -> dict[str, Any]:
    has_point = not (pd.isna(row.lon) or pd.isna(row.lat))
    value = {units.COUNT: row.communes_affected, units.SHARE: row.share_pct}.get(row.extent)
    return {
        "how": row.extent,
        "units": list(units.codes(row.unit_pcodes)),
        "at": [round(float(row.lat), DECIMALS), round(float(row.lon), DECIMALS)] if has_point else None,
        "m": _plain(row.uncertainty_m),
        **({"value": float(value)} if value is not None else {}),
    }


def named(data: Data) -> frozenset[str]:
    """Return the P-codes of the communes and sections that are drawn for some zone at some time."""
    found, _numbers = places(data)
    return frozenset(
        pcode
        for mine in found.values()
        for place in mine
        if place["how"] == units.AREA
        for pcode in place["units"]
        if len(pcode) >= units.CODE_LENGTH["commune"]
    )
