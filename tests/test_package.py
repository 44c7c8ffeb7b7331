"""The data package: current, complete, and sound for Frictionless as well as for us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package, system
from small_data import ROOT, load_script

from mssmap.records import catalog

DATA = ROOT / "data"
build_package = load_script("build_package")


def descriptor(folder: Path = DATA) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return found


def tabular(folder: Path) -> Any:
    """Validate the CSV files of a folder with Frictionless and return its report."""
    package = descriptor(folder)
    package["resources"] = [item for item in package["resources"] if item["format"] == "csv"]
    with system.use_context(trusted=True):
        return Package.from_descriptor(package, basepath=str(folder)).validate()


def test_the_package_is_current():
    message = "run scripts/build_package.py"
    assert (DATA / "datapackage.json").read_text(encoding="utf-8") == build_package.render(DATA), message
    assert build_package.main([str(DATA), "--check"]) == 0


def test_every_file_of_the_folder_is_described():
    assert build_package.unlisted(DATA) == []


def test_frictionless_accepts_the_descriptor():
    with system.use_context(trusted=True):
        assert len(Package.from_descriptor(str(DATA / "datapackage.json")).resources) == len(descriptor()["resources"])


def test_frictionless_finds_no_fault_in_the_tables():
    report = tabular(DATA)
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:10]


@pytest.mark.parametrize("item", descriptor()["resources"], ids=lambda item: item["name"])
def test_every_dataset_says_what_it_is(item):
    assert item["title"]
    assert item["description"].endswith(".")
    assert item["licenses"]
    assert item["sources"]
    assert item["attribution"].endswith(".")
    assert item["sensitivity"].endswith(".")
    assert item["rows"] > 0
    assert item["hash"].startswith("sha256:")
    for column in item["schema"]["fields"]:
        assert column["description"], column["name"]
    names = [column["name"] for column in item["schema"]["fields"]]
    assert set(item["schema"]["primaryKey"]) <= set(names)


def test_share_alike_data_stay_in_files_of_their_own():
    mixed = [
        item["name"]
        for item in descriptor()["resources"]
        if len(item["licenses"]) > 1 and any(licence["name"].startswith("ODbL") for licence in item["licenses"])
    ]
    assert mixed == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("un-1,Title of un-1", ",Title of un-1"),
        ("un-1,Title of un-1", "UN 1,Title of un-1"),
        ("BINUH,un", "BINUH,newspaper"),
        ("https://example.org/un-1", "ftp://example.org"),
        ("2024-03-05", "2024-02-30"),
        ("wire-1,Title", "un-1,Title"),
        (",A,", ",Z,"),
    ],
)
def test_frictionless_finds_the_same_row_at_fault(folder, old, new):
    path = folder / "tables" / "sources.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    build_package.write(folder)
    (task,) = [task for task in tabular(folder).tasks if task.name == "sources"]
    theirs = {error.row_number for error in task.errors}
    found = catalog.open_data(folder).faults
    ours = {fault.row for fault in found if fault.kind == "contract" and fault.file == "tables/sources.csv"}
    assert ours == theirs != set()


def test_a_changed_file_makes_the_package_stale(folder, capsys):
    assert build_package.main([str(folder), "--check"]) == 0
    (folder / "tables" / "extra.csv").write_text("a\n1\n", encoding="utf-8")
    path = folder / "tables" / "sources.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Title of", "Headline of"), encoding="utf-8")
    assert build_package.main([str(folder), "--check"]) == 1
    told = capsys.readouterr().err
    assert "not current, run scripts/build_package.py" in told
    assert "tables/extra.csv: no description" in told
    assert build_package.main([str(folder)]) == 0
    assert build_package.main([str(folder), "--check"]) == 0
