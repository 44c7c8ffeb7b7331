"""Each format as it comes from the tools people use: same text, numbers, days, places; and what is said of repairs."""

from __future__ import annotations

import io

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from mssmap import ingest
from mssmap.errors import InputError
from mssmap.ingest import archive
from mssmap.jail import box
from mssmap.jail.limits import Limits

from . import samples
from .hostile import collection, point, workbook, zipped


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return samples.write(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def read(tmp_path):
    def one(content: bytes, name: str = "a.csv", **more):
        path = tmp_path / "upload"
        path.write_bytes(content)
        return ingest.read(path, name=name, **more)

    return one


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "fgb", "parquet", "zip"])
def test_places_and_attributes_come_back(files, read, kind):
    reading = read(files[kind], f"a.{kind}")
    (rows,) = reading.tables.values()
    rows = rows.sort_values("number").set_axis(rows.index)  # FlatGeobuf orders by place
    expected = samples.frame()
    assert reading.format == ("shp" if kind == "zip" else kind)
    assert rows.crs == expected.crs
    assert rows["name"].tolist() == ["Alpha", "Bêta", "Pétion-Ville"]
    assert rows["number"].tolist() == [1, 2, 3]
    assert rows["share"].tolist() == [0.5, 1.25, -3.0]
    assert pd.to_datetime(rows["day"]).dt.strftime("%F").tolist() == ["2025-01-18", "2024-02-29", "2021-07-07"]
    assert rows.geometry.geom_equals_exact(expected.geometry.set_axis(rows.index), 1e-9).all()
    assert rows.index.tolist() == [1, 2, 3]
    assert not reading.faults


@pytest.mark.parametrize("kind", ["gpkg", "fgb", "parquet", "geojson", "xlsx"])
def test_types_are_those_of_the_catalog(files, read, kind):
    (rows,) = read(files[kind], f"a.{kind}").tables.values()
    assert str(rows["number"].dtype) == "Int64"
    assert str(rows["open"].dtype) == "boolean"
    assert str(rows["share"].dtype) == "float64"
    assert isinstance(rows["name"].dtype, pd.StringDtype)


def test_csv_is_text_and_counts_rows_like_a_spreadsheet(read):
    reading = read(b'code,n\n007,1\n\n"a\nb",\n')
    rows = reading.tables["a"]
    assert rows["code"].tolist() == ["007", "a\nb"]
    assert rows["n"].tolist() == ["1", ""]
    assert rows.index.tolist() == [2, 4]


def test_semicolons_and_a_mark_at_the_start(read):
    reading = read("\ufeffnom;n\nGoâve;1,5\n".encode())
    assert reading.tables["a"].to_dict("list") == {"nom": ["Goâve"], "n": ["1,5"]}
    assert any("separated by ';'" in note for note in reading.notes)


def test_windows_letters_are_read_and_said(read):
    reading = read("nom\nGoâve\n".encode("cp1252"))
    assert reading.tables["a"]["nom"].tolist() == ["Goâve"]
    assert any("not UTF-8 (line 2)" in note for note in reading.notes)


def test_control_characters_are_taken_out_and_said(read):
    reading = read("name\na\u202eb\nplain\n".encode())
    assert reading.tables["a"]["name"].tolist() == ["ab", "plain"]
    assert any(
        "name: control or direction characters were taken out in 1 cells (row 2)" in note for note in reading.notes
    )


def test_rows_of_another_width_are_faults(read):
    (fault,) = read(b"a,b\n1,2\n3\n").faults
    assert (fault.row, fault.found, fault.required) == (3, "1 cells", "2 cells, as in the header")


def test_a_number_that_is_none_is_a_fault_with_its_place(read):
    reading = read(
        b'{"type":"Feature","properties":{"n":NaN},"geometry":{"type":"Point","coordinates":[Infinity,1]}}', "a.geojson"
    )
    told = {(fault.row, fault.column, fault.found) for fault in reading.faults}
    assert told == {(1, "n", "nan"), (1, "geometry", "inf in a position")}
    assert reading.tables["a"].geometry.isna().all()


