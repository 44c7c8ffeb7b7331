"""The people who live near recent events, as a range where a place is vague."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from mssmap.brief.drawing import typeface
from mssmap.brief.drawing.figure import ROUGH_M
from mssmap.brief.section import Material, Table
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.legend.layers import event_groups
from mssmap.planning import on_data
from mssmap.planning.ground.grid import to_metric
from mssmap.records import regions
from mssmap.records.shown import rows

NEAR_M: Final = 5_000
RECENT_DAYS: Final = 30
GRID: Final = ("communes", "places", "land", "lakes")
"""Layers that people are spread over cells from."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Near:
    """Which cells surely, and which possibly, have an event within reach."""

    surely: Bools
    possibly: Bools


def cells_near(cells: NDArray[Any], places: NDArray[Any], doubts_m: NDArray[Any], near_m: float = NEAR_M) -> Near:
    """
    Return the cells with one of some places within `near_m`.

    Parameters
    ----------
    cells, places
        Points in metres, shape (n, 2).
    doubts_m
        So far from its point a place may be. A cell is surely near if it is wherever the place may be, possibly if it
        is for one point where the place may be.
    """
    surely, possibly = np.zeros((2, len(cells)), dtype="bool")
    for place, doubt in zip(places, doubts_m, strict=True):
        distance = np.hypot(*(cells - place).T)
        surely |= distance + doubt <= near_m
        possibly |= distance - doubt <= near_m
    return Near(surely, possibly)


def compose(of: Material) -> Iterable[Table]:
    """Tell the people near the events of the last days by department, and all of them first; none without a grid."""
    if not set(GRID) <= set(of.data.datasets):
        return
    events = _recent(of)
    placed = events[events.geometry.notna() & (events["location_precision"] != "country")]
    told = _counted(of, placed) if len(placed) else []
    title = _("People near recent events")
    note = _(
        "Who lives within {km} km of one of the {n} events in {place} of the {days} days up to {day}. At least: "
        "wherever a vague place may be; at most: for one point where it may be. Not counted are {out} events whose "
        "place is not known."
    ).format(
        place=_within(of).name(of.brief.lang),
        km=NEAR_M // 1000,
        n=len(placed),
        days=RECENT_DAYS,
        day=text.day(of.brief.clocks.as_of),
        out=len(events) - len(placed),
    )
    yield Table(
        title=title,
        columns=(_("Where"), _("At least"), _("At most")),
        rows=tuple((typeface.printable(name), text.number(low), text.number(high)) for name, low, high in told),
        note=typeface.printable(note),
        lines=tuple(f"{title}: {_range(low, high)}. {note}" for _name, low, high in told[:1]),
    )


def _within(of: Material) -> regions.Region:
    region = of.brief.filters.region
    return regions.find(of.data, region) if region else regions.COUNTRY


def _recent(of: Material) -> gpd.GeoDataFrame:
    last = of.brief.clocks.as_of
    filters = replace(of.brief.filters, start=last - timedelta(days=RECENT_DAYS - 1), end=last, plans=False)
    events = rows(of.data, "events", filters)
    return events[(events["country"] == "HTI") & event_groups(events).isin(of.brief.layers)]


def _counted(of: Material, placed: gpd.GeoDataFrame) -> list[tuple[str, int, int]]:
    """Return the name of a place with the people surely and possibly near events, the whole first."""
    cells = on_data.cells_of(of.data)
    points = np.column_stack(to_metric(placed.geometry.x, placed.geometry.y))
    near = cells_near(cells.xy, points, placed["location_precision"].map(ROUGH_M).fillna(0).to_numpy())
    people = cells.people["central"]
    codes, department = cells.departments
    where = [(_("All"), np.ones(len(people), dtype="bool"))]
    where += [
        (regions.find(of.data, code).name(of.brief.lang), department == i) for i, code in enumerate(codes.tolist())
    ]
    whole, *parts = [
        (
            name,
            int(people[inside & near.surely].sum()),
            int(people[inside & near.possibly].sum()),
        )
        for name, inside in where
    ]
    return [whole, *sorted((part for part in parts if part[2]), key=lambda part: (-part[2], part[0]))]


def _range(low: int, high: int) -> str:
    return text.number(low) if low == high else f"{text.number(low)}-{text.number(high)}"
