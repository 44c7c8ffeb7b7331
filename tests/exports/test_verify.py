"""An exported file that nobody touched, that somebody edited, that the data overtook."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from small_data import load_script

import mssmap
from mssmap import cli
from mssmap.errors import InputError
from mssmap.exports import bundle, extract, proof, verify
from mssmap.exports.formats import FORMATS
from mssmap.exports.selection import Form, Selection
from mssmap.exports.verify import PartChange
from mssmap.records import catalog
from mssmap.records.differences import FieldChange
from mssmap.records.shown import Filters

LAYERS = ("fobs", "gang_zones", "events", "places", "roads", "departments", "figures", "indicators")


def forms() -> list[Form]:
    metric = [Form(name, crs="EPSG:32618") for name, item in FORMATS.items() if item.metric]
    return [*(Form(name) for name in FORMATS), *metric, Form("shp", schema="cod-ab"), Form("csv", schema="hxl")]


@pytest.mark.parametrize("form", forms(), ids=lambda form: f"{form.format} {form.crs[5:]} {form.schema}")
def test_no_format_is_taken_for_an_editor(real, on, tmp_path, form):
    built = extract.build(real, Selection(LAYERS, Filters(on("2025-01-18", "2025-06-01"))), form)
    path = tmp_path / bundle.file_name(built)
    bundle.save(built, path)
    verdict = verify.file(real, path)
    assert (verdict.state, verdict.edits, verdict.revisions, verdict.notes) == ("unchanged", (), (), ())
    assert verdict.rows == sum(len(part.frame) for part in built.parts)
    assert (verdict.selection, verdict.form) == (built.selection, form)


def edited(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as database:
        for statement in statements:
            assert database.execute(statement).rowcount == 1


def test_an_edited_cell_is_named_with_both_values(small, made):
    path = made("gpkg", "fobs", "gang_zones")
    edited(path, "UPDATE fobs SET operator = 'Nobody' WHERE fob_id = 'fob-b'")
    verdict = verify.file(small, path)
    assert verdict.state == "edited"
    assert verdict.edits == (PartChange("fobs", "fob-b", "edited", (FieldChange("operator", "Kenya", "Nobody"),)),)
    assert verdict.revisions == ()


def test_rows_taken_out_and_put_in_are_named(small, made):
    path = made("gpkg", "fobs")
    edited(
        path,
        "DELETE FROM fobs WHERE fob_id = 'fob-x'",
        "INSERT INTO fobs (fob_id, name_en) VALUES ('fob-new', 'New')",
        "INSERT INTO fobs (fob_id, name_en) VALUES ('fob-a', 'Again')",
    )
    found = {(change.record_id, change.kind) for change in verify.file(small, path).edits}
    assert found == {("fob-x", "missing"), ("fob-new", "added"), ("fob-a", "added")}


def test_a_point_moved_by_a_metre_is_an_edit_and_by_a_millimetre_is_not(small, made):
    path = made("geojson")
    text = path.read_text()
    path.write_text(text.replace("[-72.35,18.55]", "[-72.350000001,18.55]"))
    assert path.read_text() != text
    assert verify.file(small, path).state == "unchanged"
    path.write_text(text.replace("[-72.35,18.55]", "[-72.35001,18.55]"))
    (change,) = verify.file(small, path).edits
    assert change.fields == (FieldChange("geometry", "POINT (-72.35 18.55)", "POINT (-72.35001 18.55)"),)


def test_a_renamed_file_and_another_order_of_rows_and_columns_are_no_edit(small, made, tmp_path):
    found = json.loads(made("geojson").read_text())
    found["features"] = [
        {**feature, "properties": dict(reversed(feature["properties"].items()))}
        for feature in reversed(found["features"])
    ]
    other = tmp_path / "other name.geojson"
    other.write_text(json.dumps(found, indent=3))
    assert verify.file(small, other).state == "unchanged"


def test_a_column_put_in_or_taken_out_is_an_edit(small, made):
    path = made("gpkg")
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE fobs ADD COLUMN secret TEXT")
    assert verify.file(small, path).edits == (
        PartChange("fobs", "", "added", (FieldChange("secret", None, "a column"),)),
    )
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE fobs DROP COLUMN secret")
        database.execute("ALTER TABLE fobs DROP COLUMN kind")
    edits = verify.file(small, path).edits
    assert [(edit.record_id, edit.fields) for edit in edits] == [
        ("fob-a", (FieldChange("kind", "fob", None),)),
        ("fob-b", (FieldChange("kind", "fob", None),)),
        ("fob-x", (FieldChange("kind", "plan", None),)),
    ]


def in_zip(path: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    """Change one member of a zip in place."""
    with zipfile.ZipFile(path) as archive:
        content = {info.filename: archive.read(info) for info in archive.infolist()}
    content[member] = change(content[member])
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)


def test_a_cell_of_a_csv_file_edited_by_hand(small, made):
    path = made("csv", "strength")
    in_zip(path, "strength.csv", lambda content: content.replace(b",430,", b",431,"))
    (change,) = verify.file(small, path).edits
    assert change == PartChange("strength", "s3", "edited", (FieldChange("personnel", 430, 431),))


def test_saving_a_csv_file_again_with_other_quotes_is_no_edit(small, made):
    def again(content: bytes) -> bytes:
        rows = csv.reader(io.StringIO(content.decode(), newline=""))
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    path = made("csv", "events")
    in_zip(path, "events.csv", again)
    assert verify.file(small, path).state == "unchanged"


def test_a_workbook_saved_by_another_program(small, made):
    path = made("xlsx", "fobs", "strength")
    book = openpyxl.load_workbook(path)
    book.save(path)
    assert verify.file(small, path).state == "unchanged"
    book["fobs"]["B2"] = "Another name"
    book.save(path)
    (change,) = verify.file(small, path).edits
    assert change.fields == (FieldChange("name_en", "Base A", "Another name"),)


def test_a_missing_table_is_an_edit(small, made):
    path = made("gpkg", "fobs", "figures")
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE figures")
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'figures'")
    assert PartChange("figures", "", "missing") in verify.file(small, path).edits


def revised(folder: Path) -> catalog.Data:
    """Return the small data with one correction: Base B was run by Jamaica, known on 25 May 2025."""
    path = folder / "tables" / "status.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    correction = next(row for row in rows if row["status_id"] == "fob-b.1")
    rows.append({**correction, "revision": "2", "operator": "Jamaica", "known_from": "2025-05-25"})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    load_script("build_package").write(folder)
    return catalog.open_data(folder)


def test_a_file_that_the_data_overtook(made, folder):
    path = made("gpkg", "fobs", "gang_zones")
    verdict = verify.file(revised(folder), path)
    assert verdict.state == "revised"
    assert verdict.edits == ()
    (change,) = verdict.revisions
    assert (change.part, change.record_id, change.kind) == ("fobs", "fob-b", "changed")
    assert change.fields == (
        FieldChange("operator", "Kenya", "Jamaica"),
        FieldChange("known_from", "2025-05-20", "2025-05-25"),
        FieldChange("last_seen", "2025-05-20", "2025-05-25"),
        FieldChange("age_days", 41, 36),
    )


def test_a_file_both_edited_and_overtaken(made, folder):
    path = made("gpkg", "fobs")
    edited(
        path,
        "UPDATE fobs SET operator = 'Nobody' WHERE fob_id = 'fob-b'",
        "UPDATE fobs SET operator = 'Nobody' WHERE fob_id = 'fob-a'",
    )
    verdict = verify.file(revised(folder), path)
    assert verdict.state == "edited"
    assert [(change.record_id, len(change.fields)) for change in verdict.edits] == [("fob-a", 1), ("fob-b", 0)]
    assert [(change.record_id, change.kind) for change in verdict.revisions] == [("fob-b", "changed")]


def test_a_revision_of_what_the_format_does_not_keep_is_told(made, folder):
    path = made("xlsx", "communes")
    layer = folder / "layers" / "communes.geojson"
    layer.write_text(layer.read_text().replace("-72.4", "-72.41"))
    load_script("build_package").write(folder)
    verdict = verify.file(catalog.open_data(folder), path)
    assert verdict.revisions == ()
    assert verdict.notes == ("communes: the data were revised since, in fields that this format does not keep.",)
    assert verdict.state == "revised"


def test_a_layer_that_is_no_longer_there(small, made, folder):
    path = made("gpkg", "indicators")
    package = folder / "datapackage.json"
    found = json.loads(package.read_text())
    found["resources"] = [item for item in found["resources"] if item["name"] != "indicators"]
    package.write_text(json.dumps(found))
    verdict = verify.file(catalog.open_data(folder), path)
    assert verdict.state == "revised"
    assert "'indicators' is not a layer or table" in verdict.notes[0]


def test_an_edited_proof_is_told(small, made):
    path = made("geojson")
    path.write_text(path.read_text().replace('"as_of":"2025-06-30"', '"as_of":"2025-06-29"'))
    verdict = verify.file(small, path)
    assert verdict.state == "edited"
    assert verdict.notes[0].startswith("The proof itself was edited")


def test_a_file_without_proof_says_what_to_do(small, made):
    path = made("csv", sidecar=False)
    assert path.suffix == ".csv"
    with pytest.raises(InputError, match=r"fobs.*csv: found no proof, required a file that mssmap export wrote"):
        verify.file(small, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proof": "mssmap/9"}, "found no mssmap/1 document"),
        ({"parts": 7}, "parts: found 7, required a list"),
        ({"parts": [{"name": "fobs", "hash": "", "columns": [{"name": 1}], "row_hashes": {}}]}, "columns with name"),
        ({"form": {"format": "exe", "crs": "EPSG:4326", "columns": "mssmap"}}, "format: found 'exe'|form"),
        ({"filter": {"layers": ["fobs"], "as_of": "never", "known_on": "2025-01-01"}}, 'as_of: found "never"'),
    ],
)
def test_a_proof_that_cannot_be_used_is_refused_in_one_line(small, on, change, message):
    document = extract.build(small, Selection(("fobs",), Filters(on("2025-06-30"))), Form("gpkg")).document()
    with pytest.raises(InputError, match=message) as caught:
        proof.read({**document, **change})
    assert "\n" not in str(caught.value)


def test_the_command_line_says_unchanged_and_then_names_the_cell(tmp_path, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")
    path = str(tmp_path / "x.gpkg")
    arguments = ["export", "fobs", "gang_zones", "--format", "gpkg", "--as-of", "2025-01-18", "--out", path]
    assert cli.run(arguments) == 0
    assert "lost: fobs, gang_zones: lists in sources are left out" in capsys.readouterr().err
    assert cli.run(["verify", path]) == 0
    assert capsys.readouterr().out == f"unchanged: {path}\n"
    edited(Path(path), "UPDATE fobs SET operator = 'No' || char(27) || '[2Jbody' WHERE fob_id = 'fob-a'")
    assert cli.run(["verify", path]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"edited: {path}\nin the file: fobs fob-a edited\n    operator: Kenya -> No")
    assert "\x1b" not in out
    assert "opens at /?as_of=2025-01-18&known_on=2025-06-30&layers=fobs,gang_zones" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "fobs", "--format", "csv", "--out", "x.csv"], "--no-sidecar writes the bare file"),
        (
            ["export", "fobs", "prisons", "--format", "fgb", "--out", "x.fgb"],
            "required a name that ends in .zip: 3 files",
        ),
        (["export", "moon", "--format", "csv", "--out", "x.zip"], "'moon' is not a layer or table"),
        (["verify", "nothing.gpkg"], "nothing.gpkg"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, message, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    assert cli.run(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_export_and_verify_from_python(tmp_path, monkeypatch, small_folder):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")
    out = tmp_path / "x.parquet"
    written = mssmap.export("events", out, format="parquet", category="prison_break", start="2024-01-01")
    assert [len(part.frame) for part in written.parts] == [1]
    assert mssmap.verify(out).state == "unchanged"


def claimed(path: Path, change: Callable[[dict], dict], tables: dict[str, str] | None = None) -> Path:
    """The zip of an export whose proof, and perhaps whose tables, are others."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    name = next(name for name in members if name.endswith(".mssmap.json"))
    members[name] = json.dumps(change(json.loads(members[name])))
    out = path.with_name("claimed.zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in (members | (tables or {})).items():
            archive.writestr(member, text)
    return out


def with_parts(*changes: dict) -> Callable[[dict], dict]:
    return lambda found: {**found, "parts": [{**found["parts"][0], **change} for change in changes]}


def columns(count: int) -> dict:
    return {"columns": [{"name": f"c{i}", "type": "string"} for i in range(count)], "row_hashes": {"x": "1"}}


MANY_ROWS = {"fobs.csv": "a\n" + "1\n" * 150_000}


@pytest.mark.parametrize(
    ("change", "tables", "message"),
    [
        (with_parts(columns(20_000)), MANY_ROWS, "found 20,000 columns in the proof of fobs, required at most 400"),
        (with_parts(columns(400)), MANY_ROWS, "found 60,000,000 cells named by the proof, required at most 3,000,000"),
        (with_parts(*[{}] * 4_000), None, "found 4,000 parts in the proof, required at most 60"),
        (with_parts({}, {}), None, "found two parts named fobs in the proof, required each name once"),
        (
            with_parts({"row_hashes": {str(i): "1" for i in range(200_001)}}), None,
            "found 200,001 rows in the proof, required at most 200,000",
        ),
        (
            lambda found: {**found, "filter": {**found["filter"], "layers": [f"l{i}" for i in range(999)]}}, None,
            "found 999 names under layers in the filter of the proof, required at most 200",
        ),
        (
            lambda found: {**found, "note": " ".join(map(str, range(800_000)))}, None,
            "bytes of text in the proof, required at most 4,000,000",
        ),
        (lambda found: {**found, "note": json.loads("[" * 90 + "]" * 90)}, None, "nested very deep"),
    ],
    ids=["columns", "cells", "parts", "names", "rows", "filter", "text", "depth"],
)  # fmt: skip
def test_a_proof_is_measured_before_it_is_obeyed(small, made, change, tables, message):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=message) as told:
        verify.file(small, claimed(made("csv"), change, tables))
    assert "\n" not in str(told.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_geometry_written_as_text_is_read_outside_the_server(small, made):
    deep = "GEOMETRYCOLLECTION(" * 3_000 + "POINT(-72.3 18.5)" + ")" * 3_000
    part = {"name": "gang_zones", "columns": [{"name": "wkt", "type": "geometry"}], "geometry": False}
    with pytest.raises(InputError, match="found collections nested more than 8 deep in row 2"):
        verify.file(small, claimed(made("csv"), with_parts(part), {"gang_zones.csv": f'wkt\n"{deep}"\n'}))


def test_a_zip_whose_names_are_not_the_utf_8_they_say_is_refused(tmp_path, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    path = tmp_path / "names.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\u00e9\u00e9.csv", "a\n1\n")
    path.write_bytes(path.read_bytes().replace("\u00e9\u00e9".encode(), b"\xff\xfe\xff\xfe"))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    for command in (["verify"], ["import", "--dry-run"], ["archive", "add", "--make-store"]):
        assert cli.run([*command, str(path)]) == 2
        told = capsys.readouterr().err.strip().splitlines()
        assert "names.zip: found a zip that cannot be opened" in told[-1]
        assert "bug" not in told[-1]


def test_a_pipe_is_no_export_and_nobody_waits_for_it(tmp_path, monkeypatch, small_folder, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    os.mkfifo(tmp_path / "a.zip")
    assert cli.run(["verify", str(tmp_path / "a.zip")]) == 2
    assert "found something that is not a plain file" in capsys.readouterr().err
