"""The routes of the archives, on a real ASGI app."""

from __future__ import annotations

import json
import os
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from archive.samples import ALPHA, FAR
from mssmap.api import archives as api
from mssmap.archive import duck, question
from mssmap.archive.writer import StoppedError

END = "known_on=2024-12-31"


@pytest.fixture(scope="module")
def web(ten) -> tuple[TestClient, str]:
    return TestClient(Starlette(routes=api.routes(lambda: ten[0]))), f"/archive/{ten[1]}"


def unpack(content: bytes) -> dict[str, Any]:
    (length,) = struct.unpack("<I", content[:4])
    head = json.loads(content[4 : 4 + length])
    values = np.frombuffer(content[4 + length :], "<i4")
    for name, count in head["arrays"].items():
        head[name], values = values[:count], values[count:]
    assert not len(values)
    return head


def test_the_list_says_what_may_be_asked(web, ten):
    listed = web[0].get("/archive").json()["archives"]
    assert [(item["name"], item["rows"], item["attribution"]) for item in listed] == [(ten[1], 10, "A paper, CC BY")]


@pytest.mark.parametrize(
    ("zoom", "mode", "counts"),
    [
        pytest.param(7, "cells", [1, 5], id="far out one cell holds Alpha and Beta"),
        pytest.param(10, "clusters", [1, 2, 3], id="nearer they are apart"),
    ],
)
def test_cells_of_a_zoom(web, zoom, mode, counts):
    found = unpack(web[0].get(f"{web[1]}/cells?zoom={zoom}&{END}&box=-75,17,-71,21").content)
    assert (found["mode"], found["inside"], found["rows"], sorted(found["n"].tolist())) == (mode, 6, 10, counts)
    assert found["in_box"].tolist() == found["n"].tolist()
    assert ("ring" in found) is (mode == "cells")
    if mode == "cells":  # the outline of each cell goes round the places in it
        for i in range(2):
            ring = found["ring"][12 * i : 12 * i + 12].reshape(6, 2) / 1e6
            assert (ring.min(axis=0) < [found["lat"][i] / 1e6, found["lon"][i] / 1e6]).all()
            assert (ring.max(axis=0) > [found["lat"][i] / 1e6, found["lon"][i] / 1e6]).all()


def test_points_carry_their_kind_and_row(web):
    found = unpack(web[0].get(f"{web[1]}/points?{END}&box=-73,18,-72.3,19").content)
    assert (found["mode"], found["inside"], found["shown"]) == ("points", 3, 3)
    assert set(zip((found["lon"] / 1e6).tolist(), (found["lat"] / 1e6).tolist(), strict=True)) == {ALPHA}
    kinds = sorted(found["categories"][i] for i in found["category"])
    assert kinds == ["kidnapping", "riot", "riot"]
    assert set(found["groups"]) == {"events.violence"}


def test_too_many_points_are_counted_not_sent(web, monkeypatch):
    monkeypatch.setattr(api, "POINTS", 5)
    found = unpack(web[0].get(f"{web[1]}/points?{END}").content)
    assert (found["mode"], found["inside"], found["shown"], found["arrays"]) == ("many", 6, 0, {})


def test_a_small_archive_travels_whole_with_its_days(web, monkeypatch):
    found = unpack(web[0].get(f"{web[1]}/held?{END}&zoom=7&box=0,0,1,1&from=2030-01-01&as_of=2001-01-01").content)
    assert (found["mode"], found["shown"], found["cells"], found["rows"]) == ("cells", 6, 2, 10)
    spells = sorted(zip(found["from"].tolist(), found["to"].tolist(), strict=True))
    assert spells[-2:] == [(19763, 19773), (19784, 19784)]  # b2 from 10 to 20 February, c1 on 2 March
    assert sorted(np.bincount(found["cell"]).tolist()) == [1, 5]
    assert len(found["ring"]) == 24
    monkeypatch.setattr(api, "POINTS", 9)
    assert unpack(web[0].get(f"{web[1]}/held?{END}&zoom=7").content)["mode"] == "many"


def test_histogram_and_totals(web):
    found = web[0].get(f"{web[1]}/histogram?{END}&step=year").json()
    assert found["bins"] == [[19723, "kidnapping", 1], [19723, "riot", 5]]
    both = web[0].get(f"{web[1]}/histogram?{END}&step=year&plans=true").json()
    assert both["bins"] == [[19723, "kidnapping", 1], [19723, "riot", 6]], "one was only announced"
    totals = web[0].get(f"{web[1]}/totals?{END}&by=category&from=2024-03-01&as_of=2024-12-31&plans=true").json()
    assert totals == {"total": 2, "placed": 1, "by": "category", "values": {"riot": 2}, "words": {"riot": "Riot"}}


def test_names_to_filter_by(web):
    assert web[0].get(f"{web[1]}/actors?{END}").json() == {"rows": 10, "actors": [["Gang Alpha", 1]]}
    assert web[0].get(f"{web[1]}/actors?{END}&like=%20aLPHa").json()["actors"] == [["Gang Alpha", 1]]
    assert web[0].get(f"{web[1]}/actors?{END}&category=kidnapping").json()["actors"] == []


