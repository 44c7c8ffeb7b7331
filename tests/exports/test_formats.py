"""What each format holds, read with other tools than our own: GDAL, geopandas, sqlite3, openpyxl, frictionless."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from mssmap.errors import InputError, NotFoundError
from mssmap.exports import bundle, extract, selection, sheets, verify
from mssmap.exports.formats import FORMATS
from mssmap.exports.selection import Form, Selection
from mssmap.records import kinds, views
from mssmap.records.schema import Contract, Field
from mssmap.records.shown import Filters

DRIVERS = {"geojson": "GeoJSON", "gpkg": "GPKG", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile", "kml": "LIBKML"}


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def readable(path: Path, name: str, tmp_path: Path) -> Path:
    """Return the file that GDAL is to open."""
    if path.suffix != ".zip":
        return path
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked" / f"fobs{FORMATS[name].suffix}"


@pytest.mark.parametrize("name", list(DRIVERS))
def test_gdal_reads_three_bases_two_of_them_with_a_place(made, tmp_path, name):
    path = readable(made(name, "fobs"), name, tmp_path)
    info = pyogrio.read_info(path, layer="fobs" if name == "gpkg" else None)
    kind = "Unknown" if name == "kml" else "Point"  # KML declares no type for a folder
    assert (info["driver"], info["features"], info["geometry_type"]) == (DRIVERS[name], 3, kind)
    assert info["crs"] == "EPSG:4326"
    frame = gpd.read_file(path, layer="fobs" if name == "gpkg" else None)
    assert sorted(shapely.to_wkt(frame.geometry.dropna().force_2d(), rounding_precision=2)) == [
        "POINT (-72.25 18.55)",
        "POINT (-72.35 18.55)",
    ]


@pytest.mark.parametrize("name", list(DRIVERS))
def test_ogrinfo_reads_it(made, tmp_path, name):
    tool = shutil.which("ogrinfo")
    if tool is None:
        pytest.skip("gdal-bin is not installed; the test above asks the GDAL of pyogrio")
    path = readable(made(name, "fobs"), name, tmp_path)
    done = subprocess.run([tool, "-al", "-so", path], capture_output=True, text=True, check=True)
    assert "Feature Count: 3" in done.stdout
    assert not [word for word in ("ERROR", "Warning") if word in done.stdout + done.stderr]


@pytest.mark.parametrize("name", [name for name, item in FORMATS.items() if item.metric and name in DRIVERS])
def test_metres_on_request(made, tmp_path, name):
    frame = gpd.read_file(readable(made(name, "fobs", crs="EPSG:32618"), name, tmp_path), layer=0)
    assert frame.crs.to_epsg() == 32618
    assert frame.geometry.dropna().x.between(700_000, 1_000_000).all()


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_same_data_give_the_same_bytes(small, on, name):
    selection = Selection(("fobs", "events", "figures"), Filters(on("2025-06-30")))
    first, second = (bundle.pack(extract.build(small, selection, Form(name))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_layer_without_rows_is_written_all_the_same(small, on, name):
    built = extract.build(small, Selection(("fobs",), Filters(on("2021-07-01"))), Form(name))
    assert bundle.pack(built)
    assert built.document()["parts"][0]["rows"] == 0


def test_geojson_is_rfc_7946(made):
    communes = json.loads(made("geojson", "communes").read_text())
    ring = shapely.LinearRing(communes["features"][0]["geometry"]["coordinates"][0])
    assert ring.is_ccw
    found = json.loads(made("geojson", "gang_zones").read_text())
    assert "crs" not in found
    feature = found["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-72.25, 18.55]}
    assert feature["properties"]["uncertainty_m"] == 1000
    assert feature["properties"]["status_from"] == "2024-02-01"
    assert [source["source_id"] for source in feature["properties"]["sources"]] == ["blog-1"]
    assert found["mssmap"]["proof"] == "mssmap/1"


def test_geojson_keeps_a_missing_place(of_rows):
    found = json.loads(bundle.pack(of_rows("geojson", ["a", "b"], [None, (-72.5, 18.25)])))
    assert [item["geometry"] for item in found["features"]] == [
        None,
        {"type": "Point", "coordinates": [-72.5, 18.25]},
    ]


def test_geopackage_has_metadata_styles_and_proof(made):
    with sqlite3.connect(made("gpkg", "fobs", "gang_zones", "figures")) as database:
        ask = database.execute
        assert ask("PRAGMA integrity_check").fetchone() == ("ok",)
        assert ask("PRAGMA foreign_key_check").fetchall() == []
        contents = dict(ask("SELECT table_name, data_type FROM gpkg_contents"))
        assert contents.pop("layer_styles") == "attributes"
        assert contents == {
            "fobs": "features",
            "gang_zones": "features",
            "figures": "attributes",
            "sources": "attributes",
        }
        about = ask(
            "SELECT metadata FROM gpkg_metadata_reference JOIN gpkg_metadata ON md_file_id = id "
            "WHERE table_name = 'fobs'"
        ).fetchone()[0]
        assert json.loads(about)["licence"] == "CC-BY-4.0"
        styles = dict(ask("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
        assert set(styles) == {"fobs", "gang_zones"}
        spots = ET.fromstring(styles.pop("gang_zones").partition("\n")[2]).find("renderer-v2")
        wanted = {f"\"extent\" = 'spot' AND \"status\" = '{level}'" for level in kinds.LAYERS["gang_zones"].statuses}
        assert {rule.get("filter") for rule in spots.find("rules")} == wanted
        for qml in styles.values():
            renderer = ET.fromstring(qml.partition("\n")[2]).find("renderer-v2")
            assert renderer.get("attr") == "status"
            drawn = {symbol.get("name") for symbol in renderer.find("symbols")}
            assert {category.get("symbol") for category in renderer.find("categories")} == drawn
        (document,) = ask("SELECT document FROM mssmap_proof").fetchone()
        assert [part["name"] for part in json.loads(document)["parts"]] == ["fobs", "gang_zones", "figures", "sources"]


def test_a_small_geopackage_can_be_edited_with_plain_sqlite(made):
    with sqlite3.connect(made("gpkg")) as database:
        assert database.execute("UPDATE fobs SET operator = 'Kenya'").rowcount == 3


def test_gdal_lists_the_layers_and_tables_and_not_the_proof(made):
    listed = pyogrio.list_layers(made("gpkg", "fobs"))[:, 0].tolist()
    assert listed == ["fobs", "sources", "layer_styles"]


def test_types_of_a_geopackage(made):
    fields = pyogrio.read_info(made("gpkg", "fobs"), layer="fobs")
    types = dict(zip(fields["fields"], fields["ogr_types"], strict=True))
    subtypes = dict(zip(fields["fields"], fields["ogr_subtypes"], strict=True))
    assert types["status_from"] == "OFTDate"
    assert types["age_days"] == "OFTInteger64"
    assert subtypes["stale"] == "OFSTBoolean"


def test_flatgeobuf_carries_the_proof_as_metadata(made):
    info = pyogrio.read_info(made("fgb"))
    assert json.loads(info["layer_metadata"]["mssmap"])["filter"]["layers"] == ["fobs"]


def test_flatgeobuf_keeps_a_missing_place(of_rows, tmp_path):
    path = tmp_path / "rows.fgb"
    bundle.save(of_rows("fgb", ["a", "b"], [None, (-72.5, 18.25)]), path)
    assert gpd.read_file(path).geometry.isna().sum() == 1


def test_geoparquet_is_read_by_geopandas_and_says_its_version(made):
    path = made("parquet", "fobs", crs="EPSG:32618")
    assert gpd.read_parquet(path).crs.to_epsg() == 32618
    metadata = pq.read_metadata(path).metadata
    geo = json.loads(metadata[b"geo"])
    assert (geo["version"], geo["columns"]["geometry"]["geometry_types"]) == ("1.1.0", ["Point"])
    assert json.loads(metadata[b"mssmap"])["form"]["crs"] == "EPSG:32618"


def test_shapefile_cuts_names_and_texts_between_letters_and_says_so(of_rows, tmp_path):
    built = of_rows("shp", ["é" * 200, "short"])
    bundle.save(built, tmp_path / "rows.zip")
    frame = gpd.read_file(f"zip://{tmp_path / 'rows.zip'}!rows.shp")
    assert list(frame.columns) == ["row_id", "note_of_so", "geometry"]
    assert frame["note_of_so"].tolist() == ["é" * 127, "short"]
    assert built.losses == (
        "rows: columns have other names, of at most 10 letters: note_of_some_length -> note_of_so.",
        "rows: 1 texts in note_of_so are cut to 254 bytes or freed of control characters.",
    )


def test_kml_holds_text_from_data_as_data_only(of_rows):
    text = "<img src=x onerror=alert(1)> $[name] ]]> \x07bell"
    packed = bundle.pack(of_rows("kml", [text]))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        root = ET.fromstring(archive.read("rows.kml"))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "description" not in tags
    assert "img" not in tags
    (held,) = [element for element in root.iter() if element.get("name") == "note_of_some_length"]
    assert "".join(held.itertext()).strip() == "<img src=x onerror=alert(1)> $[name] ]]> bell"


HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "\rx", "'=1", "'tis", "{{7*191}}", "plain"]


def test_csv_holds_no_formula(of_rows):
    packed = bundle.pack(of_rows("csv", HOSTILE))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("rows.csv").decode(), newline="")))
    cells = [row[1] for row in rows[1:]]
    assert not any(cell[0] in "=+-@\t\r" for cell in cells)
    assert cells[-3:] == HOSTILE[-3:]
    assert [sheets.unguard(cell) for cell in cells] == HOSTILE
    assert rows[0] == ["row_id", "note_of_some_length", "lon", "lat"]
    assert rows[1][2:] == ["-72", "18.5"]


def test_xlsx_holds_no_formula_and_no_link(of_rows):
    book = openpyxl.load_workbook(io.BytesIO(bundle.pack(of_rows("xlsx", [*HOSTILE[:4], "https://example.org"]))))
    cells = [row[1] for row in book["rows"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert [cell.value for cell in cells] == [*HOSTILE[:4], "https://example.org"]


def test_xlsx_has_a_sheet_for_each_table_with_dates_and_numbers(made):
    book = openpyxl.load_workbook(made("xlsx", "fobs", "strength"))
    assert book.sheetnames == ["fobs", "strength", "sources", "mssmap"]
    head, first = ([cell.value for cell in row] for row in book["strength"].iter_rows(max_row=2))
    row = dict(zip(head, first, strict=True))
    assert (row["date"].isoformat()[:10], row["personnel"]) == ("2024-06-25", 200)


def test_hashtags_stand_below_the_header(made):
    rows = list(csv.reader(io.StringIO(members(made("csv", "fobs", schema="hxl"))["fobs.csv"].decode(), newline="")))
    tags = dict(zip(rows[0], rows[1], strict=True))
    assert tags["commune_pcode"] == "#adm2+code"
    assert tags["lon"] == "#geo+lon"
    assert len(rows) == 5


def test_boundaries_with_the_names_of_cod_ab(made):
    found = json.loads(made("geojson", "departments", schema="cod-ab").read_text())
    properties = found["features"][0]["properties"]
    assert (properties["adm1_pcode"], properties["adm1_name"]) == ("HT01", "Ouest")
    column = found["mssmap"]["parts"][0]["columns"][0]
    assert (column["name"], column["mssmap"]) == ("adm1_pcode", "pcode")


@pytest.mark.parametrize("name", ["gpkg", "shp"])
def test_zones_are_points_and_their_named_units_areas_where_a_layer_holds_one_kind(small, on, tmp_path, name):
    status = small["status"].assign(share_pct=None)
    status.loc[status["record_id"] == "zone-b", ["unit", "unit_pcodes"]] = ["commune", "HT0121"]
    data = replace(small, frames={**small.frames, "status": status})
    built = extract.build(data, Selection(("gang_zones",), Filters(on("2025-06-30"))), Form(name))
    path = tmp_path / f"zones.{'gpkg' if name == 'gpkg' else 'zip'}"
    path.write_bytes(bundle.pack(built))
    where = str(path) if name == "gpkg" else f"/vsizip/{path}"
    found = {}
    for layer, _kind in pyogrio.list_layers(where):
        frame = pyogrio.read_dataframe(where, layer=layer)
        if "geometry" in frame and "zone_id" in frame:
            found[frame.geometry.iloc[0].geom_type.removeprefix("Multi")] = frame
    assert set(found) == {"Point", "Polygon"}
    assert found["Polygon"].geometry.iloc[0].bounds == pytest.approx((-72.3, 18.5, -72.2, 18.6))
    assert found["Point"].filter(like="uncertain").iloc[0, 0] == 7700


def test_lines_and_areas_are_text_in_csv_and_left_out_of_xlsx(small, on):
    selection = Selection(("communes",), Filters(on("2025-06-30")))
    wide = extract.build(small, selection, Form("csv")).parts[0]
    assert wide.frame["wkt"].iloc[0].startswith("POLYGON ((-72.4 18.5")
    sheet = extract.build(small, selection, Form("xlsx"))
    assert "wkt" not in sheet.parts[0].frame
    assert "communes: lines and areas are left out, only their attributes are kept." in sheet.losses


def test_a_table_goes_into_csv_where_a_format_has_no_tables(made):
    path = made("fgb", "fobs", "figures")
    assert {"fobs.fgb", "figures.csv", "sources.csv", "datapackage.json"} < set(members(path))


@pytest.mark.parametrize("name", ["csv", "geojson", "shp"])
def test_a_zip_is_a_data_package(made, tmp_path, name):
    frictionless = pytest.importorskip("frictionless")
    with zipfile.ZipFile(made(name, "fobs", "figures", "strength")) as archive:
        archive.extractall(tmp_path / "package")
    package = json.loads((tmp_path / "package" / "datapackage.json").read_text())
    assert {item["path"] for item in package["resources"]} <= {item.name for item in (tmp_path / "package").iterdir()}
    tables = [item for item in package["resources"] if item["format"] == "csv"]
    report = frictionless.validate({**package, "resources": tables}, basepath=str(tmp_path / "package"))
    assert report.valid, report.flatten(["message"])
    assert frictionless.Package.from_descriptor(str(tmp_path / "package" / "datapackage.json")).licenses


@pytest.mark.parametrize("name", ["gpkg", "xlsx"])
def test_odbl_layers_stay_in_a_file_of_their_own(real, on, name):
    built = extract.build(real, Selection(("fobs", "places"), Filters(on("2025-01-18"))), Form(name))
    files = {file.name: [part.name for part in file.parts] for file in bundle.files(built)}
    assert list(files.values()) == [["fobs", "sources"], ["places"]]
    assert bundle.suffix(built) == ".zip"
    package = json.loads(zipfile.ZipFile(io.BytesIO(bundle.pack(built))).read("datapackage.json"))
    licences = [[item.get("name", item.get("title")) for item in res["licenses"]] for res in package["resources"]]
    assert licences == [["CC-BY-4.0"], ["ODbL-1.0"]]


def test_the_proof_says_everything(small, on):
    selection = Selection(("fobs",), Filters(on("2025-01-18"), grade="C3", region="HT01"))
    document = extract.build(small, selection, Form("gpkg")).document()
    assert document["filter"] == {
        **{"layers": ["fobs"], "as_of": "2025-01-18", "known_on": "2025-01-18", "grade": "C3", "region": "HT01"},
        **{"from": None, "to": None, "category": [], "plans": False},
    }
    assert document["link"] == "/?as_of=2025-01-18&known_on=2025-01-18&grade=C3&region=HT01&layers=fobs"
    assert [(s["source_id"], s["reliability"]) for s in document["sources"]] == [("press-2", "C")]
    part = document["parts"][0]
    assert list(part["row_hashes"]) == ["fob-a"]
    age = next(column for column in part["columns"] if column["name"] == "age_days")
    assert (age["type"], age["unit"]) == ("integer", "days")
    assert part["licence"] == "CC-BY-4.0"
    assert document["data"]["fingerprint"] == small.fingerprint


def test_the_hash_of_the_rows_does_not_depend_on_the_format(small, on):
    selection = Selection(("fobs", "gang_zones"), Filters(on("2025-06-30")))
    forms = [Form(name) for name in FORMATS] + [Form("gpkg", crs="EPSG:32618"), Form("csv", schema="cod-ab")]
    hashes = {
        tuple(entry["hash"] for entry in extract.build(small, selection, form).entries if entry["name"] != "sources")
        for form in forms
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pdf",), "format: found 'pdf', required one of geojson, gpkg"),
        (("kml", "EPSG:32618"), "crs: found EPSG:32618, but KML holds EPSG:4326 only. Use it, or one of gpkg"),
        (("gpkg", "EPSG:3857"), "crs: found 'EPSG:3857', required one of EPSG:4326, EPSG:32618"),
        (("gpkg", "EPSG:4326", "hxl"), "columns: hxl is a row of hashtags that GeoPackage has no place for. Use csv"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        Form(*arguments)


def test_a_layer_twice_or_unknown_is_refused(small, on):
    with pytest.raises(InputError, match="layers: found fobs, fobs, required one or more"):
        Selection(("fobs", "fobs"), Filters(on("2025-01-18")))
    with pytest.raises(NotFoundError, match="'moon' is not a layer or table"):
        extract.build(small, Selection(("moon",), Filters(on("2025-01-18"))), Form("csv"))


def test_a_layer_without_places_comes_whole_and_says_so(real, on):
    built = extract.build(real, Selection(("roads",), Filters(on("2025-01-18"), region="HT05")), Form("gpkg"))
    assert len(built.parts[0].frame) == 136
    assert built.losses == ("roads: its rows have no place, so all are there, in HT05 or not.",)


def imported(small):
    """The small data with an import of one event, and one of a table whose columns have awkward names."""
    own = small["events"].iloc[[0]].assign(event_id="imp-a.1")
    events = replace(small.dataset("events"), name="imp-a", group="import", licence="ACLED terms")
    names = ("fid", "Geometry", "note", "Note")
    table = replace(events, name="imp-b", contract=Contract(tuple(Field(name) for name in names)))
    rows = pd.DataFrame([["1", "2", "3", "4"], ["1", "2", "3", "4"]], columns=names).astype("str")
    return replace(
        small,
        datasets={**small.datasets, "imp-a": events, "imp-b": table},
        frames={**small.frames, "events": pd.concat([small["events"], own]), "imp-a": own, "imp-b": rows},
    )


def test_imported_events_are_not_under_the_licence_of_ours(small, on):
    built = extract.build(imported(small), Selection(("events", "imp-a"), Filters(on("2025-06-30"))), Form("gpkg"))
    assert "imp-a.1" not in built.parts[0].ids
    assert built.parts[1].ids == ["imp-a.1"]
    assert [entry["licence"] for entry in built.entries[:2]] == ["CC-BY-4.0", "ACLED terms"]
    assert any("events: those that were imported are left out" in loss for loss in built.losses)


@pytest.mark.parametrize("name", ["gpkg", "shp"])
def test_figures_that_events_list_are_in_the_file_or_said_not_to_be(real, on, tmp_path, name):
    chosen = Selection(("events",), Filters(on("2025-01-18"), grade="B2", start=date(2024, 9, 1)))
    built = extract.build(real, chosen, Form(name))
    listed = {f["figure_id"] for items in views.events(
        real, chosen.filters.clocks, grade="B2", start=chosen.filters.start)["figures"] for f in items}  # fmt: skip
    tables = {part.name: part for part in built.parts}
    assert set(tables["figures"].ids) == listed
    assert any("sources, figures are left out; the tables of these names have their rows" in x for x in built.losses)
    path = tmp_path / bundle.file_name(built)
    bundle.save(built, path)
    assert verify.file(real, path).state == "unchanged"


@pytest.mark.parametrize("form", [Form("fgb"), Form("csv", sidecar=False)])
def test_lists_that_no_table_holds_are_said_to_be_lost(small, on, form):
    built = extract.build(small, Selection(("events",), Filters(on("2025-01-18"))), form)
    assert [part.name for part in built.parts] == ["events"]
    said = "events: lists in sources, figures are left out, and no table in this export has all their rows."
    assert said in built.losses


def test_a_table_that_was_narrowed_otherwise_is_not_said_to_have_all_figures(real, on):
    chosen = Selection(("events", "figures"), Filters(on("2024-03-10", "2026-11-22"), grade="C3"))
    built = extract.build(real, chosen, Form("gpkg"))
    listed = {
        f["figure_id"] for items in views.events(real, chosen.filters.clocks, grade="C3")["figures"] for f in items
    }
    assert not listed <= set(built.parts[1].ids)
    assert any("lists in figures are left out, and no table" in loss for loss in built.losses)


def test_plans_are_in_an_export_that_asks_for_them(small, on, tmp_path):
    asked = [Selection(("events",), Filters(on("2025-06-30"), plans=plans)) for plans in (False, True)]
    facts, both = (extract.build(small, chosen, Form("csv")) for chosen in asked)
    assert set(both.parts[0].ids) - set(facts.parts[0].ids) == {"plan"}
    said = "events: 1 that were announced, not reported as done, are left out; ask for plans."
    assert (said in facts.losses, said in both.losses) == (True, False)
    path = tmp_path / bundle.file_name(both)
    bundle.save(both, path)
    assert verify.file(small, path).state == "unchanged"


def test_a_proof_of_before_plans_were_told_apart_holds_both(on):
    values = Selection(("events",), Filters(on("2025-06-30"))).to_json()
    del values["plans"]
    assert selection.from_json(values).filters.plans


@pytest.mark.parametrize("name", ["gpkg", "parquet", "csv", "xlsx"])
def test_awkward_names_of_columns_and_rows_without_an_id(small, on, tmp_path, name):
    data = imported(small)
    built = extract.build(data, Selection(("imp-b",), Filters(on("2025-06-30"))), Form(name))
    assert built.parts[0].ids == ["1", "2"]
    path = tmp_path / bundle.file_name(built)
    bundle.save(built, path)
    assert verify.file(data, path).state == "unchanged"


def test_gpx_holds_places_and_outlines_and_says_what_it_loses(made, tmp_path, small, on):
    bases = readable(made("gpx", "fobs"), "gpx", tmp_path)
    places = gpd.read_file(bases, layer="waypoints")
    assert places["name"].tolist() == ["Base A", "Base B"]
    assert shapely.to_wkt(places.geometry, rounding_precision=2).tolist() == [
        "POINT (-72.35 18.55)",
        "POINT (-72.25 18.55)",
    ]
    assert gpd.read_file(bases, layer="tracks")["name"].tolist() == ["Plan X"], "it has no place"
    built = extract.build(small, Selection(("communes",), Filters(on("2025-01-18"))), Form("gpx"))
    assert "communes: 2 areas are lines, their outlines." in [str(loss) for loss in built.losses]
    bundle.save(built, tmp_path / bundle.file_name(built))
    unpacked = readable(tmp_path / bundle.file_name(built), "gpx", tmp_path)
    outlines = gpd.read_file(unpacked.with_name("communes.gpx"), layer="tracks")
    assert outlines.geometry.length.round(6).tolist() == [0.4, 0.4]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_writer_and_a_note(name):
    assert callable(bundle.writer(name))
    assert FORMATS[name].note.endswith(".")


def test_nothing_is_left_behind_when_a_file_cannot_be_written(made, tmp_path, small, on):
    built = extract.build(small, Selection(("fobs",), Filters(on("2025-01-18"))), Form("gpkg"))
    with pytest.raises(InputError, match=r"out: .*nowhere.* cannot be written \(No such file"):
        bundle.save(built, tmp_path / "nowhere" / "x.gpkg")
    with pytest.raises(InputError, match=r"out: found x\.csv, required a name that ends in \.gpkg"):
        bundle.save(built, tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []
