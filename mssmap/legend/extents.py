"""
What is drawn for the zones of a view: each named unit once, soft spots, borders with a count, figures.

However many assessments name a unit, it is drawn once, at the worst of their levels. A unit within another one that is
drawn too is cut out of it, so that no hatch lies over another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.legend import text
from mssmap.records import kinds, units

WORST_FIRST: Final = tuple(kinds.LAYERS[units.ZONES].statuses)
"""Levels of a zone; a unit that several name has the first of theirs."""

SMALLEST_PX: Final = 7.0
"""A spot has at least this radius on the screen, however far away one looks from. As in client/map/zones.js."""

BORDER_PX: Final = 7.0
"""Width of the hatched inner border of a department. As in client/map/zones.js."""


@dataclass(frozen=True)
class Drawn:
    """
    One thing on the map, whatever its kind.

    Attributes
    ----------
    how
        One of `units.EXTENTS`.
    pcodes
        The unit, or the units of a share; empty for a spot.
    level, stale
        Worst level of the zones, and whether every one of that level is stale.
    zones
        Ids of the zones that name it.
    shape
        In degrees: outline of a unit, or a point.
    radius_m
        Uncertainty of a spot.
    number
        Communes counted, or share in percent.
    """

    how: str
    pcodes: tuple[str, ...]
    level: str
    stale: bool
    zones: tuple[str, ...]
    shape: BaseGeometry
    radius_m: float = 0.0
    number: float = 0.0
    inner: tuple[str, ...] = field(default=())


def rank(level: str) -> int:
    """Place of a level, the worst 0; an unknown one comes last."""
    return WORST_FIRST.index(level) if level in WORST_FIRST else len(WORST_FIRST)


def drawn(outlines: Mapping[str, BaseGeometry], zones: Iterable[Any]) -> list[Drawn]:
    """
    Return what is drawn, in its order: large units, small ones, borders, spots (the worst last), figures.

    Parameters
    ----------
    outlines
        As `units.outlines` gives them.
    zones
        Rows of the layer of zones in a view.
    """
    found: dict[tuple[str, tuple[str, ...], str], list[Any]] = {}
    for row in zones:
        for key in _keys(row, outlines):
            found.setdefault(key, []).append(row)
    things = [_drawn(*key, rows, outlines) for key, rows in found.items()]
    return sorted(_cut(things, outlines), key=_order)


def _keys(row: Any, outlines: Mapping[str, BaseGeometry]) -> list[tuple[str, tuple[str, ...], str]]:
    pcodes = units.codes(row.unit_pcodes)
    if row.extent == units.AREA or row.extent == units.COUNT:
        return [(row.extent, (pcode,), "") for pcode in pcodes if pcode in outlines]
    if row.geometry is None or row.geometry.is_empty:
        return []
    return [(units.SHARE, pcodes, "")] if row.extent == units.SHARE else [(units.SPOT, (), row.zone_id)]


def _drawn(how: str, pcodes: tuple[str, ...], _id: str, rows: list[Any], outlines: Mapping[str, BaseGeometry]) -> Drawn:
    worst = min((row.status for row in rows), key=rank)
    mine = [row for row in rows if row.status == worst]
    numbers = [row.communes_affected if how == units.COUNT else row.share_pct for row in rows]
    return Drawn(
        how=how,
        pcodes=pcodes,
        level=worst,
        stale=all(bool(row.stale) for row in mine),
        zones=tuple(row.zone_id for row in rows),
        shape=outlines[pcodes[0]] if how in (units.AREA, units.COUNT) else rows[0].geometry,
        radius_m=_radius_m(rows[0]) if how == units.SPOT else 0.0,
        number=max(float(number) for number in numbers) if how in (units.COUNT, units.SHARE) else 0.0,
    )


def _radius_m(row: Any) -> float:
    return 0.0 if pd.isna(row.uncertainty_m) else float(row.uncertainty_m)


def _cut(things: list[Drawn], outlines: Mapping[str, BaseGeometry]) -> list[Drawn]:
    """Take units out of those around them."""
    areas = {thing.pcodes[0] for thing in things if thing.how == units.AREA}
    cut = []
    for thing in things:
        inner = [p for p in areas if thing.how == units.AREA and p != thing.pcodes[0] and p.startswith(thing.pcodes[0])]
        shape = thing.shape.difference(shapely.union_all([outlines[p] for p in inner])) if inner else thing.shape
        cut.append(Drawn(**{**vars(thing), "shape": shape, "inner": tuple(sorted(inner))}))
    return cut


_LAYERS: Final = (units.AREA, units.COUNT, units.SPOT, units.SHARE)


def _order(thing: Drawn) -> tuple[Any, ...]:
    west, south, east, north = thing.shape.bounds if not thing.shape.is_empty else (0, 0, 0, 0)
    size = (east - west) * (north - south)
    return _LAYERS.index(thing.how), -size, -rank(thing.level), thing.zones


def keys() -> dict[str, str]:
    """Say what each kind of drawing means, for a legend; a symbol of the same name shows it (`symbols.glyphs`)."""
    return {
        "zone_units": _("Reported somewhere in this unit"),
        "zone_spot": _("Place without an outline"),
        "zone_count": _("So many communes of it"),
    }


def told(thing: Drawn, *, brief: bool = False) -> str:
    """Write what stands on the map for a count or a share, with its level unless it should be brief."""
    level = text.status(units.ZONES, thing.level).lower()
    if thing.how == units.SHARE:
        what = _("{n} % of {m} communes").format(n=text.number(thing.number), m=text.number(len(thing.pcodes)))
    else:
        what = communes(thing.number)
    return what if brief else f"{what} · {level}"


def communes(number: float) -> str:
    """
    Write a number of communes.

    >>> communes(1), communes(8)
    ('1 commune', '8 communes')
    """
    return _("1 commune") if number == 1 else _("{n} communes").format(n=text.number(number))


def border(shape: BaseGeometry, width: float) -> BaseGeometry:
    """Return the band along the inside of an outline, in whatever unit the outline has."""
    return shape.difference(shape.buffer(-width))


def words(row: Any) -> str:
    """
    Say in a few words what a source says about where a zone is; never more than it says.

    >>> from types import SimpleNamespace as Row
    >>> words(Row(extent="units", unit="commune", unit_pcodes="HT0113"))
    'reported somewhere in this commune'
    >>> words(Row(extent="spot", uncertainty_m=700.0)), words(Row(extent="count", communes_affected=8))
    ('place without an outline, within 700 m', '8 communes of the department, not all named')
    """
    if row.extent == units.SPOT:
        if row.uncertainty_m != row.uncertainty_m:
            return _("place without an outline")
        return _("place without an outline, within {n} m").format(n=text.number(round(row.uncertainty_m)))
    if row.extent == units.COUNT:
        number = int(row.communes_affected)
        if number == 1:
            return _("1 commune of the department, not named")
        return _("{n} communes of the department, not all named").format(n=text.number(number))
    if row.extent == units.SHARE:
        n = len(units.codes(row.unit_pcodes))
        return _("{share} % of {n} communes, which parts is not published").format(
            share=text.number(row.share_pct), n=text.number(n)
        )
    many = len(units.codes(row.unit_pcodes)) > 1
    return _(_SOMEWHERE[row.unit][many])


_SOMEWHERE: Final = {
    "section": (
        mark("reported somewhere in this communal section"),
        mark("reported somewhere in these communal sections"),
    ),
    "commune": (mark("reported somewhere in this commune"), mark("reported somewhere in these communes")),
    "department": (mark("reported somewhere in this department"), mark("reported somewhere in these departments")),
}
