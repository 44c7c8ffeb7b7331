"""
The light page: the asked view without any script, for a slow line, a text browser, a printer, a file.

It computes nothing: figures, text, changes, cards and the drawing are those of the live page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Final

from mssmap import client, i18n, settings
from mssmap.errors import NotFoundError
from mssmap.i18n import gettext as _
from mssmap.i18n import written
from mssmap.legend import layers, lines, text
from mssmap.maps import panels, still, streets, view
from mssmap.maps.still import Still
from mssmap.records import kinds, regions, views
from mssmap.server import first
from mssmap.telling import cards, twin
from mssmap.ui import asked as asking
from mssmap.ui import cache, state
from mssmap.ui.asked import Asked, View

WIDTH_PX, HEIGHT_PX = 860, 620
LINKS: Final = ("http://", "https://")


def page(asked: Asked, *, is_file: bool = False) -> str:
    """
    Write the page of a view or, if one is asked for, of a record, in the language that is spoken.

    Parameters
    ----------
    is_file
        Whether it will lie somewhere without a server: then it leads nowhere.
    """
    shown = asking.view(asked)
    title, body = _record_page(shown) if asked.record else _view_page(shown, is_file=is_file)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'"
    return (
        f'<!doctype html><html lang="{asked.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="content-security-policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_safe(title)} · mssmap</title><style>{style()}</style></head><body>"
        f'{_header(asked, is_file=is_file)}<main id="main">{body}</main>{_footer(asked)}</body></html>'
    )


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style of the page and of the drawing on it."""
    light, dark = first.colours("light"), first.colours("dark")
    own = client.read("page/light.css")
    return first.small(
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}{own}@media print{{:root{{{light}}}}}"
    )


def _safe(words: object) -> str:
    return html.escape(str(words))


# --------------------------------------------------------------------------------------------------------------- frame


def _header(asked: Asked, *, is_file: bool) -> str:
    if is_file:
        return "<header><b>mssmap</b></header>"
    to_main, live = _safe(_("To the content")), _safe(_("Live map"))
    links = " ".join(
        f'<a href="{_to(asked, lang=code)}" hreflang="{code}" lang="{code}"'
        + (' aria-current="true"' if code == asked.language else "")
        + f">{name}</a>"
        for code, name in i18n.LANGUAGES.items()
    )
    return (
        f'<a class="skip" href="#main">{to_main}</a><header><b>mssmap</b> <nav aria-label="{_safe(_("Language"))}">'
        f'<a href="./?{_safe(asking.write(asked, record=None))}">{live}</a> {links}</nav></header>'
    )


def _to(asked: Asked, **other: str | None) -> str:
    """Return the address of the light page of the same view with other keys."""
    return f"light?{_safe(asking.write(asked, **other))}"


def _footer(asked: Asked) -> str:
    source = lines.banner(asked.clocks, asked.basemap)["source"]
    return f"<footer><p>{_safe(first.credit(source))}</p></footer>"


def _notes(words: Iterable[str]) -> str:
    said = "".join(f"<p>{_safe(one)}</p>" for one in words)
    return f'<div class="note" role="status">{said}</div>' if said else ""


# ---------------------------------------------------------------------------------------------------------------- view


def _view_page(shown: View, *, is_file: bool) -> tuple[str, str]:
    asked = shown.asked
    told = lines.banner(asked.clocks, asked.basemap)
    title = first.heading()
    if asked.filters.region:
        title = f"{title}: {regions.find(cache.data(), asked.filters.region).name(asked.language)}"
    parts = [
        f'<h1>{_safe(title)}</h1><p class="day"><b>{_safe(told["title"])}</b> {_safe(told["sub"])}</p>',
        _notes(shown.notes),
        "" if is_file else _form(asked) + _steps(asked),
        _figures(shown),
        _map(shown),
        _words(shown),
        _changes(shown),
        *_lists(shown, is_file=is_file),
    ]
    return f"{title}, {told['title']}", "".join(parts)


