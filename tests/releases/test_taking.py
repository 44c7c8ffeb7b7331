"""A release from elsewhere: taken over as a whole beside what is local, or refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mssmap import cli
from mssmap.errors import InputError
from mssmap.ingest import attach, deciding, field_copy, pinned
from mssmap.records import released
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.records.submissions.rows import checked
from mssmap.releases import fetching, making, release_file, signing, taking
from mssmap.releases.publishing import Published
from mssmap.store import Store, backup, inbox, open_store, taken

TODAY = date(2025, 6, 30)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
KEYS = (signing.public(KEY).text,)
PAGE = {"title": "A", "publisher": "Daily", "url": "https://example.org/new", "published_on": "2025-03-02"}
ATTACK = {"kind": "event", "category": "gang_attack", "title_en": "Attack on base A", "valid_from": "2025-03-01"}
CLOSED = {"kind": "status", "record_id": "fob-a", "status": "closed", "valid_from": "2025-03-01"}
BASE = {
    **{"kind": "record", "layer": "fobs", "type": "fob", "name_en": "Base C", "lon": -72.25, "lat": 18.55},
    **{"status": "operational", "valid_from": "2025-02-01"},
}
LOCAL = {"kind": "event", "category": "gang_attack", "title_en": "Seen from the field", "valid_from": "2025-02-20"}


def courts(note: str, day: str = "2024-10-08") -> dict[str, Any]:
    return {"kind": "event", "id": "courts", "change": "correct", "valid_from": day, "note": note}


class Place:
    """An installation: a data folder and a store."""

    def __init__(self, folder: Path, small_folder: Path) -> None:
        self.folder = Path(shutil.copytree(small_folder, folder / "data"))
        self.url = f"sqlite:///{folder / 'store.db'}"
        self.store: Store = open_store(self.url)

    def load(self) -> Data:
        return attach.loaded(self.folder, self.url, attach.mark(self.url))

    def accept(self, *raws: dict[str, Any], today: date = TODAY) -> None:
        for raw in raws:
            item = checked({"sources": [PAGE], **raw}, self.load(), TODAY)
            assert item.faults == ()
            (made,) = inbox.submit(self.store, [("x", submission.as_dict(item))], origin="typed")
            deciding.accept(self.store, made.number, reason="Seen.", load=self.load, today=today)

    def publish(self, pem: str = PEM) -> Published:
        numbers = [item.number for item in inbox.listed(self.store, inbox.ACCEPTED)]
        done = making.publish(self.store, self.folder, TODAY, making.signer(pem))
        inbox.publish(self.store, numbers, release=done.version)
        return done

    def look(self, done: Published, **asked: Any) -> taking.Looked:
        content = asked.pop("content", done.content)
        signature = asked.pop("signature", done.release.signature or None)
        given = {"name": "a.zip", "keys": KEYS, **asked}
        return taking.look(self.store, self.folder, self.url, content, signature, **given)

    def take(self, done: Published, **asked: Any) -> None:
        taking.take(self.store, self.look(done, **asked), "a.zip")

    def states(self) -> list[str]:
        return [item.state for item in inbox.listed(self.store)]


@pytest.fixture
def place(tmp_path, small_folder) -> Callable[[str], Place]:
    def make(name: str) -> Place:
        (tmp_path / name).mkdir()
        return Place(tmp_path / name, small_folder)

    return make


@pytest.fixture(scope="module")
def accepted(tmp_path_factory, small_folder) -> Path:
    """An installation in which four submissions were accepted; it is copied, not changed."""
    found = tmp_path_factory.mktemp("accepted")
    place = Place(found, small_folder)
    place.accept(ATTACK, CLOSED, courts("A day later."), BASE)
    place.store.engine.dispose()
    return found


def copy_store(of: Path, to: Path) -> None:
    """Copy a store with what SQLite keeps beside it."""
    for file in of.glob("store.db*"):
        shutil.copy(file, to)


@pytest.fixture
def hq(accepted, tmp_path) -> Place:
    folder = tmp_path / "hq"
    folder.mkdir()
    copy_store(accepted, folder)
    return Place(folder, accepted / "data")


@pytest.fixture(scope="module")
def first(accepted, tmp_path_factory) -> Published:
    """The first release of that installation."""
    folder = tmp_path_factory.mktemp("first")
    copy_store(accepted, folder)
    return Place(folder, accepted / "data").publish()


@pytest.fixture(scope="module")
def bare(tmp_path_factory, small_folder) -> Place:
    """An installation that refuses everything and stays as it was."""
    return Place(tmp_path_factory.mktemp("bare"), small_folder)


@pytest.fixture
def field(place) -> Place:
    found: Place = place("field")
    return found


def assert_same(one: Data, other: Data) -> None:
    """What the map is drawn from is the same."""
    assert (one.fingerprint, one.release, one.faults) == (other.fingerprint, other.release, other.faults)
    for name in one.datasets:
        assert one[name].equals(other[name]), name


def test_a_second_installation_shows_what_the_first_does(hq, field):
    done = hq.publish()
    looked = field.look(done)
    told = {(change.table, change.record_id, change.revision, change.kind) for change in looked.changes}
    assert told == {
        ("events", "ev-2025-03-01-attack-on-base-a", "1", "new"),
        ("events", "courts", "2", "new"),
        ("status", "fob-a.2", "2", "new"),
        ("status", "fob-a.3", "1", "new"),
        ("status", "fob-base-c.1", "1", "new"),
        ("fobs", "fob-base-c", "", "new"),
        ("sources", hq.load()["sources"]["source_id"].iloc[-1], "", "new"),
    }
    assert field.load().release == "1", "looking changes nothing"
    field.take(done)
    assert_same(field.load(), hq.load())
    assert field.load().release == done.version
    assert field.load().faults == ()
    with pytest.raises(
        InputError, match=r"found release 2025\.6\.1, required one newer than 2025\.6\.1, which is here"
    ):
        field.take(done)


def test_what_is_local_stays_and_what_came_with_it_is_not_doubled(first, field):
    """The same attack was accepted here on another day; another event is known here only."""
    field.accept(LOCAL, ATTACK, today=date(2025, 6, 29))
    looked = field.look(first)
    assert (looked.clashes, looked.published) == ((), 1)
    taking.take(field.store, looked, "a.zip")
    assert field.states() == ["accepted", "published"]
    assert inbox.find(field.store, 2).body["release"] == "2025.6.1"
    events = field.load()["events"]
    assert field.load().faults == ()
    assert sorted(events["title_en"][events["title_en"].str.contains("Attack on|Seen")]) == [
        "Attack on base A",
        "Seen from the field",
    ]
    assert "courts" in set(events["event_id"][events["revision"] == 2]), "the release is there as well"


def test_a_conflict_is_decided_by_a_person(first, field, place):
    field.accept(courts("Two days later.", "2024-10-09"))
    with pytest.raises(
        InputError, match=r"1 rows otherwise .* courts revision 2: valid_from is '2024-10-08' in the"
    ) as told:
        field.take(first)
    assert "note is 'A day later.' in the release, 'Two days later.' here" in str(told.value)
    assert (field.load().release, field.states()) == ("1", ["accepted"])
    field.take(first, ours=["courts"])
    rows = field.load()["events"].query("event_id == 'courts'").sort_values("revision")
    assert rows["note"].tolist()[1:] == ["A day later.", "Two days later."]
    assert (field.load().faults, rows["revision"].tolist()) == ((), [1, 2, 3])

    other = place("other")
    other.accept(courts("Two days later.", "2024-10-09"))
    other.take(first, theirs=["courts"])
    rows = other.load()["events"].query("event_id == 'courts'")
    assert (other.states(), rows["note"].tolist()[1:]) == (["returned"], ["A day later."])
    assert "Release 2025.6.1 says otherwise." in inbox.find(other.store, 1).body["reason"]
    assert inbox.find(other.store, 1).content["fields"]["note"] == "Two days later.", "nothing is lost"


def test_who_decides_names_what_is_to_be_decided(first, bare):
    with pytest.raises(InputError, match="found fob-a, required records that the release has otherwise: there is none"):
        bare.look(first, ours=["fob-a"])
    with pytest.raises(InputError, match="found fob-a in both, required each in one"):
        bare.look(first, ours=["fob-a"], theirs=["fob-a"])


def packed(done: Published, **files: Any) -> bytes:
    """Return a release with some of its files changed, packed as ours are."""
    with zipfile.ZipFile(io.BytesIO(done.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for name, change in files.items():
        path = {"events": "tables/events.csv", "catalog": "datapackage.json", "extra": "../x"}[name]
        found[path] = change(found.get(path, b""))
    return released.packed(found)


def renamed(content: bytes) -> bytes:
    return json.dumps({**json.loads(content), "name": "roads-of-mars"}).encode()


def unpackable(content: bytes) -> bytes:
    """Return the zip packed with deflate."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda done: packed(done, events=lambda old: old + b"\n"), "another hash than in its catalog"),
        (lambda done: packed(done, catalog=renamed), "found 'roads-of-mars', required a release of mssmap-haiti"),
        (
            lambda done: packed(done, catalog=lambda _old: b"[]"),
            "found no catalog of data, required a release of mssmap",
        ),
        (lambda done: packed(done, extra=lambda _old: b"x"), "a path that leaves the archive"),
        (lambda done: done.content[:-2000], "a zip that cannot be opened"),
        (lambda done: done.content[:40_000] + bytes(1000) + done.content[41_000:], "Nothing was changed: get the"),
        (lambda done: unpackable(done.content), "a zip that mssmap publish has not packed"),
        (lambda _done: b"", "a zip that cannot be opened"),
    ],
)
def test_what_is_no_whole_release_is_refused(first, bare, change, said):
    """Unsigned, so that what is in it is what refuses it; one sentence, and nothing has changed."""
    with pytest.raises(InputError, match=f"a.zip: .*{said}.*"):
        bare.look(first, content=change(first), signature=None, unsigned=True)
    assert bare.load().release == "1"


