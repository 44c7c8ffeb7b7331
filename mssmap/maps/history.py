"""
All spells and events known on one day, so that the browser can play time by itself.

Sent once for each setting of the second dial and the filters, some 20 kilobytes; after that the day of the map changes
without a word to the server (`client/shared/clock.js` holds the rule, a test compares it with `views`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.legend import lines, text
from mssmap.legend.layers import event_group
from mssmap.maps import zones
from mssmap.maps.assets import Assets
from mssmap.maps.messages import Happening, History, Spell
from mssmap.maps.view import day_number
from mssmap.records import evidence, kinds, regions, states, timeline, units
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.shown import rows as rows_of


def compose(data: Data, assets: Assets, filters: Filters) -> History:
    """
    Return the spells and events that pass the filters on some day, as plain JSON: the browser asks for which.

    Each spell has `id`, `layer`, `zone` (true for gang-affected zones), `status` (a symbol, for zones the level),
    `from`, `to`, `known` and `reports` (days), `refresh` (days after which it is stale), `sure` (first day on which it
    surely holds), `line` and `grade`; each event `row` (in the published list), `from`, `to`, `end`, `planned`, `g`
    (its symbol), `sure` (first and last day that it may mean, missing if exact), `line`, `passed` (the line of a plan
    whose day has passed), `grade`. What may lie in the region, for its place is known more coarsely, carries `maybe`:
    it is counted, not drawn.
    """
    return {
        "known_on": day_number(filters.clocks.known_on),
        "spells": _spells(data, assets, filters),
        "events": _events(data, assets, filters),
        "words": {
            "last_report": _("last report {age}"),
            "today": text.age(0),
            "one_day": text.age(1),
            "days": _("{n} days ago"),
            "months": _("{n} months ago"),
            "years": _("{n} years ago"),
        },
    }


def _spells(data: Data, assets: Assets, filters: Filters) -> list[Spell]:
    known_on, region = filters.clocks.known_on, filters.region
    rows = timeline.known(data["status"], known_on, "status_id")
    public = evidence.public(data["sources"], known_on)
    published = public.set_index("source_id")["published_on"]
    rows = rows.assign(status_to_precision=timeline.end_precision(rows))
    rows = rows.assign(grade=evidence.grade(rows, data["sources"], known_on))
    rows = rows[evidence.passes(rows["grade"], filters.grade)]
    where = _places(data)
    spells: list[Spell] = []
    for layer, key in kinds.KEYS.items():
        records = data[layer]
        maybe: frozenset[str] = frozenset()
        if region:
            pcode = regions.find(data, region).pcode
            unsure = regions.maybe_within(records, pcode)
            maybe = frozenset(records.loc[unsure, key])
            records = records[unsure | regions.within(records, pcode)]
        kind_of = records.set_index(key)["kind"] if "kind" in records else None
        mine = rows[rows["record_id"].isin(records[key])]
        sure = timeline.earliest_latest(mine["valid_from"], mine["date_precision"])[1]
        for row, certain in zip(mine.itertuples(index=False), sure, strict=True):
            dates = published.reindex(row.source_ids.split(";")).dropna()
            named = row._asdict() | {
                "status_from": row.valid_from,
                "status_to": row.valid_to,
                "status_precision": row.date_precision,
                "stale": False,
                "kind": kind_of[row.record_id] if kind_of is not None else "",
                **(where[row.status_id, row.revision] if layer == units.ZONES else {}),
            }
            fields = pd.Series(named)
            spells.append(
                {
                    "id": row.record_id,
                    "layer": layer,
                    "zone": kinds.LAYERS[layer].is_area,
                    "status": row.status if kinds.LAYERS[layer].is_area else lines.symbol(layer, fields),
                    "from": day_number(row.valid_from),
                    "to": None if pd.isna(row.valid_to) else day_number(row.valid_to),
                    "known": day_number(row.known_from),
                    "reports": sorted({day_number(day) for day in dates}),
                    "refresh": kinds.LAYERS[layer].refresh_days,
                    "sure": day_number(certain),
                    "maybe": row.record_id in maybe,
                    "line": lines.line(layer, fields),
                    "grade": row.grade,
                    "place": assets.zone_places[zones.key(fields)] if layer == units.ZONES else None,
                }
            )
    return spells


def _places(data: Data) -> dict[tuple[str, int], dict[str, Any]]:
    """Return where the zone of each revision of each spell is, in the columns of `units.placed`."""
    rows = states.every_spell(data, units.ZONES)
    columns = ["zone_id", *units.COLUMNS, *units.PLACED, "communes_affected", "share_pct"]
    told = rows[columns].to_dict("records")
    keys = zip(rows["status_id"].tolist(), rows["revision"].tolist(), strict=True)
    return dict(zip(keys, told, strict=True))


def _events(data: Data, assets: Assets, filters: Filters) -> list[Happening]:
    anywhere = replace(filters.on_any_day(), grade=filters.grade, region=None)
    rows = rows_of(data, kinds.EVENTS.name, anywhere).assign(outcome_unknown=False, maybe=False)
    if filters.region:
        pcode = regions.find(data, filters.region).pcode
        rows["maybe"] = regions.maybe_within(rows, pcode)
        rows = rows[rows["maybe"] | regions.within(rows, pcode)]
    first, last = timeline.possible_days(rows)
    vague = rows["date_precision"].isin(timeline.IMPRECISE)
    return [
        {
            "row": assets.event_rows[(row.event_id, int(row.revision))],
            "from": day_number(row.valid_from),
            "to": None if pd.isna(row.valid_to) else day_number(row.valid_to),
            "end": day_number(row.valid_from if pd.isna(row.valid_to) else row.valid_to),
            "planned": row.claim == timeline.PLANNED,
            "g": event_group(row),
            "line": lines.event_line(row),
            "passed": lines.event_line(row._replace(outcome_unknown=True)) if row.claim == timeline.PLANNED else None,
            "grade": row.grade,
            "sure": [day_number(start), day_number(end)] if unsure else None,
            "maybe": row.maybe,
        }
        for row, start, end, unsure in zip(rows.itertuples(index=False), first, last, vague, strict=True)
    ]
