"""Tiles are answered packed, may be kept for ever, and nothing else can be asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mssmap.server import streets
from mssmap.streets import adding

from .made import CAPITAL


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return TestClient(Starlette(routes=streets.routes(shared=False)))


def test_a_tile_may_be_kept_for_ever(asked):
    found = adding.add(CAPITAL)
    answer = asked.get(f"/streets/{found.set_id}/14-4899-7333.json")
    assert answer.status_code == 200
    assert answer.json()["r"]
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    plain = asked.get(f"/streets/{found.set_id}/14-4899-7333.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == answer.json()
    assert asked.get(f"/streets/{found.set_id}/14-1-1.json").json() == {}, "the sea is empty, no fault"


@pytest.mark.parametrize("path", ["/streets/000000000000/14-1-1.json", "/streets/..%2F..%2Fx/14-1-1.json"])
def test_what_is_not_there_is_not_found(asked, path):
    assert asked.get(path).status_code == 404
