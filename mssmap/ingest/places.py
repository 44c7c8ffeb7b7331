"""Where things are: from the coordinates of a file to degrees that can be trusted, each repair and refusal said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import HAITI_BOUNDS, METRIC, WGS84, name_of
from mssmap.errors import Fault, InputError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.ingest import shapes as mending
from mssmap.records import regions
from mssmap.records.catalog import Data

SWAPPED: Final = phrase("longitude and latitude were swapped")
FLATTENED: Final = phrase("an area without any surface is a line or a point")
MADE_VALID: Final = phrase("a shape that crossed itself was repaired")
SHORE_KM: Final = 12
"""A point may lie so far off the coast, the territorial sea, without being flagged."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass
class Placed:
    """
    Shapes in degrees.

    Attributes
    ----------
    shapes
        In `crs.WGS84`, None where there is none or it cannot be used.
    faults
        What cannot be used (kind `contract`) and what is odd but kept (kind `rule`).
    repairs
        Row number -> what was repaired.
    notes
        Sentences about the layer as a whole.
    """

    shapes: gpd.GeoSeries
    faults: list[Fault] = field(default_factory=list)
    repairs: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def refuse(self, name: str, bad: Mask, column: str, required: str, hint: str) -> None:
        """Take shapes out and say why."""
        for row, shape in self.shapes[bad].items():
            self.faults.append(
                Fault(name, int(row), column, phrase("coordinates {what}", what=where(shape)), required, hint)
            )
        self.shapes = self.shapes.mask(pd.Series(bad, index=self.shapes.index), None)

    def flag(self, name: str, odd: Mask, required: str, hint: str) -> None:
        """Keep shapes and say what is odd."""
        for row, shape in self.shapes[odd].items():
            found = phrase("coordinates {what}", what=where(shape))
            self.faults.append(Fault(name, int(row), "geometry", found, required, hint, kind="rule"))


def where(shape: Any) -> str:
    """
    Write the middle of a shape.

    >>> where(shapely.Point(-72.3, 18.5))
    '-72.3, 18.5'
    """
    west, south, east, north = shape.bounds
    return f"{(west + east) / 2:g}, {(south + north) / 2:g}"


def settle(shapes: gpd.GeoSeries, data: Data, name: str, marks: pd.Series | None = None) -> Placed:
    """
    Bring shapes of any CRS to degrees and check that they are in Haiti.

    Parameters
    ----------
    shapes
        With the row numbers as index; without a CRS they are taken for degrees if they look like it.
    marks
        What the reading process put right in them (`Reading.marks`); None for shapes made here, of columns of numbers.

    Raises
    ------
    InputError
        If there is no CRS and the numbers are not degrees.
    """
    shapes = shapes.where(~shapes.is_empty, None)
    placed = Placed(_in_degrees(shapes, name))
    if marks is None:
        mended = mending.mend(placed.shapes.to_numpy())
        placed.shapes = gpd.GeoSeries(mended.shapes, index=shapes.index, crs=WGS84)
        marks = pd.Series(mended.marks, index=shapes.index)
    _tell(placed, marks.reindex(shapes.index, fill_value=0).to_numpy())
    bounds = placed.shapes.bounds.to_numpy()
    there = placed.shapes.notna().to_numpy().copy()
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(bounds).all(axis=1)
    placed.refuse(
        name, there & ~finite, "geometry", phrase("finite numbers"), phrase("Leave the place empty if it is not known.")
    )
    there &= finite
    globe = mending.on_globe(bounds)
    degrees = phrase("longitude within -180 to 180, latitude within -90 to 90")
    placed.refuse(
        name, there & ~globe, "geometry", degrees, phrase("Write degrees, or say which coordinate system it is.")
    )
    there &= globe
    _in_haiti(placed, there, data, name)
    return placed


def _in_degrees(shapes: gpd.GeoSeries, name: str) -> gpd.GeoSeries:
    if shapes.crs is not None:
        code = name_of(shapes)
        if code in (WGS84, "OGC:CRS84"):
            return shapes.set_crs(WGS84, allow_override=True)
        return shapes.to_crs(WGS84)
    with np.errstate(invalid="ignore"):
        bounds = np.abs(shapes.bounds.to_numpy())
        large = np.isfinite(bounds).all(axis=1) & (bounds > 360).any(axis=1)
    if large.size and large.mean() > 0.5:
        found = where(shapes[large].iloc[0])
        raise InputError(
            _(
                "{name}: found coordinates such as {found} without a coordinate system, "
                "required degrees or a known one. Add the .prj file, or save it in EPSG:4326."
            ).format(name=name, found=found)
        )
    return shapes.set_crs(WGS84)


def _tell(placed: Placed, marks: mending.Marks) -> None:
    """Say which shapes were put right."""
    for mark, what, note in (
        (mending.SWAPPED, SWAPPED, phrase("{what}, and put right.", what=SWAPPED)),
        (mending.REPAIRED, MADE_VALID, phrase("{what} (make_valid).", what=MADE_VALID)),
        (mending.FLAT, FLATTENED, phrase("{what}.", what=FLATTENED)),
    ):
        marked = (marks & mark).astype(bool)
        for row in placed.shapes.index[marked]:
            placed.repairs[int(row)] = "; ".join(filter(None, [placed.repairs.get(int(row), ""), what]))
        if marked.any():
            placed.notes.append(_rows(int(marked.sum()), note))


def _rows(n: int, note: str) -> str:
    """
    Say to how many rows a note belongs.

    >>> _rows(1, "mended."), _rows(1200, "mended.")
    ('1 row: mended.', '1,200 rows: mended.')
    """
    return phrase("{n:,} row: {note}", n=n, note=note) if n == 1 else phrase("{n:,} rows: {note}", n=n, note=note)


