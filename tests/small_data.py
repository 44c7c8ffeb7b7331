"""
A data folder small enough to count by hand.

Two communes, each a square of 0.1 degree: Alpha (HT0111, west) and Beta (HT0121, east) in the department Ouest (HT01).
"""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def load_script(name: str) -> ModuleType:
    """Import a file of scripts/, which is not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def square(west: float, south: float, side: float = 0.1) -> dict[str, Any]:
    """Return a square polygon by its south-west corner."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def point(lon: float, lat: float) -> dict[str, Any]:
    """Return a point."""
    return {"type": "Point", "coordinates": [lon, lat]}


ALPHA = {"commune_pcode": "HT0111", "department_pcode": "HT01"}
BETA = {"commune_pcode": "HT0121", "department_pcode": "HT01"}
IN_ALPHA, IN_BETA = point(-72.35, 18.55), point(-72.25, 18.55)


def admin(pcode: str, name_fr: str, parent: str, name_en: str = "", name_ht: str = "") -> dict[str, Any]:
    """Return the properties of a region."""
    return {"pcode": pcode, "name_fr": name_fr, "name_en": name_en, "name_ht": name_ht, "parent_pcode": parent}


LAYERS: dict[str, list[tuple[dict[str, Any], dict[str, Any] | None]]] = {
    "departments": [
        (
            {"pcode": "HT01", "name_fr": "Ouest", "name_en": "West", "name_ht": "Lwès", "parent_pcode": "HT"},
            {
                "type": "Polygon",
                "coordinates": [[[-72.4, 18.5], [-72.2, 18.5], [-72.2, 18.6], [-72.4, 18.6], [-72.4, 18.5]]],
            },
        )
    ],
    "communes": [
        (admin("HT0111", "Alpha-Goâve", "HT01"), square(-72.4, 18.5)),
        (admin("HT0121", "Bêta", "HT01", "Beta", "Bèta"), square(-72.3, 18.5)),
    ],
    "fobs": [
        ({"fob_id": "fob-a", "name_en": "Base A", "kind": "fob", **ALPHA, "location_precision": "site"}, IN_ALPHA),
        ({"fob_id": "fob-b", "name_en": "Base B", "kind": "fob", **BETA, "location_precision": "commune"}, IN_BETA),
        ({"fob_id": "fob-x", "name_en": "Plan X", "kind": "plan", "location_precision": "country"}, None),
    ],
    "prisons": [
        (
            {
                "prison_id": "prison-a",
                "name_en": "Prison A",
                "kind": "prison",
                "capacity": 100,
                **ALPHA,
                "location_precision": "site",
            },
            IN_ALPHA,
        )
    ],
    "facilities": [
        (
            {"facility_id": "court-a", "name_en": "Court A", "kind": "court", **ALPHA, "location_precision": "site"},
            IN_ALPHA,
        )
    ],
    "gang_zones": [
        (
            {
                **{"zone_id": "zone-b", "name_en": "Zone B", **BETA, "location_precision": "neighbourhood"},
                **{"lon": -72.25, "lat": 18.55, "unit": "place", "uncertainty_m": 1000},
            },
            IN_BETA,
        )
    ],
}

SOURCES = [
    # source_id, publisher, reliability, published_on
    ("un-1", "BINUH", "A", "2024-03-05"),
    ("wire-1", "EFE", "B", "2024-03-03"),
    ("press-1", "Daily", "C", "2024-03-03"),
    ("press-2", "Weekly", "C", "2024-12-02"),
    ("press-3", "Daily", "C", "2025-01-23"),
    ("blog-1", "A blog", "D", "2024-06-01"),
]


def spell(
    status_id: str, revision: int, status: str, start: str, end: str, known: str, sources: str, **more: Any
) -> dict[str, Any]:
    """Return a row of the table status."""
    row = {"status_id": status_id, "record_id": status_id.rpartition(".")[0], "revision": revision, "status": status}
    row |= {"valid_from": start, "valid_to": end, "date_precision": "day", "confidence": "medium"}
    return row | {"known_from": known, "known_precision": "day", "source_ids": sources} | more


