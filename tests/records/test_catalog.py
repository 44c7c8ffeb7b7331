"""Reading a data folder: what is sound is kept, what is not is told, nothing crashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mssmap.errors import DataError, Fault, NotFoundError
from mssmap.records import catalog


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a file without packaging the folder again."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def replace(path: Path, old: str, new: str, count: int = 1) -> None:
    assert old in path.read_text(encoding="utf-8")
    edit(path, lambda text: text.replace(old, new, count))


def faults(folder: Path, kind: str = "contract") -> list[Fault]:
    return [fault for fault in catalog.open_data(folder).faults if fault.kind == kind]


def test_the_small_folder_is_sound(small):
    assert small.faults == ()
    assert small.missing == ()
    assert {name: len(frame) for name, frame in small.frames.items()} == {
        **{"fobs": 3, "prisons": 1, "facilities": 1, "gang_zones": 1, "status": 10, "events": 6, "figures": 3},
        **{"strength": 3, "indicators": 2, "sources": 6, "departments": 1, "communes": 2},
    }


def test_columns_have_the_types_of_the_contract(small):
    fobs, status, figures = small["fobs"], small["status"], small["figures"]
    assert str(fobs.crs.to_epsg()) == "4326"
    assert fobs.geometry.isna().tolist() == [False, False, True]
    assert fobs["place"].tolist() == ["", "", ""], "missing text is empty, never NaN"
    assert str(status["valid_from"].dtype) == "datetime64[s]"
    assert str(status["revision"].dtype) == "Int64"
    assert str(figures["value_min"].dtype) == "float64"


def test_an_unknown_name_lists_those_there_are(small):
    with pytest.raises(NotFoundError, match=r"'bases' is not a layer or table; there are fobs, prisons"):
        small["bases"]


def test_an_edited_file_is_reported_and_still_used(folder):
    replace(folder / "tables" / "sources.csv", "Title of un-1", "Another title")
    data = catalog.open_data(folder)
    (fault,) = data.faults
    assert fault.kind == "edited"
    assert "edited since it was packaged" in str(fault)
    assert "scripts/build_package.py" in str(fault)
    assert "Another title" in data["sources"]["title"].tolist()


def test_a_truncated_geojson_leaves_out_that_layer_only(folder):
    edit(folder / "layers" / "fobs.geojson", lambda text: text[: len(text) // 2])
    data = catalog.open_data(folder)
    assert data.missing == ("fobs",)
    assert data["fobs"].empty
    assert list(data["fobs"].columns) == [*data.dataset("fobs").contract.columns, "geometry"]
    assert len(data["prisons"]) == 1
    assert any("breaks off or breaks its rules on line 1" in str(fault) for fault in data.faults)


def test_a_missing_file_is_a_fault(folder):
    (folder / "tables" / "figures.csv").unlink()
    (fault,) = faults(folder, "file")
    assert "no readable file (No such file or directory)" in str(fault)


def test_a_missing_column_leaves_out_the_table(folder):
    replace(folder / "tables" / "sources.csv", "reliability", "trust")
    data = catalog.open_data(folder)
    assert data.missing == ("sources",)
    assert any("found no column reliability" in str(fault) for fault in data.faults)
    assert len(data["status"]) == 10, "what cites the sources stays: their absence is one fault, not twenty"


def test_a_column_that_nobody_knows_is_told(folder):
    replace(folder / "tables" / "sources.csv", "note\n", "note,colour\n")
    edit(folder / "tables" / "sources.csv", lambda text: text.replace(",\n", ",,\n"))
    found = [fault for fault in faults(folder) if fault.column == "colour"]
    assert len(found) == 1
    assert len(catalog.open_data(folder)["sources"]) == 6


def test_latin_1_bytes_are_named_by_line(folder):
    path = folder / "tables" / "sources.csv"
    path.write_bytes(path.read_bytes().replace(b"Title of wire-1", "Café".encode("latin-1")))
    (fault,) = faults(folder, "file")
    assert "byte 0xe9 on line 3" in str(fault)
    assert "UTF-8" in str(fault)


def test_an_unclosed_quote_is_told_and_not_read_to_the_end(folder):
    replace(folder / "tables" / "events.csv", "Prison A stormed", '"Prison A stormed')
    (fault,) = faults(folder, "file")
    assert "cannot be parsed" in str(fault)


def test_a_row_with_too_few_cells_is_left_out_alone(folder):
    edit(folder / "tables" / "sources.csv", lambda text: text.rstrip("\n").rpartition(",")[0] + "\n")
    data = catalog.open_data(folder)
    (fault,) = [fault for fault in data.faults if fault.kind == "contract" and fault.file == "tables/sources.csv"]
    assert (fault.row, fault.found, fault.required) == (7, "13 cells", "14 cells, as in the header")
    assert len(data["sources"]) == 5


@pytest.mark.parametrize(
    ("file", "old", "new", "left", "message"),
    [
        pytest.param(
            *("tables/status.csv", "fob-a.2,fob-a,1,handed_over", "fob-a.2,fob-a,1,handed over", 9),
            r"row 4 \(fob-a.2\), status: found 'handed over', required one of operational, handed_over",
            id="a word that is not in the list",
        ),
        pytest.param(
            *("tables/status.csv", "2024-11-28,,day", "2024-11-31,,day", 9),
            r"row 2 \(fob-a.1\), valid_from: found '2024-11-31', required a day of the calendar as YYYY-MM-DD",
            id="a day that does not exist",
        ),
        pytest.param(
            *("tables/status.csv", "2024-11-28,,day", "28/11/2024,,day", 9),
            r"valid_from: found '28/11/2024', required a day of the calendar",
            id="another way to write a date",
        ),
        pytest.param(
            *("tables/status.csv", "fob-a.1,fob-a,2", "fob-a.1,fob-a,1", 9),
            r"row 3, status_id, revision: found fob-a.1 revision 1 a second time, required each key once",
            id="a key twice",
        ),
        pytest.param(
            *("tables/status.csv", "2024-12-02,day,2025-06-01,press-2", "2024-12-02,day,2025-06-01,press-9", 9),
            r"source_ids: found 'press-9', required an id that exists in sources. Add it",
            id="a source that does not exist",
        ),
        pytest.param(
            *("tables/status.csv", "fob-b.1,fob-b,1", "fob-b.1,fob-z,1", 9),
            r"record_id: found 'fob-z', required an id that exists in fobs or prisons or facilities or gang_zones",
            id="a record that does not exist",
        ),
        pytest.param(
            *("tables/status.csv", ",80,", ",180,", 9),
            r"share_pct: found '180', required at most 100",
            id="more than the whole",
        ),
        pytest.param(
            *("tables/figures.csv", "inmates_escaped,3600,", "inmates_escaped,NaN,", 2),
            r"value_min: found 'NaN', required a number",
            id="not a number",
        ),
        pytest.param(
            *("tables/strength.csv", ",200,,200,", ",200.5,,200,", 2),
            r"personnel: found '200.5', required a whole number",
            id="half a person",
        ),
        pytest.param(
            *("tables/events.csv", ",-72.35,18.55,", ",-732.35,18.55,", 5),
            r"lon: found '-732.35', required at least -180",
            id="off the globe",
        ),
        pytest.param(
            *("tables/sources.csv", "https://example.org/un-1", "javascript:alert(1)", 5),
            r"url: found 'javascript:alert\(1\)', required text like https",
            id="an address that is none",
        ),
        pytest.param(
            *("tables/events.csv", "HT0111,HT01", "HT9999,HT01", 5),
            r"commune_pcode: found 'HT9999', required an id that exists in communes",
            id="a commune that does not exist",
        ),
    ],
)
def test_a_row_that_breaks_the_contract_is_left_out_and_told(folder, file, old, new, left, message):
    replace(folder / file, old, new)
    data = catalog.open_data(folder)
    told = [str(fault) for fault in data.faults if fault.kind == "contract"]
    assert len(told) == 1, told
    pd.testing.assert_index_equal(data[Path(file).stem].index, pd.RangeIndex(left))
    assert re.search(message, told[0]), told[0]


def test_a_row_keeps_its_other_sources_if_one_does_not_exist(folder):
    replace(folder / "tables" / "status.csv", "press-2;press-3", "press-2;press-9")
    data = catalog.open_data(folder)
    assert len(data["status"]) == 10
    (fault,) = [fault for fault in data.faults if fault.kind == "rule"]
    assert "source_ids: found 'press-9', required an id that exists in sources" in str(fault)


def geometry(folder: Path, shape: object) -> None:
    """Give base A another geometry."""
    path = folder / "layers" / "fobs.geojson"
    collection = json.loads(path.read_text(encoding="utf-8"))
    collection["features"][0]["geometry"] = shape
    path.write_text(json.dumps(collection), encoding="utf-8")


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        pytest.param(
            {"type": "Point", "coordinates": [float("nan"), 18.5]}, "coordinates that cannot be read", id="NaN"
        ),
        pytest.param({"type": "Point", "coordinates": ["-72", 18.5]}, "coordinates that cannot be read", id="text"),
        pytest.param({"type": "Point"}, "coordinates that cannot be read", id="no coordinates"),
        pytest.param([1, 2], "coordinates that cannot be read", id="a list"),
        pytest.param({"type": "Point", "coordinates": [780000, 2050000]}, "coordinates 7.8e+05 2.05e+06", id="metres"),
        pytest.param(
            {"type": "Point", "coordinates": [18.5, -102.3]}, "coordinates 18.5 -102.3", id="latitude over 90"
        ),
        pytest.param(
            {"type": "LineString", "coordinates": [[-72, 18], [-72.1, 18]]},
            "found LineString, required Point",
            id="type",
        ),
    ],
)
def test_a_bad_geometry_leaves_out_its_record(folder, shape, found):
    geometry(folder, shape)
    data = catalog.open_data(folder)
    told = [str(fault) for fault in data.faults if fault.kind == "contract"]
    assert len(told) == 1
    assert "row 1 (fob-a), geometry" in told[0]
    assert found in told[0]
    assert data["fobs"]["fob_id"].tolist() == ["fob-b", "fob-x"]


def test_a_bow_tie_is_not_a_zone(folder):
    path = folder / "layers" / "gang_zones.geojson"
    collection = json.loads(path.read_text(encoding="utf-8"))
    ring = [[-72.3, 18.5], [-72.2, 18.6], [-72.2, 18.5], [-72.3, 18.6], [-72.3, 18.5]]
    collection["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    path.write_text(json.dumps(collection), encoding="utf-8")
    assert any("Self-intersection" in str(fault) for fault in faults(folder))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[]", id="a list"),
        pytest.param('{"type": "FeatureCollection"}', id="no features"),
        pytest.param("[" * 100_000, id="nested too deep"),
        pytest.param("", id="empty"),
        pytest.param("\x00", id="NUL"),
        pytest.param('{"features": [], "crs": {"properties": {"name": "EPSG:32618"}}}', id="metres by crs"),
    ],
)
def test_what_is_no_feature_collection_is_one_fault(folder, text):
    (folder / "layers" / "fobs.geojson").write_text(text, encoding="utf-8")
    assert len(faults(folder, "file")) == 1


def test_features_of_another_shape_are_left_out(folder):
    path = folder / "layers" / "fobs.geojson"
    collection = json.loads(path.read_text(encoding="utf-8"))
    collection["features"] += [None, {"type": "Feature", "properties": None}, {"type": "Feature"}]
    path.write_text(json.dumps(collection), encoding="utf-8")
    assert [fault.row for fault in faults(folder)] == [4, 5, 6]
    assert len(catalog.open_data(folder)["fobs"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="no resources"),
        pytest.param('{"resources": [{"name": "a"}]}', id="no path"),
        pytest.param('{"resources": [{"name": "a", "path": "../secret.csv"}]}', id="outside the folder"),
        pytest.param('{"resources": [{"name": "a", "path": "/etc/passwd"}]}', id="absolute"),
    ],
)
def test_a_catalog_that_is_none_stops_with_one_line(tmp_path, text):
    (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"datapackage\.json: is not a data package .*build_package\.py"):
        catalog.open_data(tmp_path)


def test_no_catalog_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=r"datapackage\.json: cannot be read .*MSSMAP_DATA_DIR"):
        catalog.open_data(tmp_path / "nowhere")


def test_the_fingerprint_follows_the_package(folder, small):
    assert catalog.open_data(folder).fingerprint == small.fingerprint
    replace(folder / "datapackage.json", "sha256:", "sha256:0")
    assert catalog.open_data(folder).fingerprint != small.fingerprint
