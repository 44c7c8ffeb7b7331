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


def test_shapes_of_several_kinds_are_told_to_a_shapefile(small, tmp_path):
    mixed = [shapely.Point(-72.33, 18.54), shapely.LineString([(-72.33, 18.54), (-72.31, 18.55)])]
    data, name = taken(small, layer(tmp_path, mixed))
    with pytest.raises(InputError, match=r"found lines, points in one layer, required one kind.*GeoPackage"):
        exported(data, name, "shp", tmp_path)
