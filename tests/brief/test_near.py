"""People near recent events, counted by hand on five cells in a row, and told in print, slides and page."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from pptx import Presentation

from mssmap import i18n
from mssmap.brief import Brief, content, near, pdf, slides
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

from .conftest import MADE

CELLS = np.array([[0, 0], [2_000, 0], [5_000, 0], [8_000, 0], [20_000, 0]])
PEOPLE = np.array([1, 10, 100, 1_000, 10_000])


@pytest.mark.parametrize(
    ("places", "doubts_m", "at_least", "at_most"),
    [
        pytest.param([], [], 0, 0, id="no events"),
        pytest.param([(0, 0)], [0], 111, 111, id="a place that is known: 5 km exactly counts"),
        pytest.param([(0, 0)], [3_000], 11, 1_111, id="known to the commune: 2 km surely, 8 km possibly"),
        pytest.param([(0, 0)], [12_000], 0, 1_111, id="known to the department: nobody surely"),
        pytest.param([(0, 0), (0, 0)], [0, 3_000], 111, 1_111, id="who is near two is counted once"),
    ],
)
def test_people_within_5_km(places, doubts_m, at_least, at_most):
    found = near.cells_near(CELLS, np.array(places).reshape(-1, 2), np.array(doubts_m))
    assert (PEOPLE[found.surely].sum(), PEOPLE[found.possibly].sum()) == (at_least, at_most)


def pack(data, lang="en"):
    day = date(2026, 2, 15)
    return content.compose(data, Brief(Filters(Clocks(day, day)), MADE, lang=lang))


def test_the_section_is_told_in_print_on_slides_and_on_the_page(real):
    told = pack(real)
    (table,) = told.of("near")
    assert table.title == "People near recent events"
    assert table.columns == ("Where", "At least", "At most")
    whole, *departments = [tuple(int(cell.replace(",", "")) for cell in row[1:]) for row in table.rows]
    assert 0 <= whole[0] <= whole[1]
    assert whole == tuple(map(sum, zip(*departments, strict=True))) if departments else whole == (0, 0)
    assert "events in Haiti of the 30 days up to 15 Feb 2026" in table.note
    assert table.lines[0].startswith(f"{table.title}: {table.rows[0][1]}")
    drawn = pdf.draw_map(real, told, width=slides.MAP_MM[0], height=slides.MAP_MM[1])
    show = Presentation(io.BytesIO(slides.write(told, drawn)))
    assert any(slide.shapes.title.text_frame.text == table.title for slide in show.slides)


def test_of_a_region_the_section_says_whose_events_it_counts(real):
    """People beyond its border live near its events too: the sum of all is not called by the name of the country."""
    day = date(2026, 2, 15)
    brief = Brief(Filters(Clocks(day, day), region="HT01"), MADE)
    (table,) = content.compose(real, brief).of("near")
    assert "events in West of the 30 days" in table.note
    assert table.rows[0][0] == "All"


def test_the_section_is_told_in_four_languages(real):
    titles = {pack(real, lang).of("near")[0].title for lang in i18n.LANGUAGES}
    assert len(titles) == len(i18n.LANGUAGES)
