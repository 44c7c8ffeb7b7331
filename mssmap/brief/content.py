"""
Every number and every text of a pack, in its language: a pure function of the data and the specification.

What must be shortened is shortened here, and said; the modules that draw find that everything fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from mssmap import i18n
from mssmap.brief import layout, learnt, sections, written
from mssmap.brief.cited import Cited, Source
from mssmap.brief.drawing import frame, typeface
from mssmap.brief.section import Material, Table
from mssmap.brief.shortened import SHORTENED, Notes
from mssmap.brief.spec import MOST_HIGHLIGHTS, Brief
from mssmap.i18n import gettext as _
from mssmap.legend import layers, lines, text
from mssmap.legend.layers import event_groups
from mssmap.maps import streets
from mssmap.measures import keyfigures, series
from mssmap.records import kinds, regions
from mssmap.records.catalog import Data
from mssmap.records.shown import Shown
from mssmap.records.shown import shown as shown_of
from mssmap.streets import shelf
from mssmap.telling import figure_words
from mssmap.version import __version__

MOST_SOURCES: Final = 160


@dataclass(frozen=True)
class Figure:
    """A key figure as it is printed: value, range, day, number of its sources."""

    key: str
    label: str
    value: str
    under: str
    note: str
    sources: tuple[int, ...]
    exact: float | None


@dataclass(frozen=True)
class Event:
    """An event with its number on the map and in the strip."""

    number: int
    event_id: str
    day: str
    text: str
    grade: str
    sources: tuple[int, ...]
    row: Any


@dataclass(frozen=True)
class Content:
    """All that a pack says; `shown` are the records on its map."""

    brief: Brief
    title: str
    subtitle: str
    place: str
    classification: str
    disclaimer: str
    contact: str
    number: str
    created: str
    credits: str
    projection: str
    highlights: tuple[str, ...]
    figures: tuple[Figure, ...]
    changes_title: str
    changes: learnt.Told
    events: tuple[Event, ...]
    shown: Shown
    curve: pd.DataFrame
    levels: pd.DataFrame
    tables: tuple[Table, ...]
    sources: tuple[Source, ...]
    extent: frame.Extent
    window: str
    counts: Mapping[str, int]
    shortened: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]

    def of(self, section: str) -> tuple[Table, ...]:
        """Return the tables of a section, none if it has nothing to tell."""
        return tuple(table for table in self.tables if table.section == section)


def tell_shortened(content: Content) -> list[str]:
    """Say, in the language spoken now, what was shortened."""
    return [_(SHORTENED[what]).format(**dict(values)) for what, values in content.shortened]


def compose(data: Data, brief: Brief) -> Content:
    """
    Work out a pack.

    Raises
    ------
    NotFoundError
        If there is no such region.
    InputError
        If the plan in the specification cannot be read.
    """
    with i18n.speaking(brief.lang):
        return _compose(data, of_data(brief, data))


def of_data(brief: Brief, data: Data) -> Brief:
    """Return a specification with the data and the software that it is worked out from; its number stands for both."""
    pin = data.release if data.pinned else ""
    return replace(brief, data=f"{data.fingerprint}/{__version__}", release=pin)


def _unofficial(release: str) -> str:
    """Return the line that stands on every page: what the pack is, and of which release if it is of one."""
    if not release:
        return _("unofficial, from public reporting")
    return _("release {version} of the data; unofficial, from public reporting").format(version=release)


def _compose(data: Data, brief: Brief) -> Content:
    notes = Notes()
    sources = Cited(data, brief.clocks)
    shown = visible(shown_of(data, brief.filters), brief.layers)
    changes = learnt.records(data, brief)
    said = _highlights(data, brief, shown, changes, sources, notes)
    figures = tuple(
        _figure(f, sources)
        for f in keyfigures.key_figures(data, brief.clocks, brief.filters.grade, brief.filters.region)
    )
    events = tuple(_events(shown["events"], sources))
    place = (
        regions.find(data, brief.filters.region).name(brief.lang)
        if brief.filters.region
        else regions.COUNTRY.name(brief.lang)
    )
    place = typeface.printable(place)
    tables = sections.tables(Material(data, brief, shown, sources, notes))
    return Content(
        brief=brief,
        title=_title(data, brief, place, notes),
        subtitle=f"{text.day(brief.clocks.as_of)}, {lines.banner(brief.clocks)['sub']}",
        place=place,
        classification=_line(brief.classification, _unofficial(brief.release), "classification", notes),
        disclaimer=_(
            "Unofficial, compiled from public reporting. Boundaries and names imply no position on any status. A zone "
            "lies somewhere in the unit drawn; that nothing is reported is not the same as calm."
        ),
        contact=_line(brief.contact, "", "contact", notes),
        number=f"{brief.number} · " + _("version {n}").format(n=brief.version),
        created=_("Made {time}, mssmap {version}.").format(time=_time(brief), version=__version__),
        credits=_(
            "Boundaries CNIGS / OCHA, COD-AB Haiti 2018, CC BY 3.0 IGO, modified; places © OpenStreetMap contributors; "
            "waters GSHHG; roads coarse."
        )
        + _streets(brief),
        projection=_("Projection UTM zone 18N, datum WGS 84 (EPSG:32618); graticule in degrees."),
        highlights=said,
        figures=figures if brief.figures else (),
        changes_title=_("What changed since {day}").format(day=text.day(brief.compared_with)),
        changes=_told(changes),
        events=events,
        shown=shown,
        curve=series.strength_by_country(data, brief.clocks, brief.filters.grade),
        levels=series.strength_levels(data, brief.clocks, brief.filters.grade),
        tables=tables,
        sources=_sources(sources, notes),
        extent=brief.extent or _extent(data, brief.filters.region),
        window=_("{first} to {last}").format(first=text.day(brief.start), last=text.day(brief.clocks.as_of)),
        counts=lines.tally(shown),
        shortened=notes.all,
    )


def _streets(brief: Brief) -> str:
    """Name where the streets on the map are from, where it is large enough for them; begins with a space."""
    found = shelf.drawn()
    if found is None or not (brief.inset or brief.extent or brief.filters.region):
        return ""
    return f" {streets.credit(found)}."


def more_shortened(content: Content, what: str, **values: Any) -> Content:
    """Return the content with one more thing that was shortened."""
    return replace(content, shortened=(*content.shortened, (what, tuple(sorted(values.items())))))


def visible(shown: Shown, on: Iterable[str]) -> Shown:
    """Return the records of the layers that are switched on."""
    wanted = set(on)

    def symbols(layer: str, rows: gpd.GeoDataFrame) -> pd.Series:
        if layer == kinds.EVENTS.name:
            return event_groups(rows)
        if layer in layers.BY_STATUS:
            return layer + "." + rows["status"].astype("str")
        return rows["kind"].map(kinds.SERVICE_OF_KIND)

    frames = {layer: rows[symbols(layer, rows).isin(wanted)].reset_index(drop=True) for layer, rows in shown.items()}
    return Shown(shown.clocks, frames)


def _title(data: Data, brief: Brief, place: str, notes: Notes) -> str:
    elsewhere = written.elsewhere(data, brief.title, brief)
    if elsewhere:
        notes.add("title_elsewhere", question=elsewhere)
    words = notes.clean(brief.title) or _("{place}: security situation").format(place=place)
    fitting = layout.fit_title(words, brief.paper)
    if fitting != words:
        notes.add("title")
    return fitting


def _line(words: str, usual: str, what: str, notes: Notes) -> str:
    """Return a line that a person typed, at most two thirds of the page wide."""
    clean = notes.clean(words) or usual
    fitting = layout.fit_line(clean, 8, 120)
    if fitting != clean:
        notes.add(what)
    return fitting


def _time(brief: Brief) -> str:
    zone = f"{brief.created:%z}"
    return f"{text.day(brief.created.date())} {brief.created:%H:%M} UTC{zone[:3]}:{zone[3:5]}"


def _highlights(
    data: Data, brief: Brief, shown: Shown, changes: list[dict[str, Any]], sources: Cited, notes: Notes
) -> tuple[str, ...]:
    typed = [line for line in _typed(data, brief, notes) if line]
    lines = typed or [
        typeface.printable(line) for line in learnt.highlights(data, brief, shown["events"], changes, sources)
    ]
    if len(lines) > MOST_HIGHLIGHTS:
        notes.add("highlights", n=MOST_HIGHLIGHTS)
    printed = []
    for n, line in enumerate(lines[:MOST_HIGHLIGHTS], start=1):
        printed.append(layout.fit_highlight(line, brief.paper))
        if printed[-1] != line and typed:
            notes.add("highlight", n=n)
    return tuple(printed)


def _typed(data: Data, brief: Brief, notes: Notes) -> Iterable[str]:
    """Return the highlights that a person wrote, those for another question with a mark in front."""
    for n, words in enumerate(brief.highlights, start=1):
        elsewhere, clean = written.elsewhere(data, words, brief), notes.clean(words)
        if elsewhere:
            notes.add("elsewhere", n=n, question=elsewhere)
            clean = "[" + _("written for {question}").format(question=elsewhere) + "] " + clean
        yield clean


def propose(data: Data, brief: Brief) -> list[str]:
    """Return the highlights that the data propose, for a person to edit, in the language of the pack."""
    with i18n.speaking(brief.lang):
        shown = visible(shown_of(data, brief.filters), brief.layers)
        changes = learnt.records(data, brief)
        return learnt.highlights(data, brief, shown["events"], changes, Cited(data, brief.clocks))


def _figure(figure: keyfigures.KeyFigure, sources: Cited) -> Figure:
    value = figure_words.number(figure)
    if figure.total is not None:
        value += "/" + text.number(figure.total)
    return Figure(
        key=figure.key,
        label=_(figure.label),
        value=value,
        under=figure_words.under(figure),
        note=typeface.printable(figure_words.how(figure)),
        sources=sources.ids(figure.source_ids),
        exact=figure.value,
    )


def _events(events: gpd.GeoDataFrame, sources: Cited) -> Iterable[Event]:
    for number, row in enumerate(learnt.main_events(events), start=1):
        yield Event(
            number=number,
            event_id=row.event_id,
            day=text.span(row.valid_from, row.valid_to, row.date_precision),
            text=typeface.printable(learnt.event_line(row)),
            grade=row.grade,
            sources=learnt.cite(row, sources),
            row=row,
        )


def _told(changes: list[dict[str, Any]]) -> learnt.Told:
    told = learnt.told(changes)
    return replace(told, lines=tuple(map(typeface.printable, told.lines)))


def _sources(sources: Cited, notes: Notes) -> tuple[Source, ...]:
    listed = sources.listed()
    if len(listed) > MOST_SOURCES:
        notes.add("sources", n=MOST_SOURCES)
    return listed[:MOST_SOURCES]


def _extent(data: Data, region: str | None) -> frame.Extent:
    """Return the extent of a region with a little around it; of the country without one."""
    if region is None or region == regions.COUNTRY_PCODE:
        return frame.HAITI
    name = regions.LAYER_OF_LEVEL[regions.level(region)]
    rows = data[name]
    west, south, east, north = rows.loc[rows["pcode"] == region].total_bounds
    beyond = max(0.02, 0.06 * max(east - west, north - south))
    return (float(west - beyond), float(south - beyond), float(east + beyond), float(north + beyond))
