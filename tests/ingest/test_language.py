"""What is said of a file is said in the language of the reader, whoever made the words."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mssmap import i18n, ingest
from mssmap.cli import app
from mssmap.errors import Fault
from mssmap.i18n.phrases import Phrase, in_words, packed, phrase, unpacked

FILE = """date;title;lon;lat;killed
18/01/2025;A;-72,33;18,54;12
19/01/2025;B;72.33;18,54;many
20/01/2025;C
soon;D;-72,33;18,54;3
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what `import` says in French of a file with several faults."""
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 's.db'}")
    path = tmp_path / "t.csv"
    path.write_text(FILE)
    found = CliRunner().invoke(app, ["import", "--dry-run", "--lang", "fr", str(path)])
    i18n.use("en")
    assert found.exit_code == 1
    return found.stderr.splitlines()


def test_an_import_is_told_in_the_language_asked_for(told):
    assert any("les cellules sont séparées par ';'" in line for line in told)
    assert any("la virgule est la marque décimale" in line for line in told)
    assert any("1: un autre nombre de cellules que l'en-tête" in line for line in told)
    assert any("requis : une date écrite comme la plupart ici (dmy)" in line for line in told)
    assert any("latitude de 17,5 à 20,6. L'ouest est négatif" in line for line in told)
    assert not any(word in line for line in told for word in (" found ", " required ", "rows", "cells"))


def test_each_note_is_told_once(told):
    assert len(told) == len(set(told))


def test_a_refusal_of_the_reading_process_is_in_the_language_of_who_reads_it(tmp_path):
    path = tmp_path / "t.pdf"
    path.write_bytes(b"%PDF-1.4")
    with pytest.raises(ingest.RefusedError) as caught:
        ingest.read(path)
    assert str(caught.value).startswith("t.pdf: found a PDF, required CSV, XLSX")
    with i18n.speaking("fr"):
        assert str(caught.value).startswith("t.pdf : trouvé : un PDF ; requis : CSV, XLSX")
        assert str(caught.value).endswith("Demandez le tableau sous-jacent.")


def test_a_phrase_goes_as_json_and_comes_back():
    note = phrase("{name}: {note}.", name="t", note=phrase("{n:,} numbers have a decimal point", n=1200))
    for again in (unpacked(packed(note)), pickle.loads(pickle.dumps(note))):
        assert (again, type(again)) == ("t: 1,200 numbers have a decimal point.", Phrase)
        with i18n.speaking("es"):
            assert in_words(again) == "t: 1.200 números tienen punto decimal."


@pytest.mark.parametrize(
    "sent",
    [
        7,
        {"text": "{a}", "values": {}},
        {"text": "{a.__class__}", "values": {"a": "x"}},
        {"text": "{a[0]}", "values": {"a": "x"}},
        {"text": "{a:>99999999}", "values": {"a": 1}},
        {"text": "{", "values": {}},
        {"text": "a", "values": {"b": [1]}},
        {"text": "a", "values": {}, "more": 1},
    ],
)
def test_what_is_no_phrase_is_refused(sent):
    with pytest.raises(ValueError, match=r"."):
        unpacked(sent)


def test_a_fault_of_our_own_data_stays_in_one_language():
    with i18n.speaking("fr"):
        assert str(Fault("a.csv", 2, "x", "1", "2")) == "a.csv row 2, x: found 1, required 2."
