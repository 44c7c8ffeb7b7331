"""
The message that tells the map what to show: ids, states and short lines of words, a few kilobytes.

Shapes and names are not in it; the browser has them from the static files. It is plain JSON and is read with
`textContent` only, so nothing that came from data can become code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import pandas as pd

from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import extents, layers, text
from mssmap.legend.lines import banner, event_line, line, symbol, tally
from mssmap.legend.tiles import TILES
from mssmap.maps import streets, zones
from mssmap.maps.assets import Assets
from mssmap.maps.messages import Fixed, Light, Rows
from mssmap.measures import silence
from mssmap.records import evidence, kinds
from mssmap.records.shown import Shown

NOT_COUNTED: Final = ("regions", "imports")
"""Groups whose layers are drawn as they are, whatever the day."""


@dataclass(frozen=True)
class Choropleth:
    """A number per region, painted; `breaks` are the upper ends of the classes but the last."""

    level: str
    title: str
    unit: str
    values: Mapping[str, float]
    breaks: tuple[float, ...]
    hatched: tuple[str, ...] = ()
    """Regions hatched over their colour, for which nothing recent was reported."""


@dataclass(frozen=True)
class Options:
    """What the reader chose about the picture itself."""

    on: Iterable[str]
    tiles: str = "local"
    choropleth: Choropleth | None = None
    selected: str | None = None
    focus: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = field(default=())
    extra: tuple[Mapping[str, Any], ...] = ()
    """Points that are not records, such as the bases of a plan."""
    cells: str = ""
    """One letter for each cell of the planner's grid; empty for none."""
    closures: tuple[str, ...] = ()
    """Ids of the roads that are closed in a plan."""
    agreement: bool = False
    """The cells show where several plans agree, so that switching a base of one does not change them at once."""
    placing: Literal["", "base", "spot"] = ""
    """What a click on the map names: where a base is to be, or where something was."""
    more_legend: tuple[Mapping[str, Any], ...] = ()
    preview: tuple[Mapping[str, Any], ...] = ()
    """Layers that are looked at before they are stored, as `imported.part` gives them."""
    archives: Mapping[str, Any] | None = None
    """Archives that the browser may ask (`items`), and what narrows them besides the days (`query`)."""
    grade: str = evidence.LOWEST
    """Lowest grade shown, for a browser that works the records out by itself."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """Record id -> kind of change, for the mark beside its symbol."""


def message(shown: Shown, assets: Assets, options: Options, *, seq: str) -> dict[str, Any]:
    """
    Compose a whole view message: `fixed`, `records` and `light` in one.

    Parameters
    ----------
    seq
        Name of this view; the map writes it on its page when it has drawn it (tests wait for that).
    """
    return {**fixed(assets), **records(shown, assets), **light(shown, options), "seq": seq}


def fixed(assets: Assets) -> Fixed:
    """The part of a view that only depends on the language: names of the files, rows of the legend, words."""
    return {
        "names": assets.names,
        "zone_layer": "gang_zones",
        "lang": current(),
        "legend": legend(assets.imported),
        "text": words(),
        "months": list(text.MONTHS[current()]),
        "history": None,
    }


def records(shown: Shown, assets: Assets) -> Rows:
    """The records of a view; the order of their fields is read by client/map and client/page/table.js."""
    points = [
        [getattr(row, key), symbol(layer, row), int(row.stale), line(layer, row), row.grade]
        for layer, key in kinds.POINTS.items()
        for row in shown[layer].itertuples(index=False)
    ]
    areas = [
        [
            row.zone_id,
            row.status,
            int(row.stale),
            line("gang_zones", row),
            row.grade,
            _place(assets, row),
        ]
        for row in shown["gang_zones"].itertuples(index=False)
    ]
    events = [
        [assets.event_rows[(row.event_id, int(row.revision))], event_line(row), 0, row.grade]
        for row in shown["events"].itertuples(index=False)
    ]
    return {"records": points, "zones": areas, "events": events}


def _place(assets: Assets, row: Any) -> int:
    """Return which of the published places of its zone a row is at."""
    return assets.zone_places[zones.key(row)]


def light(shown: Shown, options: Options, window: tuple[date, date] | None = None) -> Light:
    """
    The part of a view that changes with each step: day, choices, a line of words; one or two kilobytes.

    Parameters
    ----------
    window
        First and last day of the events, for a page whose browser works the records out by itself and has a layer
        list that may be ahead of this message.
    """
    tiles = TILES.get(options.tiles)
    first, last = window or (shown.clocks.as_of, shown.clocks.as_of)
    return {
        "day": day_number(shown.clocks.as_of),
        "start": day_number(first),
        "end": day_number(last),
        "on": list(options.on),
        "listed": window is not None,
        "grade": options.grade,
        "selected": options.selected,
        "focus": dict(options.focus) if options.focus else None,
        "streets": None if tiles else streets.drawn(),
        "tiles": {"url": tiles["url"], "options": tiles["options"]} if tiles else None,
        "choropleth": _choropleth(options.choropleth),
        "changed": dict(options.changed),
        "archives": dict(options.archives) if options.archives else None,
        "extra": [dict(point) for point in options.extra],
        "preview": [dict(part) for part in options.preview],
        "cells": options.cells,
        "closures": list(options.closures),
        "agreement": options.agreement,
        "placing": options.placing,
        "more_legend": [dict(group) for group in options.more_legend],
        "notes": [*options.notes, *off_map(shown)],
        "banner": banner(shown.clocks, options.tiles),
        "described": described(shown, options),
    }


EPOCH: Final = pd.Timestamp("1970-01-01")


def day_number(day: date | pd.Timestamp) -> int:
    """
    Days since 1 January 1970, as the browser counts them.

    >>> day_number(date(1970, 1, 3))
    2
    """
    return int((pd.Timestamp(day) - EPOCH).days)


def legend(imported: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of the legend without their counts; the browser counts, and leaves out what is not there."""
    titles = layers.titles()
    groups = []
    for group, members in layers.GROUPS.items():
        items: list[dict[str, Any]] = [
            {"symbol": m.symbol, "label": titles[m.id], "count": None if group in NOT_COUNTED else 0, "layers": [m.id]}
            for m in members
            if group != "imports" or m.id in imported
        ]
        if group == "facilities":
            items += [
                {
                    "symbol": f"court.{state}",
                    "label": text.status("facilities", state),
                    "count": 0,
                    "layers": [m.id for m in members],
                }
                for state in kinds.LAYERS["facilities"].statuses
                if state != "open"
            ]
        groups.append({"label": titles[group], "items": items, "timed": group == "events"})
    return groups


