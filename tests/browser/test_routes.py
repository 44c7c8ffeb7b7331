"""Every route of the real server, tried by somebody who has not signed in and by each role."""

from __future__ import annotations

import ast
import json
import socket
import subprocess
import sys
from typing import Any

import pytest
import requests

from mssmap.server.door import absent
from mssmap.store import people

from .conftest import PERSONS, ROOT, Server, Team

Expected = tuple[int, ...]


def open_to_all(status: int) -> Expected:
    return (status,) * 6


def for_viewers(status: int) -> Expected:
    return (401, 403, *[status] * 4)


def for_planners(status: int) -> Expected:
    return (401, 403, 403, 403, status, status)


READ = for_viewers(200)
ABSENT = for_viewers(404)
NEVER = open_to_all(404)

EXPECTED: dict[str, dict[str, tuple[str, Expected]]] = {
    "/api": {"GET": ("/api", READ), "HEAD": ("/api", READ)},
    "/api/": {"GET": ("/api/", READ), "HEAD": ("/api/", READ)},
    "/api/conformance": {"GET": ("/api/conformance", READ), "HEAD": ("/api/conformance", READ)},
    "/api/openapi.json": {"GET": ("/api/openapi.json", READ), "HEAD": ("/api/openapi.json", READ)},
    "/api/collections": {"GET": ("/api/collections", READ), "HEAD": ("/api/collections", READ)},
    "/api/collections/{name}": {
        "GET": ("/api/collections/fobs", READ),
        "HEAD": ("/api/collections/fobs", READ),
    },
    "/api/collections/{name}/items": {
        "GET": ("/api/collections/fobs/items", READ),
        "HEAD": ("/api/collections/fobs/items", READ),
    },
    "/api/collections/{name}/items/{feature}": {
        "GET": ("/api/collections/fobs/items/none", ABSENT),
        "HEAD": ("/api/collections/fobs/items/none", ABSENT),
    },
    **{
        f"/archive{path}": {"GET": (f"/archive{tried}", status), "HEAD": (f"/archive{tried}", status)}
        for path, tried, status in (
            ("", "", READ),
            ("/{name}/cells", "/none/cells", ABSENT),
            ("/{name}/points", "/none/points", ABSENT),
            ("/{name}/histogram", "/none/histogram", ABSENT),
            ("/{name}/totals", "/none/totals", ABSENT),
            ("/{name}/actors", "/none/actors", ABSENT),
            ("/{name}/record/{row}", "/none/record/1", ABSENT),
            ("/{name}/held", "/none/held", ABSENT),
        )
    },
    "/view": {
        "GET": ("/view?as_of=2025-01-18&known_on=2025-01-18", READ),
        "HEAD": ("/view?as_of=2025-01-18&known_on=2025-01-18", READ),
    },
    "/live": {
        "GET": ("/live", READ),
        "HEAD": ("/live", READ),
        "POST": ("/live?tab=none", for_viewers(204)),
    },
    "/acts": {"POST": ("/acts", for_viewers(403))},  # let in; what does not come from a page of ours is refused
    "/readyz": {"GET": ("/readyz", open_to_all(200)), "HEAD": ("/readyz", open_to_all(200))},
    "/_stcore/health": {
        "GET": ("/_stcore/health", open_to_all(200)),
        "HEAD": ("/_stcore/health", open_to_all(200)),
        "OPTIONS": ("/_stcore/health", open_to_all(204)),
    },
    "/_stcore/metrics": {
        "GET": ("/_stcore/metrics", (401, 403, 403, 403, 403, 200)),
        "HEAD": ("/_stcore/metrics", (401, 403, 403, 403, 403, 200)),
        "OPTIONS": ("/_stcore/metrics", (401, 403, 403, 403, 403, 204)),
    },
    "/_stcore/host-config": {"GET": ("/_stcore/host-config", READ), "HEAD": ("/_stcore/host-config", READ)},
    "/media/{file_id:path}": {
        "GET": ("/media/none.csv", ABSENT),
        "HEAD": ("/media/none.csv", ABSENT),
        "OPTIONS": ("/media/none.csv", for_viewers(204)),
    },
    "/_stcore/upload_file/{session_id}/{file_id}": {
        "PUT": ("/_stcore/upload_file/session/file", for_planners(400)),  # let in; there is no such session
        "DELETE": ("/_stcore/upload_file/session/file", for_planners(204)),
        "OPTIONS": ("/_stcore/upload_file/session/file", for_planners(204)),
    },
    "/component/{path:path}": {
        "GET": ("/component/none/index.html", ABSENT),
        "HEAD": ("/component/none/index.html", ABSENT),
        "OPTIONS": ("/component/none/index.html", for_viewers(204)),
    },
    "/_stcore/bidi-components/{path:path}": {
        "GET": ("/_stcore/bidi-components/none/index.js", ABSENT),
        "HEAD": ("/_stcore/bidi-components/none/index.js", ABSENT),
        "OPTIONS": ("/_stcore/bidi-components/none/index.js", for_viewers(204)),
    },
    "/_stcore/stream": {"WEBSOCKET": ("/_stcore/stream", (403, 403, 101, 101, 101, 101))},
    "/auth/login": {"GET": ("/auth/login", open_to_all(302)), "HEAD": ("/auth/login", open_to_all(302))},
    "/auth/logout": {"GET": ("/auth/logout", open_to_all(403)), "HEAD": ("/auth/logout", open_to_all(403))},
    "/oauth2callback": {"GET": ("/oauth2callback", open_to_all(302)), "HEAD": ("/oauth2callback", open_to_all(302))},
    **{
        path: dict.fromkeys(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), (path, NEVER))
        for path in ("/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp")
    },
    "/app/static/{path:path}": {
        "GET": ("/app/static/none.json", ABSENT),
        "HEAD": ("/app/static/none.json", ABSENT),
        "OPTIONS": ("/app/static/none.json", for_viewers(204)),
    },
    "/streets/{set_id}/{level:int}-{x:int}-{y:int}.json": {
        "GET": ("/streets/0123456789ab/12-0-0.json", ABSENT),
        "HEAD": ("/streets/0123456789ab/12-0-0.json", ABSENT),
    },
    "": {  # the pages, and the program of Streamlit's page
        "GET": ("/", READ),
        "HEAD": ("/planner", READ),
        "POST": ("/", for_viewers(405)),
        "PUT": ("/x", for_viewers(405)),
    },
}
"""Path of the route -> method -> a path to try and the status for each of `PERSONS`."""

