"""
The map as one file that opens anywhere: no server, no network.

It runs the scripts of the app on data that travel inside the file. Text reaches the page as JSON and is put on screen
with textContent; a content security policy in the file forbids any request.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from mssmap import client
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import layers, lines, text
from mssmap.maps import assets, history, panels, streets, view
from mssmap.maps.messages import Happening, History
from mssmap.measures import keyfigures
from mssmap.records import kinds, views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters, Shown
from mssmap.records.shown import shown as shown_of
from mssmap.records.timeline import Clocks
from mssmap.telling import cards, twin

FIRST_DAY: Final = date(2021, 7, 1)
"""Beginning of the dial."""

POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)

_ESCAPED: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


@dataclass(frozen=True)
class Snapshot:
    """
    What the file shows.

    Attributes
    ----------
    filters
        What is asked, with both ends of its window.
    options
        Layers that are on, and points that are not records.
    title, lines
        Heading and sentences of the page; without sentences those of `twin.situation`.
    names
        Layers and tables that the file is about: it holds the records of these layers and their key figures only.
    today
        Notes that are not dated are told only if `known_on` is today or later.
    proof
        Provenance to carry along, see `exports`.
    box
        West, south, east, north in degrees: of the streets in it as many as there is room for travel along.
    parts
        Layers as GeoJSON text to carry along, for those who read the file with a program.
    """

    filters: Filters
    today: date
    title: str = ""
    options: view.Options = field(default_factory=lambda: view.Options(layers.DEFAULT))
    lines: tuple[str, ...] = ()
    names: tuple[str, ...] = (*kinds.SHOWN, "strength", "indicators")
    proof: Mapping[str, Any] | None = None
    parts: tuple[str, ...] = ()
    box: tuple[float, float, float, float] = streets.CAPITAL

    @property
    def clocks(self) -> Clocks:
        """The two dials."""
        return self.filters.clocks

    @property
    def window(self) -> tuple[date, date]:
        """First and last day of the events."""
        start, end = self.filters.start, self.filters.end
        if start is None or end is None:
            raise ValueError("filters: found an open window, required both of its days")
        return start, end


def page(data: Data, snapshot: Snapshot) -> bytes:
    """
    Write the page, in the language being spoken; the same input gives the same bytes.

    Returns
    -------
    page
        HTML in UTF-8, some 1.5 MB.
    """
    files, published = _published(data)
    filters = snapshot.filters
    shown = shown_of(data, filters).only(snapshot.names)
    told = history.compose(data, published, filters)
    records, told = _only_known(files[published.names], _only_of(told, snapshot.names, filters.plans))
    zones: dict[str, set[int]] = {}
    for spell in told["spells"]:
        if spell["place"] is not None:
            zones.setdefault(spell["id"], set()).add(spell["place"])
    names = json.loads(files[published.manifest])["files"]
    shapes = {file: json.loads(files[file]) for name, file in names.items() if name not in {"records", "ground"}}
    shapes[names["records"]] = records
    ground = json.loads(files[names["ground"]])
    ground["zones"] = [_only_told(zone, zones[zone["id"]]) for zone in ground["zones"] if zone["id"] in zones]
    shapes[names["ground"]] = ground
    shapes["manifest"] = json.loads(files[published.manifest])
    fixed = view.fixed(published)
    fixed["text"].pop("streets_hint")  # who reads a file has no command at hand
    message = {**fixed, "history": told, **view.light(shown, snapshot.options, snapshot.window)}
    message["streets"], tiles = streets.carried(snapshot.box)
    shapes |= tiles
    figures = [
        figure
        for figure in keyfigures.key_figures(data, filters.clocks, filters.grade, filters.region)
        if _holds(snapshot, figure.key)
    ]
    hidden = views.hidden_by_grade(data, filters.clocks, filters.grade, filters.region)
    lines = list(snapshot.lines) or twin.situation(
        shown, figures, snapshot.options.on, snapshot.window, filters.grade, hidden
    )
    start, end = snapshot.window
    content = {
        "title": snapshot.title or _("Situation map of the security mission in Haiti"),
        "view": {**message, "seq": "1"},
        "files": shapes,
        "map": {_camel(name): value for name, value in assets.MAP_OPTIONS.items()},
        "figures": panels.figure_cards(figures),
        "dial": panels.dial(snapshot.clocks.as_of, FIRST_DAY, snapshot.clocks.known_on, (end - start).days),
        "layers": panels.layer_list(snapshot.options.on, imported=published.imported, held=snapshot.names),
        "lines": {"lines": lines, "copy": _("Copy"), "copied": _("Copied")},
        "cards": dict(_cards(data, shown, snapshot)),
        "credits": _credits(data),
        "notes": list(snapshot.options.notes),
        "words": {
            **_of_the_day(snapshot.clocks),
            "summary": _("On {day}").format(day=text.day(snapshot.clocks.as_of)),
            "table": _("Table of what the map shows"),
            "credits": _("Data, licences and attribution"),
            "unofficial": _("Unofficial, compiled from public reporting."),
        },
    }
    return _document(content, snapshot, files, published)


def _only_told(zone: dict[str, Any], places: set[int]) -> dict[str, Any]:
    """Return a published zone without the places that no spell of the page tells: they were not known then."""
    return {**zone, "places": [place if i in places else None for i, place in enumerate(zone["places"])]}


def _holds(snapshot: Snapshot, figure: str) -> bool:
    """Whether what a key figure is counted from is in the file."""
    layer = keyfigures.RESTS_ON[figure]
    categories = {key: category for key, _label, category in keyfigures.REOPENINGS}
    asked = snapshot.filters.categories
    narrowed = layer == "events" and asked and categories[figure] not in asked
    return layer in snapshot.names and not narrowed


def _of_the_day(clocks: Clocks) -> dict[str, str]:
    """Words for what stays that of one day, while the dial of the page moves the map; `{day}` is filled in there."""
    told = {"made": text.day(clocks.as_of), "known": lines.banner(clocks)["sub"]}
    return {
        "here": _("Key figures, text and record cards: {made}, {known}.").format(**told),
        "away": _("Key figures, text and record cards stay those of {made}, {known}; the map shows {day}, {now}."),
        "card": _("Record card of {made}, {known}.").format(**told),
        "no_card": _("This file holds the record cards of {made} only; this record was not on the map then.").format(
            **told
        ),
        "described": _("Map of Haiti as of {day}, {now}. All its records are in the table below."),
        **told,
    }


class _Memory:
    """A shelf that keeps what would be written."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, name: str, suffix: str, content: bytes) -> str:
        self.files[f"{name}{suffix}"] = content
        return f"{name}{suffix}"


