"""Addresses of sources asked on a server of our own: what each answer means, one at a time, nothing by itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from mssmap import cli
from mssmap.ingest import links


class Page(BaseHTTPRequestHandler):
    """Answers by the path: /200, /404, /403, /no-head (405 to HEAD only), /slow, /to-404."""

    asked: ClassVar[list[str]] = []
    at_once: ClassVar[list[int]] = [0, 0]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.at_once[0] += 1
        self.at_once[1] = max(self.at_once)
        self.asked.append(f"{self.command} {self.path}")
        if self.path == "/slow":
            time.sleep(1)
        status = {"/no-head": 405 if self.command == "HEAD" else 200, "/to-404": 302, "/slow": 200}.get(self.path)
        self.send_response(status or int(self.path[1:]))
        if self.path == "/to-404":
            self.send_header("Location", "/404")
        self.send_header("Content-Length", "0")
        self.at_once[0] -= 1
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    Page.asked.clear()
    Page.at_once[:] = [0, 0]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_each_answer_means(host):
    asked = {
        **{"a": "/200", "b": "/404", "c": "/410", "d": "/403", "e": "/500", "f": "/no-head"},
        **{"g": "/to-404", "h": "/slow"},
    }
    found = links.check([(key, host + path) for key, path in asked.items()], pause_s=0, timeout_s=0.4)
    assert {one.source_id: (one.state, one.told) for one in found} == {
        **{"a": ("answers", "200"), "b": ("dead", "404"), "c": ("dead", "410"), "d": ("unsure", "403")},
        **{"e": ("unsure", "500"), "f": ("answers", "200"), "g": ("dead", "404")},
        **{"h": ("unsure", "no answer in time")},
    }
    assert Page.at_once[1] == 1, "a host is asked one thing at a time"
    assert "GET /200" not in Page.asked, "a page that answers HEAD is not fetched"


def test_no_server_and_no_address(host):
    found = links.check([("a", "ftp://example.org/a"), ("b", "http://127.0.0.1:1/")], pause_s=0, timeout_s=1)
    assert [(one.state, one.told) for one in found] == [("dead", "no address on the web"), ("unsure", "no connection")]


def test_the_command_tells_the_dead_ones_and_exits_1(host, folder, tmp_path, monkeypatch, capsys):
    table = folder / "tables" / "sources.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    urls = [line.split(",") for line in rows[1:3]]
    changed = [line.replace(next(cell for cell in cells if cell.startswith("http")), f"{host}/{code}")
               for line, cells, code in zip(rows[1:3], urls, (200, 404), strict=True)]  # fmt: skip
    table.write_text("\n".join([rows[0], *changed, *rows[3:]]) + "\n", encoding="utf-8")
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    names = [cells[0] for cells in urls]
    only = [word for name in names for word in ("--only", name)]
    assert cli.run(["sources", "check", *only, "--pause", "0", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["source_id"], one["state"], one["kept"]) for one in told] == [
        *((names[0], "answers", False), (names[1], "dead", False))
    ]
    assert cli.run(["sources", "check", "--only", "nobody"]) == 2
    assert "--only: found nobody, required ids of sources" in capsys.readouterr().err


def test_a_copy_is_kept_beside_the_store_and_shown_on_the_card(small_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    page = tmp_path / "saved page.html"
    page.write_text("<html>as it was</html>", encoding="utf-8")
    assert cli.run(["sources", "keep", "un-1", str(page)]) == 0
    sha256, path = capsys.readouterr().out.split()
    assert Path(path).read_bytes() == page.read_bytes()
    assert Path(path).parent == tmp_path / "sources"
    assert cli.run(["sources", "keep", "un-1", str(page)]) == 0
    assert len(list((tmp_path / "sources").iterdir())) == 2, "the same content is kept once"
    assert cli.run(["sources", "list"]) == 0
    Path(path).write_text("changed", encoding="utf-8")
    assert cli.run(["sources", "list"]) == 1
    assert f"{sha256[:12]}  un-1  " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("un-1", "", "found 0 bytes, required a file of 1 to 100,000,000. Nothing was kept."),
        ("nobody", "x", "found 'nobody', required the id of a source"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(small_folder, tmp_path, monkeypatch, capsys, name, content, told):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    (tmp_path / "page.html").write_text(content, encoding="utf-8")
    assert cli.run(["sources", "keep", name, str(tmp_path / "page.html")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "sources").exists()
