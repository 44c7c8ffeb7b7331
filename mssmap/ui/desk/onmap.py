"""The map of the desk: where something was by a click on it, and what a submission moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import geopandas as gpd
import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from mssmap.crs import WGS84
from mssmap.i18n import gettext as _
from mssmap.maps import imported, view
from mssmap.records import kinds, schema
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.records.submissions.joined import Rows
from mssmap.records.submissions.submission import Submission
from mssmap.ui import cache, components, plain
from mssmap.ui.desk import draft

ON: Final = ("departments", "communes", "imports.points", "imports.shapes")
LEVELS: Final = ("sections", "communes", "arrondissements", "departments")
AROUND: Final = 0.08
"""Degrees that are seen around a place."""


def choose(form: str, item: Submission, *fields: str) -> None:
    """
    Offer a map on which a click says where it was.

    Parameters
    ----------
    item
        What the form says so far; its place is marked.
    fields
        Fields of the form that take the place: one for the line "18.543, -72.339", or two for longitude and latitude.
    """
    if not st.toggle(
        plain.label(_("Say where by a click on the map")), **draft.field(form, "on the map", default=False)
    ):
        return
    data = cache.data()
    there = place_of({**_stands(item, data), **item.fields}, data)
    parts = [_part(_("As entered"), there, "typed")] if there is not None else []
    components.preview_map(view.Options(on=ON, preview=tuple(parts), placing="spot"))
    components.component("spot", key="spot", data={}, on_at_change=partial(_spotted, form, fields))


def _spotted(form: str, fields: tuple[str, ...]) -> None:
    at = st.session_state["spot"].get("at")
    if not isinstance(at, dict):
        return
    lon, lat = (f"{float(at[name]):.{int(at['digits'])}f}" for name in ("lon", "lat"))
    draft.put(form, {fields[0]: f"{lat}, {lon}"} if len(fields) == 1 else dict(zip(fields, (lon, lat), strict=True)))


def compare(item: Submission, made: Rows, data: Data, name: str) -> None:
    """
    Show where the record lies as it stands and as handed in; nothing where no place is known.

    Parameters
    ----------
    made
        The rows that accepting it adds.
    name
        What tells this submission from the one that was on the map before.
    """
    old = place_of(_stands(item, data), data)
    new = place_of(next(iter(made.get(item.table, ())), {}), data)
    parts = []
    if old is not None and new is not None and not old.equals(new):
        parts.append({**_part(_("As it stands"), old, f"{name} before"), "before": True})
    if (shown := new if new is not None else old) is not None:
        parts.append(_part(_("As handed in") if new is not None else _("As it stands"), shown, name))
    if not parts:
        return
    west, south, east, north = shapely.total_bounds([one for one in (old, new) if one is not None])
    box = [[south - AROUND, west - AROUND], [north + AROUND, east + AROUND]]
    components.preview_map(view.Options(on=ON, preview=tuple(parts), focus={"bounds": box, "n": name}))
    if len(parts) > 1:
        plain.say("caption", _("Ring: as it stands. Filled: as handed in."))


def _stands(item: Submission, data: Data) -> Mapping[str, Any]:
    """Return the record that a submission is about, as it stands; empty for a new one."""
    if not item.record_id:
        return {}
    return submission.latest_row(data, item.table, item.record_id) or {}


def place_of(row: Mapping[str, Any], data: Data) -> BaseGeometry | None:
    """
    Return where a row lies, in degrees: its point, the record it is about, its units, its commune or its department.

    None where it says nothing of that, or lies in no region of ours.
    """
    return next((shape for shape in _places(row, data) if shape is not None and not shape.is_empty), None)


def _places(row: Mapping[str, Any], data: Data) -> Iterator[BaseGeometry | None]:
    cells = {name: "" if name == "geometry" else submission.cell(one) for name, one in row.items()}
    if cells.get("lon") and cells.get("lat"):
        yield _point(cells["lon"], cells["lat"])
    yield row.get("geometry")
    if layer := kinds.layer_of(cells.get("record_id", "")):
        of_it = submission.latest_row(data, layer.name, cells["record_id"])
        yield of_it["geometry"] if of_it else None
    for codes in (cells.get("unit_pcodes"), cells.get("commune_pcode"), cells.get("department_pcode")):
        if codes:
            yield _outline(schema.items(codes), data)


def _point(lon: str, lat: str) -> BaseGeometry | None:
    try:
        return shapely.Point(float(lon), float(lat))
    except ValueError:
        return None


def _outline(codes: list[str], data: Data) -> BaseGeometry | None:
    layers = [data[name] for name in LEVELS if name in data.datasets]
    shapes = [shape for rows in layers for shape in rows[rows["pcode"].isin(codes)].geometry]
    return shapely.union_all(shapes) if shapes else None


def _part(title: str, shape: BaseGeometry, seen: str) -> dict[str, Any]:
    frame = gpd.GeoDataFrame({"title": [title]}, geometry=[shape], crs=WGS84)
    return {**imported.part(title, frame), "seen": seen}
