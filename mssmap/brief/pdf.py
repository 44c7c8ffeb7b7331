"""
The printed pack: typst sets the page, tagged (PDF/UA-1), with bookmarks and alternative text, the map as vectors.

The words travel as JSON. Fonts of the machine are not used, and the time of making is an argument: equal contents
give equal bytes.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from datetime import UTC
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import segno
import typst

from mssmap import i18n
from mssmap.brief import cited, layout
from mssmap.brief.content import Content
from mssmap.brief.drawing import figure, legend, plots, surround, typeface
from mssmap.brief.drawing.figure import Figure
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.maps import view
from mssmap.records import timeline
from mssmap.records.catalog import Data

QR_MM: Final = 15.5
PREVIEW_PPI: Final = 110


def draw_map(data: Data, content: Content, *, width: float | None = None, height: float | None = None) -> Figure:
    """
    Draw the map of a pack, for the first page unless a size in millimetres is given.

    The height on the first page depends on the rows of the legend, and those on what is on the map; the map is drawn
    again if the first guess was wrong.
    """
    brief = content.brief

    def drawn(at_height: float) -> Figure:
        return figure.compose(
            data,
            content.shown,
            width=width or layout.column(brief.paper),
            height=at_height,
            extent=content.extent,
            regions=[name for name in ("departments", "communes") if name in brief.layers],
            with_inset=brief.inset,
            numbered={event.event_id: event.number for event in content.events},
        )

    with i18n.speaking(brief.lang):
        if height is not None:
            return drawn(height)
        first = drawn(_page(content, layout.LEGEND_ROWS).map)
        fitting = _page(content, legend.rows(legend.groups(content))).map
        return first if abs(fitting - first.height) < 0.01 else drawn(fitting)


def _page(content: Content, rows: int) -> layout.Page:
    brief = content.brief
    return layout.page(
        brief.paper,
        title=content.title,
        highlights=content.highlights,
        figures=bool(content.figures),
        legend_rows=rows,
    )


def write(content: Content, drawn: Figure) -> bytes:
    """Return the PDF."""
    return bytes(_compile(content, drawn, "pdf"))


def preview(content: Content, drawn: Figure) -> list[bytes]:
    """Return each page as a PNG picture, as it will print."""
    pages = _compile(content, drawn, "png")
    return pages if isinstance(pages, list) else [pages]


def picture(drawn: Figure | legend.Sheet, *, ppi: float = 220) -> bytes:
    """Return a drawing as a PNG picture."""
    source = (
        f"#set page(width: {drawn.width}mm, height: {drawn.height}mm, margin: 0mm)\n"
        '#image(bytes(sys.inputs.svg), format: "svg", width: 100%)'
    ).encode()
    compiler = typst.Compiler(source, font_paths=_fonts(), sys_inputs={"svg": drawn.svg})
    made: Any = compiler.compile(source, format="png", ppi=ppi)
    return bytes(made)


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(typeface.folder())])


def _compile(content: Content, drawn: Figure, kind: Literal["pdf", "png"]) -> Any:
    source = resources.files("mssmap.brief").joinpath("page.typ").read_bytes()
    with i18n.speaking(content.brief.lang):
        data = json.dumps(_values(content, drawn), ensure_ascii=False)
    compiler = typst.Compiler(source, font_paths=_fonts(), sys_inputs={"data": data})
    if kind == "png":
        return compiler.compile(source, format="png", ppi=PREVIEW_PPI)
    made = content.brief.created.astimezone(UTC)
    return compiler.compile(source, format="pdf", pdf_standards=["ua-1"], timestamp=made)


def _values(content: Content, drawn: Figure) -> dict[str, Any]:
    """Return everything that page.typ sets."""
    brief = content.brief
    groups = legend.groups(content)
    number, version = content.number.split(" · ")
    return {
        "lang": brief.lang,
        "title": content.title,
        "title_short": typeface.fit(content.title, 7.6, 95, cut=typeface.SEMIBOLD),
        "subtitle": content.subtitle,
        "description": f"{content.title}. {content.subtitle}. {content.classification}. {content.number}",
        "keywords": ["Haiti", content.place, brief.number],
        "created": list(brief.created.astimezone(UTC).timetuple()[:6]),
        "classification": content.classification,
        "disclaimer": content.disclaimer,
        "projection": content.projection,
        "credits": content.credits,
        "created_line": content.created,
        "contact": content.contact,
        "place": content.place,
        "number": content.number,
        "number_lines": [number, version],
        "page": _measures(_page(content, legend.rows(groups))),
        "figures": [{"label": f.label, "value": f.value, "under": f.under} for f in content.figures],
        "highlights": list(content.highlights),
        "map": _map(content, drawn),
        "legend": _legend(groups, brief.paper),
        "sources_line": _("{n} sources are numbered on the last page.").format(n=len(content.sources)),
        "link": brief.link,
        "qr": _qr(brief.link),
        "qr_alt": _("Link to this view: {link}").format(link=brief.link),
        "changes": _changes(content),
        "strip": _strip(content),
        "events": _events(content),
        "curve": _curve(content),
        "tables": [asdict(table) for table in content.tables],
        "plan": asdict(content.plan) if content.plan else None,
        "sources": _sources(content),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "page": _("page {n} of {all}"),
        "contact": _("Contact:"),
        "none": _("Nothing is shown of this layer."),
        "sources": _("Sources"),
        "grades": _("Grades: Admiralty code, A1 best to F6; letter before a source: its reliability."),
    }


def _sources(content: Content) -> list[dict[str, str]]:
    return [
        {
            "number": str(s.number),
            "reliability": s.reliability,
            "title": s.title,
            "url": s.url if s.url.startswith(("https://", "http://")) else "",
            "rest": " · ".join(part for part in (s.publisher, s.day) if part),
        }
        for s in content.sources
    ]


def _measures(page: layout.Page) -> dict[str, float]:
    return asdict(page) | {
        "margin_x": layout.MARGIN_X,
        "margin_top": layout.MARGIN_TOP,
        "margin_bottom": layout.MARGIN_BOTTOM,
        "gutter": layout.GUTTER,
        "number": layout.NUMBER_MM,
        "title_mm": layout.TITLE_MM,
        "line_mm": layout.LINE_MM,
        "between": layout.BETWEEN_MM,
        "bullet": layout.BULLET_MM,
        "legend_row": layout.LEGEND_ROW_MM,
        "legend_head": layout.LEGEND_HEAD_MM,
        "foot": layout.FOOT_MM,
        "qr": QR_MM,
    }


def _map(content: Content, drawn: Figure) -> dict[str, str]:
    shown = sum(drawn.used.values())
    notes = []
    if content.events:
        notes.append(_("Numbers on the map: see the events over time."))
    beyond = sum(content.counts.values()) - shown - drawn.left_out
    if beyond > 0:
        notes.append(_("Counted, but without a place on this map: {n}; the data have them.").format(n=beyond))
    if drawn.left_out:
        notes.append(_("{n} records found no room on the map.").format(n=drawn.left_out))
    alt = _("Map of {place} as of {day}: {n} records at 1:{scale}. They are listed in the tables and the data.").format(
        place=content.place,
        day=text.day(content.brief.clocks.as_of),
        n=shown,
        scale=text.number(surround.rounded(drawn.scale)),
    )
    return {"svg": drawn.svg, "alt": alt, "note": " ".join(notes)}


def _legend(groups: list[legend.Group], paper: str) -> list[dict[str, Any]]:
    columns = legend.columns(groups, layout.column(paper), layout.GUTTER)
    size = columns.size_pt
    return [
        {
            "title": typeface.fit(group.title, size * legend.TITLE, width, cut=typeface.SEMIBOLD),
            "width": width,
            "size": size,
            "items": [
                {"svg": i.glyph, "label": legend.fitting(i.label, i.count, width, size), "count": str(i.count)}
                for i in group.items
            ],
        }
        for group, width in zip(groups, columns.widths, strict=True)
    ]


def _qr(link: str) -> str:
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=0, dark="#1c2730", scale=1)
    return out.getvalue().decode()


def _changes(content: Content) -> dict[str, Any]:
    told = content.changes
    more = _("and {n} more, in the data of the pack").format(n=told.more) if told.more else ""
    counts = told.counts or _("Nothing was learnt between the two days.")
    return {"title": content.changes_title, "counts": counts, "lines": list(told.lines), "more": more}


def _strip(content: Content) -> dict[str, str] | None:
    svg, height = plots.strip(content, layout.column(content.brief.paper)) if content.brief.timeline else ("", 0)
    if not height:
        return None
    title = _("Events from {start} to {end}").format(
        start=text.day(content.brief.start), end=text.day(content.brief.clocks.as_of)
    )
    return {
        "title": title,
        "svg": svg,
        "alt": plots.strip_words(content.events, int((~timeline.is_plan(content.shown["events"])).sum())),
    }


def _events(content: Content) -> list[dict[str, str]]:
    return [
        {
            "number": str(e.number),
            "day": e.day,
            "text": typeface.fit(e.text, 8, 112),
            "grade": e.grade,
            "marks": cited.marks(e.sources),
        }
        for e in content.events
    ]


def _curve(content: Content) -> dict[str, str] | None:
    svg, height = plots.strength(content, layout.column(content.brief.paper)) if content.brief.strength else ("", 0)
    if not height:
        return None
    note = _(
        "Areas: arrivals minus departures by country. Diamonds: strength of the whole mission as reported, a bar where "
        "only the month is known."
    )
    return {"title": _("Strength of the mission"), "svg": svg, "alt": plots.strength_words(content), "note": note}


def described(content: Content) -> str:
    """Return in one sentence what the map shows, for those who cannot see it."""
    options = view.Options(on=content.brief.layers)
    with i18n.speaking(content.brief.lang):
        return view.described(content.shown, options)
