"""Where something happened, as a person writes it in one line: a place, a P-code, coordinates, the country."""

from __future__ import annotations

from typing import Final

from mssmap.errors import MssmapError
from mssmap.ingest import located, places
from mssmap.records import regions
from mssmap.records.catalog import Data

COUNTRY: Final = frozenset(
    (
        *("haiti", "ayiti", "nationwide", "national", "all of haiti", "whole country", "tout le pays"),
        *("dans tout le pays", "tout peyi a", "todo el pais", "a nivel nacional"),
    )
)
"""How the whole country is written, as `regions.normalise` leaves it."""


def read(text: str, data: Data) -> dict[str, str]:
    """
    Return what a line says about a place, in columns of the events; only `place` if it names none that is known.

    Coordinates are in any form that an import may hold: decimal degrees in either order, degrees, minutes and seconds,
    MGRS, a plus code or WKT, all in WGS 84.
    """
    words = " ".join(text.split())
    if not words:
        return {}
    if regions.normalise(words) in COUNTRY:
        return {"location_precision": "country"}
    if point := located.point(words):
        return {"lon": f"{point[0]:.5f}", "lat": f"{point[1]:.5f}"}
    return _section(words, data) or _region(words, data) or _place(words, data)


def is_known(cells: dict[str, str]) -> bool:
    """Say whether completed cells of an event lie somewhere: at a point, in a region, or in the whole country."""
    said = ("lon", "commune_pcode", "department_pcode")
    return any(cells.get(key) for key in said) or (
        cells.get("location_precision") == "country" and "place" not in cells
    )


def _section(words: str, data: Data) -> dict[str, str]:
    """A communal section by its P-code: its name, its commune, a point inside it."""
    code = words.upper()
    if "sections" not in data.datasets or code not in regions.sections(data):
        return {}
    shapes = data[regions.SECTIONS]
    inside = shapes[shapes["pcode"] == code].geometry.iloc[0].representative_point()
    return {
        "place": regions.sections(data)[code].name("fr"),
        "commune_pcode": code[:6],
        "lon": f"{inside.x:.5f}",
        "lat": f"{inside.y:.5f}",
        "location_precision": "neighbourhood",
    }


def _region(words: str, data: Data) -> dict[str, str]:
    """A commune or department by name or P-code; a commune comes before the department of the same name."""
    name = words.upper() if places.PCODE.fullmatch(words.upper()) else words
    try:
        found = regions.find(data, name)
    except MssmapError:
        return {}
    commune = places.code(words, data, "commune")
    if commune:
        return {"place": regions.find(data, commune).name("fr"), "commune_pcode": commune}
    if found.level == "department":
        return {"department_pcode": found.pcode, "location_precision": "department"}
    return {}


def _place(words: str, data: Data) -> dict[str, str]:
    """A named place, behind a comma the commune or department in which it lies."""
    place, _comma, rest = words.partition(",")
    if not rest.strip():
        return {"place": words}
    commune = places.code(rest.strip(), data, "commune")
    department = places.code(rest.strip(), data, "department")
    within = {"commune_pcode": commune} if commune else {"department_pcode": department} if department else {}
    return {"place": place.strip(), **within} if within else {"place": words}