BEYOND: dict[str, tuple[str, str, Expected]] = {
    "the way to the provider": ("GET", "/signin", open_to_all(302)),
    "a deep link": ("GET", "/planner?scenario=x", READ),
    "a page that is not there": ("GET", "/wp-admin.php", ABSENT),
    "a health check of somebody else's": ("GET", "/healthz", ABSENT),
    "metrics where others have them": ("HEAD", "/metrics", ABSENT),
    "below a page": ("GET", "/planner/x", ABSENT),
    "below the API": ("GET", "/api/nothing", ABSENT),
    "below the inner routes": ("GET", "/_stcore/nothing", ABSENT),
    "the page as a file": ("GET", "/index.html", ABSENT),
    "the icon of the page": ("GET", "/favicon.png", READ),
    "the program of the page": ("GET", "/static/js/none.js", open_to_all(404)),
    "two slashes before the upload": ("PUT", "//_stcore/upload_file/a/b", for_viewers(405)),
    "an upload below the program": ("PUT", "/static/../_stcore/upload_file/a/b", for_viewers(405)),
    "an escaped slash": ("GET", "/static/%2e%2e/api", for_viewers(400)),
    "upper case": ("GET", "/API", ABSENT),
}
"""Ways that are no routes of their own, or try to get round the rules."""