def test_a_shapefile_without_prj_has_no_coordinate_system(read, files, tmp_path):
    import zipfile

    with zipfile.ZipFile(io.BytesIO(files["zip"])) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.filename.endswith(".prj")}
    reading = read(zipped(parts), "a.zip")
    assert reading.tables["a"].crs is None
    assert any("without .prj" in note for note in reading.notes)


def test_missing_values_stay_missing(read, tmp_path):
    rows = gpd.GeoDataFrame(
        {"n": pd.array([1, None], "Int64"), "t": ["a", None]}, geometry=[shapely.Point(1, 2), None], crs=4326
    )
    rows.to_parquet(tmp_path / "m.parquet")
    found = read((tmp_path / "m.parquet").read_bytes(), "m.parquet").tables["m"]
    assert found["n"].isna().tolist() == [False, True]
    assert found["t"].isna().tolist() == [False, True]
    assert found.geometry.isna().tolist() == [False, True]


def test_a_bundle_gives_every_layer(files, read):
    reading = read(zipped({"a.geojson": files["geojson"], "b/a.csv": files["csv"], "notes.txt": b"x"}), "b.zip")
    assert {name: len(rows) for name, rows in reading.tables.items()} == {"a": 3, "a_2": 3}
    assert reading.notes == ("notes.txt in the zip is not read.",)


PROOF = {"title": "x", "hash": "y"}


def test_the_proof_is_found_where_exports_put_it(read, tmp_path, files):
    import json
    import sqlite3

    import pyogrio

    rows = samples.frame()
    book = openpyxl.load_workbook(io.BytesIO(workbook([["a"], ["b"]])))
    book.create_sheet("mssmap")["A1"] = json.dumps(PROOF)
    book.save(tmp_path / "p.xlsx")
    rows.to_file(tmp_path / "p.gpkg")
    with sqlite3.connect(tmp_path / "p.gpkg") as database:
        database.execute("CREATE TABLE mssmap_proof (document TEXT)")
        database.execute("INSERT INTO mssmap_proof VALUES (?)", (json.dumps(PROOF),))
    pyogrio.write_dataframe(rows, tmp_path / "p.fgb", layer_metadata={"mssmap": json.dumps(PROOF)})
    (tmp_path / "p.zip").write_bytes(zipped({"p.csv": files["csv"], "p.mssmap.json": json.dumps(PROOF).encode()}))
    (tmp_path / "p.geojson").write_bytes(collection(point({}), mssmap=PROOF))
    for path in sorted(tmp_path.glob("p.*")):
        assert ingest.read(path).proof == PROOF, path.name
    assert len(ingest.read(tmp_path / "p.xlsx").tables) == 1


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        pytest.param(Limits(rows=2), "3 rows", id="rows"),
        pytest.param(Limits(columns=2), "columns", id="columns"),
        pytest.param(Limits(file_bytes=10), "bytes", id="file"),
        pytest.param(Limits(cells=5), "cells", id="cells"),
    ],
)
def test_each_limit_is_said(read, files, limits, found):
    with pytest.raises(ingest.RefusedError, match=rf"^a\.csv: found .*{found}.* required at most"):
        read(files["csv"], limits=limits)


def test_vertices_are_limited(read):
    line = {"type": "LineString", "coordinates": np.zeros((1000, 2)).tolist()}
    with pytest.raises(ingest.RefusedError, match=r"1,000 vertices, required at most 999"):
        read(
            collection({"type": "Feature", "properties": {}, "geometry": line}),
            "a.geojson",
            limits=Limits(vertices=999),
        )


def test_time_is_limited(read):
    with pytest.raises(ingest.RefusedError, match=r"found a file that takes more than 0 seconds"):
        read(b"a\n1\n", limits=Limits(wall_s=0))


def test_memory_is_limited(read):
    with pytest.raises(ingest.RefusedError, match=r"needs more than 5,000,000 bytes of memory to read\.$"):
        read(b"a,b\n" + b"1,2\n" * 200_000, limits=Limits(memory_bytes=5_000_000))


