"""Streamlit's own routes of the sign-in with ours round them: how each failure is told and written down."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable, Iterator

import pytest
import requests
from browser.conftest import free_port, provider
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient
from streamlit import config
from streamlit.auth_util import encode_provider_token
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes

from mssmap import settings
from mssmap.server.door import headers, start
from mssmap.server.door.guard import Guard
from mssmap.server.door.sign_in import CALLBACK, LOGIN, SignIn
from mssmap.store import backup, open_store, people
from mssmap.ui import identity

__all__ = ["provider"]

SECRET = "7e1f0b5c2d9a4836f1c0e97b35ad6842"


@pytest.fixture
def metadata(provider: str) -> str:
    return f"{provider}/.well-known/openid-configuration"


@pytest.fixture
def client(metadata: str, tmp_path) -> Iterator[TestClient]:
    configured = settings.load(
        {
            "MSSMAP_AUTH": "oidc",
            "MSSMAP_PUBLIC_URL": "http://localhost",
            "MSSMAP_COOKIE_SECRET": SECRET,
            "MSSMAP_OIDC_CLIENT_ID": "map",
            "MSSMAP_OIDC_CLIENT_SECRET": "abc",
            "MSSMAP_OIDC_METADATA_URL": metadata,
        }
    )
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    secrets_singleton.merge_programmatic_secrets(start.configure(configured))
    middleware = [
        Middleware(Guard, configured=configured, store=lambda: store, policy=lambda _path: headers.policy()),
        Middleware(SignIn, configured=configured),
        Middleware(SessionMiddleware, secret_key=SECRET),
    ]
    yield TestClient(
        Starlette(routes=create_auth_routes(""), middleware=middleware),
        base_url="http://localhost",
        follow_redirects=False,
    )
    secrets_singleton.merge_programmatic_secrets({"auth": {}})
    config.set_option("server.cookieSecret", "")


@pytest.fixture
def reasons(caplog: pytest.LogCaptureFixture):
    """What the log says of sign-ins."""
    caplog.set_level(logging.INFO, "mssmap")
    names = {"signed_in", "sign_in_failed"}
    return lambda: [(one.msg, one.fields.get("reason")) for one in caplog.records if one.msg in names]


def set_out(client: TestClient) -> str:
    """Set out for the provider; return its address."""
    answer = client.get(f"{LOGIN}?provider={encode_provider_token('default')}")
    assert answer.status_code == 302
    return answer.headers["location"]


def begin(client: TestClient) -> str:
    """Set out for the provider; return the state that it is to send back."""
    return set_out(client).partition("&state=")[2].partition("&")[0]


def test_a_callback_that_nobody_waits_for(client: TestClient, reasons) -> None:
    """The button Back, an old tab, or a browser that keeps no cookies."""
    for state in ("", "no-such-state"):
        answer = client.get(f"{CALLBACK}?state={state}&code=abc")
        assert answer.status_code == 401
        assert "begun too long ago or in another browser. Try again." in answer.text
        assert 'href="/signin?next=%2F"' in answer.text
    assert reasons() == [("sign_in_failed", "stale: no such sign-in was begun here")] * 2


def test_a_code_that_the_provider_does_not_know(client: TestClient, reasons) -> None:
    answer = client.get(f"{CALLBACK}?state={begin(client)}&code=not-to-be-written-down")
    assert answer.status_code == 502
    assert "the sign-in provider did not answer as it should" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    [(event, reason)] = reasons()
    assert (event, reason.startswith("provider: OAuthError: invalid_grant")) == ("sign_in_failed", True), reason
    assert "not-to-be-written-down" not in reason


@pytest.mark.parametrize(("said", "told"), [("access_denied", "access_denied"), ("<b>{{7*7}}\r\nx", "unknown")])
def test_a_refusal_is_told_in_the_providers_words_only_if_they_are_known(client, reasons, said, told) -> None:
    answer = client.get(CALLBACK, params={"state": begin(client), "error": said, "error_description": "<script>"})
    assert answer.status_code == 401
    assert f"the sign-in provider refused it ({told})." in answer.text
    assert "<script" not in answer.text
    assert reasons() == [("sign_in_failed", f"refused: {told}")]


def test_a_link_to_the_provider_that_is_too_old(client: TestClient, reasons) -> None:
    answer = client.get(f"{LOGIN}?provider=old")
    assert (answer.status_code, "begun too long ago" in answer.text) == (401, True)
    assert reasons() == [("sign_in_failed", "stale: no such sign-in was begun here")]


@pytest.mark.parametrize("metadata", [f"http://localhost:{free_port()}/nowhere"], ids=["nobody listens"])
def test_a_provider_that_does_not_answer(client: TestClient, reasons) -> None:
    answer = client.get(f"{LOGIN}?provider={encode_provider_token('default')}")
    assert answer.status_code == 502
    assert "the sign-in provider did not answer as it should" in answer.text
    [(event, reason)] = reasons()
    assert event == "sign_in_failed"
    assert reason.startswith("provider: ConnectError: ")


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        pytest.param("ana", 302, ("signed_in", None), id="control: a name that can be used"),
        pytest.param(
            "a" * 300, 401, ("sign_in_failed", "nameless: no e-mail address and no id that can be used"), id="too long"
        ),
    ],
)
def test_a_name_that_cannot_be_used(client: TestClient, reasons, name: str, status: int, told: tuple[str, str]) -> None:
    sent = requests.post(set_out(client), data={"sub": name}, allow_redirects=False, timeout=60)
    assert client.get(sent.headers["location"]).status_code == status
    assert reasons() == [told]


def test_the_page_speaks_the_language_of_the_browser(client: TestClient) -> None:
    answer = client.get(f"{CALLBACK}?state=x", headers={"accept-language": "fr"})
    assert '<html lang="fr">' in answer.text
    assert "You were" not in answer.text


def signed(**claims: str | bool) -> dict[str, str]:
    """Return the cookie of somebody who has signed in, as Streamlit signs it."""
    said = json.dumps({"origin": "http://localhost", "is_logged_in": True, **claims})
    return {identity.COOKIE: create_signed_value(SECRET, identity.COOKIE, said).decode()}


@pytest.fixture
def anew() -> Iterator[Callable[[], None]]:
    """Forget what this server knows by itself, as one that starts anew, or another one on the same store."""
    yield identity._ended.clear
    identity._ended.clear()


def answers(client: TestClient, cookies: dict[str, str]) -> int:
    client.cookies = cookies
    return client.get("/api").status_code


def test_every_server_on_the_store_knows_who_has_signed_out(client, anew):
    ana, bea = signed(sub="ana"), signed(sub="bea")
    assert (answers(client, ana), answers(client, bea)) == (403, 403), "known, without a role"
    client.cookies = ana
    client.get("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
    anew()
    assert (answers(client, ana), answers(client, bea)) == (401, 403)


def test_a_page_ends_with_the_signing_out_at_another_server(tmp_path, anew):
    store = open_store(f"sqlite:///{tmp_path / 'page.db'}")
    ana, bea = signed(sub="ana"), signed(sub="bea")
    people.sign_out(store, identity.mark(ana), 1_000.0, 60.0)
    assert [identity.has_ended_anywhere(one, store) for one in (ana, bea)] == [True, False]
    store.engine.dispose()


def test_who_has_signed_out_is_remembered_as_long_as_the_cookie_would_count(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}")
    for at_s, mark in ((0.0, "a"), (50.0, "b"), (50.0, "b"), (61.0, "c")):
        people.sign_out(store, mark, at_s, 60.0)
    assert [people.has_signed_out(store, mark) for mark in "abc"] == [False, True, True]
    backup.backup(store, tmp_path / "kept.zip")
    assert "signed_out.jsonl" not in zipfile.ZipFile(tmp_path / "kept.zip").namelist()
    backup.restore(store, tmp_path / "kept.zip", replace=True)
    assert people.has_signed_out(store, "c"), "a restore brings no cookie back"
    store.engine.dispose()
