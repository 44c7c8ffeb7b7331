"""
The first answer: Streamlit's page, which begins with the asked view as it will be.

The picture and its words are in the page itself, before anything that the live page needs; the live page lies behind
it and takes its place when its map is drawn (`client/page/first.js`).
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import shapely
from streamlit.file_util import get_static_dir

from mssmap import client, settings
from mssmap.brief.drawing import typeface
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import extents, layers, lines, symbols, text
from mssmap.maps import assets, panels, still, streets, view
from mssmap.maps.still import Still
from mssmap.records import kinds, units
from mssmap.streets import shelf
from mssmap.ui import asked as asking
from mssmap.ui import cache, logs, state
from mssmap.ui.asked import Asked, View

NORTH: Final = (
    '<svg viewBox="0 0 18 28"><path d="M9 9 14 24 9 20.5 4 24Z" fill="currentColor"/><text x="9" y="7.4" '
    'text-anchor="middle" font-size="8.5" font-weight="700" fill="currentColor">N</text></svg>'
)
MORE: Final = (
    '<svg viewBox="0 0 26 26" width="26" height="26"><path d="m8 8 5 5-5 5m6-10 5 5-5 5" fill="none" '
    'stroke="currentColor" stroke-width="1.6"/></svg>'
)
PAGES: Final = ("timeline", "planner", "briefing", "export", "desk", "data")


ORIGIN: Final = "https://origin.invalid"
"""Stands in the page for scheme and host by which the reader came: the picture that chats show has a whole address."""


def page(asked: Asked) -> str:
    """Write the page of a view, in its language."""
    shown = asking.view(asked)
    drawn = draw_or_none(shown)
    before, behind = streamlit_page()
    later = f'<template id="mm-behind">{behind}</template>'  # sixty files: asked for once the picture is seen
    return (
        f'<!doctype html><html lang="{asked.language}"><head>{before}{_head(shown)}'
        f"<style>{style()}{drawn.style if drawn else ''}</style></head><body>"
        f"{_still_page(shown, drawn) if drawn else ''}"
        f'<div id="root"></div>{behind if drawn is None else later}<script>{script()}</script></body></html>'
    )


def draw_or_none(shown: View, **look: Any) -> Still | None:
    """Draw the still map of a view, looked at in another way if told so; None if that cannot be done."""
    try:
        return still.compose(cache.data(), shown.shown, replace(shown.look, **look), width=width_px)
    except (ValueError, ArithmeticError, LookupError, shapely.errors.GEOSException) as error:
        logs.fault(error)
        return None


def width_px(words: str, size: float, bold: bool) -> float:
    """Return how wide a text is, in the typeface of page and map."""
    return typeface.width(words, size, typeface.SEMIBOLD if bold else typeface.REGULAR)


# ------------------------------------------------------------------------------------------------- what never changes


@lru_cache(maxsize=1)
def streamlit_page() -> tuple[str, str]:
    """Return what of Streamlit's page comes first, and what behind the picture: all that the live page asks for."""
    whole = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    head = whole[whole.index("<head>") + 6 : whole.index("</head>")]
    body = whole[whole.index("<body>") + 6 : whole.index("</body>")]
    head = re.sub(r"<!--.*?-->|<title>.*?</title>|<meta[^>]*>|<link\s+rel=\"preload\"[^>]*>", "", head, flags=re.DOTALL)
    body = re.sub(r"<noscript>.*?</noscript>|<div id=\"root\"></div>", "", body, flags=re.DOTALL)
    first = (
        '<meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1, shrink-to-fit=no">'
        "<title>mssmap · Haiti</title>"
    )
    return first, re.sub(r"\n\s*(?=<link)", "\n", head + body)


def needed() -> list[Path]:
    """Return the files that the live page will ask for first."""
    named = re.findall(r'(?:href|src)="\./(static/(?:js|css)/[^"]+)"', streamlit_page()[1])
    published = cache.published()
    own = (*published.scripts, *published.styles, *published.page, published.manifest, published.names)
    there = (*(Path(get_static_dir()) / name for name in named), *(cache.static_folder() / name for name in own))
    return [path for path in there if path.is_file()]


