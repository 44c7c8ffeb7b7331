"""
Places that stand in a column of a table: as WKT, WKB or GeoJSON, as two numbers in one cell, or as a grid code.

Recognised by what all its cells look like, the name of the column deciding among several. What cannot be read in one
cell is a fault of its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
import shapely.errors

from mssmap.crs import HAITI_BOUNDS
from mssmap.i18n.phrases import phrase
from mssmap.ingest import geojson, gridcodes, shapes
from mssmap.ingest.table import Table
from mssmap.jail.limits import Limits, RefusedError

NAMED: Final = re.compile(
    r"geom|wkt|wkb|shape|geojson|coord|gps|geo_?point|geoloc|lat_?l[on]|l(?:on|ng)_?lat|position|location|mgrs|"
    r"plus_?code",
    re.IGNORECASE,
)
"""Names of columns that may hold places; the first of them counts."""

LOOKED_AT: Final = 200

KIND: Final = (
    r"(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON"
)
WKT: Final = re.compile(rf"\s*(?:SRID=(\d{{1,6}});)?\s*(({KIND})\s*(?:Z|M|ZM)?\s*(?:\(.*|EMPTY)\s*)", re.I | re.S)
HEX: Final = re.compile(r"(?:\\x|0x)?(0[01][0-9A-Fa-f]{8,})")
GEOJSON: Final = re.compile(r'\s*\{.*"coordinates".*\}\s*', re.S)
LON: Final = re.compile(r"(?:.*[\s_./-])?(?:lon|lng|long|longitude|longitud|x)(?:\s*\(.*\))?", re.IGNORECASE)
LAT: Final = re.compile(r"(?:.*[\s_./-])?(?:lat|latitude|latitud|y)(?:\s*\(.*\))?", re.IGNORECASE)


def find(table: Table, limits: Limits) -> None:
    """
    Give a table without places those of its first column that holds some.

    Raises
    ------
    RefusedError
        If a shape is nested too deep or larger than allowed.
    """
    if table.geometry is None:
        has_numbers = any(map(LON.fullmatch, table.columns)) and any(map(LAT.fullmatch, table.columns))
        for column in sorted(table.columns, key=lambda name: NAMED.search(name) is None):
            cells = _cells(table.columns[column])
            if cells is not None and _take(table, column, cells, limits, has_numbers=has_numbers):
                break
    without_blobs(table)


def without_blobs(table: Table) -> None:
    """Tell of bytes that are no places how many there are."""
    for column, values in table.columns.items():
        if pa.types.is_binary(values.type):
            texts = [None if value is None else f"{len(value)} bytes" for value in values.to_pylist()]
            table.columns[column] = pa.array(texts, pa.string())


def _cells(values: pa.Array) -> list[Any] | None:
    """Return texts and blobs, None for a column of another type or without any."""
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
        return None
    cells = [None if value is None or not value.strip() else value for value in values.to_pylist()]
    return cells if any(cell is not None for cell in cells) else None


def _take(table: Table, column: str, cells: list[Any], limits: Limits, *, has_numbers: bool) -> bool:
    filled = [cell for cell in cells if cell is not None][:LOOKED_AT]
    for looks, read, what in SHAPES:
        if sum(map(bool, map(looks, filled))) * 2 > len(filled):
            if has_numbers and "POINT" in str(filled[0]).upper()[:40]:
                return False
            table.geometry = read(cells, table, column, limits)
            del table.columns[column]
            table.notes.append(
                phrase("{name}, {column}: read as places ({what}).", name=table.name, column=column, what=what)
            )
            return True
    if has_numbers:
        return False
    for read_one, what in CODES:
        points = [None if cell is None or isinstance(cell, bytes) else read_one(cell) for cell in cells]
        if sum(point is not None for point in points) * 2 > sum(cell is not None for cell in cells):
            return _pairs(table, column, cells, points, what)
    return False


# -------------------------------------------------------------------------------------------------------------- Shapes


def _blame(table: Table, row: int, column: str, cell: Any, required: str) -> None:
    table.blame(row, column, repr(cell)[:60], required, phrase("The row is kept without a place."), kind="rule")


def _of_wkt(cells: list[Any], table: Table, column: str, limits: Limits) -> shapes.Shapes:
    texts: list[str | None] = []
    systems: list[str] = []
    for i, cell in enumerate(cells):
        found = WKT.fullmatch(cell) if cell is not None else None
        if found and found.group(2).upper().count("COLLECTION") > limits.nesting:
            raise shapes.too_deep(table.rows[i], limits)
        texts.append(re.sub(r"(?i)(?<=[TGN])(ZM|Z|M)(?=\s*[(E])", r" \1", found.group(2)) if found else None)
        systems.append(found.group(1) or "" if found else "")
    made = np.array([_one_wkt(text) for text in texts], dtype=object)
    _same_system(table, column, systems, made)
    for i in np.flatnonzero(shapely.is_missing(made)).tolist():
        if cells[i] is not None:
            _blame(table, i, column, cells[i], phrase("a shape in WKT, such as POINT (-72.33 18.54)"))
    return made


def _one_wkt(text: str | None) -> Any:
    try:
        return shapely.from_wkt(text, on_invalid="ignore") if text else None
    except (shapely.errors.ShapelyError, NotImplementedError):
        return None


def _same_system(table: Table, column: str, systems: Sequence[str], made: shapes.Shapes) -> None:
    """Take the coordinate system that most shapes name; those in another one are faults."""
    named = [system for system in systems if system not in ("", "0")]
    if not named:
        return
    usual = max(set(named), key=named.count)
    table.crs = f"EPSG:{usual}"
    for i, system in enumerate(systems):
        if made[i] is not None and system not in ("", "0", usual):
            _blame(
                table,
                i,
                column,
                f"SRID={system}",
                phrase("one coordinate system, as in most rows (SRID={usual})", usual=usual),
            )
            made[i] = None


def _of_wkb(cells: list[Any], table: Table, column: str, limits: Limits) -> shapes.Shapes:
    blobs = [None if cell is None else cell if isinstance(cell, bytes) else _unhex(cell) for cell in cells]
    made = shapes.from_wkb(blobs, table, limits, phrase("a shape in WKB"))
    systems = ["" if shape is None else str(int(shapely.get_srid(shape))) for shape in made]
    _same_system(table, column, systems, made)
    return made


def _unhex(text: str) -> bytes:
    found = HEX.fullmatch(text.strip())
    try:
        return bytes.fromhex(found.group(1)) if found else b""
    except ValueError:
        return b""


def _of_geojson(cells: list[Any], table: Table, column: str, limits: Limits) -> shapes.Shapes:
    found: list[Any] = []
    for i, cell in enumerate(cells):
        shape = None
        if cell is not None:
            try:
                shape = json.loads(cell)
            except (ValueError, RecursionError):
                _blame(table, i, column, cell, phrase("a GeoJSON geometry"))
        if isinstance(shape, dict) and shape.get("type") == "Feature":
            shape = shape.get("geometry")
        found.append(shape)
    geojson.nesting(found, limits)
    table.crs = "EPSG:4326"
    return geojson.shapes_of(found, table, limits)


def _is_wkb(cell: Any) -> bool:
    if isinstance(cell, bytes):
        return len(cell) > 8 and cell[0] in (0, 1) and shapes.kind_of(cell) > 0
    return HEX.fullmatch(cell.strip()) is not None and shapes.kind_of(_unhex(cell)) > 0


def _text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda cell: isinstance(cell, str) and pattern.fullmatch(cell) is not None


Read = Callable[[list[Any], Table, str, Limits], shapes.Shapes]

SHAPES: Final[tuple[tuple[Callable[[Any], bool], Read, str], ...]] = (
    (_text(WKT), _of_wkt, "WKT"),
    (_is_wkb, _of_wkb, "WKB"),
    (_text(GEOJSON), _of_geojson, "GeoJSON"),
)


# --------------------------------------------------------------------------------------------------- Numbers and codes

_NUMBER: Final = r"[-+]?\d{1,3}(?:[.,]\d+)?"
_ANGLE: Final = (
    rf"([NSEWO])?\s*({_NUMBER})\s*(?:[°º]\s*(?:(\d{{1,2}}(?:[.,]\d+)?)\s*['′’]\s*"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|”|''))?)?)?\s*([NSEWO])?"
)
_REST: Final = r"(?:[\s,;]+[-+]?\d+(?:\.\d+)?){0,2}"
_POINTED: Final = _ANGLE.replace("[.,]", "[.]")
PAIRS: Final = (
    re.compile(rf"[\[(]?\s*{_ANGLE}\s*(?:[;/|]\s*|,?\s+){_ANGLE}{_REST}\s*[\])]?"),
    re.compile(rf"[\[(]?\s*{_POINTED}\s*(?:[,;/|]\s*|\s+){_POINTED}{_REST}\s*[\])]?"),
)
"""Two angles in one cell, with decimal points or decimal commas; of Kobo and ODK also height and accuracy."""

Pair = tuple[float, float, str]
"""Two numbers, and the letters of the compass that stand with them."""


def pair(text: str) -> Pair | None:
    """
    Return the two angles of a cell.

    >>> pair("18.54, -72.33"), pair("18,54; -72,33"), pair("18.54 -72.33 12 4.5")
    ((18.54, -72.33, ''), (18.54, -72.33, ''), (18.54, -72.33, ''))
    >>> pair("18°30'0\\"N 72°15'W"), pair("12,5"), pair("Delmas 33")
    ((18.5, -72.25, 'NW'), (12.0, 5.0, ''), None)
    """
    plain = text.strip().upper()
    found = next((match for pattern in PAIRS if (match := pattern.fullmatch(plain))), None)
    if found is None:
        return None
    groups = [found.groups()[:5], found.groups()[5:10]]
    letters = "".join((first or last or "") for first, *_, last in groups).replace("O", "W")
    return _angle(groups[0]), _angle(groups[1]), letters if len(letters) == 2 else ""


def point(text: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude, WGS 84 degrees, of one cell in any form that a column may have; None if it has none.

    Of two bare numbers of which neither order lies in Haiti, the first is the latitude.

    >>> point("-72.33 18.54"), point("18.54, -72.33"), point("POINT (-72.33 18.54)"), point("Delmas 33")
    ((-72.33, 18.54), (-72.33, 18.54), (-72.33, 18.54), None)
    """
    if found := WKT.fullmatch(text):
        shape = _one_wkt(found.group(2))
        is_point = found.group(1) in (None, "0", "4326") and shape is not None and shape.geom_type == "Point"
        return (shape.x, shape.y) if is_point and not shape.is_empty else None
    for read_one, _what in CODES:
        if (two := read_one(text)) is not None:
            lon_first, _sure = _order(np.array([two[:2]]), two[2], "")
            return two[:2] if lon_first else (two[1], two[0])
    return None


def _angle(groups: Sequence[str | None]) -> float:
    first, degrees, minutes, seconds, last = groups
    value = _float(degrees)
    rest = _float(minutes) / 60 + _float(seconds) / 3600
    value = value - rest if value < 0 else value + rest
    return -abs(value) if (first or last) in ("S", "W", "O") else value


def _float(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def _coded(read: Callable[[str], tuple[float, float] | None]) -> Callable[[str], Pair | None]:
    def found(text: str) -> Pair | None:
        point = read(text)
        return None if point is None else (point[0], point[1], "EN")

    return found


CODES: Final[tuple[tuple[Callable[[str], Pair | None], str], ...]] = (
    (pair, ""),
    (_coded(gridcodes.mgrs), "MGRS"),
    (_coded(gridcodes.plus_code), "plus codes"),
)


def _pairs(table: Table, column: str, cells: list[Any], points: list[Pair | None], what: str) -> bool:
    """Make points of pairs, in the order that the whole column shows; False if they are no places of Haiti."""
    numbers = np.array([point[:2] for point in points if point is not None])
    letters = next((point[2] for point in points if point is not None and point[2]), "")
    lon_first, sure = _order(numbers, letters, column)
    if not sure and not NAMED.search(column):
        return False
    table.geometry = np.full(len(points), None, dtype=object)
    for i, point in enumerate(points):
        if point is not None:
            lon, lat = point[:2] if lon_first else point[1::-1]
            table.geometry[i] = shapely.Point(lon, lat)
        elif cells[i] is not None:
            _blame(table, i, column, cells[i], phrase("a latitude and a longitude"))
    table.crs = "EPSG:4326"
    order = what or ("longitude, latitude" if lon_first else "latitude, longitude")
    table.notes.append(
        phrase("{name}, {column}: read as places ({order}).", name=table.name, column=column, order=order)
    )
    return True


def _order(numbers: Any, letters: str, column: str) -> tuple[bool, bool]:
    """Return whether longitude comes first, and whether the numbers themselves show it."""
    if letters:
        return letters[0] in "EW", True
    west, south, east, north = HAITI_BOUNDS

    def inside(x: Any, y: Any) -> int:
        return int(((x >= west) & (x <= east) & (y >= south) & (y <= north)).sum())

    first, second = numbers.T
    lon_first, lat_first = inside(first, second), inside(second, first)
    if lon_first != lat_first:
        return lon_first > lat_first, max(lon_first, lat_first) * 2 > len(numbers)
    name = re.sub(r"[^a-z]", "", column.lower())
    return bool(re.search(r"l(on|ng)\w*lat", name)) or bool((np.abs(first) > 90).any()), False


def checked(table: Table, limits: Limits) -> None:
    """Look for places in a table; a column that only looked like one stays text."""
    try:
        find(table, limits)
    except RefusedError:
        raise
    except (UnicodeError, OverflowError) as error:
        table.notes.append(
            phrase("{name}: a column of places could not be read ({error}).", name=table.name, error=error)
        )
