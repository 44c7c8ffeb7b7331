"""Published static files are trusted by their content, mended by themselves, and withdrawn with what they carried."""

from __future__ import annotations

from collections import deque

import pytest

from mssmap.ingest import attach
from mssmap.maps import assets
from mssmap.server import app
from mssmap.server.door import headers
from mssmap.ui import cache, frame


@pytest.fixture
def folder(tmp_path, monkeypatch, frozen_folder):
    monkeypatch.setattr(cache, "static_folder", lambda: tmp_path / "static")
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(frozen_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    _forget()
    yield tmp_path / "static"
    _forget()


def _forget():
    for read in (attach._read_folder, attach._loaded):
        read.cache_clear()
    cache.refresh()
    cache._intact.clear()


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_what_a_power_cut_emptied_is_written_again_at_the_start(folder, harm):
    cache.published()
    before = files(folder)
    for path in list(folder.iterdir()):
        harm(path)
    _forget()
    cache.published()
    assert files(folder) == before


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?"),
    ],
)
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_file_that_is_asked_for_is_mended_while_the_server_runs(folder, harm, asked_before):
    """Whoever harmed it, such as another server of the same person with other data, which withdraws ours."""
    name = cache.published().manifest
    content = (folder / name).read_bytes()
    if asked_before:
        cache.mend(name)
    harm(folder / name)
    cache.mend(name)
    assert (folder / name).read_bytes() == content


def test_files_that_carry_what_was_removed_are_withdrawn(folder):
    folder.mkdir()
    old = folder / "imports-0123456789ab.json"
    old.write_text("names of a removed import")
    other = folder / "notes.json"
    other.write_text("of somebody else")
    found = cache.published()
    assert not old.exists()
    assert other.exists()
    assert found.files == frozenset(files(folder)) - {"notes.json"}


def test_a_static_file_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    synced = []
    real = assets.disk.os.fsync
    monkeypatch.setattr(assets.disk.os, "fsync", lambda handle: (synced.append(list(tmp_path.iterdir())), real(handle)))
    name = assets._Shelf(tmp_path).put("a", ".json", b"{}")
    assert synced
    assert tmp_path / name not in synced[0]
    assert assets.intact(tmp_path / name)


def test_what_was_begun_before_an_import_is_not_given_after_it(monkeypatch):
    """Two threads: one works something out, the other hears of an import meanwhile."""
    now = ["before"]
    monkeypatch.setattr(cache, "data", lambda: now[0])

    @cache.of_the_data(maxsize=1)
    def kept(of):
        now[0] = "after"
        return of

    assert kept() == "before"
    assert kept() == "after", "worked out anew"


def test_the_policy_lets_the_base_map_of_a_moment_ago_run(monkeypatch):
    """A page may have begun before an import, and its frame be asked for after it."""
    monkeypatch.setattr(cache, "_frame_scripts", deque(["old", "new"], maxlen=8))
    monkeypatch.setattr(cache, "base_frame", lambda: None)
    for script in ("old", "new"):
        assert headers._digest(script + frame.ENDING) in app._policy("/component/streamlit_folium.st_folium/index.html")