@lru_cache(maxsize=1)
def script() -> str:
    """Return the script that lets the live page take the place of the picture."""
    return client.script(client.FIRST)


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style of the page and of the map on it."""
    source = f'url("{_font()}") format("woff2")'
    font = f'@font-face{{font-family:"Mssmap First";src:{source};font-weight:200 900;font-display:swap}}'
    own = client.read("page/first.css") + still_style()
    panel = client.rules("page/panel.css", (".mm-figures", ".mm-card"))
    onmap = client.rules(
        "map/map.css", (".mm-box", ".mm-asof", ".mm-legend", ".mm-swatch", ".mm-hatched", ".mm-north", ".mm-change")
    )
    for window, container in (("100vh", "100cqh"), ("100vw", "100cqw"), ("@media (max", "@container mm-still (max")):
        onmap = onmap.replace(window, container)
    light, dark = (colours(name) for name in ("light", "dark"))
    return small(
        f"{font}#mm-first{{{light}}}@media (prefers-color-scheme:dark){{#mm-first{{{dark}}}}}{panel}{onmap}{own}"
    )


def still_style() -> str:
    """Return the style of the drawing."""
    zones = "".join(
        f".mm-zone.{level}{{stroke:{look['color']};stroke-width:{look['weight']};stroke-dasharray:{look['dash'] or 0}}}"
        for level, look in symbols.ZONE_STYLES.items()
    )
    ranks = "".join(f".mm-fill.c{i}{{fill:{colour}!important}}" for i, colour in enumerate(symbols.CLASSES))
    return client.read("page/still.css") + zones + ranks


def colours(name: str) -> str:
    """Return the colours of the map, of ground and of panels, as variables."""
    block = client.rules("map/map.css", (":root" if name == "light" else ":root.dark",), exact=True)
    panel = block[block.index("{") + 1 : block.rindex("}")]
    return panel + "".join(f"--ground-{key}:{colour};" for key, colour in symbols.PALETTES[name].items())


def small(css: str) -> str:
    return re.sub(r"\s*([{};:,>])\s+", r"\1", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).replace(";}", "}")


def _font() -> str:
    return f"./static/media/{assets.typeface().name}"


# ------------------------------------------------------------------------------------------------------------ the head


def _head(shown: View) -> str:
    asked = shown.asked
    title = f"{heading()} · {text.day(asked.clocks.as_of)}"
    sentence = " ".join(shown.lines[:2])
    picture = f"{ORIGIN}/preview.png?{asking.write(asked)}"
    told = {
        "og:type": "website",
        "og:site_name": "mssmap",
        "og:title": title,
        "og:description": sentence,
        "og:image": picture,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": view.described(shown.shown, view.Options(asked.on)),
        "og:locale": {"en": "en_GB", "fr": "fr_FR", "ht": "ht_HT", "es": "es_ES"}[asked.language],
    }
    metas = "".join(f'<meta property="{name}" content="{html.escape(words)}">' for name, words in told.items())
    return (
        f'{metas}<meta name="description" content="{html.escape(sentence)}"><meta name="twitter:card" '
        f'content="summary_large_image"><link rel="preload" href="{_font()}" as="font" type="font/woff2" crossorigin>'
    )


# ------------------------------------------------------------------------------------------------------------- the page


def heading() -> str:
    """Return the title of the page."""
    return _("Situation map of the security mission in Haiti")


def _still_page(shown: View, drawn: Still) -> str:
    notes = "".join(f"<p>{html.escape(line)}</p>" for line in shown.notes)
    noted = f'<div class="mm-say" role="status">{notes}</div>' if notes else ""
    said = "".join(f"<p>{html.escape(line)}</p>" for line in shown.lines)
    title, in_words = html.escape(heading()), html.escape(_("In words"))
    return (
        f'<div id="mm-first"><aside>{_settings(shown)}</aside><main>{_navigation()}'
        f"<h1>{title}</h1>"
        f"{noted}{figures(shown)}{_map(shown, drawn)}"
        f'<section class="mm-told"><h2>{in_words}</h2>{said}</section></main></div>'
    )


def figures(shown: View) -> str:
    """Return the row of key figures."""
    cards = panels.figure_cards(shown.figures)["items"]
    return (
        '<div class="mm-figures" role="list">'
        + "".join(
            f'<div class="mm-card" role="listitem" title="{html.escape(card["help"])}"><div class="mm-value">'
            f"{html.escape(card['value'])}"
            + (f'<span class="mm-of">{html.escape(card["of"])}</span>' if card["of"] else "")
            + f'</div><div class="mm-label">{html.escape(card["label"])}</div>'
            f'<div class="mm-sub">{html.escape(card["sub"])}</div></div>'
            for card in cards
        )
        + "</div>"
    )


def _navigation() -> str:
    titles = (_("Timeline"), _("FOB planner"), _("Briefing"), _("Export"), _("Desk"), _("Data and sources"))
    links = "".join(f'<a href="{name}">{html.escape(title)}</a>' for name, title in zip(PAGES, titles, strict=True))
    here = f'<a href="" aria-current="page">{html.escape(_("Situation map"))}</a>'
    return f"<nav>{_logo()}{MORE}{here}{links}</nav>"


@lru_cache(maxsize=1)
def _logo() -> str:
    """Return the logo as Streamlit shows it: a picture, which has no typeface of the page."""
    drawing = base64.b64encode((settings.ROOT / "docs/logo.svg").read_bytes()).decode()
    return f'<img class="mm-logo" alt="mssmap" src="data:image/svg+xml;base64,{drawing}">'


def _settings(shown: View) -> str:
    """Return the sidebar: where the live page has its controls there are their values, and links that set them."""
    asked = shown.asked
    day, known = asked.clocks.as_of, asked.clocks.known_on
    first, last = state.earliest(), state.latest()
    share = 100 * (day - first).days / max(1, (last - first).days)
    steps = "".join(
        f'<a href="?{html.escape(asking.write(asked, as_of=to.isoformat()))}">{html.escape(words)}</a>'
        for words, to in (
            (_("−1 mo"), month(day, -1)),
            (_("−1 d"), day - timedelta(days=1)),
            (_("+1 d"), day + timedelta(days=1)),
            (_("+1 mo"), month(day, 1)),
        )
    )
    same = day == known
    other = state.today() if same else day
    words = _("Everything known today") if same else _("Only what was known that day")
    return (
        f"{_logo()}{_field(_('Day shown'), f'{day:%d / %m / %Y}')}"
        f'<div class="mm-day">{html.escape(text.day(day))}'
        f'<div class="mm-track"><i style="width:{share:.1f}%"></i></div>'
        f'<div class="mm-steps">{steps}</div></div>'
        f'<div class="mm-setting"><div class="mm-field">{html.escape(_("Jump to a key date"))}</div></div>'
        f"{_field(_('Known by'), f'{known:%d / %m / %Y}')}"
        f'<a class="mm-field mm-act" href="?{html.escape(asking.write(asked, known_on=other.isoformat()))}">'
        f"{html.escape(words)}</a>{_layer_list(asked)}"
    )


def month(day: date, by: int) -> date:
    """
    Return the day some months later; the last of the month if it has no such day.

    >>> month(date(2025, 1, 31), 1), month(date(2025, 1, 1), -1)
    (datetime.date(2025, 2, 28), datetime.date(2024, 12, 1))
    """
    month = day.year * 12 + day.month - 1 + by
    year, month = divmod(month, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _field(label: str, value: str) -> str:
    named, told = html.escape(label), html.escape(value)
    return f'<div class="mm-setting"><span>{named}</span><div class="mm-field">{told}</div></div>'


def _layer_list(asked: Asked) -> str:
    groups = panels.layer_list(asked.on, imported=assets.imported_layers(cache.data()))["groups"]
    on, rows = set(asked.on), []
    for group in groups:
        some = any(item["id"] in on for item in group["items"])
        rows.append(f'<li class="mm-of{" on" if some else ""}"><i></i>{html.escape(group["label"])}</li>')
        for item in group["items"] if group["open"] else ():
            rows.append(
                f'<li class="{"on" if item["id"] in on else ""}"><i></i>{_glyph(item["symbol"])}'
                f"{html.escape(item['label'])}</li>"
            )
    return f'<ul class="mm-groups">{"".join(rows)}</ul>'


def _glyph(name: str) -> str:
    return symbols.glyphs()[name].replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)


# -------------------------------------------------------------------------------------------------------------- the map


def _map(shown: View, drawn: Still) -> str:
    asked = shown.asked
    told = lines.banner(asked.clocks, asked.basemap)
    jumps = "".join(f"<span>{html.escape(jump['n'].get(current(), jump['n']['en']))}</span>" for jump in assets.JUMPS)
    described = view.described(shown.shown, view.Options(asked.on))
    coming, plain = html.escape(_("The live map is on its way.")), html.escape(_("Page without scripts"))
    return (
        f'<div class="mm-map{" mm-at" if asked.place else ""}" role="img" aria-label="{html.escape(described)}">'
        f'<div class="mm-inner">{drawn.svg}'
        f'<div class="mm-corner"><div class="mm-box mm-asof"><b>{html.escape(told["title"])}</b> '
        f"<span>{html.escape(told['sub'])}</span></div>"
        f'<div class="mm-plus"><span>+</span><span>−</span></div><div class="mm-box mm-jump">{jumps}</div></div>'
        f"{legend(shown)}"
        f'<details class="mm-box mm-legend mm-shut"><summary>{html.escape(_("Legend"))}</summary></details>'
        f'<div class="mm-foot">{drawn.scales}<div class="mm-box mm-north">{NORTH}</div></div>'
        f'<div class="mm-box mm-soon">{coming} '
        f'<a href="light?{html.escape(asking.write(asked))}">{plain}</a></div>'
        f'<div class="mm-credit">{html.escape(credit(told["source"], drawn))}</div></div></div>'
    )


def credit(source: str, drawn: Still | None = None) -> str:
    """Return the line that names where the map is from, its streets too if some are drawn."""
    found = streets.drawn() if drawn and drawn.has_streets else None
    return " · ".join([source, *assets.credits_of(cache.data()), *([found["credit"]] if found else [])])


def legend(shown: View) -> str:
    """Return the legend with its counts, as the live map has it."""
    return (
        f'<details class="mm-box mm-legend" open><summary>{html.escape(_("Legend"))}</summary>'
        f"{legend_rows(shown)}</details>"
    )


def legend_rows(shown: View) -> str:
    """Return the groups of the legend, each with its title."""
    asked, tally = shown.asked, _tally(shown)
    on = set(asked.on)
    window = _("{first} to {last}").format(first=text.day(asked.window[0]), last=text.day(asked.window[1]))
    parts = []
    for group in view.legend(assets.imported_layers(cache.data())):
        rows = []
        for item in group["items"]:
            if not any(still.is_on(name, on) for name in item["layers"]):
                continue
            count = None if item["count"] is None else sum(k for name, k in tally.items() if _counts(item, name))
            if count != 0:
                rows.append(
                    f"<li>{_glyph(item['symbol'])}<span>{html.escape(item['label'])}</span> "
                    f"<span>{'' if count is None else count}</span></li>"
                )
        if rows and group["items"][0]["symbol"].startswith(f"{units.ZONES}."):
            rows += _zone_keys(shown)
        if rows:
            title = ", ".join([group["label"], *([window] if group["timed"] else [])])
            parts.append(f"<h4>{html.escape(title)}</h4><ul>{''.join(rows)}</ul>")
    parts += _change_key(shown) + _class_key(shown)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in view.off_map(shown.shown))
    return "".join(parts) + notes


def _zone_keys(shown: View) -> list[str]:
    """Say what hatch, spot and border mean, of those that are drawn."""
    found = {thing.how for thing in still.zones(cache.data(), shown.shown, shown.asked.on)}
    words = extents.keys()
    return [
        f"<li>{_glyph(f'zone_{how}')}<span>{html.escape(words[f'zone_{how}'])}</span> <span></span></li>"
        for how in (units.AREA, units.SPOT, units.COUNT)
        if how in found
    ]


def _change_key(shown: View) -> list[str]:
    found = dict.fromkeys(shown.look.changed.values())
    words = view.words()
    rows = "".join(
        f'<li><span class="mm-change {kind}">{still.CHANGES[kind]}</span> <span>{html.escape(words[f"change_{kind}"])}'
        "</span><span></span></li>"
        for kind in found
    )
    return [f"<h4>{html.escape(_('Changes'))}</h4><ul>{rows}</ul>"] if rows else []


def _class_key(shown: View) -> list[str]:
    chosen = shown.shading
    if chosen is None:
        return []
    ends = [text.number(limit) for limit in chosen.breaks]
    words = [f"≤ {ends[0]}", *(f"{low} – {high}" for low, high in pairwise(ends)), f"> {ends[-1]}"] if ends else []
    rows = "".join(
        f'<li><span class="mm-swatch" style="background:{colour}"></span><span>{html.escape(told)}</span>'
        f"<span>{html.escape(chosen.unit) if i == 0 else ''}</span></li>"
        for i, (colour, told) in enumerate(zip(symbols.CLASSES, words, strict=False))
    )
    if chosen.hatched:
        told = html.escape(view.words()["hatched"])
        rows += f'<li><span class="mm-swatch mm-hatched"></span><span>{told}</span><span></span></li>'
    return [f"<h4>{html.escape(chosen.title)}</h4><ul>{rows}</ul>"]


def _tally(shown: View) -> Counter[str]:
    """Return how many records of the view have each symbol."""
    found: Counter[str] = Counter(layers.event_groups(shown.shown["events"]))
    found.update("gang_zones." + shown.shown["gang_zones"]["status"])
    for layer in kinds.POINTS:
        found.update(lines.symbol(layer, row) for row in shown.shown[layer].itertuples(index=False))
    return found


def symbol_of(layer: str, row: Any) -> str:
    """Return the symbol of a record or event."""
    return layers.event_group(row) if layer == kinds.EVENTS.name else lines.symbol(layer, row)


def _counts(item: dict[str, Any], symbol: str) -> bool:
    """Whether a row of the legend counts a symbol; as in client/map/counting.js."""
    of: list[str] = item["layers"]
    named: str = item["symbol"]
    if named == of[0]:
        return symbol == named
    head, _dot, how = symbol.partition(".")
    return head in of and (len(of) == 1 or how == named.partition(".")[2])


def linked(asked: Asked, path: str) -> str:
    """Return the address of another page for the same view."""
    return f"{quote(path)}?{asking.write(asked)}"


def keys(asked: Asked) -> str:
    """Return what tells one view from another."""
    told = [asking.write(asked), [list(pair) for pair in asked.unusable], state.today().isoformat()]
    return json.dumps([*told, found.set_id if (found := shelf.drawn()) else None])
