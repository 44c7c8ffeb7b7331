"""The parts of the door: rates, headers, log lines, pages, and the middleware around a small app."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from streamlit import config

from mssmap import settings
from mssmap.server import app, first
from mssmap.server.door import headers, limits, pages
from mssmap.server.door.guard import Guard
from mssmap.server.door.limits import Limiter, Rate
from mssmap.ui import cache, logs

SECRET = "7e1f0b5c2d9a4836f1c0e97b35ad6842"


# --------------------------------------------------------------------------------------------------------------- rates


def test_a_bucket_empties_and_fills():
    limiter = Limiter({"api": Rate(burst=3, per_second=0.5)})
    assert [limiter.wait("ana", "api", 0.0) for _ in range(5)] == [0, 0, 0, 2, 2]
    assert limiter.wait("bea", "api", 0.0) == 0, "each client has a bucket of their own"
    assert limiter.wait("ana", "api", 1.9) == 1
    assert limiter.wait("ana", "api", 2.0) == 0
    assert limiter.wait("ana", "api", 2.0) == 2


def test_the_memory_of_the_buckets_is_bounded():
    limiter = Limiter({"api": Rate(1, 1.0)}, most=100)
    for n in range(10_000):
        limiter.wait(f"client {n}", "api", 0.0)
    assert len(limiter) == 100


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 5))
def test_nobody_gets_more_than_the_rate(pauses, burst):
    """In any window: at most the burst and what the time has filled."""
    limiter, now, passed = Limiter({"x": Rate(burst, 0.25)}), 0.0, 0
    for pause in pauses:
        now += pause
        passed += limiter.wait("c", "x", now) == 0
    assert passed <= burst + now * 0.25 + 1e-6


# -------------------------------------------------------------------------------------------------------------- headers


def given_headers(https: bool, *cookies: str, **other: str) -> dict[str, list[str]]:
    raw = [(b"set-cookie", cookie.encode()) for cookie in cookies]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in other.items()]
    found: dict[str, list[str]] = {}
    for name, value in headers.secured(raw, headers.policy(), "id", https=https, lifetime_s=43200):
        found.setdefault(name.decode(), []).append(value.decode())
    return found


def test_cookies_are_secure_where_people_come_by_https():
    said = given_headers(True, "_streamlit_user=x; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax")
    assert said["set-cookie"] == ["_streamlit_user=x; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure"]
    assert said["strict-transport-security"] == ["max-age=31536000; includeSubDomains"]
    plain = given_headers(False, "a=b; Max-Age=60; Path=/")
    assert plain["set-cookie"] == ["a=b; Max-Age=60; Path=/"]
    assert "strict-transport-security" not in plain


def test_an_answer_may_be_stricter_than_the_rule():
    assert given_headers(False, content_security_policy=pages.POLICY)["content-security-policy"] == [pages.POLICY]


def test_the_policy_names_no_other_host_for_anything_that_runs():
    parts = dict(part.split(" ", 1) for part in headers.policy().split("; "))
    assert "unsafe-inline" not in parts["script-src"]
    for name in ("default-src", "script-src", "connect-src", "frame-src", "form-action", "frame-ancestors", "base-uri"):
        assert "http" not in parts[name]
        assert "*" not in parts[name]
    assert parts["object-src"] == "'none'"
    assert parts["frame-ancestors"] == "'self'"


def test_the_inline_scripts_that_may_run_are_named_by_their_text(monkeypatch):
    """One stands in Streamlit's page, and ours takes the still away; with another Streamlit this says so."""
    monkeypatch.setattr(cache, "frame_scripts", lambda: ("let map;",))
    own, ours = app._page_scripts()
    assert own.split() == ["window.prerenderReady", "=", "false"]
    assert ours == first.script()
    assert app._policy("/").count("sha256-") == 2
    assert app._policy("/component/streamlit_folium.st_folium/index.html").count("sha256-") == 1
    assert app._policy("/") != app._policy("/component/x")


# ---------------------------------------------------------------------------------------------------------------- logs


def line(as_json: bool, event: str, **fields: Any) -> str:
    record = logging.LogRecord("mssmap", logging.WARNING, "", 0, event, (), None)
    record.fields = fields
    return logs.Lines(as_json=as_json, secrets=(SECRET, "")).format(record)


def test_a_line_is_one_line_and_holds_no_secret():
    for as_json in (True, False):
        said = line(as_json, f"failed with {SECRET}", path="/a\nb", message=f"x{SECRET}y")
        assert "\n" not in said
        assert SECRET not in said
        assert said.count(logs.STRUCK_OUT) == 2
    assert json.loads(line(True, "event", a=1)) | {"time": ""} == {
        "time": "", "level": "warning", "event": "event", "a": 1,
    }  # fmt: skip


def test_the_password_of_the_store_is_a_secret():
    found = settings.load({"MSSMAP_DATABASE_URL": "postgresql://map:hunter2@db/map", "MSSMAP_COOKIE_SECRET": SECRET})
    assert set(logs.secrets_of(found)) == {"hunter2", SECRET, ""}


# ------------------------------------------------------------------------------------------- the middleware alone


def boom(_request: Request) -> Response:
    raise ZeroDivisionError(f"division of {SECRET}")