def _form(asked: Asked) -> str:
    filters = asked.filters
    first_day, last_day = state.earliest().isoformat(), state.latest().isoformat()
    places = regions.all_regions(cache.data())
    choices = "".join(
        f'<option value="{place.pcode}"{" selected" if place.pcode == filters.region else ""}>'
        f"{_safe(place.name(asked.language))}</option>"
        for place in places
        if regions.level(place.pcode) in {"department", "commune"}
    )
    languages = "".join(
        f'<option value="{code}"{" selected" if code == asked.language else ""}>{name}</option>'
        for code, name in i18n.LANGUAGES.items()
    )
    days = (
        (_("Day shown"), "as_of", filters.clocks.as_of),
        (_("Known by"), "known_on", filters.clocks.known_on),
        (_("What changed since"), "since", asked.since),
    )
    fields = "".join(
        f'<label>{_safe(label)} <input type="date" name="{name}" min="{first_day}" max="{last_day}" '
        f'value="{day.isoformat() if day else ""}"></label>'
        for label, name, day in days
    )
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{_safe(value)}">'
        for name, value in (
            ("layers", layers.write(asked.on)),
            ("grade", filters.grade if filters.grade != state.ADDRESS_KEYS["grade"].default() else None),  # type: ignore[misc]
            ("from", filters.start),
            ("to", filters.end),
            *(("category", one) for one in filters.categories),
        )
        if value
    )
    region, whole, language, show = _("Region"), _("All of Haiti"), _("Language"), _("Show this view")
    return (
        f'<form action="light" method="get">{fields}<label>{_safe(region)} <select name="region">'
        f'<option value="">{_safe(whole)}</option>{choices}</select></label> '
        f'<label>{_safe(language)} <select name="lang">{languages}</select></label>{kept}'
        f"<button>{_safe(show)}</button></form>"
    )


def _steps(asked: Asked) -> str:
    day = asked.clocks.as_of
    steps = (
        (_("One month back"), first.month(day, -1)),
        (_("One day back"), day - timedelta(days=1)),
        (_("One day on"), day + timedelta(days=1)),
        (_("One month on"), first.month(day, 1)),
    )
    links = "".join(
        f'<li><a href="{_to(asked, as_of=to.isoformat())}">{_safe(words)}</a></li>'
        for words, to in steps
        if state.earliest() <= to <= state.latest()
    )
    return f'<ul class="steps">{links}</ul>'


def _figures(shown: View) -> str:
    title = _safe(_("Key figures"))
    items = "".join(
        f"<div><dt>{_safe(card['label'])}</dt><dd>{_safe(' '.join(filter(None, (card['value'], card['of']))))}</dd>"
        f"<dd>{_safe(card['sub'])}</dd></div>"
        for card in panels.figure_cards(shown.figures)["items"]
    )
    return f'<h2>{title}</h2><dl class="figures">{items}</dl>' if items else ""


def _map(shown: View) -> str:
    look = shown.look
    at = look.place or still.centred(look.bounds, WIDTH_PX, HEIGHT_PX)
    drawn = first.draw_or_none(shown, place=at, size=(WIDTH_PX, HEIGHT_PX))
    if drawn is None:
        return ""
    described = _safe(view.described(shown.shown, view.Options(shown.asked.on)))
    title, key = _safe(_("Map")), _safe(_("Legend"))
    size = f'width="{WIDTH_PX}" height="{HEIGHT_PX}"'
    return (
        f'<h2>{title}</h2><figure tabindex="0" aria-label="{title}"><img alt="{described}" {size} '
        f'src="{_picture(drawn)}">{_streets(drawn)}</figure>'
        f'<h3>{key}</h3><div class="legend">{first.legend_rows(shown)}</div>'
    )


def _streets(drawn: Still) -> str:
    """Name where the streets on the picture are from."""
    found = streets.drawn() if drawn.has_streets else None
    return f"<figcaption>{_safe(found['credit'])}</figcaption>" if found else ""


def _picture(drawn: Still) -> str:
    """Return the drawing as an address: a picture, whose names no text browser mixes with the text."""
    sized = (
        f"<svg class='mm-sheet' xmlns='http://www.w3.org/2000/svg' width='{WIDTH_PX}' height='{HEIGHT_PX}' "
        f"viewBox='{-WIDTH_PX / 2:.0f} {-HEIGHT_PX / 2:.0f} {WIDTH_PX} {HEIGHT_PX}'><style>{picture_style()}"
        f"{drawn.style}</style>"
    )
    whole = drawn.svg.replace('<svg class="mm-sheet" aria-hidden="true">', sized, 1).replace('"', "'")
    encoded = whole.replace("%", "%25").replace("#", "%23")
    return f"data:image/svg+xml;charset=utf-8,{html.escape(encoded, quote=False)}"


@lru_cache(maxsize=1)
def picture_style() -> str:
    """Return the style inside the drawing; its quotation marks are single ones."""
    light, dark = first.colours("light"), first.colours("dark")
    rules = f":root{{{light}font-family:sans-serif}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return first.small(rules + first.still_style()).replace('"', "'")


def _words(shown: View) -> str:
    title = _safe(_("In words"))
    return f"<h2>{title}</h2>" + "".join(f"<p>{_safe(line)}</p>" for line in shown.lines)


def _changes(shown: View) -> str:
    since, known_on = shown.asked.since, shown.asked.clocks.known_on
    if since is None:
        return ""
    title = _safe(_("What changed"))
    if since > known_on:
        words = _("What changed since: the day is later than “Known by”, so there is nothing to compare.")
        return f"<h2>{title}</h2><p>{_safe(words)}</p>"
    if not shown.changes:
        words = _("Nothing was learnt between the two days.")
        return f"<h2>{title}</h2><p>{_safe(words)}</p>"
    told = [twin.change_counts(shown.changes), *twin.change_lines(shown.changes)]
    named = twin.kinds()
    rows = [
        [record["title"], named[record["kind"]], twin.happened(record), twin.learnt(record)] for record in shown.changes
    ]
    heads = [_("Record"), _("Kind"), _("Happened"), _("Learnt")]
    said = "".join(f"<p>{_safe(line)}</p>" for line in told)
    every = _("Every change")
    table = _table(every, heads, [[_safe(cell) for cell in row] for row in rows])
    return f"<h2>{title}</h2>{said}<details><summary>{_safe(every)}</summary>{table}</details>"


