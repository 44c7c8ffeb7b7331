"""
How the columns of a foreign table become ours: guessed, shown, corrected, saved as JSON, used again.

Everything here is a value or a pure function; the same JSON works on the page and with `mssmap import --mapping`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Map
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.ingest import days
from mssmap.jail import documents
from mssmap.records import regions

FIELDS: Final = (
    *("id", "title", "date_from", "date_to", "known_from", "category", "place", "commune", "department"),
    *("lon", "lat", "precision", "date_precision", "actors", "figure_min", "figure_max", "note"),
)
"""What a column may be mapped to; `ui.imports.form.fields` says it in words."""

JOINED: Final = ("title", "place", "actors", "note")
"""Fields that several columns may fill together; of the others the first filled one counts."""

SYNONYMS: Final = {
    "id": ("id", "event id", "incident id", "uuid", "objectid", "ref", "reference"),
    "title": (
        "title",
        "name",
        "event",
        "headline",
        "incident",
        "description",
        "titre",
        "nom",
        "titulo",
        "nombre",
        "tit",
    ),
    "date_from": ("date", "event date", "day", "when", "date start", "start date", "begin", "jour", "fecha", "dat"),
    "date_to": ("date end", "end date", "end", "date fin", "fecha fin"),
    "known_from": ("published", "publication date", "reported on", "known from"),
    "category": ("category", "type", "event type", "kind", "categorie", "tipo", "kategori"),
    "place": ("place", "location", "lieu", "lugar", "address", "locality", "kote"),
    "commune": ("commune", "adm2 pcode", "commune pcode", "municipality", "admin2", "komin", "comuna", "municipio"),
    "department": ("department", "departement", "adm1 pcode", "department pcode", "admin1", "depatman", "departamento"),
    "lon": ("lon", "lng", "long", "longitude", "x", "point x", "longitud", "gps longitude"),
    "lat": ("lat", "latitude", "y", "point y", "latitud", "gps latitude"),
    "actors": ("actors", "actor", "actor1", "group", "perpetrator", "acteur", "groupe"),
    "figure_min": ("figure", "number", "killed", "deaths", "fatalities", "count", "value", "nombre", "total"),
    "note": ("note", "notes", "remarks", "comment", "comments", "remarque", "details"),
}
"""Names, written for comparing (`regions.normalise`), under which people keep such things."""

PUBLISHER_KINDS: Final = (
    "un",
    "government",
    "mission",
    "ngo",
    "research",
    "wire",
    "press",
    "aggregator",
    "blog",
    "social",
)
"""Kinds of publishers as the grades know them; any other cannot be judged."""

KINDS: Final = ("events", "layer", "boundaries")

MOST: Final = 400
"""Columns that a field may be filled from, and values that are kept."""

PRECISIONS: Final = ("site", "neighbourhood", "commune", "department", "country")


@dataclass(frozen=True)
class Source:
    """Where a file comes from, and under what licence it may be shown."""

    title: str = ""
    publisher: str = ""
    publisher_kind: str = ""
    url: str = ""
    licence: str = ""
    licence_url: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class Mapping:
    """
    How a table is read.

    Attributes
    ----------
    kind
        `events`: dated records; `layer`: places or a table as they are; `boundaries`: official outlines by P-code.
    columns
        Field of ours -> columns of the table.
    dates
        How dates are written, a key of `days.FORMATS` or `auto`.
    category, precision
        What holds where no column says it; how exact the place of a point is.
    categories, precisions, date_precisions
        What the words and codes of the table mean.
    unit
        What the numbers count.
    keep
        Column -> values; other rows are left out (those of other countries).
    totals
        Whether the numbers are totals of areas: those of communes, departments and the country have units of their own.
    """

    kind: str = "layer"
    columns: dict[str, list[str]] = field(default_factory=dict)
    dates: str = days.AUTO
    category: str = "other"
    precision: str = "neighbourhood"
    categories: dict[str, str] = field(default_factory=dict)
    precisions: dict[str, str] = field(default_factory=dict)
    date_precisions: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    keep: dict[str, list[str]] = field(default_factory=dict)
    source: Source = field(default_factory=Source)
    totals: bool = False


@dataclass(frozen=True)
class Known:
    """
    A kind of file that is recognised.

    Attributes
    ----------
    columns
        All of them must be there, whatever their capitals.
    terms
        What its licence asks of those who show it, in one sentence.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    mapping: Mapping
    terms: str


CUT_CHARS: Final = 10
"""Letters of a name that a shapefile keeps."""


def guess(frame: pd.DataFrame) -> Mapping:
    """
    Propose a mapping from the names of the columns.

    >>> guess(pd.DataFrame(columns=["Fecha", "Titulo", "X", "Y"])).columns["date_from"]
    ['Fecha']
    """
    names = {regions.normalise(str(column).replace("_", " ")): str(column) for column in frame.columns}
    found = {}
    cut = names if max(map(len, names.values()), default=0) == CUT_CHARS else {}
    for ours, synonyms in SYNONYMS.items():
        column = next((names[word] for word in synonyms if word in names), None)
        column = column or next((cut[word[:CUT_CHARS]] for word in synonyms if word[:CUT_CHARS].strip() in cut), None)
        if column is not None and column != "geometry":
            found[ours] = [column]
    if isinstance(frame, gpd.GeoDataFrame):
        found.pop("lon", None), found.pop("lat", None)
    found |= _survey(names, found) if FORMS & set(names) else {}
    if "date_from" not in found or regions.normalise(found["date_from"][0]) in ("day", "jour"):
        found |= _dated(names)
    for ours, words in (("lon", ("longitude", "longitud", "lon", "lng")), ("lat", ("latitude", "latitud", "lat"))):
        if ours not in found and not isinstance(frame, gpd.GeoDataFrame):
            near = [names[name] for name in names if set(words) & set(name.split())]
            found |= {ours: near[:1]} if near else {}
    if not {"lon", "lat"} <= set(found):
        found.pop("lon", None), found.pop("lat", None)
    dated = "date_from" in found and "title" in found
    return Mapping(kind="events" if dated else "layer", columns=found)


