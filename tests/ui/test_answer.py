"""`GET /view`: figures and text of a view without a script, for all who ask at once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import date, timedelta
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from mssmap.i18n import speaking
from mssmap.legend import layers
from mssmap.maps import panels
from mssmap.measures import keyfigures
from mssmap.records import views
from mssmap.records.shown import Filters, shown
from mssmap.records.timeline import Clocks
from mssmap.server.door import routes
from mssmap.telling import twin
from mssmap.ui import answer, cache

APP = Starlette(routes=[Route("/view", answer.view)])
DAY = {"as_of": "2025-01-18", "known_on": "2025-01-20"}


@pytest.fixture
def client() -> TestClient:
    return TestClient(APP)


def test_the_answer_is_what_the_page_shows(client):
    clocks, window = Clocks(date(2025, 1, 18), date(2025, 1, 20)), (date(2025, 1, 1), date(2025, 1, 18))
    asked = {**DAY, "grade": "C3", "region": "HT01", "from": "2025-01-01", "category": "operation", "lang": "fr"}
    found = client.get("/view", params={**asked, "layers": "fobs,events"}).json()
    on = layers.parse("fobs,events")[0]
    filters = Filters(clocks, "C3", "HT01", *window, ("operation",), plans=True)
    with speaking("fr"):
        figures = keyfigures.key_figures(cache.data(), clocks, "C3", "HT01")
        hidden = views.hidden_by_grade(cache.data(), clocks, "C3", "HT01")
        lines = twin.situation(shown(cache.data(), filters), figures, on, window, "C3", hidden)
        assert found == panels.figure_cards(figures) | {"lines": lines}


def test_the_address_that_a_page_gives_asks_for_its_view():
    filters = Filters(
        Clocks(date(2025, 1, 18), date(2025, 1, 20)), "F6", "HT05", None, None, ("operation",), plans=True
    )
    with speaking("es"):
        pairs = parse_qsl(answer.query(filters, layers.parse("fobs")[0]))
    assert dict(pairs)["lang"] == "es"
    assert answer.read(pairs)[1] == layers.parse("fobs")[0]
    assert answer.read(pairs)[0] == filters.within((date(2024, 9, 20), date(2025, 1, 18)))


def test_only_an_answer_of_these_data_is_kept(client, monkeypatch):
    fresh = {**DAY, "data": cache.data_mark()}
    assert client.get("/view", params=fresh).headers["cache-control"] == "public, max-age=3600"
    assert client.get("/view", params={**DAY, "data": "of yesterday"}).headers["cache-control"] == "no-store"
    monkeypatch.setenv("MSSMAP_AUTH", "oidc")
    assert client.get("/view", params=fresh).headers["cache-control"] == "private, no-store"
    assert routes.rule("/view").needs == routes.VIEWER


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"as_of": "2025-01-18"}, r"^known_on: found nothing, required a date"),
        ({**DAY, "as_of": "soon"}, r"^as_of: found .soon.*required"),
        ({**DAY, "grade": "Z9"}, r"^grade: found .Z9.*required"),
        ({**DAY, "region": "Atlantis"}, r"^region: .Atlantis. is not"),
        ({**DAY, "category": "feast"}, r"^category: .feast. does not exist"),
        ({**DAY, "layers": "moon"}, r"^layers: found moon, required"),
        ({**DAY, "colour": "red"}, r"^colour: found it 1 times, required once at most, and one of as_of"),
        ([*DAY.items(), ("as_of", "2025-01-19")], r"^as_of: found it 2 times"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(client, asked, fault):
    found = client.get("/view", params=asked)
    assert found.status_code == 400
    assert re.search(fault, found.json()["fault"])


def test_ten_thousand_views_at_once_are_answered_or_told_to_come_again():
    """The queue is bounded, and so is what is kept."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            day = date(2021, 1, 1)
            days = [(str(day + timedelta(days=n % 2000)), str(day + timedelta(days=n))) for n in range(10_000)]
            asked = [{"as_of": as_of, "known_on": known_on} for as_of, known_on in days]
            return await asyncio.gather(*(client.get("/view", params=one) for one in asked))

    found = asyncio.run(ask())
    counted = Counter(one.status_code for one in found)
    assert set(counted) == {200, 503}
    assert counted[200] >= answer.MOST_WAITING
    busy = next(one for one in found if one.status_code == 503)
    assert "too many views at once" in busy.json()["fault"]
    assert busy.headers["retry-after"] == "2"
    assert not answer._waiting
