"""The communal sections: the finest official areas, of which all others are made."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.admin import area_km2
from geodata.base import INPUTS, Record, require
from geodata.geometry import to_metric

SECTIONS = "sections_codab2018.geojson.gz"
SECTIONS_SHA256 = "41f2d777fdc432dbf88426f529ce7fd3396c03d43ebd1d88ed6f3f0e966699a7"
"""Of the file as it is when unpacked."""

ORDINAL = re.compile(r"^(\d+)(?:re|er|e)\s+(?:Section\s+)?")


def read_sections() -> dict[str, tuple[str, BaseGeometry]]:
    """
    Name and outline of each communal section by P-code, metres, in P-code order.

    OCHA/CNIGS COD-AB Haiti, edition of 29 November 2018, adm3, at full detail; a coverage.

    Raises
    ------
    GeodataError
        If the file is not the pinned one.
    """
    raw = gzip.decompress((INPUTS / SECTIONS).read_bytes())
    found = hashlib.sha256(raw).hexdigest()
    require(found == SECTIONS_SHA256, f"{SECTIONS}: found sha256 {found}, required {SECTIONS_SHA256}.")
    features = sorted(json.loads(raw)["features"], key=lambda feature: feature["properties"]["adm3_pcode"])
    return {
        feature["properties"]["adm3_pcode"]: (
            feature["properties"]["adm3_fr"],
            to_metric(shapely.from_geojson(json.dumps(feature["geometry"]))),
        )
        for feature in features
    }


def name_and_number(official: str) -> tuple[str, int | None]:
    """
    Split the official name of a section into its name and number within the commune.

    >>> name_and_number("1re Section Turgeau"), name_and_number("La Hoye")
    (('Turgeau', 1), ('La Hoye', None))
    """
    text = " ".join(official.splitlines()[0].split())
    number = ORDINAL.match(text)
    return ORDINAL.sub("", text), int(number[1]) if number else None


def build_sections(official: dict[str, str], shapes: dict[str, BaseGeometry]) -> list[Record]:
    """Sections (degrees) as records in P-code order; a name is the same in all languages."""
    records: list[Record] = []
    for pcode, shape in shapes.items():
        name, number = name_and_number(official[pcode])
        names = {f"name_{code}": name for code in ("fr", "en", "ht", "es")}
        properties = {"pcode": pcode, **names, "number": number, "parent_pcode": pcode[:6]}
        records.append((properties | {"area_km2": area_km2(shape)}, shape))
    return records
