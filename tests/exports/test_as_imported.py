"""What goes in comes out: import, export, import, export, in every format, whatever the columns are called."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import shapely

from mssmap import ingest
from mssmap.errors import InputError
from mssmap.exports import bundle, extract, formats, verify
from mssmap.exports.selection import Form, Selection
from mssmap.ingest import attach, prepare
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.store import open_store

RESERVED = (
    *("row_number", "geom", "geometry", "fid", "day", "lon", "lat", "__index_level_0__", "wkb_geometry"),
    *("source_ids", "OGC_FID", "wkt"),
)
CELLS = [f"cell {n}" for n in range(len(RESERVED))]
DAY = Clocks(date(2025, 6, 30), date(2025, 6, 30))


def taken(data: Data, path: Path) -> tuple[Data, str]:
    """Import a file into a store of its own; return the data with it and the name of its layer."""
    reading = ingest.read(path)
    name = next(name for name, table in reading.tables.items() if CELLS[0] + " 0" in table.to_numpy())
    made = prepare.prepare(reading, name, data, prepare.mapping.Mapping(), file=path.name)
    url = f"sqlite:///{path.with_suffix('.db')}"
    saved = attach.store_import(open_store(url, make=True), made)
    return attach.with_imports(data, url), saved.import_id


def exported(data: Data, name: str, kind: str, folder: Path) -> Path:
    built = extract.build(data, Selection((name,), Filters(DAY)), Form(kind))
    path = folder / f"out{bundle.suffix(built)}"
    bundle.save(built, path)
    assert verify.file(data, path).state == "unchanged"
    return path


def layer(folder: Path, geometries: list[shapely.Geometry]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(RESERVED, [f"{cell} {n}" for cell in CELLS], strict=True)),
            "geometry": shapely.geometry.mapping(shape),
        }
        for n, shape in enumerate(geometries)
    ]
    path = folder / "t.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_reserved_names_go_round_in_every_format(small, tmp_path, kind):
    points = [shapely.Point(-72.33, 18.54), shapely.Point(-72.31, 18.55)]
    data, name = taken(small, layer(tmp_path, points))
    first = exported(data, name, kind, tmp_path)
    again, name = taken(small, first)
    second = exported(again, name, kind, tmp_path)
    for path in (first, second):
        table = next(table for table in ingest.read(path).tables.values() if CELLS[0] + " 0" in table.to_numpy())
        assert len(table) == 2
        cells = {str(cell) for cell in table.drop(columns="geometry", errors="ignore").to_numpy().ravel()}
        wanted = {f"{cell} {n}" for cell in CELLS for n in (0, 1)}
        assert wanted - cells <= ({f"{CELLS[9]} {n}" for n in (0, 1)} if kind in ("kml", "gpx") else set())


def test_shapes_of_several_kinds_are_a_shapefile_each(small, tmp_path):
    line = [(-72.33, 18.54), (-72.31, 18.55), (-72.31, 18.54)]
    mixed = [shapely.Point(-72.33, 18.54), shapely.LineString(line), shapely.Polygon(line), shapely.Point(-72.3, 18.5)]
    data, name = taken(small, layer(tmp_path, mixed))
    built = extract.build(data, Selection((name,), Filters(DAY)), Form("shp"))
    assert any("points, lines and areas are in a file each" in lost for lost in built.losses)
    kinds = {
        table.removeprefix(name): (set(rows.geom_type), len(rows))
        for table, rows in ingest.read(exported(data, name, "shp", tmp_path)).tables.items()
        if "geometry" in rows
    }
    assert kinds == {"_points": ({"Point"}, 2), "_lines": ({"LineString"}, 1), "_areas": ({"Polygon"}, 1)}


def test_a_collection_is_told_to_a_shapefile(small, tmp_path):
    both = shapely.GeometryCollection([shapely.Point(-72.33, 18.54), shapely.LineString([(-72.33, 18.54), (-72, 18)])])
    data, name = taken(small, layer(tmp_path, [both, shapely.Point(-72.33, 18.54)]))
    with pytest.raises(InputError, match=r"found collections, points in one layer, required one kind.*GeoPackage"):
        exported(data, name, "shp", tmp_path)


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_a_height_is_kept_or_told(small, tmp_path, kind):
    data, name = taken(small, layer(tmp_path, [shapely.Point(-72.33, 18.54, 40.5)]))
    built = extract.build(data, Selection((name,), Filters(DAY)), Form(kind))
    again = ingest.read(exported(data, name, kind, tmp_path)).tables
    shapes = [shape for table in again.values() if "geometry" in table for shape in table.geometry]
    kept = any(shape.has_z and shape.z == 40.5 for shape in shapes)
    assert kept != any("height" in lost for lost in built.losses)
    assert kept or kind in ("csv", "xlsx", "html", "gpx")


@pytest.mark.parametrize("kind", ["fgb", "gpkg", "shp", "kml"])
def test_some_heights(small, tmp_path, kind):
    data, name = taken(small, layer(tmp_path, [shapely.Point(-72.33, 18.54, 40.5), shapely.Point(-72.33, 18.54)]))
    built = extract.build(data, Selection((name,), Filters(DAY)), Form(kind))
    again = ingest.read(exported(data, name, kind, tmp_path)).tables
    high = [shape.has_z for table in again.values() if "geometry" in table for shape in table.geometry]
    alike = kind in ("fgb", "shp")
    assert high == ([False, False] if alike else [True, False])
    assert any("1 places are without their height" in lost for lost in built.losses) == alike