def test_a_signature_is_that_of_this_release(first, field):
    other = signing.sign(first.content, Ed25519PrivateKey.from_private_bytes(bytes(32)), "x")
    elsewhere = making.comment(replace(first.release, version="2025.7.1"))
    for asked, said in (
        ({"signature": None}, r"a\.zip: found no a\.zip\.minisig beside it, required its signature\. --unsigned"),
        ({"signature": other}, r"signed with key [0-9A-F]{16}, required one in MSSMAP_RELEASE_KEYS \([0-9A-F]{16}\)"),
        ({"signature": other, "unsigned": True}, "required one in MSSMAP_RELEASE_KEYS"),
        ({"keys": ()}, r"MSSMAP_RELEASE_KEYS \(there is none\)"),
        ({"content": first.content + b"x"}, "the signature is not that of this file"),
        ({"signature": signing.sign(first.content, KEY, elsewhere)}, r"signed as 'mssmap-haiti 2025\.7\.1 .* required"),
    ):
        with pytest.raises(InputError, match=said):
            field.look(first, **asked)
    field.take(first)
    assert pinned.listed(field.folder, field.url)[0].signature == first.release.signature


def test_an_older_release_is_refused_and_a_newer_one_is_not(hq, field):
    first = hq.publish()
    hq.accept(LOCAL)
    second = hq.publish("")
    field.take(second, unsigned=True)
    with pytest.raises(
        InputError, match=r"found release 2025\.6\.1, required one newer than 2025\.6\.2, which is here"
    ):
        field.take(first)
    assert_same(field.load(), hq.load())


