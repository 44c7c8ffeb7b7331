"""The administrative levels: departments, arrondissements, communes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.base import Record, Row, require
from geodata.geometry import to_metric
from geodata.inputs import read_csv
from geodata.names import names_in

NOTES = {
    "ADM1": "Exact union of its communes.",
    "ARR": "Exact union of its communes; not a level of COD-AB.",
    "ADM2": "COD-AB 2018, exact union of its sections.",
}
"""How far a boundary can be trusted, by level."""


def reconciled_population(pcodes: Sequence[Row], population: Sequence[Row]) -> dict[str, int]:
    """
    Population 2015 by P-code, communes adding up to the official arrondissement totals.

    Commune figures were recomputed and miss five arrondissement totals by one or two persons: the difference goes to
    the largest recomputed commune of that arrondissement.
    """
    rows = {row["pcode"]: row for row in population if row["year"] == "2015"}
    people = {pcode: int(row["population"]) for pcode, row in rows.items()}
    for arrondissement in (row["pcode"] for row in pcodes if row["level"] == "ARR"):
        members = [pcode for pcode in people if len(pcode) == 6 and pcode.startswith(arrondissement)]
        missing = people[arrondissement] - sum(people[pcode] for pcode in members)
        require(abs(missing) <= 5, f"{arrondissement}: communes miss the official total by {missing} persons.")
        free = [pcode for pcode in members if rows[pcode]["status"] == "recomputed"]
        if missing:
            people[max(free, key=lambda pcode: people[pcode])] += missing
    return people


def dissolved(shapes: dict[str, BaseGeometry], digits: int) -> dict[str, BaseGeometry]:
    """Exact unions of areas (a coverage) by the first `digits` characters of their P-codes."""
    members: dict[str, list[BaseGeometry]] = defaultdict(list)
    for pcode, shape in shapes.items():
        members[pcode[:digits]].append(shape)
    return {pcode: shapely.coverage_union_all(parts) for pcode, parts in sorted(members.items())}


def area_km2(geometry: BaseGeometry) -> float:
    """Area of a geometry in degrees, measured in UTM 18N, square kilometres."""
    return round(to_metric(geometry).area / 1e6, 1)


def build_admin(
    communes: dict[str, BaseGeometry], pcodes: Sequence[Row], population: dict[str, int], names: dict[str, Row]
) -> dict[str, list[Record]]:
    """Communes and their exact unions, arrondissements and departments, as records in P-code order."""
    seats = {row["pcode"]: row["name_fr"] for row in read_csv("chef_lieux.csv")}
    layers: dict[str, list[Record]] = {"departments": [], "arrondissements": [], "communes": []}
    for row in sorted(pcodes, key=lambda row: row["pcode"]):
        pcode = row["pcode"]
        members = [shape for member, shape in communes.items() if member.startswith(pcode)]
        shape = shapely.coverage_union_all(members)
        km2 = area_km2(shape)
        seat = row["chef_lieu"] or seats.get(pcode) or row["name_fr"]
        parent = {"ADM1": "HT", "ARR": pcode[:4], "ADM2": pcode[:5]}[row["level"]]
        properties: dict[str, Any] = {"pcode": pcode}
        if row["level"] == "ADM1":
            properties["iso_3166_2"] = row["iso_3166_2"]
        properties |= names_in(row["name_fr"], names)
        properties |= {
            "parent_pcode": parent,
            "population": population[pcode],
            "population_year": 2015,
            "area_km2": km2,
            "chef_lieu": seat,
            "boundary_note": NOTES[row["level"]],
        }
        level = {"ADM1": "departments", "ARR": "arrondissements", "ADM2": "communes"}[row["level"]]
        layers[level].append((properties, shape))
    return layers
