"""The rules of the data, each broken once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from small_data import load_script

from mssmap.records import catalog, check

TODAY = date(2025, 6, 30)


ZONE_TAIL = "80,medium,2024-06-01,day,2025-06-01,blog-1,,,,,"
"""End of the one assessment of the one zone in the table status."""


def found(folder: Path) -> list[str]:
    """Package a folder that was changed on purpose and return what the rules find."""
    load_script("build_package").write(folder)
    return [str(fault) for fault in check.check(catalog.open_data(folder), TODAY).faults]


def replace(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_small_folder_breaks_no_rule(small):
    report = check.check(small, TODAY)
    assert report.faults == ()
    assert report.is_sound
    assert (report.datasets, report.records) == (12, 39)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        pytest.param(
            *("tables/status.csv", "fob-a.1,fob-a,2", "fob-a.1,fob-a,3"),
            "(fob-a.1 revision 3), revision: found 3, required 1, 2, 3... without a gap",
            id="a gap in the revisions",
        ),
        pytest.param(
            *(
                "tables/status.csv",
                "2025-01-23,day,2025-06-01,press-2;press-3",
                "2025-01-23,day,2025-05-31,press-2;press-3",
            ),
            "(fob-a.1 revision 2), recorded_on: found 2025-05-31, required the day of acceptance, not before "
            "known_from nor before that of the revision below",
            id="recorded before the revision below",
        ),
        pytest.param(
            *("tables/status.csv", "2025-05-20,day,2025-06-01,blog-1", "2025-05-20,day,,blog-1"),
            "(fob-b.1 revision 1), recorded_on: found nothing",
            id="recorded on no day",
        ),
        pytest.param(
            *("tables/sources.csv", "No copy was looked for.,\n", ",\n"),
            "(un-1), archived_on: found 2025-06-01, required archive_url or archive_note, each with archived_on",
            id="neither a copy nor a reason",
        ),
        pytest.param(
            *("tables/status.csv", "2024-11-28,2025-01-20", "2024-11-28,2024-11-20"),
            "valid_to: found 2024-11-20 below valid_from 2024-11-28",
            id="ends before it starts",
        ),
        pytest.param(
            *("tables/status.csv", "2024-11-28,2025-01-20", "2024-11-28,2025-01-21"),
            "(fob-a.1 revision 2), valid_to: found days shared with fob-a.2 revision 1 from 2025-01-21 on, as known on "
            "2025-01-23, required one status a day",
            id="two statuses on a day",
        ),
        pytest.param(
            *("tables/events.csv", "courts,1,court_reopening", "courts,1,court_opening"),
            "tables/events.csv row 4 (courts), category: found 'court_opening', required one of gang_attack,",
            id="a category that nobody knows",
        ),
        pytest.param(
            *("tables/status.csv", "fob-b.1,fob-b,1,operational", "fob-b.1,fob-b,1,functioning"),
            "status: found 'functioning', required one of operational, handed_over, planned, proposed, closed (fobs)",
            id="a word of another layer",
        ),
        pytest.param(
            *("tables/status.csv", "2024-10-07,,day,,,,,medium,2024-10-07", "2024-10-07,,day,,,,,medium,2024-10-06"),
            "known_from: found 2024-10-06 before valid_from 2024-10-07, required valid_from or later, unless it is",
            id="known before it happened",
        ),
        pytest.param(
            *("tables/status.csv", "2025-05-20,day,2025-06-01,blog-1", "2025-07-20,day,2025-07-20,blog-1"),
            "known_from: found 2025-07-20, required not after 2025-06-30",
            id="known in the future",
        ),
        pytest.param(
            *("tables/status.csv", "2025-01-23,day,2025-06-01,press-3", "2025-01-22,day,2025-06-01,press-3"),
            "(fob-a.2 revision 1), known_from: found 2025-01-22, but the first of its sources is of 2025-01-23",
            id="known before any source",
        ),
        pytest.param(
            *("tables/sources.csv", "un-1,Title of un-1,BINUH,un", "un-1,Title of un-1,BINUH,social"),
            "reliability: found A for social, required the letter of the written rule",
            id="a letter against the rule",
        ),
        pytest.param(
            *("tables/events.csv", "2024-10-07,2024-10-07,day", "2024-10-07,,day"),
            "(courts revision 1), valid_to: found an event of 2024-10-07 that still goes on",
            id="an event that nobody closed",
        ),
        pytest.param(
            *("tables/events.csv", "2024-10-07,2024-10-07,day", "2024-10-07,,month"),
            "valid_to: found nothing, required the last day of the month or year",
            id="a month without end",
        ),
        pytest.param(
            *("tables/events.csv", "3600,4600", "3600,4700"),
            "(break-a revision 2), figure_min: found 3600 to 4700 inmates as known on 2024-03-05",
            id="a range that no source gives",
        ),
        pytest.param(
            *("layers/gang_zones.geojson", '"uncertainty_m": 1000', '"uncertainty_m": null'),
            "(zone-b), uncertainty_m: found nothing, required metres, for a place without an outline",
            id="a place without its uncertainty",
        ),
        pytest.param(
            *("layers/gang_zones.geojson", '"unit": "place"', '"unit": "commune"'),
            "(zone-b), unit_pcodes: found nothing, required the P-codes of the units",
            id="a unit without P-codes",
        ),
        pytest.param(
            *("tables/status.csv", ZONE_TAIL, "80,medium,2024-06-01,day,2025-06-01,blog-1,,,commune,HT01,"),
            "(zone-b.1 revision 1), unit_pcodes: found HT01, required P-codes of the level that unit names",
            id="a P-code of another level",
        ),
        pytest.param(
            *("tables/status.csv", ZONE_TAIL, "80,medium,2024-06-01,day,2025-06-01,blog-1,,,commune,HT0199,"),
            "(zone-b.1 revision 1), unit_pcodes: found HT0199, required P-codes of the level that unit names",
            id="a P-code that does not exist",
        ),
        pytest.param(
            *("tables/status.csv", ZONE_TAIL, "80,medium,2024-06-01,day,2025-06-01,blog-1,,3,,,"),
            "(zone-b.1 revision 1), communes_affected: found 3, required nothing, unless the unit is a department",
            id="communes counted of a place",
        ),
        pytest.param(
            *("tables/figures.csv", "un-1,2024-03-05", "un-1,2024-03-06"),
            "(break-a revision 2), figure_min: found 3600 to 4600 inmates as known on 2024-03-05",
            id="a range that rests on a figure not yet known",
        ),
        pytest.param(
            *("tables/figures.csv", ",un-1,2024-03-05", "unidentified,un-1,2024-03-05"),
            "stated: found unidentified for un-1, required unidentified for a source of the kind unknown",
            id="a page that is named and yet not identified",
        ),
        pytest.param(
            *("tables/events.csv", ",-72.35,18.55,", ",-72.35,,"), "lon: found one coordinate", id="half a point"
        ),
        pytest.param(
            *("tables/events.csv", "HTI,HT0111,HT01", "KEN,HT0111,HT01"),
            "department_pcode: found HT01, required nothing for an event abroad",
            id="abroad and in Ouest",
        ),
        pytest.param(
            *("tables/events.csv", ",-72.35,18.55,", ",-72.25,18.55,"),
            "commune_pcode: found a point 5.3 km outside HT0111, stated as known to 0.2 km, required a point in it, or "
            "outside by no more than its uncertainty (measured in EPSG:32618)",
            id="in another commune",
        ),
        pytest.param(
            *("tables/events.csv", ",-72.35,18.55,", ",18.55,-72.35,"),
            "geometry: found 18.5500 -72.3500, required a point in the box of Haiti",
            id="latitude first",
        ),
    ],
)
def test_a_broken_rule_is_told(folder, file, old, new, message):
    replace(folder, file, old, new)
    told = found(folder)
    assert any(message in line for line in told), told


@pytest.mark.parametrize(
    ("lon", "precision", "is_refused"),
    [
        pytest.param(-72.299, "site", False, id="105 m outside, known to 200 m"),
        pytest.param(-72.28, "neighbourhood", True, id="2.1 km outside, known to 1 km"),
        pytest.param(-72.28, "commune", False, id="2.1 km outside, known to 3 km"),
    ],
)
def test_a_point_lies_outside_by_no_more_than_its_uncertainty(folder, lon, precision, is_refused):
    replace(folder, "tables/events.csv", ",-72.35,18.55,site,", f",{lon},18.55,{precision},")
    told = found(folder)
    assert any("a point 2.1 km outside HT0111, stated as known to 1 km" in line for line in told) == is_refused, told
    assert is_refused or not told


def test_an_uncertainty_in_metres_holds_before_the_precision():
    rows = pd.DataFrame(
        {"location_precision": ["site", "commune", "country", ""], "uncertainty_m": [2_500.0] + 3 * [None]}
    )
    assert check.stated_uncertainty_m(rows).tolist() == [2_500, 3_000, float("inf"), 3_000]
    assert check.stated_uncertainty_m(rows[["location_precision"]]).tolist() == [200, 3_000, float("inf"), 3_000]


def test_an_open_event_of_the_last_months_may_still_go_on(folder):
    replace(folder, "tables/events.csv", "2025-01-31,2025-01-31", "2025-01-31,")
    assert found(folder) == []


def test_a_record_without_status_and_a_source_without_use_are_told(folder):
    path = folder / "layers" / "fobs.geojson"
    collection = json.loads(path.read_text(encoding="utf-8"))
    extra = json.loads(json.dumps(collection["features"][0]))
    extra["properties"]["fob_id"] = "fob-new"
    collection["features"].append(extra)
    path.write_text(json.dumps(collection), encoding="utf-8")
    replace(folder, "tables/sources.csv", "un-1,", "un-0,Title,UN,un,,,,,A,2025-06-01,,2025-06-01,None.,\nun-1,")
    told = found(folder)
    assert len(told) == 2
    assert "fobs.geojson (fob-new): found no row in tables/status.csv" in told[0]
    assert "sources.csv (un-0): found a source that nobody cites" in told[1]


def test_what_reading_found_is_part_of_the_report(folder):
    (folder / "tables" / "figures.csv").write_text("broken", encoding="utf-8")
    report = check.check(catalog.open_data(folder), TODAY)
    assert not report.is_sound
    assert {fault.kind for fault in report.faults} >= {"edited", "file"}
