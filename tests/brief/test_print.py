"""PDF and slides: what they say, that they are tagged, that nothing leaves its page."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pypdf import PdfReader

from mssmap.brief import content, pdf, slides
from mssmap.brief.drawing import plots
from mssmap.legend import layers
from mssmap.records.shown import Shown, shown


def reader(body: bytes) -> PdfReader:
    """Open a PDF."""
    return PdfReader(io.BytesIO(body))


def words(body: bytes) -> str:
    """Return the text of a PDF with single blanks."""
    return " ".join(" ".join(page.extract_text() for page in reader(body).pages).split())


def boxes(body: bytes, folder: Path) -> list[tuple[float, float, list[tuple[float, float, float, float]]]]:
    """Return for each page its width, its height and the boxes of its words, in points."""
    (folder / "pack.pdf").write_bytes(body)
    command = ["pdftotext", "-bbox", str(folder / "pack.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = []
    for page in re.split(r"<page ", text)[1:]:
        width, height = re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups()
        listed = re.findall(r'xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)"', page)
        found.append((float(width), float(height), [tuple(map(float, box)) for box in listed]))
    return found


def pack_pdf(real, brief) -> tuple[content.Content, bytes]:
    """Return the content and the PDF of a specification."""
    told = content.compose(real, brief)
    return told, pdf.write(told, pdf.draw_map(real, told))


def test_the_pdf_says_what_the_issue_asks(french):
    said = words(french.files["HTI_Situation_A4_20250118.pdf"])
    for wanted in ("217", "Pont-Sondé", "18 janv. 2025", "Dagsavisen", "EPSG:32618", "HTI-20250118", "HTI-"):
        assert wanted in said
    assert "Gonaïves" in said  # the names on the map can be searched for


def test_the_pdf_is_tagged_with_bookmarks_language_and_alternatives(french):
    file = reader(french.files["HTI_Situation_A4_20250118.pdf"])
    root = file.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    titles = [item.title for item in file.outline if not isinstance(item, list)]
    assert titles == [french.content.title]
    assert len(file.outline[1]) >= 5
    assert file.metadata.title == french.content.title
    assert str(file.metadata.creation_date_raw) == "D:20250119093000Z"


def alternatives(element: Any) -> Iterable[str]:
    """Yield the alternative texts in a structure tree, in the order of reading."""
    element = element.get_object()
    if isinstance(element, dict):
        if "/Alt" in element:
            yield str(element["/Alt"])
        element = element.get("/K", [])
    for child in element if isinstance(element, list) else []:
        yield from alternatives(child)


def test_alternatives_name_the_map_the_link_the_strip_and_the_curve(real, brief):
    _told, body = pack_pdf(real, brief())
    found = list(alternatives(reader(body).trailer["/Root"]["/StructTreeRoot"]))
    starts = ("Map of Haiti as of 18 Jan 2025", "Link to this view: http", "Events over time: ", "Personnel by country")
    assert [text.startswith(start) for text, start in zip(found, starts, strict=True)] == [True] * 4
    assert "Kenya 617" in found[3]


def test_the_map_is_drawn_with_vectors(french):
    file = reader(french.files["HTI_Situation_A4_20250118.pdf"])
    assert [len(page.images) for page in file.pages] == [0] * len(file.pages)


LONG = {
    "title": "#eval(1) <b>*Title*</b> " * 12,
    "highlights": ("word " * 400, "w" * 2000, "עברית عربي " * 60, "\U0001f680" * 300, "{{7*7}} $x$ " * 90),
    "contact": "c" * 500,
    "classification": "k" * 500,
}


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize(
    ("changes", "first_page_ends_with"),
    [
        pytest.param(LONG, "mssmap", id="everything too long"),
        pytest.param({"layers": ()}, "mssmap", id="an empty view"),
        pytest.param({"figures": False, "timeline": False, "strength": False, "inset": False}, "mssmap", id="bare"),
        pytest.param({"region": "HT0111"}, "mssmap", id="one commune"),
    ],
)
def test_nothing_leaves_its_page(real, brief, tmp_path, paper, changes, first_page_ends_with):
    _told, body = pack_pdf(real, brief(paper=paper, **changes))
    for width, height, listed in boxes(body, tmp_path):
        margin = 13.5 / 25.4 * 72
        assert all(margin < left and right < width - margin for left, _top, right, _bottom in listed)
        assert all(top > 0 and bottom < height for _left, top, _right, bottom in listed)
    first, second = (" ".join(page.extract_text().split()) for page in reader(body).pages[:2])
    assert first_page_ends_with in first  # the line at the foot of the first page
    assert "What changed since" in second


def test_300_records_fit_and_those_without_room_are_counted(real, brief):
    everything = brief(layers=layers.ALL)
    told = content.compose(real, everything)
    events = shown(real, everything.filters)["events"]
    one = events[events["event_id"] == "ev-2024-10-03-pont-sonde-massacre"]
    crowd = one.iloc[[0] * 300].reset_index(drop=True)
    crowd["event_id"] = [f"e{i}" for i in range(300)]
    told = dataclasses.replace(told, shown=Shown(told.shown.clocks, {**told.shown, "events": crowd}))
    drawn = pdf.draw_map(real, told)
    drawn_events = sum(count for name, count in drawn.used.items() if name.startswith("events."))
    assert drawn.left_out > 0
    assert drawn_events < 300
    said = words(pdf.write(told, drawn))
    assert f"{drawn.left_out} records found no room on the map." in said


def test_pictures_of_the_pages_are_those_of_the_pdf(real, brief):
    told = content.compose(real, brief())
    drawn = pdf.draw_map(real, told)
    pages = pdf.preview(told, drawn)
    assert len(pages) == len(reader(pdf.write(told, drawn)).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)


# ------------------------------------------------------------------------------------------------------------- slides


def test_the_chart_holds_the_numbers_of_the_core(french):
    show = Presentation(io.BytesIO(french.files["HTI_Situation_A4_20250118.pptx"]))
    charts = [shape.chart for slide in show.slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) == 1
    held = {series.name: list(series.values) for series in charts[0].plots[0].series}
    table = plots.strength_table(french.content.curve)
    assert {name: values[-1] for name, values in held.items()} == {name: table[name].iloc[-1] for name in table}
    assert held["Kenya"][-1] == 617
    assert sum(values[-1] for values in held.values()) == french.content.figures[0].exact == 807
    october = list(charts[0].plots[0].categories).index("31 oct. 2024")
    assert held["Kenya"][october] == 400


def test_slides_are_few_titled_described_and_noted(french):
    show = Presentation(io.BytesIO(french.files["HTI_Situation_A4_20250118.pptx"]))
    assert len(show.slides) <= 6
    assert round(show.slide_width / show.slide_height, 3) == 1.778
    assert all(slide.shapes.title.text for slide in show.slides)
    assert all("[1]" in slide.notes_slide.notes_text_frame.text for slide in show.slides)
    pictures = [shape for slide in show.slides for shape in slide.shapes if shape.shape_type == 13]
    assert all(len(picture._element.nvPicPr.cNvPr.get("descr")) > 30 for picture in pictures)
    assert sum(shape.has_table for slide in show.slides for shape in slide.shapes) >= 4


def test_nothing_on_a_slide_leaves_it(real, brief):
    told = content.compose(real, brief(**LONG))
    drawn = pdf.draw_map(real, told, width=slides.MAP_MM[0], height=slides.MAP_MM[1])
    show = Presentation(io.BytesIO(slides.write(told, drawn)))
    for slide in show.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= show.slide_width
            assert shape.top + shape.height <= show.slide_height


def test_a_step_of_the_last_day_is_wide_enough_to_be_seen(french):
    table = plots.strength_table(french.content.curve)
    drawn, _height = plots.strength(french.content, 190.0)
    paths = re.findall(r'<path d="M([^"]*)Z"[^>]*fill-opacity="0.82"', drawn)
    outline = [tuple(map(float, point.split())) for point in paths[list(table.columns).index("Kenya")].split("L")]
    (start, high), (end, same) = outline[2 * len(table) - 2 : 2 * len(table)]
    assert high == same
    assert end - start >= 1.99
