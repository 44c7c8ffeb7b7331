"""What is drawn on the map: records with their glyph and place, and the words beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from mssmap.brief.drawing import typeface
from mssmap.brief.drawing.frame import Frame
from mssmap.brief.drawing.labels import Box, Label, PlacedSymbol
from mssmap.i18n import gettext as _
from mssmap.legend import extents, lines
from mssmap.legend.extents import Drawn
from mssmap.legend.layers import event_group
from mssmap.records import kinds, units
from mssmap.records.shown import Shown
from mssmap.telling import twin

SIZES_MM: Final = {kind.name: kind.size_mm for kind in (*kinds.LAYERS.values(), kinds.EVENTS) if kind.size_mm}
"""Layer -> size of its symbols on paper."""


@dataclass(frozen=True)
class Record:
    layer: str
    key: str
    glyph: str
    lon: float
    lat: float
    precision: str
    faded: bool
    row: Any


def records(shown: Shown) -> list[Record]:
    """Return the records that have a place, the most telling first."""
    found = [
        Record(layer, str(getattr(row, key)), lines.symbol(layer, row), row.geometry.x, row.geometry.y,
                str(row.location_precision), bool(row.stale), row)
        for layer, key in kinds.POINTS.items()
        for row in shown[layer].itertuples(index=False)
        if row.geometry is not None and not row.geometry.is_empty
    ]  # fmt: skip
    events = shown["events"][shown["events"]["country"] == "HTI"].iloc[::-1]
    found += [
        Record("events", row.event_id, event_group(row), row.geometry.x, row.geometry.y,
                str(row.location_precision), False, row)
        for row in events.itertuples(index=False)
        if row.geometry is not None and not row.geometry.is_empty
    ]  # fmt: skip
    return found


def capital(away: Box) -> Label:
    """Return the name of the capital beside the box that the inset shows."""
    left, top, right, bottom = away
    middle = ((left + right) / 2, (top + bottom) / 2)
    return Label((_("Port-au-Prince"),), *middle, 7.6, typeface.SEMIBOLD, clear=(bottom - top) / 2)


def record_labels(
    records: Iterable[Record], placed: Mapping[str, PlacedSymbol], numbered: Mapping[str, int]
) -> list[Label]:
    """Return names of bases and of prisons out of use, and the numbers of events."""
    bases, numbers, prisons = [], [], []
    for record in records:
        at = placed.get(record.key)
        if at is None:
            continue
        label = partial(Label, x=at.x, y=at.y, clear=at.symbol.size / 2)
        if record.key in numbered:
            words = (str(numbered[record.key]),)
            numbers.append(label(words, size_pt=6, cut=typeface.SEMIBOLD, fill="#ffffff", badge=True))
        elif record.layer == "fobs":
            name = _short(twin.title(record.row).split(",")[0])
            bases.append(label(name, size_pt=6.3, cut=typeface.SEMIBOLD))
        elif record.layer == "prisons" and record.row.status in ("emptied", "damaged"):
            prisons.append(label(_short(twin.title(record.row)), size_pt=5.8, fill="#3d3450"))
    return bases + numbers + prisons


def _short(name: str, size_pt: float = 6.3, width_mm: float = 26.0) -> tuple[str, ...]:
    """Return a name on at most two lines."""
    clean = typeface.printable(name)
    return tuple(typeface.wrap(typeface.fit(clean, size_pt, width_mm, 2), size_pt, width_mm))


def zone_figures(things: Iterable[Drawn], at: Frame) -> list[Label]:
    """Return the figures of zones that have no area: communes of a department, a share of a city."""
    labels = []
    for thing in things:
        if thing.how in (units.COUNT, units.SHARE):
            middle = thing.shape.representative_point()
            x, y = at.points(middle.x, middle.y)[0]
            words = _short(extents.told(thing), 5.8, 30.0)
            labels.append(Label(words, x, y, 5.8, typeface.SEMIBOLD, fill="#6b3d10", over=True))
    return labels


def zone_labels(shown: Shown, at: Frame) -> list[Label]:
    zones = [
        row
        for row in shown["gang_zones"].itertuples(index=False)
        if row.geometry is not None and row.extent in (units.AREA, units.SPOT)
    ]
    labels = []
    for row in zones:
        middle = row.geometry.representative_point()
        x, y = at.points(middle.x, middle.y)[0]
        name = _short(twin.title(row), 5.4, 20.0)
        labels.append(Label(name, x, y, 5.4, typeface.ITALIC, fill="#6b3d10", over=True))
    return labels
