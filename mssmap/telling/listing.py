"""
Records as text for a terminal and as JSON for a script: what the command line writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from mssmap.i18n import written
from mssmap.i18n.legible import legible
from mssmap.legend import extents, text
from mssmap.records import timeline, units, views
from mssmap.records.catalog import Dataset
from mssmap.records.kinds import LAYERS


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as a list of objects, the JSON shape of the public contract."""
    return [{str(key): views.plain(value) for key, value in row.items()} for row in rows.to_dict("records")]


def collection(rows: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return a layer as a GeoJSON FeatureCollection, the JSON shape of the public contract."""
    properties = records(rows.drop(columns="geometry"))
    shapes = [json.loads(text) if text else None for text in shapely.to_geojson(rows.geometry.to_numpy()).tolist()]
    features = [
        {"type": "Feature", "properties": values, "geometry": shape}
        for values, shape in zip(properties, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def catalog_record(dataset: Dataset) -> dict[str, Any]:
    """Return what the catalog says about a dataset, with its columns."""
    plain = ["title", "description", "path", "group", "rows", "bytes", "sha256", "licence", "licence_url"]
    plain += ["attribution", "accuracy", "sensitivity"]
    return {
        "id": dataset.name,
        **{name: getattr(dataset, name) for name in plain},
        "sources": [{"title": title, "url": url or None} for title, url in dataset.sources],
        "columns": [
            {"name": column.name, "type": column.type, "unit": column.unit or None, "description": column.description}
            for column in dataset.contract.fields
        ],
    }


def _since(row: Any) -> str:
    return _day(row["status_from"], row["status_precision"])


def _day(day: Any, precision: str) -> str:
    """Write a day no finer than it is known: 2025-05 for a month, before 2021-01-01 for an unknown start."""
    if day is None or day != day:
        return ""
    text = f"{day:%Y-%m-%d}"
    return {"month": text[:7], "year": text[:4], "before": f"before {text}"}.get(precision, text)


def _unit(row: Any) -> str:
    """Write what a zone is drawn as: commune HT0113; a place has no code."""
    told = f"{row['unit']} {row['unit_pcodes'].replace(';', ' ')}".strip()
    if row["extent"] == units.COUNT:
        return f"{told} ({extents.communes(row['communes_affected'])})"
    return f"{told} ({row['share_pct']:g} %)" if row["extent"] == units.SHARE else told


def _uncertainty(row: Any) -> str:
    return "" if row["uncertainty_m"] != row["uncertainty_m"] else f"{row['uncertainty_m']:.0f} m"


def _cited(row: Any) -> str:
    return ", ".join(source["source_id"] for source in row["sources"]) or "none public then"


Column = str | Callable[[Any], str]

STATUS_TAIL: dict[str, Column] = {
    "since": _since,
    "place": "place",
    "precision": "location_precision",
    "grade": "grade",
    "sources": _cited,
}

MAIN_COLUMNS: dict[str, dict[str, Column]] = {
    **{
        name: {
            **{"id": layer.id_column, "name": "name_en", **layer.listed},
            **({"unit": _unit, "uncertainty": _uncertainty} if name == units.ZONES else {}),
            **STATUS_TAIL,
        }
        for name, layer in LAYERS.items()
    },
    "status": {
        **{"id": "status_id", "status": "status", "operator": "operator"},
        "from": lambda row: _day(row["valid_from"], row["date_precision"]),
        "to": lambda row: _day(row["valid_to"], "day"),
        "known": lambda row: known_day(row["known_from"], row["known_precision"]),
        **{"grade": "grade", "sources": _cited},
    },
    "strength": {
        "date": lambda row: _day(row["date"], row["date_precision"]),
        **{"country": "country", "scope": "scope", "type": "record_type", "personnel": "personnel"},
        **{"up to": "personnel_max", "net change": "net_change", "grade": "grade", "sources": _cited},
    },
    "indicators": {
        "date": lambda row: _day(row["period_end"], row["date_precision"]),
        **{"indicator": "indicator", "series": "series", "area": "area", "qualifier": "qualifier", "value": "value"},
        **{"up to": "value_max", "unit": "unit", "period": "period_type", "grade": "grade", "sources": _cited},
    },
    "figures": {
        **{"record": "record_id", "measure": "measure", "qualifier": "qualifier", "value": "value_min"},
        **{"up to": "value_max", "unit": "unit", "date": "date", "source": "source_id"},
    },
    "sources": {
        **{"id": "source_id", "reliability": "reliability", "publisher": "publisher"},
        "published": lambda row: _day(row["published_on"], row["published_precision"]),
        **{"title": "title", "url": "url"},
    },
}
"""Columns that `show` prints, by dataset; of others the first eight."""


def main_columns(dataset: Dataset, rows: pd.DataFrame) -> list[dict[str, str]]:
    """Return the main columns of a layer or table as text, for `aligned`."""
    columns = MAIN_COLUMNS.get(dataset.name) or {column: column for column in dataset.contract.columns[:8]}
    return [
        {
            title: column(row) if callable(column) else _text(views.plain(row[column]))
            for title, column in columns.items()
        }
        for row in rows.to_dict("records")
    ]


def _text(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def aligned(rows: Sequence[dict[str, str]], limit: int = 48) -> str:
    """Return rows as a table with aligned columns; long cells are cut, except in the last column."""
    if not rows:
        return "(none)"
    titles = list(rows[0])
    lines = [titles, *([legible(row[title]) for title in titles] for row in rows)]
    cut = [
        [*(cell if len(cell) <= limit else cell[: limit - 1] + "…" for cell in line[:-1]), line[-1]] for line in lines
    ]
    widths = [max(len(line[i]) for line in cut) for i in range(len(titles) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip()
        for line in cut
    )


def event_text(rows: pd.DataFrame) -> str:
    """Return events one below the other, each with every figure and its source."""
    return "\n\n".join("\n".join(_event_lines(row)) for row in rows.to_dict("records")) or "(none)"


def _event_lines(row: Any) -> Iterable[str]:
    day = _day(row["valid_from"], row["date_precision"])
    lasts = (
        row["valid_to"] == row["valid_to"] and row["valid_to"] > row["valid_from"] and row["date_precision"] == "day"
    )
    until = (
        f" to {row['valid_to']:%Y-%m-%d}"
        if lasts
        else " and still going on"
        if row["valid_to"] != row["valid_to"]
        else ""
    )
    yield f"{day}{until}  {legible(written(row.get, 'title', 'en')[0])}"
    claim = row["claim"].replace("_", " ")
    if claim == timeline.PLANNED:
        when = "announced on" if row["day_announced"] else "planned for"
        claim = f"{when} {day}{until}" + (", outcome not known" if row["outcome_unknown"] else "")
    dispute = f", {row['dispute']} disputed" if row["dispute"] else ""
    place = ", ".join(
        part for part in (row["place"] or "place not stated", row["commune_pcode"], row["country"]) if part
    )
    yield f"    place   {legible(place)} ({row['location_precision']})"
    yield f"    claim   {claim}{dispute}; grade {row['grade']}; category {row['category']}; id {row['event_id']}"
    listed = {source["source_id"] for source in row["sources"]}
    for figure in row["figures"]:
        url = None if figure["source_id"] in listed else figure["url"]
        yield f"    figure  {legible(_figure(figure))}"
        source = _citation(figure["source"] or "source not yet public", figure["publisher"], url)
        said = ", ".join(part for part in (source, text.stated().get(figure["stated"])) if part)
        yield f"            {legible(said)}"
    for source in row["sources"]:
        yield f"    source  {legible(_citation(source['title'], source['publisher'], source['url']))}"


def _figure(figure: dict[str, Any]) -> str:
    low, high = _text(figure["min"]), _text(figure["max"])
    value = low if low == high else f"{low}-{high}"
    return f"{figure['measure']}: {figure['qualifier']} {value} {figure['unit']}".replace(":  ", ": ")


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def known_day(day: Any, precision: str) -> str:
    """Write the day on which something became public: 2024-11 for a month, marked if it was assumed."""
    when = _day(day, precision)
    return f"{when} assumed" if when and precision == "assumed" else when


def _citation(title: str, publisher: str | None, url: str | None) -> str:
    return " - ".join(part for part in (title, publisher, url) if part)


def change_text(records: Iterable[dict[str, Any]]) -> str:
    """Return changes (see `differences.as_records`) one below the other, each with the fields that differ."""
    lines = [line for record in records for line in _change_lines(record)]
    return "\n".join([f"{'happened':20}  learnt", *lines]) if lines else "(none)"


def _change_lines(record: dict[str, Any]) -> Iterable[str]:
    happened = _day(_date(record["happened"]), record["happened_precision"] or "day")
    if record["planned"]:
        happened = f"announced {happened}" if record["day_announced"] else f"planned {happened}"
    learnt = known_day(_date(record["known_from"]), record["known_precision"])
    head = f"{happened:20}  {learnt:18}  {record['kind']:9}  {record['table']:10}"
    yield legible(f"{head}  {record['title']} [{record['record_id']}]")
    for change in record["fields"]:
        yield legible(f"{'':12}{change['field']}: {shown(change['before'])} -> {shown(change['after'])}")


def shown(value: Any, limit: int = 120) -> str:
    """Return one side of a change, cut where it is long."""
    text = _text(value) or "(nothing)"
    return text if len(text) <= limit else text[: limit - 1] + "…"
