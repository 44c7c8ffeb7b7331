"""The inbox on the command line: handed in, shown beside the record, accepted, everywhere, published."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from mssmap import cli

PAGE = {"title": "A", "publisher": "Daily", "url": "https://example.org/new", "published_on": "2025-03-02"}
ATTACK = {"kind": "event", "category": "gang_attack", "title_en": "Attack on base A", "valid_from": "2025-03-01"}
CLOSED = {"kind": "status", "record_id": "fob-a", "status": "closed", "valid_from": "2025-03-01"}


@pytest.fixture
def run(capsys, monkeypatch, small_folder, tmp_path):
    """Return a runner on a copy of the small data with a store of its own."""
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(shutil.copytree(small_folder, tmp_path / "data")))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def file_of(tmp_path: Path, *items: dict[str, object]) -> str:
    path = tmp_path / "new.json"
    path.write_text(json.dumps([{"sources": [PAGE], **item} for item in items]), encoding="utf-8")
    return str(path)


def test_from_a_file_to_the_data(run, tmp_path):
    file = file_of(tmp_path, ATTACK, CLOSED, {**ATTACK, "title_en": "<b>"})
    code, out, _err = run("submit", file, "--make-store", "--json")
    records = json.loads(out)
    assert code == 1, "one was refused"
    assert [(one["number"], one["state"]) for one in records] == [(1, "open"), (2, "open"), (None, "refused")]
    assert records[2]["faults"] == ["title_en: found '<b>', required plain text without markup."]
    assert run("submit", file)[1].splitlines()[0].startswith("    1  open"), "handed in once"

    _code, out, _err = run("inbox", "show", "2")
    assert "fobs handed_over 1 → 0" in out
    assert run("inbox", "accept", "1", "2")[0] == 2
    assert "Attack on base A" not in run("events")[1]
    assert run("inbox", "accept", "1", "2", "--reason", "Nobody else is here.")[0] == 0

    assert "Attack on base A" in run("events")[1]
    assert "Attack on base A" not in run("events", "--known-on", "2025-03-01")[1]
    assert "closed" in run("show", "fobs", "--as-of", "2025-03-02")[1]
    learnt = run("changes", "--since", "2025-03-01")[1]
    assert all(words in learnt for words in ("Attack on base A", "Base A"))

    before = run("events")[1]
    code, out, err = run("publish", "--changes", str(tmp_path / "changes.md"), "--out", str(tmp_path / "out"))
    assert (code, out) == (0, "2025.6.1\n")
    assert "1 title not translated: ev-2025-03-01-attack-on-base-a" in err
    assert "`ev-2025-03-01-attack-on-base-a` | new | Attack on base A" in (tmp_path / "changes.md").read_text("utf-8")
    assert run("events")[1] == before
    assert run("inbox", "list", "--state", "accepted")[1].strip() == ""
    file = tmp_path / "out" / "mssmap-haiti-2025.6.1.zip"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.sha256"], "no key, unsigned"
    assert file.with_name(f"{file.name}.sha256").read_text("utf-8") == f"{sha256}  {file.name}\n"
    code, _out, err = run("publish", "--again", "2025.6.1", "--out", str(tmp_path / "again"))
    assert (code, sha256 in err) == (0, True)
    assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    code, _out, err = run("publish")
    assert (code, "Nothing was accepted" in err) == (2, True)


def test_csv_with_the_source_beside_each_row(run, tmp_path, monkeypatch):
    text = "kind,category,title_en,valid_from,source_title,source_publisher,source_url,source_published_on\n"
    text += "event,gang_attack,Attack,2025-03,T,Daily,https://example.org/x,2025-03\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run("submit", "-", "--make-store")[0] == 0
    record = json.loads(run("inbox", "--json")[1])[0]
    fields = record["content"]["fields"]
    assert (fields["valid_from"], fields["valid_to"], fields["date_precision"]) == ("2025-03-01", "2025-03-31", "month")
    assert (fields["known_from"], fields["known_precision"]) == ("2025-03-01", "month")
    assert (record["origin"], record["submitted_by"]) == ("stdin", "local")


def test_one_that_may_be_ours_is_said(run, tmp_path):
    double = {**ATTACK, "category": "court_reopening", "title_en": "Courts open again", "valid_from": "2024-10-07"}
    double["commune_pcode"] = "HT0111"
    found = json.loads(run("submit", file_of(tmp_path, double), "--make-store", "--json")[1])
    assert [one["id"] for one in found[0]["duplicates"]] == ["courts"]


def test_a_file_of_others_is_handed_in(run, tmp_path):
    (tmp_path / "acled.csv").write_text(
        "event_id_cnty,event_date,event_type,sub_event_type,actor1,country,admin1,admin2,admin3,location,latitude,"
        "longitude,geo_precision,source,source_scale,notes,fatalities,timestamp\n"
        "HTI1,2 March 2025,Battles,Armed clash,Gang,Haiti,Ouest,Port-au-Prince,,Alpha,18.55,-72.35,1,Daily,National,"
        "Clash.,3,1741000000\n",
        encoding="utf-8",
    )
    code, out, err = run("import", str(tmp_path / "acled.csv"), "--to", "inbox", "--make-store")
    assert (code, "1 submission in the inbox" in err) == (0, True), err
    assert "event new" in out
    assert run("import", str(tmp_path / "acled.csv"), "--to", "elsewhere")[0] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[{", "JSON that cannot be read"),
        (b"\xff\xfe", "no UTF-8"),
        (b"kind\n", "no rows under a header"),
        (b'kind\n"a', "a row that cannot be read"),
        (b"[" * 100_000, "JSON that cannot be read"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(run, tmp_path, content, said):
    (tmp_path / "x").write_bytes(content)
    code, _out, err = run("submit", str(tmp_path / "x"), "--make-store")
    assert (code, said in err) == (2, True), err
