"""Files that are made from others are current, and every text has its translation."""

from __future__ import annotations

import re
from datetime import date

import pytest
from small_data import ROOT, load_script

from mssmap import i18n
from mssmap.errors import InputError
from mssmap.records import differences


@pytest.mark.parametrize("script", ["build_package", "build_zones", "build_docs", "build_example", "update_catalogs"])
def test_what_a_script_makes_is_current(script, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [script, "--check"])
    assert load_script(script).main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_translations_keep_the_placeholders(language):
    for message, translation in i18n.catalog(language).items():
        assert sorted(re.findall(r"{\w*}", message)) == sorted(re.findall(r"{\w*}", translation)), message


def test_an_unknown_language_speaks_english():
    assert i18n.use("xx") == "en"
    assert i18n.gettext("Legend") == "Legend"


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_every_title_of_an_event_is_translated(real, language):
    events = real["events"]
    same = events[f"title_{language}"] == events["title_en"]
    assert (events[f"title_{language}"] != "").all()
    assert same.mean() < 0.05, events.loc[same, "title_en"].tolist()


def test_pages_speak_through_the_catalogs_only():
    """A text with spaces that is handed to Streamlit outside `_()` would stay English for ever."""
    literal = re.compile(r'st\.(?:title|caption|info|warning|error|button|subheader|text_input|markdown)\(\s*f?"[^"]* ')
    for folder in ("pages", "mssmap/ui"):
        for path in (ROOT / folder).glob("*.py"):
            assert not literal.search(path.read_text(encoding="utf-8")), path.name


FOR_SCRIPTS = {"api", "cli", "crs.py", "grid.py", "reach.py", "covering_tables.py", "studies.py"}
"""Where errors are met by people who write code or type commands; they stay in English."""


def test_errors_that_the_pages_show_speak_the_language():
    """An error raised with a plain text would be English in every language."""
    raised = re.compile(r'(?:InputError|NotFoundError|GoneError|ConflictError|StoreAwayError)\(\s*f?"')
    for path in (ROOT / "mssmap").glob("**/*.py"):
        if FOR_SCRIPTS.isdisjoint(path.relative_to(ROOT / "mssmap").parts) and path.parent.name != "server":
            assert not raised.search(path.read_text(encoding="utf-8")), path.name


def test_an_error_is_told_in_french(small, on):
    i18n.use("fr")
    try:
        with pytest.raises(InputError, match=r"^jusqu'au : 2024-01-01 trouvé"):
            differences.changes(small, date(2024, 2, 1), date(2024, 1, 1))
    finally:
        i18n.use("en")