FORMS: Final = frozenset(("uuid", "submission time", "instanceid", "meta instanceid", "key", "submissiondate"))
"""Columns that Kobo and ODK put beside the answers."""


def _survey(names: dict[str, str], found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Of a form that was filled in: its start and end are those of the interview, and its uuid is the id."""
    own = next((names[name] for name in ("uuid", "instanceid", "meta instanceid", "key") if name in names), None)
    for ours in ("date_from", "date_to"):
        if found.get(ours) and regions.normalise(found[ours][0]) in ("start", "end", "today"):
            del found[ours]
    return {"id": [own]} if own else {}


def _dated(names: dict[str, str]) -> dict[str, list[str]]:
    """Columns of the date: the only one with that word in its name, or year, month and day."""
    if "year" in names and (parts := [names[word] for word in ("year", "month", "day") if word in names])[1:]:
        return {"date_from": parts}
    named = [names[name] for name in names if {"date", "fecha", "dat"} & set(name.split()) or _cut_date(name)]
    named = [column for column in named if not {"end", "fin", "submission"} & set(regions.normalise(column).split())]
    return {"date_from": named} if len(named) == 1 else {}


def _cut_date(name: str) -> bool:
    """
    Whether a name that a shapefile cut ended in `date`.

    >>> _cut_date("incident d"), _cut_date("incident"), _cut_date("reported o")
    (True, False, False)
    """
    return len(name) == CUT_CHARS and " " in name and "date".startswith(name.split()[-1])


def dumps(mapping: Mapping) -> str:
    """Write a mapping as JSON."""
    return json.dumps(asdict(mapping), ensure_ascii=False, indent=1)


def loads(text: str) -> Mapping:
    """
    Read a mapping from JSON.

    Raises
    ------
    InputError
        If it is not what `dumps` writes.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            _("mapping: found no JSON ({problem}), required a mapping as saved by the page.").format(problem=error)
        ) from error
    return from_dict(content)


def from_file(source: Path | bytes, name: str) -> Mapping:
    """
    Read a mapping from a file from outside: it is opened in the reading process.

    Raises
    ------
    InputError
        If it is not what `dumps` writes.
    """
    return from_dict(documents.read(source, name))


def from_dict(content: Any) -> Mapping:
    """
    Check and read a mapping given as plain values.

    Raises
    ------
    InputError
        If a key is not known or a value has another form.
    """
    if not isinstance(content, dict):
        raise InputError(_("{name}: found no object, required names and values.").format(name="mapping"))
    known = {item.name for item in fields(Mapping)}
    _only(content, known, "mapping")
    source = content.get("source", {})
    if not isinstance(source, dict):
        raise InputError(_("{name}: found no object, required names and values.").format(name="mapping, source"))
    _only(source, {item.name for item in fields(Source)}, "mapping, source")
    lists = {name: _lists(content.get(name, {}), name) for name in ("columns", "keep")}
    _only(lists["columns"], set(FIELDS), "mapping, columns")
    words = {name: _words(content.get(name, {}), name) for name in ("categories", "precisions", "date_precisions")}
    plain = {
        name: str(content[name])[:200] for name in ("kind", "dates", "category", "precision", "unit") if name in content
    }
    found = Mapping(**plain, **lists, **words, source=Source(**{key: str(text)[:500] for key, text in source.items()}))  # type: ignore[arg-type]
    found = replace(found, totals=content.get("totals") is True)
    for name, allowed in (("kind", KINDS), ("dates", (days.AUTO, *days.FORMATS)), ("precision", PRECISIONS)):
        if getattr(found, name) not in allowed:
            raise InputError(
                _("{name}: found {found!r}, required one of {allowed}.").format(
                    name=f"mapping, {name}", found=getattr(found, name), allowed=", ".join(allowed)
                )
            )
    return found


def _only(content: Map[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(content) - known)
    if unknown:
        raise InputError(
            _("{name}: found {found!r}, required one of {allowed}.").format(
                name=where, found=unknown[0], allowed=", ".join(sorted(known))
            )
        )


def _lists(content: Any, name: str) -> dict[str, list[str]]:
    if not isinstance(content, dict) or not all(isinstance(item, list) for item in content.values()):
        raise InputError(_("mapping, {name}: found something else than lists by name.").format(name=name))
    for key, items in content.items():
        if len(items) > MOST or len({str(item) for item in items}) < len(items):
            raise InputError(
                _("mapping, {name}: found {count:,} names under {key}, required at most {most:,}, each once.").format(
                    name=name, count=len(items), key=str(key)[:60], most=MOST
                )
            )
    return {str(key): [str(item) for item in items] for key, items in content.items()}


def _words(content: Any, name: str) -> dict[str, str]:
    if not isinstance(content, dict):
        raise InputError(_("mapping, {name}: found something else than words by word.").format(name=name))
    return {str(key): str(word) for key, word in content.items()}


def require_columns(mapping: Mapping, frame: pd.DataFrame, name: str) -> None:
    """
    Stop if a mapping names columns that the table does not have.

    Raises
    ------
    InputError
        With the columns that are missing and those there are.
    """
    wanted = [column for columns in mapping.columns.values() for column in columns] + list(mapping.keep)
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        there = ", ".join(str(column) for column in list(frame.columns)[:30])
        raise InputError(
            _("{name}: found no column {column!r}, required by the mapping. There are {there}.").format(
                name=name, column=missing[0], there=there
            )
        )
