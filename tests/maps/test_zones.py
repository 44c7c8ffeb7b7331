"""What is drawn for zones: units once, the worst level, no hatch over another; and what of it the browser is sent."""

from __future__ import annotations

import json
from types import SimpleNamespace as Row
from typing import Any

import shapely

from mssmap.legend import extents
from mssmap.maps import assets, zones

COMMUNE = shapely.box(0, 0, 10, 10)
SECTION = shapely.box(0, 0, 4, 10)
OUTLINES = {"HT0111": COMMUNE, "HT0111-01": SECTION, "HT01": shapely.box(0, 0, 20, 10)}


def zone(zone_id: str, status: str, pcodes: str = "", extent: str = "units", **more: Any) -> Row:
    row = {"zone_id": zone_id, "status": status, "stale": False, "extent": extent, "unit_pcodes": pcodes}
    row |= {"geometry": shapely.Point(1, 1), "uncertainty_m": 500.0, "communes_affected": None, "share_pct": None}
    return Row(**row | more)


def test_a_unit_is_drawn_once_at_its_worst_level_and_lists_all_that_name_it():
    levels = (("a", "influence"), ("b", "controlled"), ("c", "attacks"))
    rows = [zone(name, level, "HT0111", stale=name == "a") for name, level in levels]
    (thing,) = extents.drawn(OUTLINES, rows)
    assert (thing.level, thing.stale, thing.zones) == ("controlled", False, ("a", "b", "c"))
    assert thing.shape.equals(COMMUNE)


def test_a_unit_is_dim_only_if_every_report_of_its_level_is_old():
    old = [zone("a", "controlled", "HT0111", stale=True), zone("b", "contested", "HT0111")]
    assert [thing.stale for thing in extents.drawn(OUTLINES, old)] == [True]
    assert [thing.stale for thing in extents.drawn(OUTLINES, [*old, zone("c", "controlled", "HT0111")])] == [False]


def test_a_section_is_cut_out_of_its_commune():
    commune, section = extents.drawn(OUTLINES, [zone("s", "contested", "HT0111-01"), zone("c", "controlled", "HT0111")])
    assert (commune.level, commune.inner) == ("controlled", ("HT0111-01",))
    assert commune.shape.equals(shapely.box(4, 0, 10, 10))
    assert section.shape.equals(SECTION)


def test_a_count_cuts_nothing_out_and_is_a_band_inside_its_border():
    counted = zone("n", "influence", "HT01", "count", communes_affected=8)
    section, department = extents.drawn(OUTLINES, [counted, zone("s", "contested", "HT0111-01")])
    assert (department.how, department.number, department.shape.area) == ("count", 8, 200)
    assert extents.border(department.shape, 1).area == 200 - 18 * 8
    assert section.shape.equals(SECTION)
    assert extents.told(department) == "8 communes · under influence"


def test_units_lie_below_borders_below_spots_and_the_worst_spot_on_top():
    rows = [
        *(zone("bad", "controlled", extent="spot"), zone("mild", "influence", extent="spot")),
        *(zone("n", "influence", "HT01", "count", communes_affected=1), zone("u", "attacks", "HT0111")),
    ]
    assert [thing.zones[0] for thing in extents.drawn(OUTLINES, rows)] == ["u", "n", "mild", "bad"]


def test_shares_of_the_same_communes_are_one_figure():
    rows = [zone(name, "influence", "HT0111;HT0121", "share", share_pct=pct) for name, pct in (("a", 80), ("b", 90))]
    (thing,) = extents.drawn(OUTLINES, rows)
    assert (thing.zones, extents.told(thing)) == (("a", "b"), "90 % of 2 communes · under influence")


def test_the_browser_gets_each_place_of_a_zone_once(real):
    places, numbers = zones.places(real)
    delmas = [(place["how"], place.get("value")) for place in places["zone-delmas6"]]
    assert delmas == [("spot", None), ("share", 90.0)]
    assert {key[0] for key in numbers} == set(real["gang_zones"]["zone_id"])


class _Shelf:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, name: str, suffix: str, content: bytes) -> str:
        self.files[name] = content
        return name + suffix


def test_outlines_that_zones_need_come_at_once_and_their_lines_no_second_time(real):
    shelf = _Shelf()
    assets.compose(real, shelf, font=assets.typeface())
    ground, communes = (json.loads(shelf.files[name]) for name in ("ground", "communes"))
    named = {area["p"]["pcode"] for area in ground["areas"]["units"]}
    assert named == zones.named(real)
    assert {"HT0113", "HT0532-01"} <= named
    first, later = ({json.dumps(arc) for arc in file["arcs"]} for file in (ground, communes))
    assert not first & later
    rings = [ring for area in ground["areas"]["units"] for polygon in area["a"] for ring in polygon]
    assert max(max(n, ~n) for ring in rings for n in ring) < len(ground["arcs"])
