"""
What a format keeps of a part, and what it loses, said before the download.

The same loss is applied to both sides of a comparison, so that a format is never taken for an editor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from mssmap.crs import METRIC, WGS84
from mssmap.exports import arrow, naming
from mssmap.exports.formats import FORMATS, Format
from mssmap.exports.parts import Column, Part
from mssmap.exports.selection import Form
from mssmap.i18n import gettext as _

TITLE_COLUMNS = ("name_en", "title_en", "title_fr", "title_ht", "title_es", "name_fr", "name", "title")
"""Columns one of which names a place where the format has a name for it."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""Characters that XML cannot hold."""


def keep(part: Part, form: Form) -> tuple[Part, list[str]]:
    """
    Return what the format keeps of a part, and a sentence, to stand after its name, for each thing that is lost.

    A table goes into CSV where the format cannot hold it. Where nothing changes, the frame is that of `part`.

    Parameters
    ----------
    part
        Without lists (`without_lists`), if the format cannot hold them.
    """
    chosen = held_as(part, form)
    losses: list[str] = []
    if chosen is not FORMATS[form.format]:
        losses.append(_("has no geometry, and is written as CSV beside."))
    for step in _STEPS:
        part, lost = step(part, chosen, form)
        losses += lost
    return part, losses


def held_as(part: Part, form: Form) -> Format:
    """Return the format that a part is written in."""
    chosen = FORMATS[form.format]
    return chosen if part.has_geometry or chosen.tables else FORMATS["csv"]


Kept = tuple[Part, list[str]]


def without_lists(part: Part, tables: frozenset[str]) -> Kept:
    """
    Return a part without the columns that hold lists.

    Parameters
    ----------
    tables
        Names of the lists whose rows stand in a table of the export.
    """
    lists = [column for column in part.columns if column.type == "list"]
    if not lists:
        return part, []
    columns = [column for column in part.columns if column.type != "list"]
    frame = part.frame.drop(columns=[column.written for column in lists])
    there = [column.name for column in lists if column.name in tables]
    gone = [column.name for column in lists if column.name not in tables]
    lost = [
        sentence.format(columns=", ".join(names))
        for names, sentence in (
            (there, _("lists in {columns} are left out; the tables of these names have their rows.")),
            (gone, _("lists in {columns} are left out, and no table in this export has all their rows.")),
        )
        if names
    ]
    return part.with_columns(columns, frame), lost


def _metric(part: Part, chosen: Format, form: Form) -> Kept:
    if not part.has_geometry or form.crs == WGS84 or not chosen.metric:
        return part, []
    return part.with_columns(part.columns, part.frame.to_crs(METRIC)), []


def _geometry(part: Part, chosen: Format, form: Form) -> Kept:
    """Put the geometry into columns where the format has no geometry of its own."""
    if not part.has_geometry or chosen.geometry == "native":
        return part, []
    if chosen.geometry == "ways":
        return _ways(part)
    shapes = part.frame.geometry.to_numpy()
    present = ~shapely.is_missing(shapes)
    frame = pd.DataFrame(part.frame.drop(columns="geometry"))
    if not _are_points(shapes):
        if chosen.geometry == "points":
            lost = _("lines and areas are left out, only their attributes are kept.")
            return part.with_columns(part.columns, frame), [lost]
        part, losses = _freed(part, ("wkt",))
        frame = pd.DataFrame(part.frame.drop(columns="geometry"))
        text = np.full(len(shapes), "", dtype=object)
        text[present] = shapely.to_wkt(shapes[present], rounding_precision=7, trim=True)
        wkt = Column("wkt", "geometry", "", f"Geometry as WKT in {form.crs}.")
        return part.with_columns([*part.columns, wkt], frame.assign(wkt=text)), losses
    names, unit = (("lon", "lat"), "degrees") if form.crs == WGS84 else (("utm_x", "utm_y"), "m")
    values = np.round(np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]), 7)
    if set(names) <= set(frame) and all(pd.api.types.is_numeric_dtype(frame[name].dtype) for name in names):
        return part.with_columns(part.columns, frame), []
    part, losses = _freed(part, names)
    frame = pd.DataFrame(part.frame.drop(columns="geometry"))
    added = [Column(name, "number", unit, f"Place of the point in {form.crs}.") for name in names]
    frame = frame.assign(**{name: values[:, i] for i, name in enumerate(names)})
    return part.with_columns([*part.columns, *added], frame), losses


