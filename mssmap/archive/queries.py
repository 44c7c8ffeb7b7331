"""
What can be asked of an archive, written once with Ibis: the same expressions run on every engine.

The rule is that of `views` and of client/shared/clock.js: a row counts if it was known on `known_on` in this revision,
did not begin after `as_of`, was not only announced, touches the days from `start` to `end`, and passes the filters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from mssmap.archive import columns
from mssmap.records import evidence, timeline
from mssmap.records.shown import Filters
from mssmap.records.timeline import FOREVER, Clocks

if TYPE_CHECKING:
    from ibis.expr import types as ir  # type: ignore[import-untyped]

Box = tuple[float, float, float, float]

STEPS: Final = {"day": "D", "week": "W", "month": "M", "year": "Y"}
"""Step of the histogram -> Ibis' name of the unit; weeks begin on Monday."""

CELL_DEGREES: Final = {4: 0.52, 5: 0.2, 6: 0.075, 7: 0.029, 8: 0.011, 9: 0.0042, 10: 0.0016, 11: 0.0006}
"""Upper bound of the distance, in degrees at 17 to 21 north, of two points in one cell of a resolution."""

BY: Final = ("category", "department_pcode")

APART: Final = ";"
"""What stands between two who took part."""


@dataclass(frozen=True)
class Query:
    """
    What narrows the rows down; None and empty leave a side open.

    Attributes
    ----------
    filters
        Their region is a P-code; with `FOREVER` a clock is open. Plans are there whatever their day.
    box
        West, south, east, north in degrees, borders included; rows without a point are outside of any box.
    actor
        Part of the name of somebody who took part, in any case of letters.
    """

    filters: Filters = field(default_factory=lambda: Filters(Clocks(FOREVER, FOREVER)))
    box: Box | None = None
    actor: str = ""


@lru_cache(maxsize=1)
def _ibis() -> Any:
    """Import Ibis when it is first needed: it takes a second."""
    import ibis  # type: ignore[import-untyped]

    return ibis


@lru_cache(maxsize=1)
def _schema() -> Any:
    return _ibis().Schema.from_pyarrow(pa.schema([columns.STORED.field(name) for name in columns.ASKED]))


def events(name: str) -> ir.Table:
    """Return the rows of an archive as a table of its name, bound to no engine."""
    return _ibis().table(_schema(), name=name)


def matching(rows: ir.Table, query: Query) -> ir.Table:
    """Return the rows that a query lets pass."""
    filters = query.filters
    keep = [rows.known_from.notnull(), rows.status != timeline.RETRACTED, *_at(rows, filters)]
    if filters.start:
        keep.append(rows.valid_to.isnull() | (rows.valid_to >= filters.start))
    if filters.end:
        keep.append(rows.valid_from <= filters.end)
    if filters.categories:
        keep.append(rows.category.isin(filters.categories))
    if query.actor:
        keep.append(rows.actors.lower().contains(query.actor.lower()))
    if filters.grade != evidence.LOWEST:
        keep.append(rows.grade.isin(_passing(filters.grade)))
    if filters.region:
        keep.append(rows.commune_pcode.startswith(filters.region) | rows.department_pcode.startswith(filters.region))
    if query.box:
        keep.append(_within(rows, query.box))
    return rows.filter(keep)


def _at(rows: ir.Table, filters: Filters) -> Iterator[ir.BooleanValue]:
    """Yield what the two clocks, and plans among the answers, ask of a row."""
    as_of, known_on = filters.clocks.as_of, filters.clocks.known_on
    if known_on < FOREVER:
        yield rows.known_from <= known_on
        yield rows.known_until.isnull() | (rows.known_until > known_on)
    else:
        yield rows.known_until.isnull()
    if as_of < FOREVER:
        begun = rows.valid_from <= as_of
        yield begun | (rows.claim == timeline.PLANNED) if filters.plans else begun
    if not filters.plans:
        yield rows.claim != timeline.PLANNED


def _within(rows: ir.Table, box: Box) -> ir.BooleanValue:
    west, south, east, north = box
    inside: ir.BooleanValue = rows.lon.between(west, east) & rows.lat.between(south, north)
    return inside


def _passing(threshold: str) -> list[str]:
    grades = [f"{letter}{number}" for letter in evidence.RELIABILITIES for number in range(1, 7)]
    return [grade for grade in grades if grade[0] <= threshold[0] and grade[1] <= threshold[1]]


