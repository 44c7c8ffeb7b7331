"""Imports stand among the data: in the catalog, among the events, on the map, and are gone when they are removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mssmap import store
from mssmap.ingest import attach, prepare
from mssmap.maps import assets, imported
from mssmap.records import check, search, views
from mssmap.store import imports

from .test_prepare import ACLED, EVENT, layer, made


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def put(url, small):
    """Return a function that stores a table and gives the data with it."""

    def one(rows):
        item = made(small, rows)
        attach.store_import(store.open_store(url), item)
        return item, attach.with_imports(small, url)

    return one


def test_events_join_the_events_with_a_source_of_their_own(put, on):
    item, data = put([ACLED])
    name = f"{item.import_id}.hti123"
    rows = views.events(data, on("2025-02-01", "2025-02-01")).set_index("event_id")
    assert rows.loc[name, "title_en"] == "Armed clash, Alpha"
    assert rows.loc[name, "grade"] == "B3"  # research, one publisher
    (source,) = rows.loc[name, "sources"]
    assert (source["publisher"], source["title"][:19]) == ("ACLED", "ACLED conflict even")
    assert "(imported " in source["title"]


def test_a_foreign_category_of_an_import_is_a_fault_of_the_check(put):
    item, data = put([{**EVENT, "category": "Road block"}])
    (fault,) = [fault for fault in check.check(data, date(2026, 1, 1)).faults if fault.column == "category"]
    assert str(fault).startswith(f"store/{item.import_id}.parquet ({item.import_id}.")
    assert "found 'road_block', required one of gang_attack, kidnapping, " in str(fault)


def test_joined_events_keep_the_types_of_the_frame(put, small):
    _, data = put([ACLED])
    assert data["events"].dtypes.to_dict() == small["events"].dtypes.to_dict()
    assert data["sources"].dtypes.to_dict() == small["sources"].dtypes.to_dict()


def test_imported_events_obey_both_dials(put, on):
    item, data = put([ACLED])  # of 18 January 2025, public since the 23rd
    seen = [
        item.import_id in "".join(views.events(data, on(*days))["event_id"])
        for days in (("2025-01-17", "2025-02-01"), ("2025-01-18", "2025-01-22"), ("2025-01-18", "2025-01-23"))
    ]
    assert seen == [False, False, True]
    assert len(views.layer(data, item.import_id, on("2025-01-18", "2025-01-22"))) == 0
    assert len(views.layer(data, item.import_id, on("2025-01-18", "2025-01-23"))) == 1


def test_the_catalog_names_licence_and_attribution(put):
    item, data = put([ACLED])
    dataset = data.dataset(item.import_id)
    assert (dataset.group, dataset.rows) == ("import", 1)
    assert dataset.licence == "ACLED terms of use"
    assert dataset.attribution.startswith("ACLED (acleddata.com)")
    assert "t.csv" in dataset.description
    assert data.fingerprint != ""


def test_the_record_and_the_search_know_it(put, on):
    item, data = put([ACLED])
    record = views.record(data, f"{item.import_id}.hti123", on("2025-02-01", "2025-02-01"))
    assert record.attributes["actors"] == "G-Pep; Police"
    found = search.find(data, on("2025-02-01", "2025-02-01"), "armed clash")
    assert f"{item.import_id}.hti123" in found["record_id"].tolist()


def test_a_layer_is_a_layer(put, on):
    rows = layer(shapely.Point(-72.35, 18.55), shapely.box(-72.3, 18.5, -72.25, 18.55), None)
    item, data = put(rows)
    found = views.layer(data, item.import_id, on("2025-01-18", "2025-01-18"))
    assert isinstance(found, gpd.GeoDataFrame)
    assert found["name"].tolist() == ["n0", "n1", "n2"]
    assert views.layer(data, item.import_id, on("2025-01-18", "2025-01-18"), region="HT0111")["name"].tolist() == ["n0"]
    assert attach.drawn(data) == [item.import_id]


def test_a_table_without_places_is_a_table(put, on):
    item, data = put([{"kept": "a", "number": "1"}])
    assert not data.dataset(item.import_id).is_layer
    assert views.table(data, item.import_id, on("2025-01-18", "2025-01-18"))["kept"].tolist() == ["a"]


def test_many_events_are_a_layer_only(put, monkeypatch, small):
    monkeypatch.setattr(attach, "JOINED_ROWS", 1)
    item, data = put([ACLED, {**ACLED, "event_id_cnty": "HTI124"}])
    assert len(data["events"]) == len(small["events"])
    assert attach.drawn(data) == [item.import_id]
    assert len(data[item.import_id]) == 2


def test_official_outlines_replace_ours_until_they_are_removed(put, small, url):
    shape = shapely.box(-72.4, 18.5, -72.3, 18.62)
    rows = gpd.GeoDataFrame({"ADM2_PCODE": ["HT0111"]}, geometry=[shape], crs=4326, index=pd.Index([1], name="row"))
    item, data = put(rows)
    outlines = data["communes"].set_index("pcode").geometry
    assert outlines["HT0111"].equals(shape)
    assert outlines["HT0121"].equals(small["communes"].set_index("pcode").geometry["HT0121"])
    assert data["communes"]["boundary_note"].str.startswith("Official outline").tolist() == [True, False]
    assert "CC-BY-IGO" in data.dataset("communes").licence
    assert item.import_id not in data.datasets
    assert any("CC BY-IGO" in words for words in attach.credits(data))
    imports.remove(store.open_store(url), item.import_id, version=1)
    assert attach.with_imports(small, url)["communes"].geometry.geom_equals(small["communes"].geometry).all()


def test_a_removed_import_is_gone_and_the_mark_changes(put, small, url):
    item, _ = put([EVENT])
    before = attach.mark(url)
    imports.remove(store.open_store(url), item.import_id, version=1)
    assert attach.mark(url) != before
    assert set(attach.with_imports(small, url).datasets) == set(small.datasets)


def test_a_damaged_import_is_a_fault_and_the_rest_is_there(put, small, url):
    import sqlalchemy as sa

    item, _ = put([EVENT])
    with store.open_store(url).engine.begin() as session:
        session.execute(sa.text("UPDATE payload SET content = x'00'"))
    data = attach.with_imports(small, url)
    assert [(fault.file, fault.kind) for fault in data.faults[len(small.faults) :]] == [(item.import_id, "file")]
    assert set(data.datasets) == set(small.datasets)


def test_without_a_store_nothing_is_made(small, tmp_path):
    url = f"sqlite:///{tmp_path}/none.db"
    assert attach.with_imports(small, url) is small
    assert attach.mark(url) == ()
    assert not list(tmp_path.iterdir())


EVIL = ("{{7*191}}", "${7*191}", "<img src=x onerror=alert(1)>", "</script>", "=1+1")


def test_text_of_an_import_reaches_the_map_as_json_only(put, real, tmp_path, url):
    put(layer(*(shapely.Point(-72.35, 18.55) for _ in EVIL)).assign(name=list(EVIL)))
    data = attach.with_imports(real, url)
    published = assets.publish(data, tmp_path / "static", font=assets.typeface())
    (file,) = (tmp_path / "static").glob("imports-*.json")
    (part,) = json.loads(file.read_text())
    assert [words for *_, words in part["points"]] == list(EVIL)
    assert published.imported == ("imports.points",)
    others = [path for path in (tmp_path / "static").iterdir() if path.suffix in (".js", ".css")]
    assert not any(
        text in path.read_text(encoding="utf-8") for path in others for text in ("{{7*191}}", "onerror=alert")
    )


def test_large_outlines_are_drawn_lighter_and_kept_as_they_are(monkeypatch):
    monkeypatch.setattr(imported, "DRAWN_VERTICES", 100)
    disc = gpd.GeoDataFrame({"name": ["disc"]}, geometry=[shapely.Point(-72.3, 18.5).buffer(0.1, 256)], crs=4326)
    drawn = imported.part("x", disc)["shapes"][0]["geometry"]["coordinates"][0]
    assert len(drawn) < 200 < shapely.get_num_coordinates(disc.geometry.iloc[0])


def run(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "MSSMAP_DATABASE_URL": url, "MSSMAP_TODAY": "2026-04-01"}
    return subprocess.run(
        [sys.executable, "-m", "mssmap", *arguments], capture_output=True, text=True, env=env, check=False
    )


def test_the_command_imports_lists_removes_and_restores(tmp_path, url):
    path = tmp_path / "acled.csv"
    pd.DataFrame([{**ACLED, "admin3": "Delmas"}]).to_csv(path, index=False)
    dry = run("import", str(path), "--dry-run", url=url)
    assert (dry.returncode, "stored" in dry.stderr) == (0, False)
    done = run("import", str(path), "--json", "--make-store", url=url)
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)
    assert (record["recognised"], record["rows"], record["kind"]) == ("acled", 1, "events")
    assert record["id"] in run("layers", url=url).stdout
    assert f"{record['id']}.hti123" in run("events", "--from", "2025-01-18", "--to", "2025-01-18", url=url).stdout
    assert run("import", str(path), url=url).returncode == 2
    assert run("import", "--remove", record["id"], url=url).returncode == 0
    assert record["id"] not in run("layers", url=url).stdout
    assert run("import", "--restore", record["id"], url=url).returncode == 0
    assert record["id"] in run("layers", url=url).stdout
    assert run("log", url=url).stdout.count(record["id"]) == 3


def test_the_command_says_faults_and_bad_files(tmp_path, url):
    path = tmp_path / "own.csv"
    path.write_text("date,title,lon,lat\n2025-01-18,A,-72.3,18.5\n2025-01-18,B,400,18.5\n", encoding="utf-8")
    done = run("import", str(path), "--dry-run", url=url)
    assert done.returncode == 1
    assert "own row 3, geometry: found coordinates 400, 18.5" in done.stderr
    (tmp_path / "map.json").write_text(prepare.mapping.dumps(prepare.mapping.Mapping()), encoding="utf-8")
    assert run("import", str(path), "--mapping", str(tmp_path / "map.json"), "--dry-run", url=url).returncode == 0
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    bad = run("import", str(tmp_path / "x.pdf"), "--make-store", url=url)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert "x.pdf: found a PDF, required CSV" in bad.stderr


def test_a_layer_of_which_no_row_has_a_place_is_a_layer_of_points(put, on):
    item, data = put(layer(None, None))
    found = data.dataset(item.import_id)
    assert (found.is_layer, found.contract.geometry_types) == (True, ("Point",))
    assert len(views.layer(data, item.import_id, on("2025-01-18", "2025-01-18"))) == 2
