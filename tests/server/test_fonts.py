"""The typefaces of the page are cut to what is shown, under the same address, and whole where they cannot be cut."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from mssmap import i18n
from mssmap.maps import assets
from mssmap.server import fonts

MEDIA = Path(get_static_dir()) / "static" / "media"


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setattr(fonts.settings, "cache_folder", lambda: folder)
        fonts.cut_all()
    return dict(fonts._cut)


def font(content: bytes) -> TTFont:
    return TTFont(io.BytesIO(content))


def test_they_are_a_tenth(cut):
    sizes = {path: len(content) for path, content in cut.items()}
    assert len(sizes) == 3
    assert max(sizes.values()) < 45_000, sizes
    for path in sizes:
        assert sizes[path] * 3 < (MEDIA / path.rpartition("/")[2]).stat().st_size


def test_every_letter_of_our_texts_is_there(cut):
    kept = set(font(cut[fonts.AT + assets.typeface().name]).getBestCmap())
    words = "".join(text for code in i18n.LANGUAGES for text in i18n.catalog(code).values())
    whole = set(TTFont(MEDIA / assets.typeface().name).getBestCmap())
    assert {chr(code) for code in {*map(ord, words)} & whole - kept} == set()


def test_weights_stay(cut):
    axes = font(cut[fonts.AT + assets.typeface().name])["fvar"].axes
    assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in axes] == [("wght", 200, 900)]


def test_every_symbol_that_is_named_is_there(cut):
    [icons] = [content for path, content in cut.items() if "Symbols" in path]
    cmap = {glyph: chr(code) for code, glyph in font(icons).getBestCmap().items()}
    there = {
        "".join(cmap[part] for part in (start, *one.Component))
        for table in fonts._ligatures(font(icons))
        for start, some in table.items()
        for one in some
    }
    assert {"help", "calendar_today", "keyboard_double_arrow_right"} & fonts.names() <= there
    assert len(there) >= 60


def test_a_font_that_cannot_be_cut_is_answered_whole(cut, monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "_cut", {})
    monkeypatch.setattr(fonts, "letters", lambda _font: (_ for _ in ()).throw(ValueError("no table")))
    monkeypatch.setattr(fonts.settings, "cache_folder", lambda: tmp_path)
    fonts.cut_all()
    name = fonts.AT + assets.typeface().name
    assert name not in fonts._cut
    assert TestClient(fonts.Fonts(Starlette())).get(name).status_code == 404, "left to whoever serves the whole ones"


def test_a_folder_that_cannot_be_written_is_no_fault(cut, monkeypatch, tmp_path):
    (tmp_path / "fonts").write_text("a file stands where the folder would be")
    monkeypatch.setattr(fonts.settings, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(fonts, "_cut", {})
    fonts.cut_all()
    assert fonts._cut == cut


def test_browsers_keep_them(cut, monkeypatch):
    monkeypatch.setattr(fonts, "_cut", cut)
    answer = TestClient(fonts.Fonts(Starlette())).get(fonts.AT + assets.typeface().name)
    assert answer.headers["cache-control"] == "public, immutable, max-age=31536000"
    assert answer.headers["content-type"] == "font/woff2"