def count(rows: ir.Table, query: Query) -> ir.Table:
    """Return `total` rows, and those `placed` on the map."""
    found = matching(rows, query)
    return found.aggregate(total=found.count(), placed=found.h3.count())


def cells(rows: ir.Table, query: Query, resolution: int) -> ir.Table:
    """
    Return the H3 cells in which there is something of the box.

    Returns
    -------
    cells
        `cell` (see `columns.parents`), `n` rows in the whole cell, `inside` those of them in the box, and the mean
        `lon` and `lat` of all of them, by number of the cell. `inside` adds up to the rows of the query that have a
        point, at any resolution.
    """
    box = query.box or (-180.0, -90.0, 180.0, 90.0)
    reach = CELL_DEGREES[resolution]
    wide = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
    found = matching(rows, replace(query, box=wide))
    found = found.mutate(cell=found.h3 | _ibis().literal(columns.mask(resolution), "int64"))
    inside = _within(found, box).sum().cast("int64")
    grouped = found.group_by("cell").aggregate(
        n=found.count(), inside=inside, lon=found.lon.mean(), lat=found.lat.mean()
    )
    return grouped.filter(grouped.inside > 0).order_by("cell")


def points(rows: ir.Table, query: Query, limit: int) -> ir.Table:
    """Return rows with a point, the first of the file first: what a dot on the map and a clock need of them."""
    found = matching(rows, query)
    found = found.filter(found.h3.notnull())
    wanted = found.select("row", "lon", "lat", "category", "valid_from", "valid_to", "claim", "h3")
    return wanted.order_by("row").limit(limit)


def histogram(rows: ir.Table, query: Query, step: str) -> ir.Table:
    """
    Return rows by step of time and category: `bin` (its first day), `category`, `n`.

    A row counts once, in the step in which it begins; if it began before the window, in the first of the window.
    """
    found = matching(rows, query)
    start = query.filters.start
    begins = _ibis().greatest(found.valid_from, _ibis().literal(start)) if start else found.valid_from
    found = found.mutate(bin=begins if step == "day" else begins.truncate(STEPS[step]).cast("date"))
    return found.group_by(["bin", "category"]).aggregate(n=found.count()).order_by(["bin", "category"])


def totals(rows: ir.Table, query: Query, by: str) -> ir.Table:
    """Return `n` rows by a column of `BY`, as `value`."""
    found = matching(rows, query)
    found = found.mutate(value=found[by])
    return found.group_by("value").aggregate(n=found.count()).order_by("value")


def actors(rows: ir.Table, query: Query, like: str, limit: int) -> ir.Table:
    """
    Return those who took part most often, as `value` with `n` rows that name them, the most frequent first.

    Parameters
    ----------
    like
        Part of their name, in any case of letters; empty for anybody.
    """
    found = matching(rows, query)
    if like:
        found = found.filter(found.actors.lower().contains(like.lower()))
    together = found.group_by("actors").aggregate(n=found.count())  # far fewer than rows, so cheap to take apart
    named = together.mutate(value=together.actors.split(APART).unnest())
    named = named.mutate(value=named.value.strip()).distinct()  # on both sides of an event, and yet one event
    named = named.filter(named.value != "")
    if like:
        named = named.filter(named.value.lower().contains(like.lower()))
    counted = named.group_by("value").aggregate(n=named.n.sum().cast("int64"))
    return counted.order_by([counted.n.desc(), counted.value]).limit(limit)


def record(rows: ir.Table, row: int) -> ir.Table:
    """Return one row whole, by its number in the file."""
    return rows.filter(rows.row == row)


KINDS: Final[dict[str, Any]] = {
    **{"count": count, "cells": cells, "points": points, "histogram": histogram, "totals": totals},
    **{"actors": actors, "record": record},
}


@lru_cache(maxsize=512)
def compiled(dialect: str, name: str, kind: str, *arguments: Any) -> tuple[str, pa.Schema]:
    """
    Return a question as SQL of an engine, and the types of its answer; making it takes some 10 ms, so it is kept.

    Values stand in it as literals that Ibis writes; none of them is ever put into a text here.
    """
    asked: Any = KINDS[kind](events(name), *arguments)
    return str(_ibis().to_sql(asked, dialect=dialect)), asked.schema().to_pyarrow()
