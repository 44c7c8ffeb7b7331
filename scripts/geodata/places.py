"""Populated places."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shapely import Point
from shapely.geometry.base import BaseGeometry

from geodata.base import RANK_1, RANK_2, Record, Row, require
from geodata.geometry import rounded, to_degrees, to_metric
from geodata.inputs import read_csv
from geodata.names import key_of, names_in, slug_of


@dataclass
class Place:
    """A populated place; `point` in metres."""

    name_fr: str
    kind: str
    rank: int
    point: Point
    commune_pcode: str
    capital: str | None = None


def commune_at(point: Point, communes: dict[str, BaseGeometry]) -> str:
    """P-code of the commune (metres) that holds a point, or of the nearest one."""
    return min(communes, key=lambda pcode: (communes[pcode].distance(point), pcode))


def osm_places(communes: dict[str, BaseGeometry]) -> list[Place]:
    """Places of the OpenStreetMap extract, unwanted points left out, all at rank 4 (towns) or 5 (villages)."""
    drops = [
        (key_of(row["osm_name"]), to_metric(Point(float(row["lon"]), float(row["lat"]))))
        for row in read_csv("place_drops.csv")
    ]
    places = []
    for row in read_csv("places_osm.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        if any(name == key_of(row["name"]) and point.distance(at) < 500 for name, at in drops):
            continue
        rank = 5 if row["kind"] == "village" else 4
        places.append(Place(row["name"], row["kind"], rank, point, commune_at(point, communes)))
    return places


def mark_chef_lieux(places: list[Place], communes: dict[str, BaseGeometry], admin: dict[str, list[Record]]) -> None:
    """Find or add the seat of every commune, in place; a seat lying up to 3 km outside keeps its own commune's code."""
    overrides = {row["pcode"]: row for row in read_csv("chef_lieux.csv")}
    capitals = {properties["chef_lieu"] for properties, _ in admin["departments"]}
    taken: set[int] = set()
    for properties, _ in admin["communes"]:
        pcode, seat = properties["pcode"], properties["chef_lieu"]
        row = overrides.get(pcode, {})
        if row.get("lon"):
            place = Place(seat, "town", 3, to_metric(Point(float(row["lon"]), float(row["lat"]))), pcode)
            places.append(place)
        else:
            place = find_seat(row.get("osm_name") or seat, communes[pcode], places, taken)
        taken.add(id(place))
        place.name_fr, place.commune_pcode = seat, pcode
        place.kind = "town" if place.kind == "village" else place.kind
        place.rank = 1 if pcode in RANK_1 else 2 if pcode in RANK_2 else 3
        place.capital = "commune"
        if seat in capitals and pcode.endswith("11"):
            place.capital = "country" if seat == "Port-au-Prince" else "department"


def find_seat(name: str, commune: BaseGeometry, places: Sequence[Place], taken: set[int]) -> Place:
    """The place with this name in the commune (metres) or at most 3 km outside; cities and towns go first."""
    order = {"city": 0, "town": 1, "village": 2}
    found = [
        (commune.distance(place.point) > 0, order[place.kind], commune.distance(place.point), number)
        for number, place in enumerate(places)
        if id(place) not in taken and key_of(place.name_fr) == key_of(name) and commune.distance(place.point) < 3_000
    ]
    require(bool(found), f"no place found for the seat {name}. Add a row to chef_lieux.csv.")
    return places[min(found)[-1]]


def add_known(places: list[Place], communes: dict[str, BaseGeometry]) -> None:
    """
    Raise the rank of places the product names, and add those the extract does not have, in place.

    Where a point lies just outside the commune that the place belongs to, the row names the commune.
    """
    for row in read_csv("places_known.csv"):
        point = to_metric(Point(float(row["lon"]), float(row["lat"])))
        same = [
            place
            for place in places
            if key_of(place.name_fr) == key_of(row["name_fr"]) and place.point.distance(point) < 3_000
        ]
        place = min(same, key=lambda place: place.point.distance(point), default=None)
        if place is None:
            place = Place(row["name_fr"], row["kind"], 5, point, commune_at(point, communes))
            places.append(place)
        place.commune_pcode = row["commune_pcode"] or place.commune_pcode
        if place.capital is None:
            place.name_fr, place.kind, place.rank = row["name_fr"], row["kind"], int(row["rank"])


def without_duplicates(places: Sequence[Place]) -> list[Place]:
    """Of places with the same name nearer than 300 m keep the one with the better rank."""
    kept: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: (place.rank, place.point.x, place.point.y)):
        group = kept[key_of(place.name_fr)]
        if all(place.point.distance(other.point) >= 300 for other in group):
            group.append(place)
    return list(itertools.chain.from_iterable(kept.values()))


def build_places(
    communes: dict[str, BaseGeometry], admin: dict[str, list[Record]], names: dict[str, Row]
) -> list[Record]:
    """All places by id; the id is the commune's P-code and the name, numbered from west to east where it repeats."""
    places = osm_places(communes)
    mark_chef_lieux(places, communes, admin)
    add_known(places, communes)
    records: dict[str, Record] = {}
    for place in sorted(without_duplicates(places), key=lambda place: (place.rank, place.point.x, place.point.y)):
        base = f"{place.commune_pcode}-{slug_of(place.name_fr)}"
        count = itertools.count(2)
        place_id = base
        while place_id in records:
            place_id = f"{base}-{next(count)}"
        properties = {"place_id": place_id} | names_in(place.name_fr, names)
        properties |= {
            "kind": place.kind,
            "rank": place.rank,
            "population": None,
            "commune_pcode": place.commune_pcode,
            "department_pcode": place.commune_pcode[:4],
            "capital": place.capital,
        }
        records[place_id] = (properties, rounded(to_degrees(place.point)))
    return [records[place_id] for place_id in sorted(records)]