def off_map(shown: Shown) -> list[str]:
    """Tell how many records have no place on the map."""
    bases = sum(int(pd.isna(shown.cells(name)["geometry"]).sum()) for name in ("fobs", "facilities"))
    events = shown.cells("events")
    away = int((pd.isna(events["geometry"]) | (events["country"] != "HTI")).sum())
    notes = []
    if bases:
        notes.append(_("Bases or sites without a published place, see the table: {n}").format(n=bases))
    if away:
        notes.append(_("Events nationwide or abroad, see the table: {n}").format(n=away))
    return notes


def _choropleth(choropleth: Choropleth | None) -> dict[str, Any] | None:
    if choropleth is None:
        return None
    return {
        "level": choropleth.level,
        "title": choropleth.title,
        "unit": choropleth.unit,
        "values": dict(choropleth.values),
        "breaks": list(choropleth.breaks),
        "hatched": list(choropleth.hatched),
    }


def described(shown: Shown, options: Options) -> str:
    """What the map shows, for those who cannot see it."""
    counts, on = tally(shown), set(options.on)
    visible = sum(count for name, count in counts.items() if name in on)
    return _(
        "Map of Haiti as of {day}, {known}: {n} records in {m} layers. All of them are in the table below."
    ).format(day=text.day(shown.clocks.as_of), known=banner(shown.clocks)["sub"], n=visible, m=len(on))


def words() -> dict[str, str]:
    """Return what the map may have to say, in the language being spoken."""
    return {
        "legend": _("Legend"),
        "missing": _("A file of the map did not come. Load the page again; sign in first if your sign-in has ended."),
        "window": _("{first} to {last}"),
        "here": _("{n} records here"),
        "more": _("and {n} more"),
        "population": _("{n} people ({year})"),
        "section": _("Communal section"),
        "table": _("Table of what the map shows"),
        "filter": _("Filter by any word"),
        "rows": _("{n} rows"),
        "name": _("Name"),
        "layer": _("Layer"),
        "state": _("State and date"),
        "where": _("How precise"),
        "grade": _("Grade"),
        "off_map": _("not on the map"),
        "changes": _("Changes"),
        "change_new": _("new since then"),
        "change_status": _("status changed"),
        "change_corrected": _("corrected"),
        "change_withdrawn": _("withdrawn"),
        **extents.keys(),
        "zone_told_count": _("{n} communes"),
        "zone_told_one": _("1 commune"),
        "zone_told_share": _("{n} % of {m} communes"),
        "hatched": _("No report for more than {n} days: not the same as calm").format(n=silence.SILENT_DAYS),
        "weak": _("doubtful or worse"),
        "streets_hint": _(
            "No streets here yet: mssmap streets add FILE.osm.pbf makes them of an extract (docs/streets.md)."
        ),
        "archive_in_view": _("{n} of {all} events in view"),
        "archive_slow": _("Asking the archive"),
        "archive_stopped": _("Stopped; the picture is that of before."),
        "archive_filter": _("Filter"),
        "archive_filtered": _("filtered"),
        "archive_kinds": _("Kinds of events, all years"),
        "archive_actor": _("Who took part"),
        "archive_part": _("Part of a name"),
        "archive_clear": _("Clear the filter"),
        "cancel": _("Cancel"),
        "none": _("Nothing matches. Switch on more layers, or choose another date."),
        **layers.titles(),
        **{f"precision_{key}": word for key, word in text.precisions().items()},
    }
