"""What must be set before the app opens, and that it does not open without."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from browser.conftest import refuses, running
from hypothesis import given
from hypothesis import strategies as st
from locked import OBEYING

from mssmap import settings
from mssmap.cli import run
from mssmap.errors import InputError
from mssmap.server import app
from mssmap.server.door import start

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "MSSMAP_AUTH": "oidc",
    "MSSMAP_PUBLIC_URL": "https://map.example.org",
    "MSSMAP_ALLOWED_HOSTS": "map.example.org",
    "MSSMAP_COOKIE_SECRET": "7e1f0b5c2d9a4836f1c0e97b35ad6842",
    "MSSMAP_OIDC_CLIENT_ID": "map",
    "MSSMAP_OIDC_CLIENT_SECRET": "abc",
    "MSSMAP_OIDC_METADATA_URL": "https://id.example.org/.well-known/openid-configuration",
}


def without(*names: str, **other: str) -> dict[str, str]:
    return {name: value for name, value in {**GOOD, **other}.items() if name not in names}


NOT_TLS = "found http, required https"

REFUSED = {
    "nothing set": ({}, ["MSSMAP_AUTH: found none on the public", "MSSMAP_ALLOWED_HOSTS: found nothing"]),
    "no sign-in": (without(MSSMAP_AUTH="none"), ["MSSMAP_AUTH: found none on the public address 0.0.0.0"]),
    "no hosts": (without("MSSMAP_ALLOWED_HOSTS"), ["MSSMAP_ALLOWED_HOSTS: found nothing on the public address"]),
    "every host": (without(MSSMAP_ALLOWED_HOSTS="*"), ["MSSMAP_ALLOWED_HOSTS: found *, which is every name"]),
    "no secret": (without("MSSMAP_COOKIE_SECRET"), ["MSSMAP_COOKIE_SECRET: found nothing"]),
    "short secret": (without(MSSMAP_COOKIE_SECRET="k3y"), ["MSSMAP_COOKIE_SECRET: found 3 characters, required 32"]),
    "31 characters": (without(MSSMAP_COOKIE_SECRET="7e1f0b5c2d9a4836f1c0e97b35ad684"), ["found 31 characters"]),
    "one sign": (without(MSSMAP_COOKIE_SECRET="x" * 64), ["MSSMAP_COOKIE_SECRET: found hardly any different"]),
    "well known": (
        without(MSSMAP_COOKIE_SECRET="please-CHANGEME-0123456789abcdefghij"),
        ["MSSMAP_COOKIE_SECRET: found a well-known word"],
    ),
    "no address": (without("MSSMAP_PUBLIC_URL"), ["MSSMAP_PUBLIC_URL: found nothing"]),
    "plain http": (without(MSSMAP_PUBLIC_URL="http://map.example.org"), [f"MSSMAP_PUBLIC_URL: {NOT_TLS}"]),
    "plain provider": (
        without(MSSMAP_OIDC_METADATA_URL="http://id.example.org/x"),
        ["MSSMAP_OIDC_METADATA_URL: found http, required https"],
    ),
    "no client": (without("MSSMAP_OIDC_CLIENT_ID"), ["MSSMAP_OIDC_CLIENT_ID: found nothing"]),
}  # fmt: skip


def refused(env: dict[str, str], host: str = "0.0.0.0") -> list[str]:
    return start.faults(settings.load(env), host)


def test_no_run_walks_through_what_all_sessions_hold():
    script = "from streamlit import config; from mssmap import settings; from mssmap.server.door import start; "
    script += "start.configure(settings.load()); print(config.get_option('runner.postScriptGC'))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("case", REFUSED)
def test_a_public_address_is_refused_with_one_line_each(case):
    env, expected = REFUSED[case]
    found = refused(env)
    assert len(found) == len(expected), found
    for line, words in zip(found, expected, strict=True):
        assert line.startswith(words) or words in line
        assert "\n" not in line


def test_with_everything_set_it_may_start():
    """The control: the same checks let a sound configuration pass."""
    assert refused(GOOD) == []
    assert refused({}, "127.0.0.1") == refused({}, "localhost") == refused({}, "::1") == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "map.example.org", "0", ""])
def test_any_other_address_is_public(host):
    assert any(line.startswith("MSSMAP_AUTH: found none") for line in refused({}, host))


def test_the_command_does_not_start_and_says_each_fault(monkeypatch, capsys):
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app, "serve", lambda **_: pytest.fail("started"))
    assert run(["serve", "--host", "0.0.0.0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["MSSMAP_AUTH", "MSSMAP_ALLOWED_HOSTS"]


def test_the_function_refuses_as_well(monkeypatch):
    monkeypatch.delenv("MSSMAP_AUTH", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that nothing listens, even if it were not refused
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=r"^MSSMAP_AUTH: found none on the public address 0\.0\.0\.0"):
            app.serve(host="0.0.0.0", port=port)


def test_nobody_listens_after_a_refusal(tmp_path):
    assert any("MSSMAP_AUTH: found none" in line for line in refuses(tmp_path, MSSMAP_HOST="0.0.0.0"))


FULL = ["bash", "-c", 'ulimit -f 200; exec "$@"', "bash"]
"""Before a command: no file may be larger than 200 KiB, as on a disk that is full after so much."""


@pytest.mark.parametrize(
    ("before", "reason"),
    [pytest.param(OBEYING, "Permission denied", id="read-only"), pytest.param(FULL, "File too large", id="full")],
)
def test_a_cache_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path, before, reason):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o555 if before is OBEYING else 0o755)
    lines = refuses(tmp_path, *before, XDG_CACHE_HOME=str(cache))
    folder = cache / "mssmap" / "static"
    assert lines[-1:] == [
        f"mssmap: {folder}: the files of the map cannot be written there ({reason}). Make room or make it writable, "
        "and start again."
    ]
    assert [path.name for path in cache.rglob("tmp*")] == [], "nothing half written stays"


def copied(folder):
    """Copy the code of the app."""
    for name in ("mssmap", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def test_ready_is_not_said_of_an_app_that_makes_no_page(tmp_path):
    """A server whose first page has a fault goes on for the others, and says so where people and proxies look."""
    copied(tmp_path)
    for name in ("data", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "app.py").write_text("import no_such_module", encoding="utf-8")
    with running(tmp_path, cwd=tmp_path) as started:
        assert requests.get(f"{started.url}/readyz", timeout=60).status_code == 503
        fault, *told = started.errors().splitlines()
    assert "No module named 'no_such_module'" in fault
    assert told, "the same line twice within a second is written once"
    assert all("ERROR not_ready " in line and "The first page cannot be made;" in line for line in told)
    assert "mssmap is ready" not in started.log.with_name("stdout.txt").read_text(encoding="utf-8")


def test_a_first_answer_that_cannot_be_written_keeps_no_server_away(tmp_path):
    copied(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")  # and no docs/logo.svg
    shutil.copy(ROOT / "app.py", tmp_path)
    with running(tmp_path, cwd=tmp_path) as started:
        assert requests.get(f"{started.url}/_stcore/health", timeout=60).status_code == 200
        assert "logo.svg" in started.errors()


def test_a_secret_may_stand_in_a_file_and_is_never_shown(tmp_path):
    file = tmp_path / "secret"
    file.write_text(GOOD["MSSMAP_COOKIE_SECRET"] + "\n")
    found = settings.load({**without("MSSMAP_COOKIE_SECRET"), "MSSMAP_COOKIE_SECRET_FILE": str(file)})
    assert found.cookie_secret == GOOD["MSSMAP_COOKIE_SECRET"]
    assert found.cookie_secret not in repr(found)
    assert "abc" not in repr(found).replace("required", "")
    with pytest.raises(InputError, match=r"^MSSMAP_COOKIE_SECRET: found the value and MSSMAP_COOKIE_SECRET_FILE"):
        settings.load({**GOOD, "MSSMAP_COOKIE_SECRET_FILE": str(file)})
    with pytest.raises(InputError, match=r"^MSSMAP_COOKIE_SECRET_FILE: found .*gone, which cannot be read"):
        settings.load({"MSSMAP_COOKIE_SECRET_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    "url", ["map.example.org", "ftp://x", "https://x/path", "https://u:p@x", "https://", "https://x?y"]
)
def test_an_address_that_is_none(url):
    with pytest.raises(InputError, match=r"^MSSMAP_PUBLIC_URL: found .*, required an address without a path"):
        settings.load({"MSSMAP_PUBLIC_URL": url})


@given(st.text(alphabet="0123456789abcdef", max_size=31))
def test_no_short_secret_is_good(secret):
    assert start.weak(secret)


@given(st.binary(min_size=32, max_size=32))
def test_random_secrets_are_good_unless_they_hardly_vary(content):
    secret = content.hex()
    assert bool(start.weak(secret)) == (len(set(secret)) < start.LEAST_SIGNS or "12345" in secret)
