"""`mssmap light` writes the view as one file that leads nowhere."""

from __future__ import annotations

import re

import pytest

from mssmap.cli import run


def test_the_page_is_written_and_needs_no_server(tmp_path):
    file = tmp_path / "page.html"
    assert run(["light", str(file), "--as-of", "2025-01-18", "--lang", "fr", "--since", "2024-10-01"]) == 0
    page = file.read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "18 janv. 2025" in page
    for tag in ("<form", "<script", "href="):
        assert tag not in re.sub(r'src="data:[^"]+"', "", page)


def test_a_region_may_be_named(tmp_path):
    assert run(["light", "--out", str(tmp_path / "a.html"), "--region", "Artibonite"]) == 0
    assert "Haiti: Artibonite" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--as-of", "2010-01-01"], "--as-of '2010-01-01'"),
        (["--lang", "de"], "--lang: found 'de'"),
        (["--grade", "Z9"], "--grade 'Z9'"),
        (["--region", "Paris"], "Paris"),
        (["--layers", "moon"], "--layers 'moon'"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_one_line(options, said, capsys):
    assert run(["light", *options]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("mssmap: store")]
    assert len(told) == 1
    assert said in told[0]