async def gone(websocket: WebSocket) -> None:
    """Answer a browser that left meanwhile, as Streamlit does."""
    await websocket.accept()
    await websocket.close()
    await websocket.close()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(cache, "base_frame", lambda: None)
    config.set_option("server.allowedHosts", ["map.example.org"])
    guard = Middleware(Guard, configured=settings.load({}), store=cache.opened, policy=lambda _path: headers.policy())
    routes = [
        Route("/boom", boom),
        Route("/readyz", lambda _request: PlainTextResponse("ready")),
        Route("/x", lambda _request: PlainTextResponse("x")),
        WebSocketRoute("/stream", gone),
    ]
    yield TestClient(
        Starlette(routes=routes, middleware=[guard]), base_url="http://map.example.org", raise_server_exceptions=False
    )
    config.set_option("server.allowedHosts", ["localhost", "127.0.0.1", "[::1]"])


def test_a_bug_is_told_by_an_id_and_written_down_once(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/boom")
    assert answer.status_code == 500
    reference = answer.text.rpartition(" ")[2].strip()
    assert answer.text == f"Something went wrong on our side. Reference: {reference}\n"
    faults = [record for record in caplog.records if record.getMessage() == "fault"]
    assert [record.fields["reference"] for record in faults] == [reference]
    assert faults[0].fields["error"] == "ZeroDivisionError"
    assert faults[0].fields["at"].startswith("test_door.py:")


def test_a_browser_that_left_is_no_bug(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with client.websocket_connect("ws://map.example.org/stream"):
        pass
    assert [record for record in caplog.records if record.getMessage() == "fault"] == []


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/x").status_code == 200
    for host in ("evil.example", "map.example.org.evil.example", ""):
        assert client.get("/x", headers={"host": host}).status_code == 421, host
    assert client.get("/readyz", headers={"host": "10.1.2.3"}).status_code == 200, "a balancer asks by number"


def test_every_answer_has_the_headers_and_an_id(client: TestClient) -> None:
    answers = [client.get("/x"), client.get("/none"), client.get("/boom"), client.get("/x", headers={"host": "evil"})]
    for answer in answers:
        assert set(headers.ALWAYS) | {"content-security-policy", "x-request-id"} <= set(answer.headers)
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize(("shared", "kept"), [(True, "public"), (False, "private")])
def test_no_cache_between_keeps_a_file_where_people_sign_in(shared: bool, kept: str) -> None:
    name = "/app/static/records-0123456789ab.json"
    routes = [Route(name, lambda _request: PlainTextResponse("{}"))]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(app.KeepHashedFiles, shared=shared)]))
    assert client.get(name).headers["cache-control"] == f"{kept}, max-age=31536000, immutable"


# --------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("wanted", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nSet-Cookie: x=1",
    "\\\\evil", "/" + "a" * 2000,
])  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(wanted):
    assert pages.within(wanted) == "/"


def test_a_name_on_the_page_of_the_door_is_text():
    name = "<script>window.pwned=1</script>{{7*7}}"
    page = pages.no_role(Request({"type": "http", "headers": []}).headers, name).body.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_of_the_door_speaks_the_language_of_the_browser():
    asked = Request({"type": "http", "headers": [(b"accept-language", b"fr-HT,fr;q=0.9")]}).headers
    assert '<html lang="fr">' in pages.sign_in(asked, "/").body.decode()


def test_the_rates_cover_every_kind_of_request():
    from mssmap.server.door.routes import RULES

    assert {rule.kind for rule in RULES} == set(limits.RATES)


def test_the_cookies_of_the_door_are_secure_by_https(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to the provider sets a cookie; by https it is Secure, HttpOnly and of this site."""
    configured = settings.load(
        {"MSSMAP_AUTH": "oidc", "MSSMAP_PUBLIC_URL": "https://map.example.org", "MSSMAP_COOKIE_SECRET": SECRET}
    )
    monkeypatch.setattr("mssmap.server.door.guard.encode_provider_token", lambda _provider: "token")
    guard = Middleware(Guard, configured=configured, store=cache.opened, policy=lambda _path: headers.policy())
    config.set_option("server.allowedHosts", ["map.example.org"])
    client = TestClient(Starlette(middleware=[guard]), base_url="https://map.example.org", follow_redirects=False)
    answer = client.get("/signin?next=/planner")
    assert (answer.status_code, answer.headers["location"]) == (302, "/auth/login?provider=token")
    assert {"HttpOnly", "SameSite=lax", "Secure", "Max-Age=600"} <= set(answer.headers["set-cookie"].split("; "))
    assert answer.headers["strict-transport-security"] == headers.HSTS
    config.set_option("server.allowedHosts", ["localhost", "127.0.0.1", "[::1]"])


@pytest.mark.parametrize(
    ("path", "status", "kind", "is_part"),
    [
        ("/static/js/index.js", 200, b"text/javascript; charset=utf-8", True),
        ("/app/static/ground-0123.json", 200, b"application/json", True),
        ("/static/media/sans.woff2", 200, b"font/woff2", True),
        ("/static/js/index.js", 404, b"text/plain", False),
        ("/static/page.html", 200, b"text/html", False),
        ("/api/collections", 200, b"application/json", False),
    ],
)
def test_a_part_of_a_page_has_few_headers_and_may_run_nothing_by_itself(path, status, kind, is_part):
    given = [(b"content-type", kind)]
    assert headers.is_part(path, status, given) is is_part
    told = dict(headers.as_part(given, https=True))
    assert told[b"content-security-policy"] == b"default-src 'none'; frame-ancestors 'self'"
    assert {b"x-content-type-options", b"strict-transport-security", b"cross-origin-resource-policy"} <= set(told)
    assert sum(len(name) + len(value) + 4 for name, value in headers.as_part([], https=False)) < 160
