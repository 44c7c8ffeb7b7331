"""Pieces the pages are made of: the dials, the layer list, the map, the key figures, the record card, the table twin."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import streamlit as st

from mssmap import charts, errors, keyfigures, settings, text, views
from mssmap.i18n import gettext as _
from mssmap.maps import choropleth, layers, view
from mssmap.maps.assets import URL
from mssmap.timeline import Clocks
from mssmap.ui import cache, frame, state

STYLE: Final = """
<style>
.block-container { padding: 3.4rem 1.1rem 2rem; }
[data-testid="stSidebarContent"] [data-testid="stVerticalBlock"] { gap: 0.5rem; }
[data-testid="stMain"] [data-testid="stVerticalBlock"] { gap: 0.65rem; }
[data-testid="stSidebar"] [data-testid="stHorizontalBlock"] button { padding: 0.1rem 0.2rem; min-height: 2rem; }
h1 { font-size: 1.35rem !important; font-weight: 680 !important; padding: 0.2rem 0 !important; letter-spacing: -0.01em; }
.st-key-map iframe { height: max(430px, calc(100dvh - 165px)) !important; border-radius: 8px; display: block; }
.st-key-map { border: 1px solid var(--st-border-color); border-radius: 8px; overflow: hidden; }
.st-key-side { height: max(430px, calc(100dvh - 163px)) !important; flex: none !important; display: block !important; overflow-y: auto; padding-right: 6px; scrollbar-width: thin; }
[data-testid="stColumn"]:has(.st-key-side_empty) { display: none; }
.st-key-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 640px) {
  .block-container { padding: 3.4rem 0.7rem 2rem; }
  .st-key-map iframe { height: 66dvh !important; }
  .st-key-side { height: auto !important; overflow: visible; }
}
</style>
"""


@lru_cache(maxsize=8)
def _component(name: str, panel: str) -> Any:
    """Register a component whose script is a hashed static file; what travels at each run is this short loader."""
    loader = f"""
