"""The lanes of the timeline page: events and spells as plain JSON for client/page/timeline.js."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from mssmap.i18n import current, written
from mssmap.i18n import gettext as _
from mssmap.legend import layers, text
from mssmap.legend.symbols import GROUP_COLOURS, LANE_COLOURS
from mssmap.maps.view import day_number
from mssmap.records import evidence, kinds, timeline
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters, Shown
from mssmap.records.shown import rows as rows_of
from mssmap.telling import twin_charts
from mssmap.ui import cache, state, told
from mssmap.ui.components import chosen as told_by
from mssmap.ui.components import component, look_at

TRAIL_DAYS: Final = 30
"""In interval mode an event stays on the map for so many days while time plays."""


def titles() -> dict[str, str]:
    """Names of the lanes."""
    return {name: _(lane.title) for name, lane in kinds.LANES.items()}


def lane_of_symbol(symbol: str) -> str | None:
    """
    Lane of a spell, None if the spell is the ordinary state and is not drawn.

    >>> lane_of_symbol("fobs.planned"), lane_of_symbol("prisons.functioning"), lane_of_symbol("airport.closed")
    ('bases', None, 'airport')
    """
    return next((name for name, lane in kinds.LANES.items() if symbol.startswith(lane.spells)), None)


@cache.of_the_data(maxsize=32)
def _content(data: Data, on_any_day: Filters, language: str) -> list[dict[str, Any]]:
    """Return the items of the lanes, of every day and grade."""
    told = cache.told(on_any_day, language)[0]["history"]
    names = {
        key: getattr(row, f"name_{language}", None) or row.name_en
        for layer, column in kinds.KEYS.items()
        for row in data[layer].itertuples(index=False)
        for key in (getattr(row, column),)
    }
    spells = [
        _item(
            "spell",
            spell["id"],
            lane,
            spell,
            title=names[spell["id"]],
            precision=_exactness(spell),
            planned=_is_plan(spell),
        )
        for spell in told["spells"]
        if not spell["maybe"] and (lane := lane_of_symbol(spell["status"]))
    ]
    rows = rows_of(data, kinds.EVENTS.name, on_any_day)
    there = [event for event in told["events"] if not event["maybe"]]
    events = [
        _item(
            "event",
            row.event_id,
            kinds.category(row.category).lane,
            event,
            title=written(row._asdict().get, "title", language)[0],
            precision=row.date_precision,
            planned=row.claim == timeline.PLANNED,
        )
        for row, event in zip(rows.itertuples(index=False), there, strict=True)
    ]
    return spells + events


def _is_plan(spell: dict[str, Any]) -> bool:
    return str(spell["status"]).endswith((".planned", ".proposed"))


def _exactness(spell: dict[str, Any]) -> str:
    return "day" if spell["sure"] == spell["from"] else "rough"


def _item(kind: str, record_id: str, lane: str, timed: dict[str, Any], **words: Any) -> dict[str, Any]:
    weak = timed["grade"][1] >= "4"
    first, last = (timed["sure"] if kind == "event" else None) or (timed["from"], timed["to"])
    return {
        "kind": kind,
        "id": record_id,
        "lane": lane,
        "from": first,
        "to": last,
        "line": timed["line"],
        "grade": timed["grade"],
        "doubtful": weak,
        **words,
    }


def chart(filters: Filters, mode: str) -> None:
    """The timeline with its player; drawing a window, moving the day and picking a record come back from it."""
    items = _content(filters.on_any_day(), current())
    first_days = [day_number(date.fromisoformat(item.first)) for item in cache.archive_list() if item.first]
    start = min([*(item["from"] for item in items), *first_days], default=day_number(state.earliest()))
    domain = [max(start, day_number(state.earliest())), day_number(state.latest())]
    window = None
    if filters.start or filters.end:
        window = [day_number(filters.start or state.earliest()), day_number(filters.end or state.latest())]
    used = {item["lane"] for item in items}
    names = titles()
    reached = evidence.passes(pd.Series([item["grade"] for item in items]), filters.grade)
    shown = [item for item, ok in zip(items, reached, strict=True) if ok and _touches(item, window or domain)]
    component(
        "lanes",
        key="lanes",
        data={
            "version": f"{filters.clocks.known_on}{filters.region}{filters.categories}{current()}",
            "domain": domain,
            "window": window,
            "day": day_number(filters.clocks.as_of),
            "mode": mode,
            "trail": TRAIL_DAYS,
            "lanes": [
                {"id": name, "label": names[name], "color": colour}
                for name, colour in LANE_COLOURS.items()
                if name in used
            ],
            "items": items,
            "words": _words(len(items)),
        },
        on_day_change=_day_chosen,
        on_window_change=_window_chosen,
        on_picked_change=_picked,
    )
    facts = [item["lane"] for item in shown if not item["planned"]]
    lines = twin_charts.lanes(facts, names, (filters.start, filters.end))
    if len(facts) < len(shown):
        lines.append(_("Announced, not counted: {plans}.").format(plans=len(shown) - len(facts)))
    told.words("lanes", lines)


def _touches(item: dict[str, Any], window: list[int]) -> bool:
    return bool(item["from"] <= window[1] and (item["to"] is None or item["to"] >= window[0]))


def strip(filters: Filters, window: tuple[date, date], trail: int) -> None:
    """Events a month under the map, with the day and the window; drawing a window filters the map."""
    titles = layers.titles()
    component(
        "strip",
        key="strip",
        data={
            "version": f"{filters.clocks.known_on}{filters.region}{filters.categories}{current()}",
            "domain": [day_number(state.earliest()), day_number(state.today())],
            "window": [day_number(day) for day in window],
            "fixed": [day_number(day) if day else None for day in (filters.start, filters.end)],
            "day": day_number(filters.clocks.as_of),
            "mode": "interval",
            "trail": trail,
            "lanes": [{"id": name, "label": titles[name], "color": colour} for name, colour in GROUP_COLOURS.items()],
            "words": _words(0),
        },
        on_day_change=lambda: _day_chosen("strip"),
        on_window_change=lambda: _window_chosen("strip"),
    )


def _words(count: int) -> dict[str, Any]:
    return {
        "months": list(text.MONTHS[current()]),
        "described": _("Timeline of {n} events and spells in lanes; the table below lists them.").format(n=count),
        "cursor": _("Day of the map"),
        "per_month": _("Events a month"),
        "grade": _("Grade"),
        "back": _("One step back"),
        "on": _("One step on"),
        "play": _("Play"),
        "pause": _("Pause"),
        "unit": _("Step"),
        "day": _("day"),
        "week": _("week"),
        "month": _("month"),
        "speed": _("Speed"),
        "zoom_in": _("Zoom in on time"),
        "zoom_out": _("Zoom out"),
        "zoom_all": _("Show all of time"),
    }


def _day_chosen(key: str = "lanes") -> None:
    chosen = told_by(key, "day")
    if isinstance(chosen, str):
        state.set_day("as_of", date.fromisoformat(chosen))


def _window_chosen(key: str = "lanes") -> None:
    chosen = told_by(key, "window")
    start, end = chosen or (None, None)
    st.session_state["from"] = date.fromisoformat(start) if start else None
    st.session_state["to"] = date.fromisoformat(end) if end else None


def _picked() -> None:
    chosen = st.session_state["lanes"].get("picked")
    if isinstance(chosen, str):
        st.session_state["record"] = chosen
        look_at(id=chosen)


def fixed_days() -> tuple[date | None, None]:
    """First day of the events on the linked map where they add up; in interval mode none, they move along."""
    adding_up = st.session_state.get("mode") == "cumulative"
    return (state.chosen_day("from") or state.earliest() if adding_up else None), None


def linked_view(filters: Filters, mode: str) -> tuple[Shown, tuple[date, date]]:
    """What the linked map shows: the events of the last days, or all since the start of the window."""
    day = filters.clocks.as_of
    trail = (pd.Timestamp(day) - pd.Timedelta(days=TRAIL_DAYS)).date()
    start = (filters.start or state.earliest()) if mode == "cumulative" else trail
    window = (min(start, day), day)
    return cache.shown(filters.within(window)), window
