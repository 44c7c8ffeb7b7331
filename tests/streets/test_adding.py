"""A set of streets is made of real extracts, whole or not at all, and can be handed on."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from pmtiles.tile import TileType

from mssmap import cli
from mssmap.errors import InputError
from mssmap.planning.ground import kept_roads
from mssmap.streets import adding, reading, shelf, tile
from mssmap.streets.manifest import Manifest

from . import made
from .made import BON_REPOS, CAPITAL


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of one's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def capital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Manifest, Path]]:
    """The streets of the capital, and their file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
        found = adding.add(CAPITAL)
        yield found, shelf.path(found)


def put(bundle: Path) -> Path:
    """Lay a set on the shelf, as adding it would."""
    kept_roads.folder().mkdir(parents=True, exist_ok=True)
    there = kept_roads.folder() / bundle.name
    there.write_bytes(bundle.read_bytes())
    return there


def content(bundle: Path, level: int) -> list[dict[str, Any]]:
    """The tiles of a level."""
    with zipfile.ZipFile(bundle) as opened:
        names = [name for name in opened.namelist() if name.startswith(f"{level}/")]
        return [json.loads(tile.unpacked(opened.read(name))) for name in names]


def test_an_extract_becomes_tiles_and_roads(capital):
    found, path = capital
    assert (found.kind, found.newest, found.levels) == ("extract", "2017-06-07", [12, 13, 14])
    assert found.box == pytest.approx([-72.3496, 18.5323, -72.3032, 18.5589], abs=1e-3)
    assert {name for one in content(path, 14) for name in one["n"]} >= {"Rue Pavée", "Rue du Centre"}
    assert {row[0] for one in content(path, 12) for row in one["r"]} <= {3, 4, 5}, "the country is not drawn in lanes"
    assert path.stat().st_size < 3 * CAPITAL.stat().st_size


def test_lines_of_a_tile_lie_where_they_are(capital):
    found, path = capital
    put(path)
    there = reading.read(found.set_id, (-72.35, 18.53, -72.30, 18.56), 14)
    lines, ranks = there.roads, there.ranks
    assert len(lines) == len(ranks) > 500
    west, south, east, north = (round(value, 3) for value in shapely.total_bounds(lines))
    assert (west, south, east, north) == pytest.approx((-72.350, 18.532, -72.303, 18.559), abs=2e-3)


def test_buildings_are_in_the_last_level_only():
    path = shelf.path(adding.add(BON_REPOS))
    assert sum(len(one.get("b", [])) for one in content(path, 14)) == 336
    assert not any("b" in one for level in (12, 13) for one in content(path, level))


def test_a_set_is_its_own_bundle(capital, tmp_path):
    found, path = capital
    bundle = tmp_path / "from a colleague.zip"
    bundle.write_bytes(path.read_bytes())
    again = adding.add(bundle)
    assert again == found
    assert kept_roads.read(again.set_id).kmh.size == found.driven == 2617
    with zipfile.ZipFile(bundle) as one, zipfile.ZipFile(shelf.path(again)) as other:
        assert {i.filename: i.CRC for i in one.infolist()} == {i.filename: i.CRC for i in other.infolist()}


def test_vector_tiles_are_for_drawing_only(tmp_path):
    found = adding.add(made.pmtiles(tmp_path / "city.pmtiles"))
    assert (found.kind, found.tiles, found.driven) == ("pmtiles", 3, 0)
    (last,) = content(shelf.path(found), 14)
    assert last["n"] == ["Rue B"]
    assert last["r"] == [[2, 0, [0, 0, 2048, 2048]]]
    assert len(last["w"]) == 1
    with pytest.raises(InputError, match=r"has no roads to drive on.*osm\.pbf"):
        kept_roads.read(found.set_id)


def village(folder: Path) -> Path:
    return made.extract(folder / "village.osm.pbf", [([(26.94, 60.52), (26.95, 60.52)], {"highway": "residential"})])


def buildings(folder: Path) -> Path:
    ring = [(-72.3, 18.5), (-72.3, 18.501), (-72.299, 18.5), (-72.3, 18.5)]
    return made.extract(folder / "houses.osm.pbf", [(ring, {"building": "yes"})])


def cut_off(folder: Path) -> Path:
    path = folder / "half.osm.pbf"
    path.write_bytes(CAPITAL.read_bytes()[:12_000])
    return path


def text(folder: Path) -> Path:
    path = folder / "notes.osm.pbf"
    path.write_text("streets, please")
    return path


def cut_off_tiles(folder: Path) -> Path:
    path = made.pmtiles(folder / "half.pmtiles")
    path.write_bytes(path.read_bytes()[:-150])
    return path


