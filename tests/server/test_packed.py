"""Static files travel packed, and come out as they are."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from mssmap.maps import assets
from mssmap.server import packed
from mssmap.server.packed import Packed

SCRIPT = b"export const answer = 42;\n" * 400
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(packed.settings, "cache_folder", lambda: cache)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.js").write_bytes(SCRIPT)
    (tmp_path / "short.js").write_bytes(b"1;")
    (tmp_path / "still.png").write_bytes(bytes(range(256)) * 40)
    return tmp_path


@pytest.fixture
def asked(folder):
    """What the server answers, byte for byte: nothing is unpacked on the way."""
    app = Packed(Starlette(routes=[Mount(at, StaticFiles(directory=folder)) for at in ("/static", "/other")]))

    def ask(path: str, accepted: str = "gzip, deflate, br, zstd", method: str = "GET", **headers: str):
        with (
            TestClient(app) as client,
            client.stream(method, path, headers={"accept-encoding": accepted, **headers}) as answer,
        ):
            return answer.status_code, answer.headers, b"".join(answer.iter_raw())

    return ask


@pytest.mark.parametrize(
    ("accepted", "way"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("*", "br"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=0.0", ""),
    ],
)
def test_a_script_travels_packed_in_the_best_way_that_is_taken(asked, accepted, way):
    status, headers, body = asked("/static/page.js", accepted)
    assert (status, headers.get("content-encoding", ""), headers["vary"]) == (200, way, "Accept-Encoding")
    assert int(headers["content-length"]) == len(body)
    assert UNPACK.get(way, bytes)(body) == SCRIPT
    assert (len(body) < len(SCRIPT) / 20) == bool(way)


@pytest.mark.parametrize("path", ["/static/short.js", "/static/still.png", "/other/page.js"])
def test_what_gains_nothing_or_is_no_static_file_travels_as_it_is(asked, folder, path):
    _status, headers, body = asked(path)
    assert "content-encoding" not in headers
    assert body == (folder / Path(path).name).read_bytes()


def test_a_part_of_a_file_is_a_part_of_the_file(asked):
    status, headers, body = asked("/static/page.js", Range="bytes=7-12")
    assert (status, body, "content-encoding" in headers) == (206, SCRIPT[7:13], False)


def test_a_browser_that_has_the_file_gets_none(asked):
    etag = asked("/static/page.js")[1]["etag"]
    status, _headers, body = asked("/static/page.js", **{"If-None-Match": etag})
    assert (status, body) == (304, b"")


def test_a_file_that_is_not_there_stays_so(asked):
    assert asked("/static/none.js")[0] == 404


def test_a_file_that_changes_is_packed_anew(asked, folder):
    asked("/static/page.js")
    new = SCRIPT.replace(b"42", b"43")
    (folder / "page.js").write_bytes(new)
    os.utime(folder / "page.js", (1, 1))
    assert brotli.decompress(asked("/static/page.js")[2]) == new


def test_a_file_is_packed_once_and_not_more_is_kept_than_allowed(asked, folder, monkeypatch):
    made = []
    monkeypatch.setitem(packed.WAYS, "br", lambda content: made.append(content) or brotli.compress(content))
    monkeypatch.setattr(packed, "smallest", lambda _content: None)
    monkeypatch.setattr(packed, "KEPT_BYTES", 100)
    (folder / "other.js").write_bytes(os.urandom(80).hex().encode() * 20)
    for name in ("page", "page", "other", "page"):
        asked(f"/static/{name}.js")
    assert len(made) == 3


def test_a_file_larger_than_what_is_kept_travels_all_the_same(asked, folder, monkeypatch):
    monkeypatch.setattr(packed, "KEPT_BYTES", 1)
    assert brotli.decompress(asked("/static/page.js")[2]) == SCRIPT


def test_beside_everything_else_a_file_is_packed_as_small_as_can_be_and_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(packed.settings, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(packed, "_smallest", {})
    content = (assets.VENDORED / "leaflet.js").read_bytes()
    assert packed.smallest(content) is None, "who asks first does not wait"
    for _ in range(6_000):
        if (small := packed.smallest(content)) is not None:
            break
        threading.Event().wait(0.01)
    assert brotli.decompress(small) == content
    assert len(small) < len(packed.WAYS["br"](content))
    assert [path.suffix for path in (tmp_path / "packed").iterdir()] == [".br"]


@pytest.mark.parametrize("harm", [b"", b"no brotli at all"])
def test_a_kept_file_that_is_damaged_is_packed_again(tmp_path, harm):
    path = tmp_path / "packed" / "x.br"
    packed._packed_smallest(path, SCRIPT)
    path.write_bytes(harm)
    assert brotli.decompress(packed._packed_smallest(path, SCRIPT)) == SCRIPT


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path):
    (tmp_path / "packed").write_text("a file stands where the folder would be")
    assert brotli.decompress(packed._packed_smallest(tmp_path / "packed" / "x.br", SCRIPT)) == SCRIPT
