"""
The slides of a pack: 16:9, at most six, with charts and tables that can be edited, and notes that name the sources.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Mm, Pt

from mssmap import i18n
from mssmap.brief import cited, pdf, still
from mssmap.brief.content import Content
from mssmap.brief.drawing import legend, plots, typeface
from mssmap.brief.drawing.figure import Figure
from mssmap.i18n import gettext as _
from mssmap.legend import layers, symbols, text

WIDE_MM, HIGH_MM, EDGE_MM = 338.67, 190.5, 14.0
MAP_MM: Final = (250.0, 146.0)
"""Size of the map on its slide."""
FACE: Final = "Arial"
"""Slides cannot carry a typeface; this one is everywhere."""
ARIAL_WIDER: Final = 1.14
"""Arial against the typeface of the pack."""

INK, SOFT, BLUE, PALE = RGBColor(0x1C, 0x27, 0x30), RGBColor(0x51, 0x60, 0x6B), RGBColor(0, 0x56, 0x7D), "F3F6F8"
EVENT_ROWS, BASE_ROWS, ZONE_ROWS, SOURCE_LINES = 9, 17, 17, 24


def write(content: Content, drawn: Figure) -> bytes:
    """
    Return the slides as a PPTX file.

    Parameters
    ----------
    drawn
        The map at `MAP_MM`.
    """
    with i18n.speaking(content.brief.lang):
        show = Presentation()
        show.slide_width, show.slide_height = Mm(WIDE_MM), Mm(HIGH_MM)
        _properties(show, content)
        _opening(show, content)
        _map(show, content, drawn)
        _changes(show, content)
        if content.brief.strength and len(content.curve):
            _strength(show, content)
        _tables(show, content)
        _sources(show, content)
        out = io.BytesIO()
        show.save(out)
    return still.office(out.getvalue(), content.brief.created)


def _properties(show: Any, content: Content) -> None:
    made = content.brief.created.replace(tzinfo=None)
    about = show.core_properties
    about.title, about.author, about.subject = content.title, "mssmap", content.subtitle
    about.keywords, about.comments, about.language = content.number, content.disclaimer, content.brief.lang
    about.created = about.modified = made
    about.last_modified_by, about.revision = "mssmap", 1


# ------------------------------------------------------------------------------------------------------------- slides


def _opening(show: Any, content: Content) -> None:
    slide = _slide(show, content, content.title, size=30)
    _words(slide, [content.subtitle], (EDGE_MM, 30, WIDE_MM - 2 * EDGE_MM, 9), 16, SOFT)
    top = 46.0
    if content.figures:
        count = len(content.figures)
        rows = [[f.value for f in content.figures], [f.label for f in content.figures]]
        rows.append([f.under for f in content.figures])
        table = _table(slide, rows, (EDGE_MM, top, WIDE_MM - 2 * EDGE_MM, 30), [1.0] * count, 10, header=False)
        table.first_row = True
        for cell in table.rows[0].cells:
            _style(cell.text_frame, 22, BLUE, bold=True)
        for cell in table.rows[2].cells:
            _style(cell.text_frame, 9, SOFT)
        top += 42
    _words(slide, content.highlights, (EDGE_MM, top, WIDE_MM - 2 * EDGE_MM, HIGH_MM - top - 20), 16, INK, bullets=True)
    _notes(slide, content, [content.disclaimer, *_figure_notes(content)])


def _map(show: Any, content: Content, drawn: Figure) -> None:
    title = _("{place} on {day}").format(place=content.place, day=text.day(content.brief.clocks.as_of))
    slide = _slide(show, content, title)
    width, height = drawn.width, drawn.height
    box = (Mm(EDGE_MM), Mm(29), Mm(width), Mm(height))
    picture = slide.shapes.add_picture(io.BytesIO(pdf.picture(drawn, ppi=170)), *box)
    described = pdf.described(content)
    picture._element.nvPicPr.cNvPr.set("descr", described)
    left = EDGE_MM + width + 6
    key = legend.sheet(legend.groups(content), WIDE_MM - left - EDGE_MM, 104)
    beside = slide.shapes.add_picture(io.BytesIO(pdf.picture(key, ppi=170)), Mm(left), Mm(29), Mm(key.width))
    beside._element.nvPicPr.cNvPr.set("descr", "; ".join(f"{head}: {listed}" for head, listed in _counted(content)))
    _words(slide, [content.projection, content.credits], (left, 140, WIDE_MM - left - EDGE_MM, 34), 8, SOFT)
    _notes(slide, content, [described, content.disclaimer, content.credits])


def _counted(content: Content) -> Iterable[tuple[str, str]]:
    titles = layers.titles()
    for group in layers.GROUPS:
        parts = [
            f"{titles[layer.id].lower()} {content.counts[layer.id]}"
            for layer in layers.GROUPS[group]
            if content.counts.get(layer.id)
        ]
        if parts:
            window = f", {content.window}" if group == "events" else ""
            yield titles[group] + window, ", ".join(parts)


def _changes(show: Any, content: Content) -> None:
    slide = _slide(show, content, content.changes_title)
    half = (WIDE_MM - 3 * EDGE_MM) * 0.46
    lines = [content.changes.counts, *content.changes.lines[:9]]
    fitting = [_fit(line, 11, half - 6, 2) for line in lines if line]
    _words(slide, fitting, (EDGE_MM, 29, half, 140), 11, INK, bullets=True)
    left = EDGE_MM * 2 + half
    wide = WIDE_MM - left - EDGE_MM
    rows = [[_("Day"), _("Event"), _("Grade")]]
    rows += [[f"{e.number} · {e.day}", _fit(e.text, 10, wide * 0.6, 2), e.grade] for e in content.events[:EVENT_ROWS]]
    if len(rows) > 1:
        _table(slide, rows, (left, 29, wide, 10), [1.5, 3.4, 0.6], 10)
    told = [f"{e.number}. {e.day}: {e.text} {cited.marks(e.sources)}" for e in content.events]
    _notes(slide, content, told)


def _strength(show: Any, content: Content) -> None:
    slide = _slide(show, content, _("Strength of the mission"))
    table = monthly(content)
    data = CategoryChartData(number_format="#,##0")
    data.categories = [text.day(day.date()) for day in table.index]
    for country in table.columns:
        data.add_series(typeface.printable(country), [int(value) for value in table[country]])
    box = (Mm(EDGE_MM), Mm(29), Mm(WIDE_MM - 2 * EDGE_MM), Mm(134))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_STACKED, *box, data)
    words = plots.strength_words(content)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", words)
    chart = frame.chart
    chart.has_legend, chart.has_title = True, False
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.RIGHT, False
    chart.font.size, chart.font.name = Pt(12), FACE
    chart.plots[0].gap_width, chart.plots[0].overlap = 40, 100
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor(0xD9, 0xE0, 0xE4)
    for i, series in enumerate(chart.plots[0].series):
        colour = symbols.COUNTRY_COLOURS[i % len(symbols.COUNTRY_COLOURS)]
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(colour.lstrip("#").upper())
    _words(slide, [words], (EDGE_MM, 164, WIDE_MM - 2 * EDGE_MM, 10), 10, SOFT)
    _notes(slide, content, [words, *_level_notes(content)])


def monthly(content: Content) -> pd.DataFrame:
    """Return personnel by country at the end of each month and on the day of the pack: what the chart holds."""
    table = plots.strength_table(content.curve)
    last = pd.Timestamp(content.brief.clocks.as_of)
    ends = pd.date_range(table.index[0], last, freq="ME").union([last])
    return table.reindex(table.index.union(ends)).ffill().loc[ends].astype("int64")


def _tables(show: Any, content: Content) -> None:
    slide = _slide(show, content, " · ".join(table.title for table in content.tables))
    half = (WIDE_MM - 2.5 * EDGE_MM) / 2
    for i, (table, most) in enumerate(zip(content.tables, (BASE_ROWS, ZONE_ROWS), strict=False)):
        left = EDGE_MM + i * (half + EDGE_MM / 2)
        cut = [
            [_fit(row[0], 10, half * 0.43), _fit(row[1], 10, half * 0.18), _fit(row[2], 10, half * 0.27), row[4]]
            for row in table.rows[:most]
        ]
        if cut:
            columns = [table.columns[0], table.columns[1], table.columns[2], table.columns[4]]
            _table(slide, [columns, *cut], (left, 29, half, 8), [2.5, 1.15, 1.6, 0.6], 10)
        more = len(table.rows) - len(cut)
        if more > 0:
            note = _("and {n} more, in the data of the pack").format(n=more)
            _words(slide, [note], (left, 168, half, 8), 9, SOFT)
    told = [f"{row[0]}: {row[1]}, {row[3]} ({row[4]}) [{row[5]}]" for table in content.tables for row in table.rows]
    _notes(slide, content, told)


def _sources(show: Any, content: Content) -> None:
    slide = _slide(show, content, _("Sources"))
    half = (WIDE_MM - 3 * EDGE_MM) / 2
    lines = [_source(source) for source in content.sources]
    shown = [_fit(line, 8, half) for line in lines[: 2 * SOURCE_LINES]]
    for i, part in enumerate((shown[:SOURCE_LINES], shown[SOURCE_LINES:])):
        _words(slide, part, (EDGE_MM + i * (half + EDGE_MM), 29, half, 130), 8, INK)
    end = [_("All sources with their grades are in the PDF and in the data of the pack."), content.disclaimer]
    _words(slide, end, (EDGE_MM, 160, WIDE_MM - 2 * EDGE_MM, 12), 9, SOFT)
    _notes(slide, content, lines)


# ------------------------------------------------------------------------------------------------------------- pieces


def _slide(show: Any, content: Content, title: str, *, size: int = 24) -> Any:
    """Add a slide with its title, a rule under it, and the line at its foot."""
    slide = show.slides.add_slide(show.slide_layouts[5])
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = (Mm(v) for v in (EDGE_MM, 12, WIDE_MM - 2 * EDGE_MM, 14))
    frame = head.text_frame
    frame.text = _fit(title, size, WIDE_MM - 2 * EDGE_MM)
    frame.vertical_anchor, frame.word_wrap = MSO_ANCHOR.MIDDLE, True
    frame.margin_left = frame.margin_right = Emu(0)
    _style(frame, size, INK, bold=True)
    frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    foot = f"{content.classification} · {content.number} · {content.subtitle}"
    _words(slide, [foot], (EDGE_MM, HIGH_MM - 12, WIDE_MM - 2 * EDGE_MM, 7), 9, SOFT)
    return slide


def _words(
    slide: Any,
    lines: Sequence[str],
    box: tuple[float, float, float, float],
    size: float,
    colour: RGBColor,
    *,
    bullets: bool = False,
) -> None:
    frame = slide.shapes.add_textbox(*(Mm(value) for value in box)).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.text = f"•  {line}" if bullets else line
        paragraph.space_after = Pt(size * 0.4)
    _style(frame, size, colour)


def _style(frame: Any, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    for paragraph in frame.paragraphs:
        for run in paragraph.runs:
            run.font.size, run.font.name, run.font.bold, run.font.color.rgb = Pt(size), FACE, bold, colour


def _table(
    slide: Any,
    rows: Sequence[Sequence[str]],
    box: tuple[float, float, float, float],
    shares: Sequence[float],
    size: float,
    *,
    header: bool = True,
) -> Any:
    frame = slide.shapes.add_table(len(rows), len(rows[0]), *(Mm(value) for value in box))
    table = frame.table
    table.first_row, table.horz_banding = header, False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Mm(box[2] * share / sum(shares))
    for i, row in enumerate(rows):
        table.rows[i].height = Mm(size * 0.62)
        for cell, words in zip(table.rows[i].cells, row, strict=True):
            cell.text_frame.text = words
            cell.margin_top = cell.margin_bottom = Mm(0.6)
            cell.margin_left = cell.margin_right = Mm(1.2)
            head = header and i == 0
            cell.fill.solid()
            cell.fill.fore_color.rgb = BLUE if head else RGBColor.from_string(PALE if i % 2 == 0 else "FFFFFF")
            _style(cell.text_frame, size, RGBColor(255, 255, 255) if head else INK, bold=head)
    return table


def _fit(words: str, size: float, width_mm: float, lines: int = 1) -> str:
    return typeface.fit(words, size, width_mm / ARIAL_WIDER, lines)


def _notes(slide: Any, content: Content, lines: Iterable[str]) -> None:
    """Write the speaker notes: what is behind the slide, then the sources it cites."""
    listed = [*lines, "", _("Sources:"), *map(_source, content.sources)]
    slide.notes_slide.notes_text_frame.text = "\n".join(listed)


def _figure_notes(content: Content) -> list[str]:
    return [f"{f.label}: {f.value} ({f.under}). {f.note} {cited.marks(f.sources)}" for f in content.figures]


def _level_notes(content: Content) -> list[str]:
    return [
        _("Reported for {day}: {n}.").format(
            day=text.day(row.day, row.precision), n=text.figure(row.low, row.high, None)
        )
        for row in content.levels.itertuples(index=False)
    ]


def _source(source: cited.Source) -> str:
    parts = [f"[{source.number}] {source.reliability}", source.title, source.publisher, source.day]
    return " · ".join(part for part in parts if part)