def not_a_bundle(folder: Path) -> Path:
    path = folder / "other.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("readme.txt", "x")
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (village, r"another country \(around 60\.52 N, 26\.94 E\), required one of Haiti\. .*--elsewhere"),
        (lambda folder: made.extract(folder / "all.osh.pbf", history=True), "a history file.*osmium time-filter"),
        (cut_off, "end in the middle or are damaged.*Copy or download it again"),
        (buildings, r"no roads \(ways with the tag highway\)"),
        (text, "a file that begins with.*docs/streets.md"),
        (lambda folder: folder / "none.osm.pbf", "no readable file.*Give the path"),
        (lambda folder: made.pmtiles(folder / "p.pmtiles", kind=TileType.PNG), r"PMTiles of pictures \(PNG\)"),
        (lambda folder: made.pmtiles(folder / "o.pmtiles", layers=("other",)), r"another layout \(layers other\)"),
        (cut_off_tiles, "damaged or end in the middle"),
        (not_a_bundle, "a zip without manifest.json"),
    ],
    ids=["country", "history", "half", "roadless", "text", "absent", "pictures", "layout", "half-tiles", "zip"],
)
def test_a_file_that_cannot_be_used_is_one_line_and_leaves_nothing(tmp_path, make, says):
    path = make(tmp_path)
    with pytest.raises(InputError, match=rf"^[^\n]*{path.name}[^\n]*{says}[^\n]*$"):
        adding.add(path)
    folder = kept_roads.folder()
    assert not folder.exists() or not list(folder.iterdir())


def test_a_bundle_that_was_changed_is_refused(capital, tmp_path):
    _found, path = capital
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(changed, "w") as out:
        for item in whole.infolist():
            body = whole.read(item)
            if item.filename.startswith("14/") and b"changed" not in out.comment:
                body, out.comment = tile.packed({"r": [[5, -1, [0, 0, 9, 9]]]}), b"changed"
            out.writestr(item, body)
    with pytest.raises(InputError, match=r"changed\.zip: its content is not the one that its manifest"):
        adding.add(changed)
    assert not shelf.listed()


def test_a_tile_of_a_bundle_holds_what_tiles_hold(capital, tmp_path):
    _found, path = capital
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(hostile, "w") as out:
        for item in whole.infolist():
            odd = tile.packed({"r": [["<b>", 0, [0, 0, 1, 1]]]})
            out.writestr(item, odd if item.filename.startswith("12/") else whole.read(item))
    with pytest.raises(InputError, match=r"the tile 12/\d+/\d+\.json\.gz, which is none of ours"):
        adding.add(hostile)


def test_elsewhere_is_taken_when_asked(tmp_path):
    assert adding.add(village(tmp_path), elsewhere=True).driven == 2


IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from mssmap.streets import adding
cut, done = adding._cut, []
def killed(block, work):
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    cut(block, work)
    done.append(block)
adding._cut = killed
adding.add(Path(sys.argv[1]))
"""


def test_after_a_kill_it_goes_on_where_it_was(tmp_path, capsys):
    path = made.extract(tmp_path / "wide.osm.pbf", made.across(6))
    killed = subprocess.run([sys.executable, "-c", IN_THE_MIDDLE, str(path)], check=False)
    assert killed.returncode == -9
    assert not shelf.listed(), "nothing half made is listed"
    assert len(adding.unfinished()) == 1
    assert cli.run(["streets", "list"]) == 0
    assert "1 file not added to the end" in capsys.readouterr().err
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adding, "_read", None)
        patch.setattr(adding, "_cut", counted(adding._cut, told))
        found = adding.add(path)
    assert len(told) == len(set(told))
    assert not adding.unfinished()
    shelf.remove(found)
    assert adding.add(path).content_sha256 == found.content_sha256, "the same as in one go"


def counted(cut: Callable[..., None], told: list[str]) -> Callable[..., None]:
    def counting(block: tuple[int, int], work: Path) -> None:
        if not (work / adding._named(block)).exists():
            told.append(str(block))
        cut(block, work)

    return counting


FULL = """
import resource, sys
from mssmap import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.exit(cli.run(["streets", "add", sys.argv[1]]))
"""


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(CAPITAL)], capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert "could not be written to" in last
    assert "Make room, about ten times the size of the file" in last
    assert "Traceback" not in done.stderr
    assert not list(kept_roads.folder().iterdir())


def test_the_last_one_added_is_drawn_and_a_removed_one_is_gone(capital, capsys):
    found, path = capital
    put(path)
    other = adding.add(BON_REPOS)
    assert [one.set_id for one in shelf.listed()] == [other.set_id, found.set_id]
    assert cli.run(["streets", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(other.set_id)
    assert "not drawn" not in first
    assert "not drawn" in second
    assert cli.run(["streets", "remove", other.set_id[:6]]) == 0
    assert [one.set_id for one in shelf.listed()] == [found.set_id]
    (kept_roads.folder() / "000000000000.zip").write_bytes(b"PK, once")
    assert cli.run(["streets", "list"]) == 1
    assert "000000000000.zip: no streets can be read from it" in capsys.readouterr().err
    assert cli.run(["streets", "remove", "nothing"]) == 2
    assert "found 0 sets of this name or id" in capsys.readouterr().err


def test_a_page_without_a_server_carries_so_much(capital):
    found, path = capital
    put(path)
    box = (-72.42, 18.47, -72.17, 18.63)
    whole = reading.carried(found, box)
    assert set(whole) >= {"12-1225-1834"} or len(whole) == found.tiles
    size = len(json.dumps(list(whole.values())))
    few = reading.carried(found, box, size // 3)
    assert 0 < len(few) < len(whole)
    assert len(json.dumps(list(few.values()))) <= size // 3 + 1000