def test_what_is_not_a_file_is_refused(tmp_path):
    with pytest.raises(ingest.RefusedError, match=r"found no readable file"):
        ingest.read(tmp_path / "none.csv")
    with pytest.raises(ingest.RefusedError, match=r"no readable file|not a plain file"):
        ingest.read(tmp_path)


def test_progress_goes_up(read, files):
    told = []
    read(files["csv"], progress=lambda share, what: told.append(share))
    assert told == sorted(told)
    assert len(told) >= 3


def test_the_reading_process_knows_nothing_of_the_server(monkeypatch):
    monkeypatch.setenv("MSSMAP_DATABASE_URL", "postgresql://user:word@host/x")
    assert not [name for name in box.environment() if name.startswith(("MSSMAP", "HOME", "USER"))]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n")
    with pytest.raises(ingest.RefusedError, match="found 4 bytes, required at most 3"):
        box._opened(path, Limits(file_bytes=3))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("../a.csv", b"a\n1\n", "found a path that leaves the archive", id="a path that leaves"),
        pytest.param("a.csv", b" " * 2_000_000, "found 2,000,000 bytes packed into", id="packed a thousand times"),
    ],
)
def test_a_member_that_is_dangerous_is_refused(name, content, message):
    with pytest.raises(ingest.RefusedError, match=message):
        archive.unpack(zipped({name: content}), archive.Budget(Limits()))


FOREIGN_GPX = b"""<?xml version="1.0"?><!-- from a receiver -->
<gpx version="1.1" creator="Receiver" xmlns="http://www.topografix.com/GPX/1/1" xmlns:o="urn:other">
  <metadata><time>2025-01-18T00:00:00Z</time></metadata>
  <wpt lat="18.5" lon="-72.3"><ele>12.5</ele><name>Alpha</name><extensions><o:speed>4</o:speed></extensions></wpt>
  <wpt lat="north" lon="-72.3"><name>Lost</name></wpt>
  <rte><name>Route</name><rtept lat="18.5" lon="-72.3"/><rtept lat="18.6" lon="-72.4"/></rte>
  <trk><name>Two parts</name>
    <trkseg><trkpt lat="18.5" lon="-72.3"/><trkpt lat="18.6" lon="-72.4"/></trkseg>
    <trkseg><trkpt lat="18.7" lon="-72.5"/><trkpt lat="18.8" lon="-72.6"/></trkseg>
    <trkseg><trkpt lat="18.9" lon="-72.7"/></trkseg></trk>
  <trk><name>Never on</name></trk>
</gpx>"""


def test_waypoints_routes_and_tracks_are_rows(read):
    reading = read(FOREIGN_GPX, "walk.gpx")
    (rows,) = reading.tables.values()
    assert reading.format == "gpx"
    assert rows["name"].tolist() == ["Alpha", "Lost", "Route", "Two parts", "Never on"]
    assert (rows["ele"].iloc[0], rows["speed"].iloc[0]) == ("12.5", "4")
    assert [None if shape is None else shape.wkt for shape in rows.geometry] == [
        "POINT (-72.3 18.5)",
        None,
        "LINESTRING (-72.3 18.5, -72.4 18.6)",
        "MULTILINESTRING ((-72.3 18.5, -72.4 18.6), (-72.5 18.7, -72.6 18.8))",
        None,
    ]
    assert [(fault.row, fault.column, fault.required) for fault in reading.faults] == [
        (2, "geometry", "lat and lon in degrees")
    ]
    assert reading.notes == ("1 segments of a single position beside longer ones are left out.",)


def test_gpx_that_gdal_wrote_is_read(files, read):
    (rows,) = read(files["gpx"], "a.gpx").tables.values()
    expected = samples.frame()
    assert rows["name"].tolist() == expected["name"].tolist()
    assert rows.geometry.geom_equals_exact(expected.geometry.set_axis(rows.index), 1e-7).all()


def test_gpx_without_anything_in_it_is_refused(read):
    with pytest.raises(InputError, match="no waypoints, routes or tracks"):
        read(b'<gpx version="1.1"/>', "a.gpx")