def _freed(part: Part, names: tuple[str, ...]) -> Kept:
    """Give columns of a file that have the names of its places other ones."""
    taken = {column.written.lower() for column in part.columns} | set(names)
    columns, renamed = [], {}
    for column in part.columns:
        new, n = column.written, 2
        while column.written.lower() in names and new.lower() in taken:
            new, n = f"{column.written}_{n}", n + 1
        if new != column.written:
            taken.add(new.lower())
            renamed[column.written] = new
            column = replace(column, name=new, written=new)
        columns.append(column)
    if not renamed:
        return part, []
    listed = ", ".join(f"{old} -> {new}" for old, new in renamed.items())
    lost = _("columns have other names, because those are of its places: {columns}.").format(columns=listed)
    return part.with_columns(columns, part.frame.rename(columns=renamed)), [lost]


def _heights(part: Part, chosen: Format, form: Form) -> Kept:
    """Tell where a format has no heights, or has them for all places or none; as WKT shapes keep them."""
    if not part.has_geometry:
        return part, []
    shapes = part.frame.geometry.to_numpy()
    high = int(shapely.has_z(shapes).sum())
    holds_some = chosen.geometry == "native" and not chosen.one_height
    holds_all = chosen.one_height and high == len(shapes) and arrow.kind_of(part) != "Unknown"
    as_text = chosen.geometry == "wkt" and not _are_points(shapes)
    if not high or holds_some or holds_all or as_text:
        return part, []
    flat = part.frame.set_geometry(shapely.force_2d(shapes), crs=part.frame.crs)
    return part.with_columns(part.columns, flat), [_("{n} places are without their height.").format(n=high)]


def _are_points(shapes: Any) -> bool:
    return bool((shapely.get_type_id(shapes[~shapely.is_missing(shapes)]) == shapely.GeometryType.POINT).all())


def _ways(part: Part) -> Kept:
    """Draw the outlines of areas as lines; what mixes kinds of shapes has no place."""
    frame = part.frame
    kinds = frame.geometry.geom_type
    areas, mixed = kinds.isin(["Polygon", "MultiPolygon"]), kinds == "GeometryCollection"
    losses = [
        words.format(n=int(rows.sum()))
        for rows, words in (
            (areas, _("{n} areas are lines, their outlines.")),
            (mixed, _("{n} shapes of several kinds are left out, only their attributes are kept.")),
        )
        if rows.any()
    ]
    if not losses:
        return part, []
    drawn = frame.geometry.where(~areas, frame.geometry.boundary).where(~mixed, None)
    return part.with_columns(part.columns, frame.set_geometry(drawn)), losses


def _schema(part: Part, chosen: Format, form: Form) -> Kept:
    return (naming.renamed(part, naming.cod_ab(part.name)), []) if form.schema == "cod-ab" else (part, [])


def _names(part: Part, chosen: Format, form: Form) -> Kept:
    """Give columns names that the format can hold, each different from all others whatever the case of its letters."""
    limit = chosen.name_bytes or 200
    names = _distinct([column.written for column in part.columns], limit, chosen.reserved)
    pairs = [(column, new) for column, new in zip(part.columns, names, strict=True) if column.written != new]
    if not pairs:
        return part, []
    listed = ", ".join(f"{column.written} -> {new}" for column, new in pairs)
    lost = _("columns have other names, of at most {n} letters: {columns}.").format(n=limit, columns=listed)
    return naming.renamed(part, {column.name: new for column, new in pairs}), [lost]