@pytest.mark.parametrize(
    ("narrowed", "n"),
    [("", 6), ("&category=kidnapping", 1), ("&actor=gang", 1), ("&category=kidnapping&actor=gang", 0)],
)
def test_a_filter_holds_for_the_map_and_the_timeline(web, narrowed, n):
    asked = f"{END}{narrowed}"
    for path in ("cells?zoom=8&", "points?"):
        assert unpack(web[0].get(f"{web[1]}/{path}{asked}").content)["inside"] == n
    assert unpack(web[0].get(f"{web[1]}/held?zoom=8&{asked}").content)["shown"] == n
    bins = web[0].get(f"{web[1]}/histogram?{asked}").json()["bins"]
    assert sum(n for _day, _kind, n in bins) == n


def test_a_record_whole_and_in_words(web):
    rows = unpack(web[0].get(f"{web[1]}/points?known_on=2024-03-05&box={FAR[0]},{FAR[1]},{FAR[0]},{FAR[1]}").content)
    records = [web[0].get(f"{web[1]}/record/{row}").json() for row in rows["row"]]
    told = next(record for record in records if record["record"]["event_id"] == "c1")
    assert told["title"] == "Event c1"
    assert told["lines"] == ["1 Mar 2024", "Riot", "1-2 killed", "<b>not bold</b>", "C3"]
    assert (told["record"]["known_until"], told["attribution"]) == ("2024-04-01", "A paper, CC BY")
    assert web[0].get(f"{web[1]}/record/{rows['row'][0]}?lang=fr").json()["lines"][0] != told["lines"][0]


def test_an_answer_that_is_known_travels_once(web):
    first = web[0].get(f"{web[1]}/cells?{END}")
    again = web[0].get(f"{web[1]}/cells?{END}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = web[0].get(f"{web[1]}/cells?{END}&grade=B3", headers={"if-none-match": first.headers["etag"]})
    assert (other.status_code, unpack(other.content)["inside"]) == (200, 0)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/cells?zoom=x", 400, "zoom: required a number"),
        ("/cells?zoom=nan", 400, "zoom: required a number"),
        ("/cells?moon=1", 400, "moon: found a parameter that does not exist"),
        ("/cells?box=1,2,3", 400, "bbox: found '1,2,3'"),
        ("/cells?from=soon", 400, "from: found 'soon'"),
        ("/cells?grade=Z9", 400, "grade"),
        ("/cells?zoom=7&zoom=8", 400, "found it twice"),
        ("/histogram?step=hour", 400, "step: found 'hour', required one of day, week"),
        ("/totals?by=note", 400, "by: found 'note'"),
        (
            f"/cells?actor={81 * 'x'}",
            400,
            "actor: found 81 characters ('xxxxxxxxxxxxxxxxxxxx'), required part of a name",
        ),
        ("/held?actor=a%00b", 400, "actor: found 3 characters ('a\\x00b'), required part of a name: at most 80"),
        (f"/actors?like={81 * 'x'}", 400, "like: found 81 characters"),
        ("/actors?limit=3", 400, "limit: found a parameter that does not exist"),
        ("/record/x", 400, "row: found 'x'"),
        ("/record/999", 404, "row: found no 999"),
    ],
)
def test_what_cannot_be_asked_is_one_line(web, path, status, message):
    answer = web[0].get(web[1] + path)
    assert answer.status_code == status
    assert message in answer.json()["error"]


def test_an_archive_that_is_not_there_and_one_that_changed(web, own):
    assert web[0].get("/archive/nope/cells").status_code == 404
    archives, made = own()
    client = TestClient(Starlette(routes=api.routes(lambda: archives)))
    assert client.get(f"/archive/{made.name}/cells").status_code == 200
    os.utime(archives.shelf.parquet(made.name), ns=(1, 1))
    told = client.get(f"/archive/{made.name}/cells")
    assert (told.status_code, "changed on disk" in told.json()["error"]) == (409, True)
    assert client.get(f"/archive/{made.name}/cells").status_code == 200


def test_a_question_that_takes_too_long_is_stopped_in_the_engine(ten, monkeypatch):
    monkeypatch.setattr(api, "PATIENCE_S", 0.2)
    endless = "SELECT sum(a.range * b.range) AS total, 1 AS placed FROM range(10_000_000) a, range(10_000_000) b"
    run = duck.DuckEngine.run
    ended = threading.Event()

    def slow(self: duck.DuckEngine, _sql: str, question: question.Question) -> Any:
        try:
            return run(self, endless, question)
        except StoppedError:
            ended.set()
            raise

    monkeypatch.setattr(duck.DuckEngine, "run", slow)
    client = TestClient(Starlette(routes=api.routes(lambda: ten[0])))
    started = time.monotonic()
    answer = client.get(f"/archive/{ten[1]}/points")
    assert answer.status_code == 504
    assert answer.json()["error"].startswith("archive: found no answer within 0 s. Choose a smaller window")
    assert ended.is_set()
    assert time.monotonic() - started < 10
