"""What `/` answers before any script runs: once for all who ask, within bounds, with headers that let it be kept."""

from __future__ import annotations

import asyncio
import re
import threading

import brotli
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from mssmap.server import first, opening
from mssmap.server.door import pages
from mssmap.server.opening import FullError, Kept, Opening


def client(**options) -> TestClient:
    given = {"people_sign_in": False, "public_url": ""} | options
    return TestClient(Opening(Starlette(), **given), base_url="http://localhost:8501")


@pytest.fixture(scope="module")
def ask():
    return client().get


# ---------------------------------------------------------------------------------------------------------- the queue


def test_a_view_is_worked_out_once_however_many_ask_for_it():
    calls, go = [], threading.Event()

    def make() -> bytes:
        calls.append(1)
        go.wait(60)
        return b"page"

    async def run() -> list[bytes]:
        kept = Kept()
        asking = [asyncio.ensure_future(kept.get("a", make)) for _ in range(50)]
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*asking, kept.get("a", make))

    assert asyncio.run(run()) == [b"page"] * 51
    assert len(calls) == 1


def test_of_ten_thousand_views_at_once_some_are_made_and_the_others_are_told_so():
    made = []

    async def run() -> list[bytes | BaseException]:
        kept = Kept(waiting=10)
        asked = (kept.get(str(i), lambda i=i: made.append(i) or b"x") for i in range(10_000))
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(run())
    assert len(made) == 10
    assert sum(isinstance(answer, FullError) for answer in answers) == 9_990


def test_what_is_kept_is_bounded_in_bytes_and_the_last_used_stays():
    async def run() -> list[str]:
        kept, made = Kept(most_bytes=300), []
        for key in ("a", "b", "a", "c", "d", "a"):
            await kept.get(key, lambda key=key: made.append(key) or bytes(100))
        return made

    assert asyncio.run(run()) == ["a", "b", "c", "d"]


def test_a_view_that_fails_is_tried_again():
    answers = [ValueError("once"), b"page"]

    def make() -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    async def run() -> bytes:
        kept = Kept()
        with pytest.raises(ValueError, match="once"):
            await kept.get("a", make)
        return await kept.get("a", make)

    assert asyncio.run(run()) == b"page"


# ---------------------------------------------------------------------------------------------------------- the answer


def test_the_first_answer_holds_picture_figures_and_words(ask):
    answer = ask("/?as_of=2025-01-18&known_on=2025-01-18", headers={"accept-language": "en"})
    assert answer.status_code == 200
    for part in ('data-id="fob-01"', "Situation on 18 Jan 2025, as known the same day.", "Personnel deployed"):
        assert part in answer.text
    assert answer.text.index('class="mm-sheet"') < answer.text.index('id="root"') < answer.text.index("modulepreload")


def test_it_is_kept_by_its_keys_and_asked_for_again_in_two_hundred_bytes(ask):
    one = ask("/?as_of=2025-01-18&utm_source=mail")
    same, other = ask("/?as_of=2025-01-18"), ask("/?as_of=2025-01-19")
    assert one.headers["etag"] == same.headers["etag"] != other.headers["etag"]
    assert one.headers["cache-control"] == "no-cache"
    again = ask("/?as_of=2025-01-18", headers={"if-none-match": one.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("taken", "way"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None), ("", None)]
)
def test_it_travels_packed_for_whoever_unpacks(taken, way):
    with client() as asked, asked.stream("GET", "/", headers={"accept-encoding": taken}) as answer:
        body = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding") == way
    if way == "br":
        assert len(body) < 60_000
        assert brotli.decompress(body).startswith(b"<!doctype html>")


def test_where_people_sign_in_nobody_keeps_it():
    answer = client(people_sign_in=True).get("/")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


def test_a_link_in_a_chat_shows_title_sentence_and_picture_in_the_language_of_the_link(ask):
    text = ask("/?as_of=2025-01-18&lang=fr", headers={"accept-language": "es"}).text
    assert '<html lang="fr">' in text
    assert 'property="og:title" content="Carte de situation' in text
    assert "18 janv. 2025" in text[text.index("og:title") : text.index("og:description")]
    assert 'property="og:image" content="http://localhost:8501/preview.png?as_of=2025-01-18' in text


def test_wrong_keys_are_noted_and_nothing_breaks(ask):
    text = ask("/?as_of=yesterday&grade=Z9&region=HT99&layers=moon&lat=x&category=%3Cscript%3E&lang=xx").text
    assert text.count("in the address: found") == 7
    assert "<script>&#x27;" not in text
    assert "&lt;script&gt;" in text


def test_a_still_that_cannot_be_drawn_leaves_the_page_without_it(monkeypatch):
    def broken(*_given: object, **_named: object) -> None:
        raise ValueError("no such projection")

    monkeypatch.setattr(first.still, "compose", broken)
    answer = client().get("/?as_of=2025-02-02")
    assert answer.status_code == 200
    assert 'id="mm-first"' not in answer.text
    assert 'id="root"' in answer.text


def test_who_comes_when_the_queue_is_full_is_told_so(monkeypatch):
    monkeypatch.setattr(opening, "WAITING", 0)
    monkeypatch.setattr(Kept.__init__, "__defaults__", (opening.KEPT_BYTES, 0))
    answer = client().get("/?as_of=2025-02-03", headers={"accept": "text/html", "accept-language": "fr"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Trop de vues différentes" in answer.text


def test_the_scripts_of_the_page_are_those_that_the_policy_allows():
    from mssmap.server.app import _page_scripts
    from mssmap.server.door.headers import inline_scripts

    assert set(inline_scripts(client().get("/").text)) == set(_page_scripts())


def test_before_somebody_signed_in_a_link_shows_the_name_of_the_product_only():
    answer = pages.sign_in(Headers({"accept-language": "fr"}), "/?as_of=2025-01-18&region=HT05")
    told = re.findall(r'<meta property="(og:\w+)" content="([^"]*)"', bytes(answer.body).decode())
    assert told == [("og:title", "mssmap")]


def test_a_page_is_made_once_whatever_name_of_the_server_people_use(monkeypatch):
    made = []
    monkeypatch.setattr(first, "draw_or_none", lambda shown, **_look: made.append(shown))
    with client() as asked:
        texts = [
            asked.get("/?as_of=2025-03-04", headers={"host": host}).text
            for host in ("a.example", "b.example", "a.example")
        ]
    assert len(made) == 1
    assert ["http://b.example/preview.png" in text for text in texts] == [False, True, False]