def _distinct(names: Iterable[str], limit: int, reserved: frozenset[str]) -> list[str]:
    """
    Return names cut to a number of bytes, each still different, none of them reserved.

    >>> _distinct(["location_precision", "location_presence", "kind", "Kind", "fid"], 10, frozenset({"fid"}))
    ['location_p', 'location_1', 'kind', 'Kind1', 'fid1']
    """
    found: list[str] = []
    taken = set(reserved)
    for name in names:
        short, n = _cut(name, limit), 0
        while short.lower() in taken:
            n += 1
            short = _cut(name, limit - len(str(n))) + str(n)
        taken.add(short.lower())
        found.append(short)
    return found


def _cut(text: str, limit: int) -> str:
    """Return the longest start of a text that has at most `limit` bytes in UTF-8."""
    return text.encode()[:limit].decode(errors="ignore")


def _texts(part: Part, chosen: Format, form: Form) -> Kept:
    """Cut long texts and take out characters that the format cannot hold."""
    losses: list[str] = []
    changes: dict[str, list[str]] = {}
    for column in part.columns:
        if column.type != "string":
            continue
        values = part.frame[column.written].tolist()
        kept = [_fitting(value, chosen) if isinstance(value, str) else value for value in values]
        cut = sum(new != old for new, old in zip(kept, values, strict=True) if isinstance(old, str))
        if cut:
            changes[column.written] = kept
            losses.append(_lost_text(part.name, column.written, cut, chosen))
    return (part.with_columns(part.columns, part.frame.assign(**changes)), losses) if changes else (part, [])


def _lost_text(layer: str, column: str, n: int, chosen: Format) -> str:
    limit = chosen.text_bytes or chosen.text_length
    if limit:
        text = _("{n} texts in {column} are cut to {limit} bytes or freed of control characters.")
        return text.format(column=column, n=n, limit=limit)
    return _("{n} texts in {column} are freed of control characters and blanks at their ends.").format(
        column=column, n=n
    )


def _fitting(text: str, chosen: Format) -> str:
    if chosen.plain_xml and not text.isprintable():
        text = CONTROL.sub("", text)
    if chosen.only_text:
        text = text.strip()
    if chosen.text_bytes:
        text = _cut(text.replace("\x00", ""), chosen.text_bytes).rstrip()
    return text[: chosen.text_length] if chosen.text_length else text


def _placemarks(part: Part, chosen: Format, form: Form) -> Kept:
    """One column names the place."""
    if not chosen.only_text:
        return part, []
    title = next((column for name in TITLE_COLUMNS for column in part.columns if column.name == name), None)
    losses = [_("{format} knows only text; types of columns stand in the sidecar.").format(format=chosen.title)]
    if title is None:
        return part, losses
    losses.append(_("{column} is the name of a place.").format(column=title.name))
    part = _named(part, title)
    return naming.renamed(part, {title.name: "name"}), losses


def _named(part: Part, title: Column) -> Part:
    """Name a place that has no name in the first language in the next one in which it has."""
    names = part.frame[title.written]
    for name in TITLE_COLUMNS:
        for column in part.columns:
            if column.name == name:
                names = names.where(names.notna() & (names != ""), part.frame[column.written])
    return replace(part, frame=part.frame.assign(**{title.written: names}))


def _no_crs(part: Part, chosen: Format, form: Form) -> Kept:
    placed = {"wkt", "utm_x"} & {column.name for column in part.columns}
    if chosen.geometry in ("native", "ways") or not placed or form.crs == WGS84:
        return part, []
    return part, [_("the file does not say that its coordinates are in {crs}.").format(crs=form.crs)]


_STEPS: tuple[Callable[[Part, Format, Form], Kept], ...] = (
    *(_metric, _heights, _geometry, _schema, _names, _texts, _placemarks, _no_crs),
)
