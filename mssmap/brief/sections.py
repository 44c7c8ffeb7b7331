"""
What a pack tells in tables: one row for each section, and the function that works it out.

A new section is such a function and a row in `SECTIONS`; print, slides and page follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from mssmap.brief import cited, near
from mssmap.brief.cited import Cited
from mssmap.brief.drawing import typeface
from mssmap.brief.section import Material, OnSlide, Section, Table
from mssmap.i18n import gettext as _
from mssmap.legend import layers, text
from mssmap.planning import on_data, plan_file
from mssmap.records import kinds
from mssmap.telling import twin

MOST_ROWS: Final = 120
"""Rows of a printed table; the data in the pack have all."""


def tables(of: Material) -> tuple[Table, ...]:
    """Return the tables of all sections, in their order."""
    return tuple(replace(table, section=name) for name, section in SECTIONS.items() for table in section.compose(of))


def _records(of: Material) -> Iterable[Table]:
    """Tell the records of the layers that say who holds them."""
    titles = layers.titles()
    for layer, kind in kinds.LAYERS.items():
        if not kind.who_title:
            continue
        rows = of.shown[layer]
        if len(rows) > MOST_ROWS:
            of.notes.add("rows", title=titles[layer], n=MOST_ROWS)
        yield Table(
            title=f"{titles[layer]} ({len(rows)})",
            columns=(_("Name"), _("State"), _(kind.who_title), _("Since"), _("Grade"), _("Sources")),
            rows=tuple(_row(row, layer, kind.who, of.sources) for row in rows.head(MOST_ROWS).itertuples(index=False)),
        )


def _row(row: Any, layer: str, column: str, sources: Cited) -> tuple[str, ...]:
    """Return a record as a row; what is older than its refresh period says so."""
    stale = " · " + _("last report {age}").format(age=text.age(row.age_days)) if row.stale else ""
    cells = (
        twin.title(row),
        text.status(layer, row.status),
        str(getattr(row, column) or "–"),
        text.span(row.status_from, row.status_to, row.status_precision, row.status_to_precision) + stale,
        row.grade,
        cited.marks(sources.records(row.sources)).strip("[]"),
    )
    return tuple(map(typeface.printable, cells))


def _plan(of: Material) -> Iterable[Table]:
    """Tell what the plan of the specification reaches, if there is one."""
    data, brief = of.data, of.brief
    if not brief.scenario:
        return
    plan, aside = plan_file.from_dict(brief.scenario), ""
    if plan.travel == "matrix":
        plan = replace(plan, travel="road")
        aside = _("By the road model: a pack does not carry the plan's own matrix of travel times.") + " "
    if plan.clocks != brief.clocks:
        days = {"as_of": text.day(plan.clocks.as_of), "known_on": text.day(plan.clocks.known_on)}
        aside += _("Worked out on the days of the plan: {as_of}, as known on {known_on}.").format(**days) + " "
    result = on_data.evaluate_sure(data, plan, language=brief.lang)
    words = {
        "people_covered": _("People covered"),
        "people_covered_pct": _("Share of the people covered"),
        "backup_covered_pct": _("Covered by two bases or more"),
        "mean_time": _("Mean time to the nearest base"),
        "unreachable_pct": _("Not reachable by road"),
        "bases_active": _("Active bases"),
    }
    figures = result.figures.set_index("name")
    rows = [
        (
            label,
            *(_rounded(figures.at[name, end]) for end in ("value", "low", "high")),
            text.unit(str(figures.at[name, "unit"])),
        )
        for name, label in words.items()
        if name in figures.index
    ]
    name = typeface.fit(typeface.printable(plan.name), 11, 120)
    yield Table(
        title=_("Plan: {name}").format(name=name),
        columns=(_("Figure"), _("Value"), _("At least"), _("At most"), _("Unit")),
        rows=tuple(rows),
        note=typeface.printable(f"{aside}{result.method}"),
    )


def _rounded(value: float) -> str:
    return text.number(round(value) if abs(value) >= 100 else round(value, 1))


SECTIONS: Final = {
    "records": Section(
        _records,
        (2.6, 1.25, 1.5, 2.1, 0, 0),
        OnSlide(17, (0, 1, 2, 4), (2.5, 1.15, 1.6, 0.6), (0.43, 0.18, 0.27, None), "{0}: {1}, {3} ({4}) [{5}]"),
    ),
    "near": Section(near.compose, (3, 1, 1), OnSlide(12, (0, 1, 2), (2.6, 1, 1), (0.5, None, None), "{0}: {1} - {2}")),
    "plan": Section(_plan, (2.4, 1, 1, 1, 1)),
}
"""In the order in which they are told."""
