"""The pack as a file: sizes, equal bytes, its proof, and what a broken or hostile zip gives."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import zipfile
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pytest

from mssmap import i18n, store
from mssmap.api import collections
from mssmap.api.query import Query
from mssmap.brief import content, history, pack
from mssmap.brief.drawing import legend
from mssmap.errors import InputError, NotFoundError
from mssmap.exports import extract
from mssmap.exports import zipped as fixed
from mssmap.exports.selection import Form, Selection
from mssmap.legend import layers
from mssmap.legend.layers import event_groups
from mssmap.records import views
from mssmap.store import notes, people

STEM = "HTI_Situation_A4_20250118"


def test_a_pack_has_what_the_issue_lists_and_is_small(french):
    sizes = {name: len(body) for name, body in french.files.items()}
    assert french.name == f"{STEM}.zip"
    assert sizes[f"{STEM}.pdf"] < 1_000_000
    assert sizes[f"{STEM}.pptx"] < 2_000_000
    assert sizes[f"{STEM}.html"] < 3_000_000
    assert {f"data/{STEM}_gpkg.gpkg", f"data/{STEM}_csv.zip", f"{STEM}_QR.svg", "manifest.json"} < set(sizes)
    with zipfile.ZipFile(io.BytesIO(french.zip)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(french.files)


def test_the_same_input_gives_the_same_bytes(real, french):
    again = pack.make(real, french.content.brief)
    assert [name for name in french.files if again.files[name] != french.files[name]] == []
    assert again.zip == french.zip


def test_the_manifest_names_filter_link_versions_and_every_hash(french):
    manifest = json.loads(french.files["manifest.json"])
    assert manifest["filter"]["as_of"] == "2025-01-18"
    assert manifest["link"].startswith("http://localhost:8501/?as_of=2025-01-18&known_on=2025-01-18&since=2024-10-01")
    assert manifest["qr"] in french.files
    assert set(manifest["versions"]) == {"mssmap", "typst", "python-pptx"}
    assert len(manifest["data"]) >= 16
    promised = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    assert promised == {n: hashlib.sha256(b).hexdigest() for n, b in french.files.items() if n != "manifest.json"}
    assert manifest["counts"]["fobs.operational"] == 5


def test_the_page_opens_without_a_network_and_says_the_same(french):
    page = french.files[f"{STEM}.html"].decode()
    assert "default-src 'none'" in page
    assert french.content.number in page
    assert 'src="http' not in page


def test_the_data_hold_the_records_on_the_map_with_their_sources(french, tmp_path):
    with zipfile.ZipFile(io.BytesIO(french.files[f"data/{STEM}_csv.zip"])) as archive:
        tables = {
            name: list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))
            for name in ("fobs", "events", "sources")
        }
    assert {row["fob_id"] for row in tables["fobs"]} >= set(french.content.shown["fobs"]["fob_id"])
    assert {row["event_id"] for row in tables["events"]} >= set(french.content.shown["events"]["event_id"])
    assert {source.source_id for source in french.content.sources} <= {row["source_id"] for row in tables["sources"]}
    (tmp_path / "data.gpkg").write_bytes(french.files[f"data/{STEM}_gpkg.gpkg"])
    assert len(gpd.read_file(tmp_path / "data.gpkg", layer="events")) == len(tables["events"])


# -------------------------------------------------------------------------------------------------------------- proof


def test_a_whole_pack_is_unchanged(real, french, tmp_path):
    path = tmp_path / french.name
    path.write_bytes(french.zip)
    report = pack.verify(path, real)
    assert (report.state, report.edited, report.revised) == ("unchanged", {}, ())
    assert report.brief == french.content.brief
    assert report.manifest_sha256 == french.manifest_sha256


def test_edited_missing_and_added_files_are_named(real, french, tmp_path):
    files = dict(french.files)
    files[f"{STEM}.html"] += b"x"
    del files[f"{STEM}.pptx"]
    files["extra.exe"] = b"x"
    path = tmp_path / "edited.zip"
    path.write_bytes(fixed.pack(files))
    report = pack.verify(path, real)
    assert report.state == "edited"
    assert report.edited == {"extra.exe": "added", f"{STEM}.html": "changed", f"{STEM}.pptx": "missing"}


def test_revised_data_are_told(real, small, french, tmp_path):
    path = tmp_path / french.name
    path.write_bytes(french.zip)
    report = pack.verify(path, small)
    assert report.state == "revised"
    assert ("fobs", "fob-01", "gone") in [(change.part, change.record_id, change.kind) for change in report.revised]


def zipped(**files: bytes) -> bytes:
    """Return a zip of some files."""
    return fixed.pack({name.replace("__", "."): body for name, body in files.items()})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"no zip", r"^pack\.zip: found no readable zip", id="no zip"),
        pytest.param(zipped(a=b"x"), r"^pack\.zip: found no manifest\.json", id="no manifest"),
        pytest.param(zipped(manifest__json=b"{"), r"manifest\.json cannot be read", id="broken manifest"),
        pytest.param(zipped(manifest__json=b"[" * 100_000), r"manifest\.json cannot be read", id="deep manifest"),
        pytest.param(zipped(manifest__json=b"[]"), r"manifest\.json cannot be read", id="other manifest"),
        pytest.param(zipped(**{f"f{i}": b"" for i in range(70)}), r"found 70 files .* at most 60", id="many files"),
        pytest.param(zipped(bomb=bytes(130_000_000)), r"found 1 files of 130,000,000 bytes", id="bomb"),
    ],
)
def test_what_is_no_pack_is_refused(body, words, tmp_path):
    (tmp_path / "pack.zip").write_bytes(body)
    with pytest.raises(InputError, match=words):
        pack.verify(tmp_path / "pack.zip")


def test_a_pack_is_unpacked_in_the_reading_process_only(real, french, tmp_path, monkeypatch):
    path = tmp_path / french.name
    path.write_bytes(french.zip)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert pack.is_pack(path)
    assert pack.verify(path, real).state == "unchanged"


def test_a_pipe_is_no_pack(tmp_path):
    os.mkfifo(tmp_path / "pack.zip")
    assert not pack.is_pack(tmp_path / "pack.zip")


def test_a_filter_that_was_edited_counts_as_edited(french, tmp_path):
    manifest = json.loads(french.files["manifest.json"])
    manifest["filter"]["lang"] = "klingon"
    path = tmp_path / "edited.zip"
    path.write_bytes(fixed.pack({**french.files, "manifest.json": json.dumps(manifest).encode()}))
    report = pack.verify(path)
    assert (report.state, report.edited, report.brief) == ("edited", {"manifest.json": "changed"}, None)


# ------------------------------------------------------------------------------------------------------------- history


@pytest.fixture
def kept(tmp_path):
    """Return an empty store."""
    return store.open_store(f"sqlite:///{tmp_path / 'store.db'}")


def test_every_pack_is_recorded_and_can_be_made_again(small, kept, brief):
    made, first = history.make(small, kept, brief(title="One"), actor="anna")
    assert (made.n, made.by, made.brief.version) == (1, "anna", 1)
    assert made.hashes == first.hashes
    assert history.packs(kept) == [made]
    again, differing = history.again(small, history.find(kept, 1))
    assert differing == []
    assert again.zip == first.zip
    assert notes.find(kept, history.LAST_BRIEF) == {"day": "2025-01-18"}
    assert [entry.action for entry in kept.trail("pack.000001")] == ["edit", "edit"]


def test_a_pack_carries_the_person_who_made_it(small, kept, brief):
    people.grant(kept, "ana@example.org", "briefer")
    made, _pack = history.make(small, kept.acting("ana@example.org"), brief(title="One"))
    assert (made.by, history.packs(kept)[0].by) == ("ana@example.org", "ana@example.org")
    assert {entry.actor for entry in kept.trail() if entry.entity == "setting"} == {"ana@example.org"}


def test_versions_count_the_packs_of_a_number(small, kept, brief):
    one = history.make(small, kept, brief())[0]
    same = history.make(small, kept, brief())[0]
    retitled = history.make(small, kept, brief(title="Other"))[0]
    other = history.make(small, kept, brief(grade="C3"))[0]
    assert [(made.n, made.brief.version) for made in (one, same, retitled, other)] == [(1, 1), (1, 1), (2, 1), (3, 1)]
    assert [made.n for made in history.packs(kept)] == [3, 2, 1]
    later = history.make(small, kept, brief(created=datetime(2026, 1, 1, tzinfo=UTC)))[0]
    assert (later.brief.number, later.brief.version) == (one.brief.number, 2)


def test_a_pack_cut_short_is_not_listed(small, kept, brief, monkeypatch):
    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mssmap.brief.slides.write", stop)
    with pytest.raises(KeyboardInterrupt):
        history.make(small, kept, brief())
    assert history.packs(kept) == []
    with pytest.raises(NotFoundError, match="pack 1: is not in the history"):
        history.find(kept, 1)


def test_other_data_give_another_number(small, real, brief):
    one, other = (content.of_data(brief(), data).number for data in (small, real))
    assert one != other


def test_every_output_of_a_pack_counts_the_same_in_the_same_days(french):
    manifest = json.loads(french.files["manifest.json"])
    told = french.content
    assert manifest["window"] == {"from": "2024-10-01", "to": "2025-01-18"}
    assert manifest["counts"] == {name: n for name, n in told.counts.items() if n}
    query = parse_qs(urlsplit(manifest["link"]).query)
    assert (query["from"], query["to"]) == (["2024-10-01"], ["2025-01-18"])
    with i18n.speaking("fr"):
        printed = {(g.title, i.label): i.count for g in legend.groups(told) for i in g.items}
        words = layers.titles()
    operations = printed[(f"{words['events']}, 1 oct. 2024 – 18 janv. 2025", words["events.operations"])]
    assert operations == manifest["counts"]["events.operations"]
    assert printed[(words["prisons"], words["prisons.functioning"])] == 13
    assert next(f.exact for f in told.figures if f.key == "prisons_functioning") == 13


def test_program_and_pack_count_the_same_events(real, french):
    counts = {name: n for name, n in french.content.counts.items() if n and name.startswith("events.")}
    asked = french.content.brief.filters
    start, end = asked.start, asked.end
    for plans in (False, True):
        filters = dataclasses.replace(asked, plans=plans)
        rows = collections.rows(real, "events", Query(filters))
        door = views.events(real, french.content.brief.clocks, start=start, end=end, plans=plans)
        chosen = Selection(("events",), filters)
        exported = extract.build(real, chosen, Form("csv")).parts[0].ids
        assert rows["event_id"].tolist() == door["event_id"].tolist() == exported
        told = event_groups(rows)
        told = told[told.isin(french.content.brief.layers)].value_counts().to_dict()
        assert told == {name: n for name, n in counts.items() if plans or name != "events.planned"}


def test_other_data_give_another_pack_and_that_is_said(small, real, kept, brief):
    made, _pack = history.make(small, kept, brief())
    _again, differing = history.again(real, made)
    assert "manifest.json" in differing


def test_drafts_are_kept(kept):
    assert history.draft(kept) == {}
    history.keep_draft(kept, {"title": "Half a ti"})
    history.keep_draft(kept, {"title": "Half a title"})
    assert history.draft(kept) == {"title": "Half a title"}


def test_running_numbers_have_no_gap_and_no_twin(kept):
    def following(known):
        n = len(known) + 1
        return f"pack.{n:06}", {"n": n}

    for _ in range(5):
        notes.remember_next(kept, "pack.", following)
    notes.remember(kept, "packet", {"n": 0})
    assert [value["n"] for value in notes.listed(kept, "pack.").values()] == [1, 2, 3, 4, 5]


def test_the_day_of_a_pack_is_where_the_next_one_begins(small, kept, brief):
    made, _pack = history.make(small, kept, brief(known_on=date(2025, 1, 18)))
    _second, then = history.make(
        small, kept, brief(as_of=date(2025, 1, 23), known_on=date(2025, 1, 23), since=made.brief.clocks.known_on)
    )
    assert then.content.changes_title == "What changed since 18 Jan 2025"
    assert any("Base A" in line for line in then.content.changes.lines)  # handed over, known on the 23rd
