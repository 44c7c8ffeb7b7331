"""Entering a number at the desk (an indicator, a strength, a figure of an event), or a source alone."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import kinds
from mssmap.records.catalog import Data
from mssmap.ui import cache
from mssmap.ui.cache import of_the_data
from mssmap.ui.desk import draft, fields, subjects, words

INDICATOR, STRENGTH, FIGURE, SOURCE = "indicator", "strength", "figure", "source"
NATIONAL: Final = "National"


def form(name: str) -> None:
    """Show what is asked of the kind that is chosen."""
    titles = {one: words.submission_kinds()[one] for one in (INDICATOR, STRENGTH, FIGURE, SOURCE)}
    label = words.column("type")
    chosen = fields.choice(name, "number kind", label, list(titles), titles.__getitem__, default=INDICATOR)
    if asked := {INDICATOR: _indicator, STRENGTH: _strength, FIGURE: _figure}.get(chosen):
        asked(name)


def kind_of(name: str) -> str:
    """Return the kind that is chosen in a form."""
    return str(draft.value(name, "number kind") or INDICATOR)


def typed(name: str) -> dict[str, Any]:
    """Return what a form says, what it proposes and nobody changed among it."""
    indicator = str(draft.value(name, "indicator"))
    proposed: dict[str, str | None] = {"record_type": "strength", "unit": "people", "area": NATIONAL}
    for column in ("series", "unit"):
        proposed[f"{column} {indicator}"] = _first(_of_indicator(column, indicator))
    return {key: one for key, one in proposed.items() if one} | draft.values(name)


def _indicator(name: str) -> None:
    known = words_of("indicators", "indicator")
    chosen = fields.choice(name, "indicator", words.column("indicator"), known, text.plain_word, more=True)
    series, units, areas = (_of_indicator(column, chosen) for column in ("series", "unit", "area"))
    fields.choice(name, f"series {chosen}", _("Series"), series, text.plain_word, default=_first(series), more=True)
    fields.line(name, "number", _("Number"), placeholder=_("1.5 million is 1500000; a range 1200-1500; about ~1500"))
    fields.choice(name, f"unit {chosen}", _("Unit"), units, text.unit, default=_first(units), more=True)
    fields.choice(name, "area", _("Area"), list(dict.fromkeys([NATIONAL, *areas])), _area, default=NATIONAL, more=True)
    fields.line(name, "day", _("Day or period"), placeholder=_("2026-10-31, 2026-10, or 2026-07-01 to 2026-09-30"))
    fields.sure(name)


def _strength(name: str) -> None:
    enum = next(one for one in cache.data().dataset("strength").contract.fields if one.name == "record_type").enum
    fields.choice(name, "record_type", _("What is reported"), list(enum), text.plain_word, default="strength")
    fields.choice(name, "country", words.column("country"), words_of("strength", "country"), str, more=True)
    fields.choice(name, "scope", words.column("scope"), words_of("strength", "scope"), str, more=True)
    fields.line(name, "number", _("Number"), placeholder="12, 12-15, ~12")
    fields.line(name, "reported_total", _("Total that the source reports"))
    fields.day(name)
    fields.sure(name)


def _figure(name: str) -> None:
    titles = {key: title for key, title in subjects.titles().items() if kinds.layer_of(key) is None}
    fields.choice(name, "record_id", _("Event"), list(titles), titles.__getitem__)
    fields.choice(name, "measure", _("What is counted"), words_of("figures", "measure"), text.plain_word, more=True)
    fields.line(name, "number", _("Number"), placeholder="12, 12-15, >12, ~12")
    fields.choice(name, "unit", _("Unit"), words_of("figures", "unit"), text.unit, default="people", more=True)
    fields.day(name)


def source(name: str) -> None:
    """Show what else is asked of a source that is handed in alone."""
    contract = {one.name: one for one in cache.data().dataset("sources").contract.fields}
    for column in ("publisher_kind", "reliability"):
        title = partial(words.cell, column)
        fields.choice(name, column, words.column(column), list(contract[column].enum), title)
    fields.line(name, "language", words.column("language"), placeholder="en, fr, ht, es")
    fields.line(name, "note", _("Note"))


def _first(options: list[str]) -> str | None:
    return options[0] if options else None


def _area(name: str) -> str:
    return _("The whole country") if name == NATIONAL else name


def words_of(table: str, column: str) -> list[str]:
    """Return the words that stand in a column, the most frequent first."""
    return list(_words_of(table, column))


@of_the_data(maxsize=16)
def _words_of(of: Data, table: str, column: str) -> tuple[str, ...]:
    return tuple(str(one) for one in of[table][column].value_counts().index if str(one))


def _of_indicator(column: str, indicator: str) -> list[str]:
    """Return what stands in a column of the values of an indicator, the most frequent first."""
    rows = cache.data()["indicators"]
    counted = rows.loc[rows["indicator"] == indicator, column].value_counts()
    return [str(one) for one in counted.index if str(one)]