const ready = import(new URL("{URL}{panel}", document.baseURI).href);
export default function (component) {{ ready.then((module) => module.{name}(component)); }}
"""
    style = resources.files("mssmap.ui").joinpath("client", "panel.css").read_text(encoding="utf-8")
    return st.components.v2.component(f"mssmap_{name}", js=loader, css="" if name == "bridge" else style)


def component(name: str, **arguments: Any) -> Any:
    """Mount one of our own components (`client/panel.js`)."""
    return _component(name, cache.published().panel)(**arguments)


def page_style() -> None:
    """The few rules that make the map the page."""
    st.html(STYLE)


def data_faults() -> None:
    """Say which files are not sound and why; the sound layers are shown all the same."""
    faults = cache.data().faults
    if not faults:
        return
    st.warning(_("Some data files are not sound: {summary}. The rest is shown.").format(summary=errors.summarise(faults)))
    with st.expander(_("What is wrong")):
        for fault in faults[:50]:
            st.text(str(fault))
        if len(faults) > 50:
            st.text(_("... and {n} more. `mssmap check` lists all of them.").format(n=len(faults) - 50))


def dials() -> Clocks:
    """The two dials: exact field, slider, steps and key dates for `as_of`; exact field and a switch for `known_on`."""
    first, last, now = state.EARLIEST, state.latest(), state.today()
    bounds = {"min_value": first, "max_value": last, "format": "DD/MM/YYYY"}
    as_of = st.date_input(
        _("Map as of"),
        value=state.default_as_of(),
        key="as_of",
        bind="query-params",
        help=_("What was true on this day."),
        **bounds,
    )
    if not isinstance(as_of, date):
        as_of = state.default_as_of()
    st.session_state["as_of_slider"] = as_of
    st.slider(
        _("Map as of"), first, last, key="as_of_slider", format="D MMM YYYY", label_visibility="collapsed", on_change=_take, args=("as_of",)
    )  # fmt: skip
    steps = (
        (_("−1 mo"), _("One month back"), {"months": -1}),
        (_("−1 d"), _("One day back"), {"days": -1}),
        (_("+1 d"), _("One day on"), {"days": 1}),
        (_("+1 mo"), _("One month on"), {"months": 1}),
    )
    for column, (label, words, step) in zip(st.columns(4, gap="xxsmall"), steps, strict=True):
        column.button(label, key=f"step {label}", help=words, on_click=state.shift, args=("as_of",), kwargs=step, width="stretch")
    jumps = {f"{text.day(when)} · {_(what)}": when for when, what in state.KEY_DATES}
    jumps |= {_("Latest report"): state.default_as_of(), _("Today"): now}
    st.selectbox(
        _("Jump to"), list(jumps), index=None, key="jump", placeholder=_("Jump to a key date"), label_visibility="collapsed",
        on_change=lambda: _jump(jumps),
    )  # fmt: skip
    known_on = st.date_input(
        _("As known on"),
        value=now,
        key="known_on",
        bind="query-params",
        help=_("Leaves out everything that became public later. Set both to the same day to see what an officer could have known then."),
        **bounds,
    )  # fmt: skip
    same = known_on == as_of
    st.button(
        _("Show with what is known today") if same else _("Show without hindsight"),
        key="hindsight",
        help=_("Sets the second dial to the day of the map, or back to today."),
        on_click=_set_known,
        args=(now if same else as_of,),
        width="stretch",
    )
    return state.clocks()


def _take(key: str) -> None:
    st.session_state[key] = st.session_state[f"{key}_slider"]


def _jump(jumps: dict[str, date]) -> None:
    chosen = st.session_state["jump"]
    if chosen in jumps:
        st.session_state["as_of"] = jumps[chosen]
    st.session_state["jump"] = None


def _set_known(day: date) -> None:
    st.session_state["known_on"] = day


def layer_list(shown: view.Shown) -> None:
    """Switches for every layer with its symbol and count; the map follows in the browser, the address at once."""
    titles, counts = layers.titles(), view.tally(shown)
    groups = [
        {
            "id": group,
            "label": titles[group],
            "open": group in {"fobs", "prisons", "gang_zones"},
            "items": [
                {
                    "id": layer.id,
                    "symbol": layer.symbol,
                    "label": titles[layer.id],
                    "count": None if group == "regions" else counts[layer.id],
                }
                for layer in members
            ],
        }
        for group, members in layers.GROUPS.items()
    ]
    before = state.layers_on()
    result = component(
        "layers",
        key="layer_list",
        data={"groups": groups, "on": list(before), "generation": st.session_state.get("layer_generation", 0)},
        on_on_change=_layers_changed,
    )
    del result


def _layers_changed() -> None:
    chosen = st.session_state["layer_list"].get("on")
    if chosen is not None:
        state.set_layers(list(chosen))


def filters() -> cache.Filters:
    """Region, grade, categories and the window of events."""
    codes = state.region_codes()
    region = st.selectbox(
        _("Region"), [None, *codes], key="region", bind="query-params", format_func=lambda c: state.region_title(c) if c else _("All of Haiti"),
        on_change=_look_at_region,
    )  # fmt: skip
    grade = st.selectbox(
        _("Evidence at least"), state.GRADES, key="grade", bind="query-params", format_func=_grade_title,
        help=_("Admiralty grade: A-F how reliable the best source is, 1-6 how well the information is confirmed."),
    )  # fmt: skip
    chosen = st.multiselect(_("Event categories"), state.categories(), key="category", bind="query-params", format_func=text.plain_word, placeholder=_("All"))  # fmt: skip
    left, right = st.columns(2)
    bounds = {"min_value": state.EARLIEST, "max_value": state.latest(), "format": "DD/MM/YYYY"}
    start = left.date_input(_("Events from"), value=None, key="from", bind="query-params", **bounds)
    end = right.date_input(_("to"), value=None, key="to", bind="query-params", **bounds)
    return cache.Filters(
        clocks=state.clocks(),
        grade=grade,
        region=region,
        start=start if isinstance(start, date) else None,
        end=end if isinstance(end, date) else None,
        categories=tuple(chosen),
    )


def basemap_choice() -> str:
    """Which background to draw; tiles come from the network only when a person chooses them."""
    titles = {
        "local": _("Own map, no network needed"),
        "hot": _("Online: OSM Humanitarian"),
        "clearmap": _("Online: UN ClearMap"),
    }
    chosen: str = st.selectbox(
        _("Background"),
        state.BASEMAPS,
        index=state.BASEMAPS.index(settings.load().basemap),
        key="basemap",
        bind="query-params",
        format_func=titles.__getitem__,
    )
    if chosen != "local":
        st.caption(_("The browser now asks a tile server outside this machine for each part of the map you look at."))
    return chosen


def shading_choice(shown: view.Shown) -> view.Choropleth | None:
    """Paint departments or communes by an indicator."""
    titles = choropleth.titles()
    indicator = st.selectbox(
        _("Shade regions by"),
        [None, *choropleth.INDICATORS],
        key="shade",
        bind="query-params",
        format_func=lambda name: titles[name] if name else _("Nothing"),
    )
    level = st.radio(
        _("Regions"),
        list(choropleth.LEVELS),
        key="shade_level",
        bind="query-params",
        horizontal=True,
        label_visibility="collapsed",
        disabled=indicator is None,
        format_func={"departments": _("Departments"), "communes": _("Communes")}.__getitem__,
    )
    return choropleth.build(cache.data(), shown, indicator, level) if indicator else None


def event_window(filters: cache.Filters, days: int) -> tuple[date, date]:
    """
    Return the days whose events are on the map: as chosen, else the last `days` days up to the day of the map.

    A window that ends before it starts is turned round.
    """
    end = filters.end or filters.clocks.as_of
    start = filters.start or end - timedelta(days=days)
    return min(start, end), max(start, end)


def heading(filters: cache.Filters, window: tuple[date, date], notes: list[str]) -> None:
    """Title of the page, and one line of notes that always has its place (the map must not move)."""
    with st.container(key="unseen"):
        st.title(_("Situation map of the security mission in Haiti"))
    lines = list(notes)
    if filters.start and filters.end and filters.end < filters.start:
        lines.append(_("Events from is after to: the two were swapped."))
    newest = state.default_as_of()
    if filters.clocks.as_of > newest:
        lines.append(
            _("The latest report in the data is of {day}; what is shown for later days is the last known state.").format(
                day=text.day(newest)
            )
        )
    hidden = cache.hidden(filters.clocks, filters.grade, filters.region) if filters.grade != "F6" else 0
    if hidden:
        lines.append(_("{n} records below grade {grade} are hidden.").format(n=hidden, grade=filters.grade))
    if lines:
        st.info("\n\n".join(line.replace("\\", "\\\\").replace("[", "\\[").replace("`", "'") for line in lines))
    else:
        st.empty()


def window_note(window: tuple[date, date]) -> tuple[str, ...]:
    """Which events the map shows, for its legend."""
    return (_("Events from {start} to {end}.").format(start=text.day(window[0]), end=text.day(window[1])),)


def event_strip(filters: cache.Filters, window: tuple[date, date]) -> None:
    """Events a month; drawing a window on it filters the map."""
    events = cache.all_events(filters.clocks, filters.grade, filters.region, filters.categories)
    if events.empty:
        st.caption(_("No events are known at these dials and filters."))
        return
    chart = charts.event_strip(events, as_of=filters.clocks.as_of, start=window[0], end=window[1])
    st.altair_chart(
        chart,
        key="strip",
        on_select=_window_drawn,
        selection_mode=[charts.BRUSH],
        alt=_("Events a month, stacked by group. Draw a window to filter the map; the fields Events from and to do the same."),
    )


def _window_drawn() -> None:
    """Take over the drawn window; an empty one goes back to the last months."""
    drawn = st.session_state["strip"]["selection"].get(charts.BRUSH) or {}
    days = next(iter(drawn.values()), None)
    start, end = (None, None) if not days else (date.fromtimestamp(stamp / 1000) for stamp in (min(days), max(days)))
    st.session_state["from"], st.session_state["to"] = start, end


def _grade_title(grade: str) -> str:
    return _("All records (F6)") if grade == "F6" else grade


def _look_at_region() -> None:
    pcode = st.session_state.get("region")
    if pcode:
        name = "departments" if len(pcode) == 4 else "communes"
        rows = cache.data()[name]
        west, south, east, north = rows.loc[rows["pcode"] == pcode].total_bounds
        look_at(bounds=[[south, west], [north, east]])
    else:
        look_at(bounds=[[17.95, -74.55], [20.12, -71.58]])


def look_at(**target: Any) -> None:
    """Ask the map to move there with its next view: `id=` a record, or `bounds=` a box in degrees."""
    st.session_state["focus_n"] = st.session_state.get("focus_n", 0) + 1
    st.session_state["focus"] = {**target, "n": st.session_state["focus_n"]}


def key_figures(figures: list[keyfigures.KeyFigure]) -> None:
    """The row of key figures."""
    component("figures", key="figures", data={"items": [_figure_card(figure) for figure in figures]})


def _figure_card(figure: keyfigures.KeyFigure) -> dict[str, str]:
    if figure.value is None:
        return {"label": _(figure.label), "value": "–", "of": "", "sub": _("not known then"), "help": _(figure.note)}
    spread = figure.low is not None and figure.high is not None and figure.low != figure.high
    parts = [
        f"{text.number(figure.low)}-{text.number(figure.high)}" if spread else "",
        text.day(figure.date) if figure.date else "",
    ]
    return {
        "label": _(figure.label),
        "value": text.number(figure.value),
        "of": _("of {n}").format(n=figure.total) if figure.total is not None else "",
        "sub": " · ".join(part for part in parts if part),
        "help": _(figure.note),
    }


def operations_map(shown: view.Shown, options: view.Options) -> None:
    """The map itself, and the bridge that carries the view to it and clicks back."""
    with st.container(key="map"):
        frame.mount(cache.base_frame(), cache.published(), key="operations-map")
    content = view.message(shown, cache.published(), options, seq="")
    content["seq"] = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
    component("bridge", key="bridge", data=content, on_selected_change=_map_clicked)


def _map_clicked() -> None:
    chosen = st.session_state["bridge"].get("selected")
    if isinstance(chosen, str):
        st.session_state["record"] = chosen


def table_twin() -> None:
    """The table of what the map shows; it reads the same message in the browser."""
    component("twin", key="twin", data={}, on_picked_change=_row_picked)


def _row_picked() -> None:
    chosen = st.session_state["twin"].get("picked")
    if isinstance(chosen, str):
        st.session_state["record"] = chosen
        look_at(id=chosen)


def record_card(clocks: Clocks) -> None:
    """The chosen record in full; without one the column beside the map gives its room to the map."""
    record_id = st.session_state.get("record")
    with st.container(key="side" if record_id else "side_empty"):
        if not record_id:
            st.empty()
            return
        try:
            record = views.record(cache.data(), record_id, clocks)
        except errors.NotFoundError as error:
            st.info(str(error))
            return
        component("record", key="record_card", data=card(record, clocks), on_closed_change=_close_card)


def _close_card() -> None:
    st.session_state["record"] = None


def card(record: views.Record, clocks: Clocks) -> dict[str, Any]:
    """Words of the record card as plain JSON; see `record` in client/panel.js."""
    a = record.attributes
    is_event = record.layer == "events"
    return {
        "id": record.record_id,
        "title": (a.get("title_en") if is_event else a.get("name_en") or a.get("name_fr")) or record.record_id,
        "kind": text.plain_word(a["category"]) if is_event else text.kinds().get(a.get("kind", ""), _("Gang-affected zone")),
        "symbol": _card_symbol(record),
        "close": _("Close the record"),
        "badges": _badges(record),
        "facts": _facts(record),
        "figures": _figure_tables(record.figures),
        "note": " ".join(dict.fromkeys(str(n) for n in (a.get("note"), a.get("capacity_note"), a.get("extent_note")) if n)),
        "history": _history(record, clocks),
        "revisions": _revisions(record) if is_event else [],
        "sources": [_source_line(source) for source in record.sources],
        "labels": {
            "note": _("Note"),
            "history": _("History of its status"),
            "revisions": _("How the report changed"),
            "sources": _("Who says so"),
        },
    }  # fmt: skip


def _card_symbol(record: views.Record) -> str:
    if record.layer == "events":
        return view.layer_group(record.attributes["category"])
    word = (record.status or {}).get("status") or str(record.history.iloc[-1]["status"])
    if record.layer == "facilities":
        return f"{layers.SYMBOL_OF_KIND.get(record.attributes['kind'], 'police')}.{word}"
    return f"{record.layer}.{word}"


def _badges(record: views.Record) -> list[dict[str, str]]:
    badges = []
    if record.layer == "events":
        claim = record.attributes["claim"]
        badges.append({"text": text.claims().get(claim, claim), "tone": "strong" if claim == "reported" else "warn"})
    elif record.status:
        badges.append({"text": text.status(record.layer, record.status["status"]), "tone": "strong"})
    else:
        badges.append({"text": _("No status on this day"), "tone": "warn"})
    badges.append({"text": _("Grade {grade}").format(grade=record.grade), "tone": "", "help": grade_words(record.grade)})
    if record.stale:
        badges.append({"text": _("Last report {age}").format(age=text.age(record.age_days)), "tone": "warn"})
    if record.outcome_unknown:
        badges.append({"text": _("Outcome not known"), "tone": "warn"})
    if record.attributes.get("dispute"):
        badges.append({"text": _("Sources disagree"), "tone": "warn"})
    return badges


def grade_words(grade: str) -> str:
    """What a grade means, in words."""
    reliability = {
        "A": _("completely reliable source"),
        "B": _("usually reliable source"),
        "C": _("fairly reliable source"),
        "D": _("source not usually reliable"),
        "E": _("unreliable source"),
        "F": _("reliability cannot be judged"),
    }
    credibility = {
        "1": _("confirmed by several publishers"),
        "2": _("probably true"),
        "3": _("possibly true"),
        "4": _("doubtful"),
        "5": _("improbable"),
        "6": _("truth cannot be judged"),
    }
    return f"{reliability[grade[0]]}; {credibility[grade[1]]}"


def _facts(record: views.Record) -> list[list[str]]:
    a, status = record.attributes, record.status or {}
    is_event = record.layer == "events"
    when = (
        text.span(a["valid_from"], a["valid_to"], a["date_precision"])
        if is_event
        else text.span(status["valid_from"], status["valid_to"], status["date_precision"]) if status else ""
    )  # fmt: skip
    place = ", ".join(
        dict.fromkeys(
            str(part) for part in (a.get("place"), _region_name(a.get("commune_pcode")), _region_name(a.get("department_pcode"))) if part
        )
    )  # fmt: skip
    known = a.get("known_from") if is_event else status.get("known_from")
    facts = [
        (_("When"), when),
        (_("Where"), place),
        (_("Precision"), text.precisions().get(record.location_precision, "")),
        (_("Run by"), status.get("operator")),
        (_("Armed group"), status.get("armed_group")),
        (_("Coalition"), status.get("coalition")),
        (_("Share held"), f"{text.number(status['share_pct'])} %" if status.get("share_pct") else ""),
        (_("Capacity"), text.number(a["capacity"]) if a.get("capacity") else ""),
        (_("Who"), a.get("actors")),
        (_("Public since"), text.day(known) if known else ""),
    ]
    return [[name, str(value)] for name, value in facts if value]


def _region_name(pcode: Any) -> str:
    return state.region_title(str(pcode)).split(" (")[0] if pcode else ""


def _figure_tables(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for figure in figures:
        note = " · ".join(part for part in (text.day(figure["date"]) if figure["date"] else "", figure["note"] or "") if part)
        tables.setdefault(figure["measure"], []).append(
            {
                "value": text.figure(figure["min"], figure["max"], figure["unit"], figure["qualifier"]),
                "source": figure["publisher"] or _("source not yet public"),
                "url": figure["url"],
                "note": note,
            }
        )
    return [{"label": text.plain_word(measure), "rows": rows} for measure, rows in tables.items()]


def _history(record: views.Record, clocks: Clocks) -> list[dict[str, Any]]:
    rows = []
    for spell in record.history.iloc[::-1].itertuples(index=False):
        who = spell.armed_group if record.layer == "gang_zones" else spell.operator
        now = record.status is not None and spell.status_id == record.status["status_id"]
        words = [text.status(record.layer, spell.status), who, _("grade {grade}").format(grade=spell.grade)]
        rows.append(
            {
                "when": text.span(spell.valid_from, spell.valid_to, spell.date_precision),
                "what": " · ".join(str(word) for word in words if word),
                "note": spell.note,
                "now": now,
            }
        )
    return rows


def _revisions(record: views.Record) -> list[dict[str, Any]]:
    if len(record.revisions) < 2:
        return []
    return [
        {
            "when": _("known {day}").format(day=text.day(row.known_from, row.known_precision)),
            "what": row.title_en,
            "note": row.note,
            "now": position == 0,
        }
        for position, row in enumerate(record.revisions.itertuples(index=False))
    ]


def _source_line(source: dict[str, str | None]) -> dict[str, str]:
    published = source.get("published_on")
    by = ", ".join(part for part in (source.get("publisher"), text.day(published) if published else "") if part)
    return {
        "title": source.get("title") or source.get("publisher") or "",
        "url": source.get("url") or "",
        "by": by,
        "grade": source.get("reliability") or "F",
    }