def _lists(shown: View, *, is_file: bool) -> Iterable[str]:
    """Yield a table of each layer that is on: what the map shows, and what has no place on it."""
    asked, words = shown.asked, view.words()
    on, titles = set(asked.on), layers.titles()
    heads = [words["name"], words["state"], words["where"], words["grade"]]
    yield f"<h2>{_safe(words['table'])}</h2>"
    for layer, rows in shown.shown.items():
        listed = []
        for row in rows.itertuples(index=False):
            is_event = layer == "events"
            name = first.symbol_of(layer, row)
            if not still.is_on(name, on):
                continue
            record_id = str(getattr(row, kinds.SHOWN[layer].id_column))
            name, language = written(partial(_cell, row), "title" if is_event else "name")
            foreign = is_event and language != asked.language
            named = f"<span{_of_language(language)}>{_safe(name)}</span>" if foreign else _safe(name)
            line = lines.event_line(row) if is_event else lines.line(layer, row)
            listed.append(
                [
                    named if is_file else f'<a href="{_to(asked, record=record_id)}">{named}</a>',
                    _safe(line),
                    _safe(text.precisions().get(row.location_precision, "")),
                    _safe(row.grade),
                ]
            )
        if listed:
            yield _table(f"{titles[layer]} ({len(listed)})", heads, listed)


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    """Return a table; the cells are HTML already."""
    wide = len(heads) - 2
    head = "".join(
        f'<th scope="col"{" class=wide" if i == wide else ""}>{_safe(one)}</th>' for i, one in enumerate(heads)
    )
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{' class=wide' if i == wide else ''}>{cell}</td>" for i, cell in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return f"<table><caption>{_safe(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


# -------------------------------------------------------------------------------------------------------------- record


def _record_page(shown: View) -> tuple[str, str]:
    asked, data = shown.asked, cache.data()
    back_words = _safe(_("Back to the view"))
    back = f'<p><a href="{_to(asked, record=None)}">{back_words}</a></p>'
    try:
        record = views.record(data, str(asked.record), asked.clocks)
    except NotFoundError as error:
        return first.heading(), f"<h1>{_safe(first.heading())}</h1>{_notes([str(error)])}{back}"
    card = cards.card(data, record, asked.clocks, settings.today(), cache.kept_sources())
    told = lines.banner(asked.clocks)
    facts = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in card["facts"])
    parts = [
        f"<h1{_of_language(card['lang'])}>{_safe(card['title'])}</h1>",
        f'<p class="day">{_safe(card["kind"])} · {_safe(told["title"])}, {_safe(told["sub"])}</p>',
        f'<ul class="badges">{"".join(_badge(one) for one in card["badges"])}</ul>',
        f'<dl class="facts">{facts}</dl>',
        *(_figure_list(one) for one in card["figures"]),
        _card_section(card, "note", f"<p>{_safe(card['note'])}</p>" if card["note"] else ""),
        *(_card_section(card, name, _history(card[name])) for name in ("history", "revisions")),
        _card_section(card, "sources", "".join(f"<li>{_source(one)}</li>" for one in card["sources"]), "ul"),
        back,
    ]
    return card["title"], "".join(parts)


def _badge(badge: Mapping[str, str]) -> str:
    aside = f" ({badge['help']})" if badge.get("help") else ""
    return f"<li>{_safe(badge['text'])}{_safe(aside)}</li>"


def _card_section(card: Mapping[str, Any], name: str, content: str, within: str = "div") -> str:
    title = _safe(card["labels"][name])
    return f"<h2>{title}</h2><{within}>{content}</{within}>" if content else ""


def _figure_list(figure: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<li>{_safe(row['value'])}: {_link(row['source'], row['url'])}"
        + (f" <small>{_safe(row['note'])}</small>" if row["note"] else "")
        + "</li>"
        for row in figure["rows"]
    )
    return f"<h2>{_safe(figure['label'])}</h2><ul>{rows}</ul>"


def _of_language(code: str) -> str:
    """Say of an element in which language its words are, if it is not that of the page."""
    return f' lang="{code}"' if code else ""


def _cell(row: Any, column: str) -> Any:
    return getattr(row, column, "")


def _history(rows: Iterable[Mapping[str, Any]]) -> str:
    items = "".join(
        f"<li{' aria-current=true' if row['now'] else ''}><b>{_safe(row['when'])}</b> {_safe(row['what'])}"
        + (f"<br><small>{_safe(row['note'])}</small>" if row["note"] else "")
        + "</li>"
        for row in rows
    )
    return f"<ol>{items}</ol>" if items else ""


def _source(source: Mapping[str, str]) -> str:
    by = ", ".join(filter(None, [source["by"], source["kept"]]))
    return f"{_safe(source['grade'])} · {_link(source['title'], source['url'])} <small>{_safe(by)}</small>"


def _link(words: str, url: str) -> str:
    """Return a link to the web; anything else than such an address is text."""
    if not str(url).startswith(LINKS):
        return _safe(words)
    return f'<a href="{_safe(url)}" rel="noopener noreferrer">{_safe(words)}</a>'