STATUS = [
    # Base A: opened by Kenya on 28 November 2024, handed to Guatemala on 21 January 2025, known on the 23rd.
    spell("fob-a.1", 1, "operational", "2024-11-28", "", "2024-12-02", "press-2", operator="Kenya"),
    spell("fob-a.1", 2, "operational", "2024-11-28", "2025-01-20", "2025-01-23", "press-2;press-3", operator="Kenya"),
    spell("fob-a.2", 1, "handed_over", "2025-01-21", "", "2025-01-23", "press-3", operator="Guatemala"),
    # Base B: began some day in May 2025.
    spell(
        "fob-b.1", 1, "operational", "2025-05-01", "", "2025-05-20", "blog-1", operator="Kenya", date_precision="month"
    ),
    spell("fob-x.1", 1, "planned", "2025-01-18", "", "2025-01-18", "press-1"),
    spell(
        "prison-a.1",
        1,
        "functioning",
        "2020-01-01",
        "",
        "2020-01-01",
        "un-1",
        date_precision="before",
        known_precision="assumed",
    ),
    spell(
        "prison-a.1",
        2,
        "functioning",
        "2020-01-01",
        "2024-03-01",
        "2024-03-03",
        "wire-1;press-1",
        date_precision="before",
    ),
    spell("prison-a.2", 1, "emptied", "2024-03-02", "", "2024-03-03", "wire-1;press-1;un-1"),
    spell("court-a.1", 1, "open", "2024-10-07", "", "2024-10-07", "press-1"),
    spell("zone-b.1", 1, "controlled", "2024-02-01", "", "2024-06-01", "blog-1", armed_group="G", share_pct=80),
]


def event(
    event_id: str, revision: int, category: str, title: str, day: str, known: str, sources: str, **more: Any
) -> dict[str, Any]:
    """Return a row of the table events, in Alpha unless said otherwise."""
    row: dict[str, Any] = {"event_id": event_id, "revision": revision, "category": category, "title_en": title}
    row |= {"valid_from": day, "valid_to": day, "date_precision": "day", "country": "HTI", **ALPHA}
    row |= {"lon": -72.35, "lat": 18.55, "location_precision": "site", "claim": "reported", "confidence": "medium"}
    return row | {"known_from": known, "known_precision": "day", "source_ids": sources} | more


EVENTS = [
    event(
        *("break-a", 1, "prison_break", "Prison A stormed", "2024-03-02", "2024-03-03", "wire-1;press-1"),
        **{"figure_min": 3600, "figure_max": 3700, "figure_unit": "inmates", "dispute": "figures"},
    ),
    event(
        *("break-a", 2, "prison_break", "Prison A stormed", "2024-03-02", "2024-03-05", "wire-1;press-1;un-1"),
        **{"figure_min": 3600, "figure_max": 4600, "figure_unit": "inmates", "dispute": "figures"},
    ),
    event("courts", 1, "court_reopening", "Courts reopen", "2024-10-07", "2024-10-07", "press-1"),
    event("plan", 1, "deployment", "200 more officers", "2025-01-31", "2025-01-18", "press-1", claim="planned"),
    event("rumour", 1, "gang_attack", "Attack that was not", "2024-12-01", "2024-12-02", "press-2"),
    event("rumour", 2, "gang_attack", "Attack that was not", "2024-12-01", "2024-12-20", "press-2", status="retracted"),
]

FIGURES = [
    # figure_id, record_id, value, known_from, source_id
    ("break-a.1", "break-a", 3600, "2024-03-03", "wire-1"),
    ("break-a.2", "break-a", 3700, "2024-03-03", "press-1"),
    ("break-a.3", "break-a", 4600, "2024-03-05", "un-1"),
]


