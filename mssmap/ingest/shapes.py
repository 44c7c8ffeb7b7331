"""
Shapes as the readers hand them on: none nested, none endless, in degrees, none that crosses itself.

All work on a shape whose cost its sender chose (how deep, how many vertices, how often it crosses itself) is done here,
in the reading process under its limits; what the server still does with a shape takes time in proportion to its size.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyproj
import shapely
import shapely.errors

from mssmap.crs import HAITI_BOUNDS, WGS84
from mssmap.i18n.phrases import phrase
from mssmap.ingest import curves
from mssmap.ingest.table import Table
from mssmap.jail.limits import Limits, RefusedError, at_most, printable, refused

Shapes = np.ndarray[Any, np.dtype[np.object_]]
Marks = np.ndarray[Any, np.dtype[np.uint8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

SWAPPED: Final = 1
REPAIRED: Final = 2
FLAT: Final = 4
"""Marks of a shape whose longitude and latitude were swapped, and of one that crossed itself."""

COLLECTION: Final = shapely.GeometryType.GEOMETRYCOLLECTION
MULTI: Final = {
    shapely.GeometryType.POINT: shapely.multipoints,
    shapely.GeometryType.LINESTRING: shapely.multilinestrings,
    shapely.GeometryType.POLYGON: shapely.multipolygons,
}

IN_PIECES: Final = phrase("Split the shape into several, or flatten it.")


def from_wkb(blobs: Sequence[Any], table: Table, limits: Limits, required: str) -> Shapes:
    """
    Read well-known binary; what cannot be read is a fault of its row.

    Raises
    ------
    RefusedError
        If a shape is nested too deep.
    """
    plain = list(blobs)
    for i, blob in enumerate(blobs):
        if blob is not None:
            _require_flat(blob, table.rows[i], limits)
            if _is_curved(blob):
                plain[i] = None
    shapes = np.asarray(shapely.from_wkb(np.array(plain, dtype=object), on_invalid="ignore"), dtype=object)
    bent = [i for i, blob in enumerate(blobs) if blob is not None and plain[i] is None]
    for i in bent:
        with suppress(curves.NotReadableError, shapely.errors.ShapelyError, ValueError):
            shapes[i] = curves.straight(blobs[i], limits.nesting)
    if made := sum(shapes[i] is not None for i in bent):
        table.notes.append(
            phrase(
                "{name}: {made:,} curves or surfaces were made of straight lines, without heights.",
                name=table.name,
                made=made,
            )
        )
    for i in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if blobs[i] is not None:
            table.blame(i, "geometry", phrase("a geometry that cannot be read"), required, phrase("Export it again."))
    return shapes


def _is_curved(blob: bytes) -> bool:
    kind = _header(blob, 0).kind
    if kind != COLLECTION:
        return kind in curves.CURVED
    try:
        shapely.from_wkb(blob, on_invalid="ignore")
    except NotImplementedError:
        return True
    return False


def _require_flat(blob: bytes, row: int, limits: Limits) -> None:
    """Walk through the members of a collection without the recursion of a parser; what is cut off is its to refuse."""
    if _header(blob, 0).kind != COLLECTION:
        return
    at, waiting = 0, [1]
    while waiting:
        if not waiting[-1]:
            waiting.pop()
            continue
        waiting[-1] -= 1
        head = _header(blob, at)
        if head.kind == 0:
            return
        at = head.end
        if head.kind == POINT:
            at += head.position
            continue
        count, at = head.number(blob, at), at + 4
        if head.kind == POLYGON:
            for _ in range(min(count, len(blob))):
                at += 4 + head.position * head.number(blob, at)
        elif head.kind in PATHS:
            at += head.position * count
        else:
            waiting.append(count)
        if len(waiting) - 1 > limits.nesting:
            raise too_deep(row, limits)


POINT, POLYGON, PATHS = 1, 3, (2, 8)
"""Numbers in well-known binary; of lines there are straight and circular ones."""


@dataclass(frozen=True)
class _Header:
    """The beginning of a shape in well-known binary: what it is, how long its positions are, where it goes on."""

    kind: int
    position: int
    order: str
    end: int

    def number(self, blob: bytes, at: int) -> int:
        """Return the count that stands at a place, 0 behind the end."""
        return int.from_bytes(blob[at : at + 4], "little" if self.order == "<" else "big") if at + 4 <= len(blob) else 0


def _header(blob: bytes, at: int) -> _Header:
    if len(blob) < at + 9 or blob[at] > 1:
        return _Header(0, 0, "<", at)
    order = "<" if blob[at] else ">"
    said = struct.unpack_from(f"{order}I", blob, at + 1)[0]
    iso = said & 0x0FFFFFFF
    more = (iso // 1000 in (1, 2)) + 2 * (iso // 1000 == 3) + bool(said & 0x80000000) + bool(said & 0x40000000)
    return _Header(iso % 1000, 8 * (2 + more), order, at + (9 if said & 0x20000000 else 5))


def kind_of(blob: bytes) -> int:
    """Return the number of the kind of a shape in well-known binary, 0 if it is none."""
    kind = _header(blob, 0).kind
    return kind if kind <= curves.TRIANGLE else 0


def too_deep(row: int, limits: Limits) -> RefusedError:
    """Return the refusal of a shape that is nested."""
    found = phrase("collections nested more than {nesting} deep in row {row}", nesting=limits.nesting, row=row)
    return refused(found, phrase("at most {nesting}", nesting=limits.nesting), IN_PIECES)


def check(table: Table, limits: Limits) -> None:
    """
    Measure the shapes of a table and lay collections flat; curves and surfaces are faults of their rows.

    Raises
    ------
    RefusedError
        If one is nested too deep, or there are more vertices or parts than allowed, in one or in all.
    """
    shapes = table.geometry
    if shapes is None:
        return
    vertices = shapely.get_num_coordinates(shapes)
    at_most(int(vertices.sum()), limits.vertices, phrase("vertices"))
    _each_at_most(vertices, limits.shape_vertices, "vertices", table)
    for i in np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION).tolist():
        shapes[i] = flat(shapes[i], table.rows[i], limits)
    _each_at_most(
        np.where(shapely.is_missing(shapes), 0, shapely.get_num_geometries(shapes)), limits.parts, "parts", table
    )
    odd = np.flatnonzero(shapely.get_type_id(shapes) > COLLECTION)
    for i in odd.tolist():
        table.blame(
            i,
            "geometry",
            phrase("a curve or surface"),
            phrase("points, lines or polygons"),
            phrase("Convert it to straight lines."),
        )
    shapes[odd] = None


def _each_at_most(counts: Any, limit: int, what: str, table: Table) -> None:
    over = np.flatnonzero(counts > limit)
    if len(over):
        found = phrase(
            "a shape of {n:,} {what} in row {what2}", n=int(counts[over[0]]), what=what, what2=table.rows[int(over[0])]
        )
        raise refused(found, phrase("at most {limit:,}", limit=limit), phrase("Simplify it or split it into several."))


def flat(shape: Any, row: int, limits: Limits) -> Any:
    """
    Lay a collection flat: parts of one kind become one shape of many parts, others a collection of simple shapes.

    Raises
    ------
    RefusedError
        If it is nested too deep, or has more parts than allowed.
    """
    parts, depth = np.array([shape], dtype=object), 0
    while (shapely.get_type_id(parts) == COLLECTION).any():
        depth += 1
        if depth > limits.nesting:
            raise too_deep(row, limits)
        parts = shapely.get_parts(parts)
    parts = shapely.get_parts(parts)
    if len(parts) > limits.parts:
        raise refused(
            phrase("a shape of {n:,} parts in row {row}", n=len(parts), row=row),
            phrase("at most {parts:,}", parts=limits.parts),
            IN_PIECES,
        )
    kinds = set(shapely.get_type_id(parts).tolist())
    if len(parts) == 1:
        return parts[0]
    return MULTI.get(kinds.pop() if len(kinds) == 1 else -1, shapely.geometrycollections)(parts)


# ------------------------------------------------------------------------------------------------------------ Degrees


@dataclass
class Mended:
    """Shapes that can be used, and what was done to each: `SWAPPED`, `REPAIRED`, `FLAT`."""

    shapes: Shapes
    marks: Marks


def to_degrees(shapes: Shapes, crs: str) -> Shapes:
    """Bring shapes from a CRS to degrees; see `to_crs`."""
    return to_crs(shapes, crs, WGS84)


def to_crs(shapes: Shapes, crs: str, wanted: str) -> Shapes:
    """
    Bring shapes from one CRS to another; without a CRS they stay as they are.

    Parameters
    ----------
    crs
        Of the file: an EPSG code or WKT.
    wanted
        An EPSG code.

    Raises
    ------
    RefusedError
        If PROJ does not know a CRS or cannot compute it without further files.
    """
    if not crs:
        return shapes
    with _told_by_proj():
        system = system_of(crs)
        code = ":".join(system.to_authority(min_confidence=70) or ())
        if {code, wanted} <= {WGS84, "OGC:CRS84"} or code == wanted:
            return shapes
        return _moved(shapes, pyproj.Transformer.from_crs(system, wanted, always_xy=True))


def system_of(crs: str) -> pyproj.CRS:
    """
    Return the CRS that a file names by a code or in WKT.

    Raises
    ------
    RefusedError
        If PROJ does not know it.
    """
    with _told_by_proj():
        return pyproj.CRS.from_user_input(crs) if CODE.fullmatch(crs) else pyproj.CRS.from_wkt(crs)


@contextmanager
def _told_by_proj() -> Iterator[None]:
    try:
        yield
    except (pyproj.exceptions.ProjError, UnicodeError) as error:
        required = phrase("EPSG or WKT that needs no file of its own")
        found = phrase("a coordinate system that PROJ cannot use ({what})", what=printable(str(error), 120))
        raise refused(found, required, phrase("Save it in {wgs84}.", wgs84=WGS84)) from error


CODE: Final = re.compile(r"EPSG:\d{1,7}")


def _moved(shapes: Shapes, ways: pyproj.Transformer) -> Shapes:
    def turned(positions: Any) -> Any:
        return np.column_stack(ways.transform(*positions.T))

    high = shapely.has_z(shapes)
    moved = np.full(len(shapes), None, dtype=object)
    moved[~high] = shapely.transform(shapes[~high], turned)
    moved[high] = shapely.transform(shapes[high], turned, include_z=True)
    return moved


def mend(shapes: Shapes) -> Mended:
    """
    Put shapes in degrees right: swapped longitude and latitude, and those that cross themselves.

    Raises
    ------
    RefusedError
        If GEOS cannot repair one.
    """
    shapes = shapes.copy()
    shapes[shapely.is_empty(shapes)] = None
    marks = np.zeros(len(shapes), dtype=np.uint8)
    bounds = shapely.bounds(shapes)
    swapped = inside(bounds, swapped=True)
    if swapped.any():
        shapes[swapped] = shapely.transform(shapes[swapped], lambda xy: xy[:, ::-1])
        marks[swapped] |= SWAPPED
        bounds = shapely.bounds(shapes)
    broken = on_globe(bounds) & ~shapely.is_valid(shapes)
    if broken.any():
        before = _is_area(shapes[broken])
        shapes[broken] = [_repaired(shape) for shape in shapes[broken]]
        marks[broken] |= np.where(before & ~_is_area(shapes[broken]), FLAT, REPAIRED).astype(np.uint8)
    return Mended(shapes, marks)


def inside(bounds: Any, *, swapped: bool = False) -> Mask:
    """Return which boxes lie in Haiti, or would if longitude and latitude were swapped."""
    west, south, east, north = HAITI_BOUNDS
    x0, y0, x1, y1 = bounds.T[[1, 0, 3, 2]] if swapped else bounds.T
    with np.errstate(invalid="ignore"):
        within: Mask = (x0 >= west) & (x1 <= east) & (y0 >= south) & (y1 <= north)
    return within


def on_globe(bounds: Any) -> Mask:
    """Return which boxes are degrees; one that is not there is none."""
    with np.errstate(invalid="ignore"):
        within: Mask = (np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(axis=1)
    return within


def _is_area(shapes: Shapes) -> Mask:
    found: Mask = np.isin(
        shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    )
    return found


def _repaired(shape: Any) -> Any:
    try:
        return _same_kind(shapely.make_valid(shape), shape)
    except shapely.errors.GEOSException as error:
        found = phrase("a shape that crosses itself too often to be repaired ({what})", what=printable(str(error), 60))
        raise refused(found, phrase("one that does not cross itself"), phrase("Correct it, or simplify it.")) from error


def _same_kind(repaired: Any, before: Any) -> Any:
    """Of a repaired polygon keep the areas: what fell apart into lines and points was no area."""
    if "Polygon" not in before.geom_type or repaired.geom_type != "GeometryCollection":
        return repaired
    areas = [part for part in shapely.get_parts(repaired) if "Polygon" in part.geom_type]
    return shapely.union_all(areas)
