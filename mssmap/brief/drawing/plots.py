"""The two drawings of the second page: events over time, and the strength of the mission by country."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from mssmap.brief.content import Content, Event
from mssmap.brief.drawing import draw, typeface
from mssmap.brief.drawing.draw import INK, SOFT
from mssmap.brief.drawing.labels import Label, Room, place_labels
from mssmap.i18n import gettext as _
from mssmap.legend import layers, symbols, text
from mssmap.legend.layers import event_group, event_groups
from mssmap.records import timeline

LANE_MM, NAMES_MM, AXIS_MM = 5.4, 37.0, 5.0
CURVE_MM: Final = 44.0
VALUES_MM, COUNTRIES_MM = 9.0, 33.0
LAST_STEP_MM: Final = 2.0
"""What changed on the last day is drawn so wide at least, for a day of a year is not seen."""
GRID: Final = "#d9e0e4"


def months(first: date, last: date, most: int = 13) -> list[pd.Timestamp]:
    """
    Return firsts of months between two days, at most so many, evenly apart.

    >>> [f"{day:%b}" for day in months(date(2024, 10, 15), date(2025, 1, 18))]
    ['Nov', 'Dec', 'Jan']
    """
    every = list(pd.date_range(first, last, freq="MS"))
    return every[:: max(1, -(-len(every) // most))]


def lanes(content: Content) -> list[str]:
    """Return the groups of the events of a pack, in the order of the legend."""
    present = set(event_groups(content.shown["events"]))
    return [layer.id for layer in layers.GROUPS["events"] if layer.id in present]


def strip(content: Content, width: float) -> tuple[str, float]:
    """
    Draw the events of a pack on lanes, one a group; the numbered ones carry their number.

    Returns
    -------
    svg, height
        The height in millimetres; 0 without events.
    """
    groups = lanes(content)
    if not groups:
        return "", 0.0
    height = LANE_MM * len(groups) + AXIS_MM
    first, last = content.brief.start, max(content.brief.clocks.as_of, content.brief.start)
    days = max(1, (last - first).days)

    def x(day: Any) -> float:
        part = float((pd.Timestamp(day).date() - first).days) / days
        return NAMES_MM + 2 + min(1.0, max(0.0, part)) * (width - NAMES_MM - 5)

    drawn = [*_lane_names(groups, width), *_months(first, last, x, 0, height - AXIS_MM)]
    room = Room((NAMES_MM, -1.0, width, height - AXIS_MM + 0.5))
    badges = []
    numbers = {event.event_id: event.number for event in content.events}
    first_days, last_days = timeline.possible_days(content.shown["events"])
    spans = zip(first_days, last_days, strict=True)
    for row, (first_day, last_day) in zip(content.shown["events"].itertuples(index=False), spans, strict=True):
        lane = groups.index(event_group(row))
        middle = LANE_MM * (lane + 0.5)
        start, end = x(first_day), x(last_day)
        drawn.append(_mark(start, end, middle, groups[lane], exact=row.date_precision == "day"))
        if row.event_id in numbers:
            badges.append(_badge(str(numbers[row.event_id]), (start + end) / 2, middle))
    drawn += [_drawn_badge(placed.label.words[0], placed.box) for placed in place_labels(badges, room)]
    return draw.sheet(width, height, *drawn), height


def _lane_names(groups: Sequence[str], width: float) -> list[str]:
    titles = layers.titles()
    drawn = []
    for lane, group in enumerate(groups):
        y = LANE_MM * lane
        fill = "#f3f6f8" if lane % 2 == 0 else "#ffffff"
        drawn.append(draw.rectangle(0, y, width, LANE_MM, fill=fill))
        drawn.append(draw.rectangle(0.8, y + 1.55, 2.3, 2.3, fill=symbols.GROUP_COLOURS[group]))
        name = typeface.fit(titles[group], 7.6, NAMES_MM - 5)
        drawn.append(draw.text(4.4, y + 3.6, name, 7.6))
    return drawn


def _months(first: date, last: date, x: Any, top: float, bottom: float, most: int = 13) -> list[str]:
    drawn = []
    for day in months(first, last, most):
        at = x(day)
        words = text.day(day.date(), "month")
        drawn.append(draw.line(at, top, at, bottom + 1, GRID, 0.2))
        drawn.append(draw.text(at + 0.6, bottom + 3.4, words, 6.4, fill=SOFT))
    return drawn


def _mark(start: float, end: float, middle: float, group: str, *, exact: bool) -> str:
    """Draw an event: a tick for a day, a bar for days, a pale bar where only the month is known."""
    colour = symbols.GROUP_COLOURS[group]
    if end - start < 1.2 and exact:
        return draw.rectangle(start - 0.35, middle - 1.9, 0.7, 3.8, fill=colour, stroke="#ffffff", stroke_width=0.12)
    wide = max(end - start, 1.2)
    return draw.rectangle(start, middle - 1.1, wide, 2.2, rx=0.5, fill=colour, fill_opacity=0.85 if exact else 0.35)


def _badge(words: str, x: float, y: float) -> Label:
    return Label((words,), x, y, 6.2, typeface.SEMIBOLD, fill="#ffffff", clear=0.3, badge=True)


def _drawn_badge(words: str, box: tuple[float, float, float, float]) -> str:
    x, y, size = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 6.2 * typeface.POINT_MM
    disc = draw.tag("circle", cx=x, cy=y, r=(box[2] - box[0]) / 2, fill=INK)
    return disc + draw.text(x, y + 0.33 * size, words, 6.2, cut=typeface.SEMIBOLD, fill="#ffffff", anchor="middle")


def strength_table(curve: pd.DataFrame) -> pd.DataFrame:
    """
    Return personnel by country (columns, in the order of their coming) on each day on which a number changed (index).

    Parameters
    ----------
    curve
        As `series.strength_by_country` gives it.
    """
    order = list(dict.fromkeys(curve["country"]))
    wide = curve.pivot_table(index="day", columns="country", values="personnel", aggfunc="last")
    return wide.reindex(columns=order).ffill().fillna(0).astype("int64")


def strength(content: Content, width: float) -> tuple[str, float]:
    """
    Draw personnel by country, stacked, beside the levels that were reported for the whole mission.

    Returns
    -------
    svg, height
        The height in millimetres; 0 if nothing is known.
    """
    table = strength_table(content.curve)
    if table.empty:
        return "", 0.0
    first, last = table.index[0].date().replace(day=1), content.brief.clocks.as_of + timedelta(days=1)
    days = (last - first).days
    total = table.to_numpy().cumsum(axis=1)
    top = _round_up(max(float(total.max()), float(content.levels["high"].max() if len(content.levels) else 0)))
    bottom = CURVE_MM - AXIS_MM

    def x(day: Any) -> float:
        part = min(1.0, float((pd.Timestamp(day).date() - first).days) / days)
        return float(VALUES_MM + part * (width - VALUES_MM - COUNTRIES_MM))

    def y(value: float) -> float:
        return float(bottom - value / top * (bottom - 2.5))

    drawn = _values(top, y, width)
    end = max(x(last), x(table.index[-1]) + LAST_STEP_MM)
    drawn += _bands(table, total, x, y, end)
    drawn += _months(first, last, x, bottom, bottom, most=10)
    drawn += _reported(content.levels, x, y)
    drawn += _countries(table, total, y, end + 1.5)
    return draw.sheet(width, CURVE_MM, *drawn), CURVE_MM


def _round_up(value: float) -> float:
    """
    Return a round number that is not less.

    >>> _round_up(807), _round_up(1000), _round_up(0)
    (1000.0, 1000.0, 10.0)
    """
    steps = [factor * 10**power for power in range(1, 7) for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)]
    return float(next(step for step in steps if step >= value))


def _values(top: float, y: Any, width: float) -> list[str]:
    drawn = []
    for value in (0.0, top / 2, top):
        drawn.append(draw.line(VALUES_MM, y(value), width - COUNTRIES_MM, y(value), GRID, 0.2))
        drawn.append(draw.text(VALUES_MM - 1.2, y(value) + 0.8, text.number(value), 6.4, fill=SOFT, anchor="end"))
    return drawn


def _bands(table: pd.DataFrame, total: Any, x: Any, y: Any, right: float) -> list[str]:
    """Draw a stepped band for each country."""
    at = [x(day) for day in table.index]
    drawn = []
    below = np.zeros(len(table))
    for i in range(table.shape[1]):
        upper, lower = _steps(at, total[:, i], y, right), _steps(at, below, y, right)
        points = [*upper, *reversed(lower)]
        path = "M" + "L".join(f"{draw.number(px)} {draw.number(py)}" for px, py in points) + "Z"
        colour = symbols.COUNTRY_COLOURS[i % len(symbols.COUNTRY_COLOURS)]
        drawn.append(draw.tag("path", d=path, fill=colour, fill_opacity=0.82, stroke="#ffffff", stroke_width=0.15))
        below = total[:, i]
    return drawn


def _steps(at: Sequence[float], values: Any, y: Any, right: float) -> list[tuple[float, float]]:
    ends = [*at[1:], right]
    return [point for a, b, value in zip(at, ends, values, strict=True) for point in ((a, y(value)), (b, y(value)))]


def _reported(levels: pd.DataFrame, x: Any, y: Any) -> list[str]:
    """Draw each reported level as a diamond, one of a month as a bar of the month; with a line where it is a range."""
    drawn = []
    fill = symbols.OKABE_ITO["vermillion"]
    for row in levels.itertuples(index=False):
        start, end = x(row.first), x(row.last)
        at = (start + end) / 2
        if row.high > row.low:
            drawn.append(draw.line(at, y(row.low), at, y(row.high), INK, 0.3))
        if end > start:
            drawn.append(draw.rectangle(start, y(row.high) - 0.5, end - start, 1.0, fill=fill))
            continue
        diamond = f"M{at:.2f} {y(row.high) - 1.2:.2f}l1 1.2 -1 1.2 -1 -1.2Z"
        drawn.append(draw.tag("path", d=diamond, fill=fill, stroke="#ffffff", stroke_width=0.15))
    return drawn


def _countries(table: pd.DataFrame, total: Any, y: Any, left: float) -> list[str]:
    """Name the countries beside their bands, from below, each on a line of its own."""
    drawn = []
    lowest = y(0) + 0.6
    below = 0
    for i, country in enumerate(table.columns):
        now = int(table.iloc[-1, i])
        if not now:
            continue
        middle = (y(below) + y(total[-1, i])) / 2 + 0.8
        lowest = min(middle, lowest) if i == 0 else min(middle, lowest - 2.9)
        colour = symbols.COUNTRY_COLOURS[i % len(symbols.COUNTRY_COLOURS)]
        words = typeface.fit(f"{typeface.printable(country)} {text.number(now)}", 7, COUNTRIES_MM - 5)
        drawn.append(draw.rectangle(left, lowest - 1.8, 1.9, 1.9, fill=colour))
        drawn.append(draw.text(left + 2.7, lowest, words, 7))
        below = int(total[-1, i])
    return drawn


def strip_words(events: Sequence[Event], count: int) -> str:
    """Return what the strip shows, for those who cannot see it."""
    told = "; ".join(f"{event.day}: {event.text}" for event in events)
    return _("Events over time: {n}, of these in the list: {told}.").format(n=count, told=told)


def strength_words(content: Content) -> str:
    """Return what the curve shows, for those who cannot see it."""
    table = strength_table(content.curve)
    if table.empty:
        return _("Nothing is known of the strength.")
    now = ", ".join(f"{country} {text.number(int(n))}" for country, n in table.iloc[-1].items() if n)
    return _("Personnel by country on {day}, arrivals minus departures: {now}; in all {total}.").format(
        day=text.day(content.brief.clocks.as_of), now=now, total=text.number(int(table.iloc[-1].sum()))
    )
