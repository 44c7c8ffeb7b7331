"""Publishing: accepted rows stand in the files of the data folder, and nothing else has changed there."""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import shutil
import zipfile
from contextlib import suppress
from datetime import date
from functools import partialmethod
from pathlib import Path

import pytest
from small_data import ROOT, load_script

from mssmap.errors import InputError, NotFoundError
from mssmap.records import catalog, released, unfinished
from mssmap.records.submissions.joined import Accepted, dated, with_rows
from mssmap.records.submissions.rows import checked, rows
from mssmap.releases import making, publishing

TODAY = date(2025, 6, 30)
PAGE = {"title": "A", "publisher": "Daily", "url": "https://example.org/new", "published_on": "2025-03-02"}
SUBMITTED = (
    {"kind": "event", "category": "gang_attack", "title_en": "Attack, and 0.50", "valid_from": "2025-03-01"},
    {"kind": "status", "record_id": "fob-a", "status": "closed", "valid_from": "2025-03-01"},
    {"kind": "event", "id": "courts", "change": "correct", "valid_from": "2024-10-08", "note": "A day later."},
    {"kind": "record", "layer": "fobs", "type": "fob", "name_en": "Base C", "lon": -72.25, "lat": 18.55}
    | {"status": "operational", "valid_from": "2025-02-01"},
)


@pytest.fixture
def folder(small_folder, tmp_path) -> Path:
    """Return a copy of the small data whose layers have a feature a line, as those of `data/` do."""
    found = Path(shutil.copytree(small_folder, tmp_path / "data"))
    for path in found.glob("layers/*"):
        features = [json.dumps(item) for item in json.loads(path.read_text(encoding="utf-8"))["features"]]
        text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
        path.write_text(text, encoding="utf-8")
    load_script("build_package").write(found)
    return found


@pytest.fixture
def before(folder) -> Path:
    return Path(shutil.copytree(folder, folder.with_name("before")))


@pytest.fixture
def accepted(small) -> list[Accepted]:
    data, batches = small, []
    for n, raw in enumerate(SUBMITTED, start=1):
        item = checked({**raw, "sources": [PAGE]}, data, TODAY)
        assert item.faults == ()
        batches.append(Accepted(f"submission {n}", dated(rows(item, data), "2025-06-29")))
        data = with_rows(data, batches[-1:])
    return batches


def changed(before: Path, after: Path) -> dict[str, tuple[int, int]]:
    """Return for each file of two folders how many lines were added and taken away, the kept releases aside."""
    found = {}
    for path in sorted(p for p in after.rglob("*") if p.is_file()):
        name = path.relative_to(after).as_posix()
        if name.startswith(released.FOLDER):
            continue
        old, new = ((p / name).read_text(encoding="utf-8").splitlines() for p in (before, after))
        if old != new:
            lines = list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]
            found[name] = (sum(line[0] == "+" for line in lines), sum(line[0] == "-" for line in lines))
    return found


def test_the_data_of_a_release_are_those_that_were_shown(folder, small, accepted):
    """A second reader of the files sees what the inbox showed; and the catalog knows them."""
    publishing.publish(folder, accepted, TODAY)
    released, shown = catalog.open_data(folder), with_rows(small, accepted)
    assert released.faults == ()
    for name in shown.datasets:
        keys = list(small.dataset(name).contract.primary_key) or None
        one, other = (
            frame.drop(columns="geometry", errors="ignore").sort_values(keys).reset_index(drop=True)
            for frame in (released[name], shown[name])
        )
        assert one.equals(other), name
    assert released["fobs"].geometry.equals(shown["fobs"].geometry)


def test_a_row_keeps_the_day_on_which_it_was_accepted(folder, accepted):
    """A correction has its own day, the row that it corrects that of before; a new source tells that it has no copy."""
    publishing.publish(folder, accepted, TODAY)
    data = catalog.open_data(folder)
    courts = data["events"][data["events"]["event_id"] == "courts"]
    assert courts["recorded_on"].dt.strftime("%Y-%m-%d").tolist() == ["2025-06-01", "2025-06-29"]
    source = data["sources"].set_index("url").loc[PAGE["url"]]
    assert (f"{source['archived_on']:%Y-%m-%d}", source["archive_note"]) == ("2025-06-29", "No copy was looked for.")


def test_the_difference_is_as_small_as_can_be(folder, before, accepted):
    done = publishing.publish(folder, accepted, TODAY)
    found = changed(before, folder)
    assert found.pop("datapackage.json")
    assert found == {
        "layers/fobs.geojson": (2, 1),  # a comma behind the line that was the last
        "tables/status.csv": (3, 0),
        "tables/events.csv": (2, 0),
        "tables/sources.csv": (1, 0),
    }
    assert done.version == "2025.6.1"
    assert json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["version"] == "2025.6.1"
    assert len(done.lines) == 7
    assert done.untranslated == ["ev-2025-03-01-attack-and-0-50 (fr, ht, es)", "courts (fr, ht, es)"]


def test_what_is_published_is_not_read_a_second_time(folder, accepted):
    """Between the files and the note in the store a process may end: the rows then stand in both."""
    publishing.publish(folder, accepted, TODAY)
    data = catalog.open_data(folder)
    both = with_rows(data, accepted)
    assert both.faults == ()
    assert {name: len(both[name]) for name in data.datasets} == {name: len(data[name]) for name in data.datasets}
    with pytest.raises(InputError, match="Nothing was accepted that is not in the data already"):
        publishing.publish(folder, accepted, TODAY)


def fingerprint(folder: Path) -> str:
    """Return what the data of a folder are, once it is sure that they are whole."""
    data = catalog.open_data(folder)
    assert data.faults == ()
    return f"{data.release} {data.fingerprint}"


