"""The HTTP routes: what they answer, how they page, what they refuse, and that GDAL reads them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mssmap import api, ingest
from mssmap.api import collections
from mssmap.api.query import box, interval, parse
from mssmap.errors import InputError
from mssmap.ingest import attach, prepare
from mssmap.records import views
from mssmap.records.timeline import Clocks
from mssmap.store import open_store

DIALS = "as_of=2025-01-18&known_on=2025-01-18"
TODAY = date(2026, 11, 22)
CLOCKS = Clocks(date(2025, 1, 18), date(2025, 1, 18))


@pytest.fixture(scope="module")
def app(real) -> Iterator[Starlette]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSSMAP_TODAY", TODAY.isoformat())
        yield Starlette(routes=api.routes(lambda: real))


@pytest.fixture(scope="module")
def address(app) -> Iterator[str]:
    """A real server, for clients that are not Python."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api"
    server.should_exit = True
    thread.join()


class Client:
    """Asks the server; paths are relative to it."""

    def __init__(self, root: str) -> None:
        self.root = root

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(urljoin(self.root, path), timeout=30, **options)


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address)


def test_the_landing_page_leads_everywhere(client):
    links = {link["rel"]: link["href"] for link in client.get("/api").json()["links"]}
    assert set(links) == {"self", "service-desc", "conformance", "data"}
    for href in links.values():
        assert client.get(href).status_code == 200
    assert any(part.endswith("/conf/core") for part in client.get("/api/conformance").json()["conformsTo"])


def test_an_answer_says_how_many_records_its_grade_hides(client, real, on):
    address = "/api/collections/fobs/items?as_of=2025-01-18&known_on=2025-01-18"
    strict, all_of_them = client.get(address + "&grade=B2").json(), client.get(address).json()
    assert (strict["numberMatched"], strict["numberBelowGrade"]) == (0, all_of_them["numberMatched"])
    assert all_of_them["numberBelowGrade"] == 0


def test_every_dataset_is_a_collection_with_licence_and_extent(client, real):
    found = client.get("/api/collections").json()["collections"]
    assert [one["id"] for one in found] == list(real.datasets)
    for one in found:
        assert one["license"]
        assert client.get(f"/api/collections/{one['id']}").json() == one
        if real.dataset(one["id"]).is_layer:
            west, south, east, north = one["extent"]["spatial"]["bbox"][0]
            assert -77 < west < east < -67
            assert 16 < south < north < 22


def test_items_are_the_records_of_the_core(client, real):
    answer = client.get(f"/api/collections/fobs/items?{DIALS}").json()
    expected = views.layer(real, "fobs", CLOCKS)
    assert [one["id"] for one in answer["features"]] == expected["fob_id"].tolist()
    assert answer["numberMatched"] == answer["numberReturned"] == len(expected)
    assert answer["as_of"] == "2025-01-18"
    assert all(one["properties"]["sources"] for one in answer["features"])


def test_pages_add_up_to_the_whole(client, real):
    url, seen = "/api/collections/events/items?limit=37&known_on=2026-11-22&as_of=2026-04-01", []
    while url:
        page = client.get(url).json()
        seen += [one["id"] for one in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    expected = views.events(real, Clocks(date(2026, 4, 1), TODAY))
    assert seen == expected["event_id"].tolist()


def test_a_box_and_a_time_narrow_down(client, real):
    whole = client.get(f"/api/collections/events/items?limit=10000&{DIALS}").json()
    box_ = client.get(f"/api/collections/events/items?limit=10000&{DIALS}&bbox=-72.5,18.4,-72.1,18.7").json()
    march = client.get(f"/api/collections/events/items?limit=10000&{DIALS}&datetime=2024-03-01/2024-03-31").json()
    assert 0 < box_["numberMatched"] < whole["numberMatched"]
    expected = views.events(real, CLOCKS, start=date(2024, 3, 1), end=date(2024, 3, 31))
    assert [one["id"] for one in march["features"]] == expected["event_id"].tolist()


def test_plans_are_added_where_asked_for(client):
    asked = f"/api/collections/events/items?limit=10000&{DIALS}"
    facts, both = (client.get(asked + more).json()["features"] for more in ("", "&plans=true"))
    assert "planned" not in {one["properties"]["claim"] for one in facts}
    assert {one["id"] for one in facts} < {one["id"] for one in both}
    plan = next(one["id"] for one in both if one["properties"]["claim"] == "planned")
    alone = f"/api/collections/events/items/{plan}?{DIALS}"
    refused = client.get(alone)
    assert (refused.status_code, "ask with plans=true" in refused.json()["description"]) == (404, True)
    assert client.get(alone + "&plans=true").json()["id"] == plan
    assert client.get(asked + "&plans=perhaps").status_code == 400


def test_one_feature_has_its_own_address(client):
    one = client.get(f"/api/collections/fobs/items?{DIALS}").json()["features"][0]
    alone = client.get(f"/api/collections/fobs/items/{one['id']}?{DIALS}").json()
    assert {key: alone[key] for key in ("id", "geometry", "properties")} == {
        key: one[key] for key in ("id", "geometry", "properties")
    }
    gone = client.get(f"/api/collections/fobs/items/nothing?{DIALS}")
    assert (gone.status_code, gone.json()["code"]) == (404, "NotFound")


def test_a_table_has_features_without_a_geometry(client):
    answer = client.get("/api/collections/sources/items?limit=2").json()
    assert [one["geometry"] for one in answer["features"]] == [None, None]


def test_an_unchanged_answer_is_not_sent_twice(client):
    first = client.get(f"/api/collections/fobs/items?{DIALS}")
    again = client.get(f"/api/collections/fobs/items?{DIALS}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/collections/fobs/items?as_of=2024-01-01&known_on=2024-01-01")
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("as_of=yesterday", "as_of: found 'yesterday', required a date", id="no date"),
        pytest.param("limit=0", "limit: found '0', required a whole number from 1", id="limit"),
        pytest.param("offset=-1", "offset: found '-1'", id="offset"),
        pytest.param("bbox=1,2,3", "bbox: found '1,2,3', required west,south,east,north", id="three numbers"),
        pytest.param("bbox=nan,0,1,1", "bbox: found 'nan,0,1,1'", id="not a number"),
        pytest.param("bbox=0,5,1,4", "south before north", id="upside down"),
        pytest.param("datetime=2025-02-30", "datetime: found '2025-02-30', required a date", id="no such day"),
        pytest.param("datetime=2025-02-02/2025-02-01", "an end not before the beginning", id="backwards"),
        pytest.param("grade=Z9", "grade: found 'Z9'", id="grade"),
        pytest.param("region=Atlantis", "region: 'Atlantis' is not a P-code", id="region"),
        pytest.param("f=html", "f: found 'html', required json or geojson", id="format"),
        pytest.param("filter=x", "filter: found a parameter that does not exist here", id="unknown"),
        pytest.param("limit=1&limit=2", "limit: found 2 values, required one", id="twice"),
    ],
)
def test_what_cannot_be_asked_is_said(client, query, words):
    answer = client.get(f"/api/collections/fobs/items?{query}")
    assert answer.status_code in (400, 404)
    assert words in answer.json()["description"]