def strength(strength_id: str, record_type: str, day: str, source: str, **more: Any) -> dict[str, Any]:
    """Return a row of the table strength, known on its day."""
    row = {"strength_id": strength_id, "revision": 1, "country": "Kenya", "scope": "Kenya", "record_type": record_type}
    row |= {"date": day, "date_precision": "day", "confidence": "medium", "known_from": day, "known_precision": "day"}
    return row | {"source_ids": source} | more


STRENGTH = [
    strength("s1", "arrival", "2024-06-25", "press-1", personnel=200, net_change=200),
    strength("s2", "arrival", "2024-07-16", "press-1", personnel=200, net_change=200),
    strength("s3", "strength", "2024-11-08", "press-1", scope="MSS", personnel=430),
]


def indicator(indicator_id: str, value: int, day: str, source: str, **more: Any) -> dict[str, Any]:
    """Return a row of the table indicators: displaced people in the whole country."""
    row: dict[str, Any] = {"indicator_id": indicator_id, "revision": 1, "indicator": "idps", "series": "iom_dtm"}
    row |= {"value": value, "unit": "persons", "area": "National", "area_pcode": "HT", "period_type": "point"}
    row |= {
        "period_end": day,
        "date_precision": "day",
        "confidence": "high",
        "known_from": day,
        "known_precision": "day",
    }
    return row | {"source_ids": source} | more


INDICATORS = [indicator("i1", 362000, "2024-03-31", "un-1"), indicator("i2", 700000, "2024-09-30", "un-1")]

RECORDED = "2025-06-01"
"""Day on which every row was accepted."""

KIND = {"A": "un", "B": "wire", "C": "press", "D": "blog"}

TABLES: dict[str, list[dict[str, Any]]] = {
    "sources": [
        {
            **{"source_id": source_id, "title": f"Title of {source_id}", "publisher": publisher, "language": "en"},
            **{
                "publisher_kind": KIND[reliability],
                "url": f"https://example.org/{source_id}",
                "reliability": reliability,
            },
            **{"published_on": published_on, "published_precision": "day"},
        }
        for source_id, publisher, reliability, published_on in SOURCES
    ],
    "status": STATUS,
    "events": EVENTS,
    "figures": [
        {
            **{"figure_id": figure_id, "revision": 1, "record_id": record_id, "measure": "inmates_escaped"},
            **{"value_min": value, "unit": "inmates", "date": "2024-03-02", "source_id": source_id},
            **{"known_from": known_from, "known_precision": "day"},
        }
        for figure_id, record_id, value, known_from, source_id in FIGURES
    ],
    "strength": STRENGTH,
    "indicators": INDICATORS,
}


def kept(table: str) -> dict[str, Any]:
    """Return what each row of a table has that says when it was recorded, and of a source that it has no copy."""
    copy = {"archived_on": RECORDED, "archive_note": "No copy was looked for."} if table == "sources" else {}
    return {"recorded_on": RECORDED, **copy}


def write_folder(folder: Path) -> Path:
    """Write the small data folder and its package."""
    package = load_script("build_package")
    columns = {
        item["name"]: [column["name"] for column in item["schema"]["fields"]]
        for item in (*package.FACTS, *package.GEOMETRY)
    }
    (folder / "layers").mkdir(parents=True)
    (folder / "tables").mkdir()
    for name, features in LAYERS.items():
        listed = [
            {
                "type": "Feature",
                "properties": {column: row.get(column) for column in columns[name]},
                "geometry": geometry,
            }
            for row, geometry in features
        ]
        text = json.dumps({"type": "FeatureCollection", "features": listed})
        (folder / "layers" / f"{name}.geojson").write_text(text, encoding="utf-8")
    for name, rows in TABLES.items():
        with (folder / "tables" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns[name], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows([kept(name) | row for row in rows])
    package.write(folder)
    return folder