@lru_cache(maxsize=2)
def _published(data: Data) -> tuple[dict[str, bytes], assets.Assets]:
    shelf = _Memory()
    published = assets.compose(data, shelf, font=assets.typeface())
    return shelf.files, published


def _only_of(told: History, names: Iterable[str], plans: bool) -> History:
    """Leave out spells and events of layers that were not asked for."""
    wanted = set(names)
    return {
        **told,
        "spells": [spell for spell in told["spells"] if spell["layer"] in wanted],
        "events": [event for event in told["events"] if "events" in wanted and (plans or not event["planned"])],
    }


def _only_known(published: bytes, told: History) -> tuple[dict[str, Any], History]:
    """Leave out names of records that are not in the history, so that nothing later travels along."""
    records = json.loads(published)
    ids = {spell["id"] for spell in told["spells"]}
    rows = {event["row"]: position for position, event in enumerate(told["events"])}
    events: list[Happening] = [{**event, "row": rows[event["row"]]} for event in told["events"]]
    known = {
        "points": {key: point for key, point in records["points"].items() if key in ids},
        "events": [records["events"][row] for row in rows],
    }
    return known, {**told, "events": events}


def _cards(data: Data, shown: Shown, snapshot: Snapshot) -> Iterable[tuple[str, dict[str, Any]]]:
    """Record cards of what the map shows on the day it opens with."""
    for layer, rows in shown.items():
        for record_id in rows[kinds.SHOWN[layer].id_column].tolist():
            record = views.record(data, record_id, snapshot.clocks)
            yield record_id, cards.card(data, record, snapshot.clocks, snapshot.today)


def _credits(data: Data) -> list[dict[str, str]]:
    return [
        {"title": item.title, "licence": item.licence, "attribution": item.attribution}
        for item in data.datasets.values()
        if item.is_layer
    ]


def _camel(name: str) -> str:
    """Write a name as Leaflet does: `zoom_snap` is `zoomSnap`."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _require_one_script(script: str) -> None:
    if "</script" in script.lower():
        raise ValueError("a script of the page holds its own end tag")


def _json(content: Any) -> str:
    """JSON that cannot leave its script element."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return plain.translate(_ESCAPED)


def _document(content: Mapping[str, Any], snapshot: Snapshot, files: Mapping[str, bytes], own: assets.Assets) -> bytes:
    font = base64.b64encode(assets.typeface().read_bytes()).decode()
    leaflet = files[own.styles[0]].decode("utf-8")
    face = assets.font_face(f"data:font/woff2;base64,{font}")
    styles = "\n".join([leaflet, face + client.read("map/map.css"), client.read("page/standalone.css")])
    script = assets.map_script(client.STANDALONE).decode("utf-8")
    _require_one_script(script)
    proof = (
        f'<script type="application/json" id="mssmap-proof">{_json(snapshot.proof)}</script>' if snapshot.proof else ""
    )
    carried = "\n".join(
        f'<script type="application/geo+json">{part.translate(_ESCAPED)}</script>' for part in snapshot.parts
    )
    parts = [
        f'<!doctype html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="mssmap">',
        f"<title>{html.escape(content['title'])}</title>",
        f"<style>{styles}</style>",
        f'<script type="text/plain" id="panel-style">{client.read("page/panel.css")}</script>',
        f"</head>\n<body>\n{_BODY}",
        f'<script type="application/json" id="mssmap-page">{_json(content)}</script>{proof}{carried}',
        f"<script>{script}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode()


_BODY: Final = """<header><h1 id="title"></h1><p id="unofficial"></p></header>
<main>
<p id="of-day" role="status"></p>
<div id="figures"></div>
<div id="view"><aside><div id="dial"></div><div id="layers"></div></aside>
<div class="st-key-map"><div id="map_div"></div></div><div id="card" hidden></div></div>
<section><h2 id="summary"></h2><div id="lines"></div></section>
<section><h2 id="table"></h2><div id="twin"></div></section>
<section><h2 id="credits"></h2><ul id="credit-list"></ul></section>
</main>"""