def routes() -> dict[str, set[str]]:
    """Return the route table of the real app, from a process of its own: a runtime of Streamlit exists once."""
    code = (
        "import json, mssmap.server.app as server; app = server.create_app()._build_starlette_app();"
        "print(json.dumps([[r.path, sorted(getattr(r, 'methods', None) or ()), type(r).__name__] for r in app.routes]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, set[str]] = {}
    for path, methods, kind in json.loads(done.stdout.splitlines()[-1]):
        methods = {"WEBSOCKET"} if kind == "WebSocketRoute" else set(methods)
        found.setdefault(path, set()).update(methods or EXPECTED[""])
    return found


def test_every_route_has_its_expectation():
    """A new route, or a new method of an old one, fails here until somebody says who may use it."""
    assert routes() == {path: set(methods) for path, methods in EXPECTED.items()}


CASES = {f"{method} {path}": (method, *tried) for path, all_of in EXPECTED.items() for method, tried in all_of.items()}


@pytest.fixture(scope="module")
def session(team: Team) -> dict[str, requests.Session]:
    """Return a client for each person, with a token against forged requests as the page has it."""
    found = {}
    for person in PERSONS:
        client = requests.Session()
        client.get(f"{team.server.url}/_stcore/health", timeout=20)
        client.cookies.update(team.cookie(person))
        client.headers["X-Xsrftoken"] = client.cookies["_streamlit_xsrf"]
        found[person] = client
    return found


def status(team: Team, client: requests.Session, method: str, path: str) -> int:
    """Ask exactly for a path, as no browser would write it."""
    if method == "WEBSOCKET":
        return shake_hands(team, client, path)
    asked = client.prepare_request(requests.Request(method, team.server.url))
    asked.url = team.server.url + path
    if method == "PUT":
        asked.prepare_body(None, {"file": ("a.csv", b"a")})
    return int(client.send(asked, allow_redirects=False, timeout=20).status_code)


def shake_hands(team: Team, client: requests.Session, path: str) -> int:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies)
    lines = [
        f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{team.server.port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Origin: {team.server.url}",
        f"Cookie: {cookies}",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", team.server.port), timeout=20) as wire:
        wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(wire.recv(200).split()[1])


@pytest.mark.parametrize("case", CASES)
def test_a_route_answers_each_person_as_it_should(team: Team, session: dict[str, requests.Session], case: str) -> None:
    method, path, expected = CASES[case]
    found = tuple(status(team, session[person], method, path) for person in PERSONS)
    assert dict(zip(PERSONS, found, strict=True)) == dict(zip(PERSONS, expected, strict=True))


@pytest.mark.parametrize("case", BEYOND)
def test_ways_round_the_rules(team: Team, session: dict[str, requests.Session], case: str) -> None:
    method, path, expected = BEYOND[case]
    found = tuple(status(team, session[person], method, path) for person in PERSONS)
    assert dict(zip(PERSONS, found, strict=True)) == dict(zip(PERSONS, expected, strict=True))


def test_an_unknown_path_is_told_to_people_and_to_programs(server: Server) -> None:
    """Where nobody signs in."""
    for path in ("/healthz", "/metrics", "/situation", "/planner/x", "/static/none.js"):
        page = requests.get(
            f"{server.url}{path}", headers={"accept": "text/html,*/*", "accept-language": "fr"}, timeout=20
        )
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
        assert "Il n’y a rien à cette adresse." in page.text
        plain = requests.get(f"{server.url}{path}", timeout=20)
        assert (plain.status_code, plain.text) == (404, "There is nothing at this address.\n"), path


def test_the_pages_are_those_of_the_app(server: Server) -> None:
    calls = [node for node in ast.walk(ast.parse((ROOT / "app.py").read_text("utf-8"))) if isinstance(node, ast.Call)]
    shown = [call for call in calls if ast.unparse(call.func) == "st.Page"]
    paths = {key.value.value for call in shown for key in call.keywords if key.arg == "url_path"}
    assert {"/"} | {f"/{path}" for path in paths} == absent.PAGES
    assert len(shown) == len(absent.PAGES)
    for path in absent.PAGES:
        assert requests.get(f"{server.url}{path}?as_of=2025-01-18", timeout=20).status_code == 200, path


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({}, 200, id="control: a good cookie"),
        pytest.param({"origin": "http://evil.example"}, 401, id="cookie of another address"),
        pytest.param({"is_logged_in": False}, 401, id="signed out"),
        pytest.param({"email_verified": False}, 403, id="an address that nobody verified"),
        pytest.param({"email_verified": "true"}, 403, id="a claim that is not a yes"),
        pytest.param({"email": "admin@example.org\n"}, 200, id="blanks around an address"),
        pytest.param({"email": None, "sub": None}, 401, id="no name at all"),
        pytest.param({"email": "a" * 300 + "@example.org"}, 401, id="a name too long"),
    ],
)
def test_a_cookie_counts_only_as_the_provider_meant_it(team: Team, claims: dict[str, Any], expected: int) -> None:
    cookies = team.cookie("admin", **claims)
    assert requests.get(f"{team.server.url}/api", cookies=cookies, timeout=20).status_code == expected