def _killed(url: str, release: dict[str, Any], decided: list[taken.Decided], seen: tuple[int, int]) -> None:
    inbox.keep = lambda *_all: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    taken.take(open_store(url), release, b"x" * 100_000, decided, origin="a.zip", seen=seen)


def test_a_process_that_is_killed_leaves_no_part_of_a_release(first, field):
    """Killed with the file and the setting written, before what becomes of submissions is."""
    field.accept(ATTACK)
    looked = field.look(first)
    said = {"version": looked.held.version}
    child = get_context("fork").Process(target=_killed, args=(field.url, said, list(looked.decided), looked.seen))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert (taken.listed(field.store), field.states(), field.load().release) == ([], ["accepted"], "1")
    taking.take(field.store, looked, "a.zip")
    assert (field.states(), field.load().release) == (["published"], "2025.6.1")


def test_what_was_accepted_meanwhile_is_looked_at_first(first, field):
    looked = field.look(first)
    field.accept(LOCAL)
    with pytest.raises(LookupError, match="Something was accepted meanwhile"):
        taking.take(field.store, looked, "a.zip")
    assert taken.listed(field.store) == []


def test_who_took_a_release_over_publishes_the_next_one(hq, field):
    """The folder, which was behind, is brought to it first; and the first installation takes that one over."""
    field.accept(LOCAL)
    field.take(hq.publish())
    done = field.publish()
    assert done.version == "2025.6.2"
    assert [release.version for release in released.listed(field.folder)] == ["2025.6.1", "2025.6.2"]
    hq.take(done)
    assert_same(hq.load(), field.load())
    again = making.again(hq.folder, hq.url, "2025.6.2")
    assert again == (done.release, done.content), "from the store"


