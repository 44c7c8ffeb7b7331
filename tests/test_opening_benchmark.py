"""What `benchmarks.opening` counts as the first picture, and which browser all measurements start."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from PIL import Image
from small_data import ROOT

from benchmarks import browser, opening

SPOTS = [[10 * i + 5, 20] for i in range(12)]


def picture(coloured: int) -> bytes:
    made = Image.new("RGB", (130, 40), "white")
    for x, y in SPOTS[:coloured]:
        made.paste((0, 114, 178), (x - 2, y - 2, x + 3, y + 3))
    written = io.BytesIO()
    made.save(written, "PNG")
    return written.getvalue()


def test_a_skeleton_does_not_count_and_ten_symbols_do():
    frames = [(100.0, picture(0)), (200.0, picture(9)), (300.0, picture(12)), (400.0, picture(12))]
    assert opening.first_picture(frames, picture(12), SPOTS) == 300.0


def test_every_measurement_starts_the_browser_that_is_there():
    for path in (ROOT / "benchmarks").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"executable_path=(?!chromium\.path|where)", text), path.name


def test_the_browser_that_the_tests_install_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(browser.shutil, "which", lambda _name: None)
    (tmp_path / "chrome").write_text("")
    own = SimpleNamespace(chromium=SimpleNamespace(executable_path=str(tmp_path / "chrome")))
    assert browser.path(own) == str(tmp_path / "chrome")
    (tmp_path / "chrome").unlink()
    with pytest.raises(SystemExit, match="No Chromium found"):
        browser.path(own)