def _in_haiti(placed: Placed, there: Mask, data: Data, name: str) -> None:
    bounds = placed.shapes.bounds.to_numpy()
    west, south, east, north = HAITI_BOUNDS
    with np.errstate(invalid="ignore"):
        touches = (bounds[:, 2] >= west) & (bounds[:, 0] <= east) & (bounds[:, 3] >= south) & (bounds[:, 1] <= north)
        mirrored = there & ~touches & mending.inside(bounds * [-1, 1, -1, 1])
    at = phrase(
        "within longitude {west:g} to {east:g} and latitude {south:g} to {north:g}",
        west=west,
        south=south,
        east=east,
        north=north,
    )
    placed.refuse(name, mirrored, "geometry", at, phrase("West is negative: write -72 and not 72."))
    nowhere = there & ~mirrored & (np.abs(bounds) < 1e-6).all(axis=1)
    placed.refuse(name, nowhere, "geometry", at, phrase("0, 0 stands for a place that is not known: leave it empty."))
    placed.refuse(name, there & ~touches & ~mirrored & ~nowhere, "geometry", at, phrase("It lies outside Haiti."))
    land = data["departments"]
    remaining = placed.shapes.notna().to_numpy()
    if land.empty or not remaining.any():
        return
    shore = land.to_crs(METRIC).geometry.buffer(SHORE_KM * 1000)
    near = _any_inside(placed.shapes[remaining].to_crs(METRIC), shapely.union_all(shore.to_numpy()))
    odd = np.zeros(len(remaining), dtype=bool)
    odd[np.flatnonzero(remaining)[~near]] = True
    placed.flag(
        name,
        odd,
        phrase("a place in Haiti or at most {shore_km} km off it", shore_km=SHORE_KM),
        phrase("Check it: it lies abroad or at sea."),
    )


def _any_inside(shapes: gpd.GeoSeries, area: Any) -> Mask:
    """Return which shapes have a vertex, or their middle, in an area: in time that grows with their vertices alone."""
    shapely.prepare(area)
    found = shapely.intersects(area, shapes.representative_point().to_numpy())
    positions, of = shapely.get_coordinates(shapes.to_numpy(), return_index=True)
    found[of[shapely.intersects_xy(area, positions)]] = True
    return np.asarray(found, dtype=bool)


def pcodes(shapes: gpd.GeoSeries, data: Data) -> pd.Series:
    """Return the P-code of the commune that a point, or the middle of a shape, lies in; empty if it is in none."""
    communes = data["communes"]
    found = pd.Series("", index=shapes.index, dtype="str")
    present = shapes.notna()
    if communes.empty or not present.any():
        return found
    points = shapes[present].representative_point()
    at, of = communes.sindex.query(points, predicate="intersects")
    codes = pd.Series(communes["pcode"].to_numpy()[of], index=points.index[at]).groupby(level=0).min()
    found.loc[codes.index] = codes
    return found


def named(cells: pd.Series, data: Data, level: str) -> pd.Series:
    """Return the P-code of the commune or department that each cell names, empty if it names none."""
    codes = {text: code(str(text), data, level) for text in cells.dropna().unique()}
    return cells.map(codes).fillna("").astype("str")


LEVELS: Final = {
    "department": r"(?:department|departement|departman|depatman|departamento|province)(?: d(?:e|u|es))?(?: la?)?",
    "commune": r"(?:commune|municipality|municipio|komin|comuna)(?: d(?:e|u|es))?(?: la?)?",
    "arrondissement": r"(?:arrondissement|awondisman|distrito)(?: d(?:e|u|es))?(?: la?)?",
}
"""Words for a level that stand before or behind a name, as `regions.normalise` writes them."""


def _without_level(text: str) -> tuple[str, str]:
    """
    Part the name of a region from the word for its level.

    >>> _without_level("Ouest department"), _without_level("Delmas"), _without_level("Département de l'Ouest")
    (('ouest', 'department'), ('Delmas', ''), ('ouest', 'department'))
    """
    plain = regions.normalise(text)
    for level, word in LEVELS.items():
        if found := re.fullmatch(rf"(?:{word}) (?P<behind>.+)|(?P<before>.+) (?:{word})", plain):
            return str(found["behind"] or found["before"]), level
    return text, ""


def is_wider(cells: pd.Series) -> pd.Series:
    """Mark the cells that name an arrondissement: a region that is neither a commune nor a department."""
    wider = {text: _without_level(str(text))[1] == "arrondissement" for text in cells.dropna().unique()}
    return cells.map(wider).fillna(False).astype("bool")


def code(text: str, data: Data, level: str) -> str:
    """Return the P-code of the commune or department that a text names, empty if it names none."""
    plain, said = _without_level(text.strip())
    if not plain or said == "arrondissement":
        return ""
    try:
        found = regions.find(data, plain.upper() if PCODE.fullmatch(plain.upper()) else plain)
    except (InputError, LookupError):
        return ""
    if level == "department":
        return regions.department(found.pcode) or ""
    return found.pcode if found.level == "commune" else _namesake(found, data)


PCODE: Final = re.compile(r"HT\d{2,6}")


def _namesake(region: regions.Region, data: Data) -> str:
    """Return the commune that has the name of a department or arrondissement, empty if there is none."""
    wanted = {regions.normalise(name) for _, name in region.names}
    for other in regions.all_regions(data):
        if other.level == "commune" and wanted & {regions.normalise(name) for _, name in other.names}:
            return other.pcode
    return ""
