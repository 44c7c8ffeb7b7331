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
        for path in (ROOT / folder).rglob("*.py"):
            assert not literal.search(path.read_text(encoding="utf-8")), path.name


FOR_PROGRAMS = {"api", "cli", "server"}
"""Rooms whose errors are met by people who write code or type commands; they stay in English."""

FOR_SCRIPTS = (
    "communes: found no rows, required at least one",
    "communes: no population for",
    "swaps: found {problem.model}, required",
    "front: found {problem.model}, {mode!r}; required",
    "{name}: found shape {matrix.shape} of",
    "{name}: found {missing} values that are not numbers",
    "{name}: found shape {weights.shape}, required",
    "{name}: found values that are negative or not numbers",
    "standard: found {standard}, required more than 0",
    "cases: found {",
)
"""Beginnings of single sentences that no page leads to: who calls the functions with arrays of their own meets them."""


def test_errors_that_the_pages_show_speak_the_language():
    """An error raised with a plain text would be English in every language."""
    raised = re.compile(r'(?:InputError|NotFoundError|GoneError|ConflictError|StoreAwayError)\(\s*f?"([^"]*)')
    plain = [
        text
        for path in (ROOT / "mssmap").glob("**/*.py")
        if FOR_PROGRAMS.isdisjoint(path.relative_to(ROOT / "mssmap").parts)
        for text in raised.findall(path.read_text(encoding="utf-8"))
    ]
    assert [text for text in plain if not text.startswith(FOR_SCRIPTS)] == []
    assert len(plain) == len(FOR_SCRIPTS), "each exempted sentence is there once"


def test_an_error_is_told_in_french(small, on):
    i18n.use("fr")
    try:
        with pytest.raises(InputError, match=r"^jusqu'au : 2024-01-01 trouvé"):
            differences.changes(small, date(2024, 2, 1), date(2024, 1, 1))
    finally:
        i18n.use("en")