def test_a_forged_or_old_cookie_is_none(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    good = team.cookie("admin")["_streamlit_user"]
    body, stamp, sign = good.rsplit(".", 2)
    for bad in (f"{body}.{stamp}.{sign[:-2]}AA", f"{body[:-4]}AAAA.{stamp}.{sign}", "x", "", body):
        answer = requests.get(f"{team.server.url}/api", cookies={"_streamlit_user": bad}, timeout=20)
        assert answer.status_code == 401, bad
    import itsdangerous.timed

    now = itsdangerous.timed.time.time()
    with monkeypatch.context() as patch:
        patch.setattr("itsdangerous.timed.time.time", lambda: now - 13 * 3600)
        old = team.cookie("admin")
    assert requests.get(f"{team.server.url}/api", cookies=old, timeout=20).status_code == 401
    assert requests.get(f"{team.server.url}/api", cookies={"_streamlit_user": good}, timeout=20).status_code == 200


def test_a_role_taken_away_closes_the_routes_at_once(team: Team) -> None:
    cookies = team.cookie("leaver")
    asked = lambda: requests.get(f"{team.server.url}/api", cookies=cookies, timeout=20).status_code  # noqa: E731
    assert asked() == 403
    people.grant(team.open_store(), "leaver@example.org", "viewer")
    assert asked() == 200
    people.revoke(team.open_store(), "leaver@example.org")
    assert asked() == 403


CONTROLS = ("/%0a", "/planner%0a", "/%0d%0aX:y", "/static/%0a", "/media/%0a", "/component/%00", "/api/%7f", "/%C2%85",
            "/_stcore/upload_file/%0a/%00", "/archive/%0a/cells")  # fmt: skip
ODD = (
    b"Origin: http://[\r\n", b"X-Forwarded-For: \xff,,[::\r\n", b"Accept-Language: \xff\r\n", b"Cookie: \x7f=\x80\r\n",
    b"Cookie: _streamlit_user=\xff\xfe\r\n", b"If-None-Match: \xff\r\n", b"Range: bytes=\xff\r\n",
)  # fmt: skip


def asked(server: Server, request: bytes, *fields: bytes) -> tuple[int, str]:
    """Ask as no library would, and return status and headers."""
    host = f"Host: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        wire.sendall(request + b" HTTP/1.1\r\n" + b"".join(fields) + host)
        said = b"".join(iter(lambda: wire.recv(65536), b"")).decode("latin-1")
    return int(said.split()[1]), said.partition("\r\n\r\n")[0].lower()


@pytest.mark.parametrize("person", ["local", "nobody", "admin"])
def test_control_characters_are_refused_with_all_headers(team: Team, server: Server, person: str) -> None:
    at = server if person == "local" else team.server
    cookie = "".join(f"Cookie: {name}={value}\r\n" for name, value in team.cookie(person).items()).encode()
    cookie = b"" if person == "local" else cookie
    for path in CONTROLS:
        for method in ("GET", "PUT"):
            status, headers = asked(at, f"{method} {path}".encode(), cookie)
            assert status == 400, (method, path)
            assert "content-security-policy:" in headers, path
    for request in (b"GET /?x=%0a%00", b"GET /api?limit=%0a", b"GET /live?plan=%00&tab=%0a", b"POST /acts"):
        for odd in (b"", *ODD):
            status, headers = asked(at, request, cookie, odd)
            assert status < 500, (request, odd)
            assert "content-security-policy:" in headers
    for odd in (b"Bad\x01name: x\r\n", b"Host: a\x00b\r\n", b"Content-Length: x\r\n"):
        status, headers = asked(at, b"GET /", odd)
        assert status == 400
        assert "content-security-policy:" in headers


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="a foreign page"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="a neighbour"),
        pytest.param({"Sec-Fetch-Site": "none"}, 403, id="a link in a mail"),
        pytest.param({"Referer": "http://evil.example/"}, 403, id="an old browser on a foreign page"),
        pytest.param({"Referer": "http://["}, 403, id="nonsense"),
        pytest.param({}, 403, id="nobody says from where"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 302, id="control: a page of ours"),
        pytest.param({"Referer": "{own}/planner"}, 302, id="control: an old browser on a page of ours"),
    ],
)
def test_nobody_is_signed_out_by_another_page(team: Team, fields: dict[str, str], expected: int) -> None:
    fields = {name: value.format(own=team.server.url) for name, value in fields.items()}
    answer = requests.get(
        f"{team.server.url}/auth/logout", headers=fields, cookies=team.cookie("viewer", sub=str(fields)),
        allow_redirects=False, timeout=20,
    )  # fmt: skip
    assert answer.status_code == expected
    assert ("_streamlit_user=" in answer.headers.get("set-cookie", "")) == (expected == 302)
    if expected == 403:
        assert 'href="/auth/logout"' in answer.text, "a person who wants to can"


def test_a_copy_of_a_cookie_ends_with_the_signing_out(team: Team) -> None:
    cookies = team.cookie("viewer", sub="signs out")
    other = team.cookie("viewer", sub="stays")
    assert requests.get(f"{team.server.url}/api", cookies=cookies, timeout=20).status_code == 200
    leave = {"Sec-Fetch-Site": "same-origin"}
    requests.get(f"{team.server.url}/auth/logout", headers=leave, cookies=cookies, allow_redirects=False, timeout=20)
    assert requests.get(f"{team.server.url}/api", cookies=cookies, timeout=20).status_code == 401
    assert requests.get(f"{team.server.url}/api", cookies=other, timeout=20).status_code == 200
