"""Files that are made from others are current, and every text has its translation."""

from __future__ import annotations

import re

import pytest
from small_data import ROOT, load_script

from mssmap import i18n


@pytest.mark.parametrize("script", ["build_package", "build_zones", "build_docs", "update_catalogs"])
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