def test_what_a_later_release_holds_is_shown_on_a_folder_that_is_behind(hq, place):
    """Two machines have one store; only one of them has the new folder."""
    behind = place("behind")
    before = attach.loaded(behind.folder, hq.url, attach.mark(hq.url))
    hq.publish()
    after = attach.loaded(behind.folder, hq.url, attach.mark(hq.url))
    assert (before.release, after.release) == ("1", "1")
    assert before["events"].equals(after["events"])
    assert after.fingerprint == before.fingerprint


def test_a_field_copy_brings_no_release(first, field, place, tmp_path):
    """Nobody has checked its signature here."""
    field.take(first)
    backup.backup(field.store, tmp_path / "copy.zip")
    home = place("home")
    first = field_copy.take(
        home.store, tmp_path / "copy.zip", origin="laptop", settings_check=lambda _key, _value: None
    )
    assert "A release is taken over with its signature: mssmap update FILE" in first.refused[0]
    assert taken.listed(home.store) == []


def test_a_release_that_was_changed_in_the_store_is_told_and_the_folder_shown(first, field):
    field.take(first)
    with field.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payload SET content = x'00'")
    attach._loaded.cache_clear()
    data = field.load()
    assert data.release == "1"
    assert "Release 2025.6.1: found rows that were changed in the store" in str(data.faults[0])


# ---------------------------------------------------------------------------------------------------------- by address


@contextmanager
def served(files: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(302 if self.path == "/moved.zip" else 200 if body is not None else 404)
            self.send_header("Location", "/a.zip")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_all: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_release_is_fetched_when_its_address_is_given(monkeypatch):
    with served({"/a.zip": b"zip", "/a.zip.minisig": b"signed", "/b.zip": b"zip", "/c.zip": b"x" * 200}) as url:
        assert fetching.both(f"{url}/a.zip") == (b"zip", "signed")
        assert fetching.both(f"{url}/b.zip") == (b"zip", None)
        with pytest.raises(InputError, match="there is nothing"):
            fetching.both(f"{url}/none.zip")
        with pytest.raises(InputError, match="answered 302, required 200"):
            fetching.both(f"{url}/moved.zip")
        monkeypatch.setattr(fetching, "LIMITS", replace(fetching.LIMITS, file_bytes=100))
        with pytest.raises(InputError, match="found more than 100 bytes"):
            fetching.both(f"{url}/c.zip")
    with pytest.raises(InputError, match="cannot be reached"):
        fetching.both(f"{url}/a.zip")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://example.org/a.zip", "found http, required https"),
        ("file:///etc/passwd", "found file, required https"),
        ("https://me:hunter2@example.org/a.zip", "a.zip: found a name or a password in it"),
        ("nowhere.zip", "cannot be read"),
    ],
)
def test_an_address_that_is_none_of_ours(address, said):
    with pytest.raises(InputError, match=said) as told:
        fetching.both(address)
    assert "hunter2" not in str(told.value)


