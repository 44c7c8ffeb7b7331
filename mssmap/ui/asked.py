"""
The view that an address asks for, without a session: for answers that no script of a page makes.

The keys and their checks are those of `state`; what a page would note about them is noted here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from mssmap import settings
from mssmap.legend import layers
from mssmap.maps import choropleth, still
from mssmap.maps.view import Choropleth
from mssmap.measures import keyfigures
from mssmap.records import evidence
from mssmap.records.shown import Filters, Shown
from mssmap.records.timeline import Clocks
from mssmap.telling import twin
from mssmap.ui import cache, components, controls, state, told

LONGEST: Final = 4_000
"""Characters of an address that are read."""


@dataclass(frozen=True)
class Asked:
    """
    A view that was asked for.

    Attributes
    ----------
    filters
        With the window as it was asked for; `window` is the one that is shown.
    place
        Latitude, longitude and zoom, if all three can be used.
    unusable
        Keys and values of the address that cannot be used.
    """

    language: str
    filters: Filters
    on: tuple[str, ...]
    since: date | None
    basemap: str
    shade: str | None
    shade_level: str
    place: tuple[float, float, float] | None
    unusable: tuple[tuple[str, str], ...]
    release: str = ""
    """Version of the release whose data are shown; empty for the data as they stand."""
    record: str | None = None
    """Id of the record whose page is asked for; the live page has no such key."""

    @property
    def window(self) -> tuple[date, date]:
        """First and last day of the events."""
        return controls.event_window(self.filters)

    @property
    def clocks(self) -> Clocks:
        """The two dials."""
        return self.filters.clocks


def read(query: str, wanted_language: str) -> Asked:
    """
    Read the query of an address.

    Parameters
    ----------
    wanted_language
        What the browser asks for, if the address names no language.
    """
    given = parse_qs(query[:LONGEST], max_num_fields=200) if query.count("&") < 200 else {}
    known = [value for value in given.get("release", ()) if not state.ADDRESS_KEYS["release"].check("release", value)]
    with cache.pinned_to(known[-1] if known else ""):
        return _read(given, wanted_language)


def _read(given: dict[str, list[str]], wanted_language: str) -> Asked:
    unusable = tuple(
        (name, value)
        for name, key in state.ADDRESS_KEYS.items()
        for value in given.get(name, ())
        if key.check(name, value)
    )
    usable = {
        name: [value for value in given[name] if not state.ADDRESS_KEYS[name].check(name, value)]
        for name in state.ADDRESS_KEYS
        if name in given
    }

    def one(name: str) -> str | None:
        found = usable.get(name)
        return found[-1] if found else None

    def day(name: str) -> date | None:
        value = one(name)
        return settings.parse_date(value, name) if value else None

    clocks = Clocks(as_of=day("as_of") or state.default_as_of(), known_on=day("known_on") or state.today())
    where = [one(name) for name in ("lat", "lon", "zoom")]
    return Asked(
        language=one("lang") or wanted_language,
        filters=Filters(
            clocks,
            grade=one("grade") or evidence.LOWEST,
            region=one("region"),
            start=day("from"),
            end=day("to"),
            categories=tuple(usable.get("category", ())),
            plans=True,
        ),
        on=layers.parse(given["layers"][-1] if "layers" in given else None)[0],
        since=day("since"),
        basemap=one("basemap") or settings.load().basemap,
        shade=one("shade"),
        shade_level=one("shade_level") or "departments",
        place=tuple(float(value) for value in where if value) if all(where) else None,  # type: ignore[arg-type]
        unusable=unusable,
        release=cache.pin(),
        record=given["record"][-1][:200] if "record" in given else None,
    )


def write(asked: Asked, **other: str | None) -> str:
    """Return the query of a view, the same for all addresses that ask for it; `other` keys count instead."""
    filters = asked.filters
    told_values: dict[str, Any] = {
        "as_of": filters.clocks.as_of.isoformat() if filters.clocks.as_of != state.default_as_of() else None,
        "known_on": filters.clocks.known_on.isoformat() if filters.clocks.known_on != state.today() else None,
        "grade": filters.grade if filters.grade != evidence.LOWEST else None,
        "region": filters.region,
        "layers": layers.write(asked.on),
        "category": list(filters.categories),
        "from": filters.start,
        "to": filters.end,
        "since": asked.since,
        "release": asked.release,
        "basemap": asked.basemap if asked.basemap != settings.load().basemap else None,
        "shade": asked.shade,
        "shade_level": asked.shade_level if asked.shade_level != "departments" else None,
        "lang": asked.language,
        "lat": asked.place and asked.place[0],
        "lon": asked.place and asked.place[1],
        "zoom": asked.place and asked.place[2],
        "record": asked.record,
        **other,
    }
    return urlencode({name: value for name, value in told_values.items() if value}, doseq=True)


@dataclass(frozen=True)
class View:
    """What a view shows; the language is the one being spoken when it was worked out."""

    asked: Asked
    shown: Shown
    figures: list[keyfigures.KeyFigure]
    lines: list[str]
    notes: list[str]
    changes: list[dict[str, Any]]
    shading: Choropleth | None

    @property
    def look(self) -> still.Look:
        """How the map looks at its start."""
        asked = self.asked
        bounds = controls.bounds_of(asked.filters.region) if asked.filters.region and not asked.place else None
        return still.Look(
            on=asked.on,
            bounds=(*bounds[0], *bounds[1]) if bounds else still.HAITI,  # type: ignore[arg-type]
            place=asked.place,
            choropleth=self.shading,
            changed=told.on_map(self.changes),
            has_ground=asked.basemap == "local",
        )


def view(asked: Asked) -> View:
    """Work a view out, in the language that is spoken; see the situation page."""
    filters, window = asked.filters, asked.window
    shown = cache.shown(filters.within(window))
    figures = cache.key_figures(filters.clocks, filters.grade, filters.region)
    hidden = cache.hidden(filters.clocks, filters.grade, filters.region)
    return View(
        asked=asked,
        shown=shown,
        figures=figures,
        lines=twin.situation(shown, figures, asked.on, window, filters.grade, hidden),
        notes=components.note_lines(filters, list(_address_notes(asked.unusable))),
        changes=told.changed(filters, asked.since),
        shading=choropleth.build(cache.data(), shown, asked.shade, asked.shade_level) if asked.shade else None,
    )


def _address_notes(unusable: Iterable[tuple[str, str]]) -> Iterable[str]:
    for name, value in unusable:
        if note := state.ADDRESS_KEYS[name].check(name, value):
            yield note