def test_a_limit_above_the_highest_is_the_highest():
    assert parse([("limit", "999999")], Clocks(date(2025, 1, 18), date(2025, 1, 18))).limit == 10_000


def test_times_and_boxes_of_the_standard():
    assert interval("../2024-03-02") == (None, date(2024, 3, 2))
    assert box("170,-10,-170,10") == (170.0, -10.0, -170.0, 10.0)
    with pytest.raises(InputError, match="datetime: found '2024/2025/2026'"):
        interval("2024/2025/2026")


GDAL = """
import json, sys, pyogrio
address = sys.argv[1]
fobs = pyogrio.read_dataframe(f"OAPIF:{address}/collections/fobs", layer="fobs")
part = pyogrio.read_dataframe(f"OAPIF:{address}/collections/communes", bbox=(-72.4, 18.5, -72.2, 18.6))
layers = [name for name, _kind in pyogrio.list_layers(f"OAPIF:{address}").tolist()]
print(json.dumps({"layers": layers, "fobs": fobs["fob_id"].tolist(), "epsg": fobs.crs.to_epsg(), "part": len(part)}))
"""


def test_gdal_reads_the_collections(address, real):
    """In a process of its own: GDAL waits for the server with Python's lock held."""
    done = subprocess.run(
        [sys.executable, "-c", GDAL, address], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["layers"] == list(real.datasets)
    assert found["fobs"] == views.layer(real, "fobs", Clocks(TODAY, TODAY))["fob_id"].tolist()
    assert found["epsg"] == 4326
    assert 0 < found["part"] < len(real["communes"])


def test_answers_keep_their_own_description(address):
    """Schemathesis makes requests from the description, sound and unsound ones, and checks each answer against it."""
    described = schemathesis.openapi.from_url(f"{address}/openapi.json")
    tried = 0
    for found in described.get_all_operations():

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=found.ok().as_strategy())
        def ask(case):
            nonlocal tried
            tried += 1
            # the order of south and north, or of two days, is a rule that JSON Schema has no words for
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        ask()
    assert tried >= 100


def test_the_description_is_json_with_every_collection(client, real):
    document = json.loads(client.get("/api/openapi.json").content)
    names = document["paths"]["/collections/{name}"]["get"]["parameters"][0]["schema"]["enum"]
    assert names == list(real.datasets)


def test_a_feature_without_geometry_matches_every_box_and_a_bare_t_is_a_day(real):
    query = parse([("bbox", "-180,-90,180,90")], CLOCKS)
    without = collections.rows(real, "fobs", parse([], CLOCKS)).geometry.isna().sum()
    assert collections.rows(real, "fobs", query).geometry.isna().sum() == without > 0
    assert interval("2025-01-01T/..") == (date(2025, 1, 1), None)


def test_one_import_cannot_break_the_collections(small, tmp_path):
    """A column `date` of text is no time; the catalogue answers, and the layer is served."""
    path = tmp_path / "posts.csv"
    path.write_text("post,date,lon,lat\nA,2025-01-05,-72.35,18.55\n")
    made = prepare.prepare(ingest.read(path), "posts", small, file="posts.csv")
    url = f"sqlite:///{tmp_path / 's.db'}"
    saved = attach.store_import(open_store(url, make=True), made)
    client = TestClient(Starlette(routes=api.routes(lambda: attach.with_imports(small, url))))
    told = client.get("/api/collections").json()["collections"]
    assert saved.import_id in [one["id"] for one in told]
    assert client.get(f"/api/collections/{saved.import_id}").status_code == 200


def test_a_layer_that_cannot_be_served_is_named_in_the_catalogue(client, monkeypatch):
    rows = collections.rows
    described = sys.modules["mssmap.api.routes"]._described

    def broken(data, name, query):
        if name == "prisons":
            raise ValueError("Invalid format specifier")
        return rows(data, name, query)

    monkeypatch.setattr(collections, "rows", broken)
    described.cache_clear()
    found = client.get("/api/collections").json()
    described.cache_clear()
    assert "prisons" not in [one["id"] for one in found["collections"]]
    assert len(found["collections"]) > 3
    (fault,) = found["faults"]
    assert fault["id"] == "prisons"
    assert fault["found"].startswith("prisons: found rows that cannot be served.")