# ------------------------------------------------------------------------------------------------- on the command line


@pytest.fixture
def run(capsys, monkeypatch) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")
    monkeypatch.setenv("MSSMAP_RELEASE_KEYS", ",".join(KEYS))
    monkeypatch.setenv("MSSMAP_RELEASE_SECRET", PEM)

    def call(at: Place, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("MSSMAP_DATA_DIR", str(at.folder))
        monkeypatch.setenv("MSSMAP_DATABASE_URL", at.url)
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_published_signed_taken_over_pinned_and_verified(run, hq, field, tmp_path):
    out, export = tmp_path / "out", ("export", "fobs", "--format", "geojson")
    code, told, err = run(hq, "publish", "--out", str(out))
    assert (code, told, f"signed with {KEYS[0]}" in err) == (0, "2025.6.1\n", True)
    file = str(out / release_file.name_of("2025.6.1"))
    code, told, err = run(field, "update", file, "--dry-run")
    assert (code, "events courts revision 2 new" in told, "would be taken over" in err) == (0, True, True)
    code, told, err = run(field, "update", file, "--json")
    assert (code, json.loads(told)["release"]) == (0, "2025.6.1")
    assert "release 2025.6.1 of 2025-06-30 taken over" in err
    assert run(hq, "show", "fobs", "--json")[1] == run(field, "show", "fobs", "--json")[1]
    assert run(field, *export, "--out", str(tmp_path / "old.geojson"))[0] == 0

    page = {**PAGE, "url": "https://example.org/june", "published_on": "2025-06-02"}
    jamaica = {"kind": "status", "id": "fob-b.1", "change": "correct", "operator": "Jamaica", "note": "Of its page."}
    hq.accept({**jamaica, "sources": [page]})
    assert run(hq, "publish", "--out", str(out))[0] == 0
    assert run(field, "update", str(out / release_file.name_of("2025.6.2")))[0] == 0
    assert run(field, *export, "--release", "2025.6.1", "--out", str(tmp_path / "pinned.geojson"))[0] == 0
    for name, link in (("old", "layers=fobs"), ("pinned", "layers=fobs&release=2025.6.1")):
        code, told, err = run(field, "verify", str(tmp_path / f"{name}.geojson"))
        assert "of release 2025.6.1; released since: 2025.6.2" in err
        assert f"{link}\n" in err
        assert (code, "in the data: fobs fob-b changed, overtaken by release 2025.6.2\n" in told) == (1, True)
        assert "    operator: Kenya -> Jamaica\n" in told

    code, told, err = run(field, "show", "fobs", "--release", "2025.6.1", "--json")
    of = {one["properties"]["fob_id"]: one["properties"] for one in json.loads(told)["features"]}
    assert (of["fob-a"]["status"], of["fob-b"]["operator"]) == ("closed", "Kenya")
    assert "release 2025.6.1: as it was published, without what was imported or accepted here" in err
    code, _told, err = run(field, "events", "--release", "2025.5.1")
    assert (code, err.count("\n")) == (2, 1)
    assert "found '2025.5.1', which is not here, required one of those that are: 2025.6.1, 2025.6.2." in err
