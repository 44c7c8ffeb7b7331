"""Publishing: accepted rows stand in the files of the data folder, and nothing else has changed there."""

from __future__ import annotations

import difflib
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from small_data import load_script

from mssmap.errors import InputError
from mssmap.records import catalog
from mssmap.records.submissions.joined import Accepted, dated, with_rows
from mssmap.records.submissions.rows import checked, rows
from mssmap.releases import publishing

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
    """Return for each file of two folders how many lines were added and taken away."""
    found = {}
    for path in sorted(p for p in after.rglob("*") if p.is_file()):
        name = path.relative_to(after).as_posix()
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


@pytest.mark.parametrize("ends_at", range(5))
def test_a_release_that_was_interrupted_is_finished_by_the_next(folder, accepted, monkeypatch, ends_at):
    """Whatever files are in their place already: the next try brings the others, and the data are the same."""
    whole = Path(shutil.copytree(folder, folder.with_name("whole")))
    publishing.publish(whole, accepted, TODAY)
    replace, calls = Path.replace, iter(range(100))

    def ending(self: Path, target: Path) -> Path:
        if next(calls) == ends_at:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", ending)
        with pytest.raises(KeyboardInterrupt):
            publishing.publish(folder, accepted, TODAY)
    publishing.publish(folder, accepted, TODAY)
    assert changed(whole, folder) == {}
    assert [path.name for path in folder.rglob(f"{publishing.PART}*")] == []


def test_a_folder_that_cannot_be_written_is_left_as_it_was(folder, before, accepted, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing.os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)\. Nothing was published"):
        publishing.publish(folder, accepted, TODAY)
    assert changed(before, folder) == {}
    assert [path.name for path in folder.rglob(f"{publishing.PART}*")] == []


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
