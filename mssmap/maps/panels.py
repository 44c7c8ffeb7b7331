"""What the components of the page get as plain JSON: the dial, the layer list, the key figures (client/page/)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import layers, text
from mssmap.maps import view
from mssmap.maps.view import day_number
from mssmap.measures.keyfigures import KeyFigure
from mssmap.records import evidence
from mssmap.telling import figure_words


def dial(day: date, first: date, last: date, trail: int, fixed: Sequence[date | None] = (None, None)) -> dict[str, Any]:
    """
    Slider and steps of the day.

    Parameters
    ----------
    first, last
        Ends of the slider.
    trail
        Days before its day whose events the map shows while the slider moves.
    fixed
        First and last day of those events where they do not move along.
    """
    steps = (
        (_("−1 mo"), _("One month back"), {"months": -1}),
        (_("−1 d"), _("One day back"), {"days": -1}),
        (_("+1 d"), _("One day on"), {"days": 1}),
        (_("+1 mo"), _("One month on"), {"months": 1}),
    )
    start, end = (day_number(when) if when else None for when in fixed)
    return {
        "day": day_number(day),
        "title": text.day(day),
        "min": day_number(first),
        "max": day_number(last),
        "trail": trail,
        "start": start,
        "end": end,
        "months": list(text.MONTHS[current()]),
        "label": _("Day shown"),
        "steps": [{"sign": sign, "words": words, **step} for sign, words, step in steps],
    }


def grade(chosen: str, choices: Sequence[str]) -> dict[str, Any]:
    """Choice of the lowest grade shown."""
    return {
        "grade": chosen,
        "grades": [
            [one, _("all") if one == evidence.LOWEST else _("{grade} or better").format(grade=one)] for one in choices
        ],
        "label": _("Show grades"),
        "help": _("Admiralty grade: A-F how reliable the best source is, 1-6 how well the information is confirmed."),
    }


def layer_list(on: Iterable[str], imported: Sequence[str] = (), held: Iterable[str] | None = None) -> dict[str, Any]:
    """
    Switches for every layer, with the reasons why a count may be a range.

    Parameters
    ----------
    imported
        Layers of the group `imports` in which there is something; without any the group is left out.
    held
        Groups of records that there are at all, for a file that holds some; None for all.
    """
    titles = layers.titles()
    there = {*layers.GROUPS} if held is None else {*held, *view.NOT_COUNTED}
    return {
        "groups": [
            {
                "id": group,
                "label": titles[group],
                "open": group in layers.BY_STATUS,
                "counted": group not in view.NOT_COUNTED,
                "timed": group == "events",
                "items": [
                    {"id": layer.id, "symbol": layer.symbol, "label": titles[layer.id]}
                    for layer in members
                    if group != "imports" or layer.id in imported
                ],
            }
            for group, members in layers.GROUPS.items()
            if group in there and (group != "imports" or imported)
        ],
        "on": list(on),
        "reasons": {
            "dates": _("{n} counted with a date that is known to the month or year only."),
            "places": _("{n} not counted: the place is known too coarsely, it may lie in the region."),
            "below": _("{n} not counted: below the grade that was asked."),
        },
    }


def figure_cards(figures: Iterable[KeyFigure]) -> dict[str, Any]:
    """The row of key figures."""
    return {"items": [_figure_card(figure) for figure in figures]}


def _figure_card(figure: KeyFigure) -> dict[str, str]:
    return {
        "label": _(figure.label),
        "value": figure_words.number(figure),
        "of": _("of {n}").format(n=figure.total) if figure.total is not None else "",
        "sub": figure_words.under(figure),
        "help": figure_words.how(figure),
    }
