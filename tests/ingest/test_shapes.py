"""How deep, long and tangled a shape may be is measured where it is read, and told in one sentence."""

from __future__ import annotations

import os
import threading
import time

import pytest
import shapely

from mssmap import cli, ingest, store
from mssmap.crs import METRIC
from mssmap.ingest import prepare
from mssmap.jail.limits import Limits
from mssmap.store import imports

from . import samples, shaped


@pytest.fixture
def read(tmp_path):
    def one(content: bytes, name: str, **more):
        path = tmp_path / "upload"
        path.write_bytes(content)
        return ingest.read(path, name=name, **more)

    return one


TOO_DEEP = r"found collections nested more than 8 deep in row 1, required at most 8\. Split the shape"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(shaped.parquet(shaped.nested(1_000)), "a.parquet", id="parquet 1,000"),
        pytest.param(shaped.parquet(shaped.nested(11_000)), "a.parquet", id="parquet 11,000"),
        pytest.param(shaped.parquet(shaped.nested(1_000_000)), "a.parquet", id="parquet 1,000,000"),
        pytest.param(shaped.parquet(shaped.nested(60, before=shaped.POINT)), "a.parquet", id="behind a point"),
        pytest.param(shaped.parquet(shaped.nested(60, before=shaped.EMPTY_LINE)), "a.parquet", id="behind a line"),
        pytest.param(shaped.geopackage(shaped.nested(3_000)), "a.gpkg", id="geopackage 3,000"),
        pytest.param(shaped.geojson(20), "a.geojson", id="geojson"),
        pytest.param(shaped.kml(20), "a.kml", id="kml"),
        pytest.param(shaped.kml(900), "a.kml", id="kml 900"),
    ],
)
def test_a_nested_shape_is_refused_in_a_sentence(read, content, name):
    with pytest.raises(ingest.RefusedError, match=TOO_DEEP):
        read(content, name)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        pytest.param(
            shaped.parquet(shaped.nested_wkt(3_000), encoding="WKT"), "a.parquet",
            "found geometry encoded as WKT, required WKB. Write it with encoding WKB.", id="WKT",
        ),
        pytest.param(
            shaped.parquet(b"\x07\x00\x01" * 3_000, encoding="TWKB"), "a.parquet",
            "found geometry encoded as TWKB, required WKB. Write it with encoding WKB.", id="TWKB",
        ),
    ],
)  # fmt: skip
def test_other_encodings_are_refused(read, content, name, reason):
    with pytest.raises(ingest.RefusedError) as told:
        read(content, name)
    assert reason in str(told.value)


def test_twkb_in_a_geopackage_is_a_fault_of_its_row(read):
    reading = read(shaped.geopackage(b"\x07\x00\x01" * 3_000), "a.gpkg")
    assert [(fault.row, fault.found) for fault in reading.faults] == [(1, "a geometry that cannot be read")]


def test_collections_are_laid_flat(read):
    one = shaped.nested(3)
    lines = shapely.to_wkb(shapely.from_wkt("GEOMETRYCOLLECTION(MULTIPOINT(1 2, 3 4), GEOMETRYCOLLECTION(POINT(5 6)))"))
    mixed = shapely.to_wkb(shapely.from_wkt("GEOMETRYCOLLECTION(MULTIPOINT(1 2, 3 4), LINESTRING(0 0, 1 1))"))
    (rows,) = read(shaped.parquet(one, lines, mixed, crs=None), "a.parquet").tables.values()
    assert [shape.wkt for shape in rows.geometry] == [
        "POINT (-72.3 18.5)",
        "MULTIPOINT ((1 2), (3 4), (5 6))",
        "GEOMETRYCOLLECTION (POINT (1 2), POINT (3 4), LINESTRING (0 0, 1 1))",
    ]


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"shape_vertices": 99}, "a shape of 129 vertices in row 1, required at most 99"),
        ({"parts": 3}, "a shape of 4 parts in row 2, required at most 3"),
    ],
)
def test_vertices_and_parts_of_one_shape_are_limited(read, limits, found):
    disc = shapely.to_wkb(shapely.Point(-72.3, 18.5).buffer(0.1, 32))
    four = shapely.to_wkb(shapely.MultiPoint([(i, i) for i in range(4)]))
    with pytest.raises(ingest.RefusedError, match=found):
        read(shaped.parquet(disc, four), "a.parquet", limits=Limits(**limits))


