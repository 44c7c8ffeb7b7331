"""Forms in which people hand over files, each as small as it can be; docs/imports.md says what became of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely

from mssmap import ingest
from mssmap.errors import MssmapError
from mssmap.ingest import prepare
from mssmap.records.catalog import Data

HEAD = "date,title,lon,lat,killed\n"


def one(day: str, place: str = "-72.33,18.54", killed: str = "2") -> str:
    """Return a table of one event."""
    return f'{HEAD}"{day}",Attack,{place},"{killed}"\n'


def _excel(*rows: list[Any], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pd.DataFrame({"title": ["Attack"], "lon": -72.33, "lat": 18.54, **columns}).to_parquet(out, index=False)
    return out.getvalue()


def _geoparquet() -> bytes:
    out = io.BytesIO()
    frame = gpd.GeoDataFrame({"date": ["2025-01-05"], "title": "Attack"}, geometry=[shapely.Point(-72.33, 18.54)])
    frame.set_crs(4326).to_crs(32618).to_parquet(out, index=False)
    return out.getvalue()


def _geojson(**properties: Any) -> str:
    shape = {"type": "Point", "coordinates": [-72.33, 18.54]}
    return json.dumps({"type": "Feature", "properties": {"title": "Attack", **properties}, "geometry": shape})


def _in(place: str, name: str = "geometry") -> str:
    return f'date,title,{name}\n2025-01-05,Attack,"{place}"\n'


FORMS: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    # Days
    "day `2025-01-05`": ("t.csv", lambda: one("2025-01-05")),
    "day `18/01/2025`": ("t.csv", lambda: one("18/01/2025")),
    "day `01/18/2025`": ("t.csv", lambda: one("01/18/2025")),
    "day `03/04/2025`, and no other": ("t.csv", lambda: one("03/04/2025")),
    "day `05-Jan-25`": ("t.csv", lambda: one("05-Jan-25")),
    "day `1er août 2025`": ("t.csv", lambda: one("1er août 2025")),
    "day `5 de enero de 2025`": ("t.csv", lambda: one("5 de enero de 2025")),
    "day `20250105`": ("t.csv", lambda: one("20250105")),
    "seconds since 1970, `1736035200`": ("t.csv", lambda: one("1736035200")),
    "time of UTC, `2025-01-06T03:00:00Z`": ("t.csv", lambda: one("2025-01-06T03:00:00Z")),
    "only midnights of UTC, `2025-01-06T00:00:00Z`": ("t.csv", lambda: one("2025-01-06T00:00:00Z")),
    "serial number of Excel, `45662`": ("t.csv", lambda: one("45662")),
    "year and month in columns": ("t.csv", lambda: "year,month,title\n2025,janvier,Attack\n"),
    "day `soon`": ("t.csv", lambda: one("soon")),
    # Numbers
    "number `12,345`": ("t.csv", lambda: one("2025-01-05", killed="12,345")),
    "numbers with decimal comma, cells by `;`": (
        "t.csv",
        lambda: "date;title;lon;lat;killed\n2025-01-05;Attack;-72,33;18,54;1.234\n",
    ),
    "number `<5`": ("t.csv", lambda: one("2025-01-05", killed="<5")),
    "number `10-20`": ("t.csv", lambda: one("2025-01-05", killed="10-20")),
    "number `NA`": ("t.csv", lambda: one("2025-01-05", killed="NA")),
    "number `many`": ("t.csv", lambda: one("2025-01-05", killed="many")),
    # Places
    "WKT in a column": ("t.csv", lambda: _in("POINT (-72.33 18.54)", "wkt")),
    "WKB in hexadecimal": ("t.csv", lambda: _in(shapely.to_wkb(shapely.Point(-72.33, 18.54), hex=True))),
    "`lat, lon` in one cell": ("t.csv", lambda: _in("18.54, -72.33", "coordinates")),
    "longitude without its sign": ("t.csv", lambda: one("2025-01-05", "72.33,18.54")),
    "latitude and longitude swapped": ("t.csv", lambda: one("2025-01-05", "18.54,-72.33")),
    "a place abroad": ("t.csv", lambda: one("2025-01-05", "36.8,-1.28")),
    "place `0, 0`": ("t.csv", lambda: one("2025-01-05", "0,0")),
    "GeoParquet in UTM": ("t.parquet", _geoparquet),
    "commune and department by name": (
        "t.csv",
        lambda: "date,title,commune,departement\n2025-01-05,Attack,Alpha-Goâve,Ouest\n",
    ),
    # Headers and rows
    "titles above the header": ("t.csv", lambda: f"Incidents\nJanuary 2025\n{one('2025-01-05')}"),
    "comments above the header": ("t.csv", lambda: f"# source: field team\n{one('2025-01-05')}"),
    "`sep=;` in the first line": ("t.csv", lambda: "sep=;\ndate;title\n2025-01-05;Attack\n"),
    "a row of HXL tags": ("t.csv", lambda: "date,title,killed\n#date,#event,#affected\n2025-01-05,Attack,2\n"),
    "a row with too few cells": ("t.csv", lambda: one("2025-01-05") + "2025-01-06,Attack\n"),
    "an id that comes again with other content": (
        "t.csv",
        lambda: "id,date,title\n1,2025-01-05,Attack\n1,2025-01-05,Attack corrected\n",
    ),
    "a quote that is never closed": ("t.csv", lambda: 'date,title\n2025-01-05,"Attack\n'),
    "merged cells of Excel": (
        "t.xlsx",
        lambda: _excel(
            ["date", "title", "commune"],
            ["2025-01-05", "Attack", "Alpha-Goâve"],
            ["2025-01-06", "Riot", None],
            merged="C2:C3",
        ),
    ),
    "a formula without its result": (
        "t.xlsx",
        lambda: _excel(["date", "title", "killed"], ["2025-01-05", "a", "=1+1"]),
    ),
    # Containers and letters
    "letters of Windows": ("t.csv", lambda: one("2025-01-05").replace("Attack", "Pétion").encode("cp1252")),
    "letters of old Macs": ("t.csv", lambda: one("2025-01-05").replace("Attack", "Pétion").encode("mac_roman")),
    "UTF-16": ("t.csv", lambda: one("2025-01-05").encode("utf-16")),
    "GeoJSON, a feature a line": (
        "t.geojsonl",
        lambda: _geojson(date="2025-01-05") + "\n" + _geojson(date="2025-01-06"),
    ),
    "JSON of an interface, milliseconds since 1970": ("t.geojson", lambda: _geojson(date=1736985600000)),
    "Parquet with a time with a zone": ("t.parquet", lambda: _parquet(date=pd.to_datetime(["2025-01-06T03:00:00Z"]))),
    "an old Excel file": ("t.xls", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600),
    "a PDF": ("t.pdf", lambda: b"%PDF-1.7\n"),
    # Shapes of the field
    "IOM DTM with several levels": (
        "t.csv",
        lambda: (
            "operation,admin0Pcode,admin1Name,admin1Pcode,admin2Name,admin2Pcode,numPresentIdpInd,reportingDate\n"
            "Monitoring,HTI,,,,,60,2024-05-31\nMonitoring,HTI,Ouest,HT01,,,60,2024-05-31\n"
            "Monitoring,HTI,Ouest,HT01,Alpha,HT0111,60,2024-05-31\n"
        ),
    ),
    "HDX HAPI, any theme": (
        "t.csv",
        lambda: (
            "location_code,admin1_code,sector_code,population_status,population,reference_period_start\n"
            "HTI,HT01,SHL,INN,9,2024-01-01\nTCD,TD01,SHL,INN,9,2024-01-01\n"
        ),
    ),
    "ACLED on HDX, by month": (
        "t.csv",
        lambda: (
            "Country,Admin1,Admin2,ISO3,Admin2 Pcode,Admin1 Pcode,Month,Year,Events,Fatalities\n"
            "Haiti,Ouest,Alpha,HTI,HT0111,HT01,January,2024,12,33\n"
        ),
    ),
}  # fmt: skip


def became(name: str, content: str | bytes, data: Data, folder: Path) -> tuple[str, str, str]:
    """Return what was read, told and refused, in words."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        reading = ingest.read(path)
        made = prepare.prepare(reading, next(iter(reading.tables)), data, file=name)
    except MssmapError as error:
        return "", "", str(error)
    frame = made.frame
    read = f"{len(frame)} of {made.read_rows} rows, {made.kind}"
    if made.recognised:
        read += f" ({made.recognised})"
    if made.kind == "events":
        first = frame.iloc[0]
        read += f": {first['valid_from']:%Y-%m-%d}"
        read += f", {first['lon']:g} {first['lat']:g}" if first["lon"] == first["lon"] else ""
        low, high = first["figure_min"], first["figure_max"]
        read += f", {low:g}" if low == low and low == high else f", {low:g} to {high:g}" if low == low else ""
        read += f", {first['commune_pcode']}" if first["commune_pcode"] and first["lon"] != first["lon"] else ""
    reasons = [f"left out: {count} ({reason})" for reason, count in made.left_out.items()]
    faults = [f"{fault.column or 'row'}: found {fault.found}, required {fault.required}" for fault in made.faults[:1]]
    repairs = [f"repaired: {repair}" for repair in dict.fromkeys(made.repairs.values())]
    return read, "; ".join([*(note.removesuffix(".") for note in made.notes), *repairs]), "; ".join([*reasons, *faults])


def document(data: Data, folder: Path) -> str:
    """Return docs/imports.md."""
    lines = [
        "# Imports: forms of files, and what becomes of them",
        "",
        "Each row is a small file that was read to write this page (`python scripts/build_imports.py`); a test",
        "compares it. *Read* is what came out of the first row, *told* what the page and the commands say about the",
        "file, and *refused* what was left out, with its reason, or why the whole file was.",
        "",
        "| form | read | told | refused |",
        "|---|---|---|---|",
    ]
    for title, (name, make) in FORMS.items():
        cells = (title, *became(name, make(), data, folder))
        lines.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |")
    return "\n".join(lines) + "\n"
