"""docs/benchmarks.md shows the ways and measures that benchmarks.compare has, and its writer says what was found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_data import ROOT

from benchmarks import comparison, cost
from benchmarks.compare import APPS
from benchmarks.comparison import BEGIN, END, MEASURES, NONE, OVER, PLOTS, TARGET, WAYS
from benchmarks.situation import OURS

PAN = next(one for one in MEASURES if one.name == "pan frames")
START = next(one for one in MEASURES if one.name == "start ms")
SIZE = next(one for one in MEASURES if one.name == "start bytes")
PLAYBACK = next(one for one in MEASURES if one.name == "playback frames")


def tables() -> list[list[list[str]]]:
    """Cells of each table of the page."""
    text = TARGET.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    parts = [part.splitlines() for part in text.split("### ")[1:]]
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in part if line[:1] == "|"] for part in parts
    ]


def test_the_ways_are_those_of_the_apps():
    assert list(APPS) == list(WAYS) == list(comparison.COLOURS)
    assert all((ROOT / "benchmarks" / app.path).is_file() for app in APPS.values() if app.path != OURS.path)


def test_the_page_has_all_ways_and_measures():
    words = [one.words for one in MEASURES]
    assert len(tables()) >= 3
    for head, _line, *rows in tables():
        assert head[1:] == list(WAYS.values())
        shown = [row[0] for row in rows]
        assert shown == [one for one in words if one in shown]
        assert not [one for one in words if one not in shown and not one.startswith("memory of a session")]
        assert all(len(row) == 1 + len(WAYS) and all(row) for row in rows)


def test_every_plot_is_beside_the_page():
    text = TARGET.read_text(encoding="utf-8")
    for name, title in PLOTS.items():
        file = f"benchmarks-{name.removesuffix(' ms')}.svg"
        assert f"({file})" in text
        assert title in (TARGET.parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("measure", "way", "found", "words"),
    [
        pytest.param(START, "mssmap", {"start ms": 1234.4}, "1,234 ms", id="a whole number"),
        pytest.param(START, "mssmap", {"start ms": 60_000.0}, "60,000 ms", id="just in time"),
        pytest.param(START, "mssmap", {"start ms": 60_001.0}, OVER, id="too late"),
        pytest.param(START, "leafmap", {}, OVER, id="no answer"),
        pytest.param(SIZE, "mssmap", {"start bytes": 2500.0}, "2.5 kB", id="a small number in kB"),
        pytest.param(PAN, "pydeck", {"pan frames": 9.34}, "9.3", id="no unit"),
        pytest.param(PLAYBACK, "tutorial", {}, NONE, id="a way that cannot play"),
    ],
)
def test_a_cell_says_what_was_found(measure, way, found, words):
    assert comparison.cell(measure, way, found) == words


def test_a_way_that_is_too_slow_ends_in_the_plot():
    found = {10: {"mssmap": {"on ms": 10.0}, "leafmap": {"on ms": 99.0}}, 1000: {"mssmap": {"on ms": 100_000.0}}}
    drawn = comparison.svg("Layer on", "on ms", found)
    spots = drawn.count("<circle") - len(WAYS)  # one each in the legend
    assert spots == 2
    assert '<circle cx="62.0" cy="264.0" r="4" fill="#0072b2"/>' in drawn, "10 ms of 10 events: the lower left corner"


def test_only_what_is_between_the_marks_is_written(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    comparison.write(page, "on a machine", {250: {way: {"start ms": 20.0} for way in WAYS}})
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n\nMeasured on a machine.")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "| start to the first picture | 20 ms | 20 ms | 20 ms | 20 ms |" in text


def test_the_page_tells_what_viewers_cost():
    text = cost.TARGET.read_text(encoding="utf-8").partition(cost.BEGIN)[2].partition(cost.END)[0]
    assert all(f"| {words} |" in text for words in cost.PROMISED)
    assert re.search(r"core view of [\d,]{7} records", text)
    assert all(f"{n} process" in text for n in (1, 2))


def test_what_is_measured_is_told_with_its_promise():
    assert str(cost.Row("an act", 3.14159, "ms", 25)) == "| an act | 3.1 ms | 25 ms |"
    assert str(cost.Row("much", 1234.5, "MB")) == "| much | 1,234 MB |  |"
