"""One small file of each format, with text, numbers, truth values, days and places in it."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from mssmap.exports import bundle, extract
from mssmap.exports.selection import Form, Selection
from mssmap.ingest import mapping
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks


def frame() -> gpd.GeoDataFrame:
    """Three points and their attributes."""
    columns = {
        "name": ["Alpha", "Bêta", "Pétion-Ville"],
        "number": [1, 2, 3],
        "share": [0.5, 1.25, -3.0],
        "open": [True, False, True],
        "day": pd.to_datetime(["2025-01-18", "2024-02-29", "2021-07-07"]),
    }
    points = shapely.points([[-72.35, 18.55], [-72.25, 18.55], [-72.3, 18.5]])
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def write(folder: Path) -> dict[str, bytes]:
    """Return a file of each format by its id, written with what researchers use."""
    rows = frame()
    rows.to_file(folder / "a.geojson", driver="GeoJSON")
    rows.to_file(folder / "a.gpkg", driver="GPKG", layer="a")
    rows.to_file(folder / "a.fgb", driver="FlatGeobuf")
    rows.to_parquet(folder / "a.parquet")
    rows.drop(columns="geometry").to_csv(folder / "a.csv", index=False)
    rows.drop(columns="geometry").to_excel(folder / "a.xlsx", index=False)
    rows[["name", "geometry"]].rename(columns={"name": "Name"}).to_file(folder / "a.kml", driver="KML")
    rows[["name", "geometry"]].to_file(folder / "a.gpx", driver="GPX", layer="waypoints")
    shapes = folder / "shapes"
    shapes.mkdir()
    rows.to_file(shapes / "a.shp", encoding="utf-8")
    found = {
        name: (folder / f"a.{name}").read_bytes()
        for name in ("geojson", "gpkg", "fgb", "parquet", "csv", "xlsx", "kml", "gpx")
    }
    found["zip"] = packed({path.name: path.read_bytes() for path in sorted(shapes.iterdir())})
    found["bundle"] = packed({f"layers/a.{name}": found[name] for name in ("geojson", "csv", "kml")})
    return found


def packed(members: dict[str, bytes]) -> bytes:
    """Return a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def others(folder: Path, small: Data) -> dict[str, bytes]:
    """Return what is opened elsewhere: an export with its proof, events for an archive, a plan, a mapping."""
    clocks = Clocks(date(2025, 6, 30), date(2025, 6, 30))
    built = extract.build(small, Selection(("fobs",), Filters(clocks)), Form("csv"))
    bundle.save(built, folder / "export.zip")
    events = pd.DataFrame(
        {
            "event_id": ["a", "b", "c"],
            "category": ["other"] * 3,
            "valid_from": pd.to_datetime(["2025-01-18", "2025-02-01", "2025-02-02"]),
            "lon": [-72.35, None, -72.3],
            "lat": [18.55, None, 18.5],
            "title_en": ["One", "Two", "Three"],
            "revision": [1, 1, 1],
        }
    )
    events.to_parquet(folder / "archive.parquet")
    proposal = scenario.Proposal("p", "Base", -72.35, 18.55)
    plan = dataclasses.replace(scenario.baseline(small, clocks, "F6"), proposals=(proposal,))
    known = mapping.Mapping(kind="events", columns={"title": ["name"], "date_from": ["day"]}, keep={"name": ["Alpha"]})
    return {
        "export": (folder / "export.zip").read_bytes(),
        "archive": (folder / "archive.parquet").read_bytes(),
        "plan": plan_file.to_json(plan).encode(),
        "mapping": mapping.dumps(known).encode(),
    }
