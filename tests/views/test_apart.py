"""What every door of the product says of twelve views is what was worked out apart."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from starlette.applications import Starlette

import mssmap
from mssmap import api, cli
from mssmap.legend import text
from mssmap.measures import keyfigures
from mssmap.records import views
from mssmap.records.catalog import Data

from . import work_out
from .conftest import HERE, RECORDS, View, rows

TODAY = "2026-11-26"


@pytest.fixture(autouse=True)
def the_frozen_data(monkeypatch: pytest.MonkeyPatch, frozen_folder: Path) -> None:
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(frozen_folder))
    monkeypatch.setenv("MSSMAP_TODAY", TODAY)


def test_the_answers_are_those_of_the_program_that_shares_no_code(frozen_folder: Path) -> None:
    assert work_out.work_out(frozen_folder) == rows("expected.csv")
    assert "mssmap" not in [
        line.split()[1] for line in (HERE / "work_out.py").read_text().splitlines() if "import " in line
    ]


def told(rows_of: Any) -> list[tuple[str, str, str, str, str]]:
    """Return records as a door tells them: id, state, since, grade, sources."""
    return sorted(
        (row["id"], row["status"], str(row["since"])[:10], row["grade"], ";".join(sorted(row["sources"])))
        for row in rows_of
    )


def expected_records(asked: View, layer: str) -> list[tuple[str, str, str, str, str]]:
    return [(row["key"], row["value"], row["day"][:10], row["grade"], row["sources"]) for row in asked.of(layer)]


def expected_events(asked: View) -> list[tuple[str, str, str, str, str]]:
    return expected_records(asked, "event")


def of_feature(row: dict[str, Any], layer: str) -> dict[str, Any]:
    ids = [source["source_id"] for source in row["sources"]]
    if layer == "events":
        since, status = row["valid_from"], row["category"]
    else:
        since, status = row["status_from"], row["status"]
    key = "event_id" if layer == "events" else work_out.LAYERS[layer]
    return {"id": row[key], "status": status, "since": since, "grade": row["grade"], "sources": ids}


def test_the_core(asked: View, frozen: Data) -> None:
    counted = views.counts(frozen, asked.clocks, asked.grade, asked.region)
    found = {f"{row.layer}.{row.status}": (row.value, row.low, row.high) for row in counted.itertuples()}
    wanted = {row["key"]: tuple(int(row[end]) for end in ("value", "low", "high")) for row in asked.of("count")}
    assert {key: ends for key, ends in found.items() if ends[2]} == {
        key: ends for key, ends in wanted.items() if ends[2]
    }
    for layer in RECORDS:
        records = views.layer(frozen, layer, asked.clocks, asked.grade, asked.region)
        assert told(of_feature(row, layer) for row in records.to_dict("records")) == expected_records(asked, layer)
        seen = {str(row[work_out.LAYERS[layer]]): str(row["last_seen"])[:10] for row in records.to_dict("records")}
        assert seen == {row["key"]: row["day"].rpartition(" ")[2] for row in asked.of(layer)}
    events = views.events(frozen, asked.clocks, grade=asked.grade, region=asked.region)
    assert told(of_feature(row, "events") for row in events.to_dict("records")) == expected_events(asked)
    ranges = {
        row["event_id"]: (number(row["figure_min"]), number(row["figure_max"])) for row in events.to_dict("records")
    }
    assert ranges == {row["key"]: (number(row["low"]), number(row["high"])) for row in asked.of("event")}


def number(value: Any) -> float | None:
    return None if value in ("", None) or value != value else float(value)


def test_the_command_line(asked: View, capsys: pytest.CaptureFixture[str]) -> None:
    for layer in RECORDS:
        features = printed(capsys, "show", layer, *asked.options, "--json")["features"]
        assert told(of_feature(one["properties"], layer) for one in features) == expected_records(asked, layer)
        lines = printed(capsys, "show", layer, *asked.options, "--text").splitlines()
        assert lines[0].endswith(f": {len(asked.of(layer))}.")
        for status in {row["value"] for row in asked.of(layer)}:
            word = text.status(layer, status)
            assert sum(f": {word} ·" in line for line in lines[1:]) == asked.count(layer, status)[0], (layer, word)
    events = printed(capsys, "events", *asked.options, "--json")
    assert told(of_feature(row, "events") for row in events) == expected_events(asked)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert cli.run(arguments) == 0
    out = capsys.readouterr().out
    return json.loads(out) if "--json" in arguments else out


@pytest.fixture(scope="module")
def address(frozen: Data) -> Iterator[str]:
    app = Starlette(routes=api.routes(lambda: frozen))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api"
    server.should_exit = True
    thread.join()


def test_the_api(asked: View, address: str) -> None:
    for layer in (*RECORDS, "events"):
        query = {**asked.query, "limit": "1000"}
        page = requests.get(f"{address}/collections/{layer}/items", params=query, timeout=300).json()
        assert page["numberMatched"] == len(page["features"])
        wanted = expected_events(asked) if layer == "events" else expected_records(asked, layer)
        assert told(of_feature(one["properties"], layer) for one in page["features"]) == wanted, layer


def test_an_export(asked: View, tmp_path: Path) -> None:
    mssmap.export((*RECORDS, "events"), tmp_path / "view.zip", format="csv", **asked.query)
    with zipfile.ZipFile(tmp_path / "view.zip") as packed:
        for layer in (*RECORDS, "events"):
            (name,) = [one for one in packed.namelist() if one.endswith(f"{layer}.csv")]
            listed = list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))
            listed = [
                row | {"sources": [{"source_id": one} for one in row["source_ids"].split(";") if one]} for row in listed
            ]
            wanted = expected_events(asked) if layer == "events" else expected_records(asked, layer)
            assert told(of_feature(row, layer) for row in listed) == wanted, layer


def test_the_key_figures(asked: View, frozen: Data) -> None:
    found = {f.key: f for f in keyfigures.key_figures(frozen, asked.clocks, asked.grade, asked.region)}
    for key in ("strength_deployed", "fobs_operational", "prisons_functioning", "displaced"):
        figure, wanted = found[key], asked.figure(key)
        if wanted is None:
            assert (figure.value, figure.low, figure.high, bool(figure.absent)) == (None, None, None, True), key
        else:
            ends = tuple(float(wanted[end]) for end in ("value", "low", "high"))
            assert (figure.value, figure.low, figure.high) == ends, key
            assert ";".join(sorted(figure.source_ids)) == wanted["sources"], key
            assert wanted["day"] in ("", str(figure.date)), key