def test_a_release_that_was_interrupted_is_there_as_a_whole_or_not_at_all(folder, before, accepted, monkeypatch):
    """At each step that a process may end at, who reads the folder sees the one or the other; the next try ends it."""
    whole = Path(shutil.copytree(folder, folder.with_name("whole")))
    replace, calls = Path.replace, [0]

    def ending(self: Path, target: Path, ends_at: int = 1_000) -> Path:
        calls[0] += 1
        if calls[0] == ends_at:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", ending)
        publishing.publish(whole, accepted, TODAY)
    states, steps, seen = [fingerprint(before), fingerprint(whole)], calls[0], []
    for ends_at in [1, *range(steps - 7, steps + 1)]:
        here, calls[0] = Path(shutil.copytree(before, folder.with_name(f"ends-{ends_at}"))), 0
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", partialmethod(ending, ends_at=ends_at))
            with pytest.raises(KeyboardInterrupt):
                publishing.publish(here, accepted, TODAY)
        seen.append(states.index(fingerprint(here)))
        with suppress(publishing.NothingNewError):
            publishing.publish(here, accepted, TODAY)
        assert changed(whole, here) == {}
        assert [path.name for path in here.rglob(f"{unfinished.PART}*")] == []
        assert [release.version for release in released.listed(here)] == ["2025.6.1"]
    assert seen == [0, 0, 0, 1, 1, 1, 1, 1, 1], "from the journal on: five files and the name of the release"


def test_a_folder_that_cannot_be_written_is_left_as_it_was(folder, before, accepted, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unfinished.os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)\. Nothing was published"):
        publishing.publish(folder, accepted, TODAY)
    assert changed(before, folder) == {}
    assert [path.name for path in folder.rglob(f"{unfinished.PART}*")] == []


def test_a_zone_is_published_with_the_shape_of_the_units_that_it_names(folder, small):
    """Zone C names the commune Alpha, a square; zone B stays the point of a place."""
    raw = {
        **{"kind": "record", "layer": "gang_zones", "name_en": "Zone C", "commune_pcode": "HT0111", "lon": -72.35},
        **{"lat": 18.55, "unit": "commune", "unit_pcodes": "HT0111", "status": "influence"},
        **{"valid_from": "2025-03-01", "sources": [PAGE]},
    }
    item = checked(raw, small, TODAY)
    publishing.publish(folder, [Accepted("submission 1", rows(item, small))], TODAY)
    zones = catalog.open_data(folder)["gang_zones"].set_index("zone_id")
    assert zones.loc["zone-zone-c"].geometry.bounds == pytest.approx((-72.4, 18.5, -72.3, 18.6))
    assert zones.loc["zone-b"].geometry.geom_type == "Point"


# ---------------------------------------------------------------------------------------------- the file of a release


def test_a_release_is_made_again_with_the_same_bytes(folder, accepted):
    """Whatever became of the folder: two releases later, and with a file of it edited by hand."""
    first = publishing.publish(folder, accepted[:2], TODAY)
    second = publishing.publish(folder, accepted[2:], TODAY)
    (folder / "tables" / "events.csv").write_text("edited", encoding="utf-8")
    for done in (first, second):
        release, content = making.again(folder, "sqlite:///nowhere.db", done.version)
        assert (release, content) == (done.release, done.content)
        assert hashlib.sha256(content).hexdigest() == release.sha256
    with pytest.raises(
        NotFoundError, match=r"found '1', which is not here, .* those that are: 2025\.6\.1, 2025\.6\.2\."
    ):
        making.again(folder, "sqlite:///nowhere.db", "1")


def test_the_file_of_a_release_says_what_it_holds(folder, accepted):
    """A data package that opens by itself, an RO-Crate that names each file, a DCAT catalog with each data set."""
    done = publishing.publish(folder, accepted, TODAY)
    with zipfile.ZipFile(io.BytesIO(done.content)) as archive:
        names = archive.namelist()
        crate = json.loads(archive.read("ro-crate-metadata.json"))
        catalogue = json.loads(archive.read("dcat.jsonld"))
        opened = catalog.open_data(zipfile.Path(archive))
        sizes = {name: len(archive.read(name)) for name in names}
    assert (opened.faults, opened.release, opened.fingerprint) == (
        (),
        "2025.6.1",
        catalog.open_data(folder).fingerprint,
    )
    entities = {item["@id"]: item for item in crate["@graph"]}
    root = entities["./"]
    assert (root["datePublished"], root["version"], entities[root["license"][0]["@id"]]["name"]) == (
        *("2025-06-30", "2025.6.1"),
        "CC BY 4.0",
    )
    parts = [part["@id"] for part in root["hasPart"]]
    assert sorted([*parts, "ro-crate-metadata.json", "dcat.jsonld"]) == sorted(names)
    assert all(entities[part]["contentSize"] == str(sizes[part]) for part in parts)
    told = {item["dcat:distribution"]["dcat:accessURL"]["@id"] for item in catalogue["dcat:dataset"]}
    assert told == {dataset.path for dataset in opened.datasets.values()}
    assert catalogue["dct:publisher"]["foaf:name"] == "mssmap"


def test_the_two_releases_of_the_data_are_kept():
    """What is in the repository makes both again, with the hashes that were told."""
    told = {
        "2026.11.1": "11f0582ef3e5be7afeba1cb7eeaa6901243c6d831b7e89289162fb4a944bfad0",
        "2026.11.2": "adf0b70bffb5251277fe977ffef4b857e32a7282ba13b8be2230a43813cc3090",
    }
    for version, sha256 in told.items():
        release, content = making.again(ROOT / "data", "sqlite:///nowhere.db", version)
        assert (release.sha256, hashlib.sha256(content).hexdigest()) == (sha256, sha256)
