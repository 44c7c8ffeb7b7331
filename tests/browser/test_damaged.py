"""Every page over a store in which records were damaged, and the files of the map damaged at the start and after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from archive.samples import TEN, rows, write
from store import damage

from mssmap.records import catalog
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks
from mssmap.store import open_store

from .conftest import ROOT, Screen, Team, signing_in

pytestmark = pytest.mark.browser

KEPT = "private, max-age=31536000, immutable"

MANIFESTS: dict[str, Any] = {
    "deep": "[" * 100_000,
    "days": {"first": "nonsense"},
    "counts": {"rows": -1},
    "box": {"box": [1.0]},
    "half": {"title": "\ud800"},
}
"""What stands in the place of a manifest of an archive, by its name."""


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Team]:
    """Return the app over a store with damaged records, which had its map's files emptied or cut while it was down."""
    folder = tmp_path_factory.mktemp("damaged")
    data: Data = catalog.open_data(ROOT / "data")
    day = Clocks(date(2025, 1, 18), date(2025, 1, 18))
    store = damage.made(folder / "team.db", data, day, folder)
    damage.damage(store, b"\xff\x00")
    store.engine.dispose()
    archives = folder / "archives"
    made = json.loads((archives / f"{write(archives, rows(TEN)).name}.json").read_text())
    for name, content in MANIFESTS.items():
        changed = content if isinstance(content, str) else json.dumps({**made, "name": name, **content})
        (archives / f"{name}.json").write_text(changed)
    home = {"XDG_CACHE_HOME": str(folder / "cache"), "MSSMAP_ARCHIVE_URL": archives.as_uri()}
    with signing_in(folder, provider, **home) as found:
        files = statics(folder)
    for n, file in enumerate(files):
        harmed(file, n)
    with signing_in(folder, provider, **home) as found:
        yield found


def statics(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("static/*-*.*"))


def harmed(file: Path, n: int) -> None:
    """Empty, cut or delete a file, by turns."""
    content = file.read_bytes()
    if n % 3 == 2:
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if n % 3 else b"")


@pytest.fixture
def admin(damaged: Team, visit: Any) -> Any:
    cookies = [
        {"name": name, "value": value, "url": damaged.server.url} for name, value in damaged.cookie("admin").items()
    ]

    def open_page(address: str, **query: str) -> Screen:
        state = {"cookies": [{**one, "domain": "127.0.0.1", "path": "/"} for one in cookies], "origins": []}
        for one in state["cookies"]:
            del one["url"]
        return visit(address, at=damaged.server, context={"storage_state": json.loads(json.dumps(state))}, **query)

    return open_page


def expect(screen: Screen, *words: str) -> None:
    """Wait for words on the page, and see that nothing on it ended in a bug."""
    for one in words:
        screen.page.get_by_text(re.compile(re.escape(one))).first.wait_for(state="attached")
    body = screen.page.locator("body").inner_text()
    assert "Traceback" not in body
    assert "bug" not in body


def test_every_page_shows_its_content_and_tells_each_fault_beside_its_list(damaged: Team, admin: Any) -> None:
    screen = admin("/")
    expect(screen, "Some data files are not sound")
    expect(admin("/timeline"), "Some data files are not sound")
    expect(admin("/export"), "Check an exported file", "Some data files are not sound")
    screen = admin("/planner", scenario="plan-body")
    expect(
        screen, "plan plan-body: found body", "plan plan-changed_at: found changed_at", "cannot be read, what you see"
    )
    expect(admin("/planner", scenario="plan-sound", lang="fr"), "plan plan-version : trouvé version")
    expect(admin("/briefing"), "pack.000001: cannot be read and is left out")
    screen = admin("/data")
    for tab, words in {
        "Import": (
            *("found changed_at", "Imported so far", "Rows: 1", "Ten events"),
            *(f"archive {name}: found a manifest that cannot be read" for name in MANIFESTS),
        ),
        "Field copies": ("conflict conflict-theirs: found theirs", "Take theirs"),
        "People and roles": ("person role@example.org: found role", "sound@example.org"),
    }.items():
        screen.page.get_by_role("tab", name=tab).click()
        expect(screen, *words)


def test_the_server_is_ready_and_the_api_answers(damaged: Team) -> None:
    assert requests.get(f"{damaged.server.url}/readyz", timeout=60).text == "ready\n"
    client = requests.Session()
    client.cookies.update(damaged.cookie("admin"))
    listed = client.get(f"{damaged.server.url}/api/collections", timeout=60)
    assert listed.status_code == 200, listed.text
    store = open_store(damaged.store_url)
    ids = ["plan-sound", "plan-body", "plan-version"]
    for plan in ids:
        told = client.get(f"{damaged.server.url}/live", params={"plan": plan, "tab": "t"}, timeout=60)
        assert told.json()["plan"] is not None, told.text
    store.engine.dispose()


def test_files_of_the_map_are_answered_whole_whatever_happens_to_them(damaged: Team) -> None:
    folder = Path(damaged.store_url.removeprefix("sqlite:///")).parent
    client = requests.Session()
    client.cookies.update(damaged.cookie("admin"))
    files = statics(folder)
    whole = {file.name: file.read_bytes() for file in files}
    assert len(whole) > 5
    assert all(whole.values()), "those that were emptied while the server was down are whole"
    for shift in range(3):
        for n, file in enumerate(files):
            harmed(file, n + shift)
        for name, content in whole.items():
            answer = client.get(f"{damaged.server.url}/app/static/{name}", timeout=60)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, KEPT), name
            assert answer.content == content, name