def test_vertices_of_all_shapes_together_are_limited(read):
    two = shapely.to_wkb(shapely.LineString([(-72.3, 18.5), (-72.2, 18.5)]))
    with pytest.raises(ingest.RefusedError, match="found 4 vertices, required at most 3"):
        read(shaped.parquet(two, two), "a.parquet", limits=Limits(vertices=3))


@pytest.mark.parametrize("shape", [shaped.comb(60_000), shaped.star(2_001)], ids=["comb", "star"])
def test_a_shape_dear_to_check_or_to_repair_ends_the_reader_not_the_server(read, shape, small):
    """Whether the machine can do it within the limits or not: what is left for the server is quick."""
    try:
        reading = read(shaped.parquet(shape), "a.parquet", limits=Limits(cpu_s=2))
    except ingest.RefusedError as error:
        endings = ("stopped: it took too long", "crosses itself too often", "bytes of memory")
        assert any(ending in str(error) for ending in endings)  # noqa: PT017 -- each of them is right
        return
    began = time.thread_time()
    prepare.prepare(reading, "a", small)
    assert time.thread_time() - began < 5


# --------------------------------------------------------------------------------------------------- Reference systems


def test_places_come_in_degrees(read, tmp_path):
    samples.frame().to_crs(METRIC).to_parquet(tmp_path / "m.parquet")
    samples.frame().to_crs(METRIC).to_file(tmp_path / "m.gpkg")
    for name in ("m.parquet", "m.gpkg"):
        rows = read((tmp_path / name).read_bytes(), name).tables["m"]
        assert rows.crs == "EPSG:4326"
        assert rows.geometry.geom_equals_exact(samples.frame().geometry.set_axis(rows.index), 1e-8).all()


def test_heights_are_kept_on_the_way_to_degrees(read, tmp_path):
    high = samples.frame().to_crs(METRIC)
    high = high.set_geometry(shapely.force_3d(high.geometry.to_numpy(), 7.0))
    high.loc[high.index[0], "geometry"] = shapely.force_2d(high.geometry.iloc[0])
    high.to_parquet(tmp_path / "m.parquet")
    rows = read((tmp_path / "m.parquet").read_bytes(), "m.parquet").tables["m"]
    assert rows.geometry.has_z.tolist() == [False, True, True]
    assert rows.geometry.iloc[1].z == pytest.approx(7.0)


def test_a_system_that_wants_a_file_is_refused_and_the_file_is_not_opened(read, tmp_path):
    """Somebody waits at the other end of the pipe: whoever opened it would let them go on."""
    pipe = tmp_path / "grid.gsb"
    os.mkfifo(pipe)
    opened: list[int] = []

    def wait() -> None:
        opened.append(os.open(pipe, os.O_WRONLY))

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    try:
        content = shaped.geopackage(shaped.POINT, shaped.GRID % pipe, "NONE")
        with pytest.raises(
            ingest.RefusedError,
            match=r"found a coordinate system that PROJ cannot use .*required EPSG or WKT that needs no file",
        ):
            read(content, "a.gpkg")
        assert not opened
    finally:
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        waiting.join(timeout=60)


def test_a_system_without_a_code_is_brought_to_degrees_by_the_reader(read):
    plain = samples.frame().to_crs(METRIC).crs.to_wkt().replace('ID["EPSG",32618]', 'ID["MINE",1]')
    at = shapely.to_wkb(shapely.Point(780_000, 2_050_000))
    (rows,) = read(shaped.geopackage(at, plain, "NONE"), "a.gpkg").tables.values()
    assert rows.crs == "EPSG:4326"
    assert rows.geometry.iloc[0].distance(shapely.Point(-72.345, 18.525)) < 0.02


def test_a_pipe_in_the_place_of_a_file_does_not_hold_anybody_up(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ingest.RefusedError, match="found something that is not a plain file"):
        ingest.read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (shaped.parquet(shaped.nested(1_000)), "nested.parquet", "nested more than 8 deep"),
        (shaped.geopackage(shaped.POINT, shaped.GRID % "/dev/stdin", "NONE"), "grid.gpkg", "PROJ cannot use"),
    ],
)
def test_the_command_refuses_it_and_stores_nothing(content, name, message, tmp_path, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    (tmp_path / name).write_bytes(content)
    assert cli.run(["import", str(tmp_path / name), "--make-store"]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"{name}: found" in told
    assert message in told
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert not (tmp_path / "store.db").exists() or not imports.listed(store.open_store(url, make=False))
